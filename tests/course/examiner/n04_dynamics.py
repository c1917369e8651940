"""Answers to the exercises of notebook 04."""

import cmath
import math

import numpy as np
import torch

# 04.1


def field_by_numpy(theta, psi, gamma):
    theta, psi = theta.numpy(), psi.numpy()
    s = 1 / (1 + np.exp(-psi * theta))
    return psi * s, -theta * s - gamma * psi


def field_by_list(theta, psi, gamma):
    s = 1 / (1 + torch.exp(-theta * psi))
    return [s * psi, -(s * theta + gamma * psi)]


def field_by_float32(theta, psi, gamma):
    theta, psi = theta.float(), psi.float()
    s = (theta * psi).sigmoid()
    return torch.stack((psi * s, -theta * s)) - torch.stack((torch.zeros_like(psi), gamma * psi))


def field_by_logsigmoid(theta, psi, gamma):
    t = (-theta * psi).requires_grad_()
    (slope,) = torch.autograd.grad(torch.nn.functional.logsigmoid(t).sum(), t)
    return psi * slope, -theta * slope - gamma * psi


def field_by_tanh(theta, psi, gamma):
    s = (1 + torch.tanh(psi * theta / 2)) / 2
    return [psi * s, -gamma * psi - theta * s]


def field_by_two_gradients(theta, psi, gamma):
    theta, psi = (w.detach().clone().requires_grad_() for w in (theta, psi))
    V = torch.nn.functional.logsigmoid(-psi * theta)
    (of_G,) = torch.autograd.grad(V.sum(), theta, retain_graph=True)
    (of_D,) = torch.autograd.grad((V - gamma * psi**2 / 2).sum(), psi)
    return -of_G, of_D


def field(arrow_G, arrow_D):
    def answer(theta, psi, gamma):
        s = torch.sigmoid(theta * psi)
        return arrow_G(theta, psi, gamma, s), arrow_D(theta, psi, gamma, s)

    return answer


def of_G(theta, psi, gamma, s):
    return psi * s


def of_D(theta, psi, gamma, s):
    return -theta * s - gamma * psi


def field_backward(theta, psi, gamma):
    psi.requires_grad_()
    V = torch.nn.functional.logsigmoid(-theta * psi) - gamma / 2 * psi**2
    V.sum().backward()
    return (psi * (theta * psi).sigmoid()).detach(), psi.grad


def field_overwrites(theta, psi, gamma):
    s = (theta * psi).sigmoid()
    theta *= -s
    theta -= gamma * psi
    return psi * s, theta


# 04.2


def step_unpacked(v, theta, psi, h_G, h_D):
    _, arrow_D = v(theta, psi)
    new_psi = psi + h_D * arrow_D
    arrow_G, _ = v(theta, new_psi)
    return theta + h_G * arrow_G, new_psi


def step_as_list(v, theta, psi, h_G, h_D):
    w = [theta, psi]
    for i, h in ((1, h_D), (0, h_G)):
        w[i] = w[i] + h * v(*w)[i]
    return w


def step_in_numpy(v, theta, psi, h_G, h_D):
    psi = psi.numpy() + h_D * v(theta, psi)[1].numpy()
    return theta.numpy() + h_G * v(theta, torch.as_tensor(psi))[0].numpy(), psi


def step_in_float32(v, theta, psi, h_G, h_D):
    theta, psi = theta.float(), psi.float()
    psi = torch.add(psi, v(theta, psi)[1], alpha=h_D)
    return torch.stack([torch.add(theta, v(theta, psi)[0], alpha=h_G), psi])


def step_of_fields(v, theta, psi, h_G, h_D):
    w = torch.stack([theta, psi])
    for rates in ((0.0, h_D), (h_G, 0.0)):
        w = w + torch.stack([h * arrow for h, arrow in zip(rates, v(*w), strict=True)])
    return w


def step_in_place(v, theta, psi, h_G, h_D):
    psi += h_D * v(theta, psi)[1]
    theta += h_G * v(theta, psi)[0]
    return theta, psi


def step_of_one_rate(v, theta, psi, h_G, h_D):
    return step_unpacked(v, theta, psi, 0.2, 0.2)


def step_of_wasserstein(v, theta, psi, h_G, h_D):
    psi = psi - h_D * theta
    return theta + h_G * psi, psi


def step_seeded(v, theta, psi, h_G, h_D):
    torch.manual_seed(0)
    return step_unpacked(v, theta, psi, h_G, h_D)


def step_endless(v, theta, psi, h_G, h_D):
    while True:
        psi = psi + h_D * v(theta, psi)[1]


# 04.3


def rate_in_numpy(eigenvalues):
    z = eigenvalues.numpy()
    return max(0, (-2 * z.real / np.abs(z) ** 2).min())


def rate_by_search(eigenvalues):
    low, high = 0.0, 1000.0
    if (eigenvalues.real >= 0).any():
        return 0
    for _ in range(200):
        middle = (low + high) / 2
        inside = ((1 + middle * eigenvalues).abs() < 1).all()
        low, high = (middle, high) if inside else (low, middle)
    return low


def rate_or_none(eigenvalues):
    found = [-2 * z.real / (z * z.conjugate()).real for z in eigenvalues.tolist()]
    return min(found) if min(found) > 0 else None


def rate_with_cosine(eigenvalues):
    found = [-2 * math.cos(cmath.phase(z)) / abs(z) for z in eigenvalues.tolist()]
    return torch.tensor(max(0.0, min(found)))


def rate_in_float32(eigenvalues):
    z = eigenvalues.to(torch.complex64)
    return torch.relu((-2 * z.real / (z.real**2 + z.imag**2)).amin())


def rate_by_inverse(eigenvalues):
    return np.clip(-2 * (1 / eigenvalues.numpy()).real, 0, None).min()


def limits(z):
    return -2 * z.real / z.abs() ** 2


# 04.4


def optimistic(first=1):
    def answer(v, theta, psi, h, steps):
        old = [first * a for a in v(theta, psi)]
        for _ in range(steps):
            new = v(theta, psi)
            theta = theta + h * (2 * new[0] - old[0])
            psi = psi + h * (2 * new[1] - old[1])
            old = new
        return theta, psi

    return answer


def optimistic_points(v, theta, psi, h, steps):
    past = (theta, psi)
    for _ in range(steps):
        now, then = v(theta, psi), v(*past)
        past = theta, psi
        theta, psi = (w + h * a + h * (a - b) for w, a, b in zip(past, now, then, strict=True))
    return theta, psi


def optimistic_recursive(v, theta, psi, h, steps, before=None):
    if steps == 0:
        return theta, psi
    now = v(theta, psi)
    before = before or now
    moved = [w + h * (2 * a - b) for w, a, b in zip((theta, psi), now, before, strict=True)]
    return optimistic_recursive(v, *moved, h, steps - 1, now)


def optimistic_in_numpy(v, theta, psi, h, steps):
    w, old = np.stack([theta.numpy(), psi.numpy()]), None
    for _ in range(steps):
        new = np.stack([a.numpy() for a in v(*map(torch.from_numpy, map(np.atleast_1d, w)))]).reshape(w.shape)
        w = w + h * (2 * new - (new if old is None else old))
        old = new
    return w[0], w[1]


def optimistic_in_float32(v, theta, psi, h, steps):
    return optimistic()(v, theta.float(), psi.float(), h, steps)


def optimistic_path(v, theta, psi, h, steps):
    path = [optimistic()(v, theta, psi, h, n) for n in range(steps + 1)]
    return torch.stack([p[0] for p in path]), torch.stack([p[1] for p in path])


def optimistic_in_place(v, theta, psi, h, steps):
    old = v(theta, psi)
    for _ in range(steps):
        new = v(theta, psi)
        theta += h * (2 * new[0] - old[0])
        psi += h * (2 * new[1] - old[1])
        old = new
    return theta, psi


def optimistic_sequential(v, theta, psi, h, steps):
    old = v(theta, psi)
    for _ in range(steps):
        new = v(theta, psi)
        theta = theta - h * (2 * new[0] - old[0])
        psi = psi + h * (2 * new[1] - old[1])
        old = new
    return theta, psi


def optimistic_of_fixed_rate(v, theta, psi, h, steps):
    return optimistic()(v, theta, psi, 0.2, steps)


def optimistic_of_fixed_length(v, theta, psi, h, steps):
    return optimistic()(v, theta, psi, h, 5)


def optimistic_never_ends(v, theta, psi, h, steps):
    while steps:
        theta, psi = theta + h * v(theta, psi)[0], psi
    return theta, psi


RIGHT = {
    "field_with_r1": [
        field_by_numpy,
        field_by_list,
        field_by_float32,
        field_by_logsigmoid,
        field_by_tanh,
        field_by_two_gradients,
    ],
    "alternating_step": [step_unpacked, step_as_list, step_in_numpy, step_in_float32, step_of_fields],
    "largest_rate": [rate_in_numpy, rate_by_search, rate_or_none, rate_with_cosine, rate_in_float32, rate_by_inverse],
    "optimistic": [optimistic(), optimistic_points, optimistic_recursive, optimistic_in_numpy, optimistic_in_float32],
}
WRONG = {
    "field_with_r1": [
        (field(of_G, lambda theta, psi, gamma, s: -theta * s - 2 * gamma * psi**2), "2γψ² is no slope"),
        (field(of_G, lambda theta, psi, gamma, s: -theta * s - 0.6 * psi), "whatever gamma is"),
        (field(lambda *w: -of_G(*w), lambda *w: -of_D(*w)), "the sign is turned, everywhere"),
        (field_backward, "it switches"),
        (field_overwrites, "overwrites its input theta"),
        (lambda theta, psi, gamma: -theta * (theta * psi).sigmoid() - gamma * psi, "2 values"),
        (lambda theta, psi, gamma: (psi * 0.5, -theta * 0.5), "whatever gamma is"),
        (lambda theta, psi, gamma: (psi.exp() ** theta / 0, theta), "there is an infinity"),
        (field(of_G, lambda theta, psi, gamma, s: (-theta * s - gamma * psi).mean()), "shape"),
        (
            lambda theta, psi, gamma: print(psi * (theta * psi).sigmoid(), -theta * (theta * psi).sigmoid()),
            "prints its answer",
        ),
    ],
    "alternating_step": [
        (lambda v, t, p, a, b: (t + a * v(t, p + b * v(t, p)[1])[1], p + b * v(t, p)[1]), "along D's arrow"),
        (step_in_place, "overwrites its input theta"),
        (step_of_one_rate, "stays the same, whatever h_G is"),
        (step_of_wasserstein, "stays the same, whatever v is"),
        (step_seeded, "seeds PyTorch's"),
        (step_endless, "loop that never ends"),
        (lambda v, theta, psi, h_G, h_D: theta + h_G * v(theta, psi)[0], "2 values are asked for"),
        (lambda v, theta, psi, h_G, h_D: (theta, psi, v), "You return 3"),
        (lambda v, theta, psi: (theta, psi), "it is called with (v, theta, psi, h_G, h_D)"),
        (lambda v, theta, psi, h_G, h_D: v(theta, psi), "whatever h_G is"),
        (lambda v, theta, psi, h_G, h_D: step_unpacked(v[0], theta, psi, h_G, h_D), "TypeError"),
    ],
    "largest_rate": [
        (
            lambda e: None if (e.real >= 0).any() else (-2 * e.real / e.abs() ** 2).max(),
            "this is the limit of the eigenvalue that allows most",
        ),
        (lambda z: 2 * limits(z).min().clamp(min=0), "yours is 2 times the right answer"),
        (lambda z: limits(z).clamp(min=0), "I expected the shape ()"),
        (lambda z: 1.2, "whatever eigenvalues is"),
        (lambda z: None if len(z) else 1.0, "whatever eigenvalues is"),
        (lambda z: (-2 * z.real / z**2).min(), "Error"),
        (lambda z: min(-2 * e.real / abs(e) ** 2 for e in z if e.real < 0), "do not lie to the left"),
        (lambda z: float("inf") if (z.real >= 0).any() else limits(z).min(), "there is an infinity"),
        (lambda z: float("nan") if (z.real >= 0).any() else limits(z).min(), "there is a NaN"),
        (lambda z: limits(z.sub_(1)).min(), "overwrites its input eigenvalues"),
        (lambda z: str(limits(z).min()), "cannot be read as numbers"),
    ],
    "optimistic": [
        (optimistic(first=2), "the first step does not move"),
        (optimistic_path, "shape"),
        (optimistic_in_place, "overwrites its input theta"),
        (optimistic_sequential, "G goes against its arrow"),
        (optimistic_of_fixed_rate, "whatever h is"),
        (optimistic_of_fixed_length, "whatever steps is"),
        (optimistic_never_ends, "loop that never ends"),
        (lambda v, theta, psi, h, steps: (theta, psi), "nothing moves"),
        (lambda v, theta, psi, h, steps: v(theta, psi), "whatever h is"),
        (lambda v, theta, psi, h, steps: optimistic()(v, theta, psi, h, steps)[0], "2 values"),
        (lambda v, theta, psi, h, steps: optimistic()(v, 1.0, -1.0, h, steps), "Error"),
        (lambda v, theta, psi, h, steps: optimistic()(v, theta, psi, steps, h), "TypeError"),
    ],
}
