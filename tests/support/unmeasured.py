"""Programs that are started without a measurement of what they run: it doubles the work of a short command.

For those that nothing could be learned from: they are killed before they write down what was measured, or they show what
tests of its own measure already.
"""

from __future__ import annotations

import os


def unmeasured() -> dict[str, str]:
    """Return the environment without what starts coverage in a child."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS_")}
