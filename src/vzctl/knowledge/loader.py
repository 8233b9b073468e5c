"""Load a section of the generated file: what one TOML file, or one folder of them, says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

GENERATED = Path(__file__).with_name("generated.json")


@cache
def section(name: str) -> Any:
    """Return a section as `tools/knowledge.py` has checked it; do not change what is returned. Unknown: `KeyError`.

    Each section is one line, so that a command parses only the sections that it needs.
    """
    start = f'"{name}":'
    for line in GENERATED.read_text(encoding="ascii").splitlines():
        if line.startswith(start):
            return json.loads(line[len(start) :].removesuffix(","))
    raise KeyError(name)
