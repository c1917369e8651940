"""Read before torch is imported: test processes run side by side, so each keeps to one thread.

Every test begins with the same random numbers, whichever ran before it; SEED=7 make test takes others.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random

import numpy as np
import pytest
import torch

SEED = int(os.environ.get("SEED", 0))


def seed_all() -> None:
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002, for libraries that draw from it
    torch.manual_seed(SEED)


seed_all()  # for what test files build when they are imported


@pytest.fixture(autouse=True)
def seeded_anew():
    seed_all()
