"""The exercises of notebook 12."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..chapters.restoration import Pool, consistent, psnr as right_psnr
from . import Exercise, filled, named


def solve_psnr(x: Tensor, y: Tensor) -> Tensor:
    # the peak is the width of the range, 2; a mean over the pixels of each picture, not over the batch
    return 10 * torch.log10(2**2 / (x - y).square().mean((1, 2, 3)))


def mistake_of_psnr(psnr) -> str:
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(5, 1, 8, 8, generator=rng) * 2 - 1
    y = x + torch.linspace(0.05, 0.5, 5).view(5, 1, 1, 1) * torch.randn(x.shape, generator=rng)
    said, right = torch.as_tensor(filled(psnr(x, y))), right_psnr(x, y)
    if said.shape != right.shape:
        whole = 10 * torch.log10(4 / (x - y).square().mean())
        if said.numel() == 1 and torch.allclose(said.flatten(), whole):
            return "this is one number for the whole batch, and its worst picture drowns the others. One for each."
        return f"for 5 pictures there are 5 numbers, yours have the shape {tuple(said.shape)}."
    return named(
        said,
        (right, ""),
        (right - 10 * torch.tensor(4.0).log10(), "the peak is taken as 1, but pixels from -1 to 1 are up to 2 apart."),
        (right + 20 * torch.tensor(127.5).log10(), "the peak is taken as 255, but these pixels are from -1 to 1."),
        (right * torch.tensor(10.0).log(), "this is the natural logarithm; decibels count powers of 10."),
        (right / 10, "a decibel is a tenth of a bel: the factor 10 is missing."),
        (-right, "this is the negative: nearer must be higher."),
        (right * 2, "the squares are there already: it is 10 log10 of squares, or 20 log10 of their root."),
        (10 * torch.log10(2 / (x - y).square().mean((1, 2, 3))), "the peak is squared, as the differences are."),
        other=f"for the first picture it is {right[0]:.2f} dB, you say {said.flatten()[0]:.2f}.",
    )


psnr = Exercise(
    mistake_of_psnr,
    solve_psnr,
    (
        "The peak is the largest difference that two pixels can have. Here it is not 255, and not 1.",
        "The mean of the squared differences, over all dimensions but the first; then 10 log10(peak^2 / mean).",
    ),
)


def solve_consistent(x: Tensor, y: Tensor, k: int) -> Tensor:
    # what is missing in the mean of each square is missing in each of its pixels
    missing = y - F.avg_pool2d(x, k)
    return x + F.interpolate(missing, scale_factor=k, mode="nearest")


def mistake_of_consistent(change) -> str:
    rng = torch.Generator().manual_seed(0)
    x, other = torch.rand(2, 3, 1, 8, 8, generator=rng) * 2 - 1
    A = Pool(4)
    y = A(other)
    said, right = torch.as_tensor(filled(change(x, y, 4))), consistent(A, x, y)
    if said.shape != x.shape:
        return f"the picture has the shape {tuple(x.shape)}, yours {tuple(said.shape)}."
    half = x + A.back(y - A(x)) / 16
    wrong = named(
        said,
        (right, ""),
        (x, "nothing has changed: the means are still those of x."),
        (A.back(y), "this has the means of y, but nothing is left of x: it is the nearest to 0, not to x."),
        (x + A.back(y), "the means of x are still in it: add only what is missing."),
        (x - A.back(y - A(x)), "the sign: this goes away from y."),
        (half, "each pixel gets a 16th of what is missing, but the mean of 16 pixels that all get m rises by m."),
        other="?",
    )
    if wrong != "?":
        return wrong
    gap = (A(said) - y).abs().max()
    if gap > 1e-3:
        return f"its squares still miss the means that are seen, by up to {gap:.2f}."
    return "the means are right, but there is a picture nearer to x that has them as well."


consistent_picture = Exercise(
    mistake_of_consistent,
    solve_consistent,
    (
        "What is missing in the mean of a square? If all pixels of a square get m more, what becomes of its mean?",
        "F.avg_pool2d(x, k) gives means; F.interpolate(m, scale_factor=k, mode='nearest') spreads them over squares.",
    ),
)


def solve_costs(x: Tensor, p: Tensor) -> tuple[float, float]:
    mean = (p * x).sum()
    variance = (p * (x - mean) ** 2).sum()
    # two independent draws: each is `variance` away from the mean, and the cross term vanishes
    return variance.item(), 2 * variance.item()


def mistake_of_costs(costs) -> str:
    x, p = torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([0.5, 0.1, 0.4])
    said = filled(costs(x, p))
    if not isinstance(said, tuple | list | Tensor) or len(said) != 2:
        return "two numbers are asked for: what the mean costs, and what a draw costs."
    variance, double = solve_costs(x, p)
    second, likeliest = float((p * x**2).sum()), float((p * (x - x[p.argmax()]) ** 2).sum())
    return named(
        torch.tensor([float(number) for number in said]),
        ([variance, double], ""),
        ([double, variance], "they are exchanged: nothing has a smaller mean square than the mean."),
        ([variance, variance], "a draw misses twice: x is away from the mean, and so is the draw."),
        ([second, 2 * second], "these are taken around 0, not around the mean."),
        (
            [variance, likeliest],
            "this is the likeliest value, always the same, not one drawn anew from the distribution.",
        ),
        ([variance**0.5, double**0.5], "these are the roots. The mean square is asked for."),
        other=f"for x = -1, 0, 1 with p = 0.5, 0.1, 0.4 they are {variance:.3f} and {double:.3f}, you say "
        f"{float(said[0]):.3f} and {float(said[1]):.3f}.",
    )


costs = Exercise(
    mistake_of_costs,
    solve_costs,
    (
        "The first is E (x - m)^2 with the mean m: the variance.",
        "The second is E (x' - x)^2 with x and x' drawn independently. Add and subtract m; or sum over all pairs.",
    ),
)
