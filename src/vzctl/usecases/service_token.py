"""Service tokens: how the credential service knows which self-hosted database is asking."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.address import find_database
from vzctl.domain.index import Index
from vzctl.domain.names import refuse_secret_in
from vzctl.domain.records import Database, ServiceToken
from vzctl.domain.service import require_local
from vzctl.domain.service_token import make_token, token_digest
from vzctl.domain.state import State
from vzctl.errors import ConflictError, NotFoundError, UsageError
from vzctl.store.atomic import create_new_file
from vzctl.usecases.change import Plan, apply, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.views import DatabaseRef, database_ref


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One service token; the token itself is not kept, so nobody can show it again."""

    id: str
    database: DatabaseRef
    created_at: datetime
    last_used_at: datetime | None
    note: str | None

    columns: ClassVar[Columns] = (
        ("ID", "id"),
        ("DATABASE", "database_name"),
        ("CREATED", "created_at"),
        ("LAST USED", "last_used_at"),
        ("NOTE", "note"),
    )

    @property
    def database_name(self) -> str:
        """The database's name, for tables."""
        return self.database.name


@dataclass(frozen=True, slots=True)
class TokenList:
    """Service tokens."""

    tokens: tuple[TokenRow, ...]


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


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Stop accepting a token."""

    reference: str
    token_id: str
    if_missing: str = "fail"
    dry_run: bool = False


def list_tokens(context: Context, reference: str | None = None) -> Outcome[TokenList]:
    """Return the tokens of all databases, or of one."""
    from vzctl.store.fetch_record import read_fetches

    state = context.state_file.read()
    wanted = find_database(state, reference).id if reference is not None else None
    used = read_fetches(context.state_file.paths.fetches, state.lineage).token_uses
    index = Index(state)
    rows = tuple(
        TokenRow(item.id, database_ref(index, item.database), item.created_at, used.get(item.id), item.note)
        for item in state.service_tokens
        if wanted is None or item.database == wanted
    )
    name = index.database_name(wanted) if wanted is not None else "DB"
    steps = () if rows else (suggest("databases token create", name, out="FILE", comment="make the first one"),)
    return Outcome(data=TokenList(rows), next_steps=steps)


def create_token(context: Context, request: CreateToken) -> Outcome[TokenCreated]:
    """Make a token; the state keeps its hash only."""
    context.require_writable()
    refuse_secret_in(request.note, "a note")
    state = context.state_file.read()
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
                "serve config",
                database=reference.name,
                token_file=request.file,
                comment="what to set on its Data API",
            ),
        ),
    )


def revoke_token(context: Context, request: RevokeToken) -> Outcome[TokenList]:
    """Stop accepting a token; the Data API that still sends it gets no key from the next request on."""
    context.require_writable()
    state = context.state_file.read()
    database = find_database(state, request.reference)
    index = Index(state)
    token = next((item for item in state.tokens_of(database.id) if item.id == request.token_id), None)
    if token is None:
        if request.if_missing == "skip":
            text = f'the database "{database.name}" has no such service token'
            return Outcome(data=TokenList(()), summary=(text,))
        raise _no_such_token(index, database, request.token_id)
    row = TokenRow(token.id, database_ref(index, database.id), token.created_at, None, token.note)
    if request.dry_run:
        return Outcome(data=TokenList((row,)), summary=(f"would revoke the service token {token.id}",))
    proposal = propose_from(context, state, lambda current: _revocation(current, database.id, token))
    proposal.ask()
    proposal.commit()
    return Outcome(
        data=TokenList((row,)),
        changed=True,
        summary=(f'revoked the service token {token.id} of the database "{database.name}"',),
    )


def _revocation(state: State, database_id: str, token: ServiceToken) -> Plan[None]:
    database = find_database(state, database_id)
    others = sum(item.id != token.id for item in state.tokens_of(database.id))
    lines = (f"  tokens that stay: {others}",)
    return Plan(
        state=state.without_service_token(token.id),
        data=None,
        question=Question(f'Revoke a service token of "{database.name}"?', database.name, lines=lines),
        details=(f'revoke the service token {token.id} of the database "{database.name}"',),
        subjects=(database.name,),
    )


def _require_somewhere_to_go(request: CreateToken) -> None:
    if request.file is None and not request.is_printed:
        raise UsageError(
            "say where the token goes, it cannot be shown again: --out FILE, or --print", code="TOKEN_NEEDS_A_PLACE"
        )
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


def _no_such_token(index: Index, database: Database, token_id: str) -> NotFoundError:
    shown = f'"{token_id}"' if token_id.isprintable() else ascii(token_id)
    return NotFoundError(
        f'the database "{database.name}" has no service token {shown}',
        code="TOKEN_NOT_FOUND",
        next_steps=(suggest("databases token list", index.database_name(database.id), comment="those it has"),),
    )
