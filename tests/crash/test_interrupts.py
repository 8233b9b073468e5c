"""^C and SIGTERM during a rotation: the current step is finished, nothing is lost, and it goes on from there."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.aftermath import (
    RESUME,
    ROTATE,
    check_at_rest,
    check_resume,
    check_roll_back,
    last_rotation,
    unfinished_files,
)
from tests.crash.machine import Command, Machine
from tests.crash.organization import NAME, NEW_KEY
from tests.crash.reader import Service, served
from tests.crash.scenarios import RECREATED, REMOVED, STAGED_BY_HAND, attested, ran
from tests.support.crash import Strike
from vzctl.domain.state.records import Step
from vzctl.errors import ENDING_SIGNALS, ExitStatus

pytestmark = pytest.mark.slow
Find = Callable[[str, str], Machine]
STATUSES = {signal.Signals(number).name: status for number, status in ENDING_SIGNALS.items()}
PATIENCE_SECONDS = 60


def with_new_key(old: Service) -> Service:
    return {**old, NAME: dataclasses.replace(old[NAME], key=NEW_KEY)}


@pytest.mark.parametrize("name", STATUSES)
@pytest.mark.parametrize("store", ["file", "exec"])
def test_a_signal_at_any_write_of_a_rotation_stops_it_after_the_current_step(
    name: str, store: str, organization: Find
) -> None:
    base = organization("local", store)
    old = served(base)
    new = with_new_key(old)
    whole = base.copy()
    points = whole.watch(ROTATE).points
    last = max(number for number, label in enumerate(points) if label == "open lock")
    steps, seen, tried = set(), set(), set()
    # The signals share the points.
    for number in range(list(STATUSES).index(name), len(points), len(STATUSES)):
        machine = base.copy()
        ended = machine.watch(ROTATE, Strike(number, how=name))
        assert ended.struck == points[number]
        # A signal in the last step finds the rotation finished.
        expected = {STATUSES[name], ExitStatus.OK} if number >= last else {STATUSES[name]}
        assert ended.status in expected, ended
        assert unfinished_files(machine) == []
        whole_signature, essence = machine.signatures()
        if (whole_signature, ended.status) not in seen:
            seen.add((whole_signature, ended.status))
            check_at_rest(machine, [new] if ended.status == ExitStatus.OK else [old])
        rotation = last_rotation(machine)
        steps.add(rotation.step if rotation is not None else None)
        if essence not in tried:
            tried.add(essence)
            check_resume(machine.copy(), old=old, new=new)
            check_roll_back(machine.copy(), old=old)
        machine.destroy()
    assert steps == {None, Step.STAGED, Step.TESTED, Step.DONE} | ({Step.STAGING} & steps)


@pytest.mark.parametrize("name", STATUSES)
def test_a_signal_past_the_point_of_no_return_ends_as_an_open_rotation(name: str, organization: Find) -> None:
    base = organization("astra", "file").copy()
    ran(STAGED_BY_HAND, REMOVED)(base)
    old = served(base)
    command = attested("recreated", "scoped", "scoped")
    whole = base.copy()
    points = whole.watch(command).points
    replaces = [number for number, label in enumerate(points) if label == "replace state.toml"]
    steps = []
    for number in replaces:
        machine = base.copy()
        ended = machine.watch(command, Strike(number, how=name))
        rotation = last_rotation(machine)
        assert rotation is not None
        steps.append((ended.status, rotation.step, len(rotation.scoped)))
        check_at_rest(machine, [old, with_new_key(old)])
        check_resume(machine, old=old, new=with_new_key(old))
    assert steps == [
        (ExitStatus.ROTATION_OPEN, Step.RECREATED, 0),
        (ExitStatus.ROTATION_OPEN, Step.SCOPED, 10),
        (ExitStatus.ROTATION_OPEN, Step.SCOPED, 12),
        (ExitStatus.OK, Step.DONE, 12),
    ]


# ---------------------------------------------------------------- real processes, a store that is slow on demand


@dataclass(frozen=True, slots=True)
class Held:
    """A real vzctl whose store's program waits inside a call until it is let go."""

    process: subprocess.Popen[str]
    gate: Path

    def let_go(self) -> None:
        (self.gate / "open").touch()

    def end(self) -> tuple[int, str]:
        """Let the program go, and return how vzctl ended and what it said."""
        self.let_go()
        _, stderr = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, stderr


def this_host(machine: Machine) -> Machine:
    """Return a copy on the real host, for processes that are not forked by the server."""
    return machine.copy(host=socket.gethostname())


def hold(machine: Machine, command: Command, call: str, tmp_path: Path, name: str = "gate") -> Held:
    """Start vzctl and return once its store's program waits inside `call`."""
    gate = tmp_path / name
    gate.mkdir()
    environ = machine.environ(GATE=str(gate), GATE_AT=call)
    process = subprocess.Popen(
        [sys.executable, "-m", "vzctl", *command.words],
        cwd=machine.root,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(command.key or "")
    process.stdin.close()
    process.stdin = None
    wait_until(lambda: any(gate.glob("*.waiting")))
    return Held(process, gate)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come so far"
        time.sleep(0.005)


SIGNALS: Sequence[tuple[str, int]] = [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)]


@pytest.mark.parametrize(("name", "status"), SIGNALS)
def test_a_signal_while_the_store_takes_the_key_stops_a_real_process_when_it_is_staged(
    name: str, status: int, organization: Find, tmp_path: Path
) -> None:
    machine = this_host(organization("local", "exec"))
    old = served(machine)
    held = hold(machine, ROTATE, "set-key", tmp_path)
    held.process.send_signal(signal.Signals[name])
    ended, said = held.end()
    assert ended == status
    assert said.startswith("finishing the current step, then stopping; once more to stop now\n")
    rotation = last_rotation(machine)
    assert rotation is not None
    assert rotation.step is Step.STAGED
    check_at_rest(machine, [old])
    check_resume(machine, old=old, new=with_new_key(old))


@pytest.mark.parametrize(("name", "status"), SIGNALS)
def test_a_signal_while_the_store_is_tested_leaves_no_rotation(
    name: str, status: int, organization: Find, tmp_path: Path
) -> None:
    machine = this_host(organization("local", "exec"))
    before = machine.state_path.read_bytes()
    held = hold(machine, ROTATE, "set-canary", tmp_path)
    held.process.send_signal(signal.Signals[name])
    assert held.end()[0] == status
    assert machine.state_path.read_bytes() == before
    assert last_rotation(machine) is None


def test_a_second_signal_stops_at_once_and_what_is_left_goes_on(organization: Find, tmp_path: Path) -> None:
    machine = this_host(organization("local", "exec"))
    old = served(machine)
    held = hold(machine, ROTATE, "set-key", tmp_path)
    held.process.send_signal(signal.SIGINT)
    assert held.process.stderr is not None
    assert held.process.stderr.readline() == "finishing the current step, then stopping; once more to stop now\n"
    held.process.send_signal(signal.SIGINT)
    # Nobody lets the store's program go: it is killed with the command.
    held.process.communicate(timeout=PATIENCE_SECONDS)
    assert held.process.returncode == ExitStatus.INTERRUPTED
    rotation = last_rotation(machine)
    assert rotation is not None
    assert rotation.step is Step.STAGING
    check_at_rest(machine, [old])
    check_resume(machine, old=old, new=with_new_key(old))


def test_a_signal_while_the_store_answers_past_the_removal_is_an_open_rotation(
    organization: Find, tmp_path: Path
) -> None:
    machine = this_host(organization("astra", "exec"))
    ran(STAGED_BY_HAND, REMOVED)(machine)
    old = served(machine)
    held = hold(machine, RECREATED, "get-key", tmp_path)
    os.kill(held.process.pid, signal.SIGTERM)
    assert held.end()[0] == ExitStatus.ROTATION_OPEN
    check_at_rest(machine, [old])
    check_resume(machine, old=old, new=with_new_key(old))
    assert RESUME.key == NEW_KEY
