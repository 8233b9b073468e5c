"""A state file that is missing or empty while its folder still has what belongs to it: lost, and not new."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path

from vzctl.command import suggest
from vzctl.errors import StateLostError
from vzctl.store.atomic import move
from vzctl.store.backups import list_backups
from vzctl.store.newest import read_kept
from vzctl.store.paths import StatePaths


def is_lost(paths: StatePaths) -> bool:
    """Whether backups or encrypted secrets lie beside the place of the state file."""
    return any(_remains(paths))


def require_link_leads_somewhere(path: Path) -> None:
    """Raise `StateLostError` for a link to nothing that took the place of a state whose backups or secrets are beside it."""
    if path.is_symlink() and not path.exists() and is_lost(StatePaths(path)):
        raise StateLostError(
            f'the state "{path}" is now a symbolic link to "{os.readlink(path)}", which does not exist, but '
            f'"{StatePaths(path).folder}" has the backups or the secrets of a state; remove the link, then restore that state',
            code="STATE_LOST",
            next_steps=(suggest("state restore", "latest", comment="once the link is removed"),),
        )


def error(paths: StatePaths, shown_path: str, what: str) -> StateLostError:
    """Return the error that says what is left of a lost state, and how to restore it."""
    number, has_secrets = _remains(paths)
    found = [f"{number} backup{'s' if number > 1 else ''}"] if number else []
    found += ["encrypted secrets"] if has_secrets else []
    restore = (suggest("state restore", "latest", comment="restore the newest backup"),) if number else ()
    return StateLostError(
        f'the state "{shown_path}" {what}, but "{paths.folder}" has {" and ".join(found)} of it',
        code="STATE_LOST",
        next_steps=(*restore, suggest("help", "init", comment="start over: init --start-over moves that folder aside")),
    )


def move_aside(paths: StatePaths) -> Path | None:
    """Move the folder of a lost state, and the empty file, to the first free name beside it; raises `OSError`."""
    if not is_lost(paths):
        return None
    target = next(
        path
        for number in itertools.count(1)
        if not os.path.lexists(path := paths.folder.with_name(f"{paths.folder.name}.old-{number}"))
    )
    if os.path.lexists(paths.state):
        move(paths.state, paths.folder / "empty-state.toml")
    move(paths.folder, target)
    return target


def _remains(paths: StatePaths) -> tuple[int, bool]:
    with contextlib.suppress(OSError):
        newest = read_kept(paths.newest)
        is_worth_it = newest is not None and newest.state.serial > 1  # one that only `init` wrote holds nothing
        number = len(list_backups(paths.backups)) + is_worth_it
        return number, any(paths.local.secrets.rglob("*.age"))
    return 0, False
