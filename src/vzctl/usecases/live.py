"""What a use case needs of the network, made when it is first asked for, and work on many things at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, TypeVar

from vzctl.clients.http import Http
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.errors import UsageError

T = TypeVar("T")

DEFAULT_JOBS: Final = 8
MOST_JOBS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The clients of one command. They share one set of connections."""

    http: Http
    probes: ProviderProbes


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
