"""Memory of commands that go on: the entry point switches the search for garbage off, which suits short ones alone."""

from __future__ import annotations

import gc


def collect_from_here() -> None:
    """Let garbage be searched for from now on, except among what is there already: that stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
