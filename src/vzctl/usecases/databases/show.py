"""`vzctl databases show`: a database, and the credentials that can be used in it."""

from __future__ import annotations

from vzctl.domain.state.address import find_database
from vzctl.usecases.context import Context
from vzctl.usecases.databases.record import DatabaseDetail, database_detail
from vzctl.usecases.outcome import Outcome


def show_database(context: Context, reference: str) -> Outcome[DatabaseDetail]:
    """Return one database with its credentials and contents."""
    state = context.state_store.read()
    return Outcome(data=database_detail(state, find_database(state, reference)))
