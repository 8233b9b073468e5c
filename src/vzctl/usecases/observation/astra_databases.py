"""Astra's list of databases, and what the absence of one from it says.

A token of which the role sees some databases only gets a list that looks whole. So each absent one is asked for by its id,
and a list that lacks most of what is recorded is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from vzctl.answers.answer import DatabasesAnswer
from vzctl.answers.databases import read_databases
from vzctl.clients.devops import PARTY, DevOps
from vzctl.domain.drift.observation import DatabasesSeen, ObservedDatabase, Remark
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import AuthError, NotFoundError, VzctlError
from vzctl.usecases.live import Live, in_parallel
from vzctl.usecases.observation.observe import Coverage, LiveSources, doubted, read_live, require_own_organization

LIST: Final = "the list of databases"
NOT_VISIBLE: Final = "the token may not see it, so its absence from the list says nothing"


@dataclass(frozen=True, slots=True)
class DatabaseList:
    """The list, or None where there is none; what is said about it; and what went wrong."""

    databases: DatabasesSeen | None
    coverage: tuple[Coverage, ...] = ()
    remarks: tuple[Remark, ...] = ()
    error: VzctlError | None = None


@dataclass(frozen=True, slots=True)
class _DatabaseReport:
    """What was told of a database that the list lacks; nothing at all when Astra does not know it."""

    database: ObservedDatabase | None = None
    reason: str | None = None
    error: VzctlError | None = None


def list_databases(live: Live, state: State, sources: LiveSources) -> DatabaseList:
    """Return Astra's list, whole; None on `local`, or where the token may not see it."""
    if state.is_local:
        return DatabaseList(None)
    api = live.devops()
    gathered = _Gathered(frozenset(item.id for item in state.databases if item.endpoint))
    try:
        for page in api.pages():
            gathered.add(read_live(partial(read_databases, page, PARTY, is_page=True)))
    except AuthError as error:
        if error.code != "TOKEN_LACKS_RIGHTS":
            raise
        return DatabaseList(None, (Coverage(LIST, error.message, failed=True),), error=error)
    listed = gathered.seen()
    if sources.other_organization:
        return DatabaseList(replace(listed, is_whole=False), remarks=tuple(gathered.remarks))
    require_own_organization(state, listed)
    listed = doubted(state, listed, believe=sources.whole_list)
    missing = _missing(state, listed) if listed.is_whole and sources.database is None else ()
    told = _ask(live, api, missing, sources.jobs)
    index = Index(state)
    coverage = tuple(
        Coverage(index.database_name(item.id), found.reason, failed=found.error is not None)
        for item, found in zip(missing, told, strict=True)
        if found.reason is not None
    )
    unseen = {item.id for item, found in zip(missing, told, strict=True) if found.reason is not None}
    there = tuple(found.database for found in told if found.database is not None)
    listed = replace(listed, databases=(*listed.databases, *there), unreadable=listed.unreadable | unseen)
    first = next((found.error for found in told if found.error is not None), None)
    return DatabaseList(listed, coverage, tuple(gathered.remarks), first)


@dataclass(slots=True)
class _Gathered:
    """Pages as they come. Where an endpoint is recorded, the user's own record says where vzctl asks."""

    with_endpoint: frozenset[str]
    found: dict[str, ObservedDatabase] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    organizations: set[str] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)

    def add(self, page: DatabasesAnswer) -> None:
        for item in page.databases:
            self.found.setdefault(item.id, replace(item, endpoint=None) if item.id in self.with_endpoint else item)
        self.unreadable |= page.unreadable
        self.organizations |= page.organizations
        self.remarks += page.remarks

    def seen(self) -> DatabasesSeen:
        return DatabasesSeen(
            databases=tuple(self.found[key] for key in sorted(self.found)),
            unreadable=frozenset(self.unreadable),
            organizations=frozenset(self.organizations),
            is_whole=bool(self.found),
        )


def _missing(state: State, listed: DatabasesSeen) -> Sequence[Database]:
    """Return the recorded databases that the list lacks, without those that are marked as gone."""
    ids = listed.ids
    return [item for item in state.databases if item.gone_since is None and item.id not in ids]


def _ask(live: Live, api: DevOps, missing: Sequence[Database], jobs: int) -> list[_DatabaseReport]:
    chains = [[partial(_database_report, api, item)] for item in missing]
    results = in_parallel(jobs, chains, finished=lambda _: None, stop=live.http.close) if chains else []
    return [found for chain in results for found in chain]


def _database_report(api: DevOps, database: Database) -> _DatabaseReport:
    """Ask for one database by its id: 404 is gone, or out of sight, which nobody can tell from outside."""
    try:
        answer = read_live(lambda: read_databases([api.description(database.id)], PARTY, is_page=False))
    except NotFoundError:
        return _DatabaseReport()
    except AuthError as error:
        if error.code != "TOKEN_LACKS_RIGHTS":
            raise
        return _DatabaseReport(reason=NOT_VISIBLE)
    except VzctlError as error:
        return _DatabaseReport(reason=error.message, error=error)
    found = next((item for item in answer.databases if item.id == database.id), None)
    return (
        _DatabaseReport(reason="Astra describes it in a way that vzctl cannot read")
        if found is None
        else _DatabaseReport(found)
    )
