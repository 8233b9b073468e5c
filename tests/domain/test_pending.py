"""What a person still has to do at the Portal: derived from the facts, never stored twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_credential,
    a_database,
    a_full_state,
    a_scope_entry,
    a_state,
    an_integration,
)
from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import (
    confirm_addition,
    find_pending,
    opposite_requested,
    pending_steps,
    without_scope_entry,
)
from vzctl.domain.state.records import ControlPlane, Evidence
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError

SHOP, BLOG = a_database("shop"), a_database("blog")
LATER = NOW + timedelta(hours=1)
WANTED, ATTESTED = Evidence.WANTED, Evidence.ATTESTED


def everything_wanted() -> State:
    return a_state(
        control_plane=ControlPlane.ASTRA,
        databases=[SHOP, BLOG],
        integrations=[an_integration("openai", evidence=WANTED, evidence_at=NOW), an_integration("mistral")],
        credentials=[
            a_credential(
                "openai-prod",
                evidence=WANTED,
                evidence_at=NOW,
                scope=[
                    a_scope_entry(SHOP, evidence=WANTED, evidence_at=NOW),
                    a_scope_entry(BLOG, evidence=ATTESTED, evidence_at=NOW),
                ],
            ),
            a_credential("mistral-prod", provider="mistral", evidence=ATTESTED, evidence_at=NOW),
        ],
    )


def everything_to_go() -> State:
    return a_state(
        control_plane=ControlPlane.ASTRA,
        databases=[SHOP, BLOG],
        integrations=[an_integration("openai", evidence=ATTESTED, removal_wanted_at=NOW)],
        credentials=[
            a_credential(
                "openai-prod",
                evidence=ATTESTED,
                scope=[a_scope_entry(SHOP, evidence=ATTESTED, removal_wanted_at=NOW), a_scope_entry(BLOG)],
            ),
            a_credential("openai-old", removal_wanted_at=NOW, scope=[a_scope_entry(SHOP, removal_wanted_at=NOW)]),
        ],
    )


def test_a_state_in_which_all_is_done_has_no_pending_step() -> None:
    assert pending_steps(a_full_state(ControlPlane.ASTRA)) == []
    assert pending_steps(a_state()) == []


def test_additions_come_in_the_order_in_which_they_can_be_done() -> None:
    steps = pending_steps(everything_wanted())
    assert [(item.id, item.verb, item.kind, item.provider, item.credential, item.database) for item in steps] == [
        ("add-integration:openai", "add", "integration", "openai", None, None),
        ("add-credential:openai-prod", "add", "credential", "openai", "openai-prod", None),
        ("add-scope:openai-prod:shop", "add", "scope", "openai", "openai-prod", SHOP.id),
    ]
    assert {item.wanted_at for item in steps} == {NOW}
    assert [item.portal.title for item in steps] == [
        "enable the OpenAI integration",
        'add the API key "openai-prod"',
        'add shop to the scoped databases of "openai-prod"',
    ]


def test_removals_come_in_the_order_in_which_they_can_be_done_and_a_credential_takes_its_scope_with_it() -> None:
    steps = pending_steps(everything_to_go())
    assert [(item.id, item.verb, item.kind, item.credential, item.database) for item in steps] == [
        ("remove-scope:openai-prod:shop", "remove", "scope", "openai-prod", SHOP.id),
        ("remove-credential:openai-old", "remove", "credential", "openai-old", None),
        ("remove-integration:openai", "remove", "integration", None, None),
    ]
    assert [item.portal.title for item in steps] == [
        'remove shop from the scoped databases of "openai-prod"',
        'remove the API key "openai-old"',
        "remove the OpenAI integration",
    ]


def test_a_wanted_fact_without_a_time_of_its_own_is_wanted_since_it_was_added() -> None:
    state = a_state(
        databases=[SHOP],
        integrations=[an_integration(evidence=WANTED)],
        credentials=[a_credential(evidence=WANTED, scope=[a_scope_entry(SHOP, evidence=WANTED)])],
    )
    assert [item.wanted_at for item in pending_steps(state)] == [LONG_AGO] * 3


def test_a_provider_that_only_the_file_knows_is_shown_by_its_id() -> None:
    scope = [a_scope_entry(SHOP, evidence=WANTED)]
    state = a_state(
        databases=[SHOP],
        integrations=[an_integration("acme", evidence=WANTED)],
        credentials=[a_credential("x", provider="acme", evidence=WANTED, scope=scope)],
    )
    assert [item.portal.title for item in pending_steps(state)] == [
        "enable the acme integration",
        'add the API key "x"',
        'add shop to the scoped databases of "x"',
    ]


def test_of_what_was_to_be_added_and_is_to_be_removed_only_the_removal_is_left() -> None:
    scope = [a_scope_entry(SHOP, evidence=WANTED)]
    state = a_state(
        databases=[SHOP],
        integrations=[an_integration("acme", evidence=WANTED, removal_wanted_at=NOW)],
        credentials=[a_credential("x", provider="acme", evidence=WANTED, removal_wanted_at=NOW, scope=scope)],
    )
    assert [item.portal.title for item in pending_steps(state)] == [
        'remove the API key "x"',
        "remove the acme integration",
    ]


@pytest.mark.parametrize("state", [everything_wanted(), everything_to_go()])
def test_a_step_is_found_by_its_id(state: State) -> None:
    steps = pending_steps(state)
    assert len({item.id for item in steps}) == len(steps)
    assert [find_pending(state, item.id) for item in steps] == steps


@pytest.mark.parametrize(
    ("step_id", "shown"), [("add-credential:x", '"add-credential:x"'), ("", '""'), ("a\x1b", "'a\\x1b'")]
)
def test_a_step_that_is_not_there_is_not_found(step_id: str, shown: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_pending(everything_wanted(), step_id)
    assert (caught.value.message, caught.value.code) == (f"there is no pending step {shown}", "PENDING_NOT_FOUND")
    assert caught.value.next_steps == (suggest("pending list", comment="what still has to be done"),)


def test_databases_of_one_name_have_steps_of_their_own() -> None:
    eu, us = a_database("shop", region="eu"), a_database("shop", region="us")
    state = a_state(
        databases=[eu, us],
        credentials=[a_credential("x", scope=[a_scope_entry(eu, evidence=WANTED), a_scope_entry(us, evidence=WANTED)])],
    )
    assert [item.id for item in pending_steps(state)] == ["add-scope:x:shop@eu", "add-scope:x:shop@us"]


def test_confirming_an_integration_attests_it_alone() -> None:
    before = everything_wanted()
    after = confirm_addition(before, find_pending(before, "add-integration:openai"), LATER)
    expected = replace(before.integrations[0], evidence=ATTESTED, evidence_at=LATER)
    assert after == replace(before, integrations=(expected, before.integrations[1]))


def test_confirming_a_credential_attests_it_alone() -> None:
    before = everything_wanted()
    after = confirm_addition(before, find_pending(before, "add-credential:openai-prod"), LATER)
    expected = replace(before.credentials[0], evidence=ATTESTED, evidence_at=LATER)
    assert after == replace(before, credentials=(expected, before.credentials[1]))


def test_confirming_a_scope_attests_that_database_alone() -> None:
    before = everything_wanted()
    after = confirm_addition(before, find_pending(before, "add-scope:openai-prod:shop"), LATER)
    main = before.credentials[0]
    entry = replace(main.scope[0], evidence=ATTESTED, evidence_at=LATER)
    assert after == replace(before, credentials=(replace(main, scope=(entry, main.scope[1])), before.credentials[1]))


@given(st.permutations([0, 1, 2]))
def test_confirming_all_in_any_order_leaves_nothing_to_do(order: list[int]) -> None:
    state = everything_wanted()
    steps = pending_steps(state)
    for number in order:
        state = confirm_addition(state, steps[number], LATER)
    assert pending_steps(state) == []


def test_the_opposite_of_a_removal_that_was_requested_is_an_addition_to_check() -> None:
    state = everything_to_go()
    requested = pending_steps(state)
    for step in requested:
        state = opposite_requested(state, step, LATER)
    opposite = {step.id.replace("remove-", "add-", 1) for step in requested}
    # The scope of the credential that was to go becomes visible again, with its own request.
    assert {step.id for step in pending_steps(state)} == {*opposite, "remove-scope:openai-old:shop"}
    assert {step.wanted_at for step in pending_steps(state) if step.verb == "add"} == {LATER}
    assert [item.name for item in state.credentials] == ["openai-prod", "openai-old"]
    assert [len(item.scope) for item in state.credentials] == [2, 1]


def test_a_scope_entry_is_taken_out_alone() -> None:
    credential = a_credential(scope=[SHOP, BLOG])
    assert without_scope_entry(credential, SHOP.id) == replace(credential, scope=(a_scope_entry(BLOG),))
    assert without_scope_entry(credential, "gone") == credential
