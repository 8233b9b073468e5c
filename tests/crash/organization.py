"""The organization that everything here happens to."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Final

from tests.crash.machine import Command, Machine, make_machine, run_all
from tests.support.fork_server import ForkServer

NAME: Final = "openai-prod"
OLD_KEY: Final = "sk-proj-old-0123456789"
NEW_KEY: Final = "sk-proj-new-0123456789"
REPLACING_KEY: Final = "sk-proj-replacing-0123456789"
OTHER_KEY: Final = "pa-other-0123456789abcdef"
FIRST_TOKEN: Final = "AstraCS:first:0123456789abcdef"
NEXT_TOKEN: Final = "AstraCS:next:0123456789abcdef"
ADDED_KEY: Final = "mistral-added-0123456789abcdef"
MANUAL: Final = 14

DATABASES: Final = {"local": ("alpha", "beta", "gamma"), "astra": tuple(f"db-{number:02}" for number in range(1, 13))}
"""On `astra` twelve, so that the Portal's dialog, which takes ten at a time, is opened twice."""


def make_organization(server: ForkServer, root: Path, plane: str, store: str) -> Machine:
    """Databases, one credential that collections depend on, one bystander, and one whose key nobody has here."""
    machine = make_machine(server, root, plane, store)
    names = DATABASES[plane]
    scope = names[:2] if plane == "local" else names
    status = 0 if plane == "local" else MANUAL
    run_all(
        machine,
        [
            *(
                Command(("databases", "add", name, "--id", str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "--region", "x"))
                for name in names
            ),
            Command(
                ("credentials", "add", NAME, "--provider", "openai", "--secret-stdin", *_options(scope)),
                OLD_KEY,
                status,
            ),
            Command(
                ("credentials", "add", "voyage", "--provider", "voyageAI", "--secret-stdin", *_options(names[-1:])),
                OTHER_KEY,
                status,
            ),
            Command(
                ("credentials", "add", "elsewhere", "--provider", "openai", "--no-secret", *_options(names[:1])),
                None,
                status,
            ),
            *([] if plane == "local" else [Command(("pending", "confirm", "--all", "--yes"))]),
            Command(
                (
                    *("collections", "add", f"{names[0]}/ks/books", "--provider", "openai", "--credential", NAME),
                    *("--model", "text-embedding-3-small", "--dimension", "1536"),
                )
            ),
        ],
    )
    return machine


def _options(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--scope", name)]
