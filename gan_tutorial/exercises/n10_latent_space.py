"""The exercises of notebook 10."""

import torch
from torch import Tensor

from ..chapters import latent
from . import Exercise, filled, named


def solve_slerp(a: Tensor, b: Tensor, w: float) -> Tensor:
    # the angle between a and b, from the inner product of the two arrows of length 1
    theta = torch.acos((a / a.norm()) @ (b / b.norm()))
    return (torch.sin((1 - w) * theta) * a + torch.sin(w * theta) * b) / torch.sin(theta)


def mistake_of_slerp(slerp) -> str:
    a, b, w = torch.tensor([3.0, 0.0, 1.0]).double(), torch.tensor([0.5, 2.0, 1.0]).double(), 0.3
    said, right = torch.as_tensor(filled(slerp(a, b, w))), latent.slerp(a, b, w)
    if said.shape != right.shape:
        return f"a point of the way is a latent, of shape {tuple(right.shape)}; yours has {tuple(said.shape)}."
    straight, cosine = latent.lerp(a, b, w), a @ b / (a.norm() * b.norm())
    between = torch.sin((1 - w) * cosine) * a + torch.sin(w * cosine) * b
    return named(
        said,
        (right, ""),
        (straight, "this is lerp, the segment."),
        (straight / straight.norm() * a.norm(), "this is the segment, pushed out to the shell: its pace is uneven."),
        (latent.slerp(a, b, 1 - w), "w = 0 must be a, and w = 1 must be b."),
        (right * torch.sin(torch.acos(cosine)), "the division by sin of the angle is missing."),
        (between / torch.sin(cosine), "this takes the cosine for the angle: torch.acos is missing."),
        other=f"its length should be {right.norm():.4f} here, yours is {said.norm():.4f}.",
    )


slerp = Exercise(
    mistake_of_slerp,
    solve_slerp,
    (
        "The angle first: its cosine is the inner product of a / |a| and b / |b|, and torch.acos undoes a cosine.",
        "The rest is formula (1), with torch.sin. w is a number.",
    ),
)


def solve_slope(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    # the right side of (2), as a mean over the sample; without the mean of A it scatters less
    return ((z @ u) * (A - A.mean())).mean() / A.std()


def mistake_of_slope(slope) -> str:
    rng = torch.Generator().manual_seed(0)
    z, u = torch.randn(500, 3, generator=rng).double(), torch.tensor([0.6, 0.0, 0.8]).double()
    A = 4 + z @ torch.tensor([2.0, -1.0, 0.5]).double() + torch.randn(500, generator=rng)
    said, right = torch.as_tensor(filled(slope(z, u, A))), solve_slope(z, u, A)
    coordinates = z @ u
    if said.numel() != 1:
        return f"a direction and an attribute have one slope; yours has the shape {tuple(said.shape)}."
    return named(
        said,
        (right, ""),
        ((coordinates * A).mean() / A.std(), ""),
        (right * A.std() / A.std(correction=0), ""),
        ((coordinates * A).mean() / A.std(correction=0), ""),
        (
            torch.corrcoef(torch.stack([coordinates, A]))[0, 1],
            "nearly: this divides by the scatter of this sample's coordinates, too. In (2) it is known, and 1.",
        ),
        (right * A.std(), "this is in the units of A. Divide by its standard deviation."),
        ((coordinates * A).mean(), "this is in the units of A. Divide by its standard deviation."),
        (right / A.std(), "this divides by the variance. It is the standard deviation."),
        (right * len(z), "this is the sum over the sample. E stands for the mean."),
        (coordinates.mean() * A.mean() / A.std(), "the mean of a product is not the product of the means."),
        (-right, "the sign is wrong."),
        other=f"for these numbers it is {right:.4f}, you say {float(said):.4f}.",
    )


slope = Exercise(
    mistake_of_slope,
    solve_slope,
    (
        "z @ u are the coordinates of all latents along u, (N,).",
        "The right side of (2): the mean of coordinate times attribute, in units of A.std(). Take the mean of A off A "
        "first: that changes nothing in the expectation and scatters less.",
    ),
)
