"""SIGKILL before and after every write of every command that changes keys or scopes, and halfway through the data of each.

An undisturbed run is looked at from both sides of every write, and killed wherever that would leave another machine than an
earlier kill did: see `distinct`. A point that the undisturbed run had and the killed run did not reach fails the test, and
so does a child that ends in any other way than by SIGKILL, and a machine that is not as it was when it was looked at. What
is left is checked as it is, and then each of the documented ways on is taken from a copy of it.
"""

from __future__ import annotations

import dataclasses
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.crash.aftermath import (
    check_again,
    check_at_rest,
    check_resume,
    check_roll_back,
    check_settled,
    expect,
    last_rotation,
)
from tests.crash.machine import Command, Machine, make_machine
from tests.crash.organization import MANUAL, NAME, NEW_KEY
from tests.crash.reader import Service, held_items, served, stored_items
from tests.crash.scenarios import SCENARIOS, Scenario, replace_points
from tests.support.crash import Look, Strike
from tests.support.fork_server import ForkServer
from vzctl.domain.state.records import Step
from vzctl.errors import ExitStatus

pytestmark = pytest.mark.slow
Find = Callable[[str, str], Machine]
CASES = [pytest.param(scenario, store, id=f"{scenario}-{store}") for scenario in SCENARIOS for store in scenario.stores]
EXEC_CASES = [pytest.param(scenario, id=str(scenario)) for scenario in SCENARIOS if "exec" in scenario.stores]


def distinct(looks: Sequence[Look]) -> Iterator[Look]:
    """Yield the looks that must be killed: the first of those that saw the same disk, because a kill leaves it as it is.

    While a program of the store works, it goes on after the kill, and every point is tried; but nothing is written between
    two points, so that after the one is before the next.
    """
    seen: set[str] = set()
    for look, following in zip(looks, [*looks[1:], None], strict=True):
        if look.is_known and look.whole not in seen:
            seen.add(look.whole)
            yield look
        elif not look.is_known and (look.when == "before" or following is None or following.when == "after"):
            yield look


def check_seen_before(victim: Machine, look: Look | None) -> None:
    """A kill has left what was there when the undisturbed run was looked at."""
    if look is not None and look.is_known:
        assert victim.signatures() == (look.whole, look.essence)


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
        ended = whole.look(scenario.command)
        assert ended.status == scenario.command.status, ended
        self.points = ended.points
        self.looks = ended.looks
        self.after = served(whole)
        self.seen: set[str] = set()
        self.continued: set[str] = set()
        check_at_rest(whole, self.allowed(whole))
        self.continue_from(whole)

    def strikes(self) -> Iterator[tuple[Strike, Look | None]]:
        """Every point from both sides, where that makes a difference, and halfway through where data is written."""
        for look in distinct(self.looks):
            yield Strike(look.number, look.when), look
        for number, label in enumerate(self.points):
            if label.startswith("~"):
                yield Strike(number, how="torn"), None

    def examine(self, victim: Machine) -> None:
        """Check a killed machine as it is, and from there the ways on; equal machines only once."""
        signature, essence = victim.signatures()
        if signature not in self.seen:
            self.seen.add(signature)
            check_at_rest(victim, self.allowed(victim))
        if essence not in self.continued:
            self.continued.add(essence)
            self.continue_from(victim)

    def allowed(self, machine: Machine) -> list[Service]:
        """What may be served: before or after. A rotation changes what is served with its very last step, either way."""
        if not self.scenario.is_rotation:
            return [self.before, self.after]
        rotation = last_rotation(machine)
        step = rotation.step if rotation is not None else None
        if self.before == self.new:
            return [self.old if step is Step.ROLLED_BACK else self.new]
        return [self.new if step is Step.DONE else self.old]

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
        removal = Command(("credentials", "remove", name, "--if-missing", "skip", "--yes"))
        state = machine.state()
        credential = state.credential(name)
        if state.is_local or credential is None or credential.current is None:
            machine.run(removal)
        else:
            # The manual step that adds it was shown, and only the user knows whether it was done.
            machine.run(dataclasses.replace(removal, status=MANUAL))
            machine.run(Command(("pending", "confirm", f"remove-credential:{name}", "--yes")))
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
    for strike, look in trial.strikes():
        victim = trial.base.copy()
        ended = victim.watch(scenario.command, strike)
        label = trial.points[strike.number]
        assert (ended.status, ended.struck) == (-signal.SIGKILL, label), (strike, label, ended)
        assert ended.points == trial.points[: len(ended.points)]
        try:
            check_seen_before(victim, look)
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
        "secrets purge",
        "secrets put",
        "secrets token",
    }


def test_a_kill_at_any_write_of_init_leaves_no_state_or_a_whole_one(fork_server: ForkServer, place: Path) -> None:
    begin = Command(("init", "--control-plane", "local", "--organization", "acme"))
    base = make_machine(fork_server, place / "init", "local", "file")
    shutil.rmtree(base.state_path.parent)
    whole = base.copy().look(begin)
    points = whole.points
    for look in distinct(whole.looks):
        victim = base.copy()
        ended = victim.watch(begin, Strike(look.number, look.when))
        assert (ended.status, ended.struck) == (-signal.SIGKILL, points[look.number])
        check_seen_before(victim, look)
        replaced = points.index("link state.toml")
        is_there = look.number > replaced or (look.number == replaced and look.when == "after")
        expect(victim, Command(("state", "check")), ExitStatus.OK if is_there else ExitStatus.NOT_FOUND)
        expect(victim, begin, ExitStatus.CONFLICT if is_there else ExitStatus.OK)
        check_at_rest(victim, [{}])
        victim.run(Command(("databases", "add", "alpha")))
        check_settled(victim, {})


@pytest.mark.parametrize("more", [(), ("--delete-source",)], ids=["copy", "move"])
def test_a_kill_at_any_write_of_a_migration_loses_no_key(more: tuple[str, ...], organization: Find) -> None:
    base = organization("local", "exec")
    old = served(base)
    migrate = Command(("secrets", "migrate", "--source", "exec", "--yes", *more))
    to_file = {"VZCTL_SECRET_STORE": "file"}
    whole = base.copy().look(migrate, more=to_file)
    seen = set()
    for look in distinct(whole.looks):
        victim = base.copy()
        ended = victim.watch(migrate, Strike(look.number, look.when), more=to_file)
        assert (ended.status, ended.struck) == (-signal.SIGKILL, whole.points[look.number])
        check_seen_before(victim, look)
        if (signature := victim.signatures()[0]) not in seen:
            seen.add(signature)
            # While the copies are made the source serves; once something is deleted there, the target does.
            target = dataclasses.replace(victim, store="file")
            assert served(target if held_items(base.state()) - stored_items(victim) else victim) == old
            victim.run(migrate, more=to_file)
            assert served(target) == old
            assert stored_items(victim) == (set() if more else held_items(base.state()))
            check_settled(target, old)
        victim.destroy()


def test_a_note_does_not_take_the_place_of_a_change_whose_outcome_was_lost(organization: Find) -> None:
    machine = organization("local", "exec").copy()
    scope = Command(("scope", "add", NAME, "gamma"))
    ended = machine.watch(scope, Strike(replace_points(machine, scope)[0], "after"))
    assert ended.status == -signal.SIGKILL
    machine.run(Command(("secrets", "migrate", "--source", "exec", "--yes")), more={"VZCTL_SECRET_STORE": "file"})
    (audit,) = machine.ask(("audit", "--limit", "2"))
    serial = machine.state().serial
    assert [(change["command"], change["serial"], change["outcome"]) for change in audit["changes"]] == [
        ("scope add", serial, "done"),
        ("secrets migrate", serial, "done"),
    ]
