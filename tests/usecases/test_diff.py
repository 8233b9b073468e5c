"""`vzctl diff`: what two states do not share, by name."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.support.cli import LOGS, Cli

KEY = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"


def test_two_states_are_compared_by_name(cli: Cli) -> None:
    cli.init().add().collect()
    for words in (
        ("init", "--control-plane", "local", "--organization", "default"),
        ("databases", "add", "shop", "--region", "eu-west1"),
        ("databases", "add", "blog", "--id", LOGS),
    ):
        cli.ok("--profile", "other", *words)
    cli.ok(
        *("--profile", "other", "credentials", "add", "openai-prod", "--provider", "openai", "--scope", "blog"),
        *("--note", "for the shop", "--max-age-days", "30", "--secret-stdin"),
        stdin=KEY,
    )
    result = cli.run("diff", "other", "--exit-code")
    assert (result.status, result.rows) == (
        20,
        [
            ["database", "shop", "different", "region: us-east1 → eu-west1"],
            ["database", "blog", "only_there", ""],
            [
                "credential",
                "openai-prod",
                "different",
                result.rows[2][3],
            ],
            ["collection", "shop/default/products", "only_here", ""],
        ],
    )
    details = result.rows[2][3]
    assert all(word in details for word in ("max age days: none → 30", "note added", "scope -shop", "scope +blog"))
    assert KEY not in result.out
    assert "for the shop" not in result.out
    path = cli.state.parent.parent / "other" / "state.toml"
    assert cli.ok("diff", str(path)).out == cli.ok("diff", "other").out
    document = json.loads(cli.run("diff", "other", "-o", "json").out)
    assert [item["name"] for item in document["data"]["differences"]] == [
        "shop",
        "blog",
        "openai-prod",
        "shop/default/products",
    ]


def test_a_state_does_not_differ_from_itself_or_from_a_copy(cli: Cli) -> None:
    cli.init().add().collect()
    copy = cli.folder / "copy.toml"
    copy.write_bytes(cli.state.read_bytes())
    for other in ("default", str(copy), "./copy.toml", "copy.toml"):
        result = cli.ok("diff", other, "--exit-code")
        assert (result.out, result.err) == ("", "the two states do not differ\n")


def test_an_open_rotation_and_a_new_key_are_differences(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    copy = cli.folder / "copy.toml"
    copy.write_bytes(cli.state.read_bytes())
    assert cli.rotate().status == 14
    assert [row[:3] for row in cli.ok("diff", str(copy)).rows] == [["open rotation", "openai-prod", "only_here"]]
    for step in ("removed", "recreated", "scoped"):
        cli.run("rotations", "resume", "openai-prod", "--attest", step)
    ((kind, name, _, details),) = cli.ok("diff", str(copy)).rows
    assert (kind, name, "active version changed" in details) == ("credential", "openai-prod", True)


@pytest.mark.parametrize("content", ["", "schema = ", "<<<<<<< HEAD\n", "# The state of vzctl, written by vzctl\n"])
@pytest.mark.parametrize("profile", [(), ("--profile", "default")], ids=["no profile", "a profile"])
def test_advice_about_a_broken_other_state_does_not_act_on_the_sound_one(
    cli: Cli, content: str, profile: tuple[str, ...]
) -> None:
    cli.init().add()
    (cli.folder / "other.toml").write_text(content, encoding="utf-8")
    before = cli.everything()
    result = cli.run("diff", "other.toml", *profile)
    commands = [line.removeprefix("  next: ") for line in result.err.splitlines() if line.startswith("  next: ")]
    assert (result.status, bool(commands)) == (9, True)
    for command in commands:
        words = shlex.split(command)
        if words[0] == "vzctl" and words[1] == "state":
            assert words[-2:] == ["--state", "other.toml"]
            assert "--profile" not in words
            cli.run(*words[1:], "--confirm", "2", "--yes") if "restore" in words else cli.ok(*words[1:])
    assert cli.everything() == before


def test_a_state_that_does_not_exist_is_not_created_by_the_advice(cli: Cli) -> None:
    cli.init()
    for other in ("nobody", "nobody.toml"):
        result = cli.run("diff", other)
        assert (result.status, "init" in result.err, "next: vzctl diff --help" in result.err) == (3, False, True)


def test_an_exported_copy_is_called_what_it_is(cli: Cli) -> None:
    cli.init().add()
    (cli.folder / "copy.toml").write_text(cli.ok("state", "export").out, encoding="utf-8")
    result = cli.run("diff", "copy.toml")
    assert (result.status, "vzctl state export" in result.error, "cut off" in result.error) == (9, True, False)
