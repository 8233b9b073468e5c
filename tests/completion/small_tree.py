"""A small command tree by hand, with the real one's words: the engine's tests need no Typer application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vzctl.completion.tree import Argument, Command, Option, Tree


def option(*names: str, kind: str | None = None, choices: tuple[str, ...] = (), multiple: bool = False) -> Option:
    """Describe an option; one without kind and choices is a flag, kind "" takes a value that nobody can guess."""
    return {
        "names": list(names),
        "help": f"help of {names[0]}",
        "takes_value": kind is not None or bool(choices),
        "multiple": multiple,
        "kind": kind or "",
        "choices": list(choices),
    }


def argument(kind: str = "", *, nargs: int = 1, choices: tuple[str, ...] = ()) -> Argument:
    """Describe an argument."""
    return {"kind": kind, "choices": list(choices), "nargs": nargs}


def leaf(name: str, *arguments: Argument, options: tuple[Option, ...] = ()) -> Command:
    """Describe a command with its arguments and options."""
    return {
        "name": name,
        "help": f"help of {name}",
        "options": list(options),
        "arguments": list(arguments),
        "commands": [],
    }


def group(name: str, *commands: Command) -> Command:
    """Describe a group of commands."""
    return {"name": name, "help": f"help of {name}", "options": [], "arguments": [], "commands": list(commands)}


_PROVIDER = option("--provider", "-p", kind="provider")

SMALL_TREE: Tree = {
    "format": 1,
    "root": group(
        "vzctl",
        leaf("status", options=(option("--exit-code"),)),
        group("providers", leaf("show", argument("provider"))),
        group("integrations", leaf("remove", argument("integration"))),
        group(
            "credentials",
            leaf("list", options=(_PROVIDER, option("--due"))),
            leaf(
                "add",
                argument(),
                options=(
                    _PROVIDER,
                    option("--scope", kind="database", multiple=True),
                    option("--secret-file", kind="file"),
                    option("--note", kind=""),
                    option("-n", "--dry-run"),
                ),
            ),
            leaf("show", argument("credential"), options=(_PROVIDER,)),
            leaf("find", argument("credential", nargs=-1)),
        ),
        group(
            "scope", leaf("add", argument("credential"), argument("database", nargs=-1), options=(option("--force"),))
        ),
        group("databases", leaf("show", argument("database"))),
        group("collections", leaf("show", argument("collection"))),
        group("tables", leaf("attach", argument("column"), options=(option("--model", kind="model"), _PROVIDER))),
        group("rotations", leaf("resume", argument("rotation"))),
        group("revocations", leaf("done", argument("revocation"))),
        group("pending", leaf("confirm", argument("pending", nargs=-1))),
        leaf("probe", argument("address", nargs=-1)),
        leaf("diagnose", argument("file"), options=(option("--lines"),)),
        leaf("backup", argument("directory")),
        leaf("explain", argument("code")),
        leaf("completion", argument(choices=("bash", "zsh", "fish"))),
    ),
    "global_options": [
        option("--state", kind="file"),
        option("--profile", kind="profile"),
        option("-o", "--output", choices=("human", "plain", "json")),
        option("-v", "--verbose", multiple=True),
        option("-q", "--quiet"),
        option("--help"),
    ],
    "vocabularies": {
        "provider": [["azureOpenAI", "Azure OpenAI"], ["nvidia", "NVIDIA"], ["openai", "OpenAI"]],
        "model": [["NV-Embed-QA", "nvidia"], ["text-embedding-3-large", "openai"]],
        "code": [["EMBEDDING_PROVIDER_TIMEOUT", "the provider was too slow"]],
    },
}
