"""What to do about a verdict when no state is known: its cause's advice, or the way on that its rule has of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import code_names
from vzctl.domain.diagnosis.engine import Verdict
from vzctl.domain.diagnosis.rules_self_hosted import Help, ways_on
from vzctl.domain.rules import display_name, provider_by_id

SOURCE: Final = "the state file"
ACCESS: Final = frozenset({"credential_not_found", "scope_missing", "header_key_missing"})
KEY: Final = frozenset({"invalid_key", "key_permission_denied"})
_ACCOUNT: Final = frozenset({"quota_exhausted", "model_access_denied", "header_key_missing"})


@dataclass(frozen=True, slots=True)
class Advised:
    """A verdict with what to do about it: one sentence, and exact commands."""

    verdict: Verdict
    advice: str
    steps: tuple[NextStep, ...]


def advised(
    verdict: Verdict, *, credential: str | None = None, database: str | None = None, is_own: bool = True
) -> Advised:
    """Return what is advised about a verdict. The names are filled into commands; `is_own`: the Data API may be one's own."""
    way_on = ways_on().get(verdict.rule) if is_own else None
    if way_on is not None:
        verdict = replace(verdict, who="you")
        return Advised(verdict, way_on.advice, _filled(way_on, verdict, credential, database))
    if verdict.provider is not None and is_of_hosted(verdict):
        return _of_hosted(verdict, verdict.provider)
    cause = causes()[verdict.side, verdict.cause]
    return Advised(verdict, _after_waiting(verdict, verdict.advice or cause.advice), general(verdict))


def _after_waiting(verdict: Verdict, advice: str) -> str:
    """Return the advice with the time that the text says to wait, where waiting can help."""
    if verdict.retry_after is None or not (verdict.retryable or verdict.cause == "quota_exhausted"):
        return advice
    return f"The text says to retry after {verdict.retry_after}. {advice}"


_STATELESS: Final = (
    "vzctl explain ",
    "vzctl providers ",
    "vzctl diagnose ",
    "vzctl serve check --url ",
    "vzctl serve run --help",
)
"""How commands begin that need no state."""


def advised_without_state(verdict: Verdict) -> Advised:
    """Return what is advised where no state can be read: no command that would need one."""
    found = advised(verdict)
    return replace(found, steps=tuple(step for step in found.steps if step.command.portable().startswith(_STATELESS)))


def noted(verdict: Verdict, text: str) -> Verdict:
    """Return the verdict with what the state says."""
    return replace(verdict, evidence=(*verdict.evidence, (text, SOURCE)))


def propagating(verdict: Verdict, what: str, *, detail: str, rule: str, meaning: str) -> Verdict:
    """Return the verdict turned into one about a change that is not in force everywhere yet; `what` changed."""
    by_text = "" if verdict.side == "astra" else f" By the text alone it would be {verdict.side}, {verdict.cause}."
    return replace(
        noted(verdict, what),
        side="astra",
        cause="propagation_delay",
        who="no_one",
        detail=detail,
        confidence="medium",
        retryable=True,
        rule=rule,
        explanation=f"{what[:1].upper()}{what[1:]}{meaning}.{by_text}",
    )


def general(verdict: Verdict) -> tuple[NextStep, ...]:
    """Return the command that the cause has."""
    cause = causes()[verdict.side, verdict.cause]
    if cause.command is None or (cause.command.needs("code") and verdict.code not in code_names()):
        return ()
    if cause.command.needs("provider") and (verdict.provider is None or provider_by_id(verdict.provider) is None):
        return ()
    run = cause.command.filled(provider=verdict.provider or "", code=verdict.code or "")
    return (NextStep(run, cause.comment),)


def is_of_hosted(verdict: Verdict) -> bool:
    """Whether it is about a key, a credential or an account with a provider that has none of the user's."""
    found = provider_by_id(verdict.provider) if verdict.provider is not None else None
    is_about_access = verdict.cause in (ACCESS if verdict.side == "astra" else KEY | _ACCOUNT)
    return found is not None and not found.takes_credential and verdict.side != "unknown" and is_about_access


def _filled(way_on: Help, verdict: Verdict, credential: str | None, database: str | None) -> tuple[NextStep, ...]:
    """Return the commands with the names that are known; a word in capitals stands for one that is not."""
    provider = verdict.provider if verdict.provider is not None and provider_by_id(verdict.provider) else None
    names = {
        "credential": credential if credential is not None else "NAME",
        "database": database if database is not None else "DB",
        "provider": provider or "PROVIDER",
    }
    return tuple(NextStep(run.filled(**names), comment) for run, comment in way_on.steps)


def _of_hosted(verdict: Verdict, provider: str) -> Advised:
    text = f"{display_name(provider)} is hosted by Astra: it takes no credential and no scope"
    return Advised(
        replace(verdict, evidence=(*verdict.evidence, (text, "the catalogue"))),
        "Leave credentials and scopes alone; when the call still fails, ask Astra's support.",
        (suggest("providers show", provider, comment="how it is used"),),
    )
