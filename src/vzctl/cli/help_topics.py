"""`vzctl help TOPIC`: pages made from the same tables that the program runs on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.run import dotted
from vzctl.command import suggest
from vzctl.errors import ExitStatus, NotFoundError
from vzctl.setting_table import SETTINGS, STANDARD_VARIABLES

TOPICS = ("environment", "exit-codes", "git")


app = lone()


@reads(app, "help")
def help_(
    context: typer.Context,
    topic: Annotated[
        list[str] | None,
        typer.Argument(metavar="environment|exit-codes|git", help="A topic, or a command's words.", show_default=False),
    ] = None,
) -> None:
    """Explain a topic: environment, exit-codes or git; or a command."""
    from vzctl.cli.flags import flags_of
    from vzctl.cli.wiring import output_format
    from vzctl.render.show import show_text

    words = topic or []
    text = topic_text(words[0]) if len(words) == 1 and words[0] in TOPICS else _command_help(context, words)
    show_text(text, command=dotted(context), output=output_format(flags_of(context)))


def topic_text(topic: str) -> str:
    """Return the page of a topic."""
    return {"environment": _environment, "exit-codes": _exit_codes, "git": _git}[topic]()


def _git() -> str:
    return """\
A state file in git

The state holds no secret and may be committed. The folder beside it has its own .gitignore.

Merge by record instead of by line. In each clone, once:

  git config merge.vzctl.name "vzctl state"
  git config merge.vzctl.driver "vzctl state merge %O %A %B"

In .gitattributes of the repository, with the path of your state:

  state.toml merge=vzctl

Changes to different records are merged. Changes to the same field, or two rotations of one
credential, are a conflict: vzctl lists them, and git leaves your side in the file.

Merge a conflicted file without the driver:

  git show :1:./state.toml >base.toml
  git show :2:./state.toml >ours.toml
  git show :3:./state.toml >theirs.toml
  vzctl state merge base.toml ours.toml theirs.toml
  cp ours.toml state.toml
  git add state.toml

If both sides added the file, stage 1 does not exist: create base.toml as an empty file.

Resolve the listed conflicts by hand: keep one side, then repeat the changes of the other with vzctl.

  git checkout --ours -- state.toml
  git add state.toml

Do not restore a backup instead: it has the changes of neither side.
"""


def _exit_codes() -> str:
    width = max(len(status.name) for status in ExitStatus)
    lines = [f"{status.value:>4}  {status.name:<{width}}  {status.meaning}" for status in ExitStatus]
    rule = "12 wins over 9, that over 10, that over 11, that over the item's own code."
    return "\n".join(["Exit codes", "", *lines, "", rule, ""])


def _environment() -> str:
    lines = [
        "Settings: a flag wins over the environment, that over ./.vzctl.toml, that over config.toml, that over the default.",
        "",
    ]
    for setting in SETTINGS:
        names = ", ".join(name for name in (setting.flag, setting.variable, setting.key) if name is not None)
        default = f"; default {setting.default}" if setting.default else ""
        project = "; allowed in a project file" if setting.project else ""
        lines.append(f"  {names}\n      {setting.meaning}{default}{project}")
    lines += ["", "Standard variables:", ""]
    lines += [f"  {name}\n      {meaning}" for name, meaning in STANDARD_VARIABLES]
    return "\n".join([*lines, ""])


def _command_help(context: typer.Context, words: list[str]) -> str:
    from vzctl.domain.masking.redaction import without_secrets

    current: Any = context.find_root()
    for word in words:
        child = getattr(current.command, "commands", {}).get(word)
        if child is None:
            raise NotFoundError(
                f"there is no help topic or command {without_secrets(' '.join(words))[:60]!a}",
                code="TOPIC_NOT_FOUND",
                next_steps=(suggest("help", comment="every command"), suggest("help", "exit-codes", comment="a topic")),
            )
        current = type(current)(child, info_name=word, parent=current)
    page: str = current.get_help()
    topics = "" if words else f"\n\nTopics: vzctl help {' | '.join(TOPICS)}"
    return f"{page}{topics}\n"
