"""`vzctl databases wait`: until Astra says that a database has a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vzctl.command import suggest
from vzctl.domain.state.address import find_database
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, ConflictError, UsageError
from vzctl.usecases.context import Context
from vzctl.usecases.live import Live, hibernated
from vzctl.usecases.outcome import Outcome

LOOK_EVERY_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 24 * 3600
HOPELESS: Final = frozenset({"ERROR", "TERMINATED", "TERMINATING", "DECOMMISSIONING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForDatabase:
    """Which database, for which status, how long at most."""

    database: str
    status: str = "ACTIVE"
    seconds: float = 600.0
    every: float = LOOK_EVERY_SECONDS
    wake: bool = False


@dataclass(frozen=True, slots=True)
class Waited:
    """The status that was reached, and how often it was looked at."""

    id: str
    name: str
    status: str
    looks: int


def wait_for_database(context: Context, request: WaitForDatabase) -> Outcome[Waited]:
    """Look until the database has the status; says each new one. What is recorded does not change."""
    if not 0 < request.seconds <= LONGEST_SECONDS or not 0 < request.every <= LONGEST_SECONDS:
        raise UsageError("--for and --every take seconds above 0, at most a day", code="USAGE")
    wanted = request.status.upper()
    state = context.state_store.read()
    database = find_database(state, request.database)
    if state.is_local:
        raise ConflictError("a self-hosted database has no status that could be waited for", code="NOT_AT_ASTRA")
    live = context.open_live()
    last, waiting = "", f'waiting until "{database.name}" is {wanted}'
    for looks, _ in enumerate(context.ticks(request.seconds, request.every, waiting), start=1):
        status = live.devops().status(database.id)
        if status == wanted:
            return Outcome(
                data=Waited(database.id, database.name, status, looks), summary=(f'"{database.name}" is {status}',)
            )
        if status in HOPELESS:
            raise AstraError(f'"{database.name}" is {status}; it will not become {wanted}', code="DATABASE_GONE")
        if status == "HIBERNATED" and not request.wake:
            raise hibernated(database, wanted)
        if status != last:
            context.tell(f'"{database.name}" is {status}')
        if status == "HIBERNATED" and request.wake and last != status:
            _knock(live, state, database)
        last = status
    raise AstraError(
        f'"{database.name}" is {last} after {request.seconds:g} seconds, not {wanted}',
        code="WAITED_IN_VAIN",
        retryable=True,
        next_steps=(suggest("databases wait", database.id, status=wanted, comment="wait on"),),
    )


def _knock(live: Live, state: State, database: Database) -> None:
    """Wake a hibernated database: any request to its Data API does, and is answered with 503."""
    try:
        live.data_api(state, database).keyspaces()
    except AstraError as error:
        if error.code != "DATABASE_NOT_READY":
            raise
