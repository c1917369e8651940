"""Answers to the exercises of notebook 03."""

import math

import numpy as np
import torch

# shares


def shares_by_loops(x, modes):
    counts = [0] * len(modes)
    for point in x.tolist():
        distances = [math.dist(point, mode) for mode in modes.tolist()]
        counts[distances.index(min(distances))] += 1
    return [count / len(x) for count in counts]


def shares_by_numpy(x, modes):
    x, modes = x.numpy(), modes.numpy()
    nearest = np.linalg.norm(x[:, None] - modes, axis=2).argmin(1)
    return np.bincount(nearest, minlength=len(modes)) / len(x)


def shares_by_histc(x, modes):
    nearest = (x[:, None] - modes).pow(2).sum(-1).topk(1, largest=False).indices.flatten()
    return torch.histc(nearest.float(), len(modes), -0.5, len(modes) - 0.5) / nearest.numel()


def shares_by_scatter(x, modes):
    nearest = torch.cdist(x.float(), modes.float()).argmin(1)
    return torch.zeros(len(modes)).scatter_add(0, nearest, torch.full((len(x),), 1 / len(x)))


def centred(x, modes):
    x -= modes.mean(0)
    return shares_by_histc(x, modes - modes.mean(0))


def nearest(x, modes):
    return torch.cdist(x, modes).argmin(1)


# energy_distance


def by_loops(x, y):
    def mean(a, b, same):
        distances = [
            math.dist(s, t) for i, s in enumerate(a.tolist()) for j, t in enumerate(b.tolist()) if not (same and i == j)
        ]
        return sum(distances) / len(distances)

    return 2 * mean(x, y, False) - mean(x, x, True) - mean(y, y, True)


def by_mask(x, y):
    def within(s):
        return torch.cdist(s, s)[~torch.eye(len(s), dtype=torch.bool)].mean()

    return 2 * torch.cdist(x, y).mean() - within(x) - within(y)


def by_triangle(x, y):
    def within(s):
        i, j = torch.triu_indices(len(s), len(s), 1)
        return (s[i] - s[j]).norm(dim=1).mean()

    return 2 * (x[:, None] - y).norm(dim=2).mean() - within(x) - within(y)


def by_correction(x, y):
    n, m = len(x), len(y)
    return (
        2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() * n / (n - 1) - torch.cdist(y, y).mean() * m / (m - 1)
    ).item()


def within(s):
    return torch.cdist(s, s).sum() / (len(s) * (len(s) - 1))


def between(x, y):
    return torch.cdist(x, y).mean()


def shifts(x, y):
    x -= y.mean(0)
    y -= y.mean(0)
    return by_mask(x, y)


# push


def by_backward_on_a_copy(D, x, cost):
    import copy

    D, x = copy.deepcopy(D), x.detach().clone().requires_grad_()
    cost(D(x)).sum().backward()
    return -x.grad


def by_backward(D, x, cost):
    x = x.detach().clone().requires_grad_()
    cost(D(x)).sum().backward()
    return -x.grad


def by_backward_on_x(D, x, cost):
    x.requires_grad_()
    return -torch.autograd.grad(cost(D(x)).sum(), x)[0]


def by_chain_rule(D, x, cost):
    x = x.clone().requires_grad_()
    t = D(x)
    (slope,) = torch.autograd.grad(t.sum(), x)
    t = t.detach().requires_grad_()
    (pull,) = torch.autograd.grad(cost(t).sum(), t)
    return -pull[:, None] * slope


def with_ones(D, x, cost):
    x = x.clone().requires_grad_()
    value = cost(D(x))
    return torch.autograd.grad(value, x, -torch.ones_like(value))[0].numpy()


def times_n(D, x, cost):
    x = torch.nn.Parameter(x.clone())
    return -len(x) * torch.autograd.grad(cost(D(x)).mean(), x)[0]


def by_loop(D, x, cost):
    arrows = []
    for one in x:
        one = one[None].clone().requires_grad_()
        arrows.append(-torch.autograd.grad(cost(D(one)).sum(), one)[0][0])
    return arrows


def leaves_eval(D, x, cost):
    D.train(not D.training)
    return with_ones(D, x, cost)


def freezes(D, x, cost):
    D.requires_grad_(False)
    return with_ones(D, x, cost)


def grad_of(what, sign=-1):
    def push(D, x, cost):
        x = x.clone().requires_grad_()
        return sign * torch.autograd.grad(what(D, x, cost), x)[0]

    return push


# stretch


def J_by_vmap(G, z):
    return torch.func.vmap(torch.func.jacfwd(lambda one: G(one[None]).squeeze(0)))(z)


def by_singular_values(G, z):
    return torch.linalg.svdvals(J_by_vmap(G, z)).prod(1).detach()


def by_jacobian_loop(G, z):
    found = []
    for one in z:
        J = torch.autograd.functional.jacobian(lambda a: G(a[None])[0], one)
        found.append(abs(torch.det(J).item()))
    return found


def by_gram(G, z):
    J = J_by_vmap(G, z).double()
    return torch.linalg.det(J.mT @ J).sqrt().detach()


def by_whole_jacobian(G, z):
    J = torch.autograd.functional.jacobian(G, z)  # (N, 2, N, 2)
    k = torch.arange(len(z))
    return np.abs(np.linalg.det(J[k, :, k].numpy()))


def by_layers(G, z):
    J, h = torch.eye(2).expand(len(z), 2, 2), z
    for layer in G.net:
        if isinstance(layer, torch.nn.Linear):
            J, h = layer.weight @ J, layer(h)
        else:
            J, h = torch.where(h > 0, 1.0, 0.2)[:, :, None] * J, layer(h)
    return torch.linalg.slogdet(J).logabsdet.exp().detach()


def by_differences(G, z, h=0.1):
    with torch.no_grad():
        J = torch.stack([(G(z + h * e) - G(z)) / h for e in torch.eye(2)], 2)
    return J.det().abs()


def by_backward_through_G(G, z):
    z = z.clone().requires_grad_()
    x = G(z)
    rows = []
    for k in (0, 1):
        z.grad = None
        x[:, k].sum().backward(retain_graph=True)
        rows.append(z.grad)
    return torch.stack(rows, 1).det().abs()


def without_clearing(G, z):
    z = z.clone().requires_grad_()
    x = G(z)
    first = torch.autograd.grad(x[:, 0].sum(), z, retain_graph=True)[0]
    return torch.stack([first, first + torch.autograd.grad(x[:, 1].sum(), z)[0]], 1).det()


def without_retain(G, z):
    z = z.clone().requires_grad_()
    x = G(z)
    rows = [torch.autograd.grad(x[:, k].sum(), z)[0] for k in (0, 1)]
    return torch.stack(rows, 1).det().abs()


RIGHT = {
    "shares": [shares_by_loops, shares_by_numpy, shares_by_histc, shares_by_scatter],
    "energy_distance": [by_loops, by_mask, by_triangle, by_correction, lambda x, y: by_mask(x.float(), y.float())],
    "push": [by_backward_on_a_copy, by_chain_rule, with_ones, times_n, by_loop],
    "stretch": [by_singular_values, by_jacobian_loop, by_gram, by_whole_jacobian, by_layers],
}

WRONG = {
    "shares": [
        (lambda x, modes: nearest(x, modes).bincount(minlength=8) / len(x), "I expected the shape"),
        (lambda x, modes: nearest(x, modes).bincount(minlength=5)[:5] / len(x), "I expected the shape"),
        (lambda x, modes: 100 * nearest(x, modes).bincount(minlength=len(modes)) / len(x), "100 times"),
        (lambda x, modes: nearest(x, modes).bincount(minlength=len(modes)) // len(x), "whatever x is"),
        (lambda x, modes: nearest(x, modes).bincount(minlength=len(modes)) / 36, "right for some inputs"),
        (lambda x, modes: torch.ones(len(modes)) / len(modes), "whatever x is"),
        (lambda x, modes: 1 - nearest(x, modes).bincount(minlength=len(modes)) / len(x), "1 minus"),
        (lambda x, modes: (nearest(x, modes).bincount(minlength=len(modes)) / len(x)).sort().values, "another order"),
        (lambda x, modes: nearest(modes, x).bincount(minlength=len(modes)) / len(x), "I expected the shape"),
        (lambda x, modes: nearest(x, modes).unique() / len(x), "I expected the shape"),
        (lambda x, modes: nearest(x, modes).double().mean(), "I expected the shape"),
        (lambda x, modes: nearest(x, modes).double().histc(len(modes)) / len(x), "histc without limits"),
        (centred, "the value is right, but it overwrites its input x"),
        (lambda x, modes: np.bincount(nearest(x, modes).numpy(), len(x)), "your function stops"),
    ],
    "energy_distance": [
        (lambda x, y: 2 * between(x, y) - within(x) - within(y) + 1e-2, "plus 0.01"),
        (lambda x, y: (2 * between(x, y) - within(x) - within(y)) / 2, "0.5 times"),
        (lambda x, y: within(x) + within(y) - 2 * between(x, y), "sign is turned"),
        (lambda x, y: max(2 * between(x, y) - within(x) - within(y), torch.tensor(0.0)), "below 0 is cut off"),
        (lambda x, y: 2 * between(x, y) - within(x), "within y is missing"),
        (lambda x, y: 2 * between(x, x) - within(x) - within(x), "whatever y is"),
        (lambda x, y: 2 * (x - y[: len(x) + 1]).norm(dim=1).mean() - within(x) - within(y), "your function stops"),
        (lambda x, y: between(x, y) - torch.cdist(x, x).mean(), "you say"),
        (lambda x, y: 2 * torch.cdist(x, y) - within(x) - within(y), "I expected the shape ()"),
        (lambda x, y: torch.tensor(0.0), "whatever x is"),
        (lambda x, y: (2 * between(x, y) - within(x) - within(y)).sqrt(), "there is a NaN"),
        (lambda x, y: between(x, y) - (within(x) + within(y)) / 2, "0.5 times"),
        (lambda x, y: 2 * between(x[:2], y[:2]) - within(x[:2]) - within(y[:2]), "you say"),
        (shifts, "the value is right, but it overwrites its input x"),
    ],
    "push": [
        (by_backward, "the value is right, but it leaves gradients behind in D"),
        (by_backward_on_x, "the value is right, but it switches requires_grad of its input x"),
        (leaves_eval, "it leaves D in another mode"),
        (freezes, "it leaves requires_grad of D's weights changed"),
        (lambda D, x, cost: torch.autograd.grad(cost(D(x)).sum(), x)[0], "your function stops"),
        (grad_of(lambda D, x, cost: cost(D(x))), "your function stops"),
        (grad_of(lambda D, x, cost: cost(D(x)).square().sum()), "you say"),
        (grad_of(lambda D, x, cost: D(x).sum()), "whatever cost is"),
        (grad_of(lambda D, x, cost: torch.nn.functional.softplus(-D(x)).sum()), "Another cost may be given"),
        (grad_of(lambda D, x, cost: torch.nn.functional.softplus(-D(x)).mean()), "whatever cost is"),
        (lambda D, x, cost: cost(D(x)), "I expected the shape"),
        (lambda D, x, cost: -x, "whatever D is"),
        (lambda D, x, cost: 2 * with_ones(D, x, cost), "2 times"),
        (lambda D, x, cost: with_ones(D, x, cost).T, "I expected the shape (20, 2), you gave (2, 20)"),
        (lambda D, x, cost: with_ones(D, x, cost)[:, ::-1].copy(), "another order"),
        (lambda D, x, cost: with_ones(D, x[:8], cost)[:4], "I expected the shape"),
        (lambda D, x, cost: abs(with_ones(D, x, cost)), "sign is lost"),
        (lambda D, x, cost: 0.01 * with_ones(D, x, cost) + x.numpy(), "you say"),
    ],
    "stretch": [
        (by_differences, "you say"),
        (by_backward_through_G, "the value is right, but it leaves gradients behind in G"),
        (without_retain, "your function stops"),
        (without_clearing, "some are negative"),
        (lambda G, z: J_by_vmap(G, z).det().sum().abs(), "I expected the shape"),
        (lambda G, z: -J_by_vmap(G, z).det().abs().detach(), "sign is turned"),
        (lambda G, z: J_by_vmap(G, z).det().abs().detach() * 2, "2 times"),
        (lambda G, z: torch.ones(len(z)), "whatever G is"),
        (lambda G, z: torch.autograd.functional.jacobian(G, z).det(), "your function stops"),
        (lambda G, z: [J_by_vmap(G, z).det().abs().detach(), z], "cannot be read"),
        (lambda G, z: J_by_vmap(G.requires_grad_(False), z).det().abs(), "requires_grad of G"),
    ],
}
