"""SIGKILL before and after every write of every command that changes keys or scopes, and halfway through the data of each.

A point that the undisturbed run had and the killed run did not reach fails the test, and so does a child that ends in any
other way than by SIGKILL. What is left is looked at as it is, and then each of the documented ways on is taken from a copy
of it.
"""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.crash.aftermath import check_again, check_at_rest, check_resume, check_roll_back, check_settled
from tests.crash.machine import Command, Machine
from tests.crash.organization import NAME, NEW_KEY
from tests.crash.reader import Service, served
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.support.crash import Strike

pytestmark = pytest.mark.slow
Find = Callable[[str, str], Machine]
CASES = [pytest.param(scenario, store, id=f"{scenario}-{store}") for scenario in SCENARIOS for store in scenario.stores]
EXEC_CASES = [pytest.param(scenario, id=str(scenario)) for scenario in SCENARIOS if "exec" in scenario.stores]


class Trial:
    """One scenario on one machine: what it is before and after, and every ending that was tried already."""

    def __init__(self, scenario: Scenario, organization: Machine) -> None:
        self.scenario = scenario
        self.old = served(organization)
        self.new: Service = {**self.old, NAME: dataclasses.replace(self.old[NAME], key=NEW_KEY)}
        self.base = organization.copy()
        scenario.prepare(self.base)
        self.before = served(self.base)
        whole = self.base.copy()
        ended = whole.watch(scenario.command)
        assert ended.status == scenario.command.status, ended
        self.points = ended.points
        self.after = served(whole)
        self.seen: set[str] = set()
        self.continued: set[str] = set()
        check_at_rest(whole, [self.after])
        self.continue_from(whole)

    def strikes(self) -> Iterator[Strike]:
        """Every point from both sides, and halfway through where data is written."""
        for number, label in enumerate(self.points):
            yield Strike(number, "before")
            yield Strike(number, "after")
            if label.startswith("~"):
                yield Strike(number, how="torn")

    def examine(self, victim: Machine) -> None:
        """Check a killed machine as it is, and from there the ways on; equal machines only once."""
        signature = victim.signature()
        if signature not in self.seen:
            self.seen.add(signature)
            check_at_rest(victim, [self.before, self.after])
        essence = victim.signature(whole=False)
        if essence not in self.continued:
            self.continued.add(essence)
            self.continue_from(victim)

    def continue_from(self, victim: Machine) -> None:
        """Take each documented way on, from a copy."""
        if self.scenario.is_rotation:
            self.on_a_copy(victim, lambda machine: check_resume(machine, old=self.old, new=self.new))
            if self.scenario.can_go_back:
                self.on_a_copy(victim, lambda machine: check_roll_back(machine, old=self.old))
            return
        command, finished = self.scenario.command, self.scenario.finished
        self.on_a_copy(victim, lambda machine: check_again(machine, command, finished, after=self.after))
        if self.scenario.removable is not None:
            self.on_a_copy(victim, self.check_removal)

    def check_removal(self, machine: Machine) -> None:
        """Instead of going on, the credential is removed: nothing of it stays in the store."""
        name = self.scenario.removable
        assert name is not None
        machine.run(Command(("credentials", "remove", name, "--if-missing", "skip", "--yes")))
        check_settled(machine, {other: value for other, value in self.before.items() if other != name})

    def on_a_copy(self, victim: Machine, check: Callable[[Machine], None]) -> None:
        machine = victim.copy()
        check(machine)
        machine.destroy()


@pytest.mark.parametrize(("scenario", "store"), CASES)
def test_a_kill_at_any_write_leaves_one_working_key_and_a_way_on(
    scenario: Scenario, store: str, organization: Find, record_property: Callable[[str, object], None]
) -> None:
    trial = Trial(scenario, organization(scenario.plane, store))
    kills = 0
    for strike in trial.strikes():
        victim = trial.base.copy()
        ended = victim.watch(scenario.command, strike)
        label = trial.points[strike.number]
        assert (ended.status, ended.struck) == (-signal.SIGKILL, label), (strike, label, ended)
        assert ended.points == trial.points[: len(ended.points)]
        try:
            trial.examine(victim)
        except AssertionError as error:
            error.add_note(f"killed: {strike} at {label}, machine {victim.root}")
            raise
        victim.destroy()
        kills += 1
    record_property("points", len(trial.points))
    record_property("kills", kills)
    record_property("endings", len(trial.seen))
    print(f"{scenario}, {store}: {len(trial.points)} points, {kills} kills, {len(trial.seen)} endings")


@pytest.mark.parametrize("scenario", EXEC_CASES)
def test_a_kill_while_the_program_of_the_exec_store_works_leaves_one_working_key(
    scenario: Scenario, organization: Find
) -> None:
    trial = Trial(scenario, organization(scenario.plane, "exec"))
    whole = trial.base.copy()
    calls = whole.root / "calls"
    calls.touch()
    whole.watch(scenario.command, more={"CALLS": str(calls)})
    for number, verb in enumerate(calls.read_text().split(), start=1):
        for moment in ("asked", "torn", "done") if verb == "set" else ("asked", "done"):
            victim = trial.base.copy()
            strike = {"CALLS": str(victim.root / "calls"), "STRIKE_CALL": str(number), "STRIKE_AT": moment}
            ended = victim.watch(scenario.command, more=strike)
            assert ended.status == -signal.SIGKILL, (number, verb, moment, ended)
            assert (victim.root / "calls.struck").exists()
            try:
                trial.examine(victim)
            except AssertionError as error:
                error.add_note(f"killed: call {number}, {verb}, {moment}, machine {victim.root}")
                raise
            victim.destroy()


def test_a_scenario_for_every_command_that_touches_keys_is_here() -> None:
    verbs = {" ".join(scenario.command.words[:2]) for scenario in SCENARIOS}
    assert verbs == {
        "credentials add",
        "credentials remove",
        "credentials rotate",
        "pending confirm",
        "revocations done",
        "rotations resume",
        "rotations rollback",
        "scope add",
        "scope set",
        "secrets put",
    }
