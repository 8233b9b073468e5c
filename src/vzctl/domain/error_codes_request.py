"""Error codes of a request as a whole: its form, the command, the token; projections; and warnings beside an answer."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_UNSCOPED: Final = (
    described(
        "COMMAND_ACCEPTS_NO_OPTIONS",
        "The command was given options, and this one knows none.",
        "Leave `options` out of the request.",
    ),
    described(
        "COMMAND_FIELD_UNKNOWN",
        "The command's body has a field that this command does not know.",
        "Check its spelling and place; options belong inside `options`.",
    ),
    described(
        "COMMAND_FIELD_VALUE_INVALID",
        "A field of the command has a value outside what is allowed.",
        "Correct the field that the text names.",
    ),
    described(
        "COMMAND_UNKNOWN",
        "There is no command of that name at this address.",
        "Check spelling and URL: database, keyspace and collection commands have different paths.",
    ),
    described(
        "HYBRID_FIELD_CONFLICT",
        "A document has $hybrid beside $vector, $vectorize or $lexical, which it stands for.",
        "Keep $hybrid alone, or write its parts one by one instead.",
        vectorize=True,
    ),
    described(
        "HYBRID_FIELD_UNKNOWN_SUBFIELDS",
        "$hybrid contains names other than $vectorize and $lexical.",
        "Move the other fields out of $hybrid.",
        vectorize=True,
    ),
    described(
        "HYBRID_FIELD_UNSUPPORTED_SUBFIELD_VALUE_TYPE",
        "A part of $hybrid is neither text nor null.",
        "Give $vectorize and $lexical inside $hybrid as text.",
        vectorize=True,
    ),
    described(
        "HYBRID_FIELD_UNSUPPORTED_VALUE_TYPE",
        "$hybrid itself is of a type it cannot have, such as a number or a list.",
        "Give $hybrid a text, or an object with $vectorize and $lexical.",
        vectorize=True,
    ),
    described(
        "INVALID_CREATE_COLLECTION_FIELD",
        "createCollection has a field that no collection option is called.",
        "Compare the field's name and nesting with the reference of createCollection.",
    ),
    described(
        "INVALID_RERANK_OVERRIDE",
        "The reranking service given with findAndRerank is incomplete or wrong.",
        "Correct the `rerank` option, or leave it out to use the collection's own.",
    ),
    described(
        "MISSING_RERANK_QUERY_TEXT",
        "findAndRerank does not know which text the passages are to be compared with.",
        "Give a text in $hybrid or its $vectorize, or set the rerankQuery option.",
        vectorize=True,
    ),
    described(
        "REQUEST_NOT_JSON",
        "The body of the request cannot be parsed as JSON.",
        "Look for a stray comma, quote or cut-off end near the position in the text.",
    ),
    described(
        "REQUEST_STRUCTURE_MISMATCH",
        "The JSON is sound, but an object, list or value stands where another kind is expected.",
        "Compare the shape of the body with the command's reference.",
    ),
    described(
        "UNSUPPORTED_COLLECTION_COMMAND",
        "That command works on tables only, and this is a collection.",
        "Use one of the collection commands that the text lists.",
    ),
    described(
        "UNSUPPORTED_CONTENT_TYPE",
        "The Content-Type header says something else than JSON.",
        "Send the header `Content-Type: application/json`.",
    ),
    described(
        "UNSUPPORTED_RERANKING_COMMAND",
        "findAndRerank was called on a collection that has no reranking, and no service was named in the call.",
        "Use a collection with vector, lexical and rerank, or pass the `rerank` option.",
    ),
    described(
        "UNSUPPORTED_TABLE_COMMAND",
        "That command works on collections only, and this is a table.",
        "Use one of the table commands that the text lists.",
    ),
)

_SECURITY: Final = (
    described(
        "MISSING_AUTHENTICATION_TOKEN",
        "The request came without an Astra or database token.",
        "Set the Token header, or the token of your client.",
    ),
    described(
        "UNAUTHENTICATED_REQUEST",
        "The Astra or database token was rejected: malformed, expired, revoked, or a wrong user and password.",
        "Use a valid token for this database; the provider's key has nothing to do with it.",
        how_to_decide="Releases until 2025 used this code for a role without the right too, which is astra_permission.",
    ),
    described(
        "UNAUTHORIZED_ACCESS",
        "The token is known, but its role may not do this here.",
        "Use a token whose role may read or write this keyspace and collection.",
    ),
)

_PROJECTION: Final = (
    described(
        "UNSUPPORTED_PROJECTION_DEFINITION",
        "The projection is not an object.",
        'Write the projection as an object, for example {"title": 1}.',
    ),
    described(
        "UNSUPPORTED_PROJECTION_PARAM",
        "A field in the projection has a value or operator that projections do not know.",
        "Use 1, 0, true, false or $slice, and do not mix including with excluding.",
    ),
)

_WARNING: Final = (
    described(
        "COMPARISON_FILTER_UNSUPPORTED_BY_INDEXING",
        "Warning: a greater-or-less filter on an indexed column was answered without the help of that index.",
        "Nothing failed; filter on a type whose index knows order, or on the partition too.",
    ),
    described(
        "DEPRECATED_COMMAND",
        "Warning: the command has a successor and will be removed one day.",
        "Change the code to the command that the text names.",
    ),
    described(
        "INCOMPLETE_PRIMARY_KEY_FILTER",
        "Warning: only part of the primary key was filtered on, so many partitions were read.",
        "Give every partition column, and sort columns from the first on without a gap.",
    ),
    described(
        "IN_MEMORY_SORTING_DUE_SKIP_OPTIONS",
        "Warning: `skip` forced the rows to be sorted in memory.",
        "Page with the page state instead of `skip` when there are many rows.",
    ),
    described(
        "IN_MEMORY_SORTING_DUE_TO_MISSING_PARTITION_SORTING",
        "Warning: the sort left out a partition sort column before one that it used, so it ran in memory.",
        "Name the partition sort columns from the first on.",
    ),
    described(
        "IN_MEMORY_SORTING_DUE_TO_NON_PARTITION_SORTING",
        "Warning: the sort used columns by which rows are not stored in order, so it ran in memory.",
        "Sort by partition sort columns, or design a table for this query.",
    ),
    described(
        "IN_MEMORY_SORTING_DUE_TO_OUT_OF_ORDER_PARTITION_SORTING",
        "Warning: the right sort columns in another order than the table's, so sorting ran in memory.",
        "Sort in the order in which the table defines its partition sort columns.",
    ),
    described(
        "IN_MEMORY_SORTING_DUE_TO_PARTITION_KEY_NOT_RESTRICTED",
        "Warning: sorted across partitions, because the filter does not pin the partition, so it ran in memory.",
        "Add $eq on every partition column to the filter.",
    ),
    described(
        "MISSING_INDEX",
        "Warning: a filtered column has no index, so rows were scanned.",
        "Create an index on the column; one made a moment ago may just not be ready.",
    ),
    described(
        "NOT_EQUALS_UNSUPPORTED_BY_INDEXING",
        "Warning: the index of this column does not help with $ne.",
        "Filter for what you want rather than for what you do not want.",
    ),
    described(
        "NOT_IN_FILTER_UNSUPPORTED_BY_INDEXING",
        "Warning: the index of this column does not help with $nin.",
        "Turn the excluded values into a list of wanted ones with $in where you can.",
    ),
    described(
        "QUERY_RETRIED_DUE_TO_INDEXING",
        "Warning: the query failed at first for want of an index and was repeated as a scan.",
        "Add an index for the filter; the text shows the query.",
    ),
    described(
        "ZERO_FILTER_OPERATIONS",
        "Warning: without any filter the whole table is read.",
        "Filter by primary key or an indexed column when the table is large.",
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("REQUEST", "", _UNSCOPED),
    *section("REQUEST", "SECURITY", _SECURITY),
    *section("REQUEST", "PROJECTION", _PROJECTION),
    *section("REQUEST", "WARNING", _WARNING),
)
