"""A real secret service: gnome-keyring on a message bus of its own, unlocked, away from the user's keyring."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import require_tools

TOOLS = ("dbus-run-session", "dbus-send", "gnome-keyring-daemon", "secret-tool")
READY_WITHIN_SECONDS = 20.0
DAEMON = "gnome-keyring-daemon --foreground --unlock --components=secrets"
SESSION = f'echo "$$ $DBUS_SESSION_BUS_ADDRESS" > "$0"; exec {DAEMON}'


@dataclass(frozen=True, slots=True)
class SecretService:
    """A running service; `environment` leads programs to it and nowhere else.

    Use it for a whole session:

        @pytest.fixture(scope="session")
        def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretService]:
            service = SecretService.start(tmp_path_factory.mktemp("secret-service"))
            yield service
            service.stop()

    Only `DBUS_SESSION_BUS_ADDRESS` is needed to reach it; a test may put other values for HOME and XDG_* on top.
    """

    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    runtime_directory: Path
    address_file: Path

    @classmethod
    def start(cls, directory: Path) -> SecretService:
        """Start bus and daemon with all their files below `directory`, and wait until a value can be stored."""
        require_tools(*TOOLS)
        # The path of a socket may have about 100 characters, and a temporary directory of pytest is long.
        runtime_directory = Path(tempfile.mkdtemp(prefix="vzctl-"))
        environment = {
            "HOME": str(directory / "home"),
            "XDG_CACHE_HOME": str(directory / "cache"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "XDG_DATA_HOME": str(directory / "data"),
            "XDG_STATE_HOME": str(directory / "state"),
            "XDG_RUNTIME_DIR": str(runtime_directory),
        }
        for name in environment.values():
            Path(name).mkdir(parents=True, exist_ok=True)
        address_file = directory / "address"
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                ["dbus-run-session", "--", "sh", "-c", SESSION, str(address_file)],
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert process.stdin is not None
        process.stdin.write(b"password")
        process.stdin.close()
        service = cls(environment, process, runtime_directory, address_file)
        try:
            service.wait_until_ready()
        except BaseException:
            service.stop()
            raise
        return service

    def wait_until_ready(self) -> None:
        """Wait for the address, for the daemon's name (calling it earlier would start a second one), for a store."""
        self.wait_for(lambda: self.address_file.exists() and self.address_file.read_text().endswith("\n"))
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.address_file.read_text().split()[1]
        owner = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]
        owner += ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]
        self.wait_for(lambda: b"boolean true" in self.run(*owner).stdout)
        ready = ("service", "ready")
        self.wait_for(lambda: self.run("secret-tool", "store", "--label=ready", *ready, stdin=b"x").returncode == 0)
        self.run("secret-tool", "clear", *ready)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Poll, and give up with what the daemon said."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.address_file.parent / "log"
                raise RuntimeError(f"the secret service did not start: {log.read_text()}")
            time.sleep(0.02)

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a program of the desktop as a user of this service would."""
        environment = {"PATH": os.environ["PATH"], **self.environment}
        return subprocess.run(arguments, env=environment, input=stdin, capture_output=True, timeout=20, check=False)

    def lookup(self, service: str, username: str) -> bytes | None:
        """Ask with a program that shares no code with vzctl."""
        answer = self.run("secret-tool", "lookup", "service", service, "username", username)
        return answer.stdout if answer.returncode == 0 else None

    def usernames(self, service: str) -> list[str]:
        """List what the service holds for `service`."""
        answer = self.run("secret-tool", "search", "--all", "service", service)
        prefix = "attribute.username = "
        # secret-tool prints the attributes on stderr.
        lines = (answer.stdout + answer.stderr).decode().splitlines()
        return sorted(line.removeprefix(prefix) for line in lines if line.startswith(prefix))

    def lock(self) -> None:
        """Lock the login collection; nothing here can answer the dialog that would unlock it."""
        path = "/org/freedesktop/secrets/collection/login"
        call = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"]
        answer = self.run(*call, "org.freedesktop.Secret.Service.Lock", f"array:objpath:{path}")
        assert answer.returncode == 0, answer.stderr

    def stop(self) -> None:
        """End the daemon, with it the bus, which buries both; then remove the socket directory."""
        with contextlib.suppress(OSError, IndexError):
            os.kill(int(self.address_file.read_text().split()[0]), signal.SIGTERM)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.runtime_directory, ignore_errors=True)
