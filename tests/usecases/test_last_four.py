"""The last four characters of a key: recorded with its fingerprint, shown where a key is to be found at its provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import Cli

FIRST = "sk-proj-abcdefghijklmnop1111"
SECOND = "sk-proj-abcdefghijklmnop2222"
SHORT = "sk-short-qwzx"


def data(cli: Cli, *words: str) -> Any:
    return json.loads(cli.ok(*words, "-o", "json").out)["data"]


def last_fours(cli: Cli) -> list[str | None]:
    return [item["last_four"] for item in data(cli, "credentials", "show", "openai-prod")["versions"]]


def test_every_way_to_record_a_key_records_its_end(cli: Cli) -> None:
    cli.init().add(key=FIRST)
    assert last_fours(cli) == ["1111"]
    assert cli.rotate(key=SECOND).status == 0
    assert last_fours(cli) == ["1111", "2222"]


def test_a_key_that_is_adopted_gets_its_end_too(cli: Cli) -> None:
    cli.init()
    cli.ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    assert last_fours(cli) == [None]
    cli.ok("secrets", "put", "openai-prod", "--secret-stdin", stdin=FIRST)
    assert last_fours(cli) == ["1111"]


def test_the_end_of_a_short_key_is_neither_recorded_nor_shown(cli: Cli) -> None:
    cli.init().add(key=SHORT)
    assert last_fours(cli) == [None]
    assert "qwzx" not in cli.state.read_text(encoding="utf-8")


def test_the_end_of_a_key_is_shown_where_it_is_looked_for(cli: Cli) -> None:
    cli.init().add(key=FIRST)
    rotated = cli.rotate(key=SECOND)
    assert "after you revoke the old key …1111 at OpenAI" in rotated.err
    listed = cli.ok("revocations", "list")
    assert 'after you revoke the old key …1111 of "openai-prod" at OpenAI' in listed.err
    assert listed.rows[0][-1] == "1111"
    rotation = data(cli, "rotations", "show", "openai-prod")
    assert (rotation["old_last_four"], rotation["new_last_four"]) == ("1111", "2222")
    assert sorted(row["last_four"] for row in data(cli, "secrets", "status")["secrets"]) == ["1111", "2222"]


@pytest.mark.parametrize(
    "masked", ["sk-proj-****1111", "sk-…1111", "••••1111", "sk-...1111", "xxxxxxxx1111", "sk-p*****abc1111"]
)
def test_a_masked_key_is_found_by_its_last_four_characters(cli: Cli, masked: str) -> None:
    cli.init().add(key=FIRST).add("same-end", key="sk-proj-ponmlkjihgfedcba1111").add("other", key=SECOND)
    result = cli.ok("credentials", "find", "--secret-stdin", stdin=masked)
    assert [[row[0], row[6], row[7]] for row in result.rows] == [
        ["openai-prod", "1111", "last four"],
        ["same-end", "1111", "last four"],
    ]
    assert "the key is masked; 2 versions with the same last four characters: openai-prod, same-end" in result.err
    assert "--leaked" not in result.err


def test_a_masked_key_that_nothing_ends_like_is_said_to_be_masked(cli: Cli) -> None:
    cli.init().add(key=FIRST).add("short", key=SHORT)
    result = cli.ok("credentials", "find", "--secret-stdin", stdin="sk-proj-****9999")
    assert "the key is masked; no version in this state has the same last four characters" in result.err
    assert "not compared: 1 version without recorded last four characters" in result.err


def test_a_masked_key_without_an_end_cannot_be_compared(cli: Cli) -> None:
    cli.init().add(key=FIRST)
    result = cli.run("credentials", "find", "--secret-stdin", stdin="sk-proj-********")
    assert (result.status, "does not show its last four characters" in result.err) == (2, True)


def test_a_whole_key_is_found_by_its_fingerprint(cli: Cli) -> None:
    cli.init().add(key=FIRST).add("same-end", key="sk-proj-ponmlkjihgfedcba1111")
    result = cli.ok("credentials", "find", "--secret-stdin", stdin=FIRST)
    assert [[row[0], row[7]] for row in result.rows] == [["openai-prod", "key"]]
