"""How many examples the property tests try: `make test` a part of them, `make test-slow` all.

`VZCTL_TEST_EFFORT=5 make test-slow` tries five times as many.
"""

from __future__ import annotations

import os
from typing import Final

EFFORT: Final = float(os.environ.get("VZCTL_TEST_EFFORT") or "0.2")
USUAL_EXAMPLES: Final = 100
"""Of a test that says nothing else."""


def examples(full: int) -> int:
    """Return how many examples to try of so many in a full run."""
    return max(5, round(full * EFFORT))
