"""Looking whether a person's steps at the Portal are in force, as far as databases show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import PendingStep
from vzctl.domain.rules import listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Database
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.dependents.check_result import NOT_LOOKED_AT
from vzctl.usecases.live import Live, require_one_asked, unless_it_fails
from vzctl.usecases.observation.scope import NOT_OBSERVABLE, REFUSED, USABLE, ControlProbe, observe_scope
from vzctl.usecases.outcome import Notice

DONE: Final = "done"
NOT_DONE: Final = "not done"


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
    eyes = _Eyes(context, context.open_live(), Index(state), wake, are_named)
    answers = {step.id: eyes.answer(step) for step in steps}
    missing = [step.id for step in steps if answers[step.id] == NOT_DONE]
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
    left = [step for step in steps if answers[step.id] == NOT_LOOKED_AT]
    left += [step for step in steps if step not in left and any(_builds_on(step, other) for other in left)]
    require_one_asked(list(eyes.errors.values()), len(steps) - len(left))
    return SeenSteps(
        seen=frozenset(step.id for step in steps if answers[step.id] == DONE and step not in left),
        left=frozenset(step.id for step in left),
        warnings=(*eyes.notices(), *(Notice("STILL_PENDING", f"not confirmed: {item.id}", item.id) for item in left)),
    )


def _builds_on(step: PendingStep, other: PendingStep) -> bool:
    """Whether a step can be confirmed only after another one: a scope after its credential, an integration's end last."""
    if other.kind != "credential":
        return False
    if other.verb == "add":
        return step.kind == "scope" and step.credential == other.credential
    return step.kind == "integration" and step.verb == "remove" and step.provider == other.provider


@dataclass(slots=True)
class _Eyes:
    """Looks once for each credential and database, however many steps are about them."""

    context: Context
    live: Live
    index: Index
    wake: bool
    are_named: bool
    errors: dict[str, VzctlError] = field(default_factory=dict)
    unseen: dict[tuple[str, str], str] = field(default_factory=dict)
    found: dict[tuple[str, str], str] = field(default_factory=dict)

    def answer(self, step: PendingStep) -> str:
        """Return whether a step is in force."""
        credential = self.index.credentials.get(step.credential or "")
        if credential is None:
            return NOT_OBSERVABLE
        places = [step.database] if step.database is not None else sorted(credential.database_ids)
        seen = [self._look(credential, self.index.databases[place]) for place in places]
        if step.verb == "add":
            # One database that can use a credential shows that it exists; one that cannot may be out of its scope.
            if USABLE in seen:
                return DONE
            if step.kind == "scope" and REFUSED in seen:
                return NOT_DONE
            return NOT_LOOKED_AT if NOT_LOOKED_AT in seen else NOT_OBSERVABLE
        if USABLE in seen:
            return NOT_DONE
        if NOT_LOOKED_AT in seen:
            return NOT_LOOKED_AT
        return DONE if seen and set(seen) == {REFUSED} else NOT_OBSERVABLE

    def _look(self, credential: Credential, database: Database) -> str:
        place = (credential.name, database.id)
        if place not in self.found:
            asked = self._ask(credential, database)
            if isinstance(asked, VzctlError):
                self.errors.setdefault(database.id, asked)
                self.found[place] = NOT_LOOKED_AT
            else:
                self.found[place], words = asked
                if self.found[place] == NOT_OBSERVABLE:
                    self.unseen[credential.name, database.name] = words or NOT_OBSERVABLE
        return self.found[place]

    def _ask(self, credential: Credential, database: Database) -> tuple[str, str | None] | VzctlError:
        def ask() -> tuple[str, str | None]:
            self.live.require_awake(self.index.state, database, wake=self.wake)
            api = self.live.data_api(self.index.state, database)
            return observe_scope(api, credential, ControlProbe.of(self.context.new_id))

        if database.id in self.errors:
            return self.errors[database.id]
        return ask() if self.are_named else unless_it_fails(ask)

    def notices(self) -> tuple[Notice, ...]:
        """Return where nothing could be seen, and why."""
        return (
            *(
                Notice("NOT_LOOKED_AT", f"not looked at: {self.index.database_name(item)} ({error.message})", item)
                for item, error in self.errors.items()
            ),
            *(
                Notice("SCOPES_NOT_OBSERVABLE", f'"{name}" in {database} is not observable: {words}', name)
                for (name, database), words in self.unseen.items()
            ),
        )
