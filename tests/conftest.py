"""Read before torch is imported: test processes run side by side, so each keeps to one thread."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
