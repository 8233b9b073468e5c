"""Seeing whether a database can use a credential, without cost and without a trace.

A collection is asked for with the real credential and a model that does not exist. The Data API looks at the credential
first: it refuses one that is unknown or out of scope, and otherwise the model. An invented name comes first, as the control:
where that is not refused, nothing can be seen this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vzctl.clients.data_api import DataApi
from vzctl.domain.state.records import Credential
from vzctl.errors import VzctlError

NO_MODEL: Final = "vzctl-asks-for-no-model"
USABLE: Final = "usable"
REFUSED: Final = "refused"
NOT_OBSERVABLE: Final = "not observable"
NO_KEYSPACE: Final = "the database has no keyspace"


@dataclass(frozen=True, slots=True)
class CredentialRef:
    """A credential, recorded or not, as a collection names it."""

    name: str
    provider: str


@dataclass(frozen=True, slots=True)
class ControlProbe:
    """Names that exist nowhere: of a credential, which is the control, and of the collection that is asked for."""

    control: str
    collection: str

    @classmethod
    def of(cls, new_id: Callable[[], str]) -> ControlProbe:
        """Return new ones."""
        return cls(f"vzctl-control-{new_id()}", f"vzctl_{new_id()}")


def observe_scope(api: DataApi, credential: Credential, probe: ControlProbe) -> tuple[str, str | None]:
    """Return what one database shows, and its words."""
    keyspaces = api.keyspaces()
    if not keyspaces:
        return NOT_OBSERVABLE, NO_KEYSPACE
    ((_, seen, detail),) = observe_each(api, keyspaces[0], [CredentialRef(credential.name, credential.provider)], probe)
    return seen, detail


def observe_each(
    api: DataApi, keyspace: str, credentials: Iterable[CredentialRef], probe: ControlProbe
) -> Iterator[tuple[CredentialRef, str, str | None]]:
    """Yield what one database shows of each credential, and its words. The control is asked once for each provider."""
    faults: dict[str, str | None] = {}
    for credential in credentials:
        provider = credential.provider
        if provider not in faults:
            answer, words = _ask(api, keyspace, provider, probe.control, probe.collection)
            faults[provider] = None if answer is False else f"an invented name was not refused: {words}"
        fault = faults[provider]
        if fault is not None:
            yield credential, NOT_OBSERVABLE, fault
            continue
        answer, words = _ask(api, keyspace, provider, credential.name, probe.collection)
        if answer is None:
            yield credential, NOT_OBSERVABLE, words
        else:
            yield (credential, USABLE, None) if answer else (credential, REFUSED, words)


def _ask(api: DataApi, keyspace: str, provider: str, name: str, collection: str) -> tuple[bool | None, str]:
    """Return whether the credential was accepted, None when that cannot be told."""
    service = {"provider": provider, "modelName": NO_MODEL, "authentication": {"providerKey": name}}
    body = {"name": collection, "options": {"vector": {"metric": "cosine", "service": service}}}
    answer = api.command("createCollection", body, keyspace)
    if answer.fault is None:
        return (
            None,
            f"a collection of a model that does not exist was accepted, and {_deleted(api, keyspace, collection)}",
        )
    words = answer.fault.message
    if answer.fault.code == "VECTORIZE_CREDENTIAL_INVALID":
        return False, words
    if "is not supported" in words or "Required parameter" in words:
        return True, words
    return None, words


def _deleted(api: DataApi, keyspace: str, collection: str) -> str:
    """Delete what must not exist, so that the server is left as it was; say in words whether that went well."""
    try:
        fault = api.command("deleteCollection", {"name": collection}, keyspace).fault
    except VzctlError as error:
        reason = error.message
    else:
        if fault is None:
            return "deleted again"
        reason = fault.message
    return f'it is left: delete the collection "{collection}" in the keyspace "{keyspace}" ({reason})'
