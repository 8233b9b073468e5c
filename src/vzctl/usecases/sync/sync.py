"""What is really there against the state: read the answers, compare, show, ask, record in one change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vzctl.command import NextStep, suggest
from vzctl.domain.checks.problems import Problem, find_problems
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.databases import NOT_IN_LIST
from vzctl.domain.drift.differences import Action, Change, Drift, DriftItem, SyncOptions
from vzctl.domain.drift.observation import Kind, Remark
from vzctl.domain.rules import counted, listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Dependent
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.dependents.service import without_times
from vzctl.usecases.observation.observe import AnswerKind, AnswerSummary, LiveSources, Observed, Sources, observe
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.state.check import ProblemRow, problem_row

AUDITED_AT_MOST = 200
STEPS_AT_MOST = 5
NOTICES_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Sync:
    """Compare with these answers, or with what the databases themselves say. `kinds` are the groups to look at."""

    sources: Sources | LiveSources
    kinds: frozenset[Kind] = frozenset(Kind)
    prune: bool = False
    exit_code: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer: where it came from, what it is, how much is in it, what it covers, and whether that is all there is."""

    source: str
    kind: str
    count: int
    covers: str
    whole: bool

    columns: ClassVar[Columns] = (("FROM", "source"), ("ANSWER", "kind"), ("COUNT", "count"), ("COVERS", "covers"))


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One value that differs; null is nothing recorded, or nothing there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One difference: its group, how reality differs, what sync does about it, and about what.

    `rotation` names the credential whose open rotation is in the way. `loses` is what is forgotten with a database.
    """

    group: str
    change: str
    action: str
    subject: str
    fields: tuple[FieldRow, ...]
    note: str | None
    rotation: str | None
    loses: tuple[str, ...]

    columns: ClassVar[Columns] = (
        ("GROUP", "group"),
        ("CHANGE", "change"),
        ("ACTION", "action"),
        ("SUBJECT", "subject"),
        ("NOTE", "note"),
    )


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """Something seen that cannot be recorded, or that what is recorded does not go with."""

    code: str
    group: str
    subject: str
    message: str

    columns: ClassVar[Columns] = (("CODE", "code"), ("GROUP", "group"), ("SUBJECT", "subject"), ("WHAT", "message"))


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A place of which the contents were wanted, and why it was not looked at. `failed`: it was tried."""

    place: str
    looked_at: bool
    reason: str | None
    failed: bool

    columns: ClassVar[Columns] = (("PLACE", "place"), ("LOOKED AT", "looked_at"), ("REASON", "reason"))


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The drift. `applied`: it was recorded. `problems` are the broken rules that the state has by it, or would have.

    `coverage` is how far a look at the databases themselves went; answers from files say it one by one.
    """

    applied: bool
    answers: tuple[AnswerRow, ...]
    coverage: tuple[CoverageRow, ...]
    drift: tuple[DriftRow, ...]
    remarks: tuple[RemarkRow, ...]
    problems: tuple[ProblemRow, ...]


def sync(context: Context, request: Sync) -> Outcome[SyncReport]:
    """Show how reality differs from the state and, once that is confirmed, record it."""
    context.require_writable()
    state = context.state_store.read()
    options = SyncOptions(context.now(), context.new_id, request.kinds, request.prune)
    observed = _observed(context, state, request, options)
    drift = find_drift(state, observed.observation, options)
    report = _report(state, observed, drift, applied=False)
    if request.dry_run or not drift.effective:
        return _outcome(state, request, observed, drift, report)
    proposal = propose_from(context, state, lambda current: _plan(current, observed, options))
    context.show(report)
    proposal.ask()
    written = proposal.commit()
    now = written.plan.data
    report = _report(written.before, observed, now, applied=True)
    return _outcome(written.before, request, observed, now, report)


def _plan(state: State, observed: Observed, options: SyncOptions) -> Plan[Drift]:
    drift = find_drift(state, observed.observation, options)
    return Plan(
        state=drift.after,
        data=drift,
        question=_question(state, drift),
        basis=([item.identity for item in drift.items], _forgotten(state, drift)),
        details=tuple(_details(drift)),
        subjects=tuple(dict.fromkeys(item.subject for item in drift.effective)),
    )


def _forgotten(state: State, drift: Drift) -> list[Dependent]:
    """Return the dependents that are forgotten."""
    kept = {item.key for item in drift.after.dependants()}
    return [without_times(item) for item in state.dependants() if item.key not in kept]


def _observed(context: Context, state: State, request: Sync, options: SyncOptions) -> Observed:
    if isinstance(request.sources, Sources):
        return observe(state, request.sources, options)
    from vzctl.usecases.observation.observe_live import observe_live

    return observe_live(context, state, request.sources, options)


def _report(state: State, observed: Observed, drift: Drift, *, applied: bool) -> SyncReport:
    index = Index(drift.after)
    return SyncReport(
        applied=applied,
        answers=tuple(_answer_row(index, observed, given) for given in observed.answers),
        coverage=tuple(CoverageRow(row.place, row.reason is None, row.reason, row.failed) for row in observed.coverage),
        drift=tuple(drift_row(item) for item in drift.items),
        remarks=tuple(_remark_row(item) for item in drift.remarks),
        problems=tuple(problem_row(item) for item in _new_problems(state, drift)),
    )


def _new_problems(state: State, drift: Drift) -> list[Problem]:
    """Return the problems that come with the drift; those that were there before are for `state check` to tell."""
    if drift.after is state:
        return []
    known = set(find_problems(state))
    return [item for item in find_problems(drift.after) if item not in known]


def _outcome(state: State, request: Sync, observed: Observed, drift: Drift, report: SyncReport) -> Outcome[SyncReport]:
    # What Astra lacks is no difference on `local`: a CI job must not fail for it day after day.
    remarks = [item for item in report.remarks if item.code != NOT_IN_LIST]
    differs = bool(drift.items or remarks or report.problems)
    status = ExitStatus.CHANGES if request.exit_code and differs else ExitStatus.OK
    return Outcome(
        data=report,
        changed=report.applied,
        summary=_summary(drift, applied=report.applied),
        warnings=_warnings(state, observed, drift),
        next_steps=_next_steps(drift, report),
        status=ExitStatus.ASTRA if any(row.failed for row in report.coverage) else status,
    )


def _question(state: State, drift: Drift) -> Question:
    """Forgetting a database that something refers to is severe: its name is typed, or the organization's for several."""
    heavy = [item for item in drift.with_action(Action.FORGET) if item.loses]
    text = f"Record this drift ({_counts(drift.effective)})?"
    if not heavy:
        return Question(text, state.organization.name)
    name = heavy[0].subject if len(heavy) == 1 else state.organization.name
    lines = [f'  "{item.subject}" is forgotten with: {listed(item.loses)}' for item in heavy]
    return Question(text, name, Danger.SEVERE, tuple(lines))


def _details(drift: Drift) -> list[str]:
    lines = [sentence(drift_row(item)) for item in drift.effective]
    left = len(lines) - AUDITED_AT_MOST
    return [*lines[:AUDITED_AT_MOST], f"and {left} more"] if left > 0 else lines


def sentence(row: DriftRow) -> str:
    """Return a difference as one line: `update collections shop/ks/c: model "a" → "b"`."""
    fields = ", ".join(_field(item) for item in row.fields)
    text = "; ".join(part for part in (fields, row.note, *row.loses) if part)
    return f"{row.action} {row.group} {row.subject}" + (f": {text}" if text else "")


def _field(row: FieldRow) -> str:
    if row.before is None:
        return f"{row.name} {row.after}"
    return f"{row.name} {row.before} → {row.after or 'none'}"


def _summary(drift: Drift, *, applied: bool) -> tuple[str, ...]:
    lines = []
    if drift.effective:
        counts = _counts(drift.effective)
        lines.append(f"recorded the drift: {counts}" if applied else f"would record the drift: {counts}")
    else:
        lines.append("nothing to do" if drift.items else "nothing to do: what was looked at is as recorded")
    kept = drift.with_action(Action.KEEP)
    if kept:
        lines.append(f"{counted(len(kept), 'dependant')} not there any more, kept; --prune forgets what is gone")
    return tuple(lines)


def _counts(items: Sequence[DriftItem]) -> str:
    numbers = [(change.value, sum(item.change is change for item in items)) for change in Change]
    return ", ".join(f"{number} {word}" for word, number in numbers if number)


def _warnings(state: State, observed: Observed, drift: Drift) -> tuple[Notice, ...]:
    notices = []
    if state.is_local and observed.observation.databases is not None:
        text = "this is Astra's list of databases; a local state is an authority that Astra does not ask"
        notices.append(Notice("DATABASES_OF_OTHER_PLANE", text))
    for item in drift.with_action(Action.SKIP):
        text = f'"{item.subject}" was left as it is: a rotation of "{item.rotation}" is open'
        notices.append(Notice("SKIPPED_FOR_ROTATION", text, item.subject))
    databases = observed.observation.databases
    from_astra = not observed.is_live and not state.is_local
    if databases is not None and databases.doubted and not databases.ids:
        are = "is" if databases.doubted == 1 else "are"
        text = (
            f"the list is empty, although {counted(databases.doubted, 'database')} {are} recorded: a token may see none, so "
            "their absence says nothing"
        )
        notices.append(Notice("LIST_LACKS_MOST", text))
    elif databases is not None and databases.doubted:
        text = (
            f"the list lacks {databases.doubted} of the databases that are recorded, most of them: a token may see some "
            "only, so their absence says nothing; --whole-list if they are gone"
        )
        notices.append(Notice("LIST_LACKS_MOST", text))
    elif from_astra and databases is not None and not databases.is_whole:
        text = "the list of databases may go on, so the absence of one says nothing; give all pages in one call"
        if len(databases.ids) == 1:
            text = "a single database says nothing of the others"
        notices.append(Notice("LIST_MAY_GO_ON", text))
    return (*notices, *_not_looked_at(observed))


def _not_looked_at(observed: Observed) -> list[Notice]:
    missing = [item for item in observed.coverage if item.reason is not None and (item.failed or not item.is_scope)]
    missing.sort(key=lambda item: not item.failed)
    notices = [
        Notice("NOT_LOOKED_AT", f"not looked at: {item.place} ({item.reason})", item.place)
        for item in missing[:NOTICES_AT_MOST]
    ]
    left = len(missing) - len(notices)
    if left:
        notices.append(Notice("NOT_LOOKED_AT", f"not looked at: {left} more; -o json has all of them"))
    unseen = [item for item in observed.coverage if item.is_scope and item.reason is not None and not item.failed]
    if unseen:
        where = counted(len(unseen), "database")
        text = f"which credentials can be used could not be seen in {where}: {unseen[0].reason}"
        notices.append(Notice("SCOPES_NOT_OBSERVABLE", text))
    return notices


def _next_steps(drift: Drift, report: SyncReport) -> tuple[NextStep, ...]:
    steps = []
    rotations = dict.fromkeys(item.rotation for item in drift.with_action(Action.SKIP) if item.rotation is not None)
    steps += [suggest("rotations resume", name, comment="finish it, then sync again") for name in rotations]
    if report.applied:
        adopted = [item for item in drift.with_action(Action.ADD) if item.kind is Kind.CREDENTIALS]
        steps += [suggest("secrets put", item.subject, comment="if you have its key") for item in adopted]
    if len(steps) > STEPS_AT_MOST:
        steps = [*steps[:STEPS_AT_MOST], suggest("credentials list", comment=f"{len(steps) - STEPS_AT_MOST} more")]
    if report.applied and report.problems:
        steps.append(suggest("state check", comment=f"{counted(len(report.problems), 'new problem')}"))
    return tuple(steps)


def drift_row(item: DriftItem) -> DriftRow:
    """Return the row of a difference."""
    return DriftRow(
        group=item.kind.value,
        change=item.change.value,
        action=item.action.value,
        subject=item.subject,
        fields=tuple(FieldRow(field.name, field.before, field.after) for field in item.fields),
        note=item.note,
        rotation=item.rotation,
        loses=item.loses,
    )


def _remark_row(remark: Remark) -> RemarkRow:
    return RemarkRow(remark.code, remark.kind.value, remark.subject, remark.message)


def _answer_row(index: Index, observed: Observed, given: AnswerSummary) -> AnswerRow:
    whole = not given.has_more
    where = "" if given.place is None else f"{index.database_name(given.place[0])}/{given.place[1]}"
    if given.kind is AnswerKind.DATABASES:
        seen = observed.observation.databases
        whole = seen is not None and seen.is_whole and not index.state.is_local
        covers = "all databases of the organization" if whole else "these databases, not the absence of others"
    elif given.kind is AnswerKind.PROVIDERS:
        covers = "what one Data API offers"
    else:
        covers = f"{'collections' if given.kind is AnswerKind.COLLECTIONS else 'vector columns'} of {where}"
    return AnswerRow(given.source, given.kind.value, given.count, covers, whole)
