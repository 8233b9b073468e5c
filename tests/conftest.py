"""Every test runs in an environment of its own, away from the person who runs it: home, settings, keyring, network."""

from __future__ import annotations

import compileall
import ipaddress
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest

from tests.support.comparison import COMPARED_WITH
from tests.support.effort import IS_REPRODUCIBLE, USUAL_EXAMPLES, examples
from tests.support.sampling import mark_unsampled
from tests.support.tools import summary
from vzctl.errors import ENDING_SIGNALS

KEPT: Final = frozenset({"DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "VZCTL_TEST_COMMAND"})
"""What reaches the tests of the environment that pytest was started in: where programs and their libraries are, and where
temporary files go. A list of what must not reach them would never be complete."""
KEPT_PREFIXES: Final = ("COVERAGE_", "COV_CORE_", "PYTEST_")
FIXED: Final = {
    "COLUMNS": "100",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",  # a process whose files may not grow would leave half a module for all others
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    "TERM": "xterm-256color",
    "TZ": "UTC",
}

SOURCE: Final = Path(__file__).resolve().parents[1] / "src"
MEMORY: Final = Path("/dev/shm")
MEMORY_BYTES: Final = 2 * 1024**3

hypothesis.settings.register_profile(
    "vzctl",
    deadline=None,
    max_examples=examples(USUAL_EXAMPLES),
    derandomize=IS_REPRODUCIBLE,
    database=None,
    print_blob=True,
)
hypothesis.settings.load_profile("vzctl")


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory, where there is room and nobody has said where to keep them; compile vzctl once."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(str(SOURCE), quiet=2)
    if (
        config.option.basetemp is None
        and not {"PYTEST_DEBUG_TEMPROOT", "TMPDIR"} & os.environ.keys()
        and has_room(MEMORY)
    ):
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)


def has_room(folder: Path) -> bool:
    """Whether a folder has enough space for the tests, and programs that they write there can be started."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return (
        disk.f_bavail * disk.f_frsize >= MEMORY_BYTES and not disk.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)
    )


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow cases; leave out the tests that compare with a folder that is not there: nothing is missing without them."""
    mark_unsampled(items)
    if not COMPARED_WITH.is_dir():
        items[:] = [item for item in items if item.get_closest_marker("comparison") is None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what to do to run the tests that were skipped."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    if reasons:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(summary(reasons))


def _heed_signals() -> None:
    """Let no process of a test inherit that a signal is ignored: `nohup` leaves SIGHUP so, and a shell ^C and SIGQUIT.

    This process goes on to ignore them, but with a handler, which a process that it starts does not inherit.
    """
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _isolate(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    for name in list(os.environ):
        if name not in KEPT and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)
    homes = {
        "HOME": "home",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_RUNTIME_DIR": "runtime",
        "XDG_STATE_HOME": "state",
    }
    for name, folder in homes.items():
        path = directory / folder
        path.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(path))
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def _isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment of fixtures that live longer than one test, and the wall around the network."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(monkeypatch, tmp_path_factory.mktemp("session"))
        _refuse_network(monkeypatch)
        _heed_signals()
        yield


@pytest.fixture(autouse=True)
def _isolated_test(
    _isolated_session: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty homes for this test; `tmp_path` stays empty."""
    _isolate(monkeypatch, tmp_path_factory.mktemp("user"))


def _is_near(host: object) -> bool:
    if isinstance(host, bytes | bytearray):
        host = host.decode()
    if host in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test that connects, sends or resolves beyond this machine; `except Exception` does not swallow it."""

    def guard(name: str) -> None:
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
                _require_near(address[0])
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, name, guarded)

    for name in ("connect", "connect_ex", "sendto"):
        guard(name)
    resolve = socket.getaddrinfo

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host.decode() if isinstance(host, bytes) else host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")  # what every resolver says
        _require_near(host)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


def _require_near(host: object) -> None:
    if not _is_near(host):
        pytest.fail(f"a test reached for the network: {host!r}")
