"""Recorded exchanges with a genuine Data API: those of this repository, and more of them where they are at hand.

The texts and forms are the Data API's own. Names, ids, and values were replaced; `renamed` does the same with another
recording, so that both are about the same collections.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

HERE: Final = Path(__file__).resolve().parents[1] / "data" / "recorded" / "data-api.jsonl"
ELSEWHERE: Final = Path(__file__).resolve().parents[3] / "shared" / "recorded" / "data-api.jsonl"
RECORDINGS: Final = tuple(path for path in (HERE, ELSEWHERE) if path.exists())

_NAMES: Final = (
    (re.compile(r"\bks\b"), "kitchen"),
    (re.compile(r"\bk_(?=[a-z])"), "menu_"),
    (re.compile(r"\bdocs_(?=[a-z])"), "drinks_"),
    (re.compile(r"\barticles\b"), "dishes"),
    (re.compile(r"\bacme\b"), "bluefin"),
    (re.compile(r"\babc123\b"), "ep9x7"),
    (re.compile(r"(?<=[a-zA-Z])-prod\b"), "-main"),
    (re.compile(r"\bopenai-other\b"), "openai-second"),
    (re.compile(r"\bproj_abc\b"), "proj_bistro"),
    (re.compile(r"\borg-abc\b"), "org-bistro"),
    (re.compile(r"sk-inval\*\*\*\*-key"), "sk-wrong****tkey"),
    (re.compile(r"\b9001\b"), "8744"),
    (re.compile(r"\b999900\b"), "998200"),
    (re.compile(r"\b12ms\b"), "48ms"),
)
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def renamed(text: str) -> str:
    """Return a recording with the names, ids, and values of this repository's one."""
    for shape, name in _NAMES:
        text = shape.sub(name, text)
    return _UUID.sub(lambda match: str(uuid5(NAMESPACE_URL, match[0])), text)


def exchanges(recording: Path) -> list[dict[str, Any]]:
    """Return the exchanges of a recording."""
    text = recording.read_text(encoding="utf-8")
    return [json.loads(line) for line in (text if recording == HERE else renamed(text)).splitlines()]
