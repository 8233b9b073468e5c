"""Many processes on one state: no update is lost, one rotation at a time, and a lock that dies with its holder."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.aftermath import (
    RESUME,
    ROLL_BACK,
    ROTATE,
    check_at_rest,
    check_nothing_unknown,
    check_resume,
    check_settled,
)
from tests.crash.machine import Command, Machine, make_machine
from tests.crash.organization import ADDED_KEY, NAME, NEW_KEY, REPLACING_KEY
from tests.crash.reader import served
from tests.crash.scenarios import REMOVED, STAGED_BY_HAND, ran, replace_points
from tests.crash.test_interrupts import PATIENCE_SECONDS, hold, this_host
from tests.support.crash import Strike
from tests.support.fork_server import Ended, ForkServer, Request
from vzctl.domain.state.records import Step
from vzctl.errors import ExitStatus

pytestmark = pytest.mark.slow
Find = Callable[[str, str], Machine]

PROCESSES = 24
ROUNDS = 5
COMMANDS_A_ROUND = 5
REAL = 4


def mutations(number: int) -> list[tuple[str, ...]]:
    """Return 25 commands of one process, each of which changes something: its own things, and the scope of a shared one."""
    commands: list[tuple[str, ...]] = []
    for turn in range(ROUNDS):
        stays = turn == ROUNDS - 1 and number % 2 == 0
        commands += [
            ("databases", "edit", f"db-{number}", "--region", f"r{turn}"),
            ("credentials", "edit", f"own-{number}", "--note", f"n{turn}"),
            ("scope", "add", "shared", f"db-{number}"),
            ("credentials", "edit", f"own-{number}", "--max-age-days", str(turn + 1)),
            ("scope", "add", f"own-{number}", f"db-{number}")
            if stays
            else ("scope", "remove", "shared", f"db-{number}", "--yes"),
        ]
    return commands


def prepared(fork_server: ForkServer, root: Path) -> Machine:
    """A state with a database and a credential for each process, and a credential that all of them share."""
    machine = make_machine(fork_server, root, "local", "file")
    machine.ask(
        ("credentials", "add", "shared", "--provider", "openai", "--no-secret"),
        *(("databases", "add", f"db-{number}", "--region", "r") for number in range(PROCESSES)),
        *(
            ("credentials", "add", f"own-{number}", "--provider", "openai", "--no-secret")
            for number in range(PROCESSES)
        ),
    )
    return machine


def test_24_processes_with_25_changes_each_lose_none(fork_server: ForkServer, place: Path) -> None:
    machine = prepared(fork_server, place / "parallel")
    serial = machine.state().serial
    environ = machine.environ(VZCTL_LOCK_TIMEOUT="300", LOGNAME="tester")
    real = [
        subprocess.Popen(
            [sys.executable, "-m", "vzctl", "databases", "add", f"real-{number}"],
            env=environ,
            cwd=machine.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(REAL)
    ]
    requests = [
        Request(commands=mutations(number), environ=environ, cwd=str(machine.root)) for number in range(PROCESSES)
    ]
    every_end = fork_server.run_together(requests)
    assert [(ended.statuses, ended.stderr) for ended in every_end if set(ended.statuses) != {0}] == []
    assert [len(ended.statuses) for ended in every_end] == [ROUNDS * COMMANDS_A_ROUND] * PROCESSES
    assert [process.communicate(timeout=PATIENCE_SECONDS)[1] and process.returncode for process in real] == [0] * REAL

    state = machine.state()
    changes = PROCESSES * ROUNDS * COMMANDS_A_ROUND + REAL
    assert state.serial == serial + changes
    names = {database.id: database.name for database in state.databases}
    even = [f"db-{number}" for number in range(0, PROCESSES, 2)]
    assert {item.name: item.region for item in state.databases} == {
        **{f"db-{number}": f"r{ROUNDS - 1}" for number in range(PROCESSES)},
        **{f"real-{number}": None for number in range(REAL)},
    }
    assert {
        item.name: (item.note, item.max_age_days, sorted(names[entry.database] for entry in item.scope))
        for item in state.credentials
    } == {
        "shared": (None, None, sorted(even)),
        **{
            f"own-{number}": (f"n{ROUNDS - 1}", ROUNDS, [f"db-{number}"] if number % 2 == 0 else [])
            for number in range(PROCESSES)
        },
    }

    (audit,) = machine.ask(("audit",))
    new = [change for change in audit["changes"] if change["serial"] > serial]
    assert sorted(change["serial"] for change in new) == list(range(serial + 1, serial + changes + 1))
    assert {change["outcome"] for change in new} == {"done"}
    asked = Counter(" ".join(words[:2]) for number in range(PROCESSES) for words in mutations(number))
    assert Counter(change["command"] for change in new) == asked + Counter({"databases add": REAL})
    check_at_rest(machine, [served(machine)])


# ---------------------------------------------------------------- two at one credential


def test_of_two_rotations_that_begin_at_once_one_wins(organization: Find, tmp_path: Path) -> None:
    machine = this_host(organization("local", "exec"))
    old = served(machine)
    first = hold(machine, ROTATE, "set-canary", tmp_path, "first")
    second = hold(machine, Command(ROTATE.words, REPLACING_KEY), "set-canary", tmp_path, "second")
    first.let_go()
    second.let_go()
    statuses = [held.end()[0] for held in (first, second)]
    assert sorted(statuses) == [ExitStatus.OK, ExitStatus.CONFLICT]
    key = NEW_KEY if statuses[0] == ExitStatus.OK else REPLACING_KEY
    check_settled(machine, {**old, NAME: dataclasses.replace(old[NAME], key=key)})


def test_a_second_rotation_is_refused_while_the_first_one_stages(organization: Find, tmp_path: Path) -> None:
    machine = this_host(organization("local", "exec"))
    first = hold(machine, ROTATE, "set-key", tmp_path)
    assert machine.try_(Command(ROTATE.words, REPLACING_KEY)).status == ExitStatus.CONFLICT
    assert first.end()[0] == ExitStatus.OK
    assert served(machine)[NAME].key == NEW_KEY


def test_a_rotation_is_refused_with_its_own_status_past_the_removal(organization: Find) -> None:
    machine = organization("astra", "exec").copy()
    ran(STAGED_BY_HAND, REMOVED)(machine)
    assert machine.try_(Command(ROTATE.words, REPLACING_KEY)).status == ExitStatus.ROTATION_OPEN


# ---------------------------------------------------------------- one overtakes the other


OVERTAKEN = frozenset({ExitStatus.CONFLICT, ExitStatus.SECRET_STORE})
"""The other process moved on, or deleted what was written before it could be read back."""


def stopped_at(machine: Machine, command: Command, number: int) -> Ended:
    """Run a command up to a point and stop it there."""
    ended = machine.watch(command, Strike(number, how="SIGSTOP"))
    assert ended.status is None, ended
    return ended


def let_go_on(machine: Machine, stopped: Ended) -> Ended:
    os.kill(stopped.pid, signal.SIGCONT)
    return machine.server.wait_for(stopped)


@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_rotation_that_is_taken_back_while_it_walks_does_not_walk_on(store: str, organization: Find) -> None:
    """Stopped at every write that is outside the lock or waits for it, and overtaken there by a rollback."""
    base = organization("local", store)
    old = served(base)
    points = base.copy().watch(ROTATE).points
    begun, *_, finished = replace_points(base, ROTATE)
    outside = [
        number
        for number, label in enumerate(points)
        if (
            begun < number < finished and (label == "flock lock" or label.startswith(("start", "mkdir", "~write pipe")))
        )
        or (begun < number < finished and ".age" in label)
    ]
    assert len(outside) > 4
    for number in outside:
        machine = base.copy()
        stopped = stopped_at(machine, ROTATE, number)
        machine.run(ROLL_BACK)
        ended = let_go_on(machine, stopped)
        assert ended.status in OVERTAKEN, (points[number], ended)
        check_settled(machine, old)
        machine.destroy()


@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_rotation_that_another_process_finishes_first_is_not_done_twice(store: str, organization: Find) -> None:
    base = organization("local", store)
    old = served(base)
    new = {**old, NAME: dataclasses.replace(old[NAME], key=NEW_KEY)}
    locks = [number for number, label in enumerate(base.copy().watch(ROTATE).points) if label == "flock lock"]
    for number in locks[1:]:
        machine = base.copy()
        stopped = stopped_at(machine, ROTATE, number)
        machine.run(RESUME)
        ended = let_go_on(machine, stopped)
        assert ended.status == ExitStatus.CONFLICT, ended
        check_settled(machine, new)
        machine.destroy()


@pytest.mark.parametrize("store", ["file", "exec"])
def test_of_two_additions_under_one_name_the_overtaken_one_leaves_nothing(store: str, organization: Find) -> None:
    base = organization("local", store)
    words = ("credentials", "add", "new-one", "--provider", "mistral", "--scope", "alpha", "--secret-stdin")
    add, other = Command(words, ADDED_KEY), Command(words, "another-0123456789abcdef")
    points = base.copy().watch(add).points
    begun, finished = replace_points(base, add)
    outside = [
        number
        for number, label in enumerate(points)
        if begun < number < finished and (label == "flock lock" or label.startswith("start") or ".age" in label)
    ]
    for number in outside:
        machine = base.copy()
        stopped = stopped_at(machine, add, number)
        machine.run(other)
        after = served(machine)
        assert after["new-one"].key == other.key
        ended = let_go_on(machine, stopped)
        assert ended.status in OVERTAKEN, (points[number], ended)
        check_settled(machine, after)
        machine.destroy()


def test_of_two_takers_of_another_key_one_wins(organization: Find) -> None:
    """`resume --replace-secret` overtaken by a plain `resume`: the key in force keeps its bytes."""
    base = organization("local", "file").copy()
    ended = base.watch(ROTATE, Strike(replace_points(base, ROTATE)[1], "after"))
    assert ended.status == -signal.SIGKILL
    old = served(base)
    replace_it = Command((*RESUME.words, "--replace-secret", "--skip-test"), REPLACING_KEY)
    first_lock = base.copy().watch(replace_it).points.index("flock lock")
    machine = base.copy()
    stopped = stopped_at(machine, replace_it, first_lock)
    machine.run(RESUME)
    assert let_go_on(machine, stopped).status == ExitStatus.CONFLICT
    check_settled(machine, {**old, NAME: dataclasses.replace(old[NAME], key=NEW_KEY)})


# ---------------------------------------------------------------- the lock


def test_the_lock_names_its_holder_and_dies_with_it(organization: Find) -> None:
    machine = organization("local", "file").copy()
    locks = [number for number, label in enumerate(machine.copy().watch(ROTATE).points) if label == "~pwrite lock"]
    stopped = machine.watch(ROTATE, Strike(locks[0], "after", "SIGSTOP"))
    assert stopped.status is None

    edit = Command(("credentials", "edit", "voyage", "--note", "hello"))
    waited = machine.try_(Command((*edit.words, "--lock-timeout", "0.2", "-o", "json")))
    document = waited.document
    assert (waited.status, document["code"]) == (ExitStatus.STATE, "STATE_LOCKED")
    assert document["message"].startswith(
        f"the state is locked by process {stopped.pid} on {machine.host}: credentials rotate, since "
    )
    assert document["message"].endswith("; waited 0.2 s")
    assert document["error"]["retryable"] is True
    # Reading needs no lock.
    machine.ask(("credentials", "list"), ("state", "check"))

    os.kill(stopped.pid, signal.SIGKILL)
    assert machine.server.wait_for(stopped).status == -signal.SIGKILL
    machine.run(Command((*edit.words, "--lock-timeout", "0")))
    voyage = machine.state().credential("voyage")
    assert voyage is not None
    assert voyage.note == "hello"
    old = served(machine)
    check_nothing_unknown(machine)
    check_resume(machine, old=old, new={**old, NAME: dataclasses.replace(old[NAME], key=NEW_KEY)})


def test_who_waits_for_the_lock_gets_it_when_the_holder_goes_on(organization: Find) -> None:
    machine = organization("local", "file").copy()
    add = Command(("scope", "add", NAME, "gamma"))
    number = machine.copy().watch(add).points.index("replace state.toml")
    stopped = stopped_at(machine, add, number)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "vzctl", "credentials", "edit", NAME, "--note", "waited", "--lock-timeout", "60"],
        env=machine.environ(),
        cwd=machine.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    assert said.startswith(
        f"waiting for the state: locked by process {stopped.pid} on {machine.host}: scope add, since "
    )
    assert let_go_on(machine, stopped).status == ExitStatus.OK
    waiting.communicate(timeout=PATIENCE_SECONDS)
    assert waiting.returncode == ExitStatus.OK
    credential = machine.state().credential(NAME)
    assert credential is not None
    assert credential.note == "waited"
    assert served(machine)[NAME].scope == ("alpha", "beta", "gamma")
    assert Step.DONE not in {rotation.step for rotation in machine.state().rotations}
