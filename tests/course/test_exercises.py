"""Nothing wrong is called right, nothing right is refused, and mistakes are called by their names."""

import contextlib
import copy
import functools
import importlib
import inspect
import json
import math
import pkgutil
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gan_tutorial import exercises
from gan_tutorial.exercises import Exercise, Open, Recall, engine, record, running

NOTEBOOKS = {path.stem[:2]: path for path in sorted(Path(__file__).parents[2].glob("notebooks/*.ipynb"))}
MODULES = [
    importlib.import_module(f"{exercises.__name__}.{m.name}")
    for m in pkgutil.iter_modules(exercises.__path__)
    if re.match(r"n\d\d_", m.name)
]
EXERCISES = {f"{e.number}-{e.name}": e for m in MODULES for e in vars(m).values() if isinstance(e, Exercise)}
OPEN = {e.number: e for m in MODULES for e in vars(m).values() if isinstance(e, Open)}


def answers(kind: str) -> list:
    """(exercise, answer, ...) for all answers of a kind in tests/course/examiner."""
    rows = []
    for module in MODULES:
        name = module.__name__.rpartition(".")[2]
        written = getattr(importlib.import_module(f"tests.course.examiner.{name}"), kind)
        for exercise, of_exercise in written.items():
            for k, row in enumerate(of_exercise):
                parts = row if isinstance(row, tuple) else (row,)
                rows.append(pytest.param(vars(module)[exercise], *parts, id=f"{name[1:3]}.{exercise}-{k}"))
    return rows


each = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for exercise in EXERCISES.values():
        exercise.tries = exercise._given = 0
        exercise._own_hint = ""
    monkeypatch.setattr(engine, "SECONDS", 20.0)


def refusal(exercise: Exercise, answer) -> running.Refused:
    with pytest.raises(running.Refused) as refused:
        exercise.examine(answer)
    return refused.value


# Right answers


@each
def test_the_solutions_are_right(exercise):
    assert len(exercise.solutions) >= 2, "a second style is missing"
    for solution in exercise.solutions:
        exercise.examine(solution)


@pytest.mark.parametrize("exercise, answer", answers("RIGHT"))
def test_a_right_answer_in_another_style_is_right(exercise, answer):
    exercise.examine(answer)


def returned(function, change):
    """The function, with what it returns changed; a pair stays a pair."""

    @functools.wraps(function)
    def other(*inputs):
        value = function(*inputs)
        return tuple(map(change, value)) if isinstance(value, tuple) else change(value)

    return other


@each
@pytest.mark.parametrize(
    "change",
    [
        lambda value: torch.as_tensor(value).double(),
        lambda value: np.asarray(torch.as_tensor(value).detach()),
        lambda value: torch.as_tensor(value).tolist(),
        lambda value: torch.as_tensor(value).to(torch.complex128),
    ],
    ids=["double", "array", "list", "complex"],
)
def test_numbers_of_all_kinds_are_taken(exercise, change):
    if exercise.outcome is not running.call or exercise.none is not None:
        pytest.skip("an effect, or None, is wanted")
    exercise.examine(returned(exercise.solutions[0], change))


# Wrong answers


@pytest.mark.parametrize("exercise, answer, word", answers("WRONG"))
def test_a_wrong_answer_gets_the_sentence_for_it(exercise, answer, word, monkeypatch):
    if "stopped" in word or "never ends" in word:
        monkeypatch.setattr(engine, "SECONDS", 0.5)
    refused = refusal(exercise, answer)
    assert word and word in str(refused), refused
    assert refused.named == (not UNNAMED.search(word)), f"the row should hold a part of: {refused}"


KNOWN = [
    pytest.param(exercise, k, id=f"{name}-{k}")
    for name, exercise in EXERCISES.items()
    for k in range(len(exercise.mistakes))
]


@pytest.mark.parametrize("exercise, k", KNOWN)
def test_a_known_mistake_gets_its_own_sentence(exercise, k):
    mistake, sentence, *hint = exercise.mistakes[k]
    said = refusal(exercise, mistake)
    assert str(said) == sentence
    assert said.hint == (hint[0] if hint else "")


@each
def test_enough_answers_were_tried(exercise):
    module = exercise.solutions[0].__module__.rpartition(".")[2]
    examiner = importlib.import_module(f"tests.course.examiner.{module}")
    assert len(examiner.RIGHT[exercise.name]) >= 4
    assert len(examiner.WRONG[exercise.name]) >= 10


@each
def test_inputs_are_at_least_three_and_unlike(exercise):
    cases = exercise._cases()
    if cases[0]:
        rights = exercise._rights[0]
        unlike = [a for k, a in enumerate(rights) if not any(engine._equal(a, b) for b in rights[:k])]
        assert len(unlike) >= min(3, len(cases)) >= 3, "few inputs, or all alike"


@each
def test_an_answer_that_knows_one_input_is_refused(exercise):
    if not exercise._cases()[0]:
        pytest.skip("it has no inputs")
    constant = exercise.solutions[0](*exercise._cases()[0].values())
    if exercise.outcome is running.call:
        refusal(exercise, lambda *inputs: constant)


ARGUMENTS = [
    pytest.param(e, name, id=f"{key}-{name}")
    for key, e in EXERCISES.items()
    for name in inspect.signature(e.solutions[0]).parameters
]


@pytest.mark.parametrize("exercise, name", ARGUMENTS)
def test_an_answer_that_ignores_an_input_is_refused(exercise, name):
    value = exercise._cases()[0][name]

    def ignores(**inputs):
        return exercise.solutions[0](**(inputs | {name: value}))

    def positional(*inputs):
        return ignores(**dict(zip(exercise._cases()[0], inputs, strict=True)))

    if isinstance(value, nn.Module | torch.optim.Optimizer) and exercise.changes:
        pytest.skip("what it changes cannot be replaced")
    refusal(exercise, positional)


@each
def test_an_answer_that_overwrites_its_inputs_is_told_so(exercise):
    def zeros(*inputs):
        value = copy.deepcopy(exercise.solutions[0](*inputs))
        for x in inputs:
            if isinstance(x, Tensor):
                x.zero_()
        return value

    names = [n for n, v in exercise._cases()[0].items() if isinstance(v, Tensor) and n not in exercise.changes]
    if not names:
        pytest.skip("no input can be overwritten")
    said = str(refusal(exercise, zeros))
    assert said.startswith(f"the value is right, but it overwrites its input {names[0]}."), said


@each
def test_what_is_no_value_is_told_so(exercise, monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.2)
    n = len(exercise._cases()[0])

    def loops(*inputs):
        while True:
            pass

    def stops(*inputs):
        return 1 / 0

    def prints(*inputs):
        print(exercise.solutions[0](*inputs))

    def forgets(*inputs):
        exercise.solutions[0](*inputs)

    wants_value = exercise.outcome is running.call
    unreadable = "cannot be read as numbers" if wants_value and not exercise.parts else ""
    for wrong, sentence in [
        (loops, "stopped after 0.2 seconds"),
        (stops, "in the line `return 1 / 0` with ZeroDivisionError: division by zero"),
        (lambda *inputs: "seven", unreadable),
        (lambda *inputs: {"a": 1}, unreadable),
        (lambda *inputs: object(), unreadable),
        (lambda *inputs: float("nan"), ""),
        (lambda *inputs: torch.full((7, 5, 3), 0.5), ""),
        *([(prints, "prints its answer"), (forgets, "nothing")] if wants_value and exercise.none is None else []),
    ]:
        said = str(refusal(exercise, wrong))
        assert sentence in said, said
    assert f"it is called with ({', '.join(exercise._cases()[0])})" in str(refusal(exercise, lambda *, other: 1)), n


@each
def test_seeds_and_switches_are_left_alone(exercise):
    def seeds(*inputs):
        torch.manual_seed(1)
        return exercise.solutions[0](*inputs)

    def switches(*inputs):
        value = exercise.solutions[0](*inputs)
        torch.set_grad_enabled(False)
        return value

    before, grad = torch.get_rng_state(), torch.is_grad_enabled()
    assert "seeds PyTorch's" in str(refusal(exercise, seeds))
    assert "switches gradients off" in str(refusal(exercise, switches))
    assert torch.equal(torch.get_rng_state(), before) and torch.is_grad_enabled() == grad


@each
def test_dots_are_no_answer_and_no_mistake(exercise):
    n = len(exercise._cases()[0])

    def empty(*inputs): ...

    for answer in (..., empty, lambda *inputs: ..., lambda *inputs: (..., ...)):
        assert exercise.verdict(answer).startswith("Nothing here yet"), n
    assert exercise.tries == 0


# The engine


@pytest.fixture
def exercise():
    return EXERCISES["01.3-best_discriminator"]


@pytest.mark.parametrize(
    "half_filled",
    [
        lambda p, q, share: share * p / (...),
        lambda p, q, share: ... * p / (p + q),
        lambda p, q, share: (...).sum() * p,
        lambda p, q, share: torch.exp(...),
        lambda p, q, share: nn.functional.softplus(...) * p,
        lambda p, q, share: torch.where(p > 0, p, ...),
        lambda p, q, share: torch.stack([p, ...]),
        lambda p, q, share: nn.Conv2d(1, 1, 1)(...),
        lambda p, q, share: nn.Linear(..., 1),
        lambda p, q, share: p * torch.tensor(...),
        lambda p, q, share: p * np.exp(...),
        lambda p, q, share: p * math.log(...),
        lambda p, q, share: sum(p for k in range(...)),
        lambda p, q, share: p if q.sum() > ... else q,
        lambda p, q, share: [0.5, ...],
        lambda p, q, share: [[0.5, ...], share],
    ],
)
def test_a_frame_that_computes_with_dots_is_not_filled_in_yet(exercise, half_filled):
    assert exercise.verdict(half_filled).startswith("Nothing here yet")
    assert exercise.tries == 0


@pytest.mark.parametrize(
    "answer",
    [
        lambda p, q, share: p[..., None, ...],
        lambda p, q, share: torch.einsum("...i,j->.", p, q),
        lambda p, q, share: np.einsum("..i", p.numpy()),
    ],
)
def test_dots_in_an_index_are_the_learners(exercise, answer):
    said = exercise.verdict(answer)
    assert said.startswith("Not yet: ") and exercise.tries == 1, said


def test_code_that_cannot_be_stopped_is_said_to_be_so(exercise, monkeypatch, capfd):
    import time

    monkeypatch.setattr(engine, "SECONDS", 0.1)
    assert "stopped after" in str(refusal(exercise, lambda p, q, share: time.sleep(3)))
    assert "cannot be stopped from outside" in capfd.readouterr().err


def test_a_time_limit_works_in_other_threads(exercise, monkeypatch):
    import threading

    monkeypatch.setattr(engine, "SECONDS", 0.1)
    said = []

    def loops(p, q, share):
        while True:
            pass

    thread = threading.Thread(target=lambda: said.append(exercise.verdict(loops)))
    thread.start()
    thread.join(10)
    assert said and "stopped after" in said[0]


def test_who_comes_in_time_by_a_hair_is_left_in_peace():
    def loop(n):
        for _ in range(n):
            pass

    for n in range(0, 400_000, 2_000):
        with contextlib.suppress(running.OutOfTime):
            running.within(0.001, loop, n)
    assert sum(range(100)) == 4950


def test_a_loop_that_the_inputs_themselves_do_not_meet_is_stopped(exercise, monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.2)
    known = [(case["share"], case["p"].tolist()) for case in exercise._cases()]
    first = known[0][0]

    def loops(p, q, share):
        while (share, p.tolist()) not in known:
            pass
        return exercise.solutions[0](p, q, share) * (1 if share == first else 0.7 + 0.3 * q)

    assert "you say" in str(refusal(exercise, loops))


def test_half_precision_is_refused_by_name(exercise):
    said = str(refusal(exercise, lambda p, q, share: (share * p / (share * p + (1 - share) * q)).half()))
    assert "half precision (float16)" in said


@pytest.mark.parametrize("seconds, n", [(20, 1), (0.1, 10**9)], ids=["in time", "stopped"])
def test_a_time_limit_leaves_line_traces_alone(seconds, n):
    code = f"""
import sys
from gan_tutorial.exercises import running
try:
    running.within({seconds}, lambda: sum(1 for _ in range({n})))
except running.OutOfTime:
    pass
def untraced():
    sys._getframe().f_trace = None
    line = 1
sys.settrace(lambda *_: None)
untraced()  # as debugpy does when it is imported
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_an_input_that_plays_no_part_is_named(exercise):
    assert "stays the same, whatever share is" in str(refusal(exercise, lambda p, q, share: 0.8 * p / (0.8 * p + q)))


def test_an_exception_of_ours_is_not_the_learners(exercise, monkeypatch):
    def breaks(function, *inputs):
        function(*inputs)
        raise RuntimeError("ours")

    monkeypatch.setattr(exercise, "outcome", breaks)
    with pytest.raises(RuntimeError, match="ours"):
        exercise.examine(exercise.solutions[0])


def test_wrong_at_first_and_stopping_later_is_told_why_it_stops(exercise):
    def answer(p, q, share):
        return p + torch.zeros(3)

    assert "your function stops in the line `return p + torch.zeros(3)`" in str(refusal(exercise, answer))


def test_who_draws_a_few_random_numbers_is_left_in_peace(exercise):
    def draws(p, q, share):
        random.random(), np.random.rand(20), torch.randn(20)  # noqa: NPY002
        return exercise.solutions[0](p, q, share)

    exercise.examine(draws)

    def seeds(p, q, share):
        random.seed(0)
        return exercise.solutions[0](p, q, share)

    assert "the global random numbers of Python or NumPy" in str(refusal(exercise, seeds))


def test_a_sentence_shows_the_input():
    case = {"layers": [(3, 2), (4, 1)], "e": torch.tensor([-1 + 2j]), "x": torch.zeros(2, 2), "f": print, "l": [print]}
    shown = "for layers = ((3, 2), (4, 1)), e = (-1+2j) and x = ((0, 0), (0, 0)) "
    assert engine._described(case, torch.Size(()), 0) == shown


def test_numbers_in_a_sentence_differ():
    assert engine._apart(-0.0, 1.0) == "0, you say 1"
    assert engine._apart(2.20171, 2.20172) == "2.20171, you say 2.20172"


def test_hints_answer_the_mistake_first(exercise, capsys):
    exercise.verdict(lambda p, q, share: share * p / (p + q))
    for start in ("About your mistake: ", "Hint 1 of 2: ", "Hint 2 of 2: ", "Hint 2 of 2: "):
        exercise.hint()
        assert capsys.readouterr().out.startswith(start)


def test_a_solution_comes_after_a_try(exercise, capsys):
    exercise.solution()
    assert capsys.readouterr().out.startswith("First a try")
    exercise.verdict(lambda p, q, share: p)
    exercise.solution()
    said = capsys.readouterr().out
    assert (
        "def solve_best_discriminator" in said and "# Another way\ndef solve_by_bayes" in said and "Bayes' rule" in said
    )


@each
def test_what_is_to_be_repaired_is_no_try_yet(exercise):
    if exercise.level == "repair":
        assert exercise.verdict(exercise.mistakes[0][0]).startswith("Not yet")
        assert exercise.tries == 0


def test_check_shows_what_was_printed_and_predicted(exercise, capsys):
    def answer(p, q, share):
        print("hello")
        return exercise.solutions[0](p, q, share)

    exercise.check(answer, 0.5)
    said = capsys.readouterr().out
    assert "hello" in said and "\nRight.\n" in said
    assert "D* where p = q and share = 0.9: you predicted 0.5, it is 0.9." in said


# The record


def test_nothing_is_recorded_under_pytest(exercise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAN_TUTORIAL_EXERCISES", raising=False)
    assert record.place() is None
    exercise.check(exercise.solutions[0])
    assert not list(tmp_path.iterdir())


def test_what_is_solved_is_remembered(exercise, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_TUTORIAL_EXERCISES", str(tmp_path / "record.json"))
    n = len(EXERCISES)
    first = min(e.number for e in EXERCISES.values())
    assert repr(record.Progress()) == f"0 of {n} exercises solved; next: {first}"
    exercise.check(lambda p, q, share: p)
    assert record.solved() == set()
    exercise.check(exercise.solutions[0])
    assert record.solved() == {"01.3"} and repr(record.Progress()) == f"1 of {n} exercises solved; next: 01.4"
    assert record.Progress()._repr_html_().count("■") == 2  # the other one is in the heading
    for broken in (b"{", b"3", b'"3"', b"[3, null]", b"\xff", b"[" * 100_000):
        (tmp_path / "record.json").write_bytes(broken)
        assert record.solved() == set()
    exercise.check(exercise.solutions[0])
    assert record.solved() == {"01.3"}


def test_a_record_that_cannot_be_written_is_no_error(exercise, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_TUTORIAL_EXERCISES", str(tmp_path))
    exercise.check(exercise.solutions[0])
    assert record.solved() == set()


def test_by_default_the_record_lies_beside_the_notebook(monkeypatch):
    for variable in ("GAN_TUTORIAL_EXERCISES", "PYTEST_VERSION", "CI"):
        monkeypatch.delenv(variable, raising=False)
    assert record.place() == Path(".exercises.json")
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text("utf-8")
    assert ".exercises.json" in ignored.split()


# Put to work, open exercises, recall


@each
def test_a_right_answer_is_put_to_work(exercise, capsys):
    exercise.check(exercise.solutions[1])
    said = capsys.readouterr().out
    assert "Right.\n" in said and exercise.insight in said
    assert "Put to work" not in said


@pytest.mark.parametrize(
    "exercise, answer",
    [
        row
        for row in answers("RIGHT")
        if row.values[0].number in ("00.1", "00.2", "00.3", "00.4", "01.1", "06.4", "12.3")
    ],
)
def test_a_right_answer_in_another_style_can_be_put_to_work(exercise, answer):
    exercise.reward(answer)


def test_who_cannot_be_put_to_work_is_not_blamed(exercise, monkeypatch, capsys):
    monkeypatch.setattr(exercise, "reward", lambda answer: answer(torch.ones(1), torch.ones(1), 0.5).backward())
    exercise.check(lambda p, q, share: exercise.solutions[0](p, q, share).numpy())
    said = capsys.readouterr().out
    assert "it cannot be put to work here, where a tensor would be: " in said and "your function stops" not in said


@pytest.mark.parametrize("exercise", OPEN.values(), ids=OPEN)
def test_an_open_exercise_has_an_outline_with_results(exercise, capsys):
    exercise.answer()
    said = capsys.readouterr().out
    assert len(said) > 200 and "{" not in said
    assert re.search(r"\d", said)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2][:3])
def test_there_are_three_questions_and_one_is_about_an_earlier_notebook(module):
    number = module.__name__.rpartition(".")[2][1:3]
    [recall] = [value for value in vars(module).values() if isinstance(value, Recall)]
    assert len(recall.questions) == 3
    mentioned = [int(n) for text, *_ in recall.questions for n in re.findall(r"\b(\d\d)\b", text)]
    assert any(n < int(number) for n in mentioned) or number == "00"
    for _, options, right, answer in recall.questions:
        assert 2 <= len(options) <= 5 and 0 <= right < len(options) and answer


# The notebooks


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2][:3])
def test_the_notebook_has_each_exercise_unsolved(module):
    number = module.__name__.rpartition(".")[2][1:3]
    cells = json.loads(NOTEBOOKS[number].read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    code = {"".join(cell["source"]): cell for cell in cells if cell["cell_type"] == "code"}
    for call, method in re.findall(r"`exercise\.(\w+)\.(\w+)\(", text):
        assert callable(getattr(vars(module)[call], method)), f"{call}.{method} is named in {NOTEBOOKS[number].name}"
    [asked] = [cell for source, cell in code.items() if "exercise.recall.ask()" in source]
    assert asked["metadata"]["tags"] == ["nbval-ignore-output"]
    checked, rungs = [], set()
    for name, exercise in vars(module).items():
        if isinstance(exercise, Open):
            rungs.add("build")
            assert f"**{exercise.number} · build · {exercise.minutes} min, open.**" in text
            assert f"`exercise.{name}.answer()`" in text
        if isinstance(exercise, Exercise):
            assert f"**{exercise.number} · {exercise.level} · {exercise.minutes} min.**" in text, exercise.number
            [cell] = [cell for source, cell in code.items() if f"exercise.{name}.check(" in source]
            said = "".join(cell["outputs"][0]["text"])
            assert said.startswith("Not yet" if exercise.level == "repair" else "Nothing here yet"), said
            checked.append((exercise.number, engine.LEVELS.index(exercise.level), exercise.level))
    assert checked == sorted(checked) and [rung for _, rung, _ in checked] == sorted(rung for _, rung, _ in checked)
    assert rungs | {level for *_, level in checked} == set(engine.LEVELS)  # complete, repair, derive, build


def test_00_is_saved_as_for_a_newcomer():
    cells = json.loads(NOTEBOOKS["00"].read_text("utf-8"))["cells"]
    [cell] = [cell for cell in cells if "exercises.Progress()" in "".join(cell["source"])]
    assert cell["metadata"]["tags"] == ["nbval-ignore-output"]
    assert "".join(cell["outputs"][0]["data"]["text/html"]) == record.Progress()._repr_html_()


def test_numbers_are_used_once():
    numbers = [e.number for e in EXERCISES.values()] + list(OPEN)
    assert len(set(numbers)) == len(numbers)


# The table of the examiner


UNNAMED = re.compile(r"right for some inputs|right where|you say|comes out as")  # quoted is not named


def test_nearly_all_wrong_answers_have_their_mistake_named(capsys):
    rows = [(param.values[0].number[:2], not UNNAMED.search(param.values[2])) for param in answers("WRONG")]
    with capsys.disabled():
        print("\n| notebook | wrong answers | named |\n|---|---|---|")
        for number in sorted({number for number, _ in rows}):
            print(f"| {number} | {sum(n == number for n, _ in rows)} | {sum(k for n, k in rows if n == number)} |")
    assert sum(named for _, named in rows) >= 0.85 * len(rows)
