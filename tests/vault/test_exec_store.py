"""The exec store over small programs that behave well, badly, or not at all."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from tests.vault.contract import FIRST, SECOND, WriteContract, facts
from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault.base import SecretStore
from vzctl.vault.exec_store import TIME_LIMIT_SECONDS, ExecStore

SECRET = "sk-secret-0123456789"

# An item is a file; `/` in its path becomes `,`. Absent: status 3 and a word on stderr, like most password managers.
GET = 'f="$D/$(echo "$1" | tr / ,)"; cat "$f" 2>/dev/null || { echo "no item $1" >&2; exit 3; }'
SET = 'cat > "$D/$(echo "$1" | tr / ,)"'
DELETE = 'rm "$D/$(echo "$1" | tr / ,)" 2>/dev/null || { echo "no item $1" >&2; exit 3; }'


def shell(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script, "sh", "{item}")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "held"
    path.mkdir()
    return path


Make = Callable[..., ExecStore]


@pytest.fixture
def make(directory: Path) -> Make:
    """Build a store of shell scripts over `directory`, each of them replaceable."""

    def build(
        get: str = GET,
        set: str = SET,  # noqa: A002  (as the store has it)
        delete: str = DELETE,
        *,
        environ: Mapping[str, str] | None = None,
        timeout_seconds: float = 20,
    ) -> ExecStore:
        variables = {"PATH": os.environ["PATH"], "D": str(directory), **(environ or {})}
        return ExecStore(shell(get), shell(set), shell(delete), environ=variables, timeout_seconds=timeout_seconds)

    return build


class TestExecStore(WriteContract):
    name = "exec"

    @pytest.fixture
    def store(self, make: Make) -> SecretStore:
        return make()

    @pytest.fixture
    def contents(self, directory: Path) -> Callable[[], object]:
        return lambda: {path.name: path.read_bytes() for path in directory.iterdir()}


def failure_of(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(SecretStoreError) as caught:
        call()
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__context__)
    return facts(caught.value)


def command(verb: str) -> str:
    return f"the `{verb}` command of the exec store (`/bin/sh`)"


def test_the_documented_time_limit() -> None:
    assert ExecStore(("a", "{item}"), ("a", "{item}"), ("a", "{item}"), environ={})._timeout_seconds == 30.0
    assert TIME_LIMIT_SECONDS == 30.0


def test_describes_the_programs_and_not_their_arguments() -> None:
    store = ExecStore(("pass", "show", "{item}"), ("pass", "{item}"), ("rm", "-t", "token", "{item}"), environ={})
    assert store.describe() == "commands of [secrets.exec]: get `pass`, set `pass`, delete `rm`"


@pytest.mark.parametrize("verb", ["get", "set", "delete"])
@pytest.mark.parametrize(
    "arguments",
    [(), ("pass", "show"), ("", "{item}"), ("pass", "{ite", "m}"), ("pass", "{item}\0")],
    ids=["nothing", "no item", "no program", "item in two parts", "zero byte"],
)
def test_a_command_that_cannot_work_is_refused(verb: str, arguments: Sequence[str]) -> None:
    good: Sequence[str] = ("pass", "{item}")
    commands = {"get": good, "set": good, "delete": good} | {verb: arguments}
    with pytest.raises(UsageError) as caught:
        ExecStore(commands["get"], commands["set"], commands["delete"], environ={})
    assert facts(caught.value) == (
        "UsageError",
        "CONFIG_INVALID",
        f"[secrets.exec] {verb} must be a list of arguments, the program first, one of them with `{{item}}` in it",
    )


def test_the_item_is_put_in_wherever_it_is_asked_for(tmp_path: Path) -> None:
    """Also twice in one argument and in the middle; other braces stay, and no shell looks at anything."""
    log = tmp_path / "log"
    script = f"import sys; open({str(log)!r}, 'a').write(repr(sys.argv[1:]) + chr(10)); sys.exit(4)"
    arguments = (sys.executable, "-c", script, "a/{item}.b/{item}", "{other}", "$HOME; *", "{item}")
    store = ExecStore(arguments, arguments, arguments, environ={})
    with pytest.raises(SecretStoreError):
        store.write(FIRST, Secret(SECRET))
    assert log.read_text() == repr([f"a/{FIRST.path}.b/{FIRST.path}", "{other}", "$HOME; *", FIRST.path]) + "\n"


def test_the_secret_is_neither_in_arguments_nor_in_the_environment(make: Make, tmp_path: Path) -> None:
    """Also not when it came in through a variable (`--secret-env`), which every child would inherit."""
    spy = f'tr "\\0" " " < /proc/$$/cmdline > {tmp_path}/arguments; env > {tmp_path}/environment; '
    store = make(
        set=spy + SET,
        environ={"GIVEN": SECRET, "GIVEN_WITH_NEWLINE": SECRET + "\n", "JSON": f'{{"k":"{SECRET}"}}', "KEPT": "x"},
    )
    store.write(FIRST, Secret(SECRET))
    assert FIRST.path in (tmp_path / "arguments").read_text()
    assert SECRET not in (tmp_path / "arguments").read_text()
    environment = (tmp_path / "environment").read_text()
    assert "KEPT=x" in environment
    assert SECRET not in environment


def test_the_exact_bytes_are_written(make: Make, directory: Path) -> None:
    make().write(FIRST, Secret("key"))
    assert [path.read_bytes() for path in directory.iterdir()] == [b"key"]


@pytest.mark.parametrize(("printed", "secret"), [("key\\n", "key"), ("key\\n\\n", "key\n"), ("key", "key")])
def test_one_trailing_newline_is_not_part_of_the_secret(make: Make, printed: str, secret: str) -> None:
    assert make(get=f"printf '{printed}' # $1").read(FIRST) == Secret(secret)


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    nowhere = (str(tmp_path / "pass"), "{item}")
    store = ExecStore(nowhere, nowhere, nowhere, environ={})
    words = f"(`{nowhere[0]}`) cannot be started: No such file or directory"
    for verb, call in {
        "get": lambda: store.read(FIRST),
        "set": store.probe,
        "delete": lambda: store.delete(FIRST),
    }.items():
        message = f"the `{verb}` command of the exec store {words}"
        assert failure_of(call) == ("SecretStoreError", "SECRET_STORE_MISSING", message)


def test_a_set_that_fails_is_an_error_with_its_reason(make: Make) -> None:
    store = make(set="echo 'no public key' >&2; exit 2")
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('set')} ended with exit status 2 for `openai-prod`: no public key",
    )


@pytest.mark.parametrize(
    "script",
    [
        "cat >&2",
        "tr a-z A-Z >&2",
        "cut -c 4-12 >&2",
        "head -c 17000 /dev/zero | tr '\\0' x >&2",
        "printf 'a\\033[2J' >&2",
        "printf '\\377\\376' >&2",
        "true",
    ],
    ids=["the secret", "in capitals", "a part of it", "too long", "a control character", "no text", "nothing"],
)
def test_words_that_are_not_fit_to_be_shown_are_dropped(make: Make, script: str) -> None:
    store = make(set=f"{script}; exit 2")
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('set')} ended with exit status 2 for `openai-prod`",
    )


def test_a_program_ended_by_a_signal_is_an_error(make: Make) -> None:
    store = make(set="kill -TERM $$")
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('set')} ended with signal 15 for `openai-prod`",
    )


@pytest.mark.slow
def test_a_set_that_does_not_read_its_input_is_found_out(make: Make) -> None:
    assert failure_of(lambda: make(set="exit 0").write(FIRST, Secret(SECRET * 10_000))) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 3 for `openai-prod`: no item {FIRST.path}",
    )


@pytest.mark.parametrize("mangle", ["tr a-z A-Z", "cat; echo; echo", "head -c 3", "cat > /dev/null"])
def test_another_value_than_was_written_is_an_error(make: Make, mangle: str) -> None:
    store = make(set=SET.replace("cat", f"{{ {mangle}; }}"))
    assert failure_of(lambda: store.write(FIRST, Secret(SECRET))) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        f"{command('get')} does not give back what `set` was given for `openai-prod`",
    )


def test_a_secret_on_stdout_of_a_failed_get_is_not_shown(make: Make) -> None:
    store = make(get=f"echo {SECRET}; echo 'warning: {SECRET}' >&2; exit 5 # $1")
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 5 for `openai-prod`",
    )


def test_a_word_that_may_be_a_key_is_masked(make: Make) -> None:
    """Nobody here knows the secret of a failed `get`; its program does."""
    said = "echo 'cannot print sk-proj-AAAA0123456789bbbb, sorry' >&2; exit 5"
    store = make(get=f'case "$1" in {FIRST.path}) {said};; esac; {GET}')
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 5 for `openai-prod`: cannot print ****, sorry",
    )


def test_no_text_is_an_error(make: Make) -> None:
    store = make(get="printf 'key-\\377'")
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} gave something that is not text for `openai-prod`",
    )


# How "not held" is told from "broken".


def test_absent_is_what_the_program_answers_for_a_deleted_canary(make: Make) -> None:
    store = make()
    store.probe()
    assert store.read(FIRST) is None


def test_a_program_that_says_absent_with_success_and_nothing_printed_is_understood(make: Make) -> None:
    store = make(get='cat "$D/$(echo "$1" | tr / ,)" 2>/dev/null; exit 0')
    assert store.read(FIRST) is None
    store.write(FIRST, Secret(SECRET))
    store.delete(FIRST)
    assert store.read(FIRST) is None


def test_another_status_than_that_of_an_absent_item_is_an_error(make: Make, directory: Path) -> None:
    """The private key of one item is missing, say, while the store as a whole works."""
    store = make(get=f'case "$1" in {FIRST.path}) echo "decryption failed" >&2; exit 2;; esac; {GET}')
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 2 for `openai-prod`: decryption failed",
    )
    assert store.read(SECOND) is None
    assert list(directory.iterdir()) == []


def test_an_empty_value_is_not_taken_for_absent(make: Make) -> None:
    store = make(get=f'case "$1" in {FIRST.path}) exit 0;; esac; {GET}')
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 0 for `openai-prod`",
    )


def test_a_store_that_fails_in_every_way_is_not_taken_for_an_empty_one(make: Make) -> None:
    """Without a network `get` fails just as it does for an absent item; then the canary cannot be written either."""
    store = make(get="echo offline >&2; exit 3", set="echo offline >&2; exit 3", delete="echo offline >&2; exit 3")
    reason = f"{command('set')} ended with exit status 3 for `canary`: offline"
    message = (
        f"{command('get')} ended with exit status 3 for `openai-prod`: offline;"
        f" this may mean that it is not held, but the test of the store failed: {reason}"
    )
    assert failure_of(lambda: store.read(FIRST)) == ("SecretStoreError", "SECRET_STORE_FAILED", message)
    assert failure_of(lambda: store.delete(FIRST)) == ("SecretStoreError", "SECRET_STORE_FAILED", message)
    assert failure_of(store.probe) == ("SecretStoreError", "SECRET_STORE_FAILED", reason)


FAILS = (
    'n=$(cat "$T" 2>/dev/null || echo 0); echo $((n + 1)) >"$T"; [ "$n" -ge "$FROM" ] && [ "$n" -lt "$TO" ] && exit 3; '
)
SILENT_GET = 'cat "$D/$(echo "$1" | tr / ,)" 2>/dev/null || exit 3'


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6, 100])
@pytest.mark.parametrize("begin", range(9))
def test_an_outage_is_never_taken_for_absence_whenever_it_begins_and_ends(
    make: Make, directory: Path, begin: int, length: int
) -> None:
    """The program says nothing, and ends with the same status during the outage and for an absent item."""
    make().write(FIRST, Secret(SECRET))
    calls = directory.parent / "calls"
    environ = {"T": str(calls), "FROM": str(begin), "TO": str(begin + length)}
    store = make(FAILS + SILENT_GET, FAILS + SET, FAILS + DELETE, environ=environ)
    for _ in range(3):
        found: object = "unknown"
        with contextlib.suppress(SecretStoreError):
            found = store.read(FIRST)
        assert found in (Secret(SECRET), "unknown")


@pytest.mark.parametrize("begin", range(9))
def test_an_outage_during_a_deletion_that_reports_success_does_not_pass_for_deleted(
    make: Make, directory: Path, begin: int
) -> None:
    make().write(FIRST, Secret(SECRET))
    environ = {"T": str(directory.parent / "calls"), "FROM": str(begin), "TO": "100"}
    store = make(FAILS + SILENT_GET, FAILS + SET, FAILS.replace("exit 3", "exit 0") + DELETE, environ=environ)
    try:
        store.delete(FIRST)
    except SecretStoreError:
        return
    assert make().read(FIRST) is None


def test_one_item_that_may_not_be_read_is_not_absent(make: Make) -> None:
    """The same status as for an absent item, but other words."""
    store = make(get=f'case "$1" in {FIRST.path}) echo "permission denied" >&2; exit 3;; esac; {GET}')
    assert failure_of(lambda: store.read(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('get')} ended with exit status 3 for `openai-prod`: permission denied",
    )
    assert store.read(SECOND) is None


def test_words_that_differ_between_two_items_or_moments_do_not_matter(make: Make) -> None:
    said = '"[ERROR] $(date +%H:%M:%S.%N) \\"$(echo "$1" | tr / _)\\" is not an item (request $$)"'
    store = make(get=GET.replace('"no item $1"', said))
    assert store.read(FIRST) is None
    store.write(FIRST, Secret(SECRET))
    store.delete(FIRST)
    assert store.read(FIRST) is None


def test_an_item_that_comes_back_while_its_absence_is_checked_is_returned(make: Make, directory: Path) -> None:
    make().write(FIRST, Secret(SECRET))
    flag = directory.parent / "was-asked"
    store = make(get=f"[ -e {flag} ] || {{ touch {flag}; exit 3; }}; {GET}")
    assert store.read(FIRST) == Secret(SECRET)


def test_a_store_that_breaks_after_the_probe_does_not_pass_for_deleted(make: Make, directory: Path) -> None:
    broken = directory.parent / "broken"
    offline = f"[ -e {broken} ] && exit 3; "
    store = make(get=offline + GET, set=offline + SET, delete=offline + DELETE)
    store.write(FIRST, Secret(SECRET))
    store.probe()
    broken.touch()
    assert failure_of(lambda: store.delete(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        (
            f"{command('get')} ended with exit status 3 for `openai-prod`; this may mean that it is not held,"
            f" but the test of the store failed: {command('set')} ended with exit status 3 for `canary`"
        ),
    )
    broken.unlink()
    assert store.read(FIRST) == Secret(SECRET)


def test_a_delete_that_fails_on_something_held_is_an_error_with_its_reason(make: Make) -> None:
    store = make(delete=f'case "$1" in {FIRST.path}) echo "read only" >&2; exit 9;; esac; {DELETE}')
    store.write(FIRST, Secret(SECRET))
    assert failure_of(lambda: store.delete(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_DELETE_FAILED",
        f"{command('delete')} ended with exit status 9 for `openai-prod`: read only",
    )


def test_a_delete_that_only_says_so_is_an_error(make: Make) -> None:
    store = make(delete="exit 0")
    store.write(FIRST, Secret(SECRET))
    assert failure_of(lambda: store.delete(FIRST)) == (
        "SecretStoreError",
        "SECRET_STORE_DELETE_FAILED",
        "the exec store still gives out a deleted secret of `openai-prod`",
    )
    assert failure_of(store.probe) == (
        "SecretStoreError",
        "SECRET_STORE_DELETE_FAILED",
        f"{command('get')} still answers for an item after its deletion",
    )


def test_a_probe_whose_delete_fails_is_an_error(make: Make) -> None:
    assert failure_of(make(delete="echo 'read only' >&2; exit 9").probe) == (
        "SecretStoreError",
        "SECRET_STORE_FAILED",
        f"{command('delete')} ended with exit status 9 for `canary`: read only",
    )


def test_a_probe_takes_its_canary_out_of_a_store_that_lies(make: Make, directory: Path) -> None:
    assert failure_of(make(set=SET.replace("cat", "tr a-z A-Z")).probe) == (
        "SecretStoreError",
        "SECRET_STORE_READ_BACK_DIFFERS",
        f"{command('get')} does not give back what `set` was given for `canary`",
    )
    assert list(directory.iterdir()) == []


# Time.


def is_alive(pid_file: Path) -> bool:
    """Tell whether the process still runs; a zombie that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid_file.read_text().strip()}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


HANG = "sleep 600 & echo $! > {0}/child; echo $$ > {0}/new; mv {0}/new {0}/parent; wait"
"""A program that hangs with a child. Both have written their numbers when the file `parent` is there."""


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the time limit begin when the program hangs: how long a busy machine takes until then is not limited."""
    communicate = subprocess.Popen.communicate

    def patiently(process: subprocess.Popen[bytes], *arguments: Any, **options: Any) -> Any:
        while HANG.format(tmp_path) in cast("list[str]", process.args) and not (tmp_path / "parent").exists():
            time.sleep(0.01)
        return communicate(process, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "communicate", patiently)
    return tmp_path


@pytest.mark.parametrize(
    ("verb", "unknown"),
    [("get", ""), ("set", "; whether it was done is unknown"), ("delete", "; whether it was done is unknown")],
)
def test_a_program_that_hangs_is_killed_with_its_children(make: Make, hanging: Path, verb: str, unknown: str) -> None:
    store = make(**{verb: HANG.format(hanging)}, timeout_seconds=0.5)
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: store.read(FIRST),
        "set": lambda: store.write(FIRST, Secret(SECRET)),
        "delete": lambda: store.delete(FIRST),
    }
    assert failure_of(calls[verb]) == (
        "SecretStoreError",
        "SECRET_STORE_TIMEOUT",
        f"{command(verb)} did not end within 0.5 seconds and was killed{unknown}",
    )
    assert (hanging / "child").exists()
    deadline = time.monotonic() + 10
    while (is_alive(hanging / "child") or is_alive(hanging / "parent")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (is_alive(hanging / "child"), is_alive(hanging / "parent")) == (False, False)


def test_a_probe_of_a_program_that_hangs_ends_after_one_limit(make: Make) -> None:
    started = time.monotonic()
    assert failure_of(make(set="exec sleep 600", timeout_seconds=0.3).probe)[1] == "SECRET_STORE_TIMEOUT"
    assert time.monotonic() - started < 20


def test_what_was_printed_before_a_timeout_hangs_on_no_exception(make: Make) -> None:
    store = make(get=f"echo {SECRET}; exec sleep 600", timeout_seconds=0.3)
    with pytest.raises(SecretStoreError) as caught:
        store.read(FIRST)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in repr(vars(error))
        error = error.__context__


def test_an_interruption_kills_the_program(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(process: subprocess.Popen[bytes], *arguments: object, **options: object) -> None:
        while not (tmp_path / "parent").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(get=HANG.format(tmp_path)).read(FIRST)
    assert not is_alive(tmp_path / "parent")


def test_a_system_without_process_groups_loses_the_program_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg")
    store = make(get="exec sleep 600", timeout_seconds=0.3)
    assert failure_of(lambda: store.read(FIRST))[1] == "SECRET_STORE_TIMEOUT"
