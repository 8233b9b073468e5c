"""Looking whether a person's steps at the Portal are in force, as far as databases show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import PendingStep
from vzctl.domain.rules import listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.live import require_one_asked
from vzctl.usecases.observation.scope import ScopeAnswer, ScopeFinding, ScopeObserver
from vzctl.usecases.outcome import Notice


class StepAnswer(Enum):
    """Whether a step is in force; `NOT_LOOKED_AT`: the databases that would show it could not be asked."""

    DONE = auto()
    NOT_DONE = auto()
    NOT_OBSERVABLE = auto()
    NOT_LOOKED_AT = auto()


@dataclass(frozen=True, slots=True)
class SeenSteps:
    """Ids of the steps that were seen to be in force, and of those that stay pending: their databases could not be asked."""

    seen: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    warnings: tuple[Notice, ...] = ()


def seen_steps(
    context: Context, state: State, steps: Sequence[PendingStep], *, wake: bool, are_named: bool
) -> SeenSteps:
    """Look whether steps are in force; raise `AstraError` when one is seen not to be.

    What cannot be seen is neither: then a person's word is all there is. A database that cannot be asked now is another
    thing: the steps that it would show are left as they are. Where they are named, it ends the command.
    """
    observed = _observed(context, state, steps, wake=wake, are_named=are_named)
    answers = {step.id: observed.answer(step) for step in steps}
    missing = [step.id for step in steps if answers[step.id] is StepAnswer.NOT_DONE]
    if missing:
        raise AstraError(
            f"not in force, as the databases show it: {listed(missing)}; nothing was recorded",
            code="NOT_IN_FORCE",
            side="astra",
            retryable=True,
            next_steps=(
                suggest(
                    "pending confirm", missing[0], check=True, comment="again in some minutes: changes take their time"
                ),
                suggest("pending list", comment="what is to be done"),
            ),
        )
    left = [step for step in steps if answers[step.id] is StepAnswer.NOT_LOOKED_AT]
    left += [step for step in steps if step not in left and any(_builds_on(step, other) for other in left)]
    require_one_asked(list(observed.errors.values()), len(steps) - len(left))
    return SeenSteps(
        seen=frozenset(step.id for step in steps if answers[step.id] is StepAnswer.DONE and step not in left),
        left=frozenset(step.id for step in left),
        warnings=(
            *observed.notices(),
            *(Notice("STILL_PENDING", f"not confirmed: {item.id}", item.id) for item in left),
        ),
    )


def _builds_on(step: PendingStep, other: PendingStep) -> bool:
    """Whether a step can be confirmed only after another one: a scope after its credential, an integration's end last."""
    if other.kind != "credential":
        return False
    if other.verb == "add":
        return step.kind == "scope" and step.credential == other.credential
    return step.kind == "integration" and step.verb == "remove" and step.provider == other.provider


@dataclass(frozen=True, slots=True)
class _Observed:
    """What databases show of credentials: a finding for each database id and credential name."""

    index: Index
    findings: dict[tuple[str, str], ScopeFinding]

    @property
    def errors(self) -> dict[str, VzctlError]:
        """Why databases could not be asked, by their ids."""
        return {place: found.error for (place, _), found in self.findings.items() if found.error is not None}

    def answer(self, step: PendingStep) -> StepAnswer:
        """Return whether a step is in force."""
        seen = {self.findings[place, step.credential or ""].answer for place in _places(self.index, step)}
        if step.verb == "add":
            # One database that can use a credential shows that it exists; one that cannot may be out of its scope.
            if ScopeAnswer.USABLE in seen:
                return StepAnswer.DONE
            if step.kind == "scope" and ScopeAnswer.REFUSED in seen:
                return StepAnswer.NOT_DONE
        elif ScopeAnswer.USABLE in seen:
            return StepAnswer.NOT_DONE
        if ScopeAnswer.NOT_LOOKED_AT in seen:
            return StepAnswer.NOT_LOOKED_AT
        is_done = step.verb != "add" and seen == {ScopeAnswer.REFUSED}
        return StepAnswer.DONE if is_done else StepAnswer.NOT_OBSERVABLE

    def notices(self) -> tuple[Notice, ...]:
        """Return where nothing could be seen, and why."""
        unseen = [
            (self.index.database_name(place), name, found.reason)
            for (place, name), found in self.findings.items()
            if found.answer is ScopeAnswer.NOT_OBSERVABLE
        ]
        return (
            *(
                Notice("NOT_LOOKED_AT", f"not looked at: {self.index.database_name(item)} ({error.message})", item)
                for item, error in self.errors.items()
            ),
            *(
                Notice("SCOPES_NOT_OBSERVABLE", f'"{name}" in {database} is not observable: {reason}', name)
                for database, name, reason in unseen
            ),
        )


def _places(index: Index, step: PendingStep) -> list[str]:
    """Return the ids of the databases that may show whether a step is in force."""
    credential = index.credentials.get(step.credential or "")
    if credential is None:
        return []
    return [step.database] if step.database is not None else sorted(credential.database_ids)


def _observed(
    context: Context, state: State, steps: Sequence[PendingStep], *, wake: bool, are_named: bool
) -> _Observed:
    """Ask each database once about each credential, however many steps are about them."""
    index = Index(state)
    pairs = list(dict.fromkeys((place, step.credential or "") for step in steps for place in _places(index, step)))
    asked: defaultdict[str, list[Credential]] = defaultdict(list)
    for place, name in pairs:
        asked[place].append(index.credentials[name])
    observer = ScopeObserver(context.open_live(), state, context.new_id, wake)
    chains = observer.observe_all([(index.databases[place], asked[place]) for place in asked], are_named=are_named)
    found = {
        (place, credential.name): finding
        for (place, credentials), findings in zip(asked.items(), chains, strict=True)
        for credential, finding in zip(credentials, findings, strict=True)
    }
    return _Observed(index, {pair: found[pair] for pair in pairs})
