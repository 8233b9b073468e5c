"""A file changes whole or not at all: whatever fails, and whenever."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.state_files import tree
from vzctl.store.atomic import (
    append_line,
    create_new_file,
    make_private_directory,
    remove_unfinished,
    sync_directory,
    write_atomic,
)

OLD, NEW = b"old\n" * 1000, b"new\n" * 3000
CALLS = ("fchmod", "fsync", "replace", "open", "close", "fdopen")


class Killed(BaseException):
    """What no `except Exception` catches, as ^C and the end of the process are not caught."""


@pytest.fixture(params=[Killed, OSError, KeyboardInterrupt])
def failure(request: pytest.FixtureRequest) -> type[BaseException]:
    kind: type[BaseException] = request.param
    return kind


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def failing_at(monkeypatch: pytest.MonkeyPatch, number: int, failure: BaseException) -> list[str]:
    """Make the n-th call to the operating system fail, before it does anything; return the names of those made."""
    made: list[str] = []

    def guard(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            if len(made) == number:
                raise failure
            return original(*arguments, **options)

        return guarded

    for name in CALLS:
        monkeypatch.setattr(os, name, guard(name, getattr(os, name)))
    monkeypatch.setattr(tempfile, "mkstemp", guard("mkstemp", tempfile.mkstemp))
    return made


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_the_file_has_the_new_bytes_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "state.toml"
    write_atomic(path, OLD)
    write_atomic(path, NEW)
    assert tree(tmp_path) == {"state.toml": NEW}


@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_at_any_call_leaves_the_old_bytes_or_the_new_ones(
    tmp_path: Path, failure: type[BaseException], existing: bool
) -> None:
    outcomes = []
    for number in range(1, 40):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "state.toml"
        if existing:
            path.write_bytes(OLD)
        with pytest.MonkeyPatch.context() as patched:
            made = failing_at(patched, number, failure())
            with suppress(failure):
                write_atomic(path, NEW)
        if len(made) < number:
            break
        found = tree(folder)
        assert found in ({"state.toml": OLD} if existing else {}, {"state.toml": NEW})
        outcomes.append("new" if found.get("state.toml") == NEW else "old")
    # Old up to the replacement, new from there on; and both were seen.
    assert outcomes == sorted(outcomes, reverse=True)
    assert (outcomes[0], outcomes[-1]) == ("old", "new")
    assert len(outcomes) >= 6


def test_the_file_is_private_from_its_first_byte_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    replace, sync = os.replace, os.fsync

    def looking_replace(source: str, target: Path) -> None:
        seen.append(mode_of(Path(source)))
        replace(source, target)

    def looking_sync(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077)
        sync(descriptor)

    monkeypatch.setattr(os, "replace", looking_replace)
    path = tmp_path / "state.toml"
    with umask(0):
        write_atomic(path, NEW)
        monkeypatch.setattr(os, "fsync", looking_sync)
        write_atomic(path, OLD, mode=0o600)
    assert (mode_of(path), seen[:2]) == (0o600, [0o600, 0])


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_the_mode_is_the_one_asked_for_whatever_the_umask_and_the_old_mode(
    tmp_path: Path, mode: int, mask: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    path.chmod(0o666)
    with umask(mask):
        write_atomic(path, NEW, mode=mode)
    assert mode_of(path) == mode


def test_the_temporary_file_lies_beside_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    replace = os.replace

    def looking(source: str, target: Path) -> None:
        seen.append(Path(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", looking)
    write_atomic(tmp_path / "state.toml", NEW)
    (temporary,) = seen
    assert temporary.parent == tmp_path
    assert temporary.name.startswith(".state.toml.")
    assert temporary.name.endswith(".tmp")


def test_the_disk_has_the_bytes_before_the_name_and_the_name_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the order of the calls shows what a power cut would leave."""
    seen: list[str] = []
    replace, sync = os.replace, os.fsync

    def looking_replace(source: str, target: Path) -> None:
        seen.append("replace")
        replace(source, target)

    def looking_sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append("folder" if is_folder else f"file of {os.fstat(descriptor).st_size}")
        sync(descriptor)

    monkeypatch.setattr(os, "replace", looking_replace)
    monkeypatch.setattr(os, "fsync", looking_sync)
    write_atomic(tmp_path / "state.toml", b"12345")
    append_line(tmp_path / "audit.jsonl", b"123")
    append_line(tmp_path / "audit.jsonl", b"123")
    assert seen == ["file of 5", "replace", "folder", "file of 4", "folder", "file of 8"]


def test_a_target_in_no_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "missing" / "state.toml", NEW)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        write_atomic(tmp_path / "file" / "state.toml", NEW)


def test_a_target_that_is_a_folder_is_an_os_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "state.toml").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "state.toml", NEW)
    assert tree(tmp_path) == {}


def test_a_temporary_file_that_vanished_hides_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(source: str, target: Path) -> None:
        os.unlink(source)
        raise Killed

    monkeypatch.setattr(os, "replace", vanish)
    with pytest.raises(Killed):
        write_atomic(tmp_path / "state.toml", NEW)


@pytest.fixture(params=["unnamed files", "named drafts"])
def drafts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which a new file is written before it has its name."""
    if request.param == "named drafts":
        monkeypatch.delattr(os, "O_TMPFILE")


@pytest.mark.usefixtures("drafts")
def test_a_new_file_has_its_bytes_and_its_mode_and_nothing_else_is_left(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        create_new_file(tmp_path / "new", NEW, mode=0o644)
    finally:
        os.umask(before)
    assert tree(tmp_path) == {"new": NEW}
    assert mode_of(tmp_path / "new") == 0o644


@pytest.mark.usefixtures("drafts")
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_new_file_replaces_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "new"
    if kind == "file":
        path.write_bytes(OLD)
    elif kind == "link":
        path.symlink_to("nowhere")
    else:
        path.mkdir()
    with pytest.raises(FileExistsError):
        create_new_file(path, NEW)
    assert os.listdir(tmp_path) == ["new"]
    assert path.is_symlink() == (kind == "link")
    assert kind != "file" or path.read_bytes() == OLD


@pytest.mark.usefixtures("drafts")
def test_of_two_who_create_the_same_file_one_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "new", os.link

    def link_after_another(*arguments: Any, **options: Any) -> None:
        path.write_bytes(OLD)
        link(*arguments, **options)

    monkeypatch.setattr(os, "link", link_after_another)
    with pytest.raises(FileExistsError):
        create_new_file(path, NEW)
    assert tree(tmp_path) == {"new": OLD}


@pytest.mark.usefixtures("drafts")
def test_a_new_file_that_fails_at_any_call_is_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    for number in range(1, 100):
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as patch, suppress(failure):
            made = failing_at(patch, number, failure())
            create_new_file(folder / "new", NEW)
        assert tree(folder) in ({}, {"new": NEW})
        if len(made) < number:
            return
    pytest.fail("it never ended")


def test_a_draft_that_a_kill_has_left_is_removed_by_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    for name in (".new.abc.tmp", ".newer.abc.tmp"):
        (tmp_path / name).write_bytes(OLD)
    create_new_file(tmp_path / "new", NEW)
    assert tree(tmp_path) == {"new": NEW, ".newer.abc.tmp": OLD}


def test_unfinished_files_of_one_name_or_of_any_are_removed_and_others_stay(tmp_path: Path) -> None:
    for name in (".state.toml.x1.tmp", ".other.x2.tmp", "state.toml", ".hidden", "x.tmp"):
        (tmp_path / name).write_bytes(b"")
    remove_unfinished(tmp_path, "state.toml.")
    assert set(tree(tmp_path)) == {".other.x2.tmp", "state.toml", ".hidden", "x.tmp"}
    (tmp_path / ".a-folder.tmp").mkdir()
    remove_unfinished(tmp_path)
    assert set(tree(tmp_path)) == {"state.toml", ".hidden", "x.tmp"}
    remove_unfinished(tmp_path / "missing")


def test_lines_are_appended_in_order(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with umask(0):
        append_line(path, b"one")
    append_line(path, b"two")
    assert (path.read_bytes(), mode_of(path)) == (b"one\ntwo\n", 0o600)


def test_a_torn_line_is_closed_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'one\n{"torn')
    append_line(path, b"two")
    assert path.read_bytes() == b'one\n{"torn\ntwo\n'


def test_a_line_that_the_disk_took_in_part_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.jsonl"
    append_line(path, b"one")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with pytest.raises(OSError, match="only part of a line"):
        append_line(path, b"two and more")
    assert path.read_bytes() == b"one\n"


def test_no_descriptor_is_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.jsonl"
    before = len(os.listdir("/dev/fd"))

    def fail(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    actions: list[Callable[[], None]] = [
        lambda: append_line(path, b"x"),
        lambda: write_atomic(path, b"x"),
        lambda: sync_directory(tmp_path),
    ]
    for action in actions:
        with pytest.raises(OSError, match="No space left"):
            action()
    assert len(os.listdir("/dev/fd")) == before


def test_a_private_folder_has_private_parents_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "state" / "vzctl" / "default"
    with umask(0):
        make_private_directory(path)
        make_private_directory(path)
    assert [mode_of(item) for item in (path, path.parent, path.parent.parent)] == [0o700] * 3


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "shared"
    path.mkdir(mode=0o755)
    path.chmod(0o755)
    make_private_directory(path / "inner")
    assert (mode_of(path), mode_of(path / "inner")) == (0o755, 0o700)


def test_a_folder_below_a_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        make_private_directory(tmp_path / "file")
    with pytest.raises(OSError, match="file"):
        make_private_directory(tmp_path / "file" / "inner")
