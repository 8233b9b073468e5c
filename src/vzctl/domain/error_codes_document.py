"""Error codes about what is written: documents, rows and updates of them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_DOCUMENT: Final = (
    described(
        "DOCUMENT_ALREADY_EXISTS",
        "A document with this _id is there already.",
        "Insert under another _id, or use findOneAndReplace or updateOne with upsert.",
    ),
    described(
        "DOCUMENT_REPLACE_DIFFERENT_DOCID",
        "The replacement carries another _id than the document that it should replace.",
        "Take _id out of the replacement, or give the one of the found document.",
    ),
    described(
        "INVALID_COLUMN_VALUES",
        "A row has a value that its column's type cannot hold.",
        "Convert the values of the columns that the text lists.",
    ),
    described(
        "INVALID_VECTORIZE_VALUE_TYPE",
        "$vectorize is something other than the text to embed.",
        "Give $vectorize a non-empty string, without wrapping it in a list or object.",
        vectorize=True,
    ),
    described(
        "INVALID_VECTOR_LENGTH",
        "The given $vector is longer or shorter than the collection's dimension.",
        "Make the vector with the model of the collection, or create a collection with the dimension of yours.",
    ),
    described(
        "LEXICAL_CONTENT_TOO_LONG",
        "The text in $lexical is longer than its index takes.",
        "Shorten $lexical; keep the whole text in a field of your own.",
    ),
    described(
        "MISSING_PRIMARY_KEY_COLUMNS",
        "A row lacks a value for part of its table's primary key.",
        "Add the key columns that the text lists as missing.",
    ),
    described(
        "SHRED_BAD_BINARY_VECTOR_VALUE",
        "A $binary vector is no base64, or its bytes are no whole number of floats.",
        "Encode big-endian 32-bit floats as base64, four bytes each.",
    ),
    described(
        "SHRED_BAD_DOCID_TYPE",
        "_id is a list or object that is no known extended type.",
        "Use text, a number, a boolean, null, or $uuid, $objectId or $date as _id.",
    ),
    described(
        "SHRED_BAD_DOCID_VALUE",
        "_id has a good type but a value that is not allowed, such as an empty text.",
        "Give the document another _id, or none to have one made.",
    ),
    described(
        "SHRED_BAD_DOCUMENT_LEXICAL_TYPE",
        "$lexical of a document is not a text.",
        "Give $lexical a string or null.",
    ),
    described(
        "SHRED_BAD_DOCUMENT_TYPE",
        "What should be a document is a list, text or number.",
        "Send each document as a JSON object; use insertMany for a list of them.",
    ),
    described(
        "SHRED_BAD_DOCUMENT_VECTOR_TYPE",
        "$vector of a document is neither a list nor a $binary object.",
        "Send $vector as a list of numbers.",
    ),
    described(
        "SHRED_BAD_EJSON_VALUE",
        "A typed value such as $date or $uuid contains something that is not of that type.",
        "Correct the value: milliseconds for $date, 36 characters for $uuid, 24 hex digits for $objectId.",
    ),
    described(
        "SHRED_BAD_FIELD_NAME",
        "A field of the document has a name that is reserved or not allowed.",
        "Rename the field; names must not be empty or begin with a dollar sign.",
    ),
    described(
        "SHRED_BAD_VECTOR_SIZE",
        "$vector is a list without any number.",
        "Leave $vector out, or fill it; an empty one often means that your own embedding step failed.",
    ),
    described(
        "SHRED_BAD_VECTOR_VALUE",
        "$vector contains something that is no number.",
        "Convert the elements to plain numbers before sending; NaN and text are refused.",
    ),
    described(
        "SHRED_DOC_LIMIT_VIOLATION",
        "The document breaks a limit of size, depth, number of fields, or length of an indexed text.",
        "Split or shorten what the text names, or leave long fields out of indexing when you create the collection.",
    ),
    described(
        "UNSUPPORTED_VECTORIZE_CONFIGURATIONS",
        "One request wants embeddings of two different services, models or dimensions.",
        "Write the columns with different services in separate requests.",
        vectorize=True,
    ),
)

_UPDATE: Final = (
    described(
        "INVALID_PUSH_OPERATOR_USAGE",
        "$push is not written the way that its column needs it.",
        "Push one element directly, several with $each, and into a map a pair.",
    ),
    described(
        "INVALID_UPDATE_COLUMN_VALUES",
        "An update sets a column to a value that its type cannot hold.",
        "Convert the value in the update to the column's type.",
    ),
    described(
        "MISSING_UPDATE_OPERATIONS",
        "The update changes nothing: no operator, or only empty ones.",
        "Add a $set or $unset with at least one column.",
    ),
    described(
        "UNSUPPORTED_OVERLAPPING_UPDATE_OPERATIONS",
        "Two operators of one update change the same column.",
        "Decide for one operator a column.",
    ),
    described(
        "UNSUPPORTED_UPDATE_DATA_TYPE",
        "An operator was given, or met in the document, a type that it cannot work on.",
        "Match operator and type: $inc needs numbers, $push needs a list.",
    ),
    described(
        "UNSUPPORTED_UPDATE_FOR_PRIMARY_KEY_COLUMNS",
        "An update tries to change the primary key of a row.",
        "Insert a row with the new key and delete the old one.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION",
        "The update uses an operator that does not exist here, or none at all.",
        "Use operators that the reference of updateOne lists.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATIONS_FOR_TABLE",
        "The operator works on collections but not on tables.",
        "Express the change of the row with $set, $unset, $push or $pullAll.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION_MODIFIER",
        "An operator has a modifier such as $position that it does not take.",
        "Remove or correct the modifier.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION_PARAM",
        "The argument of an update operator has the wrong form.",
        "Give the operator an object or value as its reference shows.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION_PATH",
        "The path in an update is empty, malformed, or clashes with another path.",
        "Correct the path; escape dots that belong to a field's name.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATION_TARGET",
        "What the update's path points at in the stored document is not what the operator works on.",
        "Look at the stored document, and turn the field into the right type first.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATOR",
        "The operator does not fit the type of the table column it is used on.",
        "Use $set; $push and $pullAll are for maps, sets and lists.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATOR_FOR_DOC_ID",
        "An update operator was used on _id, which never changes.",
        "Take _id out of the update.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATOR_FOR_LEXICAL",
        "$lexical was changed with an operator other than setting or unsetting it.",
        "Set the whole $lexical text with $set.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTOR",
        "$vector was changed with an operator other than setting or unsetting it.",
        "Set the whole $vector with $set; single elements cannot be changed.",
    ),
    described(
        "UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTORIZE",
        "$vectorize was changed with an operator other than setting or unsetting it.",
        "Set the whole $vectorize text with $set, which makes a new embedding.",
        vectorize=True,
    ),
)

_COLUMNS: Final = (
    described(
        "UNKNOWN_TABLE_COLUMNS",
        "The command names columns that the table does not have.",
        "Compare with the columns that the text lists; names are case-sensitive.",
        how_to_decide="The scope says where: in the row, the filter, the update or the projection.",
    ),
    described(
        "UNSUPPORTED_COLUMN_TYPES",
        "The command touches columns of types that the Data API cannot read or write yet.",
        "Leave those columns out here, and use CQL for them.",
        how_to_decide="The scope says where: in the row, the filter, the update or the projection.",
    ),
)

_VECTORIZE: Final = (
    described(
        "UNSUPPORTED_VECTORIZE_WHEN_MISSING_VECTORIZE_DEFINITION",
        "A text was given for a vector column that has no embedding service.",
        "Attach a service to the column with alterTable addVectorize, or send a vector.",
        vectorize=True,
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("REQUEST", "DOCUMENT", _DOCUMENT),
    *section("REQUEST", "UPDATE", _UPDATE),
    *section("REQUEST", "DOCUMENT FILTER UPDATE PROJECTION", _COLUMNS),
    *section("REQUEST", "DOCUMENT UPDATE", _VECTORIZE),
)
