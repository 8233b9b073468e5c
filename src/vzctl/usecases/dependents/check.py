"""Whether everything that depends on a credential still makes vectors with the stored key, for instance after a revocation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from vzctl.clients.data_api import DataApi
from vzctl.domain.diagnosis.experiment import Arm, decide
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Dependent
from vzctl.domain.state.state import State
from vzctl.errors import VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.check_result import FAILS, NOT_LOOKED_AT, WORKS, DependentCheck
from vzctl.usecases.keys.last_use import note_uses
from vzctl.usecases.live import DEFAULT_JOBS, Live, in_parallel
from vzctl.usecases.probe import can_be_asked, through_astra


def check_dependents(context: Context, state: State, names: Sequence[str]) -> tuple[DependentCheck, ...]:
    """Search once through each dependant of these credentials with the stored key; no hibernated database is woken.

    What cannot be asked is told as such: a database that sleeps is no reason to fail.
    """
    index = Index(state)
    items = [
        (name, item)
        for name in dict.fromkeys(names)
        for item in index.dependents_of_credential[name]
        if can_be_asked(item)
    ]
    if not items:
        return ()
    live = context.open_live()
    apis = {database: _api(live, index, database) for database in dict.fromkeys(item.database for _, item in items)}
    links = [[partial(_checked, index, name, item, apis[item.database])] for name, item in items]
    results = in_parallel(DEFAULT_JOBS, links, finished=lambda _: None, stop=live.http.close)
    rows = tuple(row for chain in results for row in chain)
    note_uses(context, state, [row.credential for row in rows if row.result == WORKS])
    return rows


def _api(live: Live, index: Index, database_id: str) -> DataApi | str:
    """Return what the database is asked with, or why it is not asked."""
    database = index.databases[database_id]
    try:
        live.find_token()
        return live.open(index.state, database, wake=False)
    except VzctlError as error:
        return "there is no Astra token" if error.code == "TOKEN_MISSING" else error.message


def _checked(index: Index, name: str, item: Dependent, api: DataApi | str) -> DependentCheck:
    address = index.address(item)
    if isinstance(api, str):
        return DependentCheck(address, name, NOT_LOOKED_AT, None, api)
    try:
        shown = through_astra(api, item, None)
    except VzctlError as error:
        return DependentCheck(address, name, NOT_LOOKED_AT, None, error.message)
    if shown.arm is Arm.OK:
        return DependentCheck(address, name, WORKS, None, None)
    if shown.arm is Arm.NO_INDEX:
        return DependentCheck(address, name, NOT_LOOKED_AT, None, "the column has no vector index")
    row = decide(shown.arm, Arm.SKIPPED, Arm.SKIPPED)
    return DependentCheck(address, name, FAILS, row.side, shown.detail or row.sentence)
