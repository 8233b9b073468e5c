"""What may be a secret, and that no refusal repeats any of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.domain.catalog.catalog import CATALOGUE, find_provider
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.catalog.secret_text import MAXIMUM_SECRET_LENGTH, looks_unusual, parse_secret, require_usable
from vzctl.errors import UsageError
from vzctl.secret import Secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("sk-abc", "sk-abc"),
        ("sk-abc\n", "sk-abc"),
        ("sk-abc\r\n", "sk-abc"),
        ("x", "x"),
        ("p\u00e4ss-\u5bc6\u7801", "p\u00e4ss-\u5bc6\u7801"),
        ("bearertoken", "bearertoken"),
        ('a"b', 'a"b'),
        ("x" * MAXIMUM_SECRET_LENGTH, "x" * MAXIMUM_SECRET_LENGTH),
    ],
)
def test_a_key_loses_one_trailing_newline_and_nothing_else(text: str, secret: str) -> None:
    assert parse_secret(text) == Secret(secret)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty"),
        ("\n", "it is empty"),
        ("\r\n", "it is empty"),
        ("x" * (MAXIMUM_SECRET_LENGTH + 1), "it has 16385 characters, at most 16384 are accepted"),
        ("x" * 102_400, "it has 102400 characters, at most 16384 are accepted"),
        ('"sk-zq9"', "it begins or ends with a quote; hand it in without quotes"),
        ("'sk-zq9", "it begins or ends with a quote; hand it in without quotes"),
        ("sk-zq9`", "it begins or ends with a quote; hand it in without quotes"),
        ("Bearer sk-zq9", 'it begins like a header; hand in the key alone, without "Bearer"'),
        ("bEARER sk-zq9", 'it begins like a header; hand in the key alone, without "Bearer"'),
        ("Authorization: sk-zq9", 'it begins like a header; hand in the key alone, without "Bearer"'),
        ("sk-zq9\nsk-zq8", "it has more than one line"),
        ("sk-zq9\n\n", "it has more than one line"),
        ("sk-zq9\rsk-zq8", "it has more than one line"),
        ("sk zq9", "it contains a space or a tab"),
        (" sk-zq9", "it contains a space or a tab"),
        ("sk-zq9\t", "it contains a space or a tab"),
        ("sk\u00a0zq9", "it contains a space or a tab"),
        ("sk-\x00zq9", "it contains a control character or one that cannot be printed"),
        ("sk-\x1bzq9", "it contains a control character or one that cannot be printed"),
        ("sk-\u200bzq9", "it contains a control character or one that cannot be printed"),
        ("sk-\udcffzq9", "it is not valid UTF-8"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_the_reason_alone(text: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_secret(text)
    assert (caught.value.code, caught.value.message) == ("SECRET_INVALID", f"the secret was refused: {fault}")
    assert (caught.value.next_steps, caught.value.evidence) == ((), ())


@given(st.text(max_size=60))
def test_every_text_is_a_secret_or_a_usage_error(text: str) -> None:
    try:
        secret = parse_secret(text)
    except UsageError:
        return
    assert text.startswith(secret.reveal())
    assert secret.reveal().isprintable()
    assert parse_secret(secret.reveal()) == secret


@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_a_refused_prefix_is_refused_without_repeating_the_key(provider: object) -> None:
    found = next(item for item in CATALOGUE if item is provider)
    prefixes = found.key_hint.refused_prefixes if found.key_hint is not None else ()
    for prefix, reason in prefixes:
        with pytest.raises(UsageError) as caught:
            require_usable(found, Secret(f"{prefix}zq9zq9"))
        assert caught.value.code == "SECRET_OF_OTHER_ISSUER"
        assert caught.value.message == (
            f'a key that begins with "{prefix}" cannot be used with {found.display_name}: {reason}'
        )
    require_usable(found, Secret("zq9zq9"))


def test_a_key_of_an_unusual_form_is_noticed_and_not_refused() -> None:
    openai, nvidia = find_provider("openai"), find_provider("nvidia")
    assert looks_unusual(openai, Secret("zq9"))
    assert not looks_unusual(openai, Secret("sk-proj-" + "aB3" * 20))
    assert not looks_unusual(nvidia, Secret("zq9"))
    require_usable(openai, Secret("zq9"))


@pytest.mark.parametrize(
    "text", ["$OPENAI_API_KEY", "${OPENAI_API_KEY}", "$(pass openai)", "%OPENAI_API_KEY%", "<YOUR_API_KEY>"]
)
def test_the_name_of_a_variable_is_not_its_value(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_secret(text)
    assert (
        caught.value.message == "the secret was refused: it is the name of a variable or a placeholder, not its value"
    )


@pytest.mark.parametrize("text", ["OPENAI_API_KEY=sk-zq9", "api_key=sk-zq9", "TOKEN=sk-zq9", "PASSWORD=zq9"])
def test_an_assignment_is_no_key(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_secret(text)
    assert (
        caught.value.message == "the secret was refused: it begins with the name of a variable; hand in the value alone"
    )


@pytest.mark.parametrize("text", ["YWJjKEY==", "sk-a=b", "$2b$10$abcdefghijk", "KEY="])
def test_signs_in_a_key_are_no_assignment(text: str) -> None:
    assert parse_secret(text) == Secret(text)


@pytest.mark.parametrize(
    "text", ["sk-proj-****bbbb", "sk-proj-ab…wxyz", "••••5678", "[REDACTED]", "<redacted>", "sk-...abcd"]
)
@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_a_masked_key_is_never_stored(provider: Provider, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_usable(provider, parse_secret(text))
    assert (caught.value.code, "bbbb" in caught.value.message) == ("KEY_MASKED", False)


@pytest.mark.parametrize("text", ["AstraCS:zq9:00", "Cassandra:enE5:enE5", "vzt_zq9_00", "AGE-SECRET-KEY-1ZQ9"])
@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_what_belongs_to_somebody_else_is_sent_to_no_provider(provider: Provider, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_usable(provider, Secret(text))
    assert (caught.value.code, "zq9" in caught.value.message.lower()) == ("SECRET_OF_OTHER_ISSUER", False)


def test_a_key_with_the_same_letter_several_times_is_not_refused_as_masked() -> None:
    for provider in CATALOGUE:
        require_usable(provider, Secret("sk-proj-NotARealKeyxxxxxxxxxxxxxxxx"))
