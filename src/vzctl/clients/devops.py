"""The DevOps API of Astra: which databases there are, and their status. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vzctl.clients.endpoint import ASTRA_TOKEN
from vzctl.clients.fault import NoReply, error_for
from vzctl.clients.host_label import host_label
from vzctl.clients.http import Http
from vzctl.clients.message import LARGE_ANSWER, Call, Reply, SecretHeader, unexpected_reply
from vzctl.command import suggest
from vzctl.errors import AstraError, AuthError, NotFoundError
from vzctl.secret import Secret

PARTY: Final = "the DevOps API of Astra"
PAGE: Final = 50
MOST_PAGES: Final = 2000


class DevOps:
    """Asks with one token."""

    def __init__(self, http: Http, url: str, token: Secret) -> None:
        self._http = http
        self._url = url
        self._token = token

    def pages(self) -> Iterator[list[Any]]:
        """Yield the list of databases that the token may see, page by page, as it came.

        A page that cannot be read raises, so no list is cut short unseen. Only an empty page is the end: a server may give
        fewer than it was asked for.
        """
        after = ""
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            more = f"&starting_after={host_label('database', after)}" if after else ""
            rows = _expect(self._get(f"/databases?include=nonterminated&limit={PAGE}{more}"), list)
            if not rows:
                return
            ids = [_id(row) for row in rows]
            if seen.issuperset(ids):
                break
            yield rows
            seen.update(ids)
            after = ids[-1]
        raise _unexpected("it did not come to an end of the list of databases")

    def status(self, database_id: str) -> str:
        """Return a database's status; raise `NotFoundError` when the token does not see it."""
        description = self.description(database_id)
        _id(description)
        return str(description.get("status") or "UNKNOWN")

    def description(self, database_id: str) -> Any:
        """Return what Astra says of one database, as it came; there are secrets in it."""
        reply = self._get(f"/databases/{host_label('database', database_id)}")
        if reply.status == 404:
            raise NotFoundError(
                f'Astra knows no database "{database_id}", or the token is of another organization',
                code="DATABASE_NOT_AT_ASTRA",
                next_steps=(suggest("databases list", comment="the databases that are recorded"),),
            ).answered(404)
        return _expect(reply, dict)

    def _get(self, path: str) -> Reply:
        call = Call(
            party=PARTY,
            method="GET",
            url=f"{self._url}{path}",
            secrets=(SecretHeader("Authorization", self._token, "Bearer ", ASTRA_TOKEN),),
            largest_answer=LARGE_ANSWER,
        )
        try:
            reply = self._http.send(call)
        except NoReply as fault:
            raise error_for(fault, "astra") from None
        _require_allowed(reply)
        return reply


def _require_allowed(reply: Reply) -> None:
    if reply.status == 401:
        raise AuthError(
            "the DevOps API rejects the Astra token: it is wrong, expired or revoked",
            code="TOKEN_REJECTED",
            side="astra",
            next_steps=(suggest("help", "environment", comment="where the token is taken from"),),
        ).answered(401)
    if reply.status == 403:
        raise AuthError(
            "the Astra token may not list databases; it needs a role that can view them",
            code="TOKEN_LACKS_RIGHTS",
            side="astra",
        ).answered(403)


def _expect(reply: Reply, kind: type[Any]) -> Any:
    document = reply.document
    if reply.status == 200 and isinstance(document, kind):
        return document
    if reply.is_redirect:
        raise _unexpected("it points to another address, and a token is never sent after that").answered(reply.status)
    raise unexpected_reply(PARTY, reply, f" where a list of databases was expected: {reply.shown()}")


def _id(row: Any) -> str:
    if not isinstance(row, dict) or not isinstance(row.get("info"), dict) or not isinstance(row.get("id"), str):
        raise _unexpected("it describes a database without an id")
    return str(row["id"])


def _unexpected(reason: str) -> AstraError:
    return AstraError(f"{PARTY} answered unexpectedly: {reason}", code="ASTRA_UNEXPECTED_ANSWER")
