"""Two players (networks) play a game (an objective) by training.

Read in this order, an hour in all:

    objectives   what D earns and G pays        penalties    what D pays for being steep
    networks     the two players                data         what is real
    training     the game itself                theory       what the best play would be
    dynamics     why they chase each other      observers    look at a run
    checkpoints  keep a run                     metrics      measure what came out
    plots        see what came out              recipe       the recipe of notebook 07
    evaluation   all measures of a generator    latent       move in the space of z
    probe        what D's features are worth    semisupervised  a D that sorts
    restoration  repair pictures                rivals       a VAE and a flow
    widgets      turn the knobs                 exercises    questions that answer back
"""

import ctypes
import os
import sys

# A waiting OpenMP thread that spins steals a core from the browser next to it: on two cores, with the
# other one busy, a convolution step takes ten times longer. Read by OpenMP when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# glibc gives large blocks back to the system when they are free, and each step asks for the same ones again, page
# by page: a tenth of a step's time. Blocks up to 1 GiB are kept (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h).
if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
    libc.mallopt(-3, 2**30)
    libc.mallopt(-1, 2**30)

__version__ = "0.1.0"
