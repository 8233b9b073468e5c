"""Every command that deletes a secret, struck between any two of its steps, and a second process at work there.

The command is killed, or stopped and continued, at every point at which the state or the store is another than before; meanwhile
the second process runs: one of several at each point, in turn, and all of them when VZCTL_TEST_ALL_PAIRS is set. Afterwards the
active keys, and the previous ones that a rollback needs, are in the store, nothing in the store is unknown, and `secrets purge`
leaves what the state says.
"""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from tests.crash.aftermath import RESUME, ROLL_BACK, ROTATE, check_nothing_unknown
from tests.crash.machine import Command, Machine
from tests.crash.organization import FIRST_TOKEN, NAME, NEXT_TOKEN, OLD_KEY, REPLACING_KEY
from tests.crash.reader import held_items, needed_items, recorded_canaries, served, stored_items
from tests.crash.scenarios import PUT_TOKEN, Prepare, killed, ran, revoked_but_not_deleted, rotated
from tests.support.crash import Look, Strike
from tests.support.fork_server import Ended
from vzctl.errors import ExitStatus
from vzctl.store.backups import list_backups

pytestmark = pytest.mark.slow
ALL_PAIRS: Final = bool(os.environ.get("VZCTL_TEST_ALL_PAIRS"))
"""Whether every second process runs at every point, which takes many minutes; else they take turns."""
Find = Callable[[str, str], Machine]
PURGE: Final = Command(("secrets", "purge", "--yes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleting:
    """A command that deletes a secret, and what was done before. `into` is the store that it moves to."""

    name: str
    command: Command
    prepare: Prepare = lambda machine: None
    into: str | None = None

    def __str__(self) -> str:
        return self.name


DELETIONS: Final = (
    Deleting(name="purge", prepare=revoked_but_not_deleted, command=PURGE),
    Deleting(
        name="replace",
        prepare=killed(ROTATE, 2, "after"),
        command=Command((*RESUME.words, "--replace-secret", "--skip-test"), REPLACING_KEY),
    ),
    Deleting(name="rollback", prepare=killed(ROTATE, 2, "after"), command=ROLL_BACK),
    Deleting(name="revoke", prepare=rotated, command=Command(("revocations", "done", NAME, "--yes"))),
    Deleting(name="remove", prepare=rotated, command=Command(("credentials", "remove", NAME, "--confirm", NAME))),
    Deleting(
        name="migrate",
        prepare=rotated,
        command=Command(("secrets", "migrate", "--source", "exec", "--delete-source", "--yes")),
        into="file",
    ),
    Deleting(name="token put", prepare=ran(Command(PUT_TOKEN, FIRST_TOKEN)), command=Command(PUT_TOKEN, NEXT_TOKEN)),
    Deleting(
        name="token drop",
        prepare=ran(Command(PUT_TOKEN, FIRST_TOKEN)),
        command=Command(("secrets", "token", "drop", "--yes")),
    ),
)


def restored(back: int) -> Callable[[Machine], Sequence[Command]]:
    """Put back the state of so many changes before, and go on with a rotation that is open then."""

    def commands(machine: Machine) -> Sequence[Command]:
        serials = sorted({item.serial for item in list_backups(machine.folder / "backups")}, reverse=True)
        serial = str(serials[min(back, len(serials)) - 1])
        return Command(("state", "restore", serial, "--confirm", serial)), Command(RESUME.words[:-1])

    return commands


SECOND: Final[dict[str, Callable[[Machine], Sequence[Command]]]] = {
    "restore 1": restored(1),
    "restore 2": restored(2),
    "restore 4": restored(4),
    "resume": lambda _: (RESUME,),
    "roll back": lambda _: (ROLL_BACK,),
    "put": lambda _: (Command(("secrets", "put", NAME, "--secret-stdin"), OLD_KEY),),
    "purge": lambda _: (PURGE,),
    "token put": lambda _: (Command(PUT_TOKEN, FIRST_TOKEN),),
}
COMMANDS_AT_A_POINT: Final = len(SECOND) if ALL_PAIRS else 1


def in_turn(place: int, turn: int) -> Iterator[tuple[str, Callable[[Machine], Sequence[Command]]]]:
    """Yield the second processes for this point; `turn` is another one for each test, so that each comes to every point."""
    names = list(SECOND)
    for number in range(COMMANDS_AT_A_POINT):
        name = names[(place + turn + number) % len(names)]
        yield name, SECOND[name]


def between(looks: Sequence[Look]) -> Iterator[Look]:
    """Yield the first look at each state and store that the command goes through."""
    seen: set[str] = set()
    for look in looks:
        if look.is_known and look.essence not in seen:
            seen.add(look.essence)
            yield look


def not_internal(ended: Ended) -> None:
    assert ended.status is not None
    assert ended.status != ExitStatus.INTERNAL, ended
    assert "Traceback" not in ended.stderr, ended


def check_secrets(machine: Machine) -> None:
    """What counts is in the store and nothing else is; a store that is moved from or to counts as the one in use."""
    served(machine)
    state = machine.state()
    stored = stored_items(machine)
    assert needed_items(state) - pending_in_doubt(machine) <= stored
    check_nothing_unknown(machine)


def pending_in_doubt(machine: Machine) -> set[str]:
    """Return the items of staged keys: they may still have to be handed in again."""
    state = machine.state()
    return {f"{state.lineage}/{item.id}/{item.pending}" for item in state.credentials if item.pending is not None}


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("deleting", DELETIONS, ids=str)
def test_a_second_process_between_the_steps_of_a_deletion_finds_every_key_that_counts(
    deleting: Deleting, how: str, organization: Find, record_property: Callable[[str, object], None]
) -> None:
    store = "exec" if deleting.into is not None else "file"
    base = organization("local", store).copy()
    deleting.prepare(base)
    more = {"VZCTL_SECRET_STORE": deleting.into} if deleting.into is not None else {}
    whole = base.copy()
    looks = whole.look(deleting.command, more=more).looks
    runs = 0
    turn = DELETIONS.index(deleting) + (len(SECOND) // 2 if how == "SIGSTOP" else 0)
    for place, look in enumerate(between(looks)):
        for name, commands in in_turn(place, turn):
            machine = base.copy()
            try:
                two_at_once(machine, deleting, Strike(look.number, look.when, how), commands)
            except AssertionError as error:
                error.add_note(f"{how} at {look.number} {look.when}, second: {name}, machine {machine.root}")
                raise
            machine.destroy()
            runs += 1
    assert runs >= 3 * COMMANDS_AT_A_POINT
    record_property("runs", runs)
    print(f"{deleting}, {how}: {runs} runs")


def two_at_once(
    machine: Machine, deleting: Deleting, strike: Strike, commands: Callable[[Machine], Sequence[Command]]
) -> None:
    more = {"VZCTL_SECRET_STORE": deleting.into} if deleting.into is not None else {}
    first = machine.watch(deleting.command, strike, more=more)
    assert first.status == (-signal.SIGKILL if strike.how == "SIGKILL" else None), first
    for command in commands(machine):
        not_internal(machine.try_(command, more=more))
    if first.status is None:
        os.kill(first.pid, signal.SIGCONT)
        not_internal(machine.server.wait_for(first))
    if deleting.into is not None:
        # A migration that was killed goes on where it is begun again.
        not_internal(machine.try_(deleting.command, more=more))
        machine = dataclasses.replace(machine, store=deleting.into)
    check_secrets(machine)
    machine.run(PURGE, more=more)
    check_secrets(machine)
    state = machine.state()
    aside = pending_in_doubt(machine) | recorded_canaries(machine)
    assert stored_items(machine) - aside == held_items(state) - aside
    assert state.open_deletions() == []
