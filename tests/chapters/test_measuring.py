"""Chapter 08: measures under test."""

import math

import pytest
import torch
from matplotlib.figure import Figure

from gan_tutorial.chapters.measuring import bias_rate, inception_score, show_balls, there_and_back
from gan_tutorial.metrics import frechet_distance


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_bias_of_a_normal_distribution_is_known_in_closed_form():
    variances = torch.tensor([4.0, 1.0, 0.25])
    h = 7 + torch.randn(200_000, 3, generator=seeded()) * variances.sqrt()
    i, j = variances[:, None], variances
    of_products = i * j * (1 + torch.eye(3))  # Var(u_i u_j)
    assert bias_rate(h) == pytest.approx((variances.sum() + (of_products / (i + j)).sum() / 2).item(), rel=0.02)
    dead = torch.cat([h, torch.zeros(len(h), 2)], 1)
    assert bias_rate(dead) == pytest.approx(bias_rate(h))


@pytest.mark.parametrize("power", [1, 2])  # a normal distribution, and one with a heavy tail
def test_the_bias_rate_is_what_a_distance_between_equals_comes_to(power):
    h = torch.randn(400_000, 4, generator=seeded(1)).pow(power) * torch.tensor([1.0, 2.0, 0.5, 1.0])
    n, m = 400, 800
    found = [frechet_distance(x, y) for x, y in zip(h[: 200 * m].split(m), h[200 * m :].split(n), strict=False)]
    assert sum(found) / len(found) == pytest.approx(bias_rate(h) * (1 / n + 1 / m), rel=0.15)


def test_the_inception_score_is_the_number_of_classes_that_are_drawn_evenly_and_surely():
    sure = 100 * torch.eye(5)
    assert inception_score(sure.repeat(3, 1)) == pytest.approx(5)
    assert inception_score(sure[:2].repeat(3, 1)) == pytest.approx(2)
    assert inception_score(torch.zeros(6, 5)) == inception_score(sure[:1].repeat(4, 1)) == pytest.approx(1)
    p = torch.tensor([[0.7, 0.3], [0.1, 0.9]])
    mean = p.mean(0)
    by_hand = math.exp((p * (p / mean).log()).sum(1).mean())
    assert inception_score(p.log()) == pytest.approx(by_hand)
    assert inception_score(p.log() + torch.tensor([[3.0], [-8.0]])) == pytest.approx(by_hand)


def test_there_and_back_blurs():
    checks = (torch.arange(28)[:, None] + torch.arange(28)).remainder(2).float().expand(2, 1, 28, 28) * 2 - 1
    assert torch.allclose(there_and_back(checks, 28), checks, atol=1e-6)
    assert there_and_back(checks, 14)[..., 2:-2, 2:-2].abs().max() < 0.2
    flat = torch.full((1, 1, 28, 28), 0.3)
    assert torch.allclose(there_and_back(flat, 32), flat, atol=1e-6)


def test_a_ball_reaches_to_the_kth_neighbour():
    ax = Figure().subplots()
    show_balls(ax, torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]), 1, "k")
    assert sorted({patch.radius for patch in ax.patches}) == [1, 2]
    assert [tuple(patch.center) for patch in ax.patches[::2]] == [(0, 0), (1, 0), (3, 0)]
