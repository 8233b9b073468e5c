"""Databases, tokens and organizations: what exists, before anybody asks for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

SINGLE_TENANT: Final = "SINGLE-TENANT"
SYSTEM_KEYSPACES: Final = (
    "system_auth",
    "system_schema",
    "system_distributed",
    "system",
    "system_traces",
    "system_views",
    "system_virtual_schema",
)


@dataclass(slots=True)
class Keyspace:
    """Collections with their options and documents, tables with their columns and rows."""

    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    vector_indexes: dict[str, set[str]] = field(default_factory=dict)
    """The columns with a vector index, by table: without one a column cannot be searched."""


@dataclass(slots=True)
class Cluster:
    """A database. A hibernated one is woken by a request to its Data API, and is active `wakes_after` looks later."""

    id: str
    name: str
    region: str = "us-east1"
    status: str = "ACTIVE"
    organization: str = "acme"
    keyspaces: dict[str, Keyspace] = field(default_factory=lambda: {"default_keyspace": Keyspace()})
    wakes_after: int = 2
    is_vector: bool = True
    forgets_services: bool = False
    """Like plain Apache Cassandra: vectorize settings of tables are accepted and then gone."""
    refuses_and: bool = False
    """Like plain Apache Cassandra: a filter on `_id` and a second field is a query that it does not know."""

    def look(self) -> str:
        """Return the status; one that comes up is nearer to it after each look."""
        if self.status in ("RESUMING", "INITIALIZING", "PENDING"):
            self.wakes_after -= 1
            if self.wakes_after < 0:
                self.status = "ACTIVE"
        return self.status


@dataclass(slots=True)
class Token:
    """What a token may do: which databases (None: all of its organization), and whether it may write."""

    organization: str = "acme"
    databases: frozenset[str] | None = None
    may_write: bool = True
    may_see_databases: bool = True


@dataclass(slots=True)
class World:
    """Everything there is."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def add(self, cluster: Cluster) -> Cluster:
        """Let a database exist."""
        self.clusters[cluster.id] = cluster
        return cluster

    def visible(self, token: Token) -> list[Cluster]:
        """Return the databases of a token's organization that it may see."""
        return [
            item
            for item in self.clusters.values()
            if item.organization == token.organization and (token.databases is None or item.id in token.databases)
        ]
