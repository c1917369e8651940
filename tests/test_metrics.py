"""Metrics against closed forms, and against SciPy, torchmetrics and prdc."""

import math

import pytest
import torch
from prdc import compute_prdc
from scipy import stats
from scipy.linalg import sqrtm
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from gan_tutorial.distributions import GaussianMixture, grid, ring
from gan_tutorial.metrics import (
    Modes,
    Neighbours,
    class_shares,
    energy_distance,
    frechet_distance,
    kernel_distance,
    memorisation,
    mode_coverage,
    nearest,
    neighbours,
)

MEASURES = {
    "frechet": frechet_distance,
    "kernel": kernel_distance,
    "neighbours": neighbours,
    "energy": energy_distance,
    "nearest": nearest,
}


def features(n, scale=1.0, shift=0.0, dim=6, seed=0):
    mix = torch.randn(dim, dim, generator=torch.Generator().manual_seed(dim))
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)) @ mix * scale + shift


class AsTheyAre(nn.Module):
    """The "feature network" of torchmetrics: hands pictures (N, F, 1, 1) on as features (N, F)."""

    num_features = 6

    def forward(self, x):
        return x.flatten(1).double()


def torchmetrics_of(metric, real, fake):
    for h, is_real in ((real, True), (fake, False)):
        metric.update(h[..., None, None], real=is_real)
    return metric.compute()


def test_frechet_distance_is_the_formula_with_scipys_root():
    a, b = features(500), features(700, 1.5, 0.3, seed=1)
    S, T = a.double().T.cov(), b.double().T.cov()
    expected = (a.double().mean(0) - b.double().mean(0)).square().sum() + S.trace() + T.trace()
    expected -= 2 * sqrtm((S @ T).numpy()).trace().real
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-8)
    assert frechet_distance(b, a) == pytest.approx(expected.item(), rel=1e-8)


def test_frechet_distance_is_that_of_torchmetrics():
    real, fake = features(900), features(500, 1.2, 0.4, seed=1)
    theirs = FrechetInceptionDistance(AsTheyAre(), normalize=True, input_img_size=(6, 1, 1)).set_dtype(torch.float64)
    assert frechet_distance(real, fake) == pytest.approx(torchmetrics_of(theirs, real, fake).item(), rel=1e-4)


def test_frechet_distance_in_closed_form():
    a = features(500)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + 2) == pytest.approx(4 * 6, rel=1e-5)
    centred = a - a.mean(0)
    spread = centred.double().T.cov().trace().item()
    assert frechet_distance(centred, 3 * centred) == pytest.approx(4 * spread, rel=1e-4)  # (3 - 1)^2 tr S


def test_a_dead_feature_is_no_trouble():
    a = features(500)
    a[:, 0] = 0
    assert frechet_distance(a, a + 1) == pytest.approx(6, rel=1e-5)


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")
def test_kernel_distance_is_that_of_torchmetrics_block_by_block():
    real, fake = features(600), features(600, 1.2, 0.4, seed=1)
    theirs = torch.stack(
        [
            torchmetrics_of(KernelInceptionDistance(AsTheyAre(), subsets=1, subset_size=200, normalize=True), r, f)[0]
            for r, f in zip(real.split(200), fake.split(200), strict=True)
        ]
    )
    value, error = kernel_distance(real, fake, block=200)
    assert value == pytest.approx(theirs.mean().item(), rel=1e-4)
    assert error == pytest.approx((theirs.std() / 3**0.5).item(), rel=1e-4)


def test_kernel_distance_has_no_bias_and_an_honest_error():
    """Between samples of one distribution it is 0 on average, whatever n, and its error is how far it strays."""
    for block in (10, 50):
        estimates = [
            kernel_distance(features(10 * block, seed=2 * s), features(10 * block, seed=2 * s + 1), block=block)
            for s in range(200)
        ]
        values, errors = torch.tensor(estimates, dtype=torch.float64).T
        assert abs(values.mean()) < 3 * values.std() / 200**0.5
        assert errors.square().mean().sqrt() == pytest.approx(values.std().item(), rel=0.25)


def test_kernel_distance_uses_only_whole_blocks():
    real, fake = features(650), features(420, 1.2, seed=1)
    assert kernel_distance(real, fake, block=200) == kernel_distance(real[:400], fake[:400], block=200)


@pytest.mark.parametrize("scale, shift", [(1, 0), (0.5, 0), (1.5, 0.5), (1, 100)])
@pytest.mark.parametrize("k", [1, 5])
def test_neighbours_are_those_of_prdc(scale, shift, k):
    real, fake = features(1300), features(700, scale, shift, seed=1)
    expected = compute_prdc(real.double().numpy(), fake.double().numpy(), nearest_k=k)
    ours = neighbours(real, fake, k=k)
    assert ours._asdict() == pytest.approx(expected, rel=1e-4)
    assert set(ours._asdict()) == set(expected)


def test_neighbours_tell_quality_from_variety():
    real = torch.cat([features(500, 0.1), features(500, 0.1, shift=50, seed=1)])
    lost_half = features(500, 0.1, seed=2)
    assert neighbours(real, real) == Neighbours(1, 1, pytest.approx(1, abs=0.3), 1)
    precision, recall, _, coverage = neighbours(real, lost_half)
    assert precision > 0.9 and 0.4 < recall < 0.5 and 0.4 < coverage < 0.5
    half_wrong = torch.cat([real, real + 20])
    precision, recall, _, coverage = neighbours(real, half_wrong)
    assert precision == 0.5 and recall > 0.99 and coverage > 0.99


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_measures_refuse_what_is_no_features(measure):
    with pytest.raises(ValueError, match=r"fake has the shape \(3000, 5\); expected \(M, 6\)"):
        measure(features(3000), features(3000, dim=5))
    with pytest.raises(ValueError, match=r"fake has the shape \(3000,\)"):
        measure(features(3000), features(3000)[:, 0])
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="fake holds NaN"):
            measure(features(3000), features(3000).index_fill(0, torch.tensor([7]), bad))


def test_measures_refuse_too_few_samples():
    with pytest.raises(ValueError, match="6 fake samples are too few.*covariance of 6 features.*at least 7"):
        frechet_distance(features(100), features(6))
    with pytest.raises(ValueError, match="1999 real samples are too few.*two blocks of 1000.*at least 2000"):
        kernel_distance(features(1999), features(2000))
    with pytest.raises(ValueError, match="5 fake samples are too few.*neighbour number 5.*at least 6"):
        neighbours(features(100), features(5))
    with pytest.raises(ValueError, match="0 real samples are too few.*no nearest"):
        memorisation(features(100), features(0), features(10))


def test_nearest_is_the_least_of_all_distances():
    real, fake = features(700), features(600, 1.2, seed=1)
    distance, index = nearest(real, fake)
    all_distances = (fake[:, None].double() - real.double()).square().sum(2).sqrt()
    assert torch.equal(index, all_distances.argmin(1))
    assert torch.allclose(distance.double(), all_distances.min(1).values)


def test_a_copy_is_at_distance_zero_also_far_from_the_origin():
    real = features(700, shift=100)
    distance, index = nearest(real, real[50:350])
    assert torch.equal(index, torch.arange(50, 350)) and not distance.any()


def test_memorisation_expects_what_fresh_samples_do_and_knows_the_error():
    audits = [memorisation(*(features(n, seed=3 * s + k) for k, n in enumerate((900, 300, 200)))) for s in range(200)]
    shares, expected, error = torch.tensor(audits, dtype=torch.float64).T
    error = error[0].item()
    assert expected[0] == pytest.approx(0.25) and error == pytest.approx(math.sqrt(0.25 * 0.75 / 200))
    assert shares.mean().item() == pytest.approx(0.25, abs=4 * error / 200**0.5)
    assert shares.std().item() == pytest.approx(error, rel=0.25)


def test_memorisation_does_not_mind_bad_fakes_but_finds_copies():
    train, held_out = features(3000), features(1000, seed=1)
    noise = 0.01 * features(800, seed=2)
    share, expected, error = memorisation(train, held_out, features(800, 1.3, 0.5, seed=3))
    assert abs(share - expected) < 4 * error
    assert memorisation(train, held_out, train[:800] + noise).held_out < 0.01
    assert memorisation(train, held_out, held_out[:800] + noise).held_out > 0.99
    half = torch.cat([train[:400], features(400, seed=4)])
    assert memorisation(train, held_out, half).held_out == pytest.approx(expected / 2, abs=4 * error)


def test_class_shares_count_every_class():
    logits = torch.eye(4)[torch.tensor([0, 0, 2, 2, 2])]
    assert class_shares(logits).tolist() == pytest.approx([0.4, 0, 0.6, 0])
    with pytest.raises(ValueError, match=r"expected \(N, K\)"):
        class_shares(logits[0])


def test_energy_distance_is_scipys_without_its_bias():
    """SciPy takes the root, on the line only, and counts each sample as its own partner."""
    x, y = torch.randn(40, 1), 0.5 + torch.randn(30, 1).double()
    own = torch.cdist(x, x).mean().item() / 39 + torch.cdist(y, y).mean().item() / 29
    expected = stats.energy_distance(x.flatten(), y.flatten()) ** 2 - own
    assert energy_distance(x, y) == pytest.approx(expected, abs=1e-6)


def test_energy_distance_of_two_points_is_twice_their_distance():
    x = torch.zeros(5, 2)
    assert energy_distance(x, x + torch.tensor([3.0, 4.0])) == pytest.approx(10)
    assert energy_distance(x, x) == 0


def draw(distribution, n, seed=0):
    (x,) = distribution(n, torch.Generator().manual_seed(seed))
    return x


@pytest.mark.parametrize(
    "distribution", [ring(), grid(), GaussianMixture(torch.zeros(1, 2), 0.3)], ids=["ring", "grid", "one"]
)
def test_the_law_itself_covers_its_modes_with_the_share_of_the_closed_form(distribution):
    for radius in (1, 2, 3):
        covered, share = mode_coverage(distribution.modes, distribution.std, draw(distribution, 100_000), radius=radius)
        expected = 1 - math.exp(-(radius**2) / 2)
        assert covered == len(distribution.modes)
        assert share == pytest.approx(expected, abs=5 * math.sqrt(expected * (1 - expected) / 100_000))


def test_the_law_itself_has_eleven_samples_of_a_thousand_outside():
    shares = [mode_coverage(grid().modes, grid().std, draw(grid(), 2500, seed)).high_quality for seed in range(20)]
    assert sum(shares) / 20 == pytest.approx(0.989, abs=0.002)


def test_dropped_modes_are_counted_and_quality_does_not_notice():
    for kept in (1, 7, 8):
        distribution = ring()
        some = GaussianMixture(distribution.modes[:kept], distribution.std)
        covered, share = mode_coverage(distribution.modes, distribution.std, draw(some, 2500))
        assert covered == kept and share == pytest.approx(0.989, abs=0.01)


def test_a_sample_counts_for_the_nearest_mode_only_and_only_within_the_radius():
    modes = torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    x = torch.tensor([[0.0, 0.29], [0.0, 0.31], [0.72, 0.0], [0.5, 0.0], [0.25, 0.25]])
    assert mode_coverage(modes, 0.1, x) == Modes(2, 2 / 5)  # (0.25, 0.25) is 0.35 away: a circle, not a square
    assert mode_coverage(modes, 0.2, x) == Modes(2, 1.0)  # the circles overlap now: still one mode a sample
    assert mode_coverage(modes, 0.1, modes[:1] + 9) == Modes(0, 0.0)


def test_mode_coverage_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="x holds NaN"):
        mode_coverage(ring().modes, 0.1, draw(ring(), 10) * float("nan"))


def test_a_ball_ends_before_its_radius():
    """On whole numbers distances are exact: a sample that is just at the radius is outside."""
    real, fake = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[3.0], [5.0], [7.0]])
    assert neighbours(real, fake, k=1) == Neighbours(0.0, 1 / 3, 0.0, 0.0)  # 2 is nearer than 2 to 3
    assert neighbours(real, fake - 0.5, k=1) == Neighbours(1 / 3, 2 / 3, 1 / 3, 1 / 3)
    modes, x = torch.tensor([[0.0], [8.0]]), torch.tensor([[2.0], [1.5]])
    assert mode_coverage(modes, 1.0, x, radius=2.0) == Modes(1, 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_the_frechet_distance_bears_features_that_depend_on_each_other(seed):
    """Nine eigenvalues of the covariances are 0, and rounding turns some negative: their roots would be NaN."""
    rng = torch.Generator().manual_seed(seed)
    real, fake = torch.randn(2, 40, 3, generator=rng, dtype=torch.float64)
    turned, _ = torch.linalg.qr(torch.randn(12, 3, generator=rng, dtype=torch.float64))  # it keeps distances
    assert frechet_distance(real @ turned.T, fake @ turned.T) == pytest.approx(frechet_distance(real, fake), abs=1e-6)


def test_the_frechet_distance_of_one_feature_compares_means_and_deviations():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(200, 1, generator=rng), 1 + 2 * torch.randn(300, 1, generator=rng)
    expected = (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2
    assert frechet_distance(x, y) == pytest.approx(expected.item(), rel=1e-4)
