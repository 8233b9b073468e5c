"""What fails before a service is reached is the caller's, and bodies that only one provider writes decide."""

from __future__ import annotations

from typing import Final

import pytest

from vzctl.domain.diagnosis.advice import advised
from vzctl.domain.diagnosis.engine import diagnose

POOL: Final = "HTTPSConnectionPool(host='{}', port=443): Max retries exceeded with url: /v1 (Caused by {})"
OPENAI: Final = "api.openai.com"
ASTRA: Final = "aa-us-east1.apps.astra.datastax.com"
SELF_SIGNED: Final = "SSLError('[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in certificate chain')"
PKIX: Final = "javax.net.ssl.SSLHandshakeException: PKIX path building failed"
LOCAL_ISSUER: Final = "certificate verify failed: unable to get local issuer certificate"
CLIENT: Final = ("unknown", "client_config")


@pytest.mark.parametrize("host", [OPENAI, ASTRA])
@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("ProxyError('', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))", "HTTPS_PROXY"),
        ("ProxyError('', OSError('Tunnel connection failed: 403 Forbidden'))", "HTTPS_PROXY"),
        ("ProxyError('', OSError('Tunnel connection failed: 503 Service Unavailable'))", "HTTPS_PROXY"),
        (SELF_SIGNED, "CA bundle"),
        (PKIX, "CA bundle"),
        (LOCAL_ISSUER, "CA bundle"),
    ],
)
def test_what_stands_before_the_service_is_the_callers(cause: str, advice: str, host: str) -> None:
    verdict = diagnose(POOL.format(host, cause))[0]
    assert (verdict.side, verdict.cause) == CLIENT
    assert advice in advised(verdict).advice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Errno -3] Temporary failure in name resolution https://api.openai.com/v1", ("unknown", "dns_failure")),
        ("getaddrinfo EAI_AGAIN api.mistral.ai", ("unknown", "dns_failure")),
        ("getaddrinfo ENOTFOUND api.mistral.ai", ("unknown", "dns_failure")),
        ("getaddrinfo EAI_AGAIN acme9.openai.azure.com", ("unknown", "dns_failure")),
        ("getaddrinfo ENOTFOUND acme9.openai.azure.com", ("provider", "bad_host")),
        ("[Errno -2] Name or service not known: zz.endpoints.huggingface.cloud", ("provider", "bad_host")),
    ],
)
def test_a_resolver_that_fails_is_no_wrong_name(text: str, expected: tuple[str, str]) -> None:
    verdict = diagnose(text)[0]
    assert (verdict.side, verdict.cause) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '{"type":"urn:kaizen:problem-details:Unauthorized","title":"Unauthorized","status":401,"detail":"No"}',
            ("invalid_key", "nvidia"),
        ),
        (
            '{"error":{"code":"PermissionDenied","message":"Principal does not have access to API/Operation."}}',
            ("key_permission_denied", "azureOpenAI"),
        ),
        ('{"message":"Unauthorized","request_id":"ab12"}', ("invalid_key", "mistral")),
        ("{'error': {'code': 'account_deactivated'}, 'by': 'openai'}", ("key_permission_denied", "openai")),
    ],
)
def test_a_body_that_one_provider_writes_decides(body: str, expected: tuple[str, str]) -> None:
    verdict = diagnose(body)[0]
    assert (verdict.side, verdict.cause, verdict.provider) == ("provider", *expected)


def test_no_permission_is_advised_for_an_account_that_is_closed() -> None:
    advice = advised(diagnose("openai: account_deactivated")[0]).advice
    assert "permission" not in advice
    assert "another account" in advice
