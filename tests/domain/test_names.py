"""Credential names: what is legal, what is more likely a key, and which names are near."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vzctl.command import suggest
from vzctl.domain.masking.redaction import looks_like_secret, without_secrets
from vzctl.domain.state.names import (
    MAXIMUM_NAME_LENGTH,
    did_you_mean,
    name_fault,
    nearest,
    parse_credential_name,
    refuse_secret_in,
    strip_data_api_suffix,
)
from vzctl.errors import UsageError

CHARACTERS_RULE = "allowed are letters A-Z a-z, digits, '.', '_' and '-'"
ENDS_RULE = "its first and last character must be a letter or a digit"


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "7",
        "openai-prod",
        "OpenAI_prod.2",
        "a--b..c__d",
        "x" * MAXIMUM_NAME_LENGTH,
        "providerKey",
        "my.providerkey",
        "my.providerKey.2",
    ],
)
def test_legal_names_come_back_unchanged(name: str) -> None:
    assert name_fault(name) is None
    assert parse_credential_name(name) == name


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "it is empty"),
        ("x" * 51, "it has 51 characters, at most 50 are allowed"),
        ("x" * 200, "it has 200 characters, at most 50 are allowed"),
        ("[x]", f"it contains '[' ']'; {CHARACTERS_RULE}"),
        ("[red]x[/red]", f"it contains '/' '[' ']'; {CHARACTERS_RULE}"),
        ("open ai", f"it contains ' '; {CHARACTERS_RULE}"),
        (" openai", f"it contains ' '; {CHARACTERS_RULE}"),
        ("a\tb\nc", f"it contains '\\t' '\\n'; {CHARACTERS_RULE}"),
        ("a\x1b[31mb", f"it contains '\\x1b' '['; {CHARACTERS_RULE}"),
        ("a/b", f"it contains '/'; {CHARACTERS_RULE}"),
        ("!\"#$%&'", f"it contains '!' '\"' '#' '$' '%'; {CHARACTERS_RULE}"),
        (unicodedata.normalize("NFC", "cafe\u0301"), f"it contains '\\xe9'; {CHARACTERS_RULE}"),
        (unicodedata.normalize("NFD", "caf\u00e9"), f"it contains '\\u0301'; {CHARACTERS_RULE}"),
        ("\u0430penai", f"it contains '\\u0430'; {CHARACTERS_RULE}"),
        ("x\u0663", f"it contains '\\u0663'; {CHARACTERS_RULE}"),
        ("-prod", ENDS_RULE),
        ("--help", ENDS_RULE),
        ("prod-", ENDS_RULE),
        (".", ENDS_RULE),
        ("..", ENDS_RULE),
        ("_x", ENDS_RULE),
        ("x.providerKey", 'it ends in ".providerKey", which the Data API adds to names by itself'),
        ("x.accessId", 'it ends in ".accessId", which the Data API adds to names by itself'),
        ("x.secretKey", 'it ends in ".secretKey", which the Data API adds to names by itself'),
    ],
)
def test_illegal_names_are_refused_with_the_reason(name: str, fault: str) -> None:
    assert name_fault(name) == fault
    with pytest.raises(UsageError) as caught:
        parse_credential_name(name)
    assert caught.value.code == "NAME_INVALID"
    assert caught.value.message.endswith(f" cannot be a credential name: {fault}")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 260


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("open ai", '"open ai"'),
        ("a\nb", "'a\\nb'"),
        ("caf\u00e9", '"caf\u00e9"'),
        ("x y" * 50, f"'{('x y' * 50)[:50]}'"),
    ],
)
def test_a_refused_name_is_shown_once_quoted_and_cut(name: str, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_credential_name(name)
    assert caught.value.message.startswith(f"{shown} cannot be")


LEGITIMATE = [
    "prod-support-chat-created-oct-2026",
    "openai-production-embeddings-europe-west-2026-q1",
    "voyage_team_search_backend_eu_west_1_blue",
    "sk-team",
    "sk-team-frontend-production-2026-q1",
    "pa-production-embeddings-eu-west-1",
    "al-search-backend-staging-v2",
    "hf_inference",
    "customer-4711-2026-01-31-blue-green-deployment",
    "Mistral.Embeddings.Production.Cluster.Seven",
    "embeddingsforproductionuse",
    "01234567890123456789012345",
    "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11",
]
SECRETS = [
    "sk-proj-abcdefghijklmnop1234567890",
    "sk-abcdefghijklmnopqrst1234",
    "sk-abcdefghijklmnopqrstuvwxyz",
    "sk-ABCDEFGHIJ-KLMNOPQRSTUV",
    "hf_AbCdEfGhIjKlMnOpQrStUv1234",
    "api_org_AbCdEfGhIjKlMnOpQrStUv1234",
    "jina_0123456789abcdef0123456789abcdef",
    "up_AbCdEfGhIjKlMnOpQrStUv1234",
    "pa-AbCdEfGhIjKlMnOpQrStUv1234",
    "al-AbCdEfGhIjKlMnOpQrStUv1234",
    "nvapi-AbCdEfGhIjKlMnOpQrStUv1234",
    "AIzaSyA0123456789abcdefghijklmnopq",
    "AstraCS:AbCdEfGhIjKlMnOp:0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE0123",
    "0123456789abcdef0123456789abcdef",
    "prod-0123456789abcdef0123456789abcdef",
    "mine.aB3dE5gH7jK9mN1pQ3sT5vW7",
]


@pytest.mark.parametrize("name", LEGITIMATE)
def test_a_long_descriptive_name_is_no_key(name: str) -> None:
    assert looks_like_secret(name) is False
    assert parse_credential_name(name) == name


@pytest.mark.parametrize("key", SECRETS)
def test_a_key_given_as_a_name_is_refused_and_not_repeated(key: str) -> None:
    assert looks_like_secret(key) is True
    with pytest.raises(UsageError) as caught:
        parse_credential_name(key)
    assert caught.value.code == "NAME_LOOKS_LIKE_SECRET"
    assert caught.value.next_steps == (suggest("credentials list", comment="the names that exist"),)
    text = caught.value.message + "".join(str(step.command) + step.comment for step in caught.value.next_steps)
    assert not [key[start : start + 6] for start in range(len(key) - 5) if key[start : start + 6] in text]


def test_a_secret_is_never_taken_for_a_legal_name_by_length_alone() -> None:
    with pytest.raises(UsageError) as caught:
        parse_credential_name("sk-" + "a1B2" * 50)
    assert caught.value.code == "NAME_LOOKS_LIKE_SECRET"


@given(st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=60))
@example("A" * 50)
def test_a_name_of_allowed_characters_is_judged_by_its_ends_length_and_suffix_alone(name: str) -> None:
    suffixes = (".providerKey", ".accessId", ".secretKey")
    legal = name[0].isalnum() and name[-1].isalnum() and len(name) <= 50 and not name.endswith(suffixes)
    assert (name_fault(name) is None) is legal


@given(st.text(min_size=1, max_size=80))
def test_whatever_is_accepted_is_plain_and_bounded(name: str) -> None:
    if name_fault(name) is None:
        assert name.isascii()
        assert name.isprintable()
        assert 1 <= len(name) <= 50
        assert " " not in name


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("openai-prod.providerKey", "openai-prod"),
        ("openai-prod", "openai-prod"),
        ("x.providerKey.providerKey", "x.providerKey"),
        ("x.accessId", "x.accessId"),
    ],
)
def test_the_suffix_of_the_data_api_is_taken_off_once(shown: str, name: str) -> None:
    assert strip_data_api_suffix(shown) == name


@pytest.mark.parametrize(
    ("word", "names", "found"),
    [
        ("openai-prd", ["openai-prod", "voyage", "openai-dev"], ["openai-prod", "openai-dev"]),
        ("OPENAI-PROD", ["voyage", "openai-prod"], ["openai-prod"]),
        ("openai", ["OpenAI", "OPENAI"], ["OpenAI"]),
        ("shop", ["blog"], []),
        ("shop", [], []),
        ("", ["shop"], []),
        ("key", ["key1", "key2", "key3", "key4"], ["key4", "key3", "key2"]),
    ],
)
def test_nearest_names_come_best_first_and_at_most_three(word: str, names: list[str], found: list[str]) -> None:
    assert nearest(word, names) == found


def test_a_suggestion_reads_as_the_end_of_a_sentence() -> None:
    assert did_you_mean("shop", ["shops", "shop2"]) in {
        '; did you mean "shops" or "shop2"?',
        '; did you mean "shop2" or "shops"?',
    }
    assert did_you_mean("shop", ["shops"]) == '; did you mean "shops"?'
    assert did_you_mean("shop", ["blog"]) == ""


KEY = "sk-proj-abcdefghijklmnop1234567890"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("the main key of the shop, 2026-01-31", "the main key of the shop, 2026-01-31"),
        (f"it is {KEY}, do not tell", "it is ****, do not tell"),
        (f"({KEY})", "(****)"),
        (f"--note={KEY}", "--note=****"),
        (f"{KEY} {KEY}\n{KEY}", "**** ****\n****"),
        ("database 3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11", "database 3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11"),
    ],
)
def test_a_key_inside_a_text_is_made_unreadable_and_the_rest_stays(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_a_text_that_is_kept_in_clear_must_hold_no_key() -> None:
    refuse_secret_in(None, "a note")
    refuse_secret_in("the main key", "a note")
    with pytest.raises(UsageError) as caught:
        refuse_secret_in(f"it is {KEY}", "a note")
    assert (caught.value.code, caught.value.message) == (
        "TEXT_LOOKS_LIKE_SECRET",
        "a note is kept in clear text, and a word of it looks like a key; if it is one, replace it at its provider",
    )
