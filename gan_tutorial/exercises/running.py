"""Run a learner's function within a time limit, and find out what it changed that is not its own: its inputs, global
random numbers, gradients, the mode of a network.
"""

import contextlib
import ctypes
import functools
import io
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

SEED = 20_141_127  # of global random numbers while a learner's function runs; another one afterwards tells


class Refused(Exception):
    """The sentence for an answer that is not right; `named` says whether it names the mistake."""

    def __init__(self, sentence: str, named: bool = True, hint: str = ""):
        super().__init__(sentence)
        self.named, self.hint = named, hint


class Blank(Exception):
    """Nothing has been filled in yet."""


class OutOfTime(BaseException):
    """Raised in the thread of code that has run for too long."""


def within(seconds: float, function: Callable, *inputs: Any) -> Any:
    """What the function returns, or OutOfTime in it after some seconds, on any system and in any thread.

    Code that stays outside of Python, say in one product of huge matrices, or that catches every exception in a loop,
    cannot be ended; a line says so.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    guard, armed, done = threading.Lock(), threading.Lock(), threading.Lock()
    armed.acquire()
    done.acquire()
    asked, over, settled = 0, False, False

    def ask() -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))

    def watch() -> None:
        nonlocal asked
        armed.acquire()
        while not done.acquire(timeout=0.5 if asked else seconds):  # again: an `except:` may have caught the last one
            with guard:
                if not over:
                    asked += 1
                    ask()
            if asked == 5:
                message = "Your code cannot be stopped from outside. Interrupt the kernel, or restart it (Kernel menu)."
                print(message, file=sys.stderr)

    threading.Thread(target=watch, daemon=True).start()
    try:
        armed.release()
        return function(*inputs)
    finally:
        while not over or (asked and not settled):
            try:
                with guard:
                    over = True
                # One may be on its way. Taken back, it would leave Python 3.11 looking for it for ever, and a line
                # trace would never end (importing debugpy hangs). So one more takes its place, and comes here.
                if asked:
                    settled = True
                    ask()
                    while True:
                        pass
            except OutOfTime:
                pass
        done.release()


def call(function: Callable, *inputs: Any) -> Any:
    return function(*inputs)


def weights(network: nn.Module) -> Tensor:
    """All weights of a network in one row, as they are now."""
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def after_a_turn(turn: Callable, *inputs: Any) -> dict[str, Any]:
    """What a turn of the game leaves behind in the networks, G before D, or D alone."""
    turn(*inputs)
    networks = [value for value in inputs if isinstance(value, nn.Module)]
    found: dict[str, Any] = {}
    for name, network in zip(("G", "D")[-len(networks) :], networks, strict=True):
        found[f"a weight of {name}"] = weights(network)
        found[f"the mode of {name} (1 for training)"] = network.training
        found[f"requires_grad of {name}"] = [p.requires_grad for p in network.parameters()]
    return found


def run(
    function: Callable, inputs: dict[str, Any], outcome: Callable = call, seconds: float = 600
) -> tuple[Any, dict[str, list[str]]]:
    """What `outcome(function, *inputs)` gives, and by the input's name ("" for what is global) what it changed."""
    before = {name: _traces(value) for name, value in inputs.items()}
    with _surroundings() as changed:
        value = within(max(seconds, 0.01), outcome, _leaving_gradients_on(function, changed), *inputs.values())
    damages = {"": changed}
    for name, old in before.items():
        new = _traces(inputs[name])
        parts = inputs[name] if isinstance(inputs[name], list | tuple) else [inputs[name]]
        said = _CHANGED_NETWORK if any(isinstance(part, nn.Module) for part in parts) else _CHANGED
        damages[name] = [said[kind].format(name=name) for kind in old if old[kind] != new[kind]]
    return value, damages


def reached(error: BaseException, function: Callable) -> bool:
    """Whether an exception passed through a function: else it is not the function's, but of who called it."""
    code = getattr(function, "__code__", None)
    frames = traceback.walk_tb(error.__traceback__)
    return code is None or any(frame.f_code is code for frame, _ in frames)


def computes_with_dots(error: BaseException) -> bool:
    """Whether an exception comes from dots that stand in the place of a value, in a frame that is half filled in."""
    in_general = isinstance(error, TypeError | AttributeError) and "ellipsis" in str(error)
    return in_general or "infer dtype of ellipsis" in str(error)  # as torch.tensor(...) says


def stops(error: BaseException, function: Callable) -> str:
    """The sentence for an exception of a learner's function, with the last of its own lines that was reached."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" in the line `{lines[-1].line}`" if lines and lines[-1].line else ""
    return f"your function stops{where} with {type(error).__name__}: {error}"


@contextlib.contextmanager
def listening() -> Iterator[io.StringIO]:
    """Keep what is printed meanwhile."""
    with contextlib.redirect_stdout(io.StringIO()) as heard:
        yield heard


_CHANGED = {
    "values": "it overwrites its input {name}. Work on a copy, {name}.clone(), or write x = x + y for x += y.",
    "requires_grad": "it switches requires_grad of its input {name}. Begin with {name}.detach().requires_grad_().",
    "gradients": "it leaves a gradient behind in its input {name}. torch.autograd.grad returns it instead.",
    "mode": "it leaves its input {name} in another mode.",
}
_CHANGED_NETWORK = {
    "values": "it changes weights or running averages of {name}. Leave them alone, or work on copy.deepcopy({name}).",
    "requires_grad": "it leaves requires_grad of {name}'s weights changed. Switch it back.",
    "gradients": "it leaves gradients behind in {name}. torch.autograd.grad returns them instead.",
    "mode": "it leaves {name} in another mode. Put it back with .train() or .eval(), as it was.",
}


def _traces(value: Any) -> dict[str, list]:
    """All that a function could change in an input, by the kind of change."""
    found: dict[str, list] = {kind: [] for kind in _CHANGED}
    if isinstance(value, nn.Module):
        found["mode"] = [module.training for module in value.modules()]
        parts: Sequence[Any] = [*value.parameters(), *value.buffers()]
    elif isinstance(value, list | tuple):
        parts = value
    else:
        if isinstance(value, Tensor):
            found["values"] = [_bits(value)]
            found["requires_grad"] = [value.requires_grad]
            found["gradients"] = [None if value.grad is None else _bits(value.grad)]
        elif isinstance(value, np.ndarray | int | float | complex):
            found["values"] = [_bits(torch.as_tensor(value))]
        return found
    for part in parts:
        for kind, traces in _traces(part).items():
            found[kind] += traces
    return found


def _bits(value: Tensor) -> tuple:
    return tuple(value.shape), value.dtype, value.detach().cpu().resolve_conj().numpy().tobytes()


@contextlib.contextmanager
def _surroundings() -> Iterator[list[str]]:
    """Restore what is global, and say what was changed."""
    changed: list[str] = []
    old_python, old_numpy, old_dtype = random.getstate(), np.random.get_state(), torch.get_default_dtype()
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(SEED)
            np.random.seed(SEED)
            random.seed(SEED)
            random.random(), np.random.rand()  # the first number after a seed renews what _generators compares
            seeded = _generators()
            yield changed
            if torch.initial_seed() != SEED:
                changed.append("it seeds PyTorch's global random numbers, which other cells use. Take a Generator.")
            if _generators() != seeded:
                changed.append("it changes the global random numbers of Python or NumPy, which other cells use.")
            if torch.get_default_dtype() != old_dtype:
                changed.append("it changes PyTorch's default dtype for all that follows.")
    finally:
        random.setstate(old_python)
        np.random.set_state(old_numpy)
        torch.set_default_dtype(old_dtype)


def _leaving_gradients_on(function: Callable, changed: list[str]) -> Callable:
    """The function, and gradients on again after it, for what an outcome computes next; a change is said."""

    @functools.wraps(function)
    def watched(*inputs: Any, **others: Any) -> Any:
        before = torch.is_grad_enabled()
        value = function(*inputs, **others)
        if before and not torch.is_grad_enabled():
            torch.set_grad_enabled(True)
            changed.append("it switches gradients off for all that follows. Use `with torch.no_grad():`.")
        return value

    return watched


def _generators() -> tuple:
    """What seeding changes in the global generators of Python and NumPy, and drawing a few numbers does not."""
    return random.getstate()[1][:-1], np.random.get_state(legacy=False)["state"]["key"].tobytes()
