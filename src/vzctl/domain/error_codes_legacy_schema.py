"""Legacy error codes about collections, vectors, tables and keyspaces; older Data APIs still answer with them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_COLLECTION: Final = (
    described(
        "COLLECTION_CREATION_ERROR",
        "The table behind a new collection could not be made.",
        "Drop what is left of it and create it again, with a client timeout above the schema delay.",
        replaced_by=("CORRUPTED_COLLECTION_SCHEMA",),
    ),
    described(
        "COLLECTION_NOT_EXIST",
        "The collection does not exist in this keyspace, in the older wording.",
        "Check the spelling, the keyspace and the endpoint that the client uses.",
        replaced_by=("UNKNOWN_COLLECTION_OR_TABLE",),
    ),
    described(
        "INDEXES_CREATION_FAILED",
        "The table of a new collection was made, but not its indexes.",
        "Remove indexes of an earlier collection of that name, then try again.",
        replaced_by=("EXISTING_INDEX_FOR_COLLECTION",),
    ),
    described(
        "INVALID_COLLECTION_NAME",
        "The name of a collection has characters or a length that is not allowed.",
        "Begin with a letter and use letters, digits and underscores.",
        replaced_by=("UNSUPPORTED_SCHEMA_NAME",),
    ),
    described(
        "INVALID_JSONAPI_COLLECTION_SCHEMA",
        "A table of that name exists but was not made by the Data API as a collection.",
        "Use the table commands for it, or another name.",
    ),
    described(
        "INVALID_SCHEMA_VERSION",
        "The collection was described by another generation of the Data API, in the older wording.",
        "Create the collection again with this release, or update it.",
        replaced_by=("COLLECTION_SCHEMA_VERSION_INVALID",),
    ),
    described(
        "KEYSPACE_DOES_NOT_EXIST",
        "The keyspace is not in this database, in the older wording.",
        "Create it, or correct the client's keyspace; the default one is called default_keyspace.",
        replaced_by=("UNKNOWN_KEYSPACE",),
    ),
    described(
        "NAMESPACE_DOES_NOT_EXIST",
        "The keyspace, called namespace at the time, is not in this database.",
        "Create it with createKeyspace, or correct its name.",
        replaced_by=("UNKNOWN_KEYSPACE",),
    ),
    described(
        "NO_INDEX_ERROR",
        "The collection has lost an index, in the older wording.",
        "Create the collection again and load the documents.",
        replaced_by=("COLLECTION_NO_INDEX_ERROR", "CORRUPTED_COLLECTION_SCHEMA"),
    ),
    described(
        "TOO_MANY_INDEXES",
        "The database's limit of indexes does not allow one more collection.",
        "Drop unused collections, or index fewer fields.",
        replaced_by=("TOO_MANY_INDEXES_FOR_COLLECTION",),
    ),
    described(
        "UNABLE_TO_CREATE_OFFLINE_WRITER_SESSION",
        "An offline bulk writer could not begin its session; hosted databases do not have these.",
        "Look at the reason in the text and at the writer's directory.",
    ),
)

_VECTOR: Final = (
    described(
        "VECTORIZE_USAGE_ERROR",
        "A sort by $vectorize stands beside another sort, in the older wording.",
        "Keep $vectorize alone in the sort.",
        vectorize=True,
        replaced_by=("SORT_CLAUSE_INVALID",),
    ),
    described(
        "VECTOR_SEARCH_FIELD_TOO_BIG",
        "Very old code for a dimension above the largest allowed.",
        "Ask for fewer dimensions; the limit rose with later releases.",
        replaced_by=("VECTOR_SEARCH_TOO_BIG_VALUE",),
    ),
    described(
        "VECTOR_SEARCH_INVALID_FUCTION_NAME",
        "Misspelled like this by old releases: an unknown similarity function.",
        "Take cosine, dot_product or euclidean, and update a Data API this old.",
        replaced_by=("VECTOR_SEARCH_UNKNOWN_FUNCTION_NAME",),
    ),
    described(
        "VECTOR_SEARCH_INVALID_FUNCTION_NAME",
        "The metric of a collection is none of the three, in the older wording.",
        "Correct `metric` in the vector options.",
        replaced_by=("VECTOR_SEARCH_UNKNOWN_FUNCTION_NAME",),
    ),
    described(
        "VECTOR_SEARCH_NOT_AVAILABLE",
        "The database below has no vector search at all.",
        "Use a database that has it: Astra DB, HCD, or Cassandra 5 and later.",
    ),
    described(
        "VECTOR_SEARCH_SIMILARITY_PROJECTION_NOT_SUPPORTED",
        "The similarity was asked of a command that does not return it.",
        "Ask for includeSimilarity in find with a vector sort.",
    ),
    described(
        "VECTOR_SEARCH_USAGE_ERROR",
        "A sort by $vector stands beside another sort, in the older wording.",
        "Keep $vector alone in the sort.",
        replaced_by=("SORT_CLAUSE_INVALID",),
    ),
    described(
        "VECTOR_SIZE_MISMATCH",
        "A vector's length differs from the collection's dimension, in the older wording.",
        "Use one model, with one dimension, for the collection and its queries.",
        replaced_by=("INVALID_VECTOR_LENGTH",),
    ),
)

_TABLE: Final = (
    described(
        "TABLE_COLUMN_DEFINITION_MISSING",
        "A key names a column that a table of the preview does not define.",
        "Define every key column among the columns.",
        replaced_by=("UNKNOWN_PARTITION_COLUMNS", "UNKNOWN_PARTITION_SORT_COLUMNS"),
    ),
    described(
        "TABLE_COLUMN_TYPE_NOT_PROVIDED",
        "A column of a preview table has no type.",
        "Add a type to each column.",
        replaced_by=("COLUMN_TYPE_INCORRECT",),
    ),
    described(
        "TABLE_COLUMN_TYPE_UNSUPPORTED",
        "A column of a preview table has a type that the preview did not take.",
        "Use a type of that release, or update the Data API.",
        replaced_by=("UNKNOWN_DATA_TYPE",),
    ),
    described(
        "TABLE_COLUMN_UNKNOWN",
        "A preview table has no column of that name.",
        "Correct the column's name in the command.",
        replaced_by=("UNKNOWN_TABLE_COLUMNS",),
    ),
    described(
        "TABLE_FEATURE_NOT_ENABLED",
        "Tables were still a preview and are off in this Data API.",
        "Update it, or switch the tables feature on.",
    ),
    described(
        "TABLE_MISSING_PARTITIONING_KEYS",
        "A preview table has no partition key.",
        "Name a partition column.",
        replaced_by=("MISSING_PARTITION_COLUMNS",),
    ),
    described(
        "TABLE_PRIMARY_KEY_DEFINITION_INCORRECT",
        "The primary key of a preview table has the wrong form.",
        "Write the key as a name, or with partitionBy.",
        replaced_by=("PRIMARY_KEY_DEFINITION_INCORRECT",),
    ),
)

_SCHEMA_SCOPE: Final = (
    described(
        "COLUMN_DEFINITION_MISSING",
        "A key names a column without a definition, as the first table releases said it.",
        "Define the column, or take it out of the key.",
        replaced_by=("UNKNOWN_PARTITION_COLUMNS", "UNKNOWN_PARTITION_SORT_COLUMNS"),
    ),
    described(
        "COLUMN_TYPE_UNSUPPORTED",
        "A column has a type the first table releases did not take.",
        "Take a type from the list in the text, or update the Data API.",
        replaced_by=("UNKNOWN_DATA_TYPE", "UNSUPPORTED_DATA_TYPE_TABLE_CREATION"),
    ),
    described(
        "INVALID_CONFIGURATION",
        "Stored embedding settings of a whole table could not be read, in the older wording.",
        "Attach the service to the table's columns again.",
        vectorize=True,
        replaced_by=("INVALID_VECTORIZE_TABLE_CONFIGURATION",),
    ),
    described(
        "INVALID_VECTORIZE_CONFIGURATION",
        "Stored embedding settings of one column could not be read, in the older wording.",
        "Attach the service to that column again.",
        vectorize=True,
        replaced_by=("INVALID_VECTORIZE_FIELD_CONFIGURATION",),
    ),
    described(
        "LEXICAL_NOT_AVAILABLE_FOR_DATABASE",
        "Lexical search is missing from this database, in the older wording.",
        "Pass lexical with enabled false when you create the collection.",
        replaced_by=("LEXICAL_FEATURE_NOT_ENABLED",),
    ),
    described(
        "LIST_TYPE_INCORRECT_DEFINITION",
        "A list column lacks the type of its elements, or has a bad one.",
        "Give a list column its valueType.",
        replaced_by=("UNSUPPORTED_LIST_DEFINITION",),
    ),
    described(
        "MAP_TYPE_INCORRECT_DEFINITION",
        "A map column lacks the type of its keys or values, or has a bad one.",
        "Give a map column its keyType and valueType.",
        replaced_by=("UNSUPPORTED_MAP_DEFINITION",),
    ),
    described(
        "MISSING_PRIMARY_KEYS",
        "A new table has no primary key, as the first table releases said it.",
        "Add primaryKey to the definition.",
        replaced_by=("MISSING_PARTITION_COLUMNS",),
    ),
    described(
        "SET_TYPE_INCORRECT_DEFINITION",
        "A set column lacks the type of its elements, or has a bad one.",
        "Give a set column its valueType.",
        replaced_by=("UNSUPPORTED_SET_DEFINITION",),
    ),
    described(
        "VECTOR_TYPE_INCORRECT_DEFINITION",
        "A vector column's dimension or embedding service is badly written.",
        "Give the column a positive dimension, and the service as an object.",
        vectorize=True,
        replaced_by=("UNSUPPORTED_VECTOR_DIMENSION", "MISSING_DIMENSION_IN_VECTOR_COLUMN"),
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("", "", (*_COLLECTION, *_VECTOR, *_TABLE)),
    *section("REQUEST", "SCHEMA", _SCHEMA_SCOPE),
)
