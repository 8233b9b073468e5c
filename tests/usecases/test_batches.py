"""Several credentials from a file: checked whole first, then one by one, and every item has a result."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import Cli, Result

pytestmark = pytest.mark.every_state_store


def batch(cli: Cli, command: str, lines: list[dict[str, Any]] | str, *words: str, **keys: str) -> Result:
    """Write the lines to a file and run the command with it; `keys` are variables."""
    text = lines if isinstance(lines, str) else "".join(f"{json.dumps(line)}\n" for line in lines)
    (cli.folder / "batch.jsonl").write_text(text, encoding="utf-8")
    return cli.run("credentials", command, "--from", "batch.jsonl", *words, env=keys)


def names(cli: Cli) -> list[str]:
    return [row[0] for row in cli.ok("credentials", "list").rows]


def add(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "provider": "openai", **(more or {"none": True})}


def test_credentials_are_added_in_the_order_of_the_file(cli: Cli) -> None:
    cli.init()
    (cli.folder / "key").write_text("sk-file\n", encoding="utf-8")
    lines = [
        add("one", secret_env="KEY", databases=["shop"], note="first", max_age_days=5),
        add("two", secret_file="key"),
        {"name": "azure", "provider": "Azure OpenAI", "none": True, "slot": 2},
    ]
    result = batch(cli, "add", lines, KEY="sk-env")
    assert (result.status, result.err.splitlines()[:4]) == (
        0,
        [
            'one: added the credential "one" (OpenAI)',
            'two: added the credential "two" (OpenAI)',
            'azure: added the credential "azure" (Azure OpenAI)',
            "3 of 3 done",
        ],
    )
    assert names(cli) == ["one", "two", "azure"]
    facts = cli.ok("credentials", "show", "one").facts
    assert (facts["credential.note"], facts["credential.max_age_days"], facts["scope.0.name"]) == ("first", "5", "shop")
    assert cli.ok("credentials", "show", "azure").facts["slot"] == "2"


def test_a_failure_in_the_middle_ends_the_batch_and_names_what_was_not_begun(cli: Cli) -> None:
    cli.init()
    lines = [add("one", secret_env="KEY"), add("two", secret_env="UNSET"), add("three"), add("four")]
    result = batch(cli, "add", lines, KEY="sk-1")
    assert (result.status, result.err.splitlines()[:5]) == (
        11,
        [
            'one: added the credential "one" (OpenAI)',
            'two: the environment variable "UNSET" is not set or not exported; --secret-env takes its name, never the key',
            "three: an earlier line failed",
            "four: an earlier line failed",
            "1 of 4 done",
        ],
    )
    assert [row[:3] for row in result.rows] == [
        ["one", "OK", "0"],
        ["two", "SECRET_VARIABLE_UNSET", "2"],
        ["three", "NOT_STARTED", "11"],
        ["four", "NOT_STARTED", "11"],
    ]
    assert names(cli) == ["one"]


def test_after_the_fault_is_gone_the_same_batch_goes_on(cli: Cli) -> None:
    cli.init()
    lines = [add("one", secret_env="KEY"), add("two", secret_env="UNSET")]
    assert batch(cli, "add", lines, KEY="sk-1").status == 11
    again = batch(cli, "add", lines, "--if-exists", "skip", KEY="sk-1", UNSET="sk-2")
    assert (again.status, names(cli)) == (0, ["one", "two"])


@pytest.mark.parametrize(
    ("lines", "status", "error"),
    [
        ([add("one"), add("one")], 4, '"one" is in the batch twice'),
        ([add("one"), add("ONE")], 4, '"ONE" is in the batch twice'),
        ([add("one"), add("two", databases=["nowhere"], none=True)], 3, 'there is no database "nowhere"'),
        ([add("one"), {"name": "two", "none": True}], 2, 'the batch names no provider for "two"'),
        ([add("one"), {"name": "two", "provider": "opneai", "none": True}], 3,
         'there is no provider "opneai"; did you mean "openai"?'),
        ([add("one"), add("bad name")], 2, '"bad name" cannot be a credential name: it contains \' \'; allowed are '
         "letters A-Z a-z, digits, '.', '_' and '-'"),
        ([add("one"), {"name": "two", "provider": "nvidia", "none": True}], 4,
         "Nvidia is hosted by Astra: it takes no credential and no scope"),
        ([add("one"), add("there")], 4, 'the credential "there" exists already'),
        ("", 2, 'the batch "batch.jsonl" has no lines'),
        ("\n \n", 2, 'the batch "batch.jsonl" has no lines'),
        ("{}\n", 2, 'line 1 of the batch lacks "name"'),
        ("[]\n", 2, "line 1 of the batch is no JSON object"),
        ('\n{"name"\n', 2, "line 2 of the batch is not JSON"),
        ("[" * 100_000, 2, "line 1 of the batch is nested too deeply (more than 16 levels)"),
        ([{"name": "one", "provider": "openai", "secret": "sk-1"}], 2,
         "line 1 of the batch has 1 unknown key(s); known are databases, max_age_days, name, none, note, provider, "
         "secret_env, secret_file, slot; no secret goes inline"),
        ([{"name": "one", "provider": "openai"}], 2,
         'line 1 of the batch needs exactly one of "secret_env", "secret_file" and "none": true'),
        ([add("one", secret_env="A", secret_file="b")], 2,
         'line 1 of the batch needs exactly one of "secret_env", "secret_file" and "none": true'),
        ([add("one", none="yes")], 2,
         'line 1 of the batch needs exactly one of "secret_env", "secret_file" and "none": true'),
        ([add("one", secret_file="-")], 2, 'line 1 of the batch "secret_file" must be a file, not "-"'),
        ([add("one", databases="shop", none=True)], 2, 'line 1 of the batch "databases" must be a list of names'),
        ([add("one", databases=[""], none=True)], 2, 'line 1 of the batch "databases" must be a list of names'),
        ([add("one", databases=[5], none=True)], 2, 'line 1 of the batch "databases" must be a list of names'),
        ([add("one", note=5, none=True)], 2, 'line 1 of the batch "note" must be a text that is not empty'),
        ([add("one", slot="1", none=True)], 2, 'line 1 of the batch "slot" must be a whole number'),
        ([add("one", max_age_days=True, none=True)], 2, 'line 1 of the batch "max_age_days" must be a whole number'),
        ([{"name": 5}], 2, 'line 1 of the batch "name" must be a text that is not empty'),
    ],
)  # fmt: skip
def test_a_batch_with_a_fault_adds_nothing_at_all(
    cli: Cli, lines: list[dict[str, Any]] | str, status: int, error: str
) -> None:
    cli.init().ok("credentials", "add", "there", "--provider", "openai", "--no-secret")
    before = cli.everything()
    result = batch(cli, "add", lines)
    assert (result.status, result.out, result.error, cli.everything()) == (status, "", error, before)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("nowhere.jsonl", 'cannot read the batch "nowhere.jsonl": No such file or directory'),
        (".", 'cannot read the batch ".": Is a directory'),
        ("bytes", 'the batch "bytes" is not UTF-8'),
        ("huge", 'the batch "huge" is larger than 16777216 bytes'),
    ],
)
def test_a_file_that_is_no_batch_is_said(cli: Cli, path: str, error: str) -> None:
    cli.init()
    (cli.folder / "bytes").write_bytes(b"\xff\n")
    with (cli.folder / "huge").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    result = cli.run("credentials", "add", "--from", path)
    assert (result.status, result.error) == (2, error)


def test_a_batch_comes_from_standard_input_too(cli: Cli) -> None:
    cli.init()
    result = cli.run("credentials", "add", "--from", "-", stdin=json.dumps(add("one")))
    assert (result.status, names(cli)) == (0, ["one"])


@pytest.mark.parametrize(
    ("command", "words", "error"),
    [
        ("add", ("one",), "--from takes everything from the file; give no name, provider, scope or secret"),
        ("add", ("--no-secret",), "--from takes everything from the file; give no name, provider, scope or secret"),
        ("add", ("--scope", "shop"), "--from takes everything from the file; give no name, provider, scope or secret"),
        ("add", ("--note", "x"), "--from takes note, max_age_days and slot from the file, and has no --set-at"),
        (
            "add",
            ("--set-at", "2025-01-01"),
            "--from takes note, max_age_days and slot from the file, and has no --set-at",
        ),
        ("rotate", ("--slot", "2"), "--revoke-first and --slot are for one credential, not for --from"),
        ("rotate", ("--leaked", "--revoke-first"), "--revoke-first and --slot are for one credential, not for --from"),
        ("rotate", ("one",), "--from takes names and secrets from the file; give no name and no secret"),
        ("rotate", ("--secret-stdin",), "--from takes names and secrets from the file; give no name and no secret"),
    ],
)
def test_a_batch_is_not_mixed_with_words_for_one(cli: Cli, command: str, words: tuple[str, ...], error: str) -> None:
    result = batch(cli.init(), command, [add("one")], *words)
    assert (result.status, result.error) == (2, error)


def test_at_astra_a_batch_ends_with_a_persons_steps(cli: Cli) -> None:
    cli.init("astra")
    result = batch(cli, "add", [add("one"), add("two")])
    assert (result.status, result.err.splitlines()[-2:]) == (14, ["next: vzctl pending list", "  # a person's steps"])


def rotation(name: str, variable: str) -> dict[str, Any]:
    return {"name": name, "secret_env": variable}


def three(cli: Cli, plane: str = "local") -> Cli:
    cli.init(plane)
    for name in ("one", "two", "three"):
        cli.add(name, key=f"sk-{name}")
    return cli.attest_all() if plane == "astra" else cli


def test_credentials_are_rotated_after_one_question(cli: Cli) -> None:
    three(cli)
    lines = [rotation("one", "A"), rotation("two", "B")]
    asked = batch(cli, "rotate", lines, "--skip-test", A="sk-a", B="sk-b")
    assert (asked.status, asked.error) == (8, "rotate 2 credentials? nobody can be asked (no terminal); give --yes")
    assert [line for line in asked.err.splitlines() if "its key is" in line] == [
        '  rotate "one" (openai), its key is 0 days old',
        '  rotate "two" (openai), its key is 0 days old',
    ]
    result = batch(cli, "rotate", lines, "--skip-test", "--yes", A="sk-a", B="sk-b")
    assert (result.status, [row[:3] for row in result.rows]) == (0, [["one", "OK", "0"], ["two", "OK", "0"]])
    assert result.err.splitlines()[2] == "2 of 2 done"


def test_one_that_cannot_be_taken_back_makes_the_question_severe(cli: Cli) -> None:
    three(cli).ok("credentials", "add", "keyless", "--provider", "openai", "--no-secret")
    lines = [rotation("one", "A"), rotation("keyless", "B")]
    asked = batch(cli, "rotate", lines, "--skip-test", "--yes", A="sk-a", B="sk-b")
    assert (asked.status, asked.error) == (
        8,
        "rotate 2 credentials? nobody can be asked (no terminal); give --confirm 2",
    )
    assert batch(cli, "rotate", lines, "--skip-test", "--confirm", "2", A="sk-a", B="sk-b").status == 0


@pytest.mark.parametrize(
    ("lines", "keys", "status", "error"),
    [
        ([rotation("one", "A"), rotation("one", "B")], {}, 4, '"one" is in the batch twice'),
        ([rotation("one", "A"), rotation("nobody", "B")], {}, 3, 'there is no credential "nobody"'),
        ([rotation("one", "A"), {"name": "two", "none": True}], {}, 2,
         'a rotation of "two" needs secret_env or secret_file, and neither provider nor databases'),
        ([rotation("one", "A"), {**rotation("two", "A"), "provider": "openai"}], {}, 2,
         'a rotation of "two" needs secret_env or secret_file, and neither provider nor databases'),
        ([rotation("one", "A"), {**rotation("two", "A"), "databases": ["shop"]}], {}, 2,
         'a rotation of "two" needs secret_env or secret_file, and neither provider nor databases'),
        ([rotation("one", "A"), rotation("two", "UNSET")], {"A": "sk-a"}, 2,
         'the environment variable "UNSET" is not set or not exported; --secret-env takes its name, never the key'),
        ([rotation("one", "A"), rotation("two", "B")], {"A": "sk-a", "B": "two words"}, 2,
         "the secret was refused: it contains a space or a tab"),
    ],
)  # fmt: skip
def test_every_preflight_comes_before_the_first_rotation(
    cli: Cli, lines: list[dict[str, Any]], keys: dict[str, str], status: int, error: str
) -> None:
    three(cli)
    before = cli.everything()
    result = batch(cli, "rotate", lines, "--skip-test", "--yes", **keys)
    assert (result.status, result.error, cli.everything()) == (status, error, before)


def test_a_batch_of_keys_that_are_there_already_asks_nothing_and_changes_nothing(cli: Cli) -> None:
    three(cli)
    before = cli.everything()
    result = batch(cli, "rotate", [rotation("one", "A"), rotation("two", "B")], "--skip-test", A="sk-one", B="sk-two")
    assert (result.status, result.err, cli.everything()) == (
        0,
        "one: ok: it holds this key already\ntwo: ok: it holds this key already\n2 of 2 done\n",
        before,
    )


def test_a_dry_run_shows_every_plan_and_reads_no_key(cli: Cli) -> None:
    three(cli)
    before = cli.everything()
    result = batch(cli, "rotate", [rotation("one", "UNSET"), rotation("two", "UNSET")], "--dry-run")
    assert (result.status, [row[:4] for row in result.rows], cli.everything()) == (
        0,
        [["one", "OK", "0", "would rotate"], ["two", "OK", "0", "would rotate"]],
        before,
    )


def test_at_astra_every_rotation_of_the_batch_waits_for_its_person(cli: Cli) -> None:
    three(cli, "astra")
    lines = [rotation("one", "A"), rotation("two", "B")]
    result = batch(cli, "rotate", lines, "--skip-test", "--yes", A="sk-a", B="sk-b")
    assert (result.status, [row[:3] for row in result.rows]) == (14, [["one", "MANUAL", "14"], ["two", "MANUAL", "14"]])
    assert [row[1] for row in cli.ok("rotations", "list", "--open").rows] == ["TESTED", "TESTED"]


def test_in_json_a_batch_is_one_line_an_item_and_a_total(cli: Cli) -> None:
    cli.init()
    lines = [add("one", secret_env="KEY"), add("two", secret_env="UNSET"), add("three")]
    result = batch(cli, "add", lines, "-o", "json", KEY="sk-1")
    *items, total = [json.loads(line) for line in result.lines]
    assert [(item["ok"], item["code"], item["changed"], item["data"]["name"]) for item in items] == [
        (True, "OK", True, "one"),
        (False, "SECRET_VARIABLE_UNSET", False, "two"),
        (False, "NOT_STARTED", False, "three"),
    ]
    assert (result.status, total["ok"], total["code"], total["changed"], total["message"]) == (
        11,
        False,
        "PARTIAL",
        True,
        "1 of 3 done",
    )
    assert total["data"] == {"total": 3, "ok": 1, "waiting": 0, "failed": 1, "not_started": 1, "exit_code": 11}


def test_a_leaked_batch_and_a_minimum_scope_apply_to_every_item(cli: Cli) -> None:
    three(cli)
    lines = [rotation("one", "A"), rotation("two", "B")]
    words = ("--skip-test", "--leaked", "--minimum-scope", "--confirm", "2")
    result = batch(cli, "rotate", lines, *words, A="sk-a", B="sk-b")
    assert result.status == 0
    assert [row[3] for row in cli.ok("revocations", "list").rows] == ["leaked", "leaked"]
    assert [row[2] for row in cli.ok("credentials", "list").rows] == ["0", "0", "1"]
