"""The experiments whose runs the notebooks show; two of them made shipped weights.

    n03_rates         which learning rates find all modes of a ring?
    n04_collapse      does a smaller learning rate keep two small networks from collapsing, and does R1?
    n05_plane         which objective with which penalty finds all modes of a ring and a grid, and how well?
    n07_curves        what do the curves of a run say, and what must be measured?
    n09_lines         what does one broken line do to the curves and the samples?
    n10_starts        which starts of an inversion are slow, and which are stuck?
    n11_conditional   how is D told the label, and what becomes of a share that is planted in the data?
    n12_restoration   how good is a generator at repairing pictures, beside the baselines of each field? (weights)
    n13_labels        what do a game and unlabelled pictures add to few labels?
    n14_families      GAN, VAE and flow: which is ahead after equal seconds, with equally many parameters? (weights)
    records           keeps the runs, one line of JSON each, and writes the tables

`python -m gan_tutorial.experiments.n05_plane` makes the runs that data/results/plane.jsonl does not hold, prints the
table and writes it to data/results/plane.md; so do the others.
"""
