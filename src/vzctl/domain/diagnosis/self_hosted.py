"""What a state of Data APIs of one's own adds: an old key in a cache, an empty answer, a service that is not there.

Only the state, or an experiment, tells these from what the same texts mean elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.domain.diagnosis.advice import Advised, noted, propagating
from vzctl.domain.diagnosis.clues import Clues
from vzctl.domain.diagnosis.engine import Verdict
from vzctl.domain.rules import listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Database, Dependent, Direction, Rotation, Step

OLD_KEY_REMEMBERED: Final = timedelta(days=1)
"""So long after a change it is thought of, where nobody said for how long a cache keeps a key."""
_NO_KEY: Final = frozenset(
    {"code.EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED", "astra.embedding-header-missing"}
)
_REFUSED: Final = "code.inside-refused"
_CHECK: Final = suggest(
    "serve check",
    url="URL",
    token_file="FILE",
    comment="ask as the Data API does: with the URL and the token that are set there",
)


@dataclass(frozen=True, slots=True)
class OldKeyUser:
    """A database whose Data API may have kept the old key; `free_from` is None when nobody said for how long it does."""

    database: str
    free_from: datetime | None


OldKeyUsers = Callable[[Rotation], tuple[OldKeyUser, ...]]
"""Tells who may have kept the key that a finished rotation replaced: it is recorded outside the state."""


class SelfHosted:
    """A state of the local control plane at one moment."""

    def __init__(self, index: Index, now: datetime, users_of_old_key: OldKeyUsers | None) -> None:
        self._index = index
        self._now = now
        self._ask = users_of_old_key
        self._users: dict[str, tuple[OldKeyUser, ...]] = {}

    def let_go_at(self, credential: Credential, database: Database | None) -> datetime | None:
        """Return since when no cache has had the credential's old key; None when one may have it, or nothing is known."""
        rotation = self._last_rotation(credential)
        bounds = [user.free_from for user in self._users_of(rotation, database)] if rotation is not None else []
        known = [moment for moment in bounds if moment is not None]
        latest = max(known, default=None)
        return latest if latest is not None and len(known) == len(bounds) and latest <= self._now else None

    def stale_cache(self, verdict: Verdict, clues: Clues) -> Advised | None:
        """Return that an old key, revoked after a rotation, may still come from a cache; or that none has it any more."""
        credential = clues.credential
        rotation = self._last_rotation(credential) if credential is not None else None
        if credential is None or rotation is None or verdict.cause != "invalid_key" or not verdict.is_passed_on:
            return None
        revoked_at = self._revoked_at(rotation)
        if revoked_at is None:
            return None
        holders = [user for user in self._users_of(rotation, clues.database) if self._may_hold(user, revoked_at)]
        if not holders:
            return None
        names = [self._index.database_name(user.database) for user in holders]
        what = f'the old key of "{credential.name}" is revoked, and the Data API of {listed(names)} may still have it cached'
        return Advised(
            propagating(
                verdict,
                what,
                detail="stale cache after a rotation",
                rule="state.stale-cache",
                meaning=": the stored key is not to blame",
            ),
            _waiting(holders),
            (
                suggest("rotations show", credential.name, comment="who fetched the new key"),
                *self._bounds_missing(holders),
            ),
        )

    def empty_answer(self, verdict: Verdict, clues: Clues) -> Advised | None:
        """Return that the credential service answered nothing, where nobody is to send a key in a header."""
        if verdict.rule not in _NO_KEY or verdict.provider is None:
            return None
        if (
            clues.credential is not None
            and clues.database is not None
            and not _is_scoped(clues.credential, clues.database)
        ):
            return None
        concerned = self._concerned(verdict.provider, clues)
        if not concerned or any(item.credential is None for item in concerned):
            return None
        names = [f'"{self._index.address(item)}"' for item in concerned[:3]]
        more = f" and {len(concerned) - 3} more" if len(concerned) > 3 else ""
        seen = noted(verdict, f"a stored credential gives the key of {listed(names)}{more}: no header is to be sent")
        return Advised(
            replace(
                seen,
                detail="credential service answered nothing",
                confidence="medium",
                rule="state.service-empty",
                explanation="The credential service gave the Data API an empty answer, which it reports as a missing header: "
                "another program answers at the service's URL, or a proxy takes the answer away.",
            ),
            "See what answers at the URL of the credential service; vzctl always gives the key or a reason.",
            (_CHECK,),
        )

    def refused_connection(self, verdict: Verdict) -> Advised | None:
        """Return where to look first when a Data API was refused by something that the text does not name."""
        state = self._index.state
        asking = [item.id for item in state.databases if item.certificate_name or state.tokens_of(item.id)]
        if verdict.rule != _REFUSED or not asking:
            return None
        names = [self._index.database_name(owner) for owner in asking]
        seen = noted(verdict, f"the Data API of {listed(names)} asks a credential service, which may be what refused")
        return Advised(
            seen,
            "Compare the address with the URL of the credential service that is set on the Data API; start the service if "
            "it is the same.",
            (_CHECK, suggest("serve run", comment="start it; a unit of systemd starts it for good")),
        )

    def _last_rotation(self, credential: Credential) -> Rotation | None:
        """Return the rotation that put the key in force, when it was the last."""
        finished = [
            (item.finished_at, item)
            for item in self._index.state.rotations
            if item.credential == credential.id and item.finished_at is not None
        ]
        if not finished:
            return None
        last = max(finished, key=lambda pair: pair[0])[1]
        return last if last.step is Step.DONE and last.direction is Direction.FORWARD else None

    def _revoked_at(self, rotation: Rotation) -> datetime | None:
        return next(
            (
                item.done_at
                for item in self._index.state.revocations
                if item.credential == rotation.credential and item.version == rotation.old_version and item.done_at
            ),
            None,
        )

    def _users_of(self, rotation: Rotation, database: Database | None) -> list[OldKeyUser]:
        if rotation.id not in self._users:
            self._users[rotation.id] = self._ask(rotation) if self._ask is not None else ()
        return [user for user in self._users[rotation.id] if database is None or user.database == database.id]

    def _may_hold(self, user: OldKeyUser, revoked_at: datetime) -> bool:
        if user.free_from is None:
            return self._now - revoked_at < OLD_KEY_REMEMBERED
        return self._now < user.free_from

    def _concerned(self, provider: str, clues: Clues) -> list[Dependent]:
        """Return the collections and columns that the text can be about."""
        if clues.dependant is not None:
            return [clues.dependant]
        return [
            item
            for item in self._index.state.dependants()
            if item.provider == provider and (clues.database is None or item.database == clues.database.id)
        ]

    def _bounds_missing(self, holders: list[OldKeyUser]) -> list[NextStep]:
        names = [self._index.database_name(user.database) for user in holders if user.free_from is None]
        return [
            suggest("databases edit", name, freshness="immediate", comment="or 30s, 5m: what its Data API is set to")
            for name in names[:3]
        ]


def _waiting(holders: list[OldKeyUser]) -> str:
    known = [user.free_from for user in holders if user.free_from is not None]
    if len(known) < len(holders):
        return "Restart that Data API: by default its cache keeps a key for as long as it is in use."
    moment = max(known).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"Wait until {moment}, when its cache has let go of the key, or restart that Data API."


def _is_scoped(credential: Credential, database: Database) -> bool:
    return database.id in credential.database_ids
