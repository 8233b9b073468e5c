"""Measure speed and size as ratios, and print the table.

    python benchmarks/run.py [NAME…]

Without a name all benchmarks run, in about eight minutes. Nothing here fails because it was slow: the ratios are for a
person to read, on a machine that does nothing else meanwhile. README.md keeps the figures of the last time.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from benchmarks.measure import Place  # noqa: E402  (found only now, when this is run as a script)
from benchmarks.table import Row, lines  # noqa: E402

BENCHMARKS: Final = {
    "list": "start:list_credentials",
    "help": "start:help_and_version",
    "completion": "start:completion",
    "large": "large_state:large_state",
    "map": "map_size:map_size",
    "rotation": "batch_rotation:batch_rotation",
    "diagnose": "diagnose:diagnose",
    "sync": "live_sync:live_sync",
    "verify": "live_verify:live_verify",
    "serve": "serve_load:serve_load",
}
"""The peak memory of a child counts from its parent's, so each is imported when it is its turn, the heavy ones last."""


def benchmark(name: str) -> Callable[[Place], list[Row]]:
    """Return the function that measures this."""
    module, _, function = BENCHMARKS[name].partition(":")
    found: Callable[[Place], list[Row]] = getattr(import_module(f"benchmarks.{module}"), function)
    return found


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or BENCHMARKS:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="vzctl-benchmark-") as folder:
            rows += benchmark(name)(Place(Path(folder)))
    print("\n".join(lines(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
