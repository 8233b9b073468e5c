"""The file store with real age files, on disks and under conditions that do not cooperate."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyrage
import pytest

from tests.support.cli import PROCESS_LIMIT_SECONDS
from tests.vault.contract import FIRST, SECOND, WriteContract, facts
from vzctl.command import suggest, suggest_program
from vzctl.errors import SecretStoreError, StateError, UsageError
from vzctl.secret import Secret
from vzctl.store.atomic import write_atomic
from vzctl.vault.base import SecretItem, SecretStore
from vzctl.vault.file_store import WRITE_ATTEMPTS, FileStore

SECRET = "sk-secret-0123456789"


class Owner:
    """Somebody with an age key: the identity file and the recipient."""

    def __init__(self, path: Path) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.identity_file = path
        self.identity = identity
        self.recipient = str(identity.to_public())
        path.write_text(f"# a comment\n\n{identity}\n")
        path.chmod(0o600)


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "identity.txt")


@pytest.fixture
def other(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "other.txt")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state.toml.d" / "secrets"


def notices_are_an_error(text: str) -> None:
    raise AssertionError(text)


Make = Callable[..., FileStore]


@pytest.fixture
def make(directory: Path, owner: Owner) -> Make:
    def build(
        recipients: list[str] | None = None,
        identity_file: Path | None = owner.identity_file,
        *,
        write: Callable[[Path, bytes], None] = write_atomic,
        notice: Callable[[str], None] = notices_are_an_error,
    ) -> FileStore:
        to = [owner.recipient] if recipients is None else recipients
        return FileStore(directory, to, identity_file, write_atomic=write, notice=notice)

    return build


def tree(directory: Path) -> dict[str, bytes | None]:
    """Return all that lies below `directory`: bytes of files, None for directories."""
    paths = sorted(directory.rglob("*"))
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None for path in paths}


class TestFileStore(WriteContract):
    name = "file"

    @pytest.fixture
    def store(self, make: Make) -> SecretStore:
        return make()

    @pytest.fixture
    def contents(self, directory: Path) -> Callable[[], object]:
        return lambda: tree(directory)


def failure_of(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(SecretStoreError) as caught:
        call()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error} {vars(error)}"
        error = error.__context__
    return facts(caught.value)


def path_of(directory: Path) -> Path:
    return directory / FIRST.lineage / FIRST.credential_id / f"{FIRST.version_id}.age"


def test_a_secret_is_one_age_file_that_age_opens(make: Make, directory: Path, owner: Owner) -> None:
    make().write(FIRST, Secret(SECRET))
    assert [path for path in directory.rglob("*") if path.is_file()] == [path_of(directory)]
    box = path_of(directory).read_bytes()
    assert box.startswith(b"age-encryption.org/v1\n")
    assert pyrage.decrypt(box, [owner.identity]) == SECRET.encode()


def test_every_recipient_opens_it(make: Make, directory: Path, owner: Owner, other: Owner) -> None:
    make([owner.recipient, other.recipient]).write(FIRST, Secret(SECRET))
    assert make(identity_file=other.identity_file).read(FIRST) == Secret(SECRET)


def test_nobody_else_can_open_or_list_anything_whatever_the_umask(make: Make, directory: Path) -> None:
    before = os.umask(0)
    try:
        make().write(FIRST, Secret(SECRET))
    finally:
        os.umask(before)
    paths = [directory.parent, directory, *directory.rglob("*")]
    assert {path.relative_to(directory.parent).as_posix(): oct(path.stat().st_mode & 0o777) for path in paths} == {
        ".": "0o700",
        "secrets": "0o700",
        f"secrets/{FIRST.lineage}": "0o700",
        f"secrets/{FIRST.lineage}/{FIRST.credential_id}": "0o700",
        f"secrets/{FIRST.path}.age": "0o600",
    }


def test_a_directory_that_was_there_keeps_its_mode(make: Make, directory: Path) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o750)
    make().write(FIRST, Secret(SECRET))
    assert oct(directory.stat().st_mode & 0o777) == "0o750"


def test_deleting_leaves_no_empty_directories(make: Make, directory: Path) -> None:
    store = make()
    store.write(FIRST, Secret(SECRET))
    store.write(SECOND, Secret(SECRET))
    store.delete(FIRST)
    assert sorted(tree(directory)) == [SECOND.lineage, f"{SECOND.lineage}/c-2", f"{SECOND.path}.age"]
    store.delete(SECOND)
    assert tree(directory) == {}


@pytest.mark.parametrize(
    ("count", "words"), [(1, "age files in `/x`, for 1 recipient"), (2, "age files in `/x`, for 2 recipients")]
)
def test_describes_directory_and_recipients(count: int, words: str) -> None:
    store = FileStore(Path("/x"), ["age1"] * count, None, write_atomic=write_atomic, notice=notices_are_an_error)
    assert store.describe() == words


# Keys.


def test_no_recipients_are_refused(make: Make) -> None:
    with pytest.raises(UsageError) as caught:
        make([])
    assert facts(caught.value) == (
        "UsageError",
        "CONFIG_INVALID",
        "[secrets.file] recipients is empty: nobody could read the secrets",
    )


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ("age1xyz", "not a usable public key"),
        ("", "not a usable public key"),
        ("ssh-rsa nothing", "not a usable public key"),
        ("AGE-SECRET-KEY-1QQQQ", "a private key"),
    ],
)
def test_a_recipient_that_is_no_public_key_is_refused_and_not_repeated(
    make: Make, owner: Owner, directory: Path, bad: str, fault: str
) -> None:
    store = make([owner.recipient, bad])
    for call in (store.probe, lambda: store.write(FIRST, Secret(SECRET))):
        with pytest.raises(UsageError) as caught:
            call()
        assert facts(caught.value) == (
            "UsageError",
            "CONFIG_INVALID",
            f"[secrets.file] recipient 2 of 2 is {fault}; expected `age1…`, `ssh-ed25519 …` or `ssh-rsa …`",
        )
    assert not directory.exists()


def test_without_an_identity_nothing_is_written_or_read(make: Make, directory: Path) -> None:
    make().write(FIRST, Secret(SECRET))
    before = tree(directory)
    store = make(identity_file=None)
    missing = (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        (
            "[secrets.file] identity_file is not set; without the private key no secret can be read,"
            " and none is written, because it could not be read back"
        ),
    )
    assert failure_of(store.probe) == missing
    assert failure_of(lambda: store.read(FIRST)) == missing
    assert failure_of(lambda: store.write(SECOND, Secret(SECRET))) == missing
    assert store.read(SECOND) is None
    assert tree(directory) == before


def test_an_identity_file_that_is_not_there_is_named(make: Make, directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "identity.txt"
    assert failure_of(make(identity_file=path).probe) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        f"the identity file `{path}` is not there; only it opens the secrets of the file store",
    )
    assert not directory.exists()


def test_the_wrong_identity_is_found_before_anything_is_written(make: Make, directory: Path, other: Owner) -> None:
    assert failure_of(lambda: make(identity_file=other.identity_file).write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        (
            "what is encrypted to [secrets.file] recipients cannot be opened with the identity file"
            f" `{other.identity_file}`"
        ),
    )
    assert not directory.exists()


def test_the_wrong_identity_does_not_read(make: Make, directory: Path, other: Owner) -> None:
    make().write(FIRST, Secret(SECRET))
    assert failure_of(lambda: make(identity_file=other.identity_file).read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_LOCKED",
        f"`{path_of(directory)}` cannot be opened with the identity file `{other.identity_file}`",
    )


def test_a_delete_needs_no_identity(make: Make, directory: Path) -> None:
    make().write(FIRST, Secret(SECRET))
    make(identity_file=None).delete(FIRST)
    assert tree(directory) == {}


def test_an_identity_that_others_can_read_is_said_once(make: Make, owner: Owner) -> None:
    owner.identity_file.chmod(0o640)
    notices: list[str] = []
    store = make(notice=notices.append)
    store.write(FIRST, Secret(SECRET))
    store.read(FIRST)
    path = owner.identity_file
    assert notices == [f"the identity file `{path}` is open to other users; close it with: chmod 600 '{path}'"]


def test_without_the_library_the_way_to_it_is_shown(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(SecretStoreError) as caught:
        make().probe()
    assert facts(caught.value) == (
        "SecretStoreError",
        "SECRET_STORE_MISSING",
        "the file store needs the library pyrage, which is not installed",
    )
    assert caught.value.next_steps[:2] == (
        suggest_program("pip", "install", "vzctl[age]", comment="install it"),
        suggest("secrets test", comment="write, read and delete a test value in the configured store"),
    )


def test_the_library_is_imported_only_when_it_is_needed(directory: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from vzctl.vault.file_store import FileStore;"
        f"FileStore(Path({str(directory)!r}), ['age1'], None, write_atomic=print, notice=print).describe();"
        "assert 'pyrage' not in sys.modules"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=PROCESS_LIMIT_SECONDS)


# Files.


@pytest.mark.parametrize("kept", [0, 10, 100, -1], ids=["empty", "a part of a line", "a part", "all but one byte"])
def test_a_truncated_file_is_an_error(make: Make, directory: Path, kept: int) -> None:
    store = make()
    store.write(FIRST, Secret(SECRET))
    path = path_of(directory)
    path.write_bytes(path.read_bytes()[:kept])
    damaged = ("SecretStoreError", "SECRET_STORE_FAILED", f"`{path}` is damaged or not an age file")
    assert failure_of(lambda: store.read(FIRST)) == damaged


def test_a_damaged_file_can_be_written_again_and_deleted(make: Make, directory: Path) -> None:
    store = make()
    store.write(FIRST, Secret(SECRET))
    path_of(directory).write_bytes(b"<<<<<<< HEAD\n")
    store.write(FIRST, Secret(SECRET))
    assert store.read(FIRST) == Secret(SECRET)
    path_of(directory).write_bytes(b"")
    store.delete(FIRST)
    assert tree(directory) == {}


def test_a_file_that_holds_no_text_is_an_error(make: Make, directory: Path, owner: Owner) -> None:
    store = make()
    store.write(FIRST, Secret(SECRET))
    path = path_of(directory)
    path.write_bytes(pyrage.encrypt(SECRET.encode() + b"\xff", [owner.identity.to_public()]))
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"`{path}` holds something that is not text",
    )


def test_a_file_in_the_place_of_the_directory_is_an_error(make: Make, directory: Path) -> None:
    directory.parent.mkdir()
    directory.write_text("not a directory")
    assert failure_of(lambda: make().write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"`{path_of(directory)}` cannot be written: Not a directory",
    )


@pytest.mark.parametrize("is_outside", [True, False])
@pytest.mark.parametrize("link", ["lineage", "credential", "file"])
def test_a_symbolic_link_below_the_directory_is_refused(
    make: Make, directory: Path, tmp_path: Path, link: str, is_outside: bool
) -> None:
    """The directory may have come with a cloned repository."""
    elsewhere = (tmp_path if is_outside else directory) / "elsewhere"
    elsewhere.mkdir(parents=True)
    path = path_of(directory)
    source = {"lineage": path.parent.parent, "credential": path.parent, "file": path}[link]
    source.parent.mkdir(parents=True, exist_ok=True)
    source.symlink_to(elsewhere / "v-1.age" if link == "file" else elsewhere)
    store = make()
    refused = ("SecretStoreError", "SECRET_STORE_FAILED", f"`{source}` is a symbolic link")
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == refused
    assert failure_of(lambda: store.read(FIRST)) == refused
    assert failure_of(lambda: store.delete(FIRST)) == refused
    assert tree(elsewhere) == {}


@pytest.mark.parametrize("kind", ["pipe", "directory", "socket"])
def test_something_else_than_a_regular_file_is_refused(make: Make, directory: Path, kind: str) -> None:
    path = path_of(directory)
    path.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        os.mknod(path, stat.S_IFSOCK | 0o600)
    refused = ("SecretStoreError", "SECRET_STORE_FAILED", f"`{path}` is not a regular file")
    store = make()
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == refused
    assert failure_of(lambda: store.read(FIRST)) == refused
    assert failure_of(lambda: store.delete(FIRST)) == refused


def test_nothing_is_written_or_deleted_where_the_guard_refuses(make: Make, directory: Path) -> None:
    make().write(FIRST, Secret(SECRET))
    before = tree(directory)

    def refuse() -> None:
        raise StateError("linked", code="STATE_NOT_WRITABLE")

    store = make()
    store._before_write = refuse
    with pytest.raises(StateError):
        store.write(FIRST, Secret("other"))
    with pytest.raises(StateError):
        store.delete(FIRST)
    assert tree(directory) == before
    assert store.read(FIRST) == Secret(SECRET)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_write_that_fails_leaves_nothing(make: Make, directory: Path, number: int) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    assert failure_of(lambda: make(write=fail).write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"`{path_of(directory)}` cannot be written: {os.strerror(number)}",
    )
    assert tree(directory) == {}


def test_a_failure_without_a_number_is_named_by_its_kind(make: Make, directory: Path) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError("only part of it")

    assert failure_of(lambda: make(write=fail).write(FIRST, Secret(SECRET)))[2] == (
        f"`{path_of(directory)}` cannot be written: OSError"
    )


def test_a_disk_that_lies_is_found_out(make: Make, owner: Owner) -> None:
    def write_older(path: Path, data: bytes) -> None:
        write_atomic(path, pyrage.encrypt(b"older", [owner.identity.to_public()]))

    def forget(path: Path, data: bytes) -> None:
        pass

    assert failure_of(lambda: make(write=write_older).write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        "the file store gives back another secret than was written for `openai-prod`",
    )
    assert failure_of(lambda: make(write=forget).write(SECOND, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        "the file store accepted the secret of `openai_test.2` and does not hold it",
    )


@pytest.mark.parametrize(("times", "works"), [(1, True), (WRITE_ATTEMPTS - 1, True), (WRITE_ATTEMPTS, False)])
def test_a_directory_that_another_process_removes_is_made_again(
    make: Make, directory: Path, times: int, works: bool
) -> None:
    removals = iter(range(times))

    def write(path: Path, data: bytes) -> None:
        if next(removals, None) is not None:
            path.parent.rmdir()
        write_atomic(path, data)

    store = make(write=write)
    if works:
        store.write(FIRST, Secret(SECRET))
        assert store.read(FIRST) == Secret(SECRET)
    else:
        assert failure_of(lambda: store.write(FIRST, Secret(SECRET)))[2] == (
            f"`{path_of(directory)}` cannot be written: No such file or directory"
        )


def test_threads_that_empty_and_fill_one_directory_do_not_hinder_each_other(make: Make, directory: Path) -> None:
    items = [SecretItem("l", "c", f"v-{number}", "openai-prod") for number in range(4)]

    def write_and_delete(item: SecretItem) -> list[Secret | None]:
        store = make()
        seen = []
        for _ in range(25):
            store.write(item, Secret(item.version_id))
            seen.append(store.read(item))
            store.delete(item)
        return seen

    with ThreadPoolExecutor(len(items)) as pool:
        seen = list(pool.map(write_and_delete, items))
    assert seen == [[Secret(item.version_id)] * 25 for item in items]
    assert tree(directory) == {}


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.store.atomic import write_atomic
from vzctl.vault.base import SecretItem
from vzctl.vault.file_store import FileStore

directory, recipient, identity_file = sys.argv[1:]
store = FileStore(Path(directory), [recipient], Path(identity_file), write_atomic=write_atomic, notice=print)
small, large = SecretItem("l", "c", "small", "small"), SecretItem("l", "c", "large", "large")
store.write(small, Secret("one"))
store.write(large, Secret("older"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for item in (large, SecretItem("l", "c2", "large", "new")):
    try:
        store.write(item, Secret("x" * 2000))
    except SecretStoreError as error:
        print(error.code, error.message)
print(store.read(small) == Secret("one"), store.read(large) == Secret("older"))
"""


def test_a_full_disk_is_an_error_and_keeps_what_was_there(directory: Path, owner: Owner) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(directory), owner.recipient, str(owner.identity_file)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PROCESS_LIMIT_SECONDS,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        0,
        (
            f"SECRET_STORE_FAILED `{directory}/l/c/large.age` cannot be written: File too large\n"
            f"SECRET_STORE_FAILED `{directory}/l/c2/large.age` cannot be written: File too large\n"
            "True True\n"
        ),
        "",
    )
    assert sorted(tree(directory)) == ["l", "l/c", "l/c/large.age", "l/c/small.age"]


@pytest.mark.parametrize("call", ["read", "write", "delete"])
def test_a_directory_that_may_not_be_entered_is_a_store_that_fails(
    make: Make, directory: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = make()
    item = SecretItem("lineage", "credential", "version", "openai-prod")
    store.write(item, Secret(SECRET))
    before = tree(directory)

    def denied(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    calls: dict[str, Callable[[], object]] = {
        "read": lambda: store.read(item),
        "write": lambda: store.write(item, Secret(SECRET)),
        "delete": lambda: store.delete(item),
    }
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_symlink", denied)
        found = failure_of(calls[call])
    path = directory / "lineage" / "credential" / "version.age"
    assert found == ("SecretStoreError", "SECRET_STORE_FAILED", f"`{path}` cannot be read: Permission denied")
    assert tree(directory) == before
