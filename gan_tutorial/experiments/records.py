"""The runs on file, in data/results, one line of JSON each: a run that is there is not made again."""

import inspect
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import torch

from ..pictures import data_folder

FOLDER = data_folder() / "results"


def machine() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, one thread"


def load(file: Path) -> list[dict]:
    """The runs in a file, none if there is no such file."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def append(file: Path, run: dict) -> None:
    """Keep a run, with the machine and the version of torch that made it."""
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(run | {"machine": machine(), "torch": torch.__version__}) + "\n")


def complete(script: list[str], file: Path, wanted: Iterable[dict]) -> list[dict]:
    """All runs in the file, after `python *script VALUE ...` for each of the wanted ones that it does not hold.

    A wanted run is named by some of its items, {"seed": 0, ...}; their values are what the script is given.
    """
    for keys in wanted:
        if not any(keys.items() <= run.items() for run in load(file)):
            subprocess.run([sys.executable, *script, *map(str, keys.values())], check=True)
    return load(file)


def start(main: Callable[[], None], file: Path, run: Callable[..., dict]) -> dict | None:
    """What a script of `complete` does: `main` without arguments; with them, the one run that they name, kept in the
    file and returned. The annotations of `run` say which of them are numbers.
    """
    if len(sys.argv) == 1:
        main()
        return None
    kinds = [parameter.annotation for parameter in inspect.signature(run).parameters.values()]
    values = [kind(text) if kind in (int, float) else text for kind, text in zip(kinds, sys.argv[1:], strict=False)]
    found = run(*values)
    append(file, found)
    return found


def spread(values: list, form: str) -> str:
    """Median (range)."""
    return f"{median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def report(file: Path, runs: list[dict], table: str) -> None:
    """Print the table and write it beside the runs, with the machine and the version of torch of the first one."""
    text = f"{runs[0]['machine']}, torch {runs[0]['torch']}\n\n{table}\n"
    file.with_suffix(".md").write_text(text, "utf-8")
    print(text)
