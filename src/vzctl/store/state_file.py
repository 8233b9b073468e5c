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
from vzctl.domain.integrity import HIGHEST_SERIAL
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NextStep, NotFoundError, StateError
from vzctl.store.atomic import make_private_directory, remove_unfinished, write_atomic
from vzctl.store.audit import AuditLog, Change
from vzctl.store.paths import GITIGNORE, StatePaths
from vzctl.store.schema import RowTexts, format_state, parse_state, require_sound

if TYPE_CHECKING:
    from vzctl.domain.restoration import Restoration
    from vzctl.store.backups import Backup

MAXIMUM_SIZE_BYTES: Final = 256 * 1024 * 1024
"""Far above 10 000 credentials x 2 000 databases (about 20 MB); a larger file is not a state."""


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


class Transaction:
    """The state inside the lock. Assign `state`, and say what changes in `change`; leaving the block writes it."""

    def __init__(self, state: State, command: str) -> None:
        self.before = state
        self.state = state
        self.change = Change(command)

    def describe(self, *details: str, subjects: tuple[str, ...] = ()) -> None:
        """Put sentences about the change, and the names it is about, into the audit."""
        self.change = replace(self.change, details=details, subjects=subjects)


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
        self.shown_path = str(path)
        self.actor = actor
        self.audit = AuditLog(self.paths.audit, host=actor.host, user=actor.user)
        self._now = now
        self._new_id = new_id
        self._lock_timeout_seconds = lock_timeout_seconds
        self._on_wait = on_wait
        self.write_count = 0
        self._parsed: tuple[bytes, State] | None = None
        self._written: RowTexts = {}

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
            if status.st_size > MAXIMUM_SIZE_BYTES:
                raise StateError(
                    f'"{self.shown_path}" has {status.st_size} bytes, a state has at most {MAXIMUM_SIZE_BYTES}',
                    code="STATE_BROKEN",
                )
            return self.paths.state.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError(
                f'there is no state file at "{self.shown_path}"',
                code="STATE_NOT_FOUND",
                next_steps=(NextStep("vzctl init --control-plane local", "make one (or --control-plane astra)"),),
            ) from None
        except OSError as error:
            raise StateError(f'cannot read "{self.shown_path}": {error.strerror}', code="STATE_UNREADABLE") from error

    def create(self, state: State) -> State:
        """Write the first state; raise `ConflictError` when there is one already, however it looks."""
        try:
            make_private_directory(self.paths.state.parent)
        except OSError as error:
            raise self._not_writable(error) from error
        with self._locked():
            if self.exists():
                raise ConflictError(
                    f'there is a state file at "{self.shown_path}" already',
                    code="STATE_EXISTS",
                    next_steps=(NextStep("vzctl status", "look at it"),),
                )
            return self._write(replace(state, serial=1, vzctl=__version__), Change("init"), None)

    def update(self, plan: Callable[[State], P_co]) -> Written[P_co]:
        """Acquire the guard, read, call `plan` with that state, check, back up, write once.

        `plan` is pure and may be called more than once. Nothing is written when it returns the state that it was given, or
        raises. Raises `StateError` when the state is broken, locked, or cannot be written.
        """
        self.read_bytes()  # a missing or unreadable state is an error before anything beside it is created
        with self._locked():
            data, before = self._parse(self.read_bytes())
            planned = plan(before)
            if planned.state is before or planned.state == before:
                return Written(before, before, planned)
            change = Change(self.actor.command, subjects=planned.subjects, details=planned.details)
            after = replace(planned.state, serial=before.serial + 1, vzctl=__version__)
            return Written(before, self._write(after, change, (before.serial, data)), planned)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Lock, read again, yield, check, back up, replace. Nothing is written when the state was not changed.

        An exception inside the block leaves the file as it was. `Transaction.state` is the new state afterwards.
        """
        self.read_bytes()
        with self._locked():
            data, state = self._parse(self.read_bytes())
            transaction = Transaction(state, self.actor.command)
            yield transaction
            if transaction.state is not transaction.before and transaction.state != transaction.before:
                after = replace(transaction.state, serial=transaction.before.serial + 1, vzctl=__version__)
                transaction.state = self._write(after, transaction.change, (transaction.before.serial, data))

    def note(self, change: Change) -> None:
        """Put something into the audit that changes no state, such as a secret shown; raise when it cannot be written."""
        with self._locked():
            serial = parse_state(self.read_bytes(), self.shown_path).serial
            change_id = self._new_id()
            self.audit.intend(change_id, serial, change, self._now(), is_note=True)
            self.audit.conclude(change_id, serial, "done")

    def list_backups(self) -> list[Backup]:
        """Return the backups, newest first; raise `StateError` when the folder cannot be read."""
        from vzctl.store import backups

        try:
            return backups.list_backups(self.paths.backups)
        except OSError as error:
            raise self._not_readable(self.paths.backups, error) from error

    def newest_sound_backup(self) -> tuple[int, State] | None:
        """Return the serial and the state of the newest backup that can be read: a broken file may have become one too."""
        for backup in self.list_backups():
            with contextlib.suppress(StateError):
                return backup.serial, self._parse_backup(backup)
        return None

    def _parse_backup(self, backup: Backup) -> State:
        try:
            return parse_state(backup.path.read_bytes(), str(backup.path))
        except OSError as error:
            raise self._not_readable(backup.path, error) from error

    def _not_readable(self, path: Path, error: OSError) -> StateError:
        return StateError(
            f'cannot read "{path}": {error.strerror or error}',
            code="STATE_UNREADABLE",
            next_steps=(NextStep("vzctl state path", "where it is"),),
        )

    def restore(self, serial: int, change: Change) -> Restoration:
        """Put the backup of `serial` in the file's place; the serial still rises. Works on a broken file too.

        What is known of keys is carried over, from the file or, when that is broken, from the newest sound backup.
        """
        from vzctl.domain.restoration import Restoration, carry_over

        with self._locked():
            found = self.list_backups()
            backup = next((item for item in found if item.serial == serial), None)
            if backup is None:
                raise NotFoundError(
                    f"there is no backup of serial {serial}",
                    code="BACKUP_NOT_FOUND",
                    next_steps=(NextStep("vzctl state backups", "those that exist"),),
                )
            restored = self._parse_backup(backup)
            data, known = self._whatever_is_there()
            newest = max(item.serial for item in found)
            # A state that cannot be read was the one after its newest backup, which must not be replaced by it.
            serial_now = max(restored.serial, known.serial if known else newest + 1, newest)
            if known is None:
                sound = self.newest_sound_backup()
                known = sound[1] if sound is not None else restored
            after = carry_over(restored, known, self._now(), self._new_id)
            after = replace(after, serial=serial_now + 1, vzctl=__version__)
            return Restoration(restored, self._write(after, change, (serial_now, data) if data else None))

    def _parse(self, data: bytes) -> tuple[bytes, State]:
        """Parse, but not the same bytes twice.

        A change reads, asks a person, and reads again inside the lock; a rotation reads what it has just written.
        """
        if self._parsed is None or self._parsed[0] != data:
            self._parsed = None  # a large state need not be there twice
            self._parsed = (data, parse_state(data, self.shown_path))
        return self._parsed

    def _whatever_is_there(self) -> tuple[bytes, State | None]:
        try:
            data = self.read_bytes()
        except NotFoundError:
            return b"", None
        with contextlib.suppress(StateError):
            return data, parse_state(data, self.shown_path)
        return data, None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Here, like what a write needs: most commands only read.
        from vzctl.store.lock import Holder, locked

        now = self._now().isoformat(timespec="seconds").replace("+00:00", "Z")
        holder = Holder(pid=os.getpid(), host=self.actor.host, command=self.actor.command, since=now)
        self.paths.require_own_folders()
        try:
            make_private_directory(self.paths.folder)
        except OSError as error:
            raise self._not_writable(error) from error
        with locked(self.paths.lock, holder, timeout_seconds=self._lock_timeout_seconds, on_wait=self._on_wait):
            try:
                self._make_gitignore()
            except OSError as error:
                raise self._not_writable(error) from error
            yield

    def _make_gitignore(self) -> None:
        if not self.paths.gitignore.exists():
            write_atomic(self.paths.gitignore, GITIGNORE, mode=0o644)

    def _write(self, state: State, change: Change, backup: tuple[int, bytes] | None) -> State:
        from vzctl.store import backups
        from vzctl.store.names_cache import write_names_cache

        if state.serial >= HIGHEST_SERIAL:
            raise StateError(
                f'"{self.shown_path}" has the serial {state.serial - 1}, and no further change can be counted',
                code="STATE_BROKEN",
                next_steps=(NextStep("vzctl state backups", "a state with a sensible serial"),),
            )
        require_sound(state)
        data = format_state(state, self._written)
        change_id = self._new_id()
        self.audit.intend(change_id, state.serial, change, self._now())
        self._clean_up()
        try:
            if backup is not None:
                backups.save(self.paths.backups, *backup)
            write_atomic(self.paths.state, data)
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
        backups.prune(self.paths.backups)
        write_names_cache(self.paths.names_cache, state, self.paths.state.stat())
        return state

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
            next_steps=(NextStep("vzctl state path", "where it is"),),
        )
