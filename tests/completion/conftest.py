"""A state whose names complete, and commands that complete them: a stub with the small tree, and the real one."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

import vzctl
from tests.completion.small_tree import SMALL_TREE

NAMES: dict[str, Any] = {
    "credentials": [["openai-prod", "openai"], ["azure-test", "azureOpenAI"], ["openai-dev", "openai"]],
    "databases": [
        ["11111111-aaaa", "shop", "us-east1", "ACTIVE"],
        ["22222222-aaaa", "shop", "eu-west1", "HIBERNATED"],
        ["33333333-aaaa", "logs", None, "ACTIVE"],
        ["44444444-aaaa", "it's $(touch pwned)", None, "PENDING"],
    ],
    "integrations": ["openai", "azureOpenAI", "newcomer"],
    "collections": ["shop@us-east1/default_keyspace/products"],
    "columns": ["logs/main/events.vector"],
    "rotations": ["openai-dev"],
    "revocations": ["r1"],
    "pending": ["add-credential:azure-test", "add-scope:openai-prod:shop@us-east1"],
}

# As pip writes it where the path of Python has a space, which a line with #! cannot have.
STUB = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import os, sys
with open({calls!r}, "a") as calls:
    calls.write(repr(sys.argv[1:]) + "\\n")
sys.path.insert(0, {source!r})
from vzctl.completion.engine import run
locate = lambda flags, environ, directory: flags.get("state") or environ["VZCTL_STATE"]
sys.exit(run(sys.argv[1:], os.environ, tree_path={tree!r}, locate=locate))
"""


def write_names(state: Path, names: dict[str, Any]) -> None:
    """Write the names cache of the state file that is there now."""
    status = state.stat()
    cache = Path(f"{state}.d/cache/names.json")
    cache.parent.mkdir(parents=True, exist_ok=True)
    stamp = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    cache.write_text(json.dumps({"format": 1, "state": stamp, **names}), encoding="utf-8")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file with a fresh cache; its own bytes are never looked at."""
    path = tmp_path / "state.toml"
    path.write_text("not TOML", encoding="utf-8")
    write_names(path, NAMES)
    return path


@pytest.fixture
def stub_directory(tmp_path: Path) -> Path:
    """A folder with a `vzctl` that completes from the small tree, and counts its calls in `calls`."""
    directory = tmp_path / "stub"
    directory.mkdir()
    (directory / "tree.json").write_text(json.dumps(SMALL_TREE), encoding="utf-8")
    stub = directory / "vzctl"
    source = Path(vzctl.__file__).parents[1]
    stub.write_text(
        STUB.format(
            python=sys.executable,
            calls=str(directory / "calls"),
            source=str(source),
            tree=str(directory / "tree.json"),
        ),
        encoding="utf-8",
    )
    stub.chmod(0o755)
    return directory


@pytest.fixture
def real_directory(tmp_path: Path) -> Path:
    """A folder with the real `vzctl`: the command in VZCTL_TEST_COMMAND, else the one beside this Python."""
    installed = Path(sys.executable).with_name("vzctl")
    command = os.environ.get("VZCTL_TEST_COMMAND") or shlex.quote(str(installed))
    if "VZCTL_TEST_COMMAND" not in os.environ and not installed.exists():
        pytest.fail("vzctl is not installed beside this Python: make venv", pytrace=False)
    directory = tmp_path / "real"
    directory.mkdir()
    wrapper = directory / "vzctl"
    wrapper.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    return directory
