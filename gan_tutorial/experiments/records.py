"""The runs that a benchmark has on file, one line of JSON each: what is there is not run again."""

import json
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import torch

from ..pictures import data_folder

FOLDER = data_folder() / "results"


def machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, one thread"


def load(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def append(file: Path, run: dict) -> None:
    """Keep a run, and on which machine and with which torch it was made."""
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(run | {"machine": machine(), "torch": torch.__version__}) + "\n")


def complete(script: list[str], file: Path, wanted: Iterable[dict]) -> list[dict]:
    """All runs, after `python *script VALUE ...` for each of the wanted ones that is missing."""
    for keys in wanted:
        if not any(keys.items() <= run.items() for run in load(file)):
            subprocess.run([sys.executable, *script, *map(str, keys.values())], check=True)
    return load(file)


def report(file: Path, runs: list[dict], table: str) -> None:
    """Print the table and write it beside the runs, with the machine."""
    text = f"{runs[0]['machine']}, torch {runs[0]['torch']}\n\n{table}\n"
    file.with_suffix(".md").write_text(text, "utf-8")
    print(text)
