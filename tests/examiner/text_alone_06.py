"""Answers to the exercises of notebook 06, written from its text alone, without a look at the checks."""

# ruff: noqa
import math, copy
import numpy as np, torch
from torch import nn
import torch.nn.functional as F

BN = nn.modules.batchnorm._BatchNorm


# pictures
def p1(G, z):
    with torch.no_grad():
        return copy.deepcopy(G).eval()(z)


def p2(G, z):
    modes = [(m, m.training) for m in G.modules()]
    try:
        for m, _ in modes:
            m.training = False
        with torch.inference_mode():
            return G(z).clone()
    finally:
        for m, t in modes:
            m.training = t


def p3(G, z):
    training = G.training
    G.eval()
    with torch.no_grad():
        x = torch.cat([G(one[None]) for one in z])
    G.train(training)
    return x


def p4(G, z):
    training = G.training
    G.train(False)
    with torch.no_grad():
        x = G(z)
    G.train(training)
    return x.numpy()


def pw_stay(G, z):
    G.eval()
    with torch.no_grad():
        return G(z)


def pw_train(G, z):
    G.eval()
    with torch.no_grad():
        x = G(z)
    G.train()
    return x


def pw_single(G, z):
    with torch.no_grad():
        return torch.cat([G(o[None]) for o in z])


def pw_restore(G, z):
    state = {k: v.clone() for k, v in G.state_dict().items()}
    with torch.no_grad():
        x = G(z)
    G.load_state_dict(state)
    return x


def pw_mom0(G, z):
    for m in G.modules():
        if isinstance(m, BN):
            m.momentum = 0.0
    with torch.no_grad():
        return G(z)


def pw_flag(G, z):
    t = G.training
    G.training = False
    with torch.no_grad():
        x = G(z)
    G.training = t
    return x


def pw_bnleft(G, z):
    for m in G.modules():
        if isinstance(m, BN):
            m.eval()
    with torch.no_grad():
        return G(z)


def pw_copy(G, z):
    with torch.no_grad():
        return copy.deepcopy(G)(z)


def pw_freeze(G, z):
    t = G.training
    G.eval()
    G.requires_grad_(False)
    x = G(z)
    G.train(t)
    return x


def pw_after(G, z):
    t = G.training
    with torch.no_grad():
        x = G(z)
    G.eval()
    G.train(t)
    return x


def pw_global(G, z):
    t = G.training
    G.eval()
    torch.set_grad_enabled(False)
    x = G(z)
    G.train(t)
    return x


def pw_reset(G, z):
    t = G.training
    G.eval()
    for m in G.modules():
        if isinstance(m, BN):
            m.reset_running_stats()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def pw_seed(G, z):
    torch.manual_seed(0)
    return p1(G, z)


def pw_zgrad(G, z):
    t = G.training
    G.eval()
    G.zero_grad()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def pw_track(G, z):  # batch statistics for ever
    for m in G.modules():
        if isinstance(m, BN):
            m.track_running_stats = False
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def pw_not(G, z):
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z)
    G.train(not t)
    return x


def pw_lasttrain(G, z):  # trains if it was in train mode - only first submodule
    t = G.training
    for m in list(G.modules())[:4]:
        m.eval()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def pw_first(G, z):
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z[:1]).expand(len(z), -1, -1, -1)
    G.train(t)
    return x


def pw_01(G, z):
    return (p1(G, z) + 1) / 2


def pw_zeros(G, z):  # fills up with zeros: fixed company
    with torch.no_grad():
        return torch.cat([copy.deepcopy(G).train()(torch.cat([o[None], torch.zeros(7, z.shape[1])]))[:1] for o in z])


def pw_inpl(G, z):
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z.clamp_(-2, 2))
    G.train(t)
    return x


def pw_trunc(G, z):
    return p1(G, z.clamp(-1, 1))


def pw_when(G, z):  # returns early without restoring when in train
    if G.training:
        G.eval()
        with torch.no_grad():
            x = G(z)
        G.train(True)
        return x
    with torch.no_grad():
        x = G(z)
    G.train(True)
    return x


# receptive
def r1(layers):
    r = 1
    for k, s in reversed(layers):
        r = (r - 1) * s + k
    return r


def r2(layers):
    r, j = 1, 1
    for k, s in layers:
        r += (k - 1) * j
        j *= s
    return torch.tensor(r)


def r3(layers):
    lo = hi = 0
    for k, s in layers[::-1]:
        lo, hi = lo * s, hi * s + k - 1
    return float(hi - lo + 1)


def r4(layers):
    n = r1(layers)
    x = torch.zeros(1, 1, n + 5).double().requires_grad_()
    y = x
    for k, s in layers:
        y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s)
    (g,) = torch.autograd.grad(y[0, 0, 0], x)
    on = g.flatten().nonzero()
    return int(on.max() - on.min() + 1)


def rw_measure(n):
    def f(layers):
        x = torch.zeros(1, 1, n).double().requires_grad_()
        y = x
        for k, s in layers:
            y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s, padding=k // 2)
        (g,) = torch.autograd.grad(y[0, 0, y.shape[-1] // 2], x)
        return int((g != 0).sum())

    return f


def rw_count(layers):
    n = r1(layers)
    x = torch.zeros(1, 1, n).double().requires_grad_()
    y = x
    for k, s in layers:
        y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s)
    (g,) = torch.autograd.grad(y[0, 0, 0], x)
    return int((g != 0).sum())


def rw_order(layers):
    r, j = 1, 1
    for k, s in layers[::-1]:
        r += (k - 1) * j
        j *= s
    return r


def rw_own(layers):
    r, j = 1, 1
    for k, s in layers:
        j *= s
        r += (k - 1) * j
    return r


def rw_k(layers):
    r, j = 0, 1
    for k, s in layers:
        r += k * j
        j *= s
    return r


def rw_rsk(layers):
    r = 1
    for k, s in layers[::-1]:
        r = r * s + k
    return r


def rw_pop(layers):
    r = 1
    while layers:
        k, s = layers.pop()
        r = (r - 1) * s + k
    return r


def rw_single(layers):
    r, j = 1, 1
    for k, s in layers:
        r += (k - 1) * j
        j = s
    return r


def rw_same(layers):
    k, s = layers[0]
    r = 1
    for _ in layers:
        r = (r - 1) * s + k
    return r


def rw_overlap(layers):
    r = 1
    for k, s in layers[::-1]:
        r = (r - 1) * s + max(k, s)
    return r


# matrix
def m1(kernel, n, stride):
    return F.conv1d(torch.eye(n, dtype=kernel.dtype)[:, None], kernel[None, None], stride=stride)[:, 0].T


def m2(kernel, n, stride):
    k = len(kernel)
    A = np.zeros(((n - k) // stride + 1, n))
    for i in range(len(A)):
        A[i, i * stride : i * stride + k] = kernel.numpy()
    return A


def m3(kernel, n, stride):
    return torch.einsum(
        "oij,i->oj", torch.eye(n, dtype=kernel.dtype).unfold(1, len(kernel), stride).permute(1, 2, 0), kernel
    )


def m4(kernel, n, stride):
    k = len(kernel)
    i = torch.arange((n - k) // stride + 1)[:, None]
    off = torch.arange(n) - i * stride
    return torch.where((off >= 0) & (off < k), kernel[off.clamp(0, k - 1)], torch.zeros((), dtype=kernel.dtype))


def m5(kernel, n, stride):
    return [
        [float(kernel[j - i * stride]) if 0 <= j - i * stride < len(kernel) else 0.0 for j in range(n)]
        for i in range((n - len(kernel)) // stride + 1)
    ]


def build(kernel, n, stride, rows=None, at=lambda i, s: i * s, wrap=False, ker=lambda k: k, dtype=None):
    k = len(kernel)
    R = (n - k) // stride + 1 if rows is None else rows(n, k, stride)
    A = torch.zeros(R, n, dtype=dtype or kernel.dtype)
    for i in range(R):
        for j in range(k):
            c = at(i, stride) + j
            if wrap:
                A[i, c % n] += ker(kernel)[j]
            elif c < n:
                A[i, c] = ker(kernel)[j]
    return A


def mw_every(kernel, n, stride):  # all rows kept with zeros
    A = build(kernel, n, 1)
    A[torch.arange(len(A)) % stride != 0] = 0
    return A


def mw_inpl(kernel, n, stride):
    A = build(kernel, n, stride)
    kernel.flip(0)
    kernel.mul_(0)
    return A


def mw_roll(kernel, n, stride):
    row = F.pad(kernel, (0, n - len(kernel)))
    return torch.stack([row.roll(i * stride) for i in range(n // stride)])


def mw_three(kernel, n, stride):
    A = torch.zeros((n - len(kernel)) // stride + 1, n, dtype=kernel.dtype)
    for i in range(len(A)):
        for j in range(min(3, len(kernel))):
            A[i, i * stride + j] = kernel[j]
    return A


def mw_pad(kernel, n, stride):
    k = len(kernel)
    A = torch.zeros((n - k) // stride + 1, n, dtype=kernel.dtype)
    for i in range(len(A)):
        for j in range(k):
            c = i * stride + j - k // 2
            if 0 <= c < n:
                A[i, c] = kernel[j]
    return A


def mw_lastdrop(kernel, n, stride):
    A = build(kernel, n, stride)
    if len(A) > 1:
        A[-1] = 0
    return A


# batch norm
def bn1(x, g, b, e):
    return F.batch_norm(x, None, None, g, b, True, 0.1, e)


def bn2(x, g, b, e):
    L = nn.BatchNorm2d(x.shape[1], eps=e).to(x.dtype)
    with torch.no_grad():
        L.weight.copy_(g)
        L.bias.copy_(b)
    return L.train()(x).detach()


def bn3(x, g, b, e):
    X = np.asarray(x, float)
    m = X.mean((0, 2, 3), keepdims=True)
    v = X.var((0, 2, 3), keepdims=True)
    return (X - m) / np.sqrt(v + e) * np.asarray(g)[None, :, None, None] + np.asarray(b)[None, :, None, None]


def bn4(x, g, b, e):
    out = torch.empty_like(x)
    for c in range(x.shape[1]):
        d = x[:, c] - x[:, c].mean()
        out[:, c] = g[c] * d * torch.rsqrt((d * d).mean() + e) + b[c]
    return out


def bn5(x, g, b, e):
    n = x[:, 0].numel()
    d = x - torch.einsum("nchw->c", x)[:, None, None] / n
    return torch.einsum("nchw,c->nchw", d, g / (torch.einsum("nchw,nchw->c", d, d) / n + e).sqrt()) + b[:, None, None]


c4 = lambda a: a[:, None, None]


def bn(
    dims=(0, 2, 3),
    unb=False,
    scale=lambda v, e: (v + e).sqrt(),
    g=lambda g: c4(g),
    b=lambda b: c4(b),
    var=None,
    mean=None,
):
    def f(x, gamma, beta, eps):
        m = x.mean(dims, keepdim=True) if mean is None else mean(x)
        v = x.var(dims, unbiased=unb, keepdim=True) if var is None else var(x, m)
        return g(gamma) * (x - m) / scale(v, eps) + b(beta)

    return f


def bnw_inpl(x, g, b, e):
    x -= x.mean((0, 2, 3), keepdim=True)
    return x / (x.square().mean((0, 2, 3), keepdim=True) + e).sqrt() * c4(g) + c4(b)


def bnw_order(x, g, b, e):  # (x + beta) gamma
    m, v = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    return ((x - m) / (v + e).sqrt() + c4(b)) * c4(g)


def bnw_msmap(x, g, b, e):  # mean of per-picture variances
    m = x.mean((0, 2, 3), keepdim=True)
    v = x.var((2, 3), unbiased=False, keepdim=True).mean(0, keepdim=True)
    return (x - m) / (v + e).sqrt() * c4(g) + c4(b)


def bnw_f32(x, g, b, e):
    x32 = x.float()
    v = (x32**2).mean((0, 2, 3), keepdim=True) - x32.mean((0, 2, 3), keepdim=True) ** 2
    return (x32 - x32.mean((0, 2, 3), keepdim=True)) / (v + e).sqrt() * c4(g) + c4(b)


def bnw_gammain(x, g, b, e):
    g *= 1.0
    g.abs_()
    return bn()(x, g, b, e)


def bnw_seed(x, g, b, e):
    L = nn.BatchNorm2d(x.shape[1]).to(x.dtype)
    L.weight.data, L.bias.data = g.clone(), b.clone()
    return L(x).detach()


def bnw_eval(x, g, b, e):
    L = nn.BatchNorm2d(x.shape[1], eps=e).to(x.dtype)
    L.weight.data, L.bias.data = g.clone(), b.clone()
    return L.eval()(x).detach()


def bnw_alias(x, g, b, e):
    L = nn.BatchNorm2d(x.shape[1], eps=e).to(x.dtype)
    L.weight.data, L.bias.data = g.clone(), b.clone()
    L(x)
    return L.eval()(x).detach()


RIGHT = {
    "pictures_at_rest": [p1, p2, p3, p4],
    "receptive_field": [r1, r2, r3, r4],
    "matrix_of_convolution": [m1, m2, m3, m4, m5],
    "batch_norm": [bn1, bn2, bn3, bn4, bn5],
}
WRONG = {
    "pictures_at_rest": [
        (pw_stay, "G left in eval"),
        (pw_train, "G always set to train"),
        (pw_single, "one by one in G's own mode"),
        (pw_restore, "train mode, averages put back"),
        (pw_mom0, "momentum 0 for ever"),
        (pw_flag, "only G.training"),
        (pw_bnleft, "BatchNorms left in eval"),
        (pw_copy, "copy in its own mode"),
        (pw_freeze, "weights frozen for ever"),
        (pw_after, "eval after the drawing"),
        (pw_global, "gradients switched off globally"),
        (pw_reset, "averages reset"),
        (pw_seed, "seeds"),
        (pw_zgrad, "G's gradients deleted"),
        (pw_track, "tracking switched off for ever"),
        (pw_not, "not training"),
        (pw_lasttrain, "only some of the layers"),
        (pw_first, "one picture for all"),
        (pw_01, "pictures in 0 ... 1"),
        (pw_zeros, "fixed company in train mode"),
        (pw_inpl, "z in place"),
        (pw_trunc, "truncated"),
        (pw_when, "train at the end, whatever it was"),
    ],
    "receptive_field": [
        (lambda L: sum(k for k, _ in L), "sum of kernels"),
        (lambda L: math.prod(k for k, _ in L), "product of kernels"),
        (lambda L: 1 + sum(k - 1 for k, _ in L), "strides forgotten"),
        (rw_order, "layers in the wrong order"),
        (rw_own, "own stride counted"),
        (rw_k, "k in place of k - 1"),
        (rw_rsk, "r s + k"),
        (rw_pop, "list emptied"),
        (rw_single, "only the last stride"),
        (rw_same, "all layers like the first"),
        (lambda L: 3 * 2 ** len(L) - 2, "only k = 4, s = 2"),
        (lambda L: r1(L) - 1, "the 1 forgotten"),
        (lambda L: r1(L) ** 2, "area"),
        (lambda L: L[-1][0] * math.prod(s for _, s in L), "last kernel times all strides"),
        (lambda L: L[-1][0] * math.prod(s for _, s in L[:-1]), "last kernel times the strides before"),
        (lambda L: math.prod(s for _, s in L), "product of strides"),
        (rw_measure(64), "measured on 64 pixels"),
        (rw_measure(28), "measured on 28 pixels"),
        (lambda L: max(k for k, _ in L), "largest kernel"),
        (rw_overlap, "max(k, s)"),
        (lambda L: 1 + sum((k - 1) * s for k, s in L), "only own stride"),
        (lambda L: 22, "the guess"),
        (lambda L: r1(L) if len(L) <= 3 else 22, "only three layers"),
        (lambda L: r1(L[:3]), "first three layers"),
        (lambda L: sum(k * s for k, s in L), "sum of k s"),
        (lambda L: 1 + sum((k - s) for k, s in L), "k - s"),
        (rw_count, "pixels counted, gaps left out"),
    ],
    "matrix_of_convolution": [
        (lambda k, n, s: build(k, n, s, ker=lambda k: k.flip(0)), "kernel turned"),
        (lambda k, n, s: build(k, n, s).T, "transposed"),
        (lambda k, n, s: build(k, n, 1), "stride ignored"),
        (lambda k, n, s: build(k, n, s, at=lambda i, s: i), "right number of rows, shift 1"),
        (lambda k, n, s: build(k, n, s, rows=lambda n, k, s: n // s, wrap=True), "circular"),
        (mw_roll, "rolled round, n // s rows"),
        (lambda k, n, s: build(k, n, s, rows=lambda n, k, s: (n - k) // s), "one row too few"),
        (lambda k, n, s: build(k, n, s, rows=lambda n, k, s: n // s), "rows past the end"),
        (mw_every, "left-out rows as zeros"),
        (mw_inpl, "kernel in place"),
        (mw_three, "kernel of at most 3"),
        (mw_pad, "padding"),
        (mw_lastdrop, "last row 0"),
        (lambda k, n, s: build(k, n, s, ker=lambda k: k / k.sum()), "normalised"),
        (lambda k, n, s: build(k, n, s, dtype=torch.int64), "integers"),
        (lambda k, n, s: build(k, n, s, at=lambda i, s: i * len(k)), "shifted by the kernel's length"),
        (lambda k, n, s: torch.diag_embed(k.new_ones(n))[::s][: (n - len(k)) // s + 1] * k[0], "only the first weight"),
        (lambda k, n, s: build(k, n, s, ker=lambda k: k.abs()), "positive kernels only"),
        (
            lambda k, n, s: F.conv_transpose1d(
                torch.eye((n - len(k)) // s + 1, dtype=k.dtype)[:, None], k[None, None], stride=s
            )[:, 0],
            "by conv_transpose1d, without the pixels not reached",
        ),
        (
            lambda k, n, s: torch.nn.functional.unfold(
                torch.eye(n, dtype=k.dtype)[None, None], (1, len(k)), stride=(1, s)
            ).view(len(k), -1)[: (n - len(k)) // s + 1],
            "unfold misunderstood",
        ),
        (lambda k, n, s: build(k, n, s, rows=lambda n, k, s: n)[:n], "square"),
        (lambda k, n, s: build(k, n, s, at=lambda i, s: i + s - 1), "shifted by s - 1"),
        (lambda k, n, s: build(k, n, s, at=lambda i, s: i * s + (n - len(k)) % s), "right-aligned"),
        (lambda k, n, s: build(k, n, s, ker=lambda k: k) / len(k), "mean instead of sum"),
        (lambda k, n, s: build(k, n, min(s, 2)), "stride 2 at most"),
        (lambda k, n, s: build(k, n, s).half(), "half precision"),
        (lambda k, n, s: build(k, n, s).T.reshape((n - len(k)) // s + 1, n), "reshaped transposed"),
    ],
    "batch_norm": [
        (bn(unb=True), "1/(n-1)"),
        (bn(dims=(0,)), "batch only"),
        (bn(dims=(2, 3)), "positions only"),
        (bn(dims=(1, 2, 3)), "LayerNorm"),
        (bn(dims=(1,)), "channels"),
        (bn(dims=(0, 1, 2, 3)), "everything"),
        (bn(scale=lambda v, e: v.sqrt() + e), "eps outside the root"),
        (bn(scale=lambda v, e: v.sqrt()), "no eps"),
        (bn(scale=lambda v, e: (v + 1e-5).sqrt()), "eps fixed"),
        (bn(scale=lambda v, e: v + e), "no root"),
        (bn(scale=lambda v, e: (v + e**2).sqrt()), "eps squared"),
        (bn(scale=lambda v, e: v.clamp(min=e).sqrt()), "eps as a floor"),
        (bn(g=lambda g: 1), "no gamma"),
        (bn(b=lambda b: 0), "no beta"),
        (bn(g=lambda g: 1 + c4(g)), "1 + gamma"),
        (bn(g=lambda g: g, b=lambda b: b), "gamma along the width"),
        (bn(g=lambda g: g[:, None, None, None], b=lambda b: b[:, None, None, None]), "gamma along the batch"),
        (bn(g=lambda g: g[:, None], b=lambda b: b[:, None]), "gamma along the height"),
        (bn(g=lambda g: g.mean(), b=lambda b: b.mean()), "one gamma"),
        (bn(var=lambda x, m: x.square().mean((0, 2, 3), keepdim=True)), "mean square about 0"),
        (bnw_inpl, "in place"),
        (bnw_order, "beta before gamma"),
        (bnw_msmap, "mean of the pictures' variances"),
        (bnw_f32, "E[x2] - E[x]2 in float32"),
        (bnw_gammain, "gamma made positive in place"),
        (bnw_seed, "layer's own eps"),
        (bnw_eval, "eval mode"),
        (bnw_alias, "running averages after one batch"),
        (bn(mean=lambda x: 0), "not shifted"),
        (bn(mean=lambda x: x.mean((0, 2, 3), keepdim=True), dims=(0, 2)), "variance over batch and rows"),
        (bn(mean=lambda x: x.flatten(2).median(2).values.median(0).values[None, :, None, None]), "median"),
        (bn(g=lambda g: c4(g.abs())), "positive gamma only"),
        (bn(scale=lambda v, e: (v + e).sqrt().detach() * 0 + (v + e).sqrt().mean()), "one scale for all maps"),
        (
            bn(scale=lambda v, e: (v + e).sqrt(), var=lambda x, m: (x - m).abs().mean((0, 2, 3), keepdim=True) ** 2),
            "mean deviation",
        ),
        (lambda x, g, b, e: bn()(x[:1], g, b, e).expand_as(x), "first picture"),
        (lambda x, g, b, e: F.group_norm(x, x.shape[1], g, b, e), "GroupNorm per map"),
        (lambda x, g, b, e: F.layer_norm(x, x.shape[1:], None, None, e) * c4(g) + c4(b), "layer_norm"),
        (lambda x, g, b, e: c4(b) * bn(g=lambda g: 1, b=lambda b: 0)(x, g, b, e) + c4(g), "gamma and beta exchanged"),
    ],
}
RIGHT["pictures_at_rest"] += [pw_lasttrain]
RIGHT["receptive_field"] += [rw_count]
# of the wrong ones those that were accepted or not named at first, with the words of the sentence that must come
SAID = {
    "pictures_at_rest": {
        13: "G's gradients are deleted: no zero_grad ",
        14: "the settings of G's BatchNorms are chang",
        17: " is ",
        19: "each picture has the same company here, ",
        21: "the latents are cut off at ±1. Leave the",
    },
    "receptive_field": {
        6: "r neighbours have r − 1 strides between ",
        10: "this is the answer if all kernels are 4 ",
        13: "the last kernel is multiplied by all str",
        16: "right for some inputs, but it is 78, you",
        24: "each kernel times its own stride, added ",
        25: " is ",
    },
    "matrix_of_convolution": {11: "the kernel lies with its middle on each ", 12: " is ", 16: " is "},
    "batch_norm": {
        11: "eps is a floor here: the variance is hel",
        14: "each map is multiplied by 1 + γ. γ itsel",
        18: "one γ and one β for all maps. Each map h",
        22: "the variance is a mean of the variances ",
        24: "γ has lost its sign. A negative one turn",
        27: "these are the running averages after one",
        29: " is ",
        30: " is ",
        31: "γ has lost its sign. A negative one turn",
        32: " is ",
        33: "the mean absolute deviation stands in pl",
        34: " is ",
    },
}
WRONG = {name: [(WRONG[name][k][0], words) for k, words in rows.items()] for name, rows in SAID.items()}
