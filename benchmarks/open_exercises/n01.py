import torch
from torch import Tensor

from gan_tutorial.chapters import theory


def normal(x: Tensor, mean: float, deviation: float) -> Tensor:
    q = torch.exp(-(((x - mean) / deviation) ** 2) / 2)
    return q / q.sum()


def best(weight: float, left: float, right: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal q with the least JSD to two normals, 8 apart, the left one `weight`."""
    x = torch.linspace(-14, 14, 561, dtype=torch.float64)
    p = weight * normal(x, -4, left) + (1 - weight) * normal(x, 4, right)
    family = [(m / 8, s / 8) for s in range(2, 41) for m in range(-48, 49)]
    distances = torch.stack([theory.jsd(p, normal(x, *q)) for q in family])
    return family[int(distances.argmin())]


def exercise_01_5() -> dict:
    weights = (0.1, 0.2, 0.3, 0.4, 0.45, 0.49)
    assert all(best(weight, left=1, right=1)[0] > 0 for weight in weights)  # the heavier one, on the right
    mean, deviation = best(0.4, left=3, right=1)
    return {"lightest": min(weights), "heaviest": max(weights), "mean": mean, "deviation": deviation}
