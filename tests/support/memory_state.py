"""A state in memory: a log of revisions that grows by create-if-absent, as a store that machines share will have it.

There is no lock: a writer that lost a race plans again from the newer revision.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.support.builders import NOW
from tests.support.state_files import ACTOR, counting_ids
from vzctl import __version__
from vzctl.domain.state.state import State
from vzctl.errors import StateError
from vzctl.store.schema import format_state, parse_state, require_sound
from vzctl.store.snapshots import Backup, Snapshot
from vzctl.store.state_store import (
    Actor,
    AuditEntry,
    Change,
    Created,
    OtherState,
    P_co,
    Written,
    already_exists,
    changed_since,
    not_found,
)


@dataclass(frozen=True)
class Revision:
    """One state as it was written, and when."""

    serial: int
    data: bytes
    saved_at: datetime

    @property
    def name(self) -> str:
        return f"{self.serial:08d}"


@dataclass
class MemoryLog:
    """The place: what all stores of one location share."""

    location: str
    revisions: list[Revision] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    is_writable: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, after: Sequence[Revision], revision: Revision, entry: AuditEntry) -> bool:
        """Add a revision after these; False when they are not all that there are."""
        self._require_writable()
        with self._lock:
            if self.revisions != list(after):
                return False
            self.revisions.append(revision)
            self.entries.append(entry)
            return True

    def note(self, entry: AuditEntry) -> None:
        """Add an entry of something that changes no state."""
        self._require_writable()
        with self._lock:
            self.entries.append(entry)

    def _require_writable(self) -> None:
        if not self.is_writable:
            raise StateError(f'cannot write "{self.location}"; nothing was changed', code="STATE_NOT_WRITABLE")


@dataclass
class MemoryAudit:
    log: MemoryLog

    def entries(self, state_serial: int) -> Sequence[AuditEntry]:
        return list(self.log.entries)


@dataclass
class MemoryState:
    """A `StateStore` on a log, for one command."""

    log: MemoryLog
    actor: Actor = ACTOR
    now: Callable[[], datetime] = lambda: NOW
    new_id: Callable[[], str] = field(default_factory=counting_ids)
    write_count: int = 0

    @property
    def location(self) -> str:
        return self.log.location

    @property
    def audit(self) -> MemoryAudit:
        return MemoryAudit(self.log)

    def read(self) -> State:
        return self._parsed(self._revisions())

    def update(self, plan: Callable[[State], P_co]) -> Written[P_co]:
        while True:
            revisions = self._revisions()
            before = self._parsed(revisions)
            planned = plan(before)
            if planned.state == before:
                return Written(before, before, planned)
            after = replace(planned.state, serial=before.serial + 1, vzctl=__version__)
            if self._append(revisions, after, Change(self.actor.command, planned.subjects, planned.details)):
                return Written(before, after, planned)

    def create(self, state: State, *, start_over: bool = False) -> Created:
        first = replace(state, serial=1, vzctl=__version__)
        if not self._append((), first, Change("init")):
            raise already_exists(self.location)
        return Created(first)

    def require_creatable(self, *, start_over: bool = False) -> None:
        if self.log.revisions:
            raise already_exists(self.location)

    def note(self, change: Change) -> None:
        self.log.note(self._entry(self.read().serial, change, None))

    def stamp(self) -> tuple[Revision, ...]:
        return self._revisions()

    def list_backups(self) -> Sequence[Backup]:
        return [
            Backup(item.serial, item.serial, item.saved_at, len(item.data), item.name, f"{self.location}/{item.name}")
            for item in reversed(self._revisions()[:-1])
        ]

    def read_backup(self, backup: Backup) -> State:
        found = next(item for item in self.log.revisions if item.name == backup.name)
        return parse_state(found.data, backup.location)

    def newest(self) -> State | None:
        return self.snapshot().state

    def snapshot(self) -> Snapshot:
        revisions = self._revisions()
        if not revisions:
            return Snapshot(b"", None)
        try:
            return Snapshot(revisions[-1].data, self._parsed(revisions))
        except StateError:
            return Snapshot(revisions[-1].data, None)

    def put(self, state: State, change: Change, *, expected: Snapshot, replaced_serial: int) -> State:
        revisions = self._revisions()
        if self.snapshot().revision != expected.revision or not self._append(revisions, state, change):
            raise changed_since()
        return state

    def states_to_return(self, state: State) -> Iterator[OtherState]:
        return iter(())

    def register_use(self) -> None:
        """There are no copies of a state in memory."""

    def copies(self, lineage: str) -> Iterator[OtherState]:
        return iter(())

    def _revisions(self) -> tuple[Revision, ...]:
        return tuple(self.log.revisions)

    def _parsed(self, revisions: Sequence[Revision]) -> State:
        if not revisions:
            raise not_found(self.location)
        return parse_state(revisions[-1].data, self.location)

    def _append(self, after: Sequence[Revision], state: State, change: Change) -> bool:
        require_sound(state)
        revision = Revision(state.serial, format_state(state), self.now())
        entry = self._entry(state.serial, change, after[-1].name if after else None)
        is_written = self.log.append(after, revision, entry)
        self.write_count += is_written
        return is_written

    def _entry(self, serial: int, change: Change, backup: str | None) -> AuditEntry:
        return AuditEntry(
            id=self.new_id(),
            serial=serial,
            time=self.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            host=self.actor.host,
            user=self.actor.user,
            command=change.command,
            subjects=change.subjects,
            details=change.details,
            outcome="done",
            backup=backup,
        )
