"""Test one key at its provider: level 1 asks who the key belongs to, level 2 lets it make one vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vzctl.clients.fault import Cause, NoReply
from vzctl.clients.host_label import base_url
from vzctl.clients.http import Http
from vzctl.clients.message import Call, Reply
from vzctl.clients.provider_rules import provider_code, provider_text, refusal
from vzctl.clients.provider_wire import WIRES, Address, Wanted, Wire
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.diagnosis.key_verdict import Verdict
from vzctl.secret import Secret

IDENTITY: Final = 1
EMBEDDING: Final = 2
DATA_API_WAITS_SECONDS: Final = 5.0
"""The read limit of the Data API: what is slower here fails there."""

_OF_CAUSE: Final = {
    Cause.TIMEOUT: Verdict.TIMEOUT,
    Cause.DNS: Verdict.DNS,
    Cause.REFUSED: Verdict.NETWORK_BLOCKED,
    Cause.TLS: Verdict.NETWORK_BLOCKED,
    Cause.PROXY: Verdict.NETWORK_BLOCKED,
    Cause.RESET: Verdict.PROVIDER_DOWN,
    Cause.PROTOCOL: Verdict.PROVIDER_DOWN,
    Cause.TOO_LARGE: Verdict.UNKNOWN,
    Cause.BAD_URL: Verdict.BAD_REQUEST,
    Cause.STOPPED: Verdict.NOT_CHECKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a test showed. `level` is that of the test that was made, 0 for none; `detail` is safe to show."""

    verdict: Verdict
    level: int
    detail: str = ""
    http_status: int | None = None
    upstream_code: str | None = None
    length: int | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def refused_beforehand(provider: Provider, key: Secret) -> Finding | None:
    """Return the finding on a key that can never work, found by its form alone: it is not sent anywhere."""
    reason = provider.key_hint.refusal(key.reveal()) if provider.key_hint is not None else None
    if reason is None and not key.reveal().isascii():
        reason = "it has letters that no request can carry"
    return Finding(verdict=Verdict.WRONG_ISSUER, level=0, detail=reason) if reason is not None else None


class ProviderProbes:
    """Tests keys at all providers; `urls` are base URLs of the user's own, by provider id."""

    def __init__(self, http: Http, urls: Mapping[str, str]) -> None:
        self._http = http
        self._urls = {name: base_url(url, f"providers.{name}.base_url") for name, url in urls.items()}

    def probe(self, provider: Provider, key: Secret, wanted: Wanted, *, level: int, wake: bool = False) -> Finding:
        """Test the key for one service; raises `UsageError` for a parameter that must not become part of a URL."""
        wire = WIRES.get(provider.id)
        if wire is None:
            return Finding(verdict=Verdict.NOT_CHECKED, level=0, detail=ONLY_THROUGH_ASTRA)
        refused = refused_beforehand(provider, key)
        if refused is not None:
            return refused
        notes: tuple[str, ...] = ()
        if level == EMBEDDING and wire.wakes and not wake:
            level, notes = IDENTITY, (MAY_WAKE,)
        if level == EMBEDDING:
            return self._embed(provider, wire, key, wanted)
        if wire.check_path is None:
            return Finding(verdict=Verdict.NOT_CHECKED, level=0, detail=NO_FREE_CHECK)
        return self._check(provider, wire, key, wanted, notes)

    def _check(self, provider: Provider, wire: Wire, key: Secret, wanted: Wanted, notes: tuple[str, ...]) -> Finding:
        base = self._urls.get(provider.id) or wire.identity_url or wire.base(wanted)
        try:
            reply = self._send(provider, wire, key, wanted, wire.check(base, wanted))
        except NoReply as fault:
            return _not_reached(fault, IDENTITY)
        if reply.status == 200 and reply.document is not None:
            return Finding(
                verdict=Verdict.RECOGNIZED, level=IDENTITY, http_status=200, notes=notes, seconds=reply.seconds
            )
        verdict = _refusal(provider.id, reply)
        if verdict is Verdict.NO_PERMISSION:
            # A restricted key may not list models and yet make embeddings: only embedding shows that.
            return _answered(reply, Verdict.RECOGNIZED, IDENTITY, notes=(*notes, MAY_NOT_LIST))
        if verdict in (Verdict.MODEL_MISSING, Verdict.ENDPOINT_MISSING):
            return _answered(reply, Verdict.NOT_CHECKED, IDENTITY, notes=(*notes, CHECK_IS_GONE))
        return _answered(reply, verdict, IDENTITY, notes=notes)

    def _embed(self, provider: Provider, wire: Wire, key: Secret, wanted: Wanted) -> Finding:
        base = self._urls.get(provider.id) or wire.base(wanted)
        try:
            reply = self._send(provider, wire, key, wanted, wire.embed(base, wanted))
        except NoReply as fault:
            return _not_reached(fault, EMBEDDING)
        if reply.status != 200:
            return _answered(reply, _refusal(provider.id, reply), EMBEDDING)
        found = _vector(reply.document)
        if found is None:
            return _answered(reply, Verdict.UNKNOWN, EMBEDDING, detail="HTTP 200 without a vector")
        notes = tuple(_notes(reply, wanted))
        wrong = wanted.dimension is not None and len(found) != wanted.dimension
        verdict = Verdict.WRONG_DIMENSION if wrong else Verdict.OK
        detail = f"{len(found)} dimensions instead of {wanted.dimension}" if wrong else ""
        return Finding(
            verdict=verdict,
            level=EMBEDDING,
            detail=detail,
            http_status=200,
            length=len(found),
            notes=notes,
            seconds=reply.seconds,
        )

    def _send(self, provider: Provider, wire: Wire, key: Secret, wanted: Wanted, address: Address) -> Reply:
        call = Call(
            party=provider.display_name,
            method="GET" if address.body is None else "POST",
            url=address.url,
            headers=wire.headers(wanted),
            secrets=(wire.header(key),),
            body=address.body,
            settled=lambda reply: refusal(provider.id, reply) is Verdict.QUOTA_EXHAUSTED,
        )
        return self._http.send(call)


ONLY_THROUGH_ASTRA: Final = "it runs inside of Astra: a search by text in one of its collections shows whether it works"
NO_FREE_CHECK: Final = "this provider has no free check; level 2 embeds one word"
MAY_WAKE: Final = "the endpoint was not asked: that may wake it and start its billing; --wake asks it"
MAY_NOT_LIST: Final = "the key is restricted: only level 2 shows whether it can make embeddings"
CHECK_IS_GONE: Final = "the provider's free check is not there; use level 2"


def _refusal(provider: str, reply: Reply) -> Verdict:
    return Verdict.UNKNOWN if reply.status < 400 else refusal(provider, reply)


def _not_reached(fault: NoReply, level: int) -> Finding:
    detail = fault.sentence if fault.hint is None else f"{fault.sentence}; {fault.hint}"
    return Finding(verdict=_OF_CAUSE[fault.cause], level=level, detail=detail)


def _answered(reply: Reply, verdict: Verdict, level: int, *, detail: str = "", notes: tuple[str, ...] = ()) -> Finding:
    if reply.is_redirect:
        detail = "it points to another address, and a key is never sent after that"
    return Finding(
        verdict=verdict,
        level=level,
        detail=detail or provider_text(reply),
        http_status=reply.status,
        upstream_code=provider_code(reply),
        notes=notes,
        seconds=reply.seconds,
    )


def _notes(reply: Reply, wanted: Wanted) -> list[str]:
    notes = []
    if reply.seconds > DATA_API_WAITS_SECONDS:
        notes.append(f"this took longer than the {DATA_API_WAITS_SECONDS:g} seconds that the Data API waits")
    served = reply.document.get("model") if isinstance(reply.document, dict) else None
    known = wanted.model or ""
    if isinstance(served, str) and known.startswith("text-embedding-") and not served.startswith(known):
        notes.append(f'the deployment serves "{reply.shown(served)}", not "{known}"')
    return notes


def _vector(document: Any) -> list[float] | None:
    """Return the first vector: of `data[].embedding`, or of a bare list of lists."""
    if isinstance(document, dict):
        rows = document.get("data")
        row = rows[0] if isinstance(rows, list) and rows else None
        found = row.get("embedding") if isinstance(row, dict) else None
    else:
        found = document
        while isinstance(found, list) and found and isinstance(found[0], list):
            found = found[0]
    is_vector = isinstance(found, list) and found and all(type(number) in (int, float) for number in found)
    return found if is_vector else None
