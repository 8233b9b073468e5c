"""The root of the command line, and the one boundary where failures become text, JSON and an exit status."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import typer

from vzctl.cli.commands import SUMMARIES, root_commands
from vzctl.cli.flags import Group, Invocation, version_option
from vzctl.cli.interrupts import listen
from vzctl.command import Selection, select
from vzctl.errors import ENDING_SIGNALS, ExitStatus, UsageError, VzctlError
from vzctl.memory import OUT_OF_MEMORY, end, is_out_of_memory, release_reserve, report

# Typer carries its own copy of click and exports only this leaf; its parents are what the parser raises.
_ClickUsageError: Any = typer.BadParameter.__mro__[1]
_ClickError: Any = typer.BadParameter.__mro__[2]


class Root(Group):
    """The program: its `main` is the boundary, so that tests see what users see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(version_option())
        self.commands: Any = root_commands()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and end the process with the documented exit status."""
        words = list(sys.argv[1:] if args is None else args)
        status: int | None = None
        invocation = Invocation(words)
        # Not inside `except`: the exception holds everything that was loaded. It may come while another failure is shown.
        with contextlib.suppress(MemoryError):
            status = self._run(invocation, prog_name or "vzctl", extra)
        if status is None:
            status = _out_of_memory(invocation)
            if standalone_mode:
                end(int(status))
        if standalone_mode:
            sys.exit(int(status))
        return status

    def _run(self, invocation: Invocation, prog_name: str, extra: dict[str, Any]) -> int:
        try:
            listen()
            select(Selection())
            _require_text(invocation.words)
            # Not `super().main`: it makes exits of ^C and of a broken pipe without a word, and without JSON.
            with self.make_context(prog_name, list(invocation.words), obj=invocation, **extra) as context:
                self.invoke(context)
        except typer.Exit as ended:
            return ended.exit_code or _printed(invocation)
        except VzctlError as error:
            return _fail(error, invocation)
        except _ClickError as error:
            try:
                return self._usage(error, invocation)
            except VzctlError as failure:
                return _fail(failure, invocation)
        except (KeyboardInterrupt, typer.Abort) as error:
            return _interrupted(error, invocation)
        except BrokenPipeError:
            from vzctl.render.show import silence_stdout

            silence_stdout()
            return ExitStatus.OK
        except OSError as error:
            if error.errno != errno.ENOSPC:
                return _internal(error, invocation)
            from vzctl.render.show import silence_stdout

            silence_stdout()
            return _fail(VzctlError(f"cannot write: {error.strerror}", code="OUTPUT_NOT_WRITABLE"), invocation)
        except Exception as error:  # noqa: BLE001  (the last line of defence: a bug must not become a traceback)
            return _internal(error, invocation)
        return ExitStatus.OK

    def _usage(self, error: Any, invocation: Invocation) -> int:
        """Show what the parser refused; a bare noun is a question, answered with its help."""
        if type(error).__name__ == "NoArgsIsHelpError" or error.message == "Missing command.":
            from vzctl.render.show import show_text

            # The same answer as `vzctl help NOUN`, and so the same contract.
            show_text(error.ctx.get_help() + "\n", command="help", output=early_output(invocation.words))
            return ExitStatus.OK
        helper = error.ctx.command_path if getattr(error, "ctx", None) is not None else "vzctl"
        message = _one_line(error.format_message())
        return _fail(
            UsageError(message, code="USAGE", evidence=(f"{helper} --help shows what it takes",)),
            invocation,
            _command_of(error),
        )


def _require_text(words: list[str]) -> None:
    """Refuse bytes that are no text: neither the state file nor a name of Astra's could hold them."""
    if any("\ud800" <= character <= "\udfff" for word in words for character in word):
        raise UsageError("an argument is not valid UTF-8", code="USAGE")


def early_output(words: list[str]) -> str:
    """Return the output format before the command line was parsed, so that usage errors are JSON too."""
    from vzctl.setting_table import OUTPUTS
    from vzctl.settings import environment

    found = environment().get("VZCTL_OUTPUT", "")
    for number, word in enumerate(words):
        if word in ("-o", "--output") and number + 1 < len(words):
            found = words[number + 1]
        elif word.startswith("--output="):
            found = word.partition("=")[2]
        elif word.startswith("-o") and not word.startswith("--") and len(word) > 2:
            found = word[2:]
    return found if found in OUTPUTS else _configured_output()


def _configured_output() -> str:
    """Return the output format of the configuration files, as far as they can be read."""
    from vzctl.settings import environment, resolve

    try:
        return resolve({}, environment(), os.getcwd(), at_terminal=False).output.value
    except (VzctlError, OSError):
        return "plain"


def _fail(error: VzctlError, invocation: Invocation, command: str = "") -> int:
    """Show a failure. A key that somebody gave for a name, a number or a flag is not repeated, whoever refused it."""
    from vzctl.command import NextStep, select, selected
    from vzctl.domain.masking.redaction import looks_like_secret, without_secrets
    from vzctl.render.show import show_failure

    select(selected().kept(lambda value: not looks_like_secret(value)))
    error = error.replace(
        message=without_secrets(error.message),
        evidence=[without_secrets(item) for item in error.evidence],
        next_steps=[
            NextStep(item.command.repeating(invocation.words).changed(without_secrets), item.comment)
            for item in error.next_steps
        ],
        changed=invocation.has_changed,
    )
    show_failure(error, command=command or _guess_command(invocation.words), output=early_output(invocation.words))
    return error.exit_status


def _internal(error: Exception, invocation: Invocation) -> int:
    """Write where it happened to a debug log, and nothing of what was being handled: that may be a secret."""
    if is_out_of_memory(error):
        raise MemoryError from None
    from vzctl.cli.debug_log import write_debug_log

    path = write_debug_log(error)
    where = f"; the debug log is {path}" if path is not None else ""
    failure = VzctlError(f"this is a bug in vzctl ({type(error).__name__}){where}", code="INTERNAL")
    return _fail(failure, invocation)


def _printed(invocation: Invocation) -> int:
    """Return the exit status after help or the version: without a standard output, Typer prints nothing."""
    if sys.stdout is not None:
        return ExitStatus.OK
    return _fail(VzctlError("cannot write to standard output: it is closed", code="OUTPUT_NOT_WRITABLE"), invocation)


def _out_of_memory(invocation: Invocation) -> int:
    """Say so as every other failure, or with the bare line when even that takes too much."""
    release_reserve()
    gc.collect()
    failure = VzctlError(OUT_OF_MEMORY, code="OUT_OF_MEMORY")
    try:
        return _fail(failure, invocation)
    except Exception:  # noqa: BLE001  (whatever it is, it came of the lack of memory)
        report()
        return ExitStatus.INTERNAL


def _interrupted(error: BaseException, invocation: Invocation) -> int:
    number = getattr(error, "signal", signal.SIGINT) if invocation.signal is None else invocation.signal
    status = ENDING_SIGNALS[number]
    failure = VzctlError("interrupted; nothing more was changed", code=status.name)
    from vzctl.render.show import write_talk

    write_talk([""])  # the terminal shows ^C in the same line
    _fail(failure, invocation)
    return status


def _guess_command(words: list[str]) -> str:
    """Return the dotted command as far as the words are nouns and verbs; arguments may be anything and are left out."""
    command: Any = typer.main.get_command(app)
    found = []
    for word in words:
        children = getattr(command, "commands", {})
        if word in children:
            command = children[word]
            found.append(word)
    return ".".join(found)


def _command_of(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return ".".join(context.command_path.split()[1:]) if context is not None else ""


def _one_line(message: str) -> str:
    """Return the parser's message as vzctl writes its own: on one line, lower case first, no full stop."""
    text = " ".join(message.split()).removesuffix(".").replace(": Value error, ", ": ")  # the latter is pydantic's
    return text[:1].lower() + text[1:]


app = typer.Typer(
    cls=Root,
    name="vzctl",
    help="Embedding integrations, credentials and scopes of Astra DB vectorize: manage, rotate, diagnose.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """Embedding integrations, credentials and scopes of Astra DB vectorize: manage, rotate, diagnose."""
