"""The checks of the exercises accept the solutions, know an empty answer, and name the mistakes of wrong ones."""

import importlib
import pkgutil

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial import exercises
from gan_tutorial.exercises import Exercise, networks_that_play
from gan_tutorial.exercises import min_max_game as min_max

MODULES = [importlib.import_module(f"{exercises.__name__}.{m.name}") for m in pkgutil.iter_modules(exercises.__path__)]
ALL = [(m, name, e) for m in MODULES for name, e in vars(m).items() if isinstance(e, Exercise)]


def each(function):
    return pytest.mark.parametrize(
        "exercise", [e for _, _, e in ALL], ids=[f"{m.__name__.rpartition('.')[2]}.{name}" for m, name, _ in ALL]
    )(function)


@each
def test_the_solution_is_right(exercise):
    assert exercise.verdict(exercise.solved) == "Right."


@each
def test_dots_are_no_answer_and_no_mistake(exercise):
    for empty in (..., None, lambda *inputs: ..., lambda *inputs: None):
        said = exercise.verdict(empty)
        # a turn of a player returns nothing: there, nothing is what it does
        assert said.startswith("Nothing here yet") or "have not moved" in said


@each
def test_hints_come_one_by_one_and_the_last_one_stays(exercise, capsys):
    n = len(exercise.hints)
    for k in (*range(n), n - 1):
        exercise.hint()
        assert capsys.readouterr().out == f"Hint {k + 1} of {n}: {exercise.hints[k]}\n"


@each
def test_the_solution_can_be_read(exercise, capsys):
    exercise.solution()
    assert "def solve" in capsys.readouterr().out


def test_an_answer_that_stops_is_told_why():
    assert "ZeroDivisionError: division by zero" in min_max.best_judge.verdict(lambda p, q, share: 1 / 0)


def turn(*, zero=True, sign=1, detach=False, step=True, other=False):
    def turn_of_G(G, D, opt_G, cost, z):
        fake = G(z)
        loss = sign * cost(D(fake.detach() if detach else fake)).mean()
        if zero:
            opt_G.zero_grad()
        loss.backward()
        if other:
            torch.optim.SGD(D.parameters(), 0.1).step()
        if step:
            opt_G.step()

    return turn_of_G


bce = F.binary_cross_entropy_with_logits
WRONG = [
    (min_max.best_judge, lambda p, q, share: p / (p + q), "share plays no part"),
    (min_max.best_judge, lambda p, q, share: (1 - share) * p / ((1 - share) * p + share * q), "counts the fakes"),
    (min_max.best_judge, lambda p, q, share: share * p / ((1 - share) * q), "odds"),
    (min_max.best_judge, lambda p, q, share: share * p / (p + q), "earns more"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([0.5, 0.5, 0.5]),) * 2, "no law"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([1.5, -0.5, 0.0]),) * 2, "no law"),
    (min_max.laws_on_the_ceiling, lambda: (torch.ones(3) / 3, torch.tensor([1.0, 0, 0])), "right in 83 %"),
    (min_max.laws_on_the_ceiling, lambda: (torch.tensor([0.75, 0.25, 0]), torch.tensor([0.25, 0.75, 0])), "unequally"),
    (min_max.no_gap, lambda: torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), "four different"),
    (min_max.no_gap, lambda: torch.tensor([[4.0, 1.0], [2.0, 3.0]]), "second still pays"),
    (networks_that_play.log_real, lambda t: t.sigmoid().log(), "-inf"),
    (networks_that_play.log_real, lambda t: -F.softplus(t), "her pay for a fake"),
    (networks_that_play.log_real, lambda t: F.softplus(-t), "sign is turned"),
    (networks_that_play.log_real, lambda t: t.sigmoid().log().clamp(min=-100), "learn nothing"),
    (networks_that_play.log_real, lambda t: -(1 + (-t).exp()).log(), "-inf"),
    (networks_that_play.log_real, lambda t: t, "log 1/2 is"),
    (networks_that_play.smoothed, lambda a, b: bce(a, torch.ones(3)) + bce(b, torch.zeros(3)), "without smoothing"),
    (networks_that_play.smoothed, lambda a, b: bce(a, torch.ones(3)) + bce(b, torch.full((3,), 0.1)), "fakes are sm"),
    (
        networks_that_play.smoothed,
        lambda a, b: bce(a, torch.full((3,), 0.9)) + bce(b, torch.full((3,), 0.1)),
        "both sides",
    ),
    (networks_that_play.smoothed, lambda a, b: 0.9 * bce(a, torch.ones(3)) + bce(b, torch.zeros(3)), "not a weight"),
    (networks_that_play.smoothed, lambda a, b: -networks_that_play.solve_smoothed(a, b), "sign is turned"),
    (networks_that_play.smoothed, lambda a, b: 3 * networks_that_play.solve_smoothed(a, b), "it is 1.4"),
    (networks_that_play.turn_of_G, turn(zero=False), "old gradients"),
    (networks_that_play.turn_of_G, turn(sign=-1), "climbs"),
    (networks_that_play.turn_of_G, turn(step=False), "have not moved"),
    (networks_that_play.turn_of_G, turn(detach=True), "have not moved"),
    (networks_that_play.turn_of_G, turn(other=True), "D's weights"),
]


@pytest.mark.parametrize("exercise, answer, word", WRONG, ids=[f"{i}-{w[2][:12]}" for i, w in enumerate(WRONG)])
def test_a_wrong_answer_is_rejected_and_its_mistake_named(exercise, answer, word):
    said = exercise.verdict(answer)
    assert said.startswith("Not yet") and word in said, said


@each
def test_every_exercise_has_wrong_answers(exercise):
    assert sum(other is exercise for other, _, _ in WRONG) >= 2
