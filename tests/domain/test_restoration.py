"""What a restore carries over: every kind of record has a decision, and what was removed for safety stays removed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_credential, a_database, a_service_token, a_state, an_integration
from tests.support.state_files import counting_ids
from vzctl.domain.rotation.restoration import DECISIONS, REMOVED_FOR_SAFETY, Restoration, carry_over
from vzctl.domain.state.records import Credential, Revocation
from vzctl.domain.state.revocation import REASON_LEAKED, REASON_REMOVED
from vzctl.domain.state.state import State
from vzctl.store.validator import dataclass_in, type_hints

SHOP, BLOG = a_database("shop"), a_database("blog")
KEY = a_credential("openai-prod", scope=[SHOP])


def kinds_in(kind: type) -> Iterator[type]:
    for hint in type_hints(kind).values():
        inner = dataclass_in(hint)
        if inner is not None:
            yield inner
            yield from kinds_in(inner)


def test_every_kind_of_record_in_the_state_has_a_decision() -> None:
    assert set(kinds_in(State)) == set(DECISIONS)


def test_every_part_of_the_state_is_either_restored_or_carried_over() -> None:
    """A new field of the state fails here until a restore was told what to do with it."""
    assert {field.name for field in dataclasses.fields(State)} == {
        *("schema", "lineage", "serial", "vzctl", "extra"),
        *("organization", "integrations", "databases", "credentials", "retired", "collections", "columns"),
        *("rotations", "revocations", "service_tokens", "deletions"),
    }
    assert len(REMOVED_FOR_SAFETY) == 4


def restored(saved: State, known: State) -> Restoration:
    return Restoration(saved, carry_over(saved, known, NOW, counting_ids()))


def of(*credentials: Credential, **parts: Any) -> State:
    return a_state(integrations=[an_integration()], databases=[SHOP, BLOG], credentials=credentials, **parts)


@pytest.mark.parametrize("now", [None, "other.example"])
def test_the_name_in_a_client_certificate_stays_as_it_is_now(now: str | None) -> None:
    saved = replace(of(), databases=(replace(SHOP, certificate_name="shop.example"), BLOG))
    known = replace(of(), databases=(replace(SHOP, certificate_name=now), BLOG))
    restoration = restored(saved, known)
    assert [item.certificate_name for item in restoration.state.databases] == [now, None]
    assert restoration.without_certificate() == ("shop",)


def test_a_certificate_name_that_another_database_has_now_is_that_databases_alone() -> None:
    saved = replace(of(), databases=(replace(SHOP, certificate_name="shop.example"), BLOG))
    known = replace(of(), databases=(SHOP, replace(BLOG, certificate_name="shop.example")))
    assert [item.certificate_name for item in restored(saved, known).state.databases] == [None, "shop.example"]


def test_a_database_that_was_forgotten_comes_back_without_its_certificate_name() -> None:
    saved = replace(of(), databases=(replace(SHOP, certificate_name="shop.example"), BLOG))
    known = replace(of(), databases=(BLOG,))
    assert [item.certificate_name for item in restored(saved, known).state.databases] == [None, None]


def test_a_service_token_that_was_revoked_does_not_come_back() -> None:
    token, newer = a_service_token(SHOP.id), a_service_token(BLOG.id)
    saved, known = replace(of(), service_tokens=(token,)), replace(of(), service_tokens=(newer,))
    assert restored(saved, known).state.service_tokens == (newer,)


@pytest.mark.parametrize(("reason", "done"), [(REASON_LEAKED, False), (REASON_LEAKED, True), (REASON_REMOVED, True)])
def test_a_removed_credential_with_a_compromised_key_comes_back_without_it(reason: str, done: bool) -> None:
    assert KEY.current is not None
    revocation = Revocation(
        id="r1",
        credential=KEY.id,
        version=KEY.current,
        reason=reason,
        due_since=NOW - timedelta(days=1),
        done_at=NOW if done else None,
    )
    known = replace(of(), revocations=(revocation,), retired=())
    restoration = restored(of(KEY), known)
    (back,) = restoration.state.credentials
    assert back.current == (None if reason == REASON_LEAKED else KEY.current)
    assert restoration.keyless() == (("openai-prod",) if reason == REASON_LEAKED else ())
    assert restoration.state.revocations == (revocation,), "it is still on the list"
