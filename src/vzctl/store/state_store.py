"""The port to the state: what the rest of vzctl knows of the place where a state is stored.

`StateFile` keeps the state in a file. A store without a lock, such as a log of revisions, fits as well: `update` gets a pure
function, and a store that lost a race against another writer calls it again with the newer state.

What belongs to one machine and not to the state (records of uses, locks of secrets) is in `vzctl.store.local_folder`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from vzctl.command import suggest
from vzctl.domain.state.deletion import needed_versions
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from vzctl.store.snapshots import Backup, Snapshot


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is changing the state: for the lock, the audit and a rotation's `host`."""

    host: str
    user: str
    command: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a change is about to do: the command, and sentences that name what changes."""

    command: str
    subjects: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change: its intent joined with its outcome. `outcome` is None when a crash came between.

    `backup` is the name of the backup that has the state before the change.
    """

    id: str
    serial: int
    time: str
    host: str
    user: str
    command: str
    subjects: tuple[str, ...]
    details: tuple[str, ...]
    outcome: str | None
    backup: str | None = None


@dataclass(frozen=True, slots=True)
class OtherState:
    """Another state of the same lineage; `state` is None where it exists and cannot be read."""

    location: str
    state: State | None

    def may_need(self, version_id: str) -> bool:
        """Whether a secret must stay because of this state; of one that cannot be read, nothing can be excluded."""
        if self.state is None:
            return True
        if version_id in needed_versions(self.state):
            return True
        previous = {item for credential in self.state.credentials for item in credential.previous}
        return version_id in previous and any(
            version.held for _, version in self.state.versions() if version.id == version_id
        )


class Created(NamedTuple):
    """The first state as it was written, and where what was left of a lost one is now."""

    state: State
    moved_to: str | None = None


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
    """What an update did: the state before it, the state as it is now, and the plan that led from one to the other."""

    before: State
    after: State
    plan: P_co

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return self.after.serial != self.before.serial


class Audit(Protocol):
    """Who changed what, when."""

    def entries(self, state_serial: int) -> Sequence[AuditEntry]:
        """Return every change, oldest first. An entry without an outcome is `done` when the state has reached its serial."""
        ...


class Restorable(Protocol):
    """What a restore needs of a store: it works on a broken state, and on one that is missing."""

    @property
    def location(self) -> str:
        """Where the state is, as it is shown to a user."""
        ...

    def list_backups(self) -> Sequence[Backup]:
        """Return the backups, the last that was written first; raise `StateError` when they cannot be listed."""
        ...

    def read_backup(self, backup: Backup) -> State:
        """Return the state in a backup; raise `StateError` when it cannot be read or is broken."""
        ...

    def newest(self) -> State | None:
        """Return the newest state that vzctl wrote here, as far as that is known: another program may have replaced it."""
        ...

    def snapshot(self) -> Snapshot:
        """Return what is stored now, also when it is broken or missing; raise `StateError` when it cannot be read."""
        ...

    def put(self, state: State, change: Change, *, expected: Snapshot, replaced_serial: int) -> State:
        """Write a whole state in the place of the expected one; raise `ConflictError` when something else is stored now.

        What is replaced becomes the backup of the serial `replaced_serial`, broken or not.
        """
        ...


class StateStore(Restorable, Protocol):
    """One place for one state. A reader never waits, and never sees half of a change."""

    @property
    def actor(self) -> Actor:
        """Who changes the state through this store."""
        ...

    @property
    def audit(self) -> Audit:
        """What was changed in this store."""
        ...

    @property
    def write_count(self) -> int:
        """How often this object has written the state."""
        ...

    def read(self) -> State:
        """Return the state; raise `NotFoundError` when there is none yet, `StateError` when it is broken."""
        ...

    def update(self, plan: Callable[[State], P_co]) -> Written[P_co]:
        """Call `plan` with the current state, and write the state that it returns once, with the next serial.

        `plan` is pure: when another writer came first, it is called again with the newer state. Nothing is written when it
        returns the state that it was given, or raises. Raises `StateError` when the state is broken, locked, or cannot be
        written.
        """
        ...

    def create(self, state: State, *, start_over: bool = False) -> Created:
        """Write the first state; raise `ConflictError` when there is one already, however it looks.

        Where something of a lost state is left, raise `StateLostError`, or move it aside with `start_over`.
        """
        ...

    def require_creatable(self, *, start_over: bool = False) -> None:
        """Raise what `create` raises when a state, or something of a lost one, is there."""
        ...

    def note(self, change: Change) -> None:
        """Put something into the audit that changes no state, such as a secret shown; raise when it cannot be written."""
        ...

    def stamp(self) -> Hashable:
        """Return a value that is another one whenever the stored state is, at little cost; it raises nothing."""
        ...

    def states_to_return(self, state: State) -> Iterator[OtherState]:
        """Yield the states that may take the place of this one again: those that it has not caught up with."""
        ...

    def register_use(self) -> None:
        """Make this state one of the `copies` of the others of its lineage: a command uses secrets that they may share."""
        ...

    def copies(self, lineage: str) -> Iterator[OtherState]:
        """Yield the other states of the lineage that this user has."""
        ...


def not_found(location: str) -> NotFoundError:
    """Return the error for a place where no state was ever stored."""
    return NotFoundError(
        f'there is no state file at "{location}"',
        code="STATE_NOT_FOUND",
        next_steps=(suggest("init", control_plane="local", comment="make one (or --control-plane astra)"),),
    )


def already_exists(location: str) -> ConflictError:
    """Return the error for a first state where one is stored."""
    return ConflictError(
        f'there is a state file at "{location}" already',
        code="STATE_EXISTS",
        next_steps=(suggest("status", comment="look at it"),),
    )


def changed_since() -> ConflictError:
    """Return the error for a `put` that expected another state."""
    return ConflictError(
        "the state changed while this command was waiting: nothing was changed; "
        "run the command again to see the new plan",
        code="CHANGED_MEANWHILE",
        retryable=True,
    )
