import os
import sys

import pytest
from lab import CHROMIUM


@pytest.fixture(scope="session", autouse=True)
def a_browser():
    """Without Chromium these tests are skipped. On a Linux of continuous integration, which can have it, they fail."""
    if not CHROMIUM:
        needed = os.environ.get("CI") and sys.platform == "linux"
        (pytest.fail if needed else pytest.skip)("There is no Chromium. On Debian or Ubuntu: sudo apt install chromium")
