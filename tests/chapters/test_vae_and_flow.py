"""The VAE and the flow against distributions for which everything is known in closed form."""

import copy
import inspect
import math
from itertools import islice

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from gan_tutorial.chapters.flow import Flow, UNet
from gan_tutorial.chapters.one_network import Learner, train_alone
from gan_tutorial.chapters.vae import VAE, ConvEncoder, kl_from_normal, log_normal
from gan_tutorial.checkpoints import load, save
from gan_tutorial.distributions import GaussianMixture
from gan_tutorial.networks import ConvGenerator
from gan_tutorial.pictures import fashion_mnist, images, unit
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import train

PIXELS = torch.randint(0, 256, (200, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def image_vae(latent_dim=48):
    torch.manual_seed(0)
    return VAE(ConvGenerator(28, latent_dim=latent_dim, full_size_maps=16), ConvEncoder(latent_dim), latent_dim)


def image_flow():
    torch.manual_seed(0)
    return Flow(UNet(), steps=3)


NETWORKS = {"VAE": image_vae, "flow": image_flow}

# Variational autoencoder


def test_the_kl_is_that_of_torch():
    mean, log_std = torch.randn(7, 5, generator=rng()), torch.randn(7, 5, generator=rng(1))
    e = Independent(Normal(mean, log_std.exp()), 1)
    prior = Independent(Normal(torch.zeros(5), torch.ones(5)), 1)
    torch.testing.assert_close(kl_from_normal(mean, log_std), kl_divergence(e, prior))
    torch.testing.assert_close(log_normal(mean), prior.log_prob(mean))


class Linear(nn.Module):
    """x -> (a x + b, log std): an encoder on the line."""

    def __init__(self, a, b, log_std):
        super().__init__()
        self.a, self.b, self.log_std = a, b, nn.Parameter(torch.tensor(log_std))

    def forward(self, x):
        return torch.cat([self.a * x + self.b, self.log_std.expand(len(x), 1)], 1)


W, B, NOISE = 1.5, 0.3, 0.5  # x = W z + B + NOISE * noise, so q = N(B, W^2 + NOISE^2)


def linear_vae(a, b, log_std):
    G = nn.Linear(1, 1)
    vae = VAE(G, Linear(a, b, log_std), 1)
    with torch.no_grad():
        G.weight.fill_(W), G.bias.fill_(B), vae.log_noise.fill_(math.log(NOISE))
    return vae


VARIANCE = W**2 + NOISE**2
POSTERIOR = (W / VARIANCE, -W * B / VARIANCE, math.log(NOISE / VARIANCE**0.5))  # of the z that made x


@pytest.mark.parametrize("x", [-2.0, 0.3, 3.0])
def test_the_elbo_bounds_the_likelihood_and_reaches_it_with_the_true_posterior(x):
    many = torch.full((200_000, 1), x)
    known = Normal(B, VARIANCE**0.5).log_prob(torch.tensor(x)).item()
    for change, gap in ((0.0, 0.0), (0.5, None)):
        a, b, log_std = POSTERIOR
        vae = linear_vae(a, b + change, log_std)
        with torch.no_grad():
            log_q, kl = vae.elbo(many, rng())
        bound, error = (log_q - kl).mean().item(), (log_q - kl).std().item() / len(many) ** 0.5
        # what is missing is KL(e || posterior): here of two Gaussians that differ in their means
        missing = change**2 / 2 / math.exp(2 * log_std)
        assert bound == pytest.approx(known - missing, abs=5 * error + 1e-4)
        assert gap is None or bound <= known + 5 * error
        assert vae.loss(many, rng()).item() == pytest.approx(-bound, rel=1e-5)


@pytest.mark.parametrize("shape", [(3,), (2, 4, 4)])
def test_log_q_is_the_normal_density_with_one_noise_in_each_entry(shape):
    """log q(x|z) = log N(x; G(z), noise^2 I): the noise counts once per entry, however many there are."""
    n, size = 5, math.prod(shape)
    G = nn.Sequential(nn.Linear(2, size), nn.Unflatten(1, shape))
    vae = VAE(G, nn.Sequential(nn.Flatten(), nn.Linear(size, 4)), 2)
    with torch.no_grad():
        vae.log_noise.fill_(-0.7)
    x = torch.randn(n, *shape, generator=rng())
    mean, log_std = vae.encode(x)
    z = mean + log_std.exp() * torch.randn(n, 2, generator=rng(1))
    found = vae.elbo(x, rng(1))
    known = Independent(Normal(G(z), math.exp(-0.7)), len(shape)).log_prob(x)
    torch.testing.assert_close(found.log_q, known)
    torch.testing.assert_close(found.kl, kl_from_normal(mean, log_std))
    torch.testing.assert_close(vae.loss(x, rng(1)), -(known - found.kl).mean())


def test_gradients_reach_the_encoder_through_the_sample():
    """E[-ELBO] in closed form, for the linear decoder, and its slope in the encoder's standard deviation."""
    log_std = 0.2
    vae, x = linear_vae(0.1, 0.4, log_std), torch.full((400_000, 1), 1.0)
    (slope,) = torch.autograd.grad(vae.loss(x, rng()), vae.encoder.log_std)
    variance = math.exp(2 * log_std)  # d/dlog_std of W^2 s^2 / (2 NOISE^2) + s^2 / 2 - log s
    assert slope.item() == pytest.approx(variance * (W**2 / NOISE**2 + 1) - 1, rel=0.02)


# Flow matching on two modes


class Velocity(nn.Module):
    """v*(x, t) = E[x_1 - z | x_t = x] if the data are drawn from `distribution` on the line."""

    def __init__(self, distribution):
        super().__init__()
        self.distribution = distribution

    def forward(self, x, t):
        t = t[:, None]
        variance = (1 - t) ** 2 + (t * self.distribution.std) ** 2  # of x_t within a mode
        off = x - t * self.distribution.modes.T  # (N, K)
        share = (self.distribution.weights.log() - off.square() / (2 * variance)).softmax(1)
        mean = self.distribution.modes.T + off * (t * self.distribution.std**2 - (1 - t)) / variance
        return (share * mean).sum(1, keepdim=True)


DISTRIBUTION = GaussianMixture(torch.tensor([[-1.0], [2.0]]), 0.3, torch.tensor([0.3, 0.7]))
TWO_MODES = Flow(Velocity(DISTRIBUTION), (1,))


class Off(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change, self.best = change, Velocity(DISTRIBUTION)

    def forward(self, x, t):
        return self.best(x, t) + self.change(x, t[:, None])


@pytest.mark.parametrize(
    "change",
    [lambda x, t: 0.3 + 0 * x, lambda x, t: 0.3 * x, lambda x, t: 0.5 * t * x.sin(), lambda x, t: 0.4 * (1 - t)],
)
def test_the_flow_loss_is_least_at_the_conditional_mean_and_grows_by_the_square(change):
    (x,) = DISTRIBUTION(400_000, rng())
    least = TWO_MODES.loss(x, rng(1)).item()
    for sign in (1, -1):
        worse = Flow(Off(lambda x, t, sign=sign: sign * change(x, t)), (1,)).loss(x, rng(1)).item()
        again = rng(1)
        z, t = torch.randn(x.shape, generator=again), torch.rand(len(x), generator=again)[:, None]
        square = change((1 - t) * z + t * x, t).square().mean().item()
        assert worse - least == pytest.approx(square, rel=0.06)  # no first order: orthogonal to the error


def wasserstein(a, b):
    return (a.flatten().sort().values - b.flatten().sort().values).abs().mean().item()


def test_euler_carries_noise_to_the_data_and_more_steps_come_nearer():
    z, (x,) = torch.randn(20_000, 1, generator=rng()), DISTRIBUTION(20_000, rng(1))
    off = {steps: wasserstein(list(TWO_MODES.path(z, steps))[-1], x) for steps in (1, 4, 16, 100)}
    assert off[1] > 2 * off[4] > 4 * off[16] and off[100] < 0.04
    one = list(TWO_MODES.path(z, 1))[-1]
    torch.testing.assert_close(
        one, (DISTRIBUTION.weights @ DISTRIBUTION.modes).expand_as(one)
    )  # one step: the mean of the data


def test_a_path_starts_at_the_noise_and_has_the_steps_that_were_asked_for():
    z = torch.randn(5, 1, generator=rng())
    path = list(TWO_MODES.path(z, 7))
    assert len(path) == 8 and torch.equal(path[0], z)
    flow = Flow(Velocity(DISTRIBUTION), (1,), steps=7)
    assert torch.equal(flow(z), path[-1].clamp(-1, 1))


def test_the_density_of_a_flow_is_that_of_its_distribution():
    x = torch.linspace(-2, 3, 41)[:, None]
    found = TWO_MODES.log_density(x, 200, rng())
    torch.testing.assert_close(found, DISTRIBUTION.log_density(x), atol=0.02, rtol=0)


class Matrix(nn.Module):
    def __init__(self, A):
        super().__init__()
        self.A = A

    def forward(self, x, t):
        return x @ self.A.T


def test_the_divergence_is_estimated_without_bias():
    """A linear v(x) = A x: log q(x) = log N(exp(-A) x) - tr A, whatever A."""
    A = torch.tensor([[0.4, 0.8], [-0.3, 0.2]])
    flow, x = Flow(Matrix(A), (2,)), torch.tensor([[0.5, -1.0]]).expand(4000, 2)
    found = flow.log_density(x, 50, rng())
    known = log_normal(x[:1] @ torch.linalg.matrix_exp(-A).T) - A.trace()
    assert found.mean().item() == pytest.approx(known.item(), abs=0.03) and found.std() > 0.1


# Networks for images


@pytest.mark.parametrize("name", NETWORKS)
def test_each_is_a_generator_with_as_many_parameters_as_the_recipe(name):
    net, players = NETWORKS[name](), Recipe().players()
    x = net(torch.randn(4, net.latent_dim, generator=rng()))
    assert x.shape == (4, 1, 28, 28) and x.abs().max() <= 1 and net.classes == 0
    count = lambda *networks: sum(p.numel() for network in networks for p in network.parameters())  # noqa: E731
    assert abs(count(net) / count(players.G, players.D) - 1) < 0.1


def test_a_unet_without_layers_is_the_velocity_of_independent_normal_pixels():
    x = unit(fashion_mnist()[0][:5000])
    net, known_velocity = UNet(), Velocity(GaussianMixture(torch.tensor([[-0.43]]), 0.71))
    assert abs(x.mean() - net.mean) < 0.01 and abs(x.std() - net.std) < 0.01
    nn.init.zeros_(net.last.weight), nn.init.zeros_(net.last.bias)
    noise, t = torch.randn(3, 1, 28, 28, generator=rng()), torch.tensor([0.0, 0.4, 1.0])
    known = known_velocity(noise.view(-1, 1), t.repeat_interleave(784)).view_as(noise)
    torch.testing.assert_close(net(noise, t), known)


def test_the_unet_hands_what_it_sees_across_at_each_size():
    """At 14 x 14 from the way down to the way up, and at 7 x 7 around the dense layer and the last convolution."""
    net, x, t = UNet(), torch.randn(2, 1, 28, 28, generator=rng()), torch.full((2,), 0.5)
    inputs, names = {}, ("deeper", "encode", "bottom", "up", "last")
    for name in names:
        getattr(net, name).register_forward_pre_hook(lambda m, args, name=name: inputs.update({name: args[0]}))
    with torch.no_grad():
        for silent in (net.decode[-1], net.bottom.norm):  # the layers beside the skips say nothing
            nn.init.zeros_(silent.weight), nn.init.zeros_(silent.bias)
        nn.init.zeros_(net.bottom.time.weight), nn.init.zeros_(net.bottom.time.bias)
        net(x, t)
    assert torch.equal(inputs["bottom"], inputs["encode"])
    assert torch.equal(inputs["up"], inputs["bottom"])
    half = inputs["last"].shape[1] // 2
    assert torch.equal(inputs["last"][:, half:], inputs["deeper"]) and inputs["deeper"].shape == (2, 32, 14, 14)


def test_the_unet_is_told_the_time_of_each_picture():
    net, x = image_flow().velocity, torch.randn(2, 1, 28, 28, generator=rng())
    together = net(x, torch.tensor([0.1, 0.9]))
    torch.testing.assert_close(together[:1], net(x[:1], torch.tensor([0.1])), atol=1e-5, rtol=1e-4)
    assert (together[:1] - net(x[:1], torch.tensor([0.9]))).abs().max() > 1e-3


# Training


def run(learner, steps):
    return list(islice(train_alone(learner, images(PIXELS), batch_size=8, decay=0.75), steps))


@pytest.mark.parametrize("name", NETWORKS)
def test_training_moves_every_weight_and_averages_it(name):
    learner = Learner.create(NETWORKS[name]())
    before, start = copy.deepcopy(learner.net), copy.deepcopy(learner.net_ema)
    (step,) = run(learner, 1)
    assert step.number == learner.step == 1 and step.loss.isfinite()
    for (key, p), old in zip(learner.net.named_parameters(), before.parameters(), strict=True):
        assert not torch.equal(p, old), key
    for a, p, e in zip(start.parameters(), learner.net.parameters(), learner.net_ema.parameters(), strict=True):
        torch.testing.assert_close(e, 0.75 * a + 0.25 * p.detach())
    assert not learner.net_ema.training and learner.net.training


@pytest.mark.parametrize("name", NETWORKS)
def test_the_statistics_of_batch_normalisation_are_copied_not_averaged(name):
    learner = Learner.create(NETWORKS[name]())
    run(learner, 2)
    averaged = dict(learner.net_ema.named_buffers())
    assert all(torch.equal(b, averaged[key]) for key, b in learner.net.named_buffers())
    assert name == "flow" or any("running_mean" in key and b.abs().max() > 0 for key, b in averaged.items())


def test_the_loop_has_the_defaults_of_the_game():
    """The same name, the same number, in `training.train` and here."""
    defaults = {key: p.default for key, p in inspect.signature(train).parameters.items()}
    assert {key: defaults[key] for key in ("batch_size", "decay")} == {"batch_size": 64, "decay": 0.99}
    ours = inspect.signature(train_alone).parameters
    assert all(ours[key].default == defaults[key] for key in ("batch_size", "decay"))


@pytest.mark.parametrize("name", NETWORKS)
def test_resume_is_bit_for_bit(name, tmp_path):
    straight, first, second = (Learner.create(NETWORKS[name]()) for _ in range(3))
    whole = run(straight, 3)
    run(first, 1)
    save(tmp_path / "run.pt", first)
    load(tmp_path / "run.pt", second)
    rest = run(second, 2)
    assert [(s.number, s.loss) for s in rest] == [(s.number, s.loss) for s in whole[1:]]
    for a, b in zip(straight.net_ema.state_dict().values(), second.net_ema.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_training_on_two_modes_finds_the_velocity():
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

        def forward(self, x, t):
            return self.net(torch.cat([x, t[:, None]], 1))

    learner = Learner.create(Flow(Net(), (1,)), lr=5e-3)
    for _ in islice(train_alone(learner, DISTRIBUTION, batch_size=512), 500):
        pass
    z, (x,) = torch.randn(20_000, 1, generator=rng()), DISTRIBUTION(20_000, rng(1))
    with torch.no_grad():
        assert wasserstein(list(learner.net_ema.path(z, 50))[-1], x) < 0.08


def test_a_loss_that_is_not_a_number_stops_the_run():
    learner = Learner.create(image_flow())
    bad = lambda n, rng: (torch.full((n, 1, 28, 28), float("nan")),)  # noqa: E731
    with pytest.raises(FloatingPointError, match="Flow became nan at step 1"):
        next(train_alone(learner, bad))
    assert learner.step == 0 and all(p.isfinite().all() for p in learner.net.parameters())


# The doors

FLOW = Flow(nn.Identity(), (2, 3))
NET = UNet()
VAE_3 = VAE(nn.Linear(1, 3), nn.Linear(3, 2), 1)
PICTURES = torch.zeros(4, 1, 28, 28)
LEARNER = Learner.create(copy.deepcopy(VAE_3))
DOORS = {
    "no latents": (lambda: VAE(nn.Identity(), nn.Identity(), 0), ValueError, "latent_dim is 0"),
    "another encoder": (
        lambda: VAE(nn.Linear(2, 3), nn.Linear(3, 2), 2).encode(torch.zeros(5, 3)),
        ValueError,
        r"what the encoder makes of x has the shape \(5, 2\); expected \(5, 4\)",
    ),
    "x that broadcasts": (
        lambda: VAE(nn.Linear(1, 3), lambda x: x.new_zeros(len(x), 2), 1).loss(torch.zeros(5, 1), rng()),
        ValueError,
        r"x has the shape \(5, 1\); expected \(5, 3\)",
    ),
    "pictures without channels": (
        lambda: image_vae().loss(PICTURES[:, 0], rng()),
        ValueError,
        r"the picture x has the shape \(4, 28, 28\); expected \(N, 1, 28, 28\)",
    ),
    "x of a flow": (lambda: FLOW.loss(torch.zeros(5, 6), rng()), ValueError, r"x has .*\(5, 6\); expected \(N, 2, 3\)"),
    "x of a density": (lambda: FLOW.log_density(torch.zeros(5, 6), 4, rng()), ValueError, r"expected \(N, 2, 3\)"),
    "density, no steps": (lambda: FLOW.log_density(torch.zeros(5, 2, 3), 0, rng()), ValueError, "steps is 0"),
    "z of a flow": (lambda: FLOW(torch.zeros(5, 2, 3)), ValueError, r"the latent z has .*; expected \(N, 6\)"),
    "no steps": (lambda: Flow(nn.Identity(), (1,), steps=0)(torch.zeros(5, 1)), ValueError, "steps is 0"),
    "x of a UNet": (lambda: NET(torch.zeros(2, 3, 28, 28), torch.zeros(2)), ValueError, r"expected \(N, 1, 28, 28\)"),
    "one time for all": (lambda: NET(PICTURES, torch.zeros(())), ValueError, r"the time t has .*; expected \(4,\)"),
    "std 0": (lambda: UNet(std=0.0), ValueError, "std is 0.0"),
    "no batch": (lambda: train_alone(LEARNER, DISTRIBUTION, batch_size=0), ValueError, "batch_size is 0"),
    "half a batch": (lambda: train_alone(LEARNER, DISTRIBUTION, batch_size=0.5), TypeError, "batch_size is 0.5"),
    "decay 1": (lambda: train_alone(LEARNER, DISTRIBUTION, decay=1.0), ValueError, "decay is 1.0; expected .* < 1"),
    "decay -1": (lambda: train_alone(LEARNER, DISTRIBUTION, decay=-1.0), ValueError, "decay is -1.0"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    """The loop's opens where it is called, not at its first step."""
    with pytest.raises(error, match=words):
        call()
