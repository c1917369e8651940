"""Look at a run, never steer it. An observer is a function of a Step; `watch` shows it every step.

    history = History()
    for step in watch(islice(train(...), 1000), history, Progress(1000)):
        ...

Looking changes nothing: no observer draws from the run's random numbers.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from . import checks
from .sampling import at_rest
from .training import Step

Observer = Callable[[Step], None]


def watch(steps: Iterator[Step], *observers: Observer) -> Iterator[Step]:
    """Pass every step on after showing it to the observers."""
    for step in steps:
        for observe in observers:
            observe(step)
        yield step


def every(n: int, observe: Observer) -> Observer:
    """Show it only the steps n, 2n, 3n, ..."""
    checks.whole(1, n=n)
    return lambda step: observe(step) if step.number % n == 0 else None


class Record(NamedTuple):
    """One number per step, for curves."""

    number: int
    value: float  # V
    cost: float  # L
    d_real: float  # mean score of the real batch
    d_fake: float  # mean score of the fake batch


class History(list[Record]):
    """Remembers the run, one Record per step; `history.column("value")` is one curve (steps,)."""

    def __call__(self, step: Step) -> None:
        self.append(Record(step.number, *(t.mean().item() for t in step[1:])))

    def column(self, name: str) -> Tensor:
        return torch.tensor([getattr(record, name) for record in self])


class Snapshots(list[tuple[int, Tensor]]):
    """What G makes of the same latents (and labels) as it learns: pairs (step number, x (N, ...)).

    Draw the latents with a generator of your own, not with the run's.
    """

    def __init__(self, G: nn.Module, z: Tensor, *labels: Tensor):
        super().__init__()
        self.G, self.inputs = G, (z, *labels)

    def __call__(self, step: Step) -> None:
        with at_rest(self.G) as G:
            self.append((step.number, G(*self.inputs).cpu()))


class Progress:
    """A progress bar over `total` steps, with V and L beside it; `quiet` shows nothing."""

    def __init__(self, total: int, quiet: bool = False):
        self.bar = tqdm(total=total, unit="step", disable=quiet)

    def __call__(self, step: Step) -> None:
        if step.number % 10 == 0:
            self.bar.set_postfix_str(f"V {step.value:+.2f}, L {step.cost:+.2f}", refresh=False)
        self.bar.update()
        if self.bar.n >= self.bar.total:
            self.close()

    def close(self) -> None:
        """Leave the bar as it is, and end its line."""
        self.bar.close()
