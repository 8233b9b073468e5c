"""The one way to change the state: plan, show, ask, plan again under the store's guard, write once.

A command describes its change as a pure function from a state to a `Plan`. `propose` reads and plans without a lock; then the
user is shown the plan and asked, keys are read and tested. `Proposal.commit` calls the function again with the state as it is
then, under the guard. When that state no longer leads to what was shown, or rests on something else than what was checked, nothing
is written. So no command can act on a state that it, or its user, has not seen. A name that leads to another record by then (a
credential removed and added again, another organization's state at the path) is another subject, whatever the plan looks like.

The function must be pure: it may be called any number of times. Times and ids are made once, before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from vzctl.errors import ConflictError
from vzctl.usecases.context import Danger

if TYPE_CHECKING:
    from vzctl.domain.state.state import State
    from vzctl.store.state_store import Written
    from vzctl.usecases.context import Context, Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[T]):
    """What a command makes of one state.

    `state` is the state afterwards; `data` what the command needs of the plan for its output. `question` is what the user is
    asked, with the lines to read before. `basis` holds what was checked or computed before the guard was acquired: the versions
    that a key was compared with, the records a decision rests on. `details` and `subjects` go into the audit.
    """

    state: State
    data: T
    question: Question | None = None
    basis: object = None
    details: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(slots=True)
class Proposal(Generic[T]):
    """A plan for the state as it was read, and how to plan again.

    `is_seen` is False once `--yes` has answered the question unseen: then any other routine question may take its place, so that
    scripts that run at the same moment do not refuse each other, but no destructive one.
    """

    context: Context
    before: State
    plan: Plan[T]
    replan: Callable[[State], Plan[T]]
    is_seen: bool = True

    def ask(self) -> None:
        """Ask the plan's question; raises `CancelledError` or `InputRequiredError`."""
        if self.plan.question is not None:
            self.is_seen = self.context.confirm(self.plan.question) is not False

    def commit(self) -> Written[Plan[T]]:
        """Plan again under the guard and write; raises `ConflictError` (`CHANGED_MEANWHILE`) when the plan is another one now."""

        def planned_again(state: State) -> Plan[T]:
            if state.lineage != self.before.lineage:
                raise changed_meanwhile(*self.plan.subjects)
            plan = self.replan(state)
            is_same = all(_leads_to_same(self.before, state, name) for name in plan.subjects)
            if not is_same or plan.basis != self.plan.basis or not self._is_answered(plan.question):
                raise changed_meanwhile(*plan.subjects)
            return plan

        return self.context.state_store.update(planned_again)

    def _is_answered(self, question: Question | None) -> bool:
        """Whether the user's answer covers this question too."""
        if question == self.plan.question:
            return True
        return not self.is_seen and (question is None or question.danger is Danger.MODERATE)


def _leads_to_same(before: State, now: State, name: str) -> bool:
    """Whether no credential and no database of this name was replaced by another one of the same name."""
    old, new = before.credential(name), now.credential(name)
    if old is not None and new is not None and old.id != new.id:
        return False
    had, has = ({item.id for item in state.databases if item.name == name} for state in (before, now))
    return not had or not has or not had.isdisjoint(has)


def stable_ids(context: Context) -> Callable[[str], str]:
    """Return a source of new ids that gives the same id for the same key, so that a plan made twice is the same plan."""
    return cache(lambda _key: context.new_id())


def propose(context: Context, replan: Callable[[State], Plan[T]]) -> Proposal[T]:
    """Read the state and plan; nothing is locked."""
    return propose_from(context, context.state_store.read(), replan)


def propose_from(context: Context, before: State, replan: Callable[[State], Plan[T]]) -> Proposal[T]:
    """Plan from a state that was read earlier: what was computed from it since, or asked of the network, rests on it."""
    return Proposal(context, before, replan(before), replan)


def apply(context: Context, replan: Callable[[State], Plan[T]]) -> Written[Plan[T]]:
    """Plan, ask, plan again, write: a change between whose plan and writing there is nothing but its question."""
    proposal = propose(context, replan)
    proposal.ask()
    return proposal.commit()


def changed_meanwhile(*subjects: str) -> ConflictError:
    """Return the error for a state that changed between plan and write; nothing was written."""
    named = ", ".join(f'"{item}"' for item in subjects)
    return ConflictError(
        f"the state changed while this command was waiting{f' ({named})' if named else ''}: the plan no longer applies, "
        "and nothing was changed; run the command again to see the new plan",
        code="CHANGED_MEANWHILE",
        retryable=True,
    )
