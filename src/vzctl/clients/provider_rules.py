"""What a provider's answer means: an ordered table, the first rule that fits decides. Status alone misleads.

The rules of one provider are in `knowledge/providers`. The texts are those that the providers answer with today, and a few
old ones; all matching is in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from vzctl.clients.message import Reply
from vzctl.domain.diagnosis.key_verdict import Verdict
from vzctl.knowledge.loader import section

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
    *(
        Rule(provider, tuple(entry["statuses"]), tuple(entry.get("words", ())), Verdict(entry["verdict"]))
        for provider, known in section("providers").items()
        for entry in known.get("refusals", ())
    ),
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
