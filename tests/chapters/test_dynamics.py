"""Fields, rules and their eigenvalues against closed forms, and against the package's own objectives and penalties."""

import math

import pytest
import torch
from torch import nn

from gan_tutorial.chapters.dynamics import (
    adam,
    alternating,
    bilinear,
    consensus,
    eigenvalues,
    flow,
    minimax,
    noisy,
    non_saturating,
    one_centred,
    simultaneous,
    trajectory,
    wasserstein,
    zero_centred,
)
from gan_tutorial.objectives import Minimax, NonSaturating, Wasserstein
from gan_tutorial.penalties import R1, R2, Interpolated

RNG = torch.Generator().manual_seed(0)
POINTS = torch.randn(2, 50, generator=RNG, dtype=torch.float64) * 2  # theta and psi
SLOPE = {minimax: 0.5, non_saturating: 0.5, wasserstein: 1.0, bilinear: 1.0}  # f'(0)
games = pytest.mark.parametrize("v", SLOPE, ids=lambda v: v.__name__)


def same(found, expected):
    """Two sets of two eigenvalues, in any order."""
    expected = torch.tensor(expected, dtype=torch.complex128)
    gaps = [(found - other).abs().max().item() for other in (expected, expected.flip(0))]
    assert min(gaps) < 1e-7, f"{found.tolist()} is not {expected.tolist()}"


def distance(path):
    return torch.hypot(*path)


class Weight(nn.Module):
    """D(x) = psi x."""

    def __init__(self, psi):
        super().__init__()
        self.psi = nn.Parameter(psi)

    def forward(self, x):
        return self.psi * x[:, 0]


# Fields


@pytest.mark.parametrize(
    "v, objective, penalties",
    [
        (minimax, Minimax(), []),
        (non_saturating, NonSaturating(), []),
        (wasserstein, Wasserstein(), []),
        (zero_centred(minimax, 0.3), Minimax(), [R1(0.3)]),
        (zero_centred(non_saturating, 0.3), NonSaturating(), [R2(0.3)]),
        (one_centred(wasserstein, 0.35), Wasserstein(), [Interpolated(0.35)]),
    ],
)
def test_fields_are_the_gradients_of_the_package_s_own_games(v, objective, penalties):
    for theta, psi in POINTS.T[:10]:
        D, theta = Weight(psi.clone()), theta.clone().requires_grad_()
        real, fake = torch.zeros(3, 1, dtype=torch.float64), theta.expand(3, 1)
        value = objective.value(D(real), D(fake)) - sum(p(D, real, fake, [], RNG) for p in penalties)
        cost = objective.generator_loss(lambda: D(real), D(fake))  # noqa: B023, called at once
        (up,) = torch.autograd.grad(value, D.psi, retain_graph=True)
        (down,) = torch.autograd.grad(cost, theta)
        torch.testing.assert_close(torch.stack(v(theta.detach(), psi)), torch.stack([-down, up]))


def test_noise_is_the_mean_over_many_draws():
    theta, psi, std = torch.tensor(0.8).double(), torch.tensor(-1.2).double(), 0.7
    x, y = std * torch.randn(2, 400_000, generator=RNG, dtype=torch.float64)
    w = torch.stack([theta, psi]).requires_grad_()
    V = nn.functional.logsigmoid(w[1] * x).mean() + nn.functional.logsigmoid(-w[1] * (w[0] + y)).mean()
    (slope,) = torch.autograd.grad(V, w)
    torch.testing.assert_close(torch.stack(noisy(std)(theta, psi)), slope * torch.tensor([-1, 1]), atol=0.005, rtol=0)


def test_little_noise_is_none():
    torch.testing.assert_close(noisy(1e-6)(*POINTS), minimax(*POINTS))


def test_consensus_descends_half_the_square_of_the_field():
    gamma, w = 0.7, POINTS.clone().requires_grad_()
    (slope,) = torch.autograd.grad(torch.stack(minimax(*w)).square().sum() / 2, w)
    expected = torch.stack(minimax(*POINTS)) - gamma * slope
    torch.testing.assert_close(torch.stack(consensus(gamma)(*POINTS)), expected)


# Eigenvalues, continuous time


@games
def test_without_a_remedy_the_eigenvalues_are_imaginary(v):
    same(eigenvalues(v, 0.0, 0.0), [1j * SLOPE[v], -1j * SLOPE[v]])


def pair(real, square):
    """real +- sqrt(square)"""
    root = complex(square) ** 0.5
    return [real + root, real - root]


@pytest.mark.parametrize("a, v", [(0.5, minimax), (0.5, non_saturating), (1.0, wasserstein)])
@pytest.mark.parametrize("gamma", [0.1, 0.3, 0.9, 3.0])
def test_zero_centred_penalties(a, v, gamma):
    same(eigenvalues(zero_centred(v, gamma), 0.0, 0.0), pair(-gamma / 2, gamma**2 / 4 - a**2))


@pytest.mark.parametrize("std", [0.1, 0.7, 1.0, 2.0])
def test_instance_noise(std):
    """f''(0) std^2 +- sqrt(f''(0)^2 std^4 - f'(0)^2), with f'(0) = 1/2 and f''(0) = -1/4"""
    same(eigenvalues(noisy(std), 0.0, 0.0), pair(-(std**2) / 4, std**4 / 16 - 1 / 4))


@pytest.mark.parametrize("gamma", [0.1, 1.0, 5.0])
def test_consensus(gamma):
    same(eigenvalues(consensus(gamma), 0.0, 0.0), [-gamma / 4 + 0.5j, -gamma / 4 - 0.5j])


# Eigenvalues, discrete time


@games
@pytest.mark.parametrize("h_G, h_D", [(0.01, 0.01), (0.2, 0.2), (0.1, 0.4)])
def test_simultaneous_steps_spiral_out(v, h_G, h_D):
    found = eigenvalues(simultaneous(v, h_G, h_D), 0.0, 0.0)
    size = math.sqrt(h_G * h_D) * SLOPE[v]
    same(found, [1 + 1j * size, 1 - 1j * size])
    torch.testing.assert_close(found.abs(), torch.full((2,), math.sqrt(1 + size**2)).double())


@games
@pytest.mark.parametrize("h_G, h_D", [(0.01, 0.01), (0.2, 0.2), (0.1, 0.4), (1.9, 1.9)])
def test_alternating_steps_stay_on_the_unit_circle(v, h_G, h_D):
    turn = h_G * h_D * SLOPE[v] ** 2
    found = eigenvalues(alternating(v, h_G, h_D), 0.0, 0.0)
    same(found, pair(1 - turn / 2, turn**2 / 4 - turn))
    torch.testing.assert_close(found.abs(), torch.ones(2).double())


@games
def test_alternating_steps_fly_apart_beyond_their_limit(v):
    h = 2.1 / SLOPE[v]
    assert eigenvalues(alternating(v, h, h), 0.0, 0.0).abs().max() > 1.5


@pytest.mark.parametrize("critic_steps", [2, 5])
def test_more_steps_of_D_are_a_larger_rate_for_D_as_long_as_its_slope_is_constant(critic_steps):
    many = trajectory(alternating(wasserstein, 0.1, 0.1, critic_steps=critic_steps), 1.0, -1.0, 20)
    fast = trajectory(alternating(wasserstein, 0.1, 0.1 * critic_steps), 1.0, -1.0, 20)
    torch.testing.assert_close(many, fast)


@pytest.mark.parametrize("v", [zero_centred(minimax, 0.3), noisy(0.7), consensus(1.0)])
def test_simultaneous_steps_converge_up_to_the_rate_that_the_eigenvalues_allow(v):
    """|1 + h z| < 1 if and only if h < 2 |Re z| / |z|^2"""
    z = eigenvalues(v, 0.0, 0.0)[0]
    limit = (2 * z.real.abs() / z.abs().square()).item()
    for h, inside in ((0.98 * limit, True), (1.02 * limit, False)):
        assert (eigenvalues(simultaneous(v, h, h), 0.0, 0.0).abs().max() < 1) == inside


# Orbits


@pytest.mark.parametrize("v", [minimax, wasserstein, bilinear])
def test_the_flow_of_a_zero_sum_game_circles(v):
    r = distance(trajectory(flow(v, 0.05), 1.0, -1.0, 1000))
    torch.testing.assert_close(r, r[:1].expand_as(r), atol=1e-5, rtol=0)


def test_the_flow_turns_at_the_speed_of_the_eigenvalue():
    theta, psi = trajectory(flow(wasserstein, math.pi / 100), 1.0, -1.0, 200)  # a full turn takes 2 pi
    assert abs(theta[-1] - 1) < 1e-5 and abs(psi[-1] + 1) < 1e-5
    assert abs(theta[100] + 1) < 1e-5 and abs(psi[100] - 1) < 1e-5


def test_alternating_steps_conserve_an_ellipse():
    h = 0.3
    theta, psi = trajectory(alternating(wasserstein, h, h), 1.0, -1.0, 10_000)
    kept = theta**2 + psi**2 - h * theta * psi
    torch.testing.assert_close(kept, kept[:1].expand_as(kept))


def test_smaller_rates_circle_longer_and_never_converge():
    """Over the same time T = k h = 20 the spiral opens by (1 + h^2 f'(0)^2)^(T / 2h), which is above 1 for every h."""
    last = []
    for h in (0.4, 0.1, 0.01):
        last.append(distance(trajectory(simultaneous(wasserstein, h, h), 1.0, -1.0, round(20 / h)))[-1].item())
        assert last[-1] == pytest.approx(math.sqrt(2) * (1 + h**2) ** (10 / h))
    assert last[0] > last[1] > last[2] > math.sqrt(2)


def test_the_uniform_average_converges_where_the_last_iterate_circles():
    path = torch.stack(trajectory(alternating(wasserstein, 0.2, 0.2), 1.0, -1.0, 20_000))
    mean = path.cumsum(1) / torch.arange(1, 20_002)
    assert mean[:, 200].norm() < 0.1 and mean[:, -1].norm() < 1e-3 < path[:, -1].norm()


# The table. The settings are those of the paper's own code (LMescheder/GAN_stability, notebooks/DiracGAN.ipynb):
# h = 0.2, 500 steps from theta = 1 and psi = 1 (ours: -1).

CONVERGE = {
    "instance noise": noisy(0.7),
    "R1 = R2": zero_centred(minimax, 0.3),
    "R1 = R2, critical": zero_centred(minimax, 1.0),
    "non-saturating, R1": zero_centred(non_saturating, 0.3),
    "consensus": consensus(1.0),
}
NEVER = {  # and between the two classes, the non-saturating game: it creeps, see below
    "minimax": (minimax, math.inf),
    "Wasserstein": (wasserstein, math.inf),
    "Wasserstein, clipped": (wasserstein, 1.0),
    "Wasserstein, one-centred": (one_centred(wasserstein, 0.35), math.inf),
}
rules = pytest.mark.parametrize("rule", [simultaneous, alternating], ids=lambda rule: rule.__name__)


@rules
@pytest.mark.parametrize("name", CONVERGE)
def test_these_converge(name, rule):
    assert distance(trajectory(rule(CONVERGE[name], 0.2, 0.2), 1.0, -1.0, 500))[-1] < 1e-3


@rules
@pytest.mark.parametrize("name", NEVER)
def test_these_never_come_to_rest(name, rule):
    v, clip = NEVER[name]
    assert distance(trajectory(rule(v, 0.2, 0.2, clip), 1.0, -1.0, 5000))[400:].min() > 0.9


@pytest.mark.parametrize("critic_steps", [1, 5, 25])
def test_one_centred_does_not_converge_with_more_steps_of_D_either(critic_steps):
    rule = alternating(one_centred(wasserstein, 0.35), 0.2, 0.2, critic_steps=critic_steps)
    assert distance(trajectory(rule, 1.0, -1.0, 2000))[-200:].min() > 0.5


@rules
def test_clipping_keeps_D_within_its_bounds_and_on_the_move(rule):
    theta, psi = trajectory(rule(wasserstein, 0.2, 0.2, clip=0.5), 1.0, -1.0, 500)
    assert psi[1:].abs().max() <= 0.5 and theta[-100:].max() > 0.4 and theta[-100:].min() < -0.4


@pytest.mark.parametrize("h", [0.05, 0.2])
def test_non_saturating_simultaneous_steps_end_on_a_circle(h):
    r = distance(trajectory(simultaneous(non_saturating, h, h), 1.0, -1.0, round(600 / h)))
    assert r[-200:].mean().item() == pytest.approx(math.sqrt(2 * h), rel=0.03)


@pytest.mark.parametrize("h", [0.05, 0.2])
def test_non_saturating_alternating_steps_creep_inwards(h):
    """Slower than any exponential: sqrt(8 / (4 + k h)) after k steps from a distance sqrt(2)."""
    r = distance(trajectory(alternating(non_saturating, h, h), 1.0, -1.0, round(600 / h)))
    for time in (20, 60, 200, 600):
        k = round(time / h)
        turn = round(4 * math.pi / h)  # the mean over the last turn takes the ripple out
        closed = torch.sqrt(8 / (4 + h * torch.arange(k - turn, k + 1).double()))
        assert r[k - turn : k + 1].mean().item() == pytest.approx(closed.mean().item(), rel=0.05)


def test_consensus_converges_only_from_nearby():
    assert distance(trajectory(simultaneous(consensus(1.0), 0.1, 0.1), 3.0, 3.0, 3000))[-1] > 5


# Adam


@pytest.mark.parametrize("beta1, beta2, eps", [(0.0, 0.99, 1e-8), (0.9, 0.999, 1e-8), (0.5, 0.9, 0.1)])
def test_adam_is_torch_s_own(beta1, beta2, eps):
    theta, psi = (nn.Parameter(torch.tensor(start, dtype=torch.float64)) for start in (1.0, -1.0))
    opt_G, opt_D = (torch.optim.Adam([w], 0.05, (beta1, beta2), eps) for w in (theta, psi))
    expected = [torch.stack([theta, psi]).detach()]
    for _ in range(100):
        psi.grad = -minimax(theta.detach(), psi.detach())[1]
        opt_D.step()
        theta.grad = -minimax(theta.detach(), psi.detach())[0]
        opt_G.step()
        expected.append(torch.stack([theta, psi]).detach())
    path = adam(minimax, 1.0, -1.0, 100, 0.05, beta1, beta2, eps)
    torch.testing.assert_close(torch.stack(path), torch.stack(expected).T)


def test_adam_settings_are_a_run_each():
    h = torch.tensor([0.01, 0.1])
    both = adam(minimax, 1.0, -1.0, 50, h, 0.5, 0.99)
    for i in range(2):
        torch.testing.assert_close([x[:, i] for x in both], list(adam(minimax, 1.0, -1.0, 50, h[i], 0.5, 0.99)))


def test_adam_circles_at_the_distance_that_its_settings_say():
    """h sqrt(16 beta1 / ((1 - beta1) (1 - beta2))): see notebook 04."""
    h, beta1 = torch.cartesian_prod(torch.tensor([0.003, 0.01]), torch.tensor([0.25, 0.5, 0.9])).double().T
    r = distance(adam(minimax, 1.0, -1.0, 6000, h, beta1, 0.99))[-2000:].square().mean(0).sqrt()
    torch.testing.assert_close(r, 4 * h * (beta1 / (1 - beta1) / 0.01).sqrt(), rtol=0.06, atol=0)


def test_each_of_adam_s_averages_alone_drives_one_way():
    """From five starts: without averages the pair keeps its distance, beta2 brings it in, beta1 drives it out."""
    starts = torch.tensor([[1.0, 1.0, 0.5, -0.7, 0.0], [-1.0, 0.0, 0.3, 1.3, 0.5]], dtype=torch.float64)
    runs = [[0.01, 0, 0, 1e-8], [0.01, 0, 0.9, 1e-8], [2e4, 0, 0.9, 1e6], [2e4, 0.5, 0.9, 1e6]]  # h, betas, eps
    settings = torch.tensor(runs, dtype=torch.float64).T[..., None]
    paths = torch.stack(adam(minimax, *starts[:, None].expand(2, 4, 5), 4000, *settings))
    signs, inwards, plain, outwards = paths.movedim(2, 0)
    square = signs.abs().sum(0)  # |theta| + |psi|
    assert (square - square[0]).abs().max() < 0.1
    assert distance(inwards)[-1].max() < 0.02
    plain, outwards = distance(plain), distance(outwards)
    assert (plain / plain[0]).sub(1).abs().max() < 0.03 and (outwards[-1] > 1.1 * outwards[0]).all()


def test_numbers_are_in_double_precision():
    theta, psi = trajectory(simultaneous(minimax, 0.1, 0.1), torch.ones(3), 1, 4)
    assert theta.dtype == psi.dtype == torch.float64 and theta.shape == psi.shape == (5, 3)
