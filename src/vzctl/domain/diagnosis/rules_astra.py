"""Rules for the Data API's own sentences about credentials, its catalogue and vectors, where no code is left.

Codes are missing in exception texts, in answers of old servers, and in logs.
"""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra

CREDENTIALS: Final = (
    astra(
        "credential-lookup-failed",
        "gateway_error",
        "Astra's own credential service failed while it looked the credential up.",
        "Invalid credential name for vectorize, with error: DEADLINE_EXCEEDED after 4.9s",
        "invalid credential name for vectorize",
        """
        sync service | unavailable | deadline | timed out | timeout | internal | connection | io exception
        """,
        none="not found | credential_not_found | does not exist",
    ),
    astra(
        "credential-out-of-scope",
        "scope_missing",
        "The credential exists, but this database is not in its scope.",
        "Invalid credential name for vectorize: with error: this database is not in scope of the credential",
        "invalid credential name for vectorize | credential",
        """
        not in scope | out of scope | is not scoped | not in the scope | not associated with this database
        """,
    ),
    astra(
        "credential-unknown",
        "credential_not_found",
        "Astra has no credential of this name for this provider and database: the name is wrong, the "
        "credential was removed, or the database is not in its scope.",
        "createCollection failed: Invalid credential name for vectorize: no such key",
        """
        invalid credential name for vectorize | credential error from syncservice | integration credential is null |
        (credential_not_found) | credential validation failed for provider
        """,
    ),
    astra(
        "gateway",
        "gateway_error",
        "Astra's embedding gateway or credential service failed by itself; the provider may not have been "
        "asked at all.",
        "Embedding Gateway failed to process request: UNKNOWN",
        """
        embedding gateway | sync service is not available | sync service has internal server error |
        sync service timed out | syncserviceclient | /integrations-type/
        """,
    ),
    astra(
        "embedding-header-missing",
        "header_key_missing",
        "No embedding key came with the request, and Astra has none stored under the name that the schema gives.",
        "Missing authentication header(s) from embedding request (provider 'mistral')",
        """
        missing authentication header(s) from embedding request | 'x-embedding-api-key' header is missing |
        embedding provider authentication keys not provided | the embedding provider api key is missing |
        in order to rerank, please provide the reranking api key | in order to vectorize, |
        provide the embedding authentication | x-embedding-access-id | x-embedding-secret-id
        """,
    ),
)

CATALOGUE: Final = (
    astra(
        "authentication-unsupported",
        "auth_type_unsupported",
        "Astra does not offer this kind of authentication for the provider.",
        "Service provider 'cohere' does not support either 'NONE' or 'HEADER' authentication types.",
        """
        does not support either 'none' or 'header' | does not support authentication key |
        invalid vectorize authentication type
        """,
    ),
    astra(
        "model-unsupported",
        "model_not_supported",
        "Astra's catalogue does not have this model for the provider.",
        "Model name 'ada-9' for provider 'openai' is not supported",
        "model name ' | the model '",
        "for provider ' | for service provider '",
        "is not supported",
    ),
    astra(
        "provider-unsupported",
        "provider_not_supported",
        "Astra's catalogue does not have this provider, or it is switched off there.",
        "The service provider 'acme' is not supported.",
        """
        service provider ' | vectorize service name provided is not registered | vectorize service unavailable |
        vectorize service type unsupported
        """,
        "is not supported | is not registered | service unavailable | type unsupported",
    ),
    astra(
        "provider-parameters",
        "bad_provider_parameters",
        "A parameter of the embedding service is missing, unknown, or of the wrong type.",
        "Unexpected parameter 'colour' for the provider 'jinaAI' provided",
        "required parameter ' | unexpected parameter ' | the provided parameter '",
        "for the provider ' | type is incorrect",
    ),
    astra(
        "model-retired",
        "model_deprecated",
        "Astra does not accept this model for anything new, or not at all any more.",
        "The command attempted to use an AI Model that has been marked as end of life.",
        "ai model that has been marked as",
    ),
    astra(
        "dimension-option",
        "bad_collection_options",
        "The dimension does not fit the model.",
        "The provided dimension value '4' doesn't match the model's supported dimension value '768'",
        """
        the provided dimension value | 'dimension' is needed for provider | 'modelname' is needed for provider
        """,
    ),
    astra(
        "vectorize-off",
        "bad_collection_options",
        "Vectorize is switched off on this server.",
        "Vectorize feature is not available in the environment",
        "vectorize feature is not available",
    ),
    astra(
        "collection-options",
        "bad_collection_options",
        "The options of the new collection were refused; the message says which.",
        "'createCollection' command option(s) invalid: metric must be one of three",
        """
        command option(s) invalid | the provided options are invalid | invalid options for createcollection |
        invalid indexing definition | indexing definition invalid | vector definition contains unsupported dimension |
        invalid vector search function name | unknown vector search function name |
        unrecognized vector search source model name | resend the command using a supported vector dimension
        """,
    ),
)

USAGE: Final = (
    astra(
        "vector-and-vectorize",
        "usage_vector_and_vectorize",
        "A document carries both a vector and a text to make one from; only one of them may be there.",
        "`$vectorize` and `$vector` can't be used together: issue in document at position 1",
        "$vectorize | vectorize",
        "$vector",
        """
        used together | both `$vector` and `$vectorize` | both $vector and $vectorize | cannot pass both |
        cannot use both
        """,
    ),
    astra(
        "vector-and-vectorize-client",
        "usage_vector_and_vectorize",
        "The client was given both a vector and a text to make one from; only one of them may be there.",
        "ValueError: Cannot use both `vector` and `vectorize`: these parameters are mutually exclusive.",
        """
        `vector` and `vectorize` | vector and vectorize parameters | `vectorize` and `vector` | vector= and vectorize=
        """,
    ),
    astra(
        "vectorize-value",
        "usage_bad_vectorize_value",
        "The value of $vectorize must be a text that is not blank.",
        "$vectorize value needs to be text value: issue in document at position 3",
        """
        $vectorize value needs to be | $vectorize search clause needs to be | invalid $vectorize value |
        bad $vectorize document type | invalid '$vectorize' value
        """,
    ),
    astra(
        "no-vectorize-service",
        "usage_no_vectorize_service",
        "The collection or column has no embedding service, so that it cannot make a vector from text.",
        "Collection 'plain' does not have vectorize enabled.",
        """
        embedding service not configured for | does not have embedding service configured |
        does not have vectorize enabled | without vectorize definition |
        vectorize can only be used with columns that have a vectorize | vectorize sort can only be used with columns |
        collection has no embedding service | collections without vectorize | not configured for vectorize
        """,
    ),
    astra(
        "multiple-vector-sorts",
        "usage_multiple_vector_sorts",
        "One search may sort by one vector or one text only.",
        "The command used a sort clause with more than one vectorize sort.",
        "more than one vector sort | more than one vectorize sort",
    ),
    astra(
        "sort-conflict",
        "usage_sort_conflict",
        "A search by vector or text cannot be combined with another sort.",
        "Vector search can't be used with other sort clause",
        """
        can't be used with other sort clause | vector sort cannot be used with non vector |
        special sorts can only be used on their own | vector sort columns along with skip |
        sort clause with a special (lexical/vector/vectorize) | cannot include any other sort columns
        """,
    ),
    astra(
        "no-vector",
        "usage_no_vector",
        "The collection or column holds no vectors.",
        "Vector search is not enabled for the collection plain",
        """
        vector search is not enabled for | does not have vectors enabled |
        missing the vector value when building cql | vector sort on a column that is not of `vector` type
        """,
    ),
    astra(
        "vector-length",
        "dimension_mismatch",
        "A vector has another length than the collection or column declares.",
        "Length of vector parameter different from declared '$vector' dimension: root cause = (InvalidQueryException)",
        """
        different from declared '$vector' dimension | length different to the declared '$vector' dimension |
        mismatched vector dimension | not enough bytes to read a vector< | extraneous bytes after vector< |
        bytes after vector<float | invalid vector literal for | vector dimension mismatch |
        expected vector of dimension | does not match the declared dimension | vector of the correct length
        """,
    ),
    astra(
        "vector-length-declared",
        "dimension_mismatch",
        "A vector has another length than the column declares.",
        "Cannot assign value of length 4 to vector<float, 5>",
        "vector<",
        "length | elements | bytes | dimension",
        pattern=r"vector<float, ?\d{1,5}>",
        none="cannot be cast | create table",
    ),
    astra(
        "vector-length-told",
        "dimension_mismatch",
        "A vector has another length than the collection or column declares.",
        "AstraDBVectorStore: embedding dimension 768 does not match the dimension 1536 of the collection",
        "astra | $vector | collection",
        "dimension",
        """
        dimension mismatch | dimensions mismatch | mismatched dimension | mismatch in dimension |
        does not match the dimension | not match collection dimension | not match the collection's dimension |
        different vector dimensions | vectors of different dimension
        """,
        places=("astra", "mixed"),
        confidence="medium",
    ),
    astra(
        "document-size",
        "document_too_large",
        "A document breaks a size limit: its whole size, its depth, a name, or an indexed text.",
        "Document size limitation violated: field name is 120 characters long",
        """
        document size limitation violated | lexical content exceeds | indexed string value (property |
        `$lexical` field with content that exceeds | exceeds maximum allowed (8000 |
        term of column query_text_values exceeds | exceeds the byte limit for index | can't add term of column
        """,
    ),
    astra(
        "vector-too-big",
        "bad_collection_options",
        "The dimension, or a vector, is longer than the Data API supports.",
        "Vector embedding property '$vector' length too big: 5000 (max 4096)",
        "'$vector' length too big",
    ),
    astra(
        "document-exists",
        "invalid_request",
        "A document with this _id is already stored.",
        "Failed to insert document with _id '7': Document already exists with the given _id",
        "document already exists with the given _id | a document already exists with given '_id'",
    ),
)
