"""Rules for what Astra's own clients say: astrapy, astra-db-ts, the drivers, and a program that calls them wrongly."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra, unknown
from vzctl.domain.diagnosis.words import DNS, NETWORK, REFUSED, RESET, TLS

DRIVER: Final = (
    astra(
        "driver-credentials",
        "astra_auth",
        "The database does not accept the credentials of the driver.",
        "AuthenticationFailed('Error from server: code=0100 [Bad credentials] message=\"no\"')",
        """
        code=0100 | [bad credentials] | authenticationfailed( | we recently improved your database security |
        authentication error on node | authenticationexception: authentication error on
        """,
    ),
    astra(
        "driver-anonymous",
        "astra_auth",
        "The database was asked without a login.",
        'Unauthorized: code=2100 [Unauthorized] message="You have not logged in"',
        "code=2100 | unauthorizedexception",
        "logged in | not anonymous",
    ),
    astra(
        "driver-role",
        "astra_permission",
        "The role does not allow this in the database.",
        'Unauthorized: Error from server: code=2100 [Unauthorized] message="no"',
        "code=2100",
    ),
    astra(
        "driver-role-words",
        "astra_permission",
        "The role does not allow this in the database.",
        "UnauthorizedException: Missing correct permission on shop.",
        "missing correct permission on | servererrors.unauthorizedexception",
    ),
    astra(
        "driver-exists",
        "collection_exists",
        "A table or keyspace of this name is already there.",
        "cassandra.AlreadyExists: Keyspace 'shop' already exists",
        "alreadyexists: | alreadyexistsexception: | code=2400",
        "already exists | code=2400",
        none="collectionalreadyexists",
    ),
    astra(
        "driver-guardrail",
        "collection_limit",
        "The database has as many tables or indexes as it may have.",
        'code=2200 [Invalid query] message="Guardrail tables_limit violated: cannot create more tables, limit 200"',
        "guardrail | aborting the creation of",
        "table | index",
        "violated | cannot have more than",
        none="partition | page size | in filter",
    ),
    astra(
        "driver-query",
        "invalid_request",
        "The database refused the query as it was written.",
        "SyntaxException: code=2000 [Syntax error in CQL query]",
        "code=2000 | code=2200 | syntaxerror in cql | syntaxexception: line | invalidqueryexception",
    ),
    astra(
        "driver-server-error",
        "astra_server_bug",
        "The database failed by itself over the query.",
        'Error from server: code=0000 [Server error] message="java.lang.RuntimeException"',
        "code=0000",
    ),
    astra(
        "database-timeout",
        "astra_unavailable",
        "The database did not answer the Data API in time, or too few of its nodes answered.",
        "Cassandra timeout during read query at consistency LOCAL_QUORUM (2 responses were required but only 1 replica responded)",
        """
        cassandra timeout during | cassandra failure during | drivertimeoutexception | query timed out after pt |
        replica were required but only | replicas were required but only | responses were required but only |
        responses are required but only | coordinator node timed out waiting | timed out waiting for replica |
        operation timed out - received only | operation failed - received | not enough replicas available for query |
        cannot achieve consistency level | unable to achieve consistency level | no response received from cassandra |
        heartbeatexception | busyconnectionexception | nodeunavailableexception | caswritetimeout | caswriteunknown |
        paxos timeout | batch log timeout | error while writing to the batch log
        """,
    ),
    astra(
        "driver-timeout",
        "client_timeout",
        "The driver gave up waiting for the database.",
        "cassandra.OperationTimedOut: errors={}, last_host=10.0.0.1",
        "operationtimedout",
    ),
    astra(
        "driver-unavailable",
        "astra_unavailable",
        "The driver reaches no node of the database, or too few are alive.",
        "NoHostAvailable: ('Unable to connect to any servers', {})",
        """
        nohostavailable | unable to connect to any servers | code=1000 | code=1001 | code=1100 | code=1200 |
        code=1300 | code=1500 | unable to connect to the metadata service | error connecting to metadata service |
        all host(s) tried for query failed | error connecting to node(endpoint= | could not reach any contact point |
        unresolvablecontactpoints | nonodeavailable | allnodesfailed | overloadedexception | servererrors. |
        astra.dev/rate-limit
        """,
        confidence="medium",
    ),
)

TIMEOUTS: Final = (
    astra(
        "client-timeout",
        "client_timeout",
        "The client gave up waiting for Astra; the command may still have been carried out.",
        "astrapy.exceptions.DataAPITimeoutException: timed out",
        """
        dataapitimeout | devopsapitimeout | dataapitimeouterror | collectionoptimeout | timeout provided via ` |
        requesttimeoutms | timeout honoured: | generalmethodtimeout | collectionadmintimeout
        """,
    ),
    astra(
        "client-timeout-host",
        "client_timeout",
        "The client gave up waiting for Astra; the command may still have been carried out.",
        "httpx.ReadTimeout: The read operation timed out (https://d-us-east-2.apps.astra.datastax.com/api/json)",
        "timed out | timeout | time out | etimedout",
        none="504 | gateway time",
        hosts=("astra", "data-api"),
        places=("astra",),
    ),
    astra(
        "client-timeout-frames",
        "client_timeout",
        "The client gave up waiting for Astra; the command may still have been carried out.",
        'File "astrapy/core/api.py", line 9, in request: httpx.ReadTimeout: The read operation timed out',
        "readtimeout | timed out | connecttimeout | writetimeout | timeout",
        callers=("astra",),
        places=("astra",),
        confidence="medium",
    ),
    astra(
        "client-timeout-astrapy",
        "client_timeout",
        "The client gave up waiting for Astra; the command may still have been carried out.",
        "astrapy: httpx.ReadTimeout: The read operation timed out",
        "astrapy | astra-db-ts",
        "readtimeout | timed out | connecttimeout | writetimeout | timeout",
        none="openai. | huggingface_hub | mistralai | voyageai | cohere.",
        places=("astra",),
        confidence="medium",
    ),
)

CALLERS: Final = (
    unknown(
        "caller-configuration",
        "client_config",
        "The program that made the call lacks a setting or a package, or calls it wrongly; nobody was asked.",
        "TypeError: Client.__init__() got an unexpected keyword argument 'proxies'",
        """
        unexpected keyword argument | no module named | cannot import name | could not import | is not a constructor |
        cannot find module | api_key client option | please add an environment variable | provider not provided. |
        unmapped llm provider | importerror: | modulenotfounderror | required positional argument |
        unable to locate credentials | unknown service: ' | invalid bundle: missing | invalid bundle: can't |
        not supported in environment | default credentials were not found | nocredentialserror
        """,
        none="error code: 4 | http 4",
    ),
    unknown(
        "caller-setup",
        "client_config",
        "The program failed before it called anything: a setting is missing or wrong.",
        "ValueError: the base_url is empty, no base_url was given for the embedder",
        """
        no base url | no base_url | base url is | base_url is | baseurl is | base url must | base_url must | missing base url |
        missing base_url | base url not | base_url not | api base is not | no api base | endpoint is not configured |
        endpoint not configured | no endpoint is configured | no endpoint configured | no embedding endpoint |
        endpoint is not set | must provide one of the `base_url` | must be passed as | no scheme supplied |
        missing an 'http:// | unsupported protocol scheme | failed to parse url | only absolute urls | relative url without a base |
        no host supplied | could not automatically map | unknown tokenizer | no tokenizer | tokenizer not found |
        unable to load tokenizer | can't load tokenizer | could not load tokenizer | unknown encoding | unknown embedding provider |
        unsupported embedding provider | unknown provider | unsupported provider | no embedding provider |
        llm provider not provided | no embedding model is configured | embedding model is not configured |
        no embedding model configured | illegal header value | no api key is configured | no api key configured |
        api key is not configured | api key is not set | api key not set | no api key set | api key was not set |
        unsupportedparamserror | configuration error | configerror | configurationerror | missing configuration |
        invalid configuration | missing setting | not found in config | is not set in the environment | unknown backend |
        failed to load config | could not load config
        """,
        none="error code: 4 | createcollection | reranking",
        is_unanswered=True,
    ),
    unknown(
        "caller-unable",
        "client_config",
        "The client library does not support what was asked of it; nothing was called.",
        "NotImplementedError: this embedder has no batch mode",
        """
        notimplementederror | not supported by this | not supported by the client | not supported by the sdk |
        not supported by the library | not supported by the adapter | not supported by the integration |
        not supported by the embedder | not supported by the wrapper | client does not support | sdk does not support |
        library does not support | adapter does not support | integration does not support | embedder does not support |
        wrapper does not support | not implemented for | is not implemented | not yet supported by
        """,
        none="error code: 4 | createcollection | data api",
        is_unanswered=True,
    ),
    unknown(
        "caller-raised",
        "client_config",
        "The program's own check refused a value before it called anything.",
        "ValueError: unsupported pooling 'max' for this embedder",
        "valueerror: | typeerror: | keyerror: | assertionerror: | lookuperror: | argumenterror: | illegalargumentexception: ",
        """
        unsupported | not supported | unknown | no such | not configured | is required | must be set | must provide | must specify |
        is not set | missing
        """,
        none="""
        astra | data api | hf-inference | for task | provider ' | error code | embedding service | response | answer | reply |
        collection | vectorstore | vector store | keyspace
        """,
        pattern=r"\b(?:valueerror|typeerror|keyerror|assertionerror|lookuperror|argumenterror|illegalargumentexception): "
        r"[^:]{0,160}(?:unsupported|not supported|unknown|no such|not configured|is required|must be set|must provide|"
        r"must specify|is not set|missing)",
        is_unanswered=True,
        confidence="medium",
    ),
    unknown(
        "caller-setting",
        "client_config",
        "The program that made the call lacks a setting; nobody was asked.",
        "KeyError: 'ASTRA_DB_TOKEN'",
        "keyerror: ",
        pattern=r"keyerror: ['\"][a-z0-9]{1,40}_[a-z0-9_]{0,60}(?:key|token|endpoint|secret|url|id)['\"]",
    ),
    unknown(
        "caller-fields",
        "client_config",
        "A class of the program was set up without a field that it needs, or with one that it does not know.",
        "2 validation errors for JinaEmbeddings: jina_api_key: field required (type=value_error.missing)",
        "validation error for | validation errors for",
        """
        field required | did not find | extra fields not permitted | extra inputs are not permitted | api_key |
        api key | input should be a valid string
        """,
        none="response | http 4 | error code: 4",
    ),
)

HOSTS: Final = (
    astra(
        "host-unauthorized",
        "astra_auth",
        "Astra does not accept the token.",
        "401 Client Error: Unauthorized for url: https://d-us-east-2.apps.astra.datastax.com/api/json/v1",
        hosts=("astra",),
        places=("astra",),
        statuses=(401,),
    ),
    astra(
        "host-forbidden",
        "astra_permission",
        "The role of the token does not allow this.",
        "403 Forbidden: https://d-us-east-2.apps.astra.datastax.com/api/json/v1",
        hosts=("astra",),
        places=("astra",),
        statuses=(403,),
    ),
    astra(
        "host-bug",
        "astra_server_bug",
        "Astra failed by itself.",
        "500 Internal Server Error for url https://d-us-east-2.apps.astra.datastax.com/api/json/v1",
        hosts=("astra", "data-api"),
        places=("astra",),
        statuses=(500,),
    ),
    astra(
        "host-unavailable",
        "astra_unavailable",
        "Astra cannot serve the request now.",
        "503 Service Unavailable: https://d-us-east-2.apps.astra.datastax.com/api/json/v1",
        hosts=("astra", "data-api"),
        places=("astra",),
        statuses=(429, 502, 503, 504),
    ),
    astra(
        "host-refused",
        "invalid_request",
        "Astra refused the request as it was written.",
        "404 Not Found: https://d-us-east-2.apps.astra.datastax.com/api/json/v1/shop",
        hosts=("astra",),
        places=("astra",),
        statuses=(400, 404, 405, 413, 415, 422),
        confidence="medium",
    ),
    astra(
        "host-unreachable",
        "astra_unavailable",
        "Astra's host does not answer or does not exist: the database may be hibernated or terminated, or "
        "the endpoint is mistyped.",
        "getaddrinfo ENOTFOUND d-us-east-2.apps.astra.datastax.com",
        f"{REFUSED} | {RESET} | {DNS} | {TLS} | {NETWORK} | network is unreachable | econnaborted | err_address",
        hosts=("astra", "devops", "data-api"),
        places=("astra",),
        confidence="medium",
    ),
    astra(
        "client-http",
        "astra_auth",
        "Astra does not accept the token.",
        "astrapy.exceptions.DataAPIHttpException: Client error '401 Unauthorized'",
        "dataapihttp | astrapy | dataapi | astra-db-ts | data api",
        none="openai. | huggingface_hub | mistralai | voyageai | cohere.",
        places=("astra",),
        statuses=(401,),
        confidence="medium",
    ),
    astra(
        "client-http-unavailable",
        "astra_unavailable",
        "Astra cannot serve the request now.",
        "astrapy.exceptions.DataAPIHttpException: Server error '503 Service Unavailable'",
        "dataapihttp | astrapy | dataapi | astra-db-ts | data api",
        none="openai. | huggingface_hub | mistralai | voyageai | cohere.",
        places=("astra",),
        statuses=(502, 503, 504),
        confidence="medium",
    ),
    astra(
        "client-limits",
        "invalid_request",
        "The client or the Data API refused the request as it was written.",
        "TooManyDocumentsToCountError: more than 1000",
        """
        toomanydocumentstocount | toomanyrowstocount | cursorexception | cursorerror: | no keyspace specified. this |
        no keyspace set for db
        """,
    ),
    astra(
        "client-faulty",
        "astra_server_bug",
        "Astra answered something that its own client does not understand.",
        "astrapy.exceptions.DataAPIFaultyResponseException: Faulty response from find API command.",
        "faultyresponse | faulty response from | unexpecteddataapiresponse",
    ),
    astra(
        "client-token-malformed",
        "astra_auth",
        "What was given as the Astra token is none.",
        "ValueError: the token does not start with AstraCS (astra db)",
        "astra | astracs | datastax",
        "token",
        """
        does not start with | doesn't start with | must start with | should start with | is not valid | is invalid |
        invalid token | token expired | token has expired | no token provided | missing token | token is missing |
        not a valid token | token is required | token not found
        """,
        none="openai | huggingface | hf_ | environment variable | security token | api key | cognitiveservices",
        confidence="medium",
    ),
    astra(
        "client-refused",
        "invalid_request",
        "The Data API refused the request; its own words are not among those that vzctl knows.",
        "astrapy.exceptions.DataAPIResponseException: no such thing here",
        "dataapiresponse",
        places=("astra", "mixed"),
        none="openai. | huggingface_hub | mistralai | voyageai. | cohere.",
        confidence="low",
    ),
    astra(
        "host-alone",
        "astra_unavailable",
        "An error at an address of Astra, which does not say what is wrong.",
        "Error: request to https://d-us-east-2.apps.astra.datastax.com/api/json/v1 went wrong",
        "error | fail | exception",
        hosts=("astra", "devops"),
        places=("astra",),
        confidence="low",
    ),
)
