"""`databases wait`."""

from __future__ import annotations

import pytest

from tests.support.cli import SHOP, Cli
from tests.support.live import LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.errors import ExitStatus

SOON = ("--every", "0.01", "--for", "20")


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in, "astra")


def test_a_database_that_is_there(user: LiveUser) -> None:
    result = user.cli.run("databases", "wait", "shop")
    assert (result.status, result.facts["status"], result.facts["looks"]) == (0, "ACTIVE", "1")


def test_one_that_comes_up(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].status = "INITIALIZING"
    result = user.cli.run("databases", "wait", "shop", "--status", "active", *SOON)
    assert (result.status, result.facts["looks"]) == (0, "3")
    assert result.err == '"shop" is INITIALIZING\nwaiting until "shop" is ACTIVE: at most 20 s left\n"shop" is ACTIVE\n'


def test_a_hibernated_one_is_woken_when_that_is_wanted(user: LiveUser) -> None:
    cluster = user.astra.world.clusters[SHOP]
    cluster.status = "HIBERNATED"
    result = user.cli.run("databases", "wait", "shop", "--every", "0.01", "--for", "0.05")
    assert (result.status, cluster.status) == (ExitStatus.CONFLICT, "HIBERNATED")
    assert result.error == 'the database "shop" is hibernated; a request would wake it, and its billing would go on'
    assert f"next: vzctl databases wait {SHOP} --status ACTIVE --wake\n    # wake it on purpose" in result.err
    result = user.cli.run("databases", "wait", "shop", "--wake", *SOON)
    assert (result.status, result.facts["status"]) == (0, "ACTIVE")


def test_waiting_ends(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].status = "MAINTENANCE"
    result = user.cli.run("databases", "wait", "shop", "--every", "0.01", "--for", "0.05")
    assert result.status == ExitStatus.ASTRA
    assert 'error: "shop" is MAINTENANCE after 0.05 seconds, not ACTIVE\n' in result.err


def test_what_will_never_be_is_not_waited_for(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].status = "TERMINATED"
    result = user.cli.run("databases", "wait", "shop", *SOON)
    assert (result.status, result.error) == (ExitStatus.ASTRA, '"shop" is TERMINATED; it will not become ACTIVE')


@pytest.mark.parametrize("words", [("--for", "0"), ("--every", "0"), ("--for", "nan")])
def test_no_time_is_no_time(words: tuple[str, ...], user: LiveUser) -> None:
    assert user.cli.run("databases", "wait", "shop", *words).status == ExitStatus.USAGE


def test_a_self_hosted_database_has_no_status(tmp_path_factory: pytest.TempPathFactory, stand_in: StandIn) -> None:
    user = live_user(Cli.create(tmp_path_factory.mktemp("local") / "user"), stand_in)
    result = user.cli.run("databases", "wait", "shop")
    assert (result.status, "has no status" in result.err) == (ExitStatus.CONFLICT, True)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"status": 401}, ExitStatus.AUTH, "rejects the Astra token"),
        ({"status": 403}, ExitStatus.AUTH, "may not list databases"),
        ({"status": 404}, ExitStatus.NOT_FOUND, "Astra knows no database"),
        ({"status": 500}, ExitStatus.ASTRA, "answered HTTP 500"),
        ({"status": 200, "body": "<html>"}, ExitStatus.ASTRA, "answered HTTP 200"),
        ({"status": 200, "body": {"id": 1}}, ExitStatus.ASTRA, "without an id"),
        ({"status": 302, "headers": {"Location": "https://evil.example.com"}}, ExitStatus.ASTRA, "points to another"),
        ({"reset": True}, ExitStatus.ASTRA, "broke the connection"),
    ],
    ids=str,
)
def test_bad_luck(fault: dict[str, object], status: ExitStatus, words: str, user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(times=None, path="/devops", **fault)
    result = user.cli.run("databases", "wait", "shop")
    assert (result.status, words in result.err) == (status, True), result.err
    assert user.astra.token not in result.err
