"""System programs that some tests need: present, or skipped loudly, or required because this is CI."""

from __future__ import annotations

import os
import shutil
from typing import Final

import pytest

IS_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
"""Whether the run itself is CI; remembered here because tests do not see `CI`."""

PACKAGES: Final = {
    "chromedriver": "chromium-driver",
    "dbus-run-session": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "gpg": "gnupg",
    "secret-tool": "libsecret-tools",
}
"""Debian's package of a program, where its name differs."""


def require_tool(name: str) -> str:
    """Return the path of the program; without it skip the test, or in CI fail it."""
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"NEEDS {name}, NOT FOUND ON PATH (Debian: apt-get install {PACKAGES.get(name, name)})"
    if IS_CI:
        pytest.fail(f"{reason}; CI skips nothing: let .ci/run install it", pytrace=False)
    pytest.skip(reason)


def require_tools(*names: str) -> None:
    """Skip the test, or in CI fail it, unless every program is there."""
    for name in names:
        require_tool(name)


def require_linux() -> None:
    """Skip the test where the fork server cannot work: it keeps files in memory, and asks /proc for children and names."""
    places = (f"/proc/self/task/{os.getpid()}/children", "/proc/self/fd")
    if not hasattr(os, "memfd_create") or not all(map(os.path.exists, places)):
        pytest.skip("NEEDS LINUX: os.memfd_create AND /proc; WHAT A KILL LEAVES IS NOT TESTED ON THIS SYSTEM")
