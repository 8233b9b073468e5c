"""What tomli and tomli-w alone take: `bare_toml.py FILE` parses, `bare_toml.py FILE COPY` parses and writes."""

from __future__ import annotations

import sys

import tomli

if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        document = tomli.load(file)
    if len(sys.argv) > 2:
        import tomli_w

        with open(sys.argv[2], "wb") as file:
            tomli_w.dump(document, file)
