"""Exercises that answer back: the right answer is computed first, then the learner's, on inputs of its own; a wrong one
is compared with the known mistakes, on all inputs.
"""

import contextlib
import dis
import inspect
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ..pictures import data_folder
from . import record, running
from .running import Blank, OutOfTime, Refused

LEVELS = ("complete", "repair", "derive", "build")
SECONDS = 20.0  # for a learner's function, on all inputs together


@dataclass(kw_only=True, eq=False)
class Exercise:
    """One exercise: `solutions[0]` gives the right answer, the others are right in another way.

    `inputs()` gives at least three argument lists, unlike in every respect; it is called anew for each run, under a
    fixed seed. A solution without arguments has none. `outcome(function, *inputs)` is what is compared: the value,
    or, where an effect is wanted, a dict of what was changed. `mistakes` are wrong functions, each with its sentence
    and, maybe, a hint of its own; the first one of a repair is what stands in the notebook. `accepts(value, *inputs)`,
    where there is more than one right value, takes the place of the comparison: it returns what is wrong, or "".
    `changes` are the inputs that the function may change, `none` is what None means as an answer. After "Right." come
    the insight and what `reward(function)` makes with the learner's own function. `prediction` is a number to be
    guessed before: how it is named, and what gives it.
    """

    number: str
    level: str
    minutes: int
    solutions: Sequence[Callable]
    hints: Sequence[str]
    insight: str
    inputs: Callable[[], Sequence[tuple]] = lambda: [()]
    outcome: Callable = running.call
    mistakes: Sequence[tuple] = ()
    accepts: Callable[..., str] | None = None
    parts: Sequence[str] = ()
    changes: Sequence[str] = ()
    none: Any = None
    prediction: tuple[str, Callable[[], float]] | None = None
    reward: Callable[[Callable], Any] | None = None
    derivation: str = ""
    tries: int = field(default=0, init=False)
    _given: int = field(default=0, init=False)
    _own_hint: str = field(default="", init=False)

    @property
    def name(self) -> str:
        return next(name for name, value in vars(sys.modules[self.solutions[0].__module__]).items() if value is self)

    def check(self, answer: Callable, prediction: Any = None) -> None:
        """Say whether the answer is right, or what is wrong; put a right one to work."""
        with running.listening() as heard:
            verdict = self.verdict(answer)
        if printed := heard.getvalue():
            more = len(printed) - 2000
            print(printed[:2000] + f"\n... and {more} characters more" * (more > 0))
        print(verdict)
        if verdict != "Right.":
            return
        record.add(self.number)
        if self.prediction:
            what, compute = self.prediction
            guess = f"you predicted {prediction}" if isinstance(prediction, int | float) else "you predicted nothing"
            print(f"{what}: {guess}, it is {_digits(compute())}.")
        print(self.insight)
        if self.reward:
            self._put_to_work(answer)

    def verdict(self, answer: Any) -> str:
        try:
            self.examine(answer)
        except Blank:
            return f"Nothing here yet. Fill in the dots and run the cell again; exercise.{self.name}.hint() helps."
        except Refused as refused:
            untouched = self.level == "repair" and str(refused) == self.mistakes[0][1]
            self.tries, self._own_hint = self.tries + (not untouched), refused.hint
            return f"Not yet: {refused}{self._offer()}"
        return "Right."

    def _offer(self) -> str:
        if self._own_hint or self.tries == 2:
            return f" (exercise.{self.name}.hint() helps.)"
        return f" (exercise.{self.name}.solution() shows answers.)" if self.tries >= 4 else ""

    def hint(self) -> None:
        """A hint for the last mistake, if there is one, or the next of the general ones."""
        if self._own_hint:
            print(f"About your mistake: {self._own_hint}")
            self._own_hint = ""
            return
        self._given = min(self._given + 1, len(self.hints))
        print(f"Hint {self._given} of {len(self.hints)}: {self.hints[self._given - 1]}")

    def solution(self) -> None:
        """All ways that are known, once there has been a try."""
        if not self.tries and self.number not in record.solved():
            print("First a try: run the cell with an answer of yours, even an unfinished one.")
            return
        for k, solution in enumerate(self.solutions):
            print("# Another way\n" * bool(k) + inspect.getsource(solution))
        if self.derivation:
            print(self.derivation)

    # The examination

    def examine(self, answer: Any) -> None:
        """Nothing, if the answer is right; Blank or Refused, if not."""
        if answer is ... or _does_nothing(answer):
            raise Blank
        if not callable(answer):
            raise Refused("check() takes the function itself, without brackets after its name.")
        _check_arguments(answer, self._names)
        rights = self._rights[0]
        saids, damages, stopped = self._ask(answer)
        wrong = [i for i, said in enumerate(saids) if self._wrong(said, i)]
        if wrong:
            self._name(saids)
        if stopped:
            raise stopped
        for damage in damages:
            raise Refused(damage if wrong else f"the value is right, but {damage}")
        for i in wrong:
            _check_form(saids[i], rights[i])
        if wrong:
            if self.accepts:
                raise Refused(self.accepts(*saids[wrong[0]].values(), *self._cases()[wrong[0]].values()))
            for name in self._names:
                self._check_use(name, answer, saids)
            _relate(saids, rights, [_rows(case) for case in self._cases()])
            _check_infinities(saids, rights, self._cases())
            for name in self._names:
                self._check_condition(name, answer, wrong, len(saids))
            self._show_worst(saids, rights, wrong)

    @cached_property
    def _names(self) -> list[str]:
        return list(inspect.signature(self.solutions[0]).parameters)

    def _cases(self) -> list[dict[str, Any]]:
        """The inputs by their names, made anew."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return [dict(zip(self._names, case, strict=True)) for case in self.inputs()]

    def _mixed(self, i: int, j: int, name: str) -> dict[str, Any]:
        """Input i, with one argument that of input j."""
        cases = self._cases()
        return cases[i] | {name: cases[j][name]}

    def _answers(
        self, case: dict[str, Any], function: Callable | None = None, seconds: float = 600
    ) -> dict[str, Tensor]:
        """The outcome of a function, or of the solution, as tensors by name."""
        value, _ = running.run(function or self.solutions[0], case, self.outcome, seconds)
        return self._parts(value)

    def _ask(self, answer: Callable) -> tuple[list[dict[str, Tensor]], list[str], Refused | None]:
        """What the answer says to each input, what it changes, and why it stops, if it does."""
        saids: list[dict[str, Tensor]] = []
        damages: list[str] = []
        end = time.monotonic() + SECONDS
        try:
            for case in self._cases():
                with running.listening() as heard:
                    value, changed = running.run(answer, case, self.outcome, end - time.monotonic())
                print(heard.getvalue(), end="")
                if value is None and heard.getvalue():
                    raise Refused("your function prints its answer. Others can use only what it returns.")
                saids.append(self._parts(value))
                if saids[-1].keys() != self._rights[0][0].keys():
                    raise Refused(f"your function returns something ({type(value).__name__}) that is no answer.")
                damages += [d for name in changed if name not in self.changes for d in changed[name]]
        except OutOfTime:
            why = f"your function was stopped after {SECONDS:g} seconds. Is there a loop that never ends?"
            return saids, damages, Refused(why)
        except Refused as refused:
            return saids, damages, refused
        except (Exception, SystemExit) as error:
            if running.computes_with_dots(error):
                raise Blank from None
            if not running.reached(error, answer):
                raise
            return saids, damages, Refused(running.stops(error, answer))
        return saids, damages, None

    def _parts(self, value: Any) -> dict[str, Tensor]:
        """An outcome as tensors by name."""
        if self.outcome is not running.call and isinstance(value, dict):
            return {name: as_tensor(part) for name, part in value.items()}
        if value is None:
            if self.none is None:
                raise Refused("your function returned nothing. Did you forget `return`?")
            value = self.none
        if value is ... or (isinstance(value, list | tuple) and any(part is ... for part in value)):
            raise Blank
        if not self.parts:
            return {"": as_tensor(value)}
        try:
            parts = [] if isinstance(value, str | dict) else list(value)
        except TypeError:
            parts = [value]
        if len(parts) != len(self.parts):
            raise Refused(f"{len(self.parts)} values are asked for: {', '.join(self.parts)}. You return {len(parts)}.")
        return {name: as_tensor(part) for name, part in zip(self.parts, parts, strict=True)}

    @cached_property
    def _rights(self) -> list[list[dict[str, Tensor]]]:
        """The outcomes of all solutions, for each input."""
        return [[self._answers(case, solution) for case in self._cases()] for solution in self.solutions]

    @cached_property
    def _known(self) -> list[tuple[list[dict[str, Tensor]], str, str]]:
        """The outcomes of the known mistakes for each input, as far as they come, with sentence and hint."""
        known = []
        for mistake, sentence, *hint in self.mistakes:
            outcomes: list[dict[str, Tensor]] = []
            with contextlib.suppress(Exception):  # a mistake may not know what to do with an input
                for case in self._cases():
                    outcomes.append(self._answers(case, mistake))
            known.append((outcomes, sentence, hint[0] if hint else ""))
        return known

    def _wrong(self, said: dict[str, Tensor], i: int) -> bool:
        if not self.accepts:
            return not any(_equal(said, rights[i]) for rights in self._rights)
        right = self._rights[0][i]
        fits = all(_same_form(said[name], right[name]) and said[name].isfinite().all() for name in right)
        return not fits or bool(self.accepts(*said.values(), *self._cases()[i].values()))

    def _name(self, saids: list[dict[str, Tensor]]) -> None:
        """Raise the sentence of the mistake that gives what was said, on all inputs."""
        for outcomes, sentence, hint in self._known:
            pairs = zip(saids, outcomes, strict=False)
            if len(outcomes) >= len(saids) and all(_equal(said, value, equal_nan=True) for said, value in pairs):
                raise Refused(sentence, hint=hint)

    def _check_use(self, name: str, answer: Callable, saids: list) -> None:
        """Raise, if an input that matters plays no part in the answer."""
        compared: set[int] = set()
        for i, j in itertools.permutations(range(len(saids)), 2):
            if i in compared:
                continue
            try:
                right = self._answers(self._mixed(i, j, name))
            except Exception:  # these two inputs do not go together
                continue
            if _equal(right, self._rights[0][i]):
                continue
            try:
                with running.listening():
                    said = self._answers(self._mixed(i, j, name), answer, SECONDS)
            except (Exception, SystemExit, OutOfTime):  # it does something with it
                return
            if not _equal(said, saids[i], equal_nan=True):
                return
            compared.add(i)
        if compared:
            raise Refused(f"your answer stays the same, whatever {name} is.")

    def _is_right(self, answer: Callable, i: int, j: int, name: str) -> bool:
        """Whether the answer is right for input i with one argument of input j."""
        said = self._answers(self._mixed(i, j, name), answer, SECONDS)
        return _equal(said, self._answers(self._mixed(i, j, name)))

    def _check_condition(self, name: str, answer: Callable, wrong: list[int], n: int) -> None:
        """Raise, if one number decides whether the answer is right: exchanged, it takes right and wrong with it."""
        cases = self._cases()
        for i, j in itertools.product([i for i in range(n) if i not in wrong], wrong):
            good, bad = cases[i][name], cases[j][name]
            if not isinstance(good, int | float) or good == bad:
                continue
            try:
                with running.listening():
                    became_right = self._is_right(answer, j, i, name)
                    stayed_right = self._is_right(answer, i, j, name)
            except (Exception, SystemExit):  # these inputs do not go together
                continue
            except OutOfTime:  # one wait is enough
                return
            if became_right and not stayed_right:
                sentence = (
                    f"right where {name} is {_digits(good)}, wrong where it is {_digits(bad)}, all else the same."
                )
                raise Refused(sentence, named=False)

    def _show_worst(self, saids: list, rights: list, wrong: list[int]) -> None:
        """Raise the sentence that names no mistake: what was expected where the answer is farthest off."""

        def distance(i: int, name: str) -> Tensor:
            return (saids[i][name].reshape(rights[i][name].shape) - rights[i][name]).abs() / (
                rights[i][name].abs() + 1e-6
            )

        i, name = max(((i, name) for i in wrong for name in rights[i]), key=lambda at: distance(*at).max().item())
        place = int(distance(i, name).argmax())
        right, said = (parts[name].flatten()[place].item() for parts in (rights[i], saids[i]))
        if self.outcome is not running.call and name:  # an effect: it was not said, but done
            clause = f"{name} should be {_apart(right, said, 'and comes out as')}"
        else:
            clause = f"{name or 'it'} is {_apart(right, said)}"
        sentence = f"{_described(self._cases()[i], rights[i][name].shape, place)}{clause}."
        raise Refused("right for some inputs, but " * (len(wrong) < len(saids)) + sentence, named=False)

    def _put_to_work(self, answer: Callable) -> None:
        try:
            with torch.random.fork_rng(devices=[]), torch.enable_grad():
                shown = self.reward(answer) if self.reward else None
        except Exception as error:
            if running.reached(error, answer):
                print(f"(Put to work, {running.stops(error, answer)}.)")
            else:
                print(f"(Right, but it cannot be put to work here, where a tensor would be: {error}.)")
            return
        if isinstance(shown, str):
            print(shown)
        elif shown is not None:
            from IPython.display import display

            display(shown)


@dataclass(kw_only=True)
class Open:
    """An exercise with more than one good answer: `outline` says what one looks like, with the results that we got.

    The names in braces are those of results in data/results/open_exercises/, which benchmarks/open_exercises/ writes.
    """

    number: str
    minutes: int
    outline: str

    def answer(self) -> None:
        """An outline of a good answer."""
        results = json.loads((data_folder() / "results" / "open_exercises" / f"{self.number}.json").read_text("utf-8"))
        print(self.outline.format(**results))


class Recall:
    """Three questions from memory, one about an earlier notebook: (text, [(option, reply), ...], right, answer)."""

    def __init__(self, *questions: tuple[str, Sequence[tuple[str, str]], int, str]):
        self.questions = questions

    def ask(self) -> None:
        from IPython.display import display

        from ..widgets import Question, Score

        score = Score()
        for text, options, right, answer in self.questions:
            display(Question(text, options, right, answer, score))


def as_tensor(value: Any) -> Tensor:
    """Whatever holds real numbers (tensors, arrays, lists, numbers), in double precision."""
    given = type(value).__name__
    if value is ...:
        raise Blank
    try:
        if isinstance(value, list | tuple):
            value = torch.stack([as_tensor(part) for part in value]) if value else torch.zeros(0)
        tensor = torch.as_tensor(value).detach().cpu().to_dense()
    except (Blank, Refused):
        raise
    except Exception:
        raise Refused(f"your function returns something ({given}) that cannot be read as numbers.") from None
    if tensor.is_complex():
        if not torch.equal(tensor.imag, torch.zeros_like(tensor.imag)):
            raise Refused("your answer has an imaginary part; a real number is asked for.")
        tensor = tensor.real
    return tensor.double()


def _same_form(said: Tensor, right: Tensor) -> bool:
    return said.shape == right.shape or said.numel() == right.numel() == 1


def _equal(said: dict[str, Tensor], right: dict[str, Tensor], equal_nan: bool = False) -> bool:
    return said.keys() == right.keys() and all(
        _same_form(said[name], part)
        and torch.allclose(said[name].reshape(part.shape), part, rtol=1e-4, atol=1e-6, equal_nan=equal_nan)
        for name, part in right.items()
    )


def _check_arguments(answer: Callable, names: list[str]) -> None:
    try:
        signature = inspect.signature(answer)
    except ValueError:  # some functions in C have none
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise Refused(f"your function takes {signature}; it is called with ({', '.join(names)}).") from None


def _check_form(said: dict[str, Tensor], right: dict[str, Tensor]) -> None:
    for name, part in right.items():
        of = f" for {name}" if name else ""
        if not _same_form(said[name], part):
            raise Refused(f"I expected the shape {tuple(part.shape)}{of}, you gave {tuple(said[name].shape)}.")
        finite = part.isfinite().reshape(said[name].shape)
        if said[name].isnan().any():
            raise Refused(f"there is a NaN in your answer{of}: 0 / 0, 0 log 0, or the logarithm of a negative number?")
        if said[name][finite].isinf().any():
            raise Refused(f"there is an infinity in your answer{of}: 1 / 0, log 0, or exp of a large number?")


def _relate(saids: list, rights: list, rows: list[int]) -> None:
    """Raise, if what was said is the right answer put through something simple, for all inputs."""
    said, right = (torch.cat([part.flatten() for parts in all_ for part in parts.values()]) for all_ in (saids, rights))
    if right.unique().numel() < 3:
        return
    finite = right.isfinite()
    counts = [sum(part.numel() for part in parts.values()) for parts in rights]
    n = torch.tensor(rows).double().repeat_interleave(torch.tensor(counts))
    relations = [
        (-right, "the sign is turned, everywhere."),
        (right.abs(), "the size is right, but the sign is lost."),
        (1 / right, "it is upside down: yours is 1 divided by the right answer."),
        (1 - right, "yours is 1 minus the right answer."),
        (right.square(), "yours is the square of the right answer."),
        (right.sqrt(), "yours is the square root of the right answer."),
        (right.log(), "yours is the logarithm of the right answer."),
        (right.exp(), "yours is exp of the right answer."),
        (right.sigmoid(), "yours is the sigmoid of the right answer."),
        (right / math.log(2), "the logarithm has base 2 where the natural one belongs."),
        (right / math.log(10), "the logarithm has base 10 where the natural one belongs."),
        (right.half().double(), "yours has the three digits of half precision (float16). Compute in float32."),
        (right.bfloat16().double(), "yours has the two digits of half precision (bfloat16). Compute in float32."),
        (right / n, "yours is too small by the number of rows. Is there a mean too many?"),
        (right * n, "yours is too large by the number of rows. Is there a sum where a mean belongs?"),
    ]
    for value, sentence in relations:
        if torch.allclose(said, value, rtol=1e-4, atol=1e-7):
            raise Refused(sentence)
    factor = (said[finite] @ right[finite] / (right[finite] @ right[finite])).item()
    if abs(factor) > 1e-6 and torch.allclose(said, factor * right, rtol=1e-4, atol=1e-7):
        raise Refused(f"yours is {factor:.4g} times the right answer, everywhere.")
    offset = (said - right)[finite].mean().item()
    if torch.allclose(said, right + offset, rtol=1e-5, atol=1e-7):
        raise Refused(f"yours is the right answer {'plus' if offset > 0 else 'minus'} {abs(offset):.4g}, everywhere.")
    pairs = [
        (s[name].flatten().sort().values, r[name].flatten().sort().values)
        for s, r in zip(saids, rights, strict=True)
        for name in r
    ]
    if any(r.unique().numel() > 2 for _, r in pairs) and all(torch.allclose(s, r, rtol=1e-4) for s, r in pairs):
        raise Refused("these are the right numbers in another order.")


def _check_infinities(saids: list, rights: list, cases: list) -> None:
    """Raise, if an answer is finite where the right one is not."""
    for said, right, case in zip(saids, rights, cases, strict=True):
        for name, part in right.items():
            lost = part.isinf() & said[name].reshape(part.shape).isfinite()
            if lost.any():
                place = int(lost.flatten().int().argmax())
                infinity = "∞" if part.flatten()[place] > 0 else "−∞"
                raise Refused(
                    f"{_described(case, part.shape, place)}{name or 'it'} is {infinity}, and yours is finite. "
                    "Is something kept away from 0, or left out?"
                )


def _rows(case: dict[str, Any]) -> int:
    """The length of the first tensor, as far as there is one."""
    return next((len(value) for value in case.values() if isinstance(value, Tensor) and value.ndim), 1)


def _described(case: dict[str, Any], shape: torch.Size, place: int) -> str:
    """What the answer at a place of a result was made of: for p = 0.1, q = 0.3 and share = 0.8"""
    seen = []
    for name, value in case.items():
        if isinstance(value, Tensor) and value.ndim and value.shape == shape:
            value = value.flatten()[place]
        elif isinstance(value, Tensor) and value.ndim == 2 and len(shape) == 1 and len(value) == shape[0]:
            value = value[place]
        if isinstance(value, Tensor) and value.numel() <= 6:
            value = value.tolist()
        if shown := _numbers(value):
            seen.append(f"{name} = {shown}")
        elif isinstance(value, Tensor):
            seen.append(f"{name} of shape {tuple(value.shape)}")
    *first, last = seen or [""]
    return f"for {', '.join(first)}{' and ' * bool(first)}{last} " if last else ""


def _numbers(value: Any) -> str:
    """A number, or a few in brackets, which may hold further ones; "" for all else."""
    if isinstance(value, int | float | complex):
        return _digits(value)
    if isinstance(value, list | tuple) and len(value) <= 6:
        parts = [_numbers(part) for part in value]
        return f"({', '.join(parts)})" if all(parts) else ""
    return ""


def _digits(value: complex, n: int = 4) -> str:
    return f"{value + 0:.{n}g}"  # -0.0 + 0 has no sign


def _apart(right: float, said: float, between: str = "you say") -> str:
    """Two numbers, with as many digits as tell them apart."""
    n = next((n for n in range(4, 17) if _digits(right, n) != _digits(said, n)), 17)
    return f"{_digits(right, n)}, {between} {_digits(said, n)}"


def _does_nothing(function: Any) -> bool:
    """Whether the body of a function still is `...`, `return ...` or empty."""
    if not inspect.isfunction(function):
        return False
    steps = [step for step in dis.get_instructions(function) if step.opname not in ("RESUME", "NOP")]
    if any(step.opname not in ("LOAD_CONST", "RETURN_CONST", "RETURN_VALUE") for step in steps):
        return False
    constants = [step.argval for step in steps if step.opname != "RETURN_VALUE"]
    return all(
        set(value) == {...} if isinstance(value, tuple) and value else value in (None, ...) for value in constants
    )
