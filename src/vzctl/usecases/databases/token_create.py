"""`vzctl databases token create`: a token by which the credential service knows a self-hosted database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vzctl.command import suggest
from vzctl.domain.catalog.service import require_local
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import refuse_secret_in
from vzctl.domain.state.records import Database, ServiceToken
from vzctl.domain.state.service_token import make_token, token_digest
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.store.atomic import create_new_file
from vzctl.usecases.change import Plan, apply
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import DatabaseRef, database_ref


@dataclass(frozen=True, slots=True)
class TokenCreated:
    """A new token: the file that holds it, and only when asked for, the token."""

    id: str
    database: DatabaseRef
    file: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class CreateToken:
    """Make a token of a database and hand it over in a file, on standard output, or both."""

    reference: str
    file: str | None = None
    is_printed: bool = False
    note: str | None = None
    dry_run: bool = False


def create_token(context: Context, request: CreateToken) -> Outcome[TokenCreated]:
    """Make a token; the state keeps its hash only."""
    context.require_writable()
    refuse_secret_in(request.note, "a note")
    state = context.state_store.read()
    database = find_database(state, request.reference)
    require_local(state, "a service token")
    _require_somewhere_to_go(request)
    reference = database_ref(Index(state), database.id)
    if request.dry_run:
        summary = (f'would make a service token of the database "{database.name}"',)
        return Outcome(data=TokenCreated("-", reference, request.file, None), summary=summary)
    token_id = context.new_id()
    token = make_token(token_id)
    if request.file is not None:
        # No newline at the end: tools that put a file into a header or a Kubernetes secret would keep it.
        _write_token(request.file, token)
    try:
        _record(context, database, token_id, token, request.note)
    except BaseException:
        if request.file is not None:
            Path(request.file).unlink(missing_ok=True)
        raise
    where = f', it is in "{request.file}"' if request.file is not None else ""
    return Outcome(
        data=TokenCreated(token_id, reference, request.file, token if request.is_printed else None),
        changed=True,
        summary=(f'made the service token {token_id} of the database "{database.name}"{where}',),
        next_steps=(
            suggest(
                "serve config", database=reference.name, token_file=request.file, comment="what to set on its Data API"
            ),
        ),
    )


def _require_somewhere_to_go(request: CreateToken) -> None:
    if request.file is None and not request.is_printed:
        raise UsageError(
            "say where the token goes, it cannot be shown again: --out FILE, or --print", code="TOKEN_NEEDS_A_PLACE"
        )
    refuse_secret_in(request.file, "the name of a file")
    if request.file is not None and os.path.lexists(request.file):
        raise ConflictError(
            f'"{request.file}" exists already; a token overwrites nothing',
            code="FILE_EXISTS",
            next_steps=(suggest("databases token list", request.reference, comment="the tokens there are"),),
        )


def _write_token(path: str, token: str) -> None:
    try:
        create_new_file(Path(path), token.encode())
    except OSError as error:
        raise UsageError(
            f'cannot write "{path}": {error.strerror or error}; no token was made', code="FILE_NOT_WRITABLE"
        ) from error


def _record(context: Context, database: Database, token_id: str, token: str, note: str | None) -> None:
    made = ServiceToken(
        id=token_id, database=database.id, sha256=token_digest(token).hex(), created_at=context.now(), note=note
    )

    def plan(state: State) -> Plan[None]:
        find_database(state, database.id)
        return Plan(
            state=state.with_service_token(made),
            data=None,
            details=(f'make the service token {token_id} of the database "{database.name}"',),
            subjects=(database.name,),
        )

    apply(context, plan)
