"""Which exercises are solved: a list of numbers in .exercises.json, in the folder in which the notebook runs.

The environment variable GAN_TUTORIAL_EXERCISES names another file. If it is empty, nothing is read or written, nor is
anything by default under pytest and CI. Who deletes the file begins anew. A file that cannot be read or written is no
error.
"""

import contextlib
import importlib
import json
import os
from pathlib import Path

from .. import files


def place() -> Path | None:
    named = os.environ.get("GAN_TUTORIAL_EXERCISES")
    if named is None:
        return None if {"PYTEST_VERSION", "CI"} & set(os.environ) else Path(".exercises.json")
    return Path(named) if named else None


def solved() -> set[str]:
    path = place()
    try:
        numbers = json.loads(path.read_text("utf-8")) if path else []
        return {number for number in numbers if isinstance(number, str)} if isinstance(numbers, list) else set()
    except (OSError, ValueError, RecursionError):
        return set()


def add(number: str) -> None:
    path = place()
    if path and number not in solved():
        with contextlib.suppress(OSError):
            files.write(path, json.dumps(sorted(solved() | {number})).encode())


def all_numbers() -> list[str]:
    """The numbers of all exercises that are checked: "01.1" is the first of notebook 01."""
    from . import engine

    paths = Path(__file__).parent.glob("n[0-9][0-9]_*.py")
    modules = [importlib.import_module(f"{__package__}.{path.stem}") for path in paths]
    values = [value for module in modules for value in vars(module).values()]
    return sorted(value.number for value in values if isinstance(value, engine.Exercise))


class Progress:
    """How far a learner has come: a line, and in a notebook a row of boxes for each notebook."""

    def __init__(self) -> None:
        self.all, done = all_numbers(), solved()
        self.solved = [number for number in self.all if number in done]

    def __repr__(self) -> str:
        if len(self.solved) == len(self.all):
            return f"All {len(self.all)} exercises are solved."
        after = [n for n in self.all if n not in self.solved and n > max(self.solved, default="")]
        following = after[0] if after else next(n for n in self.all if n not in self.solved)
        return f"{len(self.solved)} of {len(self.all)} exercises solved; next: {following}"

    def _repr_html_(self) -> str:
        rows: dict[str, list[str]] = {}
        for number in self.all:
            box = "■" if number in self.solved else "□"
            rows.setdefault(number[:2], []).append(f'<span title="{number}">{box}</span>')
        cells = "".join(f"<tr><td>{notebook}</td><td>{' '.join(boxes)}</td></tr>" for notebook, boxes in rows.items())
        return f"<p>{self!r}</p><table><tr><th>notebook</th><th>solved ■, open □</th></tr>{cells}</table>"
