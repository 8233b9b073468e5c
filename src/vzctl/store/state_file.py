"""The only two ways to the state: `read()` and `update()`."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from vzctl import __version__
from vzctl.bounded_text import STATE
from vzctl.command import suggest
from vzctl.domain.state.integrity import HIGHEST_SERIAL
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError, StateLostError, StateReplacedError
from vzctl.store import lost_state
from vzctl.store.atomic import make_private_directory, remove_unfinished, write_atomic
from vzctl.store.audit import AuditLog, Change
from vzctl.store.lineages import Lineages
from vzctl.store.paths import GITIGNORE, StatePaths
from vzctl.store.schema import RowTexts, format_state, parse_state, require_sound

if TYPE_CHECKING:
    from vzctl.store.backups import Backup
    from vzctl.store.guard import Guard

ATTEMPTS: Final = 5
"""How often a change is planned again when another program replaced the file meanwhile."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is changing the state: for the lock, the audit and a rotation's `host`."""

    host: str
    user: str
    command: str


class Planned(Protocol):
    """What a plan tells the store: the state afterwards, and what the audit says of the change."""

    @property
    def state(self) -> State: ...
    @property
    def details(self) -> tuple[str, ...]: ...
    @property
    def subjects(self) -> tuple[str, ...]: ...


P_co = TypeVar("P_co", bound=Planned, covariant=True)


@dataclass(frozen=True, slots=True)
class Written(Generic[P_co]):
    """What an update did: the state under the guard, the state as it is now, and the plan that led from one to the other."""

    before: State
    after: State
    plan: P_co

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return self.after.serial != self.before.serial


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
        self.shown_path = str(path)
        self.actor = actor
        self.audit = AuditLog(self.paths.audit, host=actor.host, user=actor.user)
        self.now = now
        self.new_id = new_id
        self.lock_timeout_seconds = lock_timeout_seconds
        self._on_wait = on_wait
        self.lineages = Lineages()
        self.write_count = 0
        self.moved_to: Path | None = None
        self._parsed: tuple[bytes, State] | None = None
        self._written: RowTexts = {}
        self._guard: Guard

    def at(self, path: Path) -> StateFile:
        """Return another state file, for the same actor."""
        return StateFile(path, actor=self.actor, now=self.now, new_id=self.new_id)

    def exists(self) -> bool:
        """Whether there is anything at the path, as far as anybody can say."""
        try:
            return self.paths.state.exists()
        except OSError:
            return False

    def read(self) -> State:
        """Return the state; raise `NotFoundError` when there is none yet, `StateError` when it is broken."""
        return self._parse(self.read_bytes())[1]

    def read_bytes(self) -> bytes:
        """Return the file as it is."""
        try:
            status = self.paths.state.stat()
            if not stat.S_ISREG(status.st_mode):
                raise StateError(f'"{self.shown_path}" is not a regular file', code="STATE_BROKEN")
            if status.st_size > STATE.size:
                raise StateError(
                    f'"{self.shown_path}" has {status.st_size} bytes, a state has at most {STATE.size}',
                    code="STATE_BROKEN",
                )
            return self.paths.state.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing() from None
        except OSError as error:
            raise StateError(f'cannot read "{self.shown_path}": {error.strerror}', code="STATE_UNREADABLE") from error

    def create(self, state: State, *, start_over: bool = False) -> State:
        """Write the first state; raise `ConflictError` when there is one already, however it looks.

        Where backups or secrets of a lost state lie beside it, raise `StateLostError`. With `start_over` their whole folder is
        moved aside instead, and nothing in it is deleted; so is an empty file in the state's place.
        """
        try:
            make_private_directory(self.paths.state.parent)
        except OSError as error:
            raise self._not_writable(error) from error
        if start_over:
            self._move_aside()
        with self._locked():
            self.require_creatable()
            return self._write(replace(state, serial=1, vzctl=__version__), Change("init"), None)

    def require_creatable(self, *, start_over: bool = False) -> None:
        """Raise what `create` raises when a state, or something of a lost one, is there."""
        if self.exists():
            if lost_state.is_lost(self.paths) and not self._has_content():
                if start_over:
                    return
                raise lost_state.error(self.paths, self.shown_path, "is empty")
            raise ConflictError(
                f'there is a state file at "{self.shown_path}" already',
                code="STATE_EXISTS",
                next_steps=(suggest("status", comment="look at it"),),
            )
        lost_state.require_link_leads_somewhere(self.path)
        if lost_state.is_lost(self.paths) and not start_over:
            raise lost_state.error(self.paths, self.shown_path, "is missing")

    def _has_content(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self.paths.state.read_bytes().strip())
        return True

    def _missing(self) -> NotFoundError | StateLostError:
        lost_state.require_link_leads_somewhere(self.path)
        if lost_state.is_lost(self.paths):
            return lost_state.error(self.paths, self.shown_path, "is missing")
        return NotFoundError(
            f'there is no state file at "{self.shown_path}"',
            code="STATE_NOT_FOUND",
            next_steps=(suggest("init", control_plane="local", comment="make one (or --control-plane astra)"),),
        )

    def _move_aside(self) -> None:
        """Move what is left of a lost state to the first free name beside it; only while there is no state."""
        with self._locked():
            self.require_creatable(start_over=True)
            try:
                self.moved_to = lost_state.move_aside(self.paths)
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
            planned = plan(before)
            if planned.state is before or planned.state == before:
                return Written(before, before, planned)
            change = Change(self.actor.command, subjects=planned.subjects, details=planned.details)
            after = replace(planned.state, serial=before.serial + 1, vzctl=__version__)
            return Written(before, self._write(after, change, (before.serial, data)), planned)

    def put(self, state: State, change: Change, *, expected: bytes, backup: tuple[int, bytes] | None) -> State:
        """Write a whole state in the place of the one with the expected bytes (empty: none); raise `ConflictError` otherwise."""
        with self._locked():
            if self.read_if_readable()[0] != expected:
                raise ConflictError(
                    "the state changed while this command was waiting: nothing was changed; "
                    "run the command again to see the new plan",
                    code="CHANGED_MEANWHILE",
                    retryable=True,
                )
            return self._write(state, change, backup)

    def note(self, change: Change) -> None:
        """Put something into the audit that changes no state, such as a secret shown; raise when it cannot be written."""
        with self._locked():
            serial = parse_state(self.read_bytes(), self.shown_path).serial
            change_id = self.new_id()
            self.audit.intend(change_id, serial, change, self.now(), is_note=True)
            self.audit.conclude(change_id, serial, "done")

    def list_backups(self) -> list[Backup]:
        """Return the backups, the last that was written first; raise `StateError` when the folder cannot be read.

        The newest state is one of them while something else is in its place, or nothing.
        """
        from vzctl.store import backups, newest

        _, current = self.read_if_readable()
        try:
            found = backups.list_backups(self.paths.backups)
            kept = newest.read_kept(self.paths.newest)
            if kept is not None and newest.is_unsaved(self.paths, kept, current.serial if current else -1):
                serial = kept.state.serial
                found.insert(0, backups.of_file(kept.path, backups.next_order(found, serial), serial))
            return found
        except OSError as error:
            raise not_readable(self.paths.backups, error) from error

    def _parse(self, data: bytes) -> tuple[bytes, State]:
        """Parse, but not the same bytes twice.

        A change reads, asks a person, and reads again inside the lock; a rotation reads what it has just written.
        """
        if self._parsed is None or self._parsed[0] != data:
            self._parsed = None  # a large state need not be there twice
            self._parsed = (data, parse_state(data, self.shown_path))
        return self._parsed

    def read_if_readable(self) -> tuple[bytes, State | None]:
        """Return the bytes, empty when there is no file, and the state unless it is broken."""
        try:
            data = self.read_bytes()
        except (NotFoundError, StateLostError):
            return b"", None
        with contextlib.suppress(StateError):
            return data, parse_state(data, self.shown_path)
        return data, None

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
                f'"{self.shown_path}" has the serial {state.serial - 1}, and no further change can be counted',
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
            f'cannot write "{self.shown_path}": {error.strerror or error}; {effect}',
            code="STATE_NOT_WRITABLE",
            next_steps=(suggest("state path", comment="where it is"),),
        )


def not_readable(path: Path, error: OSError) -> StateError:
    """Return the error for a file beside the state, or a folder, that cannot be read."""
    return StateError(
        f'cannot read "{path}": {error.strerror or error}',
        code="STATE_UNREADABLE",
        next_steps=(suggest("state path", comment="where it is"),),
    )
