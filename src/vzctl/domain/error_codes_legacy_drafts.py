"""Legacy error codes of the first releases with tables; each was soon renamed, and old servers still answer with them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_SCHEMA: Final = (
    described(
        "COLLECTION_EXISTS_WITH_DIFFERENT_SETTINGS",
        "Early name for a createCollection whose options contradict those of the stored collection.",
        "Ask for the stored options, or pick a free name.",
        replaced_by=("EXISTING_COLLECTION_DIFFERENT_SETTINGS",),
    ),
    described(
        "COLUMN_ALREADY_EXISTS",
        "Early name for an alterTable that adds what the table has already.",
        "Leave the present columns out of the operation.",
        replaced_by=("CANNOT_ADD_EXISTING_COLUMNS",),
    ),
    described(
        "COLUMN_CANNOT_BE_DROPPED",
        "Early name for an alterTable that drops a key or an indexed column.",
        "Drop the index first; keys stay for the table's lifetime.",
        replaced_by=("CANNOT_DROP_INDEXED_COLUMNS", "CANNOT_DROP_PRIMARY_KEY_COLUMNS"),
    ),
    described(
        "DATA_TYPE_NOT_SUPPORTED_BY_INDEXING",
        "Early name for an index over a column whose type takes none.",
        "Index another column, or store the value as a plain type.",
        replaced_by=("UNSUPPORTED_INDEXING_FOR_DATA_TYPES",),
    ),
    described(
        "INDEX_NOT_FOUND",
        "Early name for a dropIndex whose index the keyspace lacks.",
        "List the indexes, then drop by the listed name.",
        replaced_by=("CANNOT_DROP_UNKNOWN_INDEX",),
    ),
    described(
        "LIST_TYPE_INVALID_DEFINITION",
        "Early name for a list column whose elements are of a refused type.",
        "Name a primitive valueType for the list.",
        replaced_by=("UNSUPPORTED_LIST_DEFINITION",),
    ),
    described(
        "MAP_TYPE_INVALID_DEFINITION",
        "Early name for a map column with a refused key or value type.",
        "Name primitive types for both sides of the map.",
        replaced_by=("UNSUPPORTED_MAP_DEFINITION",),
    ),
    described(
        "NON_VECTOR_TYPE_COLUMN",
        "Early name for an alterTable that wants embeddings in a column holding no vectors.",
        "Add vectorize to vector columns only.",
        replaced_by=("CANNOT_VECTORIZE_NON_VECTOR_COLUMNS",),
    ),
    described(
        "SET_TYPE_INVALID_DEFINITION",
        "Early name for a set column whose elements are of a refused type.",
        "Name a primitive valueType for the set.",
        replaced_by=("UNSUPPORTED_SET_DEFINITION",),
    ),
    described(
        "TABLE_ALREADY_EXISTS",
        "Early name for a createTable whose name is taken in this keyspace.",
        "Choose another name, or pass the option ifNotExists.",
        replaced_by=("CANNOT_ADD_EXISTING_TABLE",),
    ),
    described(
        "TABLE_NOT_FOUND",
        "Early name for a dropTable whose table the keyspace lacks.",
        "Check spelling and keyspace, or pass the option ifExists.",
        replaced_by=("CANNOT_DROP_UNKNOWN_TABLE",),
    ),
    described(
        "TEXT_ANALYSIS_NOT_SUPPORTED_BY_DATA_TYPE",
        "Early name for text analysis on a column that holds other data.",
        "Remove the analyzer options, or index a column of text.",
        replaced_by=("UNSUPPORTED_TEXT_ANALYSIS_FOR_DATA_TYPES",),
    ),
    described(
        "UNSUPPORTED_REPLICATION_DATA_CENTER_NAME",
        "A createKeyspace names a data center that cannot carry replicas under that name.",
        "Write the data center's name as the database reports it.",
    ),
    described(
        "VECTOR_INDEX_NOT_SUPPORTED_BY_DATA_TYPE",
        "Early name for a vector index over a column that holds other data.",
        "Make an ordinary index, or choose the column with the vectors.",
        replaced_by=("UNSUPPORTED_VECTOR_INDEX_FOR_DATA_TYPES",),
    ),
    described(
        "VECTOR_TYPE_INVALID_DEFINITION",
        "Early name for a vector column with a refused dimension.",
        "Give a dimension from one up to the server's maximum.",
        replaced_by=("UNSUPPORTED_VECTOR_DIMENSION",),
    ),
    described(
        "ZERO_PARTITION_COLUMNS",
        "Early name for a createTable whose primary key partitions by nothing.",
        "Put at least one column into partitionBy.",
        replaced_by=("MISSING_PARTITION_COLUMNS",),
    ),
)

_SORTS: Final = (
    described(
        "CANNOT_MIX_VECTOR_AND_NON_VECTOR_SORT",
        "Early name for a sort that holds a vector column beside an ordinary one.",
        "Sort by the vector alone and order the page afterwards.",
        replaced_by=("CANNOT_SORT_VECTOR_AND_NON_VECTOR_COLUMNS",),
    ),
    described(
        "CANNOT_SORT_TABLE_DELETE_COMMAND",
        "Early name for a delete on a table that came with a sort.",
        "Send the delete with its filter and no sort.",
        replaced_by=("UNSUPPORTED_SORT_FOR_TABLE_DELETE_COMMAND",),
    ),
    described(
        "CANNOT_SORT_TABLE_UPDATE_COMMAND",
        "Early name for an update on a table that came with a sort.",
        "Send the update with its filter and no sort.",
        replaced_by=("UNSUPPORTED_SORT_FOR_TABLE_UPDATE_COMMAND",),
    ),
    described(
        "CANNOT_SORT_TOO_MUCH_DATA",
        "Early name for more matching rows than one in-memory sort holds.",
        "Filter by the partition key, so that less needs ordering.",
        replaced_by=("OVERLOADED_SORT_ROW_LIMIT",),
    ),
    described(
        "MORE_THAN_ONE_VECTORIZE_SORT",
        "Early name for a search whose sort holds several texts to embed.",
        "Search once per text and join the pages.",
        vectorize=True,
        replaced_by=("CANNOT_SORT_ON_MULTIPLE_VECTORIZE",),
    ),
    described(
        "MORE_THAN_ONE_VECTOR_SORT",
        "Early name for a search whose sort holds several vectors.",
        "Search once per vector and join the pages.",
        replaced_by=("CANNOT_SORT_ON_MULTIPLE_VECTORS",),
    ),
    described(
        "VECTORIZE_SORT_ON_NON_VECTOR_COLUMN",
        "Early name for a search by text over a column holding no vectors.",
        "Name the vector column in the sort instead.",
        vectorize=True,
        replaced_by=("CANNOT_VECTORIZE_SORT_NON_VECTOR_COLUMN",),
    ),
    described(
        "VECTORIZE_SORT_ON_VECTOR_COLUMN_WITHOUT_VECTORIZE_DEFINITION",
        "Early name for a search by text over vectors that no service was declared to embed.",
        "Embed the query yourself, or add a service to the column.",
        vectorize=True,
        replaced_by=("CANNOT_VECTORIZE_SORT_WHEN_MISSING_VECTORIZE_DEFINITION",),
    ),
)

_ROWS: Final = (
    described(
        "DOCUMENT_LEXICAL_CONTENT_TOO_BIG",
        "Early name for a $lexical text above the size limit.",
        "Send a shorter extract for the lexical search.",
        replaced_by=("LEXICAL_CONTENT_TOO_LONG",),
    ),
    described(
        "FILTERING_NOT_SUPPORTED_FOR_TYPE",
        "Early name for a filter over a column of a type that cannot be compared.",
        "Filter over another column, or read and compare in the client.",
        replaced_by=("UNSUPPORTED_FILTERING_FOR_COLUMN_TYPES",),
    ),
    described(
        "FILTER_REQUIRED_FOR_UPDATE_DELETE",
        "Early name for a change of table rows that came without any filter.",
        "Say which rows by their primary key.",
        replaced_by=("MISSING_FILTER_FOR_UPDATE_DELETE",),
    ),
    described(
        "FULL_PRIMARY_KEY_REQUIRED_FOR_UPDATE_DELETE",
        "Early name for updateOne or deleteOne where a part of the key is left out.",
        "Filter every column of the primary key by $eq.",
        replaced_by=("MISSING_FULL_PRIMARY_KEY_FOR_UPDATE_DELETE",),
    ),
    described(
        "INVALID_IN_FILTER_FOR_UPDATE_ONE_DELETE_ONE",
        "Early name for updateOne or deleteOne on a table whose filter lists values by $in.",
        "Send one command for each listed value.",
        replaced_by=("UNSUPPORTED_FILTER_FOR_UPDATE_ONE_DELETE_ONE",),
    ),
    described(
        "INVALID_UPDATE_OPERATOR_PULL_ALL_VALUE",
        "$pullAll was given something else than an array of values.",
        "Wrap the value in an array.",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATION_PARAM",),
    ),
    described(
        "INVALID_VECTORIZE_ON_COLUMN_WITHOUT_VECTORIZE_DEFINITION",
        "Early name for text that was stored into a vector column no service was declared for.",
        "Store a vector, or declare an embedding service for the column.",
        vectorize=True,
        replaced_by=("UNSUPPORTED_VECTORIZE_WHEN_MISSING_VECTORIZE_DEFINITION",),
    ),
    described(
        "NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE",
        "Early name for a change of table rows that filters by ordinary columns.",
        "Read the keys first, then change by key.",
        replaced_by=("UNSUPPORTED_NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE",),
    ),
    described(
        "UNKNOWN_COMMAND",
        "Early name for a body whose only member is no command of this address.",
        "Compare the command's spelling and its level: database, keyspace, collection or table.",
        replaced_by=("COMMAND_UNKNOWN",),
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION_FOR_TABLE",
        "Early name for an update operator that only collections have.",
        "Use $set and $unset for rows.",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATIONS_FOR_TABLE",),
    ),
    described(
        "UPDATE_PRIMARY_KEY_COLUMNS",
        "Early name for an update that would change a row's key.",
        "Insert the row under its new key and delete the old one.",
        replaced_by=("UNSUPPORTED_UPDATE_FOR_PRIMARY_KEY_COLUMNS",),
    ),
    described(
        "ZERO_UPDATE_OPERATIONS_FOR_TABLE",
        "Early name for a table update with an empty update clause.",
        "Set or unset at least one column.",
        replaced_by=("MISSING_UPDATE_OPERATIONS",),
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = tuple(section("", "", (*_SCHEMA, *_SORTS, *_ROWS)))
