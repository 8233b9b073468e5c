"""Rules for texts that carry an error code of the Data API which lays the error on Astra's side.

First come those whose text tells more than the code, or another side than the code; the bare codes follow.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from vzctl.domain.diagnosis.codes import ErrorCode, generic_codes
from vzctl.domain.diagnosis.make import answer, refined
from vzctl.domain.diagnosis.rule import CODE, PROVIDER, Needs, Rule

_GENERIC: Final = generic_codes()
_OPTIONS: Final = (
    "INVALID_CREATE_COLLECTION_OPTIONS",
    "VECTORIZE_SERVICE_TYPE_UNAVAILABLE",
    "VECTORIZE_SERVICE_NOT_REGISTERED",
    "VECTORIZE_SERVICE_TYPE_UNSUPPORTED",
    "EMBEDDING_PROVIDER_UNAVAILABLE",
    "INVALID_VECTORIZE_CONFIGURATION",
    "INVALID_REQUEST",
)
_KEY_LOOKUP: Final = (
    "VECTORIZE_CREDENTIAL_INVALID",
    "VECTORIZE_INVALID_AUTHENTICATION_TYPE",
    "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE",
    "EMBEDDING_GATEWAY_REQUEST_PROCESSING_ERROR",
    "EMBEDDING_GATEWAY_PROCESSING_ERROR",
    "EMBEDDING_GATEWAY_UNEXPECTED_RESPONSE",
    "EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",
)
_QUERIES: Final = (
    "INVALID_REQUEST",
    "INVALID_REQUST",
    "INVALID_QUERY",
    "SERVER_INVALID_QUERY",
    "INVALID_COLLECTION_QUERY",
    "INVALID_DATABASE_QUERY",
    "UNSUPPORTED_DATABASE_QUERY",
    "CORRUPTED_COLLECTION_SCHEMA",
    *_GENERIC,
)


_CREDENTIALS: Final = (
    refined(
        "credential-service-down",
        ("astra", "gateway_error"),
        _KEY_LOOKUP,
        "Astra's own credential service failed while it looked the credential up; the provider was not asked.",
        "Invalid credential name for vectorize: with error: UNAVAILABLE: io exception",
        """
        sync service | syncservice | deadline_exceeded | deadline exceeded | unavailable | timed out | timeout |
        internal server error | connection refused | unable to fetch | http 5 | io exception
        """,
        none="credential error from syncservice | credential_not_found | credential not found",
    ),
    refined(
        "credential-out-of-scope",
        ("astra", "scope_missing"),
        _KEY_LOOKUP,
        "The credential exists, but this database is not in its scope.",
        "Invalid credential name for vectorize, with error: (NOT_SCOPED): the database is not in scope of "
        "this credential",
        """
        not in scope | out of scope | not associated with | not authorized for database | is not scoped | no scope |
        not in the scope | missing scope for | scoped to | scope of the credential
        """,
    ),
    refined(
        "credential-unknown",
        ("astra", "credential_not_found"),
        _KEY_LOOKUP,
        "Astra has no credential of this name for this provider and database: the name is wrong, the "
        "credential was removed, or the database is not in its scope.",
        "Embedding Gateway unable to resolve authentication type. Underlying problem: Credential error from "
        "SyncService: (CREDENTIAL_NOT_FOUND) no such thing",
        """
        credential_not_found | credential not found | credential validation failed | integration credential is null |
        getcredential error | credential does not exist | no credential | credential error from syncservice
        """,
    ),
)

_SERVICES: Final = (
    refined(
        "authentication-unsupported",
        ("astra", "auth_type_unsupported"),
        _OPTIONS,
        "Astra does not offer this kind of authentication for the provider: a stored key where only a header "
        "is accepted, or the other way round.",
        "The provided options are invalid: Service provider 'cohere' does not support authentication key 'accessId'",
        """
        does not support authentication | does not support either 'none' or 'header' | authentication type |
        authentication key
        """,
    ),
    refined(
        "model-unsupported",
        ("astra", "model_not_supported"),
        _OPTIONS,
        "Astra's catalogue does not have this model for the provider.",
        "The provided options are invalid: Model name 'ada-9' for provider 'openai' is not supported",
        "model name ' | the model ' | model '",
        "is not supported | not supported",
    ),
    refined(
        "provider-unsupported",
        ("astra", "provider_not_supported"),
        _OPTIONS,
        "Astra's catalogue does not have this provider, or it is switched off there.",
        "The provided options are invalid: Service provider 'acme' is not supported",
        "service provider ' | service provider \" | provider '",
        "is not supported | not supported | not registered",
    ),
    refined(
        "provider-parameters",
        ("astra", "bad_provider_parameters"),
        _OPTIONS,
        "A parameter of the embedding service is missing, unknown, or of the wrong type.",
        "The provided options are invalid: Unexpected parameter 'colour' for the provider 'jinaAI' provided",
        "required parameter ' | unexpected parameter ' | the provided parameter ' | required parameters",
    ),
)

_INSIDE: Final = (
    refined(
        "inside-credential-service",
        ("astra", "gateway_error"),
        _GENERIC,
        "The Data API failed while it asked the credential service or the embedding gateway, not the provider.",
        "Server failed: root cause: (ProcessingException) GET "
        "/v1/databases/D/integrations-type/mistral/creds/k.providerKey/valid",
        """
        syncservice | /integrations-type/ | :8084 | embeddinggateway | embedding gateway | embeddinggatewayclient
        """,
    ),
    refined(
        "inside-provider-timeout",
        ("provider", "provider_timeout"),
        _GENERIC,
        "The Data API waited for the embedding provider in vain, and reported it as an error of its own.",
        "Server failed: root cause: (NoStackTraceTimeoutException) timeout while executing POST /v1/embeddings",
        "timeout | timed out",
        """
        /embeddings | /feature-extraction | embeddingprovider | embedding provider | api.openai | openai.azure |
        huggingface | api.jina | api.mistral | api.upstage | voyageai | nemoservice | bedrock-runtime
        """,
        confidence="medium",
    ),
    refined(
        "inside-provider-answer",
        ("provider", "provider_bad_response"),
        _GENERIC,
        "The embedding provider answered something empty or malformed, and the Data API failed over it.",
        "Server failed: Cannot invoke VoyageAIEmbeddingProvider$EmbeddingResponse.data() because the value is null",
        "embeddingprovider$ | embeddingresponse | embedding.operation. | embeddingprovider.",
        confidence="medium",
    ),
    refined(
        "inside-provider-host",
        ("provider", "bad_host"),
        _GENERIC,
        "The host name built from the parameters of the embedding service does not exist.",
        "Server failed: root cause: (java.net.UnknownHostException) acme9.openai.azure.com: Name or service not known",
        "unknownhost | failed to resolve | name or service not known",
        ".openai.azure.com | .endpoints.huggingface.cloud",
    ),
    refined(
        "inside-provider-unreachable",
        ("provider", "provider_unavailable"),
        _GENERIC,
        "The Data API did not get a connection with the embedding provider, and reported it as an error of its own.",
        "Server failed: root cause: (ConnectException) Connection refused: api.jina.ai/192.0.2.7:443",
        "refused | reset | closed | ssl | handshake | certificate | unreachable | connecttimeout",
        hosts=("provider",),
        confidence="medium",
    ),
    refined(
        "inside-refused",
        ("unknown", "connection_refused"),
        _GENERIC,
        "Something the Data API called refused the connection, and the text does not say what it was.",
        "Server failed: root cause: (ConnectException) Connection refused: /10.1.2.3:4711",
        "connection refused",
        none=":9042 | cassandra | allnodesfailed",
        confidence="low",
    ),
    refined(
        "inside-reset",
        ("unknown", "connection_reset"),
        _GENERIC,
        "Something the Data API called closed the connection, and the text does not say what it was.",
        "Server failed: root cause: (IOException) Connection reset by peer",
        "connection was closed | connection reset | connection has been closed | broken pipe",
        none="driver | cassandra",
        confidence="low",
    ),
    refined(
        "inside-timeout",
        ("unknown", "insufficient_detail"),
        _GENERIC,
        "Something the Data API called did not answer in time, and the text does not say whether it was the "
        "database or the provider.",
        "Server failed: root cause: (io.smallrye.mutiny.TimeoutException)",
        "timeoutexception | timed out | timeout period",
        none="driver | cassandra | cql | query timed out",
        confidence="low",
    ),
)

_INSIDE_DATABASE: Final = (
    refined(
        "inside-wrong-length",
        ("astra", "dimension_mismatch"),
        _QUERIES,
        "A vector has another length than the collection or column declares.",
        "Invalid query: Not enough bytes to read a vector<float, 5>",
        """
        not enough bytes to read a vector | unexpected extraneous bytes after vector | invalid vector literal |
        expected vector of size | invalid number of dimensions | unexpected 4 extraneous bytes |
        extraneous bytes after vector | vector<float
        """,
    ),
    refined(
        "inside-no-index",
        ("astra", "index_missing"),
        _QUERIES,
        "The collection has lost an index that the search needs.",
        "Invalid query: ANN ordering by vector requires the column to be indexed using 'StorageAttachedIndex'",
        "requires the column to be indexed | allow filtering | ann ordering by vector requires",
    ),
    refined(
        "inside-no-keyspace",
        ("astra", "keyspace_unknown"),
        _QUERIES,
        "The database has no such keyspace.",
        "Server failed: root cause: (InvalidQueryException) Unknown keyspace shop",
        "unknown keyspace | keyspace does not exist | does not exist",
        "keyspace",
        none="table",
    ),
    refined(
        "inside-no-table",
        ("astra", "collection_unknown"),
        _QUERIES,
        "The keyspace has no such collection.",
        "Invalid query: unconfigured table orders",
        "unconfigured table | table does not exist | cannot find table",
    ),
    refined(
        "inside-no-table-named",
        ("astra", "collection_unknown"),
        _QUERIES,
        "The keyspace has no such collection.",
        "Table 'orders' doesn't exist",
        "exist",
        pattern=r"\b(?:table|collection) ['\"`]?[\w.-]{1,100}['\"`]? (?:doesn't|does not) exist",
    ),
    refined(
        "inside-driver",
        ("astra", "astra_unavailable"),
        _GENERIC,
        "The database behind the Data API does not answer.",
        "Server failed: root cause: (AllNodesFailedException) All 3 node(s) tried for the query failed",
        """
        allnodesfailed | nonodeavailable | drivertimeout | query timed out | closedconnection | all 1 node(s) |
        all 3 node(s) | no node was available | cassandra timeout | cassandra failure | replicas were required |
        responses were required | replica were required | not enough replicas | timed out waiting for replica |
        heartbeatexception | busyconnectionexception | nodeunavailableexception
        """,
    ),
)


_SORTS: Final = (
    refined(
        "sort-conflict",
        ("astra", "usage_sort_conflict"),
        ("SORT_CLAUSE_INVALID", "INVALID_SORT_CLAUSE"),
        "A search by vector, text or words stands beside another sort.",
        "Sort clause used by command not valid. Problem: vector search cannot be used with other sort expressions.",
        "used with other sort | no other sort expressions | with other sort clause | only be used on their own",
    ),
    refined(
        "sort-text",
        ("astra", "usage_bad_vectorize_value"),
        ("SORT_CLAUSE_VALUE_INVALID", "SORT_CLAUSE_INVALID", "INVALID_SORT_CLAUSE", "INVALID_SORT_CLAUSE_VALUE"),
        "The text to search by is blank or no text.",
        "Problem: vectorize sort expression needs to be non-blank String value, not Number.",
        "vectorize",
        "needs to be | must be | non-blank",
        none="used with other sort",
    ),
)

_NAMES_TAKEN: Final = (
    refined(
        "name-taken",
        ("astra", "collection_exists"),
        ("INVALID_COLLECTION_NAME", "INVALID_CREATE_COLLECTION_OPTIONS", "INVALID_REQUEST", "INVALID_QUERY"),
        "The collection exists with other settings, and settings of a collection cannot be changed.",
        "The provided collection name 'docs' already exists with a different 'vector' setting.",
        "already exists",
        "collection",
        "different | settings",
    ),
)


@cache
def plain(entry: ErrorCode) -> Rule:
    """The rule for a code without any other words: made when it is asked for, as there are hundreds."""
    is_unsure = entry.is_generic or (entry.side == "provider" and not entry.is_self_evident)
    return Rule(
        id=f"code.{entry.code}",
        side=entry.side,
        cause=entry.cause,
        detail=entry.summary,
        needs=Needs(codes=(entry.code,), frames=PROVIDER if entry.side == "provider" else CODE),
        meaning=f"The Data API says: {entry.summary}.",
        example=answer(entry.code, "refused"),
        confidence="low" if entry.is_warning else "medium" if is_unsure else "high",
    )


REFINED: Final = (*_CREDENTIALS, *_SORTS, *_NAMES_TAKEN, *_SERVICES, *_INSIDE_DATABASE, *_INSIDE)
