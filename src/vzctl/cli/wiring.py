"""Builds the world of a command: the only file that knows settings, state file, stores, clock and terminal at once."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vzctl.cli.flags import Flags
from vzctl.cli.interrupts import Interrupts
from vzctl.cli.prompts import Prompter
from vzctl.cli.secret_input import SecretFlags, no_way_given, read_flags
from vzctl.command import suggest
from vzctl.errors import NotFoundError, SecretStoreError, UsageError, VzctlError
from vzctl.render.cells import escape
from vzctl.render.countdown import Countdown
from vzctl.render.show import write_talk
from vzctl.secret import Secret
from vzctl.setting_table import OUTPUTS
from vzctl.settings import Settings, StoreSettings, resolve, state_home
from vzctl.store.atomic import write_atomic
from vzctl.store.lineages import Lineages
from vzctl.store.paths import StatePaths
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import Actor, StateStore
from vzctl.usecases.context import Context
from vzctl.usecases.key_command import KeyCommands
from vzctl.vault.base import SecretStore

if TYPE_CHECKING:
    from vzctl.usecases.live import Live
    from vzctl.vault.canary import Canaries


class Services:
    """Settings resolved once, and what commands need on top of them."""

    def __init__(self, flags: Flags, command: str) -> None:
        self.flags = flags
        self.command = command
        self.settings = read_settings(flags)
        self.interrupts = Interrupts()
        self.has_shown = False
        self._key_variables: set[str] = set()
        self._live: Live | None = None
        self._context: Context | None = None
        self.token_variable: str | None = None
        self.prompter = Prompter(
            flags,
            self.interrupts,
            no_input=self.settings.is_no_input,
            no_input_source=self.settings.no_input.source,
            subject=self._subject,
        )

    def context(self) -> Context:
        """Return a new context of this command; opens nothing yet."""
        self._context = self._make_context()
        return self._context

    def _subject(self) -> str:
        """Return what a plan or a question is about: organization, control plane, profile and state, as far as they are known."""
        words = [f"profile {self.settings.profile.value}", self.settings.state.value]
        with contextlib.suppress(VzctlError):
            organization = (self._context or self.context()).state_store.read().organization
            words = [organization.name or "unnamed", organization.control_plane.value, *words]
        return " · ".join(words)

    def _make_context(self) -> Context:
        return Context(
            state_store=self.open_state(),
            local_folder=self._paths().local,
            open_store=lambda: self.open_store(self.settings.secrets.store.value),
            now=now,
            new_id=new_id,
            host=socket.gethostname(),
            policy_days=self.settings.policy_days,
            confirm=self.prompter.confirm,
            tell=self.say,
            present=self.prompter.present,
            ask_done=self.prompter.ask_done,
            stop_requested=self.interrupts.requested,
            show=self.show,
            open_live=self.open_live,
            open_state=self.open_state,
            ticks=self.ticks,
            key_commands=KeyCommands(
                self.settings.live.mint_commands,
                self.settings.live.revoke_commands,
                self._child_environ,
                self.interrupts.waiting,
            ),
            is_read_only=self.settings.is_read_only,
            is_interactive=self.prompter.is_interactive,
        )

    def open_state(self, location: str | None = None) -> StateStore:
        """Return the store of the state at a location, by default of the configured one; reads nothing yet."""
        return self.state_file(location)

    def state_file(self, path: str | None = None) -> StateFile:
        """Return the state file at a path, by default the configured one."""
        file = StateFile(
            Path(self.settings.state.value if path is None else path),
            actor=Actor(host=socket.gethostname(), user=user_name(), command=self.command),
            now=now,
            new_id=new_id,
            lock_timeout_seconds=self.settings.lock_timeout_seconds,
            on_wait=lambda holder: self.say(f"waiting for the state: locked by {holder}"),
        )
        file.lineages = Lineages(Path(state_home(self.settings.environ)) / "lineages")
        return file

    def open_live(self) -> Live:
        """Return the clients of the network, made once."""
        if self._live is None:
            from vzctl.cli.network import make_live
            from vzctl.cli.trust import trusted_hosts

            log = self.say if self.flags.verbose else None
            self._live = make_live(
                self.settings,
                log=log,
                token_variable=self.token_variable,
                stored=self._stored_token,
                trust=trusted_hosts(self.settings, self.prompter),
            )
        return self._live

    def _stored_token(self) -> tuple[Secret, str] | None:
        """Return the Astra token of the secret store; the store is opened only when the state says that it has one."""
        from vzctl.usecases.secrets.token import read_token

        context = self._context or self.context()  # that of the command has read the state and opened the store
        return read_token(context.state_store, context.store)

    def close(self) -> None:
        """Let go of connections, if there are any."""
        if self._live is not None:
            self._live.http.close()

    def open_store(self, name: str) -> SecretStore:
        """Return the store of that name, as configured."""
        secrets = self.settings.secrets
        if name == "keyring":
            from vzctl.vault.keyring_store import KeyringStore

            return KeyringStore(interactive=self.prompter.is_interactive, notice=self.say, canaries=self._canaries())
        if name == "exec":
            return self._exec_store(secrets)
        if name == "file":
            return self._file_store(secrets)
        if name == "env":
            from vzctl.vault.env_store import EnvStore

            return EnvStore(secrets.variables, self.settings.environ)
        raise UsageError(f"{name!a} is no secret store; choose keyring, exec, file or env", code="SETTING_INVALID")

    def secret_source(self, given: SecretFlags, *, prompt: str, credential: str | None = None) -> Callable[[], Secret]:
        """Return how the secret is read when it is needed; raise `InputRequiredError` now when there is no way."""
        from vzctl.domain.catalog.secret_text import parse_secret

        given.require_one_at_most()
        if given.chosen:
            self._key_variables.update(name for name in (given.variable,) if name is not None)
            return lambda: self._read_flags(given)
        if credential is not None and self.settings.secrets.store.value == "env":
            return lambda: self._from_env_store(credential)
        if not self.prompter.is_interactive:
            raise no_way_given()
        return lambda: parse_secret(self.prompter.ask_secret(prompt))

    def ticks(self, seconds: float, every: float, waiting_for: str) -> Iterator[float]:
        """Yield the seconds left: at once, then every so many seconds, at the very end once more; a signal ends it.

        What is waited for is shown meanwhile, counting down at a terminal.
        """
        until = time.monotonic() + seconds
        with Countdown(
            waiting_for, is_quiet=self.flags.quiet, is_dumb=self.settings.environ.get("TERM") == "dumb"
        ) as countdown:
            while True:
                left = max(0.0, until - time.monotonic())
                yield left
                if left == 0:
                    return
                pause_ends = time.monotonic() + min(every, left)
                while (pause := pause_ends - time.monotonic()) > 0:
                    if self.interrupts.requested():
                        return
                    countdown.show(until - time.monotonic())
                    time.sleep(min(pause, 1.0))
                countdown.clear()

    def say(self, line: str) -> None:
        """Talk to the person, unless told to be quiet."""
        if not self.flags.quiet:
            write_talk([escape(line)])  # what is said may name things from outside

    def _read_flags(self, given: SecretFlags) -> Secret:
        # A FIFO may never be written to.
        with self.interrupts.waiting():
            return read_flags(given, dict(self.settings.environ))

    def show(self, data: object) -> None:
        """Show a plan on stderr before the question about it, when somebody is about to be asked."""
        if self.prompter.is_interactive and not self.flags.yes and self.flags.confirm is None:
            from vzctl.render.show import show_plan

            self.prompter.name_subject()
            show_plan(data, self.settings)
            self.has_shown = True

    def _from_env_store(self, credential: str) -> Secret:
        from vzctl.vault.base import SecretItem

        secret = self.open_store("env").read(SecretItem("-", "-", "-", credential))
        if secret is None:
            raise SecretStoreError(
                f'[secrets.env] names no variable that is set for "{credential}"',
                code="SECRET_NOT_HELD",
                next_steps=(suggest("help", "environment", comment="how [secrets.env] maps names to variables"),),
            )
        return secret

    def _exec_store(self, secrets: StoreSettings) -> SecretStore:
        from vzctl.vault.exec_store import ExecStore

        commands = secrets.exec
        if commands is None:
            raise UsageError(
                "the exec store needs [secrets.exec] with get, set and delete in your configuration",
                code="CONFIG_INVALID",
                next_steps=(suggest("help", "environment", comment="every setting"),),
            )
        environ, canaries = self._child_environ(), self._canaries()
        return ExecStore(commands.get, commands.set, commands.delete, environ=environ, canaries=canaries)

    def _child_environ(self) -> dict[str, str]:
        """Return the variables for a program of the user's: a child gets a key through its stdin, and no token at all.

        Those that carry a key or a token in are vzctl's alone, and so is every other one that repeats their values.
        """
        from vzctl.cli.astra_token import VARIABLE
        from vzctl.vault.exec_command import environ_without

        environ = self.settings.environ
        private = {*self._key_variables, *self.settings.secrets.variables.values(), VARIABLE, self.token_variable}
        kept = {name: text for name, text in environ.items() if name not in private}
        return environ_without(kept, (text for name, text in environ.items() if name in private))

    def _file_store(self, secrets: StoreSettings) -> SecretStore:
        from vzctl.vault.file_store import FileStore

        paths = self._paths()
        identity = Path(secrets.identity_file) if secrets.identity_file is not None else None
        return FileStore(
            paths.local.secrets,
            secrets.recipients,
            identity,
            write_atomic=write_atomic,
            before_write=paths.require_own_folders,
            notice=self.say,
            canaries=self._canaries(),
        )

    def _canaries(self) -> Canaries:
        from vzctl.vault.canary import Canaries

        paths = self._paths()
        return Canaries(paths.local.canaries, before_write=paths.require_own_folders)

    def _paths(self) -> StatePaths:
        return StatePaths.of(Path(self.settings.state.value))


def output_format(flags: Flags) -> str:
    """Return the output format of a command that needs no other setting.

    A configuration that is refused does not hide the page that explains it. A format that was typed and is none is refused.
    """
    try:
        return read_settings(flags).output.value
    except VzctlError:
        typed = flags.settings.get("output")
        if typed is not None and typed not in OUTPUTS:
            raise
        return typed or "plain"


def read_settings(flags: Flags) -> Settings:
    """Resolve every setting from flags, environment and configuration files."""
    try:
        cwd = os.getcwd()
    except OSError:
        raise NotFoundError("the working directory no longer exists", code="NO_DIRECTORY") from None
    at_terminal = sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()
    return resolve(flags.settings, dict(os.environ), cwd, at_terminal=at_terminal)


def now() -> datetime:
    """Return the time, UTC, whole seconds: what the state file keeps."""
    return datetime.now(UTC).replace(microsecond=0)


def new_id() -> str:
    """Return a new random id: 12 hexadecimal digits."""
    return os.urandom(6).hex()


def user_name() -> str:
    """Return who runs this, or `unknown` where nobody says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
