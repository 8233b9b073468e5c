"""`vzctl diff`: what two states do not share, by name."""

from __future__ import annotations

import json

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
