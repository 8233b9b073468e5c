"""What names a secret hides whatever follows it, however plain that looks; sentences about keys stay readable."""

from __future__ import annotations

from typing import Final

import pytest

from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.masking.redaction import redacted

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("provided: sk-\nproj-Bn4tGh6Jk1Ds5Wq2", "provided: ****\n****"),
        ("provided: sk-proj-Bn4t\n  Gh6Jk1Ds5Wq2.", "provided: ****\n  ****."),
        (
            "provided: sk-proj-Bn4t\r\n\tGh6Jk1Ds\r\n\t5Wq2Zx8Cv3\r\n\tis wrong",
            "provided: ****\r\n\t****\r\n\t****\r\n\tis wrong",
        ),
        (r"provided: sk-proj-Bn4t\n    Gh6Jk1Ds5Wq2", r"provided: ****\n    ****"),
        (r"the key sk-\r\n  proj-Bn4tGh6Jk1Ds5Wq2", r"the key ****\r\n  ****"),
        ("provided: sk-proj-Bn4t Gh6Jk1Ds5Wq2", "provided: **** ****"),
        ("provided: sk-proj-bn4t gh6jk1ds5Wq2", "provided: **** ****"),
        ("the key AIza\nSyBn4tGh6Jk1Ds5Wq2 is wrong", "the key ****\n**** is wrong"),
        ("Authorization: Bearer Bn4tGh6Jk1\nDs5Wq2Zx8", "Authorization: Bearer ****\n****"),
    ],
)
def test_a_key_that_goes_on_in_the_next_line_is_masked_whole(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert "5Wq2" not in repr(diagnose(f"openai: invalid_api_key, {text}"))


@pytest.mark.parametrize(
    "following",
    [
        "Authentication failed",
        "text-embedding-ada: no such model",
        "2026-11-25T07:30:00Z ERROR the next line of a log",
        "20261125T073000Z",
        "request_id=42ab",
        "error4012: unauthorized",
        "api2.example12.com answered",
        "retry(3)",
        "organization-a at last",
        "us-east1",
    ],
)
def test_the_words_of_the_line_after_a_key_stay_readable(following: str) -> None:
    assert redacted(f"wrong: sk-proj-Bn4tGh6J\n{following}") == f"wrong: ****\n{following}"
    assert redacted(f"wrong: sk-proj-Bn4tGh6J {following}") == f"wrong: **** {following}"
    assert redacted(f"keys begin with sk-\n{following}") == f"keys begin with sk-\n{following}"


@pytest.mark.parametrize("following", ["gpt-4o-2024-08-06 is the model", "text-embedding-004", "models-0042"])
def test_words_with_a_number_on_the_same_line_stay_readable_too(following: str) -> None:
    assert redacted(f"wrong: sk-proj-Bn4tGh6J {following}") == f"wrong: **** {following}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://app:pa/ss@w:rd@db.example.com:5432/x", "postgres://****@db.example.com:5432/x"),
        ("redis://:hunter2@cache", "redis://****@cache"),
        ("https://a:b?c@db.example.com/x?mail=a@b.example", "https://****@b.example"),
        ("http://data-api:8181/v1/a@b.example", "http://data-api:8181/v1/a@b.example"),
        ("postgres://admin:5432/word@db/x", "postgres://****@db/x"),
    ],
)
def test_a_password_in_a_url_ends_at_the_last_at_sign(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key 0123456789abcdef0123456789abcdef", "the key ****"),
        ("sent 0123456789abcdef0123456789abcdef", "sent ****"),
        ("Invalid: 0123456789abcdef0123456789abcdef", "Invalid: ****"),
        ("trace id 0123456789abcdef0123456789abcdef", "trace id 0123456789abcdef0123456789abcdef"),
        ("traceId=0123456789abcdef0123456789abcdef", "traceId=0123456789abcdef0123456789abcdef"),
        ('"md5": "0123456789abcdef0123456789abcdef"', '"md5": "0123456789abcdef0123456789abcdef"'),
        ("at 0123456789abcdef0123456789abcdef01234567", "at 0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_hexadecimal_digits_are_a_key_unless_they_are_called_an_id(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_the_name_of_a_credential_is_no_secret_and_what_looks_like_a_key_is() -> None:
    text = '"authentication": {"providerKey": "openai-prod-2026"}'
    assert redacted(text) == text
    assert redacted('"providerKey": "sk-proj-Zq9wE7rT5yU3iO1pA8sD6f"') == '"providerKey": "****"'


_KEY: Final = "sk-proj-" + "pTyGJMuHbEL31IeL2HPcHyGcFRl1SPnXNYvMIHa2o7T3BlbkFJ6umfXf"
SPELLINGS: Final = (
    " ".join(_KEY),
    ",".join(_KEY),
    ", ".join(f'"{character}"' for character in _KEY),
    "".join(f"&#{ord(character)};" for character in _KEY),
    "".join(f"&#x{ord(character):x};" for character in _KEY),
    "".join(f"\\u{ord(character):04x}" for character in _KEY),
    "".join(f"\\x{ord(character):02x}" for character in _KEY),
    "".join(f"\\{ord(character):03o}" for character in _KEY),
    ", ".join(str(ord(character)) for character in _KEY),
    " ".join(str(ord(character)) for character in _KEY),
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_that_is_spelled_character_by_character_is_masked(spelling: str) -> None:
    assert redacted(f"refused [{spelling}] at last") in ("refused [****] at last", 'refused ["****"] at last')
    assert spelling not in repr(diagnose(f"openai: invalid_api_key, [{spelling}] at last"))


@pytest.mark.parametrize(
    "text",
    [
        "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14",
        "token ids: 101, 2023, 2003, 1037, 3231, 102, 101, 117, 118, 99, 98, 97, 96, 95, 94",
        "[0.1, 0.22, 0.33, 0.44, 0.55, 0.66, 0.77, 0.88, 0.99, 0.10, 0.11, 0.12, 0.13, 0.14]",
        "10 20 30 40 50 60 70 80 90 10 20 30 40 50",
    ],
)
def test_letters_and_numbers_that_spell_no_key_stay_readable(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    "key", ["Cassandra:Y2Fzc2FuZHJh:czNjcmV0cHdk", "sk-lf-51b429fe-8110-4c1d-9a0b-1c2d3e4f5a6b", _KEY]
)
@pytest.mark.parametrize("escape", [r"\n", r"\t", r"\r\n"])
def test_a_key_behind_an_escaped_line_break_is_masked(key: str, escape: str) -> None:
    assert redacted(f"a{escape}{key}{escape}b") == f"a{escape}****{escape}b"


@pytest.mark.parametrize("line_end", ["\n", "\n    ", "\\\n", "\\n"])
@pytest.mark.parametrize(
    "key",
    [
        "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",
        "pa-SF2RCdKDFRuNw5GCfhA6ILI8gJhead6wJ9kFZJSqg",
        "AstraCS:pPTejqZHKpKENg5zfjOc6Vwc:d46725a2a7b860dcd6c8a1f8b46287cced9041dff02cee737443e210471948d3",
    ],
)
def test_a_key_that_goes_on_in_the_next_lines_is_masked(key: str, line_end: str) -> None:
    shown = redacted(f"bad key {line_end.join(key[start : start + 20] for start in range(0, len(key), 20))} end")
    assert not any(key[start : start + 8] in shown for start in range(len(key) - 8))
    assert shown.startswith("bad key ****")
    assert shown.endswith(" end")


def test_a_key_in_the_path_of_a_file_is_masked_and_the_name_of_a_commit_is_not() -> None:
    key = "xzJLJenuHjDUrhhjeyxGpTyGJMuHbEL31IeL2HPcHyGc"
    assert redacted(f"cannot read /home/user/keys/{key}.txt") == "cannot read /home/user/keys/****.txt"
    path = "/cache/models--BAAI--bge-small-en-v1.5/snapshots/5c38ec7c405ec4b44b94cc5a9bb96e735b38267a/config.json"
    assert redacted(path) == path
