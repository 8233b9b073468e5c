"""What an answer is, by its content; file names say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vzctl.answers.answer import Answer
from vzctl.answers.contents import read_collections, read_tables
from vzctl.answers.databases import looks_like_database, read_databases
from vzctl.answers.failure import refused
from vzctl.answers.json_text import parse_json
from vzctl.answers.providers import read_providers

KINDS: Final = "GET /v2/databases, findEmbeddingProviders, findCollections and listTables with explain"
_REQUESTS: Final = ("findCollections", "listTables", "findEmbeddingProviders")
_PAGE_STATE: Final = "nextPageState"


def read_answer(data: bytes, source: str) -> Answer:
    """Return the answer in the bytes, or raise `UsageError` that says what is wrong with them."""
    document = parse_json(data, source)
    if isinstance(document, list):
        if all(looks_like_database(item) for item in document):
            return read_databases(document, source, is_page=True)
        raise _unknown(source)
    if not isinstance(document, dict):
        raise _unknown(source)
    if document.get("errors"):
        raise refused(source, "is the answer to a request that failed: it has errors", "ANSWER_OF_FAILURE")
    if looks_like_database(document):
        return read_databases([document], source, is_page=False)
    if any(name in document for name in _REQUESTS):
        raise refused(source, "is a request, not the answer to it", "ANSWER_UNKNOWN")
    status = document.get("status")
    if isinstance(status, dict):
        return _of_data_api(document, status, source)
    raise _unknown(source)


def _of_data_api(document: Mapping[str, Any], status: Mapping[str, Any], source: str) -> Answer:
    kinds = [key for key in ("embeddingProviders", "collections", "tables") if key in status]
    if len(kinds) != 1:
        raise _unknown(source)
    if kinds == ["embeddingProviders"]:
        return read_providers(status["embeddingProviders"], source)
    has_more = any(part.get(_PAGE_STATE) for part in (document, status, _data(document)))
    if kinds == ["collections"]:
        return read_collections(status, source, has_more=has_more)
    return read_tables(status, source, has_more=has_more)


def _data(document: Mapping[str, Any]) -> Mapping[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _unknown(source: str) -> Exception:
    return refused(source, f"is JSON, but no answer that sync reads: {KINDS}", "ANSWER_UNKNOWN")
