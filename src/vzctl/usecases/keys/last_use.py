"""When each credential was last known to be in use, and how that is known.

Three sources: the credential service gave its active key to a Data API (`fetch`), a probe made a vector with the stored key
(`probe`), or a sync saw a collection or column that is attached to it (`sync`). The latest one counts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from vzctl.domain.state.state import State
from vzctl.usecases.context import Context


@dataclass(frozen=True, slots=True)
class LastUse:
    """A time, and its source: `fetch`, `probe`, or `sync`."""

    at: datetime
    source: str


def last_uses(context: Context, state: State) -> dict[str, LastUse]:
    """Return the latest known use of each credential, by its id; a credential that was never seen in use is left out."""
    found: dict[str, LastUse] = {}
    for credential_id, use in (*_synced(state), *_probed(context, state), *_fetched(context, state)):
        known = found.get(credential_id)
        if known is None or use.at >= known.at:
            found[credential_id] = use
    return found


def note_uses(context: Context, state: State, names: Iterable[str]) -> None:
    """Note that a probe saw the stored keys of these credentials at work. What cannot be written is not worth an error."""
    from vzctl.store.use_record import record_uses

    ids = {item.name: item.id for item in state.credentials}
    seen = [ids[name] for name in dict.fromkeys(names) if name in ids]
    if seen and not context.is_read_only:
        with contextlib.suppress(OSError):
            record_uses(context.local_folder.uses, state.lineage, seen, context.now(), ids.values())


def _synced(state: State) -> Iterator[tuple[str, LastUse]]:
    ids = {item.name: item.id for item in state.credentials}
    for dependent in state.dependants():
        if dependent.credential in ids and dependent.observed_at is not None:
            yield ids[dependent.credential], LastUse(dependent.observed_at, "sync")


def _probed(context: Context, state: State) -> Iterator[tuple[str, LastUse]]:
    if not context.local_folder.uses.exists():
        return
    from vzctl.store.use_record import read_uses

    for credential_id, at in read_uses(context.local_folder.uses, state.lineage).items():
        yield credential_id, LastUse(at, "probe")


def _fetched(context: Context, state: State) -> Iterator[tuple[str, LastUse]]:
    if not context.local_folder.fetches.exists():
        return
    from vzctl.store.fetch_record import read_fetches

    owners = {version.id: credential.id for credential in state.credentials for version in credential.versions}
    for (_, version_id), fetch in read_fetches(context.local_folder.fetches, state.lineage).fetches.items():
        if version_id in owners:
            yield owners[version_id], LastUse(fetch.last_at, "fetch")
