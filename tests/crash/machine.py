"""One machine as a directory: state, configuration, secret store. It is copied, killed, and read from outside."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import pyrage

from tests.support.crash import Strike
from tests.support.disk import Disk, decrypted
from tests.support.fork_server import Ended, ForkServer, Request
from vzctl.domain.state.state import State
from vzctl.store.schema import parse_state

_NUMBERS: Final = count(1)
STORE_PROGRAM: Final = Path(__file__).with_name("store.sh")


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, the key on its standard input, and how it ends when nothing disturbs it."""

    words: tuple[str, ...]
    key: str | None = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """A directory that a forked vzctl works in; `store` is `file` or `exec`."""

    server: ForkServer
    root: Path
    store: str
    host: str = "first-host"

    @property
    def state_path(self) -> Path:
        return self.root / "state" / "state.toml"

    @property
    def folder(self) -> Path:
        return self.root / "state" / "state.toml.d"

    @property
    def items(self) -> Path:
        """Where the secret store keeps its files."""
        return self.folder / "secrets" if self.store == "file" else self.root / "held"

    def environ(self, **more: str) -> dict[str, str]:
        """The whole environment of a command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "LC_ALL": "C.UTF-8",
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "XDG_STATE_HOME": str(self.root / "home"),
            "VZCTL_STATE": str(self.state_path),
            "VZCTL_SECRET_STORE": self.store,
            "VZCTL_LOCK_TIMEOUT": "5",
            "ITEMS": str(self.root / "held"),
            **more,
        }

    def request(self, command: Command, **options: Any) -> Request:
        """The command as a request to the fork server."""
        more = options.pop("more", {})
        return Request(
            commands=[command.words],
            environ=self.environ(**more),
            cwd=str(self.root),
            stdin=command.key or "",
            host=self.host,
            **options,
        )

    def try_(self, command: Command, **options: Any) -> Ended:
        """Run a command, however it ends."""
        return self.server.run(self.request(command, **options))

    def run(self, command: Command, **options: Any) -> Ended:
        """Run a command that must end with its own status."""
        ended = self.try_(command, **options)
        assert ended.status == command.status, (command.words, ended.status, ended.stdout, ended.stderr)
        return ended

    def ask(self, *commands: tuple[str, ...]) -> list[dict[str, Any]]:
        """Run several commands in one child, each of which must end well, and return the data of each."""
        request = dataclasses.replace(
            self.request(Command(())), commands=[(*words, "-o", "json") for words in commands]
        )
        ended = self.server.run(request)
        assert [document["ok"] for document in ended.documents] == [True] * len(commands), ended
        return [document["data"] for document in ended.documents]

    def watch(self, command: Command, strike: Strike | None = None, **options: Any) -> Ended:
        """Run a command watched, with ids that are the same every time; `strike` hits one of its points."""
        return self.try_(command, watched=True, strike=strike, seed=" ".join(command.words), **options)

    def look(self, command: Command, **options: Any) -> Ended:
        """Run a command watched to its end, with a look at the disk before and after each of its points."""
        return self.watch(command, disk=self.disk(), **options)

    def copy(self, *, host: str | None = None, root: Path | None = None) -> Machine:
        """A machine with the same files, beside this one unless `root` says where, or on another host."""
        root = root or self.root.parent / f"m{next(_NUMBERS)}"
        shutil.copytree(self.root, root, symlinks=True)
        # Another machine does not know where the states of this one are.
        shutil.rmtree(root / "home" / "vzctl" / "lineages", ignore_errors=True)
        return dataclasses.replace(self, root=root, host=host or self.host)

    def destroy(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.root)

    def state(self) -> State:
        """The state, read as the next command would."""
        return parse_state(self.state_path.read_bytes(), str(self.state_path))

    def store_files(self) -> dict[str, bytes]:
        """Every file of the secret store by its path in there, whatever it is."""
        if not self.items.is_dir():
            return {}
        found = (path for path in self.items.rglob("*") if not path.is_dir())
        return {path.relative_to(self.items).as_posix(): path.read_bytes() for path in found}

    def decrypt(self, path: Path) -> str | None:
        """The text of an age file, or None when it is torn."""
        return decrypted(path.read_bytes(), self._identity())

    def signatures(self) -> tuple[str, str]:
        """The digests of the disk; see `Disk`."""
        return self.disk().signatures()

    def disk(self) -> Disk:
        """The disk, to be looked at."""
        return Disk(str(self.root), str(self.state_path), str(self.items), self._identity())

    def _identity(self) -> str:
        return (self.root / "config" / "vzctl" / "identity.txt").read_text().strip()


def make_machine(server: ForkServer, root: Path, plane: str, store: str) -> Machine:
    """An empty state of one plane, and a configuration with both stores."""
    machine = Machine(server, root, store)
    (root / "held").mkdir(parents=True)
    configuration = root / "config" / "vzctl"
    configuration.mkdir(parents=True)
    identity = pyrage.x25519.Identity.generate()
    (configuration / "identity.txt").write_text(f"{identity}\n")
    (configuration / "identity.txt").chmod(0o600)
    lines = [
        "[secrets.file]",
        f'recipients = ["{identity.to_public()}"]',
        'identity_file = "~/config/vzctl/identity.txt"',
    ]
    lines += ["[secrets.exec]"]
    lines += [f'{verb} = ["/bin/sh", "{STORE_PROGRAM}", "{verb}", "{{item}}"]' for verb in ("get", "set", "delete")]
    (configuration / "config.toml").write_text("\n".join(lines) + "\n")
    machine.run(Command(("init", "--control-plane", plane, "--organization", "acme")))
    return machine


def run_all(machine: Machine, commands: Sequence[Command]) -> None:
    """Run commands one after the other, each of which must end with its own status."""
    for command in commands:
        machine.run(command)
