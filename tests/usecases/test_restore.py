"""A restore puts an old file back, and forgets nothing that happened to a key since."""

from __future__ import annotations

from typing import Any

from tests.support.cli import Cli


def restore(cli: Cli, serial: int) -> list[str]:
    """Put a backup back; return the warnings."""
    result = cli.ok("state", "restore", str(serial), "--confirm", str(serial))
    assert cli.run("state", "check").status in (0, 20)
    return [line for line in result.err.splitlines() if line.startswith("warning: ")]


def credential(cli: Cli, name: str = "openai-prod") -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in cli.document()["credentials"] if item["name"] == name)
    return found


def held(item: dict[str, Any]) -> dict[str, bool]:
    return {version["id"]: version["held"] for version in item["versions"]}


def in_store(cli: Cli) -> set[str]:
    """Return the version ids that the `file` store really has."""
    return {path.stem for path in cli.folder.rglob("*.age")}


def unknown_items(cli: Cli) -> set[str]:
    """Return the versions in the store that the state does not know as held."""
    document = cli.document()
    owners = [*document.get("credentials", []), *document.get("retired", [])]
    return in_store(cli) - {key for owner in owners for key, is_held in held(owner).items() if is_held}


def test_a_rotation_that_is_undone_puts_the_newer_key_onto_the_revocations_list(cli: Cli) -> None:
    cli.init().add()
    serial, old = cli.document()["serial"], credential(cli)
    assert cli.rotate().status == 0
    new = credential(cli)["current"]

    assert restore(cli, serial) == []
    after = credential(cli)
    assert (after["current"], after["previous"]) == (old["current"], [new])
    assert held(after) == {old["current"]: True, new: True}
    rows = [(item["version"], item["reason"], "done_at" in item) for item in cli.document()["revocations"]]
    assert rows == [(new, "replaced by a restore", False)]
    assert unknown_items(cli) == set()

    cli.ok("revocations", "done", "openai-prod", "--yes")
    assert held(credential(cli)) == {old["current"]: True, new: False}
    assert in_store(cli) == {old["current"]}


def test_a_key_that_was_revoked_since_never_comes_back_into_force(cli: Cli) -> None:
    cli.init().add()
    serial, old = cli.document()["serial"], credential(cli)["current"]
    assert cli.rotate().status == 0
    new = credential(cli)
    cli.ok("revocations", "done", "openai-prod", "--yes")
    rotations, revocations = cli.document()["rotations"], cli.document()["revocations"]

    warnings = restore(cli, serial)
    assert warnings == [f'warning: "openai-prod" keeps the key it has now, not the one of serial {serial}']
    after = credential(cli)
    assert {key: after.get(key) for key in ("current", "previous", "key_set_at")} == {
        "current": new["current"],
        "previous": None,
        "key_set_at": new["key_set_at"],
    }
    assert held(after) == {old: False, new["current"]: True}
    assert (cli.document()["rotations"], cli.document()["revocations"]) == (rotations, revocations)
    assert "present" in cli.ok("secrets", "status", "--check").out
    assert unknown_items(cli) == set()


def test_a_credential_that_was_added_since_leaves_a_tombstone_and_a_key_to_revoke(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    cli.add("later", key="sk-later")
    later = credential(cli, "later")

    assert restore(cli, serial) == []
    document = cli.document()
    assert [item["name"] for item in document["credentials"]] == ["openai-prod"]
    assert [(item["name"], item["versions"]) for item in document["retired"]] == [("later", later["versions"])]
    assert [(item["version"], item["reason"]) for item in document["revocations"]] == [
        (later["current"], "replaced by a restore")
    ]
    cli.ok("revocations", "done", "later", "--yes")
    assert unknown_items(cli) == set()
    assert in_store(cli) == {credential(cli)["current"]}


def test_a_credential_that_was_removed_since_comes_back_and_says_that_its_key_is_gone(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    cli.ok("credentials", "remove", "openai-prod", "--yes")
    assert in_store(cli) == set()

    assert restore(cli, serial) == ['warning: the key of "openai-prod" was deleted from the store since']
    after = credential(cli)
    assert held(after) == {after["current"]: False}
    assert cli.document().get("revocations", []) == [], "it is in force again"
    assert [item["name"] for item in cli.document().get("retired", [])] == []
    cli.ok("secrets", "put", "openai-prod", "--secret-stdin", stdin="sk-first")
    assert in_store(cli) == {after["current"]}
    assert unknown_items(cli) == set()


def test_a_removed_credential_whose_key_was_revoked_comes_back_as_a_problem(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    cli.ok("credentials", "remove", "openai-prod", "--yes")
    cli.ok("revocations", "done", "openai-prod", "--yes")
    cli.ok("state", "restore", str(serial), "--confirm", str(serial))
    facts = cli.run("state", "check").facts
    assert [facts[f"problems.0.{key}"] for key in ("code", "subject", "message", "command")] == [
        "KEY_REVOKED",
        "openai-prod",
        'the key of "openai-prod" was revoked at OpenAI, and is in force here',
        "vzctl credentials rotate openai-prod",
    ]
    assert cli.rotate("openai-prod", "--confirm", "openai-prod").status == 0
    assert cli.ok("revocations", "list").rows == [], "it was revoked already"
    assert "problems.0.code" not in cli.ok("state", "check").facts


def test_an_open_rotation_that_is_forgotten_leaves_no_unknown_item(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "local")
    cli.ok("databases", "add", "shop")
    cli.add()
    serial = cli.document()["serial"]
    assert cli.rotate().status == 0
    restore(cli, serial + 2)
    assert [item["step"] for item in cli.document()["rotations"]] == ["STAGED"]
    restore(cli, serial)
    assert cli.document().get("rotations", []) == []
    assert unknown_items(cli) == set()


def test_at_astra_no_file_changes_which_key_is_in_force(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    serial = cli.document()["serial"]
    assert cli.rotate().status == 14
    for step in ("removed", "recreated", "scoped"):
        cli.run("rotations", "resume", "openai-prod", "--attest", step)
    before = cli.document()
    assert [item["step"] for item in before["rotations"]] == ["DONE"]

    assert restore(cli, serial) == [f'warning: "openai-prod" keeps the key it has now, not the one of serial {serial}']
    after = cli.document()
    assert [after[key] for key in ("rotations", "revocations")] == [before[key] for key in ("rotations", "revocations")]
    assert credential(cli)["current"] == before["credentials"][0]["current"]


def test_an_open_rotation_at_astra_stays_open(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    serial = cli.document()["serial"]
    cli.rotate()
    assert cli.run("rotations", "resume", "openai-prod", "--attest", "removed").status == 12
    before = cli.document()["rotations"]
    restore(cli, serial)
    assert cli.document()["rotations"] == before
    assert cli.run("rotations", "resume", "openai-prod", "--attest", "recreated", "--attest", "scoped").status == 0


def test_latest_is_the_newest_backup_that_can_be_read(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    cli.state.write_bytes(b"<<<<<<< mine\n")
    cli.ok("state", "restore", "latest", "--confirm", str(serial))
    assert b"<<<<<<< mine\n" in cli.everything().values(), "the broken bytes are the newest backup now"
    cli.ok("state", "restore", "latest", "--confirm", str(serial))
    assert cli.run("status").status == 0


def test_a_broken_file_is_healed_with_what_the_newest_sound_backup_knows(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    assert cli.rotate().status == 0
    cli.ok("revocations", "done", "openai-prod", "--yes")
    cli.ok("credentials", "edit", "openai-prod", "--note", "last")
    known = credential(cli)
    cli.state.write_bytes(b"")
    assert restore(cli, serial) == [f'warning: "openai-prod" keeps the key it has now, not the one of serial {serial}']
    assert held(credential(cli)) == held(known)


def test_no_backup_can_be_read(cli: Cli) -> None:
    cli.init()
    for path in (cli.state.parent / "state.toml.d" / "backups").iterdir():
        path.write_bytes(b"")
    result = cli.run("state", "restore", "latest")
    assert (result.status, result.error) == (3, "no backup can be read")


def serial_at(cli: Cli, step: str) -> int:
    """Return the serial of the newest backup in which the last rotation stands at that step."""
    folder = cli.state.parent / "state.toml.d" / "backups"
    return max(int(path.stem) for path in folder.iterdir() if f'step = "{step}"' in path.read_text(encoding="utf-8"))


def test_a_key_that_was_in_service_is_still_to_be_revoked_when_its_rotation_is_reopened_and_taken_back(
    cli: Cli,
) -> None:
    cli.init().add()
    assert cli.rotate().status == 0
    served = credential(cli)["current"]
    restore(cli, serial_at(cli, "TESTED"))
    assert cli.run("rotations", "rollback", "openai-prod", "--yes").status == 0
    assert [(item["version"], item["reason"]) for item in cli.document()["revocations"]] == [
        (served, "replaced by a restore")
    ]
    assert held(credential(cli))[served]


def test_the_newest_backup_is_the_last_that_was_made_whatever_its_serial(cli: Cli) -> None:
    cli.init()
    for number in range(4):
        cli.ok("databases", "edit", "shop", "--region", f"r{number}")
    cli.rewind(2)
    cli.ok("databases", "edit", "shop", "--region", "after")
    rows = cli.ok("state", "backups").rows
    assert [row[4] for row in rows] == ["2.6", "5", "4", "3", "2", "1"]
    ambiguous = cli.run("state", "restore", "2", "--confirm", "2")
    assert (ambiguous.status, ambiguous.error) == (4, "2 backups have the serial 2: 2.6, 2.2; name one of them")
    cli.ok("state", "restore", "latest", "--confirm", "2")
    assert cli.document()["serial"] == 8
    cli.ok("databases", "edit", "shop", "--region", "again")
    assert cli.ok("state", "backups").rows[0][4] == "8"


def test_a_backup_that_cannot_be_read_is_no_bug(cli: Cli) -> None:
    cli.init()
    folder = cli.state.parent / "state.toml.d" / "backups"
    backup = next(folder.iterdir())
    backup.unlink()
    backup.mkdir()
    result = cli.run("state", "restore", "latest")
    assert (result.status, result.error) == (3, f'no backup of "{cli.state}" exists')
    backup.rmdir()
    folder.rmdir()
    folder.symlink_to(folder)
    for words in (("state", "backups"), ("state", "restore", "1")):
        result = cli.run(*words)
        assert (result.status, result.error.startswith(f'cannot read "{folder}"')) == (9, True), result.err


def test_a_key_that_others_know_never_comes_back_into_force(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    assert cli.rotate("openai-prod", "--leaked", "--confirm", "openai-prod").status == 0
    after = credential(cli)["current"]
    assert restore(cli, serial) == [f'warning: "openai-prod" keeps the key it has now, not the one of serial {serial}']
    assert credential(cli)["current"] == after
    assert [item["reason"] for item in cli.document()["revocations"]] == ["leaked"]


def test_an_addition_that_was_finished_since_stays_finished(cli: Cli) -> None:
    cli.init().add()
    begun = cli.document()["serial"] - 1
    whole = credential(cli)
    restore(cli, begun)
    assert {**credential(cli)} == whole


def test_a_key_that_served_is_on_the_list_however_often_the_state_goes_back_and_forth(cli: Cli) -> None:
    cli.init()
    empty = cli.document()["serial"]
    cli.add()
    served = credential(cli)["current"]
    restore(cli, empty)
    restore(cli, empty + 1)
    restore(cli, empty)
    assert [item["version"] for item in cli.document()["revocations"]] == [served]
    restore(cli, empty + 1)
    cli.add()
    assert credential(cli)["current"] == served
    assert cli.document().get("revocations", []) == [], "it is in force again"


def test_a_key_is_on_the_list_once(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    assert cli.rotate().status == 0
    rotated = cli.document()["serial"]
    restore(cli, serial)
    cli.ok("credentials", "remove", "openai-prod", "--yes", "--keep-secret")
    restore(cli, rotated)
    found = [(item["credential"], item["version"]) for item in cli.document()["revocations"]]
    assert sorted(set(found)) == sorted(found)


def test_at_astra_a_credential_that_a_person_removed_does_not_come_back(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    serial = cli.document()["serial"]
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    cli.attest_all()
    before = cli.document()
    assert restore(cli, serial) == ['warning: "openai-prod" was removed at the Portal since, and is not brought back']
    after = cli.document()
    assert after.get("credentials", []) == []
    assert [after[key] for key in ("retired", "revocations")] == [before[key] for key in ("retired", "revocations")]
