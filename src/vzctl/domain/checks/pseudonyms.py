"""A state told without its names: who reads it sees what hangs together, not whose it is.

Only what is named here comes out. Words are let through when vzctl itself knows them: providers, models, statuses.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from vzctl.domain.catalog.provider import Provider
from vzctl.domain.checks.problems import KNOWN_STATUSES
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.records import Credential, Database, Dependent, Revocation, Rotation
from vzctl.domain.state.revocation import (
    REASON_LEAKED,
    REASON_REMOVED,
    REASON_RESTORED,
    REASON_ROLLED_BACK,
    REASON_ROTATED,
)
from vzctl.domain.state.state import State

OTHER: Final = "(another)"
"""Stands for a word that vzctl does not know, and that may therefore be anything."""

_REASONS: Final = frozenset({REASON_LEAKED, REASON_REMOVED, REASON_RESTORED, REASON_ROLLED_BACK, REASON_ROTATED})


class _Names:
    """Gives each name a number within its kind, the same one each time."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, name: str) -> str:
        key = (kind, name)
        if key not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[key] = f"{kind}-{self._counts[kind]}"
        return self._given[key]


class _Describer:
    def __init__(self, state: State) -> None:
        self.state = state
        self.names = _Names()
        self.credential_ids = {item.id: item.name for item in state.credentials}
        self.credential_ids |= {item.id: item.name for item in state.retired}

    def credential_name(self, credential_id: str) -> str:
        return self.names.of("credential", self.credential_ids.get(credential_id, credential_id))

    def database(self, item: Database) -> dict[str, Any]:
        return {
            "name": self.names.of("database", item.id),
            "status": item.status if item.status in KNOWN_STATUSES else OTHER,
            "has_region": item.region is not None,
            "has_endpoint": item.endpoint is not None,
            "observed_at": _time(item.observed_at),
            "gone_since": _time(item.gone_since),
        }

    def credential(self, item: Credential) -> dict[str, Any]:
        current = item.current_version
        return {
            "name": self.names.of("credential", item.name),
            "provider": known_provider(item.provider),
            "evidence": _word(item.evidence),
            "scope": [
                {
                    "database": self.names.of("database", entry.database),
                    "evidence": _word(entry.evidence),
                    "removal_wanted": entry.removal_wanted_at is not None,
                }
                for entry in item.scope
            ],
            "key_set_at": _time(item.key_set_at),
            "max_age_days": item.max_age_days,
            "slot": item.slot,
            "is_held": current is not None and current.held,
            "has_fingerprint": current is not None and current.fingerprint is not None,
            "is_pending": item.pending is not None,
            "versions": len(item.versions),
            "removal_wanted": item.removal_wanted_at is not None,
        }

    def dependant(self, item: Dependent) -> dict[str, Any]:
        return {
            "kind": item.kind,
            "name": self.names.of(item.kind, "\0".join(item.key)),
            "database": self.names.of("database", item.database),
            "keyspace": self.names.of("keyspace", f"{item.database}\0{item.keyspace}"),
            "provider": None if item.provider is None else known_provider(item.provider),
            "model": None if item.model is None else _model(item.provider, item.model),
            "dimension": item.dimension,
            "authentication": item.authentication.value,
            "credential": None if item.credential is None else self.names.of("credential", item.credential),
            "parameters": len(item.parameters),
            "observed_at": _time(item.observed_at),
        }

    def rotation(self, item: Rotation) -> dict[str, Any]:
        return {
            "credential": self.credential_name(item.credential),
            "step": item.step.value,
            "direction": item.direction.value,
            "databases": [self.names.of("database", database) for database in item.databases],
            "leaked": item.leaked,
            "revoke_first": item.revoke_first,
            "was_tested": item.key_test is not None,
            "new_key_used": item.new_key_used,
            "started_at": _time(item.started_at),
            "finished_at": _time(item.finished_at),
        }

    def revocation(self, item: Revocation) -> dict[str, Any]:
        return {
            "credential": self.credential_name(item.credential),
            "reason": item.reason if item.reason in _REASONS else OTHER,
            "due_since": _time(item.due_since),
            "done_at": _time(item.done_at),
        }


def described(state: State) -> dict[str, Any]:
    """Return the state as plain values without a name, an id, a fingerprint, an address, a note or a parameter."""
    tell = _Describer(state)
    return {
        "serial": state.serial,
        "control_plane": state.organization.control_plane.value,
        "keeps_astra_token": state.organization.token_version is not None,
        "integrations": [
            {"provider": known_provider(item.provider), "evidence": _word(item.evidence)} for item in state.integrations
        ],
        "databases": [tell.database(item) for item in state.databases],
        "credentials": [tell.credential(item) for item in state.credentials],
        "retired": [
            {"name": tell.names.of("credential", item.name), "provider": known_provider(item.provider)}
            for item in state.retired
        ],
        "dependants": [tell.dependant(item) for item in state.dependants()],
        "rotations": [tell.rotation(item) for item in state.rotations],
        "revocations": [tell.revocation(item) for item in state.revocations],
        "service_tokens": len(state.service_tokens),
    }


def known_provider(provider_id: str) -> str:
    """Return the id of a provider of the catalogue, and of no other."""
    return OTHER if provider_by_id(provider_id) is None else provider_id


def _model(provider_id: str | None, name: str) -> str:
    provider: Provider | None = None if provider_id is None else provider_by_id(provider_id)
    return name if provider is not None and provider.model(name) is not None else OTHER


def _word(evidence: Any) -> str | None:
    return None if evidence is None else str(evidence.value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
