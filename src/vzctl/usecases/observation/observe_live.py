"""What Astra and the databases themselves say, put together to the same observation that answers in files make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeVar

from vzctl.answers.answer import CollectionsAnswer, ProvidersAnswer, TablesAnswer
from vzctl.answers.contents import read_collections, read_tables
from vzctl.answers.fields import place_name_fault, shown
from vzctl.answers.providers import read_providers
from vzctl.clients.data_api import DataApi
from vzctl.clients.devops import PARTY
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.differences import SyncOptions
from vzctl.domain.drift.observation import (
    DatabasesSeen,
    KeyspaceSeen,
    Kind,
    Observation,
    ProvidersSeen,
    Remark,
    ScopeSeen,
)
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database, Dependent
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, UsageError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.live import Live, first_failure, in_parallel, require_jobs
from vzctl.usecases.observation.astra_databases import DatabaseList, list_databases
from vzctl.usecases.observation.observe import AnswerKind, AnswerSummary, Coverage, LiveSources, Observed, read_live
from vzctl.usecases.observation.scope import CredentialRef, ScopeObserver
from vzctl.usecases.observation.scope_questions import ScopeQuestions

ACTIVE: Final = "ACTIVE"
HIBERNATED: Final = "HIBERNATED"
EXPLAIN: Final = {"options": {"explain": True}}
ALL_MODELS: Final = {"options": {"filterModelStatus": ""}}
_CONTENTS: Final = (Kind.COLLECTIONS, Kind.COLUMNS)
_PAGE_STATE: Final = "nextPageState"

T = TypeVar("T")


@dataclass(slots=True)
class _Seen:
    """What was seen so far, by one look or by several."""

    answers: list[AnswerSummary] = field(default_factory=list)
    keyspaces: list[KeyspaceSeen] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    scopes: list[ScopeSeen] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    providers: ProvidersSeen | None = None
    error: VzctlError | None = None

    def missed(self, place: str, error: VzctlError, *, failed: bool = True) -> None:
        self.error = first_failure((self.error, error))
        if all(item.place != place for item in self.coverage):
            self.coverage.append(Coverage(place, error.message, failed=failed))

    def add_list(self, listed: DatabaseList) -> None:
        databases = listed.databases
        if databases is not None:
            self.answers.append(AnswerSummary(PARTY, AnswerKind.DATABASES, len(databases.ids)))
        self.remarks += listed.remarks
        self.coverage += listed.coverage
        self.error = listed.error

    def add(self, other: _Seen) -> None:
        self.answers += other.answers
        self.keyspaces += other.keyspaces
        self.remarks += other.remarks
        self.scopes += other.scopes
        self.coverage += other.coverage
        self.providers = self.providers or other.providers
        self.error = first_failure((self.error, other.error))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked of each database, and which: its contents, which credentials it can use, or both."""

    sources: LiveSources
    questions: ScopeQuestions | None
    contents: bool


def observe_live(context: Context, state: State, sources: LiveSources, options: SyncOptions) -> Observed:
    """Ask the DevOps API for the databases, and each active one for its contents.

    A database that cannot be asked is left out and told; nothing is then said about what is in it.
    """
    require_jobs(sources.jobs)
    live = context.open_live()
    live.find_token()  # a missing one ends the command before anything is asked
    seen = _Seen()
    listed = list_databases(live, state, sources)
    databases = listed.databases
    seen.add_list(listed)
    # A new database counts: it is looked into before it is recorded.
    with_new = find_drift(state, Observation(databases=databases), replace(options, prune=False)).after
    chosen = _chosen(with_new, sources)
    if options.kinds - {Kind.DATABASES}:
        observer = ScopeObserver(live, with_new, context.new_id)
        questions = ScopeQuestions.of(with_new, observer) if Kind.SCOPES in options.kinds else None
        wanted = _Wanted(sources, questions, contents=bool(options.kinds - {Kind.DATABASES, Kind.SCOPES}))
        _look_into(live, with_new, chosen, databases, wanted, seen)
    if databases is None and not (seen.answers or seen.scopes) and seen.error is not None:
        raise seen.error
    if databases is not None and sources.database is not None:
        ids = {item.id for item in chosen}
        only = tuple(item for item in databases.databases if item.id in ids)
        databases = replace(databases, databases=only, unreadable=frozenset(), is_whole=False)
    observation = Observation(
        databases=databases,
        providers=seen.providers,
        keyspaces=tuple(seen.keyspaces),
        remarks=tuple(dict.fromkeys(seen.remarks)),
        scopes=tuple(seen.scopes),
    )
    return Observed(observation, tuple(seen.answers), tuple(seen.coverage), is_live=True)


def _chosen(state: State, sources: LiveSources) -> Sequence[Database]:
    if sources.database is not None:
        return (find_database(state, sources.database),)
    if sources.keyspace is not None:
        raise UsageError("--keyspace goes with --database", code="PLACE_MISSING")
    return state.databases


def _look_into(
    live: Live, state: State, chosen: Sequence[Database], databases: DatabasesSeen | None, wanted: _Wanted, seen: _Seen
) -> None:
    """Look into the databases that are up, many at once; put what they say into `seen`, in their order."""
    index = Index(state)
    statuses = None if databases is None else {item.id: item.status for item in databases.databases}
    told = {item.place for item in seen.coverage}
    looks: list[_LookInto] = []
    for database in chosen:
        name = index.database_name(database.id)
        reason = _why_not(state, database, statuses, wake=wanted.sources.wake)
        if reason is not None:
            if name not in told:
                seen.coverage.append(Coverage(name, reason))
            continue
        try:
            api = live.data_api(state, database)
        except VzctlError as error:
            seen.missed(name, error, failed=error.code != "ENDPOINT_MISSING")
            continue
        recorded = index.dependents_in_database[database.id]
        looks.append(_LookInto(api, database.id, name, wanted.sources.keyspace, recorded, wanted, is_first=not looks))
    chains: list[list[Callable[[], _Seen]]] = [[item.options] for item in looks]
    results = in_parallel(wanted.sources.jobs, chains, finished=lambda _: None, stop=live.http.close)
    for result in (link for chain in results for link in chain):
        seen.add(result)


def _why_not(state: State, database: Database, statuses: Mapping[str, str] | None, *, wake: bool) -> str | None:
    """Return why a database is not asked, or None. To ask a hibernated one wakes it, and its billing goes on."""
    if statuses is not None and database.id not in statuses:
        return "it is not in the list of databases"
    status = database.status if statuses is None else statuses[database.id]
    if status == HIBERNATED:
        return None if wake else "it is hibernated; --wake wakes it"
    if status != ACTIVE and not state.is_local:
        return f"its status is {status}"
    return None


@dataclass(frozen=True, slots=True)
class _LookInto:
    """A look into one database. `recorded` is what is recorded in it."""

    api: DataApi
    database: str
    name: str
    only: str | None
    recorded: Sequence[Dependent]
    wanted: _Wanted
    is_first: bool

    def options(self) -> _Seen:
        """Return what the database says; what it does not say is in the coverage."""
        seen = _Seen()
        try:
            keyspaces = self.api.keyspaces()
        except VzctlError as error:
            seen.missed(self.name, error)
            return seen
        if self.wanted.contents:
            self._contents(keyspaces, seen)
        if self.wanted.questions is not None and (self.only is None or self.only in keyspaces):
            self._scopes(self.wanted.questions, keyspaces, seen)
        return seen

    def _scopes(self, questions: ScopeQuestions, keyspaces: Iterable[str], seen: _Seen) -> None:
        here = (item for keyspace in seen.keyspaces for kind in _CONTENTS for item in keyspace.seen(kind) or ())
        held = [
            *((item.service.credential, item.service.provider) for item in here),
            *((item.credential, item.provider) for item in self.recorded),
        ]
        named = {CredentialRef(name, provider) for name, provider in held if name is not None and provider is not None}
        places = [item for item in keyspaces if self.only in (None, item)]
        told = questions.ask(self.api, self.database, self.name, places, named)
        seen.scopes += told.seen
        seen.coverage += told.coverage
        seen.error = seen.error or told.error

    def _contents(self, keyspaces: Sequence[str], seen: _Seen) -> None:
        if self.is_first:
            self._providers(seen)
        wanted = {self.only} if self.only is not None else {*keyspaces, *(item.keyspace for item in self.recorded)}
        for keyspace in sorted(wanted):
            fault = place_name_fault(keyspace)
            if keyspace not in keyspaces:
                reason = "the database does not list this keyspace"
                seen.coverage.append(Coverage(f"{self.name}/{shown_keyspace(keyspace)}", reason))
            elif fault is not None:
                seen.coverage.append(Coverage(f"{self.name}/{shown_keyspace(keyspace)}", fault))
            else:
                self._keyspace(keyspace, seen)
        if not wanted:
            seen.coverage.append(Coverage(self.name))

    def _keyspace(self, keyspace: str, seen: _Seen) -> None:
        place = f"{self.name}/{keyspace}"
        before = len(seen.coverage)
        collections = self._asked(seen, place, partial(self._collections, keyspace))
        tables = self._asked(seen, place, partial(self._tables, keyspace))
        answers: list[CollectionsAnswer | TablesAnswer] = [item for item in (collections, tables) if item is not None]
        seen.answers += [AnswerSummary.of(self.name, item, (self.database, keyspace)) for item in answers]
        seen.remarks += [
            replace(remark, subject=f"{place}/{remark.subject}") for item in answers for remark in item.remarks
        ]
        if answers:
            seen.keyspaces.append(
                KeyspaceSeen(
                    database=self.database,
                    keyspace=keyspace,
                    collections=None if collections is None else collections.collections,
                    columns=None if tables is None else tables.columns,
                    unreadable=frozenset().union(*(item.unreadable for item in answers)),
                    is_whole=not any(item.has_more for item in answers),
                )
            )
        if len(seen.coverage) == before:
            seen.coverage.append(Coverage(place))

    def _collections(self, keyspace: str) -> CollectionsAnswer:
        status, has_more = self._status("findCollections", "collections", EXPLAIN, keyspace)
        return read_collections(status, self.name, has_more=has_more)

    def _tables(self, keyspace: str) -> TablesAnswer:
        status, has_more = self._status("listTables", "tables", EXPLAIN, keyspace)
        return read_tables(status, self.name, has_more=has_more)

    def _providers(self, seen: _Seen) -> None:
        def ask() -> ProvidersAnswer:
            status, _ = self._status("findEmbeddingProviders", "embeddingProviders", ALL_MODELS, None)
            return read_providers(status["embeddingProviders"], self.name)

        answer = self._asked(seen, f"the embedding providers of {self.name}", ask)
        if answer is not None:
            seen.answers.append(AnswerSummary.of(self.name, answer))
            seen.providers = ProvidersSeen(tuple(sorted(answer.providers, key=lambda item: item.id)))

    def _status(
        self, command: str, key: str, body: Mapping[str, Any], keyspace: str | None
    ) -> tuple[Mapping[str, Any], bool]:
        """Return the status of an answer, and whether it goes on; raise when it is not the answer to this command."""
        answer = self.api.command(command, body, keyspace)
        if answer.fault is not None:
            raise self.api.refused(answer.fault)
        if key not in answer.status:
            raise AstraError(
                f'the Data API of "{self.name}" answered {command} without "{key}"',
                code="ASTRA_UNEXPECTED_ANSWER",
            )
        return answer.status, bool(answer.status.get(_PAGE_STATE) or answer.data.get(_PAGE_STATE))

    def _asked(self, seen: _Seen, place: str, ask: Callable[[], T]) -> T | None:
        try:
            return read_live(ask)
        except VzctlError as error:
            seen.missed(place, error)
            return None


def shown_keyspace(keyspace: str) -> str:
    """Return a keyspace's name fit for a message."""
    return keyspace if place_name_fault(keyspace) is None else shown(keyspace)
