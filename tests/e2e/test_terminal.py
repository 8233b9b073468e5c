"""What happens between vzctl and a person: a real pseudo-terminal, real keys, and the program as it is installed."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pexpect
import pytest

from tests.support.cli import LOGS, SHOP, Cli, installed_command
from tests.support.live import OTHER_KEY, LiveUser, live_user
from tests.support.standin.server import StandIn
from tests.support.standin.shared import LENIENT, shared

pytestmark = pytest.mark.installed

WAIT_SECONDS: Final = 60
CONTROL_C: Final = "\x03"
CONTROL_D: Final = "\x04"
NOTHING_CHANGED: Final = "cancelled: nothing was changed"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli.create(tmp_path / "user")
    made.configure(made.configuration + shared()[LENIENT].configuration)
    return made.init()


class Terminal:
    """A command in a terminal, and a person who reads and types."""

    def __init__(self, cli: Cli, command: list[str], env: Mapping[str, str] | None, columns: int) -> None:
        self.child: Any = pexpect.spawn(
            command[0],
            command[1:],
            env=cli.process_environment({"COLUMNS": "", **(env or {})}),
            cwd=str(cli.folder),
            dimensions=(40, columns),
            timeout=WAIT_SECONDS,
            encoding="utf-8",
        )
        self.seen = ""

    def reads(self, text: str) -> None:
        """Wait for the text, exactly."""
        self.child.expect_exact(text)
        self.seen += self.child.before + self.child.after

    def types(self, text: str) -> None:
        """Type the text and Enter."""
        self.child.sendline(text)

    def presses(self, key: str) -> None:
        """Press one key, or a control character."""
        self.child.send(key)

    def ends(self) -> int:
        """Read to the end and return the exit status; negative for a signal."""
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        return -self.child.signalstatus if self.child.exitstatus is None else int(self.child.exitstatus)

    @property
    def screen(self) -> str:
        """Everything that was shown, colors and carriage returns left out."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.seen).replace("\r", "")


@contextmanager
def at_terminal(
    cli: Cli, *words: str, env: Mapping[str, str] | None = None, stdin: str | None = None, columns: int = 100
) -> Iterator[Terminal]:
    """Run the installed program in a terminal; with `stdin` these bytes come through a pipe instead of the keyboard."""
    command = [*installed_command(), *words]
    if stdin is not None:
        command = ["sh", "-c", f"printf %s {shlex.quote(stdin)} | {shlex.join(command)}"]
    terminal = Terminal(cli, command, env, columns)
    try:
        yield terminal
    finally:
        terminal.child.close(force=True)


def held_keys(cli: Cli, key: str) -> list[str]:
    return [row[2] for row in cli.ok("credentials", "find", "--secret-stdin", stdin=key).rows]


# The hidden prompt.


def test_a_key_is_typed_hidden_and_arrives(cli: Cli) -> None:
    with at_terminal(cli, "credentials", "add", "openai-prod", "--provider", "openai", "--scope", "shop") as terminal:
        terminal.reads("Key of openai-prod: ")
        terminal.types("sk-typed-by-hand")
        assert terminal.ends() == 0
    assert "sk-typed" not in terminal.seen
    assert 'added the credential "openai-prod" (OpenAI)' in terminal.screen
    assert held_keys(cli, "sk-typed-by-hand") == ["current"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (("credentials", "find"), "Key to look for: "),
        (("credentials", "rotate", "openai-prod"), "New key of openai-prod: "),
        (("secrets", "put", "openai-prod"), "Current key: "),
        (("secrets", "token", "put"), "Astra token: "),
    ],
)
def test_every_key_that_is_asked_for_is_typed_hidden(cli: Cli, words: tuple[str, ...], prompt: str) -> None:
    cli.add(key="sk-first")
    with at_terminal(cli, *words) as terminal:
        terminal.reads(prompt)
        terminal.types("sk-first")
        assert terminal.ends() == 0
    assert "sk-first" not in terminal.seen


@pytest.mark.parametrize(
    ("key", "status", "said"), [(CONTROL_D, 13, f"error: {NOTHING_CHANGED}"), (CONTROL_C, 130, "interrupted")]
)
def test_leaving_the_hidden_prompt_changes_nothing(cli: Cli, key: str, status: int, said: str) -> None:
    before = cli.everything()
    with at_terminal(cli, "credentials", "add", "openai-prod", "--provider", "openai") as terminal:
        terminal.reads("Key of openai-prod: ")
        terminal.presses(key)
        assert terminal.ends() == status
    assert said in terminal.screen
    assert cli.everything() == before


def test_a_bad_key_at_the_prompt_is_refused_without_showing_it(cli: Cli) -> None:
    with at_terminal(cli, "credentials", "add", "openai-prod", "--provider", "openai") as terminal:
        terminal.reads("Key of openai-prod: ")
        terminal.types("two words")
        assert terminal.ends() == 2
    assert "the secret was refused: it contains a space or a tab" in terminal.screen
    assert "two words" not in terminal.seen


def test_secret_stdin_at_a_terminal_says_that_the_key_shows(cli: Cli) -> None:
    with at_terminal(cli, "credentials", "find", "--secret-stdin") as terminal:
        terminal.reads("reading the key from standard input; it shows while you type; end with ^D")
        terminal.types("sk-visible")
        terminal.presses(CONTROL_D)
        assert terminal.ends() == 0


# Questions.


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("answer", "status"), [("y", 0), ("YES", 0), ("n", 13), ("", 13), ("yep", 13), ("shop", 13), (CONTROL_D, 13)]
)
def test_a_moderate_question_takes_y_and_nothing_else_for_yes(cli: Cli, answer: str, status: int) -> None:
    cli.add()
    before = cli.everything()
    with at_terminal(cli, "scope", "remove", "openai-prod", "shop") as terminal:
        terminal.reads('Change the scope of "openai-prod"? [y/N] ')
        (terminal.presses if answer == CONTROL_D else terminal.types)(answer)
        assert terminal.ends() == status
    assert 'would remove shop from the scope of "openai-prod" (0 databases left)' in terminal.screen
    assert (cli.everything() == before) == (status != 0)
    assert (f"error: {NOTHING_CHANGED}" in terminal.screen) == (status != 0)


def test_a_question_follows_a_line_that_names_what_it_is_about(cli: Cli) -> None:
    cli.add()
    with at_terminal(cli, "scope", "remove", "openai-prod", "shop", columns=300) as terminal:
        terminal.reads('Change the scope of "openai-prod"? [y/N] ')
        terminal.types("n")
        assert terminal.ends() == 13
    organization = cli.document()["organization"]
    line = f"{organization['name']} · local · profile default · {cli.state}"
    assert terminal.screen.splitlines().count(line) == 1
    assert terminal.screen.index(line) < terminal.screen.index("Change the scope")


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("answer", "status"),
    [("openai-prod", 0), ("openai", 13), ("y", 13), ("", 13), ("OPENAI-PROD", 13), (CONTROL_D, 13)],
)
def test_a_severe_question_wants_the_name(cli: Cli, answer: str, status: int) -> None:
    cli.add().collect()
    before = cli.everything()
    with at_terminal(cli, "credentials", "remove", "openai-prod", "--yes") as terminal:
        terminal.reads('Remove the credential "openai-prod"? Type openai-prod to go on: ')
        (terminal.presses if answer == CONTROL_D else terminal.types)(answer)
        assert terminal.ends() == status
    assert '  collection shop/default/products (OpenAI with the credential "openai-prod")' in terminal.screen
    assert (cli.everything() == before) == (status != 0)
    assert ("error: cancelled: the name was not typed; nothing was changed" in terminal.screen) == (status != 0)


@pytest.mark.slow
def test_a_y_answers_a_rotation_after_the_key_was_tested(cli: Cli) -> None:
    cli.add()
    with at_terminal(cli, "credentials", "rotate", "openai-prod") as terminal:
        terminal.reads("New key of openai-prod: ")
        terminal.types("sk-second")
        terminal.reads('Rotate "openai-prod" now? [y/N] ')
        terminal.types("y")
        assert terminal.ends() == 0
    assert "  test          the new key was tested: it works at the provider" in terminal.screen
    assert held_keys(cli, "sk-second") == ["current"]


@pytest.mark.slow
def test_the_answer_comes_from_the_terminal_while_the_key_comes_through_the_pipe(cli: Cli) -> None:
    cli.add()
    words = ("credentials", "rotate", "openai-prod", "--secret-stdin")
    with at_terminal(cli, *words, stdin="sk-from-the-pipe") as terminal:
        terminal.reads('Rotate "openai-prod" now? [y/N] ')
        terminal.types("y")
        assert terminal.ends() == 0
    assert held_keys(cli, "sk-from-the-pipe") == ["current"]


@pytest.mark.parametrize("words", [("credentials", "remove", "openai-prod"), ("state", "restore", "latest")])
def test_an_interrupt_at_a_question_changes_nothing(cli: Cli, words: tuple[str, ...]) -> None:
    cli.add().collect()
    before = cli.everything()
    with at_terminal(cli, *words) as terminal:
        terminal.reads("to go on: ")
        terminal.presses(CONTROL_C)
        assert terminal.ends() == 130
    assert "error: interrupted; nothing more was changed" in terminal.screen
    assert cli.everything() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flag", "env", "source"),
    [
        (["--no-input"], {}, "--no-input"),
        ([], {"VZCTL_NO_INPUT": "1"}, "VZCTL_NO_INPUT"),
        ([], {"CI": "true"}, "CI"),
    ],
)
def test_where_prompts_are_forbidden_the_error_names_the_flag_that_answers(
    cli: Cli, flag: list[str], env: dict[str, str], source: str
) -> None:
    cli.add().collect()
    before = cli.everything()
    cases = {
        ("credentials", "remove", "openai-prod"): (
            f'remove the credential "openai-prod"? nobody can be asked ({source} is set); give --confirm openai-prod'
        ),
        ("collections", "forget", "shop/default/products"): (
            f'forget the collection "shop/default/products"? nobody can be asked ({source} is set); give --yes'
        ),
        ("credentials", "add", "new", "--provider", "openai"): (
            "a key is needed and nobody can be asked; give --secret-stdin, --secret-file FILE or --secret-env VARIABLE"
        ),
        ("init", "--profile", "other"): "who enforces scopes? give --control-plane local or --control-plane astra",
        ("secrets", "reveal", "openai-prod"): "a secret is revealed at a terminal only; a script uses its own store",
    }
    for words, error in cases.items():
        with at_terminal(cli, *words, *flag, env=env) as terminal:
            assert terminal.ends() == 8
        assert " ".join(terminal.screen.split()).startswith(f"error: {error}"), "lines are broken between words"
    assert cli.everything() == before


def test_ci_is_overruled_when_prompts_are_not_forbidden_by_name(cli: Cli) -> None:
    cli.add()
    with at_terminal(cli, "credentials", "remove", "openai-prod", env={"CI": "false"}) as terminal:
        terminal.reads("[y/N] ")
        terminal.types("y")
        assert terminal.ends() == 0


def test_without_a_terminal_to_read_from_nobody_is_asked(cli: Cli) -> None:
    cli.add()
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*installed_command(), "credentials", "remove", "openai-prod"],
        env=cli.process_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,  # a terminal, but not the one that controls this process: it has none
        start_new_session=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == 8
    assert said.startswith('error: remove the credential "openai-prod"? nobody can be asked (no terminal); give --yes')


# init.


@pytest.mark.parametrize(("answer", "status"), [("local", 0), ("ASTRA", 0), ("portal", 13), ("", 13)])
def test_init_asks_for_the_control_plane_and_has_no_default(cli: Cli, answer: str, status: int) -> None:
    with at_terminal(cli, "init", "--profile", "new") as terminal:
        terminal.reads("Control plane: local (self-hosted) or astra (the Astra Portal)? [local/astra] ")
        terminal.types(answer)
        assert terminal.ends() == status
    shown = cli.run("state", "show", "--profile", "new")
    assert shown.facts.get("control_plane") == (answer.lower() if status == 0 else None)


# reveal.


def test_a_key_is_revealed_after_its_name_was_typed_and_the_audit_knows(cli: Cli) -> None:
    cli.add(key="sk-first")
    with at_terminal(cli, "secrets", "reveal", "openai-prod") as terminal:
        terminal.reads("the current key will be shown in clear text on this screen")
        terminal.reads('Reveal the current key of "openai-prod"? Type openai-prod to go on: ')
        terminal.types("openai-prod")
        assert terminal.ends() == 0
    assert terminal.screen.endswith("\nsk-first\n")
    assert cli.ok("audit").rows[-1][2:5] == [
        "done",
        'revealed the current key of "openai-prod" at a terminal',
        "secrets reveal",
    ]


@pytest.mark.slow
def test_a_key_is_not_revealed_for_the_wrong_name_nor_by_yes_nor_read_only(cli: Cli) -> None:
    cli.add(key="sk-first")
    before = cli.everything()
    with at_terminal(cli, "secrets", "reveal", "openai-prod", "--yes") as terminal:
        terminal.reads("Type openai-prod to go on: ")
        terminal.types("openai")
        assert terminal.ends() == 13
    with at_terminal(cli, "secrets", "reveal", "openai-prod", env={"VZCTL_READ_ONLY": "1"}) as read_only:
        assert read_only.ends() == 2
    assert "sk-first" not in terminal.seen + read_only.seen
    assert cli.everything() == before


@pytest.mark.parametrize("output", ["plain", "json"])
def test_a_key_is_revealed_as_text_for_a_person_only(cli: Cli, output: str) -> None:
    cli.add(key="sk-first")
    with at_terminal(cli, "secrets", "reveal", "openai-prod", "--confirm", "openai-prod", "-o", output) as terminal:
        assert terminal.ends() == 8
    assert "a secret is revealed at a terminal only, not into a pipe, a file or JSON" in terminal.screen
    assert "sk-first" not in terminal.seen


# Rotation at Astra, walked with a person.


def astra(cli: Cli) -> Cli:
    cli.ok("init", "--control-plane", "astra", "--profile", "astra")
    cli.environment["VZCTL_PROFILE"] = "astra"
    for name, number in (("shop", "11111111-1111-4111-8111-111111111111"), ("logs", LOGS)):
        cli.ok("databases", "add", name, "--id", number)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs").attest_all()
    return cli


def step(cli: Cli) -> str:
    return cli.ok("rotations", "show", "openai-prod").facts["rotation.step"]


@pytest.mark.slow
def test_a_rotation_is_walked_with_a_person_to_its_end(cli: Cli) -> None:
    astra(cli)
    with at_terminal(cli, "credentials", "rotate", "openai-prod") as terminal:
        terminal.reads("New key of openai-prod: ")
        terminal.types("sk-second")
        terminal.reads('Rotate "openai-prod" now? [y/N] ')
        terminal.types("y")
        for title in (
            'TESTED → REMOVED: remove the API key "openai-prod"',
            'REMOVED → RECREATED: add the API key "openai-prod"',
            'RECREATED → SCOPED: add shop, logs to the scoped databases of "openai-prod"',
        ):
            terminal.reads(title)
            terminal.reads("Done? [y/N] ")
            terminal.types("y")
        assert terminal.ends() == 0
    assert 'rotated "openai-prod": same name, same provider, 2 in scope; the new key was tested: it' in terminal.screen
    assert (step(cli), held_keys(cli, "sk-second")) == ("DONE", ["current"])


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "status", "stands_at"), [(["n"], 14, "TESTED"), (["y", "n"], 12, "REMOVED")])
def test_a_person_stops_at_any_step_and_goes_on_later(
    cli: Cli, answers: list[str], status: int, stands_at: str
) -> None:
    astra(cli)
    words = ("credentials", "rotate", "openai-prod", "--secret-stdin", "--yes")
    with at_terminal(cli, *words, stdin="sk-second") as terminal:
        for answer in answers:
            terminal.reads("Done? [y/N] ")
            terminal.types(answer)
        assert terminal.ends() == status
    assert step(cli) == stands_at
    with at_terminal(cli, "rotations", "resume", "openai-prod") as terminal:
        for _ in range(4 - len(answers)):
            terminal.reads("Done? [y/N] ")
            terminal.types("y")
        assert terminal.ends() == 0
    assert step(cli) == "DONE"


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "status", "stands_at"), [([], 130, "TESTED"), (["y"], 12, "REMOVED")])
def test_an_interrupt_at_a_persons_step_leaves_the_rotation_where_it_stands(
    cli: Cli, answers: list[str], status: int, stands_at: str
) -> None:
    astra(cli)
    words = ("credentials", "rotate", "openai-prod", "--secret-env", "NEW_KEY", "--yes")
    with at_terminal(cli, *words, env={"NEW_KEY": "sk-second"}) as terminal:
        for answer in answers:
            terminal.reads("Done? [y/N] ")
            terminal.types(answer)
        terminal.reads("Done? [y/N] ")
        terminal.presses(CONTROL_C)
        assert terminal.ends() == status
    assert step(cli) == stands_at


def test_the_key_is_asked_for_again_when_this_machine_does_not_hold_it(cli: Cli) -> None:
    astra(cli)
    assert cli.rotate().status == 14
    pending = cli.document()["credentials"][0]["pending"]
    next((cli.folder / "state").rglob(f"{pending}.age")).unlink()
    with at_terminal(cli, "rotations", "resume", "openai-prod") as terminal:
        terminal.reads("New key: ")
        terminal.types("sk-second")
        terminal.reads("Done? [y/N] ")
        terminal.types("n")
        assert terminal.ends() == 14
    assert "sk-second" not in terminal.seen


def test_a_rollback_is_walked_with_a_person_too(cli: Cli) -> None:
    astra(cli)
    assert cli.rotate().status == 14
    assert cli.run("rotations", "resume", "openai-prod", "--attest", "removed").status == 12
    with at_terminal(cli, "rotations", "rollback", "openai-prod") as terminal:
        terminal.reads("you recreate it in the Portal with the old key")
        terminal.reads("Type openai-prod to go on: ")
        terminal.types("openai-prod")
        terminal.reads("that is the OLD key: vzctl secrets reveal openai-prod shows it at a terminal")
        for _ in range(2):
            terminal.reads("Done? [y/N] ")
            terminal.types("y")
        assert terminal.ends() == 0
    assert step(cli) == "ROLLED_BACK"


# Signals during a rotation.


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_key_is_waited_for_ends_the_rotation_at_once(
    cli: Cli, number: signal.Signals, status: int
) -> None:
    """While a step is under way it is finished first: tests/crash/test_interrupts.py."""
    cli.add()
    before = cli.everything()
    os.mkfifo(cli.folder / "fifo")
    words = ("credentials", "rotate", "openai-prod", "--secret-file", "fifo", "--yes", "--skip-test")
    with (
        at_terminal(cli, *words) as terminal,
        (cli.folder / "fifo").open("wb"),
    ):  # returns when the command waits for the key
        terminal.child.kill(number)
        assert terminal.ends() == status
    assert "interrupted; nothing more was changed" in terminal.screen
    assert cli.everything() == before


# What is shown.


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "words", ["status", "databases list", "collections list", "credentials show openai-prod", "audit"]
)
def test_tables_at_80_columns_are_those_of_a_pipe_at_80_columns(cli: Cli, words: str) -> None:
    cli.add().collect()
    with at_terminal(cli, *words.split(), env={"NO_COLOR": "1"}, columns=80) as terminal:
        assert terminal.ends() == 0
    piped = cli.run(*words.split(), "-o", "human", env={"COLUMNS": "80"})
    shown = [line.rstrip() for line in terminal.screen.splitlines()]
    assert shown == [line.rstrip() for line in (piped.out + piped.err).splitlines()]
    table = [line for line in shown if not line.startswith(("next: ", str(cli.state)))]
    assert max(len(line) for line in table) <= 80
    assert "\x1b" not in terminal.seen


@pytest.mark.slow
def test_colors_are_shown_at_a_terminal_unless_it_is_dumb(cli: Cli) -> None:
    for env, colored in (({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False)):
        with at_terminal(cli, "status", env=env) as terminal:
            assert terminal.ends() == 0
        assert ("\x1b[" in terminal.seen) == colored


def test_an_error_in_json_mode_at_a_terminal_is_one_document_and_one_line_for_the_person(cli: Cli) -> None:
    with at_terminal(cli, "credentials", "show", "nobody", "-o", "json") as terminal:
        assert terminal.ends() == 3
    document, line = terminal.screen.splitlines()
    assert document.startswith('{"schema":"vzctl/1","ok":false,"code":"CREDENTIAL_NOT_FOUND"')
    assert line == 'error: there is no credential "nobody"'


@pytest.mark.slow
def test_the_map_at_a_terminal_is_a_tree_of_its_width(cli: Cli) -> None:
    cli.add().collect("shop/default/products")
    seen = {}
    for columns, env in ((120, {}), (40, {}), (80, {"TERM": "dumb"}), (80, {"LC_ALL": "C"}), (80, {"NO_COLOR": "1"})):
        with at_terminal(cli, "map", env=env, columns=columns) as terminal:
            assert terminal.ends() == 0
        seen[columns, *env] = terminal.seen
    assert "├─" not in seen[120,]
    assert "   └─ " in seen[120,]
    assert "shop/default/products\x1b[0m" not in seen[120,]
    assert "\x1b[1mOpenAI (openai)\x1b[0m" in seen[120,]
    assert "products\r\n" in seen[40,]
    for plain in (seen[80, "TERM"], seen[80, "LC_ALL"]):
        assert "`- " in plain
        assert "└" not in plain
    assert "\x1b" not in seen[80, "TERM"] + seen[80, "NO_COLOR"]


def test_a_map_written_at_a_terminal_says_where_it_is(cli: Cli) -> None:
    with at_terminal(cli, "map", "--out", "map.html") as terminal:
        assert terminal.ends() == 0
    assert "wrote the map to " in terminal.screen
    assert (cli.folder / "map.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_a_drawing_at_a_terminal_is_the_text_that_a_file_would_hold(cli: Cli) -> None:
    cli.ok("map", "--out", "map.html")
    written = (cli.folder / "map.html").read_text(encoding="utf-8")
    with at_terminal(cli, "map", "--format", "html", env={"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}) as terminal:
        assert terminal.ends() == 0
    times = re.compile(r"\d{4}-\d\d-\d\d.\d\d:\d\d(:\d\dZ)?")
    assert times.sub("", terminal.seen.replace("\r\n", "\n")) == times.sub("", written)


@pytest.mark.slow
def test_status_at_a_terminal_ends_with_the_most_urgent_command(cli: Cli) -> None:
    for number in range(40):
        cli.ok("credentials", "add", f"key-{number}", "--provider", "openai", "--no-secret")
    with at_terminal(cli, "status", columns=80) as terminal:
        assert terminal.ends() == 0
    lines = terminal.seen.rstrip().splitlines()
    assert lines[-2:] == ["next: vzctl credentials rotate key-0", "  # the most urgent: key due"]
    assert len(lines) < 40
    assert any(line.endswith(" more: \x1b[0m\x1b[36mvzctl credentials list --due\x1b[0m") for line in lines)


# --- a person's steps are looked at


@pytest.fixture
def at_portal(tmp_path: Path) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        user = live_user(Cli.create(tmp_path / "user"), stand_in, "astra")
        user.astra.providers.add("openai", OTHER_KEY)
        yield user


@pytest.mark.slow
def test_a_step_that_is_not_in_force_is_waited_for_in_sight(at_portal: LiveUser) -> None:
    env = {"NEW_KEY": OTHER_KEY}
    words = ("credentials", "rotate", "openai-prod", "--secret-env", "NEW_KEY", "--wait", "60", "--yes")
    with at_terminal(at_portal.cli, *words, env=env) as terminal:
        terminal.reads("TESTED → REMOVED: remove the API key")
        terminal.reads("Done? [y/N] ")
        terminal.types("y")
        terminal.reads("waiting until REMOVED is in force: 60 s left")
        terminal.reads(": 5")
        at_portal.astra.portal.remove("openai-prod")
        terminal.reads("REMOVED: seen: refused in shop")
        terminal.reads("Done? [y/N] ")
        at_portal.astra.portal.add("openai-prod", "openai", OTHER_KEY, SHOP)
        terminal.types("y")
        terminal.reads("Done? [y/N] ")
        terminal.types("y")
        terminal.reads("SCOPED 1/1: seen: usable in shop")
        assert terminal.ends() == 0
    assert "the scope holds what it held: seen" in terminal.screen


@pytest.mark.slow
def test_an_interrupt_ends_the_wait_and_leaves_the_rotation_where_it_stands(at_portal: LiveUser) -> None:
    env = {"NEW_KEY": OTHER_KEY}
    words = ("credentials", "rotate", "openai-prod", "--secret-env", "NEW_KEY", "--wait", "600", "--yes")
    with at_terminal(at_portal.cli, *words, env=env) as terminal:
        terminal.reads("Done? [y/N] ")
        terminal.types("y")
        terminal.reads("s left")
        terminal.presses(CONTROL_C)
        assert terminal.ends() == 12
    assert 'the rotation of "openai-prod" stands at REMOVED' in terminal.screen
    assert at_portal.cli.document()["rotations"][0]["step"] == "REMOVED"
