"""How many examples the property tests try, and how many sequences the state machines: `make test` a part, `make test-slow` all.

Both try the same ones in every run, so that a test that passed does not fail without a change. `VZCTL_TEST_EFFORT=5 make
test-slow` tries five times as many, and other ones each time.
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

EFFORT: Final = float(os.environ.get("VZCTL_TEST_EFFORT") or "0.2")
IS_REPRODUCIBLE: Final = EFFORT <= 1
USUAL_EXAMPLES: Final = 100
"""Of a test that says nothing else."""
WITHOUT_SHRINKING: Final = (Phase.explicit, Phase.reuse, Phase.generate)


def examples(full: int) -> int:
    """Return how many examples to try of so many in a full run."""
    return max(5, round(full * EFFORT))


def machine_settings(*, sequences: int, steps: int) -> settings:
    """Return the settings of a state machine: in a full run it tries so many sequences of at most so many steps.

    A sequence that fails is not shrunk: shrinking takes minutes, reading the sequence does not.
    """
    return settings(
        max_examples=max(2, round(sequences * EFFORT)),
        stateful_step_count=steps,
        deadline=None,
        phases=WITHOUT_SHRINKING,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
