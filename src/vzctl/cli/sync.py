"""`vzctl sync`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzctl.cli.noun import changes, lone
from vzctl.cli.options import ExitCodeOption, JobsOption, TokenEnvOption, WakeOption
from vzctl.cli.run import is_dry_run, run
from vzctl.command import suggest
from vzctl.errors import UsageError, quoted

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services
    from vzctl.domain.drift.observation import Kind
    from vzctl.usecases.context import Context
    from vzctl.usecases.observation.observe import AnswerFile
    from vzctl.usecases.outcome import Outcome

app = lone()

STDIN = "-"

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="databases|integrations|credentials|collections|columns|tables|scopes",
        help="Only this group; may be repeated.",
        show_default=False,
    ),
]


@changes(app, "sync")
def sync(
    context: typer.Context,
    more_files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="More answers, after --from.", show_default=False)
    ] = None,
    from_files: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="FILE", help="An answer, - for standard input; may be repeated.", show_default=False
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", metavar="DB", help="Where answers are from; without --from: look there.", show_default=False
        ),
    ] = None,
    keyspace: Annotated[
        str | None, typer.Option("--keyspace", metavar="TEXT", help="Likewise, its keyspace.", show_default=False)
    ] = None,
    only: OnlyOption = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget what is gone, within what was looked at.")] = False,
    other_organization: Annotated[
        bool, typer.Option("--other-organization", help="Accept databases of which this state knows none.")
    ] = False,
    whole_list: Annotated[
        bool, typer.Option("--whole-list", help="Believe a list that lacks most of the recorded databases.")
    ] = False,
    jobs: JobsOption = 8,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
    exit_code: ExitCodeOption = False,
) -> None:
    """Compare what is really there with the state: show the drift, then record it. --dry-run shows only.

    Asks Astra and every active database; with --from nobody is asked, and answers are read, recognized by their content:
    GET /v2/databases of the DevOps API, findEmbeddingProviders, and findCollections and listTables with
    {"options": {"explain": true}}, which need --database and --keyspace.
    """

    def work(c: Context, services: Services) -> Outcome[Any]:
        from vzctl.usecases.observation.observe import LiveSources, Sources
        from vzctl.usecases.sync.sync import Sync, sync

        c.require_writable()
        kinds = _kinds(only or [], is_live=not from_files)
        with services.interrupts.waiting():  # a pipe may never be written to
            files = _read(from_files or [], more_files or [], is_live=wake or token_env is not None)
        believed = {"other_organization": other_organization, "whole_list": whole_list}
        live = LiveSources(database=database, keyspace=keyspace, jobs=jobs, wake=wake, **believed)
        sources = Sources(files, database, keyspace, **believed) if files else live
        return sync(c, Sync(sources, kinds, prune=prune, exit_code=exit_code, dry_run=is_dry_run(context)))

    run(context, work, shows=True, token_variable=token_env)


def _kinds(words: list[str], *, is_live: bool) -> frozenset[Kind]:
    from vzctl.domain.drift.observation import Kind
    from vzctl.usecases.observation.observe import KIND_NAMES

    chosen = [word.strip().lower() for text in words for word in text.split(",")]
    unknown = [word for word in chosen if word not in KIND_NAMES]
    if unknown:
        raise UsageError(f"--only takes {', '.join(KIND_NAMES)}; {unknown[0][:40]!a} is none of them", code="USAGE")
    kinds = frozenset(KIND_NAMES[word] for word in chosen) or frozenset(Kind)
    if kinds == {Kind.SCOPES} and not is_live:
        raise UsageError(
            "no file shows which credentials a database can use: --only scopes goes without --from", code="USAGE"
        )
    return kinds


def _read(files: list[str], more: list[str], *, is_live: bool) -> list[AnswerFile]:
    """Return the bytes of the files, at most as many as an answer may have and one more; none when none is named."""
    from vzctl.usecases.observation.observe import AnswerFile

    if files and is_live:
        raise UsageError("--wake and --token-env go without --from: files are not asked", code="USAGE")
    if more and not files:
        raise UsageError(
            "give the answers to compare with: --from FILE…",
            code="ANSWERS_MISSING",
            next_steps=(suggest("sync", help=True, comment="the answers that it reads"),),
        )
    names = [*files, *more]
    if names.count(STDIN) > 1:
        raise UsageError("standard input can be read once: give - once", code="USAGE")
    return [AnswerFile("standard input" if name == STDIN else name, _bytes(name)) for name in names]


def _bytes(name: str) -> bytes:
    from vzctl.answers.json_text import MAXIMUM_BYTES

    try:
        if name == STDIN:
            return sys.stdin.buffer.read(MAXIMUM_BYTES + 1) if sys.stdin is not None else b""
        with open(name, "rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f"cannot read the answer {quoted(name)}: {reason}", code="ANSWER_UNREADABLE") from None
