"""What a state adds to a verdict: the names, the scope, what changed minutes ago, an open rotation, a hosted provider."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_rotation,
    a_scope_entry,
    a_state,
    database_id,
)
from vzctl.domain.diagnosis.advice import SOURCE, Advised, advised
from vzctl.domain.diagnosis.engine import judge
from vzctl.domain.diagnosis.payload import read
from vzctl.domain.diagnosis.state_context import StateContext
from vzctl.domain.state.records import ControlPlane, Credential, Database, Direction, Evidence, Step
from vzctl.domain.state.state import State

SHOP: Final = a_database("shop", id=database_id(1))
BLOG: Final = a_database("blog", id=database_id(2), endpoint="http://blog.example.com:8181")
REFUSED: Final = "Invalid credential name for vectorize: the credential name '{}' is not valid. Credential not found."
BAD_KEY: Final = (
    "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key provided"
)
MINUTES: Final = timedelta(minutes=1)


def a_shop(*credentials: Credential, **parts: Any) -> State:
    return a_state(**{"databases": [SHOP, BLOG], "credentials": credentials, **parts})


def ask(state: State, text: str, *, database: Database | None = None, now: datetime = NOW) -> Advised:
    """Return what is advised about the only error in the text."""
    context = StateContext(state, now)
    payload = read(text)
    clues = context.clues(payload.whole.text, database)
    (verdict,) = judge(payload)
    return context.enrich(verdict, clues)


def told(found: Advised) -> tuple[str, str, str, list[str], list[str]]:
    """Return side, cause and rule, what the state said, and the commands."""
    said = [text for text, meaning in found.verdict.evidence if meaning == SOURCE]
    return (
        found.verdict.side,
        found.verdict.cause,
        found.verdict.rule.split(".")[0],
        said,
        [str(step.command) for step in found.steps],
    )


MAIN: Final = a_credential("openai-prod", scope=[SHOP])


def test_a_database_that_is_not_in_the_scope_makes_the_cause_exact() -> None:
    found = ask(a_shop(MAIN), REFUSED.format("openai-prod"), database=BLOG)
    assert told(found) == (
        "astra",
        "scope_missing",
        "state",
        ['"blog" is not in the scope of "openai-prod"'],
        ["vzctl scope add openai-prod blog"],
    )
    assert found.verdict.explanation == 'The database "blog" is not in the scope of the credential "openai-prod".'
    assert found.verdict.confidence == "high"


@pytest.mark.parametrize(
    "place",
    [
        f" database {database_id(2)}",
        f" https://{database_id(2)}-us-east1.apps.astra.datastax.com/api/json/v1/ks/orders",
        " POST http://blog.example.com:8181/v1/ks",
        " in database 'blog'",
        f" {database_id(2).upper()} again {database_id(2)}",
    ],
    ids=["id", "Astra's endpoint", "own endpoint", "name", "twice"],
)
def test_the_text_tells_the_database_and_wins_over_the_hint(place: str) -> None:
    found = ask(a_shop(MAIN), REFUSED.format("openai-prod") + place, database=SHOP)
    assert told(found)[4] == ["vzctl scope add openai-prod blog"]


def test_two_databases_in_one_text_are_no_clue() -> None:
    text = REFUSED.format("openai-prod") + f" {SHOP.id} {BLOG.id}"
    assert told(ask(a_shop(MAIN), text)) == (
        "astra",
        "credential_not_found",
        "astra",
        ['the scope of "openai-prod" is shop; the text names no database'],
        ["vzctl scope list openai-prod"],
    )


def test_an_empty_scope_is_called_so() -> None:
    found = ask(a_shop(a_credential("openai-prod")), REFUSED.format("openai-prod"))
    assert told(found)[3] == ['the scope of "openai-prod" is no database; the text names no database']


def test_a_database_whose_name_is_no_word_of_a_shell_is_named_by_its_id() -> None:
    strange = a_database("it's; rm -rf ~", id=database_id(3))
    state = a_shop(MAIN, databases=[SHOP, strange])
    found = ask(state, REFUSED.format("openai-prod"), database=strange)
    assert told(found)[4] == [f"vzctl scope add openai-prod {strange.id}"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("OpenAI-Prod", 'there is no credential "OpenAI-Prod"; "openai-prod" differs only in case'),
        ("openai-prd", 'there is no credential "openai-prd"; "openai-prod" is the nearest'),
        ("openai-prd.providerKey", 'there is no credential "openai-prd"; "openai-prod" is the nearest'),
    ],
)
def test_a_name_that_is_nearly_right_is_put_right(written: str, said: str) -> None:
    found = ask(a_shop(MAIN), REFUSED.format(written), database=SHOP)
    assert told(found) == ("astra", "credential_not_found", "state", [said], ["vzctl credentials show openai-prod"])


def test_a_name_that_nothing_resembles_is_to_be_added() -> None:
    text = "Provider: mistral. " + REFUSED.format("zzz")
    found = ask(a_shop(MAIN), text, database=SHOP)
    assert told(found)[3:] == (
        ['there is no credential "zzz", and none is named like it'],
        ["vzctl credentials add zzz --provider mistral --scope shop", "vzctl credentials list"],
    )


@pytest.mark.parametrize(
    "key", ["sk-proj-abcdefghijklmnop1234", "0123456789abcdef0123456789abcdef", "hf_" + "a1B2" * 8]
)
def test_a_key_in_the_place_of_a_name_is_not_repeated(key: str) -> None:
    found = ask(a_shop(MAIN), f'{REFUSED.format("x")} "providerKey": "{key}"', database=SHOP)
    assert key not in repr(found)


def test_a_scope_that_changed_minutes_ago_says_wait() -> None:
    fresh = a_credential("openai-prod", scope=[a_scope_entry(SHOP, added_at=NOW - 3 * MINUTES)])
    found = ask(a_shop(fresh), REFUSED.format("openai-prod"), database=SHOP)
    assert told(found) == (
        "astra",
        "propagation_delay",
        "state",
        ['"shop" came into the scope of "openai-prod" 3 min ago'],
        ["vzctl credentials show openai-prod"],
    )
    assert (found.verdict.retryable, found.verdict.confidence) == (True, "medium")
    assert found.advice.startswith("Wait ten minutes")


@pytest.mark.parametrize(("ago", "waits"), [(0, True), (9, True), (10, False), (-5, False)])
def test_only_minutes_ago_is_a_reason_to_wait(ago: int, waits: bool) -> None:
    entry = a_scope_entry(SHOP, added_at=NOW - ago * MINUTES)
    found = ask(a_shop(a_credential("openai-prod", scope=[entry])), REFUSED.format("openai-prod"), database=SHOP)
    assert (found.verdict.cause == "propagation_delay") is waits


def test_what_a_person_attested_minutes_ago_counts_from_then() -> None:
    entry = a_scope_entry(SHOP, evidence=Evidence.ATTESTED, evidence_at=NOW - MINUTES)
    state = a_shop(
        a_credential("openai-prod", scope=[entry], evidence=Evidence.ATTESTED), control_plane=ControlPlane.ASTRA
    )
    assert ask(state, REFUSED.format("openai-prod"), database=SHOP).verdict.cause == "propagation_delay"


def test_a_step_that_waits_for_a_person_is_named() -> None:
    entry = a_scope_entry(SHOP, evidence=Evidence.WANTED)
    state = a_shop(a_credential("openai-prod", scope=[entry]), control_plane=ControlPlane.ASTRA)
    found = ask(state, REFUSED.format("openai-prod"), database=SHOP)
    assert told(found)[2:] == (
        "state",
        ['"shop" in the scope of "openai-prod" is planned: nobody said that it is done'],
        ["vzctl pending list"],
    )


def test_a_scope_that_is_right_is_said_to_be_right() -> None:
    found = ask(a_shop(MAIN), REFUSED.format("openai-prod"), database=SHOP)
    assert told(found) == (
        "astra",
        "credential_not_found",
        "astra",
        ['"shop" is in the scope of "openai-prod" since 2025-10-23'],
        ["vzctl scope list openai-prod"],
    )


@pytest.mark.parametrize(
    ("step", "rule"), [(Step.REMOVED, "state"), (Step.REVOKED, "state"), (Step.STAGED, "astra")], ids=str
)
def test_an_open_rotation_is_said_and_blamed_only_when_it_took_something_away(step: Step, rule: str) -> None:
    state = a_shop(MAIN, rotations=[a_rotation(MAIN, step=step)])
    found = ask(state, REFUSED.format("openai-prod"), database=SHOP)
    assert told(found)[2:4] == (rule, [f'a rotation of "openai-prod" is open at step {step.value}'])
    assert str(found.steps[0].command) == "vzctl rotations resume openai-prod"


def test_a_key_that_was_replaced_minutes_ago_may_be_the_old_one_in_a_cache() -> None:
    rotation = a_rotation(MAIN, step=Step.DONE, finished_at=NOW - 4 * MINUTES)
    found = ask(a_shop(MAIN, rotations=[rotation]), BAD_KEY, database=SHOP)
    assert told(found) == (
        "astra",
        "propagation_delay",
        "state",
        ['the key of "openai-prod" was set 4 min ago'],
        ["vzctl credentials show openai-prod"],
    )
    assert "By the text alone it would be provider, invalid_key." in found.verdict.explanation


def test_a_key_that_was_replaced_hours_ago_is_bad_unless_a_cache_has_the_old_one() -> None:
    rotation = a_rotation(MAIN, step=Step.DONE, finished_at=NOW - 200 * MINUTES)
    found = ask(a_shop(MAIN, rotations=[rotation]), BAD_KEY, database=SHOP)
    assert told(found)[:2] == ("provider", "invalid_key")
    assert told(found)[3:] == (
        ['the key of "openai-prod" was replaced 3 h ago'],
        ["vzctl credentials rotate openai-prod"],
    )
    assert "cache" in found.advice


@pytest.mark.parametrize(
    "rotation",
    [
        a_rotation(MAIN, step=Step.ROLLED_BACK, direction=Direction.BACK, finished_at=NOW - MINUTES),
        a_rotation(MAIN, step=Step.DONE, finished_at=LONG_AGO),
    ],
    ids=["taken back before the new key was used", "long ago"],
)
def test_a_bad_key_stays_the_providers_side_when_no_other_key_was_in_use_lately(rotation: Any) -> None:
    found = ask(a_shop(MAIN, rotations=[rotation]), BAD_KEY, database=SHOP)
    assert told(found)[:2] == ("provider", "invalid_key")
    assert told(found)[3] == ['the only credential that can be meant is "openai-prod"']


def test_a_first_key_has_no_older_one_to_be_mistaken_for() -> None:
    new = a_credential("openai-prod", scope=[SHOP], created_at=NOW - MINUTES, key_set_at=NOW - MINUTES)
    assert ask(a_shop(new), BAD_KEY, database=SHOP).verdict.side == "provider"


def test_a_bad_key_of_one_credential_among_several_names_none() -> None:
    other = a_credential("openai-dev", scope=[SHOP])
    found = ask(a_shop(MAIN, other), BAD_KEY, database=SHOP)
    assert told(found)[3:] == ([], ["vzctl providers show openai"])


def test_a_collection_tells_the_credential() -> None:
    other = a_credential("openai-dev", scope=[SHOP])
    state = a_shop(MAIN, other, collections=[a_collection(SHOP, "books", credential="openai-dev")])
    found = ask(state, f"{BAD_KEY} while inserting into collection 'books'")
    assert told(found)[3] == ['the credential in use is "openai-dev"']


def test_a_collection_that_takes_its_key_from_a_header_needs_no_credential() -> None:
    state = a_shop(MAIN, columns=[a_column(SHOP, "books", header=True)])
    text = '{"errors":[{"errorCode":"EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED","message":"m"}]} table: books'
    found = ask(state, text)
    assert told(found)[2:] == (
        "state",
        ['"shop/default_keyspace/books.body_vector" takes the key from a header of each request'],
        ["vzctl tables show shop/default_keyspace/books.body_vector"],
    )


def test_the_only_credential_of_a_provider_is_the_one_to_put_into_the_scope() -> None:
    text = "Provider: openai. Invalid credential name for vectorize. Credential not found."
    found = ask(a_shop(MAIN), text, database=BLOG)
    assert told(found)[3:] == (['"blog" is not in the scope of "openai-prod"'], ["vzctl scope add openai-prod blog"])


def test_of_several_credentials_that_could_be_meant_the_list_is_shown() -> None:
    text = "Provider: openai. Invalid credential name for vectorize. Credential not found."
    state = a_shop(MAIN, a_credential("openai-dev", scope=[SHOP]))
    none = ask(state, text, database=BLOG)
    some = ask(state, text, database=SHOP)
    assert told(none)[1:] == (
        "scope_missing",
        "state",
        ['no credential of OpenAI has "blog" in its scope'],
        ["vzctl credentials list --provider openai"],
    )
    assert told(some)[3:] == (
        ['"shop" may use "openai-prod", "openai-dev" of OpenAI'],
        ["vzctl credentials list --database shop"],
    )


def test_a_credential_or_a_collection_tells_the_provider() -> None:
    main = a_credential("main-1", provider="voyageAI", scope=[SHOP])
    state = a_shop(main, collections=[a_collection(SHOP, "books", provider="mistral", header=True)])
    by_name = ask(state, REFUSED.format("main-1"), database=SHOP)
    by_place = ask(state, "Collection does not exist, collection name: books")
    assert (by_name.verdict.provider, by_place.verdict.provider) == ("voyageAI", "mistral")


def test_a_key_that_did_not_come_is_no_reason_to_name_any_credential() -> None:
    text = 'openai {"errors":[{"errorCode":"EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED","message":"m"}]}'
    (verdict,) = judge(read(text))
    assert ask(a_shop(MAIN), text, database=BLOG) == advised(verdict)


def test_an_id_that_the_state_does_not_have_is_no_clue() -> None:
    found = ask(a_shop(MAIN), f"{REFUSED.format('openai-prod')} request {database_id(77)}", database=BLOG)
    assert told(found)[4] == ["vzctl scope add openai-prod blog"]


@pytest.mark.parametrize(
    "state",
    [a_shop(MAIN), a_shop(a_credential("mistral-prod", provider="mistral"))],
    ids=["no database", "no credential"],
)
def test_without_a_name_and_a_place_the_general_advice_stays(state: State) -> None:
    text = "Provider: openai. Invalid credential name for vectorize. Credential not found."
    (verdict,) = judge(read(text))
    database = SHOP if state.credentials[0].provider == "mistral" else None
    assert ask(state, text, database=database) == advised(verdict)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Provider 'nvidia' returned a HTTP client error with HTTP 401; error message: Unauthorized", "provider"),
        ("Provider 'nvidia' returned a HTTP client error with HTTP 429; error message: insufficient_quota", "provider"),
        ("nvidia: Invalid credential name for vectorize. Credential not found.", "astra"),
    ],
)
def test_a_hosted_provider_has_no_credential_to_blame_with_a_state_and_without(text: str, side: str) -> None:
    (verdict,) = judge(read(text))
    found = ask(a_shop(MAIN), text, database=SHOP)
    assert found == advised(verdict)
    assert found.verdict.side == side
    assert found.verdict.evidence[-1] == (
        "Nvidia is hosted by Astra: it takes no credential and no scope",
        "the catalogue",
    )
    assert [str(step.command) for step in found.steps] == ["vzctl providers show nvidia"]


def test_a_database_that_sleeps_is_shown_as_it_was_recorded() -> None:
    sleeping = a_database("shop", id=database_id(1), status="HIBERNATED")
    found = ask(a_shop(databases=[sleeping]), "Resuming your database, please try again shortly.", database=sleeping)
    assert told(found)[3:] == (['the database "shop" was last recorded as HIBERNATED'], ["vzctl databases show shop"])


@pytest.mark.parametrize(
    "text",
    [
        "503 Service Unavailable",
        "openai: insufficient_quota",
        "Collection does not exist, collection name: orders",
        "nvidia: Model m is currently loading",
    ],
)
def test_a_state_that_knows_nothing_about_it_changes_nothing(text: str) -> None:
    (verdict,) = judge(read(text))
    assert ask(a_shop(MAIN), text) == advised(verdict)
