"""What is really there against what is recorded: a state and an observation make a list of differences, and a new state.

Pure: nothing is read and nothing written. Absence removes nothing unless it was asked for (`prune`), and then only within
what the observation covers. What breaks a rule is recorded all the same; `vzctl.domain.checks.problems` says so.
"""

from __future__ import annotations

from collections.abc import Iterable

from vzctl.domain.drift.contents import content_drift
from vzctl.domain.drift.credentials import credential_drift
from vzctl.domain.drift.databases import absence_remarks, database_drift
from vzctl.domain.drift.differences import EFFECTIVE, Drift, SyncOptions
from vzctl.domain.drift.observation import Kind, Observation, Remark
from vzctl.domain.drift.providers import provider_remarks
from vzctl.domain.drift.result import applied, refreshed
from vzctl.domain.drift.scopes import scope_drift
from vzctl.domain.state.state import State


def find_drift(state: State, observation: Observation, options: SyncOptions) -> Drift:
    """Compare the state with what was seen. Credentials come after what names them, and scopes come last."""
    found = [*database_drift(state, observation, options)] if Kind.DATABASES in options.kinds else []
    with_databases = applied(state, found)
    contents = [*content_drift(with_databases, observation, options)]
    found += contents
    with_contents = applied(with_databases, contents)
    credentials, remarks = credential_drift(with_contents, observation, options)
    found += credentials
    with_credentials = applied(with_contents, credentials)
    scopes, scope_remarks = scope_drift(with_credentials, observation, options)
    found += scopes
    after = applied(with_credentials, scopes)
    if any(item.action in EFFECTIVE for item in found):
        after = refreshed(after, observation, options)
    else:
        after = state
    order = list(Kind)
    items = sorted(found, key=lambda item: (order.index(item.kind), item.subject, item.change))
    all_remarks = [
        *observation.remarks,
        *absence_remarks(state, observation),
        *remarks,
        *scope_remarks,
        *provider_remarks(after, observation),
    ]
    return Drift(tuple(items), _chosen(all_remarks, options), after)


def _chosen(remarks: Iterable[Remark], options: SyncOptions) -> tuple[Remark, ...]:
    order = list(Kind)
    chosen = {item for item in remarks if item.kind in options.kinds}
    return tuple(sorted(chosen, key=lambda item: (order.index(item.kind), item.code, item.subject, item.message)))
