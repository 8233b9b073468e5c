"""A real HTTP server on 127.0.0.1, one thread a connection, that a test gives its applications and its faults."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from tests.support.standin.fault import Fault

LONGEST_HANG_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; header names in lower case. `query` holds the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status and a document, which is sent as JSON unless it is text."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


Application = Callable[[Asked], Answer]


class StandIn:
    """A server for the length of a `with`. Applications are mounted below a path; every request is kept in `asked`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.connections = 0
        self.most_at_once = 0
        self.closing = threading.Event()
        self._at_once = 0
        self._guard = threading.Lock()
        self._applications: dict[str, Application] = {}
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def mount(self, prefix: str, application: Application) -> str:
        """Answer everything below the path with the application; return its base URL."""
        self._applications[prefix] = application
        return f"{self.url}{prefix}"

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def fail(self, **what: Any) -> None:
        """Let a misfortune happen; see `Fault`."""
        with self._guard:
            self.faults.append(Fault(**what))

    def paths(self) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [item.path for item in self.asked]

    def answer(self, asked: Asked) -> Answer:
        """Return what the application at the longest prefix answers; it sees the path below its own."""
        for prefix in sorted(self._applications, key=len, reverse=True):
            if asked.path == prefix or asked.path.startswith(f"{prefix}/"):
                return self._applications[prefix](replace(asked, path=asked.path[len(prefix) :] or "/"))
        return Answer(404, {"detail": "Not Found"})

    def fault_for(self, path: str) -> Fault | None:
        """Return the misfortune of this request, and count it."""
        with self._guard:
            for number, fault in enumerate(self.faults):
                if fault.path in path:
                    if fault.times is not None:
                        left = fault.times - 1
                        self.faults[number : number + 1] = [replace(fault, times=left)] if left else []
                    return fault
        return None

    @contextlib.contextmanager
    def counted(self, asked: Asked) -> Iterator[None]:
        """Keep a request, and how many there were at once."""
        with self._guard:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._guard:
                self._at_once -= 1

    def count_connection(self) -> None:
        with self._guard:
            self.connections += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


def _handler_of(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    return type("_Bound", (_Handler,), {"stand_in": stand_in})


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.stand_in.count_connection()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the parameter of the base class)
        """The requests are in `asked`."""

    def _serve(self) -> None:
        asked = self._asked()
        with self.stand_in.counted(asked):
            fault = self.stand_in.fault_for(asked.path)
            if fault is not None:
                if fault.latency:
                    self.stand_in.closing.wait(fault.latency)
                if self._misbehave(asked, fault):
                    return
            self._send(self.stand_in.answer(asked))

    def _asked(self) -> Asked:
        parts = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(data) if data else None
        except ValueError:
            body = data
        return Asked(
            self.command,
            parts.path,
            {name: values[-1] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )

    def _misbehave(self, asked: Asked, fault: Fault) -> bool:
        if fault.hang:
            self.stand_in.closing.wait(LONGEST_HANG_SECONDS)
            self.close_connection = True
        elif fault.raw is not None:
            self.wfile.write(fault.raw)
            self.close_connection = True
        elif fault.endless:
            self._endless()
        elif fault.drip:
            self._drip()
        elif fault.truncated or fault.reset:
            self._half(self.stand_in.answer(asked), reset=fault.reset)
        elif fault.status is not None:
            self._send(Answer(fault.status, fault.body if fault.body is not None else {}, fault.headers))
        else:
            return False
        return True

    def _send(self, answer: Answer) -> None:
        data, kind = _encoded(answer.body)
        self.send_response(answer.status)
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _half(self, answer: Answer, *, reset: bool) -> None:
        data, kind = _encoded(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            while not self.stand_in.closing.is_set():
                self.wfile.write(b" " * 65536)

    def _drip(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.stand_in.closing.wait(0.1):
                self.wfile.write(b"x")
                self.wfile.flush()


def _encoded(body: Any) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/html"
    return json.dumps(body).encode(), "application/json"
