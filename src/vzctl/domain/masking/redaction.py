"""The one place that decides what in a text is a secret.

`redacted` is for texts from outside: it masks what has the form of a key, and whatever follows the name of a secret.
`without_secrets` is for texts of vzctl's own, which say "token: ..." themselves: it goes by the form alone.

Keys without a known prefix are told from other words by being drawn at random: letters and digits alternate, upper and
lower case too, and neighboring letters are not those of words. Ids that support asks for are drawn at random as well, so
they are recognized by their own form (UUID, ULID, `req_...`), by where they are (in the path of a URL or a file), or by
the word before them (`trace id`, `sha256`). 32 hexadecimal digits without any of these may be a key of Azure OpenAI and are
masked; 40 are the name of a commit.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from vzctl.domain.masking.key_formats import KEY, issuers_prefix
from vzctl.domain.pattern import Pattern

MASK: Final = "****"
_HOLE: Final = "\x00"
_HOLES: Final = Pattern(r"\x00{1,4096}")


def redacted(text: str) -> str:
    """Return a foreign text without keys, tokens, and passwords."""
    return fill_holes(holed(text))


def without_secrets(text: str) -> str:
    """Return a text of vzctl's own without what has the form of a key."""
    return fill_holes(_without_forms(text.replace(_HOLE, " ")))


def looks_like_secret(text: str) -> bool:
    """Tell whether a text that is given as a name, a note, or an address has a key in it."""
    return _HOLE in _without_forms(text.replace(_HOLE, " "))


def holed(text: str) -> str:
    """Replace every character of a secret, so that positions stay what they are; see `fill_holes`."""
    text = _KEY_BLOCK.compiled.sub(_hole_all, text.replace(_HOLE, " "))
    text = _without_spelled_keys(text)
    text = _without_passwords_in_addresses(text)
    text = KEY.compiled.sub(_hole_key, text)
    for pattern in _NAMED:
        text = pattern.compiled.sub(_hole_named, text)
    text = _LABELED.compiled.sub(_hole_labeled, text)
    text = _WRAPPED.compiled.sub(_hole_wrapped, text)
    return _WORD.compiled.sub(_hole_random, text)


def fill_holes(text: str) -> str:
    """Return what `holed` made with one mask in place of every secret."""
    return _HOLES.compiled.sub(MASK, text)


def _without_forms(text: str) -> str:
    text = _KEY_BLOCK.compiled.sub(_hole_all, text)
    text = _without_passwords_in_addresses(text)
    text = KEY.compiled.sub(_hole_key, text)
    return _WORD.compiled.sub(_hole_random, text)


def _hole_all(match: re.Match[str]) -> str:
    return _HOLE * len(match[0])


# ---------------------------------------------------------------- private keys, passwords in URLs, keys with a prefix

_LINE_END: Final = r"(?:\s|\\[nr]){1,8}"
_KEY_BLOCK: Final = Pattern(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_LINE_END}(?:[A-Za-z-]{{1,30}}: [^\n\\]{{1,200}}|[A-Za-z0-9+/=]{{16,200}})){{0,200}}"
    rf"(?:{_LINE_END}[A-Za-z0-9+/=]{{1,64}}(?={_LINE_END}-----END))?(?:{_LINE_END}-----END [A-Z0-9 ]{{0,60}}-----)?"
)
_PASSWORD: Final = Pattern(
    r"(?P<scheme>(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{0,30})://(?P<user>[^\s/@:?#\"'<>`]{0,200}):"
    r"(?P<password>(?:(?!://)[^\s\"'<>`?#]){1,400}(?=@)|(?:(?!://)[^\s\"'<>`]){1,400}(?=@[A-Za-z0-9\[]))"
)
"""Up to the last `@`: people do not always escape a `/`, `@`, or `:` in a password."""
_PORT: Final = Pattern(r"\d{1,5}[/?#]")


def _without_passwords_in_addresses(text: str) -> str:
    return _PASSWORD.compiled.sub(_hole_password, text) if "://" in text and "@" in text else text


def _hole_password(match: re.Match[str]) -> str:
    user, password = match["user"], match["password"]
    is_web = match["scheme"].lower() in ("http", "https", "ws", "wss")
    if is_web and _PORT.compiled.match(password):  # `http://host:8181/users/a@b.example`
        return match[0]
    return f"{match['scheme']}://{_HOLE * (len(user) + 1 + len(password))}"


def _hole_key(match: re.Match[str]) -> str:
    """Leave a name that begins like a key and goes on in words: `sk-team-frontend`."""
    key = match[0].rstrip("-_./=")
    body = key[len(issuers_prefix(key)) :]
    if "*" not in body and all(map(_is_word_of_a_name, _SEPARATORS.compiled.split(body))):
        return match[0]
    return _HOLE * len(key) + match[0][len(key) :]


_SEPARATORS: Final = Pattern(r"[^A-Za-z0-9]{1,100}")
_SHORT_WORD: Final = Pattern(r"[a-z]{0,20}|[0-9]{1,6}|20[0-9]{6}|[a-z0-9]{1,4}|[A-Z0-9]{1,4}")
_WORD_WITH_CAPITALS: Final = Pattern(r"[A-Za-z][a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,3}\d{0,4}")
_SHARE_IN_WORDS: Final = 0.6


def _is_word_of_a_name(word: str) -> bool:
    """Whether a person would write such a word in a name: `production`, `v2`, `2026`, `myShop2`."""
    if _SHORT_WORD.compiled.fullmatch(word):
        return True
    return _WORD_WITH_CAPITALS.compiled.fullmatch(word) is not None and _share_of_usual_pairs(word) >= _SHARE_IN_WORDS


# ---------------------------------------------------------------- keys that are spelled character by character

_SPELLED: Final = Pattern(
    r"(?<![A-Za-z0-9])(?:[A-Za-z0-9_-][^A-Za-z0-9\n]{1,4}){11,400}[A-Za-z0-9_-](?![A-Za-z0-9])"
    r"|(?:&#(?:x[0-9A-Fa-f]{2,6}|[0-9]{2,7});){12,400}"
    r"|(?:\\{1,4}(?:u00[0-9A-Fa-f]{2}|x[0-9A-Fa-f]{2}|[01][0-7]{2})){12,400}"
    r"|(?<![0-9.])(?:[0-9]{2,3}[ ,;]{1,3}){11,400}[0-9]{2,3}(?![0-9.])"
)
_SPELLED_CODE: Final = Pattern(r"&#x([0-9A-Fa-f]{2,6});|(?:u00|x)([0-9A-Fa-f]{2})|\\([01][0-7]{2})|([0-9]{2,7})")
_BASES: Final = (16, 16, 8, 10)
_PRINTABLE: Final = range(0x21, 0x7F)


def _without_spelled_keys(text: str) -> str:
    """Hide what has the form of a key when its characters, or their numbers, are read together."""
    return _SPELLED.compiled.sub(
        lambda match: _hole_all(match) if looks_like_secret(_read(match[0])) else match[0], text
    )


def _read(spelled: str) -> str:
    """Return what is spelled, one character after the other; an empty text when a number is no character of a key."""
    if spelled[0] in "&\\" or spelled[:2].isdigit():
        found = (match for match in _SPELLED_CODE.compiled.finditer(spelled))
        numbers = [
            int(digits, base) for match in found for digits, base in zip(match.groups(), _BASES, strict=True) if digits
        ]
        return "".join(map(chr, numbers)) if all(number in _PRINTABLE for number in numbers) else ""
    separator = _SEPARATOR.compiled.match(spelled, 1)
    return spelled.replace(separator[0], "") if separator is not None else ""


_SEPARATOR: Final = Pattern(r"[^A-Za-z0-9]{1,4}")


# ---------------------------------------------------------------- what follows the name of a secret

_VALUE: Final = (
    r"(?P<quote>\\{0,3}[\"'`])?(?:(?:basic|bearer|token|apikey|negotiate)\s{1,4}(?=\S{8}))?"
    r"(?P<value>(?(quote)(?:(?!(?P=quote))[^\n]){8,400}|[^\s\"'`,;&<>(){}\[\]|]{8,400}))"
)
_LABEL: Final = (
    r"(?:(?<!primary )(?<!partition )(?<!clustering )(?<!sort )(?<!provider)(?<!provider_)key|token|secret|password|passwd"
    r"|passphrase|(?<![a-z])pwd|signature|(?<![a-z])sig|authorization|cookie|(?:key|token)\s{1,3}provided)"
)
"""What names a secret. The `providerKey` of a collection is the name of a credential."""
_NAMED: Final = (
    Pattern(
        rf"(?i){_LABEL}(?:\\{{0,3}}[\"'`]?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}|\s{{1,3}}(?=\\{{0,3}}[\"'`])|>)" + _VALUE
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
_LABELED: Final = Pattern(
    r"(?i)(?:bearer|basic|token|key|secret|password|passwd|passphrase|authorization)(?:\s{1,3}is)?"
    r"(?:\s{0,3}[:=]\s{0,3}|\s{1,3})(?P<value>[^\s\"'`,;&<>(){}\[\]|=]{6,400})"
)
"""Without quotes or a colon, what follows is a secret only when it is no word."""
_PROSE: Final = """
    account additional argument attached attribute authenticate authenticated authentication authorization
    authorization_header collection configuration configured credential credentials database deployment disabled
    embedding endpoint environment exceeded expected expiration forbidden incorrect information insufficient invalidated
    malformed mismatched multiple must_be none_given not_found notfound organization parameter parameters password
    permission permissions project_id provided provider received rejected required resource response signature specified
    string_type subscription temporarily unauthenticated unauthorized undefined unexpected unknown_error unspecified
    unsupported validation variable verification
"""
"""What texts about a key say behind a colon; anything else there is taken for the key itself."""
_NAME_OF_SECRET: Final = Pattern(r"(?i)(?:[a-z]{1,24}_){1,6}(?:key|token|secret|password)s?\Z")
"""The name of a setting, which says what is missing."""
_ADDRESS: Final = Pattern(r"(?i)[a-z][a-z0-9+.-]{1,30}://")
_SENTENCE_END: Final = ".,:;!?"


@cache
def _prose() -> frozenset[str]:
    return frozenset(_PROSE.split())


def _hole_named(match: re.Match[str]) -> str:
    bare = match["value"].rstrip(_SENTENCE_END)
    if bare.lower() in _prose() or _NAME_OF_SECRET.compiled.match(bare) or _ADDRESS.compiled.match(bare):
        return match[0]
    return _hole_value(match, bare)


def _hole_labeled(match: re.Match[str]) -> str:
    bare = match["value"].rstrip(_SENTENCE_END)
    is_id = _UUID.compiled.search(bare) is not None or "://" in bare or _PLACEHOLDER.compiled.fullmatch(bare)
    if is_id or _HOLE in bare or all(map(_is_word_of_a_name, _SEPARATORS.compiled.split(bare))):
        return match[0]
    if not any(character.isdigit() for character in bare) and len(bare) < 16:
        return match[0]
    return _hole_value(match, bare)


_PLACEHOLDER: Final = Pattern(r"[A-Za-z]{0,40}(?:_[A-Za-z]{1,40}){1,10}")


def _hole_value(match: re.Match[str], bare: str) -> str:
    start = match.start("value") - match.start()
    return match[0][:start] + _HOLE * len(bare) + match[0][start + len(bare) :]


# ---------------------------------------------------------------- a key that goes on in the next line

_BREAK: Final = r"(?:(?:\\r)?\\n\s{0,40}|\\?\s{1,40})"
_REST: Final = r"[A-Za-z0-9*_+/-]{8,400}(?::[0-9a-f]{1,64}(?![A-Za-z0-9:]))?={0,2}"
"""What may be a line of a key; only a token of Astra has a colon in it."""
_WRAPPED: Final = Pattern(
    r"(?:\x00|(?<![A-Za-z0-9])(?:(?:sk|pk|rk|pa|al)[-_]|hf_|api_org_|jina_|nvapi-|up_|ABSK|xai-|gsk_|ghp_|github_pat_"
    r"|glpat-|GOCSPX-|fw_|AKIA|ASIA|AIza|AstraCS:)[A-Za-z0-9*_-]{0,15})"
    r"(?:" + _BREAK + _REST + r"){1,40}"
)
"""A key, or the beginning of one, at the end of a line, and what may be the rest of it. Lines may have been joined before."""
_WRAPPED_PART: Final = Pattern("(" + _BREAK + ")(" + _REST + ")")
_DATE: Final = Pattern(r"\d{4}-\d{2}-\d{2}|\d{8}T\d")


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
    if digits < 2 and not (
        is_next_line and _is_random_in_all(token) and _share_of_usual_pairs(token) < _SHARE_IN_WORDS
    ):
        return False
    if letters < 2 or _DATE.compiled.match(token) or _UUID.compiled.search(token):
        return False
    return is_next_line or _switches(token) >= 4 or not (token.islower() or token.isupper())


# ---------------------------------------------------------------- words that are drawn at random

_SHORTEST_RANDOM: Final = 20
_SHORTEST_HEXADECIMAL: Final = 26
"""24 hexadecimal digits are an ObjectId or a part of a trace."""
_COMMIT_LENGTH: Final = 40
_WORD: Final = Pattern(
    r"(?P<address>(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s\"'<>`?#\x00]{1,2048})"
    r"|(?:[A-Za-z0-9._~+/-]|%[0-9A-Fa-f]{2}){20,512}={0,2}"
)
_LONG_RUN: Final = Pattern(r"[A-Za-z0-9_-]{32,400}")
_UUID: Final = Pattern(r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])")
_ULID: Final = Pattern(r"(?<![0-9A-Za-z])0[0-7][0-9A-HJKMNP-TV-Z]{24}(?![0-9A-Za-z])")
_ID: Final = Pattern(
    r"(?:[a-z]{2,12}-)?(?:req|request|chatcmpl|cmpl|org|proj|user|asst|msg|run|step|thread|file|batch|resp|ft|ftjob|call|vs"
    r"|gen|evt|event|trace|span|cus|acct|sub|pi|in|ch|emb|embd|rs|sess|session|job|task|conv|wrkspc|Root=1)[-_][A-Za-z0-9_-]{1,100}"
)
"""Prefixes of ids at OpenAI, Anthropic, Stripe, and others who mark what is no key."""
_ID_BEFORE: Final = Pattern(
    r"(?:(?<![A-Za-z])[iI][dD](?:s|-\d)?|(?<=[a-z])I[dD]s?|(?i:(?:request|trace|span|correlation|object)[ _-]?ids?)"
    r"|(?<![A-Za-z])(?i:uuid|guid|md5|sha-?\d{1,3}(?:sum)?|md5sum|(?:[a-z]{1,20}[ _-])?hash|digest|checksum|etag|fingerprint"
    r"|traceparent|b3|cf-ray|revision|commit|cursor|integrity|trace|span|image|thumbprint|build))"
    r"[\"']?(?:\s{0,3}[:=#(@]|\s{1,3}(?:is|was|of)(?=\s))?[\s\"'(<\[/-]{0,4}(?:00-)?\Z"
)
_LONGEST_LABEL: Final = 48
_HOST: Final = Pattern(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,10}[a-z]{2,24}\.?(?::\d{1,5})?")
_FILE_START: Final = Pattern(
    r"\.{1,2}/|~|/?(?:[A-Z]?[a-z._-]{2,40}|[a-z]{2,20}[A-Z][a-z]{2,20}|[a-z]{2,20}\d{0,4}(?:\.\d{1,3})?)(?=/)"
)
_RUN: Final = Pattern(r"[A-Za-z0-9]{1,512}")
_PART: Final = Pattern(r"[A-Z]{1,512}(?![a-z])|[A-Z]?[a-z]{1,512}|\d{1,512}")
_USUAL: Final = (
    "abcdgiklmnprstuvwxy baceilorsuy cacehiklorstu dadeilorsu eabcdefgilmnoprstvwxy faefiloru gaehilnorsu haeiort "
    "iabcdefglmnoprstvxz j keis ladeilostuy mabeimopsu nacdefgiklnopstuv obcdfgiklmnoprstuvw paeiloprstuy qu "
    "racdefgiklmnoprstuvy sacehilmopstuy tacefhilmoprstuy uabceilmnprst vaeio waeior xceipt ynps ze"
)
"""For every letter those that follow it: 93 % of the pairs in 12,000 different words of Python's library and of this
project, and 38 % of the pairs that are drawn at random."""


def _hole_random(match: re.Match[str]) -> str:
    word = match[0]
    if _is_random_word(word, match):
        return _HOLE * len(word)
    if match["address"] is not None or _FILE_START.compiled.match(word):
        return _LONG_RUN.compiled.sub(_hole_random_in_address, word)
    return word


def _hole_random_in_address(match: re.Match[str]) -> str:
    """Addresses and files have ids and hashes in their path; of what is long and of mixed case, a key is the likelier."""
    word = match[0]
    is_mixed = not word.islower() and not word.isupper() and not _is_hexadecimal(word)
    return _HOLE * len(word) if is_mixed and _is_random_in_all(word) else word


def _is_random_word(word: str, match: re.Match[str]) -> bool:
    if match["address"] is not None:
        return False
    plain = unquote(word)
    bare = plain.rstrip("=.")
    if _is_random_base64(bare, is_padded=plain.endswith("=")):
        return not _is_id(bare, match)
    if _HOST.compiled.fullmatch(bare.partition("/")[0]) or _FILE_START.compiled.match(bare):
        return False
    rest = _UUID.compiled.sub(" ", _ULID.compiled.sub(" ", bare))
    is_random = any(map(_is_random, _RUN.compiled.findall(rest)))
    if not is_random and rest == bare and len(bare) >= 32 and "." not in bare and "/" not in bare:
        is_random = _is_random_in_all(bare)
    return is_random and not _is_id(bare, match)


def _is_random_base64(word: str, *, is_padded: bool) -> bool:
    """Whether a word is base64, which looks like a path when it has slashes: keys of AWS and Azure have."""
    if len(word) < (_SHORTEST_RANDOM if is_padded else 32) or not word.replace("+", "").replace("/", "").isalnum():
        return False
    is_mixed = not word.islower() and not word.isupper()
    return is_mixed and (_length_of_parts(word) < 3 or _share_of_usual_pairs(word) < _SHARE_IN_WORDS)


def _is_id(word: str, match: re.Match[str]) -> bool:
    """Whether a random word is marked as something else than a key, by its prefix or by what is written before it."""
    if _ID.compiled.fullmatch(word):
        return True
    before = match.string[max(0, match.start() - _LONGEST_LABEL) : match.start()]
    return _ID_BEFORE.compiled.search(before) is not None


def _is_hexadecimal(word: str) -> bool:
    return not (set(word) - set("0123456789abcdef") and set(word) - set("0123456789ABCDEF"))


def _is_random(run: str) -> bool:
    """Whether letters and digits without anything in between are drawn at random."""
    if len(run) < _SHORTEST_RANDOM or run.isdigit():
        return False
    if _is_hexadecimal(run):
        return len(run) >= _SHORTEST_HEXADECIMAL and len(run) != _COMMIT_LENGTH and _switches(run) >= 3
    if run.isalpha() and (run.islower() or run.isupper() or run[1:].islower()):
        return False
    return _switches(run) >= 4 or _length_of_parts(run) < 3 or _share_of_usual_pairs(run) < _SHARE_IN_WORDS


def _is_random_in_all(word: str) -> bool:
    """Whether a word is random although some of its characters look like separators."""
    longest = max(map(len, _RUN.compiled.findall(word)), default=0)
    return longest >= 9 and not (word.islower() or word.isupper()) and _length_of_parts(word) < 3


def _switches(text: str) -> int:
    """Return how often a letter follows a digit, or a digit a letter."""
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(text) if a.isalnum() and b.isalnum())


def _length_of_parts(text: str) -> float:
    """Return how long words and numbers are on average: `text3Embedding` has the parts `text`, `3`, and `Embedding`."""
    parts = _PART.compiled.findall(text)
    return sum(map(len, parts)) / len(parts) if parts else 0.0


@cache
def _usual_pairs() -> frozenset[str]:
    return frozenset(row[0] + letter for row in _USUAL.split() for letter in row[1:])


def _share_of_usual_pairs(text: str) -> float:
    lower = text.lower()
    pairs = [lower[at : at + 2] for at in range(len(lower) - 1) if lower[at : at + 2].isalpha()]
    return sum(pair in _usual_pairs() for pair in pairs) / len(pairs) if pairs else 0.0
