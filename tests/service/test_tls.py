"""TLS, and client certificates that say which database is asking. The certificates are made for each run."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.service.conftest import furnished
from tests.support.builders import a_database, a_state
from tests.support.cli import PROCESS_LIMIT_SECONDS, Cli
from tests.support.data_api import DataApi
from tests.support.service import Service, make_token, running
from vzctl.usecases.serve.credential import Directory

SHOP_NAME = "shop.data-api.example"
LOGS_NAME = "spiffe://example/data-api/logs"


@dataclass(frozen=True)
class Authority:
    """An authority of its own, and the files that it made."""

    folder: Path
    ca: trustme.CA

    @classmethod
    def create(cls, folder: Path) -> Authority:
        folder.mkdir()
        made = cls(folder, trustme.CA())
        made.ca.cert_pem.write_to_path(folder / "ca.pem")
        return made

    def certificate(self, name: str, *identities: str, common_name: str | None = None) -> tuple[str, str]:
        """Make a certificate and key; return their paths."""
        issued = self.ca.issue_cert(*identities, common_name=common_name)
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(b"".join(item.bytes() for item in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        key.chmod(0o600)
        return str(chain), str(key)

    def client(self, certificate: tuple[str, str] | None = None) -> ssl.SSLContext:
        """Return what a client has that believes this authority, and shows this certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if certificate is not None:
            context.load_cert_chain(*certificate)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    cli = furnished(tmp_path_factory.mktemp("tls-user") / "user")
    cli.ok("databases", "edit", "shop", "--certificate-name", SHOP_NAME)
    cli.ok("databases", "edit", "logs", "--certificate-name", LOGS_NAME)
    make_token(cli, "shop")
    return cli


@pytest.fixture(scope="module")
def service(user: Cli, authority: Authority) -> Iterator[Service]:
    chain, key = authority.certificate("server", "127.0.0.1", "localhost")
    words = ("--tls-cert", chain, "--tls-key", key, "--client-ca", str(authority.folder / "ca.pem"))
    with running(user, *words) as service:
        yield service


def token(user: Cli) -> str:
    return (user.folder / "shop-token").read_text(encoding="utf-8")


def status(api: DataApi, name: str = "openai-prod") -> int:
    return api.get(api.path("openai", name)).status


def test_a_token_over_tls(service: Service, authority: Authority, user: Cli) -> None:
    assert service.url.startswith("https://")
    api = service.data_api(token(user), tls=authority.client())
    assert api.key("openai", "openai-prod") == "sk-first"
    assert status(service.data_api(tls=authority.client())) == 401


@pytest.mark.parametrize(
    ("names", "common_name"),
    [((SHOP_NAME,), None), ((), SHOP_NAME), ((SHOP_NAME.upper(),), None), (("other.example", SHOP_NAME), "someone")],
    ids=["DNS name", "common name", "upper case", "one of several"],
)
def test_a_client_certificate_names_its_database(
    service: Service, authority: Authority, names: tuple[str, ...], common_name: str | None
) -> None:
    certificate = authority.certificate("client", *names, common_name=common_name)
    api = service.data_api(tls=authority.client(certificate))
    assert api.key("openai", "openai-prod") == "sk-first"
    assert api.get(api.path("openai", "openai-logs")).document["credentials"] == {}


def test_a_certificate_that_names_nobody_here_is_not_enough(service: Service, authority: Authority) -> None:
    certificate = authority.certificate("stranger", "stranger.example", common_name="someone")
    assert status(service.data_api(tls=authority.client(certificate))) == 401


@pytest.mark.parametrize(
    ("names", "common_name"),
    [
        ((), "\u017fhop.data-api.example"),
        ((), SHOP_NAME.upper()),
        ((), f"{SHOP_NAME}."),
        ((), "\uff53hop.data-api.example"),
        ((), f"{SHOP_NAME} "),
        ((), LOGS_NAME.upper()),
        ((), LOGS_NAME.replace("example", "EXAMPLE")),
        ((f"*.{SHOP_NAME.partition('.')[2]}",), None),
    ],
    ids=[
        "long s",
        "upper case",
        "trailing dot",
        "full width",
        "trailing space",
        "URI in upper case",
        "host of a URI",
        "wildcard",
    ],
)
def test_a_name_that_only_resembles_the_recorded_one_is_not_enough(
    service: Service, authority: Authority, names: tuple[str, ...], common_name: str | None
) -> None:
    certificate = authority.certificate("resembling", *names, common_name=common_name or "someone")
    api = service.data_api(tls=authority.client(certificate))
    assert {status(api, name) for name in ("openai-prod", "openai-logs")} == {401}


@pytest.mark.parametrize(
    ("recorded", "kind", "name", "is_same"),
    [
        ("shop", "DNS", "SHOP", True),
        ("Shop", "DNS", "sHOP", True),
        ("shop", "DNS", "\u017fhop", False),
        ("shop", "CN", "SHOP", False),
        ("shop", "URI", "SHOP", False),
        ("k.example", "DNS", "\u212a.example", False),
        ("stra\u00dfe.example", "DNS", "strasse.example", False),
        ("stra\u00dfe.example", "DNS", "stra\u00dfe.example", False),
        ("stra\u00dfe", "CN", "stra\u00dfe", True),
        ("\u0130.example", "CN", "i\u0307.example", False),
    ],
)
def test_dns_names_are_ascii_in_any_case_and_other_names_are_exact(
    recorded: str, kind: str, name: str, is_same: bool
) -> None:
    database = a_database("shop", certificate_name=recorded)
    found = Directory(a_state(databases=[database])).database_of_certificate(kind, name)
    assert found == (database.id if is_same else None)


def test_an_unknown_token_beside_a_valid_certificate_is_refused_and_the_log_says_which_of_them(
    service: Service, authority: Authority
) -> None:
    certificate = authority.certificate("beside", SHOP_NAME)
    api = service.data_api("<TOKEN>", tls=authority.client(certificate))
    assert status(api) == 401
    reason = "the client certificate is valid, but the token sent with it is unknown: remove the token header from "
    said = service.event("unauthorized", database="shop")
    assert (said["level"], said["reason"].startswith(reason)) == ("warning", True)
    assert "<TOKEN>" not in "\n".join(service.lines)


@pytest.mark.slow
def test_an_idle_connection_does_not_delay_the_end(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("server-end", "127.0.0.1")
    with running(user, "--tls-cert", chain, "--tls-key", key) as service:
        api = service.data_api(token(user), tls=authority.client())
        assert api.key("openai", "openai-prod") == "sk-first"
        begun = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - begun < 5
        api.close()


def test_a_certificate_that_names_two_databases_is_not_enough(user: Cli, authority: Authority) -> None:
    user.ok("databases", "edit", "logs", "--certificate-name", "logs.data-api.example")
    chain, key = authority.certificate("server-two", "127.0.0.1")
    both = authority.certificate("both", SHOP_NAME, "logs.data-api.example")
    words = ("--tls-cert", chain, "--tls-key", key, "--client-ca", str(authority.folder / "ca.pem"))
    with running(user, *words) as service:
        assert status(service.data_api(tls=authority.client(both))) == 401


def test_token_and_certificate_must_speak_for_the_same_database(
    service: Service, authority: Authority, user: Cli
) -> None:
    same = authority.certificate("same", SHOP_NAME)
    user.ok("databases", "edit", "logs", "--certificate-name", "logs.data-api.example")
    other = authority.certificate("other", "logs.data-api.example")
    assert status(service.data_api(token(user), tls=authority.client(same))) == 200
    assert status(service.data_api(token(user), tls=authority.client(other))) == 401
    assert service.event("unauthorized", reason="token, certificate and --database name different databases")


def test_a_certificate_of_another_authority_gets_no_connection(
    service: Service, authority: Authority, tmp_path: Path
) -> None:
    foreign = Authority.create(tmp_path / "foreign").certificate("foreign", SHOP_NAME)
    api = service.data_api(tls=authority.client(foreign))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        status(api)


def test_a_client_that_does_not_believe_the_service_sends_nothing(service: Service, tmp_path: Path) -> None:
    foreign = Authority.create(tmp_path / "foreign")
    with pytest.raises(ssl.SSLCertVerificationError):
        status(service.data_api("token", tls=foreign.client()))


def test_without_a_client_authority_a_certificate_says_nothing(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("server-alone", "127.0.0.1")
    certificate = authority.certificate("unasked", SHOP_NAME)
    with running(user, "--tls-cert", chain, "--tls-key", key) as service:
        assert status(service.data_api(tls=authority.client(certificate))) == 401


def test_a_changed_certificate_name_counts_from_the_next_request_on(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("server-names", "127.0.0.1")
    certificate = authority.certificate("renamed", "renamed.example")
    words = ("--tls-cert", chain, "--tls-key", key, "--client-ca", str(authority.folder / "ca.pem"))
    with running(user, *words) as service:
        api = service.data_api(tls=authority.client(certificate))
        assert status(api) == 401
        user.ok("databases", "edit", "shop", "--certificate-name", "renamed.example")
        assert status(api) == 200
        user.ok("databases", "edit", "shop", "--certificate-name", SHOP_NAME)
        assert status(api) == 401
        api.close()


@pytest.mark.slow
def test_a_connection_that_says_nothing_is_closed_before_it_is_secure(service: Service) -> None:
    with socket.create_connection(service.address, timeout=PROCESS_LIMIT_SECONDS) as connection:
        assert connection.recv(1) == b""


def test_plain_http_is_not_answered_on_a_port_for_tls(service: Service) -> None:
    assert service.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
    assert "sk-" not in "\n".join(service.lines)


@pytest.mark.slow
def test_files_that_are_no_certificate_or_do_not_belong_together_are_refused(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("one", "127.0.0.1")
    _, other_key = authority.certificate("two", "127.0.0.1")
    locked = authority.folder / "locked.key"
    private = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    locked.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"passphrase"),
        )
    )
    for wrong in (other_key, str(locked), chain, str(authority.folder / "nowhere")):
        result = user.process("serve", "run", "--bind", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", wrong)
        assert (result.status, "cannot be used" in result.error) == (2, True)
    result = user.process(
        "serve", "run", "--bind", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key, "--client-ca", key
    )
    assert (result.status, "holds no certificate of an authority" in result.error) == (2, True)


def test_a_key_that_everybody_can_read_is_warned_of(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("open", "127.0.0.1")
    Path(key).chmod(0o644)
    with running(user, "--tls-cert", chain, "--tls-key", key) as service:
        assert service.event("tls_key_readable_by_all")["file"] == key


def test_the_check_believes_the_authority_it_is_given_and_shows_a_certificate(
    service: Service, authority: Authority, user: Cli
) -> None:
    certificate = authority.certificate("check", SHOP_NAME)
    ca = str(authority.folder / "ca.pem")
    words = ("--url", service.url, "--ca", ca, "--token-file", "shop-token", "--no-exit-code")
    known = user.ok("serve", "check", *words)
    assert [row[1] for row in known.rows[:4]] == ["ok", "ok", "ok", "ok"]
    shown = user.ok(
        "serve",
        "check",
        "--url",
        service.url,
        "--ca",
        ca,
        "--client-cert",
        certificate[0],
        "--client-key",
        certificate[1],
    )
    assert [row[1] for row in shown.rows] == ["ok", "ok", "ok", "ok", "skipped"]
    unbelieved = user.run("serve", "check", "--url", service.url, "--token-file", "shop-token")
    assert unbelieved.status == 20
    assert unbelieved.rows[1][2].startswith("its certificate is not believed")
    plain = user.run("serve", "check", "--url", service.url.replace("https", "http"))
    assert plain.status == 20
    assert plain.rows[1][:2] == ["service", "wrong"]


@pytest.mark.slow
def test_beyond_loopback_only_with_tls_or_on_purpose(user: Cli, authority: Authority) -> None:
    chain, key = authority.certificate("beyond", "127.0.0.1")
    refused = user.process("serve", "run", "--bind", "0.0.0.0:0")
    assert (refused.status, refused.error.startswith("keys and tokens would cross the network in clear")) == (2, True)
    for words in (("--tls-cert", chain, "--tls-key", key), ("--insecure",)):
        with running(user, "--bind", "0.0.0.0:0", *words) as service:
            port = service.address[1]
            tls = authority.client() if "--insecure" not in words else None
            api = DataApi("127.0.0.1", port, {"X-Vzctl-Token": token(user)}, tls=tls)
            assert api.key("openai", "openai-prod") == "sk-first"
            # Beyond loopback any name is this machine's.
            assert api.get(api.path("openai", "openai-prod"), {"Host": "vzctl.internal"}).status == 200
            api.close()  # the service waits for a connection that stays open
