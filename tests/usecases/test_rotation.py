"""Rotation where the state file is the authority: one transaction, and the variants that people ask for."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import LOGS, PROCESS_LIMIT_SECONDS, SHOP, Cli, installed_command

FORBIDDEN = ("verified", "works")
"""What nobody may read when nobody has tried the key."""


def credential(cli: Cli, name: str = "openai-prod") -> dict[str, Any]:
    """Return one credential of the state file."""
    found: dict[str, Any] = next(item for item in cli.document()["credentials"] if item["name"] == name)
    return found


def test_pointers_move_in_one_change_and_no_secret_is_written_again(cli: Cli) -> None:
    cli.init().add()
    before = credential(cli)
    assert cli.rotate().status == 0
    after = credential(cli)
    assert after["previous"] == [before["current"]]
    assert after["current"] != before["current"]
    assert "pending" not in after
    rolled = cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert rolled.err.startswith('"openai-prod" is back at its old key; name, scope, and dependents stay as they are\n')
    assert credential(cli)["current"] == before["current"]
    assert cli.ok("secrets", "status", "--check").facts["secrets.0.in_store"] == "present"


@pytest.mark.parametrize("output", ["human", "plain", "json"])
@pytest.mark.parametrize("plane", ["local", "astra"])
def test_nothing_says_that_an_untested_key_is_good(cli: Cli, plane: str, output: str) -> None:
    cli.init(plane).add()
    if plane == "astra":
        cli.attest_all()
    said = ""
    for words in (["--dry-run"], []):
        result = cli.rotate("openai-prod", *words, "-o", output)
        said += result.out + result.err
    steps = [] if plane == "local" else [["removed"], ["recreated"], ["scoped"]]
    for step in steps:
        result = cli.run("rotations", "resume", "openai-prod", "--attest", *step, "-o", output)
        said += result.out + result.err
    said += cli.ok("rotations", "show", "openai-prod", "-o", output).out
    assert credential(cli)["previous"]
    assert "not tested" in said
    assert [word for word in FORBIDDEN if word in said.lower()] == []


def test_the_current_key_again_is_nothing_to_do(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    before = cli.everything()
    result = cli.rotate(key="sk-first\n")
    assert (result.status, result.err, cli.everything()) == (
        0,
        '"openai-prod" holds this key already: nothing to do\n',
        before,
    )


def test_an_earlier_key_is_a_conflict(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    assert cli.rotate(key="sk-second").status == 0
    before = cli.everything()
    result = cli.rotate(key="sk-first")
    assert (result.status, result.err, cli.everything()) == (
        4,
        'error: this key was the key of "openai-prod" before; a rotation needs a new one\n'
        "  next: vzctl rotations rollback openai-prod\n    # go back to the key before this one\n",
        before,
    )


def test_minimum_scope_keeps_what_dependants_need_and_a_rollback_leaves_that_scope(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs").collect()
    planned = cli.rotate("openai-prod", "--minimum-scope", "--dry-run")
    assert (planned.facts["plan.databases.0.name"], planned.facts["plan.dropped_databases.0.name"]) == ("shop", "logs")
    assert "  leaves scope  logs\n" in planned.err
    assert cli.rotate("openai-prod", "--minimum-scope").status == 0
    assert [item["database"] for item in credential(cli)["scope"]] == [SHOP]
    rolled = cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert rolled.facts["changes.scope_removed"] == "logs"
    assert [item["database"] for item in credential(cli)["scope"]] == [SHOP]


def test_the_azure_slot_flips_and_a_rollback_flips_it_back(cli: Cli) -> None:
    cli.init().add("azure", "--slot", "1", provider="azureOpenAI", key="a" * 32)
    assert cli.rotate("azure", key="b" * 32).status == 0
    assert credential(cli, "azure")["slot"] == 2
    cli.ok("rotations", "rollback", "azure", "--confirm", "azure")
    assert credential(cli, "azure")["slot"] == 1
    cli.ok("revocations", "done", "azure", "--yes")
    assert cli.rotate("azure", "--slot", "1", key="c" * 32).status == 0
    assert credential(cli, "azure")["slot"] == 1
    assert cli.rotate("azure", key="d" * 32).status == 0
    assert cli.rotate("azure", key="e" * 32).status == 0
    assert credential(cli, "azure")["slot"] == 1


def test_without_a_slot_on_record_there_is_none_to_flip(cli: Cli) -> None:
    cli.init().add("azure", provider="azureOpenAI", key="a" * 32)
    assert cli.rotate("azure", key="b" * 32).status == 0
    assert "slot" not in credential(cli, "azure")


def test_a_leaked_key_cannot_come_back_and_others_that_hold_it_are_named(cli: Cli) -> None:
    cli.init().add(key="sk-leaked").add("same-1", key="sk-leaked").add("same-2", key="sk-leaked")
    assert cli.rotate("openai-prod", "--leaked").status == 8
    result = cli.rotate("openai-prod", "--leaked", "--confirm", "openai-prod")
    assert result.status == 0
    assert result.facts["plan.same_key_elsewhere"] == "same-1,same-2"
    warnings = [line for line in result.err.splitlines() if line.startswith('warning: "')]
    assert warnings == [
        'warning: "same-1" still holds the old key: rotate it too before you revoke the key',
        'warning: "same-2" still holds the old key: rotate it too before you revoke the key',
    ]
    assert "# NOW: it is known to others; after you revoke the old key at OpenAI" in result.err
    refused = cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert (refused.status, refused.error) == (
        4,
        'the rotation of "openai-prod" cannot be taken back: the old key is known to others',
    )
    status = cli.ok("status").facts
    assert (status["attention.0.kind"], status["attention.0.subject"]) == ("leaked key", "openai-prod")
    assert cli.ok("revocations", "list").rows[0][6] == "same-1,same-2"


def test_leaked_keys_come_first_in_the_list_of_keys_to_revoke(cli: Cli) -> None:
    cli.init().add(key="sk-1").add("leaky", key="sk-leaked")
    assert cli.rotate(key="sk-2").status == 0
    assert cli.rotate("leaky", "--leaked", "--confirm", "leaky", key="sk-3").status == 0
    assert [row[1] for row in cli.ok("revocations", "list").rows] == ["leaky", "openai-prod"]


def test_revoking_a_key_that_another_credential_holds_says_that_it_stops(cli: Cli) -> None:
    cli.init().add(key="sk-leaked").add("same", key="sk-leaked")
    assert cli.rotate().status == 0
    asked = cli.run("revocations", "done", "openai-prod")
    assert "    same still uses this key and stops with it\n" in asked.err
    done = cli.ok("revocations", "done", "openai-prod", "--yes")
    assert done.err == (
        "1 key marked as revoked and dropped from the store\n"
        "warning: same still holds the revoked key: rotate it\n"
        "next: vzctl credentials rotate same\n  # its key is revoked\n"
    )


def test_revoke_first_waits_for_the_revocation_before_anything_else(cli: Cli) -> None:
    cli.init().add(key="sk-leaked")
    begun = cli.rotate("openai-prod", "--leaked", "--revoke-first", "--confirm", "openai-prod")
    assert begun.status == 14
    assert begun.err.splitlines()[:3] == [
        'the rotation of "openai-prod" stands at TESTED',
        "next, by a person: revoke the old API key at OpenAI (it is known to others)",
        "  open platform.openai.com > API keys",
    ]
    assert "previous" not in credential(cli)
    done = cli.run("rotations", "resume", "openai-prod", "--attest", "revoked", "--skip-look")
    assert (done.status, done.facts["rotation.step"]) == (0, "DONE")
    assert cli.ok("revocations", "list").out == ""
    assert cli.ok("revocations", "list", "--all").rows[0][3] == "leaked"


def test_revoke_first_can_be_taken_back_until_the_key_is_revoked(cli: Cli) -> None:
    cli.init().add(key="sk-leaked")
    assert cli.rotate("openai-prod", "--leaked", "--revoke-first", "--confirm", "openai-prod").status == 14
    cli.ok("rotations", "rollback", "openai-prod", "--yes")
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.step"] == "ROLLED_BACK"
    assert cli.ok("revocations", "list", "--all").out == ""


def test_after_the_revocation_there_is_no_way_back(cli: Cli) -> None:
    cli.init().add()
    assert cli.rotate().status == 0
    cli.ok("revocations", "done", "openai-prod", "--yes")
    result = cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert (result.status, result.err) == (
        4,
        'error: the rotation of "openai-prod" cannot be taken back: the old key is revoked at its provider\n'
        "  next: vzctl credentials rotate openai-prod\n    # give it another new key instead\n",
    )


def test_a_key_that_is_not_held_makes_the_rotation_severe(cli: Cli) -> None:
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    asked = cli.rotate()
    assert (asked.status, "give --confirm openai-prod" in asked.error) == (8, True)
    assert "rollback      not possible: the old key is not held here" in asked.err
    assert cli.rotate("openai-prod", "--confirm", "openai-prod").status == 0


def test_a_store_that_is_only_read_is_refused_before_anything_happens(cli: Cli) -> None:
    cli.init().add()
    before = cli.everything()
    result = cli.run(
        "credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes",
        stdin="sk-second", env={"VZCTL_SECRET_STORE": "env"},
    )  # fmt: skip
    assert (result.status, result.err, cli.everything()) == (
        10,
        'error: the secret store "env" is only read: a rotation needs one that can be written (keyring, exec or file)\n'
        "  next: vzctl help environment\n    # VZCTL_SECRET_STORE and [secrets] choose the store\n",
        before,
    )


def test_only_the_last_rotation_can_be_taken_back(cli: Cli) -> None:
    cli.init().add()
    for key in ("sk-2", "sk-3"):
        assert cli.rotate(key=key).status == 0
    first = cli.ok("rotations", "list").rows[0][6]
    result = cli.run("rotations", "rollback", first, "--confirm", "openai-prod")
    assert (result.status, result.error) == (4, '"openai-prod" was changed after this rotation')


def test_a_database_that_was_forgotten_meanwhile_is_not_put_back_into_the_scope(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs")
    assert cli.rotate().status == 0
    cli.ok("databases", "forget", "logs", "--force", "--confirm", "logs")
    cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert [item["database"] for item in credential(cli)["scope"]] == [SHOP]


def test_a_credential_that_a_person_is_to_remove_is_not_rotated(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    result = cli.rotate()
    assert (result.status, result.error) == (4, 'the removal of "openai-prod" is waiting for a person')


def test_a_provider_that_left_the_catalogue_is_said(cli: Cli) -> None:
    cli.init().add()
    text = cli.state.read_text(encoding="utf-8").replace('"openai"', '"newcomer"')
    cli.state.write_text(text, encoding="utf-8")
    result = cli.rotate()
    assert (result.status, result.error) == (
        4,
        '"openai-prod" belongs to "newcomer", which is no provider of the catalogue',
    )


INTERRUPTED = ["error:", "interrupted;", "nothing", "more", "was", "changed"]


def begun_only(cli: Cli) -> Path:
    """Leave what a crash right after the beginning would, and return the file of the staged bytes."""
    cli.init().add()
    assert cli.rotate().status == 0
    backups = sorted((cli.state.parent / "state.toml.d" / "backups").glob("*.toml"))
    begun = next(path for path in reversed(backups) if '\nstep = "STAGING"' in path.read_text(encoding="utf-8"))
    cli.rewind(int(begun.stem))
    return next((cli.folder / "state").rglob(f"{credential(cli)['pending']}.age"))


def test_bytes_that_a_crash_left_half_written_are_written_again(cli: Cli) -> None:
    begun_only(cli).write_bytes(b"half of an age f")
    without = cli.run("rotations", "resume", "openai-prod")
    assert (without.status, "is damaged or not an age file" in without.error) == (10, True)
    assert cli.run("rotations", "resume", "openai-prod", "--secret-stdin", stdin="sk-second").status == 0
    assert cli.ok("credentials", "find", "--secret-stdin", stdin="sk-second").rows[0][2:4] == ["current", "true"]


def test_a_rotation_is_taken_back_while_the_store_is_only_read(cli: Cli) -> None:
    begun_only(cli)
    cli.ok("rotations", "rollback", "openai-prod", "--yes", env={"VZCTL_SECRET_STORE": "env"})
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.step"] == "ROLLED_BACK"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("source", ["--secret-file", "--from"])
def test_a_signal_while_a_key_is_waited_for_ends_the_command_at_once(
    cli: Cli, source: str, number: signal.Signals, status: int
) -> None:
    cli.init().add()
    before = cli.everything()
    fifo = cli.folder / "fifo"
    os.mkfifo(fifo)
    words = ["credentials", "rotate", *([] if source == "--from" else ["openai-prod"]), source, str(fifo)]
    process = subprocess.Popen(
        [*installed_command(), *words, "--skip-test", "--yes"],
        env=cli.process_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with fifo.open("wb"):  # returns when the command has opened it too; nobody ever writes
        process.send_signal(number)
        said = process.communicate(timeout=PROCESS_LIMIT_SECONDS)[1].decode()
    assert (process.returncode, said.split()) == (status, INTERRUPTED)
    assert cli.everything() == before


def test_a_signal_while_the_key_is_asked_for_again_leaves_the_rotation_where_it_was(cli: Cli) -> None:
    begun_only(cli)
    before = cli.document()
    fifo = cli.folder / "fifo"
    os.mkfifo(fifo)
    words = ("rotations", "resume", "openai-prod", "--secret-file", str(fifo), "--replace-secret")
    process = subprocess.Popen(
        [*installed_command(), *words], env=cli.process_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    with fifo.open("wb") as file:  # returns when the command waits for the key
        process.terminate()
        said = process.communicate(timeout=PROCESS_LIMIT_SECONDS)[1].decode()
        file.close()
    assert (process.returncode, said.split()) == (143, INTERRUPTED)
    assert cli.document() == before


def test_a_key_that_does_not_look_like_the_providers_is_accepted_with_a_warning(cli: Cli) -> None:
    result = cli.init().add().rotate(key="pa-voyage-like")
    assert result.status == 0
    assert "warning: the key does not look like a key of OpenAI; it was accepted, formats change" in result.err


def test_a_key_whose_beginning_shows_that_it_cannot_embed_is_refused(cli: Cli) -> None:
    cli.init().add()
    before = cli.everything()
    result = cli.rotate(key="sk-admin-0123456789")
    assert (result.status, result.err, cli.everything()) == (
        2,
        'error: a key that begins with "sk-admin-" cannot be used with OpenAI: '
        "it is an administration key of OpenAI, which cannot make embeddings\n",
        before,
    )


@pytest.mark.parametrize(
    ("key", "status", "error"),
    [
        ("sk-first", 4, 'this is the key that "openai-prod" has already; a rotation needs a new one'),
        ("sk-zero", 4, 'this key was the key of "openai-prod" before; a rotation needs a new one'),
        ("sk-admin-1", 2, 'a key that begins with "sk-admin-" cannot be used with OpenAI'),
    ],
)
def test_another_key_for_an_open_rotation_is_judged_like_the_first(cli: Cli, key: str, status: int, error: str) -> None:
    cli.init().add(key="sk-zero")
    assert cli.rotate(key="sk-first").status == 0
    assert cli.rotate(key="sk-second").status == 0
    cli.rewind(serial_of(cli, "STAGING"))
    before = cli.document()
    result = cli.run("rotations", "resume", "openai-prod", "--replace-secret", "--secret-stdin", stdin=key)
    assert (result.status, result.error.startswith(error), cli.document()) == (status, True, before), result.err


def serial_of(cli: Cli, step: str) -> int:
    """Return the serial of the newest backup in which a rotation stands at that step."""
    folder = cli.state.parent / "state.toml.d" / "backups"
    return max(int(path.stem) for path in folder.iterdir() if f'step = "{step}"' in path.read_text(encoding="utf-8"))


def test_a_key_that_is_revoked_is_not_gone_back_to_although_its_bytes_are_still_there(cli: Cli) -> None:
    cli.init().add()
    assert cli.rotate().status == 0
    cli.ok("revocations", "done", "openai-prod", "--yes")
    text = cli.state.read_text(encoding="utf-8").replace("held = false", "held = true")  # its deletion was killed
    cli.state.write_text(text, encoding="utf-8")
    before = cli.document()
    result = cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert (result.status, result.error, cli.document()) == (
        4,
        'the rotation of "openai-prod" cannot be taken back: the old key is revoked at its provider',
        before,
    )


def test_a_failing_store_says_where_the_rotation_stands_and_how_to_go_on(cli: Cli) -> None:
    begun_only(cli).write_bytes(b"half of an age f")
    result = cli.run("rotations", "resume", "openai-prod")
    lines = result.err.splitlines()
    assert (result.status, lines[0].endswith('; the rotation of "openai-prod" stands at STAGING')) == (10, True)
    assert lines[1:3] == ["  next: vzctl rotations resume openai-prod", "    # go on"]


def test_a_revocation_that_is_done_already_changes_nothing(cli: Cli) -> None:
    cli.init().add()
    assert cli.rotate().status == 0
    revocation = cli.document()["revocations"][0]["id"]
    cli.ok("revocations", "done", revocation, "--yes")
    before = cli.everything()
    again = cli.ok("revocations", "done", revocation, "--yes")
    assert (again.err, cli.everything()) == ("marked as revoked already: nothing to do\n", before)


def test_a_key_that_was_taken_back_and_revoked_is_not_rotated_to_again(cli: Cli) -> None:
    cli.init().add()
    assert cli.rotate(key="sk-second").status == 0
    cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    cli.ok("revocations", "done", "openai-prod", "--yes")
    before = cli.document()
    result = cli.rotate(key="sk-second")
    assert (result.status, result.error, cli.document()) == (
        4,
        'this key of "openai-prod" was revoked at its provider; a rotation needs a new one',
        before,
    )
