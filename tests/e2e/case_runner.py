"""Runs a case of `contract_cases` on a copy of the organization."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.contract_cases import KEYS, Case
from tests.support.cli import Cli, Result
from tests.support.organization import copy_organization
from tests.support.standin.shared import TOKEN, filled_in, shared


def prepared(case: Case, original: Cli, folder: Path, keys: Mapping[str, str] = KEYS) -> Cli:
    """Return a user with a copy of the organization and everything that the case needs beforehand."""
    cli = copy_organization(original, folder)
    cli.environment["ASTRA_DB_APPLICATION_TOKEN"] = TOKEN
    path = folder / "config" / "vzctl" / "config.toml"
    more = f"{case.configuration}{shared()[case.providers].configuration}"
    path.write_text(f"{path.read_text(encoding='utf-8')}{more}", encoding="utf-8")
    for name, text in case.files.items():
        (folder / name).write_text(filled(text, keys), encoding="utf-8")
    for line in case.before:
        assert cli.run(*shlex.split(filled_in(line, case.providers))).status in (0, 14), line
    return cli


def run_case(cli: Cli, case: Case, *more: str, keys: Mapping[str, str] = KEYS, **variables: str) -> Result:
    """Run the case's line with more words after it."""
    env = {name: filled(text, keys) for name, text in case.variables.items()}
    words = [word.replace("{newest}", newest_backup(cli)).replace("{token}", first_token(cli)) for word in case.words]
    return cli.run(*words, *more, stdin=filled(case.stdin, keys), env={**env, **variables})


def filled(text: str, keys: Mapping[str, str]) -> str:
    """Return the text with the keys in the place of their names."""
    for name, key in keys.items():
        text = text.replace(f"<<{name}>>", key)
    return text


def newest_backup(cli: Cli) -> str:
    """Return the serial of the newest backup: the newest state is one while something else is in its place."""
    folder = cli.state.parent / "state.toml.d"
    found = [re.search(r"\d+", path.name) for path in (folder / "backups").glob("*")]
    newest = folder / "newest.toml"
    if newest.is_file() and (not cli.state.is_file() or cli.state.read_bytes() != newest.read_bytes()):
        found.append(re.search(r"(?<=^serial = )\d+", newest.read_text(encoding="utf-8"), re.MULTILINE))
    return str(max((int(item[0]) for item in found if item is not None), default=0))


def first_token(cli: Cli) -> str:
    """Return the id of the first service token."""
    found = re.search(r'\[\[service_tokens\]\]\nid = "(\w+)"', cli.state.read_text(encoding="utf-8"))
    return found[1] if found is not None else ""
