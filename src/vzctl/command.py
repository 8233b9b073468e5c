"""Commands that vzctl prints for a person to paste: words, which only this module makes into text.

Whatever a name, an id or a URL contains, it stays one word of the command, and never becomes an option. What the user selected
on the command line (the profile, the state, the variable with the token) is part of every command that takes it, so that a
pasted command acts on the same organization. A selection from the environment or from the project file is not repeated: a
shell in the same directory has it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

PROGRAM: Final = "vzctl"
AGAIN: Final = "the same command"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@:,./+-][A-Za-z0-9_@:,./+=-]*")
"""No shell reads anything into these: zsh expands a leading `=`, and every shell a leading `~`."""
_QUOTED: Final = re.compile(r"['\\]+|[^'\\]+")

Value = str | int | bool | None | tuple[str, ...]
"""True is a switch; None and False leave the option out; several values repeat it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line selected: options for every command, and options by the name of the commands that take them."""

    everywhere: tuple[tuple[str, str], ...] = ()
    token_variable: str | None = None
    takes_token: frozenset[str] = frozenset()

    def kept(self, is_fit: Callable[[str], bool]) -> Selection:
        """Return what may be repeated: without values that are not fit to be printed."""
        return replace(self, everywhere=tuple((name, value) for name, value in self.everywhere if is_fit(value)))

    def options(self, path: str) -> tuple[tuple[str, str], ...]:
        """Return the options that a command gets."""
        is_told = self.token_variable is not None and path in self.takes_token
        return (*self.everywhere, *((("--token-env", str(self.token_variable)),) if is_told else ()))


_selection = Selection()


def selected() -> Selection:
    """Return what the command line has selected so far."""
    return _selection


def select(selection: Selection) -> None:
    """Set what every command is printed with from now on; the command line does so as it is read."""
    global _selection  # noqa: PLW0603  (one command line per process selects)
    _selection = selection


class Command:
    """A command as words. `path` is what is not data: `scope add`. Its text is what a shell takes.

    No dataclass: for every output format it is one value, not several fields.
    """

    __slots__ = ("_words",)

    def __init__(
        self,
        path: str,
        arguments: tuple[str, ...] = (),
        options: tuple[tuple[str, str | None], ...] = (),
        environment: tuple[tuple[str, str], ...] = (),
        program: str = PROGRAM,
    ) -> None:
        self._words = (path, arguments, options, environment, program)

    @property
    def path(self) -> str:
        """The nouns and verbs, without data."""
        return self._words[0]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: Callable[[object], Any]) -> Any:
        """Describe it in the published JSON schemas as the text that it is there."""
        return handler(str)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Command) and self._words == other._words

    def __hash__(self) -> int:
        return hash(self._words)

    def __repr__(self) -> str:
        return f"<{self.portable()}>"

    def filled(self, **names: str) -> Command:
        """Return the command with each `{name}` in its arguments and options filled in."""
        return self.changed(lambda text: text.format(**names))

    def changed(self, change: Callable[[str], str]) -> Command:
        """Return the command with every argument and every option's value changed."""
        path, arguments, options, environment, program = self._words
        values = tuple((name, None if value is None else change(value)) for name, value in options)
        return Command(path, tuple(map(change, arguments)), values, environment, program)

    def with_options(self, **options: Value) -> Command:
        """Return the command with more options."""
        path, arguments, given, environment, program = self._words
        return Command(path, arguments, (*given, *_options(options)), environment, program)

    def on_state(self, location: str) -> Command:
        """Return the command for the state at a location, whichever one is selected; another program is left as it is."""
        return self.with_options(state=location) if self._words[4] == PROGRAM else self

    def needs(self, name: str) -> bool:
        """Whether `{name}` is still to be filled in."""
        _, arguments, options, _, _ = self._words
        return any(f"{{{name}}}" in text for text in (*arguments, *(value or "" for _, value in options)))

    def repeating(self, typed: Sequence[str]) -> Command:
        """Return the command that was typed, when this one is the same again with more options; else this one."""
        _, _, options, _, program = self._words
        if program != AGAIN:
            return self
        more = [word for name, value in options for word in (name, value) if word is not None]
        end = typed.index("--") if "--" in typed else len(typed)
        kept = _without_values(typed[:end], {name for name, value in options if value is not None})
        return Command("", (*kept, *more, *typed[end:]))

    def portable(self) -> str:
        """Return the text without what this command line selected: for a reader on another machine."""
        return self._text(())

    def __str__(self) -> str:
        """Return the text that a person pastes into bash, zsh, fish or another shell."""
        path, _, options, _, _ = self._words
        given = {name for name, _ in options}
        if "--state" in given:
            given.add("--profile")  # selects a state too, which is not the one of this command
        if not path or "--help" in given:
            return self._text(())
        return self._text(tuple(item for item in _selection.options(path) if item[0] not in given))

    def _text(self, selected: tuple[tuple[str, str], ...]) -> str:
        path, arguments, given, environment, program = self._words
        words = [shell_word(item) for item in arguments]
        options = [_option(name, value) for name, value in (*given, *selected)]
        if path and any(item.startswith("-") and item != "-" for item in arguments):
            words, options = [], [*options, "--", *words]
        if program == AGAIN and options:
            words = ["with"]
        variables = [f"{name}={shell_word(value)}" for name, value in environment]
        return " ".join((*variables, program, *path.split(), *words, *options))


def _without_values(typed: Sequence[str], names: set[str]) -> list[str]:
    """Return the words without options that take a value and are about to be given another one."""
    kept: list[str] = []
    words = iter(typed)
    for word in words:
        if word in names:
            next(words, None)
        elif word.partition("=")[0] not in names:
            kept.append(word)
    return kept


@dataclass(frozen=True, slots=True)
class NextStep:
    """One exact command to run next, and why."""

    command: Command
    comment: str


def command(path: str, *arguments: str, **options: Value) -> Command:
    """Return `vzctl PATH ARGUMENTS --OPTIONS`; `from_` is `--from`, and `max_age_days` is `--max-age-days`."""
    return Command(path, arguments, _options(options))


def suggest(path: str, *arguments: str, comment: str, **options: Value) -> NextStep:
    """Return a next step that runs `vzctl PATH ARGUMENTS --OPTIONS`."""
    return NextStep(command(path, *arguments, **options), comment)


def suggest_again(comment: str, **options: Value) -> NextStep:
    """Return a next step that repeats what was typed, with these options."""
    return NextStep(Command("", (), _options(options), program=AGAIN), comment)


def suggest_program(program: str, *words: str, comment: str) -> NextStep:
    """Return a next step that runs another program."""
    return NextStep(Command("", words, program=program), comment)


def shell_word(text: str) -> str:
    """Return the text as one word of a command line, for bash, zsh, fish, and POSIX shells.

    Single quotes protect everything but themselves and, in fish, the backslash; those stand in double quotes. What cannot be
    printed is written as an escape: bash and zsh read it, and the others find no such name.
    """
    if _PLAIN.fullmatch(text):
        return text
    if not text:
        return "''"
    if not text.isprintable():
        return "$'" + "".join(_escaped(character) for character in text) + "'"
    return "".join(_quoted(part) for part in _QUOTED.findall(text))


def _quoted(part: str) -> str:
    return '"' + part.replace("\\", "\\\\") + '"' if part[0] in "'\\" else f"'{part}'"


def _escaped(character: str) -> str:
    """Return a character inside `$'…'`, where only plain ones stand for themselves."""
    number = ord(character)
    if character.isascii() and (character.isalnum() or character in " _-./"):
        return character
    if number == 0:
        return "\\ufffd"  # no word holds it, and a word that ends before it would be another name
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _options(options: Mapping[str, Value]) -> tuple[tuple[str, str | None], ...]:
    found: list[tuple[str, str | None]] = []
    for name, value in options.items():
        flag = f"--{name.strip('_').replace('_', '-')}"
        if value is True:
            found.append((flag, None))
        elif isinstance(value, tuple):
            found += [(flag, item) for item in value]
        elif value is not None and value is not False:
            found.append((flag, str(value)))
    return tuple(found)


def _option(name: str, value: str | None) -> str:
    if value is None:
        return name
    return f"{name}={shell_word(value)}" if value.startswith("-") else f"{name} {shell_word(value)}"
