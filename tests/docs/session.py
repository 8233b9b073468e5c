"""A person's shell that the commands of a page are typed into, in a home of its own.

`python -m tests.docs.session` writes the outputs in the pages anew where they are no longer what comes back; read the
difference before you keep it.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tests.docs.pages import PAGES, TOP, Block, fenced, sessions
from tests.support.cli import installed_command
from tests.support.paths import with_paths_as
from tests.support.standin.astra import Astra
from tests.support.standin.providers import Providers
from tests.support.standin.server import StandIn
from tests.support.standin.world import Keyspace, Token
from tests.support.unmeasured import unmeasured

LIMIT_SECONDS: Final = 1200
"""Only ends a session that hangs: a busy machine takes many times as long as an idle one."""
ORGANIZATION: Final = TOP / "examples" / "organization"
HOME: Final = "/home/me"
TOKEN_OF_PAGES: Final = "Cassandra:bWU=:bm90LXJlYWw="

_MARK: Final = "--- the next command ---"
_BEFORE: Final = f"mark() {{ status=$?; printf '\\n%s\\n' '{_MARK}'; return $status; }}\n"
_VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d( |T)\d\d:\d\d:\d\d(Z|\+00:00)"), "TIME"),
    (re.compile(r"hm:[0-9a-f]{16}"), "FINGERPRINT"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"(?<![0-9a-f-])[0-9a-f]{12}(?![0-9a-f-])"), "ID"),
    (re.compile(r'fingerprint_salt = "[0-9a-f]+"'), "SALT"),
    (re.compile(r"\bage1[0-9a-z]{58}\b"), "RECIPIENT"),
    (re.compile(r"\b\d+ (d|days)\b"), r"N \1"),
    (re.compile(r"\b\d{4,} bytes\b"), "N bytes"),
    (re.compile(r"process \d+ "), "process N "),
    (re.compile(r"\bline \d+\b"), "line N"),
    (re.compile(r" +"), " "),
)


class Shell:
    """A home with a configuration that chooses the `file` store, and whatever the start put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in unmeasured().items() if not name.startswith(("VZCTL_", "XDG_"))},
            **_homes(folder),
            **_keys(),
            "ASTRA_DB_APPLICATION_TOKEN": TOKEN_OF_PAGES,
            "PATH": f"{Path(installed_command()[0]).parent}:{os.environ['PATH']}",
            "COLUMNS": "160",
            "EXAMPLES": str(TOP / "examples"),
            "GIT_AUTHOR_NAME": "me",
            "GIT_AUTHOR_EMAIL": "me@example.com",
            "GIT_COMMITTER_NAME": "me",
            "GIT_COMMITTER_EMAIL": "me@example.com",
            "LC_ALL": "C.UTF-8",
            "LOGNAME": "me",
            "PYTHONWARNINGS": "",
            "TZ": "UTC",
            "VZCTL_NO_INPUT": "1",
            "VZCTL_OUTPUT": "human",
        }

    def script(self, text: str) -> str:
        """Run a script in the home and return everything it says; its failure is an error."""
        done = subprocess.run(
            ["sh", "-c", text],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        output = done.stdout.decode()
        if done.returncode:
            raise AssertionError(f"exit status {done.returncode} after:\n{output}")
        return output

    def play(self, blocks: Sequence[Block]) -> list[list[str]]:
        """Type all blocks into one shell and return what each command said, block by block."""
        typed = [[_typed(block, step.command) for step in block.steps] for block in blocks]
        text = _BEFORE + "".join(f"mark\n{command}\n" for commands in typed for command in commands) + "\n:\n"
        parts = self.script(text).split(f"\n{_MARK}\n")[1:]
        assert len(parts) == sum(len(commands) for commands in typed), "a script of the page ended its shell"
        answers = iter(self._neat(part) for part in parts)
        return [[next(answers) for _ in commands] for commands in typed]

    def _neat(self, text: str) -> str:
        """Return output with the paths and names of a person instead of this machine's."""
        text = with_paths_as(text, {os.path.realpath(self.folder): HOME, str(self.folder): HOME, str(TOP): "."})
        # A whole word: a short host name may be a part of a random key.
        text = re.sub(rf"\b{re.escape(socket.gethostname())}\b", "laptop", text)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _typed(block: Block, command: str) -> str:
    """A script must succeed line by line; what is typed at a prompt may fail, and the page shows how."""
    return f"set -e\n{command}\nset +e" if block.language == "sh" else command


def _homes(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / ".cache"),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "XDG_DATA_HOME": str(folder / ".local" / "share"),
        "XDG_STATE_HOME": str(folder / ".local" / "state"),
    }


def _keys() -> dict[str, str]:
    """Return variables with made-up keys, as a person would have real ones."""
    prefixes = {
        "OPENAI_KEY": "sk-proj-",
        "NEW_KEY": "sk-proj-new",
        "NEXT_KEY": "sk-proj-next",
        "OTHER_KEY": "sk-proj-other",
        "HF_TOKEN": "hf_",
    }
    keys = {name: prefix + "NotARealKey".ljust(34, "x") for name, prefix in prefixes.items()}
    # The key that examples/organization/keys.sh gives to openai-prod.
    return {**keys, "OPENAI_PROD_KEY": "sk-proj-" + "NotARealKey1".ljust(48, "x")}


def start_bare(shell: Shell) -> None:
    """Nothing: no configuration, no store."""


def start_empty(shell: Shell) -> None:
    """A person who has chosen the file store, and has no state."""
    shell.script("vzctl -q secrets identity ~/identity.txt >identity.out")
    recipient = re.search(r"age1\w+", (shell.folder / "identity.txt").read_text(encoding="utf-8"))
    assert recipient is not None
    folder = shell.folder / ".config" / "vzctl"
    folder.mkdir(parents=True)
    (shell.folder / "identity.out").unlink()
    (folder / "config.toml").write_text(
        f'[secrets]\nstore = "file"\n[secrets.file]\nrecipients = ["{recipient[0]}"]\n'
        'identity_file = "~/identity.txt"\n',
        encoding="utf-8",
    )


def start_organization(shell: Shell) -> None:
    """The organization of examples/organization, on the local plane."""
    start_empty(shell)
    shell.script(f"vzctl -q init --control-plane local --organization bookshop; sh {ORGANIZATION}/load.sh")
    (shell.folder / "keys.jsonl").write_text(
        '{"name": "openai-dev", "secret_env": "NEW_KEY"}\n{"name": "openai-archive", "secret_env": "OTHER_KEY"}\n',
        encoding="utf-8",
    )


def start_astra(shell: Shell) -> None:
    """An organization at Astra with one credential that is used in one database, everything attested."""
    start_empty(shell)
    shell.script(
        """
        vzctl -q init --control-plane astra --organization bookshop
        vzctl -q databases add shop --id 5f0c1e0a-7b1d-4c39-9a51-d2f6c0a1b2c3 --region us-east-2
        printf %s "$OPENAI_KEY" | vzctl -q credentials add openai-prod --provider openai --scope shop --secret-stdin ||
            [ $? = 14 ]
        vzctl -q pending confirm --all
        vzctl -q collections add shop/default_keyspace/products --provider openai --model text-embedding-3-small \
            --credential openai-prod
        """
    )


def start_live(shell: Shell) -> None:
    """The organization of examples/organization, with the providers of a stand-in."""
    start_organization(shell)
    providers = stand_in_for_pages()
    path = shell.folder / ".config" / "vzctl" / "config.toml"
    path.write_text(path.read_text(encoding="utf-8") + providers.configuration, encoding="utf-8")


def start_database(shell: Shell) -> None:
    """The same, and two of its databases are there. Only one of them may use the key of openai-prod."""
    start_live(shell)
    shell.script(
        f"vzctl -q databases edit shop --endpoint {astra_for_pages().endpoint('shop')}; "
        f"vzctl -q databases edit search --endpoint {astra_for_pages().endpoint('search')}"
    )


@cache
def astra_for_pages() -> Astra:
    """Return a Data API with two databases, one of which knows a credential, on a server that runs until the end."""
    stand_in = StandIn()
    stand_in.__enter__()
    atexit.register(stand_in.__exit__)
    astra = Astra(stand_in)
    astra.world.tokens[TOKEN_OF_PAGES] = Token()
    key = _keys()["OPENAI_PROD_KEY"]
    astra.providers.add("openai", key)
    astra.portal.add("openai-prod", "openai", key, "shop")
    service = {
        "provider": "openai",
        "modelName": "text-embedding-3-small",
        "authentication": {"providerKey": "openai-prod.providerKey"},
    }
    vector = {"dimension": 1536, "metric": "cosine", "service": service}
    keyspace = Keyspace(collections={"products": {"vector": vector}}, documents={"products": []})
    astra.add("shop", "shop", keyspaces={"default_keyspace": keyspace})
    astra.add("search", "search")
    return astra


@cache
def stand_in_for_pages() -> Providers:
    """Return providers, on a server that runs until the tests are over, that know three of the organization's keys."""
    stand_in = StandIn()
    stand_in.__enter__()
    atexit.register(stand_in.__exit__)
    providers = Providers(stand_in)
    providers.add("openai", _keys()["OPENAI_PROD_KEY"])
    providers.add("voyageAI", "pa-" + "NotARealKey5".ljust(43, "x"))
    providers.add("jinaAI", "jina_" + "NotARealKey7".ljust(40, "x"), trouble="balance")
    return providers


STARTS: Final[Mapping[str, Callable[[Shell], None]]] = {
    "": start_empty,
    "bare": start_bare,
    "organization": start_organization,
    "astra": start_astra,
    "live": start_live,
    "database": start_database,
}


def shell_at(start: str, folder: Path, models: Path) -> Shell:
    """Return a shell in `folder` that begins at the start; each start is made once, below `models`, and copied."""
    model = models / (start or "empty")
    if not model.exists():
        model.mkdir(parents=True)
        STARTS[start](Shell(model))
    shutil.copytree(model, folder, symlinks=True)
    shell = Shell(folder)
    if start == "astra":
        del shell.environment["ASTRA_DB_APPLICATION_TOKEN"]  # its databases are nowhere
    return shell


def same(shown: str, output: str) -> bool:
    """Whether what a page shows is what came back, but for times, ids and the width of tables."""
    pattern = ".*".join(re.escape(part) for part in _plain(shown).split("…\n"))
    return re.fullmatch(pattern, _plain(output), re.DOTALL) is not None


def _plain(text: str) -> str:
    for shape, word in _VARYING:
        text = shape.sub(word, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def renewed(page: Path, text: str, folder: Path) -> str:
    """Return the page with the outputs that come back now, where they differ from what it shows."""
    for name, found in sessions(page, text).items():
        shell = shell_at(found[0].start, folder / f"{page.stem}-{name}", folder / "models")
        for block, outputs in zip(found, shell.play(found), strict=True):
            if block.language != "console":
                continue
            kept = [
                (step.output or "") if step.output and same(step.output, output) else output
                for step, output in zip(block.steps, outputs, strict=True)
            ]
            text = text.replace(f"```console\n{block.text}```", f"```console\n{fenced(block, kept)}```")
    return text


def main() -> None:
    """Write the outputs of the pages that are named, or of all."""
    for page in [Path(word).resolve() for word in sys.argv[1:]] or PAGES:
        with tempfile.TemporaryDirectory(prefix="d") as folder:
            page.write_text(renewed(page, page.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
