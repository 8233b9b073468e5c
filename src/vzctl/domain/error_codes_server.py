"""Error codes of the server family that are not about embeddings: the Data API itself and the database behind it."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_UNSCOPED: Final = (
    described(
        "INTERNAL_SERVER_ERROR",
        "The Data API met a condition that its own code rules out.",
        "Report it with the error's id; a missing URL parameter in the text means that the collection lacks a setting.",
    ),
    described(
        "UNEXPECTED_SERVER_ERROR",
        "Some part of the Data API threw an exception that nothing caught; the code says nothing about which.",
        "Look at error class and message, or paste the whole text into `vzctl diagnose`.",
        how_to_decide=(
            "SyncServiceClient, /integrations-type/ or a credential address: the credential service (astra); a provider's host, "
            "JsonEOF or an empty answer during $vectorize: the provider; CQL or driver classes: the database (astra)."
        ),
        vectorize=True,
    ),
)

_DATABASE: Final = (
    described(
        "COLLECTION_NO_INDEX_ERROR",
        "The collection lacks an index that every collection has, so it cannot be queried.",
        "Copy the documents into a newly created collection; somebody dropped the index outside the Data API.",
    ),
    described(
        "COLLECTION_SCHEMA_VERSION_INVALID",
        "The stored description of the collection has a version that this Data API does not know.",
        "Use a Data API at least as new as the one that made the collection, or create it again.",
    ),
    described(
        "CORRUPTED_COLLECTION_SCHEMA",
        "The table behind the collection no longer looks as the Data API left it.",
        "Ask Astra support for a repair, or create the collection again; keep CQL tools away from its table.",
    ),
    described(
        "COUNT_READ_FAILED",
        "The database could not finish counting the documents.",
        "Retry, narrow the filter, or use estimatedDocumentCount.",
    ),
    described(
        "DOCUMENT_FROM_DB_UNPARSEABLE",
        "A stored document is not valid JSON, so it cannot be read back.",
        "Find the document by its _id and replace it; tell those who write to the table by CQL.",
    ),
    described(
        "FAILED_COMPARE_AND_SET",
        "It is not known whether a conditional write went through.",
        "Read the document, then repeat the command; repeating is harmless for collections.",
    ),
    described(
        "FAILED_CONCURRENT_OPERATIONS",
        "Other requests kept changing the same document or row until the Data API gave up.",
        "Retry with a random pause, and spread writes that all hit one document.",
    ),
    described(
        "FAILED_READ_REQUEST",
        "Too many replicas failed while they answered a read.",
        "Retry; if it lasts, check the health of the database or its status page.",
    ),
    described(
        "FAILED_TO_CONNECT_TO_DATABASE",
        "No node of the database accepted a connection from the Data API.",
        "Check that the database is active and not hibernated, then retry.",
    ),
    described(
        "FAILED_TO_READ_METADATA",
        "Connected, but the driver could not read which keyspaces and tables there are.",
        "Retry; if it stays, check that the token's role may read the schema.",
        how_to_decide="A token of another role that works points at permissions, the same failure for all at an outage.",
    ),
    described(
        "FAILED_TRUNCATION",
        "Emptying the whole collection or table failed: that needs every node at once.",
        "Retry when all nodes are up, or delete with a filter.",
    ),
    described(
        "FAILED_WRITE_REQUEST",
        "Too many replicas failed while they carried out a write.",
        "Read back what a table holds before you repeat the write; for a collection simply retry.",
    ),
    described(
        "INVALID_COLLECTION_QUERY",
        "The query that was made for the collection is not valid for the database.",
        "Simplify filter and sort to see which part is refused, and report it with the underlying problem.",
    ),
    described(
        "INVALID_DATABASE_QUERY",
        "The database refused a query of the Data API for its content, though its grammar is right.",
        "Do not retry; rewrite the command in another way and report the CQL in the text.",
    ),
    described(
        "TIMEOUT_READING_DATA",
        "Not enough replicas answered a read in the time allowed.",
        "Retry; use an index or a narrower filter when it comes with one query only.",
    ),
    described(
        "TIMEOUT_WRITING_DATA",
        "Not enough replicas confirmed a write in the time allowed; it may have happened all the same.",
        "Look whether the data is there, then repeat; write smaller batches.",
    ),
    described(
        "UNAVAILABLE_DATABASE",
        "The database did not begin the query because too few replicas are up.",
        "Wait and retry; look at the database's status.",
    ),
    described(
        "UNEXPECTED_DOCUMENT_ID_TYPE",
        "A stored document has an id of a type that the Data API never writes.",
        "Look for what else writes to the table of this collection, and replace that document.",
    ),
    described(
        "UNEXPECTED_DRIVER_ERROR",
        "The database driver failed in a way that has no code of its own; the outcome is uncertain.",
        "Check by reading what was done, and judge by error class and message whether to retry.",
        how_to_decide="Closed or refused connections and timeouts pass (astra_unavailable); anything else is a server bug.",
    ),
    described(
        "UNSUPPORTED_DATABASE_QUERY",
        "The Data API wrote a query whose grammar the database does not accept.",
        "Report it; on a self-hosted database compare its version with what this Data API needs.",
    ),
)

_KEYSPACE: Final = (
    described(
        "UNKNOWN_KEYSPACE",
        "There is no keyspace of that name in this database, as far as the Data API or the database can see.",
        "List them with findKeyspaces and use or create one; when it was made a moment ago, retry.",
        how_to_decide="Scope SCHEMA: the name is wrong. Scope DATABASE: Data API and database disagree for a moment.",
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("SERVER", "", _UNSCOPED),
    *section("SERVER", "DATABASE", _DATABASE),
    *section("REQUEST SERVER", "SCHEMA DATABASE", _KEYSPACE),
)
