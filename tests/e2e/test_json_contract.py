"""Every command in JSON, going right and failing: one document, valid by its schema, true in what it says."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import typer

from tests.e2e.case_runner import prepared, run_case
from tests.e2e.contract_cases import CASES, KEYS, Case
from tests.support.cli import Cli, Result
from tests.support.documents import texts_in
from tests.support.organization import make_organization
from tools.documentation import leaves
from vzctl.cli.flags import ChangeCommand
from vzctl.cli.main import app
from vzctl.errors import ExitStatus
from vzctl.render.contracts import WITHOUT_JSON

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "docs" / "schemas"
COMMANDS: Final = dict(leaves(typer.main.get_command(app)))
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
WHOLE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
BESIDE_THE_STATE: Final = frozenset({"secrets.migrate", "secrets.identity"})
"""Commands that write, and leave the state as it is."""

RUNS: Final = [pytest.param(case, plane, id=f"{plane}: {case.line}") for case in CASES for plane in case.planes]
FIRST_RUNS: Final = [
    next(((case, plane) for case in CASES for plane in case.planes if case.goes_right and name == case.command), None)
    for name in (".".join(words) for words in COMMANDS)
]
"""For each command the first case that goes right."""
READY: Final = [pytest.param(*found, id=found[0].command) for found in FIRST_RUNS if found is not None]
CHANGING: Final = [
    pytest.param(*found, id=found[0].command)
    for found in FIRST_RUNS
    if found is not None and isinstance(COMMANDS[tuple(found[0].command.split("."))], ChangeCommand)
]


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def documents(result: Result) -> list[dict[str, Any]]:
    """Return the documents on stdout, each of them on a line of its own and valid by its schema."""
    assert result.out.endswith("\n")
    found = [json.loads(line) for line in result.out.split("\n")[:-1]]
    for document in found:
        is_failure = not document["ok"] and document["data"] is None
        validator("failure" if is_failure else document["command"]).validate(document)
        for text in texts_in(document):
            if TIME.match(text) and len(text) <= len("2026-01-31T12:00:00.000000+00:00"):
                assert WHOLE_TIME.match(text), text
    return found


def the_document(result: Result) -> dict[str, Any]:
    """Return the one document, or a batch's last one, after the lines of its items were looked at."""
    found = documents(result)
    *items, last = found
    assert (items != []) == (last["data"] is not None and "total" in last["data"])
    if items:
        assert last["data"]["total"] == len(items)
        assert last["data"]["exit_code"] == result.status
        assert last["changed"] == any(item["changed"] for item in items)
        assert last["ok"] == all(item["ok"] for item in items)
        assert [item["data"]["code"] for item in items] == [item["code"] for item in items]
    return last


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here pulls the plug, and thousands of writes would wait for it."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def organizations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cli]:
    """The organization on each plane; tests work on copies."""
    made = {}
    for plane in ("local", "astra"):
        made[plane] = Cli.create(tmp_path_factory.mktemp(plane))
        make_organization(made[plane], plane, KEYS)
    return made


def serial(cli: Cli, profile: str = "default") -> int:
    path = cli.state.parent.parent / profile / "state.toml"
    if not path.exists():
        return 0
    found = re.search(r"^serial = (\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return int(found[1])


def serials(cli: Cli) -> int:
    """The sum over both profiles that the cases use: it rises when either does."""
    return serial(cli) + serial(cli, "other")


@pytest.mark.sampled(160)
@pytest.mark.parametrize(("case", "plane"), RUNS)
def test_a_command_answers_with_one_true_document(
    case: Case, plane: str, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cli = prepared(case, organizations[plane], tmp_path / "user")
    before = serials(cli)
    result = run_case(cli, case, "-o", "json")
    document = the_document(result)
    rose = serials(cli) > before
    assert (result.status, document["ok"], document["code"]) == (case.status, case.goes_right, case.error_code), (
        result.out
    )
    assert document["command"] == case.command
    if case.command in BESIDE_THE_STATE:
        # A migration copies what the target does not have: nothing, when all of it is there already.
        did_something = case.goes_right and document["data"].get("copied") != []
        assert (document["changed"], rose) == (did_something, False)
    else:
        assert document["changed"] == rose
    assert "Traceback" not in result.err


@pytest.mark.parametrize(("case", "plane"), CHANGING)
def test_a_dry_run_answers_like_the_change_and_changes_no_byte(
    case: Case, plane: str, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cli = prepared(case, organizations[plane], tmp_path / "user")
    before = cli.everything()
    result = run_case(cli, case, "--dry-run", "-o", "json")
    document = the_document(result)
    assert (result.status, document["ok"], document["code"], document["changed"]) == (0, True, "OK", False), result.out
    assert document["command"] == case.command
    assert cli.everything() == before


@pytest.mark.parametrize(("case", "plane"), CHANGING)
def test_a_change_is_refused_under_read_only(
    case: Case, plane: str, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cli = prepared(case, organizations[plane], tmp_path / "user")
    before = cli.everything()
    result = run_case(cli, case, "-o", "json", VZCTL_READ_ONLY="1")
    document = the_document(result)
    assert (result.status, document["code"], document["changed"]) == (ExitStatus.USAGE, "READ_ONLY", False)
    assert cli.everything() == before


@pytest.mark.parametrize("words", COMMANDS, ids=".".join)
def test_a_usage_error_is_one_document(words: tuple[str, ...], organizations: dict[str, Cli], tmp_path: Path) -> None:
    cli = Cli.create(tmp_path / "user")
    for given in (
        (*words, "--no-such-option", "-o", "json"),
        ("-o", "json", *words, "--no-such-option"),
        (*words, "--no-such-option", "--output=json"),
        (*words, "--no-such-option", "-ojson"),
    ):
        result = cli.run(*given)
        document = the_document(result)
        assert (result.status, document["code"], document["ok"]) == (ExitStatus.USAGE, "USAGE", False)
        assert document["command"] == ".".join(words)


@pytest.mark.parametrize(
    ("configure", "variables"), [("", {"VZCTL_OUTPUT": "json"}), ('output = "json"\n', {})], ids=["variable", "file"]
)
def test_failures_are_json_however_json_was_chosen(configure: str, variables: dict[str, str], tmp_path: Path) -> None:
    cli = Cli.create(tmp_path / "user")
    cli.configure(configure)
    for words, code in ((("status",), "STATE_NOT_FOUND"), (("status", "--what"), "USAGE"), (("weather",), "USAGE")):
        document = the_document(cli.run(*words, env=variables))
        assert document["code"] == code


@pytest.mark.sampled(20)
@pytest.mark.parametrize(("case", "plane"), READY)
def test_a_broken_state_is_one_document_and_stays_as_it_is(
    case: Case, plane: str, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cli = prepared(case, organizations[plane], tmp_path / "user")
    cli.state.write_text("schema = 1\n<<<<<<< ours\n", encoding="utf-8")
    before = cli.state.read_bytes()
    result = run_case(cli, case, "-o", "json")
    document = the_document(result)
    assert result.status in (case.status, ExitStatus.STATE), result.out
    assert cli.state.read_bytes() == before or case.command == "state.restore"
    if not document["ok"]:
        assert document["code"] == "STATE_BROKEN"


@pytest.mark.parametrize("nouns", [(), ("credentials",), ("state",)], ids=["vzctl", "credentials", "state"])
def test_a_bare_noun_answers_as_help_does(nouns: tuple[str, ...], tmp_path: Path) -> None:
    document = the_document(Cli.create(tmp_path / "user").run(*nouns, "-o", "json"))
    assert (document["command"], document["code"]) == ("help", "OK")
    assert "Usage: vzctl" in document["data"]["text"]


def test_every_command_has_a_case_that_goes_right_and_one_that_fails() -> None:
    names = {".".join(words) for words in COMMANDS}
    assert {case.command for case in CASES if case.goes_right} == names - set(WITHOUT_JSON)
    assert {case.command for case in CASES if not case.goes_right} == names


def test_every_command_that_a_person_follows_up_on_has_cases_on_both_planes() -> None:
    on_astra = {case.command for case in CASES if "astra" in case.planes}
    same_everywhere = {
        "completion",
        "explain",
        "help",
        "providers.list",
        "providers.show",
        "init",
        "secrets.test",
        "secrets.identity",
    }
    names = {".".join(words) for words in COMMANDS}
    assert names - on_astra - same_everywhere - {"secrets.migrate"} == set()
