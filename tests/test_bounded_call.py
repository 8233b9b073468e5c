"""A call that may hang is waited for so long and no longer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence

from vzctl.bounded_call import Raised, Returned, TimedOut, in_thread, run_bounded


def unexpected() -> None:
    raise AssertionError("nothing to wait for")


def test_a_value_is_returned() -> None:
    outcome = run_bounded(lambda: 42, time_limit_seconds=20, patience_seconds=20, on_wait=unexpected)
    assert outcome == Returned(42)


def test_an_exception_is_a_value() -> None:
    error = KeyError("x")

    def call() -> None:
        raise error

    assert run_bounded(call, time_limit_seconds=20, patience_seconds=20, on_wait=unexpected) == Raised(error)


def test_a_slow_answer_is_waited_for_and_announced_once() -> None:
    go_on = threading.Event()
    announced: list[str] = []

    def on_wait() -> None:
        announced.append("waiting")
        go_on.set()

    outcome = run_bounded(lambda: go_on.wait(20), time_limit_seconds=20, patience_seconds=0.01, on_wait=on_wait)
    assert (outcome, announced) == (Returned(True), ["waiting"])


def test_no_answer_within_the_limit_is_a_value_and_its_thread_holds_nobody() -> None:
    over = threading.Event()
    before = set(threading.enumerate())
    outcome = run_bounded(lambda: over.wait(60), time_limit_seconds=0.02, patience_seconds=1, on_wait=unexpected)
    left = [thread for thread in threading.enumerate() if thread not in before]
    over.set()
    assert outcome == TimedOut()
    assert [thread.daemon for thread in left] == [True]


def test_an_event_loop_gets_the_value_or_the_exception() -> None:
    error = KeyError("x")

    def fail() -> None:
        raise error

    async def ask() -> tuple[int, Sequence[BaseException | None]]:
        failed = await asyncio.gather(in_thread(fail), return_exceptions=True)
        return await in_thread(lambda: 42), list(failed)

    assert asyncio.run(ask()) == (42, [error])


def test_an_event_loop_that_stopped_waiting_is_told_when_the_call_ends_and_may_be_closed_before() -> None:
    over = threading.Event()
    told: list[str] = []

    async def give_up(on_end: Callable[[], None]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await in_thread(lambda: over.wait(60), on_end)

    async def give_up_and_stay() -> None:
        ended = asyncio.Event()
        await give_up(ended.set)
        over.set()
        async with asyncio.timeout(20):
            await ended.wait()

    asyncio.run(give_up_and_stay())
    over.clear()
    before = set(threading.enumerate())
    asyncio.run(give_up(lambda: told.append("ended")))
    left = [thread for thread in threading.enumerate() if thread not in before]
    over.set()
    for thread in left:
        thread.join(20)
    assert ([thread.daemon for thread in left], told) == ([True], [])
