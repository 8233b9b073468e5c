"""The commands that are killed, each with the machine that it begins on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.crash.aftermath import RESUME, ROLL_BACK, ROTATE, walk
from tests.crash.machine import Command, Machine, run_all
from tests.crash.organization import ADDED_KEY, FIRST_TOKEN, MANUAL, NAME, NEXT_TOKEN, OTHER_KEY, REPLACING_KEY
from tests.support.crash import Strike
from vzctl.errors import ExitStatus

OPEN: Final = int(ExitStatus.ROTATION_OPEN)
NOT_FOUND: Final = int(ExitStatus.NOT_FOUND)
CONFLICT: Final = int(ExitStatus.CONFLICT)
NOTHING_LEFT: Final = -1

Prepare = Callable[[Machine], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`command` runs on the organization after `prepare`.

    A rotation goes on by resume and by rollback; everything else by the same command again, which `finished` ends with
    when the killed one had done its work.
    """

    name: str
    plane: str
    command: Command
    prepare: Prepare = lambda machine: None
    is_rotation: bool = False
    can_go_back: bool = True
    finished: int = NOTHING_LEFT
    stores: tuple[str, ...] = ("file", "exec")
    removable: str | None = None

    def __str__(self) -> str:
        return f"{self.plane}-{self.name}"


def replace_points(machine: Machine, command: Command) -> list[int]:
    """Return the numbers of the points at which a command replaces the state, found on a copy."""
    copy = machine.copy()
    points = copy.watch(command).points
    copy.destroy()
    return [number for number, label in enumerate(points) if label == "replace state.toml"]


def killed(command: Command, change: int, when: str) -> Prepare:
    """Run the command and kill it before or after its `change`th replacement of the state."""

    def prepare(machine: Machine) -> None:
        number = replace_points(machine, command)[change - 1]
        ended = machine.watch(command, Strike(number, when))
        assert ended.status == -9

    return prepare


def ran(*commands: Command) -> Prepare:
    """Run the commands."""
    return lambda machine: run_all(machine, commands)


def rotated(machine: Machine) -> None:
    """Rotate to the end, with every step of a person."""
    walk(machine, ROTATE)


def revoked_but_not_deleted(machine: Machine) -> None:
    """Rotate, and leave the old key in the store although it is revoked."""
    rotated(machine)
    killed(Command(("revocations", "done", NAME, "--yes")), 1, "after")(machine)


def attested(*words: str, verb: str = "resume", status: int = 0) -> Command:
    """Go on, and attest these steps in one command."""
    attests = [part for word in words for part in ("--attest", word)]
    return Command((*(RESUME if verb == "resume" else ROLL_BACK).words, *attests, "--skip-look"), RESUME.key, status)


STAGED_BY_HAND: Final = Command(ROTATE.words, ROTATE.key, MANUAL)
REMOVED: Final = attested("removed", status=OPEN)
RECREATED: Final = attested("recreated", status=OPEN)
SCOPED: Final = attested("scoped", status=OPEN)
WHOLE_WAY: Final = ("removed", "recreated", "scoped", "scoped")
PUT_TOKEN: Final = ("secrets", "token", "put", "--secret-stdin")
ADD: Final = ("credentials", "add", "new-one", "--provider", "mistral", "--secret-stdin", "--note", "of the new team")

SCENARIOS: Final = (
    # ------------------------------------------------------------ one command each
    Scenario(
        name="credentials add",
        plane="local",
        command=Command((*ADD, "--scope", "alpha", "--scope", "gamma"), ADDED_KEY),
        finished=CONFLICT,
        removable="new-one",
    ),
    Scenario(
        name="credentials add",
        plane="astra",
        command=Command((*ADD, "--scope", "db-01", "--scope", "db-03"), ADDED_KEY, MANUAL),
        finished=CONFLICT,
        removable="new-one",
        stores=("exec",),
    ),
    Scenario(
        name="credentials add --no-secret",
        plane="local",
        command=Command((*(word for word in ADD if word != "--secret-stdin"), "--no-secret", "--scope", "alpha")),
        finished=CONFLICT,
        stores=("file",),
        removable="new-one",
    ),
    Scenario(name="scope add", plane="local", command=Command(("scope", "add", NAME, "gamma")), stores=("file",)),
    Scenario(
        name="scope add",
        plane="astra",
        command=Command(("scope", "add", "voyage", "db-01"), None, MANUAL),
        finished=0,
        stores=("file",),
    ),
    Scenario(
        name="scope set",
        plane="local",
        command=Command(("scope", "set", NAME, "alpha", "gamma", "--yes")),
        stores=("file",),
    ),
    Scenario(
        name="revocations done",
        plane="local",
        prepare=rotated,
        command=Command(("revocations", "done", NAME, "--yes")),
        finished=NOT_FOUND,
    ),
    Scenario(
        name="credentials remove",
        plane="local",
        command=Command(("credentials", "remove", "voyage", "--yes")),
        finished=NOT_FOUND,
    ),
    Scenario(
        name="credentials remove after a rotation",
        plane="local",
        prepare=ran(ROTATE, Command(("collections", "forget", "alpha/ks/books", "--yes"))),
        command=Command(("credentials", "remove", NAME, "--yes")),
        finished=NOT_FOUND,
        stores=("file",),
    ),
    Scenario(
        name="pending confirm of a removal",
        plane="astra",
        prepare=ran(Command(("credentials", "remove", "voyage", "--yes"), None, MANUAL)),
        command=Command(("pending", "confirm", "remove-credential:voyage", "--yes")),
        finished=NOT_FOUND,
        stores=("file",),
    ),
    Scenario(
        name="secrets put",
        plane="local",
        command=Command(("secrets", "put", "elsewhere", "--secret-stdin"), OTHER_KEY),
        removable="elsewhere",
    ),
    Scenario(
        name="secrets purge",
        plane="local",
        prepare=revoked_but_not_deleted,
        command=Command(("secrets", "purge", "--yes")),
        finished=0,
        stores=("file",),
    ),
    Scenario(
        name="secrets token put of a second one",
        plane="local",
        prepare=ran(Command(PUT_TOKEN, FIRST_TOKEN)),
        command=Command(PUT_TOKEN, NEXT_TOKEN),
        finished=0,
    ),
    Scenario(
        name="secrets token drop",
        plane="astra",
        prepare=ran(Command(PUT_TOKEN, FIRST_TOKEN)),
        command=Command(("secrets", "token", "drop", "--yes")),
        finished=NOT_FOUND,
        stores=("file",),
    ),
    # ------------------------------------------------------------ rotations on the local plane
    Scenario(name="rotate", plane="local", command=ROTATE, is_rotation=True),
    Scenario(
        name="resume from STAGING",
        plane="local",
        prepare=killed(ROTATE, 1, "after"),
        command=RESUME,
        is_rotation=True,
    ),
    Scenario(
        name="resume from STAGING with the key in the store",
        plane="local",
        prepare=killed(ROTATE, 2, "before"),
        command=RESUME,
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="resume from STAGED",
        plane="local",
        prepare=killed(ROTATE, 2, "after"),
        command=RESUME,
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="resume from TESTED",
        plane="local",
        prepare=killed(ROTATE, 3, "after"),
        command=RESUME,
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="resume of a leaked key that is revoked first",
        plane="local",
        prepare=ran(Command((*ROTATE.words, "--leaked", "--revoke-first", "--confirm", NAME), ROTATE.key, MANUAL)),
        command=attested("revoked"),
        is_rotation=True,
        can_go_back=False,
        stores=("file",),
    ),
    Scenario(
        name="resume with another key",
        plane="local",
        prepare=killed(ROTATE, 2, "after"),
        command=Command((*RESUME.words, "--replace-secret", "--skip-test"), REPLACING_KEY),
        finished=CONFLICT,
        stores=("file",),
    ),
    Scenario(
        name="rollback from STAGING",
        plane="local",
        prepare=killed(ROTATE, 2, "before"),
        command=ROLL_BACK,
        is_rotation=True,
    ),
    Scenario(name="rollback from DONE", plane="local", prepare=rotated, command=ROLL_BACK, is_rotation=True),
    # ------------------------------------------------------------ rotations on the astra plane
    Scenario(name="rotate", plane="astra", command=STAGED_BY_HAND, is_rotation=True),
    Scenario(
        name="resume the whole way",
        plane="astra",
        prepare=ran(STAGED_BY_HAND),
        command=attested(*WHOLE_WAY),
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="resume from REMOVED",
        plane="astra",
        prepare=ran(STAGED_BY_HAND, REMOVED),
        command=RECREATED,
        is_rotation=True,
        stores=("exec",),
    ),
    Scenario(
        name="resume from RECREATED",
        plane="astra",
        prepare=ran(STAGED_BY_HAND, REMOVED, RECREATED),
        command=SCOPED,
        is_rotation=True,
        stores=("exec",),
    ),
    Scenario(
        name="resume from SCOPED 10 of 12",
        plane="astra",
        prepare=ran(STAGED_BY_HAND, REMOVED, RECREATED, SCOPED),
        command=attested("scoped"),
        is_rotation=True,
        stores=("exec",),
    ),
    Scenario(
        name="rollback from TESTED",
        plane="astra",
        prepare=ran(STAGED_BY_HAND),
        command=ROLL_BACK,
        is_rotation=True,
        stores=("exec",),
    ),
    Scenario(
        name="rollback from REMOVED",
        plane="astra",
        prepare=ran(STAGED_BY_HAND, REMOVED),
        command=attested("recreated", "scoped", "scoped", verb="rollback"),
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="rollback from SCOPED 10 of 12",
        plane="astra",
        prepare=ran(STAGED_BY_HAND, REMOVED, RECREATED, SCOPED),
        command=attested("removed", verb="rollback", status=OPEN),
        is_rotation=True,
        stores=("file",),
    ),
    Scenario(
        name="rollback from DONE",
        plane="astra",
        prepare=rotated,
        command=attested("removed", verb="rollback", status=OPEN),
        is_rotation=True,
        stores=("exec",),
    ),
)
