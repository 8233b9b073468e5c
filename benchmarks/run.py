"""Measure speed and size as ratios, and print the table.

    python benchmarks/run.py [NAME…]

Without a name all benchmarks run, in about eight minutes. Nothing here fails because it was slow: the ratios are for a
person to read, on a machine that does nothing else meanwhile. README.md keeps the figures of the last time.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from benchmarks.batch_rotation import batch_rotation  # noqa: E402  (found only now, when this is run as a script)
from benchmarks.diagnose import diagnose  # noqa: E402
from benchmarks.large_state import large_state  # noqa: E402
from benchmarks.live_verify import live_verify  # noqa: E402
from benchmarks.map_size import map_size  # noqa: E402
from benchmarks.measure import Place  # noqa: E402
from benchmarks.serve_load import serve_load  # noqa: E402
from benchmarks.start import completion, help_and_version, list_credentials  # noqa: E402
from benchmarks.table import Row, lines  # noqa: E402

BENCHMARKS: Final[dict[str, Callable[[Place], list[Row]]]] = {
    "list": list_credentials,
    "help": help_and_version,
    "completion": completion,
    "large": large_state,
    "map": map_size,
    "rotation": batch_rotation,
    "verify": live_verify,
    "diagnose": diagnose,
    "serve": serve_load,
}


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
            rows += BENCHMARKS[name](Place(Path(folder)))
    print("\n".join(lines(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
