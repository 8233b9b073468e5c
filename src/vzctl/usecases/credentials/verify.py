"""Test keys at their providers: each for every service that its dependants declare. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final

from vzctl.clients.provider_probe import EMBEDDING, Finding
from vzctl.clients.provider_wire import Wanted
from vzctl.command import NextStep, command, suggest
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.diagnosis.key_verdict import MEANINGS, PASSED, Verdict
from vzctl.domain.rules import counted, listed, provider_by_id, require_credential
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus, SecretStoreError, UsageError, status_of_sides
from vzctl.secret import Secret
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.service import Service
from vzctl.usecases.dependents.services import key_of, of_request, wanted_of
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.live import DEFAULT_JOBS, Live, in_parallel, require_jobs
from vzctl.usecases.outcome import Columns, Notice, Outcome

PROGRESS_FROM: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCredentials:
    """Which keys to test, and how. `service` is tested for where a credential has no dependants."""

    names: Sequence[str] = ()
    all_credentials: bool = False
    level: int = EMBEDDING
    jobs: int = DEFAULT_JOBS
    wake: bool = False
    service: Service = field(default_factory=Service)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTest:
    """One key tested for one service. `level` is that of the test that was made, 0 for none."""

    credential: str
    provider: str
    model: str | None
    dimension: int | None
    level: int
    verdict: str
    side: str | None
    retryable: bool
    http_status: int | None
    upstream_code: str | None
    message: str
    detail: str | None
    notes: tuple[str, ...]
    vector_length: int | None
    dependants: tuple[str, ...]
    elapsed_ms: int

    columns: ClassVar[Columns] = (
        ("CREDENTIAL", "credential"),
        ("PROVIDER", "provider"),
        ("MODEL", "model"),
        ("DIMENSION", "dimension"),
        ("LEVEL", "level"),
        ("VERDICT", "verdict"),
        ("SIDE", "side"),
        ("DETAIL", "detail"),
    )

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the key."""
        return Verdict(self.verdict) in PASSED


@dataclass(frozen=True, slots=True)
class KeyTests:
    """Every test, in the order of the credentials."""

    tests: tuple[KeyTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A key and a service; `addresses` are the dependants that declare it. No `secret`: the key is not held."""

    credential: str
    provider: Provider | None
    provider_id: str
    secret: Secret | None
    wanted: Wanted
    fault: str | None
    addresses: tuple[str, ...]


def verify_credentials(context: Context, request: VerifyCredentials) -> Outcome[KeyTests]:
    """Test keys; the exit status says whose fault it is when one does not pass: 7 the provider's, 6 Astra's, 21 unknown."""
    _check(request)
    state = context.state_store.read()
    credentials = _chosen(state, request)
    context.store()
    index = Index(state)
    tasks = [task for item in credentials for task in _tasks(context, index, item, request)]
    findings = _findings(context, tasks, request)
    tests = tuple(_tested(task, finding) for task, finding in zip(tasks, findings, strict=True))
    return Outcome(
        data=KeyTests(tests),
        summary=_summary(tests),
        warnings=_warnings(tests),
        next_steps=_next_steps(tests),
        status=_status(tests),
    )


def _check(request: VerifyCredentials) -> None:
    require_jobs(request.jobs)
    if request.level not in (1, EMBEDDING):
        raise UsageError("--level takes 1 (who is this key) or 2 (embed one word)", code="USAGE")
    if bool(request.names) == request.all_credentials:
        raise UsageError("name the credentials, or give --all", code="CREDENTIALS_MISSING")


def _chosen(state: State, request: VerifyCredentials) -> list[Credential]:
    if request.all_credentials:
        return list(state.credentials)
    return [require_credential(state, name) for name in dict.fromkeys(request.names)]


def _tasks(context: Context, index: Index, credential: Credential, request: VerifyCredentials) -> list[_Task]:
    """Return a task for each service, the key read first: a key that is named and not held is an error."""
    provider = provider_by_id(credential.provider)
    secret = _secret(context, index.state, credential, is_named=not request.all_credentials)
    found: dict[tuple[Any, ...], tuple[Wanted, str | None, list[str]]] = {}
    for dependant in index.dependents_of_credential[credential.name]:
        wanted, fault = wanted_of(provider, dependant.model, dependant.dimension, dependant.parameters)
        _, _, addresses = found.setdefault(key_of(wanted), (wanted, fault, []))
        addresses.append(index.address(dependant))
    if not found:
        wanted, fault = of_request(provider, request.service)
        found[key_of(wanted)] = (wanted, fault, [])
    return [
        _Task(
            credential=credential.name,
            provider=provider,
            provider_id=credential.provider,
            secret=secret,
            wanted=wanted,
            fault=fault,
            addresses=tuple(sorted(addresses)),
        )
        for wanted, fault, addresses in found.values()
    ]


def _secret(context: Context, state: State, credential: Credential, *, is_named: bool) -> Secret | None:
    try:
        return read_version(context, state, credential, credential.current)
    except SecretStoreError as error:
        if is_named or error.code != "SECRET_NOT_HELD":
            raise
        return None


def _findings(context: Context, tasks: list[_Task], request: VerifyCredentials) -> list[Finding]:
    """Return a finding for each task. The same key is asked once for the same service, whatever names it has."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, task in enumerate(tasks):
        secret = task.secret.reveal() if task.secret is not None else None
        groups.setdefault((task.provider_id, secret, *key_of(task.wanted)), []).append(number)
    chains: dict[object, list[list[int]]] = {}
    for position, numbers in enumerate(groups.values()):
        provider = tasks[numbers[0]].provider
        one_at_a_time = provider is not None and provider.one_request_at_a_time
        chains.setdefault(tasks[numbers[0]].provider_id if one_at_a_time else position, []).append(numbers)
    live = context.open_live()
    results = in_parallel(
        request.jobs,
        [[partial(_finding, live, tasks[numbers[0]], request) for numbers in chain] for chain in chains.values()],
        finished=partial(_tell, context, len(groups)),
        stop=live.http.close,
    )
    found = {
        number: finding
        for chain, findings in zip(chains.values(), results, strict=True)
        for numbers, finding in zip(chain, findings, strict=True)
        for number in numbers
    }
    return [found[number] for number in range(len(tasks))]


def _tell(context: Context, total: int, done: int) -> None:
    if total >= PROGRESS_FROM and context.is_interactive:
        context.tell(f"made {done} of {total} tests")


def _finding(live: Live, task: _Task, request: VerifyCredentials) -> Finding:
    if task.secret is None:
        return Finding(verdict=Verdict.NOT_HELD, level=0)
    if task.provider is None:
        return Finding(verdict=Verdict.NOT_CHECKED, level=0, detail="the provider is not in the catalogue")
    if task.fault is not None and request.level == EMBEDDING:
        verdict = Verdict.BAD_REQUEST if task.addresses else Verdict.NOT_CHECKED
        return Finding(verdict=verdict, level=0, detail=task.fault)
    try:
        return live.probes.probe(task.provider, task.secret, task.wanted, level=request.level, wake=request.wake)
    except UsageError as error:
        verdict = Verdict.BAD_REQUEST if task.addresses else Verdict.NOT_CHECKED
        return Finding(verdict=verdict, level=0, detail=error.message)


def _tested(task: _Task, finding: Finding) -> KeyTest:
    meaning = MEANINGS[finding.verdict]
    notes = finding.notes
    if finding.verdict is Verdict.OK and task.wanted.dimension is None:
        notes = (*notes, "no dimension is recorded, so the vector's length was not compared")
    return KeyTest(
        credential=task.credential,
        provider=task.provider_id,
        model=task.wanted.model,
        dimension=task.wanted.dimension,
        level=finding.level,
        verdict=finding.verdict.value,
        side=meaning.side,
        retryable=meaning.retryable,
        http_status=finding.http_status,
        upstream_code=finding.upstream_code,
        message=meaning.sentence,
        detail=finding.detail or None,
        notes=notes,
        vector_length=finding.length,
        dependants=task.addresses,
        elapsed_ms=round(finding.seconds * 1000),
    )


def _status(tests: tuple[KeyTest, ...]) -> ExitStatus:
    return status_of_sides(test.side for test in tests if not test.passed and test.verdict != Verdict.NOT_HELD)


def _summary(tests: tuple[KeyTest, ...]) -> tuple[str, ...]:
    counts = {verdict: sum(test.verdict == verdict for test in tests) for verdict in Verdict}
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    lines = [f"made {counted(len(tests), 'test')}: {', '.join(parts)}" if parts else "there is no key to test"]
    lines += [f'  "{test.credential}": {test.message}' for test in tests if not test.passed]
    return tuple(lines)


def _warnings(tests: tuple[KeyTest, ...]) -> tuple[Notice, ...]:
    found = [
        Notice("KEY_TEST_NOTE", f'"{test.credential}": {note}', test.credential)
        for test in tests
        for note in test.notes
    ]
    unheld = [test.credential for test in tests if test.verdict == Verdict.NOT_HELD]
    if unheld:
        found.append(Notice("SECRET_NOT_HELD", f"not held here, so not tested: {listed(unheld)}"))
    return tuple(found)


_STEPS: Final = {
    Verdict.INVALID_KEY: (command("credentials rotate", "{name}"), "give it a new key"),
    Verdict.WRONG_ISSUER: (command("credentials rotate", "{name}"), "give it a key of the right kind"),
    Verdict.WRONG_DIMENSION: (command("credentials show", "{name}"), "the collections and columns that declare it"),
    Verdict.BAD_REQUEST: (command("credentials show", "{name}"), "the collections and columns that declare it"),
    Verdict.NOT_HELD: (command("secrets put", "{name}"), "hand it in, if you have the key"),
}


def _next_steps(tests: tuple[KeyTest, ...]) -> tuple[NextStep, ...]:
    steps = []
    for test in tests:
        if Verdict(test.verdict) in _STEPS:
            run, comment = _STEPS[Verdict(test.verdict)]
            steps.append(NextStep(run.filled(name=test.credential), comment))
        elif test.retryable:
            steps.append(suggest("credentials verify", test.credential, comment="try again in a while"))
    return tuple(dict.fromkeys(steps))[:10]
