"""Read before torch is imported: test processes run side by side, so each keeps to one thread.

Every test begins with the same random numbers, whichever ran before it; SEED=7 make test takes others.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random

import pytest

SEED = int(os.environ.get("SEED", 0))


def seed_all() -> None:
    import numpy as np  # only here, for the process that starts the others needs neither
    import torch

    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002, for libraries that draw from it
    torch.default_generator.manual_seed(SEED)  # torch.manual_seed costs 3 ms, for it notes its caller for GPUs
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(SEED)


def pytest_collectstart() -> None:
    seed_all()  # for what a test file builds when it is imported


@pytest.fixture(autouse=True)
def seeded_anew():
    seed_all()
