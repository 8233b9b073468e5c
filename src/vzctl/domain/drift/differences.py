"""The differences between what is really there and what is recorded, as values; `vzctl.domain.drift.comparison` finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vzctl.domain.drift.observation import Kind, Remark
from vzctl.domain.state.records import Collection, Column, Credential, Database, Integration
from vzctl.domain.state.state import State

Record = Database | Integration | Credential | Collection | Column


class Change(StrEnum):
    """How reality differs from the record."""

    ADDED = "added"
    CHANGED = "changed"
    GONE = "gone"


class Action(StrEnum):
    """What a sync does about it."""

    ADD = "add"
    UPDATE = "update"
    MARK_GONE = "mark gone"
    FORGET = "forget"
    KEEP = "keep"
    SKIP = "skip"


EFFECTIVE = (Action.ADD, Action.UPDATE, Action.MARK_GONE, Action.FORGET)
"""Actions that change the state."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs; None is nothing recorded, or nothing there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftItem:
    """One difference. `record` is what the state shall hold, or for FORGET what it shall hold no more.

    `rotation` names the credential whose open rotation is in the way of it; the action is then SKIP. `loses` are the
    dependants and scopes, in words, that are forgotten with a database.
    """

    kind: Kind
    change: Change
    action: Action
    subject: str
    record: Record
    fields: tuple[FieldChange, ...] = ()
    note: str | None = None
    rotation: str | None = None
    loses: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything but the record, whose new ids and times are made anew at every look."""
        return (self.kind, self.change, self.action, self.subject, self.fields, self.note, self.rotation, self.loses)


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What a sync shall do with an observation: for which groups, and what it needs to make new records."""

    now: datetime
    new_id: Callable[[], str]
    kinds: frozenset[Kind] = frozenset(Kind)
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """The differences in the order of their groups, what could not be recorded, and the state after all of it."""

    items: tuple[DriftItem, ...]
    remarks: tuple[Remark, ...]
    after: State
    effective: tuple[DriftItem, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "effective", tuple(item for item in self.items if item.action in EFFECTIVE))

    def with_action(self, *actions: Action) -> tuple[DriftItem, ...]:
        """Return the differences about which one of these is done."""
        return tuple(item for item in self.items if item.action in actions)
