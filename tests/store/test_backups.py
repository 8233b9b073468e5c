"""Backups: one a change, the last ten kept, whatever else lies in their folder."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.state_files import tree
from vzctl.store import backups
from vzctl.store.backups import Backup, list_backups, prune, save


def test_a_backup_is_named_by_its_serial_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "state.toml.d" / "backups"
    path = save(folder, 7, b"seven")
    assert (path, path.read_bytes()) == (folder / "00000007.toml", b"seven")
    assert [stat.S_IMODE(item.stat().st_mode) for item in (path, folder, folder.parent)] == [0o600, 0o700, 0o700]


def test_backups_are_listed_newest_first(tmp_path: Path) -> None:
    for serial in (9, 100_000_000, 10):
        os.utime(save(tmp_path, serial, b"x" * serial if serial < 99 else b""), (1_700_000_000.9, 1_700_000_000.9))
    saved_at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert list_backups(tmp_path) == [
        Backup(100_000_000, saved_at, 0, tmp_path / "100000000.toml"),
        Backup(10, saved_at, 10, tmp_path / "00000010.toml"),
        Backup(9, saved_at, 9, tmp_path / "00000009.toml"),
    ]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for serial in range(1, 15):
        save(tmp_path, serial, b"")
    prune(tmp_path)
    assert backups.KEPT == 10
    assert [item.serial for item in list_backups(tmp_path)] == list(range(14, 4, -1))
    prune(tmp_path, keep=2)
    assert [item.serial for item in list_backups(tmp_path)] == [14, 13]


def test_what_is_no_backup_is_neither_listed_nor_removed(tmp_path: Path) -> None:
    foreign = [
        "notes.txt",
        "x.toml",
        "12.toml.old",
        ".00000001.toml.abc.tmp",
        "\u00b2.toml",
        "-1.toml",
        "1 .toml",
        "13",
    ]
    for name in foreign:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "00000099.toml").mkdir()
    save(tmp_path, 5, b"")
    prune(tmp_path, keep=0)
    assert list_backups(tmp_path) == []
    assert set(os.listdir(tmp_path)) == {*foreign, "00000099.toml"}


def test_no_folder_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert list_backups(tmp_path / "missing") == []
    assert list_backups(tmp_path / "file") == []
    prune(tmp_path / "missing")


def test_a_backup_that_cannot_be_dropped_is_left_and_the_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for serial in range(1, 5):
        save(tmp_path, serial, b"")
    unlink = os.unlink

    def refuse(path: str | Path) -> None:
        if str(path).endswith("2.toml"):
            raise PermissionError(1, "Operation not permitted")
        unlink(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        prune(tmp_path, keep=1)
    assert sorted(tree(tmp_path)) == ["00000002.toml", "00000004.toml"]


def test_a_backup_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "backups").write_bytes(b"")
    with pytest.raises(OSError, match="File exists"):
        save(tmp_path / "backups", 1, b"")
