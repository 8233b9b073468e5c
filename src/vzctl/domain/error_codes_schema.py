"""Error codes about what is created, altered or dropped: collections, vectors, indexes. Tables are beside this file."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_COLLECTIONS: Final = (
    described(
        "EXISTING_COLLECTION_DIFFERENT_SETTINGS",
        "A collection of that name exists with other options, and options never change.",
        "Use it as it is, or choose another name; dropping it loses its documents.",
    ),
    described(
        "EXISTING_INDEX_FOR_COLLECTION",
        "An index that the new collection needs has a name that is taken already.",
        "Drop left-over indexes that begin with the collection's name, or choose another name.",
    ),
    described(
        "EXISTING_TABLE_NOT_DATA_API_COLLECTION",
        "A table of that name exists that is not a collection.",
        "Choose another collection name, or drop the table if nobody needs it.",
    ),
    described(
        "INVALID_CREATE_COLLECTION_OPTIONS",
        "createCollection or a vectorize definition has options that cannot be accepted.",
        "Correct what the text names: dimension, metric, provider, model, parameters or authentication.",
        how_to_decide=(
            "The text gives the cause: not supported provider or model, required or unknown parameter "
            "(bad_provider_parameters), authentication type (auth_type_unsupported), else the options themselves."
        ),
        vectorize=True,
    ),
    described(
        "INVALID_INDEXING_DEFINITION",
        "The `indexing` option of a new collection contradicts itself or has bad paths.",
        "Give either `allow` or `deny`, not empty and without duplicates.",
    ),
    described(
        "INVALID_KEYSPACE",
        "The keyspace in the request's path cannot be used.",
        "Check the keyspace in the URL or client against findKeyspaces.",
    ),
    described(
        "INVALID_USAGE_OF_VECTORIZE",
        "$vector and $vectorize stand in the same document.",
        "Send the text or the vector, not both.",
        vectorize=True,
    ),
    described(
        "LEXICAL_FEATURE_NOT_ENABLED",
        "This database cannot do lexical search at all.",
        "Create the collection with lexical disabled.",
    ),
    described(
        "LEXICAL_NOT_ENABLED_FOR_COLLECTION",
        "$lexical was used on a collection that was created without lexical search.",
        "Leave $lexical out, or create a collection with lexical enabled.",
    ),
    described(
        "MCP_FEATURE_NOT_ENABLED",
        "The model context protocol is switched off for this database.",
        "Use the ordinary HTTP commands, or have the feature enabled.",
    ),
    described(
        "TOO_MANY_COLLECTIONS",
        "The database has as many collections as it may have.",
        "Drop a collection that is not needed, or use another database.",
    ),
    described(
        "TOO_MANY_INDEXES_FOR_COLLECTION",
        "The indexes of one more collection would exceed what the database allows.",
        "Drop collections or indexes, or switch indexing off for some fields.",
    ),
    described(
        "UNKNOWN_COLLECTION_OR_TABLE",
        "There is no collection or table of that name in the keyspace.",
        "Check name, keyspace and database of the client; the text lists what exists.",
    ),
    described(
        "UNSUPPORTED_SCHEMA_NAME",
        "A new keyspace, collection, table or index has a name that is not allowed.",
        "Use letters, digits and underscores, and stay below the length in the text.",
    ),
)

_VECTORS: Final = (
    described(
        "CANNOT_DROP_VECTORIZE_FROM_NON_VECTOR_COLUMNS",
        "dropVectorize names a column that holds no vectors.",
        "Name a vector column, or leave it: there is nothing to detach.",
        vectorize=True,
    ),
    described(
        "CANNOT_DROP_VECTORIZE_FROM_UNKNOWN_COLUMNS",
        "dropVectorize names a column that the table lacks.",
        "Correct the column's name in dropVectorize.",
        vectorize=True,
    ),
    described(
        "CANNOT_VECTORIZE_NON_VECTOR_COLUMNS",
        "addVectorize names a column that holds no vectors.",
        "Add a column of type vector and attach the service to that one.",
        vectorize=True,
    ),
    described(
        "CANNOT_VECTORIZE_UNKNOWN_COLUMNS",
        "addVectorize names a column that the table lacks.",
        "Add the vector column first, or correct its name.",
        vectorize=True,
    ),
    described(
        "MISSING_DIMENSION_IN_VECTOR_COLUMN",
        "A vector column has neither a dimension nor a service from which to take it.",
        "Give the column a dimension, or a service whose model has a default.",
        vectorize=True,
    ),
    described(
        "UNKNOWN_VECTOR_METRIC",
        "The metric of a vector index is none of the known ones.",
        "Use cosine, dot_product or euclidean.",
    ),
    described(
        "UNKNOWN_VECTOR_SOURCE_MODEL",
        "The source model of a vector index is none of the known names.",
        "Choose a known source model for the index, or leave the option out.",
    ),
    described(
        "UNSUPPORTED_VECTOR_DIMENSION",
        "The dimension of a vector column is no positive whole number.",
        "Give the dimension as a number above zero.",
    ),
    described(
        "UNSUPPORTED_VECTOR_INDEX_FOR_DATA_TYPES",
        "createVectorIndex names a column of another type than vector.",
        "Use createIndex for it, or name the vector column.",
    ),
    described(
        "VECTOR_SEARCH_NOT_SUPPORTED",
        "The collection was created without vectors, and vectors were used on it.",
        "Create a collection with a vector dimension and metric, and copy the documents.",
    ),
    described(
        "VECTOR_SEARCH_TOO_BIG_VALUE",
        "The dimension asked for a collection is above the largest that the Data API takes.",
        "Choose a smaller dimension; many models can shorten their vectors.",
    ),
    described(
        "VECTOR_SEARCH_UNKNOWN_FUNCTION_NAME",
        "The stored or requested similarity function is not known.",
        "Write the metric as cosine, dot_product or euclidean.",
    ),
    described(
        "VECTOR_SEARCH_UNRECOGNIZED_SOURCE_MODEL_NAME",
        "The source model of a collection's vectors is none of the known names.",
        "Take a source model from the list in the text, or `other`.",
    ),
)

_INDEXES: Final = (
    described(
        "CANNOT_ADD_EXISTING_INDEX",
        "An index of that name exists in the keyspace.",
        "Choose another index name, or pass ifNotExists.",
    ),
    described(
        "CANNOT_ANALYZE_ENTRIES_ON_MAP_COLUMNS",
        "Text analysis was asked for an index on the entries of a map.",
        "Index the keys or the values of the map, or drop the analysis options.",
    ),
    described(
        "CANNOT_DROP_UNKNOWN_INDEX",
        "The index to drop is not there.",
        "Look with listIndexes in the right keyspace, or pass ifExists.",
    ),
    described(
        "INVALID_FORMAT_FOR_INDEX_CREATION_COLUMN",
        "The column of a new index is not written as a name or as a map with $keys or $values.",
        "Give the column's name as text, or one pair for a map column.",
    ),
    described(
        "INVALID_INDEX_DEFINITION",
        "The definition of an index is refused for the reason in the text.",
        "Correct the definition as the reason says.",
    ),
    described(
        "UNKNOWN_INDEX_COLUMN",
        "An index was asked for on a column that the table lacks.",
        "Add the column first, or correct its name in createIndex.",
    ),
    described(
        "UNKNOWN_INDEX_TYPE",
        "indexType names a kind of index that does not exist.",
        "Leave indexType out: the command says which index it makes.",
    ),
    described(
        "UNSUPPORTED_INDEXING_FOR_DATA_TYPES",
        "createIndex names a column of a type that it cannot index.",
        "Use createVectorIndex for vectors, and no index for the other types in the text.",
    ),
    described(
        "UNSUPPORTED_INDEXING_FOR_FROZEN_COLUMN",
        "The column to index is frozen.",
        "Index a column that is not frozen.",
    ),
    described(
        "UNSUPPORTED_INDEX_TYPE",
        "indexType exists but does not belong to this command.",
        "Use the create command that makes this type of index.",
    ),
    described(
        "UNSUPPORTED_JSON_TYPE_FOR_TEXT_INDEX",
        "The analyzer of a text index is neither a name nor an object.",
        "Name an analyzer as text, or describe it in an object.",
    ),
    described(
        "UNSUPPORTED_TEXT_ANALYSIS_FOR_DATA_TYPES",
        "Text analysis options were given for an index of a column without text.",
        "Leave out ascii, caseSensitive and normalize for this column.",
    ),
    described(
        "UNSUPPORTED_TEXT_INDEX_FOR_DATA_TYPES",
        "createTextIndex names a column that is not text.",
        "Use createIndex for this column.",
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = tuple(section("REQUEST", "SCHEMA", (*_COLLECTIONS, *_VECTORS, *_INDEXES)))
