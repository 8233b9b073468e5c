"""One stand-in for all tests of a run that need no misfortune: providers that know every key, and ones that know none."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Final

from tests.support.standin.providers import Account, Providers
from tests.support.standin.server import StandIn

LENIENT: Final = "lenient"
STRICT: Final = "strict"


@cache
def shared() -> dict[str, Providers]:
    """Return the two kinds of providers, on a server that runs until the tests are over."""
    stand_in = StandIn()
    stand_in.__enter__()
    atexit.register(stand_in.__exit__)
    return {
        LENIENT: Providers(stand_in, f"/{LENIENT}", Account()),
        STRICT: Providers(stand_in, f"/{STRICT}"),
    }
