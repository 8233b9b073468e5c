"""Error codes about the definition of tables, their columns and user-defined types."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_TABLES: Final = (
    described(
        "CANNOT_ADD_EXISTING_COLUMNS",
        "alterTable adds columns that the table has already.",
        "Leave out the columns that exist.",
    ),
    described(
        "CANNOT_ADD_EXISTING_TABLE",
        "createTable names a table that exists.",
        "Choose another table name, or pass ifNotExists.",
    ),
    described(
        "CANNOT_ADD_PREVIOUSLY_DROPPED_COLUMN",
        "A column of that name was dropped once, and its old type stands in the way of the new one.",
        "Name the column differently, or create the table again.",
    ),
    described(
        "CANNOT_ADD_UNSUPPORTED_DATA_TYPE_COLUMNS",
        "alterTable adds a column of a type that cannot be added.",
        "Take a type from the list in the text for the new column.",
    ),
    described(
        "CANNOT_DROP_INDEXED_COLUMNS",
        "A column to drop still has an index.",
        "Drop its index first.",
    ),
    described(
        "CANNOT_DROP_PRIMARY_KEY_COLUMNS",
        "A column to drop is part of the primary key.",
        "Create a table with another key and copy the rows.",
    ),
    described(
        "CANNOT_DROP_UNKNOWN_COLUMNS",
        "alterTable drops columns that are not there.",
        "Correct the names of the columns to drop; they may be gone already.",
    ),
    described(
        "CANNOT_DROP_UNKNOWN_TABLE",
        "dropTable names a table that is not in this keyspace.",
        "Check keyspace and name with listTables, or pass ifExists.",
    ),
    described(
        "COLUMN_NOT_FOUND",
        "The command needs a column that its table lacks.",
        "Look at the table's columns with listTables.",
    ),
    described(
        "COLUMN_TYPE_INCORRECT",
        "A column definition has no type, or the type stands in the wrong place.",
        'Write "name": "text", or "name": {"type": "text"}.',
    ),
    described(
        "MISSING_ALTER_TABLE_OPERATIONS",
        "alterTable has no operation, or an empty one.",
        "Say what to add or drop.",
    ),
    described(
        "MISSING_PARTITION_COLUMNS",
        "A new table has no column to distribute its rows by.",
        "Give primaryKey at least one partitionBy column.",
    ),
    described(
        "PRIMARY_KEY_DEFINITION_INCORRECT",
        "The primary key of a new table is not written as one is.",
        "Give a column name, or an object with partitionBy and, if wanted, partitionSort of 1 and -1.",
    ),
    described(
        "UNKNOWN_PARTITION_COLUMNS",
        "partitionBy names columns that the new table does not define.",
        "Define these columns, or correct partitionBy.",
    ),
    described(
        "UNKNOWN_PARTITION_SORT_COLUMNS",
        "partitionSort names columns that the new table does not define.",
        "Define these columns, or correct partitionSort.",
    ),
)

_TYPES: Final = (
    described(
        "CANNOT_ADD_EXISTING_FIELD",
        "alterType adds a field that the type has already.",
        "Leave the field out, or give it another name.",
    ),
    described(
        "CANNOT_ADD_EXISTING_TYPE",
        "createType names a type that exists.",
        "Choose another type name, or pass ifNotExists.",
    ),
    described(
        "CANNOT_DROP_TYPE_USED_BY_TABLE",
        "A type to drop is still the type of columns.",
        "Drop those columns or tables first; the text lists them.",
    ),
    described(
        "CANNOT_DROP_UNKNOWN_TYPE",
        "dropType names a type that is not in this keyspace.",
        "Check it with listTypes, or pass ifExists.",
    ),
    described(
        "CANNOT_RENAME_UNKNOWN_TYPE_FIELD",
        "alterType renames a field that the type does not have.",
        "Correct the old name of the field.",
    ),
    described(
        "INVALID_USER_DEFINED_TYPE_NAME",
        "A user-defined type has an empty or impossible name.",
        "Give the type a name of letters, digits and underscores.",
    ),
    described(
        "MISSING_ALTER_TYPE_OPERATIONS",
        "alterType says neither what to add nor what to rename.",
        "Add at least one field to add or rename.",
    ),
    described(
        "MISSING_FIELDS_FOR_TYPE_CREATION",
        "createType defines a type without any field.",
        "Give the new type one field or more.",
    ),
    described(
        "UNKNOWN_DATA_TYPE",
        "A column has a type that no database type is called.",
        "Choose a type from the list in the text.",
    ),
    described(
        "UNKNOWN_PRIMITIVE_DATA_TYPE",
        "A column's short form names something that is no simple type.",
        "Use the long form for vectors, maps, lists and sets.",
    ),
    described(
        "UNKNOWN_USER_DEFINED_TYPE",
        "A column has a user-defined type that does not exist.",
        "Create the type first, in the same keyspace.",
    ),
    described(
        "UNSUPPORTED_DATA_TYPE_TABLE_CREATION",
        "A type in a new table exists in Cassandra but not in createTable.",
        "Replace the type, or create the table by CQL.",
    ),
    described(
        "UNSUPPORTED_LIST_DEFINITION",
        "A list column has elements of a type that lists cannot hold.",
        "Give valueType of the list a simple or user-defined type.",
    ),
    described(
        "UNSUPPORTED_MAP_DEFINITION",
        "A map column has keys or values of a type that maps cannot hold.",
        "Choose keyType and valueType from the lists in the text.",
    ),
    described(
        "UNSUPPORTED_SET_DEFINITION",
        "A set column has elements of a type that sets cannot hold.",
        "Give valueType of the set a simple or user-defined type.",
    ),
    described(
        "UNSUPPORTED_TYPE_FIELDS",
        "A user-defined type has fields of types that cannot be nested.",
        "Use simple types for its fields.",
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = tuple(section("REQUEST", "SCHEMA", (*_TABLES, *_TYPES)))
