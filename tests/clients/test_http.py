"""Requests against a server that misbehaves: an answer, or one cause; never a hang, never another host."""

from __future__ import annotations

import contextlib
import inspect
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.cli import PROCESS_LIMIT_SECONDS
from tests.support.standin.server import Answer, Asked, StandIn
from tests.support.tools import require_tools
from vzctl.clients.fault import CAUSES, SENTENCES, Cause, NoReply, cause_of, error_for
from vzctl.clients.http import POOL_SIZE, Http, Limits
from vzctl.clients.message import LEFT_OUT, Call, Reply, SecretHeader, shown_text
from vzctl.clients.retry import pause, retry_after
from vzctl.errors import AstraError, ProviderError, UnknownSideError, UsageError
from vzctl.secret import Secret

KEY: Final = "sk-proj-Zq9fXw3Lm7Kp2Vr8"


def call(url: str, **more: Any) -> Call:
    return Call(**{"party": "the server", "method": "GET", "url": url, **more})


@pytest.fixture
def fine(stand_in: StandIn) -> str:
    """A URL that answers."""
    return stand_in.mount("/fine", lambda asked: Answer(200, {"path": asked.path, "body": asked.body}))


def refused(http: Http, url: str, **more: Any) -> Cause:
    with pytest.raises(NoReply) as caught:
        http.send(call(url, **more))
    return caught.value.cause


def test_every_exception_of_httpx_has_a_cause() -> None:
    exported = {name for name, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)}
    assert exported == set(CAUSES)
    assert set(SENTENCES) == set(Cause)


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_of_an_exception_is_that_of_the_table(name: str) -> None:
    kind = getattr(httpx, name)
    assert cause_of(kind.__new__(kind)) is CAUSES[name]


def test_what_lies_below_an_exception_decides() -> None:
    def chained(below: BaseException) -> BaseException:
        error = httpx.ConnectError("no")
        error.__cause__ = OSError("all attempts failed")
        error.__cause__.__cause__ = ExceptionGroup("several", [OSError("one"), below])  # type: ignore[type-var]
        return error

    assert cause_of(chained(socket.gaierror(-2, "unknown"))) is Cause.DNS
    assert cause_of(chained(ssl.SSLError("bad certificate"))) is Cause.TLS
    assert cause_of(chained(ConnectionRefusedError())) is Cause.REFUSED
    assert cause_of(TimeoutError()) is Cause.TIMEOUT
    assert cause_of(OSError()) is Cause.RESET


def test_an_exception_that_leads_back_to_itself_has_a_cause() -> None:
    error = httpx.ReadError("one")
    error.__cause__ = error
    assert cause_of(error) is Cause.RESET


def test_an_answer_comes_back_whole(stand_in: StandIn, http: Http, fine: str) -> None:
    reply = http.send(call(f"{fine}/x", method="POST", body={"input": ["hi"]}, headers={"X-More": "1"}))
    assert (reply.status, reply.document) == (200, {"path": "/x", "body": {"input": ["hi"]}})
    asked = stand_in.asked[0]
    assert (asked.method, asked.headers["x-more"], asked.headers["accept-encoding"]) == ("POST", "1", "identity")
    assert asked.headers["user-agent"].startswith("vzctl/")


def test_one_connection_serves_many_requests(stand_in: StandIn, http: Http, fine: str) -> None:
    for _ in range(5):
        http.send(call(fine))
    assert (len(stand_in.asked), stand_in.connections) == (5, 1)


def test_many_threads_may_send_at_once(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, latency=0.05)
    threads = [threading.Thread(target=http.send, args=(call(fine),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stand_in.asked) == 8
    assert stand_in.most_at_once > 1


def test_more_requests_than_a_pool_holds_are_under_way_at_once(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, latency=0.3)
    threads = [threading.Thread(target=http.send, args=(call(fine),)) for _ in range(2 * POOL_SIZE + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stand_in.asked) == 2 * POOL_SIZE + 1
    assert stand_in.most_at_once > POOL_SIZE


def test_a_secret_goes_in_its_header_and_nowhere_else(stand_in: StandIn, http: Http, fine: str, log: list[str]) -> None:
    secret = SecretHeader("Authorization", Secret(KEY), "Bearer ")
    reply = http.send(call(f"{fine}/v1?token=no", secrets=(secret,)))
    assert stand_in.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(reply) + repr(secret)
    assert len(log) == 1
    assert log[0].startswith(f"GET {fine}/v1: HTTP 200 after ")


def test_cookies_are_not_kept(stand_in: StandIn, http: Http) -> None:
    url = stand_in.mount("/cookie", lambda _: Answer(200, {}, {"Set-Cookie": "session=1"}))
    http.send(call(url))
    http.send(call(url))
    assert "cookie" not in stand_in.asked[1].headers


FATAL: Final[list[tuple[dict[str, Any], Cause]]] = [
    ({"truncated": True}, Cause.RESET),
    ({"reset": True}, Cause.RESET),
    ({"endless": True}, Cause.TOO_LARGE),
    ({"raw": b"SSH-2.0-OpenSSH_9.9\r\n"}, Cause.RESET),
    ({"raw": b""}, Cause.RESET),
]


@pytest.mark.parametrize(("fault", "cause"), FATAL, ids=str)
def test_a_broken_answer_has_a_cause(
    fault: dict[str, Any], cause: Cause, stand_in: StandIn, http: Http, fine: str
) -> None:
    stand_in.fail(times=None, **fault)
    assert refused(http, fine) is cause
    assert len(stand_in.asked) == (3 if cause is Cause.RESET else 1)


@pytest.mark.parametrize("fault", [{"hang": True}, {"drip": True}], ids=["silence", "a byte at a time"])
def test_a_slow_server_is_given_up(fault: dict[str, Any], stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, **fault)
    assert refused(http, fine, total_seconds=0.4) is Cause.TIMEOUT
    assert len(stand_in.asked) == 1


def test_a_read_that_takes_too_long_is_a_timeout(stand_in: StandIn, fine: str) -> None:
    stand_in.fail(times=None, hang=True)
    with Http(Limits(read_seconds=0.2)) as impatient:
        assert refused(impatient, fine) is Cause.TIMEOUT


def test_nobody_listens(http: Http) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refused(http, f"http://127.0.0.1:{port}/") is Cause.REFUSED


def test_a_name_that_does_not_resolve(http: Http) -> None:
    assert refused(http, "http://no-such-host.invalid/") is Cause.DNS


HANGING_RESOLVER = """
import socket, sys, threading
never = threading.Event()
socket.getaddrinfo = lambda *_, **__: never.wait()
from vzctl.clients.fault import NoReply
from vzctl.clients.http import Http, Limits
from vzctl.clients.message import Call
with Http(Limits(total_seconds=0.3)) as http:
    try:
        http.send(Call(party="it", method="GET", url="https://api.example.com/"))
    except NoReply as fault:
        print(fault.cause.name)
"""


def test_a_resolver_that_hangs_does_not_hold_up_the_end() -> None:
    """It hangs for good: a program that waited for it would never end, and the time limit here would be met."""
    command = [sys.executable, "-c", HANGING_RESOLVER]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PROCESS_LIMIT_SECONDS, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "TIMEOUT\n", "")


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://", "no url", "http://[::1", "http://a\x00b/"])
def test_what_is_no_url_is_not_sent(http: Http, url: str) -> None:
    assert refused(http, url) is Cause.BAD_URL


def test_a_redirect_is_not_followed(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(status=302, headers={"Location": f"{stand_in.url}/elsewhere"})
    reply = http.send(call(fine, secrets=(SecretHeader("api-key", Secret(KEY)),)))
    assert (reply.status, reply.is_redirect) == (302, True)
    assert stand_in.paths() == ["/fine"]


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_some_statuses_are_asked_again(status: int, stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=2, status=status)
    assert http.send(call(fine)).status == 200
    assert len(stand_in.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501])
def test_others_are_answers(status: int, stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, status=status)
    assert http.send(call(fine)).status == status
    assert len(stand_in.asked) == 1


def test_the_last_answer_counts_when_it_does_not_get_better(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, status=503)
    assert http.send(call(fine)).status == 503
    assert len(stand_in.asked) == 3


def test_an_answer_that_will_stay_is_not_asked_for_again(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, status=429, body={"error": {"code": "insufficient_quota"}})
    assert http.send(call(fine, settled=lambda reply: b"insufficient_quota" in reply.body)).status == 429
    assert len(stand_in.asked) == 1


def test_a_pause_that_does_not_fit_is_not_made(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(times=None, status=429, headers={"Retry-After": "3600"})
    assert http.send(call(fine)).status == 429
    assert len(stand_in.asked) == 1


def test_a_short_pause_that_is_asked_for_is_made(stand_in: StandIn, http: Http, fine: str) -> None:
    stand_in.fail(status=429, headers={"Retry-After": "0"})
    assert http.send(call(fine)).status == 200


def test_closing_ends_what_is_under_way(stand_in: StandIn, fine: str) -> None:
    stand_in.fail(times=None, hang=True)
    http = Http(Limits())
    causes: list[Cause] = []
    thread = threading.Thread(target=lambda: causes.append(refused(http, fine)))
    thread.start()
    while not stand_in.asked:
        pass
    http.close()
    thread.join()
    assert causes == [Cause.STOPPED]
    assert refused(http, fine) is Cause.STOPPED
    http.close()


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server with a certificate that nobody has signed, and that certificate."""
    require_tools("openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *options.split(), *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with StandIn() as server:
        server.mount("/fine", lambda _: Answer(200, {"tls": True}))
        server.encrypt(context)
        yield server.url.replace("http:", "https:"), certificate


def test_a_private_authority_is_trusted_when_it_is_named(
    tls_server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = tls_server
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with Http(Limits()) as distrusting:
        assert refused(distrusting, f"{url}/fine") is Cause.TLS
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Http(Limits()) as trusting:
        assert trusting.send(call(f"{url}/fine")).document == {"tls": True}


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with StandIn() as server:
        server.mount("", lambda asked: Answer(200, {"by": "the proxy", "path": asked.path}))
        monkeypatch.setenv("HTTP_PROXY", server.url)
        yield server


def test_a_proxy_is_used_and_some_hosts_are_reached_without_it(proxy: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with Http(Limits()) as client:
        assert client.send(call("http://api.example.com/")).document["by"] == "the proxy"
    monkeypatch.setenv("NO_PROXY", "unknown.invalid")
    with Http(Limits()) as client:
        assert refused(client, "http://unknown.invalid/") is Cause.DNS


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_this_machine_is_never_asked_through_a_proxy(proxy: StandIn, stand_in: StandIn, fine: str, host: str) -> None:
    """Plain http is allowed to it alone, and a token goes with it: it must not travel to a proxy in clear text."""
    with Http(Limits()) as client:
        answer = client.send(call(fine.replace("127.0.0.1", host)))
    assert (answer.document, proxy.asked) == ({"path": "/", "body": None}, [])


def test_a_proxy_that_refuses_is_a_proxys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with StandIn() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with Http(Limits()) as client:
            assert refused(client, "https://api.example.com/") is Cause.PROXY


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:9", "a SOCKS proxy needs the package socksio"),
        ("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:99999", "a port is 1 to 65535"),
        ("HTTPS_PROXY", "ftp://me:hunter2@127.0.0.1:9", "a proxy is named by http:// or https://"),
        ("https_proxy", "http://", "it names no host"),
        ("HTTP_PROXY", "http://me:hunter2@[::1", "it is no address of a proxy"),
        ("NO_PROXY", "[::1", "it is no list of hosts"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_and_not_shown(
    variable: str, value: str, message: str, fine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv(variable, value)
    if variable == "https_proxy":
        monkeypatch.delenv("HTTPS_PROXY")
    with Http(Limits()) as client, pytest.raises(UsageError, match=message) as caught:
        client.send(call(fine))
    assert caught.value.message.startswith(f"{variable.upper()} (or {variable.lower()}) cannot be used: ")
    assert caught.value.code == "PROXY_INVALID"
    assert "hunter2" not in caught.value.message


def test_certificates_that_cannot_be_used_are_this_machines_fault(
    tmp_path: Path, fine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path, reason in (
        (tmp_path / "gone.pem", "no such file or directory"),
        (empty, "it holds no certificates in PEM form"),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with Http(Limits()) as client, pytest.raises(UsageError) as caught:
            client.send(call(fine))
        assert caught.value.code == "CERTIFICATES_UNUSABLE"
        assert caught.value.message == f"the certificates that SSL_CERT_FILE names cannot be used: {reason}"


def test_a_port_that_there_cannot_be_is_a_bad_address(http: Http) -> None:
    assert refused(http, "http://127.0.0.1:99999/") is Cause.BAD_URL


def test_the_pause_doubles_and_never_exceeds_what_is_left() -> None:
    assert [pause(attempt, None, 100.0, lambda: 1.0) for attempt in (1, 2, 3)] == [0.25, 0.5, None]
    assert pause(1, None, 100.0, lambda: 0.0) == 0.125
    assert pause(1, 3.0, 100.0, lambda: 0.0) == 3.0
    assert pause(1, 3.0, 2.0, lambda: 0.0) is None


def test_retry_after_is_a_number_or_a_date_on_the_servers_clock() -> None:
    now, later = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:30 GMT"
    assert retry_after({"retry-after": "7"}) == 7.0
    assert retry_after({"retry-after": later, "date": now}) == 30.0
    assert retry_after({"retry-after": now, "date": later}) == 0.0
    for text in ("", "soon", "-1", "1.5", "9" * 10, later):
        assert retry_after({"retry-after": text}) is None
    assert retry_after({}) is None


def reply_of(body: bytes, *keys: str) -> Reply:
    secrets = tuple(SecretHeader("Authorization", Secret(key), "Bearer ") for key in keys)
    return Reply(call=call("http://x", secrets=secrets), status=401, headers={}, body=body, seconds=0.0)


@pytest.mark.parametrize("shown", [KEY, f"{KEY}{KEY}", f"({KEY})"])
def test_a_key_that_is_repeated_as_it_is_is_masked(shown: str) -> None:
    text = reply_of(f"Incorrect key: {shown}".encode(), KEY).shown()
    assert text.replace("(", "").replace(")", "") in ("Incorrect key: ****", "Incorrect key: ********")


@pytest.mark.parametrize("shown", [KEY.upper(), KEY[8:13], KEY[-5:], KEY[-9:], f"x{KEY[8:15]}y"])
def test_a_text_with_a_part_of_a_key_is_not_shown(shown: str) -> None:
    assert reply_of(f"Incorrect key: {shown}".encode(), KEY).shown() == LEFT_OUT


@pytest.mark.parametrize("shown", [f"****{KEY[-4:]}", f"sk-...{KEY[-4:]}", f"it ends in {KEY[-4:]}"])
def test_at_most_the_last_four_characters_are_shown(shown: str) -> None:
    text = reply_of(f"Incorrect key: {shown}.".encode(), KEY).shown()
    assert text.startswith("Incorrect key: ")
    assert KEY[-5:] not in text


def test_a_key_of_no_form_is_not_shown_either() -> None:
    assert shown_text("the key abcdefgh is wrong", [Secret("abcdefgh")]) == "the key **** is wrong"
    assert shown_text("the key abc is wrong", [Secret("abc")]) == "the key **** is wrong"
    assert shown_text("İ the key abcdefgh", [Secret("abcdefgh")]) == "İ the key ****"
    assert shown_text("İ the key", [Secret("abcdefgh")]) == "İ the key"


def test_words_that_repeat_no_key_are_shown_as_they_are() -> None:
    text = "the model (100%25 known) is not there: &lt;b&gt; \\u0041 caf\u00e9"
    assert shown_text(text, [Secret(KEY), Secret("---")]) == text


@pytest.mark.parametrize("echo", ["sk-inval****-key", "sk-p************Vr8", "****Vr8p", "Zq9fX***", "a**b**c**d"])
def test_the_ends_of_a_key_are_not_shown(echo: str) -> None:
    assert shown_text(f"wrong key: {echo}.", []).removesuffix(".") == "wrong key: ****"


def test_what_is_shown_is_one_short_line() -> None:
    text = reply_of(b"one\r\n\ttwo " + b"word " * 500).shown()
    assert text.startswith("one two word")
    assert len(text) == 301


@contextlib.contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Answer every connection with these bytes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with contextlib.suppress(OSError):
                self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def head_of(size: int, *, in_lines: bool) -> bytes:
    line = b"X-Long: " + b"a" * (90 if in_lines else size) + b"\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + line * (size // 100 if in_lines else 1) + b"\r\n{}"


@pytest.mark.parametrize("in_lines", [False, True])
@pytest.mark.parametrize("size", [17_000, 70_000, 250_000])
def test_a_head_over_the_limit_is_no_answer(http: Http, size: int, in_lines: bool) -> None:
    with raw_server(head_of(size, in_lines=in_lines)) as url:
        assert refused(http, url) is Cause.TOO_LARGE


def test_a_head_under_the_limit_is_read(http: Http) -> None:
    with raw_server(head_of(15_000, in_lines=True)) as url:
        assert http.send(call(url)).body == b"{}"


def test_a_body_that_is_no_json_has_no_document() -> None:
    for body in (b"", b"<html>", b'{"a": ', b"\xff", b"[" * 200_000):
        assert reply_of(body).document is None


@pytest.mark.parametrize("cause", Cause)
def test_an_error_names_a_side_only_where_it_is_sure(cause: Cause) -> None:
    error = error_for(NoReply(cause, "OpenAI"), "provider")
    assert (error.code, error.message) == (f"NO_ANSWER_{cause.name}", f"OpenAI {SENTENCES[cause]}")
    blamed = cause in (Cause.TIMEOUT, Cause.RESET, Cause.PROTOCOL, Cause.TOO_LARGE)
    assert (type(error), error.side) == ((ProviderError, "provider") if blamed else (UnknownSideError, "unknown"))
    other = error_for(NoReply(cause, "Astra"), "astra")
    assert (type(other), other.side) == ((AstraError, "astra") if blamed else (UnknownSideError, "unknown"))


def test_an_application_gets_the_path_below_its_own(stand_in: StandIn) -> None:
    seen: list[Asked] = []

    def application(asked: Asked) -> Answer:
        seen.append(asked)
        return Answer(200, "text")

    url = stand_in.mount("/a/b", application)
    with Http(Limits()) as client:
        assert client.send(call(f"{url}/c?x=1")).headers["content-type"] == "text/html"
        assert client.send(call(f"{stand_in.url}/a")).status == 404
    assert (seen[0].path, seen[0].query) == ("/c", {"x": "1"})
