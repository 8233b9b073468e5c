"""A Data API, of Astra or self-hosted: commands on keyspaces, collections and tables, with `$vectorize`.

Databases are below `/ID`; a self-hosted one is the database `SINGLE-TENANT` of the credential service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.standin import data_errors as errors
from tests.support.standin.catalogue_answer import embedding_providers
from tests.support.standin.data_errors import DataApiError
from tests.support.standin.data_service import Embedder, Switches, checked
from tests.support.standin.documents import Documents
from tests.support.standin.portal import Portal
from tests.support.standin.providers import Providers
from tests.support.standin.server import Answer, Asked
from tests.support.standin.vectors import similarity
from tests.support.standin.world import SYSTEM_KEYSPACES, Cluster, Keyspace, Token, World

WRITES = frozenset(
    {
        "alterTable",
        "createCollection",
        "createTable",
        "createVectorIndex",
        "deleteCollection",
        "deleteMany",
        "deleteOne",
        "findOneAndReplace",
        "insertMany",
        "insertOne",
        "updateOne",
    }
)


@dataclass(slots=True)
class Request:
    """One command on its way through."""

    cluster: Cluster
    keyspace: Keyspace
    keyspace_name: str
    leaf: str
    body: dict[str, Any]
    embedder: Embedder


@dataclass(slots=True)
class DataApi:
    """Serves every database of the world. `tenant` is what the credential service calls a database; None: its id."""

    world: World
    portal: Portal
    providers: Providers
    tenant: str | None = None
    switches: Switches = field(default_factory=Switches)

    def serve(self, asked: Asked) -> Answer:
        """Answer one request."""
        with self.world.guard:
            try:
                return self._serve(asked)
            except DataApiError as error:
                return errors.answer(error)

    def _serve(self, asked: Asked) -> Answer:
        parts = [part for part in asked.path.split("/") if part]
        cluster = self.world.clusters.get(parts[0]) if parts else None
        if cluster is None or asked.method != "POST" or not isinstance(asked.body, dict) or len(asked.body) != 1:
            return Answer(404, "not found")
        token = self._token(asked, cluster)
        if cluster.status != "ACTIVE":
            if cluster.status == "HIBERNATED":
                cluster.status = "RESUMING"
            cluster.look()
            return Answer(503, "<html>the database is not active</html>")
        parts = parts[1:]
        if parts[:2] == ["api", "json"]:
            parts = parts[2:]
        assert parts[:1] == ["v1"], asked.path
        return self._command(asked, cluster, token, parts[1:])

    def _token(self, asked: Asked, cluster: Cluster) -> Token:
        text = asked.headers.get("token")
        if not text:
            raise errors.no_token()
        token = self.world.tokens.get(text)
        if token is None or cluster not in self.world.visible(token):
            raise errors.unauthenticated()
        return token

    def _command(self, asked: Asked, cluster: Cluster, token: Token, places: list[str]) -> Answer:
        (name, body) = next(iter(asked.body.items()))
        embedder = Embedder(
            self.providers,
            self.portal,
            self.switches,
            self.tenant or cluster.id,
            asked.headers.get("token", ""),
            asked.headers.get("x-embedding-api-key"),
        )
        if not places:
            return self._general(name, body or {}, cluster)
        keyspace = cluster.keyspaces.get(places[0])
        if keyspace is None:
            raise errors.no_keyspace(places[0])
        leaf = places[1] if len(places) > 1 else ""
        request = Request(cluster, keyspace, places[0], leaf, body or {}, embedder)
        if name in WRITES and not token.may_write:
            return self._refused(name, request)
        command = getattr(self, "_" + re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name), None)
        if command is None:
            return Answer(200, {"errors": [{"errorCode": "COMMAND_UNKNOWN", "message": f"No '{name}' command found"}]})
        found: Answer = command(request)
        return found

    def _general(self, name: str, body: dict[str, Any], cluster: Cluster) -> Answer:
        if name == "findKeyspaces":
            return _status(keyspaces=[*SYSTEM_KEYSPACES, *cluster.keyspaces])
        if name == "findEmbeddingProviders":
            options = body.get("options")
            return _status(embeddingProviders=embedding_providers(options, stored=self.switches.stored_credentials))
        return Answer(200, {"errors": [{"errorCode": "COMMAND_UNKNOWN", "message": f"No '{name}' command found"}]})

    def _refused(self, name: str, request: Request) -> Answer:
        error = errors.unauthorized(f"{request.keyspace_name}.{request.leaf or '*'}")
        if name == "insertOne":
            document = request.body["document"]
            error.error["documentIds"] = [document.get("_id")]  # type: ignore[assignment]
            self._vectorized(request, [dict(document)])
            return Answer(error.status, {"status": {"insertedIds": []}, "errors": [error.error]})
        raise error

    # Schema.

    def _find_collections(self, request: Request) -> Answer:
        return _named("collections", request, request.keyspace.collections, "options")

    def _list_tables(self, request: Request) -> Answer:
        return _named("tables", request, request.keyspace.tables, "definition")

    def _create_collection(self, request: Request) -> Answer:
        name = request.body["name"]
        options = self._collection_options(request, request.body.get("options") or {})
        known = request.keyspace.collections.get(name)
        if known is not None and known != options:
            raise errors.exists_differently(name)
        request.keyspace.collections[name] = options
        request.keyspace.documents.setdefault(name, [])
        return _status(ok=1)

    def _collection_options(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        options: dict[str, Any] = {}
        vector = given.get("vector")
        if vector is not None:
            made = {
                "dimension": vector.get("dimension"),
                "metric": vector.get("metric", "cosine"),
                "sourceModel": "other",
            }
            if vector.get("service") is not None:
                made["service"], made["dimension"] = self._service(request, vector["service"], vector.get("dimension"))
            options["vector"] = made
        return {**options, "lexical": {"enabled": False}, "rerank": {"enabled": False}}

    def _service(self, request: Request, service: dict[str, Any], dimension: int | None) -> tuple[dict[str, Any], int]:
        return checked(service, dimension, request.embedder.database, self.portal, self.switches)

    def _delete_collection(self, request: Request) -> Answer:
        request.keyspace.collections.pop(request.body["name"], None)
        request.keyspace.documents.pop(request.body["name"], None)
        return _status(ok=1)

    def _create_table(self, request: Request) -> Answer:
        definition = request.body["definition"]
        columns = {name: self._column(request, column) for name, column in definition["columns"].items()}
        key = definition["primaryKey"]
        primary = {"partitionBy": [key], "partitionSort": {}} if isinstance(key, str) else key
        name = request.body["name"]
        columns = dict(sorted(columns.items(), key=lambda item: (item[0] not in primary["partitionBy"], item[0])))
        request.keyspace.tables[name] = {"columns": columns, "primaryKey": primary}
        request.keyspace.rows.setdefault(name, [])
        return _status(ok=1)

    def _column(self, request: Request, column: Any) -> dict[str, Any]:
        if isinstance(column, str):
            return {"type": column}
        if column.get("type") != "vector":
            return dict(column)
        made: dict[str, Any] = {"type": "vector", "dimension": column.get("dimension")}
        if column.get("service") is not None:
            service, made["dimension"] = self._service(request, column["service"], column.get("dimension"))
            if not request.cluster.forgets_services:
                made["service"] = service
        made["apiSupport"] = {
            "createTable": True,
            "insert": True,
            "read": True,
            "filter": False,
            "cqlDefinition": f"vector<float, {made['dimension']}>",
        }
        return made

    def _alter_table(self, request: Request) -> Answer:
        columns = request.keyspace.tables[request.leaf]["columns"]
        operation = request.body["operation"]
        for name, service in (operation.get("addVectorize") or {}).get("columns", {}).items():
            if name not in columns:
                raise errors.unknown_column(name, f"{request.keyspace_name}.{request.leaf}")
            column = columns[name]
            stored, _ = self._service(request, service, column["dimension"])
            if not request.cluster.forgets_services:
                support = column.pop("apiSupport", {})
                column |= {"service": stored, "apiSupport": support}
        for name in (operation.get("dropVectorize") or {}).get("columns", []):
            columns[name].pop("service", None)
        return _status(ok=1)

    def _create_vector_index(self, request: Request) -> Answer:
        request.keyspace.vector_indexes.setdefault(request.leaf, set()).add(request.body["definition"]["column"])
        return _status(ok=1)

    # Documents and rows.

    def _insert_one(self, request: Request) -> Answer:
        if request.leaf in request.keyspace.tables:
            return self._insert_rows(request, [dict(request.body["document"])])
        return self._documents(request).insert_one(request.body["document"])

    def _insert_many(self, request: Request) -> Answer:
        if request.leaf in request.keyspace.tables:
            return self._insert_rows(request, [dict(item) for item in request.body["documents"]])
        return self._documents(request).insert_many(request.body["documents"], request.body.get("options") or {})

    def _insert_rows(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        self._vectorized(request, rows)
        table = request.keyspace.tables[request.leaf]
        keys = table["primaryKey"]["partitionBy"]
        request.keyspace.rows[request.leaf] += rows
        schema = {name: table["columns"][name] for name in keys}
        return _status(insertedIds=[[item[name] for name in keys] for item in rows], primaryKeySchema=schema)

    def _documents(self, request: Request) -> Documents:
        if request.leaf not in request.keyspace.collections:
            raise errors.no_collection(request.leaf)
        stored = request.keyspace.documents.setdefault(request.leaf, [])
        return Documents(stored, lambda texts: self._vectorized(request, texts), request.cluster.refuses_and)

    def _count_documents(self, request: Request) -> Answer:
        return self._documents(request).count(request.body)

    def _estimated_document_count(self, request: Request) -> Answer:
        # A real one counts what was flushed to disk: 0 for fresh data.
        return _status(count=0)

    def _update_one(self, request: Request) -> Answer:
        return self._documents(request).update_one(request.body)

    def _find_one_and_replace(self, request: Request) -> Answer:
        return self._documents(request).find_one_and_replace(request.body)

    def _delete_one(self, request: Request) -> Answer:
        return self._documents(request).delete_one(request.body)

    def _delete_many(self, request: Request) -> Answer:
        return self._documents(request).delete_many(request.body)

    def _vectorized(self, request: Request, documents: list[dict[str, Any]]) -> None:
        """Put vectors into the documents, where they have texts for them."""
        table = request.keyspace.tables.get(request.leaf)
        if table is None:
            texts = [item for item in documents if "$vectorize" in item]
            if texts:
                vector = self._vector_of(request)
                found = request.embedder.vectors(
                    vector["service"], vector["dimension"], [item["$vectorize"] for item in texts]
                )
                for item, made in zip(texts, found, strict=True):
                    item["$vector"] = made
            return
        columns = {name: column for name, column in table["columns"].items() if column["type"] == "vector"}
        wanted = [name for name in columns if any(isinstance(item.get(name), str) for item in documents)]
        self._require_services(request, columns, wanted)
        for name in wanted:
            texts = [item for item in documents if isinstance(item.get(name), str)]
            column = columns[name]
            found = request.embedder.vectors(column["service"], column["dimension"], [item[name] for item in texts])
            for item, made in zip(texts, found, strict=True):
                item[name] = made

    def _require_services(self, request: Request, columns: dict[str, Any], wanted: list[str]) -> None:
        missing = [name for name in wanted if "service" not in columns[name]]
        if missing:
            configured = [name for name, column in columns.items() if "service" in column]
            raise errors.column_not_configured(f"{request.keyspace_name}.{request.leaf}", configured, missing)

    def _require_index(self, request: Request, columns: dict[str, Any], name: str) -> None:
        indexed = request.keyspace.vector_indexes.get(request.leaf, set())
        if name not in indexed:
            vectors = [item for item, column in columns.items() if column["type"] == "vector"]
            raise errors.no_vector_index(f"{request.keyspace_name}.{request.leaf}", vectors, sorted(indexed), name)

    def _vector_of(self, request: Request) -> dict[str, Any]:
        options = request.keyspace.collections.get(request.leaf)
        if options is None:
            raise errors.no_collection(request.leaf)
        vector: dict[str, Any] = options.get("vector") or {}
        if "service" not in vector:
            raise errors.not_configured(request.leaf)
        return vector

    def _find_one(self, request: Request) -> Answer:
        request.body.setdefault("options", {})["limit"] = 1
        found = self._find(request)
        documents = found.body["data"]["documents"]
        return Answer(200, {"data": {"document": documents[0] if documents else None}})

    def _find(self, request: Request) -> Answer:
        if request.leaf in request.keyspace.tables:
            return self._find_rows(request)
        documents = self._documents(request)
        text = (request.body.get("sort") or {}).get("$vectorize")
        if text is None:
            return documents.find(request.body)
        vector = self._vector_of(request)
        (wanted,) = request.embedder.vectors(vector["service"], vector["dimension"], [text])
        return documents.find(request.body, _nearest(documents.stored, "$vector", wanted, request.body))

    def _find_rows(self, request: Request) -> Answer:
        columns = request.keyspace.tables[request.leaf]["columns"]
        rows = request.keyspace.rows[request.leaf]
        for name, wanted in (request.body.get("filter") or {}).items():
            rows = [row for row in rows if row.get(name) == wanted]
        for name, text in (request.body.get("sort") or {}).items():
            if isinstance(text, str):
                self._require_services(request, columns, [name])
                self._require_index(request, columns, name)
                (vector,) = request.embedder.vectors(columns[name]["service"], columns[name]["dimension"], [text])
                rows = _nearest(rows, name, vector, request.body)
        names = [name for name, shown in (request.body.get("projection") or {}).items() if shown] or list(columns)
        found = [{name: row[name] for name in names if name in row} for row in _limited(rows, request.body)]
        schema = {name: columns[name] for name in names if name in columns}
        data = {"documents": found, "nextPageState": None}
        return Answer(200, {"data": data, "status": {"projectionSchema": schema}})


def _status(**what: Any) -> Answer:
    return Answer(200, {"status": what})


def _named(kind: str, request: Request, things: dict[str, dict[str, Any]], field_name: str) -> Answer:
    if (request.body.get("options") or {}).get("explain"):
        return _status(**{kind: [{"name": name, field_name: things[name]} for name in sorted(things)]})
    return _status(**{kind: sorted(things)})


def _nearest(items: list[dict[str, Any]], name: str, wanted: list[float], body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items that have a vector, the most similar first, with `$similarity` when that is asked for."""
    scored = [(similarity(item[name], wanted), item) for item in items if isinstance(item.get(name), list)]
    scored.sort(key=lambda pair: -pair[0])
    if (body.get("options") or {}).get("includeSimilarity"):
        return [{**item, "$similarity": score} for score, item in scored]
    return [item for _, item in scored]


def _limited(items: list[dict[str, Any]], body: dict[str, Any]) -> list[dict[str, Any]]:
    limit = (body.get("options") or {}).get("limit")
    return items if limit is None else items[:limit]
