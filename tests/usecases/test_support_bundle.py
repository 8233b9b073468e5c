"""`support bundle`: it helps somebody, and tells nobody whose it is."""

from __future__ import annotations

import json
import platform
import shlex
import stat
import subprocess
import zipfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli, installed_command
from vzctl.errors import ExitStatus
from vzctl.usecases.support.settings import ChosenSettings, redacted_settings

KEY = "sk-proj-Zq9fXw3Lm7Kp2Vr8"
FILES = ["README.txt", "about.json", "settings.json", "state.json", "changes.json"]


def bundled(cli: Cli, *words: str) -> dict[str, str]:
    cli.ok("support", "bundle", *words)
    with zipfile.ZipFile(cli.folder / (words[-1] if words else "vzctl-support.zip")) as archive:
        assert archive.testzip() is None
        return {Path(name).name: archive.read(name).decode() for name in archive.namelist()}


def document(cli: Cli, name: str = "state.json") -> Any:
    return json.loads(bundled(cli)[name])


def a_rich_state(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "local", "--organization", "Acme-Widgets")
    endpoint = "https://data.acme-widgets.example"
    cli.ok("databases", "add", "wares", "--id", SHOP, "--region", "moonbase-7", "--endpoint", endpoint)
    cli.ok("databases", "add", "journal", "--id", LOGS)
    words = ("--provider", "openai", "--scope", "wares", "--note", "ask Erika", "--secret-stdin")
    cli.ok("credentials", "add", "billing-key", *words, stdin=KEY)
    service = ("--provider", "openai", "--model", "text-embedding-3-small", "--credential", "billing-key")
    cli.ok("collections", "add", "wares/cellar/bottles", *service)
    azure = ("--provider", "azureOpenAI", "--model", "text-embedding-3-large", "--dimension", "256", "--header")
    parameters = ("--parameter", "resourceName=acme-azure", "--parameter", "deploymentId=erikas")
    cli.ok("tables", "attach", "journal/attic/trunks.hinge", *azure, *parameters)
    cli.ok("databases", "edit", "journal", "--status", "DREAMING")
    cli.ok("credentials", "rotate", "billing-key", "--secret-stdin", "--skip-test", "--yes", stdin=f"{KEY}2")


PRIVATE = (
    "Acme",
    "acme",
    "wares",
    "journal",
    "moonbase",
    "billing",
    "Erika",
    "erikas",
    "cellar",
    "bottles",
    "attic",
    "trunks",
    "hinge",
    "DREAMING",
    "hm:",
    SHOP,
    LOGS,
    KEY,
)


def test_no_name_and_no_secret_is_in_it(cli: Cli) -> None:
    a_rich_state(cli)
    files = bundled(cli)
    assert list(files) == FILES
    ids = [item["id"] for name in ("credentials", "rotations", "revocations") for item in cli.document()[name]]
    words = [*PRIVATE, *ids, str(cli.folder), cli.document()["organization"]["fingerprint_salt"]]
    found = [(name, word) for name, text in files.items() if name != "README.txt" for word in words if word in text]
    assert found == []


def test_what_hangs_together_is_in_it(cli: Cli) -> None:
    a_rich_state(cli)
    state = document(cli)
    assert [item["name"] for item in state["databases"]] == ["database-1", "database-2"]
    assert [item["status"] for item in state["databases"]] == ["ACTIVE", "(another)"]
    (credential,) = state["credentials"]
    assert (credential["name"], credential["provider"], credential["versions"], credential["is_held"]) == (
        "credential-1",
        "openai",
        2,
        True,
    )
    assert [entry["database"] for entry in credential["scope"]] == ["database-1"]
    assert [
        (item["kind"], item["name"], item["database"], item["keyspace"], item["model"], item["credential"])
        for item in state["dependants"]
    ] == [
        ("collection", "collection-1", "database-1", "keyspace-1", "text-embedding-3-small", "credential-1"),
        ("column", "column-1", "database-2", "keyspace-2", "text-embedding-3-large", None),
    ]
    assert [(item["credential"], item["step"], item["was_tested"]) for item in state["rotations"]] == [
        ("credential-1", "DONE", False)
    ]
    assert [(item["credential"], item["reason"]) for item in state["revocations"]] == [("credential-1", "rotated")]
    assert state["problems"] == {"STATUS_UNKNOWN": 1}


def test_the_last_changes_are_in_it_without_people_and_hosts(cli: Cli) -> None:
    a_rich_state(cli)
    changes = document(cli, "changes.json")
    assert changes["count"] == len(changes["last"])
    assert {tuple(item) for item in changes["last"]} == {("serial", "time", "command", "outcome")}
    assert changes["last"][0]["command"] == "init"
    assert {item["outcome"] for item in changes["last"]} == {"done"}
    assert "(another)" not in json.dumps(changes)


def test_an_audit_that_somebody_edited_tells_nothing(cli: Cli) -> None:
    cli.init()
    audit = cli.state.parent / "state.toml.d" / "audit.jsonl"
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        edited = {"command": "wares", "time": f"2026 {KEY}", "serial": 12**90, "outcome": KEY}
        line.update({name: value for name, value in edited.items() if name in line})
    audit.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert document(cli, "changes.json") == {
        "count": 2,
        "last": [{"serial": None, "time": "(another)", "command": "(another)", "outcome": "unknown"}] * 2,
    }


def test_an_audit_that_cannot_be_read_is_said(cli: Cli) -> None:
    cli.init()
    audit = cli.state.parent / "state.toml.d" / "audit.jsonl"
    audit.unlink()
    audit.symlink_to("elsewhere")
    assert document(cli, "changes.json") == {"error": "AUDIT_UNREADABLE"}


PRIVATE_CONFIGURATION = """\
[secrets]
store = "file"
[secrets.exec]
get = ["acme-get", "{item}"]
set = ["acme-set", "{item}"]
delete = ["acme-delete", "{item}"]
[secrets.file]
recipients = ["age1acme"]
identity_file = "/acme/identity"
[secrets.env]
billing = "ACME_KEY"
[astra]
devops_url = "https://acme.example"
data_api_hosts = ["acme.example"]
cli_profile = "acme"
[trust]
hosts = ["https://acme.example"]
[providers.openai]
base_url = "https://user:acme@acme.example"
[providers.acme]
base_url = "https://acme.example"
[rotation.mint]
mistral = ["acme-mint"]
"""


def test_settings_are_told_without_what_somebody_wrote_freely(cli: Cli) -> None:
    cli.configure(PRIVATE_CONFIGURATION)
    proxy = "http://me:acme@acme.example"
    cli.environment.update({"VZCTL_TIMEOUT": "12", "VZCTL_PROFILE": "test", "https_proxy": proxy})
    text = bundled(cli)["settings.json"]
    assert "acme" not in text.lower()
    told = json.loads(text)
    assert told["settings"]["timeout"] == {"value": 12, "is_default": False}
    assert told["settings"]["secrets.store"] == {"value": "file", "is_default": False}
    assert told["settings"]["profile"] == {"value": None, "is_default": False}
    assert told["settings"]["state"]["value"] is None
    assert set(told["is_set"].values()) == {True}
    assert told["providers"] == {
        "base_url": ["(another)", "openai"],
        "rotation.mint": ["mistral"],
        "rotation.revoke": [],
    }
    assert told["variables"]["HTTPS_PROXY"] is True
    assert told["variables"]["SSL_CERT_FILE"] is False


def test_a_word_that_no_setting_has_is_not_told() -> None:
    nothing = ChosenSettings((("color", KEY, False),), (), (), (), {}, {})
    assert redacted_settings(nothing)["settings"] == {"color": {"value": None, "is_default": False}}


def test_versions_are_in_it(cli: Cli) -> None:
    about = document(cli, "about.json")
    assert about["packages"]["typer"] is not None
    assert set(about) == {"written_at", "vzctl", "python", "implementation", "system", "release", "machine", "packages"}


def test_versions_of_ones_own_are_cut(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package == "typer":
            raise metadata.PackageNotFoundError
        return "acme" if package == "rich" else "1.2.3rc4+acme"

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(platform, "release", lambda: "6.1.0-acme-2")
    about = document(cli, "about.json")
    assert (about["release"], about["packages"]["typer"], about["packages"]["rich"], about["packages"]["httpx"]) == (
        "6.1.0",
        None,
        "(another)",
        "1.2.3rc4",
    )


def test_a_state_that_is_missing_or_broken_is_no_obstacle(cli: Cli) -> None:
    assert document(cli) == {"error": "STATE_NOT_FOUND"}
    cli.init()
    cli.state.write_text("schema = ", encoding="utf-8")
    broken = json.loads(bundled(cli, "--out", "broken.zip")["state.json"])
    assert list(broken) == ["error"]
    assert broken["error"].startswith("STATE_")


def test_only_its_owner_can_read_it_and_nothing_is_overwritten(cli: Cli) -> None:
    bundled(cli)
    path = cli.folder / "vzctl-support.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    result = cli.run("support", "bundle")
    assert (result.status, result.error) == (
        ExitStatus.CONFLICT,
        f'"{path}" exists already; a bundle overwrites nothing',
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("out", ["nowhere/bundle.zip", "/proc/bundle.zip"])
def test_a_place_that_cannot_be_written_is_said(cli: Cli, out: str) -> None:
    result = cli.run("support", "bundle", "--out", out)
    assert (result.status, result.error.startswith("the bundle cannot be written to ")) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize("out", ["-", "", "bundle", ".zip", "folder/.zip", "bundle.tar", f"{KEY}", "a\0b.zip"])
def test_what_is_no_name_of_an_archive_is_refused_and_not_repeated(cli: Cli, out: str) -> None:
    before = cli.everything()
    result = cli.run("support", "bundle", "--out", out)
    assert (result.status, KEY in result.err) == (ExitStatus.USAGE, False)
    assert "ends in .zip" in result.error
    assert cli.everything() == before


def test_a_link_is_not_followed_and_stays(cli: Cli) -> None:
    link = cli.folder / "bundle.zip"
    link.symlink_to(cli.folder / "elsewhere")
    assert cli.run("support", "bundle", "--out", "bundle.zip").status == ExitStatus.CONFLICT
    assert link.is_symlink()
    assert not (cli.folder / "elsewhere").exists()


def test_a_full_disk_leaves_nothing(cli: Cli) -> None:
    command = f"ulimit -f 1; exec {shlex.join(installed_command())} support bundle"
    done = subprocess.run(
        ["sh", "-c", command],
        env=cli.process_environment({}),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitStatus.USAGE, done.stderr
    assert "the bundle cannot be written" in done.stderr
    assert not (cli.folder / "vzctl-support.zip").exists()


def test_it_changes_nothing_and_works_where_nothing_may_be_changed(cli: Cli) -> None:
    cli.init()
    before = cli.state.read_bytes()
    cli.environment["VZCTL_READ_ONLY"] = "1"
    result = cli.run("support", "bundle", "-o", "json")
    answer = json.loads(result.out)
    assert (answer["ok"], answer["changed"]) == (True, False)
    assert [item["name"] for item in answer["data"]["files"]] == FILES[1:]
    assert cli.state.read_bytes() == before


@pytest.mark.parametrize(("year", "told_year"), [(1970, 1980), (2026, 2026), (2500, 2107)])
def test_a_clock_that_is_wrong_is_no_obstacle(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, year: int, told_year: int
) -> None:
    monkeypatch.setattr("vzctl.cli.wiring.now", lambda: datetime(year, 5, 1, tzinfo=UTC))
    bundled(cli)
    with zipfile.ZipFile(cli.folder / "vzctl-support.zip") as archive:
        assert {item.date_time[0] for item in archive.infolist()} == {told_year}
