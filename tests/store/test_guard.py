"""Two writers never write at once, whatever happens to the lock file and the folder it is in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.builders import a_database, a_state
from tests.support.state_files import a_state_file, change, written
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError, StateError, StateLockedError, StateReplacedError
from vzctl.store.guard import replace_file
from vzctl.store.schema import format_state
from vzctl.store.state_file import StateFile

WRITERS: Final = 4
CHANGES: Final = 12
WRITE: Final = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from vzctl.domain.state.records import Database
from vzctl.errors import StateError
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import Actor

path, writer, changes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
file = StateFile(path, actor=Actor("host", "user", "test"), now=lambda: datetime.now(UTC), new_id=lambda: uuid4().hex,
                 lock_timeout_seconds=20)

class Plan:
    details = subjects = ()
    def __init__(self, state): self.state = state

for number in range(changes):
    name = f"{writer}-{number}"
    try:
        file.update(lambda state: Plan(state.with_database(Database(id=name, name=name))))
    except StateError as error:
        print("refused", error.code, flush=True)
    else:
        print("written", name, flush=True)
"""
SHOP, BLOG = a_database("shop"), a_database("blog")


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return written(tmp_path / "clone" / "state.toml", a_state())


@contextmanager
def again_and_again(work: Callable[[], None]) -> Iterator[None]:
    """Do the work in the background until the block ends."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            work()
            time.sleep(0.05)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def written_by_processes(path: Path) -> tuple[set[str], list[str]]:
    """Let processes write at the same time; return the names that they say they wrote, and what was refused."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, path, f"w{number}", str(CHANGES)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [error for _, error in answers] == [""] * WRITERS
    lines = [line.split() for out, _ in answers for line in out.splitlines()]
    assert len(lines) == WRITERS * CHANGES
    return {name for word, name in lines if word == "written"}, [code for word, code in lines if word == "refused"]


def remove_lock(file: StateFile) -> None:
    file.paths.lock.unlink(missing_ok=True)


def remove_folder(file: StateFile) -> None:
    shutil.rmtree(file.paths.folder, ignore_errors=True)


def rename_folder(file: StateFile) -> None:
    aside = file.paths.folder.with_name(f"aside-{time.monotonic_ns()}")
    try:
        file.paths.folder.rename(aside)
    except FileNotFoundError:
        return


@pytest.mark.sampled(1)
@pytest.mark.parametrize("disturb", [remove_lock, remove_folder, rename_folder])
def test_no_change_is_lost_while_the_lock_is_removed_again_and_again(
    file: StateFile, disturb: Callable[[StateFile], None]
) -> None:
    with again_and_again(lambda: disturb(file)):
        names, _ = written_by_processes(file.paths.state)
    state = file.read()
    assert {item.name for item in state.databases} == names
    assert state.serial == 1 + len(names)
    assert names, "some changes get through"


def test_undisturbed_writers_all_get_through(file: StateFile) -> None:
    names, refused = written_by_processes(file.paths.state)
    assert (len(names), refused) == (WRITERS * CHANGES, [])
    assert {item.name for item in file.read().databases} == names


def add(file: StateFile, *, meanwhile: Callable[[], object] = lambda: None) -> State:
    def plan(state: State) -> State:
        meanwhile()
        return state.with_database(SHOP)

    return change(file, plan).after


@pytest.mark.parametrize("disturb", [remove_lock, remove_folder, rename_folder])
def test_a_second_writer_waits_for_the_state_itself_when_the_lock_is_gone(
    file: StateFile, disturb: Callable[[StateFile], None]
) -> None:
    other = a_state_file(file.paths.state)

    def second_writer() -> None:
        disturb(file)
        with pytest.raises(StateLockedError):
            change(other, lambda _: pytest.fail("two write at once"))

    assert add(file, meanwhile=second_writer).databases == (SHOP,)
    assert other.read().databases == (SHOP,)


def replaced(file: StateFile) -> None:
    new = file.paths.state.with_name("new")
    new.write_bytes(format_state(a_state(serial=1, databases=[BLOG])))
    os.replace(new, file.paths.state)


def edited(file: StateFile) -> None:
    file.paths.state.write_bytes(format_state(a_state(serial=1, databases=[BLOG])))


def removed(file: StateFile) -> None:
    file.paths.state.unlink()


def moved_with_its_folder(file: StateFile) -> None:
    file.paths.state.parent.rename(file.paths.state.parent.with_name("moved"))
    written(file.paths.state, a_state(serial=1, databases=[BLOG]))


@pytest.mark.parametrize("disturb", [replaced, edited])
def test_a_file_that_is_replaced_at_every_attempt_is_left_alone(
    file: StateFile, disturb: Callable[[StateFile], None]
) -> None:
    with pytest.raises(StateError) as caught:
        add(file, meanwhile=lambda: disturb(file))
    assert (caught.value.code, caught.value.retryable) == ("STATE_REPLACED", True)
    assert [item.name for item in file.read().databases] == ["blog"]
    assert list(file.paths.state.parent.glob(".state.toml.*")) == []


def once(action: Callable[[], object]) -> Callable[[], object]:
    """Return what does the action at its first call and nothing later."""
    left = [action]
    return lambda: left.pop()() if left else None


def test_a_file_that_is_removed_meanwhile_does_not_come_back(file: StateFile) -> None:
    with pytest.raises((NotFoundError, StateError)):
        add(file, meanwhile=once(lambda: removed(file)))
    assert not file.paths.state.exists()


def test_a_folder_that_is_moved_meanwhile_is_left_alone(file: StateFile) -> None:
    moved = file.paths.state.parent.with_name("moved") / file.paths.state.name
    before = file.read_bytes()
    after = add(file, meanwhile=once(lambda: moved_with_its_folder(file)))
    assert [item.name for item in after.databases] == ["blog", "shop"]
    assert moved.read_bytes() == before


def test_a_plan_is_made_again_from_the_file_that_another_program_put_there(file: StateFile) -> None:
    seen: list[int] = []

    class Plan:
        details: tuple[str, ...] = ()
        subjects: tuple[str, ...] = ()

        def __init__(self, state: State) -> None:
            self.state = state

    def plan(state: State) -> Plan:
        seen.append(len(state.databases))
        if len(seen) == 1:
            replaced(file)
        return Plan(state.with_database(SHOP))

    assert [item.name for item in file.update(plan).after.databases] == ["blog", "shop"]
    assert seen == [0, 1]


def test_a_state_that_appears_during_its_creation_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_state_file(tmp_path / "state.toml")
    intend = file.audit.intend

    def appear(*arguments: object, **options: object) -> None:
        written(file.paths.state, a_state(databases=[BLOG]))
        intend(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(file.audit, "intend", appear)
    with pytest.raises(StateReplacedError):
        file.create(a_state(serial=0))
    assert file.read().databases == (BLOG,)


def test_a_state_is_created_where_the_file_system_has_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    file = a_state_file(tmp_path / "state.toml")
    file.create(a_state(serial=0))
    assert file.read().serial == 1


def test_a_file_of_a_merge_is_replaced_only_while_it_is_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "ours"
    path.write_bytes(b"before")
    path.chmod(0o640)
    replace_file(path, b"before", b"after", timeout_seconds=0)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o640)
    with pytest.raises(StateReplacedError):
        replace_file(path, b"before", b"other", timeout_seconds=0)
    with pytest.raises(StateReplacedError):
        replace_file(tmp_path / "missing", b"", b"other", timeout_seconds=0)
    assert path.read_bytes() == b"after"
