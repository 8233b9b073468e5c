"""The folder beside the checkout that some tests compare with, where it is present: recorded answers, a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

COMPARED_WITH: Final = Path(__file__).resolve().parents[3] / "shared"
