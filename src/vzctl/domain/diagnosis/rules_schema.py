"""Rules for what the Data API says about schema, rights, single requests and its own failures, where no code is left."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra

SCHEMA: Final = (
    astra(
        "collection-settings",
        "collection_exists",
        "The collection exists with other settings, and settings of a collection cannot be changed.",
        "Collection already exists: trying to create Collection ('docs') with different settings",
        """
        collection already exists | already exists but with settings different | with different settings |
        collectionalreadyexists | not a valid data api collection | already exists and it is not a valid |
        existing table not valid data api
        """,
        none="keyspace already exists | indexing policy | indexing turned on",
    ),
    astra(
        "collection-indexing",
        "collection_exists",
        "The collection exists with another indexing policy than the client asks for.",
        "Astra DB collection 'docs' is detected as having the following indexing policy: x",
        "having the following indexing policy | indexing turned on for all fields | different indexing settings | "
        "indexing options | indexing policy",
        "collection",
        "exist | detected | having",
        none="unrecognized",
        advice="Ask for the indexing policy that the collection has, or use it without naming one; data and service stay as "
        "they are. Only another policy needs a new collection.",
    ),
    astra(
        "collection-exists-quoted",
        "collection_exists",
        "A collection of this name exists already.",
        "Error: Collection 'shop.orders' already exists",
        "collection",
        "already exists",
        none="index",
        pattern=r"collection:? ['\"`]?[\w.-]{1,110}['\"`]? already exists",
    ),
    astra(
        "collection-limit",
        "collection_limit",
        "The database has as many collections or indexes as it may have.",
        "Too many collections: number of collections in database cannot exceed 5, already have 5",
        """
        too many collections | too many indexes | number of collections per database |
        number of indexes in the database | number of collections in the database | cannot have more than 100 |
        cannot have more than 50 | max number of indexes | indexes needed for each collection
        """,
    ),
    astra(
        "keyspace-unknown",
        "keyspace_unknown",
        "The database has no such keyspace.",
        "The provided namespace does not exist: Unknown namespace 'shop', you must create it first",
        """
        unknown keyspace | unknown namespace | provided keyspace does not exist | provided namespace does not exist |
        keyspace that does not exist | keyspace does not exist | keyspace used is not valid |
        not found in keyspace list
        """,
        none="collection or table",
    ),
    astra(
        "keyspace-unknown-quoted",
        "keyspace_unknown",
        "The database has no such keyspace.",
        "InvalidRequest: code=2200 [Invalid query] message=\"Keyspace 'shop' does not exist\"",
        "keyspace ' | keyspace \" | keyspace ` | keyspace",
        "does not exist | not found",
        pattern=r"keyspace ['\"`]?[\w-]{1,60}['\"`]? (?:does not exist|not found|was not found)",
    ),
    astra(
        "collection-unknown",
        "collection_unknown",
        "The keyspace has no such collection or table.",
        "Collection does not exist, collection name: orders",
        """
        collection does not exist, collection name | collection or table | unconfigured table | collectionnotfound |
        dropped table is not defined
        """,
        none="already exists | the command used the keyspace and table",
    ),
    astra(
        "collection-unknown-quoted",
        "collection_unknown",
        "The keyspace has no such collection or table.",
        "Collection 'shop.orders' not found; is it in another keyspace?",
        "collection | table",
        "not found | does not exist | doesn't exist",
        pattern=r"\b(?:collection|table) ['\"`][\w.-]{1,110}['\"`] (?:not found|does not exist|doesn't exist|was not found)",
    ),
    astra(
        "collection-unknown-argument",
        "collection_unknown",
        "The keyspace has no such collection or table.",
        "NOT_FOUND: table orders does not exist (StatusRuntimeException)",
        "statusruntimeexception | invalid_argument: | not_found:",
        "table | collection",
        pattern=r"\b(?:collection|table) ['\"`]?[\w.-]{1,110}['\"`]? (?:not found|does not exist|doesn't exist)",
    ),
    astra(
        "index-missing",
        "index_missing",
        "The collection has lost an index that it needs, or never had it: it was not made completely.",
        "Ordering on non-clustering column v requires the column to be indexed",
        """
        requires the column to be indexed | faulty collection (missing index | index creation failed, check schema |
        unindexed filter path | unindexed sort path | is not indexed: cannot | use allow filtering |
        _id is not indexed | vector columns that are not indexed | requires the column to be indexed using
        """,
    ),
)

REQUESTS: Final = (
    astra(
        "token-missing",
        "astra_auth",
        "The request carries no Astra token.",
        "Role unauthorized for operation: Missing token, expecting one in the Token header.",
        """
        role unauthorized for operation: missing token | missing token, expecting one in the |
        did not include an authorization token in the request headers
        """,
    ),
    astra(
        "token-refused",
        "astra_auth",
        "The Astra token is not valid for this database: wrong, expired, or of another organization.",
        "UNAUTHENTICATED: Invalid token",
        """
        unauthenticated: invalid token | unauthenticated: invalid credentials |
        role unauthorized for operation: invalid token | authentication failed for request due to invalid token |
        unauthorized to connect to astradb | invalid astra db token | starting with `astracs: |
        starting with 'astracs: | starting with astracs: | token must start with 'astracs |
        invalid application token | invalid astra token | and/or password are incorrect | ensure it is a valid astra
        """,
    ),
    astra(
        "role-lacks-right",
        "astra_permission",
        "The role of the Astra token does not allow this here.",
        "Role unauthorized for operation: Not authorized to access shop.orders for SELECT",
        """
        role unauthorized for operation | command is not authorized to perform the action on the database |
        unauthorized access to the database | does not have permission to perform this operation on the database |
        permission_denied: role | has no create permission on | has no select permission on |
        has no modify permission on | has no alter permission on | no create permission on < |
        no select permission on < | no modify permission on <
        """,
    ),
    astra(
        "resuming",
        "db_hibernated",
        "The database is being resumed: it was hibernated, and the first request began to resume it.",
        "503: Resuming your database, please try again shortly.",
        "resuming your database | database is resuming | database is being resumed | status is resuming | status: resuming | "
        "status=resuming | status resuming | status 'resuming' | state resuming | state: resuming",
        advice="Wait until the database is ACTIVE, which takes minutes, and send the call again; it is being resumed already.",
        who="no_one",
    ),
    astra(
        "hibernated-database",
        "db_hibernated",
        "The database is hibernated; the first request wakes it, which takes minutes.",
        "Error: database shop is in hibernation",
        "hibernat",
        none="not hibernated | never hibernat",
        pattern=r"\b(?:database|db)\b.{0,160}\bhibernat(?:ed|ing|ion)\b|\bhibernat(?:ed|ing|ion)\b.{0,80}\b(?:database|db)\b",
        confidence="medium",
    ),
    astra(
        "hibernated",
        "db_hibernated",
        "The database is hibernated; the first request wakes it, which takes minutes.",
        "503: its status is hibernated",
        """
        database is hibernated | database is hibernating | db is hibernated |
        status hibernated | status is hibernated | status 'hibernated' | status: hibernated | state hibernated |
        in hibernated | database has been hibernated | status=hibernated |
        database hibernated | is in state hibernated
        """,
    ),
    astra(
        "database-not-active",
        "astra_unavailable",
        "The database is not in a state in which it serves requests.",
        "Database 'shop' is not ready, status is MAINTENANCE, expected ACTIVE",
        "database",
        """
        status is maintenance | status: maintenance | status pending | status: pending | status is pending |
        status is initializing | status: initializing | not in active state | status is parked | status: parked |
        unexpected status ' | status: error | status is error | database is terminated | status: terminated |
        is being terminated
        """,
    ),
    astra(
        "document-refused-by-client",
        "client_document_format",
        "The client could not turn a stored document into one of its own, or the other way round: its format "
        "settings are wrong.",
        "AstraDBVectorStore autodetect failed: no text-like content field found in sampled documents",
        """
        autodetect | document codec | documentcodec | flat-document | invalid documents | document format
        """,
        "astra | langchain_astradb | vectorstore",
    ),
    astra(
        "document-shape",
        "client_document_format",
        "The client could not turn a stored document into one of its own, or the other way round: its format "
        "settings are wrong.",
        "ValueError: Could not infer content_field name from documents.",
        """
        infer content_field | document shapes detected | codec cannot encode | available for this codec |
        cannot flatten metadata | content_field is not configurable | content_field='*'
        """,
    ),
    astra(
        "document-field-client",
        "client_document_format",
        "A stored document lacks the field that the client reads: it was written by another program or with other "
        "settings.",
        "File \"langchain_astradb/codecs.py\", line 9, in decode KeyError: 'page_content'",
        "keyerror: '",
        callers=("astra",),
        pattern=r"keyerror: '(?:page_content|content|metadata|text|body|_id|\$vector|\$vectorize)'",
        confidence="medium",
    ),
    astra(
        "document-field",
        "client_document_format",
        "A stored document lacks the field that the client reads: it was written by another program or with other "
        "settings.",
        "ValueError: Error performing search in AstraDBVectorStore: 'page_content'",
        "astradbvectorstore: '",
        pattern=r"astradbvectorstore: '[\w.$]{1,40}'\W{0,6}(?:$|duration)",
        confidence="medium",
    ),
    astra(
        "request-refused",
        "invalid_request",
        "The Data API refused the request as it was written; the message says why.",
        "Request invalid: field 'command' value null not valid. Problem: must not be null.",
        """
        request invalid: field | request invalid, | provided command unknown | unable to find the provided command |
        request not supported by the data store | document field name invalid | unable to parse the document |
        invalid filter expression | unsupported filter operator | unsupported filter data type | invalid sort clause |
        unsupported update operation | unsupported projection | document key name constraints violated |
        bad document type to shred | bad type for '_id' | bad $vector | $vector value can't be empty |
        $vector value needs to be array | bad json extension value | command accepts no options | filter fields size |
        invalid '$vector' value | not recognized by data api | document count exceeds required upper bound |
        resend the command | resend command | resend request | resend using one of the supported commands |
        resend 'createcollection' | resend the update command | no viable alternative at input |
        response data set too big
        """,
    ),
)

BROKEN: Final = (
    astra(
        "request-unreadable",
        "invalid_request",
        "The Data API could not read the request: a part of it has a form that the command does not know.",
        "$in operator must have one value (through reference chain: "
        "io.stargate.sgv2.jsonapi.api.model.command.impl.FindCommand)",
        "api.model.command",
        "reference chain | jsonmappingexception | invalidformatexception | unrecognizedproperty",
        none="cannot be cast",
    ),
    astra(
        "server-grpc-database",
        "astra_unavailable",
        "The database behind the Data API failed over its part of the command, or did not answer in time.",
        "UNAVAILABLE: Operation timed out - received only 0 responses. (StatusRuntimeException)",
        "statusruntimeexception",
        "responses | unavailable: | aborted: | deadline_exceeded: | consistency level",
        none="embedding",
    ),
    astra(
        "server-grpc",
        "astra_server_bug",
        "A part of the Data API's server failed over a request of another part.",
        "INTERNAL: Codec not found for requested operation (StatusRuntimeException)",
        "statusruntimeexception | invalid_argument: line",
        none="embedding",
    ),
    astra(
        "server-unhandled",
        "astra_server_bug",
        "An exception of the Data API that nobody handled.",
        "io.stargate.sgv2.jsonapi.Main failed: java.lang.ArithmeticException: / by zero",
        """
        server internal error: | server call failed, please retry | vectorizedefinition check fail |
        vectorizeconfig check fail | collection creation failure (unable to create table) |
        java.lang.nullpointerexception | io.stargate.sgv2 | classcastexception
        """,
        none="""
        timeoutexception | timed out | timeout period | connection refused | connection was closed | embeddingprovider
        """,
    ),
    astra(
        "server-database",
        "astra_unavailable",
        "The database behind the Data API does not answer.",
        "Database read failed: (QueryConsistencyException/ReadFailureException) Cassandra failure",
        """
        driverexception/ | allnodesfailedexception | queryconsistencyexception |
        no node was available to execute the query | database query execution failed | database read failed |
        nonodeavailableexception | coordinator failed: |
        unable to complete transaction due to concurrent transactions | not enough nodes available
        """,
    ),
    astra(
        "server-refused",
        "invalid_request",
        "The Data API refused the request and said so without a code.",
        '{"errors": [{"message": "no such operator: $near", "exceptionClass": "JsonApiException"}]}',
        "jsonapiexception",
        none="embedding provider",
        confidence="medium",
    ),
)
