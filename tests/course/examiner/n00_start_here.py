"""Answers to the exercises of notebook 00."""

import math

import numpy as np
import torch
import torch.nn.functional as F

# 00.1


def walks(a, b, w):
    point = a.clone()
    for k in range(len(point)):
        point[k] += w * (b[k] - a[k])
    return point


def lerp_in_place(a, b, w):
    b -= a
    b *= w
    return a + b


def in_steps(a, b, w):
    """As near as ten steps come."""
    return a + round(10 * w - 0.1) / 10 * (b - a)


def lerp_overwrites(a, b, w):
    a += w * (b - a)
    return a


def lerp_prints(a, b, w):
    print(a + w * (b - a))


def along_the_arc(a, b, w):
    angle = torch.acos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    return (torch.sin((1 - w) * angle) * a + torch.sin(w * angle) * b) / torch.sin(angle)


def lerp_of_64(a, b, w):
    point = torch.zeros(64)
    for i in range(64):
        point[i] = a[i] + w * (b[i] - a[i])
    return point


def lerp_never_ends(a, b, w):
    point, done = a.clone(), 0.0
    while done != w:  # three times 0.1 is not 0.3
        point = point + 0.1 * (b - a)
        done += 0.1
    return point


def lerp_in_two_halves(a, b, w):
    a, b, half = a.double(), b.double(), len(a) // 2
    return torch.cat([a[:half] + w * (b[:half] - a[:half]), b[half:] - (1 - w) * (b[half:] - a[half:])])


# 00.2


def made(draw, look=lambda G, z: G(z).detach()):
    """Samples from points that are drawn in some way."""
    return lambda G, n, rng: look(G, draw(n, G.latent_dim, rng))


def normal(n, d, rng):
    return torch.randn(n, d, generator=rng)


def one_by_one(G, n, rng):
    pictures = []
    with torch.no_grad():
        for _ in range(n):
            pictures.append(G(torch.randn(1, G.latent_dim, generator=rng))[0])
    return torch.stack(pictures)


def a_list(G, n, rng):
    z = torch.randn(n, G.latent_dim, generator=rng)
    return [G(point[None])[0].detach() for point in z]


@torch.inference_mode()
def decorated(G, n, rng):
    return G(torch.normal(0.0, 1.0, (n, G.latent_dim), generator=rng))


def in_halves(G, n, rng):
    z = torch.randn(n, G.latent_dim, generator=rng)
    with torch.no_grad():
        return torch.cat([G(z[: n // 2]), G(z[n // 2 :])]).numpy()


def by_numpy(G, n, rng):
    seed = int(torch.randint(2**31, (), generator=rng))
    z = np.random.default_rng(seed).standard_normal((n, G.latent_dim))
    with torch.no_grad():
        return G(torch.as_tensor(z).float())


def eval_first(G, n, rng):
    G.eval()
    return G(torch.randn(G.latent_dim, n, generator=rng).T).detach().double()


def trains_for_ever(G, n, rng):
    with torch.no_grad():
        return G.train()(normal(n, G.latent_dim, rng))


def leaves_training_mode(G, n, rng):
    x = G(normal(n, G.latent_dim, rng)).detach()
    G.train()
    return x


def switches_for_ever(G, n, rng):
    torch.set_grad_enabled(False)
    return G(normal(n, G.latent_dim, rng))


def freezes(G, n, rng):
    G.requires_grad_(False)
    return G(normal(n, G.latent_dim, rng))


def seeds(G, n, rng):
    torch.manual_seed(0)
    return G(normal(n, G.latent_dim, rng)).detach()


def wrong_order(G, n, rng):
    return G(normal(n, G.latent_dim, rng)).detach().flip(0)


def scaled_pictures(G, n, rng):
    return (G(normal(n, G.latent_dim, rng)).detach() + 1) / 2


def other_points(G, n, rng):
    G(normal(n, G.latent_dim, rng))
    return G(normal(n, G.latent_dim, rng)).detach()


def blurred(G, n, rng):
    z = normal(n, G.latent_dim, rng)
    return G(z / z.norm(dim=1, keepdim=True)).detach()


def without_brackets(G, n, rng):
    return G


def only_latents(G, n, rng):
    return normal(n, G.latent_dim, rng)


def reseeds(G, n, rng):
    rng.manual_seed(0)
    with torch.no_grad():
        return G(normal(n, G.latent_dim, rng))


def first_only(G, n, rng):
    return G(normal(1, G.latent_dim, rng)).detach().expand(n, *[-1] * (G(torch.zeros(1, G.latent_dim)).ndim - 1))


# 00.3


def over_signs(d, w):
    """1 and -1, as often, have the mean 0 and the mean square 1, too."""
    squares = [((1 - w) * a + w * b) ** 2 for a in (-1, 1) for b in (-1, 1)]
    return d * sum(squares) / len(squares)


def squares_one_by_one(d, w):
    total = 0.0
    for _ in range(d):
        total += (1 - w) ** 2
        total += w**2
    return total


def simulated(d, w):
    a, b = torch.randn(2, 2000, d, generator=torch.Generator().manual_seed(1))
    return ((1 - w) * a + w * b).square().sum(1).mean()


def of_one_pair(d, w):
    a, b = torch.randn(2, d, generator=torch.Generator().manual_seed(1))
    return ((1 - w) * a + w * b).square().sum()


def with_the_covariance(d, w):
    weights = np.array([1 - w, w])
    return d * np.einsum("i,ij,j->", weights, np.eye(2), weights)


def of_one_draw(d, w):
    a, b = np.random.randn(d), np.random.randn(d)  # noqa: NPY002
    return float((((1 - w) * a + w * b) ** 2).sum())


# 00.4


def table(fake, real):
    return torch.cdist(fake.flatten(1), real.flatten(1))


def squares(fake, real):
    return (fake.flatten(1)[:, None] - real.flatten(1)).square().sum(2)


def with_loops(fake, real):
    places = []
    for picture in fake:
        best, at = float("inf"), 0
        for k, other in enumerate(real):
            distance = ((picture - other) ** 2).sum().item()
            if distance < best:
                best, at = distance, k
        places.append(at)
    return places


def subtracts_in_place(fake, real):
    places = []
    for picture in fake:
        real -= picture
        places.append(real.square().sum((1, 2, 3)).argmin())
        real += picture
    return torch.stack(places)


def zeroes(fake, real):
    places = table(fake, real).argmin(1)
    real.zero_()
    return places


RIGHT = {
    "lerp": [
        walks,
        torch.lerp,
        lambda a, b, w: b - (1 - w) * (b - a),
        lambda a, b, w: (1 - w) * a.numpy() + w * b.numpy(),
        lambda a, b, w: [x + w * (y - x) for x, y in zip(a.tolist(), b.tolist(), strict=True)],
        lambda a, b, w: torch.tensor([1 - w, w], dtype=a.dtype) @ torch.stack([a, b]),
        lambda a, b, w: torch.einsum("k,kz->z", torch.tensor([1 - w, w], dtype=a.dtype), torch.stack([a, b])),
        lerp_in_two_halves,
    ],
    "squared_length": [
        over_signs,
        squares_one_by_one,
        lambda d, w: d * (1 - 2 * w + 2 * w**2),
        lambda d, w: d / 2 * (1 + (1 - 2 * w) ** 2),
        lambda d, w: d - 2 * d * w * (1 - w),
        lambda d, w: np.full(d, np.hypot(1 - w, w) ** 2).sum(),
        lambda d, w: d * torch.tensor([1 - w, w]).norm() ** 2,
        lambda d, w: (np.sqrt(d * (1 - w) ** 2)) ** 2 + (np.sqrt(d) * w) ** 2,
        lambda d, w: d * torch.tensor([1 - w, w], dtype=torch.float64).norm() ** 2,
        lambda d, w: d / 2 + 2 * d * (w - 0.5) ** 2,
        with_the_covariance,
    ],
    "samples": [
        one_by_one,
        a_list,
        decorated,
        in_halves,
        by_numpy,
        eval_first,
        made(normal, lambda G, z: G(z.clone()).data),
        made(lambda n, d, rng: torch.stack([torch.randn(d, generator=rng) for _ in range(n)])),
    ],
    "nearest_real": [
        with_loops,
        lambda fake, real: table(fake, real).square().argmin(1),
        lambda fake, real: table(fake, real).topk(1, largest=False).indices[:, 0],
        lambda fake, real: np.argmin(((fake.numpy()[:, None] - real.numpy()) ** 2).mean((2, 3, 4)), axis=1),
        lambda fake, real: [int((real - x).norm(dim=(2, 3)).argmin()) for x in fake],
        lambda fake, real: torch.stack(
            [F.mse_loss(real, x.expand_as(real), reduction="none").flatten(1).mean(1).argmin() for x in fake]
        ),
        lambda fake, real: (
            torch.einsum("mchw,mchw->m", real, real) - 2 * torch.einsum("nchw,mchw->nm", fake, real)
        ).argmin(1),
    ],
}

WRONG = {
    "lerp": [
        (lambda a, b, w: torch.lerp(b, a, w), "from b to a"),
        (lambda a, b, w: torch.lerp(a, b, 0.5), "the middle between a and b"),
        (lambda a, b, w: b, "whatever w is"),
        (lambda a, b, w: a, "whatever w is"),
        (lambda a, b, w: a + 0.3 * (b - a), "whatever w is"),
        (lambda a, b, w: b + w * (a - b), "from b to a"),
        (lambda a, b, w: a - w * (b - a), "walks away from b"),
        (lambda a, b, w: w * b - w * a, "the part of the way alone"),
        (lambda a, b, w: (1 - w) * a + w * b * w, "right where w is 1"),
        (lambda a, b, w: a - w * (a + b), "b is taken off"),
        (lambda a, b, w: ((1 - w) * a + w * b).norm(), "I expected the shape"),
        (lambda a, b, w: (1 - w) * a @ b, "I expected the shape"),
        (lambda a, b, w: [(1 - w) * a, w * b], "I expected the shape"),
        (lambda a, b, w: (1 - w) * a[:3] + w * b[:3], "I expected the shape"),
        (lambda a, b, w: torch.stack([a, b]).mean(0), "the middle between a and b"),
        (lambda a, b, w: ((1 - w) * a + w * b).round(), "you say"),
        (lambda a, b, w: F.normalize(torch.lerp(a, b, w), dim=0), "to length 1"),
        (in_steps, "right where w is"),
        (lambda a, b, w: a + w * (b - a) + 1e-2, "plus 0.01"),
        (lambda a, b, w: 2 * (a + w * (b - a)), "2 times"),
        (lambda a, b, w: -(a + w * (b - a)), "the sign is turned"),
        (lambda a, b, w: (a + w * (b - a)).abs(), "the sign is lost"),
        (lambda a, b, w: (a + w * (b - a)).flip(0), "another order"),
        (lambda a, b, w: a + (b - a) ** w, "NaN"),
        (lambda a, b, w: (1 - w) * a + w * b / 0, "infinity"),
        (lambda a, b, w: a + w @ (b - a), "your function stops"),
        (lambda a, b, w: a + w.clamp(0, 1) * (b - a), "your function stops"),
        (lambda a, b: (a + b) / 2, "it is called with (a, b, w)"),
        (lerp_in_place, "the value is right, but it overwrites its input b"),
        (lerp_overwrites, "the value is right, but it overwrites its input a"),
        (lerp_prints, "prints its answer"),
        (along_the_arc, "this is slerp, the arc"),
        (lerp_of_64, "your function stops in the line `point[i] ="),
        (lerp_never_ends, "stopped after"),
        (lambda a, b, w: torch.stack([(1 - w) * a, w * b]).sum(dim=1), "I expected the shape (3,), you gave (2,)"),
    ],
    "squared_length": [
        (lambda d, w: d * ((1 - w) + w), "mean squared length of a, and of b"),
        (lambda d, w: ((1 - w) * d**0.5 + w * d**0.5) ** 2, "mean squared length of a, and of b"),
        (lambda d, w: d * ((1 - w) ** 2 + 2 * (1 - w) * w + w**2), "mean squared length of a, and of b"),
        (lambda d, w: d * ((1 - w) ** 2 - 2 * (1 - w) * w + w**2), "counted as −1"),
        (lambda d, w: d * ((1 - w) ** 2 - w**2), "the second square is taken off"),
        (lambda d, w: (d * (1 - w) ** 2 + d * w**2) ** 0.5, "this is the root"),
        (lambda d, w: float(np.sqrt(d)), "this is the length of a, and of b"),
        (lambda d, w: d * 0.5, "halfway only"),
        (lambda d, w: d * ((1 - w) ** 2 + w), "without its square"),
        (lambda d, w: 64 * ((1 - w) ** 2 + w**2), "whatever d is"),
        (lambda d, w: d * 0.625, "whatever w is"),
        (lambda d, w: 40.0, "whatever d is"),
        (lambda d, w: 2 * d * ((1 - w) ** 2 + w**2), "2 times"),
        (lambda d, w: d * ((1 - w) ** 2 + w**2) / 2, "0.5 times"),
        (lambda d, w: -d * ((1 - w) ** 2 + w**2), "the sign is turned"),
        (lambda d, w: ((1 - w) ** 2 + w**2) * d**-1, "divided by d"),
        (lambda d, w: (d * ((1 - w) ** 2 + w**2)) ** 2, "the square of the right answer"),
        (lambda d, w: d * max((1 - w) ** 2, w**2), "only the larger weight"),
        (lambda d, w: d * ((1 - w) ** 2 + w**2) + 1, "plus 1"),
        (lambda d, w: [(1 - w) ** 2 + w**2] * d, "I expected the shape ()"),
        (lambda d, w: (d * (1 - w) ** 2, d * w**2), "I expected the shape ()"),
        (simulated, "you say"),
        (of_one_pair, "you say"),
        (lambda d, w: sum((1 - w) ** 2 + w**2 for _ in d), "your function stops"),
        (lambda d, w: d * ((1 - w) ** 2 + w**2).sum(), "your function stops"),
        (lambda d, w: d * ((1 - w) ^ 2 + w ^ 2), "your function stops"),
        (lambda d: d / 2, "it is called with (d, w)"),
        (lambda d, w: math.sqrt(d * ((1 - w) ** 2 + w**2)), "this is the root"),
        (lambda d, w: d * max(w, 1 - w), "one straight line down"),
        (lambda d, w: torch.ones(d) * ((1 - w) ** 2 + w**2), "I expected the shape (), you gave (64,)"),
        (of_one_draw, "you say"),
    ],
    "samples": [
        (made(lambda n, d, rng: 3.46 * (torch.rand(n, d, generator=rng) - 0.5)), "not normally distributed"),
        (made(lambda n, d, rng: torch.randn(n, d, generator=rng).sign()), "not normally distributed"),
        (made(lambda n, d, rng: torch.randn(n, d)), "do not come from rng"),
        (
            made(lambda n, d, rng: torch.randn(n, d, generator=torch.Generator().manual_seed(0))),
            "each call gives the same points",
        ),
        (made(lambda n, d, rng: torch.randn(1, d, generator=rng).expand(n, d).clone()), "are the same"),
        (made(lambda n, d, rng: torch.zeros(n, d) + 0 * torch.rand(1, generator=rng)), "are the same"),
        (made(lambda n, d, rng: 0.5 * normal(n, d, rng)), "standard deviation 0.5"),
        (made(lambda n, d, rng: 2 * normal(n, d, rng)), "standard deviation 2"),
        (made(lambda n, d, rng: normal(n, d, rng) + 0.5), "the mean 0.5"),
        (made(lambda n, d, rng: torch.randint(-1, 2, (n, d), generator=rng).float()), "standard deviation 0.8"),
        (made(lambda n, d, rng: torch.randn(n, 64, generator=rng)), "your function stops"),
        (made(lambda n, d, rng: torch.randn(40, d, generator=rng)), "I expected the shape"),
        (made(lambda n, d, rng: torch.randn(d, n, generator=rng)), "your function stops"),
        (made(normal, lambda G, z: G(z)), "graph"),
        (made(normal, lambda G, z: G(z)[:10].detach()), "I expected the shape"),
        (blurred, "standard deviation"),
        (trains_for_ever, "training mode"),
        (leaves_training_mode, "it leaves G in another mode"),
        (switches_for_ever, "switches gradients off"),
        (freezes, "requires_grad"),
        (seeds, "seeds PyTorch's"),
        (wrong_order, "in their order"),
        (scaled_pictures, "these are not the pictures that G makes"),
        (other_points, "I expected the shape"),
        (only_latents, "G was not asked"),
        (without_brackets, "G was not asked"),
        (first_only, "I expected the shape"),
        (reseeds, "each call gives the same points"),
    ],
    "nearest_real": [
        (lambda fake, real: table(fake, real).min(), "I expected the shape"),
        (lambda fake, real: table(fake, real).argmin(1) + 1, "plus 1"),
        (lambda fake, real: table(fake, real).argsort(1), "I expected the shape"),
        (lambda fake, real: table(fake, real), "I expected the shape"),
        (lambda fake, real: table(fake, fake).argmin(1), "compared with themselves"),
        (lambda fake, real: table(fake[:, :, :4, :4], real[:, :, :4, :4]).argmin(1), "right for some inputs"),
        (lambda fake, real: table(fake[..., :1], real[..., :1]).argmin(1), "you say"),
        (lambda fake, real: table(fake.round(), real.round()).argmin(1), "you say"),
        (lambda fake, real: fake.view(len(fake), 784).sub(0).argmin(1), "your function stops"),
        (lambda fake, real: torch.cdist(fake, real).argmin(1), "your function stops"),
        (lambda fake, real: [table(fake, real).argmin(1).tolist()], "I expected the shape"),
        (lambda fake, real: table(fake, real).argmin(1)[:5], "I expected the shape"),
        (lambda fake, real: sorted(table(fake, real).argmin(1).tolist()), "another order"),
        (subtracts_in_place, "overwrites its input real"),
        (zeroes, "the value is right, but it overwrites its input real"),
        (
            lambda fake, real: table(fake, real).argmin(1) if len(real) == 12 else table(fake, real).argmax(1),
            "right for some inputs",
        ),
        (lambda fake, real: squares(fake, real).amin(1), "these are the sums of squared differences"),
    ],
}
