"""Legacy error codes about requests, documents and queries; older Data APIs still answer with them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_REQUEST: Final = (
    described(
        "COMMAND_FIELD_INVALID",
        "A field of the command broke a rule for its value, in the older wording.",
        "Correct the field named in the text and send again.",
        replaced_by=("COMMAND_FIELD_VALUE_INVALID",),
    ),
    described(
        "COMMAND_NOT_IMPLEMENTED",
        "This release knows the command by name but cannot carry it out.",
        "Update the Data API, or do without the command.",
        replaced_by=("COMMAND_UNKNOWN",),
    ),
    described(
        "DATASET_TOO_BIG",
        "More documents matched than could be sorted in memory.",
        "Add filters until fewer documents match.",
        replaced_by=("OVERLOADED_SORT_ROW_LIMIT",),
    ),
    described(
        "FILTER_UNRESOLVABLE",
        "The server could make no query of the filter.",
        "Try the filter's parts one by one.",
        replaced_by=("FILTER_INVALID_EXPRESSION",),
    ),
    described(
        "ID_NOT_INDEXED",
        "_id was used in a filter in a way that needs an index, and it has none here.",
        "Compare _id with $eq or $in only.",
        replaced_by=("FILTER_ID_NOT_INDEXED",),
    ),
    described(
        "INVALID_CONTENT_TYPE_HEADER",
        "The body was announced as something else than JSON, in the older wording.",
        "Set Content-Type to application/json in the client.",
        replaced_by=("UNSUPPORTED_CONTENT_TYPE",),
    ),
    described(
        "INVALID_FILTER_EXPRESSION",
        "The filter is malformed, in the older wording.",
        "Correct the operator or path that the text quotes.",
        replaced_by=("FILTER_INVALID_EXPRESSION",),
    ),
    described(
        "INVALID_ID_TYPE",
        "A stored document's id has a type that this release cannot read.",
        "Use a newer Data API for documents that a newer one wrote.",
        replaced_by=("UNEXPECTED_DOCUMENT_ID_TYPE",),
    ),
    described(
        "INVALID_LOGIC_OPERATOR",
        "A filter joins its conditions with something other than $and, $or and $not.",
        "Join conditions with $and or $or.",
        replaced_by=("FILTER_INVALID_EXPRESSION",),
    ),
    described(
        "INVALID_QUERY",
        "The database refused the query as invalid, in the older wording.",
        "Read the database's reason; a missing index and a wrong vector length looked like this too.",
        how_to_decide="The database's own sentence in the text tells a schema that changed from a bug of the server.",
        replaced_by=("INVALID_COLLECTION_QUERY", "INVALID_DATABASE_QUERY"),
    ),
    described(
        "INVALID_REQUEST",
        "The request asks for something that the storage below does not support.",
        "Leave out what the text names; on Astra the embedding gateway also refused requests with it.",
        how_to_decide="A text from the gateway about a provider or credential says more than the code.",
    ),
    described(
        "INVALID_REQUEST_NOT_JSON",
        "The body was no JSON, in the older wording.",
        "Validate the body; many clients fail here when they send a language's own literal syntax.",
        replaced_by=("REQUEST_NOT_JSON",),
    ),
    described(
        "INVALID_REQUEST_STRUCTURE_MISMATCH",
        "Sound JSON of the wrong shape, in the older wording.",
        "Turn the value at the quoted position into the object or list that the command wants.",
        replaced_by=("REQUEST_STRUCTURE_MISMATCH",),
    ),
    described(
        "INVALID_REQUEST_UNKNOWN_FIELD",
        "A field that the command lacks, in the older wording.",
        "Remove the field, or move it to where it belongs.",
        replaced_by=("COMMAND_FIELD_UNKNOWN",),
    ),
    described(
        "INVALID_REQUST",
        "Misspelled like this by old releases: not supported by the storage.",
        "Do as for INVALID_REQUEST, and update a Data API this old.",
        replaced_by=("INVALID_REQUEST",),
    ),
    described(
        "INVALID_SORT_CLAUSE",
        "The sort as a whole was refused, in the older wording.",
        "Keep $vector and $vectorize alone in a sort.",
        vectorize=True,
        replaced_by=("SORT_CLAUSE_INVALID",),
    ),
    described(
        "INVALID_SORT_CLAUSE_PATH",
        "A path in the sort was refused, in the older wording.",
        "Use field names that do not begin with a dollar sign.",
        replaced_by=("SORT_CLAUSE_PATH_INVALID",),
    ),
    described(
        "INVALID_SORT_CLAUSE_VALUE",
        "A value in the sort was refused, in the older wording.",
        "Sort ordinary fields by 1 or -1.",
        replaced_by=("SORT_CLAUSE_VALUE_INVALID",),
    ),
    described(
        "NO_COMMAND_MATCHED",
        "The name of the command was not recognized by early releases.",
        "Check the command's spelling and that its path is for collections, keyspaces or databases.",
        replaced_by=("COMMAND_UNKNOWN",),
    ),
    described(
        "UNINDEXED_FILTER_PATH",
        "A filter on a field that the collection does not index, in the older wording.",
        "Index the field in a new collection, or filter after reading.",
        replaced_by=("FILTER_PATH_UNINDEXED",),
    ),
    described(
        "UNINDEXED_SORT_PATH",
        "A sort by a field that the collection does not index, in the older wording.",
        "Sort by another field, or in your own code.",
        replaced_by=("SORT_CLAUSE_PATH_UNINDEXED",),
    ),
    described(
        "UNSUPPORTED_CQL_QUERY_TYPE",
        "The server was about to run a kind of database statement that it has no handling for.",
        "Report the command that leads there.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "UNSUPPORTED_FILTER_DATA_TYPE",
        "A filter with a value of an unsuitable type, in the older wording.",
        "Use simple values in the filter.",
        replaced_by=("FILTER_UNSUPPORTED_DATA_TYPE",),
    ),
    described(
        "UNSUPPORTED_FILTER_OPERATION",
        "A filter operator that does not exist, in the older wording.",
        "Look up the operators of find for this release.",
        replaced_by=("FILTER_UNSUPPORTED_OPERATOR",),
    ),
    described(
        "UNSUPPORTED_OPERATION",
        "The server prepared an operation of a class it cannot execute.",
        "Report it with the command; no change of yours is likely to help.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
)

_DOCUMENT: Final = (
    described(
        "DOCUMENT_UNPARSEABLE",
        "A stored document could not be read as JSON, in the older wording.",
        "Replace the damaged document by its _id.",
        replaced_by=("DOCUMENT_FROM_DB_UNPARSEABLE",),
    ),
    described(
        "LEXICAL_CONTENT_TOO_BIG",
        "$lexical held more than its index takes, in the older wording.",
        "Put a summary into $lexical.",
        replaced_by=("LEXICAL_CONTENT_TOO_LONG",),
    ),
    described(
        "MISSING_VECTOR_VALUE",
        "A vector query was being built without its vector; normally the embedding step was skipped.",
        "Check that the sort holds a vector or text; report it when it does.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "OFFLINE_WRITER_SESSION_NOT_FOUND",
        "An offline bulk writer's session has ended or never began; hosted databases do not have these.",
        "Begin a new offline session.",
    ),
    described(
        "SHRED_BAD_DOCID_EMPTY_STRING",
        "A document's _id is an empty text.",
        "Fill _id, or leave it out to have one made.",
        replaced_by=("SHRED_BAD_DOCID_VALUE",),
    ),
    described(
        "SHRED_BAD_DOCUMENT_PATH_CONFLICTS",
        "Two fields of a document are the same path once dots are read as nesting.",
        "Rename one of the two, or write it as a nested object.",
        replaced_by=("SHRED_BAD_FIELD_NAME",),
    ),
    described(
        "SHRED_BAD_DOCUMENT_VECTORIZE_TYPE",
        "$vectorize of a document was no text, in the older wording.",
        "Turn the value of $vectorize into a string.",
        vectorize=True,
        replaced_by=("INVALID_VECTORIZE_VALUE_TYPE",),
    ),
    described(
        "SHRED_BAD_VECTORIZE_VALUE",
        "$vectorize in a sort was blank or no text.",
        "Search with a non-blank text; guard against empty user input.",
        vectorize=True,
        replaced_by=("SORT_CLAUSE_VALUE_INVALID",),
    ),
    described(
        "SHRED_DOC_KEY_NAME_VIOLATION",
        "A field of the document has a forbidden name, in the older wording.",
        "Rename it without dots and dollar signs, which old releases did not take.",
        replaced_by=("SHRED_BAD_FIELD_NAME",),
    ),
    described(
        "SHRED_INTERNAL_NO_PATH",
        "The server lost its place while it took a document apart.",
        "Report the document's shape.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "SHRED_NO_MD5",
        "The server's Java has no MD5, with which documents are fingerprinted.",
        "Self-hosted: allow MD5 in the Java security settings.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "SHRED_UNRECOGNIZED_NODE_TYPE",
        "A document holds a kind of JSON value that the server does not know.",
        "Send plain JSON values only.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "UNSUPPORTED_UPDATE_FOR_DOC_ID",
        "An operator tried to change _id, in the older wording.",
        "Leave _id alone in updates.",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATOR_FOR_DOC_ID",),
    ),
    described(
        "UNSUPPORTED_UPDATE_FOR_VECTOR",
        "An operator that does not fit $vector, in the older wording.",
        "Change $vector with $set, $setOnInsert or $unset.",
        replaced_by=("UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTOR",),
    ),
    described(
        "UNSUPPORTED_UPDATE_FOR_VECTORIZE",
        "An operator that does not fit $vectorize, in the older wording.",
        "Change $vectorize with $set, $setOnInsert or $unset.",
        vectorize=True,
        replaced_by=("UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTORIZE",),
    ),
)

_FILTER_SCOPE: Final = (
    described(
        "COMPARISON_FILTER_AGAINST_DURATION",
        "Durations in a table were ordered by a filter, in the older wording.",
        "Filter durations with $eq.",
        replaced_by=("UNSUPPORTED_COMPARISON_FILTER_AGAINST_DURATION",),
    ),
    described(
        "INVALID_FILTER",
        "A table's filter does not fit its primary key or column types, as early table releases said it.",
        "Filter by the whole key, or by single columns with simple types.",
        replaced_by=("INVALID_PRIMARY_KEY_FILTER",),
    ),
    described(
        "MULTIPLE_ID_FILTER",
        "More than one equality on _id, as announced before it got its prefix.",
        "Combine the ids with $in.",
        replaced_by=("FILTER_MULTIPLE_ID_FILTER",),
    ),
    described(
        "UNSUPPORTED_IN_FILTER_FOR_UPDATE_ONE_DELETE_ONE",
        "$in was used to choose the one row to update or delete.",
        "Repeat the command once for each key.",
        replaced_by=("UNSUPPORTED_FILTER_FOR_UPDATE_ONE_DELETE_ONE",),
    ),
)

_PROJECTION_SCOPE: Final = (
    described(
        "UNSUPPORTED_AMPERSAND_ESCAPE_USAGE",
        "A path has an ampersand that escapes nothing.",
        "Escape only dots and ampersands, as &. and &&.",
        replaced_by=("UNSUPPORTED_PROJECTION_PARAM",),
    ),
    described(
        "UNSUPPORTED_PROJECTION_PATH",
        "A path in the projection is not allowed.",
        "Project plain field names; $vector, $vectorize and $similarity are written as such.",
        replaced_by=("UNSUPPORTED_PROJECTION_PARAM",),
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("", "", (*_REQUEST, *_DOCUMENT)),
    *section("REQUEST", "FILTER", _FILTER_SCOPE),
    *section("REQUEST", "PROJECTION", _PROJECTION_SCOPE),
)
