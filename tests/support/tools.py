"""What some tests need of the machine: present, or skipped with what to do about it, or required because this is CI."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from typing import Final, NoReturn

import pytest

IS_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
"""Whether the run itself is CI; remembered here because tests do not see `CI`."""

PURPOSES: Final = {
    "browser": {"chromedriver": "chromium-driver", "chromium": "chromium"},
    "completion": {"bash": "bash", "fish": "fish", "zsh": "zsh"},
    "documentation": {"curl": "curl", "git": "git", "jq": "jq"},
    "keyring": {
        "dbus-run-session": "dbus",
        "dbus-send": "dbus",
        "gnome-keyring-daemon": "gnome-keyring",
        "secret-tool": "libsecret-tools",
    },
    "full disk": {"mount": "mount"},
    "password store": {"gpg": "gnupg", "gpgconf": "gnupg", "pass": "pass"},
    "TLS": {"openssl": "openssl", "ssh-keygen": "openssh-client"},
    "without privileges": {"setpriv": "util-linux"},
}
"""For what kind of tests which program is needed, and its package in Debian."""


def skip(what_to_do: str) -> NoReturn:
    """Skip the test; the summary says what to do to run it, so this begins with a verb."""
    pytest.skip(what_to_do)


def require_tool(name: str) -> str:
    """Return the path of the program; without it skip the test, or in CI fail it."""
    path = shutil.which(name)
    if path is not None:
        return path
    what_to_do = _how_to_install(name)
    if IS_CI:
        pytest.fail(f"{name} is not on PATH: {what_to_do}; in CI no test is skipped for that", pytrace=False)
    skip(what_to_do)


def require_tools(*names: str) -> None:
    """Skip the test, or in CI fail it, unless every program is there."""
    for name in names:
        require_tool(name)


def require_linux() -> None:
    """Skip the test where the fork server cannot work: it keeps files in memory, and asks /proc for children and names."""
    places = (f"/proc/self/task/{os.getpid()}/children", "/proc/self/fd")
    if not hasattr(os, "memfd_create") or not all(map(os.path.exists, places)):
        skip("run on Linux, with /proc and memfd_create")


def require_root() -> None:
    """Skip the test unless it runs as root."""
    if os.geteuid() != 0:
        skip("run as root")


def require_no_root() -> None:
    """Skip the test where nothing is forbidden."""
    if os.geteuid() == 0:
        skip("run as another user than root")


def summary(reasons: Iterable[str]) -> str:
    """Return one line: how many tests were skipped, and what to do to run how many of them."""
    counts = Counter(reasons)
    parts = [f"{what_to_do} ({_tests(count)})" for what_to_do, count in counts.most_common()]
    return f"skipped {_tests(counts.total())}; to run them: {', '.join(parts)}"


def _tests(count: int) -> str:
    return f"{count} test{'' if count == 1 else 's'}"


def _how_to_install(name: str) -> str:
    """Name all packages that this kind of test lacks, so that tests of one kind are one entry in the summary."""
    for purpose, tools in PURPOSES.items():
        if name in tools:
            missing = dict.fromkeys(package for tool, package in tools.items() if shutil.which(tool) is None)
            return f"install {' '.join(missing)} for the {purpose} tests"
    return f"install {name}"
