"""Exercises that answer back: a check that names the mistake, hints one at a time, and a solution to read.

A module for each notebook. `tests/test_exercises.py` holds the solutions, and wrong answers that must be rejected.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch


class Blank(Exception):
    """Nothing has been filled in yet."""


class Exercise:
    """`mistake(answer)` says what is wrong with an answer, or "" if nothing is; `solution` is a right one."""

    def __init__(self, mistake: Callable[[Any], str], solution: Callable, hints: tuple[str, ...]):
        self.mistake, self.solved, self.hints, self.given = mistake, solution, hints, 0

    def verdict(self, answer: Any) -> str:
        try:
            wrong = self.mistake(filled(answer))
        except Blank:
            return "Nothing here yet. Fill in the dots and run the cell again; hint() helps."
        except Exception as error:
            return f"Your answer stops with {type(error).__name__}: {error}"
        return f"Not yet: {wrong}" if wrong else "Right."

    def check(self, answer: Any) -> None:
        print(self.verdict(answer))

    def hint(self) -> None:
        """The next hint, each time it is called."""
        self.given = min(self.given + 1, len(self.hints))
        print(f"Hint {self.given} of {len(self.hints)}: {self.hints[self.given - 1]}")

    def solution(self) -> None:
        print(inspect.getsource(self.solved))


def filled(value: Any) -> Any:
    """The value, unless it still is what stands in the place of an answer."""
    if value is None or value is ...:
        raise Blank
    return value


def named(said: Any, *known: tuple[Any, str], other: str) -> str:
    """The sentence beside the value that was said ("" stands beside the right one), or else the other."""
    said = torch.as_tensor(said).double()
    for value, sentence in known:
        if torch.allclose(said, torch.as_tensor(value).double(), rtol=1e-4, atol=1e-6):
            return sentence
    return other
