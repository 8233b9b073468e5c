"""Load a section of the generated file: what one TOML file, or one folder of them, says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

GENERATED = Path(__file__).with_name("generated.json")


@cache
def section(name: str) -> Any:
    """Return a section as `tools/knowledge.py` has checked it; do not change what is returned. Unknown: `KeyError`."""
    return json.loads(_lines()[name])


@cache
def _lines() -> dict[str, bytes]:
    """Return the JSON text of each section: a line of its own, so that a command parses only the sections that it needs."""
    lines = (line.partition(b":") for line in GENERATED.read_bytes().splitlines()[1:-1])
    return {name.strip(b'"').decode(): value.removesuffix(b",") for name, _, value in lines}
