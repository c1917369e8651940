"""The theory against closed forms and SciPy."""

import math

import pytest
import torch
from scipy import stats
from scipy.spatial.distance import jensenshannon

from gan_tutorial.chapters import theory
from gan_tutorial.distributions import GaussianMixture

RNG = torch.Generator().manual_seed(0)
DISTRIBUTIONS = [torch.rand(2, 6, generator=RNG, dtype=torch.float64) for _ in range(20)]
DISTRIBUTIONS = [(p / p.sum(), q / q.sum()) for p, q in DISTRIBUTIONS]
DISTRIBUTIONS += [(torch.tensor([0.5, 0.5, 0.0]).double(), torch.tensor([0.0, 0.25, 0.75]).double())]  # with zeros
GRID, STEP = torch.linspace(-15, 15, 6001, dtype=torch.float64), 0.005


def bell(mean, std):
    return GaussianMixture(torch.tensor([[float(mean)]]), std).density(GRID[:, None]) * STEP


@pytest.mark.parametrize("p, q", DISTRIBUTIONS)
def test_value_of_the_best_D_is_two_JSD_minus_log_4(p, q):
    best = theory.value(theory.optimal_discriminator(p, q), p, q)
    assert best.item() == pytest.approx(2 * theory.jsd(p, q).item() - math.log(4), abs=1e-10)


@pytest.mark.parametrize("p, q", DISTRIBUTIONS)
def test_no_other_D_does_better(p, q):
    best = theory.value(theory.optimal_discriminator(p, q), p, q)
    for _ in range(50):
        assert theory.value(torch.rand(len(p), generator=RNG), p, q) < best


@pytest.mark.parametrize("p, q", DISTRIBUTIONS)
def test_divergences_are_scipys(p, q):
    assert theory.jsd(p, q).item() == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)
    assert theory.kl(p, q).item() == pytest.approx(stats.entropy(p, q), abs=1e-12)
    assert theory.total_variation(p, q).item() == pytest.approx(abs(p - q).sum().item() / 2)
    x = torch.arange(len(p))
    expected = stats.wasserstein_distance(x, x, p / p.sum(), q / q.sum())
    assert theory.wasserstein(p, q, 1.0).item() == pytest.approx(expected, abs=1e-6)


def test_gaussians_in_closed_form():
    p, q = bell(0, 1), bell(1, 2)
    expected = math.log(2) + (1 + 1) / (2 * 4) - 0.5
    assert theory.kl(p, q).item() == pytest.approx(expected, abs=1e-8)
    assert theory.wasserstein(bell(0, 1), bell(3, 1), STEP).item() == pytest.approx(3, abs=1e-6)
    overlap = 2 * stats.norm.cdf(-0.75)  # of two bells 1.5 apart
    assert theory.total_variation(bell(0, 1), bell(1.5, 1)).item() == pytest.approx(1 - overlap, abs=1e-4)


def test_extremes():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.0, 1.0])
    assert theory.jsd(p, q).item() == pytest.approx(math.log(2), abs=1e-12)
    assert theory.value(theory.optimal_discriminator(p, q), p, q).item() == 0
    assert theory.kl(p, q).item() == math.inf
    assert theory.jsd(p, p).item() == pytest.approx(0, abs=1e-15)
    p, q = torch.tensor([1, 5e-324]).double(), torch.tensor([1.0, 0.0]).double()  # half of it rounds to 0
    assert theory.jsd(p, q).item() == pytest.approx(0, abs=1e-15)
    p = torch.tensor([0.5, 0.5, 0.0])
    half = theory.optimal_discriminator(p, p)
    assert half.tolist() == [0.5] * 3 and theory.value(half, p, p).item() == pytest.approx(-math.log(4))
