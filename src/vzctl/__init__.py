"""vzctl: integrations, credentials and scopes of Astra DB vectorize, from the command line."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
