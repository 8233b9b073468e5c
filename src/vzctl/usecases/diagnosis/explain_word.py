"""What a word says that is no code of the Data API: a cause, a verdict on a key, or what a provider calls its errors."""

from __future__ import annotations

import re
from typing import Final

from vzctl.domain.diagnosis.causes import Cause, Side, causes
from vzctl.domain.diagnosis.engine import UNDECIDED, diagnose
from vzctl.domain.diagnosis.key_verdict import MEANINGS, Verdict
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.usecases.diagnosis.code_detail import CodeDetail

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{2,79}", re.ASCII)
_WHOSE: Final[dict[Side, str]] = {"astra": "on Astra's side", "provider": "on the provider's side", "unknown": "open"}
_WHOLE_ERROR: Final = "Give `vzctl diagnose` the whole error: it tells which."
_NOTHING: Final = "Nothing; `vzctl credentials verify NAME` asks again."
_VERIFY: Final = "Run `vzctl credentials verify NAME` again; it says what to do about this credential."


def name_explained(word: str) -> CodeDetail | None:
    """Return what vzctl itself means by a word: the name of a cause, or of a verdict on a key; None when it is neither."""
    name = word.lower()
    found = [cause for cause in causes().values() if cause.name == name]
    if found:
        return _cause(name, found)
    return _verdict(Verdict(name)) if name in set(Verdict) else None


def providers_word_explained(word: str) -> CodeDetail | None:
    """Return what `diagnose` makes of a word that stands alone; None when it decides nothing, or may be a secret."""
    word = word.strip()
    if not _WORD.fullmatch(word) or looks_like_secret(word):
        return None
    verdict = diagnose(word)[0]
    if verdict.cause == UNDECIDED:
        return None
    return CodeDetail(
        code=word,
        side=verdict.side,
        meaning=f"No code of the Data API: a word of providers and clients. {verdict.explanation}",
        what_to_do=causes()[verdict.side, verdict.cause].advice,
        how_to_decide=_WHOLE_ERROR if verdict.side == "unknown" else None,
        cause=verdict.cause,
        retryable=verdict.retryable,
    )


def _cause(name: str, found: list[Cause]) -> CodeDetail:
    only = found[0] if len(found) == 1 else None
    side: Side = only.side if only is not None else "unknown"
    meaning = only.meaning if only is not None else "It can be on more than one side."
    told = " ".join(f"It is {_WHOSE[each.side]}: {each.meaning}" for each in found) if only is None else _WHOLE_ERROR
    return CodeDetail(
        code=name,
        side=side,
        meaning=f"No code of the Data API: a cause that `vzctl diagnose` names. {meaning}",
        what_to_do=only.advice if only is not None else _WHOLE_ERROR,
        how_to_decide=told if side == "unknown" else None,
        cause=name,
        retryable=any(each.retryable for each in found),
    )


def _verdict(verdict: Verdict) -> CodeDetail:
    meaning = MEANINGS[verdict]
    side = meaning.side or "unknown"
    nobody = (
        "On nobody's: it says nothing against the key." if meaning.side is None else "The answer alone does not tell."
    )
    return CodeDetail(
        code=verdict.value,
        side=side,
        cause=None,
        meaning=f"No code of the Data API: a verdict of `vzctl credentials verify`. It says: {meaning.sentence}.",
        what_to_do=_NOTHING if meaning.side is None else _VERIFY,
        how_to_decide=nobody if side == "unknown" else None,
        retryable=meaning.retryable,
    )
