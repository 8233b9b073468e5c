"""Tests of a key outside of its record: a new one before it is put into service, an old one after it was revoked.

What a test showed is recorded, so its reasons are in vzctl's own words: what a server said is shown and not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from vzctl.clients.data_api import DataApi
from vzctl.clients.provider_probe import EMBEDDING, Finding
from vzctl.command import NextStep, command
from vzctl.domain.diagnosis.codes import error_codes
from vzctl.domain.diagnosis.experiment import Arm, arm_of_fault
from vzctl.domain.diagnosis.key_verdict import MEANINGS, PASSED, REJECTED, Verdict
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import AstraAnswer, Credential, Dependent, KeyTest, ProviderAnswer
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


def try_new_key(context: Context, state: State, credential: Credential, version_id: str, secret: Secret) -> KeyTest:
    """Test a key, which is to be that version, at its provider and through one dependent by header.

    Raise `ProviderError` when the provider does not take it. That Astra could not be asked is no reason to stop: the result
    says so.
    """
    tester = _Tester(context, context.open_live(), state, credential, secret)
    return tester.through_astra(tester.at_provider(KeyTest(version=version_id)))


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


@dataclass(frozen=True, slots=True)
class _Tester:
    """Tests one key; each test returns the result with what it showed."""

    context: Context
    live: Live
    state: State
    credential: Credential
    secret: Secret

    def at_provider(self, test: KeyTest) -> KeyTest:
        findings = _findings(self.live, self.state, self.credential, self.secret)
        for finding in findings:
            if finding.verdict not in PASSED:
                raise _not_taken(self.state, self.credential.name, finding)
        if any(finding.verdict is Verdict.OK for finding in findings):
            return replace(test, provider=ProviderAnswer.WORKS)
        if any(finding.verdict is Verdict.RECOGNIZED for finding in findings):
            return replace(test, provider=ProviderAnswer.RECOGNIZED)
        first = findings[0]
        if first.http_status is None:
            return replace(test, provider_reason=first.detail)
        self.context.tell(f"not tested at the provider: {first.detail}")
        return replace(test, provider_reason=f"HTTP {first.http_status}")

    def through_astra(self, test: KeyTest) -> KeyTest:
        """Search through one dependent with the key in the header: it wins over the stored one, and changes nothing.

        It is the first one whose database can be asked.
        """
        index = Index(self.state)
        dependents = index.dependents_of_credential[self.credential.name]
        if not dependents:
            return replace(test, astra=AstraAnswer.NO_DEPENDENT)
        reasons: dict[str, str] = {}
        failures = 0
        for item in dependents:
            if item.database in reasons:
                continue
            if failures == FAILURES_AT_MOST:
                break
            try:
                api = self.live.open(self.state, index.databases[item.database], wake=False)
                return self._searched(api, item, replace(test, dependent=index.address(item)))
            except (AuthError, ConflictError, NotFoundError) as error:
                reasons[item.database] = error.own_words
                if error.code in ENDS_EVERYTHING:
                    break
            except (AstraError, UnknownSideError) as error:
                self.context.tell(f"not tested through Astra: {error.message}")
                reasons[item.database] = error.own_words
                failures += 1
        return replace(test, astra_reason=next(iter(reasons.values())))

    def _searched(self, api: DataApi, item: Dependent, test: KeyTest) -> KeyTest:
        fault = api.command("find", search_body(item), item.keyspace, table_of(item), key=self.secret).fault
        if fault is None:
            return replace(test, astra=AstraAnswer.WORKS)
        name, address = self.credential.name, test.dependent
        if arm_of_fault(fault.code, fault.message, fault.provider_status) in _REFUSED:
            raise ProviderError(
                f'the new key of "{name}" did not pass its test through {address}: {fault.message}; nothing was changed',
                code="NEW_KEY_REFUSED_THROUGH_ASTRA",
                side="provider",
                next_steps=_ways_on(self.state, name, is_wrong=False),
            ).answered(fault.provider_status, fault.code)
        if fault.code in error_codes():
            return replace(test, astra_reason=fault.code)
        self.context.tell(f"not tested through {address}: {fault.code}: {fault.message}")
        return replace(test, astra_reason="an error that vzctl does not know")
