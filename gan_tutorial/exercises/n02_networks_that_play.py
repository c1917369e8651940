"""The exercises of notebook 02."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import NonSaturating
from . import Exercise, filled, named


def solve_log_real(t: Tensor) -> Tensor:
    # log sigmoid(t) = -log(1 + exp(-t)): no number near 0 or 1 stands between the score and the logarithm
    return -F.softplus(-t)


def mistake_of_log_real(log_real) -> str:
    t = torch.tensor([-200.0, -20.0, 0.0, 20.0], requires_grad=True)
    value = filled(log_real(t))
    (slope,) = torch.autograd.grad(value.sum(), t)
    t = t.detach()
    if torch.allclose(value, F.logsigmoid(t), atol=1e-6) and torch.allclose(slope, (-t).sigmoid(), atol=1e-6):
        return ""
    if torch.allclose(value[1:3], -F.softplus(t)[1:3]):
        return "this is log(1 - D), what D earns for a fake."
    if torch.allclose(value[1:3], F.softplus(-t)[1:3]):
        return "this is -log D: the sign is turned."
    if not value.isfinite().all():
        return f"right near 0, but log D(x) is {value[0].item():g} for the score -200; it is -200."
    if slope[0] != 1:
        return f"for the score -200 the slope is {slope[0].item():g}, not 1: from this mistake D would learn nothing."
    return f"for the score 0 you say {value[2].item():.3f}; log 1/2 is {F.logsigmoid(t)[2].item():.3f}."


log_real = Exercise(
    mistake_of_log_real,
    solve_log_real,
    (
        "log D = log 1/(1 + exp(-t)) = -log(1 + exp(-t)).",
        "log(1 + exp(s)) is softplus(s), and F.softplus is safe for every s.",
    ),
)


def solve_smoothed(t_real: Tensor, t_fake: Tensor) -> Tensor:
    # a real sample counts as real for nine parts and as fake for one; a fake is a fake
    real = 0.9 * F.softplus(-t_real) + 0.1 * F.softplus(t_real)
    return real.mean() + F.softplus(t_fake).mean()


def mistake_of_smoothed(smoothed) -> str:
    t_real, t_fake = torch.tensor([0.5, 2.0, -1.0]), torch.tensor([-1.5, 0.3, 1.0])
    loss = filled(smoothed(t_real, t_fake))
    right = solve_smoothed(t_real, t_fake)
    real, fake, turned = F.softplus(-t_real).mean(), F.softplus(t_fake).mean(), F.softplus(-t_fake).mean()
    return named(
        loss,
        (right, ""),
        (-right, "the sign is turned: it is a loss, so D descends it."),
        (real + fake, "this is -V, without smoothing."),
        (real + 0.9 * fake + 0.1 * turned, "here the fakes are smoothed and the real samples are not."),
        (
            right + 0.1 * (turned - fake),
            "both sides are smoothed. Then D* = (0.9 p + 0.1 q) / (p + q): beside the data it is 0.1, not 0.",
        ),
        (0.9 * real + fake, "0.9 is a label, not a weight: the tenth part that is left says 'fake', 0.1 log(1 - D)."),
        other=f"for real scores {t_real.tolist()} and fake ones {t_fake.tolist()} it is {right:.4f}, not {loss:.4f}.",
    )


smoothed = Exercise(
    mistake_of_smoothed,
    solve_smoothed,
    (
        "Cross-entropy with a label y is -(y log D + (1 - y) log(1 - D)).",
        "Only the real samples get the label 0.9. The fakes keep the label 0.",
        "With scores: 0.9 softplus(-t) + 0.1 softplus(t) on the real ones, softplus(t) on the fakes, each a mean.",
    ),
)


def solve_turn_of_G(G, D, opt_G, cost, z) -> None:
    loss = cost(D(G(z))).mean()  # no detach: the gradient must pass through D into G
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()


def mistake_of_turn(turn_of_G) -> str:
    torch.manual_seed(0)
    G, D, cost, z = MLPGenerator(1, 2, (8,)), MLPDiscriminator(1, (8,)), NonSaturating().cost, torch.randn(16, 2)

    def after(turn):
        """G's and D's weights after two turns, which began with something left over in G's gradients."""
        mine, hers = copy.deepcopy(G), copy.deepcopy(D)
        optimizer = torch.optim.SGD(mine.parameters(), 0.1)
        for w in mine.parameters():
            w.grad = torch.ones_like(w)
        for _ in range(2):
            turn(mine, hers, optimizer, cost, z)
        return (torch.cat([w.detach().flatten() for w in network.parameters()]) for network in (mine, hers))

    def upwards(G, D, opt_G, cost, z):
        return solve_turn_of_G(G, D, opt_G, lambda t: -cost(t), z)

    before_G, before_D = (torch.cat([w.detach().flatten() for w in network.parameters()]) for network in (G, D))
    (new_G, new_D), (right, _), (wrong_way, _) = after(turn_of_G), after(solve_turn_of_G), after(upwards)
    if not torch.equal(new_D, before_D):
        return "D's weights have changed. In G's turn they rest."
    if torch.equal(new_G, before_G):
        return "G's weights have not moved. Is there a step?"
    if torch.allclose(new_G, right, atol=1e-6):
        return ""
    if torch.allclose(new_G, wrong_way, atol=1e-6):
        return "G climbs its cost. It should descend it."
    return "G moves, but not down its cost alone: are its old gradients set to zero before backward?"


turn_of_G = Exercise(
    mistake_of_turn,
    solve_turn_of_G,
    (
        "Four lines, as in D's turn: a loss, zero_grad, backward, step.",
        "The loss is the mean of cost(t) over the scores t = D(G(z)). With detach no gradient would reach G.",
    ),
)
