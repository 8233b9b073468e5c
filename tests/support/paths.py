"""Paths of this machine in a text, shown as those of somebody else."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BEFORE = r"(?<![\w.-])"
_AFTER = r"(?![\w-]|\.\w)"
"""Where a path ends: not in the middle of a name, so that `…/vzctl` is not found in `…/vzctl-support.zip`."""


def with_paths_as(text: str, shown: Mapping[str, str]) -> str:
    """Return the text with each path replaced, and whatever follows it below that path kept.

    All paths are replaced at once: what was put into the text is not searched again.
    """
    longest_first = sorted(shown, key=len, reverse=True)
    pattern = f"{_BEFORE}(?:{'|'.join(map(re.escape, longest_first))}){_AFTER}"
    return re.sub(pattern, lambda found: shown[found[0]], text)
