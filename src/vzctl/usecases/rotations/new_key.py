"""Tests of a key outside of its record: a new one before it is put into service, an old one after it was revoked.

What was seen is recorded, so it is told in vzctl's own words: what a server said is shown and not kept.
"""

from __future__ import annotations

from typing import Final

from vzctl.clients.data_api import DataApi
from vzctl.clients.provider_probe import EMBEDDING, Finding
from vzctl.command import NextStep, command
from vzctl.domain.diagnosis.codes import error_codes
from vzctl.domain.diagnosis.experiment import Arm, arm_of_fault
from vzctl.domain.diagnosis.key_verdict import MEANINGS, PASSED, REJECTED, Verdict
from vzctl.domain.rotation.key_test import RECOGNIZED_BY_PROVIDER, TESTED, WORKS_AT_PROVIDER
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent
from vzctl.domain.state.state import State
from vzctl.errors import (
    ERROR_OF_SIDE,
    AstraError,
    AuthError,
    ConflictError,
    NotFoundError,
    ProviderError,
    UnknownSideError,
    UsageError,
    VzctlError,
)
from vzctl.secret import Secret
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.services import services_of
from vzctl.usecases.keys.version import Owner
from vzctl.usecases.live import ENDS_EVERYTHING, Live
from vzctl.usecases.probe import search_body, table_of

FAILURES_AT_MOST: Final = 3
"""So many databases that fail are enough: each may take as long as a request may."""
_ACCEPTED: Final = frozenset({Verdict.OK, Verdict.RECOGNIZED, Verdict.WRONG_DIMENSION})
_REFUSED: Final = frozenset({Arm.KEY_REFUSED, Arm.LIMITED, Arm.REQUEST_REFUSED})


def try_new_key(context: Context, state: State, credential: Credential, secret: Secret) -> str:
    """Test a key at its provider and through one dependant by header; return in words what was seen.

    Raise `ProviderError` when the provider does not take it. That Astra could not be asked is no reason to stop: the words
    say so.
    """
    live = context.open_live()
    words = [_at_provider(context, live, state, credential, secret)]
    words.append(_through_astra(context, live, state, credential, secret))
    return TESTED + ", ".join(words)


def still_accepted(context: Context, state: State, credential: Owner, secret: Secret) -> tuple[bool | None, Finding]:
    """Whether the provider still takes a key that is said to be revoked, and what showed it; None when nothing does."""
    findings = _findings(context.open_live(), state, credential, secret)
    for accepted, verdicts in ((True, _ACCEPTED), (False, REJECTED)):
        for finding in findings:
            if finding.verdict in verdicts:
                return accepted, finding
    return None, findings[0]


def not_verified(finding: Finding, what: str, next_steps: tuple[NextStep, ...]) -> VzctlError:
    """Return the error for an answer that does not show whether a provider takes a key: no answer is no permission."""
    meaning = MEANINGS[finding.verdict]
    detail = f" ({finding.detail})" if finding.detail else ""
    return ERROR_OF_SIDE[meaning.side or "provider"](
        f"{what}: {meaning.sentence}{detail}; nothing was changed",
        code=f"KEY_CHECK_{finding.verdict.name}",
        retryable=meaning.retryable,
        next_steps=next_steps,
    ).answered(finding.http_status, finding.upstream_code)


def _at_provider(context: Context, live: Live, state: State, credential: Credential, secret: Secret) -> str:
    findings = _findings(live, state, credential, secret)
    for finding in findings:
        if finding.verdict not in PASSED:
            raise _not_taken(state, credential.name, finding)
    if any(finding.verdict is Verdict.OK for finding in findings):
        return WORKS_AT_PROVIDER
    if any(finding.verdict is Verdict.RECOGNIZED for finding in findings):
        return RECOGNIZED_BY_PROVIDER
    first = findings[0]
    if first.http_status is None:
        return f"not at the provider ({first.detail})"
    context.tell(f"not tested at the provider: {first.detail}")
    return f"not at the provider (HTTP {first.http_status})"


def _findings(live: Live, state: State, credential: Owner, secret: Secret) -> list[Finding]:
    provider = provider_by_id(credential.provider)
    if provider is None:
        return [Finding(verdict=Verdict.NOT_CHECKED, level=0, detail="the provider is not in the catalogue")]
    findings = []
    for wanted, fault in services_of(state, credential):
        if fault is not None:
            findings.append(Finding(verdict=Verdict.NOT_CHECKED, level=0, detail=fault))
            continue
        try:
            findings.append(live.probes.probe(provider, secret, wanted, level=EMBEDDING))
        except UsageError as error:
            findings.append(Finding(verdict=Verdict.NOT_CHECKED, level=0, detail=error.message))
    return findings


def _not_taken(state: State, name: str, finding: Finding) -> VzctlError:
    meaning = MEANINGS[finding.verdict]
    detail = f" ({finding.detail})" if finding.detail else ""
    return ERROR_OF_SIDE[meaning.side or "provider"](
        f'the new key of "{name}" did not pass its test: {meaning.sentence}{detail}; nothing was changed',
        code=f"NEW_KEY_{finding.verdict.name}",
        retryable=meaning.retryable,
        next_steps=_ways_on(state, name, is_wrong=finding.verdict in REJECTED),
    ).answered(finding.http_status, finding.upstream_code)


def _ways_on(state: State, name: str, *, is_wrong: bool) -> tuple[NextStep, ...]:
    """Return the same command again; untested only where the key may be right: one that is rejected would stop everything."""
    is_open = any(item.is_open and item.snapshot.name == name for item in state.rotations)
    again = command("rotations resume", name, replace_secret=True) if is_open else command("credentials rotate", name)
    if is_wrong:
        return (NextStep(again, "again, with the right key"),)
    return (
        NextStep(again, "again, when that is mended"),
        NextStep(again.with_options(skip_test=True), "or take it without a test"),
    )


def _through_astra(context: Context, live: Live, state: State, credential: Credential, secret: Secret) -> str:
    """Search through one dependant with the key in the header: it wins over the stored one, and changes nothing.

    It is the first one whose database can be asked.
    """
    dependants = Index(state).dependents_of_credential[credential.name]
    if not dependants:
        return "not through Astra (nothing depends on it)"
    index = Index(state)
    reasons: dict[str, str] = {}
    failures = 0
    for item in dependants:
        if item.database in reasons:
            continue
        if failures == FAILURES_AT_MOST:
            break
        database = index.databases[item.database]
        try:
            live.require_awake(state, database, wake=False)
            return _searched(context, live.data_api(state, database), state, item, credential.name, secret)
        except (AuthError, ConflictError, NotFoundError) as error:
            reasons[item.database] = error.own_words
            if error.code in ENDS_EVERYTHING:
                break
        except (AstraError, UnknownSideError) as error:
            context.tell(f"not tested through Astra: {error.message}")
            reasons[item.database] = error.own_words
            failures += 1
    return f"not through Astra ({next(iter(reasons.values()))})"


def _searched(context: Context, api: DataApi, state: State, item: Dependent, name: str, secret: Secret) -> str:
    answer = api.command("find", search_body(item), item.keyspace, table_of(item), key=secret)
    address = Index(state).address(item)
    if answer.fault is None:
        return f"it works through {address}"
    fault = answer.fault
    if arm_of_fault(fault.code, fault.message, fault.provider_status) in _REFUSED:
        raise ProviderError(
            f'the new key of "{name}" did not pass its test through {address}: {fault.message}; nothing was changed',
            code="NEW_KEY_REFUSED_THROUGH_ASTRA",
            side="provider",
            next_steps=_ways_on(state, name, is_wrong=False),
        ).answered(fault.provider_status, fault.code)
    if fault.code in error_codes():
        return f"not through {address} ({fault.code})"
    context.tell(f"not tested through {address}: {fault.code}: {fault.message}")
    return f"not through {address} (an error that vzctl does not know)"
