"""Requests that no Data API sends: odd paths, odd bytes, slow ones, many ones. Right answers, nothing leaked."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import Place
from tests.support.data_api import DataApi
from vzctl.service import connection as bounds
from vzctl.service.connection import certificate_names
from vzctl.service.guard import is_near
from vzctl.service.paths import Asked, parse_path
from vzctl.usecases.serve.credential import Wanted

GOOD = "/v1/databases/SINGLE-TENANT/integrations-type/openai/creds/openai-prod.providerKey"


@pytest.fixture
def api(place: Place) -> DataApi:
    return place.service.data_api(place.shop)


def head(place: Place, target: str, *lines: str, method: str = "GET", token: str | None = None) -> bytes:
    """Return a whole request as bytes."""
    headers = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"X-Vzctl-Token: {token or place.shop}"]
    return "".join(f"{line}\r\n" for line in [*headers, *lines, ""]).encode("latin-1")


def answers(data: bytes) -> list[tuple[int, bytes]]:
    """Return status and body of every answer in what came back."""
    found = []
    while data:
        top, _, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", top.lower())
        size = int(length[1]) if length else len(rest)
        found.append((int(top.split()[1]), rest[:size]))
        data = rest[size:]
    return found


NAMED: list[tuple[str, str, int, str | None]] = [
    ("the name encoded", GOOD.replace("openai-prod", "%6fpenai%2Dprod"), 200, "sk-first"),
    ("an encoded slash in the name", GOOD.replace("openai-prod", "a%2fopenai-prod"), 200, None),
    ("dots and an encoded slash", GOOD.replace("openai-prod", "..%2fopenai-prod"), 200, None),
    ("dots as a segment", GOOD.replace("/openai/", "/../openai/"), 404, None),
    ("dots before the protocol", f"/v1/x/..{GOOD}", 200, "sk-first"),
    ("an empty segment inside", GOOD.replace("/creds/", "/creds//"), 404, None),
    ("an empty tenant", GOOD.replace("SINGLE-TENANT", ""), 404, None),
    ("an empty name", GOOD.replace("openai-prod.providerKey", ""), 404, None),
    ("a slash at the end", f"{GOOD}/", 404, None),
    ("a segment too many", f"{GOOD}/valid/more", 404, None),
    ("the suffix alone", GOOD.replace("openai-prod", ""), 200, None),
    ("a query", f"{GOOD}?name=openai-logs.providerKey", 200, "sk-first"),
    ("a fragment", f"{GOOD}#openai-logs", 200, None),
    ("unicode", GOOD.replace("openai-prod", "%C3%B6penai-prod"), 200, None),
    ("a look-alike letter", GOOD.replace("openai-prod", "%D0%BEpenai-prod"), 200, None),
    ("no UTF-8", GOOD.replace("openai-prod", "%ff%fe"), 200, None),
    ("a NUL", GOOD.replace("openai-prod", "openai-prod%00"), 200, None),
    ("a newline", GOOD.replace("openai-prod", "openai-prod%0a%0dX-Injected:%201"), 200, None),
    ("a terminal's control", GOOD.replace("openai-prod", "%1b[2J"), 200, None),
    ("a shell's", GOOD.replace("openai-prod", "$(reboot)"), 200, None),
    ("a double encoding", GOOD.replace("openai-prod", "openai%252dprod"), 200, None),
    ("a long name", GOOD.replace("openai-prod", "a" * 4000), 200, None),
    ("other capitals in the path", GOOD.replace("databases", "Databases"), 404, None),
    ("another provider's spelling", GOOD.replace("/openai/", "/open_ai/"), 200, None),
    ("the root", "/", 404, None),
    ("health with a slash", "/healthz/", 404, None),
    ("an absolute address", f"http://127.0.0.1{GOOD}", 200, "sk-first"),
    ("a name called valid", GOOD.replace("openai-prod.providerKey", "valid"), 200, None),
]


@pytest.mark.parametrize(("path", "status", "key"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_a_path_is_taken_as_it_is(place: Place, path: str, status: int, key: str | None) -> None:
    ((found, body),) = answers(place.service.raw(head(place, path, "Connection: close")))
    assert found == status
    document = json.loads(body)
    if key is not None:
        assert list(document["credentials"].values()) == [key]
        return
    assert document["credentials"] == {}
    assert len(document["errors"]) == 1
    message = document["errors"][0]["message"]
    assert message.isprintable()
    assert "sk-" not in message
    assert "openai-logs" not in message or "logs" in path
    # What a person may paste into a shell never comes from the path unless it is a credential's name.
    assert "$(" not in message.partition('run "')[2]


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a bare word": b"hello\r\n\r\n",
    "a path with a byte above ASCII": b"GET /v1/\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: localhost\r\n\r\n",
    "a header without a colon": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nnonsense\r\n\r\n",
    "two lengths": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a head without end": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * (bounds.HEAD_BYTES_AT_MOST + 1),
    "ten thousand headers": b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"x: y\r\n" * 10_000 + b"\r\n",
    "a long path": b"GET /" + b"a" * (bounds.HEAD_BYTES_AT_MOST + 1) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_bytes_that_are_no_request_are_refused_and_the_service_goes_on(place: Place, api: DataApi, data: bytes) -> None:
    received = place.service.raw(data)
    for status, body in answers(received):
        assert status in (400, 403, 404, 405, 431), received
        for word in (b"Traceback", b"sk-", b"shop", b"/src/"):
            assert word not in body
    assert api.key("openai", "openai-prod") == "sk-first"


@pytest.mark.parametrize("size", [bounds.HEAD_BYTES_AT_MOST + 2048, 70_000, 250_000])
def test_a_head_over_the_limit_is_refused_although_it_arrives_whole(place: Place, api: DataApi, size: int) -> None:
    received = place.service.raw(head(place, GOOD, "Connection: close", f"X-Long: {'a' * size}"))
    assert [status for status, _ in answers(received)] in ([400], [431], [])
    assert b"sk-first" not in received
    assert api.key("openai", "openai-prod") == "sk-first"


def test_a_head_under_the_limit_is_accepted(place: Place) -> None:
    long = f"X-Long: {'a' * (bounds.HEAD_BYTES_AT_MOST - 2048)}"
    assert answers(place.service.raw(head(place, GOOD, "Connection: close", long)))[0][0] == 200


def test_pipelined_requests_are_answered_in_their_order(place: Place) -> None:
    names = ["openai-prod", "nope", "mistral-prod", "openai-prod"]
    providers = ["openai", "openai", "mistral", "openai"]
    targets = [
        GOOD.replace("/openai/", f"/{p}/").replace("openai-prod", n) for p, n in zip(providers, names, strict=True)
    ]
    data = b"".join(head(place, target) for target in targets[:-1]) + head(place, targets[-1], "Connection: close")
    found = [list(json.loads(body)["credentials"].values()) for _, body in answers(place.service.raw(data))]
    assert found == [["sk-first"], [], ["mistral-first"], ["sk-first"]]


def test_a_request_in_single_bytes_is_a_request(place: Place) -> None:
    data = head(place, GOOD, "Connection: close")
    with socket.create_connection(place.service.address, timeout=10) as connection:
        for byte in data:
            connection.sendall(bytes([byte]))
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert answers(received)[0][0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "BREW"])
def test_only_get_is_answered(place: Place, method: str) -> None:
    target = GOOD if method != "CONNECT" else "127.0.0.1:80"
    received = place.service.raw(head(place, target, "Connection: close", "Content-Length: 0", method=method))
    status = int(received.split()[1])
    assert status in (404, 405)
    assert b"sk-first" not in received


def test_a_body_that_nobody_asked_for_is_not_kept(place: Place, api: DataApi) -> None:
    size = 3_000_000
    data = head(place, GOOD, f"Content-Length: {size}", "Connection: close") + b"x" * size
    with socket.create_connection(place.service.address, timeout=10) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        assert connection.recv(12) in (b"HTTP/1.1 200", b"")
    assert api.key("openai", "openai-prod") == "sk-first"


def test_a_websocket_is_not_begun(place: Place) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA==")
    received = place.service.raw(head(place, "/v1/socket", *upgrade))
    assert b" 101 " not in received.partition(b"\r\n")[0]


FOREIGN_HOSTS = ["evil.example", "evil.example:8084", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1"]
FOREIGN_HOSTS += ["127.0.0.1%eth0", "127.0.0.1%25anything", "127.0.0.1%evil.example:80", "[::1%lo]", "[::1%25lo]:80"]
FOREIGN_HOSTS += ["user@127.0.0.1", "user:pass@localhost", "127.0.0.1.", "127.0.0.1.:80", "localhost..", ".localhost"]
FOREIGN_HOSTS += ["localhost.", "localhost.:80"]
FOREIGN_HOSTS += ["2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.0.01", "127.0.0.256", "127."]
FOREIGN_HOSTS += ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[127.0.0.1]", "::1", "[localhost]", "[]"]
FOREIGN_HOSTS += ["127.0.0.\xb9", "localhost:\xb2", "127.0.0.1:\xb2\xb3", "loc\xe4lhost", "localhost:80 ", "[::1]80"]
FOREIGN_HOSTS += ["127.0.0.1:", "127.0.0.1:0", "127.0.0.1:080", "127.0.0.1:65536", "127.0.0.1:+80", "127.0.0.1:-1"]
FOREIGN_HOSTS += ["http://127.0.0.1", "127.0.0.1/", "127.0.0.1,localhost", "127.0.0.1 localhost", "localhost\t"]
FOREIGN_HOSTS += ["127.0.0.1@evil.example", "127.0.0.1:80:80", "127.0.0.1:x", "10.0.0.1", "[2001:db8::1]", "0.0.0.0"]  # noqa: S104  (a name in a header)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_name_that_a_browser_was_tricked_into_is_not_this_machine(host: str) -> None:
    assert not is_near(("127.0.0.1", 1), [(b"host", host.encode("latin-1"))])


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1%eth0", "127.0.0.1@evil.example", "[::1%25lo]", "2130706433"]
)
@pytest.mark.parametrize("path", [GOOD, "/healthz", "/metrics", "/readyz", "/nothing"])
def test_a_name_that_a_browser_was_tricked_into_is_refused(api: DataApi, host: str, path: str) -> None:
    answer = api.get(path, {"Host": host})
    assert (answer.status, answer.document["errors"][0]["ID"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:8084", "127.9.9.9", "[::1]:8084", "localhost:80"]
)
def test_the_names_of_this_machine_are_believed(api: DataApi, host: str) -> None:
    assert api.get(GOOD, {"Host": host}).status == 200


@pytest.mark.parametrize(
    ("peer", "near"),
    [
        (("127.0.0.1", 1), True),
        (("::1", 1, 0, 0), True),
        (("::ffff:127.0.0.1", 1), True),
        (("10.0.0.1", 1), False),
        (("fe80::1%eth0", 1), False),
        (("", 1), False),
        (None, False),
    ],
)
def test_a_peer_is_near_or_not(peer: Any, near: bool) -> None:
    assert is_near(peer, [(b"host", b"localhost")]) is near
    assert not is_near(peer, [])
    assert not is_near(peer, [(b"host", b"localhost"), (b"host", b"localhost")])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/databases/t/integrations-type/p/creds/n", Asked(Wanted("t", "p", "n"), False)),
        (b"/v1/databases/t/integrations-type/p/creds/n/valid", Asked(Wanted("t", "p", "n"), True)),
        (b"/databases/t/integrations-type/p/creds/valid", Asked(Wanted("t", "p", "valid"), False)),
        (b"/databases/t/integrations-type/p/creds/valid/valid", Asked(Wanted("t", "p", "valid"), True)),
        (b"/databases/a%2Fb/integrations-type/p/creds/n", Asked(Wanted("a/b", "p", "n"), False)),
        (b"databases/t/integrations-type/p/creds/n", None),
        (b"/databases/t/integrations-type/p/creds", None),
        (b"", None),
    ],
)
def test_a_path_is_cut_before_it_is_decoded(path: bytes, expected: Asked | None) -> None:
    assert parse_path(path) == expected


def test_names_in_a_certificate_are_common_name_dns_names_and_uris() -> None:
    certificate = {
        "subject": ((("organizationName", "acme"),), (("commonName", "shop"),)),
        "subjectAltName": (("DNS", "shop.example"), ("URI", "spiffe://x/shop"), ("email", "a@b"), ("DNS", "shop")),
    }
    assert certificate_names(certificate) == (
        ("CN", "shop"),
        ("DNS", "shop.example"),
        ("URI", "spiffe://x/shop"),
        ("DNS", "shop"),
    )
    assert certificate_names(None) == ()
    assert certificate_names({}) == ()


def resident_kibibytes(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


@pytest.fixture
def crowd(place: Place) -> Iterator[list[socket.socket]]:
    """Many connections that have sent half a request."""
    connections = []
    try:
        for number in range(492):
            connection = socket.create_connection(place.service.address, timeout=30)
            connection.sendall(head(place, GOOD)[: 10 + number % 60])
            connections.append(connection)
        yield connections
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.slow
def test_many_slow_requests_keep_nobody_out_and_are_closed(
    place: Place, api: DataApi, crowd: list[socket.socket]
) -> None:
    before = resident_kibibytes(place.service.process.pid)
    assert api.key("openai", "openai-prod") == "sk-first"
    # A byte now and then does not help: the time counts from the first one.
    for connection in crowd:
        connection.settimeout(bounds.UNKNOWN_SECONDS * 3)
    ended = 0
    for connection in crowd:
        try:
            ended += connection.recv(1) == b""
        except ConnectionResetError:
            ended += 1
    assert ended == len(crowd)
    assert api.key("openai", "openai-prod") == "sk-first"
    assert resident_kibibytes(place.service.process.pid) < before + 50 * 1024


def test_the_process_has_no_key_in_its_arguments_or_environment(place: Place) -> None:
    pid = place.service.process.pid
    for name in ("cmdline", "environ"):
        with open(f"/proc/{pid}/{name}", "rb") as file:
            text = file.read()
        assert b"sk-first" not in text
        assert place.shop.encode() not in text
    assert os.path.exists(f"/proc/{pid}")
