"""What a test of a key at its provider can show. Only `ok` says that it works: a vector of the right length came back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """The result of one test of one key."""

    OK = "ok"
    RECOGNIZED = "recognized"
    NOT_CHECKED = "not_checked"
    NOT_HELD = "not_held"
    INVALID_KEY = "invalid_key"
    WRONG_ISSUER = "wrong_issuer"
    NO_PERMISSION = "no_permission"
    NETWORK_BLOCKED = "network_blocked"
    QUOTA_EXHAUSTED = "quota_exhausted"
    RATE_LIMITED = "rate_limited"
    MODEL_MISSING = "model_missing"
    ENDPOINT_MISSING = "endpoint_missing"
    ENDPOINT_NOT_READY = "endpoint_not_ready"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    BAD_REQUEST = "bad_request"
    WRONG_DIMENSION = "wrong_dimension"
    PROVIDER_DOWN = "provider_down"
    TIMEOUT = "timeout"
    DNS = "dns"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a verdict says: a sentence, who must change something (None: nobody), whether trying again may help."""

    sentence: str
    side: str | None = None
    retryable: bool = False


MEANINGS: Final = {
    Verdict.OK: Meaning("the key works: it made a vector of the right length"),
    Verdict.RECOGNIZED: Meaning("the provider recognizes the key; whether it can make embeddings was not tried"),
    Verdict.NOT_CHECKED: Meaning("nothing was asked"),
    Verdict.NOT_HELD: Meaning("the key is not held here, so it cannot be tested"),
    Verdict.INVALID_KEY: Meaning("the key is invalid: the provider does not know it, or no longer", "provider"),
    Verdict.WRONG_ISSUER: Meaning("the key is of another kind or issuer and can never work here", "provider"),
    Verdict.NO_PERMISSION: Meaning("the key is known but may not do this", "provider"),
    Verdict.NETWORK_BLOCKED: Meaning(
        "the way from this machine is blocked; that of Astra may be another one", "unknown", True
    ),
    Verdict.QUOTA_EXHAUSTED: Meaning("the key is known, but its account has no credit left", "provider"),
    Verdict.RATE_LIMITED: Meaning("the key is known, but asks too often just now", "provider", True),
    Verdict.MODEL_MISSING: Meaning("the provider does not offer the model to this key", "provider"),
    Verdict.ENDPOINT_MISSING: Meaning("there is no such deployment or endpoint at the provider", "provider"),
    Verdict.ENDPOINT_NOT_READY: Meaning("the endpoint is paused, asleep or still starting", "provider", True),
    Verdict.PAYLOAD_TOO_LARGE: Meaning("the provider finds the request too large", "provider"),
    Verdict.BAD_REQUEST: Meaning("the provider does not accept the service's parameters", "astra"),
    Verdict.WRONG_DIMENSION: Meaning(
        "the key works, but the vectors have another length than the collection or column", "astra"
    ),
    Verdict.PROVIDER_DOWN: Meaning("the provider is out of order", "provider", True),
    Verdict.TIMEOUT: Meaning("the provider did not answer in time", "provider", True),
    Verdict.DNS: Meaning("the provider's host name does not resolve", "unknown"),
    Verdict.UNKNOWN: Meaning("the provider's answer does not say what is wrong", "unknown"),
}

PASSED: Final = frozenset({Verdict.OK, Verdict.RECOGNIZED, Verdict.NOT_CHECKED})
"""Nothing speaks against the key, as far as it was looked at."""
REJECTED: Final = frozenset({Verdict.INVALID_KEY})
"""The provider's answer shows that it does not accept the key as one of its own: what a revoked key must get."""
