"""Answers to the exercises of notebook 12."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from gan_tutorial.exercises.n12_image_processing import (
    missing_of as gap,
    mse_of as mse_hidden,
    spread_out as spread,
    variance_of as variance,
)

# 12.1


def psnr_in_loops(x, y, hidden):
    found = []
    for a, b in zip(x, y, strict=True):
        squares = [
            (a[0, i, j] - b[0, i, j]).item() ** 2
            for i in range(hidden.shape[0])
            for j in range(hidden.shape[1])
            if hidden[i, j]
        ]
        found.append(10 * math.log10(4 / (sum(squares) / len(squares))))
    return found


def psnr_in_numpy(x, y, hidden):
    off = (x.numpy() - y.numpy())[:, 0][:, hidden.numpy()]
    return 10 * np.log10(4 / np.mean(off**2, axis=1))


def psnr_in_float32(x, y, hidden):
    off = torch.masked_select(x.float() - y.float(), hidden).view(len(x), -1)
    return 20 * math.log10(2) - 10 * torch.log10(off.pow(2).mean(dim=1))


def psnr_by_natural_logarithm(x, y, hidden):
    mse = ((x - y) ** 2 * hidden).sum((1, 2, 3)) / hidden.sum()
    return 10 * (math.log(4) - mse.log()) / math.log(10)


def psnr_that_overwrites(x, y, hidden):
    x -= y
    return 10 * torch.log10(4 / x[:, :, hidden].square().mean((1, 2)))


# 12.2


def step_with_mse_loss(G, A, y, z, rate):
    z = z.clone().requires_grad_()
    loss = len(y) * F.mse_loss(A(G(z)), y)
    (slope,) = torch.autograd.grad(loss, [z])
    z = (z - rate * slope).detach()
    long = z.norm(dim=1) > 10
    z[long] = 10 * F.normalize(z[long], dim=1)
    return z


def step_with_backward(G, A, y, z, rate):
    z = z.detach().clone().requires_grad_()
    loss = ((A(G(z)) - y) ** 2).mean(dim=(1, 2, 3)).sum()
    loss.backward(inputs=[z])
    z = z.detach() - rate * z.grad
    length = z.norm(dim=1, keepdim=True)
    return torch.where(length > 10, 10 * z / length, z)


def step_by_jacobian(G, A, y, z, rate):
    J = torch.autograd.functional.jacobian(lambda w: (A(G(w)) - y).square().flatten(1).mean(1), z)
    slope = torch.stack([J[k, k] for k in range(len(z))])
    moved = z - rate * slope
    return [[v * min(1.0, 10 / w.norm().item()) for v in w.tolist()] for w in moved]


def step_with_renorm(G, A, y, z, rate):
    z = z.clone().requires_grad_()
    off = (A(G(z)) - y).flatten(1)
    (slope,) = torch.autograd.grad(torch.einsum("nm,nm->", off, off) / off.shape[1], z)
    return torch.renorm(z.detach() - rate * slope, p=2, dim=0, maxnorm=10).numpy()


def slope(G, A, y, z, cost=None):
    z = z.detach().clone().requires_grad_()
    off = A(G(z)) - y
    return torch.autograd.grad((off**2).flatten(1).mean(1).sum() if cost is None else cost(off), z)[0]


def pulled(z, length=10.0):
    return torch.renorm(z, 2, 0, length)


def step_that_leaves_gradients(G, A, y, z, rate):
    z = z.detach().clone().requires_grad_()
    ((A(G(z)) - y) ** 2).flatten(1).mean(1).sum().backward()
    return pulled((z - rate * z.grad).detach())


def step_in_training_and_back(G, A, y, z, rate):
    G.train()
    moved = pulled(z - rate * slope(G, A, y, z))
    G.eval()
    return moved


def step_that_freezes(G, A, y, z, rate):
    for p in G.parameters():
        p.requires_grad_(False)
    return pulled(z - rate * slope(G, A, y, z))


def step_in_place(G, A, y, z, rate):
    s = slope(G, A, y, z)
    z -= rate * s
    return pulled(z)


def step_of_a_leaf(G, A, y, z, rate):
    z.requires_grad_()
    (s,) = torch.autograd.grad(((A(G(z)) - y) ** 2).flatten(1).mean(1).sum(), z)
    return pulled((z - rate * s).detach())


def step_under_no_grad(G, A, y, z, rate):
    with torch.no_grad():
        error = ((A(G(z)) - y) ** 2).flatten(1).mean(1)
    return torch.autograd.grad(error.sum(), z)[0]


def step_of_the_difference(G, A, y, z, rate):
    return pulled(z - rate * slope(G, lambda x: A(x - A.back(y)), 0, z))


def step_detached(G, A, y, z, rate):
    z = z.clone().requires_grad_()
    error = ((A(G(z).detach()) - y) ** 2).flatten(1).mean(1)
    return z - rate * torch.autograd.grad(error.sum(), z)[0]


# 12.3


def costs_by_pairs(x, p, r):
    """All pairs of a hidden value and one draw; the mean of r draws keeps 1 / r of the draws' own variance."""
    joint = p[:, None] * p[None, :]
    one = (joint * (x[:, None] - x[None, :]) ** 2).sum()
    return torch.stack([one / 2, one / 2 * (1 + 1 / r)])


def costs_in_numpy(x, p, r):
    x, p = x.numpy(), p.numpy()
    variance = np.average((x - np.average(x, weights=p)) ** 2, weights=p)
    return np.array([variance, variance * (1 + 1 / r)])


def costs_in_loops(x, p, r):
    m = sum(float(a) * float(b) for a, b in zip(x, p, strict=True))
    variance = sum(float(b) * (float(a) - m) ** 2 for a, b in zip(x, p, strict=True))
    return {0: variance, 1: variance + variance / r}.values()


def costs_in_float32(x, p, r):
    x, p = x.float(), p.float()
    variance = torch.dot(p, x.square()) - torch.dot(p, x) ** 2
    return variance, (r + 1) / r * variance


# 12.4


def consistent_in_loops(x, y, k):
    out = x.clone()
    for n in range(y.shape[0]):
        for i in range(y.shape[2]):
            for j in range(y.shape[3]):
                square = out[n, 0, k * i : k * i + k, k * j : k * j + k]
                square += y[n, 0, i, j] - square.mean()
    return out


def consistent_in_numpy(x, y, k):
    x, y = x.numpy(), y.numpy()
    n, c, s, _ = x.shape
    means = x.reshape(n, c, s // k, k, s // k, k).mean(axis=(3, 5))
    return x + np.kron(y - means, np.ones((k, k)))


def consistent_by_convolution(x, y, k):
    ones = torch.ones(1, 1, k, k, dtype=x.dtype)
    missing = y - F.conv2d(x, ones / k**2, stride=k)
    return x + F.conv_transpose2d(missing, ones, stride=k)


def consistent_by_pseudo_inverse(x, y, k):
    n, _, s, _ = x.shape
    A = F.avg_pool2d(torch.eye(s * s, dtype=x.dtype).view(-1, 1, s, s), k).flatten(1).T
    off = y.flatten(1) - x.flatten(1) @ A.T
    return (x.flatten(1) + off @ torch.linalg.pinv(A).T).view_as(x)


def consistent_by_a_layer(x, y, k):
    layer = torch.nn.Conv2d(1, 1, k, k, bias=False)
    layer.weight.data.fill_(1 / k**2)
    with torch.no_grad():
        return x + F.conv_transpose2d(y - layer(x), torch.ones(1, 1, k, k), stride=k)


def consistent_that_overwrites(x, y, k):
    x += spread(gap(x, y, k), k)
    return x


RIGHT = {
    "psnr": [psnr_in_loops, psnr_in_numpy, psnr_in_float32, psnr_by_natural_logarithm],
    "step_of_search": [
        step_with_mse_loss,
        step_with_backward,
        step_by_jacobian,
        step_with_renorm,
        step_of_the_difference,
    ],
    "costs": [costs_by_pairs, costs_in_numpy, costs_in_loops, costs_in_float32],
    "consistent_picture": [
        consistent_in_loops,
        consistent_in_numpy,
        consistent_by_convolution,
        consistent_by_pseudo_inverse,
        consistent_by_a_layer,
    ],
}

WRONG = {
    "psnr": [
        (lambda x, y, hidden: -10 * torch.log10(4 / mse_hidden(x, y, hidden)), "sign"),
        (lambda x, y, hidden: 10 * torch.log10(4 / mse_hidden(x, y, hidden)) * math.log2(10), "base 2"),
        (lambda x, y, hidden: 10 * torch.log10(4 / ((x - y) * hidden).square().sum((1, 2, 3))), "added up"),
        (lambda x, y, hidden: 10 * torch.log10(2 / mse_hidden(x, y, hidden).sqrt()), "0.5 times"),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[0][:, hidden].square().mean()).repeat(len(x)),
            "the first one",
        ),
        (lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[..., hidden].square().mean(0).squeeze(0)), "shape"),
        (lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].square().mean(2)), "shape"),
        (lambda x, y, hidden: 10 * torch.log10(4 / x[:, :, hidden].square().mean((1, 2))), "whatever y is"),
        (lambda x, y, hidden: 10 * torch.log10(4 / y[:, :, hidden].square().mean((1, 2))), "whatever x is"),
        (lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].mean((1, 2))), "NaN"),
        (lambda x, y, hidden: (10 * torch.log10(4 / mse_hidden(x, y, hidden))).mean(), "shape"),
        (lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:4, :, :8, :8][:, :, hidden].square().mean(1)), "shape"),
        (lambda x, y, hidden: 10 * torch.log10(4 / ((x - y).square().sum((1, 2, 3)) / 20)), "whatever hidden is"),
        (lambda x, y, hidden: 10 * torch.log10(4 / mse_hidden(x, y, hidden).clamp(min=1e-4)), "you say"),
        (psnr_that_overwrites, "overwrites its input x"),
        (lambda x, y: 30.0, "it is called with (x, y, hidden)"),
    ],
    "step_of_search": [
        (step_that_leaves_gradients, "leaves gradients behind in G"),
        (step_in_training_and_back, "G is in training mode"),
        (step_that_freezes, "leaves requires_grad of G's weights changed"),
        (step_in_place, "overwrites its input z"),
        (step_of_a_leaf, "switches requires_grad of its input z"),
        (step_under_no_grad, "does not require grad"),
        (step_detached, "RuntimeError"),
        (lambda G, A, y, z, rate: pulled(z - 0.1 * slope(G, A, y, z)), "whatever rate is"),
        (lambda G, A, y, z, rate: pulled(z - rate * slope(G, A, y, z), 8.0), "you say"),
        (lambda G, A, y, z, rate: pulled(z - rate * slope(G, A, y, z), z.shape[1] ** 0.5 + 2), "√Z + 2"),
        (lambda G, A, y, z, rate: -rate * slope(G, A, y, z), "the step alone"),
        (lambda G, A, y, z, rate: pulled(z - rate * slope(G, A, 0 * y, z)), "whatever y is"),
        (lambda G, A, y, z, rate: torch.zeros_like(z), "whatever G is"),
        (lambda G, A, y, z, rate: (pulled(z - rate * slope(G, A, y, z)), 0.0), "cannot be read as numbers"),
        (lambda G, A, y, z, rate: G(pulled(z - rate * slope(G, A, y, z))), "shape"),
        (lambda G, A, y, z, rate: pulled(z - rate * slope(G, A, y, z)).T, "shape"),
        (lambda G, A, y, z, rate: pulled(z - rate * slope(G, A, y, z)).norm(dim=1), "shape"),
        (lambda G, A, y, z, rate: (z - rate * slope(G, A, y, z)).renorm(2, 1, 10), "down the batch"),
        (
            lambda G, A, y, z, rate: pulled(z - rate * slope(G, lambda x: y.new_zeros(1) * x.mean(), y, z)),
            "z has not moved",
        ),
        (lambda G, A, y, z, rate: pulled(z + rate * slope(G, A, y, z, lambda o: -(o**2).mean())), "over the batch"),
    ],
    "costs": [
        (lambda x, p, r: variance(x, p), "2 values are asked for"),
        (lambda x, p, r: 1.0, "2 values are asked for"),
        (lambda x, p, r: (variance(x, p), 1.25 * variance(x, p)), "whatever r is"),
        (lambda x, p, r: (0.89, 1.1125), "whatever x is"),
        (lambda x, p, r: (variance(x, p) / 2, (1 + 1 / r) * variance(x, p) / 2), "0.5 times"),
        (lambda x, p, r: (-variance(x, p), -(1 + 1 / r) * variance(x, p)), "sign"),
        (lambda x, p, r: (variance(x, p), variance(x, p) * (r + 2) / (r + 1)), "not one of the draws"),
        (lambda x, p, r: (variance(x, p), variance(x, p) + (p * x).sum() ** 2 / r), "you say"),
        (lambda x, p, r: ((p * (x - (p * x).sum()).abs()).sum(), 2 * variance(x, p)), "whatever r is"),
        (lambda x, p, r: (((p * x) - (p * x).sum()).square().sum(), variance(x, p)), "whatever r is"),
        (lambda x, p, r: (p * (x - (p * x).sum()) ** 2, (1 + 1 / r) * p * (x - (p * x).sum()) ** 2), "shape"),
        (lambda x, p, r: (variance(x, p), torch.tensor(float("nan"))), "NaN"),
        (lambda x, p, r: (0.0, 0.0), "whatever x is"),
        (lambda x, p, r: x.mul_(0), "2 values are asked for"),
    ],
    "consistent_picture": [
        (lambda x, y, k: y, "shape"),
        (lambda x, y, k: F.avg_pool2d(x, k), "shape"),
        (lambda x, y, k: torch.zeros_like(x), "whatever"),
        (lambda x, y, k: x + spread(gap(x, 0 * y, k), k), "whatever y is"),
        (lambda x, y, k: x.mean() + spread(gap(x.mean() + 0 * x, y, k), k), "nothing is left of x"),
        (lambda x, y, k: x + spread((y - F.avg_pool2d(x, k)).mean(0)[None], k), "averaged over the batch"),
        (lambda x, y, k: x + spread(y - F.avg_pool2d(x, 4), 4), "RuntimeError"),
        (lambda x, y, k: x + spread(y - F.avg_pool2d(x, k, divisor_override=1), k), "the sum of each square"),
        (lambda x, y, k: x.relu() + spread(gap(x.relu(), y, k), k), "you say"),
        (lambda x, y, k: -x - spread(gap(x, y, k), k), "sign"),
        (lambda x, y, k: (x + spread(gap(x, y, k), k)).mean(0), "shape"),
        (lambda x, y, k: (x + spread(gap(x, y, k), k))[:2], "shape"),
        (consistent_that_overwrites, "overwrites its input x"),
    ],
}
