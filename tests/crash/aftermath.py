"""What must hold on a machine after a crash: at rest, and after each of the ways on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from tests.crash.machine import Command, Machine
from tests.crash.organization import MANUAL, NAME, NEW_KEY
from tests.crash.reader import (
    Service,
    held_items,
    known_items,
    needed_items,
    recorded_canaries,
    served,
    stored_items,
)
from vzctl.domain.state.records import Direction, Rotation, Step
from vzctl.errors import ExitStatus
from vzctl.store.backups import list_backups
from vzctl.store.schema import parse_state

ROTATE: Final = Command(("credentials", "rotate", NAME, "--secret-stdin", "--skip-test", "--yes"), NEW_KEY)
RESUME: Final = Command(("rotations", "resume", NAME, "--secret-stdin"), NEW_KEY)
ROLL_BACK: Final = Command(("rotations", "rollback", NAME, "--yes", "--confirm", NAME))
LEFT_BY_A_CRASH: Final = frozenset({"SECRET_LEFT_OVER", "TOKEN_LEFT_OVER", "CREDENTIAL_INCOMPLETE"})
"""Problems that `state check` may show after a crash, each with the command that ends it."""


def check_at_rest(machine: Machine, allowed: Collection[Service]) -> None:
    """Without any repair: the state is readable, serves one of the `allowed` services, and knows all that is stored."""
    check, audit = machine.ask(("state", "check"), ("audit",))
    assert {problem["code"] for problem in check["problems"]} <= LEFT_BY_A_CRASH, check
    for backup in list_backups(machine.folder / "backups"):
        assert parse_state(backup.path.read_bytes(), str(backup.path)).serial == backup.serial
    assert served(machine) in allowed
    check_nothing_unknown(machine)
    check_audit(machine, audit)


def check_nothing_unknown(machine: Machine) -> None:
    """Every item that is really in the store is one that the state knows, or a canary on record."""
    assert stored_items(machine) <= known_items(machine.state()) | recorded_canaries(machine)


def check_audit(machine: Machine, audit: dict[str, Any]) -> None:
    """Every change that the state went through is in the audit as done, once. A migration of secrets makes no new state."""
    changes = [change for change in audit["changes"] if change["command"] != "secrets migrate"]
    done = Counter(change["serial"] for change in changes if change["outcome"] == "done")
    assert done == Counter(range(1, machine.state().serial + 1)), audit


def check_purged(machine: Machine) -> None:
    """The store holds what the state says, whatever is needed is there, and no live credential keeps anything else.

    What a killed removal has left of a credential may stay until its key is revoked.
    """
    state = machine.state()
    files = set(machine.store_files())
    if machine.store == "file":
        assert all(name.endswith(".age") for name in files), files
    assert stored_items(machine) == held_items(state), files
    assert needed_items(state) == {
        f"{state.lineage}/{item.id}/{version.id}"
        for item in state.credentials
        for version in item.versions
        if version.held
    }


def last_rotation(machine: Machine) -> Rotation | None:
    """Return the rotation of the credential that everything happens to, or None."""
    found = [rotation for rotation in machine.state().rotations if rotation.snapshot.name == NAME]
    return found[-1] if found else None


def is_going_back(rotation: Rotation) -> bool:
    """Whether the rotation was turned round."""
    return rotation.direction is Direction.BACK or rotation.step in {Step.DROPPING, Step.ROLLED_BACK}


def check_resume(machine: Machine, *, old: Service, new: Service) -> None:
    """`rotations resume` ends at the new key, or at the old one when the rotation was on its way back."""
    rotation = last_rotation(machine)
    if rotation is None:
        expect(machine, RESUME, ExitStatus.NOT_FOUND)
        walk(machine, ROTATE)
        expected = new
    elif rotation.is_open:
        walk(machine, RESUME)
        expected = old if is_going_back(rotation) else new
    else:
        expected = old if is_going_back(rotation) else new
    check_settled(machine, expected)
    _check_second_time_is_harmless(machine, RESUME)


def check_roll_back(machine: Machine, *, old: Service) -> None:
    """`rotations rollback` ends at the old key, wherever the rotation stood."""
    rotation = last_rotation(machine)
    if rotation is None:
        expect(machine, ROLL_BACK, ExitStatus.NOT_FOUND)
    elif rotation.step is not Step.ROLLED_BACK:
        walk(machine, ROLL_BACK)
    check_settled(machine, old)
    if rotation is not None:
        _check_second_time_is_harmless(machine, ROLL_BACK)


def check_again(machine: Machine, command: Command, finished: int, *, after: Service) -> None:
    """The same command again ends as if nothing had happened, or says with the status `finished` that it was done."""
    ended = machine.try_(command)
    assert ended.status in {command.status, finished}, ended
    check_settled(machine, after)
    bytes_before = machine.state_path.read_bytes()
    again = machine.try_(command)
    assert again.status in {command.status, finished}, again
    if again.status == finished:
        assert machine.state_path.read_bytes() == bytes_before


def check_settled(machine: Machine, expected: Service) -> None:
    """The service is the expected one, every item is known, the audit is whole, and a purge leaves what is needed."""
    assert served(machine) == expected
    check_nothing_unknown(machine)
    _, check, audit = machine.ask(("secrets", "purge", "--yes"), ("state", "check"), ("audit",))
    assert served(machine) == expected
    assert check["problems"] == []
    check_purged(machine)
    check_audit(machine, audit)
    assert unfinished_files(machine) == []


def unfinished_files(machine: Machine) -> list[str]:
    """Return the temporary files beside the state and in its folder."""
    return [path.name for path in machine.state_path.parent.rglob("*.tmp")]


def walk(machine: Machine, command: Command) -> None:
    """Begin or go on with a rotation, and do every step of a person that it asks for, until it is finished."""
    next_one = command
    for _ in range(10):
        ended = machine.try_(Command((*next_one.words, "-o", "json"), next_one.key))
        document = ended.document
        if ended.status == ExitStatus.OK:
            return
        assert ended.status == _status_of_open(document), document
        detail = document["data"].get("rotation")
        detail = detail if detail is not None and "next_step" in detail else document["data"]
        next_one = Command((*RESUME.words, "--attest", detail["next_step"].lower(), "--skip-look"), RESUME.key)
    raise AssertionError("the rotation does not end")


def _status_of_open(document: dict[str, Any]) -> int:
    detail = document["data"]
    row = detail["rotation"]
    row = row.get("rotation", row)
    return ExitStatus.ROTATION_OPEN if row["past_no_return"] else MANUAL


def expect(machine: Machine, command: Command, status: int) -> None:
    """Run a command that must end with this status."""
    machine.run(Command(command.words, command.key, status))


def _check_second_time_is_harmless(machine: Machine, command: Command) -> None:
    before = machine.state_path.read_bytes()
    expect(machine, command, ExitStatus.CONFLICT)
    assert machine.state_path.read_bytes() == before
