"""Exercises that answer back, a module for each notebook: a check that names the mistake, hints, solutions to read,
and what the learner's own function does when it is put to work.

`engine` examines answers, `running` runs them safely, `record` remembers what is solved, `collect` checks the
notebooks of a class. `tests/course/examiner` holds right and wrong answers to each exercise.
"""

from .engine import Exercise, Open, Recall
from .record import Progress
from .running import Refused

__all__ = ["Exercise", "Open", "Progress", "Recall", "Refused"]
