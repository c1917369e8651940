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


RIGHT = {
    "choice": [
        choose_with_loop,
        lambda fd, again: (int(np.argmin(fd.numpy())), again.numpy()[np.argmin(fd.numpy())]),
        lambda fd, again: [fd.min(0).indices, again[fd.min(0).indices]],
        lambda fd, again: (fd.float().argsort()[0], again.float()[fd.argsort()[0]]),
        lambda fd, again: torch.stack([fd.argmin().double(), again[fd.argmin()]]),
    ],
    "precision": [precision_in_loops, precision_in_numpy, precision_by_topk, precision_of_float],
    "frechet_of_one": [
        frechet_with_loops,
        lambda x, y: (np.mean(x.numpy()) - np.mean(y.numpy())) ** 2 + (np.std(x.numpy()) - np.std(y.numpy())) ** 2,
        lambda x, y: torch.tensor([x.mean() - y.mean(), x.std() - y.std()]).square().sum(),
        lambda x, y: frechet_distance(x[:, None], y[:, None]),
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * x.std() * y.std(),
        lambda x, y: (x.float().mean() - y.float().mean()) ** 2 + (x.float().std() - y.float().std()) ** 2,
    ],
    "without_bias": [limit_polyfit, limit_normal_equations, limit_linregress, limit_in_python],
}

WRONG = {
    "choice": [
        (lambda fd, again: (int(np.argmin(fd)), float(np.min(fd.numpy()))), "the sample that chose also reports"),
        (lambda fd, again: (np.argmin(again.numpy()), np.min(again.numpy())), "fd plays no part"),
        (lambda fd, again: (1, again[1]), "your answer stays the same, whatever fd"),
        (lambda fd, again: again[fd.argmin()], "2 values are asked for"),
        (lambda fd, again: (fd.argmin(), again[fd.argmin()], fd.min()), "2 values are asked for"),
        (lambda fd, again: (fd.argmin(), max(fd.min(), again[fd.argmin()])), "right for some inputs, but"),
        (
            lambda fd, again: (torch.maximum(fd, again).argmin(), again[torch.maximum(fd, again).argmin()]),
            "right for some inputs, but",
        ),
        (lambda fd, again: (fd.argmin(), again[fd.argmin()] - (again - fd).mean()), "nothing has to be corrected"),
        (lambda fd, again: (fd.argsort()[1], again[fd.argsort()[1]]), ", you say "),
        (lambda fd, again: (fd[1:].argmin(), again[1:][fd[1:].argmin()]), ", you say "),
        (lambda fd, again: (fd.argmin(), again.median()), "right for some inputs, but"),
        (lambda fd: (fd.argmin(), fd.min()), "your function takes (fd); it is called"),
        (choose_in_place, "the value is right, but it overwrites"),
        (seeded_choice, "the value is right, but it seeds"),
        (lambda fd, again: (fd.argmin(), again[fd]), "IndexError"),
        (lambda fd, again: (fd.argmin() / len(fd), again[fd.argmin()]), ", you say "),
    ],
    "precision": [
        (precision_fixed(3), "your answer stays the same, whatever k"),
        (precision_fixed(1), "your answer stays the same, whatever k"),
        (lambda real, fake, k: inside(real[:20], fake, k).any(1).double().mean(), "right for some inputs, but"),
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
            "for real of shape (30, 3), fake",
        ),
        (lambda real, fake, k: (torch.cdist(fake, real) <= k).any(1).double().mean(), "right for some inputs, but"),
        (
            lambda real, fake, k: (torch.cdist(fake, real).kthvalue(k, 1).values <= 1).double().mean(),
            "for real of shape (25, 4), fake",
        ),
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
    ],
    "frechet_of_one": [
        (lambda x, y: np.sqrt((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2), "this is its root"),
        (
            lambda x, y: torch.dist(torch.stack([x.mean(), x.std()]), torch.stack([y.mean(), y.std()])),
            "this is its root",
        ),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + (x - y).std() ** 2, "RuntimeError"),
        (lambda x, y: ((x[: len(y)] - y[: len(x)]) ** 2).mean(), "this pairs the samples, the first with"),
        (lambda x, y: x.mean() ** 2 - y.mean() ** 2 + (x.std() - y.std()) ** 2, "right for some inputs, but"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + x.std() ** 2 - y.std() ** 2, "(s − r)² is not s² −"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + (x.var() - y.var()).abs(), "the difference of the variances is not"),
        (
            lambda x, y: 2 * ((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2),
            "yours is 2 times the right answer,",
        ),
        (lambda x, y: ((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2) / 2, "yours is 0"),
        (lambda x, y: -((x.mean() - y.mean()) ** 2) - (x.std() - y.std()) ** 2, "the sign is turned, everywhere"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - 1) ** 2, "right for some inputs, but"),
        (lambda x, y: x.mean() ** 2 + (x.std() - y.std()) ** 2, ", you say "),
        (lambda x, y: (x.mean() - y.mean()) ** 2 + x.var(), "for x of shape (15,) and y"),
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
    ],
    "without_bias": [
        (lambda n, fd: np.polyfit(1 / n.numpy(), fd.numpy(), 1)[0], "this is the slope in 1/n"),
        (lambda n, fd: np.polyfit(n.numpy(), fd.numpy(), 1)[1], "this is a line in n"),
        (lambda n, fd: np.polyval(np.polyfit(1 / n.numpy(), fd.numpy(), 1), 1 / 10_000), "this is the line at n ="),
        (lambda n, fd: np.polyfit(1 / n.numpy(), fd.numpy(), 2)[-1], "this is a parabola in 1/n"),
        (limit_weighted, "large n count for more here"),
        (lambda n, fd: fd[-1], "this is the last measurement of the"),
        (lambda n, fd: (fd[0] * n[0] - fd[1] * n[1]) / (n[0] - n[1]), "there is an infinity in your answer"),
        (lambda n, fd: (fd - 2261 / n).mean(), "2261 is the slope for the features"),
        (lambda n, fd: (fd - 2261 * (1 / n + 1 / 10_000)).mean(), "2261 and 10,000 belong to the features"),
        (lambda n, fd: torch.tensor(np.polyfit(1 / n.numpy(), fd.numpy(), 1)), "I expected the shape (), you gave"),
        (lambda n, fd: torch.linalg.lstsq((1 / n)[:, None], fd[:, None]).solution[0, 0], "this is the slope of a line"),
        (lambda n, fd: limit_polyfit(n, fd.log()), ", you say "),
        (lambda n, fd: np.exp(limit_polyfit(n, fd.log())), "the logarithms of the distances are fitted"),
        (lambda n, fd: max(limit_polyfit(n, fd), 1.0), "right for some inputs, but"),
        (lambda n, fd: limit_polyfit(n[:3], fd[:3]), "right for some inputs, but"),
        (lambda n, fd: limit_polyfit(n, fd.sort().values), ", you say "),
        (lambda n, fd: limit_polyfit(n.reciprocal_(), fd), "this is a line in n"),
        (lambda n, fd: -limit_polyfit(n, fd), "the sign is turned, everywhere"),
        (lambda n, fd: limit_polyfit(n, fd) ** 0.5, "there is a NaN in your answer"),
    ],
}


# written from the text alone
# ruff: noqa: B905, E731, E741


def blind_c_list(fd, again):
    k = min(range(len(fd)), key=lambda i: float(fd[i]))
    return (k, float(again[k]))


def blind_c_np(fd, again):
    k = int(np.argmin(fd.detach().numpy()))
    return (np.int64(k), np.float32(again.numpy()[k]))


def blind_c_sort(fd, again):
    k = fd.sort().indices[0]
    return [k, again[k]]


def blind_c_topk(fd, again):
    k = torch.topk(fd, 1, largest=False).indices
    return (k, again[k])


def blind_c_minagain(fd, again):
    return (fd.argmin(), again.min())


def blind_c_mean(fd, again):
    m = (fd + again) / 2
    k = m.argmin()
    return (k, m[k])


def blind_c_meanreport(fd, again):
    k = fd.argmin()
    return (k, (fd[k] + again[k]) / 2)


def blind_c_choose_mean(fd, again):
    k = (fd + again).argmin()
    return (k, again[k])


def blind_c_last(fd, again):
    return (len(fd) - 1, again[-1])


def blind_c_max(fd, again):
    k = fd.argmax()
    return (k, again[k])


def blind_c_one(fd, again):
    k = fd.argmin()
    return (k + 1, again[k])


def blind_c_swap(fd, again):
    k = again.argmin()
    return (k, fd[k])


def blind_c_worst(fd, again):
    k = fd.argmin()
    return (k, torch.maximum(fd[k], again[k]))


def blind_c_order(fd, again):
    k = fd.argmin()
    return (again[k], k)


def blind_c_firstdrop(fd, again):
    k = 0
    while k + 1 < len(fd) and fd[k + 1] < fd[k]:
        k += 1
    return (k, again[k])


def blind_c_abs(fd, again):
    k = (fd - again).abs().argmin()
    return (k, again[k])


def blind_c_inplace(fd, again):
    k = int(fd.argmin())
    fd.sort(out=(fd, torch.empty(len(fd), dtype=torch.long)))
    return (k, again[k])


def blind_c_round(fd, again):
    k = fd.round().argmin()
    return (k, again[k])


def blind_c_int(fd, again):
    k = fd.argmin()
    return (k, int(again[k]))


def blind_c_allagain(fd, again):
    return (fd.argmin(), again.mean())


def blind_p_np(real, fake, k):
    r, f = (real.numpy().astype(float), fake.numpy().astype(float))
    d = np.sqrt(((r[:, None] - r[None]) ** 2).sum(-1))
    np.fill_diagonal(d, np.inf)
    rad = np.sort(d, 1)[:, k - 1]
    return (np.sqrt(((f[:, None] - r[None]) ** 2).sum(-1)) <= rad).any(1).mean()


def blind_p_diag(real, fake, k):
    w = torch.cdist(real, real)
    w.fill_diagonal_(math.inf)
    return (torch.cdist(fake, real) <= w.sort(1).values[:, k - 1]).any(1).float().mean()


def blind_p_sq(real, fake, k):
    w = (real[:, None] - real).square().sum(-1)
    return (
        ((fake[:, None] - real).square().sum(-1) <= w.topk(k + 1, largest=False).values[:, -1])
        .any(1)
        .double()
        .mean()
        .item()
    )


def blind_rad(real, k):
    return torch.cdist(real, real).kthvalue(k + 1, dim=1).values


def blind_p_2k(real, fake, k):
    return (torch.cdist(fake, real) <= torch.cdist(real, real).kthvalue(2 * k, dim=1).values).any(1).double().mean()


def blind_p_k2(real, fake, k):
    return (torch.cdist(fake, real) <= torch.cdist(real, real).kthvalue(k + 2, dim=1).values).any(1).double().mean()


def blind_p_mean(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k).mean()).any(1).double().mean()


def blind_p_maxrad(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k).max()).any(1).double().mean()


def blind_p_fakes(real, fake, k):
    rad = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values
    return (torch.cdist(fake, real) <= rad[:, None]).any(1).double().mean()


def blind_p_density(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k)).double().sum(1).mean() / k


def blind_p_nearest(real, fake, k):
    d = torch.cdist(fake, real)
    i = d.argmin(1)
    return (d.amin(1) <= blind_rad(real, k)[i]).double().mean()


def blind_p_dim0(real, fake, k):
    return (torch.cdist(fake, real) <= torch.cdist(real, real).topk(k, dim=1).values[:, -1]).any(1).double().mean()


def blind_p_l1(real, fake, k):
    return (
        (torch.cdist(fake, real, p=1) <= torch.cdist(real, real, p=1).kthvalue(k + 1, 1).values).any(1).double().mean()
    )


def blind_p_mix(real, fake, k):
    w = torch.cdist(real, real)
    rad = w.square().kthvalue(k + 1, 1).values
    return (torch.cdist(fake, real) <= rad).any(1).double().mean()


def blind_p_drop0(real, fake, k):
    w = torch.cdist(real, real)
    w[w == 0] = math.inf
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


def blind_p_all(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k)).all(1).double().mean()


def blind_p_sum(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k)).double().mean()


def blind_p_col0(real, fake, k):
    w = torch.cdist(real, real)[:, 1:]
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


def blind_p_self(real, fake, k):
    both = torch.cat([real, fake])
    rad = torch.cdist(real, both).kthvalue(k + 1, 1).values
    return (torch.cdist(fake, real) <= rad).any(1).double().mean()


def blind_p_eyehuge(real, fake, k):
    w = torch.cdist(real, real) + torch.eye(len(real))
    return (torch.cdist(fake, real) <= w.kthvalue(k, 1).values).any(1).double().mean()


def blind_p_pct(real, fake, k):
    return 100 * (torch.cdist(fake, real) <= blind_rad(real, k)).any(1).double().mean()


def blind_p_count(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k)).any(1).sum()


def blind_p_overM(real, fake, k):
    return (torch.cdist(fake, real) <= blind_rad(real, k)).any(1).sum() / len(real)


def blind_f_num(x, y):
    return float(np.square(np.mean(x.numpy()) - np.mean(y.numpy())) + (np.std(x.numpy()) - np.std(y.numpy())) ** 2)


def blind_f_var(x, y):
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * (x.var() * y.var()).sqrt()


def blind_f_mat(x, y):
    m = (x.double().mean() - y.double().mean()) ** 2
    S, T = (x.double().var(unbiased=False).view(1, 1), y.double().var(unbiased=False).view(1, 1))
    e = torch.linalg.eigvals(S @ T).real.sqrt().sum()
    return m + S.trace() + T.trace() - 2 * e


def blind_f_list(x, y):
    import statistics as s

    x, y = (x.tolist(), y.tolist())
    return (s.fmean(x) - s.fmean(y)) ** 2 + (s.pstdev(x) - s.pstdev(y)) ** 2


def blind_f_vardiff(x, y):
    return (x.mean() - y.mean()) ** 2 + (x.var() - y.var()) ** 2


def blind_f_nocross(x, y):
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var()


def blind_f_onlymean(x, y):
    return (x.mean() - y.mean()) ** 2


def blind_f_abs(x, y):
    return (x.mean() - y.mean()).abs() + (x.std() - y.std()) ** 2


def blind_f_plus(x, y):
    return (x.mean() - y.mean()) ** 2 + (x.std() + y.std()) ** 2


def blind_f_two(x, y):
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * x.var() * y.var()


def blind_f_oneroot(x, y):
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - (x.var() * y.var()).sqrt()


def blind_f_std(x, y):
    return (x.mean() - y.mean()) ** 2 + x.std() + y.std() - 2 * (x.std() * y.std()).sqrt()


def blind_f_sorted(x, y):
    n = min(len(x), len(y))
    return (x[:n].sort().values - y[:n].sort().values).square().mean()


def blind_f_cov(x, y):
    n = min(len(x), len(y))
    x, y = (x[:n], y[:n])
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * ((x - x.mean()) * (y - y.mean())).mean()


def blind_f_pooled(x, y):
    return (x.mean() - y.mean()) ** 2 / (x.var() + y.var())


def blind_f_var1(x, y):
    return (x.mean() - y.mean()) ** 2 + (1 - y.std()) ** 2


def blind_f_second(x, y):
    return (x.mean() - y.mean()) ** 2 + (x.square().mean().sqrt() - y.square().mean().sqrt()) ** 2


def blind_f_median(x, y):
    return (x.median() - y.median()) ** 2 + (x.std() - y.std()) ** 2


def blind_f_max0(x, y):
    return (x.mean() - y.mean()) ** 2 + (x.std() - y.std()).clamp(min=0) ** 2


def blind_f_naive(x, y):
    sx = (x.square().mean() - x.mean() ** 2).sqrt()
    sy = (y.square().mean() - y.mean() ** 2).sqrt()
    return (x.mean() - y.mean()) ** 2 + (sx - sy) ** 2


def blind_f_half(x, y):
    return (x.mean() - y.mean()).square() + 0.5 * (x.std() - y.std()).square()


def blind_f_sumsq(x, y):
    return (x.mean() - y.mean() + x.std() - y.std()) ** 2


def blind_w_polyfit(n, fd):
    return np.polyfit(1 / n.numpy().astype(float), fd.numpy().astype(float), 1)[1]


def blind_w_lstsq(n, fd):
    A = torch.stack([torch.ones(len(n)), 1 / n.float()], 1).double()
    return torch.linalg.lstsq(A, fd.double()[:, None]).solution[0, 0]


def blind_w_cov(n, fd):
    u = 1 / n.double()
    f = fd.double()
    b = ((u - u.mean()) * (f - f.mean())).sum() / ((u - u.mean()) ** 2).sum()
    return f.mean() - b * u.mean()


def blind_w_list(n, fd):
    u = [1 / float(k) for k in n]
    f = [float(v) for v in fd]
    K = len(u)
    su, sf = (sum(u), sum(f))
    suu = sum(a * a for a in u)
    suf = sum((a * b for a, b in zip(u, f)))
    return (sf * suu - su * suf) / (K * suu - su * su)


def blind_fit(u, f, w=None):
    u, f = (u.double(), f.double())
    w = torch.ones_like(u) if w is None else w.double()
    w = w / w.sum()
    mu, mf = ((w * u).sum(), (w * f).sum())
    b = (w * (u - mu) * (f - mf)).sum() / (w * (u - mu) ** 2).sum()
    return (mf - b * mu, b)


def blind_w_rootn(n, fd):
    return blind_fit(n.double() ** (-0.5), fd)[0]


def blind_w_log(n, fd):
    return blind_fit(n.double().log(), fd)[0]


def blind_w_two(n, fd):
    u = 1 / n.double()
    return fd[0] - u[0] * (fd[0] - fd[-1]) / (u[0] - u[-1])


def blind_w_extremes(n, fd):
    i, j = (n.argmin(), n.argmax())
    u = 1 / n.double()
    return fd[j] - u[j] * (fd[i] - fd[j]) / (u[i] - u[j])


def blind_w_weighted2(n, fd):
    return blind_fit(1 / n.double(), fd, n.double() ** 2)[0]


def blind_w_largest(n, fd):
    return fd[n.argmax()]


def blind_w_origin(n, fd):
    u = 1 / n.double()
    return (fd - (u * fd).sum() / (u * u).sum() * u).mean()


def blind_w_sorted(n, fd):
    return blind_fit((1 / n.double()).sort().values, fd.sort().values)[0]


def blind_w_nozero(n, fd):
    return torch.clamp(blind_fit(1 / n.double(), fd)[0], min=0)


def blind_w_mean(n, fd):
    return fd.double().mean()


def blind_w_min(n, fd):
    return fd.min()


def blind_w_dup(n, fd):
    v = n.unique()
    m = torch.stack([fd[n == k].mean() for k in v])
    return blind_fit(1 / v.double(), m)[0]


def blind_w_six(n, fd):
    m = torch.linspace(float(n.min()), float(n.max()), len(n))
    return blind_fit(1 / m, fd)[0]


def blind_w_nm(n, fd):
    return blind_fit(1 / n.double() + 1 / 10000, fd)[0]


def blind_w_infl(n, fd):
    a, b = blind_fit(1 / n.double(), fd)
    return a + b / n.max()


def blind_w_lad(n, fd):
    u = 1 / n.double()
    s = [(fd[i] - fd[j]) / (u[i] - u[j]) for i in range(len(n)) for j in range(i) if u[i] != u[j]]
    b = torch.stack(s).median()
    return (fd - b * u).median()


def blind_w_inplace(n, fd):
    fd -= fd.mean().clone() * 0
    n, o = n.sort()
    fd.copy_(fd[o].clone())
    return blind_fit(1 / n.double(), fd)[0]


def blind_w_inv(n, fd):
    a, b = blind_fit(fd, 1 / n.double())
    return -a / b


def blind_w_loglog(n, fd):
    a, b = blind_fit(n.double().log(), fd.double().log())
    return torch.exp(a)


def blind_w_half(n, fd):
    big = n >= n.double().median()
    return blind_fit(1 / n[big].double(), fd[big])[0]


RIGHT["choice"] += [blind_c_list, blind_c_np, blind_c_sort, blind_c_topk]
RIGHT["precision"] += [blind_p_np, blind_p_diag, blind_p_sq]
RIGHT["frechet_of_one"] += [blind_f_num, blind_f_var, blind_f_mat, blind_f_list, blind_f_naive]
RIGHT["without_bias"] += [blind_w_polyfit, blind_w_lstsq, blind_w_cov, blind_w_list]
WRONG["choice"] += [
    (blind_c_minagain, "the reported distance is the least of all"),
    (blind_c_mean, "a mean of both samples is one larger"),
    (blind_c_meanreport, "half of the report still comes from the"),
    (blind_c_choose_mean, "the sample that reports has had a say"),
    (blind_c_last, "this takes the last checkpoint, whatever was measured."),
    (blind_c_max, "a large distance is bad, and this takes"),
    (blind_c_one, "the checkpoints are counted from 0."),
    (blind_c_swap, "the two samples are exchanged: fd is to"),
    (blind_c_worst, "right for some inputs, but"),
    (blind_c_order, "the two answers are exchanged: first the checkpoint."),
    (blind_c_firstdrop, "right for some inputs, but"),
    (blind_c_abs, "right for some inputs, but"),
    (blind_c_inplace, "your function stops"),
    (blind_c_round, "right for some inputs, but"),
    (blind_c_int, ", you say "),
    (blind_c_allagain, "the reported distance is the mean of all"),
]
WRONG["precision"] += [
    (blind_p_2k, "right for some inputs, but"),
    (blind_p_k2, "the balls are one neighbour too large: they"),
    (blind_p_mean, "every ball has the mean radius. Each has"),
    (blind_p_maxrad, "every ball has the radius of the largest."),
    (blind_p_fakes, "this asks whether a fake's own ball holds"),
    (blind_p_density, "this is density: it counts every ball. Here"),
    (blind_p_nearest, "only the ball of the nearest real sample"),
    (blind_p_dim0, "your answer stays the same, whatever k is"),
    (blind_p_l1, "right for some inputs, but"),
    (blind_p_mix, "right for some inputs, but"),
    (blind_p_drop0, "right for some inputs, but"),
    (blind_p_all, "a fake must lie in every ball here."),
    (blind_p_sum, "this is the share of all pairs. A"),
    (blind_p_col0, "right for some inputs, but"),
    (blind_p_self, "the fakes are neighbours as well here. A"),
    (blind_p_eyehuge, "right for some inputs, but"),
    (blind_p_pct, "yours is 100 times the right answer, everywhere."),
    (blind_p_count, "this counts the fakes inside. Precision is their"),
    (blind_p_overM, "right for some inputs, but"),
]
WRONG["frechet_of_one"] += [
    (blind_f_vardiff, "the standard deviations are compared, not the variances."),
    (blind_f_nocross, "the variances are added. Two equal distributions would"),
    (blind_f_onlymean, "this sees the means alone: a generator that"),
    (blind_f_abs, "the part of the means is a square,"),
    (blind_f_plus, "the standard deviations are subtracted, not added: two"),
    (blind_f_two, "in the last term of the trace the"),
    (blind_f_oneroot, "in the trace a factor 2 is missing:"),
    (blind_f_std, "standard deviations stand where the trace has variances."),
    (blind_f_sorted, "right for some inputs, but"),
    (blind_f_cov, ", you say "),
    (blind_f_pooled, "the means are compared in units of the"),
    (blind_f_var1, ", you say "),
    (blind_f_second, "the spread is measured from 0 here. Measure"),
    (blind_f_median, "the formula has means, not medians."),
    (blind_f_max0, "right for some inputs, but"),
    (blind_f_half, ", you say "),
    (blind_f_sumsq, "the two parts are squared each by itself,"),
]
WRONG["without_bias"] += [
    (blind_w_rootn, "this is a line in 1/√n. By (2)"),
    (blind_w_log, "this is a line in log n. By"),
    (blind_w_two, "this line goes through the first and the"),
    (blind_w_extremes, "this line goes through the measurements with the"),
    (blind_w_weighted2, "the squares are weighted by n². Let all"),
    (blind_w_largest, "the largest n has the least bias, but"),
    (blind_w_origin, "the slope is that of a line through"),
    (blind_w_sorted, "n and the distances are sorted each by"),
    (blind_w_nozero, "a fit below 0 is lifted to 0."),
    (blind_w_mean, "a mean over the sizes keeps their mean"),
    (blind_w_min, "the least distance is that of the largest"),
    (blind_w_dup, "right for some inputs, but"),
    (blind_w_six, "your answer stays the same, whatever n is."),
    (blind_w_nm, "the reference's 1/m is added to 1/n. Asked"),
    (blind_w_infl, "this is the line at the largest n."),
    (blind_w_lad, ", you say "),
    (blind_w_inplace, "the value is right, but it overwrites its"),
    (blind_w_inv, "the squares are those of the misses in"),
    (blind_w_loglog, ", you say "),
    (blind_w_half, ", you say "),
]
