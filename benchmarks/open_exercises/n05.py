from itertools import islice
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_tutorial.experiments import n05_plane as plane
from gan_tutorial.objectives import NonSaturating, Objective
from gan_tutorial.training import train


class Exponential(Objective):
    """D pays exp for being on the wrong side: its best score is half of log p/q."""

    def reward_real(self, t: Tensor) -> Tensor:
        return -torch.exp(-t)

    def reward_fake(self, t: Tensor) -> Tensor:
        return -torch.exp(t)

    def cost(self, t: Tensor) -> Tensor:
        return F.softplus(-2 * t)  # non-saturating on 2t, for 2t is the log-ratio


class Bare(Exponential):
    """The same D; G pays what D would pay for a real sample."""

    def cost(self, t: Tensor) -> Tensor:
        return torch.exp(-t)


GAMES = {"non_saturating": NonSaturating(), "exponential": Exponential(), "bare": Bare()}


def exercise_05_5() -> dict:
    torch.set_num_threads(1)
    ring, results = plane.DISTRIBUTIONS["ring"], {}
    for name, game in GAMES.items():
        found, broke = [], 0
        for seed in range(5):
            players = plane.cast(seed)
            try:
                for _ in islice(train(players, ring, game, batch_size=128), 2500):
                    pass
            except FloatingPointError:
                broke += 1
            found.append(plane.measure(plane.draw(players.G_ema), ring))
        for key in ("covered", "high_quality", "poorest"):
            values = [one[key] for one in found]
            form = {"covered": "g", "high_quality": ".0%", "poorest": ".2f"}[key]
            results[f"{name}_{key}"] = f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"
        results[f"{name}_broke"] = broke
    return {**results, "seeds": 5, "steps": 2500}
