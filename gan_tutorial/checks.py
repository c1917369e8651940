"""What is said at the door: the name, what came, what was expected. A wrong value or shape is a ValueError, a wrong
type a TypeError. Names are given as keywords:

    positive(weight=weight)
    shape(x, "N", 1, 28, 28, name="the picture x")
"""

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor


def positive(**numbers: float) -> None:
    """Finite numbers > 0."""
    for name, value in numbers.items():
        if not _real(name, value) > 0 or value == math.inf:
            raise ValueError(f"{name} is {value}; expected a number > 0")


def not_negative(**numbers: float) -> None:
    """Finite numbers >= 0."""
    for name, value in numbers.items():
        if not _real(name, value) >= 0 or value == math.inf:
            raise ValueError(f"{name} is {value}; expected a number >= 0")


def share(**numbers: float) -> None:
    """Numbers in [0, 1)."""
    for name, value in numbers.items():
        if not 0 <= _real(name, value) < 1:
            raise ValueError(f"{name} is {value}; expected a number in [0, 1)")


def whole(least: int, **numbers: int) -> None:
    """Whole numbers >= least."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{name} is {value!r}; expected a whole number")
        if value < least:
            raise ValueError(f"{name} is {value}; expected a whole number >= {least}")


def one_of(known: Collection[Any], **values: Any) -> None:
    """Members of a collection."""
    for name, value in values.items():
        if value not in known:
            raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, known))}")


def instance(kind: type, **values: Any) -> None:
    """Instances of a class."""
    for name, value in values.items():
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {value!r:.100}; expected an instance of {kind.__name__}, not a class or a name")


def shape(x: Tensor, *wanted: int | str, name: str) -> None:
    """A tensor whose sizes are the wanted ones; a word stands for any size, and "..." at the end for more of them."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} is of type {type(x).__name__}; expected a tensor")
    sizes = wanted[:-1] if wanted[-1:] == ("...",) else wanted
    fits = len(x.shape) >= len(sizes) if sizes != wanted else len(x.shape) == len(sizes)
    if not fits or any(isinstance(b, int) and a != b for a, b in zip(x.shape, sizes, strict=False)):
        expected = f"({', '.join(map(str, wanted))}{',' * (len(wanted) == 1)})"
        raise ValueError(f"{name} has the shape {tuple(x.shape)}; expected {expected}")


def float32(x: Tensor, *wanted: int | str, name: str) -> None:
    """A float32 tensor with the sizes that `shape` knows."""
    shape(x, *wanted, name=name)
    if x.dtype != torch.float32:
        raise TypeError(f"{name} is {x.dtype}; expected torch.float32")


def finite(state: Any, name: str = "") -> None:
    """Numbers, neither infinite nor NaN, in every tensor of a state, nested as it may be; else a FloatingPointError."""
    if isinstance(state, dict | list | tuple):
        for k, part in state.items() if isinstance(state, dict) else enumerate(state):
            finite(part, f"{name}.{k}".lstrip("."))
    elif isinstance(state, Tensor) and not state.isfinite().all():
        raise FloatingPointError(
            f"{name} is no longer finite everywhere, so it is not written. Resume from the last checkpoint "
            "with a smaller learning rate or a penalty on D"
        )


def labels(y: Tensor, n: int, classes: int | None = None, *, name: str = "the labels y") -> None:
    """A tensor of n whole numbers >= 0; < classes, where the number of classes is known."""
    shape(y, n, name=name)
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise TypeError(f"{name} are {y.dtype}; expected whole numbers")
    low, high = (y.min().item(), y.max().item()) if n else (0, 0)
    if low < 0 or high >= (classes or math.inf):
        raise ValueError(f"{name} lie in {low}..{high}; expected 0..{classes - 1 if classes else 'K-1'}")


def _real(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r}; expected a number")
    return float(value)
