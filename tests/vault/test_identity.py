"""The file with the private key: made once, read in two forms, and never shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from tests.support.cli import PROCESS_LIMIT_SECONDS
from tests.support.tools import require_tools
from tests.vault.contract import FIRST, facts
from vzctl.command import suggest
from vzctl.errors import ConflictError, SecretStoreError
from vzctl.secret import Secret
from vzctl.store.atomic import create_new_file, write_atomic
from vzctl.vault.file_store import FileStore
from vzctl.vault.identity import create_identity, load_identities


def notices_are_an_error(text: str) -> None:
    raise AssertionError(text)


def store_of(directory: Path, recipient: str, identity_file: Path) -> FileStore:
    return FileStore(directory, [recipient], identity_file, write_atomic=write_atomic, notice=notices_are_an_error)


def failure_of(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(SecretStoreError) as caught:
        call()
    return facts(caught.value)


def test_a_new_identity_opens_what_its_recipient_locks(tmp_path: Path) -> None:
    path = tmp_path / "new" / "identity.txt"
    recipient = create_identity(path, create_new_file)
    assert recipient.startswith("age1")
    assert (oct(path.stat().st_mode & 0o777), oct(path.parent.stat().st_mode & 0o777)) == ("0o600", "0o700")
    lines = path.read_text().splitlines()
    assert lines[0] == f"# public key: {recipient}"
    assert [line[:16] for line in lines[1:]] == ["AGE-SECRET-KEY-1"]
    store_of(tmp_path / "secrets", recipient, path).probe()


@pytest.mark.parametrize("content", [b"", b"anything"])
def test_an_identity_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "identity.txt"
    path.write_bytes(content)
    with pytest.raises(ConflictError) as caught:
        create_identity(path, create_new_file)
    assert facts(caught.value) == (
        "ConflictError",
        "IDENTITY_EXISTS",
        f"the identity file `{path}` exists already, and a new one would lock out the secrets of the old one",
    )
    assert caught.value.next_steps == (suggest("secrets test", comment="use the one that is there"),)
    assert path.read_bytes() == content


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_identity_that_cannot_be_written_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise error

    path = tmp_path / "identity.txt"
    if isinstance(error, OSError):
        assert failure_of(lambda: create_identity(path, fail)) == (
            "SecretStoreError",
            "SECRET_STORE_FAILED",
            f"`{path}` cannot be written: No space left on device",
        )
    else:
        with pytest.raises(type(error)):
            create_identity(path, fail)
    assert list(tmp_path.iterdir()) == []


def test_an_identity_needs_a_directory_that_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "identity.txt"
    assert failure_of(lambda: create_identity(path, create_new_file)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"`{path}` cannot be written: Not a directory",
    )


POINTS = ("open", "fdopen", "fchmod", "fsync", "link", "unlink", "close")


def killed_at(path: Path, number: int, *, has_unnamed_files: bool) -> bool:
    """Create an identity in a process that is killed before its n-th call; return whether it was."""
    script = f"""
import os, signal, tempfile
from pathlib import Path
from vzctl.store.atomic import create_new_file
from vzctl.vault.identity import create_identity

left = [{number}]
def counted(original):
    def call(*arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)
    return call

if not {has_unnamed_files}:
    del os.O_TMPFILE
import pyrage
for name in {POINTS!r}:
    setattr(os, name, counted(getattr(os, name)))
tempfile.mkstemp = counted(tempfile.mkstemp)
create_identity(Path({str(path)!r}), create_new_file)
"""
    return subprocess.run([sys.executable, "-c", script], timeout=PROCESS_LIMIT_SECONDS, check=False).returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("has_unnamed_files", [True, False])
def test_a_kill_at_any_point_blocks_no_second_attempt_and_leaves_no_private_key(
    tmp_path: Path, has_unnamed_files: bool
) -> None:
    for number in range(1, 100):
        path = tmp_path / str(number) / "identity.txt"
        path.parent.mkdir()
        if not killed_at(path, number, has_unnamed_files=has_unnamed_files):
            break
        left = list(path.parent.iterdir())
        if has_unnamed_files:
            assert [item.name for item in left] in ([], [path.name])
        assert {oct(item.stat().st_mode & 0o777) for item in left} <= {"0o600"}
        if path.exists():
            # It has its name, so it is whole.
            assert load_identities(path, notices_are_an_error)
        else:
            create_identity(path, create_new_file)
            assert list(path.parent.iterdir()) == [path]
    assert 6 < number < 99


def make_ssh_key(path: Path, *options: str) -> str:
    require_tools("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", *options, "-f", str(path)], check=True, timeout=PROCESS_LIMIT_SECONDS)
    return path.with_suffix(".pub").read_text().strip()


@pytest.mark.parametrize("options", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048")], ids=["ed25519", "rsa"])
def test_an_ssh_key_is_an_identity_too(tmp_path: Path, options: tuple[str, ...]) -> None:
    public = make_ssh_key(tmp_path / "key", *options, "-N", "")
    store = store_of(tmp_path / "secrets", public, tmp_path / "key")
    store.write(FIRST, Secret("one"))
    assert store.read(FIRST) == Secret("one")


def test_several_keys_in_one_file_are_tried(tmp_path: Path) -> None:
    keys = [pyrage.x25519.Identity.generate() for _ in range(3)]
    path = tmp_path / "identity.txt"
    path.write_text("\r\n".join(["# three", *map(str, keys), ""]))
    path.chmod(0o600)
    for key in keys:
        store_of(tmp_path / "secrets", str(key.to_public()), path).probe()


NO_KEY = "it has no key in it"
NOT_A_KEY = "it has something in it that is no key, or a key with a passphrase"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", NO_KEY),
        (b"# only\n\n# comments\n", NO_KEY),
        (b"AGE-SECRET-KEY-1QQQQ\n", NOT_A_KEY),
        (b"age1not-a-private-key\n", NOT_A_KEY),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", NOT_A_KEY),
        (b"\xff\xfe\x00", "it is not text"),
    ],
)
def test_a_file_without_a_usable_key_is_an_error_that_shows_nothing_of_it(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "identity.txt"
    path.write_bytes(content)
    path.chmod(0o600)
    assert failure_of(lambda: load_identities(path, notices_are_an_error)) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        (
            f"the identity file `{path}` cannot be used, {reason};"
            " expected lines `AGE-SECRET-KEY-1…` or one SSH key without a passphrase"
        ),
    )


def test_an_ssh_key_with_a_passphrase_is_an_error(tmp_path: Path) -> None:
    public = make_ssh_key(tmp_path / "key", "-t", "ed25519", "-N", "passphrase")
    assert failure_of(store_of(tmp_path / "secrets", public, tmp_path / "key").probe) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        (
            f"the identity file `{tmp_path / 'key'}` cannot be used, {NOT_A_KEY};"
            " expected lines `AGE-SECRET-KEY-1…` or one SSH key without a passphrase"
        ),
    )


def test_a_directory_is_no_identity(tmp_path: Path) -> None:
    assert failure_of(lambda: load_identities(tmp_path, notices_are_an_error)) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        f"the identity file `{tmp_path}` cannot be read: Is a directory",
    )
