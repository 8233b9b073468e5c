"""A host that only the state names gets nothing until the user has said so, at a terminal or in the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.cli import Cli
from tests.support.live import LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.cli.prompts import Prompter
from vzctl.clients.http import Http
from vzctl.clients.message import Call, Reply
from vzctl.errors import AstraError, ExitStatus

PRODUCTS = "shop/default_keyspace/products"
EVIL = "https://evil.example.com"


@pytest.fixture
def user(cli: Cli) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        yield live_user(cli, stand_in, "astra")


@pytest.fixture
def elsewhere(user: LiveUser) -> LiveUser:
    """A user whose state names a strange endpoint."""
    user.cli.ok("databases", "edit", "shop", "--endpoint", EVIL)
    return user


def test_a_script_ends_with_the_lines_to_add(elsewhere: LiveUser) -> None:
    result = elsewhere.cli.run("probe", PRODUCTS, "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["code"]) == (ExitStatus.AUTH, "HOST_NOT_TRUSTED")
    assert document["error"]["evidence"][1:] == ["[trust]", f'hosts = ["{EVIL}"]']
    assert not (elsewhere.cli.state.parents[1] / "trusted-hosts").exists()


def test_a_project_file_may_not_name_a_host(elsewhere: LiveUser) -> None:
    (elsewhere.cli.folder / ".vzctl.toml").write_text(f'[trust]\nhosts = ["{EVIL}"]\n', encoding="utf-8")
    result = elsewhere.cli.run("probe", PRODUCTS)
    assert (result.status, "may not be set by a project file" in result.err) == (ExitStatus.USAGE, True)


def test_what_is_no_address_is_refused(elsewhere: LiveUser) -> None:
    elsewhere.cli.configure(elsewhere.cli.configuration + '[trust]\nhosts = ["evil.example.com."]\n')
    result = elsewhere.cli.run("probe", PRODUCTS)
    assert (result.status, "trust.hosts" in result.error) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize("answer", [True, False])
def test_the_answer_at_a_terminal_is_remembered_only_when_it_is_yes(
    elsewhere: LiveUser, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    asked: list[tuple[str, str]] = []

    def trust(_prompter: Prompter, origin: str, what: str) -> bool:
        asked.append((origin, what))
        return answer

    monkeypatch.setattr(Prompter, "is_interactive", True)
    monkeypatch.setattr(Prompter, "trust", trust)
    monkeypatch.setattr(Http, "send", _on_this_machine)
    for _ in range(2):
        elsewhere.cli.run("probe", PRODUCTS)
    path = elsewhere.cli.state.parents[1] / "trusted-hosts"
    assert path.exists() == answer
    if answer:
        assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == (f"{EVIL}\n", 0o600)
    assert asked == [(EVIL, "the Astra token")] * (1 if answer else 2)


SEND = Http.send


def _on_this_machine(http: Http, call: Call) -> Reply:
    http.trust.require(call.url, "asked before")
    if call.url.startswith(EVIL):
        raise AstraError("nothing is sent in a test", code="STOPPED")
    return SEND(http, call)
