"""Answers to the exercises of notebook 06."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from gan_tutorial.networks import ConvGenerator

# 06.1


def by_cases(layers):
    match layers:
        case []:
            return 1
        case [(kernel, stride), *rest]:
            return (by_cases(rest) - 1) * stride + kernel


def by_positions(layers):
    low = high = 0
    for kernel, stride in layers[::-1]:
        low, high = low * stride, high * stride + kernel - 1
    return high - low + 1


def by_numpy(layers):
    k, s = np.array(layers).T
    return 1 + ((k - 1) * np.cumprod([1, *s[:-1]])).sum()


def by_gradient(layers):
    x = torch.ones(1, 1, 2000, requires_grad=True)
    h = x
    for kernel, stride in layers:
        h = F.conv1d(h, torch.ones(1, 1, kernel), stride=stride)
    (slope,) = torch.autograd.grad(h[0, 0, 3], x)
    return slope.count_nonzero()


def pops(layers):
    side = 1
    while layers:
        kernel, stride = layers.pop()
        side = (side - 1) * stride + kernel
    return side


def measured_within(n):

    def f(layers):
        x = torch.zeros(1, 1, n).double().requires_grad_()
        y = x
        for k, s in layers:
            y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s, padding=k // 2)
        (g,) = torch.autograd.grad(y[0, 0, y.shape[-1] // 2], x)
        return int((g != 0).sum())

    return f


def by_counting(layers):
    n = by_cases(layers)
    x = torch.zeros(1, 1, n).double().requires_grad_()
    y = x
    for k, s in layers:
        y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s)
    (g,) = torch.autograd.grad(y[0, 0, 0], x)
    return int((g != 0).sum())


# 06.2


@torch.no_grad()
def pictures_with_try(G, z):
    was = G.training
    try:
        return G.train(False)(z)
    finally:
        G.train(was)


def pictures_one_by_one(G, z):
    modes = [(m, m.training) for m in G.modules()]
    G.eval()
    with torch.inference_mode():
        x = [G(one[None])[0].tolist() for one in z]
    for m, mode in modes:
        m.training = mode
    return x


def pictures_by_norms(G, z):
    norms = [m for m in G.modules() if isinstance(m, nn.BatchNorm2d)]
    was = [m.training for m in norms]
    for m in norms:
        m.eval()
    x = G(z).detach().numpy()
    for m, mode in zip(norms, was, strict=True):
        m.train(mode)
    return x


def pictures_of_new_net(G, z):
    twin = copy.deepcopy(G)
    twin.load_state_dict(G.state_dict())
    return twin.eval()(z)


def leaves_eval(G, z):
    with torch.no_grad():
        return G.eval()(z)


def leaves_train(G, z):
    with torch.no_grad():
        x = G.eval()(z)
    G.train()
    return x


def no_gradients_only(G, z):
    G.requires_grad_(False)
    return G(z)


def globally_off(G, z):
    torch.set_grad_enabled(False)
    return pictures_with_try(G, z)


def freezes(G, z):
    return pictures_with_try(G.requires_grad_(False), z)


def clears_gradients(G, z):
    t = G.training
    G.eval()
    G.zero_grad()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def stops_tracking(G, z):
    for m in G.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.track_running_stats = False
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def pictures_by_layers(G, z):
    t = G.training
    for m in list(G.modules())[:4]:
        m.eval()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


# 06.3


def matrix_by_diagonals(kernel, n, stride):
    A = sum(w * torch.diag(torch.ones(n - j), j).double() for j, w in enumerate(kernel))
    return A[: n - len(kernel) + 1 : stride]


def matrix_by_numpy(kernel, n, stride):
    k = len(kernel)
    return np.stack([np.pad(kernel.numpy(), (i, n - k - i)) for i in range(0, n - k + 1, stride)])


def matrix_by_list(kernel, n, stride):
    w, rows = kernel.tolist(), []
    while len(rows) * stride + len(w) <= n:
        left = len(rows) * stride
        rows.append([0.0] * left + w + [0.0] * (n - left - len(w)))
    return rows


def matrix_in_float32(kernel, n, stride):
    i, j = torch.arange((n - len(kernel)) // stride + 1)[:, None] * stride, torch.arange(n)
    inside = (j >= i) & (j < i + len(kernel))
    return torch.where(inside, kernel.float()[(j - i).clamp(0, len(kernel) - 1)], 0)


def matrix_of_six(kernel, n, stride):
    return matrix_by_diagonals(kernel, 6, stride)


def matrix_of_three(kernel, n, stride):
    A = torch.zeros((n - 3) // stride + 1, n).double()
    for i in range(len(A)):
        A[i, i * stride : i * stride + 3] = kernel[:3]
    return A


def scaled(kernel, n, stride):
    return matrix_by_diagonals(kernel / kernel.sum(), n, stride)


def in_place(kernel, n, stride):
    A = matrix_by_diagonals(kernel, n, stride)
    kernel /= kernel.sum()
    return A


# 06.4


def norm_by_numpy(x, gamma, beta, eps):
    x, gamma, beta = x.numpy(), gamma.numpy(), beta.numpy()
    m, v = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return gamma.reshape(1, -1, 1, 1) * (x - m) / np.sqrt(v + eps) + beta.reshape(1, -1, 1, 1)


def norm_by_loop(x, gamma, beta, eps):
    out = torch.empty_like(x)
    for c in range(x.shape[1]):
        part = x[:, c]
        out[:, c] = gamma[c] * (part - part.mean()) / math.sqrt(part.var(correction=0) + eps) + beta[c]
    return out


def norm_by_module(x, gamma, beta, eps):
    m = nn.BatchNorm2d(x.shape[1], eps=eps).double()
    m.weight.data, m.bias.data = gamma.clone(), beta.clone()
    return m.train()(x)


def norm_by_einsum(x, gamma, beta, eps):
    n = x.numel() / x.shape[1]
    m = torch.einsum("nchw->c", x) / n
    v = torch.einsum("nchw,nchw->c", x, x) / n - m**2
    a = gamma / (v + eps).sqrt()
    return torch.einsum("nchw,c->nchw", x, a) + (beta - m * a)[:, None, None]


def norm_by_rows(x, gamma, beta, eps):
    flat = x.transpose(0, 1).flatten(1).float()
    flat = (flat - flat.mean(1, keepdim=True)) * torch.rsqrt(flat.var(1, unbiased=False, keepdim=True) + eps)
    flat = flat * gamma[:, None] + beta[:, None]
    return flat.view(x.shape[1], x.shape[0], *x.shape[2:]).transpose(0, 1)


def norm(axes=(0, 2, 3), eps=None, shape=(-1, 1, 1), unbiased=False):
    def answer(x, gamma, beta, e):
        m, v = x.mean(axes, keepdim=True), x.var(axes, unbiased=unbiased, keepdim=True)
        return gamma.view(shape) * (x - m) / (v + (eps or e)) ** 0.5 + beta.view(shape)

    return answer


def norm_in_place(x, gamma, beta, eps):
    x -= x.mean((0, 2, 3), keepdim=True)
    return norm()(x, gamma, beta, eps)


def norm_by_columns(x, gamma, beta, eps):
    x, spread = x - x.mean((0, 2, 3), keepdim=True), x.var((0, 2), unbiased=False, keepdim=True)
    return gamma.view(-1, 1, 1) * x / (spread + eps).sqrt() + beta.view(-1, 1, 1)


def norm_about_median(x, gamma, beta, eps):
    centre = x.flatten(2).median(2).values.median(0).values
    x, spread = x - centre[:, None, None], x.var((0, 2, 3), unbiased=False, keepdim=True)
    return gamma.view(-1, 1, 1) * x / (spread + eps).sqrt() + beta.view(-1, 1, 1)


def norm_by_size_of_gamma(x, g, b, e):
    g *= 1.0
    g.abs_()
    return norm()(x, g, b, e)


RIGHT = {
    "receptive_field": [
        by_cases,
        by_positions,
        by_numpy,
        by_gradient,
        by_counting,
    ],
    "pictures_at_rest": [
        pictures_with_try,
        pictures_one_by_one,
        pictures_by_norms,
        pictures_of_new_net,
        pictures_by_layers,
    ],
    "matrix_of_convolution": [
        matrix_by_diagonals,
        matrix_by_numpy,
        matrix_by_list,
        matrix_in_float32,
    ],
    "batch_norm": [
        norm_by_numpy,
        norm_by_loop,
        norm_by_module,
        norm_by_einsum,
        norm_by_rows,
    ],
}
WRONG = {
    "receptive_field": [
        (lambda layers: by_cases([(k + 1, s) for k, s in layers]), "one of its places was there before"),
        (lambda layers: by_cases([(k - 1, s) for k, s in layers]), "here it adds k − 2"),
        (lambda layers: by_cases(layers) - 1, "one pixel too few"),
        (lambda layers: by_cases(layers[:-1]), "the last layer is left out"),
        (lambda layers: by_cases(layers[1:]), "the first layer is left out"),
        (lambda layers: by_cases([(k, 2) for k, _ in layers]), "every stride is taken as 2"),
        (lambda layers: by_cases([(4, s) for _, s in layers]), "every kernel is taken as 4"),
        (lambda layers: 22, "whatever layers is"),
        (lambda layers: by_cases(layers) / 2, "0.5 times"),
        (lambda layers: (by_cases(layers), by_cases(layers)), "I expected the shape ()"),
        (pops, "overwrites its input layers"),
        (lambda layers: layers.kernel, "AttributeError"),
        (lambda layers: by_cases(layers[::-1]), "wrong order"),
        (measured_within(64), "you stop at 64 pixels. What a number sees"),
        (lambda L: 1 + sum((k - s for k, s in L)), "you say"),
    ],
    "pictures_at_rest": [
        (leaves_eval, "it leaves G in another mode"),
        (leaves_train, "it leaves G in another mode"),
        (no_gradients_only, "still depends on the others"),
        (globally_off, "switches gradients off"),
        (freezes, "requires_grad of G"),
        (lambda G, z: pictures_with_try(G, z)[:1], "I expected the shape"),
        (lambda G, z: pictures_with_try(G, z).mean(0), "I expected the shape"),
        (lambda G, z: -pictures_with_try(G, z), "the sign is turned"),
        (lambda G, z: pictures_with_try(ConvGenerator(8, latent_dim=4, widths=(6, 3)), z), "I expected the shape"),
        (lambda G, z: G.eval, "cannot be read as numbers"),
        (lambda G, z: pictures_with_try(G, z[0]), "your function stops in the line `return"),
        (lambda G: G.eval(), "it is called with (G, z)"),
        (lambda G, z: pictures_with_try(G, z) * 127.5 + 127.5, "[0, 255]"),
        (lambda G, z: torch.manual_seed(0) and pictures_with_try(G, z), "seeds PyTorch's"),
        (clears_gradients, "G's gradients are deleted: no zero_grad "),
        (stops_tracking, "the settings of G's BatchNorms are chang"),
    ],
    "matrix_of_convolution": [
        (matrix_of_six, "I expected the shape"),
        (matrix_of_three, "RuntimeError"),
        (scaled, "divided by its sum"),
        (in_place, "overwrites its input kernel"),
        (lambda w, n, stride: matrix_by_diagonals(w, n, 1), "the stride plays no part"),
        (lambda w, n, stride: matrix_by_diagonals(w, n, stride).T, "transposed convolution"),
        (lambda w, n, stride: matrix_by_diagonals(w, n, stride).flip(1), "another order"),
        (lambda w, n, stride: matrix_by_diagonals(w, n, stride).flip(0), "another order"),
        (lambda w, n, stride: torch.zeros((n - len(w)) // stride + 1, n), "the shape is right, but every number is 0."),
        (lambda w, n, stride: torch.eye(n), "I expected the shape (4, 6)"),
        (lambda w, n, stride: -matrix_by_diagonals(w, n, stride), "the sign is turned"),
        (lambda w, n, stride: matrix_by_diagonals(w.abs(), n, stride), "the size is right, but the sign is lost"),
        (lambda w, n, stride: matrix_by_diagonals(w, n + 1, stride)[:, 1:], "I expected the shape"),
        (lambda w, n, stride: torch.cat([w, torch.zeros(n - len(w))]), "I expected the shape"),
        (lambda w, n, stride: F.conv1d(torch.eye(n), w[None, None], stride=stride), "RuntimeError"),
        (
            lambda k, n, s: torch.diag_embed(k.new_ones(n))[::s][: (n - len(k)) // s + 1] * k[0],
            "each row holds the first number of the",
        ),
    ],
    "batch_norm": [
        (norm(eps=1e-5), "whatever eps is"),
        (norm(axes=(2, 3)), "InstanceNorm"),
        (norm(axes=(0, 2)), "each column has a mean"),
        (norm(shape=(-1,)), "laid along the last axis"),
        (norm(unbiased=True), "divided by n − 1"),
        (norm_in_place, "overwrites its input x"),
        (lambda x, gamma, beta, eps: norm()(x, gamma, 0 * beta, eps), "beta is missing"),
        (lambda x, gamma, beta, eps: x, "whatever eps is"),
        (lambda x, gamma, beta, eps: norm()(x, gamma, beta, eps).transpose(2, 3), "I expected the shape"),
        (lambda x, gamma, beta, eps: norm()(x, gamma, beta, eps).mean(0), "I expected the shape"),
        (lambda x, gamma, beta, eps: F.layer_norm(x, x.shape[1:]), "whatever eps is"),
        (lambda x, gamma, beta, eps: norm()(x, gamma, beta, eps).relu(), "cut off"),
        (lambda x, gamma, beta, eps: -norm()(x, gamma, beta, eps), "the sign is turned"),
        (norm_by_size_of_gamma, "γ has lost its sign. A negative one turn"),
        (norm_by_columns, "you say"),
        (norm_about_median, "you say"),
        (lambda x, g, b, e: norm()(x[:1], g, b, e).expand_as(x), "you say"),
    ],
}
