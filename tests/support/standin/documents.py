"""Documents of a collection, as a real Data API stores, counts, pages, and refuses them.

Measured on 2026-11-30 with an open-source Data API on Apache Cassandra 5.0.4: `insertOne` is create-if-absent, a page holds 50
documents whatever the limit, a document has at most 4,000,000 characters, counting stops at 1,000, `$vector` beside `$vectorize`
is refused, and a filter on `_id` and a second field is a query that Apache Cassandra does not know.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.support.standin import data_errors as errors
from tests.support.standin.data_errors import DataApiError
from tests.support.standin.server import Answer

PAGE: Final = 50
LARGEST_DOCUMENT_CHARACTERS: Final = 4_000_000
MOST_INSERTED: Final = 100
COUNTED_AT_MOST: Final = 1_000
_MISSING: Final = object()

Document = dict[str, Any]
Vectorize = Callable[[list[Document]], None]


@dataclass(slots=True)
class Documents:
    """The documents of one collection. `vectorize` puts vectors where there are texts; `refuses_and`: plain Apache Cassandra."""

    stored: list[Document]
    vectorize: Vectorize
    refuses_and: bool = False

    def insert_one(self, document: Document) -> Answer:
        """Create the document unless its `_id` exists."""
        made = copy.deepcopy(document)
        self._require_storable(made)
        self._insert(made)
        return _status(insertedIds=[made["_id"]])

    def insert_many(self, documents: list[Document], options: dict[str, Any]) -> Answer:
        """Create documents; the first one that is refused ends an ordered call, and nothing else."""
        if len(documents) > MOST_INSERTED:
            raise errors.too_many_documents(MOST_INSERTED, len(documents))
        inserted: list[Any] = []
        faults: dict[int, DataApiError] = {}
        prepared = copy.deepcopy(documents)
        for document in prepared:
            self._require_storable(document)
        self.vectorize([item for item in prepared if "$vectorize" in item])
        for number, document in enumerate(prepared):
            try:
                self._insert(document, vectorize=False)
                inserted.append(document["_id"])
            except DataApiError as error:
                faults[number] = error
                if options.get("ordered", False):
                    break
        body: dict[str, Any] = {"status": {"insertedIds": inserted}}
        if options.get("returnDocumentResponses"):
            body["status"] = {
                "documentResponses": [*_responses(prepared, faults, ordered=options.get("ordered", False))]
            }
        if faults:
            body["errors"] = [error.error for error in faults.values()]
        return Answer(200, body)

    def find(self, body: dict[str, Any], found: list[Document] | None = None) -> Answer:
        """Return a page: `found` when a search sorted them, else what the filter matches, in the order of their `_id`."""
        documents = self._matching(body.get("filter") or {}) if found is None else found
        options = body.get("options") or {}
        start = int(options.get("pageState") or 0)
        limit = options.get("limit")
        end = min(start + PAGE, len(documents) if not limit else min(limit, len(documents)))
        page = [projected(item, body.get("projection") or {}) for item in documents[start:end]]
        more = end < (len(documents) if not limit else min(limit, len(documents))) and found is None
        return Answer(200, {"data": {"documents": page, "nextPageState": str(end) if more else None}})

    def count(self, body: dict[str, Any]) -> Answer:
        """Count what the filter matches, up to 1,000."""
        number = len(self._matching(body.get("filter") or {}))
        if number > COUNTED_AT_MOST:
            return _status(count=COUNTED_AT_MOST, moreData=True)
        return _status(count=number)

    def update_one(self, body: dict[str, Any]) -> Answer:
        """Set fields of the first match; a text that is set is embedded anew."""
        matching = self._matching(body.get("filter") or {})
        if not matching:
            return _status(matchedCount=0, modifiedCount=0)
        changes = (body.get("update") or {}).get("$set") or {}
        changed = {**matching[0], **copy.deepcopy(changes)}
        if "$vectorize" in changes:
            changed.pop("$vector", None)
            self.vectorize([changed])
        self._replace(matching[0], changed)
        return _status(matchedCount=1, modifiedCount=1)

    def find_one_and_replace(self, body: dict[str, Any]) -> Answer:
        """Replace the first match whole."""
        matching = self._matching(body.get("filter") or {})
        if not matching:
            return Answer(200, {"data": {"document": None}, "status": {"matchedCount": 0, "modifiedCount": 0}})
        made = {"_id": matching[0]["_id"], **copy.deepcopy(body["replacement"])}
        self._require_storable(made)
        if "$vectorize" in made:
            self.vectorize([made])
        self._replace(matching[0], made)
        return Answer(200, {"data": {"document": matching[0]}, "status": {"matchedCount": 1, "modifiedCount": 1}})

    def delete_one(self, body: dict[str, Any]) -> Answer:
        """Delete the first match."""
        matching = self._matching(body.get("filter") or {})
        if matching:
            self.stored.remove(matching[0])
        return _status(deletedCount=int(bool(matching)))

    def delete_many(self, body: dict[str, Any]) -> Answer:
        """Delete every match."""
        matching = self._matching(body.get("filter") or {})
        for item in matching:
            self.stored.remove(item)
        return _status(deletedCount=len(matching) if body.get("filter") else -1)

    def _insert(self, document: Document, *, vectorize: bool = True) -> None:
        document.setdefault("_id", str(uuid.uuid4()))
        if any(item["_id"] == document["_id"] for item in self.stored):
            raise errors.document_exists(document["_id"])
        if vectorize and "$vectorize" in document:
            self.vectorize([document])
        self.stored.append(document)

    def _require_storable(self, document: Document) -> None:
        if "$vectorize" in document and "$vector" in document:
            raise errors.vector_beside_vectorize()
        size = len(json.dumps(document, ensure_ascii=False))
        if size > LARGEST_DOCUMENT_CHARACTERS:
            raise errors.document_too_large(size, LARGEST_DOCUMENT_CHARACTERS)

    def _replace(self, old: Document, new: Document) -> None:
        self.stored[next(number for number, item in enumerate(self.stored) if item is old)] = new

    def _matching(self, wanted: dict[str, Any]) -> list[Document]:
        if self.refuses_and and "_id" in wanted and len(wanted) > 1:
            raise errors.unsupported_query()
        return [item for item in self.stored if all(_matches(item, name, test) for name, test in wanted.items())]


def projected(document: Document, projection: dict[str, Any]) -> Document:
    """Return what a projection shows: everything but the special fields by default, all of it for `{"*": 1}`."""
    if projection.get("*"):
        return document
    special = {"$vector", "$vectorize", "$lexical"}
    shown = {name for name, is_shown in projection.items() if is_shown}
    hidden = (special - shown) | {name for name, is_shown in projection.items() if not is_shown}
    plain = {name for name in shown if not name.startswith("$")}
    return {
        name: value
        for name, value in document.items()
        if name not in hidden and (not plain or name in shown or name in ("_id", "$similarity"))
    }


def _matches(document: Document, name: str, test: Any) -> bool:
    value: Any = document
    for part in name.split(".") if not name.startswith("$") else [name]:
        value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
    operators: dict[str, Callable[[Any], bool]] = {
        "$eq": lambda wanted: bool(value == wanted),
        "$in": lambda wanted: value in wanted,
        "$exists": lambda wanted: (value is not _MISSING) == wanted,
        "$gt": lambda wanted: value is not _MISSING and value > wanted,
        "$gte": lambda wanted: value is not _MISSING and value >= wanted,
        "$lt": lambda wanted: value is not _MISSING and value < wanted,
        "$lte": lambda wanted: value is not _MISSING and value <= wanted,
    }
    if isinstance(test, dict) and test and set(test) <= set(operators):
        return all(operators[operator](wanted) for operator, wanted in test.items())
    return bool(value == test)


def _responses(
    documents: list[Document], faults: dict[int, DataApiError], *, ordered: bool
) -> Iterator[dict[str, Any]]:
    failed = list(faults)
    for number, document in enumerate(documents):
        if number in faults:
            yield {"_id": document.get("_id"), "status": "ERROR", "errorsIdx": failed.index(number)}
        elif ordered and failed and number > failed[0]:
            yield {"_id": document.get("_id"), "status": "SKIPPED"}
        else:
            yield {"_id": document["_id"], "status": "OK"}


def _status(**what: Any) -> Answer:
    return Answer(200, {"status": what})
