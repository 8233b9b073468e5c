"""A secret goes to hosts of Astra and the providers, to this machine, and to hosts that the user named or confirmed."""

from __future__ import annotations

import threading

import pytest

from vzctl.clients.endpoint import APPS_DOMAINS, DEVOPS_URLS, astra_endpoint
from vzctl.clients.http import Http, Limits
from vzctl.clients.message import Call, SecretHeader
from vzctl.clients.provider_wire import WIRES, Wanted
from vzctl.clients.trusted_hosts import TENANT_DOMAINS, TrustedHosts, origin_of
from vzctl.errors import AuthError
from vzctl.secret import Secret

NAMED = (
    "https://cassandra.internal:8181",
    "http://10.0.0.5:8181",
    "gateway.example.com",
    "https://proxy.example.com/openai",
)
PARAMETERS = {"resourceName": "acme", "endpointName": "x", "regionName": "us-east-1", "cloudName": "aws"}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/embeddings",
        "https://API.OpenAI.com:443/v1",
        "https://acme.openai.azure.com/openai/deployments/x",
        "https://abc-us-east1.apps.astra.datastax.com/api/json/v1",
        "https://abc-us-east1.apps.astra-dev.datastax.com",
        "http://localhost:8181/v1",
        "http://127.0.0.1:9/",
        "https://[::1]:8181",
        "https://cassandra.internal:8181/v1",
        "https://CASSANDRA.internal:8181/v1",
        "http://10.0.0.5:8181/v1",
        "https://gateway.example.com",
        "https://proxy.example.com/v1",
    ],
)
def test_a_secret_may_go_there(url: str) -> None:
    trust = TrustedHosts(NAMED)
    assert trust.trusts(url)
    trust.require(url, "a key")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://api.openai.com.evil.example",
        "https://evilapi.openai.com",
        "https://api.openai.com:8443",
        "http://api.openai.com",
        "https://openai.azure.com",
        "https://a.b.openai.azure.com",
        "https://evilopenai.azure.com",
        "https://x.us-east-1.aws.endpoints.huggingface.cloud",
        "http://abc-us-east1.apps.astra.datastax.com",
        "https://apps.astra.datastax.com.evil.example",
        "https://evilapps.astra.datastax.com",
        "https://cassandra.internal",
        "https://cassandra.internal:8182",
        "http://cassandra.internal:8181",
        "https://10.0.0.5:8181",
        "http://gateway.example.com",
        "https://gateway.example.com:8443",
        "http://127.0.0.2:8181",
        "http://10.0.0.1:8181",
    ],
)
def test_a_secret_goes_to_no_other_host(url: str) -> None:
    with pytest.raises(AuthError) as caught:
        TrustedHosts(NAMED, config_path="/home/me/config.toml").require(url, "the Astra token")
    assert caught.value.code == "HOST_NOT_TRUSTED"
    assert caught.value.message.startswith(f'the Astra token is not sent to "{origin_of(url)}"')
    assert caught.value.evidence[0].endswith('"/home/me/config.toml":')
    assert caught.value.evidence[1:] == ("[trust]", f'hosts = ["{origin_of(url)}"]')


@pytest.mark.parametrize(
    "url",
    [
        "https://user@api.openai.com",
        "https://api.openai.com@evil.example",
        "https://api.openai.com\\@evil.example",
        "https://api.openai.com.",
        "https://localhost.",
        "https://аpi.openai.com",
        "https://ａpi.openai.com",
        "https://[::1%eth0]/",
        "https://[fe80::1%25eth0]/",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.0.0.1",
        "https://api.openai.com:0",
        "https://api.openai.com:99999",
        "https://api.openai.com:x",
        "https://api\n.openai.com",
        "https://api.openai.com\t",
        "https:///path",
        "//api.openai.com",
        "ftp://api.openai.com",
        "",
    ],
)
def test_an_address_that_may_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(AuthError) as caught:
        TrustedHosts([url], [url], ask=lambda *_: True).require(url, "a key")
    assert (origin_of(url), caught.value.code) == (None, "ADDRESS_NOT_CLEAR")


def test_the_user_is_asked_once_for_each_host() -> None:
    asked: list[tuple[str, str]] = []

    def ask(origin: str, what: str) -> bool:
        asked.append((origin, what))
        return "good" in origin

    trust = TrustedHosts(ask=ask)
    for _ in range(2):
        trust.require("https://good.example/a", "a provider key")
        with pytest.raises(AuthError, match="is not sent to"):
            trust.require("https://bad.example/b", "the Astra token")
    assert asked == [("https://good.example", "a provider key"), ("https://bad.example", "the Astra token")]


def test_another_thread_asks_nobody() -> None:
    trust = TrustedHosts(ask=lambda *_: True)
    found: list[str] = []

    def work() -> None:
        try:
            trust.require("https://good.example", "a key")
        except AuthError as error:
            found.append(error.code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["HOST_NOT_TRUSTED"]


def test_no_request_with_a_secret_leaves_for_another_host() -> None:
    log: list[str] = []
    with Http(Limits(total_seconds=0.2), log=log.append) as http, pytest.raises(AuthError, match="is not sent to"):
        http.send(
            Call(party="it", method="GET", url="https://evil.example", secrets=(SecretHeader("api-key", Secret("x")),))
        )
    assert log == []


@pytest.mark.parametrize("provider", WIRES)
def test_every_providers_own_address_is_trusted(provider: str) -> None:
    wire = WIRES[provider]
    base = wire.base(Wanted(model=None, dimension=None, parameters=PARAMETERS))
    assert TrustedHosts().trusts(base) == (provider != "huggingfaceDedicated")
    assert wire.identity_url is None or TrustedHosts().trusts(wire.identity_url)


def test_astras_addresses_are_trusted() -> None:
    assert all(TrustedHosts().trusts(url) for url in DEVOPS_URLS.values())
    assert all(TrustedHosts().trusts(astra_endpoint(name, "abc", "us-east1")) for name in APPS_DOMAINS)
    assert set(APPS_DOMAINS.values()) < set(TENANT_DOMAINS)
