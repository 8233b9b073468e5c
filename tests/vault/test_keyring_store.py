"""The keyring store over backends that hang, lie, forget or fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.core import load_keyring

from tests.vault.contract import FIRST, facts
from vzctl.command import Command, NextStep, suggest
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault.keyring_store import KeyringStore

SECRET = "sk-secret-0123456789"


class Memory(KeyringBackend):
    """An honest backend. The low priority keeps the library from choosing it by itself."""

    priority: ClassVar[float] = -10

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's is untyped
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.held:
            raise keyring.errors.PasswordDeleteError("not found")
        del self.held[service, username]


class Hanging(Memory):
    """Hangs before or after the named calls, until the test is over."""

    def __init__(self, *, before: Sequence[str] = (), after: Sequence[str] = ()) -> None:
        super().__init__()
        self.before, self.after = before, after
        self.over = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.hang("get", self.before)
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.hang("set", self.before)
        super().set_password(service, username, password)
        self.hang("set", self.after)

    def delete_password(self, service: str, username: str) -> None:
        self.hang("delete", self.before)
        super().delete_password(service, username)
        self.hang("delete", self.after)

    def hang(self, call: str, calls: Sequence[str]) -> None:
        if call in calls:
            self.over.wait(60)


def _test_of(store: str) -> Command:
    return Command("secrets test", environment=(("VZCTL_SECRET_STORE", store),))


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[KeyringBackend], None]]:
    used: list[KeyringBackend] = []

    def put_in(backend: KeyringBackend) -> None:
        used.append(backend)
        monkeypatch.setattr(keyring.core, "_keyring_backend", backend)

    yield put_in
    for backend in used:
        if isinstance(backend, Hanging):
            backend.over.set()


Use = Callable[[KeyringBackend], None]


def quick_store(
    notices: list[str] | None = None, *, interactive: bool = False, time_limit_seconds: float = 0.1
) -> KeyringStore:
    return KeyringStore(
        interactive=interactive,
        notice=(notices if notices is not None else []).append,
        time_limit_seconds=time_limit_seconds,
        patience_seconds=0.02,
    )


def patient_store() -> KeyringStore:
    return KeyringStore(interactive=False, notice=print, time_limit_seconds=20)


def failure_of(call: Callable[[], object]) -> tuple[str, str, str]:
    """Return the facts of the error that `call` must raise, after looking that nothing foreign hangs on it."""
    with pytest.raises(SecretStoreError) as caught:
        call()
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    return facts(caught.value)


def too_slow(doing: str, consequence: str = "") -> tuple[str, str, str]:
    return (
        "SecretStoreError",
        "SECRET_STORE_TIMEOUT",
        (
            f"the keyring did not answer within 0.1 seconds while {doing}{consequence};"
            " at a terminal there is time to answer an unlock dialog"
        ),
    )


UNKNOWN = "; whether it was done is unknown"


@pytest.mark.parametrize(("interactive", "seconds"), [(False, 3.0), (True, 60.0)])
def test_documented_time_limits(interactive: bool, seconds: float) -> None:
    store = KeyringStore(interactive=interactive, notice=print)
    assert (store._time_limit_seconds, store._patience_seconds) == (seconds, 1.0)


def test_a_read_that_hangs_is_an_error(use: Use) -> None:
    use(Hanging(before=["get"]))
    assert failure_of(lambda: quick_store().read(FIRST)) == too_slow("reading")


def test_a_timeout_can_be_tried_again_and_other_stores_are_offered(use: Use) -> None:
    use(Hanging(before=["get"]))
    with pytest.raises(SecretStoreError) as caught:
        quick_store().read(FIRST)
    assert caught.value.retryable
    assert caught.value.next_steps == (
        suggest("secrets test", comment="write, read and delete a test value in the configured store"),
        NextStep(
            Command("secrets test", environment=(("VZCTL_SECRET_STORE", "exec"),)),
            "try a password manager, set up in [secrets.exec]",
        ),
        suggest("secrets identity ~/identity.txt", comment="set up age files, which need no daemon; fit for CI"),
        NextStep(
            Command("secrets test", environment=(("VZCTL_SECRET_STORE", "env"),)),
            "try variables named in [secrets.env]; read only",
        ),
    )


def test_a_write_that_hangs_after_it_was_done_is_a_success(use: Use) -> None:
    backend = Hanging(after=["set"])
    use(backend)
    quick_store(time_limit_seconds=0.5).write(FIRST, Secret(SECRET))
    assert backend.held == {("vzctl", FIRST.path): SECRET}


@pytest.mark.parametrize("before", [["set"], ["set", "get"]], ids=["the read answers", "the read hangs too"])
def test_a_write_that_hangs_and_is_not_seen_has_an_unknown_outcome(use: Use, before: list[str]) -> None:
    use(Hanging(before=before))
    assert failure_of(lambda: quick_store().write(FIRST, Secret(SECRET))) == too_slow("writing", UNKNOWN)


def test_a_write_that_hangs_over_another_value_has_an_unknown_outcome(use: Use) -> None:
    backend = Hanging(before=["set"])
    backend.held["vzctl", FIRST.path] = "older"
    use(backend)
    assert failure_of(lambda: quick_store().write(FIRST, Secret(SECRET))) == too_slow("writing", UNKNOWN)


def test_a_delete_that_hangs_after_it_was_done_is_a_success(use: Use) -> None:
    backend = Hanging(after=["delete"])
    backend.held["vzctl", FIRST.path] = SECRET
    use(backend)
    quick_store(time_limit_seconds=0.5).delete(FIRST)
    assert backend.held == {}


def test_a_delete_that_hangs_before_it_is_done_has_an_unknown_outcome(use: Use) -> None:
    backend = Hanging(before=["delete"])
    backend.held["vzctl", FIRST.path] = SECRET
    use(backend)
    assert failure_of(lambda: quick_store().delete(FIRST)) == too_slow("deleting", UNKNOWN)


def test_a_probe_of_a_keyring_that_hangs_does_not_go_on(use: Use) -> None:
    use(Hanging(before=["set", "get", "delete"]))
    assert failure_of(quick_store().probe) == too_slow("writing", UNKNOWN)


def test_a_person_is_told_what_is_waited_for(use: Use) -> None:
    use(Hanging(before=["get"]))
    notices: list[str] = []
    assert failure_of(lambda: quick_store(notices, interactive=True).read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_TIMEOUT",
        "the keyring did not answer within 0.1 seconds while reading",
    )
    assert notices == ["waiting for the keyring; an unlock dialog may be open"]


def test_a_script_is_told_nothing_while_waiting(use: Use) -> None:
    use(Hanging(before=["get"]))
    notices: list[str] = []
    failure_of(lambda: quick_store(notices).read(FIRST))
    assert notices == []


def test_a_quick_keyring_is_not_announced(use: Use) -> None:
    use(Memory())
    notices: list[str] = []
    KeyringStore(interactive=True, notice=notices.append, patience_seconds=20).probe()
    assert notices == []


class Mangling(Memory):
    """Stores something else."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password.upper())


class Forgetful(Memory):
    """Accepts and keeps nothing, like `null`, but nobody knows its name."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Undying(Memory):
    """Says that it has deleted."""

    def delete_password(self, service: str, username: str) -> None:
        pass


class Refusing(Memory):
    """Cannot delete, and says so with the error that also means 'not found'."""

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.PasswordDeleteError(SECRET)


def test_another_value_than_was_written_is_an_error(use: Use) -> None:
    use(Mangling())
    assert failure_of(lambda: patient_store().write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        "the keyring store gives back another secret than was written for `openai-prod`",
    )


def test_a_probe_takes_its_canary_out_of_a_keyring_that_lies(use: Use) -> None:
    backend = Mangling()
    use(backend)
    assert failure_of(patient_store().probe) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        "the keyring store gives back another secret than was written for `canary`",
    )
    assert backend.held == {}


def test_a_keyring_that_forgets_is_an_error(use: Use) -> None:
    use(Forgetful())
    assert failure_of(patient_store().probe) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        "the keyring store accepted the secret of `canary` and does not hold it",
    )


class ManglingForEver(Mangling, Undying):
    """Stores something else and keeps it."""


def test_what_counts_of_a_keyring_that_lies_twice_is_the_first_lie(use: Use) -> None:
    use(ManglingForEver())
    with pytest.raises(SecretStoreError) as caught:
        patient_store().probe()
    assert caught.value.code == "SECRET_STORE_READ_BACK_DIFFERS"


@pytest.mark.parametrize("backend", [Undying, Refusing])
def test_a_deleted_secret_that_is_still_there_is_an_error(use: Use, backend: type[Memory]) -> None:
    instance = backend()
    instance.held["vzctl", FIRST.path] = SECRET
    use(instance)
    assert failure_of(lambda: patient_store().delete(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_DELETE_FAILED",
        "the keyring store still gives out a deleted secret of `openai-prod`",
    )


class DBusErrorResponse(Exception):
    """Like jeepney's: neither a KeyringError nor a RuntimeError, and with foreign text."""


class Failing(Memory):
    """Raises the same from every call."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error

    def delete_password(self, service: str, username: str) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (keyring.errors.KeyringLocked(SECRET), "LOCKED", "the keyring is locked and was not unlocked while {}"),
        (keyring.errors.NoKeyringError(SECRET), "MISSING", "no keyring answers while {}"),
        (keyring.errors.InitError(SECRET), "MISSING", "no keyring answers while {}"),
        (ConnectionResetError(SECRET), "MISSING", "no keyring answers while {}"),
        (keyring.errors.PasswordSetError(SECRET), "FAILED", "the keyring failed while {}"),
        (keyring.errors.KeyringError(SECRET), "FAILED", "the keyring failed while {}"),
        (RuntimeError(SECRET), "FAILED", "the keyring failed while {}"),
        (DBusErrorResponse(SECRET), "FAILED", "the keyring failed while {}"),
        (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET), "FAILED", "the keyring failed while {}"),
        (SystemExit(SECRET), "FAILED", "the keyring failed while {}"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_error_becomes_one_of_ours_without_its_text(
    use: Use, error: BaseException, code: str, words: str
) -> None:
    use(Failing(error))
    store = patient_store()
    kind = type(error).__name__
    for doing, call in {
        "reading": lambda: store.read(FIRST),
        "writing": lambda: store.write(FIRST, Secret(SECRET)),
        "deleting": lambda: store.delete(FIRST),
    }.items():
        assert failure_of(call) == ("SecretStoreError", f"SECRET_STORE_{code}", f"{words.format(doing)}: `{kind}`")


class PlaintextKeyring(Memory):
    """The name that keyrings.alt gives to a file that anybody can read."""


class PlainSubclass(PlaintextKeyring):
    """Found by its base."""


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        ("keyring.backends.null.Keyring", "`keyring.backends.null.Keyring` is refused, it forgets what it is given"),
        (
            "keyring.backends.fail.Keyring",
            "`keyring.backends.fail.Keyring` is refused, it stands for having no keyring",
        ),
        (f"{__name__}.PlaintextKeyring", f"`{__name__}.PlaintextKeyring` is refused, it keeps secrets in plain text"),
        (f"{__name__}.PlainSubclass", f"`{__name__}.PlainSubclass` is refused, it keeps secrets in plain text"),
    ],
)
def test_some_backends_are_refused(use: Use, backend: str, fault: str) -> None:
    use(load_keyring(backend))
    missing = ("SecretStoreError", "SECRET_STORE_MISSING", f"no usable keyring here: {fault}")
    store = patient_store()
    assert failure_of(store.probe) == missing
    assert failure_of(lambda: store.read(FIRST)) == missing
    assert failure_of(lambda: store.delete(FIRST)) == missing


def test_a_configured_backend_that_cannot_be_loaded_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "nowhere.Keyring")
    with pytest.raises(SecretStoreError) as caught:
        patient_store().probe()
    assert facts(caught.value) == (
        "SecretStoreError",
        "SECRET_STORE_MISSING",
        "no usable keyring here: `ModuleNotFoundError` while looking for one",
    )


def chainer(*members: KeyringBackend) -> KeyringBackend:
    class Chainer(ChainerBackend):
        priority = -10
        backends = members

    return Chainer()  # type: ignore[no-untyped-call]  # the library's is untyped


def test_a_chainer_is_opened_up_and_the_first_good_backend_is_used_alone(use: Use) -> None:
    """A chainer deletes in its first backend only, and its reads go on to the next."""
    first, second = Memory(), Memory()
    second.held["vzctl", FIRST.path] = "older"
    use(chainer(load_keyring("keyring.backends.null.Keyring"), PlaintextKeyring(), first, second))
    store = patient_store()
    store.write(FIRST, Secret(SECRET))
    assert first.held == {("vzctl", FIRST.path): SECRET}
    store.delete(FIRST)
    assert store.read(FIRST) is None
    assert (first.held, second.held) == ({}, {("vzctl", FIRST.path): "older"})


def test_a_chainer_of_refused_backends_is_refused(use: Use) -> None:
    use(chainer(load_keyring("keyring.backends.null.Keyring"), PlaintextKeyring()))
    assert failure_of(patient_store().probe) == (
        "SecretStoreError",
        "SECRET_STORE_MISSING",
        (
            "no usable keyring here: `keyring.backends.null.Keyring` is refused, it forgets what it is given;"
            f" `{__name__}.PlaintextKeyring` is refused, it keeps secrets in plain text"
        ),
    )


def test_an_empty_chainer_is_refused(use: Use) -> None:
    use(chainer())
    assert failure_of(patient_store().probe) == (
        "SecretStoreError",
        "SECRET_STORE_MISSING",
        "no usable keyring here: no backend is installed",
    )


def test_one_backend_is_kept_when_the_library_changes_its_mind(use: Use) -> None:
    first, second = Memory(), Memory()
    store = patient_store()
    use(first)
    store.write(FIRST, Secret(SECRET))
    use(second)
    assert store.read(FIRST) == Secret(SECRET)


class WinVaultKeyring(Memory):
    """Stands for the backend of Windows, which cannot be built here."""


WinVaultKeyring.__module__ = "keyring.backends.Windows"


def test_a_secret_too_large_for_windows_is_refused_before_it_is_written(use: Use) -> None:
    backend = WinVaultKeyring()
    use(backend)
    assert failure_of(lambda: patient_store().write(FIRST, Secret("x" * 1281))) == (
        "SecretStoreError",
        "SECRET_STORE_VALUE_TOO_LARGE",
        "the Windows Credential Manager holds at most 2560 bytes, this secret takes 2562",
    )
    assert backend.held == {}


def test_the_largest_secret_that_windows_holds_is_written(use: Use) -> None:
    use(WinVaultKeyring())
    store = patient_store()
    store.write(FIRST, Secret("x" * 1280))
    assert store.read(FIRST) == Secret("x" * 1280)
