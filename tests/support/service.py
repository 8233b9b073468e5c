"""`vzctl serve run` as a process: started on a free port, its log collected, ended by a signal."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.cli import Cli, installed_command
from tests.support.data_api import DataApi

START_SECONDS: Final = 60


class Service:
    """A running service."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log so far."""
        with self._came:
            return [json.loads(line) for line in self.lines]

    def event(self, name: str, count: int = 1, **fields: object) -> dict[str, Any]:
        """Wait for the `count`-th line of that event with these fields."""

        def found() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.lines if line.startswith("{")]
            return [line for line in lines if line["event"] == name and fields.items() <= line.items()]

        with self._came:
            self._came.wait_for(lambda: len(found()) >= count or self._ended, START_SECONDS)
            assert len(found()) >= count, f"no {name} {fields} in the log:\n" + "\n".join(self.lines)
            return found()[count - 1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.event("listening")["url"])

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def data_api(self, token: str | None = None, **options: Any) -> DataApi:
        """Return a Data API that is configured for this service."""
        host, port = self.address
        headers = {"X-Vzctl-Token": token} if token is not None else {}
        return DataApi(host, port, {**headers, **options.pop("headers", {})}, **options)

    def raw(self, data: bytes, *, timeout: float = 10.0) -> bytes:
        """Send bytes on a connection of their own; return everything that comes back until it is closed."""
        with socket.create_connection(self.address, timeout=timeout) as connection:
            received = b""
            with contextlib.suppress(OSError):  # it may refuse the head, and close, before all of it was sent
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(65536):
                    received += chunk
            return received

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; return the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(START_SECONDS)
        self._reader.join(START_SECONDS)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._came:
                self.lines.append(line.decode().rstrip("\n"))
                self._came.notify_all()
        with self._came:
            self._ended = True
            self._came.notify_all()


@contextlib.contextmanager
def running(
    cli: Cli, *words: str, env: Mapping[str, str] | None = None, command: Sequence[str] | None = None, **options: Any
) -> Iterator[Service]:
    """Run the service of this user, on a free port unless `--bind` is given; kill it at the end if it still runs."""
    bind = () if "--bind" in words else ("--bind", "127.0.0.1:0")
    process = subprocess.Popen(
        [*(command or installed_command()), "serve", "run", *bind, *words],
        env=cli.process_environment(env),
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **options,
    )
    service = Service(process)
    try:
        service.event("listening")
        yield service
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stderr is not None
        service._reader.join(START_SECONDS)
        process.stderr.close()


def make_token(cli: Cli, database: str = "shop", name: str = "token") -> str:
    """Make a service token by the command; return it as an operator reads it from its file."""
    path = Path(cli.folder) / f"{database}-{name}"
    cli.ok("databases", "token", "create", database, "--out", str(path))
    return path.read_text(encoding="utf-8")


def drop_stored(cli: Cli, name: str) -> None:
    """Delete the stored bytes of a credential behind vzctl's back: the state goes on saying that they are held."""
    document = cli.document()
    credential = next(item["id"] for item in document["credentials"] if item["name"] == name)
    for stored in (cli.state.parent / "state.toml.d" / "secrets" / document["lineage"] / credential).iterdir():
        stored.unlink()
