"""Where the companions of a state lie, links followed; and what of them belongs into version control."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.builders import a_state
from tests.support.state_files import a_state_file, change
from tests.support.tools import require_tool
from vzctl.store.atomic import append_line
from vzctl.store.paths import StatePaths


def test_everything_lies_in_one_folder_beside_the_state(tmp_path: Path) -> None:
    paths = StatePaths.of(tmp_path / "my.toml")
    folder = tmp_path / "my.toml.d"
    assert (paths.state, paths.folder) == (tmp_path / "my.toml", folder)
    assert [paths.gitignore, paths.lock, paths.backups, paths.audit, paths.names_cache, paths.local.secrets] == [
        folder / ".gitignore",
        folder / "lock",
        folder / "backups",
        folder / "audit.jsonl",
        folder / "cache" / "names.json",
        folder / "secrets",
    ]
    assert paths.local.canaries.parent == folder


def test_links_are_followed_to_the_real_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.toml").symlink_to("real/state.toml")
    (tmp_path / "folder").symlink_to("real")
    expected = StatePaths.of(tmp_path / "real" / "state.toml")
    assert StatePaths.of(tmp_path / "link.toml") == expected
    assert StatePaths.of(tmp_path / "folder" / "state.toml") == expected
    assert expected.folder == tmp_path / "real" / "state.toml.d"


def test_git_would_take_the_state_and_the_encrypted_secrets_and_nothing_else(tmp_path: Path) -> None:
    require_tool("git")
    file = a_state_file(tmp_path / "state.toml")
    file.create(a_state())
    change(file, lambda _: a_state(serial=1, vzctl="x"))
    file.paths.local.secrets.joinpath("a", "b").mkdir(parents=True)
    file.paths.local.secrets.joinpath("a", "b", "c.age").write_bytes(b"")
    file.paths.local.canaries.mkdir()
    file.paths.local.canaries.joinpath("x").write_bytes(b"")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    found = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.splitlines() == ["state.toml", "state.toml.d/.gitignore", "state.toml.d/secrets/a/b/c.age"]


def test_a_companion_that_leads_elsewhere_is_refused_and_the_other_file_stays(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine\n")
    for name in ("link", "hard"):
        place = tmp_path / name
        if name == "link":
            place.symlink_to(victim)
        else:
            place.hardlink_to(victim)
        with pytest.raises(OSError, match=r"plain file|symbolic link|Too many levels"):
            append_line(place, b"yours")
        assert victim.read_bytes() == b"mine\n"
