"""Directories of the file store: private, and gone when empty."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vzctl.vault.directory import ensure_directory, remove_empty, sync_directory


def test_makes_what_is_missing_for_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ensure_directory(tmp_path / "a" / "b" / "c")
        ensure_directory(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert [oct(path.stat().st_mode & 0o777) for path in made] == ["0o700"] * 3


def test_takes_a_directory_that_another_process_made_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = Path.mkdir

    def mkdir_after_another(path: Path, mode: int) -> None:
        mkdir(path, mode)
        mkdir(path, mode)

    monkeypatch.setattr(Path, "mkdir", mkdir_after_another)
    ensure_directory(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_leaves_it_to_the_caller_when_another_process_removed_it_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next step then fails with `FileNotFoundError`, after which callers try again."""

    def mkdir_of_something_short_lived(path: Path, mode: int) -> None:
        raise FileExistsError(path, mode)

    monkeypatch.setattr(Path, "mkdir", mkdir_of_something_short_lived)
    ensure_directory(tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("kind", ["file", "broken link"])
def test_does_not_take_anything_else_for_a_directory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "file":
        path.touch()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError):
        ensure_directory(path)


def test_removes_upwards_as_far_as_it_is_empty(tmp_path: Path) -> None:
    ensure_directory(tmp_path / "a" / "b" / "c")
    (tmp_path / "a" / "kept").touch()
    remove_empty(tmp_path / "a" / "b" / "c", below=tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "kept"]


def test_keeps_the_directory_below_which_it_works(tmp_path: Path) -> None:
    ensure_directory(tmp_path / "a" / "b")
    remove_empty(tmp_path / "a" / "b", below=tmp_path / "a")
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]


def test_a_system_that_cannot_open_directories_is_not_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    sync_directory(tmp_path / "nowhere")
