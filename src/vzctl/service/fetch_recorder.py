"""Remembers who fetched what, and writes it down now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from vzctl.bounded_call import in_thread
from vzctl.domain.state.state import State
from vzctl.service.log import ServiceLog
from vzctl.store.fetch_record import Fetch, Fetches, FetchKey, read_fetches, write_fetches

LOOK_SECONDS: Final = 1.0
REWRITE_EVERY: Final = 30
"""Looks between two writings when only the times moved on; a first fetch is written at the next look."""


class FetchRecorder:
    """One record in memory, joined with the file at every writing: several services may share a state."""

    def __init__(
        self, path: Path, state: State, now: Callable[[], datetime], log: ServiceLog, *, writes: bool = True
    ) -> None:
        self._path = path
        self._writes = writes
        self._now = now
        self._log = log
        self._state = state
        recorded = read_fetches(path, state.lineage)
        self._fetches: dict[FetchKey, Fetch] = dict(recorded.fetches)
        self._token_uses: dict[str, datetime] = dict(recorded.token_uses)
        self._is_changed = False
        self._is_urgent = False
        self._looks = 0
        self._has_failed = False

    def follow(self, state: State) -> None:
        """Go on with another state; a record of another lineage is not mixed into this one."""
        if state.lineage != self._state.lineage:
            self._fetches, self._token_uses = {}, {}
        self._state = state

    def note(self, database: str, version: str, token: str | None) -> bool:
        """Record a fetch; True when it is the database's first of this version."""
        now = self._now()
        known = self._fetches.get((database, version))
        if known is not None and known.last_at == now and self._token_uses.get(token or "", now) == now:
            return False
        self._fetches[database, version] = Fetch(known.first_at if known is not None else now, now)
        if token is not None:
            self._is_urgent |= token not in self._token_uses
            self._token_uses[token] = now
        self._is_changed = True
        self._is_urgent |= known is None
        return known is None

    async def keep_writing(self) -> None:
        """Write whenever there is something new, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._looks += 1
            if self._is_urgent or (self._is_changed and self._looks >= REWRITE_EVERY):
                await self.write()

    async def write(self) -> None:
        """Write the record, joined with what another service may have written."""
        if not self._is_changed or not self._writes:
            return
        self._is_changed = self._is_urgent = False
        self._looks = 0
        state = self._state
        own = Fetches(dict(self._fetches), dict(self._token_uses))

        def work() -> Fetches:
            joined = own.joined(read_fetches(self._path, state.lineage)).kept(state)
            write_fetches(self._path, state.lineage, joined)
            return own.kept(state)

        try:
            kept = await in_thread(work)
        except OSError as error:
            if not self._has_failed:
                self._log.warning("fetches_not_written", reason=error.strerror or type(error).__name__)
            self._has_failed = self._is_changed = True
            return
        self._has_failed = False
        # What the state no longer has leaves the memory too; what came during the writing stays.
        gone = own.fetches.keys() - kept.fetches.keys()
        self._fetches = {key: value for key, value in self._fetches.items() if key not in gone}
        lost = own.token_uses.keys() - kept.token_uses.keys()
        self._token_uses = {key: value for key, value in self._token_uses.items() if key not in lost}
