"""The keyring store on a real gnome-keyring, looked at with `secret-tool`."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.core import load_keyring

from tests.support.cli import PROCESS_LIMIT_SECONDS
from tests.support.secret_service import SecretService
from tests.vault.contract import FIRST, SECOND, WriteContract, facts
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.base import SecretStore
from vzctl.vault.keyring_store import KeyringStore

BACKEND = "keyring.backends.SecretService.Keyring"


def notices_are_an_error(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture
def session(secret_service: SecretService, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """The session's service as this process sees it, emptied afterwards."""
    use(secret_service, monkeypatch)
    yield secret_service
    secret_service.run("secret-tool", "clear", "service", "vzctl")


def use(service: SecretService, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(keyring.core, "_keyring_backend", load_keyring(BACKEND))


LEAKY = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""SecretStorage leaves its socket open when it raises."""


@pytest.fixture
def collected() -> Iterator[None]:
    """Close such sockets before the next test, in which the warning would be an error."""
    yield
    gc.collect()


@pytest.fixture
def store() -> KeyringStore:
    return KeyringStore(interactive=False, notice=notices_are_an_error, time_limit_seconds=20, patience_seconds=20)


class TestKeyringStore(WriteContract):
    name = "keyring"

    @pytest.fixture
    def store(self, session: SecretService) -> SecretStore:
        return KeyringStore(interactive=False, notice=notices_are_an_error, time_limit_seconds=20, patience_seconds=20)

    @pytest.fixture
    def contents(self, session: SecretService) -> Callable[[], object]:
        return lambda: session.usernames("vzctl")


def test_another_program_reads_what_was_written(session: SecretService, store: KeyringStore) -> None:
    store.write(FIRST, Secret("пароль $x"))
    assert session.lookup("vzctl", FIRST.path) == "пароль $x".encode()
    assert session.usernames("vzctl") == [FIRST.path]
    store.delete(FIRST)
    assert session.lookup("vzctl", FIRST.path) is None


def test_reads_what_another_program_wrote(session: SecretService, store: KeyringStore) -> None:
    attributes = ("service", "vzctl", "username", SECOND.path)
    session.run("secret-tool", "store", "--label=x", *attributes, stdin=b"from elsewhere")
    assert store.read(SECOND) == Secret("from elsewhere")


def test_a_second_copy_that_survives_a_deletion_is_seen(session: SecretService, store: KeyringStore) -> None:
    """The library deletes the first match only; here there are two, told apart by one more attribute."""
    attributes = ("service", "vzctl", "username", FIRST.path)
    store.write(FIRST, Secret("one"))
    session.run("secret-tool", "store", "--label=x", *attributes, "copy", "2", stdin=b"two")
    with pytest.raises(SecretStoreError) as caught:
        store.delete(FIRST)
    assert facts(caught.value) == (
        "SecretStoreError",
        "SECRET_STORE_DELETE_FAILED",
        "the keyring store still gives out a deleted secret of `openai-prod`",
    )
    store.delete(FIRST)
    assert session.usernames("vzctl") == []


@LEAKY
@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("action", ["probe", "read", "write", "delete"])
def test_a_locked_keyring_is_an_error(
    action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: KeyringStore
) -> None:
    service = SecretService.start(tmp_path)
    try:
        use(service, monkeypatch)
        store.write(FIRST, Secret("one"))
        service.lock()
        doing, call = {
            "probe": ("writing", store.probe),
            "read": ("reading", lambda: store.read(FIRST)),
            "write": ("writing", lambda: store.write(FIRST, Secret("two"))),
            "delete": ("deleting", lambda: store.delete(FIRST)),
        }[action]
        with pytest.raises(SecretStoreError) as caught:
            call()
    finally:
        service.stop()
    assert facts(caught.value) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        f"the keyring is locked and was not unlocked while {doing}: `KeyringLocked`",
    )


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("unix:path=/nonexistent/bus", "FileNotFoundError"),
        ("", "SecretServiceNotAvailableException"),
    ],
    ids=["no bus", "no address"],
)
def test_a_missing_daemon_is_an_error(
    address: str, kind: str, secret_service: SecretService, monkeypatch: pytest.MonkeyPatch, store: KeyringStore
) -> None:
    """The backend was chosen while there was one."""
    use(secret_service, monkeypatch)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(SecretStoreError) as caught:
        store.probe()
    assert facts(caught.value) == (
        "SecretStoreError",
        "SECRET_STORE_MISSING",
        f"no keyring answers while writing: `{kind}`",
    )


@LEAKY
@pytest.mark.usefixtures("collected")
def test_a_daemon_that_dies_between_two_calls_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: KeyringStore
) -> None:
    service = SecretService.start(tmp_path)
    use(service, monkeypatch)
    store.write(FIRST, Secret("one"))
    service.stop()
    with pytest.raises(SecretStoreError) as caught:
        store.read(FIRST)
    assert caught.value.code == "SECRET_STORE_MISSING"


SCRIPT = """
import sys
from vzctl.vault.base import SecretItem
from vzctl.vault.keyring_store import KeyringStore
assert "keyring" not in sys.modules
store = KeyringStore(interactive=False, notice=print, time_limit_seconds=20)
store.describe()
assert "keyring" not in sys.modules
from vzctl.errors import SecretStoreError
try:
    store.probe()
except SecretStoreError as error:
    print(error.code, error.message)
else:
    print("works")
"""


def run_script(environment: dict[str, str], script: str = SCRIPT) -> tuple[int, str, str]:
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=PROCESS_LIMIT_SECONDS,
        check=False,
    )
    return answer.returncode, answer.stdout, answer.stderr


def test_a_new_process_finds_the_service_by_itself(secret_service: SecretService) -> None:
    assert run_script(secret_service.environment) == (0, "works\n", "")


def test_a_machine_without_a_service_is_told_so(tmp_path: Path) -> None:
    """No desktop, as in CI: the library then offers its `fail` backend."""
    assert run_script({"HOME": str(tmp_path)}) == (
        0,
        (
            "SECRET_STORE_MISSING no usable keyring here:"
            " `keyring.backends.fail.Keyring` is refused, it stands for having no keyring\n"
        ),
        "",
    )


def test_a_backend_that_cannot_be_imported_is_an_error(tmp_path: Path) -> None:
    assert run_script({"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "nowhere.Keyring"}) == (
        0,
        "SECRET_STORE_MISSING no usable keyring here: `ModuleNotFoundError` while looking for one\n",
        "",
    )


HANGING = """
import threading, time
import keyring
from keyring.backend import KeyringBackend
from vzctl.errors import SecretStoreError
from vzctl.vault.keyring_store import KeyringStore

class Hanging(KeyringBackend):
    priority = 1
    def hang(self, *arguments):
        time.sleep(3600)
    get_password = set_password = delete_password = hang

keyring.set_keyring(Hanging())
try:
    KeyringStore(interactive=False, notice=print, time_limit_seconds=0.1).probe()
except SecretStoreError as error:
    print(error.code, threading.active_count())
"""


def test_the_process_ends_although_calls_still_hang(tmp_path: Path) -> None:
    started = time.monotonic()
    assert run_script({"HOME": str(tmp_path)}, HANGING) == (0, "SECRET_STORE_TIMEOUT 3\n", "")
    assert time.monotonic() - started < 30
