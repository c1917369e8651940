"""Distributions are what their density says."""

import pytest
import torch
from scipy import stats

from gan_tutorial import distributions

DISTRIBUTIONS = {
    "two_gaussians": distributions.two_gaussians(),
    "two in the plane": distributions.two_gaussians(dim=2),
    "ring": distributions.ring(std=0.1),
    "grid": distributions.grid(std=0.2),
    "line": distributions.line(std=0.1),
    "spiral": distributions.spiral(std=0.1),
    "left": distributions.disjoint(std=0.1)[0],
    "right": distributions.disjoint(std=0.1)[1],
    "uneven": distributions.GaussianMixture(torch.tensor([[-1.0], [2.0]]), 0.3, torch.tensor([1.0, 3.0])),
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_samples_follow_the_density(distribution):
    """The density integrates to 1, and boxes hold the share of the samples that it promises."""
    n, dim, cells = 20_000, distribution.modes.shape[1], 160
    (x,) = distribution(n, torch.Generator().manual_seed(0))
    assert x.shape == (n, dim) and x.dtype == torch.float32
    low, high = (
        distribution.modes.min().item() - 6 * distribution.std,
        distribution.modes.max().item() + 6 * distribution.std,
    )
    step = (high - low) / cells
    centres = low + (torch.arange(cells, dtype=torch.float64) + 0.5) * step
    mass = distribution.density(torch.cartesian_prod(*[centres] * dim).view(-1, dim)) * step**dim
    assert mass.sum().item() == pytest.approx(1, abs=1e-3)
    boxes = (8,) * dim
    expected = mass.view(*[d for b in boxes for d in (b, cells // b)]).sum(list(range(1, 2 * dim, 2)))
    counts, _ = torch.histogramdd(x.double(), list(boxes), range=[low, high] * dim)
    sure = expected > 5 / n  # the rule of thumb of the chi-square test
    chi2 = (counts[sure] - n * expected[sure]).square() / (n * expected[sure])
    assert chi2.sum() < stats.chi2.ppf(0.9999, int(sure.sum()))


def test_density_is_scipys():
    x = torch.randn(10, 2, dtype=torch.float64)
    distribution = distributions.GaussianMixture(torch.tensor([[0.5, -1.0]]), 0.7)
    expected = stats.multivariate_normal([0.5, -1.0], 0.49).pdf(x)
    torch.testing.assert_close(distribution.density(x), torch.from_numpy(expected))


def test_geometry_of_the_benchmarks():
    ring, grid = distributions.ring(), distributions.grid()
    torch.testing.assert_close(ring.modes.norm(dim=1), torch.ones(8))
    assert ring.std == 0.01 and grid.std == 0.05 and grid.modes.shape == (25, 2)
    distances = torch.cdist(grid.modes, grid.modes)
    assert distances[distances > 0].min().item() == pytest.approx(2)
    assert grid.modes.mean(0).abs().max() < 1e-6


def test_a_distribution_is_repeatable_and_random():
    a, b, c = (distributions.ring()(50, torch.Generator().manual_seed(s))[0] for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_impossible_distributions_are_refused():
    with pytest.raises(ValueError, match="expected .K, d. and > 0"):
        distributions.GaussianMixture(torch.zeros(3, 2), 0.0)
    with pytest.raises(ValueError, match="expected 3 numbers >= 0"):
        distributions.GaussianMixture(torch.zeros(3, 2), 1.0, torch.tensor([1.0, -1.0, 1.0]))
