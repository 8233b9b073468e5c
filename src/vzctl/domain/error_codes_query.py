"""Error codes about what is searched for: filters and sorts."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_FILTER: Final = (
    described(
        "CANNOT_LEXICAL_FILTER_NON_INDEXED_COLUMNS",
        "$match was used on a column that has no text index.",
        "Create a text index on that column with createTextIndex.",
    ),
    described(
        "FILTER_FIELDS_LIMIT_VIOLATION",
        "The filter has more conditions than one filter may have.",
        "Split the query, or replace many equalities by one $in.",
    ),
    described(
        "FILTER_ID_NOT_INDEXED",
        "_id was filtered with something other than equality, and this collection does not index it.",
        "Use $eq or $in on _id.",
    ),
    described(
        "FILTER_INVALID_EXPRESSION",
        "The filter is not built as a filter: a misplaced operator, a wrong logical form or path.",
        "Correct the part that the text quotes.",
    ),
    described(
        "FILTER_MULTIPLE_ID_FILTER",
        "_id is compared for equality more than once.",
        "Put all ids into one $in.",
    ),
    described(
        "FILTER_PATH_UNINDEXED",
        "The collection's indexing options leave the filtered field out.",
        "Filter on an indexed field, or create the collection anew with that field indexed.",
    ),
    described(
        "FILTER_UNSUPPORTED_DATA_TYPE",
        "A filter compares with a value of a type that filters do not take.",
        "Convert the value to text, number, boolean, date or null.",
    ),
    described(
        "FILTER_UNSUPPORTED_OPERATOR",
        "The filter uses an operator that the Data API does not have.",
        "Replace it by one of the documented operators; $regex, for one, does not exist.",
    ),
    described(
        "INVALID_FILTER_COLUMN_VALUES",
        "A filter compares a column with a value that is not of its type.",
        "Convert the value in the filter to the column's type.",
    ),
    described(
        "INVALID_MAP_SET_LIST_FILTER",
        "A filter on a map, set or list column is not in the form for it.",
        "Use $in, $nin or $all, for maps below $keys or $values or with pairs.",
    ),
    described(
        "INVALID_PRIMARY_KEY_FILTER",
        "The filter on the key has a gap: a partition column is missing, or a sort column before another.",
        "Name every partition column, and sort columns in their order.",
    ),
    described(
        "MISSING_FILTER_FOR_UPDATE_DELETE",
        "Updating or deleting in a table needs a filter, and there is none.",
        "Add a filter on the primary key; only deleteMany may go without, and it empties the table.",
    ),
    described(
        "MISSING_FULL_PRIMARY_KEY_FOR_UPDATE_DELETE",
        "The filter of an update or delete of one row leaves part of the key open.",
        "Give every column of the primary key.",
    ),
    described(
        "UNSUPPORTED_COMPARISON_FILTER_AGAINST_DURATION",
        "Durations were compared by size, which has no meaning for them.",
        "Compare durations for equality only, or store seconds in another column.",
    ),
    described(
        "UNSUPPORTED_FILTERING_FOR_COLUMN_TYPES",
        "The operator cannot be used on a container or vector column.",
        "Filter on a column of a simple type.",
    ),
    described(
        "UNSUPPORTED_FILTER_FOR_UPDATE_ONE_DELETE_ONE",
        "A command for one row has a filter that could meet several.",
        "Use $eq on each key column, or deleteMany.",
    ),
    described(
        "UNSUPPORTED_NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE",
        "An update or delete in a table filters on a column outside the primary key.",
        "Find the keys first, then update or delete by them.",
    ),
)

_SORT: Final = (
    described(
        "CANNOT_LEXICAL_SORT_NON_INDEXED_COLUMNS",
        "A table was to be sorted by text relevance on a column without a text index.",
        "Create a text index for the sorted column.",
    ),
    described(
        "CANNOT_LEXICAL_SORT_WITH_SKIP_OPTION",
        "`skip` cannot go with a sort by text relevance.",
        "Drop `skip` and ask for a larger limit.",
    ),
    described(
        "CANNOT_SORT_ON_MULTIPLE_VECTORIZE",
        "The sort has texts to embed for two vector columns at once.",
        "Search one column by text at a time and merge the results yourself.",
        vectorize=True,
    ),
    described(
        "CANNOT_SORT_ON_MULTIPLE_VECTORS",
        "The sort has vectors for two vector columns at once.",
        "Keep one vector in the sort.",
    ),
    described(
        "CANNOT_SORT_ON_SPECIAL_WITH_OTHERS",
        "A sort by vector, text to embed or relevance stands beside another sort.",
        "Keep the special sort alone, and order the results in your own code.",
        vectorize=True,
    ),
    described(
        "CANNOT_SORT_UNKNOWN_COLUMNS",
        "The sort names columns that the table lacks.",
        "Correct the column names in the sort.",
    ),
    described(
        "CANNOT_SORT_VECTOR_AND_NON_VECTOR_COLUMNS",
        "The sort of a table mixes a vector column with ordinary ones.",
        "Sort by the vector column only, or by ordinary columns only.",
    ),
    described(
        "CANNOT_VECTORIZE_SORT_NON_VECTOR_COLUMN",
        "A text is to be embedded for a sort, but the column is no vector column.",
        "Name a vector column that has an embedding service.",
        vectorize=True,
    ),
    described(
        "CANNOT_VECTORIZE_SORT_WHEN_MISSING_VECTORIZE_DEFINITION",
        "A text is to be embedded for a sort on a vector column without an embedding service.",
        "Attach a service to the column, or sort with a vector made with the same model as the stored ones.",
        vectorize=True,
    ),
    described(
        "CANNOT_VECTOR_SORT_NON_INDEXED_VECTOR_COLUMNS",
        "The vector column of the sort has no vector index.",
        "Create one with createVectorIndex.",
    ),
    described(
        "CANNOT_VECTOR_SORT_NON_VECTOR_COLUMNS",
        "A vector is given to sort by a column that holds no vectors.",
        "Sort by one of the vector columns that the text lists.",
    ),
    described(
        "CANNOT_VECTOR_SORT_ON_MISMATCHED_VECTOR_DIMENSIONS",
        "The vector of the sort has another length than the column.",
        "Embed the query with the model and dimension of the column.",
    ),
    described(
        "CANNOT_VECTOR_SORT_WITH_LIMIT_EXCEEDS_MAX",
        "A vector search asks for more rows than it may return.",
        "Lower `limit` to the maximum that the text gives.",
    ),
    described(
        "CANNOT_VECTOR_SORT_WITH_SKIP_OPTION",
        "`skip` cannot go with a vector search.",
        "Remove `skip`; take more rows and drop the first ones yourself.",
    ),
    described(
        "INVALID_REGULAR_SORT_EXPRESSION",
        "An ordinary sort has a value other than 1 or -1.",
        "Use 1 for ascending, -1 for descending.",
    ),
    described(
        "INVALID_VECTOR_SORT_EXPRESSION",
        "A vector column is sorted by something that is neither vector nor text.",
        "Give a list of numbers, a $binary vector, or a text when the column has an embedding service.",
        vectorize=True,
    ),
    described(
        "OVERLOADED_SORT_ROW_LIMIT",
        "Too many rows or documents would have to be sorted in memory.",
        "Narrow the filter, or sort by what the storage is ordered by.",
    ),
    described(
        "SORT_CLAUSE_INVALID",
        "The sort as a whole is not acceptable, for example special keys beside others.",
        "Read the problem in the text; $vector or $vectorize stand alone in a sort.",
        vectorize=True,
    ),
    described(
        "SORT_CLAUSE_PATH_INVALID",
        "A path in the sort is empty, begins with a dollar sign, or is badly escaped.",
        "Correct the path in the sort.",
    ),
    described(
        "SORT_CLAUSE_PATH_UNINDEXED",
        "The collection's indexing options leave the sorted field out.",
        "Sort by an indexed field, or recreate the collection with other indexing.",
    ),
    described(
        "SORT_CLAUSE_VALUE_INVALID",
        "The value beside a sort path is none that this kind of sort takes.",
        "Use 1 or -1, numbers for $vector, and a non-blank text for $vectorize.",
        how_to_decide="When the path is $vectorize the cause is usage_bad_vectorize_value.",
        vectorize=True,
    ),
    described(
        "UNSUPPORTED_PAGINATION_WITH_IN_MEMORY_SORTING",
        "A page state was given for a query that has to be sorted in memory.",
        "Ask without a page state, or sort in stored order.",
    ),
    described(
        "UNSUPPORTED_SORT_FOR_TABLE_DELETE_COMMAND",
        "A delete in a table has a sort.",
        "Remove the sort; find the row's key first when you want the newest or nearest.",
    ),
    described(
        "UNSUPPORTED_SORT_FOR_TABLE_UPDATE_COMMAND",
        "An update in a table has a sort.",
        "Remove the sort and give the full primary key.",
    ),
    described(
        "UNSUPPORTED_VECTORIZE_SORT_FOR_COLLECTION",
        "The sort gives a text to embed, but the collection has no embedding service.",
        "Sort with $vector, or move the data into a collection with a service; it cannot be added later.",
        vectorize=True,
    ),
    described(
        "UNSUPPORTED_VECTOR_SORT_FOR_COLLECTION",
        "The sort gives a vector, but the collection was created without vectors.",
        "Use a collection with vector options; they cannot be added later.",
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("REQUEST", "FILTER", _FILTER),
    *section("REQUEST", "SORT", _SORT),
)
