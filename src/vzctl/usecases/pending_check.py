"""Looking whether a person's steps at the Portal are in force, as far as databases show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vzctl.domain.index import Index
from vzctl.domain.pending import PendingStep
from vzctl.domain.records import Credential, Database
from vzctl.domain.rules import listed
from vzctl.domain.state import State
from vzctl.errors import AstraError, NextStep
from vzctl.usecases.context import Context
from vzctl.usecases.live import Live
from vzctl.usecases.scope_look import NOT_OBSERVABLE, REFUSED, USABLE, look

DONE: Final = "done"
NOT_DONE: Final = "not done"


def seen_steps(context: Context, state: State, steps: Sequence[PendingStep], *, wake: bool) -> frozenset[str]:
    """Return the ids of the steps that were seen to be in force; raise `AstraError` when one is seen not to be.

    What cannot be seen is neither: then a person's word is all there is.
    """
    eyes = _Eyes(context, context.open_live(), Index(state), wake)
    answers = {step.id: eyes.answer(step) for step in steps}
    missing = [step.id for step in steps if answers[step.id] == NOT_DONE]
    if missing:
        raise AstraError(
            f"not in force, as the databases show it: {listed(missing)}; nothing was recorded",
            code="NOT_IN_FORCE",
            side="astra",
            retryable=True,
            next_steps=(
                NextStep(
                    f"vzctl pending confirm {missing[0]} --check", "again in some minutes: changes take their time"
                ),
                NextStep("vzctl pending list", "what is to be done"),
            ),
        )
    return frozenset(step_id for step_id, answer in answers.items() if answer == DONE)


@dataclass(slots=True)
class _Eyes:
    """Looks once for each credential and database, however many steps are about them."""

    context: Context
    live: Live
    index: Index
    wake: bool
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
            return NOT_DONE if step.kind == "scope" and REFUSED in seen else NOT_OBSERVABLE
        if USABLE in seen:
            return NOT_DONE
        return DONE if seen and set(seen) == {REFUSED} else NOT_OBSERVABLE

    def _look(self, credential: Credential, database: Database) -> str:
        place = (credential.name, database.id)
        if place not in self.found:
            self.live.require_awake(self.index.state, database, wake=self.wake)
            api = self.live.data_api(self.index.state, database)
            control, collection = f"vzctl-control-{self.context.new_id()}", f"vzctl_{self.context.new_id()}"
            self.found[place], _ = look(api, credential, control, collection)
        return self.found[place]
