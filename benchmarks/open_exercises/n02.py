import time

import torch

from gan_tutorial.chapters import theory
from gan_tutorial.distributions import two_gaussians
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import NonSaturating
from gan_tutorial.training import descend

LAW, GAME, EDGES = two_gaussians(distance=3.0, std=0.5), NonSaturating(), torch.linspace(-6, 6, 121)


def distance(G) -> float:
    """W1 from p to q, as in the notebook, from 20,000 fakes."""
    with torch.no_grad():
        x = G(torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0)))[:, 0].clamp(-5.99, 5.99)
    q = torch.histogram(x, EDGES, density=True).hist
    width = (EDGES[1] - EDGES[0]).item()
    p = LAW.density(((EDGES[:-1] + EDGES[1:]) / 2)[:, None])
    return theory.wasserstein(p * width, q * width, width).item()


class Run:
    """A pair in the loop of section 3; the seconds of the processor that its steps took."""

    def __init__(self, seed: int, new_latents: bool):
        torch.manual_seed(seed)
        self.G, self.D = MLPGenerator(data_dim=1, latent_dim=2), MLPDiscriminator(data_dim=1)
        self.opt_G = torch.optim.Adam(self.G.parameters(), 5e-4, (0.0, 0.99), fused=True)
        self.opt_D = torch.optim.Adam(self.D.parameters(), 2e-3, (0.0, 0.99), fused=True)
        self.rng, self.new_latents, self.seconds = torch.Generator().manual_seed(seed), new_latents, 0.0

    def step(self) -> None:
        began = time.process_time()
        (x,) = LAW(64, self.rng)
        fake = self.G(torch.randn(64, 2, generator=self.rng))
        descend(self.opt_D, -GAME.value(self.D(x), self.D(fake.detach())))
        if self.new_latents:
            fake = self.G(torch.randn(64, 2, generator=self.rng))
        descend(self.opt_G, GAME.cost(self.D(fake)).mean())
        self.seconds += time.process_time() - began


def play(seed: int, steps: int = 1500) -> list[tuple[float, float]]:
    """Both loops side by side: W1, the mean over ten moments of the last 500 steps, and the seconds."""
    runs = [Run(seed, new_latents) for new_latents in (False, True)]
    distances: list[list[float]] = [[], []]
    for step in range(1, steps + 1):
        for run, found in zip(runs, distances, strict=True):
            run.step()
            if step > steps - 500 and step % 50 == 0:
                found.append(distance(run.G))
    return [(sum(found) / len(found), run.seconds) for run, found in zip(runs, distances, strict=True)]


def exercise_02_5() -> dict:
    torch.set_num_threads(1)
    same, new = torch.tensor([play(seed) for seed in range(5)], dtype=torch.float64).unbind(1)  # (seeds, 2) each
    found: dict = {"seeds": len(same), "steps": 1500, "better": int((new[:, 0] < same[:, 0]).sum())}
    for name, values in (("same", same[:, 0]), ("new", new[:, 0]), ("time", new[:, 1] / same[:, 1])):
        for key, value in (("median", values.median()), ("low", values.min()), ("high", values.max())):
            found[f"{name}_{key}"] = round(value.item(), 3 if name != "time" else 2)
    return found
