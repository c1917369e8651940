"""What we found when we did the open exercises ourselves; a function `exercise_NN_K` for each, in a module per notebook.

    python -m benchmarks.open_exercises 01.5     one of them, anew
    python -m benchmarks.open_exercises          those that data/results/open_exercises lacks

Each writes a file of results there, from which `Open.answer` in the notebook takes its numbers.
"""
