"""What every `StateStore` does, whether it keeps the state in a file or elsewhere: all implementations pass these tests."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.support.builders import NOW, a_database, a_state
from tests.support.memory_state import MemoryLog, MemoryState
from tests.support.state_files import a_state_file, change, counting_ids
from vzctl import __version__
from vzctl.command import suggest
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError, VzctlError
from vzctl.store.restore import plan_restore, restore
from vzctl.store.schema import format_state
from vzctl.store.state_store import Change, StateStore
from vzctl.usecases.change import Plan

SHOP, BLOG, NEWS = a_database("shop"), a_database("blog"), a_database("news")
FIRST = a_state(serial=0, vzctl="0.0.0")


class Killed(BaseException):
    """What no `except Exception` catches."""


class Place(ABC):
    """Where one state is stored, and what may happen there that is not done through a store."""

    @abstractmethod
    def open(self) -> StateStore:
        """Return a store as one more process has it."""

    @abstractmethod
    def overwrite(self, data: bytes) -> None:
        """Put other bytes in the place of the state, as something does that is not vzctl."""

    @abstractmethod
    def win_against(self, other: StateStore) -> None:
        """Add `news` while `other` is between its plan and its write."""

    @abstractmethod
    def refuse_writes(self) -> None:
        """Let the place be read and not written."""


@dataclass
class FilePlace(Place):
    path: Path
    new_id: Callable[[], str] = field(default_factory=counting_ids)

    def open(self) -> StateStore:
        return a_state_file(self.path, new_id=self.new_id, lock_timeout_seconds=30)

    def overwrite(self, data: bytes) -> None:
        self.path.write_bytes(data)

    def win_against(self, other: StateStore) -> None:
        state = other.read()  # an editor takes no lock
        self.path.write_bytes(format_state(replace(state.with_database(NEWS), serial=state.serial + 1)))

    def refuse_writes(self) -> None:
        folder = self.path.with_name("state.toml.d")
        folder.rename(folder.with_name("aside"))
        folder.write_bytes(b"")  # root may write to any folder, but not to a file as if it were one


@dataclass
class MemoryPlace(Place):
    log: MemoryLog
    new_id: Callable[[], str] = field(default_factory=counting_ids)

    def open(self) -> StateStore:
        return MemoryState(self.log, new_id=self.new_id)

    def overwrite(self, data: bytes) -> None:
        self.log.revisions[-1] = replace(self.log.revisions[-1], data=data)

    def win_against(self, other: StateStore) -> None:
        add(self.open(), NEWS)

    def refuse_writes(self) -> None:
        self.log.is_writable = False


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place."""
    path = tmp_path / "state.toml"
    return FilePlace(path) if request.param == "file" else MemoryPlace(MemoryLog(str(path)))


@pytest.fixture
def store(place: Place) -> StateStore:
    """A store whose state was just created, at serial 1."""
    made = place.open()
    made.create(FIRST)
    return made


def add(store: StateStore, database: Database) -> State:
    details, subjects = f"record {database.name}", (database.name,)
    return change(store, lambda state: state.with_database(database), details, subjects=subjects).after


def done(store: StateStore) -> list[tuple[int, str, tuple[str, ...], tuple[str, ...]]]:
    """Return what the audit says of the changes that were made."""
    entries = store.audit.entries(store.read().serial)
    return [(item.serial, item.command, item.subjects, item.details) for item in entries if item.outcome == "done"]


def serials(store: StateStore) -> list[int]:
    return [item.serial for item in store.list_backups()]


def restored(store: StateStore, which: str, *, meanwhile: Callable[[], object] = lambda: None) -> State:
    plan = plan_restore(store, which, now=lambda: NOW, new_id=lambda: "new")
    meanwhile()
    return restore(store, plan, Change("state restore", (f"serial {which}",))).state


def test_what_was_never_stored_is_not_found(place: Place) -> None:
    store = place.open()
    with pytest.raises(NotFoundError) as read:
        store.read()
    with pytest.raises(NotFoundError) as update:
        store.update(lambda _: pytest.fail("there is nothing to plan from"))
    for caught in (read, update):
        assert (caught.value.code, caught.value.message, caught.value.next_steps) == (
            "STATE_NOT_FOUND",
            f'there is no state file at "{store.location}"',
            (suggest("init", control_plane="local", comment="make one (or --control-plane astra)"),),
        )
    assert (store.snapshot().state, store.newest(), list(store.list_backups())) == (None, None, [])
    assert (list(store.audit.entries(0)), store.write_count) == ([], 0)


def test_the_first_state_has_serial_1_and_is_in_the_audit(place: Place) -> None:
    store = place.open()
    store.require_creatable()
    created = store.create(FIRST)
    assert (created.state, created.moved_to) == (a_state(serial=1), None)
    assert store.read() == place.open().read() == store.newest() == store.snapshot().state == created.state
    assert done(store) == [(1, "init", (), ())]
    assert (serials(store), store.write_count) == ([], 1)


def test_a_state_is_created_once(place: Place, store: StateStore) -> None:
    for refused in (lambda: place.open().create(FIRST), place.open().require_creatable):
        with pytest.raises(ConflictError) as caught:
            refused()
        assert (caught.value.code, caught.value.next_steps) == (
            "STATE_EXISTS",
            (suggest("status", comment="look at it"),),
        )
    assert (store.read(), done(store)) == (a_state(serial=1), [(1, "init", (), ())])


def test_of_two_that_create_at_the_same_time_one_succeeds(place: Place) -> None:
    outcomes = in_threads([lambda: place.open().create(FIRST)] * 6)
    assert sorted(item.code if item else "created" for item in outcomes) == ["STATE_EXISTS"] * 5 + ["created"]
    assert done(place.open()) == [(1, "init", (), ())]


def test_an_update_writes_the_planned_state_once_with_the_next_serial(place: Place, store: StateStore) -> None:
    before, stamp = store.read(), store.stamp()
    plan = Plan(state=before.with_database(SHOP), data=None, details=("record shop",), subjects=("shop",))
    written = store.update(lambda _: plan)
    after = replace(before, serial=2, vzctl=__version__, databases=(SHOP,))
    assert (written.before, written.after, written.plan, written.changed) == (before, after, plan, True)
    assert store.read() == place.open().read() == store.newest() == after
    assert done(store) == [(1, "init", (), ()), (2, "test", ("shop",), ("record shop",))]
    assert (serials(store), store.write_count, place.open().write_count) == ([1], 2, 0)
    assert store.stamp() != stamp


@pytest.mark.parametrize("equal", ["the same object", "an equal one", "there and back"])
def test_a_plan_that_changes_nothing_writes_nothing(store: StateStore, equal: str) -> None:
    add(store, SHOP)
    plans: dict[str, Callable[[State], State]] = {
        "the same object": lambda state: state,
        "an equal one": replace,
        "there and back": lambda state: state.with_database(BLOG).without_database(BLOG.id),
    }
    before = (store.read(), store.stamp(), list(store.audit.entries(2)), list(store.list_backups()), store.write_count)
    written = change(store, plans[equal], "nothing")
    assert (written.changed, written.before, written.after) == (False, store.read(), store.read())
    assert before == (
        store.read(),
        store.stamp(),
        list(store.audit.entries(2)),
        list(store.list_backups()),
        store.write_count,
    )


@pytest.mark.parametrize("failure", [RuntimeError, Killed, KeyboardInterrupt])
def test_a_plan_that_raises_writes_nothing_and_stops_nobody(
    place: Place, store: StateStore, failure: type[BaseException]
) -> None:
    def fail(_: State) -> State:
        raise failure

    stamp = store.stamp()
    with pytest.raises(failure):
        change(store, fail)
    assert (store.stamp(), done(store), serials(store), store.write_count) == (stamp, [(1, "init", (), ())], [], 1)
    assert add(place.open(), SHOP).databases == (SHOP,)


def test_a_writer_that_came_too_late_plans_again_from_the_newer_state(place: Place, store: StateStore) -> None:
    seen: list[tuple[str, ...]] = []

    def plan(state: State) -> State:
        seen.append(tuple(item.name for item in state.databases))
        if len(seen) == 1:
            place.win_against(place.open())
        return state.with_database(SHOP)

    written = change(store, plan, subjects=("shop",))
    assert seen == [(), ("news",)]
    assert (written.before.databases, written.after.databases) == ((NEWS,), (NEWS, SHOP))
    assert (store.read(), store.read().serial) == (written.after, 3)
    assert [item for item in done(store) if item[2] == ("shop",)] == [(3, "test", ("shop",), ())]


def test_a_plan_may_refuse_the_newer_state(place: Place, store: StateStore) -> None:
    def plan(state: State) -> State:
        if state.databases:
            raise ConflictError("another plan", code="CHANGED_MEANWHILE")
        place.win_against(place.open())
        return state.with_database(SHOP)

    with pytest.raises(ConflictError):
        change(store, plan)
    assert (store.read().databases, store.write_count) == ((NEWS,), 1)


def test_no_change_of_many_writers_is_lost(place: Place, store: StateStore) -> None:
    seen: list[tuple[int, int]] = []

    def writer(number: int) -> Callable[[], None]:
        def write() -> None:
            own = place.open()
            for turn in range(6):
                database = a_database(f"db-{number}-{turn}")
                written = change(own, lambda state, new=database: state.with_database(new), subjects=(database.name,))  # type: ignore[misc]
                seen.append((written.before.serial, written.after.serial))
            assert own.write_count == 6

        return write

    assert in_threads([writer(number) for number in range(6)]) == [None] * 6
    state = store.read()
    assert {item.name for item in state.databases} == {
        f"db-{number}-{turn}" for number in range(6) for turn in range(6)
    }
    assert sorted(seen) == [(serial, serial + 1) for serial in range(1, 37)]
    assert sorted(item[0] for item in done(store)) == list(range(1, 38))
    assert {item[2][0] for item in done(store)[1:]} == {item.name for item in state.databases}
    assert serials(store) == list(range(36, 0, -1))


@pytest.mark.parametrize("data", [b"", b"schema = ", b"\xff", b"schema = 99\n", format_state(a_state())[:200]])
def test_a_broken_state_is_refused_and_stays_as_it_is(place: Place, store: StateStore, data: bytes) -> None:
    place.overwrite(data)
    revision = store.snapshot().revision
    for refused in (store.read, lambda: add(store, SHOP), lambda: store.note(Change("secrets reveal"))):
        with pytest.raises(StateError):
            refused()
    with pytest.raises(VzctlError):
        store.create(FIRST)
    assert (store.snapshot().revision, store.snapshot().state) == (revision, None)
    assert store.write_count == 1


def test_a_state_that_is_not_sound_is_not_written(store: StateStore) -> None:
    stamp = store.stamp()
    twice = (SHOP, replace(BLOG, id=SHOP.id))
    with pytest.raises(RuntimeError, match="refusing to write a broken state"):
        change(store, lambda state: replace(state, databases=twice))
    assert (store.stamp(), store.read().databases) == (stamp, ())


def test_a_store_that_cannot_be_written_refuses_and_can_be_read(place: Place, store: StateStore) -> None:
    add(store, SHOP)
    place.refuse_writes()
    stamp = store.stamp()
    for refused in (lambda: add(store, BLOG), lambda: store.note(Change("secrets reveal"))):
        with pytest.raises(StateError) as caught:
            refused()
        assert caught.value.code == "STATE_NOT_WRITABLE"
        assert "nothing was changed" in caught.value.message
    assert (store.stamp(), store.read().databases, store.write_count) == (stamp, (SHOP,), 2)


def test_a_note_is_in_the_audit_and_changes_no_state(store: StateStore) -> None:
    stamp = store.stamp()
    store.note(Change("secrets reveal", ("openai-prod",), ("shown",)))
    assert (store.stamp(), store.read().serial, store.write_count) == (stamp, 1, 1)
    assert done(store) == [(1, "init", (), ()), (1, "secrets reveal", ("openai-prod",), ("shown",))]


def test_an_entry_of_the_audit_names_who_when_and_the_backup(store: StateStore) -> None:
    add(store, SHOP)
    entry = store.audit.entries(2)[-1]
    assert (entry.host, entry.user, entry.command) == (store.actor.host, store.actor.user, store.actor.command)
    assert (entry.time, entry.serial, entry.outcome) == ("2026-01-31T12:00:00Z", 2, "done")
    assert [entry.backup] == [item.name for item in store.list_backups()]
    assert len({item.id for item in store.audit.entries(2)}) == 2


def test_the_states_before_are_backups_the_last_one_first(store: StateStore) -> None:
    states = [store.read(), *(add(store, item) for item in (SHOP, BLOG, NEWS))]
    found = store.list_backups()
    assert [item.id for item in found] == ["3", "2", "1"]
    assert [store.read_backup(item) for item in found] == states[2::-1]
    assert len({item.name for item in found} | {item.location for item in found}) == 6


def test_a_restore_puts_a_backup_back_and_the_serial_still_rises(store: StateStore) -> None:
    first = add(store, SHOP)
    add(store, BLOG)
    last = add(store, NEWS)
    assert restored(store, "2") == store.read() == replace(first, serial=5)
    assert serials(store) == [4, 3, 2, 1]
    assert done(store)[-1] == (5, "state restore", ("serial 2",), ())
    assert restored(store, "latest") == store.read() == replace(last, serial=6)
    assert store.write_count == 6


def test_a_restore_of_what_is_not_there_is_not_found(store: StateStore) -> None:
    for which in ("latest", "1"):
        with pytest.raises(NotFoundError) as caught:
            restored(store, which)
        assert caught.value.code == "BACKUP_NOT_FOUND"
    add(store, SHOP)
    with pytest.raises(NotFoundError, match='no backup "77" exists'):
        restored(store, "77")


def test_a_restore_writes_only_over_what_it_was_planned_for(place: Place, store: StateStore) -> None:
    add(store, SHOP)
    with pytest.raises(ConflictError) as caught:
        restored(store, "1", meanwhile=lambda: add(place.open(), BLOG))
    assert (caught.value.code, caught.value.retryable) == ("CHANGED_MEANWHILE", True)
    assert (store.read().databases, store.write_count) == ((SHOP, BLOG), 2)


@pytest.mark.parametrize("data", [b"\xff", b"schema = 1\n", format_state(a_state())[:200]])
def test_a_broken_state_is_restored_over_and_is_a_backup_itself(place: Place, store: StateStore, data: bytes) -> None:
    add(store, SHOP)
    add(store, BLOG)
    place.overwrite(data)
    after = restored(store, "2")
    assert (after, after.databases, after.serial > 3) == (store.read(), (SHOP,), True)
    assert {1, 2} <= set(serials(store))
    broken = store.list_backups()[0]
    with pytest.raises(StateError):
        store.read_backup(broken)


def test_the_stamp_is_another_one_after_every_change_and_none_else(place: Place) -> None:
    store = place.open()
    stamps = [store.stamp()]
    store.create(FIRST)
    stamps.append(store.stamp())
    for item in (SHOP, BLOG):
        add(place.open(), item)
        store.read()
        stamps += [store.stamp()]
        assert store.stamp() == place.open().stamp() == stamps[-1]
    assert len(set(stamps)) == len(stamps) == 4


def test_a_state_that_nothing_replaced_has_no_other(store: StateStore) -> None:
    state = add(store, SHOP)
    store.register_use()
    assert (list(store.states_to_return(state)), list(store.copies(state.lineage))) == ([], [])


def test_the_use_of_secrets_is_registered_without_a_state_too(place: Place) -> None:
    place.open().register_use()
    with pytest.raises(NotFoundError):
        place.open().read()


def in_threads(works: Sequence[Callable[[], object]]) -> list[VzctlError | None]:
    """Run each in a thread of its own, all at once; return what each raised."""
    outcomes: list[VzctlError | None] = []
    begin = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        begin.wait()
        try:
            work()
        except VzctlError as error:
            outcomes.append(error)
        else:
            outcomes.append(None)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
