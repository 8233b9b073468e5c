"""The parts of the documentation that are made from the code: tables between two comments in hand-written pages.

<!-- generated: NAME -->
…
<!-- end generated -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import typer

from vzctl.cli.flags import change_options, global_options
from vzctl.cli.main import app
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.codes import all_codes
from vzctl.domain.diagnosis.table import rules
from vzctl.errors import ExitStatus
from vzctl.render.contracts import CONTRACTS
from vzctl.setting_table import SETTINGS, STANDARD_VARIABLES

_BLOCK: Final = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)

_COMMANDS: Final = """\
# Commands

Every command takes the global options too, before its name or after it; a command that changes something takes those of
every change. *Columns* are those of `-o plain`, separated by tabs: new ones are only ever appended. A command without
columns prints `key<TAB>value` lines. What `-o json` prints is in [json.md](json.md).
"""

_ERRORS: Final = """\
# Errors

Made from the tables that `vzctl explain` and `vzctl diagnose` run on; [diagnose.md](diagnose.md) is the guide.
"""

PAGES: Final = {
    "docs/commands.md": (_COMMANDS, ("commands",)),
    "docs/configuration.md": ("# Configuration and environment\n", ("settings", "standard-variables")),
    "docs/errors.md": (_ERRORS, ("error-codes", "legacy-error-codes", "sentences")),
    "docs/exit-codes.md": ("# Exit codes\n", ("exit-codes",)),
}
"""Pages with blocks, and how a page begins when there is none yet."""


def with_blocks(text: str) -> str:
    """Return the page with every block made anew; raise `KeyError` for a block that nobody makes."""
    return _BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found['name']]()}{found[3]}", text)


def new_page(path: str) -> str:
    """Return a page that has only its blocks."""
    beginning, names = PAGES[path]
    blocks = [f"\n<!-- generated: {name} -->\n<!-- end generated -->\n" for name in names]
    return with_blocks(beginning + "".join(blocks))


def exit_codes() -> str:
    """Return the table of exit codes."""
    return _table(
        ("exit", "name", "meaning"), ((str(status.value), f"`{status.name}`", status.meaning) for status in ExitStatus)
    )


def settings() -> str:
    """Return the table of settings: flag, variable, key, who may set it."""
    rows = (
        (
            item.meaning,
            _code(item.flag),
            _code(item.variable),
            _code(item.key),
            item.default if " " in item.default else _code(item.default),
            "yes" if item.project else "no",
        )
        for item in SETTINGS
    )
    return _table(("setting", "flag", "variable", "key in `config.toml`", "default", "allowed in `.vzctl.toml`"), rows)


def standard_variables() -> str:
    """Return the table of variables that are not vzctl's own."""
    return _table(("variable", "meaning"), ((f"`{name}`", meaning) for name, meaning in STANDARD_VARIABLES))


def cause_table() -> str:
    """Return the table of causes that a verdict can name."""
    rows = ((cause.side, f"`{cause.name}`", cause.who, cause.meaning, cause.advice) for cause in causes().values())
    return _table(("side", "cause", "who acts", "meaning", "what to do"), rows)


def error_codes() -> str:
    """Return the table of the codes that today's Data API documents."""
    return _codes(legacy=False)


def legacy_error_codes() -> str:
    """Return the table of the codes of earlier Data APIs."""
    return _codes(legacy=True)


def sentences() -> str:
    """Return what is recognized by its words, each rule with an example of its own, in the order in which they are tried."""
    shown = (rule for rule in rules() if rule.needs.every or rule.needs.pattern)
    rows = ((f"`{rule.id}`", rule.side, f"`{rule.cause}`", _literal(rule.example)) for rule in shown)
    return _table(("rule", "side", "cause", "an example"), rows)


def _codes(*, legacy: bool) -> str:
    rows = (
        (
            f"`{entry.code}`",
            entry.side,
            " ".join(text for text in (entry.meaning, entry.how_to_decide) if text),
            entry.fix,
        )
        for entry in all_codes().values()
        if entry.is_legacy is legacy
    )
    return _table(("code", "side", "meaning", "what to do"), rows)


def _literal(text: str) -> str:
    """Return any text as code on one line; one more backtick around it than there are in it."""
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(found) for found in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


def commands() -> str:
    """Return every command with what it takes and prints."""
    root: Any = typer.main.get_command(app)
    parts = [
        _options_section("Global options", list(global_options())),
        _options_section("Options of every change", list(change_options())),
    ]
    for words, command in leaves(root):
        parts.append(_command(words, command))
    return "\n".join(parts)


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with the words that name it, in the order of help."""
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from leaves(child, (*words, name))


def columns_of(name: str) -> list[str]:
    """Return the headings of a command's plain output, or none when it prints key and value."""
    kind = CONTRACTS[name].result if name in CONTRACTS else None
    hints = get_type_hints(kind) if kind is not None and not _is_union(kind) else {}
    if len(hints) != 1:
        return []
    (hint,) = hints.values()
    row = get_args(hint)[0] if get_origin(hint) is tuple else None
    return [heading for heading, _ in getattr(row, "columns", ())]


def _command(words: tuple[str, ...], command: Any) -> str:
    shared = {name for option in (*global_options(), *change_options()) for name in option.opts}
    shared |= {"--help"}
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [
        item
        for item in command.params
        if item.param_type_name == "option" and not item.hidden and shared.isdisjoint(item.opts)
    ]
    usage = " ".join(["vzctl", *words, *(_usage(item) for item in arguments)])
    lines = [f"## `{usage}`", "", f"{' '.join((command.help or '').split())}", ""]
    rows = [
        *((f"`{item.metavar or item.name.upper()}`", item.help or "") for item in arguments),
        *((_option(item), item.help or "") for item in options),
    ]
    if rows:
        lines += [_table(("argument or option", "meaning"), iter(rows))]
    columns = columns_of(".".join(words))
    if columns:
        lines += [f"Columns: {', '.join(f'`{item}`' for item in columns)}.", ""]
    return "\n".join(lines)


def _usage(argument: Any) -> str:
    metavar = argument.metavar or argument.name.upper()
    many = "…" if argument.nargs == -1 else ""
    return f"{metavar}{many}" if argument.required else f"[{metavar}{many}]"


def _options_section(heading: str, options: list[Any]) -> str:
    return "\n".join(
        [f"## {heading}", "", _table(("option", "meaning"), ((_option(item), item.help) for item in options))]
    )


def _option(option: Any) -> str:
    takes_value = not option.is_flag and not option.count
    value = f" {option.metavar}" if takes_value and option.metavar else ""
    return ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))


def _is_union(kind: Any) -> bool:
    return isinstance(kind, UnionType)


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a table of Markdown; a bar inside a cell would end it."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


BLOCKS: Final = {
    "causes": cause_table,
    "commands": commands,
    "error-codes": error_codes,
    "exit-codes": exit_codes,
    "legacy-error-codes": legacy_error_codes,
    "sentences": sentences,
    "settings": settings,
    "standard-variables": standard_variables,
}
