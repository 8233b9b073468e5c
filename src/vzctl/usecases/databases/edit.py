"""`vzctl databases edit`."""

from __future__ import annotations

from vzctl.usecases.change import propose
from vzctl.usecases.context import Context
from vzctl.usecases.databases.record import DatabaseDetail, EditDatabase, database_detail, edit_plan
from vzctl.usecases.outcome import Outcome


def edit_database(context: Context, request: EditDatabase) -> Outcome[DatabaseDetail]:
    """Change what is recorded of a database."""
    context.require_writable()
    proposal = propose(context, lambda state: edit_plan(state, request))
    if request.dry_run:
        edited = proposal.plan.data
        return Outcome(data=database_detail(proposal.plan.state, edited), summary=(f'would edit "{edited.name}"',))
    written = proposal.commit()
    edited = written.plan.data
    text = f'edited the database "{edited.name}"' if written.changed else f'"{edited.name}" is like that already'
    return Outcome(data=database_detail(written.after, edited), changed=written.changed, summary=(text,))
