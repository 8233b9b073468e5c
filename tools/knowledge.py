"""Check the TOML files of `src/vzctl/knowledge` and make the one JSON file of them that vzctl loads.

A section is a file, or a folder of files: `causes.toml`; `rules/10-astra.toml`, `rules/20-account.toml`, in the order of
their names. Each section has a check in `CHECKS`. This module does not import vzctl: it must run when the JSON file is
missing or does not fit the code.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from tools.knowledge_codes import cause_faults, code_faults, sentence_faults
from tools.knowledge_hosts import host_faults
from tools.knowledge_portal import portal_faults
from tools.knowledge_providers import provider_faults
from tools.knowledge_rules import rule_faults, rule_list_faults

SOURCE: Final = Path(__file__).resolve().parents[1] / "src" / "vzctl" / "knowledge"
GENERATED: Final = "generated.json"

Section = dict[str, Any]
"""What a file says; of a folder, what each file says, by its name without `.toml`."""

CHECKS: Final[dict[str, Callable[[dict[str, Section]], Iterable[str]]]] = {
    "causes": cause_faults,
    "error_codes": code_faults,
    "hosts": host_faults,
    "portal": portal_faults,
    "providers": provider_faults,
    "rule_lists": rule_list_faults,
    "rules": rule_faults,
    "sentences": sentence_faults,
}
"""By the name of a section, what yields its faults, each with its entry; it gets all sections, to follow references."""


class KnowledgeError(Exception):
    """Faults in TOML files: a line for each, with the file and the entry."""


def knowledge_text(folder: Path = SOURCE) -> str:
    """Return the text of the JSON file: one line for each section. Raise `KnowledgeError` for bad data."""
    sections = _sections(folder)
    unknown = [f"{name}: no check for this section in tools/knowledge.py" for name in sections if name not in CHECKS]
    missing = [f"{name}: missing" for name in CHECKS if name not in sections]
    faults = unknown + missing or [f"{name}: {fault}" for name, check in CHECKS.items() for fault in check(sections)]
    if faults:
        raise KnowledgeError("\n".join(faults))
    lines = (f'"{name}":{json.dumps(value, separators=(",", ":"))}' for name, value in sorted(sections.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _sections(folder: Path) -> dict[str, Section]:
    sections = {path.stem: _read(path, folder) for path in sorted(folder.glob("*.toml"))}
    for path in sorted(folder.glob("*/*.toml")):
        sections.setdefault(path.parent.name, {})[path.stem] = _read(path, folder)
    return sections


def _read(path: Path, folder: Path) -> Section:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise KnowledgeError(f"{path.relative_to(folder)}: {fault}") from fault
