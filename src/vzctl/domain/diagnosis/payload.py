"""From anything a person can paste to pieces of plain text, one for each error in it.

Nothing is parsed as JSON: what is pasted is as often the text of a Python dict, a Java map, escaped JSON in a log line,
or cut off. Instead the wrappings are taken away (escapes, colors, line breaks) until the sentences lie open, in one pass
each, so that neither depth nor length of a payload can make the work grow faster than its size.
"""

from __future__ import annotations

import html
import re
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from vzctl.domain.diagnosis import hosts as host_names
from vzctl.domain.diagnosis.codes import ErrorCode, fixed_sentences, known_code
from vzctl.domain.diagnosis.layout import SOFT_BREAK, laid_out
from vzctl.domain.diagnosis.log import Records, gives_no_error
from vzctl.domain.diagnosis.rule import Frame
from vzctl.domain.diagnosis.speakers import Speaker, mentions_provider, speaker
from vzctl.domain.diagnosis.stack import without_frames
from vzctl.domain.diagnosis.table import vocabulary
from vzctl.domain.pattern import Pattern

WINDOW: Final = 512 * 1024
"""At most this much of the beginning and as much of the end of a payload is read."""

MOST_PIECES: Final = 10_000
"""At most so many different errors of one payload are told apart."""

MOST_LINES_OF_ONE: Final = 100
"""More lines are a log, also when nothing in them looks like one."""

Kind = Literal["text", "empty", "gzip", "binary"]

_ANSI: Final = Pattern(r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)?|[@-Z\\^_])")
_ESCAPED: Final = Pattern(r"\\{1,16}(?:u([0-9a-fA-F]{4})|([nrtbf\"'/`]))")
_SAMPLE: Final = 4096
_FEW: Final = 20
_STRAY: Final = 8
_WITHOUT_CONTROL: Final = dict.fromkeys({*range(32)} - {9, 10, 11, 12, 13, 27})
_MARKS: Final = dict.fromkeys((*range(0x2500, 0x25A0), ord("❱")), " ") | {
    ord("\u2018"): "'",
    ord("\u2019"): "'",
    ord("\u201c"): '"',
    ord("\u201d"): '"',
    0: None,
    0xFEFF: None,
}
_ENTITY: Final = Pattern(r"&(?:quot|lt|gt|apos|amp|#[0-9]{2,3}|#[xX][0-9A-Fa-f]{2});")
"""The entities of HTML that spell characters of ASCII; others stay as they are."""

_KEYED_CODE: Final = Pattern(r"\berror_?code[\"']?\s{0,3}[:=]\s{0,3}[\"']?([A-Za-z][A-Za-z0-9_]{3,80})", re.IGNORECASE)
_SCOPE: Final = Pattern(r"\bscope[\"']?\s{0,3}[:=]\s{0,3}[\"']?([A-Z][A-Z_]{2,60})\b")
_OF_PROVIDERS: Final = "EMBEDDING_PROVIDER"
_BARE_CODE: Final = Pattern(
    r"(?<![A-Za-z0-9_])(?<!ignore ')[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,12}(?![A-Za-z0-9_])"
)
_AROUND_CODE: Final = " \"'`.,:;!"
"""What stands around a code that was pasted alone."""
_ANY_STATUS: Final = Pattern(
    r"\b(?:http|https)(?:/[12](?:\.[01])?)?(?: error| status| response)?(?: code)?[\"']?\s{0,2}[:=(]?\s{0,2}[\"'(<\[]?([1-5]\d\d)\b"
    r"|\bstatus(?:[ _-]?code)?(?: was| of| is)?[\"']?\s{0,2}[:=(]{0,2}\s{0,2}[\"'(<\[]{0,2}(?:httpstatus\.)?([1-5]\d\d)\b"
    r"|\b(?:error|response)(?:[ _]?code)?[\"']?\s{0,2}[:=(]{0,2}\s{0,2}[\"'(<\[]{0,2}([1-5]\d\d)\b"
    r"|(?:error|exception): ([45]\d\d)\s(?!ms\b|bytes|tokens|characters|doc)"
    r"|\bcode[\"']?\s{0,2}[:=]\s{0,2}[\"']?([45]\d\d)\b"
    r"|\(([45]\d\d)\)"
    r"|(?:^|\b(?:warn|warning|openai|cohere|mistral|voyage|jina|nvidia|hugging ?face|azure|upstage|bedrock|vertex)\w{0,8} )"
    r"([45]\d\d): ?[a-z]"
    r"|\b([45]\d\d)\s(?:client error|server error|unauthori[sz]ed|forbidden|not found|too many requests|bad request|"
    r"internal server|bad gateway|service (?:temporarily )?unavailable|gateway time|payment required|gone\b|unprocessable|"
    r"request entity|payload too|content too|method not|conflict|status code|"
    r"failed dependency|resource not|model not|rate limit|you exceeded|incorrect api)"
)
_ACCESS_LOG: Final = Pattern(
    r"[\"'](?:get|post|put|patch|delete|head|options) [^\"'\n]{1,400} http/[0-9.]{1,3}[\"']:? {1,4}[1-5]\d\d"
)
"""How servers log the requests that they got."""
_SENTENCES: Final = (
    Pattern(
        r"(?i)\bmessage[\"']?\s{0,3}[:=]\s{0,3}[\"']?(\S.{0,600}?)(?=[\"'],? {0,9}[\"']?(?:error_?code|scope|family|title|id|"
        r"exceptionclass|documentids|[\]}])|,? error_?code|[\"']? ?\}|$)"
    ),
    Pattern(r"(?i)\btitle[\"']?\s{0,3}[:=]\s{0,3}[\"']([^\"']{1,300})"),
)
_DURATION: Final = r"(?P<time>\d{1,6}(?:\.\d{1,6})?(?:(?:h|m|s|ms)(?:\d{1,3}(?:\.\d{1,3})?(?:m|s|ms)){1,3}(?![a-z]))?)"
_UNIT: Final = r"\s{0,2}(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)?(?![a-z])"
_RETRY_AFTER: Final = (
    Pattern(
        r"\b(?:try again|retry|retry again|again|wait|waiting|resets?|available)\b (?:in|after|for)? ?"
        + _DURATION
        + _UNIT
    ),
    Pattern(r"\bretry[-_ ]?(?:after|delay|in)(?:[-_ ](?:seconds|secs))?[\"']?\s?[:=]?\s?[\"']?" + _DURATION + _UNIT),
    Pattern(r"\bestimated_time[\"']?\s?[:=]\s?" + _DURATION + _UNIT),
)
_UNITS: Final = (("ms", "ms"), ("milli", "ms"), ("mi", "min"), ("m", "min"), ("s", "s"), ("h", "h"), ("d", "d"))
_TAIL_MARKS: Final = (
    "error message was:",
    "error message:",
    "underlying problem:",
    "provider returned an unexpected response:",
    "response was",
)
_SPLIT_ELEMENTS: Final = Pattern(r"[}\])]\s{0,40},\s{0,40}(?:[A-Za-z_.]{1,60}\()?[{\[(]?")
_BEFORE: Final = r"(?:\[pod/[^\]\s]{1,200}\] ?|[\w.-]{1,64} {0,24}\| )?"
"""What kubectl and docker compose put before a line."""
_RECORD: Final = Pattern(
    _BEFORE + r"(?:(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)[:\] \t]|"
    r"[^\w\n]{0,6}(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{1,2}[/.-]\w{2,3}[/.-]\d{2,4}[ :T]\d\d:\d\d|\d\d:\d\d:\d\d|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\{\s?[\"'][a-zA-Z_@]))"
)
_OPENING: Final = Pattern(
    r"(?:[A-Za-z_][\w.$]{0,120}(?:Error|Exception|Timeout|Failure)\b ?[:(\[]|Error\b ?:|Traceback \(|[{\[]\s{0,8}[\"'{])"
)
_CHAIN: Final = ("during handling of the above", "the above exception was the direct cause", "caused by:", "[cause]:")
_ERROR_WORDS: Final = (
    "error", "exception", "fail", "denied", "refused", "timeout", "timed out", "time out", "timedout", "unauthor", "forbidden",
    "limit", "invalid", "exceed", "not found", "unavail", "throttl", "too many", "too long", "too large", "not support",
    "expired", "quota", "overload", "does not exist", "incorrect", "missing", "reset", "hibernat", "resuming",
)  # fmt: skip
"""Plain texts, since every line of a log is searched for them: an expression would take twenty times as long."""
_WRAPPER: Final = Pattern(
    r"error (?:building|initiali[sz]ing|adding|performing|searching|creating|running|in|with|while|executing|"
    r"processing|fetching|getting)"
    r"(?: [\w$./-]{1,40}){0,8} (?:component )?(?:astra ?db|astradbvectorstore|astra)(?: \w{1,24}){0,2}\s?[:,]"
    r"(?! ?'[\w.$]{1,40}'\W{0,6}(?:$|duration))"
)
"""What a component for Astra DB puts before any error, whoever made it: it says nothing about the side."""
_DIGITS: Final = Pattern(r"(?<!\d)(?:\d{1,2}|\d{4,40})(?!\d)")
"""Times and counts; three digits may be a status."""


class Piece:
    """One error: its text on one line, and what can be read off it without knowing any rule."""

    def __init__(self, text: str, places: tuple[str, ...] = ()) -> None:
        self.text = text
        self.places = places
        """The places that stack frames around the text name, the innermost first."""
        self.is_quiet = False
        self.count = 1
        """How often the payload has it, times and other numbers aside."""

    @cached_property
    def low(self) -> str:
        """The text in lower case, of the same length."""
        lowered = self.text.lower()
        return lowered if len(lowered) == len(self.text) else "".join(_lower(character) for character in self.text)

    @cached_property
    def fact(self) -> ErrorCode | None:
        """The Data API's error code: as a field, as a word of its own, or told by a fixed sentence."""
        keyed = known_code(self.keyed_code) if self.keyed_code is not None else None
        if keyed is not None:
            if keyed.provider_code is not None and "embedding" in self.low and "provider" in self.low:
                return known_code(keyed.provider_code)
            return keyed
        alone = known_code(self.text.strip(_AROUND_CODE))
        if alone is not None:
            return alone
        words = map(known_code, _BARE_CODE.compiled.findall(self.text))
        bare = [entry for entry in words if entry is not None and not entry.is_common_word]
        if bare:
            return next((entry for entry in bare if entry.side == "provider"), bare[0])
        for sentence, code in fixed_sentences():
            if sentence in self.low:
                return known_code(code)
        if "provider: " in self.low and "; http status: " in self.low and "; error message:" in self.low:
            return known_code("EMBEDDING_PROVIDER_CLIENT_ERROR")
        return None

    @cached_property
    def keyed_code(self) -> str | None:
        """What stands as a field `errorCode`, known or not, when it is a name and no number."""
        match = _KEYED_CODE.compiled.search(self.text)
        return match[1] if match and match[1] == match[1].upper() else None

    @cached_property
    def is_data_apis_own(self) -> bool:
        """Whether the Data API says of a code that is not known, by its scope, that no provider is involved.

        The scope of the providers decides nothing: it has codes of both sides.
        """
        if self.fact is not None or self.keyed_code is None:
            return False
        scope = _SCOPE.compiled.search(self.text)
        return scope is not None and scope[1] != _OF_PROVIDERS

    @cached_property
    def frame(self) -> Frame:
        """What the code settles."""
        if self.fact is None or self.fact.side == "unknown":
            return Frame.FREE
        return Frame.PROVIDER if self.fact.side == "provider" else Frame.CODE

    @cached_property
    def tail(self) -> int:
        """Where the provider's own words begin, in a text of the Data API that passes them on."""
        if self.frame is not Frame.PROVIDER:
            return 0
        for mark in _TAIL_MARKS:
            position = self.low.find(mark)
            if position >= 0:
                return position + len(mark)
        return 0

    @cached_property
    def words(self) -> str:
        """What the rules read, in lower case: of what the Data API passes on, the provider's own words."""
        words = self.low[self.tail :]
        if self.fact is not None and self.fact.side == "unknown":
            # a code that decides nothing is not a word that decides
            words = words.replace(self.fact.code.lower(), " " * len(self.fact.code))
        if self.frame is Frame.FREE and "error " in words:
            return _WRAPPER.compiled.sub(_blank, words)
        if self.frame is Frame.PROVIDER and self.fact is not None:
            # the code and the Data API's own sentence are no words of the provider
            for own in (self.fact.code.lower(), *(sentence for sentence, _ in fixed_sentences())):
                if own in words:
                    words = words.replace(own, " " * len(own))
        return words

    @property
    def status(self) -> int | None:
        """The HTTP status of the innermost answer: of what the provider said, when the Data API passes it on."""
        return self._status[0] if self._status is not None else None

    @property
    def status_span(self) -> tuple[int, int]:
        """Where the status stands in the text."""
        return self._status[1] if self._status is not None else (0, 0)

    @cached_property
    def _status(self) -> tuple[int, tuple[int, int]] | None:
        """The status that is deepest in brackets, and of these the last: what wraps comes first in a text.

        Nothing in the provider's own words is a status of theirs, and what a server logs about a request that it got is the
        status of another answer, unless there is no other.
        """
        found = list(_ANY_STATUS.compiled.finditer(self.low))
        if self.tail:
            found = [match for match in found if match.end() <= self.tail] or found[:1]
        logged = [match.span() for match in _ACCESS_LOG.compiled.finditer(self.low)] if len(found) > 1 else []
        called = [match for match in found if not any(start <= match.start() < end for start, end in logged)]
        found = called or found
        if not found:
            return None
        innermost = max(zip(_depths(self.low, found), found, strict=True), key=lambda pair: (pair[0], pair[1].start()))[
            1
        ]
        return int(next(group for group in innermost.groups() if group)), innermost.span()

    @cached_property
    def sentence(self) -> tuple[int, int]:
        """Where the Data API's own message stands, or its title; an empty span when neither does."""
        for shape in _SENTENCES:
            match = shape.compiled.search(self.text)
            if match is not None:
                return match.span(1)
        return 0, 0

    @cached_property
    def complaint(self) -> tuple[int, int]:
        """Where the first words stand that errors are told with."""
        places = [(place, place + len(word)) for word in _ERROR_WORDS if (place := self.low.find(word)) >= 0]
        return min(places, default=(0, 0))

    @cached_property
    def retry_after(self) -> str | None:
        """How long the text says to wait before the next call."""
        for shape in _RETRY_AFTER:
            match = shape.compiled.search(self.low)
            if match is not None:
                unit = next((name for start, name in _UNITS if (match["unit"] or "s").startswith(start)), "s")
                return match["time"] if match["time"][-1:].isalpha() else f"{match['time']} {unit}"
        return None

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The host names in the text."""
        return host_names.named_hosts(self.low)

    @cached_property
    def owners(self) -> tuple[frozenset[str], str | None]:
        """Whose hosts they are, and the provider they tell."""
        return host_names.owners(self.low, self.hosts)

    @cached_property
    def speaker(self) -> Speaker:
        """The provider that the text is from, and whether the text proves it."""
        return speaker(self.low, self.owners[1], names_other=host_names.names_other_service(self.low))

    @property
    def provider(self) -> str | None:
        """The provider that the text is from, as far as it tells."""
        return self.speaker.provider

    @cached_property
    def is_answer_of_provider(self) -> bool:
        """Whether hosts alone, or the Data API, say that a provider answered: whatever else the words name."""
        kinds = self.owners[0]
        return self.frame is Frame.PROVIDER or ("provider" in kinds and not kinds & {"astra", "data-api"})

    @cached_property
    def caller(self) -> str:
        """Whose client library the innermost frame is in: `astra`, `provider`, or nothing."""
        return next((whose for place in self.places if (whose := host_names.library_owner(place))), "")

    @cached_property
    def place(self) -> str:
        """Whom the text is about: `astra`, `provider`, `mixed` or `none`; a stack trace counts when nothing else does."""
        place = host_names.place(
            self.words, self.owners[0], names_provider=self.speaker.is_certain or mentions_provider(self.words)
        )
        return self.caller or place if place == "none" else place


class Payload(NamedTuple):
    """What was pasted: which kind of thing, whether only its ends were read, and the pieces."""

    kind: Kind
    truncated: bool
    whole: Piece
    pieces: tuple[Piece, ...]


def may_tell_an_error(text: str) -> bool:
    """Whether any word in the text is one that errors are told with."""
    low = text.lower()
    return any(word in low for word in _ERROR_WORDS)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _depths(text: str, found: list[re.Match[str]]) -> list[int]:
    """Return how many brackets are open where each match begins."""
    depths, depth, position = [], 0, 0
    for match in found:
        between = text[position : match.start()]
        depth += sum(map(between.count, "{[")) - sum(map(between.count, "}]"))
        depths.append(depth)
        position = match.start()
    return depths


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def read(raw: str | bytes) -> Payload:
    """Unwrap a payload of any size and kind. Never raises."""
    window, truncated = _ends(raw)
    kind = _kind(window)
    if kind in {"gzip", "binary"}:
        return Payload(kind, truncated, Piece(""), ())
    trace = without_frames(laid_out(_plain(_decoded(window)), vocabulary))
    text = trace.said.translate(_MARKS)
    if not text.strip():
        return Payload("empty", truncated, Piece(""), ())
    whole = Piece(" ".join(text.split()), trace.places)
    return Payload("text", truncated, whole, _pieces(text, whole))


def _ends(raw: str | bytes) -> tuple[str | bytes, bool]:
    if len(raw) <= 2 * WINDOW:
        return raw, False
    if isinstance(raw, str):
        return raw[:WINDOW] + "\n" + raw[-WINDOW:], True
    return raw[:WINDOW] + b"\n" + raw[-WINDOW:], True


def _kind(window: str | bytes) -> Kind:
    if not window:
        return "empty"
    if isinstance(window, bytes):
        if window.startswith(b"\x1f\x8b"):
            return "gzip"
        if window.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "text"
        sample = window[:_SAMPLE].decode("latin-1")
    else:
        if window.startswith(("\x1f\x8b", "\x1f\ufffd", "\x1f\udc8b")):
            return "gzip"
        sample = window[:_SAMPLE]
    # a text in another encoding has strange characters, but hardly any control characters
    control = len(sample) - len(sample.translate(_WITHOUT_CONTROL))
    return "binary" if control > max(_STRAY, len(sample) // _FEW) else "text"


def _decoded(window: str | bytes) -> str:
    if isinstance(window, str):
        return window
    if window.startswith((b"\xff\xfe", b"\xfe\xff")):
        return window.decode("utf-16", "replace")
    return window.decode("utf-8", "replace")


def _plain(text: str) -> str:
    """Take away colors, carriage returns, and every depth of escaping."""
    if "\x1b" in text:
        text = _ANSI.compiled.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(SOFT_BREAK, "\n")
    if "\\" in text:
        text = _ESCAPED.compiled.sub(_unescaped, text)
    if "&" in text:
        text = _ENTITY.compiled.sub(_character, text)
    return text


def _character(match: re.Match[str]) -> str:
    character = html.unescape(match[0])
    return character if " " <= character <= "~" else match[0]


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return " " if number < 32 or 0xD800 <= number <= 0xDFFF else chr(number)
    if match[2] == "n":
        return SOFT_BREAK  # a line break inside a string is no end of a log record
    return " " if match[2] in "rtbf" else match[2]


def _pieces(text: str, whole: Piece) -> tuple[Piece, ...]:
    pieces: dict[str, Piece] = {}
    for record in _records(text):
        if not may_tell_an_error(record):
            continue
        for element in _elements(" ".join(record.split())):
            shape = _DIGITS.compiled.sub("0", element)
            if shape in pieces:
                pieces[shape].count += 1
            elif len(pieces) < MOST_PIECES:
                pieces[shape] = Piece(element, whole.places)
                pieces[shape].is_quiet = gives_no_error(record)
    return tuple(pieces.values()) or (whole,)


def _records(text: str) -> list[str]:
    """Split at what begins an entry of a log or, after an empty line, another error. A chain of causes stays whole."""
    lines = text.split("\n")
    if len(lines) == 1:
        return [text]
    is_chain = any(mark in text.lower() for mark in _CHAIN)
    starts = [0]
    for number, line in enumerate(lines[1:], start=1):
        stands_alone = not is_chain and not lines[number - 1].strip() and _OPENING.compiled.match(line)
        if stands_alone or (_RECORD.compiled.match(line) and not line.startswith((" ", "\t"))):
            starts.append(number)
    found: list[str] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found += ["\n".join(lines[start:end])] if end - start <= MOST_LINES_OF_ONE else _of_log(lines[start:end])
    return found


def _of_log(lines: list[str]) -> list[str]:
    """Split so many lines that they are no single error, although none begins like an entry of a log."""
    records = Records()
    found = [record.text for line in lines for record in records.feed(line)]
    return found + [record.text for record in records.flush()]


def _elements(record: str) -> list[str]:
    """Split a list of errors of the Data API between its elements."""
    found = list(_KEYED_CODE.compiled.finditer(record))
    if len(found) < 2:
        return [record]
    cuts = [0]
    for before, after in pairwise(found):
        between = list(_SPLIT_ELEMENTS.compiled.finditer(record, before.end(), after.start()))
        if between:
            cuts.append(between[-1].end() - 1)
    return [record[start:end] for start, end in zip(cuts, [*cuts[1:], len(record)], strict=True)]
