"""A run is one run from its first step to its last, however often it is stopped: what identifies it, what may change
on the way, and how it is interrupted between two steps.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from . import checkpoints, checks
from .distributed import Everyone, rank
from .pictures import CLASSES, fashion_mnist, folder, images
from .recipe import Recipe
from .training import Data

MAY_CHANGE = ("steps", "lr_G", "lr_D", "betas", "device")


def changes(saved: dict, asked: dict) -> list[str]:
    """What is asked for now and differs from what a checkpoint was saved with, a line per difference.

    ValueError for what makes it another run: the rest of a run would not be that of its header.
    """
    differences = {k: f"{k} {saved.get(k)} -> {asked.get(k)}" for k in saved | asked if saved.get(k) != asked.get(k)}
    if refused := [said for k, said in differences.items() if k not in MAY_CHANGE]:
        raise ValueError(
            f"the checkpoint is of another run (saved -> asked): {'; '.join(refused)}. Ask for what was saved, or name "
            f"another file with --checkpoint. On the way only {', '.join(MAY_CHANGE)} may change"
        )
    return list(differences.values())


def resume(path: Path, everyone: Everyone, recipe: Recipe, run: dict) -> list[str]:
    """Bring new players to where a checkpoint is, if it is of the same run, at the rates of the recipe.

    Returns what has changed on the way, a line per difference. ValueError if it is of another run, or beyond its end.
    """

    def changed(words: dict) -> list[str]:
        return changes(words.get("run", run), run)

    words = checkpoints.load(path, everyone, lr_G=recipe.lr_G, lr_D=recipe.lr_D, betas=recipe.betas, accept=changed)
    step, now = everyone.players.step, changed(words)
    if step > recipe.steps:
        raise ValueError(f"{path} is at step {step}, beyond --steps {recipe.steps}: nothing is to be done, or written")
    if rank() == 0:
        print("; ".join([f"going on from step {step} of {path}", *now]))
        if "run" not in words:
            print(
                f"warning: {path} does not say of what run it is (version 0.1, or saved from Python), so nothing could "
                "be compared; the learning rates and betas are those of this command",
                file=sys.stderr,
            )
    return words.get("changes", []) + [f"from step {step}: {change}" for change in now]


def pictures(path: Path | None, recipe: Recipe, device: str) -> tuple[Data, str]:
    """The pictures in a folder, or Fashion-MNIST, as data, and what tells them from others."""
    if path is None:
        checks.one_of((0, len(CLASSES)), classes=recipe.classes)
        pixels, labels = (t.to(device) for t in fashion_mnist())
        return images(pixels, labels if recipe.classes else None, size=recipe.size), "fashion-mnist"
    if recipe.classes:
        raise ValueError(f"the pictures in {path} have no labels; leave out --classes")
    found = folder(path, recipe.size, recipe.channels)
    if rank() == 0:
        print(found, flush=True)
    return images(found.pixels.to(device)), fingerprint(found.pixels)


def fingerprint(pixels: Tensor) -> str:
    """How many pictures they are, and a checksum of what is to be seen on them, in their order."""
    return f"{len(pixels)} pictures, sha256 {sha256(pixels.numpy().data).hexdigest()[:16]}"


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within it, Ctrl-C only makes the function that it gives return True. A second one stops at once, as ever."""
    pressed = []

    def press(number, frame):
        pressed.append(number)
        signal.signal(signal.SIGINT, before)
        os.write(2, b"\nstopping after this step; Ctrl-C again stops at once\n")  # print may not be called again

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
