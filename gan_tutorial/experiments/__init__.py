"""The experiments whose runs the notebooks show, and which made the shipped weights of chapters 12 and 14.

    python -m gan_tutorial.experiments.n05_plane       what is still missing, then the table

The runs on file lie in data/results.
"""
