"""The checks of the life cycles in Python."""

import sys
import time
from pathlib import Path

PATIENCE_S = 60


def check(what, is_so):
    """Ends the program unless `is_so`."""
    if not is_so:
        sys.exit(f"{Path(sys.argv[0]).name}: {what}")


def eventually(what, condition):
    """Waits until `condition()`, for answers that follow an order a little later."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        check(f"not within {PATIENCE_S} s: {what}", time.monotonic() < deadline)
        time.sleep(0.05)
