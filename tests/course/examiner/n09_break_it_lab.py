"""Answers to the exercises of notebook 09."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F

# 09.1


def swapped_with_probability(Ds, x):
    return [bool(torch.sigmoid(D(x)).mean() < 0.5) for D in Ds]


def swapped_in_eval(Ds, x):
    said = []
    for D in Ds:
        D.eval()
        with torch.no_grad():
            said.append(float(D(x).sum()) < 0)
    return said


def trains_them(Ds, x):
    return [bool(D.train()(x).mean() < 0) for D in Ds]


def backward_on_them(Ds, x):
    for D in Ds:
        D(x).sum().backward()
    return [bool(D(x).mean() < 0) for D in Ds]


def freezes_them(Ds, x):
    for D in Ds:
        for p in D.parameters():
            p.requires_grad_(False)
    return swapped_with_probability(Ds, x)


def filled_in(is_swapped):
    """The frame of the notebook with an answer in the place of its dots."""
    return lambda Ds, x: [is_swapped(D(x)) for D in Ds]


def centres_x(Ds, x):
    x.sub_(x.mean(0))
    return swapped_with_probability(Ds, x)


# 09.2


def turn(penalty, value=lambda D, x, fake: D(x).mean() - D(fake).mean(), before=None, after=None, graph=True):
    """A turn written in another style, with something else in one place."""

    def turn_of_critic(D, opt_D, x, fake, u):
        if before:
            before(D, opt_D)
        places = torch.lerp(fake, x, u).requires_grad_(True)
        out = D(places)
        grads = torch.autograd.grad(out, places, torch.ones_like(out), create_graph=graph, retain_graph=True)[0]
        opt_D.zero_grad(set_to_none=True)
        loss = penalty(grads) - value(D, x, fake)
        loss.backward()
        opt_D.step()
        if after:
            after(D, opt_D)

    return turn_of_critic


def usual(grads):
    return torch.mean((torch.linalg.vector_norm(grads, dim=1) - 1.0) ** 2)


def two_backwards(D, opt_D, x, fake, u):
    opt_D.zero_grad()
    (D(fake).mean() - D(x).mean()).backward()
    places = (u * x + (1 - u) * fake).requires_grad_()
    slope = torch.autograd.grad(D(places).sum(), places, create_graph=True)[0]
    ((slope.norm(2, dim=1) - 1) ** 2).mean().backward()
    opt_D.step()


def by_vmap(D, opt_D, x, fake, u):
    slope = torch.func.vmap(torch.func.grad(lambda point: D(point[None])[0]))(fake + u * (x - fake))
    penalty = ((slope**2).sum(1).sqrt() - 1).pow(2).mean()
    opt_D.zero_grad()
    (penalty + D(fake).mean() - D(x).mean()).backward()
    opt_D.step()


def in_one_batch(D, opt_D, x, fake, u):
    opt_D.zero_grad()
    places = (fake + u * (x - fake)).requires_grad_()
    scores = D(torch.cat([x, fake]))
    signs = torch.cat([torch.full((len(x),), -1 / len(x)), torch.full((len(fake),), 1 / len(fake))]).to(scores)
    [slope] = torch.autograd.grad(D(places).sum(), [places], create_graph=True)
    (scores @ signs + F.mse_loss(slope.norm(dim=1), torch.ones_like(u[:, 0]))).backward()
    opt_D.step()


def by_hand(D, opt_D, x, fake, u):
    """A step of one's own in place of the optimiser's."""
    places = (fake + u * (x - fake)).requires_grad_()
    (slope,) = torch.autograd.grad(D(places).sum(), places, create_graph=True)
    cost = usual(slope) - D(x).mean() + D(fake).mean()
    gradients = torch.autograd.grad(cost, list(D.parameters()))
    with torch.no_grad():
        for weight, gradient in zip(D.parameters(), gradients, strict=True):
            weight -= 0.5 * gradient


def without_item(D, opt_D, x, fake, u):
    places = (fake + u * (x - fake)).requires_grad_()
    (slope,) = torch.autograd.grad(D(places).sum(), places, create_graph=True)
    opt_D.zero_grad()
    (usual(slope).item() - D(x).mean() + D(fake).mean()).backward()
    opt_D.step()


def damages_fake(D, opt_D, x, fake, u):
    fake -= u * (fake - x)
    return turn(usual)(D, opt_D, x, fake, u)


def on_a_copy(D, opt_D, x, fake, u):
    twin = copy.deepcopy(D)
    turn(usual)(twin, torch.optim.SGD(twin.parameters(), 0.5), x, fake, u)


def by_functional_call(D, opt_D, x, fake, u):
    p = dict(D.named_parameters())
    b = (fake + u * (x - fake)).detach()
    g = torch.func.vmap(torch.func.grad(lambda xi: torch.func.functional_call(D, p, (xi[None],)).sum()))(b)
    opt_D.zero_grad()
    (usual(g) - D(x).mean() + D(fake.detach()).mean()).backward()
    opt_D.step()


def by_differences(D, opt_D, x, fake, u):
    with torch.no_grad():
        b = fake + u * (x - fake)
        d = x - fake
        e = d / d.norm(dim=1, keepdim=True).clamp(min=1e-09)
    s = (D(b + 0.001 * e) - D(b - 0.001 * e)) / 0.002
    opt_D.zero_grad()
    ((s - 1).square().mean() - D(x).mean() + D(fake.detach()).mean()).backward()
    opt_D.step()


# 09.3


def log_sigmoid(t):
    return -math.log1p(math.exp(-t))


def limits_in_float32(low, high):
    s = torch.sigmoid(torch.tensor([float(high), float(low)]))
    return ((s[0].log() + (1 - s[1]).log()).item(), -s[0].log().item())


# 09.4


def leak_by_backward(network, x):
    y = x.clone().requires_grad_()
    network(y)[0].backward(inputs=[y])
    return y.grad[1:].abs().max().item()


def leak_by_differences(network, x):
    largest = 0.0
    with torch.no_grad():
        for i in range(x[0].numel(), x.numel()):
            there, back = x.clone(), x.clone()
            there.view(-1)[i] += 1e-5
            back.view(-1)[i] -= 1e-5
            largest = max(largest, abs(float(network(there)[0] - network(back)[0])) / 2e-5)
    return largest


def leak_by_func(network, x):
    slopes = torch.func.jacrev(network)(x)[0]
    return np.abs(slopes.detach().numpy()[1:]).max()


def leak_masked(network, x):
    y = x.detach().requires_grad_(True)
    (g,) = torch.autograd.grad(network(y).select(0, 0), y)
    g[0] = 0
    return g.abs().amax()


def slopes(network, x, k=0):
    y = x.clone().requires_grad_()
    return torch.autograd.grad(network(y)[k], y)[0]


def leak_on_x(network, x):
    x.requires_grad_()
    (slope,) = torch.autograd.grad(network(x)[0], x)
    return slope[1:].abs().max()


def leak_on_D(network, x):
    y = x.clone().requires_grad_()
    network(y)[0].backward()
    return y.grad[1:].abs().max()


def leak_in_eval(network, x):
    network.eval()
    return slopes(network, x)[1:].abs().max()


def leak_zeroes(network, x):
    found = slopes(network, x)[1:].abs().max()
    x[0] = 0
    return found


def leak_of_the_others(network, x):
    state = copy.deepcopy(network.state_dict())
    J = torch.func.jacrev(lambda r: network(torch.cat([x[:1], r]))[0])(x[1:].clone())
    network.load_state_dict(state)
    return float(J.abs().amax())


def leak_joined(network, x):
    r = x[1:].detach().clone().requires_grad_()
    with torch.enable_grad():
        (g,) = torch.autograd.grad(network(torch.cat([x[:1].detach(), r]))[0], r, allow_unused=True)
    return 0.0 if g is None else np.abs(g.numpy()).max()


def leak_of_copy(network, x):
    n = copy.deepcopy(network)
    v = x.detach().clone().requires_grad_()
    n(v)[0].backward()
    return v.grad[1:].abs().max()


def leak_seeded(network, x):
    torch.manual_seed(0)
    return leak_by_backward(network, x)


RIGHT = {
    "swapped": [
        swapped_with_probability,
        swapped_in_eval,
        lambda Ds, x: torch.stack([D(x).median() < 0 for D in Ds]),
        lambda Ds, x: np.array([np.mean(D(x).detach().numpy()) < 0 for D in Ds]),
        lambda Ds, x: [int((D(x) > 0).sum() < len(x) / 2) for D in Ds],
        filled_in(lambda scores: scores.mean() < 0),
        lambda Ds, x: [
            bool(
                F.binary_cross_entropy_with_logits(D(x), torch.ones(len(x)))
                > F.binary_cross_entropy_with_logits(D(x), torch.zeros(len(x)))
            )
            for D in Ds
        ],
    ],
    "turn_of_critic": [
        turn(usual),
        two_backwards,
        by_vmap,
        in_one_batch,
        by_functional_call,
    ],
    "limits": [
        lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(high)),
        lambda low, high: np.array([-np.logaddexp(0, -high) - np.logaddexp(0, low), np.logaddexp(0, -high)]),
        lambda low, high: [
            -F.softplus(torch.tensor(-high)) - F.softplus(torch.tensor(low)),
            F.binary_cross_entropy_with_logits(torch.tensor(high), torch.tensor(1.0)),
        ],
        lambda low, high: torch.stack(
            [torch.tensor([high, -low]).sigmoid().log().sum(), -torch.tensor(high).sigmoid().log()]
        ),
        limits_in_float32,
    ],
    "leak": [
        leak_by_backward,
        leak_by_differences,
        leak_by_func,
        leak_masked,
        leak_of_the_others,
        leak_joined,
        leak_of_copy,
    ],
}
WRONG = {
    "swapped": [
        (lambda Ds, x: [bool(D(x).mean() > 0) for D in Ds], "it is the other way round"),
        (lambda Ds, x: [bool(D(x).mean() < 0.5) for D in Ds], "a score is compared with 0"),
        (lambda Ds, x: [bool(D(x).mean() < -4) for D in Ds], "a D that is not sure yet"),
        (lambda Ds, x: [bool(D(x).mean() < 4) for D in Ds], "your limit is a high score"),
        (lambda Ds, x: [int((D(x) < 1).sum() > len(x) / 2) for D in Ds], "your limit is a high score"),
        (lambda Ds, x: [int((D(x) < 0.5).sum() > len(x) / 2) for D in Ds], "where a probability is undecided"),
        (lambda Ds, x: [int((D(x) < -1).sum() > len(x) / 2) for D in Ds], "few of them reach a limit as low as yours"),
        (lambda Ds, x: [bool(D(x).mean() < -4) for D in Ds], "may not reach a limit as low as yours"),
        (lambda Ds, x: [bool((D(x) < 0).any()) for D in Ds], "one low score is enough for you"),
        (lambda Ds, x: [bool((D(x) < 0).all()) for D in Ds], "you want every score below 0"),
        (lambda Ds, x: [bool(D(x)[0] < 0) for D in Ds], "this asks about the first point only"),
        (lambda Ds, x: bool(Ds[0](x).mean() < 0), "I expected the shape (2,), you gave"),
        (lambda Ds, x: [True] * len(Ds), "your test says True of every D,"),
        (lambda Ds, x: [False] * len(Ds), "your test says False of every D,"),
        (lambda Ds, x: [k == 1 for k in range(len(Ds))], "your answer stays the same, whatever x is"),
        (lambda Ds, x: [D(x).mean() for D in Ds], "these are the mean scores"),
        (lambda Ds, x: [D(x) < 0 for D in Ds], "I expected the shape (2,), you gave"),
        (filled_in(lambda scores: scores.mean() < 0.5), "a score is compared with 0.5"),
        (filled_in(lambda scores: (scores < 0).float().mean()), "shares of points"),
        (filled_in(lambda scores: scores.sigmoid().mean() < 0), "False of every D"),
        (
            lambda Ds, x: ["swapped" if D(x).mean() < 0 else "fine" for D in Ds],
            "your function returns something (str) that cannot",
        ),
        (
            lambda Ds, x: [bool(D(x).mean() < torch.stack([E(x).mean() for E in Ds]).mean()) for D in Ds],
            "each D is compared with the other ones.",
        ),
        (trains_them, "the value is right, but it leaves"),
        (backward_on_them, "the value is right, but it leaves"),
        (lambda Ds, x: Ds(x).mean() < 0, "TypeError"),
        (lambda D, x, fake: D(x).mean() < D(fake).mean(), "your function takes (D, x, fake); it"),
        (lambda Ds, x: [bool(D(x).abs().mean() < 0.5) for D in Ds], "you say"),
        (lambda Ds, x: [bool(D(x[0]).mean() < 0) for D in Ds], "IndexError"),
        (
            lambda Ds, x: [bool(D(torch.zeros(1, 2)).mean() > D(x).mean()) for D in Ds],
            "real points are compared with the point 0",
        ),
        (freezes_them, "the value is right, but it"),
        (
            lambda Ds, x: [bool(D(x.mean(0, keepdim=True)).sum() < 0) for D in Ds],
            "this asks about the mean of the points,",
        ),
        (centres_x, "the value is right, but it overwrites its"),
        (lambda Ds, x: [bool(D(x).mean() < -D(x).std()) for D in Ds], "the limit lies one standard deviation below"),
    ],
    "turn_of_critic": [
        (without_item, "D's weights move as if there were"),
        (turn(lambda g: (g.norm(2) - 1) ** 2), "the penalty asks for slope 1 of"),
        (turn(lambda g: 10 * usual(g)), "the penalty has the weight 1 here,"),
        (turn(lambda g: -usual(g)), "the penalty is taken off what the"),
        (turn(lambda g: ((g**2).sum(dim=1) - 1).pow(2).mean()), "the square of each slope is compared"),
        (turn(lambda g: (g - 1).square().sum(1).mean()), "each coordinate of the gradient is compared"),
        (turn(lambda g: torch.relu(g.norm(dim=1) - 1).pow(2).mean()), "only slopes above 1 are charged"),
        (turn(lambda g: g.square().sum(1).mean()), "this penalty asks for slope 0"),
        (turn(lambda g: usual(g) / 2), "the penalty has the weight 1 here,"),
        (turn(usual, lambda D, x, fake: D(fake).mean() - D(x).mean()), "the critic descends V here"),
        (turn(usual, lambda D, x, fake: D(x).mean()), "the fakes are missing in V"),
        (
            turn(usual, lambda D, x, fake: D(x).sigmoid().log().mean() + (1 - D(fake).sigmoid()).log().mean()),
            "this V is the cross-entropy's",
        ),
        (turn(usual, lambda D, x, fake: D(x).sigmoid().mean() - D(fake).sigmoid().mean()), "a critic has no sigmoid"),
        (
            turn(usual, lambda D, x, fake: (D(x).mean() - D(fake).mean()).abs()),
            "the critic climbs the size of V. Where V is",
        ),
        (turn(usual, after=lambda D, opt: D.requires_grad_(False)), "D's weights want no gradients any more"),
        (turn(usual, after=lambda D, opt: D.eval()), "D is left in eval mode"),
        (turn(usual, after=lambda D, opt: opt.step()), "the critic takes two steps in one"),
        (turn(usual, before=lambda D, opt: torch.manual_seed(3)), "the value is right, but it seeds"),
        (by_hand, "your answer stays the same, whatever opt_D"),
        (damages_fake, "it overwrites its input fake"),
        (on_a_copy, "D's weights have not moved"),
        (lambda D, opt_D, x, fake, u: turn(usual)(D, opt_D, x, fake, 0.5 * torch.ones_like(u)), "u plays no part"),
        (lambda D, opt_D, x, fake, u: turn(usual)(D, opt_D, x, fake, 1 - u), "u counts from the fake to the"),
        (lambda D, opt_D, x, fake, u: turn(usual)(D, opt_D, x, fake, u.T), "RuntimeError"),
        (
            lambda D, opt_D, x, fake, u: turn(usual)(D, opt_D, x, fake.flip(0), u),
            "the fakes are paired the other way round",
        ),
        (by_differences, "comes out as"),
    ],
    "limits": [
        (lambda low, high: (-1.006, 0.313), "your answer stays the same, whatever low"),
        (lambda low, high: (-0.6265, 0.3133), "your answer stays the same, whatever low"),
        (lambda low, high: (float("nan"), float("nan")), "there is a NaN in your answer"),
        (
            lambda low, high: (2 * math.log(1 / (1 + math.exp(-high))), math.log(1 + math.exp(-high))),
            "this ceiling takes −high for low",
        ),
        (
            lambda low, high: (log_sigmoid(1) + log_sigmoid(-low), -log_sigmoid(1)),
            "your answer stays the same, whatever high",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(0), -log_sigmoid(high)),
            "your answer stays the same, whatever low",
        ),
        (
            lambda low, high: (math.log(high) + math.log(1 - low), -math.log(high)),
            "this takes the scores for probabilities",
        ),
        (lambda low, high: log_sigmoid(high) + log_sigmoid(-low), "2 values are asked for"),
        (
            lambda low, high: (-log_sigmoid(high) - log_sigmoid(-low), -log_sigmoid(high)),
            "the size is right, but the sign",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), math.exp(log_sigmoid(high))),
            "V is right. For L you give σ, the",
        ),
        (
            lambda low, high: ((log_sigmoid(high) + log_sigmoid(-low)) / math.log(2), -log_sigmoid(high) / math.log(2)),
            "the logarithm has base 2 where the",
        ),
        (lambda low, high: (0.0, -log_sigmoid(high)), "your answer stays the same, whatever low"),
        (lambda: (-0.6265, 0.3133), "your function takes (); it is called"),
        (
            lambda low, high: (log_sigmoid(low) + log_sigmoid(-high), -log_sigmoid(low)),
            "low and high are exchanged: these are the",
        ),
        (
            lambda low, high: (math.log(max(high, 1e-09)) + math.log(max(1 - low, 1e-09)), -math.log(max(high, 1e-09))),
            ", you say ",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(low), -log_sigmoid(high)),
            "for a fake D earns log(1 − σ(t)),",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(low)),
            "this is the ceiling of L. Which score",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(-low)),
            "V is right. For L you give what D pays for",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), log_sigmoid(high)),
            "L is −log σ(t): never negative.",
        ),
        (lambda low, high: (min(log_sigmoid(high) + log_sigmoid(-low), 0), -log_sigmoid(max(high, 0))), "right where"),
        (
            lambda low, high: ((log_sigmoid(high) + log_sigmoid(-low)) / 2, -log_sigmoid(high)),
            "V is the sum of its two means,",
        ),
        (lambda low, high: (log_sigmoid(-high) + log_sigmoid(low), -log_sigmoid(high)), "this is the least V, of a D"),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), log_sigmoid(-high)),
            "this is the floor of log(1 − D),",
        ),
        (
            lambda low, high: (
                (log_sigmoid(high) + log_sigmoid(-low)) / math.log(10),
                -log_sigmoid(high) / math.log(10),
            ),
            "the logarithm has base 10 where the natural",
        ),
        (
            lambda low, high: (-log_sigmoid(high), log_sigmoid(high) + log_sigmoid(-low)),
            "the two answers are exchanged: first V, then",
        ),
        (
            lambda low, high: (
                log_sigmoid(math.tanh(high)) + log_sigmoid(-math.tanh(low)),
                -log_sigmoid(math.tanh(high)),
            ),
            "low and high are what D returns, its",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-high), -log_sigmoid(high)),
            "the fakes have the score high here, too.",
        ),
    ],
    "leak": [
        (lambda network, x: slopes(network, x).abs().max().item(), "the slope of score 0 in sample"),
        (lambda network, x: np.abs(slopes(network, x)[1].numpy()).max(), "only sample 1 is looked at"),
        (lambda network, x: slopes(network, x)[1:].max().abs(), "a negative slope is a leak as"),
        (lambda network, x: slopes(network, x)[1:].abs().mean().item(), "this is the mean slope"),
        (lambda network, x: slopes(network, x)[1:].square().sum().sqrt(), "this is the norm of all the"),
        (
            lambda network, x: slopes(network, x)[1:].abs().amax((1,) if x.ndim == 2 else (1, 2, 3)),
            "I expected the shape (), you gave",
        ),
        (lambda network, x: slopes(network, x, k=1)[0].abs().max(), "this is how score 1 depends on sample 0."),
        (
            lambda network, x: slopes(network, x, k=len(x) - 1)[:-1].abs().max(),
            "this is the slope of the last score. Asked",
        ),
        (
            lambda network, x: max(
                slopes(network, x, k)[j].abs().max() for k in range(len(x)) for j in range(len(x)) if j != k
            ),
            "every score is asked about all other",
        ),
        (lambda network, x: 0.0, "your answer stays the same, whatever network"),
        (lambda network, x: bool(slopes(network, x)[1:].any()), "this says whether there is a leak"),
        (
            lambda network, x: float((slopes(network, x)[1:] != 0).double().mean()),
            "this is the share of the slopes that are",
        ),
        (leak_on_x, "the value is right, but it switches"),
        (leak_on_D, "the value is right, but it leaves"),
        (leak_zeroes, "the value is right, but it overwrites"),
        (leak_in_eval, "this asks the network in eval mode"),
        (lambda network, x: slopes(network, x)[1:].abs().max() ** 2, "yours is the square of the right"),
        (lambda network, x: torch.autograd.grad(network(x)[0], x)[0][1:].abs().max(), "RuntimeError"),
        (lambda network, x: slopes(network, x)[1:, 0].abs().max(), "only the first feature of a sample is"),
        (
            lambda network, x: slopes(network, x)[1:].flatten(1).norm(dim=1).max(),
            "this is the largest norm of a sample's",
        ),
        (lambda network, x: slopes(network, x)[-1].abs().max(), "only the last sample is looked at."),
        (lambda network, x: (network(x)[0] - network(x[:1])[0]).abs(), "your function stops"),
        (
            lambda network, x: max(slopes(network, x, i)[0].abs().max() for i in range(1, len(x))),
            "this is how the other scores depend on",
        ),
        (
            lambda network, x: slopes(network, x)[1:].flatten(1)[:, 0].abs().max(),
            "only the first number of a sample is looked",
        ),
        (lambda network, x: slopes(network, x)[1:].sum(0).abs().max(), "the slopes are added up over the samples,"),
        (
            lambda network, x: slopes(network, x)[1:].abs().flatten(1).sum(1).max(),
            "the slopes in a sample are added up. Asked",
        ),
        (lambda network, x: leak_by_backward(network, x[:2]), "the network sees two samples only. A leak"),
        (lambda network, x: round(float(leak_by_backward(network, x)), 3), "right for some inputs, but"),
        (lambda network, x: -slopes(network, x)[1:].min(), "a positive slope is a leak as well:"),
        (lambda network, x: leak_by_backward(network, torch.randn_like(x)), "this asks about noise in place of x."),
        (leak_seeded, "the value is right, but it seeds PyTorch's"),
        (
            lambda network, x: slopes(network, x)[1:].abs().flatten(1).amax(1).mean(),
            "each sample's largest slope goes into a",
        ),
    ],
}
