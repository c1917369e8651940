"""Right and wrong answers to the exercises: `RIGHT` and `WRONG` of a module per notebook, by the name of the exercise.

A right answer is a function. A wrong one is a function and what must stand in the sentence that it gets; where the
sentence can only say that the value is wrong, that is "you say" or "comes out as". `test_exercises.py` makes further
wrong answers out of the solutions: answers that are constant, ignore an input, overwrite one, print, loop, stop.
"""
