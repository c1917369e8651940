from itertools import islice

import torch
from torch import Tensor

from gan_tutorial.distributions import GaussianMixture
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import NonSaturating
from gan_tutorial.training import Players, train

ANGLES = torch.linspace(-2.4, -0.74, 8)
FACE = GaussianMixture(
    torch.cat([torch.tensor([[-0.6, 0.7], [0.6, 0.7]]), 0.9 * torch.stack([ANGLES.cos(), ANGLES.sin()], 1)]), std=0.08
)  # two eyes, a tenth of the samples each, and a mouth
PARTS = {"left eye": FACE.modes[:1], "right eye": FACE.modes[1:2], "mouth": FACE.modes[2:]}
SETTINGS = {"plain": {}, "slow": {"lr_D": 2e-4}, "small": {"width": 8}}


def play(seed: int, lr_D: float = 2e-3, width: int = 64, steps: int = 1000):
    """G after the game of section 9."""
    torch.manual_seed(seed)
    G, D = MLPGenerator(), MLPDiscriminator(widths=(width, width))
    cast = Players.create(G, D, lr_G=1e-3, lr_D=lr_D, betas=(0.0, 0.99), seed=seed)
    for _ in islice(train(cast, FACE, NonSaturating()), steps):
        pass
    return cast.G


@torch.no_grad()
def lost(G) -> list[str]:
    """The parts that get less than a quarter of their share of the fakes, within three standard deviations."""
    x = G(torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0)))
    found = {
        name: (torch.cdist(x, modes).min(1).values < 3 * FACE.std).double().mean().item()
        for name, modes in PARTS.items()
    }
    return [name for name, share in found.items() if share < len(PARTS[name]) / len(FACE.modes) / 4]


@torch.no_grad()
def gap(G, modes: Tensor) -> float:
    """How near the sheet, a fine grid of latents in [-2.5, 2.5]^2, comes to the nearest point of a part."""
    axis = torch.linspace(-2.5, 2.5, 201)
    return torch.cdist(G(torch.cartesian_prod(axis, axis)), modes).min().item()


def exercise_03_5() -> dict:
    torch.set_num_threads(1)
    found: dict = {"seeds": 5, "steps": 1000}
    gaps = []
    for name, setting in SETTINGS.items():
        complete = 0
        for seed in range(5):
            G = play(seed, **setting)
            missing = lost(G)
            complete += not missing
            gaps += [gap(G, PARTS[part]) for part in missing]
            print(name, seed, missing, flush=True)
        found[name] = complete
    far = sum(g > 3 * FACE.std for g in gaps)
    return found | {"parts": len(gaps), "far": far, "gap": round(torch.tensor(gaps).median().item(), 2) if gaps else 0}
