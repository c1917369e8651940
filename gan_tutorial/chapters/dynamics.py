"""Two numbers that play. G is one number theta, D one number psi, and everything can be computed.

In the Dirac-GAN (Mescheder, Geiger & Nowozin 2018) all data are 0, all fakes are theta, and D's score is
t(x) = psi x. With a rising function f,

    V(theta, psi) = f(0) + f(-psi theta)        f(t) = log sigmoid(t)  minimax,      f'(0) = 1/2
                                                f(t) = t               Wasserstein,  f'(0) = 1

D climbs V, G descends L, which is V in a zero-sum game. Both want to move along the field

    v(theta, psi) = (-dL/dtheta, dV/dpsi)

and they do so by a rule, with learning rates h_G and h_D:

    flow            d theta/dt = v_theta,  d psi/dt = v_psi
    simultaneous    theta <- theta + h_G v_theta(theta, psi),  psi <- psi + h_D v_psi(theta, psi), at once
    alternating     psi <- psi + h_D v_psi(theta, psi), and then theta <- theta + h_G v_theta(theta, psi)

Near a point of rest the flow converges if all eigenvalues of v's Jacobian have a real part below 0, and a
rule if all those of the rule's Jacobian have a modulus below 1. Numbers are float64 tensors of one shape (...),
a game each. The psi of Mescheder et al. is ours with the sign turned: their D gives fakes the high scores.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..checks import positive, whole

Field = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # theta, psi -> v_theta, v_psi
Rule = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # theta, psi -> the next theta, psi

# ----------------------------------------------------------------------------------- games, as fields


def bilinear(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """A game with one saddle, at 0.

    V(theta, psi) = theta * psi
    L(theta, psi) = theta * psi
    """
    return -psi, theta


def wasserstein(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """The bilinear game, turning the other way.

    V(theta, psi) = -psi * theta
    L(theta, psi) = -psi * theta
    """
    return psi, -theta


def minimax(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """The zero-sum game, f = log sigmoid.

    V(theta, psi) = f(0) + f(-psi * theta)
    L(theta, psi) = f(0) + f(-psi * theta)
    """
    slope = torch.sigmoid(psi * theta)  # f'(-psi theta)
    return psi * slope, -theta * slope


def non_saturating(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """D plays as in minimax, G does not.

    V(theta, psi) = f(0) + f(-psi * theta)
    L(theta, psi) = -f(psi * theta)
    """
    t = psi * theta  # the score of the fake
    return psi * torch.sigmoid(-t), -theta * torch.sigmoid(t)


def noisy(std: float) -> Field:
    """Minimax with instance noise: V = E[f(psi x)] + E[f(-psi (theta + x))], x ~ N(0, std^2).

    Every sample, real or fake, is blurred. Sønderby et al. 2017, Arjovsky & Bottou 2017
    """
    positive(std=std)
    k = torch.arange(1, 32, dtype=torch.float64).sqrt()
    x, vectors = torch.linalg.eigh(torch.diag(k, 1) + torch.diag(k, -1))  # Gauss-Hermite, Golub & Welsch 1969
    x, weight = std * x, vectors[0].square()

    def v(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        fake, psi = theta[..., None] + x, psi[..., None]
        slope = torch.sigmoid(psi * fake)
        v_psi = x * torch.sigmoid(-psi * x) - fake * slope
        return (weight * psi * slope).sum(-1), (weight * v_psi).sum(-1)

    return v


def zero_centred(v: Field, gamma: float) -> Field:
    """D pays the penalty gamma/2 s, with s the square of t's slope: R1 where the data are, R2 where the fakes are.

    The slope of psi x is psi everywhere, so here they are one. Mescheder, Geiger & Nowozin 2018
    """
    positive(gamma=gamma)

    def penalised(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        v_theta, v_psi = v(theta, psi)
        return v_theta, v_psi - gamma * psi

    return penalised


def one_centred(v: Field, weight: float) -> Field:
    """D pays the penalty weight (|psi| - 1)^2, that of WGAN-GP. Gulrajani et al. 2017"""
    positive(weight=weight)

    def penalised(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        v_theta, v_psi = v(theta, psi)
        return v_theta, v_psi - 2 * weight * (psi - psi.sign())

    return penalised


def consensus(gamma: float) -> Field:
    """Minimax, but both players also descend gamma/2 |v|^2. Mescheder, Nowozin & Geiger 2017"""
    positive(gamma=gamma)

    def v(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        slope = torch.sigmoid(psi * theta)  # so |v|^2 = slope^2 (theta^2 + psi^2)
        a, b = gamma * slope.square(), (theta.square() + psi.square()) * (1 - slope)
        return psi * slope - a * (theta + b * psi), -theta * slope - a * (psi + b * theta)

    return v


# ------------------------------------------------------------------------------------------ rules


def flow(v: Field, time: float) -> Rule:
    """What a short `time` of the flow does, by one step of the Runge-Kutta rule of fourth order."""
    positive(time=time)

    def rule(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        w = torch.stack([theta, psi])
        a = torch.stack(v(*w))
        b = torch.stack(v(*(w + time / 2 * a)))
        c = torch.stack(v(*(w + time / 2 * b)))
        d = torch.stack(v(*(w + time * c)))
        theta, psi = w + time / 6 * (a + 2 * b + 2 * c + d)
        return theta, psi

    return rule


def simultaneous(v: Field, h_G: float, h_D: float, clip: float = torch.inf) -> Rule:
    """Both move at the same moment; then psi is cut off at -clip and clip."""
    positive(h_G=h_G, h_D=h_D)
    if clip != torch.inf:
        positive(clip=clip)

    def rule(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        v_theta, v_psi = v(theta, psi)
        return theta + h_G * v_theta, (psi + h_D * v_psi).clamp(-clip, clip)

    return rule


def alternating(v: Field, h_G: float, h_D: float, clip: float = torch.inf, critic_steps: int = 1) -> Rule:
    """D moves `critic_steps` times and is cut off each time; then G answers the D that it has become."""
    positive(h_G=h_G, h_D=h_D)
    if clip != torch.inf:
        positive(clip=clip)
    whole(1, critic_steps=critic_steps)

    def rule(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        for _ in range(critic_steps):
            psi = (psi + h_D * v(theta, psi)[1]).clamp(-clip, clip)
        return theta + h_G * v(theta, psi)[0], psi

    return rule


# ------------------------------------------------------------------------------- what comes of it


def trajectory(rule: Rule, theta: float | Tensor, psi: float | Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """The start and what `rule` makes of it, again and again: theta and psi, each (steps + 1, ...)."""
    whole(0, steps=steps)
    path = [_numbers(theta, psi)]
    for _ in range(steps):
        path.append(rule(*path[-1]))
    thetas, psis = zip(*path, strict=True)
    return torch.stack(thetas), torch.stack(psis)


def adam(
    v: Field,
    theta: float | Tensor,
    psi: float | Tensor,
    steps: int,
    h: float | Tensor,
    beta1: float | Tensor,
    beta2: float | Tensor,
    eps: float | Tensor = 1e-8,
) -> tuple[Tensor, Tensor]:
    """As `trajectory`, with alternating steps of Adam, D first. Kingma & Ba 2015

    The last four may be tensors, too: one run for each number.
    """
    whole(0, steps=steps)
    theta, psi, h, beta1, beta2, eps = _numbers(theta, psi, h, beta1, beta2, eps)
    if not ((h > 0) & (beta1 >= 0) & (beta1 < 1) & (beta2 >= 0) & (beta2 < 1) & (eps > 0)).all():
        raise ValueError(f"got h={h}, beta1={beta1}, beta2={beta2}, eps={eps}; expected h, eps > 0, betas in [0, 1)")
    zero = torch.zeros_like(h)
    w, m, s = [theta, psi], [zero, zero], [zero, zero]
    path = [(theta, psi)]
    for k in range(1, steps + 1):
        for i in (1, 0):  # psi, then theta
            g = v(*w)[i]
            m[i] = beta1 * m[i] + (1 - beta1) * g
            s[i] = beta2 * s[i] + (1 - beta2) * g.square()
            w[i] = w[i] + h * m[i] / (1 - beta1**k) / ((s[i] / (1 - beta2**k)).sqrt() + eps)
        path.append((w[0], w[1]))
    thetas, psis = zip(*path, strict=True)
    return torch.stack(thetas), torch.stack(psis)


def eigenvalues(function: Field | Rule, theta: float, psi: float) -> Tensor:
    """Those of the Jacobian of a field or of a rule, at one point: complex (2,)."""
    w = torch.stack(_numbers(theta, psi))
    return torch.linalg.eigvals(torch.func.jacrev(lambda w: torch.stack(function(*w)))(w))


# ---------------------------------------------------------------------------------- at the door


def _numbers(*numbers: float | Tensor) -> tuple[Tensor, ...]:
    """As float64 tensors of one shape."""
    return torch.broadcast_tensors(*(torch.as_tensor(number, dtype=torch.float64) for number in numbers))
