"""Observing which credentials a database can use, without cost and without a trace.

A collection is asked for with the real credential and a model that does not exist. The Data API looks at the credential
first: it refuses one that is unknown or out of scope, and otherwise the model. An invented name comes first, as the control:
where that is not refused, nothing can be seen this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Final

from vzctl.answers.fields import place_name_fault
from vzctl.clients.data_api import DataApi
from vzctl.domain.state.records import Credential, Database
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.usecases.live import DEFAULT_JOBS, Live, in_parallel, unless_it_fails

NO_MODEL: Final = "vzctl-asks-for-no-model"
NO_KEYSPACE: Final = "the database has no keyspace"


class ScopeAnswer(StrEnum):
    """What a database shows of a credential; `NOT_LOOKED_AT`: the database could not be asked."""

    USABLE = "usable"
    REFUSED = "refused"
    NOT_OBSERVABLE = "not observable"
    NOT_LOOKED_AT = "not looked at"


@dataclass(frozen=True, slots=True)
class ScopeFinding:
    """An answer, and the reason for it; `error` says why the database could not be asked.

    `is_left`: the database has made a collection of a model that does not exist, which could not be deleted again.
    """

    answer: ScopeAnswer
    reason: str | None = None
    error: VzctlError | None = None
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class CredentialRef:
    """A credential, recorded or not, as a collection names it."""

    name: str
    provider: str

    @classmethod
    def of(cls, credential: Credential) -> CredentialRef:
        """Return the reference to a recorded credential."""
        return cls(credential.name, credential.provider)


@dataclass(slots=True)
class ScopeObserver:
    """Observes credentials through databases: for manual steps, `pending confirm --check`, `scope check`, and `sync`.

    `opened` are the databases that are known to be awake. Without `wake`, no hibernated database is asked.
    """

    live: Live
    state: State
    new_id: Callable[[], str]
    wake: bool = False
    opened: dict[str, DataApi] = field(default_factory=dict)

    def open(self, database: Database) -> DataApi:
        """Return the Data API of a database; its status and its address are asked for once. Raise what `Live.open` raises."""
        if database.id not in self.opened:
            self.opened[database.id] = self.live.open(self.state, database, wake=self.wake)
        return self.opened[database.id]

    def observe(
        self, api: DataApi, credentials: Iterable[CredentialRef], keyspaces: Sequence[str] | None = None
    ) -> Iterator[ScopeFinding]:
        """Yield what one database shows of each credential, in their order; raise when the database cannot be asked.

        The control is asked once for each provider. The names that exist nowhere are new ones for each database.
        """
        control, collection = f"vzctl-control-{self.new_id()}", f"vzctl_{self.new_id()}"
        places = api.keyspaces() if keyspaces is None else keyspaces
        keyspace = next((item for item in places if place_name_fault(item) is None), None)
        controls: dict[str, ScopeFinding] = {}
        for name, provider in ((item.name, item.provider) for item in credentials):
            if keyspace is None:
                yield ScopeFinding(ScopeAnswer.NOT_OBSERVABLE, NO_KEYSPACE)
                continue
            if provider not in controls:
                controls[provider] = _ask(api, keyspace, provider, control, collection)
            found = controls[provider]
            if found.answer is ScopeAnswer.REFUSED:
                found = _ask(api, keyspace, provider, name, collection)
                yield replace(found, reason=None) if found.answer is ScopeAnswer.USABLE else found
            else:
                reason = f"an invented name was not refused: {found.reason}"
                yield replace(found, answer=ScopeAnswer.NOT_OBSERVABLE, reason=reason)

    def observe_all(
        self, asked: Sequence[tuple[Database, Sequence[Credential]]], *, are_named: bool, jobs: int = DEFAULT_JOBS
    ) -> list[list[ScopeFinding]]:
        """Return what each database shows of its credentials. Many databases are asked at once.

        Where the user named what is asked, a database that cannot be asked ends the command; otherwise the others go on.
        """
        databases = [database for database, _ in asked]
        apis = self.live.data_apis(self.state, databases, jobs=jobs, wake=self.wake, are_named=are_named)
        links = [
            [partial(self._findings, api, credentials, are_named=are_named)]
            for api, (_, credentials) in zip(apis, asked, strict=True)
        ]
        results = in_parallel(jobs, links, finished=lambda _: None, stop=self.live.http.close)
        return [findings for chain in results for findings in chain]

    def _findings(
        self, api: DataApi | VzctlError, credentials: Sequence[Credential], *, are_named: bool
    ) -> list[ScopeFinding]:
        findings: list[ScopeFinding] = []
        error = api if isinstance(api, VzctlError) else None
        if isinstance(api, DataApi):
            observe = partial(findings.extend, self.observe(api, map(CredentialRef.of, credentials)))
            error = observe() if are_named else unless_it_fails(observe)
        failed = ScopeFinding(ScopeAnswer.NOT_LOOKED_AT, error.message if error is not None else None, error)
        return [*findings, *[failed] * (len(credentials) - len(findings))]


def _ask(api: DataApi, keyspace: str, provider: str, name: str, collection: str) -> ScopeFinding:
    """Return whether the credential was accepted, as far as the answer shows it, and the words of the answer."""
    service = {"provider": provider, "modelName": NO_MODEL, "authentication": {"providerKey": name}}
    body = {"name": collection, "options": {"vector": {"metric": "cosine", "service": service}}}
    fault = api.command("createCollection", body, keyspace).fault
    if fault is None:
        left = _delete(api, keyspace, collection)
        reason = f"a collection of a model that does not exist was accepted, and {left or 'deleted again'}"
        return ScopeFinding(ScopeAnswer.NOT_OBSERVABLE, reason, is_left=left is not None)
    if fault.code == "VECTORIZE_CREDENTIAL_INVALID":
        return ScopeFinding(ScopeAnswer.REFUSED, fault.message)
    is_accepted = "is not supported" in fault.message or "Required parameter" in fault.message
    return ScopeFinding(ScopeAnswer.USABLE if is_accepted else ScopeAnswer.NOT_OBSERVABLE, fault.message)


def _delete(api: DataApi, keyspace: str, collection: str) -> str | None:
    """Delete what must not exist, so that the server is left as it was; where that fails, return how to do it."""
    try:
        fault = api.command("deleteCollection", {"name": collection}, keyspace).fault
    except VzctlError as error:
        reason = error.message
    else:
        if fault is None:
            return None
        reason = fault.message
    return f'it is left: delete the collection "{collection}" in the keyspace "{keyspace}" ({reason})'
