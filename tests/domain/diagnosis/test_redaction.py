"""What names a secret hides whatever follows it, however plain that looks; sentences about keys stay readable."""

from __future__ import annotations

from typing import Final

import pytest

from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.redaction import redacted

VALUES: Final = ("plainwords", "abcdefghijkl", "zqwertyuiopasdfghjklmn", "Zq9wE7rT5yU3iO1pA8sD6f", "a8-b7.c6_d5")
FORMS: Final = (
    "key={}",
    "key: {}",
    "api_key={}",
    "api_key: {}",
    'apiKey: "{}"',
    "'apiKey': '{}'",
    r"\"api_key\": \"{}\"",
    "token={}",
    "token: {}",
    "token '{}' is not valid",
    "password={}",
    "password: `{}`",
    "secret={}",
    "client_secret := {}",
    "Incorrect API key provided: {}. You can find",
    "Authorization: {}",
    "Authorization: Basic {}",
    "Authorization: Bearer {}",
    "'Authorization': 'Bearer {}'",
    "sent Bearer {} and failed",
    "X-Vzctl-Token: {}",
    "curl -u user:{} https://example.org",
    "curl --user 'user:{}'",
    "https://example.org/x?sig={}&a=b",
    "https://example.org/x?a=b&key={}",
    "<apiKey>{}</apiKey>",
    "api_key => {}",
    "'api_key' => '{}'",
    "('api_key', '{}')",
    'SecretStr("{}")',
    "SecretStr('{}')",
)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", FORMS)
def test_what_follows_the_name_of_a_secret_is_masked(form: str, value: str) -> None:
    assert redacted(f"failed, {form} at last".format(value)) == f"failed, {form} at last".format("****")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", FORMS)
def test_no_verdict_shows_what_follows_the_name_of_a_secret(form: str, value: str) -> None:
    found = diagnose(f"openai: invalid_api_key, {form}".format(value))
    assert value not in repr(found)
    assert [(each.side, each.cause) for each in found] == [("provider", "invalid_key")]


def test_a_password_of_several_words_in_quotes_is_masked_whole() -> None:
    assert redacted('{"password": "correct horse battery", "a": 1}') == '{"password": "****", "a": 1}'
    assert redacted("""{"password": "it's-mine", "a": 1}""") == '{"password": "****", "a": 1}'


@pytest.mark.parametrize(
    "sentence",
    [
        "the key is not valid",
        "token has expired",
        "Incorrect API key provided. You can find your API key at https://platform.example.com",
        "Invalid token: unauthorized",
        "api_key: required",
        "key 'VOYAGE_API_KEY' is not set",
        "Missing bearer authentication in header",
        "basic embedding of a secret garden",
        "the keyspace: default_keyspace",
        "max_tokens: 8192 of all tokens",
        "no API key was supplied with this request",
        '{"message":"Invalid API key","requestId":"12","error":"invalid_token","error_description":"no"}',
        "the key's scope does not have the database",
        "a token that somebody else replaced",
    ],
)
def test_a_sentence_about_a_key_stays_readable(sentence: str) -> None:
    assert redacted(sentence) == sentence
