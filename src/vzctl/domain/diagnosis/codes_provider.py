"""The codes with which the Data API reports what an embedding or reranking provider answered.

The code settles the side; only the provider's own words after it tell the cause, and this cause is for when there
are none.
"""

from __future__ import annotations

from typing import Final

PROVIDER_CURRENT: Final = """
[provider_bad_request]
EMBEDDING_PROVIDER_CLIENT_ERROR the provider refused the request (HTTP 4xx)
RERANKING_PROVIDER_CLIENT_ERROR the reranking provider refused the request (HTTP 4xx)
[rate_limited]
EMBEDDING_PROVIDER_RATE_LIMITED the provider answered HTTP 429: too fast, or out of quota
RERANKING_PROVIDER_RATE_LIMITED the reranking provider answered HTTP 429
[provider_unavailable]
EMBEDDING_PROVIDER_SERVER_ERROR the provider failed by itself (HTTP 5xx)
RERANKING_PROVIDER_SERVER_ERROR the reranking provider failed by itself (HTTP 5xx)
[provider_timeout]
EMBEDDING_PROVIDER_TIMEOUT the provider did not answer in time
RERANKING_PROVIDER_TIMEOUT the reranking provider did not answer in time
[bad_host]
EMBEDDING_PROVIDER_BAD_HOST_NAME the host name built from the service's parameters does not exist
[provider_bad_response]
EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE the provider answered without the vectors that were asked for
EMBEDDING_RESPONSE_DECODING_ERROR the provider's answer could not be read
RERANKING_PROVIDER_UNEXPECTED_RESPONSE the reranking provider answered something unexpected
"""

PROVIDER_LEGACY: Final = """
[provider_bad_request]
EMBEDDING_PROVIDER_INVALID_REQUEST the provider refused the request
RERANK_PROVIDER_CLIENT_ERROR the reranking provider refused the request
[provider_unavailable]
EMBEDDING_PROVIDER_UNAVAILBLE the provider could not be reached (the code was misspelled)
RERANK_PROVIDER_SERVER_ERROR the reranking provider failed by itself
[provider_timeout]
RERANK_PROVIDER_TIMEOUT the reranking provider did not answer in time
[provider_bad_response]
EMBEDDING_PROVIDER_INVALID_RESPONSE the provider answered something that is no list of vectors
RERANK_PROVIDER_UNEXPECTED_RESPONSE the reranking provider answered something unexpected
"""

UNDECIDED: Final = """
[insufficient_detail]
CLIENT_ERROR something refused the request: the provider, where the text speaks of one
SERVER_ERROR something failed by itself: the provider, where the text speaks of one
"""
"""Codes that name no speaker: providers and clients use the same words, so that the code alone decides nothing."""

VAGUE_OF_PROVIDERS: Final = {
    "CLIENT_ERROR": "EMBEDDING_PROVIDER_CLIENT_ERROR",
    "SERVER_ERROR": "EMBEDDING_PROVIDER_SERVER_ERROR",
}
"""Codes that servers of a few weeks sent for answers of a provider; clients have them for anything. The text decides."""

FIXED_SENTENCES: Final = (
    ("an unexpected server error occurred while processing the request", "UNEXPECTED_SERVER_ERROR"),
    ("an unexpected internal server error occurred while", "INTERNAL_SERVER_ERROR"),
    ("server failed: root cause", "SERVER_UNHANDLED_ERROR"),
    ("server failed: underlying problem", "SERVER_UNHANDLED_ERROR"),
    ("reranking provider returned a http client error", "RERANKING_PROVIDER_CLIENT_ERROR"),
    ("reranking provider client error", "RERANKING_PROVIDER_CLIENT_ERROR"),
    ("reranking provider returned a http server error", "RERANKING_PROVIDER_SERVER_ERROR"),
    ("reranking provider server error", "RERANKING_PROVIDER_SERVER_ERROR"),
    ("reranking provider rate limited", "RERANKING_PROVIDER_RATE_LIMITED"),
    ("reranking provider timed out", "RERANKING_PROVIDER_TIMEOUT"),
    ("called an reranking provider to rerank results", "RERANKING_PROVIDER_TIMEOUT"),
    ("reranking provider returned an unexpected response", "RERANKING_PROVIDER_UNEXPECTED_RESPONSE"),
    ("returned a http client error", "EMBEDDING_PROVIDER_CLIENT_ERROR"),
    ("rate limited the request with http", "EMBEDDING_PROVIDER_RATE_LIMITED"),
    ("embedding provider rate limited the request", "EMBEDDING_PROVIDER_RATE_LIMITED"),
    ("is rate limiting your requests", "EMBEDDING_PROVIDER_RATE_LIMITED"),
    ("returned a http server error", "EMBEDDING_PROVIDER_SERVER_ERROR"),
    ("called an embedding provider to vectorize text, but", "EMBEDDING_PROVIDER_TIMEOUT"),
    ("the embedding provider request timed out", "EMBEDDING_PROVIDER_TIMEOUT"),
    ("the embedding provider timed out", "EMBEDDING_PROVIDER_TIMEOUT"),
    ("the configured embedding provider timed out", "EMBEDDING_PROVIDER_TIMEOUT"),
    ("cause bad host name in provider url", "EMBEDDING_PROVIDER_BAD_HOST_NAME"),
    ("the embedding provider returned an unexpected response", "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE"),
    ("for this collection encountered an error processing the request", "EMBEDDING_PROVIDER_SERVER_ERROR"),
    ("for this collection could not be contacted", "EMBEDDING_PROVIDER_UNAVAILBLE"),
    ("for this collection refused to process the request", "EMBEDDING_PROVIDER_INVALID_REQUEST"),
    ("for this collection return an invalid response", "EMBEDDING_PROVIDER_INVALID_RESPONSE"),
    ("internal error: failed to decode response to embedding request", "EMBEDDING_RESPONSE_DECODING_ERROR"),
    ("failed to decode response to embedding request", "EMBEDDING_RESPONSE_DECODING_ERROR"),
    ("unable to parse embedding provider response", "EMBEDDING_RESPONSE_DECODING_ERROR"),
    ("did not return expected embedding length. expect", "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE"),
    ("return the expected number of embeddings. expect", "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE"),
)
"""Sentences of the Data API that say the same as a code, for texts from which the code was cut. In lower case."""
