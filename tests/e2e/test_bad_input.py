"""Everything that goes wrong around vzctl: a clear error, the documented exit status, and nothing lost.

Bad keys are in tests/usecases/test_add.py, bad batches in tests/usecases/test_batches.py, ambiguous and near names in
tests/cli/transcripts/refusals.txt, streams and pipes in tests/cli/test_failures.py, ^C in tests/e2e/test_terminal.py.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import unicodedata
from pathlib import Path
from typing import Final

import pytest

from tests.support.cli import LOGS, PROCESS_LIMIT_SECONDS, Cli, Result, installed_command
from tests.support.tools import require_linux, require_tool

pytestmark = pytest.mark.installed

STATE: Final = "/home/me/state/vzctl/default/state.toml"
WAY_BACK: Final = (
    "  next: vzctl state backups\n    # the states before this one\n"
    "  next: vzctl state restore latest\n    # go back to the newest of them\n"
)
WAY_TO_MERGE: Final = (
    "  next: vzctl help git\n    # merge both sides by record, with vzctl state merge\n"
    f"  next: git checkout --merge -- {STATE}\n    # undo edits of the conflicted file\n"
)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli.create(tmp_path / "user").init()


# The state file.


def line_of(text: str, beginning: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(beginning))


BROKEN: Final = {
    "empty": (lambda text: "", "it is empty"),
    "blank": (lambda text: "\n \n", "it is empty"),
    "cut off": (lambda text: text[: text.index("[[databases]]")], "it is cut off: its last line"),
    "cut off in a word": (lambda text: text[: text.index("[[databases]]") + 5], "it is cut off: its last line"),
    "not TOML": (lambda text: "{}", "it is not TOML from here on: cut off or mistyped"),
    "conflict": (
        lambda text: text.replace('name = "shop"\n', '<<<<<<< ours\nname = "shop"\n=======\nname = "x"\n>>>>>>> theirs\n'),
        "it has the conflict markers of an unfinished merge",
    ),
    "wrong type": (lambda text: text.replace('name = "shop"', "name = []"), "databases.name has the wrong type or form"),
    "missing key": (lambda text: text.replace('name = "shop"\n', ""), "databases.name is missing"),
    "unknown word": (
        lambda text: text.replace('control_plane = "local"', 'control_plane = "cloud"'),
        "organization.control_plane has a word that is not allowed",
    ),
    "illegal name": (
        lambda text: text.replace('name = "openai-prod"', 'name = "two words"'),
        "cannot be a credential name: it contains ' '; allowed are letters A-Z a-z, digits, '.', '_' and '-'",
    ),
    "no integration": (lambda text: text.replace('provider = "openai"', 'provider = "mistral"', 1), "has no integration"),
    "reference to nothing": (
        lambda text: text.replace("11111111", "99999999", 1),
        "which is no database here",
    ),
    "negative serial": (lambda text: text.replace("serial = 4", "serial = -4"), "serial is no number of changes"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_state_is_named_with_its_line_and_is_never_taken_for_an_empty_one(
    cli: Cli, damage: object, reason: str
) -> None:
    cli.add()
    text = cli.state.read_text(encoding="utf-8")
    assert callable(damage)
    broken = damage(text)
    assert broken != text
    cli.state.write_text(broken, encoding="utf-8")
    before = cli.everything()
    for words in (
        ["credentials", "list"],
        ["status"],
        ["scope", "add", "openai-prod", "shop"],
        ["databases", "add", "new"],
        ["credentials", "add", "new", "--provider", "openai", "--secret-stdin"],
        ["state", "check"],
        ["state", "export"],
        ["secrets", "status"],
    ):
        result = cli.run(*words, stdin="sk-x")
        said = cli.neat(result.err)
        assert (result.status, result.out, said[: said.index(STATE)]) == (9, "", 'error: the state is broken: "')
        assert reason in said
        assert said.endswith(f"the file was not touched\n{WAY_TO_MERGE if 'merge' in reason else WAY_BACK}")
    assert cli.everything() == before


def test_the_line_is_where_the_fault_is(cli: Cli) -> None:
    cli.add("one", key="sk-1").add("two", key="sk-2")
    text = cli.state.read_text(encoding="utf-8").replace('name = "two"', "name = 5")
    cli.state.write_text(text, encoding="utf-8")
    assert f'", line {line_of(text, "name = 5")}: credentials.name ' in cli.run("status").err


def test_bytes_that_are_no_text_are_said(cli: Cli) -> None:
    cli.state.write_bytes(b"schema = 1\n# \xff\n")
    result = cli.run("status")
    assert (result.status, cli.neat(result.error)) == (
        9,
        f'the state is broken: "{STATE}", line 2: it is not UTF-8; the file was not touched\n',
    )


def test_a_newer_schema_is_left_alone(cli: Cli) -> None:
    newer = cli.state.read_bytes().replace(b"schema = 1", b"schema = 2")
    cli.state.write_bytes(newer)
    result = cli.run("databases", "add", "new")
    assert (result.status, cli.neat(result.err), cli.state.read_bytes()) == (
        9,
        f'error: "{STATE}", line 4: schema is 2, this vzctl reads up to 1: a newer vzctl wrote it; '
        "the file was not touched\n"
        "  next: pip install --upgrade vzctl\n    # install the newer vzctl\n",
        newer,
    )


def test_a_file_too_large_for_a_state_is_not_read(cli: Cli) -> None:
    with cli.state.open("r+b") as file:
        file.truncate(300 * 1024 * 1024)
    result = cli.run("status")
    assert (result.status, cli.neat(result.error)) == (
        9,
        f'"{STATE}" has 314572800 bytes, a state has at most 268435456\n',
    )


def test_what_is_no_file_is_not_waited_for(cli: Cli) -> None:
    cli.state.unlink()
    os.mkfifo(cli.state)
    assert (cli.run("status").status, cli.neat(cli.run("status").error)) == (9, f'"{STATE}" is not a regular file\n')
    cli.state.unlink()
    cli.state.mkdir()
    assert (cli.run("status").status, cli.neat(cli.run("status").error)) == (9, f'"{STATE}" is not a regular file\n')


@pytest.mark.parametrize("words", [("status",), ("databases", "add", "new")])
def test_a_link_to_nothing_or_to_itself_is_no_empty_state(cli: Cli, words: tuple[str, ...]) -> None:
    dangling, loop = cli.folder / "dangling.toml", cli.folder / "loop.toml"
    dangling.symlink_to("nowhere.toml")
    loop.symlink_to("loop.toml")
    assert cli.run(*words, "--state", str(dangling)).status == 3
    assert cli.run(*words, "--state", str(loop)).status in (3, 9)
    assert not (cli.folder / "nowhere.toml").exists()


def without_privileges(cli: Cli, *words: str, stdin: str = "") -> Result:
    """Run as somebody for whom the modes of files count: root gives its privileges away."""
    if os.geteuid() != 0:
        return cli.process(*words, stdin=stdin)
    drop = [require_tool("setpriv"), "--bounding-set", "-all", "--inh-caps", "-all"]
    return cli.program([*drop, *installed_command()], *words, stdin=stdin)


@pytest.mark.parametrize("place", ["folder", "companions"])
def test_a_state_that_cannot_be_written_can_be_read_and_loses_nothing(cli: Cli, place: str) -> None:
    cli.add()
    companions = cli.state.with_name("state.toml.d")
    closed = (
        [cli.state.parent] if place == "folder" else [companions, companions / "backups", companions / "audit.jsonl"]
    )
    modes = {path: path.stat().st_mode for path in closed}
    before = cli.everything()
    for path in closed:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert without_privileges(cli, "status").status == 0
        result = without_privileges(cli, "databases", "add", "new")
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert result.status == 9
    assert result.error.startswith("cannot ")
    assert "Permission denied" in result.error
    assert cli.everything().keys() >= before.keys()
    assert cli.state.read_bytes() == before["vzctl/default/state.toml"]


def test_a_state_that_cannot_be_read_is_no_missing_one(cli: Cli) -> None:
    cli.state.chmod(0)
    result = without_privileges(cli, "status")
    cli.state.chmod(0o600)
    assert (result.status, cli.neat(result.error)) == (9, f'cannot read "{STATE}": Permission denied\n')


@pytest.mark.parametrize("name", ["state.toml.d", "state.toml.d/audit.jsonl", "state.toml.d/backups"])
def test_something_else_in_the_place_of_a_companion_stops_the_change(cli: Cli, name: str) -> None:
    import shutil

    path = (
        cli.state.with_name(name.partition("/")[0]) / name.partition("/")[2]
        if "/" in name
        else cli.state.with_name(name)
    )
    if path.is_dir():
        shutil.rmtree(path)
        path.write_bytes(b"")
    else:
        path.unlink()
        path.mkdir()
    before = cli.state.read_bytes()
    result = cli.run("databases", "add", "new")
    assert (result.status, cli.state.read_bytes()) == (9, before)
    assert cli.run("databases", "list").status == 0


def test_a_held_lock_names_its_holder_and_stops_changes_only(cli: Cli) -> None:
    lock = cli.state.with_name("state.toml.d") / "lock"
    with lock.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        holder = {"pid": 7, "host": "elsewhere", "command": "scope add", "since": "2026-01-31T12:00:00Z"}
        lock.write_text(json.dumps(holder), encoding="utf-8")
        before = cli.everything()
        result = cli.run("databases", "add", "new", "--lock-timeout", "0.01")
        assert (result.status, result.err, cli.everything()) == (
            9,
            "error: the state is locked by process 7 on elsewhere: scope add, since 2026-01-31T12:00:00Z; "
            "waited 0.01 s\n"
            "  next: vzctl databases add new --lock-timeout 60\n    # wait longer\n",
            before,
        )
        assert cli.run("databases", "list").status == 0
        lock.write_text("torn", encoding="utf-8")
        torn = cli.run("databases", "add", "new", env={"VZCTL_LOCK_TIMEOUT": "0"})
        assert torn.error == "the state is locked by another process; waited 0 s"
    assert cli.run("databases", "add", "new", "--lock-timeout", "0").status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("databases", "add", "logs", "--id", LOGS), ""),
        (("credentials", "add", "new", "--provider", "openai", "--scope", "shop", "--secret-stdin"), "sk-new"),
        (("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes"), "sk-second"),
    ],
    ids=["database", "credential", "rotation"],
)
def test_a_full_disk_at_any_write_loses_nothing_and_the_same_command_finishes_later(
    cli: Cli, words: tuple[str, ...], stdin: str
) -> None:
    cli.add()
    failures = set()
    for limit in [*range(0, 2000, 150), 2500, 3000, 3500, 4000]:
        result = cli.process(*words, stdin=stdin, env=UNMEASURED, preexec_fn=lambda limit=limit: full_disk(limit))
        assert result.status in (0, 4, 9, 10), result
        assert "Traceback" not in result.err
        failures.add(result.status)
        assert cli.run("credentials", "list").status == 0
        held = cli.ok("secrets", "status", "--check").facts
        assert held["secrets.0.in_store"] == "present"
    assert failures & {9, 10}
    again = cli.run(*words, stdin=stdin)
    if again.status == 4:  # a smaller limit let it through already, or left a rotation that is open
        again = (
            cli.run("rotations", "resume", "openai-prod", "--secret-stdin", stdin=stdin) if "rotate" in words else again
        )
    assert again.status in (0, 4)
    assert cli.run("state", "check", "--exit-code").status == 0
    assert list(cli.state.parent.glob(".*.tmp")) == []


UNMEASURED: Final = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""Its own files would not fit either, and it would say so."""


def full_disk(limit: int) -> None:
    """Let no file grow beyond `limit` bytes, as on a disk with no more room."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


# Secret stores.

BACKENDS: Final = """
import time
import keyring.backend

class Forgetful(keyring.backend.KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        return None
    def set_password(self, service, username, password):
        pass
    def delete_password(self, service, username):
        pass

class Hanging(Forgetful):
    def set_password(self, service, username, password):
        time.sleep(3600)
    get_password = delete_password = lambda self, *arguments: time.sleep(3600)
"""
ADD_A_CREDENTIAL: Final = ("credentials", "add", "new", "--provider", "openai", "--secret-stdin")


def with_store(cli: Cli, env: dict[str, str], status: int, error: str) -> None:
    """Add a credential where the store is as `env` says: exit status, error, and nothing recorded."""
    (cli.folder / "bad_backends.py").write_text(BACKENDS, encoding="utf-8")
    before = cli.everything()
    result = cli.process(*ADD_A_CREDENTIAL, stdin="sk-new", env={"PYTHONPATH": str(cli.folder), **env})
    assert (result.status, result.out, cli.neat(result.error).rstrip("\n"), cli.everything()) == (
        status,
        "",
        error,
        before,
    )
    assert "vzctl secrets test" in result.err


@pytest.mark.parametrize(
    ("backend", "error"),
    [
        ("keyring.backends.fail.Keyring", "no usable keyring here: `keyring.backends.fail.Keyring` is refused, it stands "
         "for having no keyring"),
        ("keyring.backends.null.Keyring", "no usable keyring here: `keyring.backends.null.Keyring` is refused, it forgets "
         "what it is given"),
        ("bad_backends.Missing", "no usable keyring here: `AttributeError` while looking for one"),
    ],
    ids=["fail", "null", "missing"],
)  # fmt: skip
def test_without_a_store_nothing_is_recorded(cli: Cli, backend: str, error: str) -> None:
    with_store(cli, {"VZCTL_SECRET_STORE": "keyring", "PYTHON_KEYRING_BACKEND": backend}, 10, error)


def test_a_store_that_lies_is_found_out_before_anything_is_recorded(cli: Cli) -> None:
    env = {"VZCTL_SECRET_STORE": "keyring", "PYTHON_KEYRING_BACKEND": "bad_backends.Forgetful"}
    (cli.folder / "bad_backends.py").write_text(BACKENDS, encoding="utf-8")
    before = cli.everything()
    result = cli.process(*ADD_A_CREDENTIAL, stdin="sk-new", env={"PYTHONPATH": str(cli.folder), **env})
    assert (result.status, cli.everything()) == (10, before)
    assert result.error == "the keyring store accepted the secret of `canary` and does not hold it"


@pytest.mark.slow
def test_a_store_that_hangs_is_left_after_its_time_limit(cli: Cli) -> None:
    env = {"VZCTL_SECRET_STORE": "keyring", "PYTHON_KEYRING_BACKEND": "bad_backends.Hanging"}
    error = (
        "the keyring did not answer within 3 seconds while writing; whether it was done is unknown"
        "; at a terminal there is time to answer an unlock dialog"
    )
    with_store(cli, env, 10, error)


def test_a_file_store_without_its_identity_is_locked(cli: Cli) -> None:
    (cli.folder / "identity.txt").unlink()
    error = "the identity file `/home/me/identity.txt` is not there; only it opens the secrets of the file store"
    with_store(cli, {}, 10, error)


def test_a_file_store_with_the_identity_of_somebody_else_is_locked(cli: Cli) -> None:
    import pyrage

    other = pyrage.x25519.Identity.generate()
    (cli.folder / "identity.txt").write_text(str(other), encoding="utf-8")
    error = (
        "what is encrypted to [secrets.file] recipients cannot be opened with the identity file `/home/me/identity.txt`"
    )
    with_store(cli, {}, 10, error)


@pytest.mark.parametrize(
    ("configuration", "status", "error"),
    [
        ('[secrets]\nstore = "file"\n', 2, "[secrets.file] recipients is empty: nobody could read the secrets"),
        ('[secrets]\nstore = "exec"\n', 2, "the exec store needs [secrets.exec] with get, set and delete in your configuration"),
        ('[secrets]\nstore = "exec"\n[secrets.exec]\nget = ["no-such-program", "{item}"]\nset = ["no-such-program", "{item}"]\n'
         'delete = ["no-such-program", "{item}"]\n', 10,
         "the `set` command of the exec store (`no-such-program`) cannot be started: No such file or directory"),
        ('[secrets]\nstore = "exec"\n[secrets.exec]\nget = ["false", "{item}"]\nset = ["false", "{item}"]\n'
         'delete = ["false", "{item}"]\n', 10, "the `set` command of the exec store (`false`) ended with exit status 1 for "
         "`canary`"),
    ],
)  # fmt: skip
def test_a_store_that_is_not_set_up_is_said(cli: Cli, configuration: str, status: int, error: str) -> None:
    cli.configure(configuration)
    before = cli.everything()
    result = cli.run(*ADD_A_CREDENTIAL, stdin="sk-new")
    assert (result.status, result.out, cli.everything()) == (status, "", before)
    assert result.error == error


# Names.


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("[x]", "it contains '[' ']'; allowed are letters A-Z a-z, digits, '.', '_' and '-'"),
        ("two words", "it contains ' '; allowed are letters A-Z a-z, digits, '.', '_' and '-'"),
        (unicodedata.normalize("NFC", "schlüssel"), "it contains '\\xfc'; allowed are letters A-Z a-z, digits, '.', '_' and '-'"),
        (unicodedata.normalize("NFD", "schlüssel"), "it contains '\\u0308'; allowed are letters A-Z a-z, digits, '.', '_' and '-'"),
        ("a/b", "it contains '/'; allowed are letters A-Z a-z, digits, '.', '_' and '-'"),
        ("-leading", "its first and last character must be a letter or a digit"),
        ("trailing.", "its first and last character must be a letter or a digit"),
        ("x" * 51, "it has 51 characters, at most 50 are allowed"),
        ("prod.providerKey", 'it ends in ".providerKey", which the Data API adds to names by itself'),
        ("", "it is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused_with_its_fault(cli: Cli, name: str, fault: str) -> None:
    before = cli.everything()
    result = cli.run("credentials", "add", "--provider", "openai", "--no-secret", "--", name)
    assert (result.status, result.err, cli.everything()) == (
        2,
        f'error: "{name}" cannot be a credential name: {fault}\n',
        before,
    )


def test_a_name_of_two_hundred_characters_is_cut_in_the_error(cli: Cli) -> None:
    result = cli.run("credentials", "add", "ab-" * 66 + "xy", "--provider", "openai", "--no-secret")
    assert result.status == 2
    assert result.error.endswith("it has 200 characters, at most 50 are allowed")
    assert len(result.error) < 200


@pytest.mark.sampled(20)
@pytest.mark.parametrize(
    "key", ["sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2", "hf_AbCdEfGhIjKlMnOpQrStUvWxYz", "0123456789abcdef0123456789abcdef"]
)
@pytest.mark.parametrize(
    "words",
    [
        ("credentials", "add", "{}", "--provider", "openai", "--no-secret"),
        ("credentials", "show", "{}"),
        ("credentials", "remove", "{}"),
        ("credentials", "rotate", "{}", "--secret-stdin", "--skip-test"),
        ("scope", "add", "{}", "shop"),
        ("scope", "add", "openai-prod", "{}"),
        ("databases", "add", "{}"),
        ("databases", "show", "{}"),
        ("rotations", "show", "{}"),
        ("revocations", "done", "{}"),
        ("pending", "confirm", "{}"),
        ("providers", "show", "{}"),
        ("collections", "show", "shop/default/{}"),
        ("collections", "show", "shop/{}/products"),
        ("tables", "show", "shop/default/orders.{}"),
        ("secrets", "reveal", "openai-prod", "--which", "{}"),
        ("databases", "token", "revoke", "shop", "{}"),
        ("databases", "token", "create", "shop", "--print", "--note", "{}"),
        ("databases", "edit", "shop", "--certificate-name", "{}"),
        ("serve", "config", "--database", "{}"),
        ("serve", "run", "--bind", "{}"),
        ("state", "restore", "{}"),
        ("help", "{}"),
        ("{}",),
        ("credentials", "list", "--{}"),
    ],
    ids=" ".join,
)
def test_a_key_in_the_place_of_a_name_is_never_repeated(cli: Cli, words: tuple[str, ...], key: str) -> None:
    cli.add()
    before = cli.everything()
    for output in ("plain", "json"):
        result = cli.run(*(word.format(key) for word in words), "-o", output, stdin="sk-x")
        assert result.status in (2, 3, 8), result
        assert key not in result.out + result.err
    assert cli.everything() == before


def test_a_key_in_the_place_of_a_name_is_to_be_replaced(cli: Cli) -> None:
    result = cli.run("credentials", "add", "sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2", "--provider", "openai", "--no-secret")
    assert (result.status, result.error) == (
        2,
        "this looks like a key, not a name; it is now in your shell history, so replace it at its provider",
    )


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "a\u202eb"])
def test_control_characters_in_an_argument_are_shown_as_escapes(cli: Cli, name: str) -> None:
    add = ("credentials", "add", name, "--provider", "openai", "--no-secret")
    for words in (("credentials", "show", name), ("databases", "show", name), add):
        result = cli.run(*words)
        assert result.status in (2, 3)
        assert all(character.isprintable() or character == "\n" for character in result.err)
        assert result.err.splitlines()[0].startswith("error: ")


def test_an_argument_that_is_no_text_is_refused(cli: Cli) -> None:
    import subprocess

    done = subprocess.run(
        [*(os.fsencode(word) for word in installed_command()), b"databases", b"add", b"\xff"],
        env=cli.process_environment(),
        capture_output=True,
        timeout=PROCESS_LIMIT_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, b"error: an argument is not valid UTF-8\n")


@pytest.mark.parametrize(
    "words",
    [
        ("scope", "add", "openai-prod", ""),
        ("scope", "remove", "openai-prod", "", "--yes"),
        ("scope", "set", "openai-prod", "", "--yes"),
        ("scope", "set", "openai-prod", "shop", " ", "--yes"),
        ("credentials", "add", "new", "--provider", "openai", "--scope", "", "--no-secret"),
        ("revocations", "done", "", "--yes"),
        ("pending", "confirm", ""),
        ("pending", "drop", "", "--yes"),
        ("secrets", "identity", ""),
    ],
    ids=" ".join,
)
def test_an_unset_shell_variable_is_no_empty_list(cli: Cli, words: tuple[str, ...]) -> None:
    cli.add()
    before = cli.everything()
    result = cli.run(*words)
    assert (result.status, cli.everything()) == (2, before)
    assert result.error.endswith("is a shell variable unset?")


# Configuration.


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('[secrets]\nstore = "env"', "secrets.store", "set it in your own configuration"),
        ('[secrets.exec]\nget = ["sh"]', "secrets.exec.get", "set it in your own configuration"),
        ('[secrets.file]\nrecipients = ["age1x"]', "secrets.file.recipients", "set it in your own configuration"),
        ('[secrets.file]\nidentity_file = "x"', "secrets.file.identity_file", "set it in your own configuration"),
        ('[secrets.env]\n"openai-prod" = "HOME"', "secrets.env", "set it in your own configuration"),
        ("frobnicate = 1", "frobnicate", "is not a setting of vzctl"),
        ('state = "/etc/passwd"', "state", "must be a path inside the project's own tree"),
        ('state = "../elsewhere.toml"', "state", "must be a path inside the project's own tree"),
        ('state = "link/state.toml"', "state", "must be a path inside the project's own tree"),
        ("state = 5.0", "state", "must be a word or a whole number"),
        ("profile = true", "profile", "must be a word or a whole number"),
    ],
)
def test_a_project_file_of_a_cloned_repository_sets_only_what_is_harmless(
    cli: Cli, text: str, key: str, reason: str
) -> None:
    cli.add()
    (cli.folder / "link").symlink_to("/tmp")
    (cli.folder / ".vzctl.toml").write_text(text, encoding="utf-8")
    before = cli.everything()
    for words in (["credentials", "list"], ["credentials", "remove", "openai-prod", "--yes"], ["secrets", "test"]):
        result = cli.run(*words)
        assert (result.status, cli.everything()) == (2, before)
        assert result.error.startswith(f"the configuration \"{cli.folder}/.vzctl.toml\": '{key}' ")
        assert result.error.endswith(reason)


@pytest.mark.parametrize(
    ("name", "text"), [(".vzctl.toml", "["), (".vzctl.toml", "a = sk-proj-secret"), ("config/vzctl/config.toml", "[")]
)
def test_a_configuration_that_is_no_toml_is_said_without_its_content(cli: Cli, name: str, text: str) -> None:
    (cli.folder / name).write_text(text, encoding="utf-8")
    result = cli.run("status")
    assert result.status == 2
    assert result.error.startswith(f'the configuration "{cli.folder / name}" is not TOML: ')
    assert "sk-proj" not in result.err


def test_a_configuration_that_is_a_folder_is_said(cli: Cli) -> None:
    (cli.folder / ".vzctl.toml").mkdir()
    result = cli.run("status")
    assert (result.status, cli.neat(result.error)) == (
        2,
        'cannot read the configuration "/home/me/.vzctl.toml": Is a directory\n',
    )


def test_a_working_directory_that_is_gone_is_said(cli: Cli) -> None:
    gone = cli.folder / "gone"
    gone.mkdir()
    result = cli.program(["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *installed_command()], "status", cwd=gone)
    # A shell that starts the program, which it does where the path of Python has a space, says so too.
    assert (result.status, result.err.splitlines()[-1]) == (3, "error: the working directory no longer exists")


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["credentials", "--help"], ["credentials"], [], ["help", "exit-codes"]]
)
def test_a_full_disk_under_standard_output_is_no_bug(cli: Cli, words: list[str]) -> None:
    require_linux()
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*installed_command(), *words],
            env=cli.process_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = done.stderr.decode()
    assert (done.returncode, said.startswith("error: cannot write"), len(said.splitlines())) == (1, True, 1), said


def test_an_empty_table_of_the_configuration_says_nothing(cli: Cli) -> None:
    configuration = cli.folder / "config" / "vzctl" / "config.toml"
    configuration.write_text(configuration.read_text(encoding="utf-8") + "[policy]\n[secrets.exec]\n", encoding="utf-8")
    cli.ok("status")
    configuration.write_text("[nonsense]\n", encoding="utf-8")
    assert cli.run("status").error.endswith("'nonsense' is not a setting of vzctl")


def test_an_interrupt_before_the_command_line_is_read_leaves_no_traceback(cli: Cli, tmp_path: Path) -> None:
    # A typer that sends ^C while it is imported, as a person's may arrive then.
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")
    result = cli.process("status", env={"PYTHONPATH": str(shadow)})
    assert (result.status, result.out, result.err) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("command", ["add", "rotate"])
def test_a_batch_from_a_closed_standard_input_is_a_wrong_call(cli: Cli, command: str) -> None:
    words = ["credentials", command, "--from", "-", "--yes"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *installed_command(), *words],
        env=cli.process_environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, b"error: standard input is closed: no batch can be read from it\n")


@pytest.mark.parametrize("key", ["name", "note", "provider"])
def test_half_a_character_in_a_batch_is_refused_before_anything_is_recorded(cli: Cli, key: str) -> None:
    lines = [{"name": "one", "provider": "openai", "none": True}, {"name": "two", "provider": "openai", "none": True}]
    lines[1][key] = "\ud800"
    before = cli.everything()
    result = cli.run("credentials", "add", "--from", "-", stdin="".join(json.dumps(line) + "\n" for line in lines))
    assert (result.status, result.error, cli.everything()) == (
        2,
        f'line 2 of the batch "{key}" has half a character in it: neither the state file nor a name could hold it',
        before,
    )


@pytest.mark.parametrize("days", [-5, 0, 10**20])
def test_a_maximum_age_that_is_none_is_refused_in_a_batch_too(cli: Cli, days: int) -> None:
    line = json.dumps({"name": "one", "provider": "openai", "none": True, "max_age_days": days})
    before = cli.everything()
    result = cli.run("credentials", "add", "--from", "-", stdin=line)
    assert (result.status, cli.everything()) == (2, before), result.err


@pytest.mark.parametrize(
    ("words", "env"), [(("--state", "/"), {}), ((), {"VZCTL_STATE": "/"}), ((), {"VZCTL_PROFILE": "a" * 300})]
)
@pytest.mark.parametrize("command", [("status",), ("secrets", "test")])
def test_a_path_that_is_no_file_and_a_profile_that_is_no_name_are_wrong_calls(
    cli: Cli, words: tuple[str, ...], env: dict[str, str], command: tuple[str, ...]
) -> None:
    assert cli.run(*command, *words, env=env).status == 2


def test_a_serial_that_cannot_rise_is_a_broken_state(cli: Cli) -> None:
    text = cli.state.read_text(encoding="utf-8")
    cli.state.write_text(text.replace("serial = 2\n", f"serial = {2**53 - 1}\n"), encoding="utf-8")
    before = cli.state.read_bytes()
    result = cli.run("databases", "edit", "shop", "--region", "r")
    assert (result.status, "no further change can be counted" in result.error) == (9, True)
    assert cli.state.read_bytes() == before


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_what_came_with_a_cloned_folder_is_no_record_of_a_test_item(cli: Cli, kind: str) -> None:
    folder = cli.state.parent / "state.toml.d" / "canaries"
    folder.mkdir(exist_ok=True)
    if kind == "fifo":
        os.mkfifo(folder / "canary-0")
    else:
        (folder / "canary-0").symlink_to("/dev/zero")
    result = cli.process("secrets", "test")
    assert result.status == 0, result.err
    assert os.path.lexists(folder / "canary-0")


@pytest.mark.slow
def test_sigterm_ends_a_command_and_what_it_started(cli: Cli) -> None:
    script = 'echo $$ >"$0"; exec sleep 300'
    pid_file = cli.folder / "pid"
    sleeper = json.dumps(["sh", "-c", script, str(pid_file), "{item}"])
    configuration = cli.folder / "config" / "vzctl" / "config.toml"
    configuration.write_text(
        f'[secrets]\nstore = "exec"\n[secrets.exec]\nget = {sleeper}\nset = {sleeper}\ndelete = {sleeper}\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [*installed_command(), "secrets", "test", "-o", "json"],
        env=cli.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not pid_file.exists() or not pid_file.read_text(encoding="utf-8").strip():
        assert process.poll() is None
    process.terminate()
    out, _ = process.communicate(timeout=PROCESS_LIMIT_SECONDS)
    assert (process.returncode, json.loads(out)["code"]) == (143, "TERMINATED")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text(encoding="utf-8")), 0)


def test_a_terminal_without_columns_shows_what_there_is(cli: Cli) -> None:
    assert "shop" in cli.ok("databases", "list", "-o", "human", env={"COLUMNS": "0"}).out


@pytest.mark.parametrize(
    "words",
    [
        "databases token create shop --out",
        "databases add new --region",
        "databases edit shop --region",
        "serve config --database shop --write",
        "serve check --ca",
        "serve check --client-key key.pem --client-cert",
        "serve check --client-cert cert.pem --client-key",
        "audit --subject",
    ],
)
@pytest.mark.parametrize("empty", [("",), None], ids=["a word of its own", "behind ="])
def test_an_unset_variable_is_not_taken_for_a_folder_or_for_nothing(
    cli: Cli, words: str, empty: tuple[str, ...] | None
) -> None:
    before, files = cli.everything(), sorted(cli.folder.iterdir())
    result = cli.run(*words.split(), *empty) if empty else cli.run(*f"{words}=".split())
    option = words.rsplit(maxsplit=1)[-1]
    assert (result.status, result.out) == (2, "")
    assert result.error == f"invalid value for '{option}': it is empty: is a shell variable unset?"
    assert (cli.everything(), sorted(cli.folder.iterdir())) == (before, files)


@pytest.mark.parametrize("kind", ["folder", "link to a folder", "device"])
@pytest.mark.parametrize("flags", [(), ("--start-over",), ("--dry-run",)], ids=["create", "start over", "dry run"])
def test_no_state_is_created_where_no_file_can_be(cli: Cli, kind: str, flags: tuple[str, ...]) -> None:
    place, folder = cli.folder / "place", cli.folder / "folder"
    folder.mkdir()
    place.symlink_to("/dev/null" if kind == "device" else folder)
    path = folder if kind == "folder" else place
    result = cli.run("init", "--control-plane", "local", "--state", str(path), *flags)
    assert (result.status, result.error) == (9, f'"{path}" is not a regular file')
    assert list(folder.iterdir()) == []
    assert not path.with_name(f"{path.name}.d").exists()


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["create", "dry run"])
def test_a_folder_is_not_called_an_identity(cli: Cli, flags: tuple[str, ...]) -> None:
    result = cli.run("secrets", "identity", str(cli.folder), *flags)
    assert (result.status, result.error) == (2, f"`{cli.folder}` is a folder; name a file in it")
