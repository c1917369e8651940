"""Answers to the exercises of notebook 04, written from its text alone, without a look at the checks."""

# ruff: noqa
import math, cmath, collections, itertools
import numpy as np, torch
import torch.nn.functional as F


# --- alternating_step
def a1(v, theta, psi, h_G, h_D):
    new = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(theta, new)[0], new


def a2(v, theta, psi, h_G, h_D):
    field = lambda t, p: torch.stack([torch.as_tensor(c) for c in v(t, p)])
    w = torch.stack([torch.as_tensor(theta), torch.as_tensor(psi)])
    w = w + torch.stack([torch.zeros_like(w[0]), h_D * field(*w)[1]])
    w = w + torch.stack([h_G * field(*w)[0], torch.zeros_like(w[0])])
    return w


def a3(v, theta, psi, h_G, h_D):
    rates, where = [h_G, h_D], [theta, psi]
    for who in (1, 0):
        where[who] = where[who] + rates[who] * v(*where)[who]
    return where


def a4(v, theta, psi, h_G, h_D):
    p = torch.add(psi, v(theta, psi)[1], alpha=1) if False else psi + v(theta, psi)[1] * h_D
    t = theta + v(theta, p)[0] * h_G
    return t, p


def w_gfirst(v, theta, psi, h_G, h_D):
    theta = theta + h_G * v(theta, psi)[0]
    return theta, psi + h_D * v(theta, psi)[1]


def w_rates(v, theta, psi, h_G, h_D):
    psi = psi + h_G * v(theta, psi)[1]
    return theta + h_D * v(theta, psi)[0], psi


def w_twice(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    arrow_G, arrow_D = v(theta, psi)
    return theta + h_G * arrow_G, psi + h_D * arrow_D


def w_second(v, theta, psi, h_G, h_D):
    new = psi + h_D * v(theta, psi)[1]
    arrow_G, arrow_D = v(theta, new)
    return theta + h_G * arrow_G, psi + h_D * arrow_D


def w_inplace(v, theta, psi, h_G, h_D):
    psi += h_D * v(theta, psi)[1]
    return theta + h_G * v(theta, psi)[0], psi


def w_inplace2(v, theta, psi, h_G, h_D):
    new = psi + h_D * v(theta, psi)[1]
    theta += h_G * v(theta, new)[0]
    return theta, new


def w_wasser(v, theta, psi, h_G, h_D):
    psi = psi - h_D * theta
    return theta + h_G * psi, psi


def w_minimax(v, theta, psi, h_G, h_D):
    psi = psi - h_D * theta * torch.sigmoid(theta * psi)
    return theta + h_G * psi * torch.sigmoid(theta * psi), psi


def w_minus(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    return theta - h_G * v(theta, psi)[0], psi


def w_swapped(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    return psi, theta + h_G * v(theta, psi)[0]


def w_half(v, theta, psi, h_G, h_D):
    a_G, a_D = v(theta, psi)
    new = psi + h_D * a_D
    return theta + h_G * (a_G + v(theta, new)[0]) / 2, new


def w_symm(v, theta, psi, h_G, h_D):
    half = psi + h_D / 2 * v(theta, psi)[1]
    theta = theta + h_G * v(theta, half)[0]
    return theta, half + h_D / 2 * v(theta, half)[1]


def w_order(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(psi, theta)[0], psi


def w_same_rate(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    return theta + h_D * v(theta, psi)[0], psi


def w_bothfresh(v, theta, psi, h_G, h_D):
    t = theta + h_G * v(theta, psi)[0]
    p = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(t, p)[0], psi + h_D * v(t, p)[1]


def w_back(v, theta, psi, h_G, h_D):  # both answer the other's new place
    p = psi + h_D * v(theta, psi)[1]
    t = theta + h_G * v(theta, psi)[0]
    return theta + h_G * v(theta, p)[0], psi + h_D * v(t, psi)[1]


def w_norm(v, theta, psi, h_G, h_D):
    psi = psi + h_D * torch.sign(torch.as_tensor(v(theta, psi)[1]))
    return theta + h_G * v(theta, psi)[0], psi


def w_ahead(v, theta, psi, h_G, h_D):  # G's rate inside D's step
    new = psi + h_D * v(theta, psi)[1]
    return theta + h_G * h_D * v(theta, new)[0], new


def w_old_theta(v, theta, psi, h_G, h_D):
    new = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(theta, new)[0], psi


def w_cosmetic(v, theta, psi, h_G, h_D):
    arrow_G, arrow_D = v(theta, psi)
    return theta + h_G * arrow_G, psi + h_D * arrow_D


# --- field_with_r1
def f1(theta, psi, gamma):
    t = torch.as_tensor(theta, dtype=torch.float64).detach().clone().requires_grad_()
    p = torch.as_tensor(psi, dtype=torch.float64).detach().clone().requires_grad_()
    V = math.log(0.5) + F.logsigmoid(-p * t)
    (g,) = torch.autograd.grad(V.sum(), t, retain_graph=True)
    (d,) = torch.autograd.grad((V - gamma * p**2 / 2).sum(), p)
    return -g, d


def f2(theta, psi, gamma):
    s = 1 / (1 + np.exp(-np.asarray(theta) * np.asarray(psi)))
    return np.asarray(psi) * s, -np.asarray(theta) * s - gamma * np.asarray(psi)


def f3(theta, psi, gamma):
    s = (psi * theta).sigmoid()
    return torch.stack([psi * s, -(theta * s) - gamma * psi])


def f4(theta, psi, gamma):
    s = (1 + torch.tanh(psi * theta / 2)) / 2
    return [psi * s, -gamma * psi - theta * s]


def mk(g, d):
    return lambda theta, psi, gamma: (g(theta, psi, gamma), d(theta, psi, gamma))


S = lambda t, p: torch.sigmoid(t * p)
G0 = lambda t, p, c: p * S(t, p)


def fw_inplace(theta, psi, gamma):
    s = (theta * psi).sigmoid()
    g = psi * s
    return g, -theta * s - psi.mul_(gamma)


def fw_exp(theta, psi, gamma):
    e = torch.exp(theta * psi)
    s = e / (1 + e)
    return psi * s, -theta * s - gamma * psi


def fw_slopeD(theta, psi, gamma):  # penalty on the slope of D(x) = sigmoid at x = 0: (psi/4)^2...
    s = S(theta, psi)
    return psi * s, -theta * s - gamma * psi / 16


def fw_atfake(theta, psi, gamma):  # penalty on the probability's slope at the fake
    p = psi.detach().clone().requires_grad_()
    t = theta.detach()
    q = torch.sigmoid(p * t)
    pen = gamma / 2 * (p * q * (1 - q)) ** 2
    (d,) = torch.autograd.grad(pen.sum(), p)
    s = S(theta, psi)
    return psi * s, -theta * s - d


# --- largest_rate
def l1(e):
    return 0 if (e.real >= 0).any() else (-2 * e.real / e.abs() ** 2).min()


def l2(e):
    best = math.inf
    for z in e.tolist():
        if z.real >= 0:
            return None
        best = min(best, -2 * z.real / (z.real**2 + z.imag**2))
    return best


def l3(e):
    z = np.asarray(e)
    return float(np.clip((-2 * (1 / z).real), 0, None).min()) if (z != 0).all() else 0.0


def l4(e):
    lo, hi = 0.0, 1.0
    ok = lambda h: bool(((1 + h * e).abs() < 1).all())
    if not ok(1e-7):
        return 0
    while ok(hi):
        hi *= 2
    for _ in range(80):
        m = (lo + hi) / 2
        lo, hi = (m, hi) if ok(m) else (lo, m)
    return lo


def lw(f):
    return lambda e: 0 if (e.real >= 0).any() else f(e)


# --- optimistic
def o1(v, theta, psi, h, steps):
    old = v(theta, psi)
    for _ in range(steps):
        now = v(theta, psi)
        theta, psi = theta + h * (2 * now[0] - old[0]), psi + h * (2 * now[1] - old[1])
        old = now
    return theta, psi


def o2(v, theta, psi, h, steps):
    def go(t, p, before, n):
        if n == 0:
            return [t, p]
        g, d = v(t, p)
        bg, bd = before or (g, d)
        return go(t + 2 * h * g - h * bg, p + 2 * h * d - h * bd, (g, d), n - 1)

    return go(theta, psi, None, steps)


def o3(v, theta, psi, h, steps):
    arrows = []
    for k in range(steps):
        arrows.append(v(theta, psi))
        a, b = arrows[-1], arrows[max(k - 1, 0)]
        theta = theta + h * a[0] + h * (a[0] - b[0])
        psi = psi + h * a[1] + h * (a[1] - b[1])
    return theta, psi


def ow_zero(v, theta, psi, h, steps):
    o = (0.0, 0.0)
    for _ in range(steps):
        n = v(theta, psi)
        theta, psi = theta + h * (2 * n[0] - o[0]), psi + h * (2 * n[1] - o[1])
        o = n
    return theta, psi


def ogen(a, b, first=None, update=True, offset=0, who=(1, 1)):
    def f(v, theta, psi, h, steps):
        o = v(theta, psi)
        for k in range(steps + offset):
            n = v(theta, psi)
            c = [(a * n[i] + b * o[i]) if who[i] else n[i] for i in (0, 1)]
            theta, psi = theta + h * c[0], psi + h * c[1]
            if update:
                o = n
        return theta, psi

    return f


def ow_early(v, theta, psi, h, steps):
    o = n = v(theta, psi)
    for _ in range(steps):
        n = v(theta, psi)
        o = n
        theta, psi = theta + h * (2 * n[0] - o[0]), psi + h * (2 * n[1] - o[1])
    return theta, psi


def ow_reflect(v, theta, psi, h, steps):
    ot, op = theta, psi
    for _ in range(steps):
        g, d = v(2 * theta - ot, 2 * psi - op)
        ot, op = theta, psi
        theta, psi = theta + h * g, psi + h * d
    return theta, psi


def ow_extra(v, theta, psi, h, steps):
    for _ in range(steps):
        g, d = v(theta, psi)
        g, d = v(theta + h * g, psi + h * d)
        theta, psi = theta + h * g, psi + h * d
    return theta, psi


def ow_alt(v, theta, psi, h, steps):
    og, od = v(theta, psi)
    for _ in range(steps):
        d = v(theta, psi)[1]
        psi = psi + h * (2 * d - od)
        od = d
        g = v(theta, psi)[0]
        theta = theta + h * (2 * g - og)
        og = g
    return theta, psi


def ow_hard(v, theta, psi, h, steps):
    og, od = psi, -theta
    for _ in range(steps):
        g, d = psi, -theta
        theta, psi = theta + h * (2 * g - og), psi + h * (2 * d - od)
        og, od = g, d
    return theta, psi


def ow_inpl(v, theta, psi, h, steps):
    o = v(theta, psi)
    o = (o[0] + 0, o[1] + 0)
    for _ in range(steps):
        n = v(theta, psi)
        n = (n[0] + 0, n[1] + 0)
        theta += h * (2 * n[0] - o[0])
        psi += h * (2 * n[1] - o[1])
        o = n
    return theta, psi


def ow_stale(v, theta, psi, h, steps):  # D's arrow after theta has moved, but only the present one
    o = v(theta, psi)
    for _ in range(steps):
        n = v(theta, psi)
        theta = theta + h * (2 * n[0] - o[0])
        psi = psi + h * (2 * v(theta, psi)[1] - o[1])
        o = n
    return theta, psi


def ow_mom(v, theta, psi, h, steps):
    m = (0.0, 0.0)
    for _ in range(steps):
        g, d = v(theta, psi)
        m = (g + 0.5 * m[0], d + 0.5 * m[1])
        theta, psi = theta + h * m[0], psi + h * m[1]
    return theta, psi


def ow_least1(v, theta, psi, h, steps):
    o = v(theta, psi)
    theta, psi = theta + h * o[0], psi + h * o[1]
    for _ in range(steps - 1):
        n = v(theta, psi)
        theta, psi = theta + h * (2 * n[0] - o[0]), psi + h * (2 * n[1] - o[1])
        o = n
    return theta, psi


def ow_update(v, theta, psi, h, steps):  # remembers the whole last update instead of the arrow
    o = v(theta, psi)
    for _ in range(steps):
        n = v(theta, psi)
        s = (2 * n[0] - o[0], 2 * n[1] - o[1])
        theta, psi = theta + h * s[0], psi + h * s[1]
        o = s
    return theta, psi


def ow_hh(v, theta, psi, h, steps):
    o = v(theta, psi)
    for _ in range(steps):
        n = v(theta, psi)
        theta, psi = theta + 2 * h * n[0] - o[0] * h * h, psi + 2 * h * n[1] - o[1] * h * h
        o = n
    return theta, psi


def ow_cross(v, theta, psi, h, steps):  # subtracts the other's
    o = v(theta, psi)
    for _ in range(steps):
        n = v(theta, psi)
        theta, psi = theta + h * (2 * n[0] - o[1]), psi + h * (2 * n[1] - o[0])
        o = n
    return theta, psi


def ow_two_back(v, theta, psi, h, steps):
    a = []
    for k in range(steps):
        a.append(v(theta, psi))
        n, o = a[-1], a[max(0, k - 2)]
        theta, psi = theta + h * (2 * n[0] - o[0]), psi + h * (2 * n[1] - o[1])
    return theta, psi


def ow_avg(v, theta, psi, h, steps):
    o = v(theta, psi)
    T, P = theta, psi
    st, sp = 0, 0
    for _ in range(steps):
        n = v(theta, psi)
        theta, psi = theta + h * (2 * n[0] - o[0]), psi + h * (2 * n[1] - o[1])
        o = n
        st, sp = st + theta, sp + psi
    return (st / steps, sp / steps) if steps else (theta, psi)


RIGHT = {
    "alternating_step": [a1, a2, a3, a4],
    "field_with_r1": [f1, f2, f3, f4],
    "largest_rate": [l1, l2, l3, l4],
    "optimistic": [o1, o2, o3],
}
WRONG = {
    "alternating_step": [
        (w_gfirst, "G moves first"),
        (w_rates, "the rates exchanged"),
        (w_twice, "D moves twice"),
        (w_second, "D's arrow, too, is taken at the new place"),
        (w_inplace, "psi changed in place"),
        (w_inplace2, "theta changed in place"),
        (w_wasser, "only V = -psi theta, v ignored"),
        (w_minimax, "only minimax, v ignored"),
        (w_minus, "G's sign"),
        (w_swapped, "returned in the wrong order"),
        (w_half, "G answers the mean of old and new D"),
        (w_symm, "D moves in two halves, around G"),
        (w_order, "v called with (psi, theta)"),
        (w_same_rate, "G moves with D's rate"),
        (w_bothfresh, "both take the arrow after a trial step (extragradient)"),
        (w_back, "each answers the other's new place"),
        (w_norm, "only the sign of D's arrow"),
        (w_ahead, "G moves by h_G h_D"),
        (w_old_theta, "returns the old psi"),
    ],
    "field_with_r1": [
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * p**2 / 2), "the penalty itself, not its slope"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * p / 2), "half the slope"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - 2 * c * p), "twice the slope"),
        (mk(G0, lambda t, p, c: -t * S(t, p) + c * p), "sign of the penalty"),
        (mk(lambda t, p, c: p * S(t, p) - c * p, lambda t, p, c: -t * S(t, p) - c * p), "G pays as well"),
        (mk(lambda t, p, c: p * S(t, p) - c * t, lambda t, p, c: -t * S(t, p)), "G is braked in place of D"),
        (mk(lambda t, p, c: p * S(t, -p), lambda t, p, c: -t * S(t, p) - c * p), "non-saturating G"),
        (mk(lambda t, p, c: p, lambda t, p, c: -t - c * p), "Wasserstein"),
        (mk(lambda t, p, c: p / 2, lambda t, p, c: -t / 2 - c * p), "linearised"),
        (mk(lambda t, p, c: -p * S(t, p), lambda t, p, c: -t * S(t, p) - c * p), "sign of G's arrow"),
        (mk(lambda t, p, c: p * S(t, -p), lambda t, p, c: -t * S(t, -p) - c * p), "sigma(-psi theta)"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - p), "gamma ignored (1)"),
        (mk(G0, lambda t, p, c: -t * S(t, p)), "no penalty"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * p.abs()), "|psi|: right for psi > 0 only"),
        (mk(G0, lambda t, p, c: (-t - c * p) * S(t, p)), "the penalty inside the bracket"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * t), "brake on theta in D's arrow"),
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * t**2 * p), "slope of the squared score at the fake"),
        (mk(lambda t, p, c: -t * S(t, p) - c * p, G0), "exchanged"),
        (mk(G0, lambda t, p, c: t * S(t, p) - c * p), "D's V with the wrong sign"),
        (fw_inplace, "psi changed in place"),
        (fw_exp, "overflow: nan at large products"),
        (fw_slopeD, "penalises the slope of the probability at 0"),
        (fw_atfake, "penalises the slope of the probability at the fake"),
        (
            mk(lambda t, p, c: p * torch.log(S(t, p)), lambda t, p, c: -t * torch.log(S(t, p)) - c * p),
            "log sigma in place of its slope",
        ),
        (
            mk(lambda t, p, c: p * S(t, p) * (1 - S(t, p)), lambda t, p, c: -t * S(t, p) * (1 - S(t, p)) - c * p),
            "slope of sigma",
        ),
        (mk(G0, lambda t, p, c: -t * S(t, p) - c * p * (p.abs() > 1)), "one-sided"),
    ],
    "largest_rate": [
        (lw(lambda e: (-2 * e.real / e.abs() ** 2).max()), "the largest limit in place of the smallest"),
        (lw(lambda e: (2 / e.abs()).min()), "2/|lambda|"),
        (lw(lambda e: (-2 / e.real).min()), "-2/Re"),
        (lw(lambda e: (-2 * e.real / e.abs()).min()), "without the square"),
        (lambda e: (2 * e.real.abs() / e.abs() ** 2).min(), "|Re|: unstable games get a rate"),
        (lw(lambda e: (-e.real / e.abs() ** 2).min()), "half"),
        (lambda e: 0 if e[0].real >= 0 else -2 * e[0].real / e[0].abs() ** 2, "only the first eigenvalue"),
        (
            lambda e: (-2 * e.real / e.abs() ** 2)[e.real < 0].min() if (e.real < 0).any() else 0,
            "those with Re >= 0 left out",
        ),
        (
            lw(lambda e: -2 * e.real.max() / e.abs().max() ** 2),
            "slowest Re with largest modulus, of different eigenvalues",
        ),
        (lw(lambda e: -2 * e.real.min() / e.abs().max() ** 2), "fastest Re with largest modulus"),
        (lw(lambda e: (1 / e.abs()).min()), "1/|lambda|"),
        (lambda e: (2 / e.imag.abs()).min() if (e.imag != 0).any() else 0, "the limit of alternating steps"),
        (lw(lambda e: (-2 * e.real / e.imag**2).min()), "Im^2 in place of |lambda|^2"),
        (lw(lambda e: (-2 * e.real / e.abs() ** 2).mean()), "the mean"),
        (lambda e: (-2 * e.real / e.abs() ** 2).min(), "negative rates for games that fly apart"),
        (lw(lambda e: (-2 * e.real / (e**2).real).min()), "Re(lambda^2)"),
        (lw(lambda e: (-2 * e.real / e.abs() ** 2)[:2].min()), "only two eigenvalues"),
        (lambda e: 0 if (e.imag != 0).any() else (-2 / e.real).min(), "no rate for any that turns"),
        (lambda e: 4.0, "the guess's"),
        (lambda e: 0 if (e.real > 0).any() else (2 / e.abs()).min(), "circles allowed"),
        (
            lambda e: (
                0
                if (e.real >= 0).all()
                else (-2 * e.real / e.abs() ** 2).clamp(min=1e-9).min()
                if not (e.real >= 0).any()
                else (-2 * e.real / e.abs() ** 2)[e.real < 0].min()
            ),
            "0 only if all are unstable",
        ),
        (lw(lambda e: -2 * e.real.mean() / e.abs().square().mean()), "means"),
        (lw(lambda e: (-e.real / e.imag.abs()).min() if (e.imag != 0).all() else 2 / e.abs().max()), "ratio of parts"),
        (lw(lambda e: (2 * (1 + e).abs()).min()), "|1 + lambda|"),
        (lw(lambda e: -2 * e.real[e.real.argmax()] / e[e.real.argmax()].abs() ** 2), "only the slowest eigenvalue"),
        (lw(lambda e: -2 * e.real[e.abs().argmax()] / e.abs().max() ** 2), "only the eigenvalue of largest modulus"),
        (lw(lambda e: min(1.0, (-2 * e.real / e.abs() ** 2).min().item())), "capped at 1"),
    ],
    "optimistic": [
        (ow_zero, "the arrow before the first step is 0"),
        (ogen(2, 1), "plus"),
        (ogen(1, -1), "present minus before"),
        (ogen(1.5, -0.5), "Adams-Bashforth"),
        (ogen(2, -1, update=False), "the first arrow is kept for ever"),
        (ogen(2, -1, offset=1), "one step too many"),
        (ogen(2, -1, offset=-1), "one step too few"),
        (ogen(2, -1, who=(1, 0)), "only G is optimistic"),
        (ogen(2, -1, who=(0, 1)), "only D is optimistic"),
        (ow_early, "before = present: plain steps"),
        (ow_reflect, "extrapolates the place, not the arrow"),
        (ow_extra, "extragradient"),
        (ow_alt, "alternating"),
        (ow_hard, "a field of its own"),
        (ow_inpl, "in place"),
        (ow_stale, "D sees the new theta"),
        (ow_mom, "momentum"),
        (ow_least1, "one step at least"),
        (ow_update, "remembers the last move, not the arrow"),
        (ow_hh, "h squared"),
        (ow_cross, "subtracts the other's arrow"),
        (ow_two_back, "two steps back"),
        (ow_avg, "the average of the path"),
        (ogen(-1, 2), "twice the old minus the present"),
        (ogen(2, -1.0 + 1), "twice the arrow"),
    ],
}
# of the wrong ones those that were accepted or not named at first, with the words of the sentence that must come
SAID = {
    "alternating_step": {
        2: "after its step D moves once more, by the",
        10: "G answers half the old D and half the ne",
        11: "D moves in two halves, before G and afte",
        12: "v takes theta first, then psi: in G's st",
        14: "both make a trial step and take their ar",
        15: "each answers the move that the other wou",
        17: "G's step is multiplied by both learning ",
    },
    "field_with_r1": {
        5: "G is braked, by γθ, and D is not. The pe",
        8: "this is the linear part near (0, 0), wit",
        16: "the square of the fake's score ψθ is cha",
        20: "exp(ψθ) / (1 + exp(ψθ)) is ∞ / ∞ where ψ",
        21: "charged is the slope of the probability ",
        22: " is ",
        23: "log σ stands where its slope belongs: f'",
        24: "σ (1 − σ) is the slope of σ. V has log σ",
    },
    "largest_rate": {11: "2/|Im λ| is the limit of alternating ste", 16: "you look at two eigenvalues, however man"},
    "optimistic": {
        3: "one and a half arrows minus half of the ",
        7: "G is an optimist and D is not. Both shou",
        15: "D's present arrow is asked for after G h",
        16: " is ",
        19: " is ",
        20: "each takes away the other's arrow of the",
        21: "the arrow that is taken away is two step",
        22: "this is the mean of the path. Where do t",
    },
}
WRONG = {name: [(WRONG[name][k][0], words) for k, words in rows.items()] for name, rows in SAID.items()}
