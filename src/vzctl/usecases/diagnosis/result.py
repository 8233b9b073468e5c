"""What `vzctl diagnose` answers: the machine contract of a verdict."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from vzctl.command import NextStep
from vzctl.usecases.outcome import Columns

if TYPE_CHECKING:
    from vzctl.domain.diagnosis.advice import Advised


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Words that led to a verdict, without secrets, and what they mean."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One error: `side` must change something for the same call to succeed. `count`: how often the text shows it.

    `who` must act: `you` (your request, client, or configuration), `your_account` at the provider, `provider`, `astra`, or
    `no_one`: wait.
    """

    side: Literal["astra", "provider", "unknown"]
    cause: str
    detail: str
    who: Literal["you", "your_account", "provider", "astra", "no_one"]
    confidence: Literal["high", "medium", "low"]
    provider: str | None
    code: str | None
    http_status: int | None
    retryable: bool
    rule: str
    evidence: tuple[EvidenceView, ...]
    explanation: str
    advice: str
    nextSteps: tuple[NextStep, ...]  # noqa: N815  (the name that the envelope has for the same thing)
    count: int


@dataclass(frozen=True, slots=True)
class Diagnosis(VerdictView):
    """The surest error of a text, and the `others` in it, surest first.

    `id` is what a line of `--lines` was given, `line` the line of the log that an error began at. `truncated`: only the
    beginning and the end of the text were read.
    """

    others: tuple[VerdictView, ...]
    truncated: bool
    id: str | int | None
    line: int | None

    columns: ClassVar[Columns] = (
        ("ID", "id"),
        ("LINE", "line"),
        ("SIDE", "side"),
        ("CAUSE", "cause"),
        ("CONFIDENCE", "confidence"),
        ("PROVIDER", "provider"),
        ("CODE", "code"),
        ("STATUS", "http_status"),
        ("RETRYABLE", "retryable"),
        ("COUNT", "count"),
        ("RULE", "rule"),
        ("EXPLANATION", "explanation"),
        ("WHO", "who"),
    )


def _facts(found: Advised) -> dict[str, Any]:
    """Return the fields of the answer about one error: those of its verdict, and what to do."""
    evidence = tuple(EvidenceView(text, meaning) for text, meaning in found.verdict.evidence)
    own = {"evidence": evidence, "advice": found.advice, "nextSteps": found.steps}
    names = [item.name for item in fields(VerdictView) if item.name not in own]
    return {name: getattr(found.verdict, name) for name in names} | own


def diagnosis(
    found: list[Advised], *, truncated: bool = False, identity: str | int | None = None, line: int | None = None
) -> Diagnosis:
    """Return the answer about a text with these errors."""
    first, *others = [_facts(item) for item in found]
    return Diagnosis(
        **first, others=tuple(VerdictView(**item) for item in others), truncated=truncated, id=identity, line=line
    )
