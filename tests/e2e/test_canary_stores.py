"""No part of a key is seen again when a program that keeps secrets fails, lies, or prints them; nor in what it is given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.case_runner import filled
from tests.e2e.contract_cases import KEYS, ROTATION_OF_TWO
from tests.support.canary import canary, leaks_in, places_with
from tests.support.cli import Cli
from tests.support.organization import make_organization
from vzctl.errors import ExitStatus

CANARIES: Final = {name: canary(number) for number, name in enumerate(KEYS)}
ALL: Final = tuple(CANARIES.values())
NEW: Final = CANARIES["new"]

PROGRAM: Final = r"""#!/bin/sh
# A store in a folder; `mode` says how it fails for everything but vzctl's own test values.
here=$(dirname "$0")
verb=$1
file=$here/items/$(printf %s "$2" | tr / _)
{ tr '\0' ' ' < /proc/$$/cmdline; printf '\n'; } >> "$here/arguments"
env >> "$here/environment"
mode=$(cat "$here/mode")
case $2 in canary-*) mode=sound ;; esac
case $mode-$verb in
    *-set) cat > "$file" ;;
esac
case $mode-$verb in
    set-shows-it-and-fails-set) echo "cannot keep $(cat "$file")" >&2; exit 7 ;;
    set-shows-it-in-pieces-and-fails-set) cut -c 1-20 "$file" >&2; cut -c 20-40 "$file" >&2; exit 7 ;;
    get-shows-it-and-fails-get) echo "found $(cat "$file")" >&2; exit 7 ;;
    get-prints-it-and-fails-get) cat "$file"; exit 7 ;;
    get-gives-another-get) printf 'x%s' "$(cat "$file")"; exit 0 ;;
    delete-shows-it-and-fails-delete) cat "$file" >&2; exit 7 ;;
esac
case $verb in
    get) [ -f "$file" ] && cat "$file" ;;
    delete) rm "$file" ;;
esac
"""
MODES: Final = (
    "sound",
    "set-shows-it-and-fails",
    "set-shows-it-in-pieces-and-fails",
    "get-shows-it-and-fails",
    "get-prints-it-and-fails",
    "get-gives-another",
    "delete-shows-it-and-fails",
)
LINES: Final = (
    "credentials add new --provider openai --scope shop --secret-stdin",
    "credentials add new --provider openai --secret-file key.txt",
    "credentials add new --provider openai --secret-env NEW_KEY",
    "credentials add --from add.jsonl",
    "credentials rotate openai-prod --skip-test --yes --secret-stdin",
    "credentials rotate openai-prod --skip-test --yes --secret-env NEW_KEY",
    "credentials rotate --from rotate.jsonl --skip-test --yes",
    "credentials remove openai-prod --confirm openai-prod",
    "rotations resume openai-leaked --attest revoked --skip-look",
    "rotations resume openai-leaked --replace-secret --skip-test --secret-stdin",
    "rotations rollback openai-leaked --yes",
    "rotations rollback mistral-prod --confirm mistral-prod",
    "revocations done mistral-prod --yes",
    "secrets test",
    "secrets status --check",
    "secrets put openai-unheld --secret-stdin",
    "secrets token put --secret-stdin",
)


def exec_user(folder: Path) -> Cli:
    """Return a user whose secrets are kept by the program."""
    cli = Cli.create(folder)
    store = folder / "store"
    (store / "items").mkdir(parents=True)
    (store / "program").write_text(PROGRAM, encoding="utf-8")
    (store / "program").chmod(0o755)
    (store / "mode").write_text("sound", encoding="utf-8")
    commands = [f'{verb} = ["{store}/program", "{verb}", "{{item}}"]' for verb in ("get", "set", "delete")]
    cli.configure("\n".join(['[secrets]\nstore = "exec"', "[secrets.exec]", *commands, ""]))
    return cli


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The organization, all of whose keys are canaries that the program keeps."""
    cli = exec_user(tmp_path_factory.mktemp("exec"))
    make_organization(cli, "local", CANARIES)
    return cli


@pytest.fixture
def user(original: Cli, tmp_path: Path) -> Cli:
    """A user with a copy of the organization and of its secrets, and files for batches."""
    cli = exec_user(tmp_path / "user")
    shutil.copytree(original.folder / "state", cli.folder / "state", dirs_exist_ok=True)
    shutil.copytree(original.folder / "store" / "items", cli.folder / "store" / "items", dirs_exist_ok=True)
    batch = filled(ROTATION_OF_TWO, CANARIES).replace("BATCH_KEY", "NEW_KEY")
    (cli.folder / "rotate.jsonl").write_text(batch, encoding="utf-8")
    line = '{"name": "new", "provider": "openai", "secret_env": "NEW_KEY"}\n'
    (cli.folder / "add.jsonl").write_text(line, encoding="utf-8")
    (cli.folder / "key.txt").write_text(NEW, encoding="utf-8")
    return cli


@pytest.mark.sampled(6)
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mode", MODES)
def test_a_failing_store_gives_no_key_away(mode: str, line: str, user: Cli) -> None:
    (user.folder / "store" / "mode").write_text(mode, encoding="utf-8")
    variables = {"NEW_KEY": NEW} if "NEW_KEY" in line or "jsonl" in line else {}
    stdin = NEW if "stdin" in line else ""
    for output in ("plain", "json"):
        result = user.run(*line.split(), "-v", "-o", output, stdin=stdin, env={**variables, "COLUMNS": "2000"})
        assert result.status != ExitStatus.INTERNAL, result.err
        items = user.folder / "store" / "items"
        assert places_with(ALL, result, user, holding=(items, user.folder / "key.txt")) == []
    # The program wrote down its own command line, as every user of the machine can read it, and its environment.
    for name in ("arguments", "environment"):
        recorded = user.folder / "store" / name
        assert not leaks_in(recorded.read_bytes() if recorded.exists() else b"", ALL)


@pytest.mark.parametrize(
    ("mode", "line"),
    [
        ("set-shows-it-and-fails", "credentials add new --provider openai --secret-stdin"),
        ("get-shows-it-and-fails", "credentials rotate openai-prod --skip-test --yes --secret-stdin"),
        ("get-gives-another", "secrets put openai-unheld --secret-stdin"),
    ],
)
def test_a_failure_after_the_intent_says_that_it_changed_the_state(mode: str, line: str, user: Cli) -> None:
    """What the intent left is gone on with by the same command, or by `rotations resume`."""
    (user.folder / "store" / "mode").write_text(mode, encoding="utf-8")
    before = user.document()["serial"]
    result = user.run(*line.split(), "-o", "json", stdin=NEW)
    document = json.loads(result.out)
    assert (result.status, document["ok"], document["changed"]) == (ExitStatus.SECRET_STORE, False, True)
    assert user.document()["serial"] > before


def test_a_batch_that_a_store_stops_says_what_became_of_each_item(user: Cli) -> None:
    (user.folder / "store" / "mode").write_text("set-shows-it-and-fails", encoding="utf-8")
    words = ["credentials", "rotate", "--from", "rotate.jsonl", "--skip-test", "--yes", "-o", "json"]
    result = user.run(*words, env={"NEW_KEY": NEW})
    first, second, total = (json.loads(line) for line in result.lines)
    assert result.status == ExitStatus.SECRET_STORE
    assert (first["ok"], first["changed"], first["data"]["name"], first["data"]["exit_code"]) == (
        False,
        True,
        "openai-prod",
        ExitStatus.SECRET_STORE,
    )
    assert (second["ok"], second["code"], second["changed"]) == (False, "NOT_STARTED", False)
    assert total["data"] == {"total": 2, "ok": 0, "waiting": 0, "failed": 1, "not_started": 1, "exit_code": 10}
    assert (total["code"], total["changed"], total["message"]) == ("SECRET_STORE", True, "0 of 2 done")


def test_a_variable_of_the_env_store_is_not_handed_to_the_programs_of_the_exec_store(user: Cli) -> None:
    configuration = user.folder / "config" / "vzctl" / "config.toml"
    text = configuration.read_text(encoding="utf-8") + '[secrets.env]\n"openai-prod" = "OPENAI_KEY"\n'
    configuration.write_text(text, encoding="utf-8")
    user.ok("secrets", "test", env={"OPENAI_KEY": NEW, "VISIBLE": "yes"})
    recorded = (user.folder / "store" / "environment").read_text(encoding="utf-8")
    assert "VISIBLE=yes" in recorded
    assert not leaks_in(recorded.encode(), ALL)
