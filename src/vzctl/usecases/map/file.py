"""The file that a map is written to: never anything else than a map is overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.errors import ConflictError, UsageError
from vzctl.store.atomic import write_atomic

FORMATS: Final = ("tree", "mermaid", "html")
MARK: Final = "vzctl map of "
"""Stands near the beginning of every drawing; a file without it is somebody else's."""

STANDARD_OUTPUT: Final = "-"
_SUFFIXES: Final = {".html": "html", ".htm": "html", ".mmd": "mermaid", ".mermaid": "mermaid", ".txt": "tree"}
_MARK_WITHIN: Final = 512


def drawn_format(chosen: str | None, out: str | None) -> str | None:
    """Return the format to draw, None for rows: the one that was named, or the one that the file's name tells."""
    if out is not None and out != STANDARD_OUTPUT:
        _require_file_name(out)
    if chosen is not None:
        if chosen not in FORMATS:
            raise UsageError(
                f"{chosen[:40]!a} is no format of a map; choose tree, mermaid or html",
                code="USAGE",
                next_steps=(suggest("map", format="html", out="map.html", comment="a page for the browser"),),
            )
        return chosen
    if out is None:
        return None
    found = _SUFFIXES.get(Path(out).suffix.lower())
    if found is None:
        raise UsageError(
            "the name of the file does not tell the format; give --format tree, mermaid or html"
            if out != STANDARD_OUTPUT
            else "standard output does not tell the format; give --format tree, mermaid or html",
            code="FORMAT_MISSING",
            next_steps=(suggest("map", format="html", out="map.html", comment="a page for the browser"),),
        )
    return found


def write_map(out: str, text: str) -> Path:
    """Write the drawing, whole or not at all, readable by its owner alone; return where it is."""
    path = Path(os.path.realpath(out))  # a link stays, the file that it leads to changes
    try:
        _require_replaceable(path)
        write_atomic(path, text.encode("utf-8", "backslashreplace"), mode=0o600)
    except OSError as error:
        raise _not_writable(_why(path, error)) from error
    return path


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        if not path.parent.is_dir():
            return f'the folder "{path.parent}" does not exist'
        # /proc and the like: the folder is there, and the system's word for it would say that it is not.
        return f'the map cannot be written to "{path}": no file can be made in the folder "{path.parent}"'
    return f'the map cannot be written to "{path}": {error.strerror or type(error).__name__}'


def _require_file_name(out: str) -> None:
    """Refuse what cannot be a file's name, as it was typed: where a link leads says nothing to whoever typed it."""
    if not out:
        raise _not_writable("--out is empty; name a file, or leave --out away to print the map")
    try:
        found = os.stat(out)
    except (OSError, ValueError):
        if out.endswith("/"):
            raise _not_writable(f'"{out}" names a folder; name a file in it') from None
        return
    if stat.S_ISDIR(found.st_mode):
        raise _not_writable(f'"{out}" is a folder; name a file in it')
    if not stat.S_ISREG(found.st_mode):
        raise _not_writable(f'"{out}" is no plain file; leave --out away to print the map')


def _require_replaceable(path: Path) -> None:
    """Refuse a file that is no map: a typing error must not cost a state or a configuration."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):  # it became something else since its name was looked at
        raise _not_writable(f'"{path}" is no plain file; leave --out away to print the map')
    with path.open("rb") as file:
        beginning = file.read(_MARK_WITHIN)
    if beginning and MARK.encode() not in beginning:
        raise ConflictError(
            f'"{path}" exists and is no map of vzctl; it is left as it is',
            code="MAP_FILE_EXISTS",
            next_steps=(_elsewhere(),),
        )


def _not_writable(message: str) -> UsageError:
    return UsageError(message, code="MAP_NOT_WRITABLE", next_steps=(_elsewhere(),))


def _elsewhere() -> NextStep:
    return suggest("map", format="html", out="map.html", comment="another file")
