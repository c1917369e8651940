"""Settings of the process that make training fast beside a browser. They change no number that is computed."""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT = 2**30  # bytes


def tune() -> None:
    """To be called before torch is imported."""
    # A waiting OpenMP thread that spins steals a core from the browser next to it: on two cores, with the other one
    # busy, a convolution step takes ten times longer. OpenMP reads this when torch is first imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    # glibc gives large blocks back to the system when they are free, and each step asks for the same ones again, page
    # by page: a tenth of a step's time. Blocks up to KEPT are kept.
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, KEPT)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT)
