"""Who may still use an old key: what the credential service recorded, and for how long each Data API keeps a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from vzctl.command import NextStep, suggest
from vzctl.domain.rules import listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Database, Direction, RetiredCredential, Rotation, Step
from vzctl.domain.state.state import State
from vzctl.store.fetch_record import Fetches, read_fetches
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DatabaseRef, database_ref

if TYPE_CHECKING:
    from vzctl.domain.diagnosis.self_hosted import OldKeyUser


@dataclass(frozen=True, slots=True)
class FetchRow:
    """One database: when it first fetched the new key and last fetched the old one, and for how long it keeps a key."""

    database: DatabaseRef
    fetched_new_at: datetime | None
    fetched_old_at: datetime | None
    freshness_seconds: int | None

    columns: ClassVar[Columns] = (
        ("DATABASE", "database"),
        ("FETCHED THE NEW KEY", "fetched_new_at"),
        ("LAST FETCHED THE OLD KEY", "fetched_old_at"),
        ("KEEPS A KEY FOR", "freshness_seconds"),
    )


@dataclass(frozen=True, slots=True)
class OldKeyExposure:
    """Where an old key may still be. `free_from` is when no cache may hold it any more; None when that is not known."""

    rows: tuple[FetchRow, ...]
    free_from: datetime | None

    @property
    def unknown(self) -> list[str]:
        """Databases of which nobody said for how long they keep a key."""
        return [row.database.name for row in self.rows if row.freshness_seconds is None]

    def is_free(self, now: datetime) -> bool:
        """Whether every cache has let go of the old key by now."""
        return self.free_from is not None and self.free_from <= now


def exposure_of_rotation(context: Context, state: State, rotation: Rotation) -> OldKeyExposure:
    """Return who fetched the key that a finished rotation put in force; nothing where no Data API asks vzctl."""
    credential = state.credential_by_id(rotation.credential)
    if credential is None or rotation.step is not Step.DONE or rotation.direction is not Direction.FORWARD:
        return OldKeyExposure((), None)
    if rotation.finished_at is None or not state.is_local:
        return OldKeyExposure((), None)
    return _exposure(
        _record(context, state),
        state,
        credential,
        _Keys(rotation.old_version, rotation.new_version),
        rotation.finished_at,
    )


def old_key_users(context: Context, state: State, rotation: Rotation) -> tuple[OldKeyUser, ...]:
    """Return each database whose Data API may have kept the key that a finished rotation replaced, and until when."""
    from vzctl.domain.diagnosis.self_hosted import OldKeyUser

    since = rotation.finished_at
    return tuple(
        OldKeyUser(
            row.database.id,
            since + timedelta(seconds=row.freshness_seconds)
            if since is not None and row.freshness_seconds is not None
            else None,
        )
        for row in exposure_of_rotation(context, state, rotation).rows
    )


def exposure_of_old_key(
    context: Context, state: State, owner: Credential | RetiredCredential, version: str, since: datetime
) -> OldKeyExposure:
    """Return who may still use a key that is out of use since then."""
    if not state.is_local:
        return OldKeyExposure((), None)
    current = owner.current if isinstance(owner, Credential) else None
    return _exposure(_record(context, state), state, owner, _Keys(version, current), since)


def exposure_lines(exposure: OldKeyExposure, now: datetime) -> tuple[str, ...]:
    """Return the exposure of a rotation's new key for people."""
    if not exposure.rows:
        return ()
    again = [row for row in exposure.rows if row.fetched_new_at is not None]
    missing = [row.database.name for row in exposure.rows if row.fetched_new_at is None]
    left = f"; not yet by {listed(missing)}" if missing else ""
    return (
        f"the new key was fetched again by {len(again)} of {_databases(len(exposure.rows))}{left}",
        _until(exposure, now),
    )


def cache_warning(exposure: OldKeyExposure, name: str, now: datetime) -> str | None:
    """Return why it is too early to revoke an old key, or None."""
    if not exposure.rows or exposure.is_free(now):
        return None
    return f'the old key of "{name}" may still be in use: {_until(exposure, now)}'


def freshness_steps(exposure: OldKeyExposure) -> tuple[NextStep, ...]:
    """Return the commands that make an unknown cache known."""
    return tuple(
        suggest("databases edit", name, freshness="immediate", comment="or 30s, 5m: what its Data API is set to")
        for name in exposure.unknown[:3]
    )


@dataclass(frozen=True, slots=True)
class _Keys:
    old: str | None
    new: str | None


def _exposure(
    record: Fetches, state: State, owner: Credential | RetiredCredential, keys: _Keys, since: datetime
) -> OldKeyExposure:
    in_scope = owner.database_ids if isinstance(owner, Credential) else frozenset()
    index = Index(state)
    rows = []
    for database in state.databases:
        old = record.fetches.get((database.id, keys.old or ""))
        new = record.fetches.get((database.id, keys.new or ""))
        if old is None and (
            database.id not in in_scope or not _asks_vzctl(state, database, has_fetched=new is not None)
        ):
            continue
        rows.append(
            FetchRow(
                database_ref(index, database.id),
                new.first_at if new is not None else None,
                old.last_at if old is not None else None,
                database.freshness_seconds,
            )
        )
    bounds = [row.freshness_seconds for row in rows]
    known = [item for item in bounds if item is not None]
    is_known = bool(rows) and len(known) == len(bounds)
    return OldKeyExposure(tuple(rows), since + timedelta(seconds=max(known)) if is_known else None)


def _asks_vzctl(state: State, database: Database, *, has_fetched: bool) -> bool:
    described = database.certificate_name is not None or database.freshness_seconds is not None
    return has_fetched or described or bool(state.tokens_of(database.id))


def _until(exposure: OldKeyExposure, now: datetime) -> str:
    if exposure.free_from is None:
        return (
            f"for how long the Data API of {listed(exposure.unknown)} keeps a key is not known, "
            "and by default it keeps one that is in use"
        )
    moment = exposure.free_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if exposure.is_free(now):
        return f"as the Data APIs are set, none has used the old key since {moment}: it can be revoked at the provider"
    return f"as the Data APIs are set, the old key can be revoked at the provider from {moment} on"


def _databases(number: int) -> str:
    return "1 database" if number == 1 else f"{number} databases"


def _record(context: Context, state: State) -> Fetches:
    return read_fetches(context.local_folder.fetches, state.lineage)
