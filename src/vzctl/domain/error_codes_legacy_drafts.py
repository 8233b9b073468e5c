"""Legacy error codes of the first releases with tables; each was soon renamed, and old servers still answer with them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, astra, retired

_SCHEMA: Final = (
    astra(
        "COLLECTION_EXISTS_WITH_DIFFERENT_SETTINGS",
        "Early name for a createCollection whose options contradict those of the stored collection.",
        "Ask for the stored options, or pick a free name.",
        cause="collection_exists",
        replaced_by=("EXISTING_COLLECTION_DIFFERENT_SETTINGS",),
    ),
    astra(
        "COLUMN_ALREADY_EXISTS",
        "Early name for an alterTable that adds what the table has already.",
        "Leave the present columns out of the operation.",
        cause="invalid_request",
        replaced_by=("CANNOT_ADD_EXISTING_COLUMNS",),
    ),
    astra(
        "COLUMN_CANNOT_BE_DROPPED",
        "Early name for an alterTable that drops a key or an indexed column.",
        "Drop the index first; keys stay for the table's lifetime.",
        cause="invalid_request",
        replaced_by=("CANNOT_DROP_INDEXED_COLUMNS", "CANNOT_DROP_PRIMARY_KEY_COLUMNS"),
    ),
    astra(
        "DATA_TYPE_NOT_SUPPORTED_BY_INDEXING",
        "Early name for an index over a column whose type takes none.",
        "Index another column, or store the value as a plain type.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_INDEXING_FOR_DATA_TYPES",),
    ),
    astra(
        "INDEX_NOT_FOUND",
        "Early name for a dropIndex whose index the keyspace lacks.",
        "List the indexes, then drop by the listed name.",
        cause="index_missing",
        replaced_by=("CANNOT_DROP_UNKNOWN_INDEX",),
    ),
    astra(
        "LIST_TYPE_INVALID_DEFINITION",
        "Early name for a list column whose elements are of a refused type.",
        "Name a primitive valueType for the list.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_LIST_DEFINITION",),
    ),
    astra(
        "MAP_TYPE_INVALID_DEFINITION",
        "Early name for a map column with a refused key or value type.",
        "Name primitive types for both sides of the map.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_MAP_DEFINITION",),
    ),
    astra(
        "NON_VECTOR_TYPE_COLUMN",
        "Early name for an alterTable that wants embeddings in a column holding no vectors.",
        "Add vectorize to vector columns only.",
        cause="usage_no_vector",
        replaced_by=("CANNOT_VECTORIZE_NON_VECTOR_COLUMNS",),
    ),
    astra(
        "SET_TYPE_INVALID_DEFINITION",
        "Early name for a set column whose elements are of a refused type.",
        "Name a primitive valueType for the set.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_SET_DEFINITION",),
    ),
    astra(
        "TABLE_ALREADY_EXISTS",
        "Early name for a createTable whose name is taken in this keyspace.",
        "Choose another name, or pass the option ifNotExists.",
        cause="collection_exists",
        replaced_by=("CANNOT_ADD_EXISTING_TABLE",),
    ),
    astra(
        "TABLE_NOT_FOUND",
        "Early name for a dropTable whose table the keyspace lacks.",
        "Check spelling and keyspace, or pass the option ifExists.",
        cause="collection_unknown",
        replaced_by=("CANNOT_DROP_UNKNOWN_TABLE",),
    ),
    astra(
        "TEXT_ANALYSIS_NOT_SUPPORTED_BY_DATA_TYPE",
        "Early name for text analysis on a column that holds other data.",
        "Remove the analyzer options, or index a column of text.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_TEXT_ANALYSIS_FOR_DATA_TYPES",),
    ),
    astra(
        "UNSUPPORTED_REPLICATION_DATA_CENTER_NAME",
        "A createKeyspace names a data center that cannot carry replicas under that name.",
        "Write the data center's name as the database reports it.",
        cause="invalid_request",
    ),
    astra(
        "VECTOR_INDEX_NOT_SUPPORTED_BY_DATA_TYPE",
        "Early name for a vector index over a column that holds other data.",
        "Make an ordinary index, or choose the column with the vectors.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_VECTOR_INDEX_FOR_DATA_TYPES",),
    ),
    astra(
        "VECTOR_TYPE_INVALID_DEFINITION",
        "Early name for a vector column with a refused dimension.",
        "Give a dimension from one up to the server's maximum.",
        cause="bad_collection_options",
        replaced_by=("UNSUPPORTED_VECTOR_DIMENSION",),
    ),
    astra(
        "ZERO_PARTITION_COLUMNS",
        "Early name for a createTable whose primary key partitions by nothing.",
        "Put at least one column into partitionBy.",
        cause="invalid_request",
        replaced_by=("MISSING_PARTITION_COLUMNS",),
    ),
)

_SORTS: Final = (
    astra(
        "CANNOT_MIX_VECTOR_AND_NON_VECTOR_SORT",
        "Early name for a sort that holds a vector column beside an ordinary one.",
        "Sort by the vector alone and order the page afterwards.",
        cause="usage_sort_conflict",
        replaced_by=("CANNOT_SORT_VECTOR_AND_NON_VECTOR_COLUMNS",),
    ),
    astra(
        "CANNOT_SORT_TABLE_DELETE_COMMAND",
        "Early name for a delete on a table that came with a sort.",
        "Send the delete with its filter and no sort.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_SORT_FOR_TABLE_DELETE_COMMAND",),
    ),
    astra(
        "CANNOT_SORT_TABLE_UPDATE_COMMAND",
        "Early name for an update on a table that came with a sort.",
        "Send the update with its filter and no sort.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_SORT_FOR_TABLE_UPDATE_COMMAND",),
    ),
    astra(
        "CANNOT_SORT_TOO_MUCH_DATA",
        "Early name for more matching rows than one in-memory sort holds.",
        "Filter by the partition key, so that less needs ordering.",
        cause="invalid_request",
        replaced_by=("OVERLOADED_SORT_ROW_LIMIT",),
    ),
    astra(
        "MORE_THAN_ONE_VECTORIZE_SORT",
        "Early name for a search whose sort holds several texts to embed.",
        "Search once per text and join the pages.",
        cause="usage_multiple_vector_sorts",
        vectorize=True,
        replaced_by=("CANNOT_SORT_ON_MULTIPLE_VECTORIZE",),
    ),
    astra(
        "MORE_THAN_ONE_VECTOR_SORT",
        "Early name for a search whose sort holds several vectors.",
        "Search once per vector and join the pages.",
        cause="usage_multiple_vector_sorts",
        replaced_by=("CANNOT_SORT_ON_MULTIPLE_VECTORS",),
    ),
    astra(
        "VECTORIZE_SORT_ON_NON_VECTOR_COLUMN",
        "Early name for a search by text over a column holding no vectors.",
        "Name the vector column in the sort instead.",
        cause="usage_no_vector",
        vectorize=True,
        replaced_by=("CANNOT_VECTORIZE_SORT_NON_VECTOR_COLUMN",),
    ),
    astra(
        "VECTORIZE_SORT_ON_VECTOR_COLUMN_WITHOUT_VECTORIZE_DEFINITION",
        "Early name for a search by text over vectors that no service was declared to embed.",
        "Embed the query yourself, or add a service to the column.",
        cause="usage_no_vectorize_service",
        vectorize=True,
        replaced_by=("CANNOT_VECTORIZE_SORT_WHEN_MISSING_VECTORIZE_DEFINITION",),
    ),
)

_ROWS: Final = (
    astra(
        "DOCUMENT_LEXICAL_CONTENT_TOO_BIG",
        "Early name for a $lexical text above the size limit.",
        "Send a shorter extract for the lexical search.",
        cause="document_too_large",
        replaced_by=("LEXICAL_CONTENT_TOO_LONG",),
    ),
    astra(
        "FILTERING_NOT_SUPPORTED_FOR_TYPE",
        "Early name for a filter over a column of a type that cannot be compared.",
        "Filter over another column, or read and compare in the client.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_FILTERING_FOR_COLUMN_TYPES",),
    ),
    astra(
        "FILTER_REQUIRED_FOR_UPDATE_DELETE",
        "Early name for a change of table rows that came without any filter.",
        "Say which rows by their primary key.",
        cause="invalid_request",
        replaced_by=("MISSING_FILTER_FOR_UPDATE_DELETE",),
    ),
    astra(
        "FULL_PRIMARY_KEY_REQUIRED_FOR_UPDATE_DELETE",
        "Early name for updateOne or deleteOne where a part of the key is left out.",
        "Filter every column of the primary key by $eq.",
        cause="invalid_request",
        replaced_by=("MISSING_FULL_PRIMARY_KEY_FOR_UPDATE_DELETE",),
    ),
    astra(
        "INVALID_IN_FILTER_FOR_UPDATE_ONE_DELETE_ONE",
        "Early name for updateOne or deleteOne on a table whose filter lists values by $in.",
        "Send one command for each listed value.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_FILTER_FOR_UPDATE_ONE_DELETE_ONE",),
    ),
    astra(
        "INVALID_UPDATE_OPERATOR_PULL_ALL_VALUE",
        "$pullAll was given something else than an array of values.",
        "Wrap the value in an array.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATION_PARAM",),
    ),
    astra(
        "INVALID_VECTORIZE_ON_COLUMN_WITHOUT_VECTORIZE_DEFINITION",
        "Early name for text that was stored into a vector column no service was declared for.",
        "Store a vector, or declare an embedding service for the column.",
        cause="usage_no_vectorize_service",
        vectorize=True,
        replaced_by=("UNSUPPORTED_VECTORIZE_WHEN_MISSING_VECTORIZE_DEFINITION",),
    ),
    astra(
        "NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE",
        "Early name for a change of table rows that filters by ordinary columns.",
        "Read the keys first, then change by key.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE",),
    ),
    astra(
        "UNKNOWN_COMMAND",
        "Early name for a body whose only member is no command of this address.",
        "Compare the command's spelling and its level: database, keyspace, collection or table.",
        cause="invalid_request",
        replaced_by=("COMMAND_UNKNOWN",),
    ),
    astra(
        "UNSUPPORTED_UPDATE_OPERATION_FOR_TABLE",
        "Early name for an update operator that only collections have.",
        "Use $set and $unset for rows.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATIONS_FOR_TABLE",),
    ),
    astra(
        "UPDATE_PRIMARY_KEY_COLUMNS",
        "Early name for an update that would change a row's key.",
        "Insert the row under its new key and delete the old one.",
        cause="invalid_request",
        replaced_by=("UNSUPPORTED_UPDATE_FOR_PRIMARY_KEY_COLUMNS",),
    ),
    astra(
        "ZERO_UPDATE_OPERATIONS_FOR_TABLE",
        "Early name for a table update with an empty update clause.",
        "Set or unset at least one column.",
        cause="invalid_request",
        replaced_by=("MISSING_UPDATE_OPERATIONS",),
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = tuple(retired((*_SCHEMA, *_SORTS, *_ROWS)))
