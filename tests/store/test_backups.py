"""Backups: one for each change, ordered as they were written, kept by number and age, whatever else is in their folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.state_files import tree
from vzctl.store import backups
from vzctl.store.backups import BackupFile, list_backups, next_name, prune, save
from vzctl.store.restore import named

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def saved(folder: Path, *serials: int) -> None:
    for serial in serials:
        save(folder, next_name(folder, serial), f"{serial}".encode())


def aged(folder: Path, days: float) -> None:
    moment = (NOW - timedelta(days=days)).timestamp()
    for path in folder.iterdir():
        os.utime(path, (moment, moment))


def serials(folder: Path) -> list[int]:
    return [item.serial for item in list_backups(folder)]


def backup_file(serial: int, saved_at: datetime, size: int, path: Path) -> BackupFile:
    return BackupFile(serial, serial, saved_at, size, path.name, str(path))


def test_a_backup_is_named_by_its_serial_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "state.toml.d" / "backups"
    saved(folder, 7)
    path = folder / "00000007.toml"
    assert path.read_bytes() == b"7"
    assert [stat.S_IMODE(item.stat().st_mode) for item in (path, folder, folder.parent)] == [0o600, 0o700, 0o700]


def test_backups_are_listed_in_the_order_in_which_they_were_written_whatever_the_times_of_the_files(
    tmp_path: Path,
) -> None:
    for serial, year in ((9, 2031), (10, 2020), (100_000_000, 1999)):
        saved(tmp_path, serial)
        moment = datetime(year, 1, 1, tzinfo=UTC).timestamp()
        os.utime(tmp_path / f"{serial:08d}.toml", (moment, moment))
    assert list_backups(tmp_path) == [
        backup_file(100_000_000, datetime(1999, 1, 1, tzinfo=UTC), 9, tmp_path / "100000000.toml"),
        backup_file(10, datetime(2020, 1, 1, tzinfo=UTC), 2, tmp_path / "00000010.toml"),
        backup_file(9, datetime(2031, 1, 1, tzinfo=UTC), 1, tmp_path / "00000009.toml"),
    ]


def test_a_serial_that_is_written_twice_is_kept_twice_and_the_last_one_is_the_newest(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2, 3, 2, 3, 4, 7)
    found = list_backups(tmp_path)
    assert [(item.order, item.serial, item.id) for item in found] == [
        (7, 7, "7"),
        (6, 4, "4.6"),
        (5, 3, "3.5"),
        (4, 2, "2.4"),
        (3, 3, "3"),
        (2, 2, "2"),
        (1, 1, "1"),
    ]
    assert [item.id for item in named(found, "3")] == ["3.5", "3"]
    assert [item.id for item in named(found, "3.5")] == ["3.5"]
    assert [item.id for item in named(found, "3.3")] == ["3"]
    assert named(found, "5") == named(found, "3.4") == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=15))
def test_the_backup_that_was_written_last_is_always_the_newest(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[int]
) -> None:
    folder = tmp_path_factory.mktemp("backups")
    saved(folder, *order)
    assert serials(folder) == list(reversed(order))


@pytest.mark.parametrize("days", [-3650, 0, 29])
def test_young_backups_are_kept_beyond_the_number_that_is_always_kept(tmp_path: Path, days: float) -> None:
    saved(tmp_path, *range(1, 70))
    aged(tmp_path, days)
    prune(tmp_path, now=NOW)
    assert serials(tmp_path) == list(range(69, 0, -1))


def test_of_old_backups_the_newest_fifty_are_kept(tmp_path: Path) -> None:
    saved(tmp_path, *range(1, 60))
    aged(tmp_path, 31)
    prune(tmp_path, now=NOW)
    assert backups.KEPT == 50
    assert serials(tmp_path) == list(range(59, 9, -1))
    prune(tmp_path, now=NOW, keep=2)
    assert serials(tmp_path) == [59, 58]


@pytest.mark.parametrize(("limit", "value", "kept"), [("KEPT_AT_MOST", 55, 55), ("KEPT_BYTES", 113, 57)])
def test_young_backups_have_a_limit_in_number_and_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, kept: int
) -> None:
    saved(tmp_path, *range(11, 75))
    aged(tmp_path, 1)
    monkeypatch.setattr(backups, limit, value)
    prune(tmp_path, now=NOW)
    assert serials(tmp_path) == list(range(74, 74 - kept + (limit == "KEPT_BYTES"), -1))


def test_the_backup_of_a_change_outlives_a_clock_that_ran_ahead(tmp_path: Path) -> None:
    saved(tmp_path, *range(1, 60))
    aged(tmp_path, -4000)
    saved(tmp_path, 60)
    prune(tmp_path, now=NOW, keep=5)
    assert serials(tmp_path)[0] == 60


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
        "00000001-2.toml",
        "00000001-00000002-00000003.toml",
    ]
    for name in foreign:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "00000099.toml").mkdir()
    saved(tmp_path, 5)
    aged(tmp_path, 100)
    prune(tmp_path, now=NOW, keep=0)
    assert list_backups(tmp_path) == []
    assert set(os.listdir(tmp_path)) == {*foreign, "00000099.toml"}


def test_no_folder_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert list_backups(tmp_path / "missing") == []
    assert list_backups(tmp_path / "file") == []
    prune(tmp_path / "missing", now=NOW)


def test_a_backup_that_cannot_be_dropped_is_left_and_the_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, 1, 2, 3, 4)
    aged(tmp_path, 100)
    unlink = os.unlink

    def refuse(path: str | Path) -> None:
        if str(path).endswith("2.toml"):
            raise PermissionError(1, "Operation not permitted")
        unlink(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        prune(tmp_path, now=NOW, keep=1)
    assert sorted(tree(tmp_path)) == ["00000002.toml", "00000004.toml"]


def test_a_backup_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "backups").write_bytes(b"")
    with pytest.raises(OSError, match="File exists"):
        save(tmp_path / "backups", "00000001.toml", b"")
