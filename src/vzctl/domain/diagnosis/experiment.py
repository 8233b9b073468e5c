"""The three-way experiment: the stored key through Astra, the held key through Astra, the held key at its provider.

What each arm showed is one word; a table says whose fault the three words together are. The first row that fits decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vzctl.domain.diagnosis.key_verdict import Verdict


class Arm(StrEnum):
    """What one arm of the experiment showed."""

    OK = "ok"
    NO_CREDENTIAL = "no_credential"
    KEY_REFUSED = "key_refused"
    LIMITED = "limited"
    REQUEST_REFUSED = "request_refused"
    PROVIDER_DOWN = "provider_down"
    ASTRA_FAILED = "astra_failed"
    NOT_REACHED = "not_reached"
    NO_INDEX = "no_index"
    SKIPPED = "skipped"


ANY: Final = frozenset(Arm)
FAILED: Final = ANY - {Arm.OK, Arm.SKIPPED, Arm.NOT_REACHED, Arm.NO_INDEX}
DECIDED_BY_PROVIDER: Final = FAILED | {Arm.NO_INDEX}
"""What the search may have shown where the provider's own response to the key decides."""
UNSEEN: Final = frozenset({Arm.SKIPPED, Arm.NOT_REACHED, Arm.NO_INDEX})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the verdict table: what the arms may be, and then the cause, its side and a sentence."""

    stored: frozenset[Arm]
    header: frozenset[Arm]
    direct: frozenset[Arm]
    cause: str
    side: str | None
    sentence: str

    def fits(self, stored: Arm, header: Arm, direct: Arm) -> bool:
        """Whether this row decides."""
        return stored in self.stored and header in self.header and direct in self.direct


def _arms(*arms: Arm) -> frozenset[Arm]:
    return frozenset(arms)


_REFUSED: Final = _arms(Arm.KEY_REFUSED)
_OK: Final = _arms(Arm.OK)

ROWS: Final = (
    Row(
        _OK,
        _REFUSED,
        ANY,
        "other_key_in_use",
        None,
        "it works; Astra uses another key than the one held here, which is refused",
    ),
    Row(_OK, ANY, ANY, "healthy", None, "it works: Astra made a vector with the stored key"),
    Row(
        _arms(Arm.NO_CREDENTIAL),
        ANY,
        ANY,
        "credential_not_usable",
        "astra",
        "Astra gives this database no key: the credential is absent, has another name, or is not scoped",
    ),
    Row(
        _REFUSED,
        _OK,
        ANY,
        "stale_key",
        "astra",
        "Astra still uses another key than the one held here: an old one from its cache, or the credential was not renewed",
    ),
    Row(
        FAILED,
        _OK,
        ANY,
        "stored_key_fails",
        "astra",
        "only the way over the stored key fails: the credential at Astra is at fault",
    ),
    Row(
        _REFUSED,
        _REFUSED,
        _OK,
        "refused_from_astra",
        "provider",
        "the provider takes the key from here and refuses it from Astra: look at its network rules",
    ),
    Row(
        FAILED,
        FAILED,
        _OK,
        "path_from_astra",
        "astra",
        "the key works at its provider; the way from Astra to the provider fails",
    ),
    Row(
        DECIDED_BY_PROVIDER,
        ANY,
        _arms(Arm.LIMITED),
        "quota_or_rate",
        "provider",
        "the provider limits the key: its credit or its rate",
    ),
    Row(
        DECIDED_BY_PROVIDER,
        ANY,
        _REFUSED,
        "key_refused",
        "provider",
        "the provider refuses the key: it is wrong, revoked or not allowed",
    ),
    Row(
        DECIDED_BY_PROVIDER, ANY, _arms(Arm.PROVIDER_DOWN), "provider_down", "provider", "the provider is out of order"
    ),
    Row(
        DECIDED_BY_PROVIDER,
        ANY,
        _arms(Arm.REQUEST_REFUSED),
        "service_refused",
        "provider",
        "the provider refuses the model, the deployment or the parameters",
    ),
    Row(
        _arms(Arm.LIMITED),
        ANY,
        UNSEEN,
        "quota_or_rate",
        "provider",
        "the provider limits the key: its credit or its rate",
    ),
    Row(_REFUSED, ANY, UNSEEN, "key_refused", "provider", "the provider refuses the key that Astra uses"),
    Row(
        _arms(Arm.PROVIDER_DOWN),
        ANY,
        UNSEEN,
        "provider_down",
        "provider",
        "the provider is out of order, as Astra sees it",
    ),
    Row(
        _arms(Arm.REQUEST_REFUSED),
        ANY,
        UNSEEN,
        "service_refused",
        "provider",
        "the provider refuses the model, the deployment or the parameters",
    ),
    Row(
        _arms(Arm.NO_INDEX),
        ANY,
        ANY,
        "no_vector_index",
        None,
        "not tested: the column has no vector index, so no search can run (inserting text works without one)",
    ),
    Row(_arms(Arm.ASTRA_FAILED), ANY, ANY, "astra_failed", "astra", "Astra, or the Data API, failed by itself"),
    Row(ANY, ANY, ANY, "undecided", "unknown", "the arms of the experiment do not decide it"),
)

_CREDENTIAL_CODES: Final = frozenset(
    {
        "VECTORIZE_CREDENTIAL_INVALID",
        "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE",
        "EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",
    }
)
_DOWN_CODES: Final = frozenset({"EMBEDDING_PROVIDER_SERVER_ERROR", "EMBEDDING_PROVIDER_TIMEOUT"})
_OF_VERDICT: Final = {
    Verdict.OK: Arm.OK,
    Verdict.WRONG_DIMENSION: Arm.REQUEST_REFUSED,
    Verdict.INVALID_KEY: Arm.KEY_REFUSED,
    Verdict.WRONG_ISSUER: Arm.KEY_REFUSED,
    Verdict.NO_PERMISSION: Arm.KEY_REFUSED,
    Verdict.QUOTA_EXHAUSTED: Arm.LIMITED,
    Verdict.RATE_LIMITED: Arm.LIMITED,
    Verdict.MODEL_MISSING: Arm.REQUEST_REFUSED,
    Verdict.ENDPOINT_MISSING: Arm.REQUEST_REFUSED,
    Verdict.BAD_REQUEST: Arm.REQUEST_REFUSED,
    Verdict.PAYLOAD_TOO_LARGE: Arm.REQUEST_REFUSED,
    Verdict.ENDPOINT_NOT_READY: Arm.PROVIDER_DOWN,
    Verdict.PROVIDER_DOWN: Arm.PROVIDER_DOWN,
    Verdict.TIMEOUT: Arm.PROVIDER_DOWN,
    Verdict.NETWORK_BLOCKED: Arm.NOT_REACHED,
    Verdict.DNS: Arm.NOT_REACHED,
    Verdict.UNKNOWN: Arm.NOT_REACHED,
}


def arm_of_verdict(verdict: Verdict) -> Arm:
    """Return what the direct arm showed."""
    return _OF_VERDICT.get(verdict, Arm.SKIPPED)


def arm_of_fault(code: str, message: str, provider_status: int | None) -> Arm:
    """Return what an arm through Astra showed, from the Data API's error."""
    if code == "CANNOT_VECTOR_SORT_NON_INDEXED_VECTOR_COLUMNS":
        return Arm.NO_INDEX
    if code in _CREDENTIAL_CODES:
        service_is_down = "sync service" in message.lower()
        return Arm.ASTRA_FAILED if service_is_down else Arm.NO_CREDENTIAL
    if code == "EMBEDDING_PROVIDER_RATE_LIMITED" or provider_status in (402, 429):
        return Arm.LIMITED
    if provider_status in (401, 403):
        return Arm.KEY_REFUSED
    if code in _DOWN_CODES or (provider_status is not None and provider_status >= 500):
        return Arm.PROVIDER_DOWN
    if provider_status is not None or code in ("EMBEDDING_PROVIDER_BAD_HOST_NAME", "EMBEDDING_PROVIDER_CLIENT_ERROR"):
        return Arm.REQUEST_REFUSED
    return Arm.ASTRA_FAILED


def decide(stored: Arm, header: Arm, direct: Arm) -> Row:
    """Return the row that the three arms lead to."""
    return next(row for row in ROWS if row.fits(stored, header, direct))
