"""The names that complete, read from the cache beside the state, else from the state itself.

Nothing here writes, takes a lock or raises for what a file holds: a file that cannot be used has no names.
"""

from __future__ import annotations

import os
import stat

from vzctl.bounded_text import COMPLETION, NAMES_CACHE, load_json, load_toml

TYPE_CHECKING = False  # see vzctl.completion.tree
if TYPE_CHECKING:
    from typing import Any, Final

    Names = dict[str, list[Any]]  # the document of vzctl.store.names_cache, without its stamp

CACHE_FORMAT: Final = 1
_FINISHED_STEPS: Final = ("DONE", "ROLLED_BACK")


def load_names(state_path: str) -> Names:
    """Return the names of the state at `state_path`; may raise anything that reading and parsing can raise."""
    real_path = os.path.realpath(state_path)
    status = os.stat(real_path)
    if not stat.S_ISREG(status.st_mode):
        return {}
    cached = _read_cache(real_path + ".d/cache/names.json")
    stamp = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    if cached is not None and cached.get("state") == stamp:
        return cached
    if status.st_size < COMPLETION.size:
        with open(real_path, "rb") as file:
            return names_of_document(_parse_toml(file.read(COMPLETION.size + 1)))
    return cached or {}


def _read_cache(path: str) -> dict[str, Any] | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            document = load_json(file.read(NAMES_CACHE.size + 1), NAMES_CACHE)
    except (OSError, ValueError):
        return None  # a cache may be missing or torn; the state decides then
    if not isinstance(document, dict) or document.get("format") != CACHE_FORMAT:
        return None
    return document


def _parse_toml(data: bytes) -> dict[str, Any]:
    # Only after a hand edit or a checkout. Compiled, it takes less than half as long as tomllib.
    from tomli import loads

    return load_toml(data, COMPLETION, loads)


def names_of_document(document: dict[str, Any]) -> Names:
    """Return what `vzctl.store.names_cache` would write for the parsed state file."""
    credentials = document.get("credentials", [])
    databases = document.get("databases", [])
    labels = database_labels([[item["id"], item["name"], item.get("region")] for item in databases])
    by_id = {item.get("id"): item["name"] for item in credentials}
    return {
        "credentials": [[item["name"], item["provider"]] for item in credentials],
        "databases": [[item["id"], item["name"], item.get("region"), item.get("status", "")] for item in databases],
        "integrations": [item["provider"] for item in document.get("integrations", [])],
        "collections": [_address(labels, item, item["name"]) for item in document.get("collections", [])],
        "columns": [
            _address(labels, item, f"{item['table']}.{item['column']}") for item in document.get("columns", [])
        ],
        "rotations": [
            by_id.get(item["credential"], item["credential"])
            for item in document.get("rotations", [])
            if item.get("step") not in _FINISHED_STEPS
        ],
        "revocations": [item["id"] for item in document.get("revocations", []) if "done_at" not in item],
        "pending": _pending(document, labels),
    }


def database_labels(databases: list[list[Any]], *, is_quoted: bool = False) -> dict[str, str]:
    """Map each id of `[id, name, region, …]` to what `vzctl.domain.state.index.display_names` calls the database.

    With `is_quoted` also to a name of more than one word: the shell is told how to quote it.
    """
    names: dict[str, int] = {}
    regions: dict[tuple[str, str | None], int] = {}
    for row in databases:
        names[row[1]] = names.get(row[1], 0) + 1
        regions[row[1], row[2]] = regions.get((row[1], row[2]), 0) + 1
    labels: dict[str, str] = {}
    for row in databases:
        regional = f"{row[1]}@{row[2]}"
        is_regional = row[2] is not None and regions[row[1], row[2]] == 1
        if names[row[1]] == 1 and (is_quoted or _is_one_word(row[1])):
            labels[row[0]] = row[1]
        elif is_regional and regional not in names and (is_quoted or _is_one_word(regional)):
            labels[row[0]] = regional
        else:
            labels[row[0]] = row[0]
    return labels


def _is_one_word(text: str) -> bool:
    # Spelled out: to load the regular expressions takes longer than everything else here.
    return bool(text) and text[0] != "-" and all(letter.isalnum() or letter in "_.,:@%+=-" for letter in text)


def _address(labels: dict[str, str], item: dict[str, Any], leaf: str) -> str:
    return f"{labels.get(item['database'], item['database'])}/{item['keyspace']}/{leaf}"


def _pending(document: dict[str, Any], labels: dict[str, str]) -> list[str]:
    """The ids of `vzctl.domain.rotation.manual_steps`, in its order."""
    if document.get("organization", {}).get("control_plane") != "astra":
        return []
    integrations = document.get("integrations", [])
    credentials = document.get("credentials", [])
    scopes = [
        (item, entry, f"scope:{item['name']}:{labels.get(entry['database'], entry['database'])}")
        for item in credentials
        for entry in item.get("scope", [])
    ]
    return [
        *(f"add-integration:{item['provider']}" for item in integrations if item.get("evidence") == "wanted"),
        *(f"add-credential:{item['name']}" for item in credentials if item.get("evidence") == "wanted"),
        *(f"add-{name}" for _, entry, name in scopes if entry.get("evidence") == "wanted"),
        *(
            f"remove-{name}"
            for item, entry, name in scopes
            if "removal_wanted_at" in entry and "removal_wanted_at" not in item
        ),
        *(f"remove-credential:{item['name']}" for item in credentials if "removal_wanted_at" in item),
        *(f"remove-integration:{item['provider']}" for item in integrations if "removal_wanted_at" in item),
    ]
