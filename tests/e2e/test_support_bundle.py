"""Nobody can be told from a support bundle: every text of a full state is looked for in the unzipped archive."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
import tomli
import tomli_w

from tests.e2e.contract_cases import KEYS
from tests.e2e.test_terminal import at_terminal
from tests.support.canary import canary, leaks_in
from tests.support.cli import Cli
from tests.support.documents import texts_in
from tests.support.organization import make_organization
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.checks.problems import KNOWN_STATUSES
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.records import Authentication, ControlPlane, Direction, Evidence, Step

pytestmark = pytest.mark.installed

CANARIES: Final = {name: canary(number) for number, name in enumerate(KEYS)}
PLANTED: Final = canary(77, "")
"""Is put into every text that may be anything, and into an unknown key of every table."""
FREE: Final = frozenset({"note", "region", "endpoint", "certificate_name", "test", "reason", "keyspace", "value"})
OWN_WORDS: Final = (
    frozenset({str(item) for words in (Authentication, ControlPlane, Direction, Evidence, Step) for item in words})
    | KNOWN_STATUSES
)
"""Words of vzctl's own."""


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here pulls the plug, and hundreds of writes would wait for it."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {Path(name).name: archive.read(name) for name in archive.namelist()}


def plant(table: dict[str, Any]) -> None:
    """Put the canary into every text of the table that may be anything, and an unknown key into it and those below."""
    for name, value in list(table.items()):
        if isinstance(value, dict):
            plant(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    plant(item)
        elif name in FREE and isinstance(value, str):
            table[name] = f"{value}{PLANTED}"
    table["unknown_text"] = PLANTED
    if "endpoint" in table:
        table["endpoint"] = f"https://{PLANTED}.example.com"


def is_known(text: str) -> bool:
    """Whether vzctl itself has the word, and an archive may have it: providers, models, steps and the like."""
    providers = [
        item for name in ("openai", "mistral", "voyageAI") if isinstance(item := provider_by_id(name), Provider)
    ]
    models = {model.name for item in providers for model in item.models}
    return provider_by_id(text) is not None or text in OWN_WORDS or text in models


@pytest.mark.parametrize("plane", ["local", "astra"])
def test_no_text_of_a_full_state_is_in_the_archive(tmp_path: Path, plane: str) -> None:
    cli = Cli.create(tmp_path / "user")
    make_organization(cli, plane, CANARIES)
    if plane == "local":
        cli.ok("databases", "token", "create", "shop", "--out", "token.txt")
    state = tomli.loads(cli.state.read_text(encoding="utf-8"))
    plant(state)
    cli.state.write_text(tomli_w.dumps(state), encoding="utf-8")
    cli.ok("state", "check")
    cli.ok("support", "bundle", env={"ASTRA_DB_APPLICATION_TOKEN": CANARIES["new"]})
    files = unzipped(cli.folder / "vzctl-support.zip")
    assert b'"error"' not in files["state.json"]
    for name, data in files.items():
        assert not leaks_in(data, (*CANARIES.values(), PLANTED)), name
    looked_for = {text for text in texts_in(state) if not is_known(text)}
    looked_for |= {str(cli.folder), "tester", os.uname().nodename}
    looked_for -= {state["vzctl"], "plain"}  # the version, and a collection with the name of an output
    shown = b"\n".join(data for name, data in files.items() if name != "README.txt").decode()
    found = [text for text in looked_for if re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", shown)]
    assert found == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "leak.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vzctl-support/state.json", f'{{"note": "{PLANTED}"}}')
    assert leaks_in(unzipped(path)["state.json"], (PLANTED,))


def test_a_person_at_a_terminal_is_told_where_it_is_and_to_look_into_it(tmp_path: Path) -> None:
    cli = Cli.create(tmp_path / "user").init()
    with at_terminal(cli, "support", "bundle", columns=80) as terminal:
        assert terminal.ends() == 0
    path = cli.folder / "vzctl-support.zip"
    assert [line.split()[0] for line in terminal.screen.splitlines() if line.startswith(("about", "state.json"))] == [
        "about.json",
        "state.json",
    ]
    assert f'wrote the bundle to "{path}"' in terminal.screen
    assert "look into it before you pass it on" in terminal.screen
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_second_one_is_refused_at_a_terminal(tmp_path: Path) -> None:
    cli = Cli.create(tmp_path / "user").init()
    cli.ok("support", "bundle")
    with at_terminal(cli, "support", "bundle") as terminal:
        assert terminal.ends() == 4
    assert "exists already; a bundle overwrites nothing" in terminal.screen
    assert "next: vzctl support bundle --out bundle.zip" in terminal.screen
