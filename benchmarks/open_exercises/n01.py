import torch
from torch import Tensor

from gan_tutorial.chapters import theory


def normal(x: Tensor, mean: float, deviation: float) -> Tensor:
    q = torch.exp(-(((x - mean) / deviation) ** 2) / 2)
    return q / q.sum()


def best(weight: float, left: float, right: float, apart: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal q with the least JSD to two normals, the left one of this weight."""
    x = torch.linspace(-20, 20, 801, dtype=torch.float64)
    p = weight * normal(x, -apart / 2, left) + (1 - weight) * normal(x, apart / 2, right)
    family = [(m / 8, s / 8) for s in range(2, 57) for m in range(-64, 65)]
    distances = torch.stack([theory.jsd(p, normal(x, *q)) for q in family])
    return family[int(distances.argmin())]


def exercise_01_5() -> dict:
    weights = (0.1, 0.2, 0.3, 0.4, 0.45, 0.49)
    assert all(best(weight, 1, 1, apart=12) == (6, 1) for weight in weights)  # the heavier one, on the right
    assert best(0.4, 1, 1, apart=8) == (4, 1)
    mean, deviation = best(0.4, 3, 1, apart=8)
    assert best(0.4, 3, 1, apart=12) == (6, 1)
    near_mean, near_deviation = best(0.49, 1, 1, apart=8)
    return {
        "lightest": min(weights),
        "heaviest": max(weights),
        "mean": mean,
        "deviation": deviation,
        "near_mean": near_mean,
        "near_deviation": near_deviation,
    }
