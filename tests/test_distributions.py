"""Distributions are what their density says."""

import math

import pytest
import torch
from scipy import stats
from torch.distributions import MultivariateNormal

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


def test_density_is_torchs():
    x = torch.randn(10, 2, dtype=torch.float64)
    distribution = distributions.GaussianMixture(torch.tensor([[0.5, -1.0]]), 0.7)
    known = MultivariateNormal(torch.tensor([0.5, -1.0]).double(), 0.49 * torch.eye(2).double())
    torch.testing.assert_close(distribution.log_density(x), known.log_prob(x))


# Where the modes are: as the docstrings state it


def steps(modes):
    """The distances from each mode to the next."""
    return modes.diff(dim=0).norm(dim=1)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_two_gaussians_lie_at_half_the_distance_on_either_side(dim):
    modes = distributions.two_gaussians(distance=3.0, std=0.2, dim=dim).modes
    assert modes.tolist() == [[-1.5] + [0] * (dim - 1), [1.5] + [0] * (dim - 1)]


def test_a_ring_has_n_modes_at_equal_angles_on_its_radius():
    ring = distributions.ring(5, radius=3.0, std=0.2)
    angles = torch.atan2(ring.modes[:, 1], ring.modes[:, 0]) % (2 * math.pi)
    torch.testing.assert_close(ring.modes.norm(dim=1), torch.full((5,), 3.0))
    torch.testing.assert_close(angles, torch.arange(5) * 2 * math.pi / 5)
    assert ring.std == 0.2


def test_a_grid_has_a_mode_at_each_crossing_around_0():
    grid = distributions.grid(3, spacing=0.5, std=0.2)
    expected = {(x, y) for x in (-0.5, 0.0, 0.5) for y in (-0.5, 0.0, 0.5)}
    assert len(grid.modes) == 9 and {tuple(mode) for mode in grid.modes.tolist()} == expected
    assert distributions.grid(4, spacing=2.0).modes.aminmax() == (-3, 3)


def test_the_numbers_of_veegan():
    ring, grid = distributions.ring(), distributions.grid()
    assert (len(ring.modes), ring.std, len(grid.modes), grid.std) == (8, 0.01, 25, 0.05)
    assert ring.modes[0].tolist() == [1, 0] and steps(grid.modes).min().item() == pytest.approx(2)


def test_a_line_has_the_stated_length_and_is_even():
    line = distributions.line(length=3.0, std=0.1)
    end = 1.5 / math.sqrt(2)
    torch.testing.assert_close(line.modes[[0, -1]], torch.tensor([[-end, -end], [end, end]]))
    assert torch.equal(line.modes[:, 0], line.modes[:, 1])  # 45 degrees
    torch.testing.assert_close(steps(line.modes), torch.full((len(line.modes) - 1,), 3.0 / (len(line.modes) - 1)))
    assert steps(line.modes)[0].item() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("turns", [1.0, 2.0, 3.5])
def test_a_spiral_is_archimedes_and_evenly_dense_along_its_length(turns):
    spiral = distributions.spiral(turns, std=0.02)
    radius, last = spiral.modes.norm(dim=1), 2 * math.pi * turns
    assert radius[0] == 0 and radius[-1].item() == pytest.approx(1) and (radius.diff() > 0).all()
    angle = torch.atan2(spiral.modes[:, 1], spiral.modes[:, 0])
    off = (radius * last - angle) / (2 * math.pi)  # radius = angle / last, up to whole turns
    assert (off - off.round()).abs().max() < 1e-4
    torch.testing.assert_close(spiral.modes[-1], torch.tensor([math.cos(last), math.sin(last)]), atol=1e-5, rtol=0)
    share = steps(spiral.modes) / steps(spiral.modes).mean()
    later = radius[:-1] * turns > 0.5
    assert ((share[later] - 1).abs() < 0.1).all() and (share[~later] > 0.9).all()
    assert steps(spiral.modes).mean().item() == pytest.approx(0.02, rel=0.1)


def test_disjoint_has_the_data_on_the_left_and_the_model_on_the_right():
    data, model = distributions.disjoint(distance=3.0, std=0.2)
    assert data.modes.tolist() == [[-1.5, 0]] and model.modes.tolist() == [[1.5, 0]]
    assert data.std == model.std == 0.2


def test_a_distribution_is_repeatable_and_random():
    a, b, c = (distributions.ring()(50, torch.Generator().manual_seed(s))[0] for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_what_the_density_is_asked_for_must_lie_in_its_space():
    with pytest.raises(ValueError, match=r"the points x has the shape \(5, 1\); expected \(n, 2\)"):
        distributions.ring().density(torch.zeros(5, 1))


NAN, INF = float("nan"), float("inf")
MIXTURE, TWO = distributions.GaussianMixture, torch.zeros(2, 1)
DOORS = {
    "modes without an axis": (lambda: MIXTURE(torch.zeros(3), 1.0), ValueError, r"modes has the shape \(3,\)"),
    "no modes": (lambda: MIXTURE(torch.zeros(0, 2), 1.0), ValueError, "modes are .*at least one"),
    "NaN modes": (lambda: MIXTURE(torch.tensor([[NAN]]), 1.0), ValueError, "modes are .*finite"),
    "a list of modes": (lambda: MIXTURE([[0.0]], 1.0), TypeError, "modes is of type list"),
    "std 0": (lambda: MIXTURE(TWO, 0.0), ValueError, "std is 0.0; expected a number > 0"),
    "std NaN": (lambda: MIXTURE(TWO, NAN), ValueError, "std is nan"),
    "a weight too few": (lambda: MIXTURE(TWO, 1.0, torch.ones(1)), ValueError, "weights has the shape"),
    "a weight < 0": (lambda: MIXTURE(TWO, 1.0, torch.tensor([1.0, -1.0])), ValueError, "weights are .*>= 0"),
    "weights 0": (lambda: MIXTURE(TWO, 1.0, torch.zeros(2)), ValueError, "not all 0"),
    "a weight NaN": (lambda: MIXTURE(TWO, 1.0, torch.tensor([1.0, NAN])), ValueError, "weights are .*finite"),
    "an endless weight": (lambda: MIXTURE(TWO, 1.0, torch.tensor([1.0, INF])), ValueError, "weights are .*finite"),
    "distance < 0": (lambda: distributions.two_gaussians(-1.0), ValueError, "distance is -1.0"),
    "no dimension": (lambda: distributions.two_gaussians(dim=0), ValueError, "dim is 0"),
    "a ring of 0": (lambda: distributions.ring(0), ValueError, "n is 0; expected a whole number >= 1"),
    "a ring of 2.5": (lambda: distributions.ring(2.5), TypeError, "n is 2.5"),
    "radius 0": (lambda: distributions.ring(radius=0), ValueError, "radius is 0"),
    "a grid of 0": (lambda: distributions.grid(0), ValueError, "side is 0"),
    "spacing NaN": (lambda: distributions.grid(spacing=NAN), ValueError, "spacing is nan"),
    "length 0": (lambda: distributions.line(0.0), ValueError, "length is 0.0"),
    "an endless line": (lambda: distributions.line(INF), ValueError, "length is inf"),
    "a line of std 0": (lambda: distributions.line(std=0.0), ValueError, "std is 0.0"),
    "turns 0": (lambda: distributions.spiral(0.0), ValueError, "turns is 0.0"),
    "a spiral of std < 0": (lambda: distributions.spiral(std=-1.0), ValueError, "std is -1.0"),
    "no distance": (lambda: distributions.disjoint(0.0), ValueError, "distance is 0.0"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()
