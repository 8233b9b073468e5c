"""What a provider's answer means for the key: the rules of the diagnosis decide, so that `verify` and `diagnose` agree."""

from __future__ import annotations

from typing import Any, Final

from vzctl.clients.message import Reply
from vzctl.domain.diagnosis.engine import judge_response
from vzctl.domain.diagnosis.key_verdict import Verdict

_LONGEST_LOOKED_AT: Final = 4096
_OF_REJECTIONS: Final = (400, 401, 403)
"""The statuses with which providers reject a key. That they reject it is the proof of a revocation."""
OF_CAUSE: Final = {
    "invalid_key": Verdict.INVALID_KEY,
    "key_permission_denied": Verdict.NO_PERMISSION,
    "region_unsupported": Verdict.NETWORK_BLOCKED,
    "network_blocked": Verdict.NETWORK_BLOCKED,
    "rate_limited": Verdict.RATE_LIMITED,
    "quota_exhausted": Verdict.QUOTA_EXHAUSTED,
    "input_too_long": Verdict.PAYLOAD_TOO_LARGE,
    "batch_too_large": Verdict.PAYLOAD_TOO_LARGE,
    "invalid_input": Verdict.BAD_REQUEST,
    "bad_provider_parameters": Verdict.BAD_REQUEST,
    "provider_bad_request": Verdict.BAD_REQUEST,
    "model_access_denied": Verdict.MODEL_MISSING,
    "model_deprecated": Verdict.MODEL_MISSING,
    "model_not_found": Verdict.MODEL_MISSING,
    "endpoint_retired": Verdict.MODEL_MISSING,
    "bad_host": Verdict.ENDPOINT_MISSING,
    "deployment_not_found": Verdict.ENDPOINT_MISSING,
    "endpoint_paused": Verdict.ENDPOINT_NOT_READY,
    "model_loading": Verdict.ENDPOINT_NOT_READY,
    "provider_bad_response": Verdict.PROVIDER_DOWN,
    "provider_unavailable": Verdict.PROVIDER_DOWN,
    "provider_timeout": Verdict.TIMEOUT,
}
"""What each cause of the diagnosis says about a key."""


def refusal(provider: str, reply: Reply) -> Verdict:
    """Return what an answer means that is no success; nothing is concluded from words that decide with low confidence."""
    if reply.status == 407:
        return Verdict.NETWORK_BLOCKED  # a proxy answers, not the provider
    found = judge_response(provider, reply.status, reply.text[:_LONGEST_LOOKED_AT])
    says_nothing = found.rule == f"code.{found.code}"  # only that the provider answered
    if found.side != "provider" or found.confidence == "low" or says_nothing:
        return Verdict.UNKNOWN
    verdict = OF_CAUSE.get(found.cause, Verdict.UNKNOWN)
    if verdict is Verdict.INVALID_KEY and reply.status not in _OF_REJECTIONS:
        return Verdict.UNKNOWN  # an overload or an outage does not show that a key is revoked, whatever its words
    return verdict


def provider_text(reply: Reply) -> str:
    """Return the sentence in a provider's error, redacted, or the beginning of the body when it has none."""
    return reply.shown(_sentence(reply.document))


def provider_code(reply: Reply) -> str | None:
    """Return the provider's own code of an error, such as `insufficient_quota`, redacted."""
    document = reply.document
    if not isinstance(document, dict):
        return None
    for place in (document.get("error"), document):
        code = place.get("code") if isinstance(place, dict) else None
        if isinstance(code, (str, int)) and not isinstance(code, bool) and code != "":
            return reply.shown(str(code))
    return None


def _sentence(document: Any) -> str | None:
    """Return the text at one of the places where providers put it."""
    if not isinstance(document, dict):
        return None
    error = document.get("error")
    for found in (
        error.get("message") if isinstance(error, dict) else error,
        document.get("message"),
        document.get("detail"),
    ):
        if isinstance(found, str) and found:
            return found
        if isinstance(found, list) and found:
            return "; ".join(str(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in found)
    return None
