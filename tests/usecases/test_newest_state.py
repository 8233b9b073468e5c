"""The newest state survives what other programs do to the file, and no secret that it uses is deleted meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import Cli


def newest(cli: Cli) -> Path:
    return cli.state.parent / "state.toml.d" / "newest.toml"


def newer(cli: Cli) -> Path:
    return cli.state.parent / "state.toml.d" / "newer.toml"


def in_store(cli: Cli) -> set[str]:
    return {path.stem for path in cli.folder.rglob("*.age")}


def credential(cli: Cli) -> dict[str, object]:
    found: dict[str, object] = cli.document()["credentials"][0]
    return found


def rotated(cli: Cli) -> tuple[int, bytes, str]:
    """Rotate; return the serial before DONE, the bytes of the finished state, and the new version."""
    cli.init().add().collect()
    assert cli.rotate().status == 0
    return cli.document()["serial"] - 1, cli.state.read_bytes(), str(credential(cli)["current"])


def take_back(cli: Cli) -> str:
    return cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod").err


def test_an_older_commit_that_takes_a_rotation_back_does_not_delete_the_active_key_of_the_newer_one(cli: Cli) -> None:
    serial, done, new = rotated(cli)
    cli.check_out(serial)
    assert "was not deleted" in take_back(cli)
    assert new in in_store(cli)
    assert cli.run("secrets", "purge", "--yes").status == 0
    assert new in in_store(cli)

    cli.state.write_bytes(done)  # the branch of before
    assert credential(cli)["current"] == new
    assert cli.run("secrets", "status", "--check", "-o", "plain").facts["secrets.1.in_store"] == "present"


def test_other_changes_of_the_older_commit_do_not_make_it_forget_the_newer_one(cli: Cli) -> None:
    serial, _, new = rotated(cli)
    cli.check_out(serial)
    for name in ("a", "b", "c"):
        cli.ok("databases", "add", name)
    take_back(cli)
    assert new in in_store(cli)


def test_when_the_file_has_caught_up_its_deletions_are_made_again(cli: Cli) -> None:
    serial, done, _ = rotated(cli)
    old = str(credential(cli)["previous"][0])  # type: ignore[index]
    cli.check_out(serial)
    cli.ok("databases", "add", "other")
    assert newer(cli).read_bytes() == done
    cli.state.write_bytes(done)
    cli.ok("databases", "add", "one")
    cli.ok("databases", "add", "two")
    assert not newer(cli).exists()
    cli.ok("revocations", "done", "openai-prod", "--yes")
    assert old not in in_store(cli)


def test_who_removes_the_newer_state_gives_its_secrets_up(cli: Cli) -> None:
    serial, _, new = rotated(cli)
    cli.check_out(serial)
    take_back(cli)
    newer(cli).unlink()
    cli.ok("secrets", "purge", "--yes")
    assert new not in in_store(cli)


def test_status_and_check_say_that_the_file_went_back_and_name_the_backup(cli: Cli) -> None:
    serial, done, new = rotated(cli)
    assert cli.ok("state", "check", "-o", "plain").facts["problems"] == ""
    cli.check_out(serial)
    check = cli.run("state", "check", "-o", "plain")
    assert (check.status, check.facts["problems.0.code"]) == (20, "STATE_WENT_BACK")
    assert check.facts["problems.0.command"] == f"vzctl state restore {serial + 1}"
    assert "STATE_WENT_BACK" not in cli.ok("status").out  # the message, not the code, is what a person reads
    assert f"serial {serial + 1}" in cli.ok("status", "-o", "plain").out

    cli.ok("state", "restore", str(serial + 1), "--confirm", str(serial + 1))
    assert credential(cli)["current"] == new
    assert cli.ok("state", "check", "-o", "plain").facts["problems"] == ""
    assert done != cli.state.read_bytes()


@pytest.mark.parametrize("damage", ["removed", "empty", "cut off", "no TOML"])
def test_the_last_change_is_not_lost_with_the_file(cli: Cli, damage: str) -> None:
    _, done, new = rotated(cli)
    if damage == "removed":
        cli.state.unlink()
    else:
        cli.state.write_bytes({"empty": b"", "cut off": done[:400], "no TOML": b"= ="}[damage])
    serial = int(cli.ok("state", "backups", "-o", "plain").rows[0][0])
    cli.ok("state", "restore", "latest", "--confirm", str(serial))
    assert credential(cli)["current"] == new
    assert [item["step"] for item in cli.document()["rotations"]] == ["DONE"]


def test_the_newest_state_outlives_a_restore_of_another_backup(cli: Cli) -> None:
    serial, done, _ = rotated(cli)
    cli.state.unlink()
    cli.ok("state", "restore", str(serial - 3), "--confirm", str(serial - 3))
    kept = cli.state.parent / "state.toml.d" / "backups" / f"{serial + 1:08d}.toml"
    assert kept.read_bytes() == done


def test_a_state_without_backups_can_be_restored_from_the_newest(cli: Cli) -> None:
    _, _, new = rotated(cli)
    shutil.rmtree(cli.state.parent / "state.toml.d" / "backups")
    cli.state.unlink()
    assert cli.run("init", "--control-plane", "local").status == 9
    assert (
        cli.run("state", "restore", "latest", "--confirm", str(int(cli.ok("state", "backups").rows[0][0]))).status == 0
    )
    assert credential(cli)["current"] == new


def test_a_damaged_newest_state_counts_for_nothing(cli: Cli) -> None:
    rotated(cli)
    newest(cli).write_bytes(newest(cli).read_bytes()[:200])
    assert cli.ok("state", "check", "-o", "plain").facts["problems"] == ""
    cli.ok("databases", "add", "other")
    assert newest(cli).read_bytes() == cli.state.read_bytes()


def revoked(cli: Cli) -> tuple[int, str]:
    """Rotate, and delete the secret of the old key; return a serial whose state relies on it, and its version."""
    serial, _, _ = rotated(cli)
    old = str(credential(cli)["previous"][0])  # type: ignore[index]
    cli.ok("revocations", "done", "openai-prod", "--yes")
    assert old not in in_store(cli)
    return serial, old


def is_stored(cli: Cli) -> list[tuple[str, str]]:
    """Return, of each version, what the state says of its secret, and what the store says."""
    facts = cli.run("secrets", "status", "--check", "-o", "plain").facts
    return [
        (facts[f"secrets.{n}.held"], facts[f"secrets.{n}.in_store"]) for n in range(9) if f"secrets.{n}.held" in facts
    ]


def test_a_key_whose_secret_is_gone_is_not_said_to_be_stored_by_an_older_file(cli: Cli) -> None:
    serial, _ = revoked(cli)
    cli.check_out(serial)
    assert ("true", "absent") not in is_stored(cli)
    assert cli.ok("credentials", "show", "openai-prod", "-o", "plain").facts["versions.0.held"] == "false"
    assert cli.ok("credentials", "list", "-o", "plain").rows[0][6] == "false"


@pytest.mark.parametrize(
    "change",
    [
        ("databases", "add", "other"),
        ("integrations", "add", "mistral"),
        ("databases", "edit", "shop", "--status", "ACTIVE", "--region", "x"),
    ],
    ids=" ".join,
)
def test_a_change_of_the_older_file_records_what_is_gone(cli: Cli, change: tuple[str, ...]) -> None:
    serial, old = revoked(cli)
    cli.check_out(serial)
    cli.run(*change)
    newer(cli).unlink(missing_ok=True)
    newest(cli).unlink()
    assert ("true", "absent") not in is_stored(cli)
    assert credential(cli)["current"] != old
    assert cli.run("secrets", "put", "openai-prod", "--secret-stdin", stdin="sk-first").status == 4, "it is revoked"


def test_a_restore_over_another_branch_does_not_bring_back_what_is_gone(cli: Cli) -> None:
    """The other branch has a higher serial, and knows nothing of the deletion."""
    serial, _ = revoked(cli)
    text = (cli.state.parent / "state.toml.d" / "backups" / f"{serial:08d}.toml").read_text(encoding="utf-8")
    cli.state.write_text(text.replace(f"serial = {serial}\n", "serial = 500\n"), encoding="utf-8")
    cli.ok("state", "restore", str(serial), "--confirm", str(serial))
    assert ("true", "absent") not in is_stored(cli)


def test_a_deletion_that_is_not_done_takes_no_key_from_the_newer_file(cli: Cli) -> None:
    serial, done, new = rotated(cli)
    cli.check_out(serial)
    assert "was not deleted" in take_back(cli)  # begun, not done
    cli.state.write_bytes(done)
    assert ("true", "present") in is_stored(cli)
    cli.ok("databases", "add", "other")
    assert (credential(cli)["current"], new in in_store(cli)) == (new, True)
