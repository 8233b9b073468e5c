"""One observer of scopes: each database is asked once, with one control for each provider, and one that fails stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.builders import a_credential, a_database, a_state
from tests.support.standin.server import Answer, Asked, StandIn
from vzctl.clients.http import Http, Limits
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.domain.state.records import Database
from vzctl.errors import AstraError
from vzctl.secret import Secret
from vzctl.usecases.live import AstraToken, Live
from vzctl.usecases.observation.scope import ScopeAnswer, ScopeObserver

IN_SCOPE = a_credential("in-scope")
OUT_OF_SCOPE = a_credential("out-of-scope")
OTHER = a_credential("other", provider="mistral")


class DataApis:
    """Data APIs that know the credential `in-scope`; `failing` are names that are answered with 500."""

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.asked: list[tuple[str, str]] = []
        self.failing: set[str] = set()

    def add(self, name: str) -> Database:
        return a_database(name, endpoint=self.server.mount(f"/{name}", lambda asked: self.answer(name, asked)))

    def answer(self, name: str, asked: Asked) -> Answer:
        ((command, body),) = asked.body.items()
        if command == "findKeyspaces":
            self.asked.append((name, command))
            return Answer(200, {"status": {"keyspaces": ["default_keyspace"]}})
        key = body["options"]["vector"]["service"]["authentication"]["providerKey"]
        self.asked.append((name, "control" if key.startswith("vzctl-control-") else key))
        if key in self.failing or name in self.failing:
            return Answer(500, {})
        code = "OTHER" if key == "in-scope" else "VECTORIZE_CREDENTIAL_INVALID"
        error: dict[str, Any] = {
            "errorCode": code,
            "message": "the model is not supported" if code == "OTHER" else "no",
        }
        return Answer(200, {"errors": [error]})


@pytest.fixture
def apis(stand_in: StandIn) -> DataApis:
    return DataApis(stand_in)


@pytest.fixture
def live() -> Iterator[Live]:
    with Http(Limits(total_seconds=0.3)) as http:
        token = AstraToken(Secret("Cassandra:x"), "a test")
        yield Live(http=http, probes=ProviderProbes(http, {}), find_token=lambda: token)


def observer(live: Live, *databases: Database) -> ScopeObserver:
    ids = iter(range(100))
    state = a_state(databases=databases, credentials=(IN_SCOPE, OUT_OF_SCOPE, OTHER))
    return ScopeObserver(live, state, lambda: str(next(ids)))


def test_a_database_is_asked_once_with_one_control_for_each_provider(apis: DataApis, live: Live) -> None:
    shop = apis.add("shop")
    (found,) = observer(live, shop).observe_all([(shop, [IN_SCOPE, OUT_OF_SCOPE, OTHER])], are_named=True)
    assert [(item.answer, item.reason) for item in found] == [
        (ScopeAnswer.USABLE, None),
        (ScopeAnswer.REFUSED, "no"),
        (ScopeAnswer.REFUSED, "no"),
    ]
    assert [what for _, what in apis.asked] == [
        *("findKeyspaces", "control", "in-scope", "out-of-scope", "control", "other"),
    ]


def test_a_database_that_fails_keeps_what_it_has_shown_and_stops_no_other(apis: DataApis, live: Live) -> None:
    shop, logs = apis.add("shop"), apis.add("logs")
    apis.failing = {"out-of-scope"}
    asked = [(shop, [IN_SCOPE, OUT_OF_SCOPE, OTHER]), (logs, [OTHER])]
    found = observer(live, shop, logs).observe_all(asked, are_named=False)
    assert [[item.answer for item in findings] for findings in found] == [
        [ScopeAnswer.USABLE, ScopeAnswer.NOT_LOOKED_AT, ScopeAnswer.NOT_LOOKED_AT],
        [ScopeAnswer.REFUSED],
    ]
    first, second = found[0][1:]
    assert isinstance(first.error, AstraError)
    assert (first.error, first.reason) == (second.error, first.error.message)


def test_one_that_was_named_and_fails_ends_the_observation(apis: DataApis, live: Live) -> None:
    shop, logs = apis.add("shop"), apis.add("logs")
    apis.failing = {"shop"}
    with pytest.raises(AstraError, match="shop"):
        observer(live, shop, logs).observe_all([(shop, [IN_SCOPE]), (logs, [OTHER])], are_named=True)
