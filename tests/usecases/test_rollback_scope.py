"""A rollback changes the key and nothing else, and says what has changed since the rotation began."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.usecases.meanwhile import while_asked
from vzctl.errors import ConflictError, NotFoundError
from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation

THIRD = "33333333-3333-4333-8333-333333333333"
ROLL_BACK = ("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")


def rotated(cli: Cli, plane: str = "local") -> Cli:
    """Make a credential in two databases, with a collection in each, and rotate it to the end."""
    cli.init(plane).ok("databases", "add", "logs", "--id", LOGS)
    cli.ok("databases", "add", "third", "--id", THIRD)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs", "--note", "before")
    if plane == "astra":
        cli.attest_all()
    cli.collect().collect("logs/default/lines")
    if plane == "local":
        assert cli.rotate().status == 0
        return cli
    assert cli.rotate().status == 14
    words = ("--attest", "removed", "--attest", "recreated", "--attest", "scoped")
    cli.ok("rotations", "resume", "openai-prod", *words)
    return cli


def change_everything_but_the_key(cli: Cli) -> None:
    cli.ok("collections", "forget", "logs/default/lines", "--yes")
    for words in (("remove", "openai-prod", "logs", "--yes"), ("add", "openai-prod", "third")):
        assert cli.run("scope", *words).status in (0, 14)
    cli.collect("third/default/new")
    cli.ok("credentials", "edit", "openai-prod", "--note", "after", "--max-age-days", "7")


def credential(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = cli.document()["credentials"][0]
    return found


SINCE = {
    "scope_added": ["third"],
    "scope_removed": ["logs"],
    "dependents_added": ["third/default/new"],
    "dependents_removed": ["logs/default/lines"],
    "is_complete": True,
}


def test_a_rollback_leaves_all_but_the_key_as_it_is_now_and_lists_what_changed(cli: Cli) -> None:
    old = rotated(cli).document()["credentials"][0]["previous"][0]
    change_everything_but_the_key(cli)
    before = credential(cli)
    planned = json.loads(cli.ok("rotations", "rollback", "openai-prod", "--dry-run", "-o", "json").out)
    assert planned["data"]["changes"] == SINCE
    rolled = json.loads(cli.ok(*ROLL_BACK, "-o", "json").out)
    assert rolled["data"]["changes"] == SINCE
    after = credential(cli)
    assert after["current"] == old
    key_bound = {"current", "previous", "key_set_at"}
    assert {key: value for key, value in after.items() if key not in key_bound} == {
        key: value for key, value in before.items() if key not in key_bound
    }
    assert (after["note"], [item["database"] for item in after["scope"]]) == ("after", [SHOP, THIRD])
    assert cli.run("state", "check", "--exit-code").status == 0


def test_what_changed_is_read_before_the_question(cli: Cli) -> None:
    rotated(cli)
    change_everything_but_the_key(cli)
    asked = cli.run("rotations", "rollback", "openai-prod")
    assert asked.status == 8
    assert [line for line in asked.err.splitlines() if "since" in line or "no longer" in line] == [
        "    added to the scope since: third (stays in it)",
        "    removed from the scope since: logs (stays out of it)",
        "    new dependent since: third/default/new (gets the old key too)",
        "    no longer a dependent: logs/default/lines (unaffected)",
    ]


def test_on_astra_the_manual_steps_of_a_rollback_put_the_scope_of_now_back(cli: Cli) -> None:
    rotated(cli, "astra")
    change_everything_but_the_key(cli)
    cli.attest_all()
    back = cli.run(*ROLL_BACK)
    assert back.status == 12
    words = ("--attest", "removed", "--attest", "recreated")
    scoping = cli.run("rotations", "resume", "openai-prod", *words)
    assert "  at openai-prod choose Add databases to scope: shop, third" in scoping.err.splitlines()
    cli.ok("rotations", "resume", "openai-prod", "--attest", "scoped")
    assert [item["database"] for item in credential(cli)["scope"]] == [SHOP, THIRD]
    assert {item["evidence"] for item in credential(cli)["scope"]} == {"attested"}


def rotate_again(cli: Cli) -> None:
    assert cli.rotate(key="sk-third").status == 0


def revoke(cli: Cli) -> None:
    cli.ok("revocations", "done", "openai-prod", "--yes")


def rotate_and_roll_back(cli: Cli) -> None:
    cli.ok(*ROLL_BACK)
    assert cli.rotate(key="sk-third").status == 0


def rotate_again_and_roll_that_back(cli: Cli) -> None:
    """The same keys as before, but the rotation that was shown is no longer the last one."""
    rotate_again(cli)
    cli.ok(*ROLL_BACK)


def add_a_dependent(cli: Cli) -> None:
    cli.collect("shop/default/more")


def change_the_scope(cli: Cli) -> None:
    cli.ok("scope", "add", "openai-prod", "third")


def remove_the_credential(cli: Cli) -> None:
    cli.ok("credentials", "remove", "openai-prod", "--confirm", "openai-prod")


def restore(cli: Cli) -> None:
    serial = str(int(cli.document()["serial"]) - 4)  # that of before the rotation
    cli.ok("state", "restore", serial, "--confirm", serial)


def edit_the_slot(cli: Cli) -> None:
    cli.ok("credentials", "edit", "openai-prod", "--set-at", "2026-01-01")


@pytest.mark.parametrize(
    "meanwhile",
    [
        rotate_again,
        revoke,
        rotate_and_roll_back,
        rotate_again_and_roll_that_back,
        add_a_dependent,
        change_the_scope,
        remove_the_credential,
        restore,
        edit_the_slot,
    ],
)
def test_a_rollback_that_waited_does_not_act_on_what_it_did_not_show(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, meanwhile: Any
) -> None:
    rotated(cli)
    left: list[dict[str, Any]] = []

    def at_the_prompt() -> None:
        meanwhile(cli)
        left.append(cli.document())

    context = while_asked(cli, monkeypatch, at_the_prompt)
    with pytest.raises((ConflictError, NotFoundError)):
        roll_back_rotation(context, RollBackRotation(name="openai-prod"))
    assert [cli.document()] == left, "nothing was written"
    keys = {item["id"]: item["held"] for item in cli.document().get("credentials", [{}])[0].get("versions", [])}
    current = cli.document().get("credentials", [{}])[0].get("current")
    assert current is None or keys[current], "the active key is stored"
