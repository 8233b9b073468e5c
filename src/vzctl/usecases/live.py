"""What a use case needs of the network, made when it is first asked for, and work on many things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from vzctl.clients.data_api import DataApi
from vzctl.clients.devops import DevOps
from vzctl.clients.endpoint import astra_endpoint, command_url, token_kind
from vzctl.clients.http import Http
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.command import suggest
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, AuthError, ConflictError, NotFoundError, UnknownSideError, UsageError, VzctlError
from vzctl.secret import Secret

T = TypeVar("T")

DEFAULT_JOBS: Final = 8
MOST_JOBS: Final = 64
ENDS_EVERYTHING: Final = frozenset({"TOKEN_MISSING", "TOKEN_REJECTED", "NO_ANSWER_STOPPED"})
"""Codes of errors after which no other database is asked: the answer would be the same."""


@dataclass(frozen=True, slots=True)
class AstraToken:
    """A token, and where it was found."""

    secret: Secret
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The clients of one command. They share one set of connections; `find_token` is asked when a token is needed."""

    http: Http
    probes: ProviderProbes
    find_token: Callable[[], AstraToken]
    environment: str = "prod"
    devops_url: str = ""

    def devops(self) -> DevOps:
        """Return the DevOps API of Astra."""
        return DevOps(self.http, self.devops_url, self.find_token().secret)

    def data_api(self, state: State, database: Database) -> DataApi:
        """Return the Data API of a database; raise when its address is not known, or may not get the token."""
        endpoint = database.endpoint or self._astra_endpoint(state, database)
        token = self.find_token().secret
        self.http.trust.require(command_url(endpoint), token_kind(token))
        return DataApi(self.http, endpoint, token, database.name)

    def open(self, state: State, database: Database, *, wake: bool) -> DataApi:
        """Return the Data API of a database, which is awake. The status comes first: a request would resume the database.

        A token that may not see databases leaves what is recorded.
        """
        self._require_awake(state, database, wake=wake)
        return self.data_api(state, database)

    def _require_awake(self, state: State, database: Database, *, wake: bool) -> None:
        status = database.status
        if not state.is_local:
            try:
                status = self.devops().status(database.id)
            except AuthError as error:
                if error.code != "TOKEN_LACKS_RIGHTS":
                    raise
        if status == "HIBERNATED" and not wake:
            raise hibernated(database)

    def data_apis(
        self, state: State, databases: Sequence[Database], *, jobs: int, wake: bool, are_named: bool
    ) -> list[DataApi | VzctlError]:
        """Return the Data API of each database, which is awake.

        Where a person named them, one that cannot be asked ends the command before any is; otherwise the others go on, and
        in its place is why.
        """
        if are_named:
            for database in databases:
                self._require_awake(state, database, wake=wake)
            # Every address is looked up before the first request: a missing one ends the command before anything is sent.
            return [self.data_api(state, database) for database in databases]

        if databases:
            self.find_token()  # without one no database can be asked
        links = [[partial(unless_it_fails, partial(self.open, state, database, wake=wake))] for database in databases]
        results = in_parallel(jobs, links, finished=lambda _: None, stop=self.http.close)
        return [item for chain in results for item in chain]

    def _astra_endpoint(self, state: State, database: Database) -> str:
        if state.is_local or database.region is None:
            raise ConflictError(
                f'no endpoint of the database "{database.name}" is recorded',
                code="ENDPOINT_MISSING",
                next_steps=(
                    suggest("databases edit", database.id, endpoint="URL", comment="record where its Data API is"),
                ),
            )
        return astra_endpoint(self.environment, database.id, database.region)


def hibernated(database: Database, status: str = "ACTIVE") -> ConflictError:
    """Return the error for a database that a request would resume, where that was not asked for."""
    return ConflictError(
        f'the database "{database.name}" is hibernated; a request would wake it, and its billing would go on',
        code="DATABASE_HIBERNATED",
        next_steps=(suggest("databases wait", database.id, status=status, wake=True, comment="wake it on purpose"),),
    )


def unless_it_fails(work: Callable[[], T]) -> T | VzctlError:
    """Return what the work returns, or why its database cannot be asked; raise what is true of all databases."""
    try:
        return work()
    except VzctlError as error:
        if error.code in ENDS_EVERYTHING:
            raise
        return error


def require_one_asked(errors: Sequence[VzctlError], asked: int) -> None:
    """Raise an error when there is nothing but errors: then nothing was seen."""
    error = first_failure(errors)
    if error is not None and not asked:
        raise error


def first_failure(errors: Iterable[VzctlError | None]) -> VzctlError | None:
    """Return the error that says why nothing was seen: a request that failed, before a database that was left out."""
    found = [error for error in errors if error is not None]
    return next(filter(is_failure, found), found[0] if found else None)


def is_failure(error: VzctlError) -> bool:
    """Whether asking a database went wrong; one that sleeps, or that the token may not use, is left out on purpose."""
    return isinstance(error, (AstraError, NotFoundError, UnknownSideError))


def require_jobs(jobs: int) -> None:
    """Raise `UsageError` unless so many requests may be under way at once."""
    if not 1 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs takes 1 to {MOST_JOBS}, not {jobs}", code="USAGE")


def in_parallel(
    jobs: int, chains: Sequence[Sequence[Callable[[], T]]], *, finished: Callable[[int], None], stop: Callable[[], None]
) -> list[list[T]]:
    """Return the results of all chains, in their order. The links of a chain are done one after the other.

    At most `jobs` chains are under way. `finished` gets the number of links that are done; ^C and errors call `stop`, which
    must end whatever blocks.
    """

    def run(chain: Sequence[Callable[[], T]]) -> list[T]:
        return [link() for link in chain]

    with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(chains))), thread_name_prefix="vzctl-job") as pool:
        futures: dict[Future[list[T]], int] = {pool.submit(run, chain): len(chain) for chain in chains}
        waiting, done = set(futures), 0
        try:
            while waiting:
                ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ready:
                    future.result()
                    done += futures[future]
                finished(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop()
            raise
    return [future.result() for future in futures]
