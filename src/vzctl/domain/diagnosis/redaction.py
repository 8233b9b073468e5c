"""What is shown of a text: short, on one line, and without anything that looks like a secret."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from vzctl.domain.diagnosis.make import texts
from vzctl.domain.diagnosis.pattern import Pattern

MASK: Final = "****"
LONGEST_EVIDENCE: Final = 200
_HOLE: Final = "\x00"
_HOLES: Final = Pattern(r"\x00{1,4096}")
_MARGIN: Final = 400
"""Read on each side of an excerpt, so that a secret is recognized before it is cut."""

_KNOWN: Final = (
    Pattern(r"AstraCS:[A-Za-z0-9:+/=_-]{3,200}"),
    Pattern(r"(?<![A-Za-z0-9])(?:sk|pk|rk)[-_][A-Za-z0-9*_-]{6,250}"),
    Pattern(r"(?<![A-Za-z0-9])(?:hf_|api_org_|jina_|nvapi-|up_|ABSK|xai-|gsk_|ghp_|github_pat_)[A-Za-z0-9*_=-]{6,250}"),
    Pattern(r"(?<![A-Za-z0-9])(?:pa|al)-[A-Za-z0-9*_-]{16,250}"),
    Pattern(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T)[A-Z0-9]{8,20}"),
    Pattern(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{10,60}"),
    Pattern(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,1500}(?:\.[A-Za-z0-9_-]{0,1500}){0,2}"),
    Pattern(r"Cassandra:[A-Za-z0-9+/=]{1,200}:[A-Za-z0-9+/=]{1,200}"),
    Pattern(r"(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,200}(?=@)"),
)
_LABELLED: Final = Pattern(
    r"(?i)(?:bearer|basic|token|key|secret|password|passwd|signature|sig|credential|authorization)"
    r"[\"']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3})[\"']?(?:bearer\s{1,4})?([^\s\"',;&)}\]]{6,400})"
)
_VALUE: Final = (
    r"(?P<quote>\\{0,3}[\"'`])?(?:(?:basic|bearer|token|apikey|negotiate)\s{1,4}(?=\S{8}))?"
    r"(?P<value>(?(quote)(?:(?!(?P=quote))[^\n]){8,400}|[^\s\"'`,;&<>(){}\[\]|]{8,400}))"
)
_NAMED: Final = (
    Pattern(
        r"(?i)(?:key|token|secret|password|passwd|passphrase|(?<![a-z])pwd|signature|(?<![a-z])sig|authorization|provided)"
        r"(?:\\{0,3}[\"'`]?\s{0,3}(?:=>|:=|[:=])\s{0,3}|\s{1,3}(?=\\{0,3}[\"'`])|>)" + _VALUE
    ),
    Pattern(
        r"(?i)[\"'`][\w.-]{0,40}(?:key|token|secret|password|authorization)\\{0,3}[\"'`]\s{0,3},\s{0,3}(?=\\{0,3}[\"'`])"
        + _VALUE
        + r"(?=(?P=quote)(?!\s{0,3}:))"
    ),
    Pattern(r"(?i)(?:secretstr|key|token|password)\(\s{0,3}(?=\\{0,3}[\"'`])" + _VALUE),
    Pattern(r"(?i)(?<![a-z])bearer\s{1,4}" + _VALUE),
    Pattern(r"(?<![\w-])(?:-u|--user)(?:\s{1,3}|=)?[\"']?[^\s:\"']{1,100}:(?P<value>[^\s\"']{1,400})"),
)
"""Whatever follows what names a secret is one, however plain it looks."""
_PROSE: Final = frozenset(
    texts("""
        account | additional | argument | attached | attribute | authenticate | authenticated | authentication |
        authorization | collection | configuration | configured | credential | credentials | database | deployment |
        disabled | embedding | endpoint | environment | exceeded | expected | expiration | forbidden | incorrect |
        information | insufficient | invalidated | malformed | mismatched | multiple | must_be | none_given |
        not_found | notfound | organization | parameter | parameters | password | permission | permissions |
        project_id | provided | provider | received | rejected | required | resource | response | signature |
        specified | string_type | subscription | temporarily | unauthenticated | unauthorized | undefined |
        unexpected | unknown_error | unspecified | unsupported | validation | variable | verification |
        authorization_header
    """)
)
"""What texts about a key say behind a colon; anything else there is taken for the key itself."""
_NAME_OF_SECRET: Final = Pattern(r"(?i)(?:[a-z]{1,24}_){1,6}(?:key|token|secret|password)s?\Z")
"""The name of a setting, which says what is missing."""
_LONG: Final = Pattern(r"(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/=-]{24,400}")
_BREAK: Final = r"(?:(?:\\r)?\\n\s{0,40}|\s{1,40})"
_WRAPPED: Final = Pattern(
    r"(?:\x00|(?<![A-Za-z0-9])(?:(?:sk|pk|rk|pa|al)[-_]|hf_|api_org_|jina_|nvapi-|up_|ABSK|xai-|gsk_|ghp_|github_pat_"
    r"|AKIA|ASIA|AIza|AstraCS:)[A-Za-z0-9*_-]{0,15})(?:" + _BREAK + r"[A-Za-z0-9*_+/-]{8,400}={0,2}){1,40}"
)
"""A key, or the beginning of one, at the end of a line, and what may be the rest of it. Lines may have been joined before."""
_WRAPPED_PART: Final = Pattern(r"(" + _BREAK + r")([A-Za-z0-9*_+/-]{8,400}={0,2})")
_DATE: Final = Pattern(r"\d{4}-\d{2}-\d{2}|\d{8}T\d")
_WORD: Final = Pattern(r"[a-z_]{1,40}[.,:;!?]?\Z|[A-Z][a-z]{1,30}[.,:;!?]?\Z")


def redacted(text: str) -> str:
    """Return `text` without keys, tokens, passwords, and anything long that looks drawn at random."""
    return _HOLES.compiled.sub(MASK, _holed(text))


def excerpt(text: str, start: int, end: int) -> str:
    """Return what stands around `start:end` in `text`: redacted, on one line and short."""
    spare = max(0, LONGEST_EVIDENCE - (end - start))
    low = max(0, start - spare // 4)
    high = min(len(text), low + LONGEST_EVIDENCE)
    left = max(0, low - _MARGIN)
    holed = _holed(text[left : high + _MARGIN])
    shown = _HOLES.compiled.sub(MASK, " ".join(holed[low - left : high - left].split()))
    return ("…" if low > 0 else "") + shown + ("…" if high < len(text) else "")


def _holed(text: str) -> str:
    """Put as many holes as a secret has characters, so that positions stay what they are."""
    text = text.replace(_HOLE, " ")
    for pattern in _KNOWN:
        text = pattern.compiled.sub(lambda match: _HOLE * len(match[0]), text)
    for pattern in _NAMED:
        text = pattern.compiled.sub(_hole_named, text)
    text = _LABELLED.compiled.sub(_hole_labelled, text)
    text = _WRAPPED.compiled.sub(_hole_wrapped, text)
    return _LONG.compiled.sub(_hole_long, text)


def _hole_named(match: re.Match[str]) -> str:
    value = match["value"]
    bare = value.rstrip(".,:;!?")
    if bare.lower() in _PROSE or _NAME_OF_SECRET.compiled.match(bare):
        return match[0]
    start = match.start("value") - match.start()
    return match[0][:start] + _HOLE * len(bare) + match[0][start + len(bare) :]


def _hole_labelled(match: re.Match[str]) -> str:
    value = match[1]
    # "token is" and "key: provided" are prose; what a label names is masked unless it is one plain word
    if _WORD.compiled.match(value) or _HOLE in value:
        return match[0]
    if not any(character.isdigit() for character in value) and len(value) < 16:
        return match[0]
    return match[0][: match.start(1) - match.start()] + _HOLE * len(value) + match[0][match.end(1) - match.start() :]


def _hole_long(match: re.Match[str]) -> str:
    token = match[0]
    digits = sum(character.isdigit() for character in token)
    letters = sum(character.isalpha() for character in token)
    mixed = digits >= 4 and letters >= 4
    shouted = (
        any(c.islower() for c in token) and any(c.isupper() for c in token) and len(token) >= 40 and "/" not in token
    )
    return _HOLE * len(token) if mixed or shouted else token


def _hole_wrapped(match: re.Match[str]) -> str:
    """Hide a key that goes on in the next lines, up to the first line that begins like anything else."""
    text, begins, shown = match.string, match.start(), ""
    for part in _WRAPPED_PART.compiled.finditer(text, match.start(), match.end()):
        token, after = part[2], text[part.end() : part.end() + 2]
        is_label = after[:1] in ("=", ":", "(", "@") or (after[:1] == "." and after[1:].isalnum())
        if is_label or not _is_rest_of_key(token, is_next_line="\n" in part[1] or "\\" in part[1]):
            break
        before = text[begins : part.start()]
        shown += (_HOLE * len(before) if not shown else before) + part[1] + _HOLE * len(token)
        begins = part.end()
    return shown + text[begins : match.end()]


def _is_rest_of_key(token: str, *, is_next_line: bool) -> bool:
    digits = sum(character.isdigit() for character in token)
    letters = sum(character.isalpha() for character in token)
    if digits < 2 or letters < 2 or _DATE.compiled.match(token):
        return False
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(token) if a.isalnum() and b.isalnum())
    return is_next_line or changes >= 4 or not (token.islower() or token.isupper())
