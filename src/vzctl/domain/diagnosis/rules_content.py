"""Rules for what providers say about texts, parameters, models and the state of their services."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import SETTLED, provider
from vzctl.domain.diagnosis.rule import FREE

FILTERS: Final = (
    provider(
        "content-filter",
        "content_filter",
        "The provider's filter refused what a text says.",
        "400: content_filter",
        """
        content_filter | responsibleaipolicyviolation | content management policy | content_policy_violation |
        content policy violation | violates our usage | violates our policies | flagged as potentially violating |
        data_inspection_failed | inappropriate content | prompt triggering | safety system
        """,
    ),
)

SIZES: Final = (
    provider(
        "batch-of-tokens",
        "batch_too_large",
        "All texts of one request together have too many tokens: send fewer at a time.",
        "Requested 400000 tokens, max 300000 tokens per request",
        """
        max_tokens_per_request | tokens per request | tokens per submitted batch | too many tokens in batch |
        tokens in the batch | tokens in batch | total number of tokens in the batch |
        but the model supports up to 20000 | total tokens in the request | too many tokens overall | total token count
        """,
    ),
    provider(
        "batch-of-texts",
        "batch_too_large",
        "One request carries too many texts: send fewer at a time.",
        "batch size 64 > maximum allowed batch size 32",
        """
        maximum allowed batch size | max number of inputs is | too many inputs | array too long |
        array_above_max_length | number of texts must be | batch size limit | requests can be in one batch |
        more than 512 inputs | batch size is invalid | maximum batch size | max batch size | exceeds the max batch |
        batch_size_exceeded | list should have at most | input list too long | items after validation |
        is too long - 'input' | list can contain at most | list.max_items | has at most 2048 items |
        larger than the largest allowed size | number of texts must | exceeds the maximum number of inputs |
        batch size exceeds | batch too large | input array length | 2048 input | number of inputs exceeds |
        max_batch_size | exceeds limit of 100 texts
        """,
        none="insert_many",
    ),
    provider(
        "batch-of-bytes",
        "batch_too_large",
        "The request is too large as a whole: send fewer or shorter texts.",
        "openai embeddings: 413 Request Entity Too Large",
        """
        payload too large | request entity too large | content too large | request payload size exceeds |
        length limit exceeded | request body too large | request too large | payload reached size limit
        """,
        none="astra | datastax",
        places=SETTLED,
    ),
    provider(
        "text-too-long",
        "input_too_long",
        "One text has more tokens than the model can read: shorten or split it.",
        "This model's maximum context length is 8192 tokens, however you requested 9999 tokens",
        """
        maximum context length | context_length_exceeded | exceeds maximum allowed token size | must have less than |
        input is too long | range of input length should be | single text cannot exceed | too large for model with |
        expected maxlength: | expected maxlength | too many input tokens | exceeds the maximum number of tokens |
        maximum input length is | string_above_max_length | exceeds maximum context length |
        exceeds the context length | exceeds context length | must match the size of tensor b |
        sequence length is longer than | number of tokens in the prompt cannot exceed | exceeds the model's maximum |
        maximum sequence length | exceeds max length | input_too_long | exceeds the maximum length |
        exceeds maximum length | exceeds the maximum allowed length | max tokens allowed | exceeds the maximum token |
        string too long. expected | prompt is too long | maximum number of tokens | text is too long |
        has too many tokens | too many tokens: | exceeds token limit | larger than the maximum context |
        token limit exceeded | input token length | maximum allowed tokens | tokens exceeds | input too long |
        input text exceeds | string_too_long | string should have at most | context window | exceed max_seq |
        exceeds the available context
        """,
        none="embedding property | lexical | input (start | batch size",
    ),
    provider(
        "text-too-long-input-tokens",
        "input_too_long",
        "One text has more tokens than the model can read: shorten or split it.",
        "Input length 9000 tokens is over the limit, exceeding 8192",
        "token",
        "exceed | too long | at most | over the limit",
        none="astra | quota | rate limit | per minute | expired | api token | access token",
        places=("provider", "mixed", "none"),
        confidence="medium",
        pattern=r"\btokens?\b",
    ),
)

INPUTS: Final = (
    provider(
        "dimensions-refused",
        "bad_provider_parameters",
        "The model at the provider does not make vectors of the dimension that was asked for.",
        "This model does not support specifying dimensions.",
        """
        does not support specifying dimensions | 'dimensions' | "dimensions" | `dimensions` | output dimension |
        output_dimension | matryoshka | dimensions must be | invalid dimension | dimensions parameter |
        unsupported dimension | dimension parameter | argument supplied: dimensions | dimensions is not
        """,
        none="vector definition | createcollection | the column | astra | extra_forbidden | model_not_found",
    ),
    provider(
        "parameters-refused",
        "bad_provider_parameters",
        "The provider refuses a parameter of the request.",
        "Extra inputs are not permitted: 'late_chunking'",
        """
        extra inputs are not permitted | extra_forbidden | unrecognized request argument | unsupported parameter |
        unsupported_parameter | unknown parameter | unknown_parameter | input_type | input type | encoding_format |
        invalid task | operationnotsupported | operation does not work with the specified model |
        unsupported_api_version | api version not supported | api-version query parameter | unsupported api version |
        failed to deserialize the json body | invalid parameter | invalid_parameter | parameter is invalid |
        parameters are invalid | invalid value for parameter | malformed input request | extraneous key |
        is not a supported task | literal_error | input should be ' | supported values are | field required |
        type=missing | 'type': 'missing' | missing required parameter | missing_required_parameter |
        inputs: missing field | unexpected keyword | unable to parse the request | unevaluated properties |
        additional properties are not allowed | parameter is required
        """,
        none="astra | data api | createcollection | the provider ' | the column | langchain_core",
        places=("provider", "none"),
    ),
    provider(
        "text-refused-said",
        "invalid_input",
        "The provider cannot make a vector from this text: empty, of the wrong type, or not text.",
        "'$.input' is invalid. Please check the API reference",
        """
        '$.input' is invalid | under any of the given schemas - 'input' | input cannot be an empty |
        `inputs` cannot be empty | invalid 'input | invalid type for 'input
        """,
    ),
    provider(
        "text-refused",
        "invalid_input",
        "The provider cannot make a vector from this text: empty, of the wrong type, or not text.",
        "cohere: texts must not be empty",
        """
        cannot be an empty string | inputs cannot be empty | input must be non-empty | input cannot be empty |
        input must not be empty | input should be a valid string | input is empty | must contain at least one |
        empty string | texts must not be empty | input cannot contain | input text is empty | text is empty |
        minlength: 1 | at least 1 item | must be a string or | text field is empty | text content is empty |
        expected a string, got | invalid_input | blank text | text must not be blank | contents must not be empty |
        contents is not specified | content is not specified | contains an empty part | should have at least 1 |
        input should be a valid
        """,
        none="astra | not-empty keyspace | '_id' | environment variable | loc': ('query",
        places=("provider", "mixed", "none"),
    ),
)

MODELS: Final = (
    provider(
        "deployment-unknown",
        "deployment_not_found",
        "No deployment of this name exists in the Azure resource, or it is minutes old.",
        "DeploymentNotFound",
        """
        deploymentnotfound | deployment for this resource does not exist | deployment does not exist |
        invaliddeployment | the specified deployment could not be found | unknown_deployment
        """,
    ),
    provider(
        "model-retired",
        "model_deprecated",
        "The provider has retired the model.",
        "The model 'm' has reached its end of life and is no longer available.",
        """
        reached its end of life | reached the end of its life | end-of-life | model has been deprecated |
        model_deprecated | modeldeprecated | model is deprecated | ` has been deprecated | ' has been deprecated |
        has been retired | model is retired | decommissioned | model is no longer available |
        model is no longer supported | model was removed | has been sunset | has been discontinued |
        model has been removed | deprecated and is no longer | been deprecated and
        """,
        none="endpoint | api-inference.huggingface.co",
    ),
    provider(
        "model-retired-named",
        "model_deprecated",
        "The provider has retired the model.",
        "Model acme-embed has been deprecated",
        "model",
        "deprecated | retired | discontinued | decommissioned | sunset",
        none="api-inference.huggingface.co",
        pattern=r"model:? ['\"`]?[\w./:@-]{1,100}['\"`]? (?:has been|is|was) (?:now )?"
        r"(?:deprecated|retired|discontinued|decommissioned|sunset)",
    ),
    provider(
        "endpoint-retired",
        "endpoint_retired",
        "The address that was called does not exist any more at the provider.",
        "https://api-inference.huggingface.co is no longer supported. Please use "
        "https://router.huggingface.co instead.",
        """
        is no longer supported. please use | no longer supported. use | endpoint has been retired |
        endpoint is deprecated | endpoint has been deprecated | endpoint has been removed | endpoint is retired |
        api has been deprecated | api is deprecated | endpoint no longer exists | has been shut down |
        api has been sunset | 410 gone | 410 client error: gone
        """,
        none="astra",
    ),
    provider(
        "endpoint-paused",
        "endpoint_paused",
        "The dedicated endpoint is paused; its owner must resume it.",
        "Bad Request: Invalid state (endpoints.huggingface.cloud)",
        """
        request: invalid state | endpoint is paused | endpoint paused | ask a maintainer to restart | state 'paused' |
        is currently paused | is in paused state | endpoint is stopped | endpoint is not running | paused, ask
        """,
        none="astra",
        places=("provider", "none"),
    ),
    provider(
        "model-loading",
        "model_loading",
        "The model is being loaded at the provider: wait and retry.",
        "Model acme/m is currently loading",
        """
        currently loading | estimated_time | model is loading | loading model | endpoint is initializing |
        still initializing | endpoint is starting | warming up | scaled to zero | scaled to 0 | scaling up |
        model is still loading | is being loaded | modelnotreadyexception | model is not ready |
        not ready for inference | cold start
        """,
    ),
    provider(
        "model-unknown",
        "model_not_found",
        "The provider does not know the model, or does not serve it to this account.",
        "404: code model_not_found",
        """
        do not have access to it | model_not_found | model not found | not supported by provider | invalid_model |
        invalid model | unknown model | requested model is invalid | try pulling it | model_not_supported |
        input_model_not_found | not found for api version | publisher model | model identifier is invalid |
        resolve the foundation model | no inference provider | not supported for task | support task ' |
        model does not exist | model not exist | modelnotfound | not a valid model |
        models that support embedcontent | repository not found | repositorynotfounderror | supported models are |
        no such model | model is not supported | unsupported model | no endpoints found for | not found for account |
        not deployed by any inference | cannot find model | model is not available | no provider found for model |
        model not available | is not a valid model
        """,
        none="service provider ' | environment variable",
    ),
    provider(
        "model-unknown-named",
        "model_not_found",
        "The provider does not know the model, or does not serve it to this account.",
        "Model `acme/m` not found on this server",
        "model",
        "does not exist | not found | is not supported | not exist | not available",
        none="service provider ' | ai model | createcollection | module",
        places=("provider", "none"),
        pattern=r"\bmodels?[: ]{1,2}['\"`]?[\w./:@-]{1,120}['\"`]? ?"
        r"(?:does not exist|not found|is not supported|doesn't exist|not exist|was not found|is not available)",
    ),
    provider(
        "azure-resource-unknown",
        "deployment_not_found",
        "Azure knows nothing at this path: the deployment's name, the resource or the API version is wrong.",
        'azure: {"error":{"code":"404","message":"Resource not found"}}',
        """
        resource not found | resourcenotfound | 404 page not found | vectorization endpoint returned status code '404'
        """,
        providers=("azureOpenAI",),
        confidence="medium",
    ),
    provider(
        "azure-search-vectorizer",
        "deployment_not_found",
        "The embedding deployment that the search service calls does not exist.",
        "the vectorization endpoint answered '404' (NotFound)",
        "vectorization endpoint",
        "404",
        frames=FREE,
        confidence="medium",
    ),
)

HEALTH: Final = (
    provider(
        "answer-malformed",
        "provider_bad_response",
        "The provider answered without the vectors that were asked for, or with something that is not JSON.",
        "ValueError: No embedding data received",
        """
        no embedding data received | did not return expected embedding length |
        return the expected number of embeddings | returned empty data | no embeddings returned | empty embedding |
        embedding response is empty | embeddings count mismatch | null embedding | unexpected response from provider |
        returned no embeddings | invalid embedding response | missing embedding | embeddingresponse[ |
        embeddingprovider$ | unexpected embedding response | invalid response from embedding |
        no data in embedding response
        """,
        none="missing embedding service",
    ),
    provider(
        "answer-without-vectors",
        "provider_bad_response",
        "The provider answered without the vectors that were asked for.",
        "RuntimeError: the reply of the endpoint holds no embeddings",
        "embedding | vector",
        "reply | response | answer | result | output | payload | body | returned | received | got",
        none="astra | data api | dataapi | datastax | missing embedding service | collection | vectorize | index",
        pattern=r"\b(?:reply|response|answer|result|output|payload|body)\b.{0,60}"
        r"\b(?:no|empty|missing|without|lacks|zero|0|neither)\b.{0,30}\b(?:embeddings?|vectors?)\b|"
        r"\b(?:no|empty|missing|zero|0) (?:embeddings?|vectors?)(?: data)? (?:were |was |are |is )?(?:returned|received|found |in |"
        r"from )|"
        r"\bembeddings?\b.{0,20}\b(?:are|is|was|were) (?:empty|missing|null|none)\b.{0,40}\b(?:reply|response|answer|body)\b|"
        r"\b(?:expected|got|received|returned|wanted) \d{1,6} (?:embeddings?|vectors?)\b",
        places=("provider", "none"),
    ),
    provider(
        "overloaded-too-often",
        "rate_limited",
        "The provider is asked more than it can bear: wait and retry.",
        "Provider 'huggingface' rate limited the request with HTTP 429; error message: Model is overloaded",
        "overloaded | high demand | engine is currently",
        statuses=(429,),
        places=("provider", "mixed", "none"),
    ),
    provider(
        "overloaded-failing",
        "provider_unavailable",
        "The provider is overloaded: wait and retry.",
        "Provider 'openai' returned a HTTP server error with HTTP 503; error message: Slow down",
        "slow down | request rate | too many requests | rate limit | capacity",
        statuses=(500, 502, 503, 529),
        places=SETTLED,
    ),
    provider(
        "overloaded-said",
        "provider_unavailable",
        "The provider is overloaded or failed by itself: wait and retry.",
        "The server had an error while processing your request. Sorry about that!",
        """
        the server had an error while processing your request | the server had an error processing your request |
        model too busy | engine is currently overloaded | currently overloaded with other requests |
        serviceunavailableexception | internalserverexception | modelerrorexception
        """,
    ),
    provider(
        "overloaded",
        "provider_unavailable",
        "The provider is overloaded or failed by itself: wait and retry.",
        "The model is overloaded",
        """
        overloaded | server_error | unable to get response in less than | high demand | engine is currently |
        upstream connect error | failed to generate embedding | no healthy upstream | an internal error has occurred |
        model is busy | cuda out of memory | making inference request | model is temporarily unavailable |
        "unhealthy" | 'unhealthy'
        """,
        none="datastax | dataapi | data api | server_error_code",
        places=("provider", "none"),
    ),
    provider(
        "timeout-class",
        "provider_timeout",
        "The provider did not answer in time.",
        "openai.APITimeoutError: Request timed out.",
        "apitimeouterror | openai.error.timeout | modeltimeoutexception | inferencetimeouterror",
    ),
    provider(
        "timeout-model",
        "provider_timeout",
        "The provider did not answer in time.",
        '{"error":"Model acme/m time out"}',
        "model",
        "time out | timed out",
        pattern=r"model ['\"`]?[\w./:-]{1,100}['\"`]? time[d ]? ?out",
    ),
    provider(
        "timeout",
        "provider_timeout",
        "The provider did not answer in time.",
        "voyage: the request timed out",
        """
        upstream request timeout | gateway timeout | gateway time-out | request timed out | read timed out |
        readtimeout | timed out | sockettimeoutexception | timeoutexception | connecttimeout | deadline exceeded |
        deadlineexceeded | time out | etimedout | timeout of | operation timed out | 504 gateway
        """,
        none="astra | datastax | dataapi | data api | cassandra",
        places=("provider",),
        confidence="medium",
    ),
)
