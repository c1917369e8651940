"""Answers to the exercises of notebook 05."""

import math

import numpy as np
import torch
from torch import nn

# 05.1


def count_in_numpy(x, modes, std):
    d = np.linalg.norm(x.numpy()[:, None] - modes.numpy()[None], axis=2)
    good = d.min(1) <= 3 * std
    return np.array([np.unique(d.argmin(1)[good]).size, good.mean()])


def count_by_squares(x, modes, std):
    d = (x[:, None] - modes).square().sum(-1)
    good = d.amin(1) < (3 * std) ** 2
    return d.argmin(1)[good].bincount(minlength=len(modes)).count_nonzero(), good.float().mean()


def count_in_float32(x, modes, std):
    d = torch.cdist(x.float(), modes.float())
    mine = torch.nn.functional.one_hot(d.argmin(1), len(modes)).bool() & (d < 3 * std)
    return [mine.any(0).sum(), mine.any(1).sum() / len(x)]


def count_by_sets(x, modes, std):
    pairs = [min((math.dist(a, m), k) for k, m in enumerate(modes.tolist())) for a in x.tolist()]
    good = [k for distance, k in pairs if distance < 3 * std]
    return len(set(good)), len(good) / len(pairs)


def count(good=lambda d, std: d < 3 * std, share=lambda g, k: g.double().mean()):
    def answer(x, modes, std):
        d, k = torch.cdist(x, modes).min(1)
        g = good(d, std)
        return len(k[g].unique()), share(g, k)

    return answer


def count_moves(x, modes, std):
    x -= modes[0]
    modes -= modes[0].clone()
    return count()(x, modes, std)


# 05.2


def turn(
    penalty=lambda s, weight: weight * ((s - 1) ** 2).mean(),
    loss=lambda real, fake, fine: fake.mean() - real.mean() + fine,
    points=lambda real, fake, u: fake + u * (real - fake),
    keep=True,
):
    def answer(D, opt_D, real, fake, u, weight):
        x = points(real, fake, u).clone().requires_grad_(True)
        s = torch.autograd.grad(D(x), x, torch.ones(len(x)).double(), create_graph=keep)[0]
        fine = penalty(s.reshape(len(s), -1).square().sum(1).sqrt(), weight)
        opt_D.zero_grad()
        loss(D(real), D(fake), fine).backward()
        opt_D.step()

    return answer


def turn_by_inputs(D, opt_D, real, fake, u, weight):
    x = (u * real + (1 - u) * fake).requires_grad_()
    slopes = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0]
    fine = sum((s.norm() - 1) ** 2 for s in slopes) / len(slopes)
    for p in D.parameters():
        p.grad = None
    V = D(real).mean() - D(fake).mean() - weight * fine
    V.neg().backward(inputs=list(D.parameters()))
    opt_D.step()


def turn_without_optimizer(D, opt_D, real, fake, u, weight):
    weights = list(D.parameters())
    x = torch.lerp(fake, real, u).requires_grad_()
    (slopes,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    cost = (D(fake) - D(real)).mean() + weight * (torch.linalg.vector_norm(slopes.flatten(1), dim=1) - 1).pow(2).mean()
    for p, g in zip(weights, torch.autograd.grad(cost, weights, allow_unused=True), strict=True):
        p.grad = torch.zeros_like(p) if g is None else g
    opt_D.step()


def turn_in_parts(D, opt_D, real, fake, u, weight):
    opt_D.zero_grad()
    (-D(real).mean()).backward()
    D(fake).mean().backward()
    x = (u * real + (1 - u) * fake).requires_grad_()
    slopes = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0].flatten(1)
    (weight * ((slopes**2).sum(1) ** 0.5 - 1).square().mean()).backward()
    opt_D.step()


def turn_by_vmap(D, opt_D, real, fake, u, weight):
    weights = dict(D.named_parameters())
    slope = torch.func.grad(lambda one: torch.func.functional_call(D, weights, (one[None],)).sum())
    slopes = torch.func.vmap(slope)(u * real + (1 - u) * fake).flatten(1)
    opt_D.zero_grad()
    D(fake).mean().backward()
    (weight * (torch.linalg.vector_norm(slopes, dim=1) - 1).square().mean() - D(real).mean()).backward()
    opt_D.step()


def no_create(D, opt_D, real, fake, u, weight):
    x = (u * real + (1 - u) * fake).requires_grad_()
    D(x).sum().backward()
    fine = weight * (x.grad.flatten(1).norm(dim=1) - 1).square().mean()
    opt_D.zero_grad()
    (D(fake).mean() - D(real).mean() + fine).backward()
    opt_D.step()


def shifted_in_place(D, opt_D, real, fake, u, weight):
    real -= fake
    real *= u
    real += fake
    turn(points=lambda real, fake, u: real)(D, opt_D, real, fake, u, weight)


# 05.3


def score_in_numpy(p, q, real, fake):
    p, q = p.numpy(), q.numpy()
    return np.divide(p * real + q * fake, p + q)


def score_by_loop(p, q, real, fake):
    return [float((a * real + b * fake) / (a + b)) for a, b in zip(p, q, strict=True)]


def score_by_newton(p, q, real, fake):
    t = torch.zeros_like(p).requires_grad_()
    V = -(p * (t - real) ** 2 + q * (t - fake) ** 2).sum() / 2
    (slope,) = torch.autograd.grad(V, t)
    return slope / (p + q)  # the second derivative is -(p + q)


def score_in_float32(p, q, real, fake):
    share = (p / (p + q)).float()
    return torch.lerp(torch.full_like(share, fake), torch.full_like(share, real), share)


def score_by_average(p, q, real, fake):
    return np.average([[real] * len(p), [fake] * len(p)], axis=0, weights=[p.tolist(), q.tolist()])


# 05.4


def layers(D):
    return [w.detach() for w in D.parameters() if w.ndim == 2]


def bound_in_numpy(D):
    return np.prod([np.linalg.norm(w.numpy(), 2) for w in layers(D)])


def bound_by_eigenvalues(D):
    found = 1.0
    for w in layers(D):
        found *= torch.linalg.eigvalsh((w.T @ w).double()).max().sqrt().item()
    return found


def bound_by_power_iteration(D):
    bound = torch.ones((), dtype=torch.float64)
    for w in layers(D):
        w, v = w.double(), torch.ones(w.shape[1], dtype=torch.float64)
        for _ in range(3000):
            v = w.T @ (w @ v)
            v = v / v.norm()
        bound = bound * (w @ v).norm()
    return bound


def bound_by_children(D):
    found = []
    for module in D.modules():
        match module:
            case nn.Linear():
                found.append(module.weight.svd().S.max())
    return torch.stack(found).prod()


def bound_by_logarithms(D):
    return np.exp(sum(np.log(np.linalg.svd(w.double().numpy(), compute_uv=False)[0]) for w in layers(D)))


def bound_changes_weights(D):
    bound = 1.0
    for w in D.parameters():
        if w.ndim == 2:
            s = torch.linalg.matrix_norm(w.data, 2)
            w.data /= s
            bound *= s.item()
    return bound


def bound_leaves_gradients(D):
    bound = torch.stack([torch.linalg.matrix_norm(w, 2) for w in D.parameters() if w.ndim == 2]).prod()
    bound.backward()
    return bound


def bound_leaves_eval(D):
    D.eval()
    return bound_in_numpy(D)


def bound_freezes(D):
    D.requires_grad_(False)
    return bound_in_numpy(D)


def bound_by_samples(D):
    x = torch.randn(500, D.shape[0], generator=torch.Generator().manual_seed(0)).requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    return slope.norm(dim=1).max()


RIGHT = {
    "turn_of_critic": [turn(), turn_by_inputs, turn_without_optimizer, turn_in_parts, turn_by_vmap],
    "best_score": [score_in_numpy, score_by_loop, score_by_newton, score_in_float32, score_by_average],
    "slope_bound": [
        bound_in_numpy,
        bound_by_eigenvalues,
        bound_by_power_iteration,
        bound_by_children,
        bound_by_logarithms,
    ],
    "count_modes": [count_in_numpy, count_by_squares, count_in_float32, count_by_sets],
}
WRONG = {
    "turn_of_critic": [
        (turn(keep=False), "as if there were no penalty"),
        (no_create, "as if there were no penalty"),
        (turn(penalty=lambda s, weight: weight * (s**2 - 1).mean()), "draws the slopes to 0"),
        (turn(penalty=lambda s, weight: weight * (s - 1).mean() ** 2), "the mean is taken too early"),
        (turn(penalty=lambda s, weight: 10 * ((s - 1) ** 2).mean()), "whatever weight is"),
        (turn(loss=lambda real, fake, fine: real.mean() - fake.mean() + fine), "gives fakes the high scores"),
        (turn(points=lambda real, fake, u: u * real + (1 - u) * fake.flip(0)), "comes out as"),
        (shifted_in_place, "overwrites its input real"),
        (lambda D, opt_D, real, fake, u, weight: opt_D.zero_grad(), "D has not moved"),
        (lambda D, real, fake: D.train(), "it is called with (D, opt_D, real, fake, u, weight)"),
    ],
    "best_score": [
        (lambda p, q, real, fake: (p * real + q * fake) / 2, "the same for all points"),
        (lambda p, q, real, fake: (q - p) / (p + q), "whatever real is"),
        (lambda p, q, real, fake: q / (p + q), "whatever real is"),
        (lambda p, q, real, fake: 1 - (p * real + q * fake) / (p + q), "1 minus the right answer"),
        (lambda p, q, real, fake: -(p * real + q * fake) / (p + q), "the sign is turned"),
        (lambda p, q, real, fake: (p + q) / (p * real + q * fake), "upside down"),
        (lambda p, q, real, fake: ((p * real + q * fake) / (p + q)).sigmoid(), "the sigmoid of the right answer"),
        (lambda p, q, real, fake: ((p * real + q * fake) / (p + q)).mean(), "I expected the shape (3,)"),
        (lambda p, q, real, fake: (p * real + q * -1) / (p + q), "whatever fake is"),
        (lambda p, q, real, fake: torch.tensor([-0.5, -0.2, 3 / 11]), "I expected the shape (2,)"),
        (lambda p, q, real, fake: p.mul_(real).add_(q * fake) / (p + q), "overwrites its input p"),
        (lambda p, q, real, fake: (p * real + q * fake) / (p - q), "infinity"),
        (lambda p, q, real, fake: (p @ q) * real, "I expected the shape (3,)"),
        (lambda p, q, real, fake: (p * real + q * fake) / (p.max() + q.max()), "you say"),
        (lambda p, q, real, fake: ((p * real + q * fake) / (p + q)).half(), "half precision (float16)"),
        (lambda p, q, real, fake: real if p > q else fake, "RuntimeError"),
    ],
    "slope_bound": [
        (bound_changes_weights, "it changes weights"),
        (bound_leaves_gradients, "it leaves gradients behind in D"),
        (bound_leaves_eval, "it leaves D in another mode"),
        (bound_freezes, "it leaves requires_grad of D's weights changed"),
        (bound_by_samples, "you say"),
        (lambda D: 1.0, "whatever D is"),
        (lambda D: 1 / bound_in_numpy(D), "upside down"),
        (lambda D: math.log(bound_in_numpy(D)), "the logarithm of the right answer"),
        (lambda D: bound_in_numpy(D) ** 0.5, "the square root of the right answer"),
        (lambda D: 0.2 * bound_in_numpy(D), "yours is 0.2 times the right answer"),
        (lambda D: [np.linalg.norm(w, 2) for w in layers(D)], "I expected the shape ()"),
        (lambda D: math.prod(p.detach().norm().item() for p in D.parameters()), "the biases are in"),
        (lambda D: torch.linalg.matrix_norm(D.weight, 2), "AttributeError"),
        (lambda D: np.prod([torch.linalg.matrix_norm(m, 2) for m in D]), "TypeError"),
    ],
    "count_modes": [
        (count(share=lambda g, k: (~g).float().mean()), "the poor samples"),
        (count(share=lambda g, k: g.double().sum()), "here it is their number"),
        (count(share=lambda g, k: 0.989), "you say"),
        (count(good=lambda d, std: d < 0.15), "whatever std is"),
        (count(good=lambda d, std: d > 0), "whatever std is"),
        (count_moves, "overwrites its input x"),
        (lambda x, modes, std: len(torch.cdist(x, modes).argmin(1).unique()), "2 values are asked for"),
        (lambda x, modes, std: (torch.cdist(x, modes).argmin(1).bincount(), 1.0), "I expected the shape ()"),
        (lambda x, modes, std: count()(x.mean(0, keepdim=True), modes, std), "whatever x is"),
        (lambda x, modes, std: (len(modes), 1.0), "whatever x is"),
    ],
}
