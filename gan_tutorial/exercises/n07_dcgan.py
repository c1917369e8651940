"""The exercises of notebook 07."""

import torch
from torch import Tensor

from ..metrics import class_shares
from . import Exercise, filled, named


def solve_unit(pixels: Tensor) -> Tensor:
    # 0 becomes -1 and 255 becomes 1, as far as tanh reaches
    return pixels[:, None].float() / 127.5 - 1


def mistake_of_unit(unit) -> str:
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    try:
        x = filled(unit(pixels))
    except RuntimeError as error:
        return f"{error} Are the pixels still whole numbers of 8 bits?"
    if x.dtype != torch.float32:
        return f"the result is {x.dtype}; the networks take torch.float32."
    if x.shape != (1, 1, 16, 16):
        return f"shape (1, 16, 16) must become (1, 1, 16, 16), a channel for each image; it is {tuple(x.shape)}."
    grey = pixels[:, None].float()
    return named(
        x,
        (solve_unit(pixels), ""),
        (grey / 255, "these pixels lie in [0, 1]: D would know a fake by its darkest pixel alone."),
        (grey / 128 - 1, "nearly: white, 255, becomes 0.992. tanh could be caught by its whiter white."),
        (1 - grey / 127.5, "black and white are exchanged."),
        other=f"0 must become -1 and 255 must become 1; they become {x.flatten()[0]:.3f} and {x.flatten()[-1]:.3f}.",
    )


unit = Exercise(
    mistake_of_unit,
    solve_unit,
    (
        "A straight line takes 0 to -1 and 255 to 1. What is its slope?",
        "2 / 255 = 1 / 127.5. First make floats, for whole numbers of 8 bits go round after 255.",
        "pixels[:, None] adds the channel.",
    ),
)


def solve_rarest(logits: Tensor) -> float:
    # without minlength a class that never comes would not be counted, not even as 0
    counts = logits.argmax(1).bincount(minlength=logits.shape[1])
    return (counts.min() / len(logits)).item()


def mistake_of_rarest(rarest) -> str:
    rng = torch.Generator().manual_seed(0)
    even, few = torch.randn(500, 10, generator=rng), torch.randn(500, 10, generator=rng)
    few[:, 9] = -10.0  # the last class never comes
    for logits in (even, few):
        said, right = float(filled(rarest(logits))), class_shares(logits).min().item()
        counts = logits.argmax(1).bincount(minlength=10)
        sentence = named(
            said,
            (right, ""),
            (counts.min(), "this is a number of images. Their share is asked for."),
            (100 * right, "this is in per cent. As a share it lies between 0 and 1."),
            (
                counts[counts > 0].min() / 500,
                "a class that never comes has the share 0; here it is left out.",
            ),
            (logits.softmax(1).mean(0).min(), "this is a mean probability. Each image counts for its likeliest class."),
            (counts.max() / 500, "this is the share of the commonest class."),
            other=f"for these logits it is {right:.3f}, you say {said:.3f}.",
        )
        if sentence:
            return sentence
    return ""


rarest_class = Exercise(
    mistake_of_rarest,
    solve_rarest,
    (
        "logits.argmax(1) names the class of each image, torch.bincount counts them.",
        "What does bincount return if the last class never comes? See its argument minlength.",
    ),
)
