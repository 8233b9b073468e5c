"""Fail when a tracked file names the machine, the workplace or a package registry that it was written at.

Run in a git checkout: python tools/check_clean.py
The words are built from pieces, so that this file passes its own check.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final


def _joined(*pieces: str) -> str:
    return re.escape("".join(pieces))


PLACES: Final = [_joined("/", name, "/") for name in ("work", "root")]
REGISTRIES: Final = [
    _joined(*pieces)
    for pieces in (
        ("pypi", ".org"),
        ("files.python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("deb.deb", "ian.org"),
        ("security.deb", "ian.org"),
        ("crates", ".io"),
        ("proxy.gol", "ang.org"),
        ("sum.gol", "ang.org"),
        ("repo.maven.ap", "ache.org"),
        ("repo1.mav", "en.org"),
    )
]
WORKPLACE: Final = [_joined("farm", "-", name) for name in ("bench", "studio")] + [
    _joined("dupli", "cates --ch", "ange")
]

FORBIDDEN: Final = re.compile(
    "|".join(
        [
            rf"(?<![\w.~)}}\]-])(?:{'|'.join(PLACES)})",  # an absolute path, not the middle of a longer one
            rf"(?<![\w-])(?:{'|'.join(REGISTRIES)})(?![\w-])",
            rf"(?:{'|'.join(WORKPLACE)})",
            rf"(?<![\w)\]]){_joined('.', 'library')}(?![\w-])",  # a folder's name, not an attribute
        ]
    ).encode(),
    re.IGNORECASE,
)


def findings(name: str, content: bytes) -> Iterator[str]:
    """Yield a line for each forbidden word in the file's name and content."""
    for match in FORBIDDEN.finditer(os.fsencode(name)):
        yield f"{name}: the name contains {match[0].decode()}"
    for number, line in enumerate(content.splitlines(), start=1):
        for match in FORBIDDEN.finditer(line):
            yield f"{name}:{number}: {match[0].decode()}"


def tracked_files(top: Path) -> list[str]:
    """Return the names of all files that git tracks, those only staged included."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=top, check=True, capture_output=True)
    return [os.fsdecode(name) for name in answer.stdout.split(b"\0") if name]


def main() -> int:
    """Check the checkout that this script is in."""
    top = Path(__file__).resolve().parent.parent
    try:
        names = tracked_files(top)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"tools/check_clean.py: git could not list the files: {error}", file=sys.stderr)
        return 2
    found: list[str] = []
    for name in names:
        path = top / name
        if path.is_symlink():
            found += findings(name, os.fsencode(os.readlink(path)))
        elif path.is_file():  # a file that was deleted but not yet committed is no longer there
            found += findings(name, path.read_bytes())
    for line in found:
        print(line)
    print(f"{len(names)} tracked files, {len(found)} forbidden words")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
