"""What a provider's answer means: an ordered table, the first rule that fits decides. Status alone misleads.

The texts are those that the providers answer with today, and a few old ones; all matching is in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from vzctl.clients.message import Reply
from vzctl.domain.diagnosis.key_verdict import Verdict

ANY: Final = ""
_LONGEST_LOOKED_AT: Final = 4096


@dataclass(frozen=True, slots=True)
class Rule:
    """Fits when the provider, one of the statuses, and any of the words fit; what is empty fits always."""

    provider: str
    statuses: tuple[int, ...]
    words: tuple[str, ...]
    verdict: Verdict

    def fits(self, provider: str, status: int, text: str) -> bool:
        """Whether this rule decides; `text` is in lower case."""
        return (
            self.provider in (ANY, provider)
            and (not self.statuses or status in self.statuses)
            and (not self.words or any(word in text for word in self.words))
        )


RULES: Final = (
    Rule("openai", (401, 403), ("insufficient permissions", "missing scopes"), Verdict.NO_PERMISSION),
    Rule("openai", (401,), ("ip_not_authorized", "ip address"), Verdict.NETWORK_BLOCKED),
    Rule("openai", (401,), ("member of an organization",), Verdict.NO_PERMISSION),
    Rule(
        "openai", (401,), ("mismatched_organization", "mismatched_project", "organization header"), Verdict.BAD_REQUEST
    ),
    Rule("openai", (403,), ("unsupported_country", "country, region"), Verdict.NETWORK_BLOCKED),
    Rule("openai", (403,), ("not allowed to generate embeddings",), Verdict.MODEL_MISSING),
    Rule("openai", (403,), (), Verdict.NO_PERMISSION),
    Rule("openai", (404,), (), Verdict.MODEL_MISSING),
    Rule(
        "openai",
        (429,),
        ("insufficient_quota", "exceeded your current quota", "billing", "credit balance"),
        Verdict.QUOTA_EXHAUSTED,
    ),
    Rule(
        "openai",
        (400,),
        ("maximum context length", "too many inputs", "max_tokens_per_request"),
        Verdict.PAYLOAD_TOO_LARGE,
    ),
    Rule("azureOpenAI", (404,), (), Verdict.ENDPOINT_MISSING),
    Rule(
        "azureOpenAI",
        (400,),
        ("operationnotsupported", "does not work with the specified model"),
        Verdict.MODEL_MISSING,
    ),
    Rule(
        "azureOpenAI",
        (403,),
        ("virtual network", "firewall", "public access is disabled", "private endpoint"),
        Verdict.NETWORK_BLOCKED,
    ),
    Rule("azureOpenAI", (400,), ("maximum context length",), Verdict.PAYLOAD_TOO_LARGE),
    Rule("huggingface", (404,), (), Verdict.MODEL_MISSING),
    Rule("huggingface", (400,), ("not supported by provider", "model"), Verdict.MODEL_MISSING),
    Rule("huggingface", (503,), ("loading",), Verdict.ENDPOINT_NOT_READY),
    Rule("huggingfaceDedicated", (400,), ("invalid state",), Verdict.ENDPOINT_NOT_READY),
    Rule("huggingfaceDedicated", (502, 503), (), Verdict.ENDPOINT_NOT_READY),
    Rule("huggingfaceDedicated", (404,), (), Verdict.ENDPOINT_MISSING),
    Rule("huggingfaceDedicated", (424,), (), Verdict.PROVIDER_DOWN),
    Rule("jinaAI", (401, 402, 403), ("insufficient_balance", "balance", "recharge"), Verdict.QUOTA_EXHAUSTED),
    Rule("jinaAI", (403,), ("resource_limit",), Verdict.QUOTA_EXHAUSTED),
    Rule("jinaAI", (400, 404, 422), ("model_not_found", "model not found"), Verdict.MODEL_MISSING),
    Rule("mistral", (403,), ("inactive subscription", "usage limit"), Verdict.QUOTA_EXHAUSTED),
    Rule("mistral", (400, 404), ("invalid_model", "invalid model", '"1500"'), Verdict.MODEL_MISSING),
    Rule("mistral", (400,), ("too many tokens", "too long", "3210", "too many inputs"), Verdict.PAYLOAD_TOO_LARGE),
    Rule("upstageAI", (401, 402, 403), ("credit", "balance", "payment"), Verdict.QUOTA_EXHAUSTED),
    Rule("upstageAI", (404,), (), Verdict.MODEL_MISSING),
    Rule("upstageAI", (400,), ("maximum context length", "too long"), Verdict.PAYLOAD_TOO_LARGE),
    Rule("voyageAI", (400, 404), ("model",), Verdict.MODEL_MISSING),
    Rule("voyageAI", (400,), ("too many tokens", "too large", "batch"), Verdict.PAYLOAD_TOO_LARGE),
    Rule(ANY, (401,), (), Verdict.INVALID_KEY),
    Rule(ANY, (402,), (), Verdict.QUOTA_EXHAUSTED),
    Rule(ANY, (403,), (), Verdict.NO_PERMISSION),
    Rule(ANY, (404, 410), (), Verdict.MODEL_MISSING),
    Rule(ANY, (407,), (), Verdict.NETWORK_BLOCKED),
    Rule(ANY, (408, 504), (), Verdict.TIMEOUT),
    Rule(ANY, (413,), (), Verdict.PAYLOAD_TOO_LARGE),
    Rule(ANY, (429,), (), Verdict.RATE_LIMITED),
    Rule(ANY, (400, 409, 422), (), Verdict.BAD_REQUEST),
    Rule(ANY, (500, 501, 502, 503, 520, 521, 522, 523, 524, 529), (), Verdict.PROVIDER_DOWN),
)


def refusal(provider: str, reply: Reply) -> Verdict:
    """Return what an answer means that is no success."""
    text = reply.text[:_LONGEST_LOOKED_AT].lower()
    return next((rule.verdict for rule in RULES if rule.fits(provider, reply.status, text)), Verdict.UNKNOWN)


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
