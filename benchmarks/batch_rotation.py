"""A batch rotation of 200 credentials: does the last credential take as long as the first?"""

from __future__ import annotations

import json
import statistics
from itertools import pairwise
from pathlib import Path

from benchmarks.measure import VZCTL, Place, Program
from benchmarks.table import Row

CREDENTIALS = 200
COMPARED = 50


def batch_rotation(place: Place) -> list[Row]:
    """`credentials rotate --from FILE` with the `file` store; the store's files say when each credential had its turn."""
    state = place.state(CREDENTIALS, 100, 10)
    _configure(place)
    batch = _batch(place.folder)
    words = [VZCTL, "--state", str(state), "credentials", "rotate", "--from", str(batch), "--skip-test", "--yes"]
    used = place.run(Program(words))
    written = sorted(file.stat().st_mtime_ns for file in state.with_name("state.toml.d").rglob("secrets/**/*.age"))
    if len(written) != CREDENTIALS:
        raise RuntimeError(f"{len(written)} secrets were written, not {CREDENTIALS}")
    each = [(later - earlier) / 1e6 for earlier, later in pairwise(written)]
    first, last = statistics.median(each[:COMPARED]), statistics.median(each[-COMPARED:])
    return [
        Row(
            f"rotate a batch of {CREDENTIALS}: the last {COMPARED}",
            f"{last:.0f} ms each ({used.seconds:.0f} s in all)",
            f"the first {COMPARED}: {first:.0f} ms each",
            f"{last / first:.2f}",
            "<= 1.25",
            is_met=last <= 1.25 * first,
        )
    ]


def _configure(place: Place) -> None:
    """Make an identity, and the configuration that `secrets identity` prints."""
    folder = place.folder / ".config" / "vzctl"
    folder.mkdir(parents=True)
    identity = folder / "identity.txt"
    place.run(Program([VZCTL, "secrets", "identity", str(identity), "--state", str(place.folder / "none.toml")]))
    recipient = next(
        line.rpartition(" ")[2] for line in identity.read_text().splitlines() if line.startswith("# public key: ")
    )
    lines = ['[secrets]\nstore = "file"', "[secrets.file]", f'recipients = ["{recipient}"]']
    (folder / "config.toml").write_text("\n".join([*lines, f'identity_file = "{identity}"', ""]))


def _batch(folder: Path) -> Path:
    keys = folder / "keys"
    keys.mkdir()
    lines = []
    for number in range(CREDENTIALS):
        (keys / str(number)).write_text(f"sk-made-up-for-a-benchmark-{number:020}\n")
        lines.append(json.dumps({"name": f"credential-{number}", "secret_file": str(keys / str(number))}))
    path = folder / "batch.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path
