"""How a rotation is shown: its plan, where it stands, what a person does next, and what was checked afterwards."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Final

from vzctl.command import command
from vzctl.domain import portal
from vzctl.domain.portal import PortalVisit
from vzctl.domain.rotation import machine
from vzctl.domain.rotation.outage import outage_of
from vzctl.domain.rules import counted, listed, provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import AstraAnswer, Credential, Direction, KeyTest, ProviderAnswer, Rotation, Step
from vzctl.domain.state.state import State
from vzctl.usecases.keys.exposure import FetchRow
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DatabaseRef, DependentRef, database_ref, dependent_refs

DATA_UNCHANGED: Final = "unchanged: collections, stored vectors, and text stay as they are; nothing is re-embedded"
"""A key takes no part in what is stored."""


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What a rotation will do, before anything is done."""

    credential: str
    provider: str
    control_plane: str
    age_days: int | None
    databases: tuple[DatabaseRef, ...]
    dropped_databases: tuple[DatabaseRef, ...]
    dependants: tuple[DependentRef, ...]
    interruption: str
    rollback_possible: bool
    rollback: str
    leaked: bool
    revoke_first: bool
    test: str
    same_key_elsewhere: tuple[str, ...]
    steps: tuple[str, ...]
    old_fingerprint: str | None
    new_fingerprint: str | None
    data: str = DATA_UNCHANGED
    warnings: tuple[str, ...] = ()
    old_last_four: str | None = None


@dataclass(frozen=True, slots=True)
class OutageView:
    """What is down during a rotation, since when, and what ends it.

    `cause` is the manual step that began it. `since` is None for a rotation that an older version of vzctl began.
    """

    cause: str
    since: datetime | None
    verified_at: datetime | None
    ends: str
    databases: tuple[DatabaseRef, ...]
    dependents: tuple[DependentRef, ...]


class CheckResult(StrEnum):
    """How it is known that something holds after a rotation."""

    SEEN = "seen"
    PARTLY_SEEN = "partly seen"
    ATTESTED = "attested"
    SUPERSEDED = "superseded"
    NOT_CHECKABLE = "not checkable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold after a rotation; `result` says how it is known.

    `seen`, `partly seen`, `attested`, `superseded`, `not checkable` or `failed`.
    """

    what: str
    result: str

    columns: ClassVar[Columns] = (("CHECK", "what"), ("RESULT", "result"))


SHOWN_AT_MOST: Final = 10
"""Dependents that a prompt names one by one."""


class VerificationResult(StrEnum):
    """Whether a manual step is in force, as far as it can be seen."""

    SEEN = "seen"
    NOT_SEEN = "not seen"
    NOT_OBSERVABLE = "not observable"


@dataclass(frozen=True, slots=True)
class StepVerification:
    """A look at a person's step: `result` is `seen`, `not seen` or `not observable`, `detail` says where, or why not."""

    step: str
    result: str
    detail: str

    columns: ClassVar[Columns] = (("STEP", "step"), ("LOOKED", "result"), ("DETAIL", "detail"))


@dataclass(frozen=True, slots=True)
class RotationRow:
    """One rotation in a list."""

    id: str
    credential: str
    step: str
    direction: str
    is_open: bool
    past_no_return: bool
    host: str
    started_at: datetime
    finished_at: datetime | None
    reversible: str
    outage_since: datetime | None
    outage_dependents: int

    columns: ClassVar[Columns] = (
        ("CREDENTIAL", "credential"),
        ("STEP", "step"),
        ("DIRECTION", "direction"),
        ("STARTED", "started_at"),
        ("FINISHED", "finished_at"),
        ("HOST", "host"),
        ("ID", "id"),
        ("REVERSIBLE", "reversible"),
        ("DOWN", "down"),
        ("DOWN SINCE", "outage_since"),
    )
    machine_only: ClassVar[frozenset[str]] = frozenset({"past_no_return"})

    @property
    def down(self) -> str | None:
        """How many dependents are down; None when none is."""
        return counted(self.outage_dependents, "dependent") if self.outage_dependents else None


@dataclass(frozen=True, slots=True)
class RotationList:
    """Rotations, oldest first."""

    rotations: tuple[RotationRow, ...]


@dataclass(frozen=True, slots=True)
class RotationDetail:
    """One rotation: where it stands, the person's next visit when one is due, and the checks when it is finished.

    `looks` are those that this command took at a person's steps.
    """

    rotation: RotationRow
    provider: str
    leaked: bool
    test: str
    databases: tuple[DatabaseRef, ...]
    scoped: tuple[DatabaseRef, ...]
    dependants: tuple[DependentRef, ...]
    old_fingerprint: str | None
    new_fingerprint: str | None
    next_step: str | None
    next_is_manual: bool
    portal: PortalVisit | None
    checks: tuple[Check, ...]
    looks: tuple[StepVerification, ...] = ()
    fetches: tuple[FetchRow, ...] = ()
    old_key_free_from: datetime | None = None
    outage: OutageView | None = None
    changes: machine.RollbackChanges | None = None
    old_last_four: str | None = None
    new_last_four: str | None = None


@dataclass(frozen=True, slots=True)
class RotationResult:
    """The answer of `credentials rotate`: the plan, and the rotation when one was begun."""

    plan: RotationPlan
    rotation: RotationDetail | None


def rotation_plan(state: State, credential: Credential, rotation: Rotation, now: datetime, test: str) -> RotationPlan:
    """Return the plan of a rotation that may not have begun yet; `test` says whether and how the new key is tested.

    `credential` has the new version already.
    """
    index = Index(state)
    old, new = credential.version(rotation.old_version), credential.version(rotation.new_version)
    possible, why = rollback_text(state, credential, rotation)
    kept = set(rotation.databases)
    return RotationPlan(
        credential=credential.name,
        provider=credential.provider,
        control_plane=state.organization.control_plane.value,
        age_days=credential.age_days(now),
        databases=tuple(database_ref(index, item) for item in rotation.databases),
        dropped_databases=tuple(database_ref(index, item) for item in rotation.snapshot.databases if item not in kept),
        dependants=dependent_refs(index, index.dependents_of_credential[credential.name]),
        interruption=_interruption(state),
        rollback_possible=possible,
        rollback=why,
        leaked=rotation.leaked,
        revoke_first=rotation.revoke_first,
        test=test,
        same_key_elsewhere=tuple(item.name for item in machine.same_key_elsewhere(state, credential)),
        steps=tuple(step.value for step in machine.route(rotation, is_local=state.is_local)),
        old_fingerprint=old.fingerprint if old is not None else None,
        new_fingerprint=new.fingerprint if new is not None else None,
        old_last_four=old.last_four if old is not None else None,
    )


def plan_lines(plan: RotationPlan) -> tuple[str, ...]:
    """Return the plan for people, a fact a line."""
    age = f"{plan.age_days} days old" if plan.age_days is not None else "of unknown age"
    lines = [f'rotate "{plan.credential}" ({plan.provider}), its key is {age}']
    if plan.leaked:
        lines.append(f"  old key       {_old_key(plan)}")
    lines.append("  name          stays, byte for byte")
    scope = ", ".join(item.name for item in plan.databases) or "no database"
    lines.append(f"  scope         {scope}")
    if plan.dropped_databases:
        lines.append(f"  leaves scope  {', '.join(item.name for item in plan.dropped_databases)}")
    lines += [f"  depends on it {item.kind} {item.address}" for item in plan.dependants] or ["  depends on it nothing"]
    lines.append(f"  data          {plan.data}")
    lines.append(f"  interruption  {plan.interruption}")
    lines.append(f"  rollback      {plan.rollback}")
    lines.append(f"  test          {plan.test}")
    if not plan.leaked:
        lines.append(f"  old key       {_old_key(plan)}")
    if plan.same_key_elsewhere:
        lines.append(f"  same key      also held by {', '.join(plan.same_key_elsewhere)}: revoking it stops those too")
    lines.append(f"  steps         {' > '.join(plan.steps)}")
    lines += warning_lines(plan)
    return tuple(lines)


def warning_lines(plan: RotationPlan) -> tuple[str, ...]:
    """Return what is unusual about the new key, to be read before the question."""
    return tuple(f"  warning       {item}" for item in plan.warnings)


def change_lines(changes: machine.RollbackChanges) -> tuple[str, ...]:
    """Return what a rollback leaves as it is now, a fact a line."""
    parts = (
        ("added to the scope since", "stays in it", changes.scope_added),
        ("removed from the scope since", "stays out of it", changes.scope_removed),
        ("new dependent since", "gets the old key too", changes.dependents_added),
        ("no longer a dependent", "unaffected", changes.dependents_removed),
    )
    lines = [f"  {what}: {item} ({effect})" for what, effect, items in parts for item in items]
    if not changes.is_complete:
        lines.append("  an older version of vzctl began this rotation: dependents removed since are not known")
    return tuple(lines)


def outage_view(state: State, rotation: Rotation) -> OutageView | None:
    """Return what is down during the rotation, or None."""
    found = outage_of(state, rotation)
    if found is None:
        return None
    index = Index(state)
    key = "old" if rotation.direction is Direction.BACK else "new"
    ends = (
        f"when the {key} key is in force"
        if state.is_local
        else f"when the credential is recreated with the {key} key and its databases are back in its scope"
    )
    return OutageView(
        cause=found.cause.value,
        since=found.since,
        verified_at=found.verified_at,
        ends=ends,
        databases=tuple(database_ref(index, item) for item in found.databases),
        dependents=dependent_refs(index, list(found.dependents)),
    )


def outage_text(outage: OutageView) -> str:
    """Return what is down, and since when, in one sentence."""
    databases = listed([item.name for item in outage.databases])
    since = outage.since
    if since is None:
        when = "at a time that is not recorded"
    else:
        how = f"verified {_moment(outage.verified_at)}" if outage.verified_at is not None else "attested, not verified"
        when = f"since {_moment(since)} ({how})"
    return f"vectorize is down for {counted(len(outage.dependents), 'dependent')} in {databases} {when}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def outage_lines(state: State, rotation: Rotation) -> tuple[str, ...]:
    """Return the outage for people: what is down, each dependent, and what ends it."""
    outage = outage_view(state, rotation)
    if outage is None:
        return ()
    shown = [f"  {item.kind} {item.address}" for item in outage.dependents[:SHOWN_AT_MOST]]
    more = len(outage.dependents) - len(shown)
    left = (f"  and {more} more: {command('rotations show', rotation.snapshot.name)}",) if more else ()
    return (f"OUTAGE: {outage_text(outage)}", *shown, *left, f"  it ends {outage.ends}")


def _old_key(plan: RotationPlan) -> str:
    if plan.revoke_first:
        return "is known to others: you revoke it at the provider first, and what depends on it stops until the end"
    if plan.leaked:
        return "is known to others: revoke it at the provider as soon as the new one is in force"
    return "stays valid at the provider until you revoke it there: last of all, so that nothing stops"


def rotation_row(state: State, rotation: Rotation) -> RotationRow:
    """Return the row of a rotation; the name is the snapshot's when the credential is gone."""
    credential = state.credential_by_id(rotation.credential)
    outage = outage_of(state, rotation)
    return RotationRow(
        id=rotation.id,
        credential=credential.name if credential is not None else rotation.snapshot.name,
        step=step_text(rotation),
        direction=rotation.direction.value,
        is_open=rotation.is_open,
        past_no_return=rotation.is_past_no_return,
        host=rotation.host,
        started_at=rotation.started_at,
        finished_at=rotation.finished_at,
        reversible=machine.reversible(state, rotation).value,
        outage_since=outage.since if outage is not None else None,
        outage_dependents=len(outage.dependents) if outage is not None else 0,
    )


def rotation_detail(state: State, rotation: Rotation) -> RotationDetail:
    """Return the whole view of a rotation."""
    index = Index(state)
    owner = state.owner_of_version(rotation.new_version) or state.credential_by_id(rotation.credential)
    versions = {item.id: item.fingerprint for item in owner.versions} if owner is not None else {}
    endings = {item.id: item.last_four for item in owner.versions} if owner is not None else {}
    step = machine.next_step(rotation, is_local=state.is_local)
    return RotationDetail(
        rotation=rotation_row(state, rotation),
        provider=rotation.snapshot.provider,
        leaked=rotation.leaked,
        test=key_test_text(rotation.key_test),
        databases=tuple(database_ref(index, item) for item in rotation.databases),
        scoped=tuple(database_ref(index, item) for item in rotation.scoped),
        dependants=dependent_refs(index, index.dependents_of_credential[rotation.snapshot.name]),
        old_fingerprint=versions.get(rotation.old_version or ""),
        new_fingerprint=versions.get(rotation.new_version),
        old_last_four=endings.get(rotation.old_version or ""),
        new_last_four=endings.get(rotation.new_version),
        next_step=step.value if step is not None else None,
        next_is_manual=step in machine.PERSON_STEPS,
        portal=portal_visit(index, rotation, step) if step in machine.PERSON_STEPS else None,
        checks=checks(state, rotation),
        outage=outage_view(state, rotation),
    )


def key_test_text(test: KeyTest | None) -> str:
    """Return what was tested and what it showed, to be read after "the new key was"."""
    return "not tested" if test is None else f"tested: {_at_provider(test)}, {_through_astra(test)}"


def _at_provider(test: KeyTest) -> str:
    if test.provider is ProviderAnswer.WORKS:
        return "it works at the provider"
    if test.provider is ProviderAnswer.RECOGNIZED:
        return "the provider recognizes it"
    return f"not at the provider ({test.provider_reason})"


def _through_astra(test: KeyTest) -> str:
    if test.astra is AstraAnswer.WORKS:
        return f"it works through {test.dependent}"
    if test.astra is AstraAnswer.NO_DEPENDENT:
        return "not through Astra (nothing depends on it)"
    place = f"not through {test.dependent or 'Astra'}"
    return place if test.astra_reason is None else f"{place} ({test.astra_reason})"


def step_text(rotation: Rotation) -> str:
    """Return the step, with `n/m` while databases are put back into the scope."""
    if rotation.step is Step.SCOPED:
        return f"SCOPED {len(rotation.scoped)}/{len(rotation.databases)}"
    return rotation.step.value


def portal_visit(index: Index, rotation: Rotation, step: Step | None) -> PortalVisit:
    """Return what a person does for `step`, in the Portal's own words."""
    provider = provider_by_id(rotation.snapshot.provider)
    assert provider is not None, "only a provider of the catalogue can be rotated"
    name = rotation.snapshot.name
    if step is Step.REVOKED:
        owner = index.credentials.get(name)
        old = owner.version(rotation.old_version) if owner is not None else None
        last_four = old.last_four if old is not None else None
        return portal.revoke_at_provider(provider, "it is known to others", last_four)
    if step is Step.REMOVED:
        return portal.remove_credential(provider, name)
    if step is Step.RECREATED:
        visit = portal.add_credential(provider, name)
        return replace(visit, lines=(*visit.lines, _where_the_key_is(index, rotation)))
    return portal.add_to_scope(provider, name, [index.database_name(item) for item in machine.next_group(rotation)])


def rollback_text(state: State, credential: Credential, rotation: Rotation) -> tuple[bool, str]:
    """Return whether the rotation could be taken back after its end, and why (not)."""
    if rotation.leaked:
        return False, "not possible: the old key is known to others"
    old = credential.version(rotation.old_version)
    if old is None or not old.held:
        return False, "not possible: the old key is not held here"
    if state.is_local:
        return True, "possible while the old key is held: until you say that it is revoked"
    return True, "possible while the old key is held: by recreating the credential in the Portal with it"


def checks(state: State, rotation: Rotation) -> tuple[Check, ...]:
    """Return what holds after a finished rotation: name, provider, scope, and no dependant left outside."""
    credential = state.credential_by_id(rotation.credential)
    if rotation.is_open or credential is None:
        return ()
    is_own = state.is_local or (rotation.step is Step.ROLLED_BACK and rotation.direction is Direction.FORWARD)
    word = CheckResult.SEEN if is_own else CheckResult.ATTESTED
    snapshot = rotation.snapshot
    needed = {item.database for item in state.dependents_of(credential.name)}
    wanted = set(rotation.databases) & {item.id for item in state.databases}
    in_scope = wanted if is_own else machine.seen_in_scope(rotation)
    # A database that can use the credential shows its name and its provider, but not which key a person pasted.
    shown = word if is_own or not in_scope else CheckResult.SEEN
    in_force = rotation.old_version if rotation.step is Step.ROLLED_BACK else rotation.new_version
    found = [
        Check("the name is the same", shown if credential.name == snapshot.name else CheckResult.FAILED),
        Check("the provider is the same", shown if credential.provider == snapshot.provider else CheckResult.FAILED),
        _scope_check("the scope holds what it held", wanted, credential.database_ids, in_scope),
        _scope_check("no dependant is outside the scope", needed & wanted, credential.database_ids, in_scope),
        Check("the key in force is the right one", word if credential.current == in_force else CheckResult.SUPERSEDED),
        Check("the provider accepts the new key", _accepted(rotation)),
    ]
    if not is_own:
        found.insert(0, Check("the old credential was removed", _seen_or_attested(rotation, Step.REMOVED)))
    if rotation.revoke_first:
        found.insert(0, Check("the old key was revoked", _seen_or_attested(rotation, Step.REVOKED)))
    return tuple(found)


def _scope_check(what: str, wanted: set[str], recorded: AbstractSet[str], seen: AbstractSet[str]) -> Check:
    """Return the check that these databases are in the scope: recorded, and as far as they were seen to be."""
    if not wanted <= recorded:
        return Check(what, CheckResult.FAILED)
    if wanted <= seen:
        return Check(what, CheckResult.SEEN)
    return Check(what, CheckResult.PARTLY_SEEN if wanted & seen else CheckResult.ATTESTED)


def _seen_or_attested(rotation: Rotation, step: Step) -> CheckResult:
    return CheckResult.SEEN if step.value in rotation.seen else CheckResult.ATTESTED


def _accepted(rotation: Rotation) -> CheckResult:
    """What the test before the rotation saw; the old key of a rollback was not tested."""
    is_accepted = rotation.key_test is not None and rotation.key_test.is_accepted
    return CheckResult.SEEN if is_accepted and rotation.step is not Step.ROLLED_BACK else CheckResult.NOT_CHECKABLE


def _interruption(state: State) -> str:
    if state.is_local:
        return "none here; a Data API that cached the old key uses it until its cache ends, so keep it alive that long"
    return "$vectorize fails for everything above from the removal until its database is back in scope"


def _where_the_key_is(index: Index, rotation: Rotation) -> str:
    """Say which key is pasted, and the command that shows exactly that one: on the way back the new one may be current."""
    name = rotation.snapshot.name
    credential = index.credentials.get(name)
    version = machine.target_version(rotation)
    pointers = {} if credential is None else {credential.current: None, credential.pending: "pending"}
    reveal = command("secrets reveal", name, which=pointers.get(version, "previous"))
    which = "OLD" if rotation.direction is Direction.BACK else "NEW"
    return f"that is the {which} key: {reveal} shows it at a terminal"
