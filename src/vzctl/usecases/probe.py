"""`vzctl probe`: find out by experiment why a collection or column makes no vectors. Reads only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from vzctl.clients.data_api import ApiAnswer, DataApi
from vzctl.clients.provider_probe import EMBEDDING
from vzctl.clients.provider_wire import WORD, Wanted
from vzctl.command import NextStep, suggest
from vzctl.domain.diagnosis.experiment import Arm, arm_of_fault, arm_of_verdict, decide
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.address import find_collection, find_column, parse_address
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Authentication, Column, Dependent
from vzctl.domain.state.state import State
from vzctl.errors import (
    AstraError,
    ConflictError,
    ExitStatus,
    SecretStoreError,
    UsageError,
    VzctlError,
    status_of_sides,
)
from vzctl.secret import Secret
from vzctl.usecases.context import Context
from vzctl.usecases.keys.last_use import note_uses
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.live import (
    DEFAULT_JOBS,
    Live,
    in_parallel,
    is_failure,
    require_jobs,
    require_one_asked,
    unless_it_fails,
)
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExperiment:
    """Which collections and columns to look at."""

    addresses: Sequence[str] = ()
    all_dependents: bool = False
    jobs: int = DEFAULT_JOBS
    wake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One dependant: what the three arms showed, and what follows."""

    address: str
    credential: str | None
    provider: str | None
    stored: str
    header: str
    direct: str
    cause: str
    side: str | None
    message: str
    upstream_code: str | None
    details: tuple[str, ...]

    columns: ClassVar[Columns] = (
        ("ADDRESS", "address"),
        ("CREDENTIAL", "credential"),
        ("STORED", "stored"),
        ("HEADER", "header"),
        ("DIRECT", "direct"),
        ("CAUSE", "cause"),
        ("SIDE", "side"),
    )


@dataclass(frozen=True, slots=True)
class Experiments:
    """Experiments; those with a common cause stand together, the one that hits most first, what works last."""

    experiments: tuple[Experiment, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What one arm showed, and its words."""

    arm: Arm
    detail: str = ""
    code: str | None = None


def run_experiment(context: Context, request: RunExperiment) -> Outcome[Experiments]:
    """Compare three ways to make one vector; the exit status says whose fault it is: 7 the provider's, 6 Astra's."""
    require_jobs(request.jobs)
    if bool(request.addresses) == request.all_dependents:
        raise UsageError("name collections or columns, or give --all", code="ADDRESSES_MISSING")
    state = context.state_store.read()
    dependants = _chosen(state, request)
    keys = {name: _key(context, state, name) for name in {item.credential for item in dependants} if name is not None}
    live = context.open_live()
    index = Index(state)
    databases = [index.databases[database_id] for database_id in dict.fromkeys(item.database for item in dependants)]
    are_named = not request.all_dependents
    opened = live.data_apis(state, databases, jobs=request.jobs, wake=request.wake, are_named=are_named)
    apis = {database.id: api for database, api in zip(databases, opened, strict=True)}
    works = [
        partial(_experiment, live, apis[item.database], index, item, keys, wake=request.wake) for item in dependants
    ]
    links = [[work if are_named else partial(unless_it_fails, work)] for work in works]
    results = in_parallel(request.jobs, links, finished=lambda _: None, stop=live.http.close)
    rows = [row for chain in results for row in chain]
    errors = [row for row in rows if isinstance(row, VzctlError)]
    require_one_asked(errors, len(rows) - len(errors))
    found = _sorted(
        [
            _not_looked_at(index, item, row) if isinstance(row, VzctlError) else row
            for item, row in zip(dependants, rows, strict=True)
        ]
    )
    note_uses(context, state, [item.credential for item in found if item.credential and item.stored == Arm.OK.value])
    return Outcome(
        data=Experiments(found), summary=_summary(found), next_steps=_next_steps(found), status=_status(found)
    )


def _chosen(state: State, request: RunExperiment) -> list[Dependent]:
    if request.all_dependents:
        return [item for item in state.dependants() if can_be_asked(item)]
    found = [_find(state, address) for address in dict.fromkeys(request.addresses)]
    for item, address in zip(found, dict.fromkeys(request.addresses), strict=True):
        if not can_be_asked(item):
            raise ConflictError(
                f'"{address}" cannot be asked: it has no service, or its clients send the key with each request',
                code="NOTHING_STORED",
                next_steps=(suggest("credentials verify", "NAME", comment="test a key at its provider"),),
            )
    return found


def _find(state: State, address: str) -> Dependent:
    if "." in parse_address(address).leaf:
        return find_column(state, address)
    return find_collection(state, address)


def can_be_asked(item: Dependent) -> bool:
    """Whether there is a stored key to ask with: a service, and no key that its clients send."""
    return item.provider is not None and item.authentication is not Authentication.HEADER


def _key(context: Context, state: State, name: str) -> Secret | None:
    """Return the key that is held here; without it two arms are left out."""
    credential = state.credential(name)
    if credential is None:
        return None
    try:
        return read_version(context, state, credential, credential.current)
    except SecretStoreError as error:
        if error.code != "SECRET_NOT_HELD":
            raise
        return None


def _not_looked_at(index: Index, item: Dependent, error: VzctlError) -> Experiment:
    return Experiment(
        address=index.address(item),
        credential=item.credential,
        provider=item.provider,
        stored=Arm.SKIPPED.value,
        header=Arm.SKIPPED.value,
        direct=Arm.SKIPPED.value,
        cause="not_looked_at",
        side=(error.side or "astra") if is_failure(error) else None,
        message=f"not looked at: {error.message}",
        upstream_code=error.upstream_code,
        details=(),
    )


def _experiment(
    live: Live, api: DataApi | VzctlError, index: Index, item: Dependent, keys: dict[str, Secret | None], *, wake: bool
) -> Experiment:
    if isinstance(api, VzctlError):
        raise api
    key = keys.get(item.credential) if item.credential is not None else None
    try:
        stored = through_astra(api, item, None)
        header = through_astra(api, item, key) if key is not None else Shown(Arm.SKIPPED)
    except AstraError as error:
        stored = header = Shown(Arm.ASTRA_FAILED, error.message, error.code)
    direct = _direct(live, item, key, wake=wake)
    row = decide(stored.arm, header.arm, direct.arm)
    message = row.sentence
    if Arm.NO_INDEX in (stored.arm, header.arm) and isinstance(item, Column):
        message = f"{row.sentence}; {index_request(item)}"
    parts = (("stored key", stored), ("held key", header), ("at the provider", direct))
    return Experiment(
        address=index.address(item),
        credential=item.credential,
        provider=item.provider,
        stored=stored.arm.value,
        header=header.arm.value,
        direct=direct.arm.value,
        cause=row.cause,
        side=row.side,
        message=message,
        upstream_code=stored.code,
        details=tuple(f"{name}: {shown.detail}" for name, shown in parts if shown.detail),
    )


def through_astra(api: DataApi, item: Dependent, key: Secret | None) -> Shown:
    """Search for one word, with this key or with the stored one: it makes one vector, and changes nothing."""
    answer: ApiAnswer = api.command("find", search_body(item), item.keyspace, table_of(item), key=key)
    if answer.fault is None:
        return Shown(Arm.OK)
    fault = answer.fault
    return Shown(arm_of_fault(fault.code, fault.message, fault.provider_status), fault.message, fault.code)


def search_body(item: Dependent) -> dict[str, Any]:
    """Return a search for one word that brings as little of a document as can be: it is nobody's business here."""
    column, shown = (item.column, item.column) if isinstance(item, Column) else ("$vectorize", "_id")
    return {"sort": {column: WORD}, "options": {"limit": 1}, "projection": {shown: 1}}


def index_request(column: Column) -> str:
    """Return the request that creates the vector index of a column (`createVectorIndex`, facts of the Data API)."""
    body = {
        "createVectorIndex": {"name": f"{column.table}_{column.column}_idx", "definition": {"column": column.column}}
    }
    return f"to create one, POST this to .../v1/{column.keyspace}/{column.table}: {json.dumps(body)}"


def table_of(item: Dependent) -> str:
    """Return the collection or table that a command is sent to."""
    return item.table if isinstance(item, Column) else item.local_name


def _direct(live: Live, item: Dependent, key: Secret | None, *, wake: bool) -> Shown:
    provider = provider_by_id(item.provider or "")
    if provider is None or key is None:
        return Shown(Arm.SKIPPED)
    wanted = Wanted(model=item.model, dimension=item.dimension, parameters=item.parameters)
    try:
        finding = live.probes.probe(provider, key, wanted, level=EMBEDDING, wake=wake)
    except UsageError as error:
        return Shown(Arm.REQUEST_REFUSED, error.message)
    return Shown(arm_of_verdict(finding.verdict), finding.detail)


def _sorted(found: list[Experiment]) -> tuple[Experiment, ...]:
    """Put a common cause together: what fails before what works, and what hits most first."""
    hits: dict[tuple[str, str | None], int] = {}
    for item in found:
        hits[item.cause, item.credential] = hits.get((item.cause, item.credential), 0) + 1
    return tuple(
        sorted(
            found,
            key=lambda item: (
                item.side is None,
                -hits[item.cause, item.credential],
                item.cause,
                item.credential or "",
                item.address,
            ),
        )
    )


def _summary(found: tuple[Experiment, ...]) -> tuple[str, ...]:
    groups: dict[tuple[str, str | None], list[Experiment]] = {}
    for item in found:
        groups.setdefault((item.message, item.credential), []).append(item)
    lines = []
    for (message, credential), items in groups.items():
        name = f'"{credential}"' if credential is not None else "no credential"
        lines.append(f"{name}, {len(items)} of {len(found)}: {message}")
        lines += [f"  {detail}" for detail in items[0].details if items[0].side is not None]
    return tuple(lines) or ("there is nothing to ask",)


def _next_steps(found: tuple[Experiment, ...]) -> tuple[NextStep, ...]:
    steps = []
    for item in found:
        if item.cause in ("credential_not_usable", "stored_key_fails") and item.credential is not None:
            steps.append(suggest("scope check", item.credential, comment="which databases can use it"))
        elif item.cause == "stale_key":
            steps.append(suggest("probe", item.address, comment="in some minutes again: caches forget"))
        elif item.cause == "key_refused" and item.credential is not None:
            steps.append(suggest("credentials rotate", item.credential, comment="give it a new key"))
    return tuple(dict.fromkeys(steps))[:10]


def _status(found: tuple[Experiment, ...]) -> ExitStatus:
    return status_of_sides(item.side for item in found)
