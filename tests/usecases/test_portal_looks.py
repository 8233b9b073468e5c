"""A rotation on `astra` looks whether each step of a person is in force before it offers the next one."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli, Result
from tests.support.live import KEY, OTHER_KEY, LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.errors import ExitStatus

LOOK_ONCE = ("--wait", "0")


@dataclass
class Person:
    """Somebody who rotates "openai-prod" and does the steps at the Portal."""

    user: LiveUser

    @property
    def cli(self) -> Cli:
        return self.user.cli

    def begin(self, *words: str) -> Result:
        self.user.astra.providers.add("openai", OTHER_KEY)
        words = ("credentials", "rotate", "openai-prod", "--secret-stdin", "--yes", *words)
        return self.cli.run(*words, stdin=OTHER_KEY)

    def remove(self) -> None:
        self.user.astra.portal.remove("openai-prod")

    def recreate(self, *databases: str, key: str = OTHER_KEY) -> None:
        self.user.astra.portal.add("openai-prod", "openai", key, *databases)

    def resume(self, *words: str) -> Result:
        return self.cli.run("rotations", "resume", "openai-prod", *words)

    def attest(self, *steps: str, words: tuple[str, ...] = LOOK_ONCE) -> Result:
        return self.resume(*(part for step in steps for part in ("--attest", step)), *words)

    @property
    def rotation(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cli.document()["rotations"][-1]
        return found

    @property
    def credential(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cli.document()["credentials"][0]
        return found

    def checks(self) -> dict[str, str]:
        shown = json.loads(self.cli.run("rotations", "show", "openai-prod", "-o", "json").out)
        return {item["what"]: item["result"] for item in shown["data"]["checks"]}


@pytest.fixture
def person(cli: Cli, stand_in: StandIn) -> Person:
    return Person(live_user(cli, stand_in, "astra"))


@pytest.fixture
def begun(person: Person) -> Person:
    assert person.begin().status == ExitStatus.MANUAL
    return person


def looks(result: Result) -> list[str]:
    """Return the lines that say what was looked at."""
    words = [(line.split(":")[0].split(" ")[0], line) for line in result.err.splitlines()]
    return [line for word, line in words if word.isupper() and word != "OUTAGE"]


def test_every_step_that_databases_show_is_seen(begun: Person) -> None:
    begun.remove()
    removed = begun.attest("removed")
    assert (removed.status, looks(removed)) == (12, ["REMOVED: seen: refused in shop"])
    assert 'next, by a person: add the API key "openai-prod"' in removed.err
    begun.recreate()
    recreated = begun.attest("recreated")
    assert (recreated.status, looks(recreated)) == (
        12,
        ["RECREATED: not observable: no database shows it before it is in the scope"],
    )
    begun.user.astra.portal.scope("openai-prod", SHOP)
    scoped = begun.attest("scoped")
    assert (scoped.status, looks(scoped)) == (0, ["SCOPED 1/1: seen: usable in shop"])
    assert begun.checks() == {
        "the old credential was removed": "seen",
        "the name is the same": "seen",
        "the provider is the same": "seen",
        "the scope holds what it held": "seen",
        "no dependant is outside the scope": "seen",
        "the key in force is the right one": "attested",
        "the provider accepts the new key": "seen",
    }
    assert begun.rotation["seen"] == ["REMOVED", SHOP]
    credential = begun.credential
    assert (credential["evidence"], [item["evidence"] for item in credential["scope"]]) == ("observed", ["observed"])


def test_a_step_that_is_not_in_force_is_not_gone_on_from(begun: Person) -> None:
    result = begun.attest("removed")
    assert (result.status, begun.rotation["step"], "seen" in begun.rotation) == (12, "REMOVED", False)
    assert result.err.splitlines() == [
        "REMOVED: not seen: usable in shop",
        'the rotation of "openai-prod" stands at REMOVED',
        "it is not in force yet, as far as databases show it: a change may take minutes",
        "next: vzctl rotations resume openai-prod",
        "  # look again",
        "next: vzctl rotations resume openai-prod --attest recreated",
        '  # if you did this too: add the API key "openai-prod"',
        "next: vzctl rotations resume openai-prod --skip-look",
        "  # go on without having seen it",
        "next: vzctl rotations rollback openai-prod",
        "  # or take it back",
    ]
    begun.remove()
    again = begun.resume(*LOOK_ONCE)
    assert (again.status, looks(again)) == (12, ["REMOVED: seen: refused in shop"])
    assert 'next, by a person: add the API key "openai-prod"' in again.err


def test_the_result_of_a_look_is_in_the_answer_for_scripts(begun: Person) -> None:
    document = json.loads(begun.attest("removed", words=(*LOOK_ONCE, "-o", "json")).out)
    assert document["data"]["looks"] == [{"step": "REMOVED", "result": "not seen", "detail": "usable in shop"}]
    assert (document["code"], document["changed"], document["data"]["next_step"]) == (
        "ROTATION_OPEN",
        True,
        "RECREATED",
    )


@pytest.mark.slow
def test_a_change_that_is_on_its_way_is_waited_for(begun: Person) -> None:
    begun.user.astra.portal.delay = 4
    begun.remove()
    result = begun.attest("removed", words=("--wait", "60"))
    assert (result.status, looks(result)) == (12, ["REMOVED: seen: refused in shop"])
    assert "waiting until REMOVED is in force: at most 60 s left\n" in result.err


def test_half_of_a_scope_is_told(person: Person) -> None:
    person.cli.run("scope", "add", "openai-prod", "logs")
    person.cli.ok("pending", "confirm", "--all")
    person.begin()
    person.remove()
    person.attest("removed")
    person.recreate(SHOP)
    result = person.attest("recreated", "scoped")
    assert (result.status, person.rotation["seen"]) == (12, ["REMOVED", SHOP])
    assert looks(result) == ["SCOPED 2/2: not seen: usable in shop; refused in logs"]
    person.user.astra.portal.scope("openai-prod", SHOP, LOGS)
    done = person.resume(*LOOK_ONCE)
    assert (done.status, looks(done)) == (0, ["SCOPED 2/2: seen: usable in logs"])
    assert person.checks()["the scope holds what it held"] == "seen"


def test_what_is_seen_in_some_databases_only_is_partly_seen(person: Person) -> None:
    person.cli.run("scope", "add", "openai-prod", "logs")
    person.cli.ok("pending", "confirm", "--all")
    person.begin()
    person.remove()
    person.user.astra.world.clusters[LOGS].status = "HIBERNATED"
    removed = person.attest("removed")
    assert looks(removed)[0].startswith("REMOVED: seen: refused in shop; not looked at: logs (")
    person.recreate(SHOP, LOGS)
    done = person.attest("recreated", "scoped")
    assert (done.status, person.user.astra.world.clusters[LOGS].status) == (0, "HIBERNATED")
    assert (person.checks()["the scope holds what it held"], person.checks()["no dependant is outside the scope"]) == (
        "partly seen",
        "seen",
    )
    evidence = {item["database"]: item["evidence"] for item in person.credential["scope"]}
    assert evidence == {SHOP: "observed", LOGS: "attested"}


def test_what_is_attested_in_one_breath_is_looked_at_once(begun: Person, stand_in: StandIn) -> None:
    begun.remove()
    begun.recreate(SHOP)
    result = begun.attest("removed", "recreated", "scoped")
    assert (result.status, looks(result)) == (0, ["SCOPED 1/1: seen: usable in shop"])
    assert begun.checks()["the old credential was removed"] == "attested"


def test_a_person_may_have_done_more_than_was_attested(begun: Person) -> None:
    begun.remove()
    begun.recreate(SHOP)
    assert begun.attest("removed").status == 12
    result = begun.attest("recreated", "scoped")
    assert (result.status, looks(result)) == (0, ["SCOPED 1/1: seen: usable in shop"])


def test_without_looking_a_persons_word_is_enough(begun: Person, stand_in: StandIn) -> None:
    stand_in.asked.clear()
    for step, status in (("removed", 12), ("recreated", 12), ("scoped", 0)):
        result = begun.attest(step, words=("--skip-look",))
        assert (result.status, looks(result)) == (status, [])
    assert (stand_in.asked, "seen" in begun.rotation) == ([], False)
    assert begun.checks()["the scope holds what it held"] == "attested"


def test_without_a_token_a_persons_word_is_enough(begun: Person, stand_in: StandIn) -> None:
    del begun.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]
    stand_in.asked.clear()
    result = begun.attest("removed", words=())
    assert (result.status, looks(result)) == (12, ["REMOVED: not observable: there is no Astra token to look with"])
    assert (stand_in.asked, begun.rotation["step"]) == ([], "REMOVED")


def test_another_variable_may_have_the_token(begun: Person) -> None:
    token = begun.cli.environment.pop("ASTRA_DB_APPLICATION_TOKEN")
    begun.remove()
    begun.cli.environment["OTHER"] = token
    result = begun.attest("removed", words=(*LOOK_ONCE, "--token-env", "OTHER"))
    assert looks(result) == ["REMOVED: seen: refused in shop"]


def test_an_astra_that_does_not_answer_ends_no_rotation(begun: Person, stand_in: StandIn) -> None:
    begun.remove()
    stand_in.fail(times=None, path="/db/", status=500)
    result = begun.attest("removed")
    assert result.status == 12
    assert looks(result)[0].startswith("REMOVED: not observable: not looked at: shop (the Data API of")


def test_what_a_server_says_is_shown_and_not_kept(person: Person, stand_in: StandIn) -> None:
    person.cli.run("scope", "add", "openai-prod", "logs")
    person.cli.ok("pending", "confirm", "--all")
    person.begin()
    person.remove()
    echo = "in these words a server may repeat anything"
    stand_in.fail(times=None, path=f"/db/{LOGS}", status=500, body={"detail": echo})
    result = person.attest("removed")
    assert (result.status, echo in looks(result)[0]) == (12, True)
    kept = b"".join(person.cli.everything().values()).decode(errors="replace")
    assert (echo in kept, "REMOVED: seen: refused in shop; not looked at: logs" in kept) == (False, True)


def test_a_rejected_token_ends_no_rotation(begun: Person) -> None:
    begun.cli.environment["ASTRA_DB_APPLICATION_TOKEN"] = "AstraCS:of:somebody-else"
    result = begun.attest("removed")
    assert (result.status, begun.rotation["step"]) == (12, "REMOVED")
    assert looks(result)[0].startswith("REMOVED: not observable: ")


def test_where_invented_names_are_accepted_nothing_can_be_seen(begun: Person, stand_in: StandIn) -> None:
    errors = [{"errorCode": "INVALID_CREATE_COLLECTION_OPTIONS", "message": "Model name 'x' is not supported"}]
    stand_in.fail(times=None, path="/default_keyspace", status=200, body={"errors": errors})
    result = begun.attest("removed")
    assert looks(result)[0].startswith("REMOVED: not observable: not looked at: shop (an invented name was not refused")


def test_on_the_way_back_the_same_is_looked_at(begun: Person) -> None:
    begun.remove()
    begun.attest("removed")
    back = begun.cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod", *LOOK_ONCE)
    assert (back.status, 'add the API key "openai-prod"' in back.err) == (12, True)
    begun.recreate(SHOP, key=KEY)
    done = begun.cli.run(
        "rotations", "rollback", "openai-prod", "--attest", "recreated", "--attest", "scoped", *LOOK_ONCE
    )
    assert (done.status, looks(done)) == (0, ["SCOPED 1/1: seen: usable in shop"])
    assert begun.checks()["the scope holds what it held"] == "seen"
    assert begun.checks()["the provider accepts the new key"] == "not checkable"


def test_a_leaked_key_that_still_works_is_not_gone_on_from(person: Person) -> None:
    words = ("--leaked", "--revoke-first", "--confirm", "openai-prod")
    assert person.begin(*words).status == ExitStatus.MANUAL
    result = person.attest("revoked")
    assert (result.status, looks(result)) == (
        ExitStatus.MANUAL,
        ["REVOKED: not seen: the old key still works at OpenAI"],
    )
    person.user.astra.providers.revoke("openai", KEY)
    result = person.resume(*LOOK_ONCE)
    assert (result.status, looks(result)) == (
        ExitStatus.MANUAL,
        ["REVOKED: seen: the old key is rejected by OpenAI"],
    )
    person.remove()
    person.recreate(SHOP)
    assert person.attest("removed", "recreated", "scoped").status == 0
    assert person.checks()["the old key was revoked"] == "seen"


def test_a_provider_whose_answer_does_not_tell_ends_no_rotation(person: Person, stand_in: StandIn) -> None:
    assert person.begin("--leaked", "--revoke-first", "--confirm", "openai-prod").status == ExitStatus.MANUAL
    stand_in.fail(times=None, path="/openai", status=500)
    result = person.attest("revoked")
    assert (result.status, looks(result)) == (
        ExitStatus.MANUAL,
        ["REVOKED: not observable: not looked at: OpenAI (its answer does not tell)"],
    )
    assert 'next, by a person: remove the API key "openai-prod"' in result.err


def test_a_database_that_was_forgotten_meanwhile_is_not_looked_at(person: Person) -> None:
    person.cli.run("scope", "add", "openai-prod", "logs")
    person.cli.ok("pending", "confirm", "--all")
    person.begin()
    person.remove()
    text = person.cli.state.read_text(encoding="utf-8")
    entry = re.search(rf'\[\[databases\]\]\nid = "{LOGS}"\n(?:[^\[]+\n)', text)
    assert entry is not None
    scope = re.search(rf'\[\[credentials\.scope\]\]\ndatabase = "{LOGS}"\n(?:[^\[]+\n)', text)
    for found in (entry, scope):
        text = text.replace(found[0], "") if found else text
    person.cli.state.write_text(text, encoding="utf-8")
    result = person.attest("removed")
    assert looks(result) == [f"REMOVED: seen: refused in shop; not looked at: {LOGS} (it is no longer in the state)"], (
        result.err
    )


@pytest.mark.parametrize("wait", ["-1", "86401", "nan"])
def test_a_time_to_wait_that_is_none_changes_nothing(begun: Person, wait: str) -> None:
    before = begun.cli.everything()
    result = begun.attest("removed", words=("--wait", wait))
    assert (result.status, result.error) == (2, "--wait takes seconds from 0, at most a day")
    assert begun.cli.everything() == before


# --- --until


@pytest.mark.parametrize(("step", "stands_at"), [("staged", "STAGED"), ("tested", "TESTED")])
def test_a_rotation_stops_at_a_step_when_that_is_wanted(person: Person, step: str, stands_at: str) -> None:
    result = person.begin("--until", step)
    assert (result.status, person.rotation["step"]) == (0, stands_at)
    assert "next: vzctl rotations resume openai-prod" in result.err
    again = person.resume("--until", step)
    assert (again.status, person.rotation["step"]) == (0, stands_at)
    assert person.resume().status == ExitStatus.MANUAL


def test_past_the_removal_a_stop_is_still_the_worst_news(begun: Person) -> None:
    begun.remove()
    result = begun.attest("removed", words=(*LOOK_ONCE, "--until", "removed"))
    assert (result.status, begun.rotation["step"]) == (12, "REMOVED")
    begun.recreate(SHOP)
    result = begun.attest("recreated", "scoped", words=(*LOOK_ONCE, "--until", "scoped"))
    assert (result.status, begun.rotation["step"]) == (12, "SCOPED")
    assert begun.resume().status == 0


def test_on_local_there_are_fewer_steps_to_stop_at(cli: Cli, stand_in: StandIn) -> None:
    person = Person(live_user(cli, stand_in, "local"))
    before = cli.everything()
    result = person.begin("--until", "removed")
    assert (result.status, result.error) == (
        2,
        "this rotation does not stop at removed; choose staged, tested",
    )
    assert cli.everything() == before
    assert person.begin("--until", "tested").status == 0
    assert (person.rotation["step"], person.credential["current"] == person.rotation["old_version"]) == ("TESTED", True)
    assert person.resume("--until", "scoped").status == 2
    assert person.resume().status == 0


@pytest.mark.parametrize("word", ["done", "nonsense", ""])
def test_a_word_that_is_no_step(person: Person, word: str) -> None:
    result = person.begin("--until", word)
    assert result.status == 2
    assert "rotations" not in person.cli.document()


# --- another key while a rotation is open


def test_a_replacing_key_is_tested_too(begun: Person) -> None:
    third = "sk-proj-third-of-them-all"
    words = ("rotations", "resume", "openai-prod", "--replace-secret", "--secret-stdin")
    before = begun.cli.everything()
    refused = begun.cli.run(*words, stdin=third)
    assert (refused.status, begun.cli.everything()) == (ExitStatus.PROVIDER, before)
    assert "next: vzctl rotations resume openai-prod --replace-secret\n    # again, with the right key" in refused.err
    begun.user.astra.providers.add("openai", third)
    assert begun.cli.run(*words, stdin=third).status == ExitStatus.MANUAL
    assert begun.rotation["key_test"]["provider"] == "works"


# --- what must not be passed over


@pytest.mark.slow
def test_what_was_seen_before_the_way_was_blocked_stays_seen(begun: Person, stand_in: StandIn) -> None:
    blocked = threading.Timer(1.5, lambda: stand_in.fail(times=None, path="/db/", status=500))
    blocked.start()
    result = begun.attest("removed", words=("--wait", "6"))
    blocked.join()
    assert (result.status, looks(result)) == (12, ["REMOVED: not seen: usable in shop"])
    assert "next: vzctl rotations resume openai-prod --skip-look" in result.err


@pytest.mark.slow
def test_databases_that_hang_are_looked_at_side_by_side(person: Person, stand_in: StandIn) -> None:
    """Eight at a time, the status included: one after the other they would take more than the limit of all tests."""
    for number in range(8):
        cluster_id = f"44444444-4444-4444-8444-44444444444{number}"
        person.user.astra.add(cluster_id, f"more-{number}")
        person.cli.ok("databases", "add", f"more-{number}", "--id", cluster_id, "--region", "us-east1")
        person.cli.run("scope", "add", "openai-prod", f"more-{number}")
    person.cli.ok("pending", "confirm", "--all")
    assert person.begin().status == ExitStatus.MANUAL
    stand_in.fail(times=None, path="/devops", status=503)
    result = person.attest("removed")
    assert (result.status, looks(result)[0].count("not looked at: ")) == (12, 9)


def test_nothing_shows_which_key_was_pasted(begun: Person) -> None:
    begun.remove()
    begun.recreate(SHOP, key=KEY)  # the old one
    result = begun.attest("removed", "recreated", "scoped")
    (entry,) = begun.cli.document()["revocations"]
    assert result.status == 0
    assert (
        "warning: nothing shows which key was pasted at the Portal: with the old one, everything stops when that is revoked"
    ) in result.err
    assert f"next: vzctl revocations done {entry['id']} --check" in result.err


def test_a_step_that_nobody_has_seen_is_shown_as_such(begun: Person) -> None:
    assert begun.attest("removed").status == 12
    shown = begun.cli.ok("rotations", "show", "openai-prod")
    assert "next: vzctl rotations resume openai-prod\n  # nobody has seen REMOVED in force: look" in shown.err
