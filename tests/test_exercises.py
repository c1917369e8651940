"""The checks of the exercises accept the solutions, know an empty answer, and name the mistakes of wrong ones."""

import importlib
import math
import pkgutil

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial import exercises
from gan_tutorial.chapters import latent
from gan_tutorial.exercises import (
    Exercise,
    n01_min_max_game as min_max,
    n02_networks_that_play as networks_that_play,
    n03_playground as playground,
    n04_dynamics as dynamics,
    n05_objectives as objectives,
    n06_convolutions as convolutions,
    n07_dcgan as dcgan,
    n08_how_good_is_it as how_good_is_it,
    n09_break_it_lab as break_it_lab,
    n10_latent_space as latent_space,
    n11_conditional as conditional,
    n12_image_processing as image_processing,
    n13_discriminator_features as discriminator_features,
    n14_gan_vae_diffusion as gan_vae_diffusion,
    n15_beyond_one_machine as beyond_one_machine,
)

MODULES = [importlib.import_module(f"{exercises.__name__}.{m.name}") for m in pkgutil.iter_modules(exercises.__path__)]
ALL = [(m, name, e) for m in MODULES for name, e in vars(m).items() if isinstance(e, Exercise)]


def each(function):
    return pytest.mark.parametrize(
        "exercise", [e for _, _, e in ALL], ids=[f"{m.__name__.rpartition('.')[2]}.{name}" for m, name, _ in ALL]
    )(function)


@each
def test_the_solution_is_right(exercise):
    assert exercise.verdict(exercise.solved) == "Right."


@each
def test_dots_are_no_answer_and_no_mistake(exercise):
    for empty in (..., None, lambda *inputs: ..., lambda *inputs: None):
        said = exercise.verdict(empty)
        # a turn of a player returns nothing: there, nothing is what it does
        assert said.startswith("Nothing here yet") or "have not moved" in said


@each
def test_hints_come_one_by_one_and_the_last_one_stays(exercise, capsys):
    n = len(exercise.hints)
    for k in (*range(n), n - 1):
        exercise.hint()
        assert capsys.readouterr().out == f"Hint {k + 1} of {n}: {exercise.hints[k]}\n"


@each
def test_the_solution_can_be_read(exercise, capsys):
    exercise.solution()
    assert "def solve" in capsys.readouterr().out


def test_an_answer_that_stops_is_told_why():
    assert "ZeroDivisionError: division by zero" in min_max.best_judge.verdict(lambda p, q, share: 1 / 0)


def turn(*, zero=True, sign=1, detach=False, step=True, other=False):
    def turn_of_G(G, D, opt_G, cost, z):
        fake = G(z)
        loss = sign * cost(D(fake.detach() if detach else fake)).mean()
        if zero:
            opt_G.zero_grad()
        loss.backward()
        if other:
            torch.optim.SGD(D.parameters(), 0.1).step()
        if step:
            opt_G.step()

    return turn_of_G


def slopes(f, over=lambda v: v.sum()):
    """A push that derives something else than the sum of the costs."""

    def push(D, x, cost):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(over(f(D(x), cost)), x)[0]

    return push


def layers(D):
    return [m.weight.detach() for m in D.modules() if isinstance(m, torch.nn.Linear)]


def within(x, power=1):
    return (torch.cdist(x, x) ** power).sum() / (len(x) * (len(x) - 1))


def field(of_G=1.0, of_D=lambda psi, gamma: -gamma * psi):
    def arrows(theta, psi, gamma):
        slope = (psi * theta).sigmoid()
        return of_G * psi * slope, -theta * slope + of_D(psi, gamma)

    return arrows


def unit(a):
    return a / a.norm()


def arc(a, b, w, angle):
    return torch.sin((1 - w) * angle) * a + torch.sin(w * angle) * b


def balls(real, fake, k, nearest=1, of=torch.any):
    radius = torch.cdist(real, real).kthvalue(k + nearest, dim=1).values
    return of(torch.cdist(fake, real) <= radius, 1)


def counts(logits, **how):
    return logits.argmax(1).bincount(**how)


def unpaired(a, b):
    return ((a.var() + b.var()) / len(a)).sqrt()


def kl(mean, log_std, square=1.0, s2=2.0, log=1.0):
    return ((square * mean**2 + (s2 * log_std).exp() - 1) / 2 - log * log_std).sum(1)


def later(v, x, t, h, place=0.5, time=0.5, length=1.0):
    """A step with the velocity of another place and time."""
    return x + length * h * v(x + place * h * v(x, t), t + time * h)


def code_length(log_q, width=2 / 255, pixels=784, base=2):
    return -(log_q / 784 + math.log(width)) * 784 / pixels / math.log(base)


def share(own, new, fake):
    return (own.mean() - new.mean()) / (own.mean() - fake.mean())


def ringed(n, step, message):
    return n * step / (step + 2 * (n - 1) / n * message)


bce = F.binary_cross_entropy_with_logits


def spread(x, y):
    return (x - y).square().mean((1, 2, 3))


def spaced(y, k):
    return F.interpolate(y, scale_factor=k, mode="nearest")


def moved(x, y, k):
    return image_processing.solve_consistent(x, y, k)


def variance(x, p):
    return image_processing.solve_costs(x, p)[0]


WRONG = [
    (min_max.best_judge, lambda p, q, share: p / (p + q), "share plays no part"),
    (min_max.best_judge, lambda p, q, share: (1 - share) * p / ((1 - share) * p + share * q), "counts the fakes"),
    (min_max.best_judge, lambda p, q, share: share * p / ((1 - share) * q), "odds"),
    (min_max.best_judge, lambda p, q, share: share * p / (p + q), "earns more"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([0.5, 0.5, 0.5]),) * 2, "no distribution"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([1.5, -0.5, 0.0]),) * 2, "no distribution"),
    (min_max.laws_on_the_ceiling, lambda: (torch.ones(3) / 3, torch.tensor([1.0, 0, 0])), "right in 83 %"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([0.75, 0.25, 0]), torch.tensor([0.25, 0.75, 0])), "unequally"),
    (min_max.no_gap, lambda: torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), "four different"),
    (min_max.no_gap, lambda: torch.tensor([[4.0, 1.0], [2.0, 3.0]]), "second still pays"),
    (networks_that_play.log_real, lambda t: t.sigmoid().log(), "-inf"),
    (networks_that_play.log_real, lambda t: -F.softplus(t), "what D earns for a fake"),
    (networks_that_play.log_real, lambda t: F.softplus(-t), "sign is turned"),
    (networks_that_play.log_real, lambda t: t.sigmoid().log().clamp(min=-100), "learn nothing"),
    (networks_that_play.log_real, lambda t: -(1 + (-t).exp()).log(), "-inf"),
    (networks_that_play.log_real, lambda t: t, "log 1/2 is"),
    (networks_that_play.smoothed, lambda a, b: bce(a, torch.ones(3)) + bce(b, torch.zeros(3)), "without smoothing"),
    (networks_that_play.smoothed, lambda a, b: bce(a, torch.ones(3)) + bce(b, torch.full((3,), 0.1)), "fakes are sm"),
    (
        networks_that_play.smoothed,
        lambda a, b: bce(a, torch.full((3,), 0.9)) + bce(b, torch.full((3,), 0.1)),
        "both sides",
    ),
    (networks_that_play.smoothed, lambda a, b: 0.9 * bce(a, torch.ones(3)) + bce(b, torch.zeros(3)), "not a weight"),
    (networks_that_play.smoothed, lambda a, b: -networks_that_play.solve_smoothed(a, b), "sign is turned"),
    (networks_that_play.smoothed, lambda a, b: 3 * networks_that_play.solve_smoothed(a, b), "it is 1.4"),
    (networks_that_play.turn_of_G, turn(zero=False), "old gradients"),
    (networks_that_play.turn_of_G, turn(sign=-1), "climbs"),
    (networks_that_play.turn_of_G, turn(step=False), "have not moved"),
    (networks_that_play.turn_of_G, turn(detach=True), "have not moved"),
    (networks_that_play.turn_of_G, turn(other=True), "D's weights"),
    (playground.push, slopes(lambda t, cost: cost(t)), "up the cost"),
    (playground.push, slopes(lambda t, cost: -cost(t), lambda v: v.mean()), "too short"),
    (playground.push, slopes(lambda t, cost: t), "the cost's pull"),
    (playground.push, slopes(lambda t, cost: t.sigmoid()), "probability D"),
    (playground.push, slopes(lambda t, cost: t**2), "should go along"),
    (playground.push, lambda D, x, cost: cost(D(x)), "(8, 2)"),
    (playground.energy_distance, lambda x, y: torch.cdist(x, y).mean(), "usual within"),
    (playground.energy_distance, lambda x, y: torch.cdist(x, y).mean() - within(x) - within(y), "counts twice"),
    (
        playground.energy_distance,
        lambda x, y: 2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() - torch.cdist(y, y).mean(),
        "itself",
    ),
    (
        playground.energy_distance,
        lambda x, y: 2 * torch.cdist(x, y).square().mean() - within(x, 2) - within(y, 2),
        "the means",
    ),
    (playground.energy_distance, lambda x, y: 0.0, "you say 0.000"),
    (dynamics.field_with_r1, field(of_G=-1.0), "G climbs"),
    (dynamics.field_with_r1, field(of_G=0.5), "penalty is D's alone"),
    (dynamics.field_with_r1, field(of_D=lambda psi, gamma: 0), "without a penalty"),
    (dynamics.field_with_r1, field(of_D=lambda psi, gamma: gamma * psi), "paid for being steep"),
    (dynamics.field_with_r1, field(of_D=lambda psi, gamma: -gamma * psi / 2), "no half"),
    (dynamics.field_with_r1, field(of_D=lambda psi, gamma: -gamma * psi**2 / 2), "the penalty itself"),
    (dynamics.largest_rate, lambda v: 2 * v.real / abs(v) ** 2, "negative"),
    (dynamics.largest_rate, lambda v: -2 / v.real, "real eigenvalue"),
    (dynamics.largest_rate, lambda v: -v.real / abs(v) ** 2, "shrinks fastest"),
    (dynamics.largest_rate, lambda v: 1.0, "the limit is"),
    (dynamics.largest_rate, lambda v: -2 * v.real / abs(v) ** 2, "no rate works"),
    (objectives.best_score, lambda p, q: (q - p) / (p + q), "real is 1"),
    (objectives.best_score, lambda p, q: p / (p + q), "targets 1 and 0"),
    (objectives.best_score, lambda p, q: (p - q).sign(), "hinge"),
    (objectives.best_score, lambda p, q: p - q, "divided"),
    (objectives.best_score, lambda p, q: (p / q).log(), "log-ratio"),
    (objectives.best_score, lambda p, q: p, "earns more"),
    (objectives.slope_bound, lambda D: sum(torch.linalg.matrix_norm(w, 2) for w in layers(D)), "multiply"),
    (objectives.slope_bound, lambda D: max(torch.linalg.matrix_norm(w, 2) for w in layers(D)), "one layer alone"),
    (objectives.slope_bound, lambda D: torch.stack([w.norm() for w in layers(D)]).prod(), "Frobenius"),
    (objectives.slope_bound, lambda D: torch.stack([w.abs().max() for w in layers(D)]).prod(), "clipping"),
    (objectives.slope_bound, lambda D: 1.0, "you say 1.000"),
    (convolutions.side_after, lambda n, k, s, p, o: (n + 2 * p - k) // s + 1, "makes a picture smaller"),
    (convolutions.side_after, lambda n, k, s, p, o: n * s, "not in general"),
    (convolutions.side_after, lambda n, k, s, p, o: (n - 1) * s + k - 2 * p, "output padding is missing"),
    (convolutions.side_after, lambda n, k, s, p, o: (n - 1) * s + k + o, "cuts off"),
    (convolutions.side_after, lambda n, k, s, p, o: n * s + k - 2 * p + o, "side - 1"),
    (convolutions.side_after, lambda n, k, s, p, o: 0, "give 11"),
    (convolutions.matrix_of_convolution, lambda w, n: convolutions.solve_matrix(w.flip(0), n), "turned round"),
    (convolutions.matrix_of_convolution, lambda w, n: convolutions.solve_matrix(w, n).T, "transposed"),
    (convolutions.matrix_of_convolution, lambda w, n: torch.eye(n), "(4, 6)"),
    (convolutions.matrix_of_convolution, lambda w, n: torch.zeros(4, 6), "row 1"),
    (dcgan.unit, lambda x: x[:, None].float() / 255, "[0, 1]"),
    (dcgan.unit, lambda x: x[:, None].float() / 128 - 1, "0.992"),
    (dcgan.unit, lambda x: x.float() / 127.5 - 1, "(1, 1, 16, 16)"),
    (dcgan.unit, lambda x: x[:, None].double() / 127.5 - 1, "float64"),
    (dcgan.unit, lambda x: 1 - x[:, None].float() / 127.5, "exchanged"),
    (dcgan.unit, lambda x: x[:, None].float(), "255 must become 1"),
    (dcgan.rarest_class, lambda t: counts(t).min() / len(t), "never comes"),
    (dcgan.rarest_class, lambda t: counts(t, minlength=10).min(), "number of images"),
    (dcgan.rarest_class, lambda t: 100 * counts(t, minlength=10).min() / len(t), "per cent"),
    (dcgan.rarest_class, lambda t: t.softmax(1).mean(0).min(), "mean probability"),
    (dcgan.rarest_class, lambda t: counts(t, minlength=10).max() / len(t), "commonest"),
    (dcgan.rarest_class, lambda t: 0.5, "you say 0.500"),
    (how_good_is_it.frechet_of_one, lambda x, y: (x.mean() - y.mean()) ** 2, "means alone"),
    (how_good_is_it.frechet_of_one, lambda x, y: how_good_is_it.solve_frechet(x, y) ** 0.5, "its root"),
    (
        how_good_is_it.frechet_of_one,
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.var() - y.var()) ** 2,
        "not the variances",
    ),
    (how_good_is_it.frechet_of_one, lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var(), "are added"),
    (how_good_is_it.frechet_of_one, lambda x, y: (x.mean() - y.mean()).abs() + (x.std() - y.std()).abs(), "squares"),
    (how_good_is_it.frechet_of_one, lambda x, y: 0.0, "you say 0.0000"),
    (how_good_is_it.precision, lambda r, f, k: balls(f, r, k).double().mean(), "this is recall"),
    (how_good_is_it.precision, lambda r, f, k: balls(r, f, k, of=torch.sum).double().mean() / k, "density"),
    (how_good_is_it.precision, lambda r, f, k: balls(r, f, k, nearest=0).double().mean(), "own nearest"),
    (how_good_is_it.precision, lambda r, f, k: 1 - balls(r, f, k).double().mean(), "outside"),
    (how_good_is_it.precision, lambda r, f, k: 0.5, "you say 0.500"),
    (latent_space.slerp, lambda a, b, w: (1 - w) * a + w * b, "this is lerp"),
    (latent_space.slerp, lambda a, b, w: a.norm() * unit((1 - w) * a + w * b), "pace is uneven"),
    (latent_space.slerp, lambda a, b, w: latent.slerp(a, b, 1 - w), "w = 0 must be a"),
    (latent_space.slerp, lambda a, b, w: arc(a, b, w, torch.acos(unit(a) @ unit(b))), "is missing"),
    (latent_space.slerp, lambda a, b, w: arc(a, b, w, c := unit(a) @ unit(b)) / c.sin(), "torch.acos"),
    (latent_space.slerp, lambda a, b, w: a @ b, "shape (3,)"),
    (latent_space.slerp, lambda a, b, w: a + b, "its length"),
    (latent_space.slope, lambda z, u, A: ((z @ u) * A).mean(), "units of A"),
    (latent_space.slope, lambda z, u, A: torch.corrcoef(torch.stack([z @ u, A]))[0, 1], "known, and 1"),
    (latent_space.slope, lambda z, u, A: ((z @ u) * (A - A.mean())).mean() / A.var(), "the variance"),
    (latent_space.slope, lambda z, u, A: (z @ u) @ (A - A.mean()) / A.std(), "this is the sum"),
    (latent_space.slope, lambda z, u, A: (z @ u).mean() * A.mean() / A.std(), "product of the means"),
    (latent_space.slope, lambda z, u, A: -((z @ u) * (A - A.mean())).mean() / A.std(), "the sign"),
    (latent_space.slope, lambda z, u, A: z * u, "one slope"),
    (latent_space.slope, lambda z, u, A: A.mean(), "you say"),
    (conditional.projection, lambda h, y, w, b, e: h @ w + (e[y] * h).sum(1), "b is missing"),
    (conditional.projection, lambda h, y, w, b, e: (e[y] * h).sum(1), "fit of the label alone"),
    (conditional.projection, lambda h, y, w, b, e: h @ w + b, "is deaf"),
    (conditional.projection, lambda h, y, w, b, e: h @ w + b + e[y].sum(1), "late concatenation"),
    (conditional.projection, lambda h, y, w, b, e: h @ w + b + (h @ e.T).sum(1), "every class asks"),
    (conditional.projection, lambda h, y, w, b, e: (h @ w + b + (e[y] * h).sum(1)).sigmoid(), "before the sigmoid"),
    (conditional.projection, lambda h, y, w, b, e: h @ (w + e).T + b, "yours has (6, 3)"),
    (conditional.projection, lambda h, y, w, b, e: h @ w - b, "the first picture it is"),
    (conditional.truth, lambda seen, confusion: seen, "his mistakes included"),
    (conditional.truth, lambda seen, confusion: seen @ confusion, "a second time"),
    (conditional.truth, lambda seen, confusion: confusion @ seen, "You need its inverse"),
    (conditional.truth, lambda seen, confusion: torch.linalg.solve(confusion, seen), "exchanged"),
    (conditional.truth, lambda seen, confusion: seen / confusion.diag(), "leaves in"),
    (conditional.truth, lambda seen, confusion: confusion.inverse(), "yours is (3, 3)"),
    (conditional.truth, lambda seen, confusion: seen.flip(0), "your first share"),
    (discriminator_features.score, lambda logits: logits.exp().sum(1).log(), "exp(900) is inf"),
    (discriminator_features.score, lambda logits: logits.exp().sum(1), "this is Z"),
    (discriminator_features.score, lambda logits: logits.logsumexp(1).sigmoid(), "a probability"),
    (discriminator_features.score, lambda logits: F.logsigmoid(logits.logsumexp(1)), "this is log D(x)"),
    (discriminator_features.score, lambda logits: F.pad(logits, (0, 1)).logsumexp(1), "log(Z + 1)"),
    (discriminator_features.score, lambda logits: logits.amax(1), "best class alone"),
    (discriminator_features.score, lambda logits: logits.sum(1), "exponentials are added"),
    (discriminator_features.score, lambda logits: -logits.logsumexp(1), "sign is turned"),
    (discriminator_features.score, lambda logits: logits.logsumexp(0), "yours has (3,)"),
    (discriminator_features.score, lambda logits: torch.zeros(4), "you say 0.0000"),
    (discriminator_features.error_of_lead, lambda a, b: unpaired(a.double(), b.double()), "picture by picture"),
    (discriminator_features.error_of_lead, lambda a, b: (a.double() - b.double()).std(), "one picture scatters"),
    (discriminator_features.error_of_lead, lambda a, b: (a.double() - b.double()).var() / len(a), "is its root"),
    (discriminator_features.error_of_lead, lambda a, b: (a.double() - b.double()).mean(), "the lead itself"),
    (discriminator_features.error_of_lead, lambda a, b: (a ^ b).double().std() / len(a) ** 0.5, "without its sign"),
    (
        discriminator_features.error_of_lead,
        lambda a, b: 100 * discriminator_features.solve_error(a, b),
        "percentage points",
    ),
    (discriminator_features.error_of_lead, lambda a, b: 1.0, "you say 1.00000"),
    (beyond_one_machine.heart, lambda own, new, fake: -share(own, new, fake), "sign is turned"),
    (beyond_one_machine.heart, lambda own, new, fake: share(fake, new, own), "how far new pictures are from fakes"),
    (beyond_one_machine.heart, lambda own, new, fake: 1 / share(own, new, fake), "upside down"),
    (beyond_one_machine.heart, lambda own, new, fake: own.mean() - new.mean(), "difference of scores"),
    (beyond_one_machine.heart, lambda own, new, fake: own.mean(), "you say"),
    (
        beyond_one_machine.heart,
        lambda own, new, fake: (own.mean() - new.mean()) / (new.mean() - fake.mean()),
        "not from the new ones",
    ),
    (
        beyond_one_machine.heart,
        lambda own, new, fake: own.mean().sigmoid() - new.mean().sigmoid(),
        "not probabilities",
    ),
    (beyond_one_machine.heart, lambda own, new, fake: own, "Take means first"),
    (beyond_one_machine.joined, lambda g, n: torch.stack(g).mean(0), "four times"),
    (beyond_one_machine.joined, lambda g, n: sum(g), "sum of means"),
    (beyond_one_machine.joined, lambda g, n: sum(k * each for k, each in zip(n, g, strict=True)), "over all pictures"),
    (beyond_one_machine.joined, lambda g, n: (n[1] * g[0] + n[0] * g[1]) / sum(n), "exchanged"),
    (beyond_one_machine.joined, lambda g, n: (n[0] * g[0] + n[1] * g[1]) / len(n), "not of processes"),
    (beyond_one_machine.joined, lambda g, n: g[1], "the first number"),
    (beyond_one_machine.joined, lambda g, n: g[0].sum(), "(3,)"),
    (beyond_one_machine.speed_up, lambda n, step, message: n * step / (step + message), "nobody to send to"),
    (beyond_one_machine.speed_up, lambda n, step, message: ringed(n, step, message) / n, "share of the time"),
    (beyond_one_machine.speed_up, lambda n, step, message: ringed(n, step, message / 2), "there and back"),
    (beyond_one_machine.speed_up, lambda n, step, message: ringed(n, step, n * message), "n parts of a message"),
    (beyond_one_machine.speed_up, lambda n, step, message: 1 / ringed(n, step, message), "upside down"),
    (beyond_one_machine.speed_up, lambda n, step, message: n * n / ringed(n, step, message), "not faster"),
    (beyond_one_machine.speed_up, lambda n, step, message: 1.0, "you say 1.000"),
    (gan_vae_diffusion.kl, lambda m, s: -kl(m, s), "never negative"),
    (gan_vae_diffusion.kl, lambda m, s: kl(m, s) / 3, "divergences add"),
    (gan_vae_diffusion.kl, lambda m, s: 2 * kl(m, s), "half is missing"),
    (gan_vae_diffusion.kl, lambda m, s: kl(m, s, s2=1.0, log=0.5), "that of the variance"),
    (gan_vae_diffusion.kl, lambda m, s: kl(m, s, square=0.0), "anywhere for nothing"),
    (gan_vae_diffusion.kl, lambda m, s: kl(m, s, log=0.0), "costs infinitely"),
    (gan_vae_diffusion.kl, lambda m, s: kl(m, s).mean(), "(5,)"),
    (gan_vae_diffusion.kl, lambda m, s: m[:, 0], "for the first picture"),
    (gan_vae_diffusion.step, lambda v, x, t, h: x + h * v(x, t), "Euler"),
    (gan_vae_diffusion.step, lambda *given: later(*given, place=1, time=1), "at the end"),
    (gan_vae_diffusion.step, lambda *given: later(*given, time=0), "the time has not"),
    (gan_vae_diffusion.step, lambda *given: later(*given, place=0), "the place has not"),
    (gan_vae_diffusion.step, lambda *given: later(*given, length=0.5), "half the way"),
    (
        gan_vae_diffusion.step,
        lambda v, x, t, h: (x + h * v(x, t) + later(v, x, t, h, place=1, time=1)) / 2,
        "Heun",
    ),
    (gan_vae_diffusion.step, lambda v, x, t, h: (x + h * v(x, t) + later(v, x, t, h)) / 2, "had its use"),
    (gan_vae_diffusion.step, lambda v, x, t, h: (later(v, x, t, h) - x) / h, "starts at x"),
    (gan_vae_diffusion.step, lambda v, x, t, h: x, "the first number"),
    (gan_vae_diffusion.step, lambda v, x, t, h: x.sum(1), "(2, 2)"),
    (gan_vae_diffusion.bits, lambda q: -code_length(q), "shorter its code"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, pixels=1), "of a picture"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, base=math.e), "are nats"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, width=1), "no probability"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, width=255 / 2), "wrong sign"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, width=1 / 255), "from -1 to 1"),
    (gan_vae_diffusion.bits, lambda q: code_length(q, width=1 / 256), "255 gaps"),
    (gan_vae_diffusion.bits, lambda q: code_length(q).mean(), "(3,)"),
    (gan_vae_diffusion.bits, lambda q: q, "for the first picture"),
    (image_processing.psnr, lambda x, y: 10 * (4 / (x - y).square().mean()).log10(), "whole batch"),
    (image_processing.psnr, lambda x, y: 10 * (1 / spread(x, y)).log10(), "taken as 1"),
    (image_processing.psnr, lambda x, y: 10 * (255**2 / spread(x, y)).log10(), "taken as 255"),
    (image_processing.psnr, lambda x, y: 10 * (4 / spread(x, y)).log(), "natural logarithm"),
    (image_processing.psnr, lambda x, y: (4 / spread(x, y)).log10(), "factor 10"),
    (image_processing.psnr, lambda x, y: 10 * (spread(x, y) / 4).log10(), "the negative"),
    (image_processing.psnr, lambda x, y: 20 * (4 / spread(x, y)).log10(), "squares are there"),
    (image_processing.psnr, lambda x, y: 10 * (2 / spread(x, y)).log10(), "the peak is squared"),
    (image_processing.psnr, lambda x, y: (x - y).square(), "have the shape (5, 1, 8, 8)"),
    (image_processing.psnr, lambda x, y: torch.zeros(5), "you say 0.00"),
    (image_processing.consistent_picture, lambda x, y, k: x, "still those of x"),
    (image_processing.consistent_picture, lambda x, y, k: spaced(y, k), "nothing is left of x"),
    (image_processing.consistent_picture, lambda x, y, k: x + spaced(y, k), "add only what is missing"),
    (image_processing.consistent_picture, lambda x, y, k: 2 * x - moved(x, y, k), "away from y"),
    (image_processing.consistent_picture, lambda x, y, k: x + (moved(x, y, k) - x) / k**2, "gets a 16th"),
    (image_processing.consistent_picture, lambda x, y, k: y, "yours (3, 1, 2, 2)"),
    (image_processing.consistent_picture, lambda x, y, k: (x + moved(x, y, k)) / 2, "still miss the means"),
    (image_processing.consistent_picture, lambda x, y, k: moved(x.flip(3), y, k), "a picture nearer to x"),
    (image_processing.costs, lambda x, p: image_processing.solve_costs(x, p)[::-1], "exchanged"),
    (image_processing.costs, lambda x, p: (variance(x, p), variance(x, p)), "misses twice"),
    (image_processing.costs, lambda x, p: ((p * x**2).sum(), 2 * (p * x**2).sum()), "around 0"),
    (image_processing.costs, lambda x, p: (variance(x, p), (p * (x - x[p.argmax()]) ** 2).sum()), "likeliest value"),
    (image_processing.costs, lambda x, p: (variance(x, p) ** 0.5, (2 * variance(x, p)) ** 0.5), "the roots"),
    (image_processing.costs, lambda x, p: 1.0, "two numbers"),
    (image_processing.costs, lambda x, p: (0.0, 0.0), "you say 0.000 and 0.000"),
    (break_it_lab.limits, lambda: (-1.006, 0.313), "for scores in (0, 1)"),
    (break_it_lab.limits, lambda: (-0.313, 0.313), "not the ceiling"),
    (break_it_lab.limits, lambda: (-0.6265, 0.693), "not the floor"),
    (break_it_lab.swapped, lambda D, x: D(x).mean() > 0, "other way round"),
    (break_it_lab.swapped, lambda D, x: True, "says True whether"),
]


@pytest.mark.parametrize("exercise, answer, word", WRONG, ids=[f"{i}-{w[2][:12]}" for i, w in enumerate(WRONG)])
def test_a_wrong_answer_is_rejected_and_its_mistake_named(exercise, answer, word):
    said = exercise.verdict(answer)
    assert said.startswith("Not yet") and word in said, said


@each
def test_every_exercise_has_wrong_answers(exercise):
    assert sum(other is exercise for other, _, _ in WRONG) >= 2
