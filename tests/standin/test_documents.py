"""The stand-in's documents do what was measured of a genuine Data API, seen through a real client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.conftest import definition
from tests.support.standin.astra import Astra
from tests.support.standin.documents import LARGEST_DOCUMENT_CHARACTERS

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def collection(database: Any) -> Any:
    return database.create_collection("products", definition=definition())


def command(collection: Any, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = collection.command(body, raise_api_errors=False)
    return found


def code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["errorCode"])


def test_an_insert_is_create_if_absent(collection: Any) -> None:
    assert command(collection, insertOne={"document": {"_id": 1, "a": 1}})["status"] == {"insertedIds": [1]}
    assert code(command(collection, insertOne={"document": {"_id": 1, "a": 2}})) == "DOCUMENT_ALREADY_EXISTS"
    assert collection.find_one({"_id": 1})["a"] == 1


def test_many_documents_each_get_a_status(collection: Any) -> None:
    collection.insert_one({"_id": "b"})
    documents = [{"_id": "a"}, {"_id": "b"}, {"_id": "c"}]
    options = {"ordered": False, "returnDocumentResponses": True}
    answer = command(collection, insertMany={"documents": documents, "options": options})
    assert answer["status"]["documentResponses"] == [
        {"_id": "a", "status": "OK"},
        {"_id": "b", "status": "ERROR", "errorsIdx": 0},
        {"_id": "c", "status": "OK"},
    ]
    assert code(answer) == "DOCUMENT_ALREADY_EXISTS"


def test_a_document_is_limited(collection: Any) -> None:
    answer = command(collection, insertOne={"document": {"_id": 1, "text": "x" * LARGEST_DOCUMENT_CHARACTERS}})
    assert code(answer) == "SHRED_DOC_LIMIT_VIOLATION"
    half = {"_id": 2, "text": "x" * (LARGEST_DOCUMENT_CHARACTERS // 2)}
    assert "errors" not in command(collection, insertOne={"document": half})


def test_a_vector_beside_a_text_is_refused(collection: Any) -> None:
    answer = command(collection, insertOne={"document": {"_id": 1, "$vectorize": "x", "$vector": [0.1] * 8}})
    assert code(answer) == "INVALID_USAGE_OF_VECTORIZE"


def test_a_page_has_fifty_documents_whatever_the_limit(collection: Any) -> None:
    for start in (0, 100):
        collection.insert_many([{"_id": number} for number in range(start, start + 100)], ordered=True)
    first = command(collection, find={"options": {"limit": 120}})["data"]
    assert (len(first["documents"]), first["nextPageState"] is not None) == (50, True)
    assert [item["_id"] for item in collection.find({}, limit=120)] == list(range(120))
    assert len(list(collection.find({}))) == 200


def test_everything_is_shown_only_when_it_is_asked_for(collection: Any) -> None:
    collection.insert_one({"_id": 1, "$vectorize": "a text", "name": "n"})
    assert collection.find_one({}) == {"_id": 1, "name": "n"}
    assert set(collection.find_one({}, projection={"*": True})) == {"_id", "name", "$vectorize", "$vector"}


def test_counting_stops_at_a_thousand(collection: Any) -> None:
    for start in range(0, 1100, 100):
        collection.insert_many([{"_id": number} for number in range(start, start + 100)], ordered=True)
    assert command(collection, countDocuments={})["status"] == {"count": 1000, "moreData": True}
    assert command(collection, countDocuments={"filter": {"_id": 5}})["status"] == {"count": 1}
    assert command(collection, estimatedDocumentCount={})["status"] == {"count": 0}


def test_a_text_that_is_set_is_embedded_anew(collection: Any) -> None:
    collection.insert_one({"_id": 1, "$vectorize": "one"})
    before = collection.find_one({}, projection={"*": True})["$vector"]
    collection.update_one({"_id": 1}, {"$set": {"$vectorize": "two"}})
    assert collection.find_one({}, projection={"*": True})["$vector"] != before


def test_apache_cassandra_refuses_a_filter_on_the_id_and_another_field(astra: Astra, collection: Any) -> None:
    collection.insert_one({"_id": 1, "serial": 1})
    body = {"filter": {"_id": 1, "serial": 1}, "replacement": {"serial": 2}}
    assert command(collection, findOneAndReplace=body)["status"]["modifiedCount"] == 1
    (cluster,) = astra.world.clusters.values()
    cluster.refuses_and = True
    body = {"filter": {"_id": 1, "serial": 2}, "replacement": {"serial": 3}}
    assert code(command(collection, findOneAndReplace=body)) == "UNSUPPORTED_DATABASE_QUERY"
