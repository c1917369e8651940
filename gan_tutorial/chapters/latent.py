"""Notebook 10: move in the space of latents z (Z,), z ~ N(0, I): from one to another, towards the middle, along the
directions that G's first layer answers to most, and back from a picture.

    lerp        from a to b on the straight segment
    slerp       from a to b on the arc around 0
    truncate    each component's distribution N(0, 1), cut off at a threshold
    directions  the leading right singular vectors of the first layer's matrix
    search      descend the mean over pixels of (G(z) - x)^2 by gradient, from several starts, step by step
    invert      the latents after so many steps of it
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checks import float32, not_negative, shape, whole
from ..sampling import FromLatents, at_rest, device_of


def lerp(a: Tensor, b: Tensor, w: Tensor | float) -> Tensor:
    """From a (w = 0) to b (w = 1) on the straight segment: (..., Z), (..., Z), (...) -> (..., Z).

        lerp(a, b, w) = (1 - w) * a + w * b

    Two latents and weights (K,) give K points. The middle of two independent z has the distribution N(0, I/2): it is
    shorter than what G was trained on.
    """
    w = torch.as_tensor(w, dtype=a.dtype, device=a.device)[..., None]
    return (1 - w) * a + w * b


def slerp(a: Tensor, b: Tensor, w: Tensor | float) -> Tensor:
    """From a (w = 0) to b (w = 1) on the arc around 0: (..., Z), (..., Z), (...) -> (..., Z). With their angle,

        slerp(a, b, w) = (sin((1 - w) * angle) * a + sin(w * angle) * b) / sin(angle)

    Where a and b point the same way, or one of them is 0, it is the segment. Where they point opposite ways
    no arc is the shortest: a ValueError. White 2016, after Shoemake 1985
    """
    wide_a, wide_b, w = a.double(), b.double(), torch.as_tensor(w, dtype=torch.float64, device=a.device)
    u, v = F.normalize(wide_a, dim=-1), F.normalize(wide_b, dim=-1)
    apart, along = (u - v).norm(dim=-1, keepdim=True), (u + v).norm(dim=-1, keepdim=True)
    if ((along < 1e-6) & (apart > 1)).any():
        raise ValueError("a and b point in opposite directions, so no arc is the shortest; use lerp, or a third point")
    angle = 2 * torch.atan2(apart, along)  # Kahan's formula: also right for small angles, where acos is not
    weight_a, weight_b = ((1 - w[..., None]) * angle).sin(), (w[..., None] * angle).sin()
    straight = (angle < 1e-6) | ~wide_a.any(-1, keepdim=True) | ~wide_b.any(-1, keepdim=True)
    arc = (weight_a * wide_a + weight_b * wide_b) / angle.sin().where(~straight, 1)
    return torch.where(straight, lerp(wide_a, wide_b, w), arc).to(a.dtype)


def truncate(z: Tensor, threshold: float) -> Tensor:
    """z ~ N(0, I) -> the same distribution given that every component lies in [-threshold, threshold]; any shape.

    The truncation trick of Brock et al. 2019: less variety, fewer failures. They draw a component that lies
    beyond again until it does not. Here each one moves to where the cut distribution has
    the rank that it had: the distribution is the same, and a small change of the threshold is a small change of z. At
    inf z stays, at 0 all are 0.
    """
    if threshold == math.inf:
        return z
    not_negative(threshold=threshold)
    rank = torch.erf(z.double() / math.sqrt(2))  # P(|component| < |z|), with z's sign
    cut = math.sqrt(2) * torch.erfinv(math.erf(threshold / math.sqrt(2)) * rank)
    return cut.clamp(-threshold, threshold).to(z.dtype)


@torch.no_grad()
def directions(G: FromLatents, k: int) -> Tensor:
    """The k orthogonal unit vectors that G's first layer stretches most, the most first: (min(k, Z), Z).

    They are its matrix's leading right singular vectors, whose signs are free: here the component that is
    farthest from 0 is positive. The first layer is the first `Linear` or `ConvTranspose2d`, and z its first Z
    inputs. A network without one gets the axes of its latent space, in their order. Shen & Zhou 2021, eq. 4
    """
    whole(1, k=k)
    first = next((m for m in G.modules() if isinstance(m, nn.Linear | nn.ConvTranspose2d)), None)
    matrix = torch.empty(0, 0) if first is None else first.weight.flatten(1)
    if isinstance(first, nn.ConvTranspose2d):
        matrix = matrix.T  # its weight has the inputs first: (Z, C, S, S)
    if matrix.shape[1] < G.latent_dim:
        return torch.eye(G.latent_dim, device=device_of(G))[:k]
    found = torch.linalg.svd(matrix[:, : G.latent_dim], full_matrices=False).Vh[:k]
    return found * found.gather(1, found.abs().argmax(1, keepdim=True)).sign()


class Inversion(NamedTuple):
    """Latents for N pictures, from R starts each: the nearest first."""

    z: Tensor  # (N, R, Z)
    mse: Tensor  # (N, R): the mean over pixels of (G(z) - x)^2


def search(
    G: FromLatents, x: Tensor, rng: torch.Generator, *, restarts: int = 8, start: Tensor | None = None
) -> Iterator[Inversion]:
    """Latents whose pictures come nearer to given ones, x (N, ...): Adam descends the mean over pixels of
    (G(z) - x)^2 from `restarts` random z for each; or from `start` (N, R, Z), say an encoder's guesses, and then
    rng and restarts play no part. The starts, then what is found after each step, for ever, the nearest first
    each time: a place in that order is not one start.

    Adam has a step size for each coordinate, and G answers to some directions far more than to others; so the
    coordinates run along `directions`. And no z grows longer than sqrt(Z) + 2, as hardly one of N(0, I) is: its
    length has a standard deviation of about 0.7 around sqrt(Z). Plain Adam on z found far fewer (notebook 10).
    G makes its pictures in eval mode, and between two steps it is in the mode that it was in.
    After Zhu et al. 2016; Creswell & Bharath 2016
    """
    axes, longest = directions(G, G.latent_dim), math.sqrt(G.latent_dim) + 2
    with at_rest(G):
        float32(x, "N", *G(axes[:1]).shape[1:], name="x, the pictures of G's size,")
    whole(1, restarts=restarts, pictures=len(x))
    if start is None:
        start = torch.randn(len(x), restarts, len(axes), generator=rng, device=rng.device).to(axes.device) @ axes
    shape(start, len(x), "R", G.latent_dim, name="start")

    def steps() -> Iterator[Inversion]:
        target = x.to(axes.device).repeat_interleave(start.shape[1], 0)
        y = (start.flatten(0, 1) @ axes.T).requires_grad_()  # z = y @ axes
        adam = torch.optim.Adam([y], lr=0.2, betas=(0.9, 0.99))
        while True:
            with at_rest(G), torch.enable_grad():
                z = y @ axes
                mse = (G(z) - target).square().flatten(1).mean(1)
                total = mse.sum()
            yield _nearest_first(z.detach().view_as(start), mse.detach().view(start.shape[:2]))
            adam.zero_grad()
            total.backward(inputs=[y])
            adam.step()
            with torch.no_grad():
                y *= (longest / y.norm(dim=1, keepdim=True)).clamp(max=1)

    return steps()


def _nearest_first(z: Tensor, mse: Tensor) -> Inversion:
    order = mse.argsort(1)
    return Inversion(z.gather(1, order[..., None].expand_as(z)), mse.gather(1, order))


def invert(G: FromLatents, x: Tensor, rng: torch.Generator, *, restarts: int = 8, steps: int = 300) -> Inversion:
    """What `search` has found after so many steps, from random starts."""
    whole(0, steps=steps)
    return next(islice(search(G, x, rng, restarts=restarts), steps, None))
