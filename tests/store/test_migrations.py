"""Migrations: one function a schema version, applied in order; shown on a schema 0 that only the tests know.

And the keys of earlier versions that need no new schema: `test` of a rotation, which was a sentence.
"""

from __future__ import annotations

import copy
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import tomli

from tests.support.builders import a_credential, a_rotation, a_state, a_version
from vzctl.domain.state.records import AstraAnswer, KeyTest, ProviderAnswer, Step
from vzctl.domain.state.state import SCHEMA_VERSION
from vzctl.store.migrations import MIGRATIONS, Document, migrate, with_new_keys
from vzctl.store.schema import format_state, parse_state
from vzctl.usecases.rotations.view import key_test_text

DATA: Final = Path(__file__).resolve().parents[1] / "data"
BEFORE: Final = DATA / "state-schema-0.toml"
AFTER: Final = DATA / "state-schema-1.toml"


def from_zero(document: Document) -> Document:
    """Schema 0 of the tests called databases `clusters`, and kept the plane and the salt at the top."""
    moved = {"control_plane": document.pop("plane", None), "fingerprint_salt": document.pop("salt", None)}
    organization = {"name": document.pop("organization", None), **moved}
    databases = document.pop("clusters", [])
    return {**document, "organization": organization, "databases": databases}


def document_of(path: Path) -> Document:
    return tomli.loads(path.read_text(encoding="utf-8"))


def test_there_is_one_migration_for_every_schema_before_this_one() -> None:
    assert sorted(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_schema_0_becomes_schema_1() -> None:
    assert migrate(document_of(BEFORE), migrations={0: from_zero}, target=1) == document_of(AFTER)


def test_what_came_out_of_the_migration_is_a_state_and_stays_as_it_is() -> None:
    state = parse_state(AFTER.read_bytes(), str(AFTER))
    assert [item.name for item in state.databases] == ["shop", "blog"]
    assert state.databases[1].extra == {"colour": "red"}
    assert parse_state(format_state(state), "again") == state
    assert migrate(document_of(AFTER), migrations={0: from_zero}, target=1) == document_of(AFTER)


def test_migrations_are_applied_one_after_the_other() -> None:
    def adding(word: str) -> Any:
        return lambda document: {**document, "trace": [*document.get("trace", []), word]}

    steps = {1: adding("one"), 2: adding("two"), 3: adding("three")}
    assert migrate({"schema": 1}, migrations=steps, target=3) == {"schema": 3, "trace": ["one", "two"]}
    assert migrate({"schema": 3}, migrations=steps, target=3) == {"schema": 3}


@pytest.mark.parametrize("schema", [-1, 2, 99, "0", True, False, 0.0, None])
def test_what_has_no_migration_comes_back_as_it_is(schema: object) -> None:
    document = {"schema": schema, "x": 1}
    assert migrate(document, migrations={0: from_zero}, target=1) == {"schema": schema, "x": 1}
    assert migrate({"x": 1}) == {"x": 1}


def with_sentence(sentence: str, carried: KeyTest | None = None) -> bytes:
    """Return a state in the middle of a rotation, as an earlier vzctl wrote it: `test` is a sentence.

    `carried`: what that vzctl had found as `key_test` and kept, since it does not know that key.
    """
    owner = a_credential(versions=[a_version("v-old"), a_version("v-new")], current="v-old", pending="v-new")
    state = a_state(credentials=[owner], rotations=[a_rotation(owner, step=Step.STAGED, key_test=carried)])
    text = format_state(state).decode()
    assert text.count("\nleaked = ") == 1
    return text.replace("\nleaked = ", f"\ntest = {json.dumps(sentence)}\nleaked = ").encode()


def key_test_in(data: bytes) -> KeyTest | None:
    state = parse_state(data, "state.toml")
    written = format_state(state)
    assert parse_state(written, "again") == state
    (row,) = tomli.loads(written.decode())["rotations"]
    assert "test" not in row
    return state.rotations[0].key_test


AT_PROVIDER: Final[dict[str, dict[str, Any]]] = {
    "it works at the provider": {"provider": ProviderAnswer.WORKS},
    "the provider recognizes it": {"provider": ProviderAnswer.RECOGNIZED},
    "not at the provider (HTTP 404)": {"provider_reason": "HTTP 404"},
    'not at the provider (the parameter "x" is missing (y), or two)': {
        "provider_reason": 'the parameter "x" is missing (y), or two'
    },
}
THROUGH_ASTRA: Final[dict[str, dict[str, Any]]] = {
    "it works through shop/ks/products": {"astra": AstraAnswer.WORKS, "dependent": "shop/ks/products"},
    "not through Astra (nothing depends on it)": {"astra": AstraAnswer.NO_DEPENDENT},
    "not through Astra (token missing)": {"astra_reason": "token missing"},
    "not through Astra (astra unexpected answer, HTTP 500)": {"astra_reason": "astra unexpected answer, HTTP 500"},
    'not through Astra (the Data API of "shop" (eu) is down)': {"astra_reason": 'the Data API of "shop" (eu) is down'},
    "not through shop (old)/ks/t.v (UNEXPECTED_SERVER_ERROR)": {
        "dependent": "shop (old)/ks/t.v",
        "astra_reason": "UNEXPECTED_SERVER_ERROR",
    },
    "not through shop/ks/products (an error that vzctl does not know)": {
        "dependent": "shop/ks/products",
        "astra_reason": "an error that vzctl does not know",
    },
}


@pytest.mark.parametrize("astra", THROUGH_ASTRA)
@pytest.mark.parametrize("provider", AT_PROVIDER)
def test_a_sentence_about_a_tested_key_becomes_facts_that_read_the_same(provider: str, astra: str) -> None:
    sentence = f"tested: {provider}, {astra}"
    facts = {**AT_PROVIDER[provider], **THROUGH_ASTRA[astra]}
    test = key_test_in(with_sentence(sentence))
    assert (test, key_test_text(test)) == (KeyTest(version="v-new", **facts), sentence)


@pytest.mark.parametrize("sentence", ["not tested", "", "tested", "it works at the provider"])
def test_a_sentence_about_no_test_becomes_none(sentence: str) -> None:
    assert key_test_in(with_sentence(sentence)) is None


@pytest.mark.parametrize("words", ["", "it works", "it works at the provider", "ä\n(", "not at the provider (x)"])
def test_words_that_no_vzctl_wrote_show_nothing_about_the_key(words: str) -> None:
    assert key_test_in(with_sentence(f"tested: {words}")) == KeyTest(version="v-new", provider_reason=words)


@pytest.mark.parametrize("part", ["), not through a (", ", not through Astra (", " ("])
def test_a_sentence_that_a_stranger_made_long_takes_no_time(part: str) -> None:
    long, longest = "not at the provider (" + part * 1000, "not at the provider (" + part * 100_000
    began = time.monotonic()
    for words in (long, longest, f"{long[:1900]}("):
        assert key_test_in(with_sentence(f"tested: {words}")) == KeyTest(version="v-new", provider_reason=words)
    assert time.monotonic() - began < 20  # the square of 100,000 would take hours


OF_NEW: Final = KeyTest(version="v-new", provider=ProviderAnswer.WORKS, astra=AstraAnswer.NO_DEPENDENT)
OF_REPLACED: Final = KeyTest(version="v-replaced", provider=ProviderAnswer.WORKS, astra=AstraAnswer.NO_DEPENDENT)
RECOGNIZED: Final = "the provider recognizes it, not through Astra (nothing depends on it)"


@pytest.mark.parametrize(
    ("sentence", "carried", "expected"),
    [
        ("not tested", OF_NEW, OF_NEW),
        ("not tested", OF_REPLACED, None),
        (f"tested: {RECOGNIZED}", OF_REPLACED, replace(OF_NEW, provider=ProviderAnswer.RECOGNIZED)),
        (f"tested: {RECOGNIZED}", OF_NEW, replace(OF_NEW, provider=ProviderAnswer.RECOGNIZED)),
    ],
)
def test_facts_that_an_earlier_vzctl_carried_along_count_for_the_key_that_they_are_about(
    sentence: str, carried: KeyTest, expected: KeyTest | None
) -> None:
    assert key_test_in(with_sentence(sentence, carried)) == expected


@pytest.mark.parametrize("rotations", ["x", ["x"], [{"test": 5}], [{"test": ["tested: x"]}], []])
def test_what_is_no_sentence_is_left_for_the_schema(rotations: object) -> None:
    assert with_new_keys({"rotations": copy.deepcopy(rotations)}) == {"rotations": rotations}
