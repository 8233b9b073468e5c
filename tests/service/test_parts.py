"""The service's parts by themselves: the log, the sockets, the keys in memory, the record of fetches."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.builders import NOW, a_credential, a_database, a_state, a_version
from tests.support.memory_state import MemoryLog, MemoryState
from tests.support.state_files import a_state_file, change
from tests.support.tools import skip
from vzctl.domain.state.records import Credential
from vzctl.domain.state.service_token import make_token, token_id
from vzctl.domain.state.state import State
from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.service import secret_cache
from vzctl.service.addresses import address_text, bound_socket, is_loopback
from vzctl.service.fetch_recorder import REWRITE_EVERY, FetchRecorder
from vzctl.service.freshness import LiveState
from vzctl.service.log import LINES_A_SECOND, LibraryMessages, ServiceLog
from vzctl.service.secret_cache import SecretCache
from vzctl.store.fetch_record import read_fetches
from vzctl.store.state_store import StateStore
from vzctl.usecases.serve.credential import Directory, Granted

SHOP = a_database("shop")
MAIN = a_credential(scope=[SHOP], versions=[a_version("v1")])
STATE = a_state(databases=[SHOP], credentials=[MAIN])
GRANTED = Granted(MAIN, "v1")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_log(lines: list[str], clock: Callable[[], float] | None = None, *, verbose: bool = False) -> ServiceLog:
    return ServiceLog(lines.append, lambda: NOW, clock or Clock(), verbose=verbose)


def test_a_line_is_one_object_with_hostile_text_and_keys_made_harmless() -> None:
    lines: list[str] = []
    a_log(lines).warning("refused", credential="\x1b[2J\nsk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9", nothing=None, number=3)
    (line,) = lines
    assert line.isprintable()
    document = json.loads(line)
    assert document == {
        "time": "2026-01-31T12:00:00Z",
        "level": "warning",
        "event": "refused",
        "credential": "\x1b[2J\n****",
        "number": 3,
    }


def test_more_lines_of_one_event_than_a_second_holds_are_counted() -> None:
    lines: list[str] = []
    clock = Clock()
    log = a_log(lines, clock)
    for _ in range(LINES_A_SECOND + 7):
        log.warning("unauthorized")
    log.error("other")
    assert len(lines) == LINES_A_SECOND + 1
    clock.now += 1
    log.warning("unauthorized")
    assert json.loads(lines[-1])["suppressed"] == 7
    clock.now += 1
    log.warning("unauthorized")
    assert "suppressed" not in json.loads(lines[-1])


def test_what_the_web_server_says_comes_without_its_arguments_and_exceptions_by_kind() -> None:
    lines: list[str] = []
    handler = LibraryMessages(a_log(lines))
    error = ValueError("sk-secret in a text")
    arguments = ("sk-secret-argument",)
    kind = (ValueError, error, None)
    handler.handle(logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, "%s went wrong", arguments, kind))
    (line,) = lines
    assert "sk-secret" not in line
    assert json.loads(line)["exception"] == "ValueError"


@pytest.mark.parametrize(
    "bind",
    ["", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "[::1", "127.0.0.1:²"],
)
def test_an_address_that_is_none_is_refused(bind: str) -> None:
    with pytest.raises(UsageError) as refused:
        bound_socket(bind)
    assert refused.value.code == "BIND_INVALID"


def test_sockets_say_their_protocol_so_that_small_answers_leave_at_once() -> None:
    for bind in ("127.0.0.1:0", "localhost:0"):
        with bound_socket(bind) as made:
            assert made.proto == socket.IPPROTO_TCP
            assert address_text(made).startswith("127.0.0.1:")
            assert is_loopback([made])


def test_an_address_of_version_six() -> None:
    try:
        made = bound_socket("[::1]:0")
    except UsageError:
        skip("run where ::1 is a local address")
    with made:
        assert address_text(made).startswith("[::1]:")
        assert is_loopback([made])


def test_a_token_has_its_id_in_it_and_nothing_else_has_the_form() -> None:
    token = make_token("abc123")
    assert token_id(token) == "abc123"
    for text in ("", "vzt__" + "0" * 64, token[:-1], token + "0", token.upper(), f" {token}", token + "\n"):
        assert token_id(text) is None


class Store:
    """Reads when the test lets it."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = threading.Event()
        self.error: SecretStoreError | None = None

    def __call__(self, _state: State, _credential: Credential, version: str) -> Secret:
        self.reads += 1
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return Secret(f"key of {version}")


def test_many_who_wait_are_one_reading_and_the_key_is_kept() -> None:
    async def work() -> None:
        store = Store()
        cache = SecretCache(store)
        cache.follow(Directory(STATE))
        waiting = [asyncio.create_task(cache.get(STATE, GRANTED)) for _ in range(50)]
        await asyncio.sleep(0)
        store.gate.set()
        assert {(await item).reveal() for item in waiting} == {"key of v1"}
        assert (store.reads, len(cache), cache.was_read, cache.store_trouble) == (1, 1, True, None)
        kept = cache.kept(STATE, GRANTED)
        assert kept is not None
        assert (await cache.get(STATE, GRANTED)).reveal() == kept.reveal()
        assert store.reads == 1

    asyncio.run(work())


def test_a_key_that_was_taken_out_of_force_during_its_reading_is_not_kept() -> None:
    async def work() -> None:
        store = Store()
        cache = SecretCache(store)
        cache.follow(Directory(STATE))
        waiting = asyncio.create_task(cache.get(STATE, GRANTED))
        await asyncio.sleep(0)
        cache.follow(Directory(a_state(databases=[SHOP])))
        store.gate.set()
        assert (await waiting).reveal() == "key of v1"
        assert len(cache) == 0

    asyncio.run(work())


@pytest.mark.parametrize(
    ("code", "is_stores"),
    [
        ("SECRET_STORE_LOCKED", True),
        ("SECRET_STORE_TIMEOUT", True),
        ("SECRET_NOT_HELD", False),
        ("SECRET_DIFFERS", False),
    ],
)
def test_a_failure_is_the_stores_or_one_keys_and_over_with_the_next_success(code: str, is_stores: bool) -> None:
    async def work() -> None:
        store = Store()
        store.gate.set()
        store.error = SecretStoreError("failed", code=code)
        cache = SecretCache(store)
        cache.follow(Directory(STATE))
        with pytest.raises(SecretStoreError):
            await cache.get(STATE, GRANTED)
        assert (cache.store_trouble is not None, bool(cache.key_troubles)) == (is_stores, not is_stores)
        store.error = None
        await cache.get(STATE, GRANTED)
        assert (cache.store_trouble, cache.key_troubles) == (None, {})

    asyncio.run(work())


def test_readings_that_hang_are_bounded_in_number_and_given_up_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        store = Store()
        cache = SecretCache(store)
        count = secret_cache.READERS_AT_MOST
        versions = [a_version(f"v{number}") for number in range(count + 1)]
        credential = a_credential(versions=versions)
        tasks = [asyncio.create_task(cache.get(STATE, Granted(credential, item.id))) for item in versions]
        with pytest.raises(SecretStoreError) as failed:
            await tasks[-1]
        assert (failed.value.code, store.reads <= count) == ("SECRET_STORE_TIMEOUT", True)
        store.gate.set()
        assert len([await item for item in tasks[:-1]]) == count
        # The readers have left, so there is room again.
        assert (await cache.get(STATE, Granted(credential, versions[-1].id))).reveal() == f"key of v{count}"

    asyncio.run(work())


def test_a_reading_that_never_ends_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_cache, "GIVEN_UP_AFTER_SECONDS", -1.0)

    async def work() -> None:
        store = Store()
        cache = SecretCache(store)
        cache.follow(Directory(STATE))
        stuck = asyncio.create_task(cache.get(STATE, GRANTED))
        await asyncio.sleep(0.01)
        again = asyncio.create_task(cache.get(STATE, GRANTED))
        await asyncio.sleep(0.01)
        store.gate.set()
        assert (await stuck).reveal() == (await again).reveal()
        assert store.reads == 2

    asyncio.run(work())


def test_fetches_are_noted_once_as_first_and_written_when_they_are_news(tmp_path: Path) -> None:
    async def work() -> None:
        path = tmp_path / "fetches.json"
        recorder = FetchRecorder(path, STATE, lambda: NOW, a_log([]))
        assert recorder.note(SHOP.id, "v1", None)
        assert not recorder.note(SHOP.id, "v1", None)
        await recorder.write()
        assert list(read_fetches(path, STATE.lineage).fetches) == [(SHOP.id, "v1")]
        path.unlink()
        await recorder.write()
        assert not path.exists(), "nothing was new"
        # Another service goes on from what is recorded, and forgets what the state no longer has.
        recorder.note(SHOP.id, "v-gone", "t-gone")
        await recorder.write()
        assert list(read_fetches(path, STATE.lineage).fetches) == [(SHOP.id, "v1")]
        again = FetchRecorder(path, STATE, lambda: NOW, a_log([]))
        assert not again.note(SHOP.id, "v1", None)
        again.follow(a_state(lineage="another", databases=[SHOP], credentials=[MAIN]))
        assert again.note(SHOP.id, "v1", None)

    asyncio.run(work())


def test_times_that_move_on_are_written_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzctl.service.fetch_recorder.LOOK_SECONDS", 0.0)
    later = NOW.replace(hour=13)
    times = [NOW]

    async def work() -> None:
        path = tmp_path / "fetches.json"
        recorder = FetchRecorder(path, STATE, lambda: times[0], a_log([]))
        writing = asyncio.create_task(recorder.keep_writing())
        recorder.note(SHOP.id, "v1", None)
        for _ in range(10_000):
            if path.exists():
                break
            await asyncio.sleep(0.001)
        times[0] = later
        assert not recorder.note(SHOP.id, "v1", None)
        for _ in range(10_000):
            if read_fetches(path, STATE.lineage).fetches[SHOP.id, "v1"].last_at == later:
                break
            await asyncio.sleep(0.001)
        else:
            pytest.fail(f"not written after many times {REWRITE_EVERY} looks")
        writing.cancel()

    asyncio.run(work())


@pytest.mark.parametrize("place", ["file", "memory"])
def test_the_state_in_force_follows_any_store_and_outlives_a_broken_one(place: str, tmp_path: Path) -> None:
    path, log = tmp_path / "state.toml", MemoryLog("memory")

    def open_state() -> StateStore:
        return MemoryState(log) if place == "memory" else a_state_file(path)

    def break_it() -> None:
        path.write_bytes(b"schema = ")
        log.revisions[-1:] = [replace(item, data=b"schema = ") for item in log.revisions[-1:]]

    async def work() -> None:
        followed: list[int] = []
        open_state().create(STATE)
        live = LiveState(open_state, a_log([]), lambda directory: followed.append(directory.state.serial))
        assert (live.serial, live.is_fresh) == (1, True)
        change(open_state(), lambda state: state.with_database(a_database("blog")))
        assert not live.is_fresh
        await live.refresh()
        assert (live.serial, live.is_fresh, live.trouble) == (2, True, None)
        break_it()
        await live.refresh()
        assert (live.serial, live.is_fresh, live.trouble, followed) == (2, True, "STATE_BROKEN", [1, 2])

    asyncio.run(work())
