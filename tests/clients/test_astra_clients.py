"""The DevOps API and the Data API as clients see them: whole lists or an error, and every odd answer with its side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.standin.astra import TOKEN, Astra
from tests.support.standin.server import Answer, StandIn
from vzctl.clients.data_api import DataApi, Described
from vzctl.clients.devops import PAGE, DevOps
from vzctl.clients.http import Http
from vzctl.errors import AstraError, AuthError, NotFoundError, VzctlError
from vzctl.secret import Secret


@pytest.fixture
def astra(stand_in: StandIn) -> Astra:
    return Astra(stand_in)


@pytest.fixture
def devops(astra: Astra, http: Http) -> DevOps:
    return DevOps(http, astra.devops_url, Secret(TOKEN))


def database_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def ids(devops: DevOps) -> Iterator[str]:
    """Yield the databases of the list."""
    return (row["id"] for page in devops.pages() for row in page)


@pytest.fixture
def api(astra: Astra, http: Http) -> DataApi:
    astra.add(database_id(1), "shop")
    return DataApi(http, astra.endpoint(database_id(1)), Secret(TOKEN), "shop")


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 7])
def test_every_database_is_listed_once(count: int, astra: Astra, devops: DevOps, stand_in: StandIn) -> None:
    for number in range(count):
        astra.add(database_id(number), f"database-{number}")
    assert list(ids(devops)) == [database_id(number) for number in range(count)]
    assert len(stand_in.asked) == -(-count // PAGE) + 1


def test_a_database_has_a_status(astra: Astra, devops: DevOps) -> None:
    astra.add(database_id(1), "shop", region="eu-west-1", status="MAINTENANCE")
    assert (list(ids(devops)), devops.status(database_id(1))) == ([database_id(1)], "MAINTENANCE")


def test_terminated_databases_and_those_of_others_are_not_listed(astra: Astra, devops: DevOps) -> None:
    astra.add(database_id(1), "gone", status="TERMINATED")
    astra.add(database_id(2), "theirs", organization="other")
    assert list(ids(devops)) == []
    with pytest.raises(NotFoundError):
        devops.status(database_id(2))


def test_a_page_that_is_cut_short_is_an_error_and_no_shorter_list(
    astra: Astra, devops: DevOps, stand_in: StandIn
) -> None:
    for number in range(PAGE + 3):
        astra.add(database_id(number), f"database-{number}")
    listed = ids(devops)
    first = next(listed)
    stand_in.fail(times=None, truncated=True)
    with pytest.raises(AstraError, match="broke the connection"):
        list(listed)
    assert first == database_id(0)


def test_a_list_without_an_end_ends(astra: Astra, devops: DevOps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzctl.clients.devops.MOST_PAGES", 3)
    for number in range(4 * PAGE):
        astra.add(database_id(number), f"database-{number}")
    with pytest.raises(AstraError, match="did not come to an end"):
        list(ids(devops))


def test_a_page_that_comes_again_is_no_end(devops: DevOps, stand_in: StandIn) -> None:
    row = {"id": database_id(1), "info": {"name": "x"}, "status": "ACTIVE"}
    stand_in.fail(times=None, status=200, body=[row] * PAGE)
    with pytest.raises(AstraError, match="did not come to an end"):
        list(ids(devops))
    assert len(stand_in.asked) == 2


def test_a_page_with_fewer_than_were_asked_for_is_not_the_last(devops: DevOps, stand_in: StandIn) -> None:
    for number in (1, 2):
        row = {"id": database_id(number), "info": {"name": "x"}, "status": "ACTIVE"}
        stand_in.fail(status=200, body=[row])
    assert list(ids(devops)) == [database_id(1), database_id(2)]


def test_a_status_that_is_missing_in_a_description_is_unknown(devops: DevOps, stand_in: StandIn) -> None:
    stand_in.fail(status=200, body={"id": "a", "info": {}})
    assert devops.status("a") == "UNKNOWN"


def test_an_id_of_the_answer_cannot_lead_elsewhere(devops: DevOps, stand_in: StandIn) -> None:
    rows = [{"id": "../../evil?x=", "info": {}}] * PAGE
    stand_in.fail(status=200, body=rows)
    with pytest.raises(VzctlError, match="nothing was sent"):
        list(ids(devops))
    assert len(stand_in.asked) == 1


def test_keyspaces_of_the_system_are_left_out(astra: Astra, api: DataApi) -> None:
    assert api.keyspaces() == ["default_keyspace"]


def test_collections_and_columns_are_described(astra: Astra, api: DataApi) -> None:
    service = {
        "provider": "azureOpenAI",
        "modelName": "text-embedding-3-small",
        "authentication": {"providerKey": "azure.prod.providerKey"},
        "parameters": {"resourceName": "acme"},
    }
    vector = {"dimension": 8, "metric": "cosine", "service": service}
    keyspace = astra.world.clusters[database_id(1)].keyspaces["default_keyspace"]
    keyspace.collections |= {"plain": {}, "texts": {"vector": vector}}
    columns = {"id": {"type": "text"}, "v": {"type": "vector", "dimension": 4}, "w": {"type": "vector", **vector}}
    keyspace.tables["items"] = {"columns": columns, "primaryKey": {}}
    facts: dict[str, Any] = {
        "provider": "azureOpenAI",
        "model": "text-embedding-3-small",
        "dimension": 8,
        "credential": "azure.prod",
    }
    assert api.collections("default_keyspace") == [
        Described(table=None, name="plain"),
        Described(table=None, name="texts", options={"vector": vector}, **facts),
    ]
    assert api.columns("default_keyspace") == [
        Described(table="items", name="v", dimension=4),
        Described(table="items", name="w", **facts),
    ]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (
            Answer(401, {"errors": [{"errorCode": "UNAUTHENTICATED_REQUEST", "message": "no"}]}),
            AuthError,
            "TOKEN_REJECTED",
        ),
        (
            Answer(401, {"errors": [{"errorCode": "UNAUTHORIZED_ACCESS", "message": "no"}]}),
            AuthError,
            "TOKEN_LACKS_RIGHTS",
        ),
        (Answer(403, "<html>"), AuthError, "TOKEN_LACKS_RIGHTS"),
        (Answer(200, {"errors": [{"errorCode": "MISSING_AUTHENTICATION_TOKEN"}]}), AuthError, "TOKEN_REJECTED"),
        (Answer(503, "<html>"), AstraError, "DATABASE_NOT_READY"),
        (Answer(500, {"errors": []}), AstraError, "ASTRA_UNEXPECTED_ANSWER"),
        (Answer(200, "<html>"), AstraError, "ASTRA_UNEXPECTED_ANSWER"),
        (Answer(200, []), AstraError, "ASTRA_UNEXPECTED_ANSWER"),
        (Answer(302, {}, {"Location": "https://evil.example.com"}), AstraError, "ASTRA_UNEXPECTED_ANSWER"),
        (
            Answer(200, {"errors": [{"message": "no", "extensions": {"errorCode": "OLD_CODE"}}]}),
            AstraError,
            "DATA_API_REFUSED",
        ),
        (Answer(200, {"errors": ["odd"]}), AstraError, "DATA_API_REFUSED"),
    ],
    ids=str,
)
def test_every_odd_answer_is_one_error(
    answer: Answer, kind: type[VzctlError], code: str, api: DataApi, stand_in: StandIn
) -> None:
    stand_in.fail(times=None, status=answer.status, body=answer.body, headers=answer.headers)
    with pytest.raises(kind) as caught:
        api.keyspaces()
    assert (caught.value.code, caught.value.side) == (code, "astra")
    assert TOKEN[12:] not in caught.value.message
    if "OLD_CODE" in str(answer.body):
        assert caught.value.upstream_code == "OLD_CODE"


def test_an_answer_without_its_lists_is_an_empty_one(api: DataApi, stand_in: StandIn) -> None:
    stand_in.fail(times=None, status=200, body={"status": {"keyspaces": None, "collections": "x", "tables": [1]}})
    assert (api.keyspaces(), api.collections("k"), api.columns("k")) == ([], [], [])


@pytest.mark.parametrize("place", ["a/b", "../x", "", "a b"])
def test_a_crafted_keyspace_sends_nothing(place: str, api: DataApi, stand_in: StandIn) -> None:
    with pytest.raises(VzctlError, match="nothing was sent"):
        api.collections(place)
    assert stand_in.asked == []


def test_a_data_api_that_is_gone(api: DataApi, stand_in: StandIn) -> None:
    stand_in.fail(times=None, reset=True)
    with pytest.raises(AstraError) as caught:
        api.keyspaces()
    assert (caught.value.code, caught.value.message) == (
        "NO_ANSWER_RESET",
        'the Data API of "shop" broke the connection before its answer was complete',
    )
