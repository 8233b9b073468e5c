"""Rules for what stands between a program and what it calls: its proxy, the authorities it trusts, its resolver.

Whoever was to be called was not reached, so that the host in the text is not to blame. Some rules have advice of their own.
"""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra, provider, unknown
from vzctl.domain.diagnosis.words import DNS, TIMED_OUT_CONNECTING

NETWORK: Final = (
    unknown(
        "proxy-login",
        "client_config",
        "The proxy between the program and the service asks for a login; the service was not reached.",
        "OSError('Tunnel connection failed: 407 Proxy Authentication Required') for api.openai.com",
        """
        407 proxy authentication | proxy authentication required | http code 407 from proxy | proxyauthenticationrequired |
        err_proxy_auth
        """,
        advice="Set the proxy's user and password where the program reads its proxy (HTTPS_PROXY), or let it go around the "
        "proxy (NO_PROXY).",
    ),
    unknown(
        "proxy",
        "client_config",
        "The proxy between the program and the service refused or could not be reached; the service was not reached.",
        "OSError('Tunnel connection failed: 403 Forbidden') for api.openai.com",
        """
        tunnel connection failed | proxyerror | cannot connect to proxy | unable to connect to proxy |
        unable to tunnel through proxy | from proxy after connect | err_proxy_connection_failed |
        err_tunnel_connection_failed | tunneling socket could not be established | proxyconnect tcp:
        """,
        advice="Let the proxy allow the host, correct the proxy's address (HTTPS_PROXY), or go around it (NO_PROXY).",
    ),
    unknown(
        "certificate-authority",
        "client_config",
        "The program does not trust who signed the certificate: often a company's proxy that opens TLS, or no CA bundle.",
        "certificate verify failed: unable to get local issuer certificate (api.openai.com)",
        """
        self-signed certificate | self signed certificate | self_signed_cert | pkix path building failed |
        unable to get local issuer certificate | unable_to_get_issuer_cert | unable to get issuer certificate |
        unable to verify the first certificate | unable_to_verify_leaf_signature | signed by unknown authority |
        unable to find valid certification path
        """,
        advice="Add the authority that signed to the CA bundle that the program reads (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, "
        "NODE_EXTRA_CA_CERTS, or Java's trust store); do not switch the check off.",
    ),
)

_WAY_OUT: Final = (
    "Check the way from the machine that calls to this host: firewall, proxy, VPN, routing. {} The size of the call does not "
    "matter."
)

CONNECTING: Final = (
    astra(
        "connection-timeout",
        "client_timeout",
        "The client did not get a connection with Astra's host in time; no request was sent.",
        "ConnectTimeout: timed out (https://d-us-east-2.apps.astra.datastax.com)",
        TIMED_OUT_CONNECTING,
        hosts=("astra", "devops", "data-api"),
        places=("astra",),
        advice=_WAY_OUT.format("Then check the endpoint and Astra's status page."),
    ),
    provider(
        "connection-timeout",
        "provider_timeout",
        "No connection with the provider's host was made in time; no request was sent.",
        "ConnectTimeoutError: Connection to api.mistral.ai timed out. (connect timeout=9)",
        TIMED_OUT_CONNECTING,
        none="astra | datastax | dataapi | data api | cassandra | driver",
        places=("provider",),
        advice=_WAY_OUT.format("Then check the provider's status page."),
        who="you",
    ),
)

RESOLVER: Final = (
    unknown(
        "dns-resolver",
        "dns_failure",
        "The name of the provider's host is right, and the resolver of the program that called did not find it.",
        "getaddrinfo EAI_AGAIN api.openai.com",
        DNS,
        hosts=("provider",),
        places=("provider",),
        advice="Check the resolver, network and VPN of the machine that called, and send the call again.",
    ),
)
