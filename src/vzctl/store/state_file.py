"""The state in a file: locked while it is changed, replaced whole, with its backups and its audit beside it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vzctl import __version__
from vzctl.bounded_text import STATE
from vzctl.command import suggest
from vzctl.domain.checks.integrity import HIGHEST_SERIAL
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError, StateError, StateLostError, StateReplacedError
from vzctl.store import lost_state
from vzctl.store.atomic import make_private_directory, open_own_file, remove_unfinished, write_atomic
from vzctl.store.audit import AuditLog
from vzctl.store.lineages import Lineages
from vzctl.store.paths import GITIGNORE, StatePaths
from vzctl.store.schema import RowTexts, format_state, parse_state, require_sound
from vzctl.store.state_store import (
    Actor,
    Change,
    Created,
    OtherState,
    P_co,
    Written,
    already_exists,
    changed_since,
    not_found,
)

if TYPE_CHECKING:
    from vzctl.store.backups import BackupFile
    from vzctl.store.guard import Guard
    from vzctl.store.snapshots import Backup, Snapshot

ATTEMPTS: Final = 5
"""How often a change is planned again when another program replaced the file meanwhile."""


class StateFile:
    """One state file. Reading takes no lock: a write replaces the file whole."""

    def __init__(
        self,
        path: Path,
        *,
        actor: Actor,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        lock_timeout_seconds: float = 10.0,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.paths = StatePaths.of(path)
        self.path = path
        """As it was given; `paths` has symbolic links followed."""
        self.location = str(path)
        self.actor = actor
        self.audit = AuditLog(self.paths.audit, host=actor.host, user=actor.user)
        self.now = now
        self.new_id = new_id
        self.lock_timeout_seconds = lock_timeout_seconds
        self._on_wait = on_wait
        self.lineages = Lineages()
        self.write_count = 0
        self._parsed: tuple[bytes, State] | None = None
        self._written: RowTexts = {}
        self._guard: Guard

    def exists(self) -> bool:
        """Whether there is anything at the path, as far as anybody can say."""
        try:
            return self.paths.state.exists()
        except OSError:
            return False

    def read(self) -> State:
        """Return the state; raise `NotFoundError` when there is none yet, `StateError` when it is broken."""
        return self._known(*self._parse(self.read_bytes()))

    def register_use(self) -> None:
        """Record for this user that the state is here: before a copy of it deletes a secret that both share, it asks this one."""
        with contextlib.suppress(NotFoundError, StateError):
            self.lineages.register(self.read().lineage, self.paths.state)

    def read_bytes(self) -> bytes:
        """Return the file as it is."""
        try:
            status = self.paths.state.stat()
            if not stat.S_ISREG(status.st_mode):
                raise StateError(f'"{self.location}" is not a regular file', code="STATE_BROKEN")
            if status.st_size > STATE.size:
                raise StateError(
                    f'"{self.location}" has {status.st_size} bytes, a state has at most {STATE.size}',
                    code="STATE_BROKEN",
                )
            return self.paths.state.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing() from None
        except OSError as error:
            raise StateError(f'cannot read "{self.location}": {error.strerror}', code="STATE_UNREADABLE") from error

    def create(self, state: State, *, start_over: bool = False) -> Created:
        """Write the first state; raise `ConflictError` when there is one already, however it looks.

        Where backups or secrets of a lost state lie beside it, raise `StateLostError`. With `start_over` their whole folder is
        moved aside instead, and nothing in it is deleted; so is an empty file in the state's place.
        """
        self._require_place_for_file()
        try:
            make_private_directory(self.paths.state.parent)
        except OSError as error:
            raise self._not_writable(error) from error
        moved_to = self._move_aside() if start_over else None
        with self._locked():
            self.require_creatable()
            first = self._write(replace(state, serial=1, vzctl=__version__), Change("init"), None)
        return Created(first, None if moved_to is None else str(moved_to))

    def require_creatable(self, *, start_over: bool = False) -> None:
        """Raise what `create` raises when a state, or something of a lost one, is there."""
        self._require_place_for_file()
        if self.exists():
            if lost_state.is_lost(self.paths) and not self._has_content():
                if start_over:
                    return
                raise lost_state.error(self.paths, self.location, "is empty")
            raise already_exists(self.location)
        lost_state.require_link_leads_somewhere(self.path)
        if lost_state.is_lost(self.paths) and not start_over:
            raise lost_state.error(self.paths, self.location, "is missing")

    def _require_place_for_file(self) -> None:
        """Raise when a folder or a device is in the state's place: that is no state, and none can be written there."""
        if self.exists() and not self.paths.state.is_file():
            raise StateError(f'"{self.location}" is not a regular file', code="STATE_BROKEN")

    def _has_content(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self.paths.state.read_bytes().strip())
        return True

    def _missing(self) -> NotFoundError | StateLostError:
        lost_state.require_link_leads_somewhere(self.path)
        if lost_state.is_lost(self.paths):
            return lost_state.error(self.paths, self.location, "is missing")
        return not_found(self.location)

    def _move_aside(self) -> Path | None:
        """Move what is left of a lost state to the first free name beside it; only while there is no state."""
        with self._locked():
            self.require_creatable(start_over=True)
            try:
                return lost_state.move_aside(self.paths)
            except OSError as error:
                raise self._not_writable(error) from error

    def update(self, plan: Callable[[State], P_co]) -> Written[P_co]:
        """Acquire the guard, read, call `plan` with that state, check, back up, write once.

        `plan` is pure and may be called more than once. Nothing is written when it returns the state that it was given, or
        raises. Raises `StateError` when the state is broken, locked, or cannot be written.
        """
        self.read_bytes()  # a missing or unreadable state is an error before anything beside it is created
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(StateReplacedError):
                return self._update(plan)
        return self._update(plan)

    def _update(self, plan: Callable[[State], P_co]) -> Written[P_co]:
        with self._locked():
            data, before = self._parse(self.read_bytes())
            before = self._known(data, before)
            planned = plan(before)
            if planned.state is before or planned.state == before:
                return Written(before, before, planned)
            change = Change(self.actor.command, subjects=planned.subjects, details=planned.details)
            after = replace(planned.state, serial=before.serial + 1, vzctl=__version__)
            return Written(before, self._write(after, change, (before.serial, data)), planned)

    def put(self, state: State, change: Change, *, expected: Snapshot, replaced_serial: int) -> State:
        """Write a whole state in the place of the expected one; raise `ConflictError` when the file has other bytes."""
        with self._locked():
            if self.snapshot().revision != expected.revision:
                raise changed_since()
            return self._write(state, change, (replaced_serial, expected.revision) if expected.revision else None)

    def note(self, change: Change) -> None:
        """Put something into the audit that changes no state, such as a secret shown; raise when it cannot be written."""
        with self._locked():
            serial = parse_state(self.read_bytes(), self.location).serial
            change_id = self.new_id()
            self.audit.intend(change_id, serial, change, self.now(), is_note=True)
            self.audit.conclude(change_id, serial, "done")

    def list_backups(self) -> list[BackupFile]:
        """Return the backups, the last that was written first; raise `StateError` when the folder cannot be read.

        The newest state is one of them while something else is in its place, or nothing.
        """
        from vzctl.store import backups, newest

        current = self.snapshot().state
        try:
            found = backups.list_backups(self.paths.backups)
            kept = newest.read_kept(self.paths.newest)
            if kept is not None and newest.is_unsaved(self.paths, kept, current.serial if current else -1):
                serial = kept.state.serial
                found.insert(0, backups.of_file(kept.path, backups.next_order(found, serial), serial))
            return found
        except OSError as error:
            raise _not_readable(self.paths.backups, error) from error

    def read_backup(self, backup: Backup) -> State:
        """Return the state in a backup; raise `StateError` when the file cannot be read or is broken."""
        path = Path(backup.location)
        try:
            with os.fdopen(open_own_file(path, os.O_RDONLY), "rb") as file:
                data = file.read(STATE.size + 1)
        except OSError as error:
            raise _not_readable(path, error) from error
        return parse_state(data, backup.location)

    def newest(self) -> State | None:
        """Return the newest state that vzctl wrote, which is kept beside the file; None where it cannot be read."""
        from vzctl.store.newest import read_kept

        kept = read_kept(self.paths.newest)
        return None if kept is None else kept.state

    def _parse(self, data: bytes) -> tuple[bytes, State]:
        """Parse, but not the same bytes twice.

        A change reads, asks a person, and reads again inside the lock; a rotation reads what it has just written.
        """
        if self._parsed is None or self._parsed[0] != data:
            self._parsed = None  # a large state need not be there twice
            self._parsed = (data, parse_state(data, self.location))
        return self._parsed

    def _known(self, data: bytes, state: State) -> State:
        """Return the state of these bytes with what is known beside the file of secrets that are gone."""
        from vzctl.store.newest import with_known_deletions

        return with_known_deletions(self.paths, data, state)

    def snapshot(self) -> Snapshot:
        """Return the bytes, empty when there is no file, and the state unless it is broken."""
        from vzctl.store.snapshots import Snapshot

        try:
            data = self.read_bytes()
        except (NotFoundError, StateLostError):
            return Snapshot(b"", None)
        with contextlib.suppress(StateError):
            return Snapshot(data, self._known(*self._parse(data)))
        return Snapshot(data, None)

    def stamp(self) -> Hashable:
        """Return what tells one file at the path from another, None where there is none; links are followed anew."""
        try:
            status = os.stat(self.location)
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def states_to_return(self, state: State) -> Iterator[OtherState]:
        """Yield the newer states that another program replaced by an older file, and that the file has not caught up with."""
        from vzctl.store import newest

        return newest.states_to_return(self.paths, state)

    def copies(self, lineage: str) -> Iterator[OtherState]:
        """Yield the other state files of the lineage that this user has written, or whose secrets this user has used."""
        return self.lineages.others(lineage, self.paths.state)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Here, like what a write needs: most commands only read.
        from vzctl.store.guard import guarded
        from vzctl.store.lock import Holder

        now = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        holder = Holder(pid=os.getpid(), host=self.actor.host, command=self.actor.command, since=now)
        self.paths.require_own_folders()
        try:
            make_private_directory(self.paths.folder)
        except OSError as error:
            raise self._not_writable(error) from error
        timeout = self.lock_timeout_seconds
        with guarded(
            self.paths.state, self.paths.lock, holder, timeout_seconds=timeout, on_wait=self._on_wait
        ) as self._guard:
            try:
                self._make_gitignore()
            except OSError as error:
                raise self._not_writable(error) from error
            yield

    def _make_gitignore(self) -> None:
        if not self.paths.gitignore.exists():
            write_atomic(self.paths.gitignore, GITIGNORE, mode=0o644)

    def _write(self, state: State, change: Change, backup: tuple[int, bytes] | None) -> State:
        from vzctl.store import backups, newest
        from vzctl.store.names_cache import write_names_cache

        if state.serial >= HIGHEST_SERIAL:
            raise StateError(
                f'"{self.location}" has the serial {state.serial - 1}, and no further change can be counted',
                code="STATE_BROKEN",
                next_steps=(suggest("state backups", comment="a state with a sensible serial"),),
            )
        require_sound(state)
        data = format_state(state, self._written)
        change_id = self.new_id()
        try:
            newest.save_replaced(self.paths, *(backup or newest.MISSING))
        except OSError as error:
            raise self._not_writable(error) from error
        name = None if backup is None else self._backup_name(backup[0])
        self.audit.intend(change_id, state.serial, change, self.now(), backup=name)
        self._clean_up()
        self.lineages.register(state.lineage, self.paths.state)
        try:
            if backup is not None and name is not None:
                backups.save(self.paths.backups, name, backup[1])
            write_atomic(self.paths.state, data, put=self._guard.put)
        except BaseException as error:
            stands = self._holds(data)
            self.write_count += stands
            self.audit.conclude(change_id, state.serial, "done" if stands else "failed")
            if isinstance(error, OSError):
                raise self._not_writable(error, stands=stands) from error
            raise
        self.write_count += 1
        self._parsed = (data, state)
        self.audit.conclude(change_id, state.serial, "done")
        newest.keep(self.paths, data)
        self._prune()
        write_names_cache(self.paths.names_cache, state, self.paths.state.stat())
        return state

    def _backup_name(self, serial: int) -> str:
        from vzctl.store import backups

        try:
            return backups.next_name(self.paths.backups, serial)
        except OSError as error:
            raise self._not_writable(error) from error

    def _prune(self) -> None:
        from vzctl.store import backups

        with contextlib.suppress(OSError):  # what cannot be listed is pruned the next time
            backups.prune(self.paths.backups, now=self.now())

    def _clean_up(self) -> None:
        """Remove the unfinished files of killed processes; only the holder of the lock writes these."""
        remove_unfinished(self.paths.state.parent, f"{self.paths.state.name}.")
        for folder in (self.paths.folder, self.paths.backups, self.paths.names_cache.parent):
            remove_unfinished(folder)

    def _holds(self, data: bytes) -> bool:
        """Whether the file has these bytes: a write may fail after the replacement, when the folder is flushed."""
        with contextlib.suppress(OSError):
            return self.paths.state.read_bytes() == data
        return False

    def _not_writable(self, error: OSError, *, stands: bool = False) -> StateError:
        effect = "the change was made, but a power cut may undo it" if stands else "nothing was changed"
        return StateError(
            f'cannot write "{self.location}": {error.strerror or error}; {effect}',
            code="STATE_NOT_WRITABLE",
            next_steps=(suggest("state path", comment="where it is"),),
        )


def _not_readable(path: Path, error: OSError) -> StateError:
    """Return the error for a file beside the state, or a folder, that cannot be read."""
    return StateError(
        f'cannot read "{path}": {error.strerror or error}',
        code="STATE_UNREADABLE",
        next_steps=(suggest("state path", comment="where it is"),),
    )
