"""The error codes of earlier versions of the Data API, as old servers, logs and threads still show them."""

from __future__ import annotations

from typing import Final

LEGACY: Final = """
[invalid_request]
INVALID_UPDATE_OPERATOR_PULL_ALL_VALUE $pullAll was given something else than a list
UNSUPPORTED_COMMAND_EMBEDDING_SERVICE this command cannot vectorize
API_TABLE_FEATURE_NOT_ENABLED tables are switched off on this server
TABLE_FEATURE_NOT_ENABLED tables are switched off on this server
CANNOT_SORT_TABLE_DELETE_COMMAND deleting in a table cannot sort
CANNOT_SORT_TABLE_UPDATE_COMMAND updating in a table cannot sort
CANNOT_SORT_TOO_MUCH_DATA more rows match than can be sorted in memory
COLUMN_ALREADY_EXISTS the table already has a column of this name
COLUMN_CANNOT_BE_DROPPED this column cannot be dropped
COLUMN_DEFINITION_MISSING a column has no definition
COLUMN_TYPE_UNSUPPORTED a column of this type is not supported
COMMAND_FIELD_INVALID a field of the command was refused
COMMAND_NOT_IMPLEMENTED the command exists in name only
COMPARISON_FILTER_AGAINST_DURATION a duration column cannot be compared by size
DATASET_TOO_BIG too many documents match to be sorted; the filter must be narrower
DATA_TYPE_NOT_SUPPORTED_BY_INDEXING a column of this type cannot be indexed
ERROR_APPLYING_CODEC a value does not fit the type of its column
FILTERING_NOT_SUPPORTED_FOR_TYPE a column of this type cannot be filtered
FILTER_ON_COMPLEX_COLUMNS map, set and list columns cannot be filtered
FILTER_REQUIRED_FOR_UPDATE_DELETE updating and deleting in a table needs a filter
FILTER_UNRESOLVABLE the filter cannot be understood
FULL_PRIMARY_KEY_REQUIRED_FOR_UPDATE_DELETE updateOne and deleteOne need the whole primary key
INVALID_ALTER_COLLECTION_OPTIONS the change of the collection was refused
INVALID_COLLECTION_NAME the name of the collection is not valid
INVALID_CONTENT_TYPE_HEADER the Content-Type header is not application/json
INVALID_FILTER the filter is not valid
INVALID_FILTER_EXPRESSION the filter is not valid
INVALID_IN_FILTER_FOR_UPDATE_ONE_DELETE_ONE updateOne and deleteOne cannot filter by $in
INVALID_LOGIC_OPERATOR the filter has a logical operator that does not exist
INVALID_QUERY the database refused the query that the command became
INVALID_REQUEST the request asks for something that the store does not support
INVALID_REQUST the request asks for something that the store does not support (the code was misspelled)
INVALID_REQUEST_NOT_JSON the body of the request is not JSON
INVALID_REQUEST_STRUCTURE_MISMATCH the body is JSON of another structure than the command wants
INVALID_REQUEST_UNKNOWN_FIELD the request has a field that the Data API does not know
INVALID_SORT_CLAUSE the sort is not valid
INVALID_SORT_CLAUSE_PATH the sort names a path that cannot be sorted by
INVALID_SORT_CLAUSE_VALUE a value in the sort is not accepted
INVALID_USAGE_FOR_COLLECTION_ONLY_UPDATE_OPERATORS this update operator exists for collections only
INVALID_USAGE_OF_PUSH_OPERATOR $push is written wrongly
INVALID_VECTOR_INDEXING_OPTIONS the options of a vector index are not valid
LIST_TYPE_INCORRECT_DEFINITION a list column is written wrongly
LIST_TYPE_INVALID_DEFINITION a list column of this type is not supported
MAP_TYPE_INCORRECT_DEFINITION a map column is written wrongly
MAP_TYPE_INVALID_DEFINITION a map column of these types is not supported
MISSING_PRIMARY_KEYS a row was sent without all columns of its primary key
MULTIPLE_ID_FILTER the filter asks twice for _id
NON_PRIMARY_KEY_FILTER_FOR_UPDATE_DELETE updating and deleting filters on the primary key only
NO_COMMAND_MATCHED no command of this name exists
OFFLINE_WRITER_SESSION_NOT_FOUND the session for bulk files is unknown
SET_TYPE_INCORRECT_DEFINITION a set column is written wrongly
SET_TYPE_INVALID_DEFINITION a set column of this type is not supported
SHRED_BAD_DOCID_EMPTY_STRING the _id is an empty text
SHRED_BAD_DOCUMENT_PATH_CONFLICTS two paths of one document contradict each other
SHRED_DOC_KEY_NAME_VIOLATION a document has a field whose name is not allowed
SHRED_UNRECOGNIZED_NODE_TYPE a document holds a JSON value of an unknown kind
TABLE_COLUMN_DEFINITION_MISSING a column has no definition
TABLE_COLUMN_TYPE_NOT_PROVIDED a column has no type
TABLE_COLUMN_TYPE_UNSUPPORTED a column of this type is not supported
TABLE_COLUMN_UNKNOWN the table has no such column
TABLE_MISSING_PARTITIONING_KEYS a table needs at least one partition key
TABLE_PRIMARY_KEY_DEFINITION_INCORRECT the primary key of a table is written wrongly
TEXT_ANALYSIS_NOT_SUPPORTED_BY_DATA_TYPE only text can be analyzed by an index
UNKNOWN_COMMAND no command of this name exists
UNSUPPORTED_AMPERSAND_ESCAPE_USAGE an ampersand in a path is not escaped
UNSUPPORTED_COLUMN_TYPE a column of this type is not supported
UNSUPPORTED_FILTER_DATA_TYPE the filter compares with a type that cannot be compared
UNSUPPORTED_FILTER_OPERATION the filter has an operator that does not exist
UNSUPPORTED_IN_FILTER_FOR_UPDATE_ONE_DELETE_ONE updateOne and deleteOne cannot filter by $in
UNSUPPORTED_PAGINATION_WHEN_USING_IN_MEMORY_SORTING a sort in memory has no next page
UNSUPPORTED_PROJECTION_PATH the projection names a path that cannot be read
UNSUPPORTED_REPLICATION_DATA_CENTER_NAME the keyspace names a data center that does not exist
UNSUPPORTED_TYPE_FIELD a type has a field of a type that is not supported
UNSUPPORTED_UPDATE_FOR_DOC_ID _id cannot be changed by an update
UNSUPPORTED_UPDATE_FOR_VECTOR this update operator does not work on $vector
UNSUPPORTED_UPDATE_FOR_VECTORIZE this update operator does not work on $vectorize
UNSUPPORTED_UPDATE_OPERATION_FOR_TABLE tables do not know this update operator
UPDATE_OPERATOR_PULL_ALL_REQUIRES_ARRAY_VALUE $pullAll needs a list
UPDATE_PRIMARY_KEY_COLUMNS the primary key of a row cannot be changed
VECTOR_INDEX_NOT_SUPPORTED_BY_DATA_TYPE only a vector column can have a vector index
ZERO_PARTITION_COLUMNS a table needs at least one partition key
ZERO_UPDATE_OPERATIONS_FOR_TABLE the update changes nothing
[bad_collection_options]
VECTOR_SEARCH_NOT_AVAILABLE the database behind the Data API has no vector search
LEXICAL_NOT_AVAILABLE_FOR_DATABASE this database has no lexical search
UNKNOWN_VECTOR_INDEXING_PROFILE no such profile of vector indexes exists
VECTORIZE_INVALID_SHARED_KEY_VALUE_FORMAT the name of a credential is written in a form that is not accepted
VECTOR_SEARCH_FIELD_TOO_BIG the dimension, or a vector, is longer than the Data API supports
VECTOR_SEARCH_INVALID_FUCTION_NAME no such metric exists (the code was misspelled)
VECTOR_SEARCH_INVALID_FUNCTION_NAME no such metric exists
VECTOR_TYPE_INCORRECT_DEFINITION a vector column is written wrongly
VECTOR_TYPE_INVALID_DEFINITION a vector column has a dimension that is not accepted
[usage_bad_vectorize_value]
SHRED_BAD_DOCUMENT_VECTORIZE_TYPE $vectorize in a document is not text
SHRED_BAD_VECTORIZE_VALUE $vectorize in a search is not text, or blank
[usage_no_vectorize_service]
INVALID_VECTORIZE_ON_COLUMN_WITHOUT_VECTORIZE_DEFINITION text was sent for a column without an embedding service
UNAVAILABLE_EMBEDDING_SERVICE the collection has no embedding service
VECTORIZE_SORT_ON_VECTOR_COLUMN_WITHOUT_VECTORIZE_DEFINITION a search by text was sent to a column without an embedding service
[usage_no_vector]
MISSING_VECTOR_VALUE a vector was expected and is missing
NON_VECTOR_TYPE_COLUMN the column holds no vectors
VECTORIZE_SORT_ON_NON_VECTOR_COLUMN a search by text names a column that holds no vectors
VECTOR_SEARCH_SIMILARITY_PROJECTION_NOT_SUPPORTED the similarity exists only in a vector search
[usage_sort_conflict]
CANNOT_MIX_VECTOR_AND_NON_VECTOR_SORT a vector sort stands beside an ordinary one
VECTORIZE_USAGE_ERROR a search by text stands beside another sort
VECTOR_SEARCH_USAGE_ERROR a vector search stands beside another sort
[usage_multiple_vector_sorts]
MORE_THAN_ONE_VECTORIZE_SORT one search sorts by more than one text
MORE_THAN_ONE_VECTOR_SORT one search sorts by more than one vector
[dimension_mismatch]
VECTOR_SIZE_MISMATCH the vector has another length than the collection declares
[document_too_large]
DOCUMENT_LEXICAL_CONTENT_TOO_BIG the text in $lexical is too long
LEXICAL_CONTENT_TOO_BIG the text in $lexical is too long
[auth_type_unsupported]
VECTORIZE_INVALID_AUTHENTICATION_TYPE Astra does not offer this kind of authentication for the provider
[provider_not_supported]
RERANK_SERVICE_TYPE_UNAVAILABLE Astra does not offer this reranker
VECTORIZE_SERVICE_NOT_REGISTERED no provider of this name is registered
VECTORIZE_SERVICE_TYPE_NOT_ENABLED the provider is switched off on this server
VECTORIZE_SERVICE_TYPE_UNAVAILABLE Astra does not offer this provider or model
VECTORIZE_SERVICE_TYPE_UNSUPPORTED Astra does not offer this kind of provider
[model_not_supported]
[model_deprecated]
UNSUPPORTED_PROVIDER_MODEL Astra does not offer this model
VECTORIZE_MODEL_DEPRECATED Astra does not accept this model any more
[header_key_missing]
EMBEDDING_PROVIDER_API_KEY_MISSING no embedding key came with the request, and none is stored
RERANKING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED no reranking key came with the request
[gateway_error]
EBG_NOT_AVAILABLE Astra's embedding gateway does not answer (an early name)
EMBEDDING_GATEWAY_ERROR_RATE_LIMIT Astra's embedding gateway, not the provider, limits the rate
EMBEDDING_GATEWAY_PROCESSING_ERROR Astra's embedding gateway failed to handle the request
SERVER_EMBEDDING_GATEWAY_NOT_AVAILABLE Astra's embedding gateway does not answer
[collection_unknown]
INVALID_COLLECTION_SCHEMA the table behind the collection is not a collection
INVALID_DATA_API_COLLECTION the table behind the collection is not a collection
INVALID_JSONAPI_COLLECTION_SCHEMA the table behind the collection is not a collection
COLLECTION_NOT_EXIST the keyspace has no such collection
TABLE_NOT_FOUND the keyspace has no such table
[collection_exists]
COLLECTION_EXISTS_WITH_DIFFERENT_SETTINGS the collection exists with other settings
TABLE_ALREADY_EXISTS a table of this name already exists
[collection_limit]
TOO_MANY_INDEXES the database has no indexes left for another collection
[keyspace_unknown]
KEYSPACE_DOES_NOT_EXIST the database has no such keyspace
NAMESPACE_DOES_NOT_EXIST the database has no such keyspace (namespace is the old word)
[index_missing]
COLLECTION_INDEX_CREATION_FAILED an index of the new collection could not be made
ID_NOT_INDEXED _id has no index, and can be filtered only by $eq and $in
INDEXES_CREATION_FAILED an index of the new collection could not be made
INDEX_NOT_FOUND no such index exists
NO_INDEX_ERROR the collection has lost an index that it needs
SERVER_NO_INDEX_ERROR the collection has lost an index that it needs
UNINDEXED_FILTER_PATH the collection does not index the path that the filter uses
UNINDEXED_SORT_PATH the collection does not index the path that the sort uses
[astra_auth]
INVALID_AUTHENTICATION_TOKEN the token is not valid
[astra_permission]
UNAUTHORIZED_REQUEST the role of the token does not allow this
[astra_unavailable]
CLOSED_CONNECTION the database closed the connection
CONCURRENCY_FAILURE other requests changed the same document at the same time
DATABASE_READ_FAILED the database failed to read
DRIVER_CLOSED_CONNECTION the database closed the connection
DRIVER_TIMEOUT the database did not answer in time
NO_NODE_AVAILABLE no node of the database is alive
OPERATION_TIMEOUT the database did not answer in time
READ_FAILURE the database failed to read
READ_TIMEOUT the database did not read in time
SERVER_CLOSED_CONNECTION the database closed the connection
SERVER_COORDINATOR_FAILURE the coordinating node of the database failed
SERVER_DRIVER_TIMEOUT the database did not answer in time
SERVER_NO_NODE_AVAILABLE no node of the database is alive
SERVER_QUERY_CONSISTENCY_FAILURE too few nodes of the database answered
SERVER_QUERY_EXECUTION_FAILURE the database failed to run the query
SERVER_READ_FAILED the database failed to read
SERVER_TIMEOUT the database did not answer in time
TABLE_WRITE_TIMEOUT the database did not write in time
UNABLE_TO_CREATE_OFFLINE_WRITER_SESSION the session for bulk files could not be made
WRITE_FAILURE the database failed to write
WRITE_TIMEOUT the database did not write in time
[astra_server_bug]
UNSUPPORTED_OPERATION the operation is not supported
UNSUPPORTED_CQL_QUERY_TYPE this kind of query is not supported
INVALID_VECTORIZE_CONFIGURATION the embedding service of a column was refused
INVALID_PARAMETER_VALIDATION_TYPE a parameter has a type that cannot be checked
INVALID_ID_TYPE the _id has a type that cannot be an _id
INVALID_CONFIGURATION the configuration was refused
DOCUMENT_UNPARSEABLE the document is not JSON
COLLECTION_CREATION_ERROR the table behind the new collection could not be made
INVALID_SCHEMA_VERSION the collection was made by another version of the Data API
SERVER_DRIVER_FAILURE the database driver failed in a way that the Data API does not expect
SERVER_FAILURE the database driver failed
SERVER_INTERNAL_ERROR the Data API failed in a way that should never happen
SERVER_INVALID_QUERY the Data API made a query that the database refused
SERVER_UNHANDLED_ERROR an exception of the Data API that nobody handled; its class and text say where
SHRED_INTERNAL_NO_PATH the Data API lost its place inside a document
SHRED_NO_MD5 the server lacks a hash function that it needs
VECTORIZECONFIG_CHECK_FAIL the stored embedding service of a collection cannot be read
VECTORIZE_CONFIG_CHECK_FAIL the stored embedding service of a collection cannot be read
"""
