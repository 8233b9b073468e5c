"""Rules for what providers say about keys, rights, money, speed and places."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import SETTLED, provider
from vzctl.domain.diagnosis.words import BLOCK_PAGE

NAMED_QUOTA: Final = (
    provider(
        "quota-named",
        "quota_exhausted",
        "The account at the provider has no quota or credit left: waiting does not help, its plan or billing "
        "must change.",
        "InsufficientQuota: needs 240 tokens per minute",
        "insufficientquota | insufficient_quota",
    ),
    provider(
        "quota-capacity",
        "quota_exhausted",
        "What was asked for is more than the quota that is left at the provider; the quota only has the name of a rate.",
        "The capacity needs 40 of the quota Requests Per Minute, and 10 are left",
        "quota",
        """
        capacity | insufficient | left | available | allocated | larger than | bigger than | not enough | assigned | remaining |
        increase
        """,
        none="quota metric | quota exceeded for | try again in | retry after | retry in | rate limit reached | wait ",
        pattern=r"\bquota\b.{0,80}\b(?:tokens|requests|calls|units)[ _-]per[ _-](?:minute|min|second|hour|day)\b|"
        r"\b(?:tokens|requests|calls|units)[ _-]per[ _-](?:minute|min|second|hour|day)\b.{0,40}\bquota\b",
        advice="Ask the provider for a higher quota, free some at another deployment, or ask for less capacity.",
    ),
)

REDUCED: Final = (
    provider(
        "rate-without-payment",
        "rate_limited",
        "The account has a reduced rate because the provider knows no payment method for it.",
        "You have not added your payment method and have reduced rate limits of 3 RPM.",
        "payment method | payment info | billing details on file",
        "rpm | tpm | rate limit | reduced | limits are",
        none="exceeded your current quota | insufficient_quota",
        advice="Add a payment method at the provider: the reduced rate stays until then.",
        who="your_account",
    ),
)

SPEED: Final = (
    provider(
        "request-above-rate",
        "batch_too_large",
        "One request alone has more tokens than the account may send in a minute: waiting does not help, "
        "send less at a time.",
        "Request too large for m in organization o on tokens per min (TPM): Limit 40, Requested 70.",
        "request too large for | tokens must be reduced in order to run",
    ),
    provider(
        "rate-per-time",
        "rate_limited",
        "The provider counts requests or tokens in a span of time, and this one was too many: wait and retry.",
        "Rate limit reached for m in organization o on requests per min (RPM): Limit 3, Used 3. Please try "
        "again in 9s.",
        """
        rate limit reached for | requests per min | tokens per min | reduced rate limits | rate_token_limit_exceeded |
        rate_request_limit_exceeded | rate_concurrency_limit_exceeded | requests per second | requests per minute |
        tokens per minute | call rate limit | token rate limit | service_tier_capacity_exceeded |
        service tier capacity exceeded | online_prediction_requests_per_base_model | retry after this time |
        calls / minute | calls per minute | _per_minute | requests/min | tokens/min | / minute
        """,
    ),
    provider(
        "rate-throttled",
        "rate_limited",
        "The provider is asked too often: wait and retry.",
        "ThrottlingException: please wait before trying again (bedrock-runtime)",
        """
        throttlingexception | request was throttled | throttling: too many requests | too many tokens, please wait |
        too many requests, please wait | reached free usage limit | requests rate limit exceeded |
        rate_limit_exceeded | per ip rate limit | request rate limit
        """,
    ),
)

MONEY: Final = (
    provider(
        "quota",
        "quota_exhausted",
        "The account at the provider has no quota or credit left: waiting does not help, its plan or billing "
        "must change.",
        "429: exceeded your current quota",
        """
        exceeded your current quota | billing_hard_limit | billing hard limit | billing_not_active |
        check your billing details | monthly included credits | pre-paid credits | prepaid credits | credit balance |
        credit_balance | authz_insufficient_balance | insufficient balance | insufficient account balance |
        account balance not enough | insufficient credit | insufficient funds | insufficient_funds |
        not enough credits | out of credits | no credits left | run out of credits | credits exhausted |
        depleted your | inactive subscription | usage limit reached | payment required | payment_required |
        payment needed | specified api usage limits | trial key, which is limited | limited to 1000 api calls |
        allocationquota | free tier of the model has been exhausted | arrearage | exceeded your monthly |
        monthly limit exceeded | exceeded the monthly | authz_resource_limit_exceeded | quota exhausted |
        quota has been exhausted | spending limit | subscription has expired | subscription expired |
        exceeded your free | add a valid payment method | account is suspended due to | requires a paid |
        upgrade to a paid | billing to be enabled | suggested_action: top up | please recharge | please top up |
        exceeded its token limit | call volume quota | out of tokens | exceeded token quota | credit is insufficient |
        credits expired | quota limit exceeded
        """,
    ),
    provider(
        "quota-status",
        "quota_exhausted",
        "The provider wants payment before it goes on.",
        "Provider 'jinaAI' returned a HTTP client error with HTTP 402; error message: refused",
        statuses=(402,),
        places=SETTLED,
    ),
)

KEYS: Final = (
    provider(
        "model-not-allowed",
        "model_access_denied",
        "The key is good, but its project or plan may not use this model.",
        "Project `proj_x` does not have access to model `m`",
        """
        does not have access to model | does not have access to the model | don't have access to the model |
        not have access to this model | not allowed to generate embeddings from this model | access to model |
        access to this model is restricted | cannot access gated repo | gated repo |
        must be verified to use the model | not allowed to sample from this model |
        model is not available on your plan | model not available for your | is not available for your plan |
        is not available for your tier | model access is denied | model_access_denied | no access to model |
        permission to use this model | permission to access this model | not authorized to use this model |
        not entitled to use model
        """,
        none="do not have access to it",
    ),
    provider(
        "key-missing-said",
        "header_key_missing",
        "The request reached the provider without any key.",
        "You didn't provide an API key. You need to provide your API key in an Authorization header.",
        """
        didn't provide an api key | did not provide an api key | auth_missing_api_key | missing subscription key |
        unregistered callers | header of type `authorization` was missing | header of type authorization was missing
        """,
    ),
    provider(
        "key-missing",
        "header_key_missing",
        "The request reached the provider without any key.",
        "No API key provided in the request",
        """
        no api key provided | no api key supplied | no api key was provided | no api key found | api key is required |
        api key required | missing api key | api key is missing | api key missing | api key not provided |
        api key must be provided | must provide an api key | missing bearer authentication | missing bearer token |
        missing_api_key | no auth credentials found | no api key in request | missing required authentication |
        requests without api key
        """,
        none="""
        environment variable | env variable | api_key client option | astra | did not find | environ | wrong or no |
        invalid or missing | missing or invalid | incorrect or no
        """,
    ),
    provider(
        "key-missing-header",
        "header_key_missing",
        "The request reached the provider without any key.",
        "openai embeddings: 401 Missing Authorization header",
        """
        missing authorization | missing authentication | authorization header is missing |
        authorization header missing | no authorization header | missing header: authorization |
        authorization header required | authentication header missing | authentication required |
        authorization header is required | missing credentials
        """,
        none="environment variable | api_key | astra | passing",
        places=SETTLED,
    ),
    provider(
        "key-scope-missing",
        "key_permission_denied",
        "The key is genuine, but lacks a right that this call needs.",
        "You have insufficient permissions for this operation. Missing scopes: model.read.",
        """
        insufficient permissions for this operation | missing scopes | permissions to call inference providers |
        authenticationtypedisabled | bedrock:invokemodel | mismatched_organization | mismatched_project |
        organization header should match | project header should match | lacks the required data action |
        principal does not have access to api/operation |
        must be a member of an organization | permission 'aiplatform
        """,
        none="don't have access to the model",
    ),
    provider(
        "account-deactivated",
        "key_permission_denied",
        "The account that the key belongs to was closed or suspended by the provider.",
        "The account associated with this API key has been deactivated.",
        "has been deactivated | account_deactivated",
        none="virtual network | astra | firewall | ip address",
        advice="No key of this account works: read the provider's mail and ask its support, or rotate to a key of another "
        "account.",
    ),
    provider(
        "key-right-missing",
        "key_permission_denied",
        "The key is genuine, but lacks a right that this call needs.",
        "403: this key has insufficient permissions",
        """
        insufficient_permissions | insufficient permissions | does not have sufficient permissions |
        not a member of the organization | key based authentication is disabled |
        key-based authentication is disabled | authentication is disabled for this resource | accessdeniedexception |
        no such organization | invalid_organization | lacks permission |
        api_key_service_blocked | permission_denied | service_disabled | is disabled. enable it by visiting |
        api has not been used in project | authorization failed | key does not have permission |
        does not have permission to | do not have permission to | don't have permission to |
        token does not have the required | not permitted to perform | not have the required permission |
        forbidden: you don't have | is not allowed to access this resource | does not have the correct permissions
        """,
        none="virtual network | astra | firewall | ip address",
    ),
    provider(
        "key-refused-body",
        "invalid_key",
        "The provider does not accept the key: it answers in a form that only it has.",
        '{"message":"Unauthorized","request_id":"1"}',
        "unauthorized",
        pattern=r"urn:kaizen:problem-details:unauthorized|"
        r"['\"]message['\"]: ?['\"]unauthorized['\"], ?['\"]request_id['\"]:",
        places=("provider",),
    ),
    provider(
        "key-or-endpoint",
        "invalid_key",
        "Azure does not accept this key at this endpoint: the key is wrong, or it belongs to another resource.",
        "Access denied due to invalid subscription key or wrong API endpoint.",
        "invalid subscription key",
        "wrong api endpoint | correct regional api endpoint",
        advice="Check both halves: the key at its resource in Azure, and that the resource name or endpoint is of the same "
        "resource and region. Only a wrong key needs a rotation.",
    ),
    provider(
        "token-audience",
        "invalid_key",
        "The provider got a token that is missing, expired, or made for another service.",
        "Access token is missing, invalid, audience is incorrect, or have expired.",
        "access token is missing, invalid | audience is incorrect | invalid audience",
        none="astracs | astra token | datastax",
        advice="Send a key of the resource in the header `api-key`, or a token made for this service that has not expired.",
    ),
    provider(
        "key-refused",
        "invalid_key",
        "The provider does not accept the key: mistyped, revoked, expired, or of another account or service.",
        "Incorrect API key provided: sk-abcd****wxyz.",
        """
        incorrect api key | invalidproviderapikey | invalid_api_key | invalid api key | invalid api_key |
        invalid or expired api | api key is invalid | api key provided is invalid | provided api key is invalid |
        provided api key is not | invalid credentials in authorization header | invalid username or password |
        invalid user token | invalid subscription key | invalid api token | api key not valid | api_key_invalid |
        auth_invalid_api_key | auth_invalid_format | failed to authenticate with the provided api key |
        unrecognizedclientexception | security token included in the request | invalidsignatureexception |
        signature we calculated | signaturedoesnotmatch | invalidclienttokenid | expiredtokenexception |
        api key has been revoked | api key has been disabled | api key has expired | api key expired |
        key is expired | expired api key | expired or invalid api key | invalid authentication credentials |
        invalid x-api-key | incorrect_api_key | apikey is invalid | api key you provided | invalid apikey |
        wrong api key | wrong or no api key | invalid or missing api key | missing or invalid api key |
        api key verification failed | user access token | not a valid api key | unauthorized: invalid token |
        authentication fails | bad api key | api key format | malformed api key | key is incorrect |
        api key is not valid | api-key is invalid | unable to authenticate your request | token seems invalid |
        invalid token passed
        """,
        none="astracs | astra token | astra db | datastax | astradb",
    ),
    provider(
        "key-refused-wrapped",
        "invalid_key",
        "The provider behind an Astra component does not accept the key.",
        "Astra DB flow: Incorrect API key provided: sk-ab****yz. (openai)",
        """
        incorrect api key | invalid_api_key | invalid credentials in authorization header | invalid subscription key
        """,
        """
        openai | azure | huggingface | hugging face | mistral | jina | voyage | cohere | nvidia | sk- |
        subscription key | authorization header
        """,
        confidence="medium",
    ),
    provider(
        "key-refused-token",
        "invalid_key",
        "The provider does not accept the key: mistyped, revoked, expired, or of another account or service.",
        "huggingface: Could not validate credentials",
        """
        invalid bearer token | invalid access token | token is expired | access token expired | token has expired |
        could not validate credentials | user not found. | invalid token | no cookie auth credentials
        """,
        none="astracs | astra token | astra db | datastax | astradb",
        places=SETTLED,
        confidence="medium",
    ),
)

PLACES: Final = (
    provider(
        "network-rule-azure",
        "network_blocked",
        "A firewall or address rule of the resource blocks where the call comes from.",
        "Access denied due to Virtual Network/Firewall rules.",
        """
        virtual network/firewall | public access is disabled | public network access is disabled |
        configure private endpoint | ip_not_authorized | your request ip does not match
        """,
    ),
    provider(
        "country",
        "region_unsupported",
        "The provider does not serve the country or region that the call comes from.",
        "unsupported_country_region_territory",
        """
        unsupported_country | country, region, or territory not supported | user location is not supported |
        not available in your country | not available in your region | not supported in your country |
        not supported in your region | region is not supported | not available in your location | unsupported region |
        restricted in your country
        """,
    ),
    provider(
        "network-rule",
        "network_blocked",
        "A firewall or address rule of the provider, or of the account there, blocks where the call comes from.",
        "Your IP address is not in the allowlist",
        """
        virtual network | firewall rules | private endpoint | ip not authorized | ip address is not |
        ip is not allowed | ip allowlist | ip address not allowed | not in allowlist | not in the allowlist |
        ip_not_allowed | from your ip address | ip whitelist | blocked by network policy
        """,
        none="astra.datastax.com | astra db | access list | attention required! | sorry, you have been blocked",
    ),
    provider(
        "block-page",
        "network_blocked",
        "What guards the provider's host blocked the call, by its address or by how it looks.",
        "https://api.voyageai.com: Attention Required! Sorry, you have been blocked",
        BLOCK_PAGE,
        hosts=("provider",),
        places=("provider",),
        advice="Call from an address that the provider does not block: not from a shared proxy, VPN or blocked network.",
        who="you",
    ),
)

LATE_KEYS: Final = (
    provider(
        "key-refused-class",
        "invalid_key",
        "The provider's own client library calls it a refused key.",
        "openai.AuthenticationError: Error code: 401",
        """
        authenticationerror | authenticationexception | unauthorizederror | authentication_error |
        unauthenticatedexception
        """,
        none="astra | data api | cassandra | datastax",
        places=SETTLED,
        confidence="medium",
    ),
)
"""A class says less than any words about the case."""

LATE_SPEED: Final = (
    provider(
        "rate-words",
        "rate_limited",
        "The provider is asked too often: wait and retry.",
        "jina: rate limit exceeded for this key",
        """
        rate limit | rate_limit | ratelimit | too many requests | rate-limit | throttled | throttling |
        resource_exhausted | quota exceeded for | exceeded rate | slow down
        """,
        none="astra.datastax.com | datastax | dataapi | data api | slow down the database",
        places=("provider",),
        confidence="medium",
    ),
    provider(
        "rate-words-unplaced",
        "rate_limited",
        "What was called is asked too often: wait and retry.",
        "Rate limit exceeded",
        """
        rate limit | rate_limit | ratelimit | rate-limit | throttled | throttling | resource_exhausted |
        quota exceeded for
        """,
        none="datastax | dataapi | data api",
        places=("none",),
        confidence="low",
    ),
    provider(
        "rate-words-wrapped",
        "rate_limited",
        "The provider behind an Astra component is asked too often: wait and retry.",
        "AstraDBVectorStore: openai.RateLimitError: Error code: 429 - Rate limit",
        "ratelimiterror | rate limit | too many requests",
        """
        openai. | mistralai | cohere. | voyageai | huggingface_hub | langchain_openai | litellm | azure openai |
        api.openai
        """,
        confidence="medium",
    ),
    provider(
        "quota-words",
        "quota_exhausted",
        "The account at the provider has no quota or credit left, or its plan does not cover this.",
        "cohere embeddings: your quota is used up, see billing",
        "quota | billing | credits | insufficient_balance",
        none="astra | datastax",
        places=("provider",),
        confidence="low",
    ),
)
