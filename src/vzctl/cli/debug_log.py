"""Where a bug leaves its trace: code locations only. Values and messages may hold a secret and stay out."""

from __future__ import annotations

import os
import platform
import traceback

from vzctl import __version__
from vzctl.settings import environment, state_home


def write_debug_log(error: BaseException) -> str | None:
    """Write the frames of an exception and its causes; return the path, or None when it cannot be written."""
    folder = os.path.join(state_home(environment()), "debug")
    path = os.path.join(folder, f"{os.urandom(4).hex()}.log")
    lines = [f"vzctl {__version__}, Python {platform.python_version()}, {platform.system()}\n"]
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}\n")
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or seen.__context__
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(lines)
    except OSError:
        return None
    return path
