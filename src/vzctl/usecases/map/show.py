"""The map of an organization, from the state alone: no secret store is asked, nothing is measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from vzctl.command import suggest
from vzctl.domain.checks.problems import Problem, find_problems, problems_of_dependent
from vzctl.domain.rotation.manual_steps import unproven
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.age import is_due, maximum_age_days
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent, Evidence, ScopeEntry
from vzctl.domain.state.revocation import REASON_LEAKED
from vzctl.domain.state.state import State
from vzctl.usecases.context import Context
from vzctl.usecases.map.file import STANDARD_OUTPUT, drawn_format, write_map
from vzctl.usecases.map.nodes import (
    Drawing,
    Map,
    MapBranch,
    MapCounts,
    MapCredential,
    MapDatabase,
    MapDependent,
    MapPlace,
    MapProblem,
    MapProvider,
)
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.views import DatabaseRef

Draw = Callable[[Map, str], str]
"""Draws a map in a format. Given from outside: what a drawing looks like is not the use case's business."""

MERMAID_DRAWS_AT_MOST = 500
"""Edges that Mermaid draws unless whoever shows the page allows more (`maxEdges`)."""


@dataclass(frozen=True, slots=True)
class ShowMap:
    """Show the map; drawn when a format is named, and written to `out` when that is given."""

    draw: Draw
    format: str | None = None
    out: str | None = None


def show_map(context: Context, request: ShowMap) -> Outcome[Map]:
    """Return the map, with its drawing when one was asked for."""
    chosen = drawn_format(request.format, request.out)
    data = build_map(context)
    steps = (
        () if data.providers else (suggest("credentials add", "NAME", provider="openai", comment="add a credential"),)
    )
    if chosen is None:
        return Outcome(data=data, next_steps=steps)
    text = request.draw(data, chosen)
    warnings = tuple(_large(data)) if chosen == "mermaid" else ()
    size = len(text.encode("utf-8", "backslashreplace"))
    if request.out is None or request.out == STANDARD_OUTPUT:
        return Outcome(data=replace(data, drawing=Drawing(chosen, None, size, text)), warnings=warnings)
    path = write_map(request.out, text)
    return Outcome(
        data=replace(data, drawing=Drawing(chosen, str(path), size, None)),
        summary=(
            f"wrote the map to {path}",
            "it holds no secret, but tells what the organization is made of: only you can read it (mode 0600)",
        ),
        warnings=warnings,
        next_steps=steps,
    )


def build_map(context: Context) -> Map:
    """Read the state and return its map."""
    state = context.state_store.read()
    return _Builder(context, state).build()


def _large(data: Map) -> Iterator[Notice]:
    edges = edge_count(data)
    if edges > MERMAID_DRAWS_AT_MOST:
        yield Notice(
            "MERMAID_LARGE",
            f"the diagram has {edges} edges; Mermaid draws {MERMAID_DRAWS_AT_MOST} unless its maxEdges is raised: "
            "the HTML page has no such limit",
        )


def edge_count(data: Map) -> int:
    """Return how many edges the map has as a diagram."""
    branches = [branch for provider in data.providers for branch in provider.branches]
    databases = [item for branch in branches for item in branch.databases]
    return len(branches) + len(databases) + sum(len(item.dependants) for item in databases)


class _Builder:
    """Builds one map; every list of the state is walked once."""

    def __init__(self, context: Context, state: State) -> None:
        self.state = state
        self.index = Index(state)
        self.now = context.now()
        self.policy_days = context.policy_days
        self.problems = find_problems(state)
        self.of_credential = _by_subject(self.problems, {item.name for item in state.credentials})
        open_revocations = state.open_revocations()
        self.to_revoke = Counter(item.credential for item in open_revocations)
        self.leaked = {item.credential for item in open_revocations if item.reason == REASON_LEAKED}
        self.refs = {item.id: DatabaseRef(item.id, self.index.database_name(item.id)) for item in state.databases}

    def build(self) -> Map:
        return Map(
            organization=self.state.organization.name,
            control_plane=self.state.organization.control_plane.value,
            serial=self.state.serial,
            made_at=self.now,
            counts=self._counts(),
            providers=tuple(self._providers()),
            databases=tuple(self._places()),
            problems=tuple(
                MapProblem(item.code, item.subject, item.message, item.next_step.command) for item in self.problems
            ),
        )

    def _counts(self) -> MapCounts:
        state = self.state
        facts = Counter(unproven(state))
        return MapCounts(
            providers=len(state.integrations),
            credentials=len(state.credentials),
            databases=len(state.databases),
            collections=len(state.collections),
            columns=len(state.columns),
            keys_due=sum(is_due(item, self.now, self.policy_days) for item in state.credentials),
            open_rotations=len(self.index.open_rotations),
            keys_to_revoke=sum(self.to_revoke.values()),
            problems=len(self.problems),
            wanted=facts[Evidence.WANTED],
            attested=facts[Evidence.ATTESTED],
        )

    def _providers(self) -> Iterator[MapProvider]:
        """Yield the enabled providers, then those that dependants name, and last what has no vectorize."""
        loose: defaultdict[str | None, list[Dependent]] = defaultdict(list)
        for item in self.state.dependants():
            if item.credential not in self.index.credentials:
                loose[item.provider].append(item)
        credentials: defaultdict[str, list[Credential]] = defaultdict(list)
        for credential in self.state.credentials:
            credentials[credential.provider].append(credential)
        integrations = {item.provider: item for item in self.state.integrations}
        others = [name for name in loose if name is not None and name not in integrations]
        for name in [*integrations, *others, *([None] if None in loose else [])]:
            integration = integrations.get(name) if name is not None else None
            branches = [self._credential_branch(item) for item in (credentials[name] if name is not None else ())]
            provider = provider_by_id(name) if name is not None else None
            yield MapProvider(
                id=name,
                display_name=_display_name(name, provider.display_name if provider else None),
                hosting=provider.hosting.value if provider else "none" if name is None else "unknown",
                enabled=integration is not None,
                evidence=integration.evidence.value if integration and integration.evidence else None,
                removal_wanted=integration is not None and integration.removal_wanted_at is not None,
                branches=(*branches, *self._loose_branches(loose[name])),
            )

    def _credential_branch(self, credential: Credential) -> MapBranch:
        dependants = self.index.dependents_of_credential.get(credential.name, [])
        entries = {entry.database: entry for entry in credential.scope}
        databases = self._databases(dependants, entries, scoped=True)
        current = credential.current_version
        rotation = self.index.open_rotations.get(credential.id)
        node = MapCredential(
            id=credential.id,
            name=credential.name,
            age_days=credential.age_days(self.now),
            max_age_days=maximum_age_days(credential, self.policy_days),
            due=is_due(credential, self.now, self.policy_days),
            scope_count=len(credential.scope),
            used_database_count=len({item.database for item in dependants}),
            dependant_count=len(dependants),
            secret_held=current is not None and current.held,
            keys_to_revoke=self.to_revoke[credential.id],
            leaked=credential.id in self.leaked,
            rotation_step=rotation.step.value if rotation is not None else None,
            rotation_past_no_return=rotation is not None and rotation.is_past_no_return,
            evidence=credential.evidence.value if credential.evidence else None,
            removal_wanted=credential.removal_wanted_at is not None,
            problems=tuple(self.of_credential.get(credential.name, ())),
        )
        return MapBranch("credential", credential.name, node, databases)

    def _loose_branches(self, dependants: list[Dependent]) -> Iterator[MapBranch]:
        """Yield branches of dependants without a credential that exists: by missing name, by header, by nothing."""
        missing: defaultdict[str, list[Dependent]] = defaultdict(list)
        others: defaultdict[str, list[Dependent]] = defaultdict(list)
        for item in dependants:
            if item.credential is not None:
                missing[item.credential].append(item)
            else:
                others["header" if item.authentication == "header" else "none"].append(item)
        for name, items in missing.items():
            yield MapBranch("missing", name, None, self._databases(items, {}, scoped=False))
        for kind in ("header", "none"):
            if kind in others:
                yield MapBranch(kind, None, None, self._databases(others[kind], {}, scoped=False))

    def _databases(
        self, dependants: Iterable[Dependent], entries: dict[str, ScopeEntry], *, scoped: bool
    ) -> tuple[MapDatabase, ...]:
        """Return the databases in scope, then those that are used without being in it."""
        by_database: dict[str, list[Dependent]] = {database: [] for database in entries}
        for item in dependants:
            by_database.setdefault(item.database, []).append(item)
        return tuple(
            self._database(database, items, entries.get(database), scoped=scoped)
            for database, items in by_database.items()
        )

    def _database(
        self, database_id: str, dependants: list[Dependent], entry: ScopeEntry | None, *, scoped: bool
    ) -> MapDatabase:
        database = self.index.databases[database_id]
        return MapDatabase(
            database=self.refs[database_id],
            region=database.region,
            status=database.status,
            in_scope=entry is not None if scoped else None,
            evidence=entry.evidence.value if entry is not None and entry.evidence else None,
            removal_wanted=entry is not None and entry.removal_wanted_at is not None,
            dependants=tuple(map(self._dependant, dependants)),
        )

    def _dependant(self, item: Dependent) -> MapDependent:
        return MapDependent(
            kind=item.kind,
            address=self.index.address(item),
            keyspace=item.keyspace,
            name=item.local_name,
            model=item.model,
            dimension=item.dimension,
            observed_at=item.observed_at,
            problems=tuple(problem.message for problem in problems_of_dependent(self.index, item)),
        )

    def _places(self) -> Iterator[MapPlace]:
        reached = Counter(entry.database for item in self.state.credentials for entry in item.scope)
        for database in self.state.databases:
            yield MapPlace(
                id=database.id,
                name=self.refs[database.id].name,
                region=database.region,
                status=database.status,
                gone_since=database.gone_since,
                credential_count=reached[database.id],
                dependant_count=len(self.index.dependents_in_database.get(database.id, ())),
            )


def _by_subject(problems: list[Problem], names: set[str]) -> dict[str, list[str]]:
    """Return the sentences about credentials, by name. A database may have the same name: its problems are others."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item in problems:
        if item.subject in names and item.code not in ("STATUS_UNKNOWN", "DATABASE_GONE"):
            found[item.subject].append(item.message)
    return found


def _display_name(provider_id: str | None, known: str | None) -> str:
    if provider_id is None:
        return "without vectorize"
    return known or provider_id
