"""Answers to the exercises of notebook 02."""

import math

import torch
import torch.nn.functional as F

from gan_tutorial.objectives import Minimax
from gan_tutorial.training import descend

bce = F.binary_cross_entropy_with_logits


# log_real


def log_real_by_pieces(t):
    return torch.where(t > 0, -torch.log1p(torch.exp(-t.abs())), t - torch.log1p(torch.exp(-t.abs())))


def log_real_one_by_one(t):
    return torch.stack([-F.softplus(-score) for score in t])


def log_real_in_place(t):
    t *= -1
    return -F.softplus(t)


# turn_of_G


def turn(*, fakes=lambda G, z: G(z), score=lambda D, x: D(x), zero="first", step=True, more=None):
    def turn_of_G(G, D, opt_G, cost, z):
        t = score(D, fakes(G, z))
        loss = cost(t).mean()
        if zero == "first":
            opt_G.zero_grad()
        loss.backward()
        if zero == "after":
            opt_G.zero_grad()
        if step:
            opt_G.step()
        if more:
            more(G, D)

    return turn_of_G


def turn_by_grad(G, D, opt_G, cost, z):
    weights = list(G.parameters())
    for w, slope in zip(weights, torch.autograd.grad(cost(D(G(z))).mean(), weights), strict=True):
        w.grad = slope
    opt_G.step()


def turn_in_a_loop(G, D, opt_G, cost, z):
    opt_G.zero_grad(set_to_none=False)
    total = 0
    for one in z:
        total = total + cost(D(G(one[None])))[0]
    (total / len(z)).backward()
    opt_G.step()
    D.zero_grad()


def turn_accumulated(G, D, opt_G, cost, z):
    G.zero_grad()
    for one in z:
        (cost(D(G(one[None]))).sum() / len(z)).backward()
    opt_G.step()
    return "done"


def turn_frozen_weight_by_weight(G, D, opt_G, cost, z):
    for w in D.parameters():
        w.requires_grad = False
    descend(opt_G, cost(D(G(z))).mean())
    for w in D.parameters():
        w.requires_grad = True


def turn_with_eval_for_ever(G, D, opt_G, cost, z):
    D.eval()
    descend(opt_G, cost(D(G(z))).mean())
    D.train()


def turn_of_both(G, D, opt_G, cost, z):
    opt_D = torch.optim.SGD(D.parameters(), 0.1)
    opt_G.zero_grad()
    cost(D(G(z))).mean().backward()
    opt_G.step()
    opt_D.step()


def turn_with_another_optimiser(G, D, opt_G, cost, z):
    descend(torch.optim.SGD(G.parameters(), 0.1), cost(D(G(z))).mean())


def turn_by_hand(G, D, opt_G, cost, z):
    cost(D(G(z))).mean().backward()
    with torch.no_grad():
        for w in G.parameters():
            w -= 0.1 * w.grad
            w.grad = None


def turn_without_graph(G, D, opt_G, cost, z):
    with torch.no_grad():
        loss = cost(D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()


def turn_frozen_G(G, D, opt_G, cost, z):
    descend(opt_G, cost(D(G(z))).mean())
    G.requires_grad_(False)


def turn_with_item(G, D, opt_G, cost, z):
    opt_G.zero_grad()
    torch.tensor(cost(D(G(z))).mean().item(), requires_grad=True).backward()
    opt_G.step()


def turn_that_seeds(G, D, opt_G, cost, z):
    torch.manual_seed(3)
    descend(opt_G, cost(D(G(z))).mean())


def turn_returns(G, D, opt_G, cost, z):
    return cost(D(G(z))).mean()


# smoothed


def smoothed_one_by_one(a, b, label):
    real = sum(label * F.softplus(-t) + (1 - label) * F.softplus(t) for t in a) / len(a)
    return real + sum(F.softplus(t) for t in b) / len(b)


# round_at_once


def at_once(G, D, opt_G, opt_D, x, z):
    fake = G(z)
    loss_D = -Minimax().value(D(x), D(fake.detach()))
    loss_G = Minimax().cost(D(fake)).mean()
    slopes_G = torch.autograd.grad(loss_G, list(G.parameters()))
    opt_D.zero_grad()
    loss_D.backward()
    for w, slope in zip(G.parameters(), slopes_G, strict=True):
        w.grad = slope
    opt_D.step()
    opt_G.step()


class Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, slope):
        return -slope


def by_reversal(G, D, opt_G, opt_D, x, z):
    opt_G.zero_grad()
    opt_D.zero_grad()
    fake = Turned.apply(G(z))
    (bce(D(x), torch.ones(len(x))) + bce(D(fake), torch.zeros(len(z)))).backward()
    opt_G.step()
    opt_D.step()


def by_reversal_with_a_hook(G, D, opt_G, opt_D, x, z):
    G.zero_grad()
    D.zero_grad()
    fake = G(z)
    fake.register_hook(lambda slope: -slope)
    (F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()).backward()
    opt_D.step()
    opt_G.step()


def negated_in_place(G, D, opt_G, opt_D, x, z):
    opt_D.zero_grad(set_to_none=False)
    opt_G.zero_grad(set_to_none=False)
    (-Minimax().value(D(x), D(G(z)))).backward()
    for w in G.parameters():
        w.grad.mul_(-1)
    opt_G.step()
    opt_D.step()


def summed_losses(G, D, opt_G, opt_D, x, z):
    t_real, t_fake = D(x), D(G(z))
    opt_G.zero_grad()
    opt_D.zero_grad()
    (-Minimax().value(t_real, t_fake) + Minimax().cost(t_fake).mean()).backward()
    opt_G.step()
    opt_D.step()


def moves(change):
    """-V.backward(), then a change of the gradients, then both steps."""

    def move(G, D, opt_G, opt_D, x, z):
        opt_G.zero_grad()
        opt_D.zero_grad()
        (-Minimax().value(D(x), D(G(z)))).backward()
        change(G, D)
        opt_G.step()
        opt_D.step()

    return move


def turned(network, factor=-1.0, only=slice(None)):
    for w in list(network.parameters())[only]:
        w.grad = factor * w.grad


def forgets_D(G, D, opt_G, opt_D, x, z):
    opt_G.zero_grad()
    Minimax().value(D(x), D(G(z))).backward()
    opt_G.step()


def scores_twice(G, D, opt_G, opt_D, x, z):
    t_fake = D(G(z))
    opt_D.zero_grad()
    (-Minimax().value(D(x), t_fake)).backward(retain_graph=True)
    opt_D.step()
    opt_G.zero_grad()
    Minimax().cost(t_fake).mean().backward()
    opt_G.step()


def detached(G, D, opt_G, opt_D, x, z):
    opt_G.zero_grad()
    opt_D.zero_grad()
    (-Minimax().value(D(x), D(G(z).detach()))).backward()
    opt_G.step()
    opt_D.step()


def leaves_eval(G, D, opt_G, opt_D, x, z):
    at_once(G, D, opt_G, opt_D, x, z)
    D.eval()


def leaves_maximize(G, D, opt_G, opt_D, x, z):
    opt_G.zero_grad()
    opt_D.zero_grad()
    opt_D.param_groups[0]["maximize"] = True
    Minimax().value(D(x), D(G(z))).backward()
    opt_D.step()
    opt_G.step()


RIGHT = {
    "log_real": [
        log_real_by_pieces,
        log_real_one_by_one,
        lambda t: -bce(t, torch.ones_like(t), reduction="none"),
        lambda t: -torch.logaddexp(torch.zeros_like(t), -t),
        lambda t: t - F.softplus(t),
        lambda t: F.logsigmoid(t.double()),
        lambda t: torch.log_softmax(torch.stack([t, torch.zeros_like(t)]), 0)[0],
    ],
    "turn_of_G": [
        turn_by_grad,
        turn_in_a_loop,
        turn_accumulated,
        turn_frozen_weight_by_weight,
        lambda G, D, opt_G, cost, z: descend(opt_G, cost(D(G(z))).mean()),
        turn(more=lambda G, D: D.zero_grad()),
    ],
    "smoothed": [
        smoothed_one_by_one,
        lambda a, b, label: (
            -label * F.logsigmoid(a).mean() - (1 - label) * F.logsigmoid(-a).mean() - F.logsigmoid(-b).mean()
        ),
        lambda a, b, label: (F.softplus(a) - label * a).mean() + F.softplus(b).mean(),
        lambda a, b, label: bce(a, label * torch.ones(len(a))) + bce(b, 0 * b),
        lambda a, b, label: (
            -Minimax().reward_real(a.double()).mean() + (1 - label) * a.double().mean() + F.softplus(b).mean()
        ),
        lambda a, b, label: (
            (label * F.softplus(-a) + (1 - label) * F.softplus(a)).sum() / len(a) + F.softplus(b).sum() / len(b)
        ),
    ],
    "round_at_once": [at_once, by_reversal, by_reversal_with_a_hook, negated_in_place],
}


def without_gradients(t):
    value = F.logsigmoid(t)
    t.requires_grad_(False)
    return value


def zeroed(*given):
    for t in given[:2]:
        t.data.zero_()
    return F.softplus(-given[0]).mean() + F.softplus(given[1]).mean()


WRONG = {
    "log_real": [
        (without_gradients, "it switches requires_grad of its input t off"),
        (lambda t: F.logsigmoid(t.data.mul_(0) + t), "it overwrites its input t"),
        (lambda t: F.logsigmoid(t) / math.log(2), "base 2"),
        (lambda t: F.logsigmoid(t).mean(), "I expected the shape"),
        (lambda t: F.logsigmoid(t).sum(), "I expected the shape"),
        (lambda t: F.logsigmoid(t).detach(), "no gradient leads back"),
        (lambda t: F.logsigmoid(t).tolist(), "no gradient leads back"),
        (lambda t: t.numpy(), "your function stops"),
        (lambda t: torch.tensor([math.log(1 / (1 + math.exp(-s))) for s in t.tolist()]), "no gradient leads back"),
        (lambda t: t.sigmoid().log().clamp(min=-100), "NaN"),
        (lambda t: t.sigmoid().log().nan_to_num(neginf=-1000), "NaN"),
        (lambda t: -torch.log1p((-t).exp()), "too large a number"),
        (lambda t: F.logsigmoid(t.clamp(-100, 100)), "the slope is 0"),
        (lambda t: t.sigmoid().clamp(min=1e-12).log(), "the slope is 0"),
        (lambda t: (t.sigmoid() + 1e-7).log(), "the slope is 0"),
        (lambda t: -F.binary_cross_entropy(t.sigmoid(), torch.ones_like(t), reduction="none"), "the slope is 0"),
        (lambda t: F.logsigmoid(t[:4]), "I expected the shape"),
        (lambda t: -F.softplus(-t, beta=2), "comes out as"),
        (lambda t: -F.relu(-t), "rounded corner"),
        (lambda t: F.logsigmoid(t).exp(), "this is the probability"),
        (lambda t: -F.softplus(-t) + F.softplus(t), "this is the score itself"),
        (lambda t: t.tanh().log(), "NaN"),
        (lambda t: torch.full_like(t, -math.log(2), requires_grad=True), "no gradient leads back"),
        (log_real_in_place, "your function stops"),
    ],
    "turn_of_G": [
        (turn(fakes=lambda G, z: G(z).detach()), "no weight has moved"),
        (turn(step=False), "no weight has moved"),
        (turn(zero="after"), "no weight has moved"),
        (turn(zero=None), "old gradients"),
        (turn(score=lambda D, x: D(x.detach().requires_grad_())), "no weight has moved"),
        (turn(score=lambda D, x: -D(x)), "wrong sign"),
        (turn(more=lambda G, D: D.eval()), "D is left in eval mode"),
        (turn(more=lambda G, D: [w.requires_grad_(False) for w in D.parameters()]), "never learn again"),
        (turn_with_eval_for_ever, "D is left in training mode"),
        (turn_of_both, "D's weights have changed"),
        (turn_with_another_optimiser, "opt_G takes no step"),
        (turn_by_hand, "opt_G takes no step"),
        (turn_without_graph, "your function stops"),
        (turn_frozen_G, "ask for no gradient"),
        (turn_with_item, "no weight has moved"),
        (turn_that_seeds, "the value is right, but it seeds"),
        (turn_returns, "no weight has moved"),
        (turn(fakes=lambda G, z: G(z.abs())), "comes out as"),
        (turn(score=lambda D, x: D(x)[:3]), "comes out as"),
    ],
    "smoothed": [
        (zeroed, "it overwrites its input t_real"),
        (lambda a, b, label: bce(a, torch.full_like(a, 0.9)) + bce(b, torch.zeros_like(b)), "whatever label is"),
        (lambda a, b, label: bce(a, torch.full((4,), label)) + bce(b, torch.zeros(4)), "your function stops"),
        (lambda a, b, label: (bce(a, torch.full_like(a, label)) + bce(b, torch.zeros_like(b))).detach(), "no gradient"),
        (lambda a, b, label: (bce(a, torch.full_like(a, label)) + bce(b, torch.zeros_like(b))).item(), "no gradient"),
        (lambda a, b, label: bce(a, torch.full_like(a, 1.1)) + bce(b, torch.zeros_like(b)), "whatever label is"),
        (lambda a, b, label: bce(a, torch.full_like(a, label + 0.2)) + bce(b, torch.zeros_like(b)), "a larger label"),
        (
            lambda a, b, label: bce(a.sigmoid(), torch.full_like(a, label)) + bce(b.sigmoid(), torch.zeros_like(b)),
            "sigmoid is taken twice",
        ),
        (lambda a, b, label: bce(b, torch.full_like(b, label)) + bce(a, torch.zeros_like(a)), "exchanged"),
        (lambda a, b, label: bce(a, torch.full_like(a, label)) - bce(b, torch.zeros_like(b)), "taken off"),
        (lambda a, b, label: bce(a, torch.full_like(a, label), reduction="none"), "I expected the shape"),
        (lambda a, b, label: 2 * (bce(a, torch.full_like(a, label)) + bce(b, torch.zeros_like(b))), "2 times"),
        (lambda a, b, label: (bce(a, torch.full_like(a, label)) + bce(b, torch.zeros_like(b))) / math.log(2), "base 2"),
        (lambda a, b, label: F.softplus(-a).mean() - label + F.softplus(b).mean(), "comes out as"),
        (lambda a, b, label: bce(a, torch.full_like(a, label)), "the fakes are missing"),
        (lambda a, b, label: bce(b, torch.zeros_like(b)) + 0 * a.sum(), "whatever label is"),
        (
            lambda a, b, label: bce(a, torch.ones_like(a)) + bce(b, torch.ones_like(b) * (1 - label)),
            "fakes are smoothed",
        ),
        (
            lambda a, b, label: bce(a, torch.full_like(a, label)) + bce(b, torch.full_like(b, 0.1)),
            "Only one side is smoothed",
        ),
    ],
    "round_at_once": [
        (summed_losses, "G's weights have not moved"),
        (detached, "G's weights have not moved"),
        (forgets_D, "D's weights have not moved"),
        (scores_twice, "your function stops"),
        (moves(lambda G, D: None), "both players climb V"),
        (moves(lambda G, D: (turned(G), turned(D))), "both players descend V"),
        (moves(lambda G, D: turned(D)), "the players are exchanged"),
        (moves(lambda G, D: turned(G, -2.0)), "comes out as"),
        (moves(lambda G, D: turned(G, only=slice(2))), "comes out as"),
        (moves(lambda G, D: turned(G, -0.5)), "comes out as"),
        (moves(lambda G, D: (turned(G), turned(D, 0.5))), "half of V"),
        (leaves_eval, "D is left in eval mode"),
        (lambda G, D, opt_G, opt_D, x, z: Minimax().value(D(x), D(G(z))), "no weight has moved"),
        (leaves_maximize, "maximize of opt_D is left changed"),
    ],
}
