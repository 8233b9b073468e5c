"""No part of a key is ever seen again: whatever way it came in, whatever command ran, whatever failed."""

from __future__ import annotations

import os
import shlex
import threading
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from tests.e2e.case_runner import prepared, run_case
from tests.e2e.contract_cases import CASES, KEYS, Case
from tests.support.canary import canary, places_with
from tests.support.cli import Cli, Result
from tests.support.organization import make_organization
from tools.documentation import leaves
from vzctl.cli.flags import global_options
from vzctl.cli.main import app
from vzctl.errors import ExitStatus

CANARIES: Final = {name: canary(number) for number, name in enumerate(KEYS)}
ALL: Final = tuple(CANARIES.values())
NEW: Final = CANARIES["new"]
COMMANDS: Final = dict(leaves(typer.main.get_command(app)))
OUTPUTS: Final = ("human", "plain", "json")
WIDE: Final = {"COLUMNS": "2000"}
"""No table breaks a line, and a key with it."""


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here pulls the plug, and thousands of writes would wait for it."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def organizations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cli]:
    """The organization on each plane, all of whose keys are canaries; tests work on copies."""
    made = {}
    for plane in ("local", "astra"):
        made[plane] = Cli.create(tmp_path_factory.mktemp(f"canary-{plane}"))
        make_organization(made[plane], plane, CANARIES)
    return made


@pytest.fixture
def local(organizations: dict[str, Cli], tmp_path: Path) -> Cli:
    """A user with a copy of the organization on the local plane."""
    return prepared(Case(line="status"), organizations["local"], tmp_path / "user", CANARIES)


def assert_no_leak(result: Result, cli: Cli, *, holding: tuple[Path, ...] = ()) -> None:
    assert places_with(ALL, result, cli, holding=holding) == []


@pytest.mark.sampled(12)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("words", COMMANDS, ids=".".join)
def test_no_command_shows_or_keeps_a_key(
    words: tuple[str, ...], output: str, organizations: dict[str, Cli], tmp_path: Path
) -> None:
    cases = [(case, plane) for case in CASES for plane in case.planes if case.command == ".".join(words)]
    assert cases
    for number, (case, plane) in enumerate(cases):
        cli = prepared(case, organizations[plane], tmp_path / f"user-{number}", CANARIES)
        result = run_case(cli, case, "-v", "--output", output, keys=CANARIES, **WIDE)
        assert result.status == case.status, result.err
        assert_no_leak(result, cli, holding=tuple(cli.folder / name for name in case.files))


def test_a_key_from_a_fifo_is_not_kept(local: Cli) -> None:
    fifo = local.folder / "key.fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(f"{NEW}\n",))
    writer.start()
    result = local.run("credentials", "add", "new", "--provider", "openai", "--secret-file", str(fifo), "-v", env=WIDE)
    writer.join()
    assert result.status == ExitStatus.OK
    assert_no_leak(result, local)


def mistakes(words: tuple[str, ...], command: Any, key: str) -> list[list[str]]:
    """Return command lines with the key where a name, a number or a flag belongs: in every place, one after the other."""
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option" and not item.is_flag]
    sound = ["shop/default/products" if "ADDRESS" in (item.metavar or "") else "openai-prod" for item in arguments]
    named = [place for place, item in enumerate(arguments) if item.metavar != "FILE"]
    lines = [[*words, *sound[:place], key, *sound[place + 1 :]] for place in named]
    for option in options:
        name = max(option.opts, key=len)
        if name not in GLOBAL_NAMES or words == ("status",):
            lines += [[*words, *sound, name, key], [*words, *sound, f"{name}={key}"]]
    lines += [[*words, *sound, *wrong] for wrong in ([key, key], ["--secret", key], [f"--secret={key}"], [f"--{key}"])]
    lines += [[*words, *sound, f"-{key}"], [*words, *sound, f"-n{key}"], [key, *words], [*words[:-1], key]]
    return lines


GLOBAL_NAMES: Final = frozenset(name for option in global_options() for name in option.opts)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("words", COMMANDS, ids=".".join)
def test_a_key_given_for_something_else_is_not_repeated(words: tuple[str, ...], local: Cli) -> None:
    told = []
    for number, line in enumerate(mistakes(words, COMMANDS[words], NEW)):
        result = local.run(*line, "-v", "-o", ("plain", "json")[number % 2], env=WIDE)
        if found := places_with([NEW], result, local):
            told.append(f"{' '.join(line).replace(NEW, 'KEY')}: {', '.join(found)}: {result.err}")
        assert result.status != ExitStatus.INTERNAL, result.err
    assert not told, "\n".join(told)


KEPT_TEXTS: Final = (
    "init --profile other --control-plane local --organization {key}",
    "credentials add new --provider openai --no-secret --note {key}",
    "credentials add new --provider openai --no-secret --note 'the key is {key}, do not tell'",
    "credentials edit openai-prod --note {key}",
    "databases add fresh --region {key}",
    "databases add {key}",
    "databases edit shop --region {key}",
    "databases edit shop --name {key}",
    "databases edit shop --endpoint https://{key}.example.com",
)


@pytest.mark.parametrize("line", KEPT_TEXTS)
def test_a_key_is_refused_where_a_text_is_kept(line: str, local: Cli) -> None:
    for prefix in ("sk-", "sk-proj-", "hf_", "jina_", "pa-", "up_", "nvapi-", ""):
        key = canary(1, prefix)
        result = local.run(*shlex.split(line.format(key=key)), env=WIDE)
        assert result.status == ExitStatus.USAGE
        assert places_with([key], result, local) == []


BATCHES: Final = {
    "under an unknown key": f'{{"name": "one", "provider": "openai", "key": "{NEW}"}}',
    "as an unknown key": f'{{"name": "one", "provider": "openai", "{NEW}": true}}',
    "as the name": f'{{"name": "{NEW}", "provider": "openai", "none": true}}',
    "as the provider": f'{{"name": "one", "provider": "{NEW}", "none": true}}',
    "as the variable": f'{{"name": "one", "provider": "openai", "secret_env": "{NEW}"}}',
    "as the file": f'{{"name": "one", "provider": "openai", "secret_file": "{NEW}"}}',
    "as the note": f'{{"name": "one", "provider": "openai", "none": true, "note": "{NEW}"}}',
    "as a database": f'{{"name": "one", "provider": "openai", "none": true, "databases": ["{NEW}"]}}',
    "for a number": f'{{"name": "one", "provider": "openai", "none": true, "slot": "{NEW}"}}',
    "for true": f'{{"name": "one", "provider": "openai", "none": "{NEW}"}}',
    "as the line": f'"{NEW}"',
    "without quotes": f'{{"name": "one", "provider": "openai", "key": {NEW}}}',
}


@pytest.mark.parametrize("text", BATCHES.values(), ids=BATCHES)
def test_a_key_in_a_batch_file_is_not_repeated(text: str, local: Cli) -> None:
    batch = local.folder / "batch.jsonl"
    batch.write_text(f"{text}\n", encoding="utf-8")
    for words in (["add"], ["rotate", "--skip-test"]):
        for output in OUTPUTS:
            result = local.run("credentials", *words, "--from", str(batch), "-v", "-o", output)
            assert result.status not in (ExitStatus.OK, ExitStatus.INTERNAL)
            assert_no_leak(result, local, holding=(batch,))


CONFIGURATIONS: Final = {
    "not TOML": f"[secrets]\nkey = {NEW}\n",
    "not closed": f'[secrets]\nkey = "{NEW}\n',
    "a line of its own": f"{NEW}\n",
    "an unknown key": f'[secrets]\nkey = "{NEW}"\n',
    "as an unknown key": f'"{NEW}" = 1\n',
    "as a table": f"[{NEW}]\nkey = 1\n",
    "as the store": f'[secrets]\nstore = "{NEW}"\n',
    "as the output": f'output = "{NEW}"\n',
    "as the profile": f'profile = "{NEW}/x"\n',
    "as a variable": f'[secrets]\nstore = "env"\n[secrets.env]\n"openai-prod" = "{NEW}"\n',
    "as a recipient": f'[secrets]\nstore = "file"\n[secrets.file]\nrecipients = ["{NEW}"]\nidentity_file = "identity.txt"\n',
    "as a program": f'[secrets]\nstore = "exec"\n[secrets.exec]\nget = "{NEW}"\nset = ["a"]\ndelete = ["b"]\n',
    "as an argument": '[secrets]\nstore = "exec"\n[secrets.exec]\n'
    + "".join(f'{verb} = ["false", "{NEW}", "{{item}}"]\n' for verb in ("get", "set", "delete")),
}


CONFIGURED: Final = ("status -v", "secrets test -v", "secrets status --check", "credentials list", "credentials find")


@pytest.mark.sampled(6)
@pytest.mark.parametrize("place", ["config/vzctl/config.toml", ".vzctl.toml"])
@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_key_in_a_configuration_is_not_repeated(text: str, place: str, local: Cli) -> None:
    path = local.folder / place
    path.write_text(text, encoding="utf-8")
    for line in CONFIGURED:
        for output in ("plain", "json"):
            result = local.run(*line.split(), "-o", output, env=WIDE)
            assert result.status != ExitStatus.INTERNAL, result.err
            assert_no_leak(result, local, holding=(path,))


HAND_EDITS: Final = {
    "an unknown key at the top": ('lineage = "', f'secret = "{NEW}"\nlineage = "'),
    "an unknown key of a credential": ('name = "openai-prod"', f'name = "openai-prod"\nkey = "{NEW}"'),
    "an unknown key that is the key": ('name = "openai-prod"', f'name = "openai-prod"\n{NEW} = 1'),
    "an unknown table": ("[organization]", f'[keys]\nopenai = "{NEW}"\n\n[organization]'),
    "a number": ("serial = ", f'serial = "{NEW}"\n# '),
    "a time": ("created_at = ", f'created_at = "{NEW}"\n# '),
    "a word of a few": ('control_plane = "local"', f'control_plane = "{NEW}"'),
    "a list": ("scope = [", f'note = ["{NEW}"]\nscope = ['),
    "a reference": ("current = ", f'current = "{NEW}"\n# '),
    "a syntax error": ("serial = ", f"serial = {NEW}\n# "),
}
READING: Final = [
    words
    for words in COMMANDS
    if words[-1] in ("list", "show", "status", "check", "export", "path", "backups", "audit")
]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("edit", HAND_EDITS.values(), ids=HAND_EDITS)
def test_a_key_in_a_hand_edited_state_is_not_repeated(edit: tuple[str, str], local: Cli) -> None:
    text = local.state.read_text(encoding="utf-8")
    assert edit[0] in text
    local.state.write_text(text.replace(*edit, 1), encoding="utf-8")
    # Whoever put it there finds it there, and in the backup that every change makes.
    holding = (local.state, local.state.parent / "state.toml.d" / "backups")
    lines = [[*words, *(["openai-leaked"] if words[-1] == "show" else [])] for words in READING]
    lines += [["scope", "list", "openai-leaked"], ["scope", "add", "openai-leaked", "logs"]]
    lines += [
        ["credentials", "edit", "openai-prod", "--note", "other"],
        ["databases", "edit", "logs", "--status", "PENDING"],
    ]
    for line in lines:
        for output in OUTPUTS:
            result = local.run(*line, "-v", "-o", output, env=WIDE)
            assert result.status != ExitStatus.INTERNAL, result.err
            assert_no_leak(result, local, holding=holding)
