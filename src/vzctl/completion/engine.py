"""Answers a TAB: words up to the cursor in, candidates out.

The completion scripts run `_VZCTL_COMPLETE=SHELL vzctl -- …`, which comes here before anything else is loaded:

    bash        -- "$COMP_WORDBREAKS" "the line up to the cursor"
    zsh, fish   -- word… "the word under the cursor"

The answer's first line is `values`, `files` or `directories` (zsh: and, after tabs, how many characters of the word
stand before the value, and what the values are); then one candidate a line. `vzctl.completion.scripts` reads it.
Whatever goes wrong, the answer is empty, the exit status 0 and stderr silent: somebody is typing.
"""

from __future__ import annotations

import os

from vzctl.completion.candidates import Values, matching
from vzctl.completion.names import load_names
from vzctl.completion.tree import TREE_PATH, load_tree
from vzctl.completion.words import BashLine, quote_for_bash

TYPE_CHECKING = False  # see vzctl.completion.tree
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vzctl.completion.candidates import Candidate
    from vzctl.completion.names import Names
    from vzctl.completion.tree import Argument, Command, Option, Tree

    Locate = Callable[[dict[str, str], Mapping[str, str], str], str | None]

VARIABLE = "_VZCTL_COMPLETE"


class Completion:
    """What fits under the cursor: `values` (or `files`, `directories`), each after the typed `prefix` (`--option=`)."""

    __slots__ = ("candidates", "mode", "prefix", "title")

    def __init__(
        self, candidates: Sequence[Candidate] = (), *, title: str = "", mode: str = "values", prefix: str = ""
    ):
        self.candidates = list(candidates)
        self.title = title
        self.mode = mode
        self.prefix = prefix


class Line:
    """What the words before the cursor mean: the command they name, the options and arguments they give."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.command: Command = tree["root"]
        self.given: dict[str, list[str]] = {}
        self.arguments: list[str] = []
        self.awaiting: Option | None = None
        self.options_ended = False
        self.is_lost = False

    def take(self, word: str) -> None:
        """Read one more word."""
        if self.awaiting is not None:
            self._give(self.awaiting, word)
            self.awaiting = None
        elif self.options_ended or word == "-" or not word.startswith("-"):
            self._take_argument(word)
        elif word == "--":
            self.options_ended = True
        else:
            option, value = self.attached(word)
            if option is not None and value is not None:
                self._give(option, value)
            elif word.startswith("--"):
                self._take_option(self.option(word))
            else:
                for letter in word[1:]:
                    self._take_option(self.option("-" + letter))

    def option(self, name: str) -> Option | None:
        """Return the option of that name which this command, or every command, accepts."""
        return next((option for option in self.options() if name in option["names"]), None)

    def options(self) -> list[Option]:
        """Return the options that may stand here, the command's own first."""
        return [*self.command["options"], *self.tree["global_options"]]

    def attached(self, word: str) -> tuple[Option | None, str | None]:
        """Split `--option=value` and `-ovalue` into the option and its value; None, None for any other word."""
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            option = self.option(name)
            return (option, value) if equals and option is not None and option["takes_value"] else (None, None)
        for index, letter in enumerate(word[1:], start=2):
            option = self.option("-" + letter)
            if option is None:
                break
            if option["takes_value"]:
                return (option, word[index:]) if word[index:] else (None, None)
        return None, None

    def values_of(self, name: str) -> list[str]:
        """Return the values given so far to the option of that name."""
        option = self.option(name)
        return [] if option is None else self.given.get(option["names"][0], [])

    def argument(self) -> tuple[Argument | None, list[str]]:
        """Return the argument that the next word belongs to, and the words that it has already."""
        position = 0
        for argument in self.command["arguments"]:
            if argument["nargs"] < 0 or len(self.arguments) < position + argument["nargs"]:
                return argument, self.arguments[position:]
            position += argument["nargs"]
        return None, []

    def _take_option(self, option: Option | None) -> None:
        if option is not None:
            self.given.setdefault(option["names"][0], [])
            if option["takes_value"]:
                self.awaiting = option

    def _give(self, option: Option, value: str) -> None:
        self.given.setdefault(option["names"][0], []).append(value)

    def _take_argument(self, word: str) -> None:
        if not self.command["commands"]:
            self.arguments.append(word)
            return
        found = next((command for command in self.command["commands"] if command["name"] == word), None)
        if found is None:
            self.is_lost = True
        else:
            self.command = found


def complete(
    tree: Tree, words: Sequence[str], *, environ: Mapping[str, str], directory: str, locate: Locate
) -> Completion:
    """Return what fits for the last of `words` (without the program's name); it may be empty."""
    line = Line(tree)
    for word in words[:-1]:
        line.take(word)
    typed = words[-1] if words else ""
    if line.is_lost:
        return Completion()

    def load() -> Names:
        path = locate(_flags(line), environ, directory)
        return {} if path is None else load_names(path)

    values = Values(tree["vocabularies"], load, environ, next(iter(reversed(line.values_of("--provider"))), None))
    if line.awaiting is not None:
        return _option_value(values, line, line.awaiting, typed)
    if typed.startswith("-") and not line.options_ended:
        option, value = line.attached(typed)
        if option is not None and value is not None:
            completion = _option_value(values, line, option, value)
            completion.prefix = typed[: len(typed) - len(value)]
            return completion
        return Completion(_options(line, typed), title="option")
    if line.command["commands"]:
        commands = [(command["name"], command["help"]) for command in line.command["commands"]]
        return Completion(matching(commands, typed), title="command")
    argument, taken = line.argument()
    if argument is None:
        return Completion()
    return _value(values, argument["kind"], argument["choices"], typed, taken)


def _flags(line: Line) -> dict[str, str]:
    """The typed options that decide which state file is meant; the shell has not expanded them yet."""
    flags: dict[str, str] = {}
    for name in ("state", "profile"):
        for value in line.values_of(f"--{name}")[-1:]:
            flags[name] = os.path.expandvars(os.path.expanduser(value)) if name == "state" else value
    return flags


def _option_value(values: Values, line: Line, option: Option, typed: str) -> Completion:
    taken = line.given.get(option["names"][0], []) if option["multiple"] else []
    return _value(values, option["kind"], option["choices"], typed, taken)


def _value(values: Values, kind: str, choices: Sequence[str], typed: str, taken: Sequence[str]) -> Completion:
    if kind in ("file", "directory"):
        return Completion(mode="files" if kind == "file" else "directories", title=kind)
    found = [(choice, "") for choice in choices] or values.of_kind(kind)
    fitting = matching((candidate for candidate in found if candidate[0] not in taken), typed)
    if kind == "database" and typed and not fitting:
        fitting = matching((candidate for candidate in values.database_ids() if candidate[0] not in taken), typed)
    return Completion(fitting, title=kind if not choices else "value")


def _options(line: Line, typed: str) -> list[Candidate]:
    offered: dict[str, str] = {}
    for option in line.options():
        if option["multiple"] or option["names"][0] not in line.given:
            for name in option["names"]:
                if name.startswith(typed):
                    offered.setdefault(name, option["help"])
    return list(offered.items())


def answer_bash(completion: Completion, line: BashLine) -> list[str]:
    """Write the answer for bash, which replaces the line from `line.kept` on and inserts what it gets as it is."""
    typed_head = line.words[-1][: line.kept]
    answer = [completion.mode]
    for value, _ in completion.candidates:
        whole = completion.prefix + value
        quoted = quote_for_bash(whole[line.kept :], line.quote)
        if quoted is not None and whole.startswith(typed_head):
            answer.append(quoted)
    return answer


def answer_zsh(completion: Completion) -> list[str]:
    """Write the answer for zsh: `value:description` as its `_describe` takes them."""
    answer = [f"{completion.mode}\t{len(completion.prefix)}\t{completion.title}"]
    for value, description in completion.candidates:
        escaped = value.replace("\\", "\\\\").replace(":", "\\:")
        answer.append(f"{escaped}:{_shown(description)}" if description else escaped)
    return answer


def answer_fish(completion: Completion) -> list[str]:
    """Write the answer for fish: whole words, each with its description after a tab."""
    return [
        completion.mode,
        *(f"{completion.prefix}{value}\t{_shown(description)}" for value, description in completion.candidates),
    ]


def _shown(description: str) -> str:
    return "".join(letter for letter in description if letter.isprintable())


def answer(
    shell: str, arguments: Sequence[str], *, tree: Tree, environ: Mapping[str, str], directory: str, locate: Locate
) -> list[str]:
    """Return the lines of the answer to `shell`; none for a shell that nobody knows."""

    def asked(words: Sequence[str]) -> Completion:
        return complete(tree, words, environ=environ, directory=directory, locate=locate)

    if shell == "bash":
        breaks, text = arguments
        line = BashLine(text, breaks)
        return answer_bash(Completion(mode="files") if line.is_redirected else asked(line.words), line)
    if shell == "zsh":
        return answer_zsh(asked(arguments))
    if shell == "fish":
        under_cursor = BashLine("vzctl " + arguments[-1], "").words[-1]  # the only word that fish hands over quoted
        return answer_fish(asked([*arguments[:-1], under_cursor]))
    return []


def run(
    arguments: Sequence[str], environ: Mapping[str, str], *, tree_path: str = TREE_PATH, locate: Locate | None = None
) -> int:
    """Answer the completion script on stdout and return the exit status, which is always 0."""
    try:
        lines = answer(
            environ[VARIABLE],
            arguments[1:] if arguments[:1] == ["--"] else arguments,
            tree=load_tree(tree_path),
            environ=environ,
            directory=os.getcwd(),
            locate=locate or locate_in_settings,
        )
        unsent = "".join(line + "\n" for line in lines).encode(errors="surrogateescape")
        while unsent:
            unsent = unsent[os.write(1, unsent) :]
    except BaseException:  # noqa: BLE001, S110  (a ^C too: nothing may be printed into the line being typed)
        pass
    return 0


def locate_in_settings(flags: dict[str, str], environ: Mapping[str, str], directory: str) -> str | None:
    """Ask the settings which state file is meant; imported late, because most words need no state."""
    from vzctl.settings import locate_state

    return locate_state(flags, environ, directory)
