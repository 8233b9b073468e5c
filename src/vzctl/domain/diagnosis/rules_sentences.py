"""Rules for the Data API's fixed sentences that name one of its codes, where the code itself is not in the text.

The clients for TypeScript and Java, and logs, pass on the sentence alone. A few words of each are enough to know it.
"""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra
from vzctl.domain.diagnosis.rule import Rule

_SENTENCE: Final = "The Data API answered with one of its fixed sentences: "


def _says(name: str, cause: str, meaning: str, example: str, *groups: str, none: str = "") -> Rule:
    return astra(f"sentence-{name}", cause, _SENTENCE + meaning, example, *groups, none=none)


SENTENCES: Final = (
    _says(
        "vectorize-service",
        "usage_no_vectorize_service",
        "the collection or column has no embedding service.",
        "Vectorize can onl be performed on columns that have a vectorize configuration.",
        """
        be performed on columns that have a vectorize | to vectorize data, embedding service |
        embedding is required for non-vectorize
        """,
    ),
    _says(
        "vectorize-value",
        "usage_bad_vectorize_value",
        "the text to make a vector from is no text.",
        "$vectorize search needs to be text value",
        "$vectorize search needs to be | vectorize sort expression needs to be | value type for '$hybrid' | bad $vectorize value",
    ),
    _says(
        "no-vector",
        "usage_no_vector",
        "what was searched by vector holds no vectors.",
        "The command attempted to vectorize sort on a column that is not of `vector` type.",
        """
        sort on a column that is not of `vector` | $similarity projection is not supported |
        vectorize cannot be added to a column that is not | drop vectorize from columns that are not |
        only have the vectorize configuration dropped if | columns can only be vectorized if
        """,
    ),
    _says(
        "sort-conflict",
        "usage_sort_conflict",
        "a search by vector, text or words stands beside what cannot stand beside it.",
        "The command attempted to lexical sort column along with skip option set.",
        """
        sort column along with skip | sort columns along with skip | sort vector columns and other non vector |
        cannot be used with other sort | no other sort expressions
        """,
    ),
    _says(
        "vector-length",
        "dimension_mismatch",
        "a vector has another length than the column declares.",
        "The command attempted to update or find using `$vector`, using a vector that has a length different to it.",
        "vector that has a length different",
    ),
    _says(
        "text-too-long",
        "document_too_large",
        "a text is longer than the Data API accepts.",
        "Lexical content is too big, please use a smaller value",
        "lexical content is too big",
    ),
    _says(
        "dimension-option",
        "bad_collection_options",
        "the definition of a vector column or its index was refused.",
        "The dimension is required for vector columns if the embedding service is not specified.",
        """
        dimension is required for vector columns | index using a metric that is not known |
        using a vector source model that is not known | invalid authentication value format
        """,
    ),
    _says(
        "feature-off",
        "bad_collection_options",
        "this database, collection or server does not have the feature.",
        "Reranking feature is not enabled for this database.",
        """
        reranking feature is not enabled | mcp feature is not enabled |
        'createcollection' command referenced unrecognized | lexical search is not available |
        lexical search is not supported | vector search functionality is not available
        """,
    ),
    _says(
        "reranker",
        "provider_not_supported",
        "Astra does not offer this reranker, provider or model; the provider itself may well be up.",
        "Reranking service type unavailable: acme",
        """
        reranking service unavailable | reranking service type unavailable | the embedding provider is unavailable |
        vectorize service type not enabled
        """,
    ),
    _says(
        "reranking-key",
        "header_key_missing",
        "no reranking key came with the request.",
        "The reranking provider authentication key is not provided",
        "reranking provider authentication key | reranking api key in the header",
    ),
    _says(
        "model-retired",
        "model_deprecated",
        "Astra does not accept the model any more.",
        "Vectorize model is deprecated",
        "vectorize model is deprecated | is at deprecated status | is at end_of_life status | deprecated_ai_model",
    ),
    _says(
        "collection-exists",
        "collection_exists",
        "what should be made is already there.",
        "The command attempted to add a table that already exists in the keyspace schema.",
        """
        add a table that already exists | indexes needed for the collection conflicts |
        with a different vector setting | however the the name of one of the indexes
        """,
    ),
    _says(
        "collection-unknown",
        "collection_unknown",
        "the keyspace has no such collection or table.",
        "The command attempted to drop a table that is not in the keyspace schema.",
        "drop a table that is not in the keyspace | not a valid json api collection schema",
    ),
    _says(
        "index-missing",
        "index_missing",
        "an index that the request needs is not there.",
        "The command attempted to drop an index that is not in the keyspace schema.",
        """
        drop an index that is not in | column that is not text-indexed | lexical sort on column that is not indexed |
        '_id' is never indexed | schema definition is corrupted | index creation failed, check
        """,
    ),
    _says(
        "embedding-request",
        "gateway_error",
        "Astra failed to write the request to the provider.",
        "Unable to create embedding provider request (provider 'mistral')",
        "unable to create embedding provider request",
    ),
    _says(
        "database",
        "astra_unavailable",
        "the database behind the Data API cannot serve the command now.",
        "The Data API was unable to connect to any nodes in the database to process the command.",
        """
        unable to connect to any nodes in the database | the data api read from the database failed |
        data api was unable to read database metadata | due to concurrent modifications |
        used the compare and set feature | database query to truncate | not enough nodes |
        started processing, however too | query that timed out before completing | driver timeout |
        driver request connection is closed | database query consistency failed | unable to count documents |
        unable to create offline writer | database was unable to determine
        """,
    ),
    _says(
        "failed",
        "astra_server_bug",
        "it failed by itself.",
        "Internal: path being built does not point to a property or element",
        """
        parse vectorize configuration, schema invalid | failed to encode embedding request |
        unable to parse configuration, schema | path being built does not point to |
        md5 hash algorithm not available | has invalid schema version | dataapiresponseerror: driver failed |
        json content retrieved from the database | document id stored in database unexpected |
        type of document id stored | was rejected as invalid by the database |
        query that was syntactically incorrect, | invalid query against a collection |
        server error occurred while using the driver
        """,
    ),
)

SENTENCES_OF_REQUESTS: Final = (
    _says(
        "request",
        "invalid_request",
        "it refused the request as it was written.",
        "Unknown sub-field(s) for '$hybrid' field: a",
        """
        for '$hybrid' | '$hybrid' cannot be used | value to shred | bad $vector value | for '_id' field |
        for '_id' property | field '_id' | document field name not valid | unsupported update data type |
        sort clause used by command | used in sort clause not valid | used for sort expression |
        doesn't exist in the table | column data type not provided | primary key definition |
        index configuration is not valid | request not valid json | has a structural mismatch |
        unsupported 'content-type' header | is not supported by tables in the api |
        is not supported by collections in the api | the `findandrerank` is not enabled |
        the reranking service override | findandrerank command is missing | the document: a document already exists |
        replace document and document resolved | when inserting a document into a table |
        included when inserted a document | column types supported by the api | supported by the column data type |
        only columns defined in the table schema | one unique combination of provider | exceeds maximum allowed (64) |
        unsupported filter clause | more than one '_id' equals | has an invalid filter |
        only supported on primitive data types | comparison operations ($lt | commands for tables require a filter |
        using the non `$eq` filter | update or delete commands can only filter | fully specify the primary key |
        filter on the primary key that | update operators that are supported | used the update operator |
        invalid usage of $push | unsupported target json value | columns in the primary key for the table cannot |
        non empty update operations | update operations that are not supported by tables |
        attempted to change the same column | pagination is not supported when | the command attempted to |
        the command included | the command used | user defined type name | index creation column |
        bad type for $lexical | conflicting field path | `createembeddingservice` | table feature is not enabled |
        lexical search is not enabled | collections for which lexical feature is |
        is not a collectioncommand recognized | documents, the maximum allowed by the server |
        the maximum allowed by the server | exceeds upper bound set in method
        """,
        none="embedding provider",
    ),
)
