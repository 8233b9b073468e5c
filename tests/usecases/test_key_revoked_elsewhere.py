"""A key that was revoked or compromised as the key of one credential comes into use again for no other one."""

from __future__ import annotations

import pytest

from tests.support.cli import Cli
from vzctl.errors import ExitStatus


def spoiled(cli: Cli, how: str) -> Cli:
    """Let `other` give up the key `sk-shared`: it is revoked at the provider, or compromised."""
    leaked = ["--leaked", "--confirm", "other"] if how == "compromised" else []
    assert cli.rotate("other", *leaked, key="sk-of-other").status == 0
    if how == "revoked":
        cli.ok("revocations", "done", "other", "--yes")
    return cli


def active(cli: Cli, name: str) -> str:
    """Return which of the keys of these tests is the active one."""
    for key in ("sk-shared", "sk-own", "sk-third"):
        for row in cli.run("credentials", "find", "--secret-stdin", "-o", "plain", stdin=key).rows:
            if row[0] == name and row[2] == "current":
                return key
    return "none of them"


@pytest.fixture
def shared(cli: Cli) -> Cli:
    """Two credentials with one key."""
    return cli.init().add("one", key="sk-shared").add("other", key="sk-shared")


@pytest.mark.parametrize(
    ("how", "reason"),
    [("revoked", "the old key is revoked at its provider"), ("compromised", "the old key is known to others")],
)
def test_a_rotation_is_not_rolled_back_to_it(shared: Cli, how: str, reason: str) -> None:
    assert shared.rotate("one", key="sk-own").status == 0
    spoiled(shared, how)
    before = shared.everything()
    result = shared.run("rotations", "rollback", "one", "--confirm", "one")
    assert (result.status, result.error) == (
        ExitStatus.CONFLICT,
        f'the rotation of "one" cannot be taken back: {reason}',
    )
    assert shared.everything() == before
    assert active(shared, "one") == "sk-own"


@pytest.mark.parametrize(
    ("how", "reason"), [("revoked", "was revoked at its provider"), ("compromised", "is compromised")]
)
@pytest.mark.parametrize("replace", [[], ["--replace-secret"]], ids=["again", "replaced by itself"])
def test_a_rotation_does_not_lead_to_it(cli: Cli, how: str, reason: str, replace: list[str]) -> None:
    cli.init().add("one", key="sk-own").add("other", key="sk-shared")
    assert cli.rotate("one", "--until", "staged", key="sk-shared").status == 0
    spoiled(cli, how)
    result = cli.run("rotations", "resume", "one", *replace, "--secret-stdin", "--yes", stdin="sk-shared")
    assert (result.status, result.error) == (ExitStatus.CONFLICT, f'the new key of "one" {reason}')
    assert "vzctl rotations resume one --replace-secret" in result.err
    assert "vzctl rotations rollback one" in result.err
    assert active(cli, "one") == "sk-own"


@pytest.mark.parametrize("how", ["revoked", "compromised"])
def test_such_a_rotation_goes_on_with_another_key_or_is_rolled_back(cli: Cli, how: str) -> None:
    cli.init().add("one", key="sk-own").add("other", key="sk-shared")
    assert cli.rotate("one", "--until", "staged", key="sk-shared").status == 0
    spoiled(cli, how)
    cli.ok("rotations", "resume", "one", "--replace-secret", "--skip-test", "--secret-stdin", "--yes", stdin="sk-third")
    assert active(cli, "one") == "sk-third"
    cli.ok("rotations", "rollback", "one", "--confirm", "one")
    assert active(cli, "one") == "sk-own"


@pytest.mark.parametrize("how", ["revoked", "compromised"])
def test_a_restore_does_not_bring_it_back(shared: Cli, how: str) -> None:
    serial = str(shared.document()["serial"])
    assert shared.rotate("one", key="sk-own").status == 0
    spoiled(shared, how)
    shared.ok("state", "restore", serial, "--confirm", serial)
    assert active(shared, "one") == "sk-own"


def test_a_credential_that_still_uses_it_is_a_problem_of_the_state(shared: Cli) -> None:
    spoiled(shared, "revoked")
    found = shared.run("state", "check").out
    assert 'the key of "one" was revoked at OpenAI, and is in force here' in found
