"""Answers to the exercises of notebook 05, written from its text alone, without a look at the checks."""

# ruff: noqa
import math, copy, itertools
import numpy as np, torch
from torch import nn
import torch.nn.functional as F


def base(
    x_of=lambda real, fake, u: u * real + (1 - u) * fake,
    total=lambda t: t.sum(),
    norm=lambda s: s.flatten(1).norm(dim=1),
    pen=lambda n: (n - 1).square().mean(),
    sign=1,
    wreal=1,
    wfake=1,
    wscale=1,
    graph=True,
    zero=True,
    before=None,
    after=None,
    steps=1,
    kw=None,
):
    def f(D, opt_D, real, fake, u, weight):
        if before:
            before(D)
        for _ in range(steps):
            x = x_of(real, fake, u).detach().requires_grad_()
            (s,) = torch.autograd.grad(total(D(x)), x, **(kw or dict(create_graph=graph)))
            penalty = weight * wscale * pen(norm(s))
            loss = wfake * D(fake).mean() - wreal * D(real).mean() + sign * penalty
            if zero:
                opt_D.zero_grad()
            loss.backward()
            opt_D.step()
        if after:
            after(D)

    return f


def t1(D, opt_D, real, fake, u, weight):
    x = torch.lerp(fake, real, u).detach().requires_grad_(True)
    t = D(x)
    (s,) = torch.autograd.grad(t, x, torch.ones_like(t), create_graph=True)
    n = (s.flatten(1).pow(2).sum(1) + 1e-20).sqrt()
    J = D(real).mean() - D(fake).mean() - weight * ((n - 1) ** 2).mean()
    opt_D.zero_grad(set_to_none=False)
    (-J).backward()
    opt_D.step()


def t2(D, opt_D, real, fake, u, weight):
    ps = [p for p in D.parameters()]
    total = 0
    for r, f, w in zip(real, fake, u.expand(len(real), *u.shape[1:])):
        x = (w * r + (1 - w) * f).unsqueeze(0).requires_grad_()
        (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        total = total + (s.norm() - 1) ** 2
    loss = D(fake).mean() - D(real).mean() + weight * total / len(real)
    for p, g in zip(ps, torch.autograd.grad(loss, ps, allow_unused=True)):
        p.grad = g
    opt_D.step()


def t3(D, opt_D, real, fake, u, weight):
    from torch.func import functional_call, grad, vmap

    opt_D.zero_grad()
    x = u * real + (1 - u) * fake
    params = dict(D.named_parameters())
    score = lambda one: functional_call(D, params, (one[None],)).sum()
    s = vmap(grad(score))(x)
    pen = weight * (torch.linalg.vector_norm(s.flatten(1), dim=1) - 1).square().mean()
    D(fake).mean().backward()
    (-D(real).mean()).backward()
    pen.backward()
    opt_D.step()


def tw_detachx(D, opt_D, real, fake, u, weight):
    x = (u * real + (1 - u) * fake).requires_grad_()
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    penalty = weight * (s.detach().flatten(1).norm(dim=1) - 1).square().mean()
    loss = D(fake).mean() - D(real).mean() + penalty
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


def tw_zero_late(D, opt_D, real, fake, u, weight):
    x = (u * real + (1 - u) * fake).requires_grad_()
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    penalty = weight * (s.flatten(1).norm(dim=1) - 1).square().mean()
    (D(fake).mean() - D(real).mean() + penalty).backward()
    opt_D.zero_grad()
    opt_D.step()


def tw_reqfake(D, opt_D, real, fake, u, weight):
    real.requires_grad_()
    fake.requires_grad_()
    x = u * real + (1 - u) * fake
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    loss = D(fake).mean() - D(real).mean() + weight * (s.flatten(1).norm(dim=1) - 1).square().mean()
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


def tw_two(D, opt_D, real, fake, u, weight):  # two steps: value, then penalty
    opt_D.zero_grad()
    (D(fake).mean() - D(real).mean()).backward()
    opt_D.step()
    x = (u * real + (1 - u) * fake).requires_grad_()
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    opt_D.zero_grad()
    (weight * (s.flatten(1).norm(dim=1) - 1).square().mean()).backward()
    opt_D.step()


def tw_lost(D, opt_D, real, fake, u, weight):  # zero_grad between the two backwards
    opt_D.zero_grad()
    (D(fake).mean() - D(real).mean()).backward()
    x = (u * real + (1 - u) * fake).requires_grad_()
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    opt_D.zero_grad()
    (weight * (s.flatten(1).norm(dim=1) - 1).square().mean()).backward()
    opt_D.step()


def tw_clip(D, opt_D, real, fake, u, weight):
    opt_D.zero_grad()
    (D(fake).mean() - D(real).mean()).backward()
    opt_D.step()
    with torch.no_grad():
        for p in D.parameters():
            p.clamp_(-0.01, 0.01)


def tw_seed(D, opt_D, real, fake, u, weight):
    torch.manual_seed(0)
    base()(D, opt_D, real, fake, u, weight)


def freeze(D):
    D.requires_grad_(False)


def tw_inpl(D, opt_D, real, fake, u, weight):
    base()(D, opt_D, real, fake, u, weight)
    real.clamp_(-0.5, 0.5)


def tw_ownsgd(D, opt_D, real, fake, u, weight):
    x = (u * real + (1 - u) * fake).requires_grad_()
    (s,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    loss = D(fake).mean() - D(real).mean() + weight * (s.flatten(1).norm(dim=1) - 1).square().mean()
    gs = torch.autograd.grad(loss, list(D.parameters()), allow_unused=True)
    with torch.no_grad():
        for p, g in zip(D.parameters(), gs):
            if g is not None:
                p -= opt_D.param_groups[0]["lr"] * g


def tw_perparam(D, opt_D, real, fake, u, weight):  # slope in the weights, not in x
    gs = torch.autograd.grad(
        (D(u * real + (1 - u) * fake)).mean(), [p for p in D.parameters()], create_graph=True, allow_unused=True
    )
    n = torch.cat([g.flatten() for g in gs if g is not None]).norm()
    loss = D(fake).mean() - D(real).mean() + weight * (n - 1) ** 2
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


# best score
def b1(p, q, real, fake):
    return fake + (real - fake) * p / (p + q)


def b2(p, q, real, fake):
    return [(float(a) * real + float(b) * fake) / (float(a) + float(b)) for a, b in zip(p, q)]


def b3(p, q, real, fake):
    lo, hi = (
        torch.full_like(p, min(real, fake) - 1.0, dtype=torch.float64),
        torch.full_like(p, max(real, fake) + 1.0, dtype=torch.float64),
    )
    earns = lambda t: -p * (t - real) ** 2 / 2 - q * (t - fake) ** 2 / 2
    slope = lambda t: -p * (t - real) - q * (t - fake)
    for _ in range(200):
        m = (lo + hi) / 2
        up = slope(m) > 0
        lo, hi = torch.where(up, m, lo), torch.where(up, hi, m)
    return lo


def b4(p, q, real, fake):
    w = np.stack([np.asarray(p, float), np.asarray(q, float)])
    return np.average(np.array([[real] * len(p), [fake] * len(p)], float), axis=0, weights=w)


# slope bound
def lin(D):
    return [m.weight.detach() for m in D.modules() if isinstance(m, nn.Linear)]


def s1(D):
    return math.prod(torch.linalg.matrix_norm(W, 2).item() for W in lin(D))


def s2(D):
    return np.exp(sum(np.log(np.linalg.svd(W.double().numpy(), compute_uv=False)[0]) for W in lin(D)))


def s3(D):
    b = torch.ones((), dtype=torch.float64)
    for p in D.parameters():
        if p.ndim == 2:
            b = b * torch.linalg.eigvalsh((p @ p.T).double())[-1].sqrt()
    return b


def s4(D):
    out = 1.0
    for W in lin(D):
        W = W.double()
        v = torch.ones(W.shape[1], dtype=W.dtype) + torch.arange(W.shape[1]) * 0.013
        for _ in range(300):
            v = W.T @ (W @ v)
            v = v / v.norm()
        out *= (W @ v).norm().item()
    return out


def sw_samples(D):
    d = lin(D)[0].shape[1]
    x = torch.randn(1000, d, dtype=lin(D)[0].dtype).requires_grad_()
    return torch.autograd.grad(D(x).sum(), x)[0].norm(dim=1).max()


def sw_through(D):
    M = None
    for W in lin(D):
        M = W if M is None else W @ M
    return torch.linalg.matrix_norm(M, 2)


def sw_norm(D):
    out = 1.0
    for m in D.modules():
        if isinstance(m, nn.Linear):
            n = torch.linalg.matrix_norm(m.weight.data, 2)
            out *= n
            m.weight.data /= n
    return out


def sw_radius(D):
    return math.prod(
        (torch.linalg.eigvals(W).abs().max() if W.shape[0] == W.shape[1] else torch.linalg.matrix_norm(W, 2)).item()
        for W in lin(D)
    )


def sw_one(D):
    out = 1.0
    for W in lin(D):
        v = torch.ones(W.shape[1], dtype=W.dtype)
        v = W.T @ (W @ v)
        out *= (W @ (v / v.norm())).norm().item()
    return out


def sw_hard3(D):
    L = lin(D)[:3]
    return math.prod(torch.linalg.matrix_norm(W, 2).item() for W in L)


def sw_par(D):
    from torch.nn.utils.parametrizations import spectral_norm

    r = s1(D)
    for m in D.modules():
        if isinstance(m, nn.Linear) and not hasattr(m, "parametrizations"):
            spectral_norm(m)
            break
    return r


def sw_grad(D):
    b = 1.0
    for m in D.modules():
        if isinstance(m, nn.Linear):
            b = b * torch.linalg.matrix_norm(m.weight, 2)
    b.backward()
    return b.detach()


def sw_frozen(D):
    D.requires_grad_(False)
    return s1(D)


def sw_eval(D):
    D.eval()
    return s1(D)


prodof = lambda f: lambda D: math.prod(float(f(W)) for W in lin(D))
mn = lambda o: lambda W: torch.linalg.matrix_norm(W, o)


# count
def c1(x, modes, std):
    d, near = torch.cdist(x, modes).min(1)
    good = d <= 3 * std
    return len(near[good].unique()), good.double().mean()


def c2(x, modes, std):
    found, n = set(), 0
    for a in x:
        d = [float((a - m).norm()) for m in modes]
        k = min(range(len(d)), key=d.__getitem__)
        if d[k] <= 3 * std:
            n += 1
            found.add(k)
    return len(found), n / len(x)


def c3(x, modes, std):
    X, M = np.asarray(x, float), np.asarray(modes, float)
    D = ((X[:, None] - M[None]) ** 2).sum(-1)
    k = D.argmin(1)
    g = D.min(1) <= 9 * std**2
    return int((np.bincount(k[g], minlength=len(M)) > 0).sum()), float(g.mean())


def c4(x, modes, std):
    D = torch.linalg.vector_norm(x.unsqueeze(1) - modes, dim=-1)
    hit = F.one_hot(D.argmin(1), len(modes)).bool() & (D <= 3 * std)
    return hit.any(0).sum(), hit.sum() / len(x)


dist = lambda x, m: (x[:, None] - m).norm(dim=-1)


def cw(thr=lambda std, d: 3 * std, metric=dist, cover=None, share=None):
    def f(x, modes, std):
        D = metric(x, modes)
        d, near = D.min(1)
        good = d <= thr(std, x.shape[1])
        c = len(near[good].unique()) if cover is None else cover(D, d, near, good, std, modes)
        s = good.double().mean() if share is None else share(D, d, near, good, std, modes)
        return c, s

    return f


def cw_inpl(x, modes, std):
    r = c1(x, modes, std)
    x -= modes[0]
    return r


def cw_loopfirst(x, modes, std):  # first mode within reach, not the nearest
    D = dist(x, modes) <= 3 * std
    first = D.double().argmax(1)
    g = D.any(1)
    return len(first[g].unique()), g.double().mean()


def cw_2d(x, modes, std):
    D = ((x[:, None, 0] - modes[:, 0]) ** 2 + (x[:, None, -1] - modes[:, -1]) ** 2).sqrt()
    d, n = D.min(1)
    g = d <= 3 * std
    return len(n[g].unique()), g.double().mean()


def cw_bysum(x, modes, std):  # nearest by the largest inner product
    n = (x @ modes.T).argmax(1)
    d = (x - modes[n]).norm(dim=1)
    g = d <= 3 * std
    return len(n[g].unique()), g.double().mean()


def cw_bin(x, modes, std):
    d, n = dist(x, modes).min(1)
    g = d <= 3 * std
    return torch.bincount(n[g]).shape[0], g.double().mean()


def cw_sub(x, modes, std):
    return c1(x[:1000], modes, std)


def cw_permode(x, modes, std):  # nearest sample of each mode
    D = dist(x, modes)
    return (D.min(0).values <= 3 * std).sum(), (D.min(1).values <= 3 * std).double().mean()


def cw_max(x, modes, std):
    d, n = dist(x, modes).min(1)
    g = d <= 3 * std
    return n[g].max() + 1 if g.any() else 0, g.double().mean()


RIGHT = {
    "turn_of_critic": [t1, t2, t3, base()],
    "best_score": [b1, b2, b3, b4],
    "slope_bound": [s1, s2, s3, s4],
    "count_modes": [c1, c2, c3, c4],
}
WRONG = {
    "turn_of_critic": [
        (base(kw=dict(retain_graph=True)), "retain_graph in place of create_graph"),
        (tw_detachx, "the slopes detached"),
        (base(norm=lambda s: s.norm()), "one norm for the whole batch"),
        (base(pen=lambda n: n.square().mean()), "without the 1"),
        (base(pen=lambda n: (n - 1).clamp(min=0).square().mean()), "one-sided"),
        (base(sign=-1), "penalty with the wrong sign"),
        (base(zero=False), "no zero_grad"),
        (base(wscale=0.5), "half the weight"),
        (tw_zero_late, "zero_grad after backward"),
        (base(wreal=-1, wfake=-1), "D descends V"),
        (base(x_of=lambda r, f, u: r), "slope at the real ones only"),
        (base(x_of=lambda r, f, u: f), "slope at the fakes only"),
        (base(x_of=lambda r, f, u: u * f + (1 - u) * r), "u on the wrong one"),
        (base(x_of=lambda r, f, u: (r + f) / 2), "u ignored: the middle"),
        (base(x_of=lambda r, f, u: torch.rand_like(u) * (r - f) + f), "own random u"),
        (base(x_of=lambda r, f, u: u.mean() * r + (1 - u.mean()) * f), "one u for all"),
        (base(norm=lambda s: s.flatten(1).square().sum(1)), "squared norm minus 1"),
        (base(norm=lambda s: s.norm(dim=1)), "norm over dimension 1 only"),
        (base(total=lambda t: t.mean()), "slope of the mean score"),
        (base(pen=lambda n: (n - 1).abs().mean()), "absolute value"),
        (base(pen=lambda n: (n.mean() - 1) ** 2), "the mean slope held at 1"),
        (base(pen=lambda n: (n - 1).square().sum()), "sum over the batch"),
        (base(steps=2), "two steps"),
        (base(after=lambda D: D.eval()), "D left in eval mode"),
        (base(before=lambda D: D.eval()), "D in eval mode"),
        (base(after=freeze), "D frozen for ever"),
        (tw_reqfake, "real and fake left with requires_grad"),
        (tw_two, "two steps, value and penalty apart"),
        (tw_lost, "zero_grad between the two"),
        (tw_clip, "weight clipping instead"),
        (tw_seed, "seeds"),
        (tw_inpl, "changes real in place"),
        (tw_ownsgd, "own SGD step past opt_D"),
        (tw_perparam, "slope in the weights"),
        (base(norm=lambda s: s.flatten(1).abs().sum(1)), "1-norm"),
        (base(norm=lambda s: s.flatten(1).abs().amax(1)), "largest entry"),
        (base(wfake=0), "fakes left out"),
        (base(wreal=0), "real ones left out"),
        (base(x_of=lambda r, f, u: torch.cat([r, f])), "slope at both ends, not between"),
        (base(x_of=lambda r, f, u: u * r + (1 - u) * f.flip(0)), "pairs mixed up"),
        (base(x_of=lambda r, f, u: u * torch.randn_like(r) + (1 - u) * f), "noise in place of the real"),
    ],
    "best_score": [
        (lambda p, q, r, f: p / (p + q), "targets ignored"),
        (lambda p, q, r, f: (p * r - q * f) / (p + q), "minus"),
        (lambda p, q, r, f: (p * f + q * r) / (p + q), "targets exchanged"),
        (lambda p, q, r, f: p * r + q * f, "not divided by p + q"),
        (lambda p, q, r, f: (r - f) * p / (p + q), "f forgotten"),
        (lambda p, q, r, f: r * p / (p + q), "f = 0"),
        (lambda p, q, r, f: torch.full_like(p, (r + f) / 2), "the middle"),
        (lambda p, q, r, f: torch.where(p > q, r * torch.ones_like(p), f * torch.ones_like(p)), "hinge"),
        (lambda p, q, r, f: (p / q).log(), "log ratio"),
        (lambda p, q, r, f: (p * r + q * f) / (p + q).sum(), "divided by the sum over x"),
        (lambda p, q, r, f: (p - q) / (p + q), "only r = 1, f = -1"),
        (lambda p, q, r, f: ((p * r + q * f) / (p + q)).clamp(-1, 1), "clamped to -1 ... 1"),
        (lambda p, q, r, f: ((p * r + q * f) / (p + q)).clamp(0, 1), "clamped to 0 ... 1"),
        (lambda p, q, r, f: (p * r + q * f) / (p + q + 1e-3), "epsilon 1e-3"),
        (lambda p, q, r, f: p.mul_(r).add_(q * f) / (p + q), "in place"),
        (lambda p, q, r, f: (p**2 * r + q**2 * f) / (p**2 + q**2), "squared weights"),
        (lambda p, q, r, f: (p * r + q * f) / 2, "divided by 2"),
        (lambda p, q, r, f: f + abs(r - f) * p / (p + q), "only r > f"),
        (lambda p, q, r, f: r + (f - r) * p / (p + q), "lerp the wrong way"),
        (
            lambda p, q, r, f: (
                -(p * (((p * r + q * f) / (p + q)) - r) ** 2 + q * (((p * r + q * f) / (p + q)) - f) ** 2) / 2
            ),
            "the worth at each x",
        ),
        (lambda p, q, r, f: (p * r + q * f) / (p.max() + q.max()), "divided by the maxima"),
        (lambda p, q, r, f: r - q / p * f, "solved wrongly"),
        (
            lambda p, q, r, f: r * (p.sqrt() / (p.sqrt() + q.sqrt())) + f * (q.sqrt() / (p.sqrt() + q.sqrt())),
            "roots as weights",
        ),
        (lambda p, q, r, f: r * p / (p + q) - f * p / (p + q), "q/(p+q) mistaken"),
        (lambda p, q, r, f: torch.sigmoid(p - q) * (r - f) + f, "sigmoid of the difference"),
        (lambda p, q, r, f: (p * r + q * f).div(p + q).half(), "half precision"),
    ],
    "slope_bound": [
        (prodof(mn("fro")), "Frobenius"),
        (prodof(mn(float("inf"))), "row sums"),
        (prodof(mn(1)), "column sums"),
        (prodof(mn("nuc")), "nuclear"),
        (lambda D: sum(float(mn(2)(W)) for W in lin(D)), "sum"),
        (lambda D: max(float(mn(2)(W)) for W in lin(D)), "the largest layer"),
        (lambda D: s1(D) * 0.2 ** (len(lin(D)) - 1), "times 0.2 per LeakyReLU"),
        (lambda D: s1(D) * 1.2 ** (len(lin(D)) - 1), "times 1.2 per LeakyReLU"),
        (lambda D: s1(D) * (1.04 / 2) ** ((len(lin(D)) - 1) / 2), "mean slope of LeakyReLU"),
        (sw_through, "norm of the product: LeakyReLU forgotten"),
        (sw_samples, "the steepest of samples"),
        (sw_radius, "spectral radius"),
        (lambda D: math.prod(float(mn(2)(W)) for W in lin(D)[:-1]), "last layer left out"),
        (lambda D: math.prod(float(mn(2)(W)) for W in lin(D)[1:]), "first left out"),
        (
            lambda D: (
                s1(D)
                * math.prod(
                    float(m.bias.norm()) for m in D.modules() if isinstance(m, nn.Linear) and m.bias is not None
                )
            ),
            "biases, too",
        ),
        (prodof(mn(-2)), "smallest singular value"),
        (sw_norm, "normalises the weights"),
        (lambda D: s1(D) ** 2, "squared"),
        (sw_one, "one step of the power method"),
        (sw_hard3, "three layers only"),
        (sw_par, "leaves a spectral_norm on a layer"),
        (sw_grad, "leaves gradients"),
        (sw_frozen, "freezes D"),
        (sw_eval, "leaves eval mode"),
        (prodof(lambda W: (mn(1)(W) * mn(float("inf"))(W)).sqrt()), "sqrt(1-norm inf-norm)"),
        (prodof(lambda W: W.abs().max()), "largest weight"),
        (lambda D: 1.0, "as if normalised"),
        (prodof(lambda W: mn("fro")(W) / min(W.shape) ** 0.5), "mean singular value"),
        (lambda D: math.prod(float(mn(2)(W)) for W in lin(D)) ** (1 / len(lin(D))), "geometric mean"),
        (lambda D: math.prod(max(1.0, float(mn(2)(W))) for W in lin(D)), "at least 1 per layer"),
        (lambda D: math.prod(min(1.0, float(mn(2)(W))) for W in lin(D)), "at most 1 per layer"),
        (prodof(lambda W: W.norm(dim=1).max()), "largest row"),
    ],
    "count_modes": [
        (cw(cover=lambda D, d, n, g, s, m: (D <= 3 * s).any(0).sum()), "any mode within reach is covered"),
        (cw_permode, "the same by the nearest sample"),
        (cw(cover=lambda D, d, n, g, s, m: len(n.unique())), "every nearest mode is covered"),
        (cw(thr=lambda s, d: s), "one std"),
        (cw(thr=lambda s, d: 2 * s), "two std"),
        (cw(thr=lambda s, d: 3 * s**2), "variance"),
        (cw(thr=lambda s, d: 3.0), "std ignored"),
        (cw(thr=lambda s, d: 3 * s * d**0.5), "times sqrt d"),
        (cw(thr=lambda s, d: 3 * s**0.5), "root of std"),
        (cw(metric=lambda x, m: (x[:, None] - m).abs().amax(-1)), "per coordinate"),
        (cw(metric=lambda x, m: (x[:, None] - m).abs().sum(-1)), "1-norm"),
        (cw(metric=lambda x, m: (x[:, None] - m).square().sum(-1)), "squared distance against 3 std"),
        (cw(metric=lambda x, m: (x[:, None] - m).square().mean(-1).sqrt()), "rms per coordinate"),
        (cw(share=lambda D, d, n, g, s, m: g.sum()), "count instead of share"),
        (cw(share=lambda D, d, n, g, s, m: g.sum() / len(m)), "per mode"),
        (cw(share=lambda D, d, n, g, s, m: len(n[g].unique()) / len(m)), "share of modes"),
        (cw(cover=lambda D, d, n, g, s, m: len(n[g].unique()) / len(m)), "covered as a share"),
        (cw(share=lambda D, d, n, g, s, m: 1 - g.double().mean()), "share of bad ones"),
        (cw(share=lambda D, d, n, g, s, m: 100 * g.double().mean()), "percent"),
        (
            cw(share=lambda D, d, n, g, s, m: (D <= 3 * s).sum() / len(d)),
            "pairs counted: overlapping modes count twice",
        ),
        (cw(share=lambda D, d, n, g, s, m: (D <= 3 * s).double().mean()), "mean over all pairs"),
        (cw(cover=lambda D, d, n, g, s, m: len((n * g).unique())), "n * good: mode 0 always"),
        (cw(cover=lambda D, d, n, g, s, m: len(torch.where(g, n, -1).unique())), "-1 counted as a mode"),
        (cw(cover=lambda D, d, n, g, s, m: (torch.bincount(n[g], minlength=len(m)) > 1).sum()), "two samples needed"),
        (cw(cover=lambda D, d, n, g, s, m: g.sum().clamp(max=len(m))), "number of good ones"),
        (lambda x, m, s: c1(x, m, s)[::-1], "exchanged"),
        (cw_inpl, "in place"),
        (cw_loopfirst, "the first in reach, not the nearest"),
        (cw_2d, "two coordinates only"),
        (cw_bysum, "nearest by inner product"),
        (cw_bin, "bincount's length"),
        (cw_sub, "first 1000 only"),
        (cw_max, "largest index + 1"),
        (
            cw(cover=lambda D, d, n, g, s, m: (torch.bincount(n[g], minlength=len(m)) >= 0.01 * len(d)).sum()),
            "1 % of samples needed",
        ),
        (cw(cover=lambda D, d, n, g, s, m: (torch.bincount(n[g], minlength=len(m)) == 0).sum()), "missed modes"),
        (
            cw(
                share=lambda D, d, n, g, s, m: (
                    (g.sum().item() // 1) / max(1, len(n)) if False else round(float(g.double().mean()), 1)
                )
            ),
            "rounded",
        ),
    ],
}
# of the wrong ones those that were accepted or not named at first, with the words of the sentence that must come
SAID = {
    "turn_of_critic": {
        14: "the shares are drawn anew. They are give",
        15: "one share serves all pairs, the mean of ",
        27: "D makes a step for V and another one for",
        32: "D's weights are moved past its optimiser",
        33: "this charges the slope of the score in D",
        34: "the absolute values of a slope's coordin",
        35: "the largest coordinate stands for the sl",
        38: "the slopes are taken at both ends of eac",
        39: "comes out as",
        40: "comes out as",
    },
    "best_score": {
        13: " is ",
        19: "this is what the best score earns at x. ",
        20: " is ",
        22: "the weights of the two targets are the r",
        24: " is ",
        25: " is ",
    },
    "slope_bound": {
        8: " is ",
        10: " is ",
        14: "the biases are in the product as well. T",
        24: " is ",
        28: "this is the mean factor of a layer (the ",
        30: "a layer that lengthens is counted as 1. ",
        31: "the longest row bounds one coordinate of",
    },
    "count_modes": {
        7: "the distance is taken per coordinate, or",
        8: "the root of std is taken. It is no varia",
        9: "the distance is the largest difference o",
        10: "the distance is a sum of absolute differ",
        12: "the distance is taken per coordinate, or",
        14: "the good samples are divided by the numb",
        20: "this is the share of all pairs of a samp",
        21: "poor samples are counted as if mode 0 we",
        22: "the −1 of the poor samples is counted as",
        24: "all modes are counted, covered or not.",
        29: " is ",
        30: "this is the largest index + 1 (so long",
        32: "this is the largest index + 1 (so long",
        35: " is ",
    },
}
WRONG = {name: [(WRONG[name][k][0], words) for k, words in rows.items()] for name, rows in SAID.items()}
