"""The error codes that today's Data API documents, except those of its embedding and reranking providers.

One block for each cause; a line is a code and what it means.
"""

from __future__ import annotations

from typing import Final

REQUEST: Final = """
[invalid_request]
COMMAND_ACCEPTS_NO_OPTIONS the command takes no options, and some were sent
COMMAND_FIELD_VALUE_INVALID a field of the command has a value that is not accepted
COMMAND_FIELD_UNKNOWN the command has a field that the Data API does not know
COMMAND_UNKNOWN no command of this name exists for this kind of address (database, keyspace, collection or table)
HYBRID_FIELD_CONFLICT $hybrid stands beside $lexical, $vector or $vectorize, which it replaces
HYBRID_FIELD_UNKNOWN_SUBFIELDS $hybrid holds members other than $lexical and $vectorize
REQUEST_NOT_JSON the body of the request is not JSON
REQUEST_STRUCTURE_MISMATCH the body is JSON of another structure than the command wants
UNSUPPORTED_CONTENT_TYPE the Content-Type header is not application/json
UNSUPPORTED_TABLE_COMMAND the command exists for collections only, and was sent to a table
UNSUPPORTED_COLLECTION_COMMAND the command exists for tables only, and was sent to a collection
UNSUPPORTED_RERANKING_COMMAND findAndRerank was sent to a collection without reranking, and names no reranker itself
INVALID_RERANK_OVERRIDE the reranker that findAndRerank names for itself is not valid
MISSING_RERANK_QUERY_TEXT findAndRerank has no text to rank by
DOCUMENT_ALREADY_EXISTS a document with this _id is already stored
DOCUMENT_REPLACE_DIFFERENT_DOCID the replacement carries another _id than the document it replaces
MISSING_PRIMARY_KEY_COLUMNS a row was sent without all columns of its primary key
SHRED_BAD_BINARY_VECTOR_VALUE a vector in $binary form cannot be read
SHRED_BAD_DOCID_TYPE the _id has a type that cannot be an _id
SHRED_BAD_DOCID_VALUE the _id has a value that cannot be an _id
SHRED_BAD_DOCUMENT_TYPE a document is not a JSON object
SHRED_BAD_DOCUMENT_VECTOR_TYPE $vector is neither a list of numbers nor a $binary object
SHRED_BAD_DOCUMENT_LEXICAL_TYPE $lexical is not text
SHRED_BAD_EJSON_VALUE an extended JSON value such as $date or $uuid cannot be read
SHRED_BAD_FIELD_NAME a document has a field whose name is not allowed
SHRED_BAD_VECTOR_SIZE $vector is an empty list
SHRED_BAD_VECTOR_VALUE $vector holds something that is not a number
UNKNOWN_TABLE_COLUMNS the command names columns that the table does not have
UNSUPPORTED_COLUMN_TYPES the command uses columns of types that the Data API cannot read or write
INVALID_COLUMN_VALUES a value does not fit the type of its column
UNSUPPORTED_VECTORIZE_CONFIGURATIONS one request wants embeddings of several providers, models or dimensions
FILTER_FIELDS_LIMIT_VIOLATION the filter has more fields than are allowed
FILTER_INVALID_EXPRESSION the filter is not a filter
FILTER_MULTIPLE_ID_FILTER the filter asks twice for _id
FILTER_UNSUPPORTED_DATA_TYPE the filter compares with a type that cannot be compared
FILTER_UNSUPPORTED_OPERATOR the filter has an operator that does not exist here
INVALID_FILTER_COLUMN_VALUES a value in the filter does not fit the type of its column
INVALID_MAP_SET_LIST_FILTER the filter on a map, set or list column is malformed
UNSUPPORTED_FILTERING_FOR_COLUMN_TYPES the filter uses columns of types that cannot be filtered
UNSUPPORTED_COMPARISON_FILTER_AGAINST_DURATION a duration column cannot be compared by size
MISSING_FILTER_FOR_UPDATE_DELETE updating and deleting in a table needs a filter
UNSUPPORTED_FILTER_FOR_UPDATE_ONE_DELETE_ONE updateOne and deleteOne in a table accept only $eq
UNSUPPORTED_NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE updating and deleting in a table filters on the primary key only
MISSING_FULL_PRIMARY_KEY_FOR_UPDATE_DELETE updateOne and deleteOne in a table need the whole primary key
INVALID_PRIMARY_KEY_FILTER the filter leaves a gap in the primary key
INVALID_UPDATE_COLUMN_VALUES a value in the update does not fit the type of its column
UNSUPPORTED_UPDATE_OPERATOR the update operator does not work on columns of this type
UNSUPPORTED_UPDATE_OPERATOR_FOR_DOC_ID _id cannot be changed by an update
UNSUPPORTED_UPDATE_OPERATOR_FOR_LEXICAL $lexical accepts only $set, $setOnInsert and $unset
UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTOR $vector accepts only $set, $setOnInsert and $unset
UNSUPPORTED_UPDATE_OPERATOR_FOR_VECTORIZE $vectorize accepts only $set, $setOnInsert and $unset
INVALID_PUSH_OPERATOR_USAGE $push is written wrongly
UNSUPPORTED_UPDATE_DATA_TYPE the update sets a type that cannot be set
UNSUPPORTED_UPDATE_OPERATION the update operator does not exist
UNSUPPORTED_UPDATE_OPERATION_MODIFIER the update operator has a modifier that does not exist
UNSUPPORTED_UPDATE_OPERATION_PARAM a parameter of the update operator is not accepted
UNSUPPORTED_UPDATE_OPERATION_PATH the update names a path that cannot be updated
UNSUPPORTED_UPDATE_OPERATION_TARGET the stored value is of a type that this update operator cannot change
UNSUPPORTED_UPDATE_FOR_PRIMARY_KEY_COLUMNS the primary key of a row cannot be changed
MISSING_UPDATE_OPERATIONS the update changes nothing
UNSUPPORTED_UPDATE_OPERATIONS_FOR_TABLE tables do not know this update operator
UNSUPPORTED_OVERLAPPING_UPDATE_OPERATIONS one update changes the same column twice
UNSUPPORTED_PROJECTION_DEFINITION the projection is not an object
UNSUPPORTED_PROJECTION_PARAM the projection holds something that it cannot hold
CANNOT_SORT_UNKNOWN_COLUMNS the sort names columns that the table does not have
OVERLOADED_SORT_ROW_LIMIT more rows match than can be sorted in memory; the filter must be narrower
CANNOT_VECTOR_SORT_WITH_LIMIT_EXCEEDS_MAX the limit of a vector search is too high
INVALID_REGULAR_SORT_EXPRESSION a sort is neither 1 nor -1
INVALID_VECTOR_SORT_EXPRESSION a vector sort is neither numbers, nor $binary, nor text
SORT_CLAUSE_INVALID the sort is not a sort
SORT_CLAUSE_PATH_INVALID the sort names a path that cannot be sorted by
SORT_CLAUSE_VALUE_INVALID a value in the sort is not accepted
UNSUPPORTED_SORT_FOR_TABLE_DELETE_COMMAND deleting in a table cannot sort
UNSUPPORTED_SORT_FOR_TABLE_UPDATE_COMMAND updating in a table cannot sort
UNSUPPORTED_PAGINATION_WITH_IN_MEMORY_SORTING a sort in memory has no next page
[usage_bad_vectorize_value]
HYBRID_FIELD_UNSUPPORTED_VALUE_TYPE the value of $hybrid is neither text nor an object
HYBRID_FIELD_UNSUPPORTED_SUBFIELD_VALUE_TYPE a member of $hybrid is not text
INVALID_VECTORIZE_VALUE_TYPE $vectorize holds something that is not text
[usage_vector_and_vectorize]
INVALID_USAGE_OF_VECTORIZE a document carries both $vector and $vectorize
[usage_no_vectorize_service]
EMBEDDING_SERVICE_NOT_CONFIGURED the collection has no embedding service, so that it cannot vectorize text
UNSUPPORTED_VECTORIZE_WHEN_MISSING_VECTORIZE_DEFINITION text was sent for a vector column without an embedding service
CANNOT_VECTORIZE_SORT_WHEN_MISSING_VECTORIZE_DEFINITION a search by text was sent to a column without an embedding service
UNSUPPORTED_VECTORIZE_SORT_FOR_COLLECTION a search by text was sent to a collection without an embedding service
[usage_no_vector]
UNSUPPORTED_VECTOR_SORT_FOR_COLLECTION a vector search was sent to a collection without vectors
VECTOR_SEARCH_NOT_SUPPORTED the collection was created without vectors
CANNOT_VECTOR_SORT_NON_VECTOR_COLUMNS a vector search names a column that holds no vectors
CANNOT_VECTORIZE_SORT_NON_VECTOR_COLUMN a search by text names a column that holds no vectors
[usage_sort_conflict]
CANNOT_SORT_ON_SPECIAL_WITH_OTHERS a vector, vectorize or lexical sort stands beside other sorts
CANNOT_SORT_VECTOR_AND_NON_VECTOR_COLUMNS a vector sort stands beside an ordinary one
CANNOT_VECTOR_SORT_WITH_SKIP_OPTION a vector search cannot skip results
CANNOT_LEXICAL_SORT_WITH_SKIP_OPTION a lexical search cannot skip results
[usage_multiple_vector_sorts]
CANNOT_SORT_ON_MULTIPLE_VECTORS one search sorts by more than one vector
CANNOT_SORT_ON_MULTIPLE_VECTORIZE one search sorts by more than one text
[dimension_mismatch]
INVALID_VECTOR_LENGTH the vector has another length than the collection declares
CANNOT_VECTOR_SORT_ON_MISMATCHED_VECTOR_DIMENSIONS the vector has another length than the column declares
[document_too_large]
SHRED_DOC_LIMIT_VIOLATION a document breaks a size limit: its whole size, its depth, a name, or an indexed text
LEXICAL_CONTENT_TOO_LONG the text in $lexical is too long
[astra_auth]
MISSING_AUTHENTICATION_TOKEN the request carries no token
UNAUTHENTICATED_REQUEST the token is not valid for this database
[astra_permission]
UNAUTHORIZED_ACCESS the role of the token does not allow this command here
[bad_collection_options]
INVALID_CREATE_COLLECTION_FIELD createCollection was sent with a field that does not exist
"""

SCHEMA: Final = """
[invalid_request]
LEXICAL_NOT_ENABLED_FOR_COLLECTION this collection was created without lexical search
CANNOT_ADD_EXISTING_COLUMNS the table already has a column of this name
CANNOT_ADD_EXISTING_FIELD the type already has a field of this name
CANNOT_ADD_EXISTING_INDEX an index of this name already exists in the keyspace
CANNOT_ADD_EXISTING_TYPE a type of this name already exists in the keyspace
CANNOT_ADD_PREVIOUSLY_DROPPED_COLUMN a dropped column cannot come back with another type
CANNOT_ADD_UNSUPPORTED_DATA_TYPE_COLUMNS a column of this type cannot be added
CANNOT_ANALYZE_ENTRIES_ON_MAP_COLUMNS an index on the entries of a map takes no text analysis
CANNOT_DROP_INDEXED_COLUMNS the column has an index, which must go first
CANNOT_DROP_PRIMARY_KEY_COLUMNS a column of the primary key cannot be dropped
CANNOT_DROP_TYPE_USED_BY_TABLE a table still uses the type
CANNOT_DROP_UNKNOWN_COLUMNS the column to drop does not exist
CANNOT_DROP_UNKNOWN_TYPE the type to drop does not exist
CANNOT_DROP_VECTORIZE_FROM_UNKNOWN_COLUMNS the column that should lose its embedding service does not exist
CANNOT_RENAME_UNKNOWN_TYPE_FIELD the field to rename does not exist
CANNOT_VECTORIZE_UNKNOWN_COLUMNS the column that should get an embedding service does not exist
COLUMN_NOT_FOUND the table has no such column
COLUMN_TYPE_INCORRECT the type of a column is missing or malformed
INVALID_FORMAT_FOR_INDEX_CREATION_COLUMN the column of an index is written wrongly
INVALID_INDEX_DEFINITION the definition of an index is not valid
INVALID_USER_DEFINED_TYPE_NAME the name of a type is not valid
MISSING_ALTER_TABLE_OPERATIONS alterTable changes nothing
MISSING_ALTER_TYPE_OPERATIONS alterType changes nothing
MISSING_FIELDS_FOR_TYPE_CREATION a type needs at least one field
MISSING_PARTITION_COLUMNS a table needs at least one partition key
PRIMARY_KEY_DEFINITION_INCORRECT the primary key of a table is written wrongly
UNKNOWN_DATA_TYPE no such type of column exists
UNKNOWN_INDEX_COLUMN the column to index does not exist
UNKNOWN_INDEX_TYPE no such kind of index exists
UNKNOWN_PARTITION_COLUMNS the partition key names columns that the table does not have
UNKNOWN_PARTITION_SORT_COLUMNS the partition sort names columns that the table does not have
UNKNOWN_PRIMITIVE_DATA_TYPE the short form of a column names no primitive type
UNKNOWN_USER_DEFINED_TYPE the column uses a type that nobody defined
UNSUPPORTED_DATA_TYPE_TABLE_CREATION a table cannot be created with a column of this type
UNSUPPORTED_INDEXING_FOR_DATA_TYPES a column of this type cannot be indexed
UNSUPPORTED_INDEXING_FOR_FROZEN_COLUMN a frozen column cannot be indexed
UNSUPPORTED_INDEX_TYPE this kind of index is not supported
UNSUPPORTED_JSON_TYPE_FOR_TEXT_INDEX the definition of a text index is neither text nor an object
UNSUPPORTED_LIST_DEFINITION a list of this type is not supported
UNSUPPORTED_MAP_DEFINITION a map of these types is not supported
UNSUPPORTED_SCHEMA_NAME the name is empty, too long, or has characters that are not allowed
UNSUPPORTED_SET_DEFINITION a set of this type is not supported
UNSUPPORTED_TEXT_ANALYSIS_FOR_DATA_TYPES only text can be analyzed by an index
UNSUPPORTED_TEXT_INDEX_FOR_DATA_TYPES only text can have a text index
UNSUPPORTED_TYPE_FIELDS a type has fields of types that are not supported
UNSUPPORTED_VECTOR_INDEX_FOR_DATA_TYPES only a vector column can have a vector index
[bad_collection_options]
INVALID_CREATE_COLLECTION_OPTIONS the options of createCollection were refused; the message says which
INVALID_INDEXING_DEFINITION the indexing option of createCollection is not valid
LEXICAL_FEATURE_NOT_ENABLED this database has no lexical search
MCP_FEATURE_NOT_ENABLED this database does not offer MCP
MISSING_DIMENSION_IN_VECTOR_COLUMN a vector column without an embedding service needs a dimension
RERANKING_FEATURE_NOT_ENABLED this database has no reranking
UNKNOWN_VECTOR_METRIC no such metric exists; cosine, dot_product and euclidean do
UNKNOWN_VECTOR_SOURCE_MODEL no such source model is known
UNSUPPORTED_VECTOR_DIMENSION the dimension is not a positive number within the limits
VECTORIZE_FEATURE_NOT_AVAILABLE vectorize is switched off on this server
VECTOR_SEARCH_TOO_BIG_VALUE the dimension, or a vector, is longer than the Data API supports
VECTOR_SEARCH_UNKNOWN_FUNCTION_NAME no such metric exists for a collection
VECTOR_SEARCH_UNRECOGNIZED_SOURCE_MODEL_NAME no such source model is known for a collection
[collection_exists]
CANNOT_ADD_EXISTING_TABLE a table of this name already exists
EXISTING_COLLECTION_DIFFERENT_SETTINGS the collection exists with other settings, and settings cannot be changed
EXISTING_INDEX_FOR_COLLECTION an index left over from an earlier collection is in the way
EXISTING_TABLE_NOT_DATA_API_COLLECTION a table of this name exists that is no collection
[collection_limit]
TOO_MANY_COLLECTIONS the database has as many collections as it may have
TOO_MANY_INDEXES_FOR_COLLECTION the database has no indexes left for another collection
[collection_unknown]
CANNOT_DROP_UNKNOWN_TABLE the table to drop does not exist
UNKNOWN_COLLECTION_OR_TABLE the keyspace has no such collection or table
[keyspace_unknown]
INVALID_KEYSPACE the name of the keyspace is not valid
UNKNOWN_KEYSPACE the database has no such keyspace
[index_missing]
CANNOT_DROP_UNKNOWN_INDEX the index to drop does not exist
CANNOT_LEXICAL_FILTER_NON_INDEXED_COLUMNS a lexical filter needs a text index on the column
CANNOT_LEXICAL_SORT_NON_INDEXED_COLUMNS a lexical sort needs a text index on the column
CANNOT_VECTOR_SORT_NON_INDEXED_VECTOR_COLUMNS a vector search needs a vector index on the column
FILTER_ID_NOT_INDEXED _id has no index, and can be filtered only by $eq and $in
FILTER_PATH_UNINDEXED the collection does not index the path that the filter uses
SORT_CLAUSE_PATH_UNINDEXED the collection does not index the path that the sort uses
[credential_not_found]
VECTORIZE_CREDENTIAL_INVALID the credential that the collection or column names was not accepted; the message says why
[model_deprecated]
DEPRECATED_AI_MODEL the model is deprecated: what exists goes on, nothing new may use it
END_OF_LIFE_AI_MODEL the model is at its end of life: nothing that uses it works any more
[usage_no_vector]
CANNOT_VECTORIZE_NON_VECTOR_COLUMNS only a vector column can have an embedding service
CANNOT_DROP_VECTORIZE_FROM_NON_VECTOR_COLUMNS only a vector column can lose its embedding service
[astra_server_bug]
INVALID_VECTORIZE_TABLE_CONFIGURATION the stored embedding services of a table cannot be read
INVALID_VECTORIZE_FIELD_CONFIGURATION the stored embedding service of a column cannot be read
"""

SERVER: Final = """
[astra_server_bug]
EMBEDDING_REQUEST_ENCODING_ERROR Astra failed to write the request to the provider
INTERNAL_SERVER_ERROR the Data API failed in a way that it does not expect
UNEXPECTED_SERVER_ERROR an exception of the Data API that nobody handled; its class and text say where
COLLECTION_SCHEMA_VERSION_INVALID the collection was made by another version of the Data API
DOCUMENT_FROM_DB_UNPARSEABLE a stored document is not JSON any more
INVALID_COLLECTION_QUERY the Data API made a query that the database refused
INVALID_DATABASE_QUERY the Data API made a query that the database calls invalid
UNSUPPORTED_DATABASE_QUERY the Data API made a query that the database cannot parse
UNEXPECTED_DOCUMENT_ID_TYPE a stored document has an _id of an unknown type
UNEXPECTED_DRIVER_ERROR the database driver failed in a way that the Data API does not expect
[astra_unavailable]
COUNT_READ_FAILED counting failed in the database
FAILED_CONCURRENT_OPERATIONS other requests changed the same document or row at the same time
FAILED_TO_CONNECT_TO_DATABASE the Data API reaches no node of the database
FAILED_TO_READ_METADATA the Data API cannot read the schema of the database
FAILED_COMPARE_AND_SET the database cannot tell whether a conditional write happened
FAILED_TRUNCATION the database could not empty the table
UNAVAILABLE_DATABASE too few nodes of the database are alive
FAILED_READ_REQUEST too many nodes failed to read
FAILED_WRITE_REQUEST too many nodes failed to write
TIMEOUT_READING_DATA the database did not read in time
TIMEOUT_WRITING_DATA the database did not write in time
[index_missing]
CORRUPTED_COLLECTION_SCHEMA the collection lost an index or a column outside of the Data API
COLLECTION_NO_INDEX_ERROR the collection has lost an index that it needs
[gateway_error]
EMBEDDING_GATEWAY_NOT_AVAILABLE Astra's embedding gateway does not answer
EMBEDDING_GATEWAY_REQUEST_PROCESSING_ERROR Astra's embedding gateway failed to handle the request
EMBEDDING_GATEWAY_RATE_LIMITED Astra's embedding gateway, not the provider, limits the rate
EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE the key of the credential could not be fetched; the message says why
EMBEDDING_GATEWAY_UNEXPECTED_RESPONSE Astra's embedding gateway answered something unexpected
[header_key_missing]
EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED no embedding key came with the request, and none is stored under the name
RERANKING_PROVIDER_AUTHENTICATION_KEY_NOT_PROVIDED no reranking key came with the request
[provider_not_supported]
EMBEDDING_PROVIDER_UNAVAILABLE Astra does not offer this provider or model; the provider itself may well be up
RERANKING_SERVICE_TYPE_UNAVAILABLE Astra does not offer this reranker
"""

WARNING: Final = """
[invalid_request]
COMPARISON_FILTER_UNSUPPORTED_BY_INDEXING a warning: comparisons on this column are slow in spite of its index
DEPRECATED_COMMAND a warning: the command still works and will be removed
INCOMPLETE_PRIMARY_KEY_FILTER a warning: the filter names only part of the primary key
IN_MEMORY_SORTING_DUE_SKIP_OPTIONS a warning: skipping makes the sort happen in memory
IN_MEMORY_SORTING_DUE_TO_MISSING_PARTITION_SORTING a warning: a column of the partition sort is missing from the sort
IN_MEMORY_SORTING_DUE_TO_NON_PARTITION_SORTING a warning: the sort is not the table's own order
IN_MEMORY_SORTING_DUE_TO_OUT_OF_ORDER_PARTITION_SORTING a warning: the sort is in another order than the table's
IN_MEMORY_SORTING_DUE_TO_PARTITION_KEY_NOT_RESTRICTED a warning: without the partition key the sort happens in memory
NOT_EQUALS_UNSUPPORTED_BY_INDEXING a warning: $ne on this column is slow in spite of its index
NOT_IN_FILTER_UNSUPPORTED_BY_INDEXING a warning: $nin on this column is slow in spite of its index
ZERO_FILTER_OPERATIONS a warning: the empty filter reads the whole table
[index_missing]
QUERY_RETRIED_DUE_TO_INDEXING a warning: the query ran only after a retry without an index
MISSING_INDEX a warning: the filter uses columns without an index
"""
