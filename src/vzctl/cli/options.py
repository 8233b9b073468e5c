"""Arguments and options that several commands share. The metavar also tells shell completion what to offer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import typer


def not_empty(value: str | None) -> str | None:
    """Refuse an empty text, the callback of an option that would take it for the working directory or for nothing at all."""
    if value == "":
        raise typer.BadParameter("it is empty: is a shell variable unset?")
    return value


class IfExists(StrEnum):
    """What to do when the thing to create is there."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


class IfMissing(StrEnum):
    """What to do when the thing to remove is not there."""

    FAIL = "fail"
    SKIP = "skip"


CredentialArgument = Annotated[
    str, typer.Argument(metavar="CREDENTIAL", help="The credential's name.", show_default=False)
]
NewNameArgument = Annotated[
    str,
    typer.Argument(metavar="NEW_NAME", help="1-50 characters: letters, digits, '.', '_' and '-'.", show_default=False),
]
ProviderArgument = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="Id or display name, any case.", show_default=False)
]
DatabaseArgument = Annotated[
    str, typer.Argument(metavar="DB", help="Name, name@region, id, or 8 or more characters of it.", show_default=False)
]
CollectionArgument = Annotated[
    str, typer.Argument(metavar="COLLECTION_ADDRESS", help="DB/KEYSPACE/COLLECTION.", show_default=False)
]
ColumnArgument = Annotated[
    str, typer.Argument(metavar="COLUMN_ADDRESS", help="DB/KEYSPACE/TABLE.COLUMN.", show_default=False)
]
RotationArgument = Annotated[
    str, typer.Argument(metavar="ROTATION", help="The credential's name, or the rotation's id.", show_default=False)
]

ProviderOption = Annotated[
    str | None, typer.Option("--provider", metavar="PROVIDER", help="Id or display name.", show_default=False)
]
CredentialOption = Annotated[
    str | None, typer.Option("--credential", metavar="CREDENTIAL", help="A credential's name.", show_default=False)
]
DatabaseOption = Annotated[str | None, typer.Option("--database", metavar="DB", help="A database.", show_default=False)]
AuthenticationOption = Annotated[
    str | None,
    typer.Option(
        "--authentication", metavar="credential|header|none", help="How it authenticates.", show_default=False
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", metavar="MODEL", help="The model's name.", show_default=False)
]
DimensionOption = Annotated[
    int | None, typer.Option("--dimension", metavar="NUMBER", help="The vectors' length.", show_default=False)
]
HeaderOption = Annotated[bool, typer.Option("--header", help="Clients send the key with each request.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", metavar="NAME=VALUE", help="A provider's parameter; may be repeated.", show_default=False
    ),
]
IfExistsOption = Annotated[IfExists, typer.Option("--if-exists", metavar="fail|skip|update", help="When it is there.")]
IfMissingOption = Annotated[IfMissing, typer.Option("--if-missing", metavar="fail|skip", help="When it is not there.")]
CheckExitCodeOption = Annotated[
    bool, typer.Option("--exit-code/--no-exit-code", help="Exit 20 when the check finds a problem.")
]
ExitCodeOption = Annotated[bool, typer.Option("--exit-code", help="Exit 20 when something wants attention.")]

SecretStdinOption = Annotated[bool, typer.Option("--secret-stdin", help="Read the key from standard input.")]
SecretFileOption = Annotated[
    str | None,
    typer.Option("--secret-file", metavar="FILE", help="Read the key from a file or FIFO.", show_default=False),
]
SecretEnvOption = Annotated[
    str | None,
    typer.Option("--secret-env", metavar="VARIABLE", help="Read the key from this variable.", show_default=False),
]
NoteOption = Annotated[
    str | None, typer.Option("--note", metavar="TEXT", help="A note; not a secret.", show_default=False)
]
MaximumAgeOption = Annotated[
    int | None, typer.Option("--max-age-days", metavar="DAYS", help="Days until its key is due.", show_default=False)
]
SlotOption = Annotated[
    int | None, typer.Option("--slot", metavar="1|2", help="Azure OpenAI: KEY 1 or KEY 2.", show_default=False)
]
SetAtOption = Annotated[
    str | None,
    typer.Option("--set-at", metavar="DATE", help="When the key was made, 2026-01-31 or a time.", show_default=False),
]
BatchOption = Annotated[
    str | None, typer.Option("--from", metavar="FILE", help="JSON lines, one credential a line.", show_default=False)
]
JobsOption = Annotated[int, typer.Option("--jobs", metavar="NUMBER", help="So many requests at once, 1 to 64.")]
TokenEnvOption = Annotated[
    str | None,
    typer.Option("--token-env", metavar="VARIABLE", help="Take the token from this variable.", show_default=False),
]
TAKES_TOKEN: Final = frozenset(
    {
        "collections create",
        "credentials rotate",
        "databases wait",
        "pending confirm",
        "probe",
        "revocations done",
        "rotations resume",
        "rotations rollback",
        "scope check",
        "sync",
        "tables attach",
        "tables detach",
    }
)
"""The commands with `TokenEnvOption`: printed for a person to run, they repeat it."""
WakeOption = Annotated[bool, typer.Option("--wake", help="Also where a request wakes a hibernated database.")]
