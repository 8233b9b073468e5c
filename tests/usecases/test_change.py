"""The change mechanism by itself: what is asked, planned again, written, and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.cli import Cli
from tests.usecases.meanwhile import context_of, while_asked
from vzctl.cli.flags import Flags
from vzctl.cli.wiring import Services
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import CancelledError, ConflictError
from vzctl.usecases.change import Plan, apply, propose, propose_from, stable_ids
from vzctl.usecases.context import Context, Danger, Question

pytestmark = pytest.mark.every_state_store

NEW = Database(id="99999999-9999-4999-8999-999999999999", name="new")


def adding(state: State, *, basis: object = None, lines: tuple[str, ...] = ()) -> Plan[str]:
    return Plan(
        state=state.with_database(NEW),
        data=f"{len(state.databases)} before",
        question=Question("Add?", "new", lines=lines),
        basis=basis,
        details=("add new",),
        subjects=("new",),
    )


def names(context: Context) -> list[str]:
    return [item.name for item in context.state_store.read().databases]


def test_the_plan_under_the_guard_is_the_one_that_is_written(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = while_asked(cli.init(), monkeypatch, lambda: cli.ok("databases", "add", "other"))
    before = names(context)
    written = apply(context, adding)
    assert (written.plan.data, written.changed) == (f"{len(before) + 1} before", True)
    assert names(context) == [*before, "other", "new"]


def test_another_question_is_another_plan(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = while_asked(cli.init(), monkeypatch, lambda: cli.ok("databases", "add", "other"))
    before = names(context)
    with pytest.raises(ConflictError) as caught:
        apply(context, lambda state: adding(state, lines=tuple(item.name for item in state.databases)))
    assert (caught.value.code, caught.value.retryable) == ("CHANGED_MEANWHILE", True)
    assert names(context) == [*before, "other"]


def test_another_basis_is_another_plan_also_where_nothing_is_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of(cli.init(), monkeypatch)
    proposal = propose(context, lambda state: replace(adding(state, basis=state.serial), question=None))
    cli.ok("databases", "add", "other")
    with pytest.raises(ConflictError):
        proposal.commit()
    assert "new" not in names(context)


def test_a_plan_rests_on_the_state_that_it_was_computed_from(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of(cli.init(), monkeypatch)
    read_earlier = context.state_store.read()
    cli.ok("databases", "add", "other")
    with pytest.raises(ConflictError):
        propose_from(context, read_earlier, lambda state: adding(state, basis=len(state.databases))).commit()


def test_a_routine_question_that_was_answered_unseen_may_change(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts that run at the same moment with `--yes` do not refuse each other."""

    def meanwhile(_: Question) -> bool:
        cli.ok("databases", "add", "other")
        return False

    context = context_of(cli.init(), monkeypatch, confirm=meanwhile)
    before = names(context)
    apply(context, lambda state: adding(state, lines=tuple(item.name for item in state.databases)))
    assert names(context) == [*before, "other", "new"]


def test_a_question_that_was_answered_unseen_covers_no_destructive_one(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: Question) -> bool:
        cli.ok("databases", "add", "other")
        return False

    def plan(state: State) -> Plan[str]:
        danger = Danger.MODERATE if len(state.databases) == 1 else Danger.SEVERE
        return replace(adding(state), question=Question("Add?", "new", danger))

    context = context_of(cli.init(), monkeypatch, confirm=meanwhile)
    with pytest.raises(ConflictError) as caught:
        apply(context, plan)
    assert (caught.value.code, "new" in names(context)) == ("CHANGED_MEANWHILE", False)


def test_yes_answers_unseen_and_a_typed_name_does_not(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cli.init().environment.items():
        monkeypatch.setenv(name, value)
    severe = Question("Remove?", "shop", Danger.SEVERE)
    assert Services(Flags(yes=True), "test").prompter.confirm(Question("Add?", "new")) is False
    assert Services(Flags(confirm="shop"), "test").prompter.confirm(severe) is True


def test_a_no_writes_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise CancelledError("cancelled", code="CANCELLED")

    context = while_asked(cli.init(), monkeypatch, refuse)
    with pytest.raises(CancelledError):
        apply(context, adding)
    assert "new" not in names(context)


def test_a_plan_that_changes_nothing_writes_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of(cli.init(), monkeypatch)
    serial = context.state_store.read().serial
    written = apply(context, lambda state: replace(adding(state), state=state))
    assert (written.changed, written.before.serial, written.after.serial) == (False, serial, serial)


def test_a_plan_made_twice_uses_the_same_ids(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = stable_ids(context_of(cli.init(), monkeypatch))
    assert (ids("a"), ids("b")) == (ids("a"), ids("b"))
    assert ids("a") != ids("b")
