"""The only two ways to the state: reading, and transactions that write whole, backed up, audited, or nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_credential, a_database, a_state
from tests.support.state_files import a_state_file, change, tree, written
from vzctl import __version__
from vzctl.command import suggest
from vzctl.domain.rotation.restoration import Restoration
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError, StateLockedError
from vzctl.store.backups import list_backups
from vzctl.store.lock import Holder, locked
from vzctl.store.restore import plan_restore, restore
from vzctl.store.schema import format_state, parse_state
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import AuditEntry, Change

SHOP, BLOG, NEWS = a_database("shop"), a_database("blog"), a_database("news")


class Killed(BaseException):
    """What no `except Exception` catches, as ^C and the end of the process are not caught."""


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    """A state file that was just created, at serial 1."""
    made = a_state_file(tmp_path / "state.toml")
    made.create(a_state(serial=0, vzctl="0.0.0"))
    return made


def add(file: StateFile, database: Any) -> State:
    details, subjects = f"record {database.name}", (database.name,)
    return change(file, lambda state: state.with_database(database), details, subjects=subjects).after


def restored_from(file: StateFile, serial: int) -> Restoration:
    plan = plan_restore(file, str(serial), now=file.now, new_id=file.new_id)
    return restore(file, plan, Change("state restore"))


def outcomes(file: StateFile) -> list[tuple[int, str, str | None]]:
    return [(item.serial, item.command, item.outcome) for item in file.audit.entries(file.read().serial)]


def serials(file: StateFile) -> list[int]:
    return [item.serial for item in list_backups(file.paths.backups)]


def test_a_new_state_has_serial_1_and_everything_beside_it(tmp_path: Path) -> None:
    made = a_state_file(tmp_path / "new" / "state.toml")
    assert not made.exists()
    created = made.create(a_state(serial=0, vzctl="0.0.0")).state
    assert made.exists()
    assert made.read() == created == a_state(serial=1)
    assert set(tree(tmp_path)) == {
        "new/state.toml",
        "new/state.toml.d/.gitignore",
        "new/state.toml.d/audit.jsonl",
        "new/state.toml.d/cache/names.json",
        "new/state.toml.d/lock",
        "new/state.toml.d/newest.toml",
    }
    assert outcomes(made) == [(1, "init", "done")]
    assert made.write_count == 1


def test_a_state_is_created_once(file: StateFile) -> None:
    before = tree(file.paths.state.parent)
    with pytest.raises(ConflictError) as caught:
        file.create(a_state(serial=0))
    assert (caught.value.code, caught.value.message) == (
        "STATE_EXISTS",
        f'there is a state file at "{file.paths.state}" already',
    )
    assert caught.value.next_steps == (suggest("status", comment="look at it"),)
    after = tree(file.paths.state.parent)
    assert {name: data for name, data in after.items() if "lock" not in name} == {
        name: data for name, data in before.items() if "lock" not in name
    }


def test_no_state_is_created_over_whatever_is_there(tmp_path: Path) -> None:
    path = tmp_path / "state.toml"
    path.write_bytes(b"")
    with pytest.raises(ConflictError):
        a_state_file(path).create(a_state(serial=0))
    assert path.read_bytes() == b""


def test_a_state_that_cannot_be_created_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "state.toml"
    with pytest.raises(StateError) as caught:
        a_state_file(path).create(a_state(serial=0))
    assert caught.value.code == "STATE_NOT_WRITABLE"
    assert caught.value.message.startswith(f'cannot write "{path}": ')
    assert caught.value.message.endswith("; nothing was changed")
    assert tree(tmp_path) == {"file": b""}


def test_a_path_that_no_file_can_have_holds_no_state(tmp_path: Path) -> None:
    file = a_state_file(tmp_path / ("x" * 300))
    assert not file.exists()
    with pytest.raises(StateError, match="File name too long"):
        file.read()
    with pytest.raises(StateError, match="File name too long; nothing was changed"):
        file.create(a_state(serial=0))


def test_a_disk_that_is_full_leaves_no_new_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_state_file(tmp_path / "state.toml")
    with monkeypatch.context() as patched:
        Disk(patched, "fsync", ".state.toml.", FULL)
        with pytest.raises(StateError, match="No space left on device; nothing was changed"):
            file.create(a_state(serial=0))
    assert not file.exists()
    assert [item.outcome for item in file.audit.entries(0)] == ["failed"]


def test_a_transaction_writes_the_state_it_is_given(file: StateFile) -> None:
    before = file.read()
    after = add(file, SHOP)
    assert after == replace(before, serial=2, vzctl=__version__, databases=(SHOP,))
    assert file.read() == after
    assert parse_state(file.paths.state.read_bytes(), "x") == after
    assert file.audit.entries(2)[-1] == AuditEntry(
        id="id2",
        serial=2,
        time="2026-01-31T12:00:00Z",
        host="workbench",
        user="tester",
        command="test",
        subjects=("shop",),
        details=("record shop",),
        outcome="done",
        backup="00000001.toml",
    )
    assert [parse_state(item.path.read_bytes(), "x") for item in list_backups(file.paths.backups)] == [before]


def test_each_change_raises_the_serial_by_one(file: StateFile) -> None:
    for number in range(5):
        add(file, a_database(f"db{number}"))
    assert file.read().serial == 6
    assert [row[0] for row in outcomes(file)] == [1, 2, 3, 4, 5, 6]
    assert file.write_count == 6


@pytest.mark.parametrize("equal", ["the same object", "an equal one", "there and back"])
def test_nothing_is_written_when_nothing_changed(file: StateFile, equal: str) -> None:
    add(file, SHOP)
    before = tree(file.paths.state.parent)
    inode = file.paths.state.stat().st_ino
    plans: dict[str, Callable[[State], State]] = {
        "the same object": lambda state: state,
        "an equal one": replace,
        "there and back": lambda state: state.with_database(BLOG).without_database(BLOG.id),
    }
    done = change(file, plans[equal])
    assert (done.changed, done.after.serial) == (False, 2)
    assert file.write_count == 2
    assert (tree(file.paths.state.parent), file.paths.state.stat().st_ino) == (before, inode)


def test_a_change_is_planned_from_the_state_under_the_guard(file: StateFile) -> None:
    other = a_state_file(file.paths.state)
    assert file.read().databases == ()
    add(other, SHOP)
    add(file, BLOG)
    assert file.read().databases == (SHOP, BLOG)
    assert file.read().serial == 3


@pytest.mark.parametrize("failure", [RuntimeError, Killed, KeyboardInterrupt])
def test_a_plan_that_fails_changes_nothing_and_frees_the_lock(file: StateFile, failure: type[BaseException]) -> None:
    before = file.read_bytes()

    def fail(_: State) -> State:
        raise failure

    with pytest.raises(failure):
        change(file, fail)
    assert file.read_bytes() == before
    assert outcomes(file) == [(1, "init", "done")]
    assert add(file, BLOG).databases == (BLOG,)


def test_a_hand_edit_between_two_changes_is_kept(file: StateFile) -> None:
    add(file, SHOP)
    text = file.read_bytes().decode().replace('name = "shop"', 'name = "market" # renamed\ncolour = "red"')
    file.paths.state.write_text(text)
    after = add(file, BLOG)
    assert after.databases == (replace(SHOP, name="market", extra={"colour": "red"}), BLOG)


def test_the_file_is_private_even_when_it_was_not(file: StateFile) -> None:
    file.paths.state.chmod(0o644)
    before = os.umask(0)
    try:
        add(file, SHOP)
    finally:
        os.umask(before)
    modes = {
        str(item.relative_to(file.paths.state.parent)): stat.S_IMODE(item.stat().st_mode)
        for item in [file.paths.state, *file.paths.folder.rglob("*"), file.paths.folder]
    }
    assert modes == {
        "state.toml": 0o600,
        "state.toml.d": 0o700,
        "state.toml.d/newest.toml": 0o600,
        "state.toml.d/.gitignore": 0o644,
        "state.toml.d/audit.jsonl": 0o600,
        "state.toml.d/backups": 0o700,
        "state.toml.d/backups/00000001.toml": 0o600,
        "state.toml.d/cache": 0o700,
        "state.toml.d/cache/names.json": 0o600,
        "state.toml.d/lock": 0o600,
    }


def test_a_linked_state_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "repository" / "state.toml"
    written(real, a_state())
    link = tmp_path / "state.toml"
    link.symlink_to(real)
    add(a_state_file(link), SHOP)
    assert link.is_symlink()
    assert a_state_file(real).read().databases == (SHOP,)
    assert not (tmp_path / "state.toml.d").exists()
    assert (tmp_path / "repository" / "state.toml.d" / "backups").is_dir()


def test_a_link_to_nothing_is_no_state_and_init_makes_its_target(tmp_path: Path) -> None:
    link = tmp_path / "state.toml"
    link.symlink_to("elsewhere.toml")
    file = a_state_file(link)
    assert not file.exists()
    file.create(a_state(serial=0))
    assert link.is_symlink()
    assert (tmp_path / "elsewhere.toml").is_file()


def test_the_gitignore_is_made_once_and_left_as_a_person_edited_it(file: StateFile) -> None:
    assert file.paths.gitignore.read_text() == (
        "# made by vzctl: only encrypted secrets belong into version control\n*\n!.gitignore\n!secrets/\n!secrets/**\n"
    )
    file.paths.gitignore.write_text("*\n")
    add(file, SHOP)
    assert file.paths.gitignore.read_text() == "*\n"


def test_the_states_before_are_kept(file: StateFile) -> None:
    for number in range(14):
        add(file, a_database(f"db{number}"))
    assert file.read().serial == 15
    assert serials(file) == list(range(14, 0, -1))


def test_a_transaction_waits_for_no_one_who_is_not_there_and_names_who_is(file: StateFile) -> None:
    holder = Holder(pid=1, host="elsewhere", command="scope add", since="2026-01-31T12:00:00Z")
    before = file.read_bytes()
    with locked(file.paths.lock, holder, timeout_seconds=0):
        with pytest.raises(StateLockedError, match="locked by process 1 on elsewhere: scope add"):
            add(file, SHOP)
        assert file.read().databases == ()
    assert file.read_bytes() == before


class Disk:
    """Makes one call to the operating system fail, for files whose path has a word in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, word: str, failure: BaseException) -> None:
        original = getattr(os, name)

        def guarded(first: Any, *arguments: Any, **options: Any) -> Any:
            shown = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            if word in shown:
                raise failure
            return original(first, *arguments, **options)

        monkeypatch.setattr(os, name, guarded)


FULL = OSError(28, "No space left on device")


def test_a_disk_that_is_full_changes_nothing_and_says_so(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    with monkeypatch.context() as patched:
        Disk(patched, "fsync", ".state.toml.", FULL)
        with pytest.raises(StateError) as caught:
            add(file, SHOP)
    assert (caught.value.code, caught.value.message) == (
        "STATE_NOT_WRITABLE",
        f'cannot write "{file.paths.state}": No space left on device; nothing was changed',
    )
    assert (file.read_bytes(), file.write_count) == (before, 1)
    assert outcomes(file)[1:] == [(2, "test", "failed")]
    assert add(file, SHOP).serial == 2
    assert outcomes(file)[1:] == [(2, "test", "failed"), (2, "test", "done")]


def test_a_backup_that_cannot_be_written_stops_the_change(file: StateFile) -> None:
    file.paths.backups.write_bytes(b"")
    before = file.read_bytes()
    with pytest.raises(StateError, match="nothing was changed"):
        add(file, SHOP)
    assert file.read_bytes() == before


@pytest.mark.parametrize("failure", [Killed, KeyboardInterrupt])
def test_the_end_of_the_process_before_the_replacement_leaves_the_old_state(
    file: StateFile, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    before = file.read_bytes()
    with monkeypatch.context() as patched:
        Disk(patched, "replace", ".state.toml.", failure())
        with pytest.raises(failure):
            add(file, SHOP)
    assert (file.read_bytes(), file.write_count) == (before, 1)
    assert outcomes(file)[1:] == [(2, "test", "failed")]
    assert not [name for name in tree(file.paths.state.parent) if name.endswith(".tmp")]


@pytest.mark.parametrize("failure", [Killed(), KeyboardInterrupt()])
def test_the_end_of_the_process_after_the_replacement_leaves_the_new_state(
    file: StateFile, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    with monkeypatch.context() as patched:
        fail_at_last_sync(patched, file.paths.state.parent, failure)
        with pytest.raises(type(failure)):
            add(file, SHOP)
    assert file.read().databases == (SHOP,)
    assert outcomes(file)[1:] == [(2, "test", "done")]
    assert file.write_count == 2


def test_a_folder_that_cannot_be_flushed_is_an_error_that_does_not_deny_the_change(
    file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        fail_at_last_sync(patched, file.paths.state.parent, OSError(5, "Input/output error"))
        with pytest.raises(StateError) as caught:
            add(file, SHOP)
    assert caught.value.message == (
        f'cannot write "{file.paths.state}": Input/output error; the change was made, but a power cut may undo it'
    )
    assert file.read().databases == (SHOP,)
    assert outcomes(file)[1:] == [(2, "test", "done")]


def fail_at_last_sync(patched: pytest.MonkeyPatch, folder: Path, failure: BaseException) -> None:
    """Fail when the folder of the state itself is flushed: the replacement has happened by then."""
    original = os.fsync

    def guarded(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(folder):
            raise failure
        original(descriptor)

    patched.setattr(os, "fsync", guarded)


def test_an_audit_that_cannot_be_written_stops_the_change(file: StateFile) -> None:
    before = file.read_bytes()
    file.paths.audit.unlink()
    file.paths.audit.mkdir()
    with pytest.raises(StateError, match="cannot write the audit log"):
        add(file, SHOP)
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_stops_the_change(tmp_path: Path) -> None:
    file = written(tmp_path / "state.toml", a_state())
    file.paths.folder.write_bytes(b"")
    with pytest.raises(StateError, match="nothing was changed"):
        add(file, SHOP)
    assert file.read() == a_state()


def test_a_gitignore_that_cannot_be_made_stops_the_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "state.toml", a_state())
    with monkeypatch.context() as patched:
        Disk(patched, "replace", ".gitignore", FULL)
        with pytest.raises(StateError, match="No space left on device; nothing was changed"):
            add(file, SHOP)
    assert file.read() == a_state()


@pytest.mark.skipif(os.geteuid() == 0, reason="run as another user than root")
def test_a_read_only_folder_can_be_read_and_not_changed(tmp_path: Path) -> None:
    file = written(tmp_path / "state.toml", a_state())
    tmp_path.chmod(0o500)
    try:
        assert file.read() == a_state()
        with pytest.raises(StateError, match="Permission denied; nothing was changed"):
            add(file, SHOP)
    finally:
        tmp_path.chmod(0o700)
    assert file.read() == a_state()


def test_what_a_killed_process_left_is_removed_by_the_next_change(file: StateFile) -> None:
    add(file, SHOP)
    left = [
        file.paths.state.parent / ".state.toml.abc.tmp",
        file.paths.folder / "..gitignore.abc.tmp",
        file.paths.backups / ".00000001.toml.abc.tmp",
        file.paths.names_cache.parent / ".names.json.abc.tmp",
    ]
    stays = file.paths.state.parent / ".other.toml.abc.tmp"
    for path in [*left, stays]:
        path.write_bytes(b"")
    add(file, BLOG)
    assert [path for path in left if path.exists()] == []
    assert stays.exists()


@pytest.mark.parametrize("name", ["", "backups", "cache", "secrets", "canaries"])
def test_a_folder_beside_the_state_that_leads_elsewhere_stops_every_change(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = written(tmp_path / "clone" / "state.toml", a_state())
    link = file.paths.folder / name if name else file.paths.folder
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(StateError) as caught:
        add(file, SHOP)
    assert (caught.value.code, caught.value.message) == (
        "STATE_NOT_WRITABLE",
        f'"{link}" is a symbolic link; the folder beside the state must be a folder of its own',
    )
    assert (tree(elsewhere), file.read()) == ({}, a_state())


def test_a_note_is_audited_and_changes_nothing(file: StateFile) -> None:
    before = file.read_bytes()
    file.note(Change("secrets reveal", ("openai-prod",), ("shown",)))
    assert file.read_bytes() == before
    assert outcomes(file) == [(1, "init", "done"), (1, "secrets reveal", "done")]


def test_restoring_puts_back_a_state_and_the_serial_still_rises(file: StateFile) -> None:
    first = add(file, SHOP)
    add(file, BLOG)
    add(file, NEWS)
    restored = restored_from(file, first.serial).state
    assert restored == replace(first, serial=5)
    assert file.read() == restored
    assert serials(file) == [4, 3, 2, 1]
    assert outcomes(file)[-1] == (5, "state restore", "done")
    back = restored_from(file, 4).state
    assert [item.name for item in back.databases] == ["shop", "blog", "news"]
    assert back.serial == 6


def test_a_backup_that_is_not_there_is_not_found(file: StateFile) -> None:
    add(file, SHOP)
    with pytest.raises(NotFoundError) as caught:
        restored_from(file, 77)
    assert (caught.value.code, caught.value.message) == ("BACKUP_NOT_FOUND", 'no backup "77" exists')
    assert caught.value.next_steps == (suggest("state backups", comment="list the backups"),)


@pytest.mark.parametrize("data", [b"", b"\xff", b"schema = 1\n", format_state(a_state())[:200]])
def test_restoring_over_a_broken_file_keeps_its_bytes_and_every_good_backup(file: StateFile, data: bytes) -> None:
    add(file, SHOP)
    add(file, BLOG)
    good = {item.serial: item.path.read_bytes() for item in list_backups(file.paths.backups)}
    file.paths.state.write_bytes(data)
    restored = restored_from(file, 1).state
    # The newest state was serial 3, and the broken file came after it: the serial rises above both.
    assert (restored.serial, restored.databases) == (5, ())
    assert file.read() == restored
    after = {item.serial: item.path.read_bytes() for item in list_backups(file.paths.backups)}
    assert {serial: after[serial] for serial in good} == good
    if data:
        assert after[4] == data
    assert set(after) == {*good, 3, *([4] if data else [])}


def test_restoring_when_the_file_is_gone(file: StateFile) -> None:
    add(file, SHOP)
    add(file, BLOG)
    file.paths.state.unlink()
    restored = restored_from(file, 2).state
    assert (restored.serial, restored.databases) == (5, (SHOP,))
    assert serials(file) == [3, 2, 1]


def test_a_backup_that_is_broken_itself_is_not_put_in_place(file: StateFile) -> None:
    add(file, SHOP)
    (backup,) = list_backups(file.paths.backups)
    backup.path.write_bytes(b"")
    before = file.read_bytes()
    with pytest.raises(StateError) as caught:
        restored_from(file, 1)
    assert f'"{backup.path}"' in caught.value.message
    assert file.read_bytes() == before


def test_the_state_is_not_restored_over_what_is_no_file(file: StateFile) -> None:
    add(file, SHOP)
    file.paths.state.unlink()
    file.paths.state.mkdir()
    with pytest.raises(StateError, match="is not a regular file"):
        restored_from(file, 1)
    assert file.paths.state.is_dir()


def test_a_large_state_is_written_and_read(tmp_path: Path) -> None:
    databases = [a_database(f"db{number}") for number in range(300)]
    state = a_state(
        databases=databases,
        credentials=[a_credential(f"key{number}", scope=databases[:20]) for number in range(100)],
    )
    file = a_state_file(tmp_path / "state.toml")
    created = file.create(state).state
    assert a_state_file(tmp_path / "state.toml").read() == created
