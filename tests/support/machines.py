"""How long the Hypothesis state machines run, in one place for all of them.

`VZCTL_SEQUENCES=300` lets every machine run that many sequences. Without the variable each runs its usual number, which is small
enough for every run of the tests. A sequence that fails is not shrunk: shrinking takes minutes, reading the sequence does not.
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

SEQUENCES: Final = os.environ.get("VZCTL_SEQUENCES")
WITHOUT_SHRINKING: Final = (Phase.explicit, Phase.reuse, Phase.generate)


def machine_settings(*, sequences: int, steps: int) -> settings:
    """Return the settings of a machine that usually runs so many sequences of at most so many steps."""
    return settings(
        max_examples=int(SEQUENCES) if SEQUENCES else sequences,
        stateful_step_count=steps,
        deadline=None,
        phases=WITHOUT_SHRINKING,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
