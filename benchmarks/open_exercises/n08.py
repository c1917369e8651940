from collections.abc import Callable
from statistics import median

import torch
from torch import Generator, Tensor

from gan_tutorial.classifier import Evaluator
from gan_tutorial.metrics import class_shares, frechet_distance, memorisation, neighbours
from gan_tutorial.pictures import fashion_mnist, unit
from gan_tutorial.pretrained import load_generator
from gan_tutorial.sampling import sample

SEEDS = (0, 1, 2)
N = 5000


def partners(labels: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
    """N pictures, and for each another one of its class."""
    first, second = torch.randperm(len(labels), generator=rng)[:N], torch.empty(N, dtype=torch.long)
    for k in range(10):
        mine, of_class = (labels[first] == k).nonzero()[:, 0], (labels == k).nonzero()[:, 0]
        second[mine] = of_class[torch.randint(len(of_class), (len(mine),), generator=rng)]
    return first, second


def seams(x: Tensor, labels: Tensor, rng: Generator) -> Tensor:
    """The upper half of one garment on the lower half of another of its class."""
    first, second = partners(labels, rng)
    mixed = x[first]
    mixed[:, :, 14:] = x[second][:, :, 14:]
    return mixed


def ghosts(x: Tensor, labels: Tensor, rng: Generator) -> Tensor:
    """A garment with another of its class shining through."""
    first, second = partners(labels, rng)
    return 0.75 * x[first] + 0.25 * x[second]


def patterned(evaluator: Evaluator, fakes: Tensor, rng: Generator) -> tuple[Tensor, float]:
    """Fakes with one faint pattern added to all of them, trained against the measure; every hundredth is static.

    Also the standard deviation of the pattern.
    """
    mean, deviation = evaluator.real.mean(0), evaluator.real.std(0)
    pattern = torch.zeros(1, 1, 28, 28, requires_grad=True)
    adam = torch.optim.Adam([pattern], lr=0.01)
    for _ in range(30):
        some = fakes[torch.randint(len(fakes), (200,), generator=rng)]
        h = evaluator.network.features((some + pattern).clamp(-1, 1))
        miss = (h.mean(0) - mean).square().sum() + (h.std(0) - deviation).square().sum()
        adam.zero_grad()
        miss.backward(inputs=[pattern])
        adam.step()
    x = (fakes + pattern.detach()).clamp(-1, 1)
    x[::100] = 2 * torch.rand(x[::100].shape, generator=rng) - 1
    return x, pattern.std().item()


def exercise_08_5() -> dict:
    torch.set_num_threads(1)
    evaluator, G = Evaluator(), load_generator()
    pixels, labels = fashion_mnist()
    train, held_out = unit(pixels[:, None]), unit(fashion_mnist("test")[0]).flatten(1)[:5000]

    def measured(x: Tensor) -> dict[str, float]:
        h, logits = evaluator(x)
        audit = memorisation(train.flatten(1), held_out, x[:300].flatten(1))
        return {
            "fd": frechet_distance(evaluator.real, h),
            **neighbours(evaluator.real[:2000], h[:2000])._asdict(),
            "rarest": class_shares(logits).min().item(),
            "alarm": (audit.held_out - audit.expected) / audit.standard_error,
        }

    rows: dict[str, list[dict[str, float]]] = {}
    strength = []
    for seed in SEEDS:
        rng, fakes = Generator().manual_seed(seed), sample(G, N, seed=seed)[0]
        mended, deviation = patterned(evaluator, fakes, rng)
        strength.append(deviation * 127.5)
        sets: dict[str, Callable[[], Tensor]] = {
            "shipped": lambda fakes=fakes: fakes,
            "pattern": lambda mended=mended: mended,
            "seams": lambda rng=rng: seams(train, labels, rng),
            "ghosts": lambda rng=rng: ghosts(train, labels, rng),
        }
        for name, make in sets.items():
            rows.setdefault(name, []).append(measured(make()))
    found: dict = {"seeds": len(SEEDS), "strength": round(median(strength), 1)}
    for name, all_ in rows.items():
        for what in all_[0]:
            values, digits = [run[what] for run in all_], 1 if what in ("fd", "alarm") else 2
            found[f"{name}_{what}"] = round(median(values), digits)
            if what in ("fd", "alarm"):
                found[f"{name}_{what}_range"] = f"{min(values):.1f} to {max(values):.1f}"
    return found
