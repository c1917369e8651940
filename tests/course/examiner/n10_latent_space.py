"""Answers to the exercises of notebook 10."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from gan_tutorial.chapters import latent

# 10.1


def slerp_in_numpy(a, b, w):
    a, b, w = a.numpy(), b.numpy(), w.numpy()[:, None]
    theta = np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))
    return (np.sin((1 - w) * theta) * a + np.sin(w * theta) * b) / np.sin(theta)


def slerp_by_einsum(a, b, w):
    theta = torch.acos(F.normalize(a, dim=0).dot(F.normalize(b, dim=0)))
    weights = torch.stack([((1 - w) * theta).sin(), (w * theta).sin()]) / theta.sin()
    return torch.einsum("jk,jz->kz", weights, torch.stack([a, b]))


def slerp_float(a, b, w):
    a, b = a.float(), b.float()
    theta = torch.arccos((a * b).sum() / a.norm() / b.norm())
    return torch.stack([(torch.sin((1 - v) * theta) * a + torch.sin(v * theta) * b) / torch.sin(theta) for v in w])


def slerp_damaging(a, b, w):
    w = w[:, None]
    la, lb = a.norm(), b.norm()
    a /= la
    b /= lb
    theta = torch.acos(a @ b)
    return (torch.sin((1 - w) * theta) * a * la + torch.sin(w * theta) * b * lb) / torch.sin(theta)


def arc(a, b, w, theta):
    w = w[:, None]
    return (torch.sin((1 - w) * theta) * a + torch.sin(w * theta) * b) / torch.sin(theta)


def angle(a, b):
    return torch.acos(F.cosine_similarity(a, b, dim=0))


def slerp_by_halves(a, b, w):
    t = 2 * torch.atan2((a / a.norm() - b / b.norm()).norm(), (a / a.norm() + b / b.norm()).norm())
    return torch.outer(((1 - w) * t).sin() / t.sin(), a) + torch.outer((w * t).sin() / t.sin(), b)


def slerp_acute(a, b, w):
    u, v = (a / a.norm(), b / b.norm())
    t = 2 * torch.asin(((u - v).norm() / 2).clamp(max=1))
    t = torch.minimum(t, math.pi - t)
    return (((1 - w) * t).sin()[:, None] * a + (w * t).sin()[:, None] * b) / t.sin()


# 10.2


def search_with_sgd(G, x, z, rate, steps):
    z = torch.nn.Parameter(z.clone())
    sgd = torch.optim.SGD([z], lr=rate)
    for _ in range(steps):
        loss = (G(z) - x).pow(2).mean(dim=(1, 2, 3)).sum()
        z.grad = torch.autograd.grad(loss, z)[0]
        sgd.step()
    return z.detach()


def search_scaled(G, x, z, rate, steps):
    for _ in range(steps):
        z = z.detach().requires_grad_(True)
        loss = F.mse_loss(G(z), x) * len(x)
        z = z - rate * torch.autograd.grad(loss, z)[0]
    return z


def search_by_func(G, x, z, rate, steps):
    error = lambda one, picture: (G(one[None])[0] - picture).square().mean()  # noqa: E731
    for _ in range(steps):
        z = z - rate * torch.stack([torch.func.grad(error)(one, p) for one, p in zip(z, x, strict=True)])
    return z.detach().numpy()


def search_with_ones(G, x, z, rate, steps):
    z = z.clone()
    for _ in range(steps):
        z.requires_grad_(True)
        errors = ((G(z) - x) ** 2).flatten(1).mean(1)
        (g,) = torch.autograd.grad(errors, z, grad_outputs=torch.ones(len(z), dtype=z.dtype))
        with torch.no_grad():
            z = z - rate * g
    return z


def search_over(error, update=lambda z, g, rate: z - rate * g, keep=lambda z: z):
    def search(G, x, z, rate, steps):
        z = keep(z.clone())
        for _ in range(steps):
            z = z.detach().requires_grad_()
            (g,) = torch.autograd.grad(error(G(z), x), z)
            z = update(z, g, rate)
        return z.detach()

    return search


def per_picture(made, x):
    return ((made - x) ** 2).mean((1, 2, 3)).sum()


def search_moves_z(G, x, z, rate, steps):
    for _ in range(steps):
        y = z.clone().requires_grad_()
        z -= rate * torch.autograd.grad(per_picture(G(y), x), y)[0]
    return z


def search_with_backward(G, x, z, rate, steps):
    z = z.clone().requires_grad_()
    for _ in range(steps):
        per_picture(G(z), x).backward()
        z = (z - rate * z.grad).detach().requires_grad_()
    return z.detach()


def search_freezing(G, x, z, rate, steps):
    G.requires_grad_(False)
    return search_over(per_picture)(G, x, z, rate, steps)


def search_training(G, x, z, rate, steps):
    G.train()
    return search_over(per_picture)(G, x, z, rate, steps)


def search_adam(G, x, z, rate, steps):
    z = z.clone().requires_grad_()
    adam = torch.optim.Adam([z], rate)
    for _ in range(steps):
        z.grad = torch.autograd.grad(per_picture(G(z), x), z)[0]
        adam.step()
    return z.detach()


def search_best_of_all(G, x, z, rate, steps):
    with torch.no_grad():
        nearest = (G(z)[:, None] - x[None]).square().flatten(2).mean(2).argmin(0)
    return search_over(per_picture)(G, x, z[nearest], rate, steps)


def search_in_place(G, x, z, rate, steps):
    z.requires_grad_()
    for _ in range(steps):
        z = z - rate * torch.autograd.grad(per_picture(G(z), x), z)[0]
    return z.detach()


# 10.3


def stretched_in_numpy(a, b, w):
    return ((1 - w) * a.numpy() + w * b.numpy()) / np.hypot(1 - w, w)


# 10.4


def slope_in_numpy(z, u, A):
    s = z.numpy() @ u.numpy()
    return np.cov(s, A.numpy())[0, 1] / A.numpy().std(ddof=1)


def slope_with_loops(z, u, A):
    total = 0.0
    for latent_, a in zip(z, A, strict=True):
        total += float(latent_ @ u) * float(a - A.mean())
    return total / len(z) / float(A.std())


def slope_centring(z, u, A):
    A -= A.mean()
    return ((z @ u) * A).mean() / A.std()


def slope_by_polyfit(z, u, A):
    s = np.polyfit((z @ u).double().numpy(), A.double().numpy(), 1)[0]
    return float(s / A.double().numpy().std())


def slope_by_lstsq(z, u, A):
    beta = torch.linalg.lstsq(z.double(), (A - A.mean()).double()[:, None]).solution[:, 0]
    return beta @ u.double() / A.double().std()


RIGHT = {
    "slerp": [
        slerp_in_numpy,
        slerp_by_einsum,
        slerp_float,
        lambda a, b, w: latent.slerp(a, b, w),
        lambda a, b, w: arc(a, b, w, torch.atan2(((a @ a) * (b @ b) - (a @ b) ** 2).sqrt(), a @ b)),
        slerp_by_halves,
    ],
    "search": [
        search_with_sgd,
        search_scaled,
        search_by_func,
        search_with_ones,
    ],
    "straight_and_long": [
        stretched_in_numpy,
        lambda a, b, w: torch.lerp(a, b, w) / (1 - 2 * w + 2 * w**2) ** 0.5,
        lambda a, b, w: F.normalize(torch.tensor([1 - w, w]).double(), dim=0) @ torch.stack([a, b]),
        lambda a, b, w: [
            ((1 - w) * c + w * d) / abs(complex(1 - w, w)) for c, d in zip(a.tolist(), b.tolist(), strict=True)
        ],
        lambda a, b, w: latent.lerp(a, b, w).float() / math.hypot(1 - w, w),
    ],
    "slope": [
        slope_in_numpy,
        slope_with_loops,
        lambda z, u, A: u @ (z.T @ ((A - A.mean()) / A.std()) / len(z)),
        lambda z, u, A: np.corrcoef((z @ u).numpy(), A.numpy())[0, 1],
        lambda z, u, A: torch.einsum("nz,z,n->", z, u, (A - A.mean()) / A.std()) / (len(A) - 1),
        lambda z, u, A: ((z.float() @ u.float()) * (A.float() - A.float().mean())).mean() / A.float().std(),
        slope_by_polyfit,
        slope_by_lstsq,
    ],
}
WRONG = {
    "slerp": [
        (lambda a, b, w: latent.lerp(a, b, w), "this is lerp, the segment"),
        (lambda a, b, w: latent.slerp(a, b, 1 - w), "w = 0 must be a, and"),
        (lambda a, b, w: latent.slerp(a, b, w[0])[None], "I expected the shape (4, 3), you"),
        (lambda a, b, w: latent.slerp(a, b, 0.5), "I expected the shape (4, 3), you"),
        (lambda a, b, w: arc(a, b, w, a @ b), "this takes the inner product for the"),
        (lambda a, b, w: arc(a, b, w, F.cosine_similarity(a, b, dim=0)), "this takes the cosine of the angle"),
        (lambda a, b, w: arc(a, b, w, torch.rad2deg(angle(a, b))), "torch.sin takes the angle in radians, not"),
        (lambda a, b, w: arc(a, b, w, angle(a, b)) * torch.sin(angle(a, b)), "the division by sin θ is missing"),
        (lambda a, b, w: arc(a, b, w, angle(a, b)) / torch.sin(angle(a, b)), "it is divided by sin θ twice"),
        (lambda a, b, w: arc(F.normalize(a, dim=0), F.normalize(b, dim=0), w, angle(a, b)), "a and b are made 1 long"),
        (lambda a, b, w: torch.stack([a] * len(w)), "every weight gives a. w = 1 must be b."),
        (lambda a, b, w: arc(a, b, w, angle(a, b) / 2), "the angle is only half of that"),
        (lambda a, b, w: latent.slerp(a, b, w).flip(0), "these are the right numbers in another"),
        (
            lambda a, b, w: (
                (torch.sin((1 - w) * angle(a, b)) * a + torch.sin(w * angle(a, b)) * b) / torch.sin(angle(a, b))
            ),
            "RuntimeError",
        ),
        (lambda a, b, w: latent.slerp(a, b, w**2), ", you say "),
        (lambda a, b, w: arc(a, b, w, torch.acos(a @ b)), "there is a NaN in your answer"),
        (lambda a, b, w: latent.slerp(a[:3], b[:3], w), "I expected the shape (2, 8), you"),
        (lambda a, b, w: latent.slerp(a, b, w).norm(dim=1), "I expected the shape (4, 3), you"),
        (lambda a, b, w: latent.slerp(a, b, w).T, "the weights run along the rows"),
        (slerp_damaging, "the value is right, but it overwrites"),
        (lambda a, b: latent.slerp(a, b, 0.5), "your function takes (a, b); it is"),
        (lambda a, b, w: -latent.slerp(a, b, w), "the sign is turned, everywhere"),
        (lambda a, b, w: arc(a, b, w, math.acos(0.3)), "TypeError"),
        (slerp_acute, "the cosine has lost its sign: beyond a"),
        (
            lambda a, b, w: slerp_by_halves(a, b, torch.linspace(0, 1, len(w), dtype=w.dtype)),
            "these weights are evenly spaced from 0 to",
        ),
        (
            lambda a, b, w: (1 - w).sqrt()[:, None] * a + w.sqrt()[:, None] * b,
            "the weights are sines of the angle's parts,",
        ),
        (
            lambda a, b, w: slerp_by_halves(a, b, w[:1]).expand(len(w), -1),
            "the first weight serves for every row. Each",
        ),
    ],
    "search": [
        (search_over(lambda made, x: F.mse_loss(made, x)), "with a single picture it is right,"),
        (search_over(lambda made, x: (made - x).pow(2).sum()), "the error is a sum over the"),
        (search_over(lambda made, x: (made - x).pow(2).mean((1, 2, 3)).max()), "only the worst picture is searched in"),
        (search_over(lambda made, x: per_picture(made, x[:1])), "every latent looks for the first picture."),
        (
            search_over(lambda made, x: per_picture(made, x.mean(0, keepdim=True))),
            "every latent looks for the mean of the",
        ),
        (search_over(lambda made, x: (made - x).abs().mean((1, 2, 3)).sum()), "these are the sizes, not the squares"),
        (
            search_over(lambda made, x: (made - x).flatten(1).norm(dim=1).sum()),
            "this descends the length of the difference",
        ),
        (search_over(lambda made, x: -per_picture(made, x)), "this climbs the error"),
        (search_over(lambda made, x: per_picture(made, x) / 2), "each step is half as long as"),
        (search_over(per_picture, lambda z, g, rate: z - 0.5 * g), "your answer stays the same, whatever rate"),
        (search_over(per_picture, lambda z, g, rate: z - rate * g.sign()), "only the sign of each slope counts. The"),
        (
            search_over(per_picture, lambda z, g, rate: z - rate * F.normalize(g, dim=1)),
            "each slope is made 1 long. The",
        ),
        (search_over(per_picture, keep=lambda z: torch.zeros_like(z)), "this starts at 0, not at the"),
        (
            search_over(per_picture, lambda z, g, rate: (z - rate * g).clamp(-1, 1)),
            "the latents are held within ±1. Let them go",
        ),
        (search_adam, "this is Adam, which rescales each slope."),
        (search_best_of_all, "right for some inputs, but"),
        (
            lambda G, x, z, rate, steps: search_over(per_picture)(G, x, z, rate, 6),
            "your answer stays the same, whatever steps",
        ),
        (
            lambda G, x, z, rate, steps: search_over(per_picture)(G, x, z, rate, steps + 1),
            "this takes one step more than",
        ),
        (lambda G, x, z, rate, steps: search_over(per_picture)(G, x, z, rate, 1), "this takes one step only"),
        (lambda G, x, z, rate, steps: G(search_over(per_picture)(G, x, z, rate, steps)), "these are the pictures"),
        (lambda G, x, z, rate, steps: z, "z has not moved"),
        (search_moves_z, "the value is right, but it overwrites"),
        (search_with_backward, "the value is right, but it leaves"),
        (search_freezing, "the value is right, but it leaves"),
        (search_training, "the value is right, but it leaves"),
        (search_in_place, "the value is right, but it switches"),
        (search_over(per_picture, lambda z, g, rate: z - rate * (g + 0.02 * z)), ", you say "),
        (search_over(lambda made, x: (made - x).square().mean((1, 2, 3)).prod()), "right for some inputs, but"),
        (
            lambda G, x, z, rate, steps: search_over(per_picture)(G, x, z, rate * steps, 1),
            "the slope is computed once, at the start.",
        ),
        (
            lambda G, x, z, rate, steps: search_over(per_picture)(G, x, torch.randn_like(z), rate, steps),
            "this starts at latents of your own, not at",
        ),
    ],
    "straight_and_long": [
        (lambda a, b, w: latent.lerp(a, b, w), "this is lerp"),
        (lambda a, b, w: latent.slerp(a, b, w), "this is slerp: it measures the angle"),
        (lambda a, b, w: 2**0.5 * latent.lerp(a, b, w), "√½ is right halfway only. What is the"),
        (lambda a, b, w: latent.lerp(a, b, w) / ((1 - w) ** 2 + w**2), "it is divided by the variance"),
        (lambda a, b, w: F.normalize(latent.lerp(a, b, w), dim=0), "this makes it 1 long"),
        (lambda a, b, w: latent.lerp(a, b, w) / latent.lerp(a, b, w).std(), "this divides by the deviation of the"),
        (lambda a, b, w: latent.lerp(a, b, w) / latent.lerp(a, b, w).norm() * 8, "8 is √64, the length of the"),
        (
            lambda a, b, w: latent.lerp(a, b, w) / latent.lerp(a, b, w).square().mean().sqrt(),
            "now every latent is exactly √Z long",
        ),
        (lambda a, b, w: (a + b) / 2**0.5, "your answer stays the same, whatever w"),
        (lambda a, b, w: a, "your answer stays the same, whatever w"),
        (lambda a, b, w: latent.lerp(a, b, 1 - w) / math.hypot(w, 1 - w), "w = 0 must be a, and"),
        (lambda a, b, w: -latent.lerp(a, b, w) / math.hypot(w, 1 - w), "the sign is turned, everywhere"),
        (lambda a, b, w: a.mul_(1 - w).add_(w * b) / math.hypot(w, 1 - w), "the value is right, but it overwrites"),
        (lambda a, b, w: latent.lerp(a, b, w) + 0.3, ", you say "),
        (
            lambda a, b, w: (latent.lerp(a, b, w) - latent.lerp(a, b, w).mean()) / math.hypot(w, 1 - w),
            "the mean of this one latent is taken off.",
        ),
        (lambda a, b, w: math.hypot(w, 1 - w), "I expected the shape (6,), you gave"),
        (
            lambda a, b, w: latent.lerp(a, b, w) / (1 + 2 * w * (1 - w)) ** 0.5,
            "your divisor is above 1 between a and b, so",
        ),
    ],
    "slope": [
        (lambda z, u, A: ((z @ u) * (A - A.mean())).mean(), "this is in the units of A"),
        (lambda z, u, A: np.polyfit((z @ u).numpy(), A.numpy(), 1)[0], "this is in the units of A"),
        (lambda z, u, A: ((z @ u) * (A - A.mean())).mean() / (z @ u).var(), "this is in the units of A"),
        (lambda z, u, A: ((z @ u) * (A - A.mean())).mean() / A.var(), "this divides by the variance of A, not"),
        (lambda z, u, A: ((z @ u) * (A - A.mean())).sum() / A.std(), "this is the sum over the sample"),
        (lambda z, u, A: (z @ u).mean() * (A / A.std()).mean(), "the mean of a product is not"),
        (lambda z, u, A: np.polyfit((z @ u).numpy(), A.numpy(), 1)[1], "your answer stays the same, whatever u"),
        (
            lambda z, u, A: np.polyfit(A.numpy(), (z @ u).numpy(), 1)[0],
            "this divides by the variance of A, not",
        ),
        (lambda z, u, A: np.corrcoef((z @ u).numpy(), A.numpy())[0, 1] ** 2, "this is the square of the correlation,"),
        (lambda z, u, A: np.corrcoef((z @ u).numpy(), A.numpy()), "I expected the shape (), you gave"),
        (lambda z, u, A: -((z @ u) * (A - A.mean())).mean() / A.std(), "the sign is turned, everywhere"),
        (lambda z, u, A: z.T @ ((A - A.mean()) / A.std()) / len(z), "these are the slopes along the axes"),
        (lambda z, u, A: (z.T @ ((A - A.mean()) / A.std()) / len(z)).norm(), "your answer stays the same, whatever u"),
        (lambda z, u, A: (z[:, 0] * (A - A.mean())).mean() / A.std(), "your answer stays the same, whatever u"),
        (
            lambda z, u, A: ((z * u) * ((A - A.mean()) / A.std())[:, None]).mean(),
            "the mean goes over the coordinates of",
        ),
        (
            lambda z, u, A: (A[z @ u > 0].mean() - A[z @ u < 0].mean()) / A.std(),
            "this compares two halves, which lie about",
        ),
        (lambda z, u, A: ((z @ u).argsort().argsort().double() * A.argsort().argsort()).mean(), "you say"),
        (lambda z, u, A: A.mean(), "your answer stays the same, whatever u"),
        (slope_centring, "the value is right, but it overwrites"),
        (lambda z, u, A: torch.stack([z @ u, A]).cov()[0, 1] / (z @ u).std(), "this is in the units of A"),
        (lambda z, u, A: ((A / A.std() - (A / A.std()).mean()) / (z @ u)).mean(), "this divides by the coordinate"),
        (lambda z, u, A: np.polyfit((z @ u).sign().numpy(), A.numpy(), 1)[0] / A.std(), "you say"),
        (
            lambda z, u, A: (A[z @ u > 0].mean() - A[z @ u < 0].mean()) / (2 * (z @ u).abs().mean() * A.std()),
            "you say",
        ),
        (lambda z, u, A: z[:, u.abs().argmax()] @ (A - A.mean()) / len(z) / A.std(), "one component of u serves"),
        (lambda z, u, A: torch.stack([z @ u, A]).cov()[0, 1], "this is in the units of A"),
        (lambda z, u, A: ((z @ u) * (A - A.mean())).mean() / A.std() / u.norm(p=1), "right for some inputs, but"),
    ],
}
