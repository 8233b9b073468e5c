"""Scopes against what databases showed: proof when usable, only a memory when refused, and never a removal."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.support.builders import (
    NOW,
    a_credential,
    a_database,
    a_rotation,
    a_state,
    a_version,
    an_integration,
)
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.checks.problems import find_problems
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.differences import Action, Drift, FieldChange, SyncOptions
from vzctl.domain.drift.observation import (
    KeyspaceSeen,
    Kind,
    Observation,
    ObservedCollection,
    ScopeSeen,
)
from vzctl.domain.rotation.manual_steps import pending_steps
from vzctl.domain.state.records import AttachedService, Authentication, ControlPlane, Evidence, ScopeEntry, Step
from vzctl.domain.state.state import State

SHOP = a_database("shop")
LOGS = a_database("logs")
ASTRA = ControlPlane.ASTRA
BEFORE = NOW.replace(year=NOW.year - 1)


def look() -> SyncOptions:
    numbers = count(1)
    return SyncOptions(NOW, lambda: f"new{next(numbers)}")


def entry(evidence: Evidence | None = Evidence.ATTESTED, **parts: Any) -> ScopeEntry:
    given = {"database": SHOP.id, "added_at": BEFORE, "evidence": evidence, "evidence_at": evidence and BEFORE}
    return ScopeEntry(**{**given, **parts})


def astra(*scope: ScopeEntry, **parts: Any) -> State:
    given = {"evidence": Evidence.OBSERVED, "evidence_at": NOW, "created_at": BEFORE}
    return a_state(
        control_plane=ASTRA,
        integrations=[an_integration(evidence=Evidence.OBSERVED)],
        databases=[SHOP, LOGS],
        credentials=[a_credential(scope=scope, **{**given, **parts})],
    )


def seen(*, usable: bool, database: Any = SHOP, name: str = "openai-prod") -> Observation:
    return Observation(scopes=(ScopeSeen(database.id, name, usable),))


def after(state: State, observation: Observation) -> tuple[Drift, State]:
    """Return the drift and the state after it, in which a second look of the same kind finds nothing."""
    drift = find_drift(state, observation, look())
    assert list(breakages(drift.after)) == []
    assert find_drift(drift.after, observation, look()).effective == ()
    return drift, drift.after


@pytest.mark.parametrize("evidence", [Evidence.WANTED, Evidence.ATTESTED])
def test_what_is_seen_usable_is_observed(evidence: Evidence) -> None:
    drift, state = after(astra(entry(evidence)), seen(usable=True))
    (item,) = drift.items
    assert (item.kind, item.action, item.subject) == (Kind.SCOPES, Action.UPDATE, "openai-prod")
    assert item.fields == (FieldChange("shop", evidence.value, "observed"),)
    assert state.credentials[0].scope == (entry(Evidence.OBSERVED, evidence_at=NOW),)


def test_what_was_observed_before_is_no_drift() -> None:
    state = astra(entry(Evidence.OBSERVED))
    assert find_drift(state, seen(usable=True), look()).after is state


def test_a_usable_credential_proves_itself_and_its_integration() -> None:
    state = astra(entry(Evidence.WANTED), evidence=Evidence.WANTED)
    state = replace(state, integrations=(an_integration(evidence=Evidence.WANTED),))
    assert len(pending_steps(state)) == 3
    drift, state = after(state, seen(usable=True))
    assert [(item.subject, item.fields[0]) for item in drift.items] == [
        ("openai", FieldChange("evidence", "wanted", "observed")),
        ("openai-prod", FieldChange("evidence", "wanted", "observed")),
    ]
    assert pending_steps(state) == []


def test_an_integration_that_shall_be_removed_is_left_alone() -> None:
    state = replace(
        astra(entry(Evidence.OBSERVED)),
        integrations=(an_integration(evidence=Evidence.ATTESTED, removal_wanted_at=BEFORE),),
    )
    assert find_drift(state, seen(usable=True), look()).items == ()


@pytest.mark.parametrize("evidence", [Evidence.ATTESTED, Evidence.OBSERVED])
def test_a_refusal_removes_nothing_and_is_remembered(evidence: Evidence) -> None:
    drift, state = after(astra(entry(evidence)), seen(usable=False))
    (item,) = drift.items
    assert item.fields == (FieldChange("shop", evidence.value, "refused"),)
    assert item.note == "1 database refused it; changes take minutes, so it stays in the scope"
    assert state.credentials[0].scope == (entry(evidence, refused_at=NOW),)
    (problem,) = find_problems(state)
    assert (problem.code, problem.message, str(problem.next_step.command)) == (
        "SCOPE_REFUSED",
        'the database "shop" refused "openai-prod" when it was last looked at, although it is in its scope',
        "vzctl scope check openai-prod shop --record",
    )


def test_a_refusal_is_forgotten_when_it_is_usable_again() -> None:
    drift, state = after(astra(entry(Evidence.OBSERVED, refused_at=BEFORE)), seen(usable=True))
    assert drift.items[0].fields == (FieldChange("shop", "refused", "observed"),)
    assert drift.items[0].note is None
    assert state.credentials[0].scope == (entry(Evidence.OBSERVED, evidence_at=NOW),)
    assert find_problems(state) == []


def test_a_step_that_nobody_says_is_done_may_be_refused() -> None:
    state = astra(entry(Evidence.WANTED))
    assert find_drift(state, seen(usable=False), look()).after is state


@pytest.mark.parametrize(("usable", "codes"), [(True, []), (False, ["SCOPE_REMOVAL_SEEN"])])
def test_a_removal_that_is_wanted_is_a_persons_to_confirm(usable: bool, codes: list[str]) -> None:
    state = astra(entry(removal_wanted_at=BEFORE, refused_at=BEFORE))
    drift = find_drift(state, seen(usable=usable), look())
    assert ([item.code for item in drift.remarks], drift.after is state) == (codes, True)
    assert find_problems(state) == []


def test_a_credential_that_shall_be_removed_is_left_alone() -> None:
    state = astra(entry(refused_at=BEFORE), removal_wanted_at=BEFORE)
    for usable in (True, False):
        assert find_drift(state, seen(usable=usable), look()).items == ()
    assert find_problems(state) == []


def test_one_that_is_not_in_the_scope_and_usable_is_added() -> None:
    drift, state = after(astra(entry(Evidence.OBSERVED)), seen(usable=True, database=LOGS))
    assert drift.items[0].fields == (FieldChange("logs", None, "observed"),)
    added = ScopeEntry(database=LOGS.id, added_at=NOW, evidence=Evidence.OBSERVED, evidence_at=NOW)
    assert state.credentials[0].scope == (entry(Evidence.OBSERVED), added)
    state = astra(entry(Evidence.OBSERVED))
    assert find_drift(state, seen(usable=False, database=LOGS), look()).after is state


def test_what_nobody_knows_and_an_unfinished_credential_say_nothing() -> None:
    state = astra(entry())
    for observation in (seen(usable=True, name="other"), seen(usable=True, database=a_database("elsewhere"))):
        assert find_drift(state, observation, look()).items == ()
    state = astra(entry(), versions=[], current=None)
    assert find_drift(state, seen(usable=True), look()).items == ()


def test_on_local_only_a_refusal_is_remembered() -> None:
    state = a_state(databases=[SHOP, LOGS], credentials=[a_credential(scope=[entry(None)])])
    for database in (SHOP, LOGS):
        assert find_drift(state, seen(usable=True, database=database), look()).after is state
    drift, refused = after(state, seen(usable=False))
    assert drift.items[0].fields == (FieldChange("shop", "in scope", "refused"),)
    assert refused.credentials[0].scope == (entry(None, refused_at=NOW),)
    assert [item.code for item in find_problems(refused)] == ["SCOPE_REFUSED"]
    drift, state = after(refused, seen(usable=True))
    assert drift.items[0].fields == (FieldChange("shop", "refused", "in scope"),)
    assert state.credentials[0].scope == (entry(None),)


def test_an_open_rotation_is_in_the_way() -> None:
    owner = a_credential(scope=[entry(None, refused_at=BEFORE)], versions=[a_version("v1"), a_version("v-new")])
    rotation = a_rotation(owner, step=Step.TESTED, old_version="v1", new_version="v-new")
    state = a_state(databases=[SHOP], credentials=[owner], rotations=[rotation])
    (item,) = find_drift(state, seen(usable=True), look()).items
    assert (item.action, item.rotation) == (Action.SKIP, "openai-prod")
    assert "SCOPE_REFUSED" not in [problem.code for problem in find_problems(state)]


def test_a_name_widens_no_scope_where_it_was_seen_refused() -> None:
    """An adopted credential follows its dependants, but not against what their database says of it."""
    service = AttachedService(
        provider="openai",
        authentication=Authentication.CREDENTIAL,
        credential="openai-prod",
        model="text-embedding-3-small",
        dimension=1536,
    )
    keyspace = KeyspaceSeen(database=LOGS.id, keyspace="ks", collections=(ObservedCollection("lines", service),))
    state = astra(entry(Evidence.OBSERVED), evidence_at=BEFORE)
    for scopes, expected in (((), {SHOP.id, LOGS.id}), (seen(usable=False, database=LOGS).scopes, {SHOP.id})):
        found = find_drift(state, Observation(keyspaces=(keyspace,), scopes=scopes), look()).after
        assert found.credentials[0].database_ids == expected
    # One that was seen later was not adopted: its scope is a person's.
    state = astra(entry(Evidence.OBSERVED))
    found = find_drift(state, Observation(keyspaces=(keyspace,)), look()).after
    assert found.credentials[0].database_ids == {SHOP.id}
