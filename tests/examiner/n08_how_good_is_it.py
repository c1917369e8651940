"""Answers to the exercises of notebook 08."""

import math

import numpy as np
import torch
from scipy import stats

from gan_tutorial.metrics import frechet_distance, neighbours

# 08.1


def choose_with_loop(fd, again):
    best = 0
    for k in range(1, len(fd)):
        if fd[k] < fd[best]:
            best = k
    return best, again[best]


def choose_in_place(fd, again):
    best = fd.argmin()
    fd[best] = again[best]
    return best, fd[best]


def seeded_choice(fd, again):
    torch.manual_seed(0)
    return fd.argmin(), again[fd.argmin()]


def choose_topk(fd, again):
    k = torch.topk(fd, 1, largest=False).indices
    return (k, again[k])


def choose_mean(fd, again):
    m = (fd + again) / 2
    k = m.argmin()
    return (k, m[k])


def choose_meanreport(fd, again):
    k = fd.argmin()
    return (k, (fd[k] + again[k]) / 2)


def choose_choose_mean(fd, again):
    k = (fd + again).argmin()
    return (k, again[k])


def choose_max(fd, again):
    k = fd.argmax()
    return (k, again[k])


def choose_one(fd, again):
    k = fd.argmin()
    return (k + 1, again[k])


def choose_swap(fd, again):
    k = again.argmin()
    return (k, fd[k])


def choose_worst(fd, again):
    k = fd.argmin()
    return (k, torch.maximum(fd[k], again[k]))


def choose_order(fd, again):
    k = fd.argmin()
    return (again[k], k)


def choose_firstdrop(fd, again):
    k = 0
    while k + 1 < len(fd) and fd[k + 1] < fd[k]:
        k += 1
    return (k, again[k])


def choose_abs(fd, again):
    k = (fd - again).abs().argmin()
    return (k, again[k])


def choose_inplace(fd, again):
    k = int(fd.argmin())
    fd.sort(out=(fd, torch.empty(len(fd), dtype=torch.long)))
    return (k, again[k])


def choose_round(fd, again):
    k = fd.round().argmin()
    return (k, again[k])


def choose_int(fd, again):
    k = fd.argmin()
    return (k, int(again[k]))


# 08.2


def inside(real, fake, k, radius=None):
    d = torch.cdist(real, real)
    radius = d.sort(1).values[:, k] if radius is None else radius
    return torch.cdist(fake, real) <= radius


def precision_in_loops(real, fake, k):
    hits = 0
    for x in fake:
        for i, centre in enumerate(real):
            others = sorted(float((centre - other).norm()) for j, other in enumerate(real) if j != i)
            if float((x - centre).norm()) <= others[k - 1]:
                hits += 1
                break
    return hits / len(fake)


def precision_in_numpy(real, fake, k):
    real, fake = real.numpy(), fake.numpy()
    within = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.partition(within, k, axis=1)[:, k]
    return (np.linalg.norm(fake[:, None] - real[None], axis=2) <= radius).any(1).mean()


def precision_by_topk(real, fake, k):
    radius = torch.cdist(real, real).topk(k + 1, largest=False).values[:, -1]
    return (radius >= torch.cdist(real, fake).T).any(dim=1).float().mean()


def precision_of_float(real, fake, k):
    return neighbours(real.float(), fake.float(), k=k).precision


def precision_fixed(k):
    return lambda real, fake, _: inside(real, fake, k).any(1).double().mean()


def precision_damaging(real, fake, k):
    real -= real.mean(0)
    fake -= real.mean(0)
    return inside(real, fake, k).any(1).double().mean()


def precision_shift_back(real, fake, k):
    within = torch.cdist(real, real)
    real.mul_(2)
    real.div_(3)
    return (torch.cdist(fake, 1.5 * real) <= within.sort(1).values[:, k] + 1e-9).any(1).double().mean()


def inside_radius(real, k):
    return torch.cdist(real, real).kthvalue(k + 1, dim=1).values


def precision_fakes(real, fake, k):
    rad = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values
    return (torch.cdist(fake, real) <= rad[:, None]).any(1).double().mean()


def precision_nearest(real, fake, k):
    d = torch.cdist(fake, real)
    i = d.argmin(1)
    return (d.amin(1) <= inside_radius(real, k)[i]).double().mean()


def precision_mix(real, fake, k):
    w = torch.cdist(real, real)
    rad = w.square().kthvalue(k + 1, 1).values
    return (torch.cdist(fake, real) <= rad).any(1).double().mean()


def precision_drop0(real, fake, k):
    w = torch.cdist(real, real)
    w[w == 0] = math.inf
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


def precision_col0(real, fake, k):
    w = torch.cdist(real, real)[:, 1:]
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


def precision_self(real, fake, k):
    both = torch.cat([real, fake])
    rad = torch.cdist(real, both).kthvalue(k + 1, 1).values
    return (torch.cdist(fake, real) <= rad).any(1).double().mean()


def precision_eyehuge(real, fake, k):
    w = torch.cdist(real, real) + torch.eye(len(real))
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


# 08.3


def frechet_with_loops(x, y):
    def moments(v):
        mean = sum(v.tolist()) / len(v)
        return mean, (sum((a - mean) ** 2 for a in v.tolist()) / (len(v) - 1)) ** 0.5

    (m, s), (n, r) = moments(x), moments(y)
    return (m - n) ** 2 + (s - r) ** 2


def frechet_centring(x, y):
    shift = (x.mean() - y.mean()) ** 2
    x -= x.mean()
    y -= y.mean()
    return shift + (x.std() - y.std()) ** 2


def frechet_mat(x, y):
    m = (x.double().mean() - y.double().mean()) ** 2
    S, T = (x.double().var(unbiased=False).view(1, 1), y.double().var(unbiased=False).view(1, 1))
    e = torch.linalg.eigvals(S @ T).real.sqrt().sum()
    return m + S.trace() + T.trace() - 2 * e


def frechet_sorted(x, y):
    n = min(len(x), len(y))
    return (x[:n].sort().values - y[:n].sort().values).square().mean()


def frechet_cov(x, y):
    n = min(len(x), len(y))
    x, y = (x[:n], y[:n])
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * ((x - x.mean()) * (y - y.mean())).mean()


# 08.4


def limit_polyfit(n, fd):
    return np.polyfit(1 / n.numpy(), fd.numpy(), 1)[-1]


def limit_normal_equations(n, fd):
    X = torch.stack([1 / n, torch.ones_like(n)], 1)
    return ((X.T @ X).inverse() @ X.T @ fd)[1]


def limit_linregress(n, fd):
    return stats.linregress(1 / n, fd).intercept


def limit_in_python(n, fd):
    u, f = [1 / v for v in n.tolist()], fd.tolist()
    k, su, sf = len(u), sum(u), sum(f)
    b = (k * sum(a * c for a, c in zip(u, f, strict=True)) - su * sf) / (k * sum(a * a for a in u) - su**2)
    return (sf - b * su) / k


def limit_weighted(n, fd):
    X = torch.stack([1 / n, torch.ones_like(n)], 1) * n.sqrt()[:, None]
    return torch.linalg.lstsq(X, (n.sqrt() * fd)[:, None]).solution[1, 0]


def fit(u, f, w=None):
    u, f = (u.double(), f.double())
    w = torch.ones_like(u) if w is None else w.double()
    w = w / w.sum()
    mu, mf = ((w * u).sum(), (w * f).sum())
    b = (w * (u - mu) * (f - mf)).sum() / (w * (u - mu) ** 2).sum()
    return (mf - b * mu, b)


def limit_two(n, fd):
    u = 1 / n.double()
    return fd[0] - u[0] * (fd[0] - fd[-1]) / (u[0] - u[-1])


def limit_extremes(n, fd):
    i, j = (n.argmin(), n.argmax())
    u = 1 / n.double()
    return fd[j] - u[j] * (fd[i] - fd[j]) / (u[i] - u[j])


def limit_origin(n, fd):
    u = 1 / n.double()
    return (fd - (u * fd).sum() / (u * u).sum() * u).mean()


def limit_dup(n, fd):
    v = n.unique()
    m = torch.stack([fd[n == k].mean() for k in v])
    return fit(1 / v.double(), m)[0]


def limit_six(n, fd):
    m = torch.linspace(float(n.min()), float(n.max()), len(n))
    return fit(1 / m, fd)[0]


def limit_infl(n, fd):
    a, b = fit(1 / n.double(), fd)
    return a + b / n.max()


def limit_lad(n, fd):
    u = 1 / n.double()
    s = [(fd[i] - fd[j]) / (u[i] - u[j]) for i in range(len(n)) for j in range(i) if u[i] != u[j]]
    b = torch.stack(s).median()
    return (fd - b * u).median()


def limit_inplace(n, fd):
    fd -= fd.mean().clone() * 0
    n, o = n.sort()
    fd.copy_(fd[o].clone())
    return fit(1 / n.double(), fd)[0]


def limit_inv(n, fd):
    a, b = fit(fd, 1 / n.double())
    return -a / b


def limit_loglog(n, fd):
    a, b = fit(n.double().log(), fd.double().log())
    return torch.exp(a)


def limit_half(n, fd):
    big = n >= n.double().median()
    return fit(1 / n[big].double(), fd[big])[0]


RIGHT = {
    "choice": [
        choose_with_loop,
        lambda fd, again: (int(np.argmin(fd.numpy())), again.numpy()[np.argmin(fd.numpy())]),
        lambda fd, again: [fd.min(0).indices, again[fd.min(0).indices]],
        lambda fd, again: (fd.float().argsort()[0], again.float()[fd.argsort()[0]]),
        lambda fd, again: torch.stack([fd.argmin().double(), again[fd.argmin()]]),
        choose_topk,
    ],
    "precision": [
        precision_in_loops,
        precision_in_numpy,
        precision_by_topk,
        precision_of_float,
    ],
    "frechet_of_one": [
        frechet_with_loops,
        lambda x, y: (np.mean(x.numpy()) - np.mean(y.numpy())) ** 2 + (np.std(x.numpy()) - np.std(y.numpy())) ** 2,
        lambda x, y: torch.tensor([x.mean() - y.mean(), x.std() - y.std()]).square().sum(),
        lambda x, y: frechet_distance(x[:, None], y[:, None]),
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * x.std() * y.std(),
        lambda x, y: (x.float().mean() - y.float().mean()) ** 2 + (x.float().std() - y.float().std()) ** 2,
        frechet_mat,
    ],
    "without_bias": [
        limit_polyfit,
        limit_normal_equations,
        limit_linregress,
        limit_in_python,
    ],
}
WRONG = {
    "choice": [
        (lambda fd, again: (int(np.argmin(fd)), float(np.min(fd.numpy()))), "the sample that chose also reports"),
        (lambda fd, again: (np.argmin(again.numpy()), np.min(again.numpy())), "fd plays no part"),
        (lambda fd, again: (1, again[1]), "your answer stays the same, whatever fd"),
        (lambda fd, again: again[fd.argmin()], "2 values are asked for"),
        (lambda fd, again: (fd.argmin(), again[fd.argmin()], fd.min()), "2 values are asked for"),
        (lambda fd: (fd.argmin(), fd.min()), "your function takes (fd); it is called"),
        (choose_in_place, "the value is right, but it overwrites"),
        (seeded_choice, "the value is right, but it seeds"),
        (lambda fd, again: (fd.argmin(), again[fd]), "IndexError"),
        (lambda fd, again: (fd.argmin() / len(fd), again[fd.argmin()]), ", you say "),
        (choose_mean, "a mean of both samples is one larger"),
        (choose_meanreport, "half of the report still comes from the"),
        (choose_choose_mean, "the sample that reports has had a say"),
        (choose_max, "a large distance is bad, and this takes"),
        (choose_one, "the checkpoints are counted from 0."),
        (choose_swap, "the two samples are exchanged: fd is to"),
        (choose_worst, "the larger of two noisy numbers is too"),
        (choose_order, "the two answers are exchanged: first the checkpoint."),
        (choose_firstdrop, "this stops where the distance rises for the"),
        (choose_abs, "this is where the two samples agree best."),
        (choose_inplace, "your function stops"),
        (choose_round, "right for some inputs, but"),
        (choose_int, "the distance has lost its decimals."),
    ],
    "precision": [
        (precision_fixed(3), "your answer stays the same, whatever k"),
        (precision_fixed(1), "your answer stays the same, whatever k"),
        (
            lambda real, fake, k: inside(real[:20], fake, k).any(1).double().mean(),
            "only the first 20 real samples are asked.",
        ),
        (lambda real, fake, k: precision_in_numpy(fake, real, k), "this is recall"),
        (lambda real, fake, k: np.sort(precision_fixed(k)(real, fake, k))[None].mean() * 100, "AxisError"),
        (lambda real, fake, k: inside(real, fake, k).any(1), "I expected the shape (), you gave"),
        (lambda real, fake, k: inside(real, fake, k).sum(1).double().mean(), "this is in how many balls a"),
        (lambda real, fake, k: inside(real, fake, k).any(0).float().sum() / len(real), "this is coverage"),
        (
            lambda real, fake, k: (
                inside(real, fake, k, torch.cdist(real, real).sort(0).values[k - 1]).any(1).float().mean()
            ),
            "for k = 1 no fake is",
        ),
        (
            lambda real, fake, k: inside(real, fake, k, torch.cdist(real, real).mean(1)).any(1).double().mean(),
            "your answer stays the same, whatever k",
        ),
        (
            lambda real, fake, k: (
                inside(real, fake, k, torch.cdist(real, real).sort(1).values[:, k] / 2).any(1).double().mean()
            ),
            "the balls have half their radius. They",
        ),
        (
            lambda real, fake, k: (torch.cdist(fake, real) <= k).any(1).double().mean(),
            "k is taken for the radius. It is a number",
        ),
        (lambda real, fake, k: (torch.cdist(fake, real).kthvalue(k, 1).values <= 1).double().mean(), "you say"),
        (lambda real, fake, k: inside(real, fake, k).any(), "your answer stays the same, whatever real"),
        (
            lambda real, fake, k: (
                inside(real, fake, k, torch.cdist(real, fake).topk(k, largest=False).values[:, -1])
                .any(1)
                .double()
                .mean()
            ),
            "your balls reach to the k-th nearest fake",
        ),
        (precision_damaging, "it overwrites its input real"),
        (precision_shift_back, "the value is right, but it overwrites"),
        (lambda real, fake: inside(real, fake, 5).any(1).double().mean(), "your function takes (real, fake); it is"),
        (lambda real, fake, k: inside(real, fake, 10 * k).any(1).double().mean(), "size 30"),
        (lambda real, fake, k: 1.0, "your answer stays the same, whatever real"),
        (
            lambda real, fake, k: (
                (torch.cdist(fake, real) <= torch.cdist(real, real).kthvalue(2 * k, dim=1).values)
                .any(1)
                .double()
                .mean()
            ),
            "right where",
        ),
        (
            lambda real, fake, k: (
                (torch.cdist(fake, real) <= torch.cdist(real, real).kthvalue(k + 2, dim=1).values)
                .any(1)
                .double()
                .mean()
            ),
            "the balls are one neighbour too large: they",
        ),
        (
            lambda real, fake, k: (torch.cdist(fake, real) <= inside_radius(real, k).mean()).any(1).double().mean(),
            "every ball has the mean radius. Each has",
        ),
        (
            lambda real, fake, k: (torch.cdist(fake, real) <= inside_radius(real, k).max()).any(1).double().mean(),
            "every ball has the radius of the largest.",
        ),
        (precision_fakes, "this asks whether a fake's own ball holds"),
        (
            lambda real, fake, k: inside(real, fake, k).double().sum(1).mean() / k,
            "this is density: it counts every ball. Here",
        ),
        (precision_nearest, "only the ball of the nearest real sample"),
        (
            lambda real, fake, k: (
                (torch.cdist(fake, real) <= torch.cdist(real, real).topk(k, dim=1).values[:, -1]).any(1).double().mean()
            ),
            "your answer stays the same, whatever k is",
        ),
        (
            lambda real, fake, k: (
                (torch.cdist(fake, real, p=1) <= torch.cdist(real, real, p=1).kthvalue(k + 1, 1).values)
                .any(1)
                .double()
                .mean()
            ),
            "the distances are sums over the",
        ),
        (precision_mix, "distances are compared with squares of"),
        (precision_drop0, "cdist rounds: the distance of a sample from"),
        (
            lambda real, fake, k: inside(real, fake, k).all(1).double().mean(),
            "a fake must lie in every ball here.",
        ),
        (
            lambda real, fake, k: inside(real, fake, k).double().mean(),
            "this is the share of all pairs. A",
        ),
        (precision_col0, "the first column holds the distances from"),
        (precision_self, "the fakes are neighbours as well here. A"),
        (precision_eyehuge, "a sample is put at distance 1 from itself."),
        (
            lambda real, fake, k: 100 * inside(real, fake, k).any(1).double().mean(),
            "yours is 100 times the right answer, everywhere.",
        ),
        (
            lambda real, fake, k: inside(real, fake, k).any(1).sum(),
            "this counts the fakes inside. Precision is their",
        ),
        (
            lambda real, fake, k: inside(real, fake, k).any(1).sum() / len(real),
            "the number of fakes inside is divided by",
        ),
    ],
    "frechet_of_one": [
        (lambda x, y: np.sqrt((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2), "this is its root"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + (x - y).std() ** 2, "RuntimeError"),
        (lambda x, y: ((x[: len(y)] - y[: len(x)]) ** 2).mean(), "this pairs the samples, the first with"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + x.std() ** 2 - y.std() ** 2, "(s − r)² is not s² −"),
        (
            lambda x, y: 2 * ((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2),
            "yours is 2 times the right answer,",
        ),
        (lambda x, y: ((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2) / 2, "yours is 0"),
        (lambda x, y: -((x.mean() - y.mean()) ** 2) - (x.std() - y.std()) ** 2, "the sign is turned, everywhere"),
        (
            lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2 / x.std() ** 2,
            "there is an infinity in your answer",
        ),
        (lambda x, y: [(x.mean() - y.mean()) ** 2, (x.std() - y.std()) ** 2], "I expected the shape (), you gave"),
        (frechet_centring, "the value is right, but it overwrites"),
        (lambda x, y: print((x.mean() - y.mean()) ** 2), "your function prints its answer"),
        (
            lambda x, y: (x.mean() - y.mean()) ** 2 + (x.sort().values.diff().mean() - y.std()) ** 2,
            "right for some inputs, but",
        ),
        (lambda x, y: 0.0, "your answer stays the same, whatever x"),
        (
            lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var() - (x.var() * y.var()).sqrt(),
            "in the trace a factor 2 is missing:",
        ),
        (frechet_sorted, "this pairs the samples by their size. The"),
        (frechet_cov, "a covariance of x and y needs pairs, and"),
        (
            lambda x, y: (x.mean() - y.mean()).square() + 0.5 * (x.std() - y.std()).square(),
            "the part of the standard deviations counts",
        ),
    ],
    "without_bias": [
        (lambda n, fd: np.polyfit(1 / n.numpy(), fd.numpy(), 1)[0], "this is the slope in 1/n"),
        (lambda n, fd: np.polyfit(n.numpy(), fd.numpy(), 1)[1], "this is a line in n"),
        (lambda n, fd: np.polyval(np.polyfit(1 / n.numpy(), fd.numpy(), 1), 1 / 10_000), "this is the line at n ="),
        (lambda n, fd: np.polyfit(1 / n.numpy(), fd.numpy(), 2)[-1], "this is a parabola in 1/n"),
        (limit_weighted, "large n count for more here"),
        (lambda n, fd: (fd[0] * n[0] - fd[1] * n[1]) / (n[0] - n[1]), "there is an infinity in your answer"),
        (lambda n, fd: (fd - 2261 * (1 / n + 1 / 10_000)).mean(), "2261 and 10,000 belong to the features"),
        (lambda n, fd: torch.tensor(np.polyfit(1 / n.numpy(), fd.numpy(), 1)), "I expected the shape (), you gave"),
        (lambda n, fd: torch.linalg.lstsq((1 / n)[:, None], fd[:, None]).solution[0, 0], "this is the slope of a line"),
        (lambda n, fd: limit_polyfit(n, fd.log()), "this is fitted to the logarithms of the"),
        (lambda n, fd: np.exp(limit_polyfit(n, fd.log())), "the logarithms of the distances are fitted"),
        (lambda n, fd: max(limit_polyfit(n, fd), 1.0), "right for some inputs, but"),
        (lambda n, fd: limit_polyfit(n[:3], fd[:3]), "only the first three measurements count."),
        (lambda n, fd: limit_polyfit(n, fd.sort().values), "the distances are sorted and n is not: they"),
        (lambda n, fd: -limit_polyfit(n, fd), "the sign is turned, everywhere"),
        (lambda n, fd: limit_polyfit(n, fd) ** 0.5, "there is a NaN in your answer"),
        (lambda n, fd: fit(n.double() ** (-0.5), fd)[0], "this is a line in 1/√n. By (2)"),
        (lambda n, fd: fit(n.double().log(), fd)[0], "this is a line in log n. By"),
        (limit_two, "this line goes through the first and the"),
        (limit_extremes, "this line goes through the measurements with the"),
        (lambda n, fd: fit(1 / n.double(), fd, n.double() ** 2)[0], "the squares are weighted by n². Let all"),
        (limit_origin, "the slope is that of a line through"),
        (
            lambda n, fd: fit((1 / n.double()).sort().values, fd.sort().values)[0],
            "n and the distances are sorted each by",
        ),
        (lambda n, fd: torch.clamp(fit(1 / n.double(), fd)[0], min=0), "a fit below 0 is lifted to 0."),
        (lambda n, fd: fd.double().mean(), "a mean over the sizes keeps their mean"),
        (limit_dup, "the measurements with one n are averaged"),
        (limit_six, "your answer stays the same, whatever n is."),
        (lambda n, fd: fit(1 / n.double() + 1 / 10000, fd)[0], "the reference's 1/m is added to 1/n. Asked"),
        (limit_infl, "this is the line at the largest n."),
        (limit_lad, ", you say "),
        (limit_inplace, "the value is right, but it overwrites its"),
        (limit_inv, "the squares are those of the misses in"),
        (limit_loglog, "this is a power of n, read off at n = 1. By"),
        (limit_half, "the smaller n are left out. All"),
    ],
}
