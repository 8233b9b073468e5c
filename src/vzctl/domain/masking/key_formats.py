"""The formats of keys that their issuers mark with a prefix; those of one provider are in `knowledge/providers`.

Source: the issuers' documentation and the rules of the secret scanners gitleaks and trufflehog. Their own packages are not
used: detect-secrets and its like scan files with dozens of plug-ins, take longer to import than a command may run, and
know neither providers of embeddings nor the ids that must stay readable here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vzctl.domain.pattern import Pattern
from vzctl.knowledge.loader import section

_BASE62: Final = "[A-Za-z0-9]"
_STARRED: Final = "[A-Za-z0-9*_-]"
_DOTTED: Final = "[A-Za-z0-9*._=-]"
_BASE64: Final = "[A-Za-z0-9+/=_-]"


class KeyFormat(NamedTuple):
    """What a kind of key begins with, and how many of which characters follow at least and at most.

    A short `minimum` is for prefixes that nothing else has: a key that was cut is recognized too.
    """

    prefix: str
    body: str = _STARRED
    minimum: int = 6
    maximum: int = 250


_OF_OTHERS: Final = (
    # Models; `sk-` is of many, OpenAI among them
    KeyFormat(r"[spr]k[-_](?:(?:proj|svcacct|service|admin|ant-(?:api|admin|sid|oat)\d\d|or-v1|live|test|lf)[-_])?"),
    KeyFormat(r"(?:sk|ak)-or-v1-"),
    KeyFormat(r"fw[-_]", _BASE62, minimum=16),
    KeyFormat(r"gsk_"),
    KeyFormat(r"xai-"),
    KeyFormat(r"r8_", _BASE62),
    KeyFormat(r"tgp_v1_"),
    KeyFormat(r"pplx-", _BASE62, minimum=12),
    KeyFormat(r"csk-", _BASE62, minimum=12),
    KeyFormat(r"pcsk_"),
    KeyFormat(r"tvly-", minimum=12),
    KeyFormat(r"rpa_", _BASE62, minimum=16),
    KeyFormat(r"lsv2_(?:pt|sk)_"),
    KeyFormat(r"ABSK", _BASE64, minimum=16, maximum=300),
    KeyFormat(r"bedrock-api-key-", _BASE64, maximum=4000),
    # Astra, the Data API, and vzctl itself
    KeyFormat(r"AstraCS:", "[A-Za-z0-9:+/=_%-]", minimum=3),
    KeyFormat(r"Cassandra:", "[A-Za-z0-9:+/=_%-]", minimum=3, maximum=500),
    KeyFormat(r"vzt_[0-9A-Za-z-]{1,64}_", "[0-9a-f]", minimum=16),
    # Clouds
    KeyFormat(r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])", "[A-Z0-9*]", minimum=8, maximum=20),
    KeyFormat(r"AIza", "[A-Za-z0-9*_-]", minimum=10, maximum=60),
    KeyFormat(r"GOCSPX-"),
    KeyFormat(r"ya29\.", _DOTTED, maximum=2000),
    KeyFormat(r"1//0", "[A-Za-z0-9_-]", minimum=20),
    KeyFormat(r"do[opr]_v1_", "[0-9a-f*]"),
    KeyFormat(r"dapi", "[0-9a-f]", minimum=32, maximum=40),
    KeyFormat(r"LTAI", _BASE62, minimum=12, maximum=30),
    KeyFormat(r"AKID", _BASE62, minimum=12, maximum=40),
    KeyFormat(r"(?:hv[sbr]|s)\.", "[A-Za-z0-9_-]", minimum=24),
    KeyFormat(r"pul-", "[0-9a-f]", minimum=32),
    KeyFormat(r"dp\.(?:pt|st|ct|sa|scim|audit)\.", _DOTTED),
    KeyFormat(r"tskey-[a-z]{2,12}-"),
    # Development
    KeyFormat(r"gh[pousr]_", "[A-Za-z0-9_*]"),
    KeyFormat(r"github_pat_", "[A-Za-z0-9_*]"),
    KeyFormat(r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|agent|oas|imt|ffct|wt)-", _DOTTED),
    KeyFormat(r"npm_", _BASE62, minimum=16),
    KeyFormat(r"pypi-", minimum=16, maximum=500),
    KeyFormat(r"rubygems_", "[0-9a-f]", minimum=16),
    KeyFormat(r"dckr_(?:pat|oat)_"),
    KeyFormat(r"ATATT3", _BASE64, maximum=400),
    KeyFormat(r"ATBB", _BASE62, minimum=20),
    KeyFormat(r"figd_"),
    KeyFormat(r"lin_(?:api|oauth)_", _BASE62),
    KeyFormat(r"ntn_", _BASE62, minimum=16),
    KeyFormat(r"secret_", _BASE62, minimum=32),
    KeyFormat(r"PMAK-", "[0-9a-f-]", minimum=16),
    KeyFormat(r"sntry[su]_", _BASE64, maximum=400),
    KeyFormat(r"gl(?:c|sa)_", _BASE64, minimum=16, maximum=400),
    KeyFormat(r"ph[cxs]_", _BASE62, minimum=20),
    KeyFormat(r"NRAK-", "[A-Z0-9]", minimum=12),
    KeyFormat(r"sb(?:p|_publishable|_secret)_", minimum=16),
    # Messages, payment, shops
    KeyFormat(r"xox[a-z]-", "[A-Za-z0-9*-]"),
    KeyFormat(r"xapp-", "[A-Za-z0-9*-]"),
    KeyFormat(r"SG\.", "[A-Za-z0-9_.*-]", minimum=12),
    KeyFormat(r"\d{8,12}:AA", "[A-Za-z0-9_-]", minimum=30, maximum=40),
    KeyFormat(r"whsec_", _BASE64),
    KeyFormat(r"shp(?:at|ca|pa|ss)_", "[A-Fa-f0-9]", minimum=16),
    KeyFormat(r"sq0[a-z]{3}-", "[A-Za-z0-9_-]", minimum=16),
    KeyFormat(r"key-", "[0-9a-f]", minimum=32, maximum=40),
    # Forms that many issuers use
    KeyFormat(r"eyJ", r"[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,4000}){0,4}", minimum=1, maximum=1),
    KeyFormat(r"AGE-SECRET-KEY-(?:PQ-)?1", "[A-Z0-9]", maximum=2000),
)
"""The order matters where one prefix begins like another."""


def _formats() -> tuple[KeyFormat, ...]:
    known = section("providers").values()
    return (*(KeyFormat(**entry) for provider in known for entry in provider.get("key_formats", ())), *_OF_OTHERS)


def _body(form: KeyFormat) -> str:
    return form.body if form.maximum == 1 else f"{form.body}{{{form.minimum},{form.maximum}}}"


KEY: Final = Pattern(
    lambda: r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:" + "|".join(each.prefix + _body(each) for each in _formats()) + ")"
)
"""A key of any of these formats, whole; also behind an escaped line break, as logs and JSON have it."""
_PREFIX: Final = Pattern(lambda: "(?:" + "|".join(each.prefix for each in _formats()) + ")")


def issuers_prefix(key: str) -> str:
    """Return the beginning of a key that its format prescribes, which is no secret; an empty text for a key of no format."""
    found = _PREFIX.compiled.match(key)
    return found[0] if found is not None else ""
