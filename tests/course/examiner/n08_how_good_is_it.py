"""Answers to the exercises of notebook 08."""

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


def choose_seeded(fd, again):
    torch.manual_seed(0)
    return fd.argmin(), again[fd.argmin()]


def choose_by_topk(fd, again):
    k = torch.topk(fd, 1, largest=False).indices
    return (k, again[k])


def choose_sorted(fd, again):
    k = int(fd.argmin())
    fd.sort(out=(fd, torch.empty(len(fd), dtype=torch.long)))
    return (k, again[k])


def choose_rounded(fd, again):
    k = fd.round().argmin()
    return (k, again[k])


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


def frechet_by_matrices(x, y):
    m = (x.double().mean() - y.double().mean()) ** 2
    S, T = (x.double().var(unbiased=False).view(1, 1), y.double().var(unbiased=False).view(1, 1))
    e = torch.linalg.eigvals(S @ T).real.sqrt().sum()
    return m + S.trace() + T.trace() - 2 * e


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


def limit_of_other_sizes(n, fd):
    m = torch.linspace(float(n.min()), float(n.max()), len(n))
    return limit_polyfit(m, fd)


def limit_by_medians(n, fd):
    u = 1 / n.double()
    s = [(fd[i] - fd[j]) / (u[i] - u[j]) for i in range(len(n)) for j in range(i) if u[i] != u[j]]
    b = torch.stack(s).median()
    return (fd - b * u).median()


def limit_sorting(n, fd):
    n, o = n.sort()
    fd.copy_(fd[o].clone())
    return limit_polyfit(n, fd)


RIGHT = {
    "choice": [
        choose_with_loop,
        lambda fd, again: (int(np.argmin(fd.numpy())), again.numpy()[np.argmin(fd.numpy())]),
        lambda fd, again: [fd.min(0).indices, again[fd.min(0).indices]],
        lambda fd, again: (fd.float().argsort()[0], again.float()[fd.argsort()[0]]),
        lambda fd, again: torch.stack([fd.argmin().double(), again[fd.argmin()]]),
        choose_by_topk,
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
        frechet_by_matrices,
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
        (choose_seeded, "the value is right, but it seeds"),
        (lambda fd, again: (fd.argmin(), again[fd]), "IndexError"),
        (lambda fd, again: (fd.argmin() / len(fd), again[fd.argmin()]), ", you say "),
        (choose_sorted, "your function stops"),
        (choose_rounded, "right for some inputs, but"),
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
            "for k = 1 only a copy",
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
            lambda real, fake, k: inside(real, fake, k).double().sum(1).mean() / k,
            "this is density: it counts every ball. Here",
        ),
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
        (
            lambda real, fake, k: inside(real, fake, k).all(1).double().mean(),
            "a fake must lie in every ball here.",
        ),
        (
            lambda real, fake, k: inside(real, fake, k).double().mean(),
            "this is the share of all pairs. A",
        ),
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
        (lambda n, fd: (fd - 2261 * (1 / n + 1 / 10_000)).mean(), "2261 and 10,000 belong to section 1"),
        (lambda n, fd: torch.tensor(np.polyfit(1 / n.numpy(), fd.numpy(), 1)), "I expected the shape (), you gave"),
        (lambda n, fd: torch.linalg.lstsq((1 / n)[:, None], fd[:, None]).solution[0, 0], "this is the slope of a line"),
        (lambda n, fd: limit_polyfit(n, fd.log()), "this is fitted to the logarithms of the"),
        (lambda n, fd: np.exp(limit_polyfit(n, fd.log())), "the logarithms of the distances are fitted"),
        (lambda n, fd: max(limit_polyfit(n, fd), 1.0), "right for some inputs, but"),
        (lambda n, fd: limit_polyfit(n[:3], fd[:3]), "only the first three measurements count."),
        (lambda n, fd: limit_polyfit(n, fd.sort().values), "the distances are sorted and n is not: they"),
        (lambda n, fd: -limit_polyfit(n, fd), "the sign is turned, everywhere"),
        (lambda n, fd: limit_polyfit(n, fd) ** 0.5, "there is a NaN in your answer"),
        (lambda n, fd: fd.double().mean(), "a mean over the sizes keeps their mean"),
        (limit_of_other_sizes, "your answer stays the same, whatever n is."),
        (limit_by_medians, ", you say "),
        (limit_sorting, "the value is right, but it overwrites its"),
    ],
}
