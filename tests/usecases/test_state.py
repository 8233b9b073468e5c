"""The state file as its owner sees it: init, restore, export, check, audit, status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.support.cli import LOGS, Cli, days_ago


def test_init_makes_a_file_for_the_owner_alone_and_never_replaces_one(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "local", "--organization", "ACME")
    assert cli.state.stat().st_mode & 0o777 == 0o600
    document = cli.document()
    assert (document["serial"], document["organization"]["name"]) == (1, "ACME")
    for content in (cli.state.read_bytes(), b"", b"broken"):
        cli.state.write_bytes(content)
        result = cli.run("init", "--control-plane", "astra")
        assert (result.status, cli.state.read_bytes()) == (4, content)


def test_each_profile_has_a_state_of_its_own(cli: Cli) -> None:
    cli.init()
    cli.ok("--profile", "other", "init", "--control-plane", "astra")
    assert cli.ok("state", "show", "--profile", "other").facts["control_plane"] == "astra"
    assert cli.ok("state", "show").facts["control_plane"] == "local"


def test_restore_puts_an_old_state_back_and_the_serial_still_rises(cli: Cli) -> None:
    cli.init()
    cli.ok("databases", "edit", "shop", "--status", "PARKED")
    cli.ok("databases", "edit", "shop", "--status", "ERROR")
    restored = cli.ok("state", "restore", "2", "--confirm", "2")
    assert (restored.facts["serial"], cli.ok("databases", "show", "shop").facts["database.status"]) == ("5", "ACTIVE")
    latest = cli.ok("state", "restore", "latest", "--confirm", "4")
    assert (latest.facts["serial"], cli.ok("databases", "show", "shop").facts["database.status"]) == ("6", "ERROR")


def test_restore_heals_a_broken_file_and_keeps_it_as_a_backup(cli: Cli) -> None:
    cli.init()
    cli.state.write_bytes(b"<<<<<<< mine\n")
    assert cli.run("status").status == 9
    cli.ok("state", "restore", "1", "--confirm", "1")
    assert cli.run("status").status == 0
    assert cli.document()["serial"] == 4
    assert b"<<<<<<< mine\n" in cli.everything().values()


def test_restore_without_backups_says_so(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "local")
    result = cli.run("state", "restore", "latest")
    assert (result.status, result.error) == (3, f'no backup of "{cli.state}" exists')
    assert cli.ok("state", "backups").out == ""


def test_backups_say_which_change_replaced_each_state(cli: Cli) -> None:
    cli.init().add()
    rows = cli.ok("state", "backups").rows
    assert [(row[0], row[4], row[5], row[6]) for row in rows] == [
        ("3", "3", "credentials add", "openai-prod"),
        ("2", "2", "credentials add", "openai-prod"),
        ("1", "1", "databases add", "shop"),
    ]
    (cli.state.parent / "state.toml.d/audit.jsonl").unlink()
    assert next(row[4:] for row in cli.ok("state", "backups").rows) == ["3", "", "", "", ""]


def test_a_rotation_on_astra_leaves_every_state_before_it_in_the_backups(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    serial = cli.document()["serial"]
    for key in ("sk-second", "sk-third", "sk-fourth"):
        assert cli.rotate(key=key).status == 14
        for step in ("removed", "recreated", "scoped"):
            cli.run("rotations", "resume", "openai-prod", "--attest", step)
    assert str(serial) in [row[0] for row in cli.ok("state", "backups").rows]


@pytest.mark.parametrize("content", [None, b"", b"\n"])
def test_a_lost_state_is_restored_and_not_begun_anew(cli: Cli, content: bytes | None) -> None:
    cli.init().add()
    if content is None:
        cli.state.unlink()
    else:
        cli.state.write_bytes(content)
    before = cli.everything()
    for words in (
        ("status",),
        ("credentials", "list"),
        ("databases", "add", "blog"),
        ("state", "check"),
        ("secrets", "status"),
        ("init", "--control-plane", "local"),
        ("init", "--control-plane", "local", "--dry-run"),
    ):
        result = cli.run(*words)
        assert (result.status, "vzctl state restore latest" in result.err, "vzctl init" in result.err) == (
            9,
            True,
            False,
        )
    assert cli.everything() == before
    cli.ok("state", "restore", "latest", "--confirm", "4")
    assert [item["name"] for item in cli.document()["credentials"]] == ["openai-prod"]
    assert cli.document()["serial"] == 6


@pytest.mark.parametrize(
    "words", [("status",), ("credentials", "list"), ("init", "--control-plane", "local", "--start-over")]
)
def test_a_link_to_nothing_in_the_place_of_a_state_is_no_new_beginning(cli: Cli, words: tuple[str, ...]) -> None:
    cli.init().add()
    target = cli.folder / "elsewhere" / "state.toml"
    cli.state.unlink()
    cli.state.symlink_to(target)
    result = cli.run(*words)
    assert (result.status, f'is now a symbolic link to "{target}"' in result.err) == (9, True)
    assert not target.exists()
    cli.state.unlink()
    cli.ok("state", "restore", "latest", "--confirm", "4")
    assert [item["name"] for item in cli.document()["credentials"]] == ["openai-prod"]


def test_a_link_to_nothing_beside_nothing_is_where_the_state_is_created(cli: Cli) -> None:
    target = cli.folder / "elsewhere.toml"
    cli.state.parent.mkdir(parents=True, exist_ok=True)
    cli.state.symlink_to(target)
    assert cli.run("status").status == 3
    cli.ok("init", "--control-plane", "local")
    assert target.is_file()


@pytest.mark.parametrize("content", [None, b""])
def test_starting_over_moves_the_whole_folder_of_the_lost_state_aside(cli: Cli, content: bytes | None) -> None:
    cli.init().add()
    folder = cli.state.parent / "state.toml.d"
    if content is None:
        cli.state.unlink()
    else:
        cli.state.write_bytes(content)
    kept = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    kept.pop(Path("lock"))
    result = cli.ok("init", "--control-plane", "local", "--start-over")
    moved = folder.with_name("state.toml.d.old-1")
    assert result.facts["moved_to"] == str(moved)
    assert {path: (moved / path).read_bytes() for path in kept} == kept
    assert cli.document()["serial"] == 1
    assert cli.ok("state", "backups").rows == []
    cli.state.unlink()
    cli.ok("init", "--control-plane", "local", "--start-over")
    assert not folder.with_name("state.toml.d.old-2").exists(), "nothing of the second state was there to be kept"


def test_starting_over_never_replaces_a_state(cli: Cli) -> None:
    cli.init()
    before = cli.everything()
    for content in (cli.state.read_bytes(), b"broken"):
        cli.state.write_bytes(content)
        result = cli.run("init", "--control-plane", "local", "--start-over")
        assert (result.status, cli.state.read_bytes()) == (4, content)
    assert set(cli.everything()) == set(before)


def test_a_merge_conflict_is_not_answered_with_a_restore(cli: Cli) -> None:
    cli.init()
    cli.state.write_bytes(b"<<<<<<< HEAD\n" + cli.state.read_bytes())
    result = cli.run("status")
    assert result.status == 9
    assert "restore" not in result.err
    assert "vzctl state merge" in result.err


def test_check_fails_when_a_rule_is_broken_unless_it_must_not(cli: Cli) -> None:
    cli.init().add()
    assert cli.run("state", "check").status == 0
    cli.ok("databases", "edit", "shop", "--status", "STRANGE")
    assert cli.run("state", "check").status == 20
    assert cli.run("state", "check", "--exit-code").status == 20
    assert cli.run("state", "check", "--no-exit-code").status == 0


def test_a_restore_shows_what_it_changes_before_it_asks(cli: Cli) -> None:
    cli.init().add()
    serial = cli.document()["serial"]
    cli.ok("databases", "add", "blog", "--id", LOGS, "--region", "eu-west1")
    cli.ok("scope", "add", "openai-prod", "blog")
    result = cli.run("state", "restore", str(serial), "--dry-run")
    assert result.err.splitlines() == [
        f"would restore serial {serial}",
        'removed database "blog"',
        'changed credential "openai-prod": scope -blog',
    ]
    document = json.loads(cli.run("state", "restore", str(serial), "--dry-run", "-o", "json").out)["data"]
    assert document["changes"] == [
        {"kind": "database", "name": "blog", "change": "removed", "details": []},
        {"kind": "credential", "name": "openai-prod", "change": "changed", "details": ["scope -blog"]},
    ]


def test_an_export_has_neither_lineage_nor_salt_and_is_a_state_but_for_that(cli: Cli) -> None:
    cli.init().add().collect()
    document = cli.document()
    exported = tomli.loads(cli.ok("state", "export").out)
    assert "lineage" not in exported
    assert "fingerprint_salt" not in exported["organization"]
    assert {**exported, "lineage": 0, "organization": 0} == {**document, "lineage": 0, "organization": 0}
    human = cli.ok("state", "export", "-o", "human").out
    assert tomli.loads(human) == exported
    text = json.loads(cli.ok("state", "export", "-o", "json").out)["data"]["toml"]
    assert tomli.loads(text) == exported


def test_state_path_says_where_and_why_there_and_reads_nothing(cli: Cli) -> None:
    elsewhere = cli.folder / "elsewhere.toml"
    for source, words, env in (
        ("--state", ["--state", str(elsewhere)], {}),
        ("VZCTL_STATE", [], {"VZCTL_STATE": str(elsewhere)}),
    ):
        facts = cli.ok("state", "path", *words, env=env).facts
        assert (facts["path"], facts["source"], facts["exists"]) == (str(elsewhere), source, "false")


def test_a_project_file_chooses_a_state_inside_its_tree(cli: Cli) -> None:
    (cli.folder / ".vzctl.toml").write_text('state = "infra/vzctl.toml"\n', encoding="utf-8")
    facts = cli.ok("state", "path").facts
    assert (facts["path"], facts["source"]) == (
        str(cli.folder / "infra/vzctl.toml"),
        str(cli.folder / ".vzctl.toml"),
    )


def test_a_symbolic_link_is_followed_and_stays_a_link(cli: Cli) -> None:
    real = cli.folder / "real.toml"
    link = cli.folder / "link.toml"
    link.symlink_to(real)
    cli.ok("init", "--control-plane", "local", "--state", str(link))
    facts = cli.ok("state", "path", "--state", str(link)).facts
    assert (facts["path"], facts["real_path"], link.is_symlink()) == (str(link), str(real), True)


def test_the_audit_tells_who_did_what_and_finds_a_subject(cli: Cli) -> None:
    cli.init().add().collect()
    rows = cli.ok("audit").rows
    assert [[row[0], *row[2:6]] for row in rows] == [
        ["1", "done", "", "init", "tester"],
        ["2", "done", 'record the database "shop" (11111111-1111-4111-8111-111111111111)', "databases add", "tester"],
        ["3", "done", 'begin to add "openai-prod" (openai)', "credentials add", "tester"],
        ["4", "done", 'add "openai-prod" (openai), scope shop', "credentials add", "tester"],
        ["5", "done", 'record the collection "shop/default/products"', "collections add", "tester"],
    ]
    assert [row[0] for row in cli.ok("audit", "--subject", "openai-prod").rows] == ["3", "4"]
    assert [row[0] for row in cli.ok("audit", "--limit", "2").rows] == ["4", "5"]
    assert cli.ok("audit", "--limit", "0").out == ""
    assert (cli.run("audit", "--limit", "-1").status, cli.run("audit", "--limit", "-1").out) == (2, "")
    assert cli.ok("audit", "--subject", "nobody").out == ""


def test_the_audit_can_be_read_beside_a_broken_state(cli: Cli) -> None:
    cli.init()
    cli.state.write_bytes(b"broken")
    assert [row[0] for row in cli.ok("audit").rows] == ["1", "2"]


def status(cli: Cli, *words: str) -> Any:
    """Return the data of `status`."""
    return json.loads(cli.run("status", *words, "-o", "json").out)["data"]


def test_status_of_an_empty_state_says_what_to_do_first(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "local")
    assert cli.ok("status").err == "next: vzctl databases add NAME\n  # record a database\n"
    cli.ok("databases", "add", "shop")
    assert cli.ok("status").err == "next: vzctl credentials add NAME --provider openai\n  # add a credential\n"
    cli.add()
    assert cli.run("status", "--exit-code").err == ""


def test_status_of_a_busy_state_has_the_most_urgent_first(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS, "--status", "STRANGE")
    cli.add("leaky", key="sk-1").add("rotating", key="sk-2").add("old", "--set-at", days_ago(100), key="sk-3")
    cli.add("rotated", key="sk-4").attest_all()
    finish = ("--attest", "removed", "--attest", "recreated", "--attest", "scoped")
    assert cli.rotate("leaky", "--leaked", "--confirm", "leaky", key="sk-5").status == 14
    cli.ok("rotations", "resume", "leaky", *finish)
    assert cli.rotate("rotated", key="sk-6").status == 14
    cli.ok("rotations", "resume", "rotated", *finish)
    assert cli.rotate("rotating", key="sk-7").status == 14
    assert cli.run("integrations", "add", "mistral").status == 14
    found = status(cli)
    assert [(item["kind"], item["subject"], item["message"]) for item in found["attention"]] == [
        ("leaked key", "leaky", "its old key is known to others: revoke it at OpenAI now"),
        ("open rotation", "rotating", "a rotation stands at TESTED"),
        ("problem", "logs", "the database \"logs\" has a status never seen: 'STRANGE'"),
        ("pending step", "mistral", "enable the Mistral AI integration"),
        ("key to revoke", "rotated", "its old key (rotated) is to be revoked at OpenAI"),
        ("key due", "old", "its key is 100 days old"),
    ]
    assert (found["oldest_key_days"], found["keys_due"], found["keys_of_unknown_age"]) == (100, 1, 0)
    assert found["counts"] == {
        "integrations": 2,
        "databases": 2,
        "active_databases": 1,
        "credentials": 4,
        "collections": 0,
        "columns": 0,
    }
    assert cli.run("status", "--exit-code").status == 20
    assert cli.run("status").status == 0


def test_status_of_a_broken_state_names_file_line_and_the_way_back(cli: Cli) -> None:
    cli.init()
    broken = cli.state.read_text(encoding="utf-8").replace('name = "shop"', "name = 5")
    cli.state.write_text(broken, encoding="utf-8")
    line = broken.splitlines().index("name = 5") + 1
    result = cli.run("status")
    assert (result.status, cli.neat(result.err)) == (
        9,
        f'error: the state is broken: "/home/me/state/vzctl/default/state.toml", line {line}: databases.name has the '
        "wrong type or form (string type); the file was not touched\n"
        "  next: vzctl state backups\n    # the states before this one\n"
        "  next: vzctl state restore latest\n    # go back to the newest of them\n",
    )


def test_status_v_shows_each_setting_with_its_source(cli: Cli) -> None:
    cli.init()
    (cli.folder / ".vzctl.toml").write_text("[policy]\nmax_age_days = 30\n", encoding="utf-8")
    result = cli.ok(
        "status", "-v", "--lock-timeout", "2.5", env={"CI": "true", "VZCTL_READ_ONLY": "1", "VZCTL_OUTPUT": "plain"}
    )
    facts = result.facts
    found = {
        facts[f"settings.{number}.name"]: (
            cli.neat(facts[f"settings.{number}.value"]).strip(),
            cli.neat(facts[f"settings.{number}.source"]).strip(),
        )
        for number in range(9)
    }
    assert found == {
        "state": ("/home/me/state/vzctl/default/state.toml", "default"),
        "profile": ("default", "default"),
        "output": ("plain", "VZCTL_OUTPUT"),
        "color": ("auto", "default"),
        "no_input": ("true", "CI"),
        "read_only": ("true", "VZCTL_READ_ONLY"),
        "lock_timeout": ("2.5", "--lock-timeout"),
        "policy.max_age_days": ("30", "/home/me/.vzctl.toml"),
        "secrets.store": ("file", "/home/me/config/vzctl/config.toml"),
    }
    assert cli.neat(result.err).startswith("state: /home/me/state/vzctl/default/state.toml (from default)\n")
    assert "secrets.store" in cli.ok("status", "-v", "-o", "human").out
    assert "settings" not in cli.ok("status", "-o", "human").out


@pytest.mark.parametrize("text", ["", "\t", "a\nb"])
def test_an_organization_needs_a_printable_name(cli: Cli, text: str) -> None:
    result = cli.run("init", "--control-plane", "local", "--organization", text)
    assert (result.status, result.error) == (2, "an organization's name must be printable and not empty")
