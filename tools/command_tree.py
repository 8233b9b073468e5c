"""Describes the Typer application for shell completion: `src/vzctl/completion/tree.json` and `completions/`.

What a value completes to follows from its metavar, by one table. Hidden commands and options are left out; the options
of the application itself are the global ones, described once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from vzctl.completion.scripts import FILE_NAMES, SHELLS, script

if TYPE_CHECKING:
    from vzctl.completion.tree import Argument, Command, Option, Tree

KIND_OF_METAVAR: Final = {
    "NAME": "credential",
    "CREDENTIAL": "credential",
    "DB": "database",
    "DATABASE": "database",
    "PROVIDER": "provider",
    "INTEGRATION": "integration",
    "ADDRESS": "address",
    "COLLECTION_ADDRESS": "collection",
    "COLUMN_ADDRESS": "column",
    "ROTATION": "rotation",
    "REVOCATION": "revocation",
    "PENDING": "pending",
    "MODEL": "model",
    "PROFILE": "profile",
    "CODE": "code",
    "FILE": "file",
    "PATH": "file",
    "DIR": "directory",
    "DIRECTORY": "directory",
}

Vocabularies = Mapping[str, Iterable[Sequence[str]]]


def write_tree(app: typer.Typer, path: Path, vocabularies: Vocabularies) -> None:
    """Write the command tree of `app`; `vocabularies` gives the fixed values of a kind, as (value, description)."""
    path.write_text(tree_text(app, vocabularies), encoding="utf-8")


def write_scripts(directory: Path) -> None:
    """Write the completion script of every shell, under the name that its shell looks for."""
    for shell in SHELLS:
        (directory / FILE_NAMES[shell]).write_text(script(shell), encoding="utf-8")


def tree_text(app: typer.Typer, vocabularies: Vocabularies) -> str:
    """Return what `write_tree` writes."""
    root = typer.main.get_command(app)
    help_names = root.context_settings.get("help_option_names", ["--help"])
    global_options = [*_options(root, vocabularies), _help_option(help_names)]
    tree: Tree = {
        "format": 1,
        "root": describe(root, vocabularies, global_options=global_options),
        "global_options": global_options,
        "vocabularies": {kind: [list(row) for row in rows] for kind, rows in vocabularies.items()},
    }
    return json.dumps(tree, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def describe(command: Any, vocabularies: Vocabularies, *, global_options: Sequence[Option] = ()) -> Command:
    """Describe one Click command (Typer brings its own Click) and everything below it, without the global options."""
    globally = {name for option in global_options for name in option["names"]}
    return {
        "name": command.name or "",
        "help": first_sentence(command.short_help or command.help),
        "options": [item for item in _options(command, vocabularies) if not globally.issuperset(item["names"])],
        "arguments": [_argument(item, vocabularies) for item in command.params if item.param_type_name == "argument"],
        "commands": [
            describe(child, vocabularies, global_options=global_options)
            for child in getattr(command, "commands", {}).values()
            if not child.hidden
        ],
    }


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a help text on one line, without its full stop."""
    words = " ".join((text or "").partition("\f")[0].partition("\n\n")[0].split())
    return words.partition(". ")[0].removesuffix(".")


def _options(command: Any, vocabularies: Vocabularies) -> list[Option]:
    options: list[Option] = []
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            takes_value = not parameter.is_flag and not parameter.count
            kind, choices = _kind(parameter.metavar, vocabularies) if takes_value else ("", [])
            options.append(
                {
                    "names": [*parameter.opts, *parameter.secondary_opts],
                    "help": first_sentence(parameter.help),
                    "takes_value": takes_value,
                    "multiple": bool(parameter.multiple or parameter.count),
                    "kind": kind,
                    "choices": choices,
                }
            )
    return options


def _help_option(names: Sequence[str]) -> Option:
    return {
        "names": list(names),
        "help": "Show this message and exit",
        "takes_value": False,
        "multiple": False,
        "kind": "",
        "choices": [],
    }


def _argument(parameter: Any, vocabularies: Vocabularies) -> Argument:
    kind, choices = _kind(parameter.metavar or parameter.name.upper(), vocabularies)
    return {"kind": kind, "choices": choices, "nargs": parameter.nargs}


def _kind(metavar: str | None, vocabularies: Vocabularies) -> tuple[str, list[str]]:
    """Return the kind of a parameter's values, and fixed choices, from a metavar like `[-|FILE]` or `fail|skip`."""
    words = [word for word in (metavar or "").strip("[]{}<>().… ").split("|") if word]
    for word in words:
        if word in KIND_OF_METAVAR:
            return KIND_OF_METAVAR[word], []
        if word.lower() in vocabularies:
            return word.lower(), []
    if len(words) > 1:
        return "", words
    return "", []
