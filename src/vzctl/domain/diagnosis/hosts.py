"""Whose a host name is, and whom the words of a text are about."""

from __future__ import annotations

from typing import Final

from vzctl.domain.pattern import Pattern
from vzctl.knowledge.loader import section

_HOST: Final = Pattern(r"(?<![\w.@-])((?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24})(?::(\d{1,5}))?(?![\w-])")
_LOCAL: Final = Pattern(
    r"(?<![\w.])(?:localhost|127\.0\.0\.1|\[::1\]|::1|0\.0\.0\.0|host\.docker\.internal)[:, ]{1,2}(\d{2,5})\b"
)
_MOST_HOSTS: Final = 32
_ADDRESS: Final = Pattern(
    r"(?:://|\bhost(?:name)?['\"]?\s?[:=]\s?['\"]?)"
    r"((?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}|localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\w-])"
)

_KNOWN: Final = section("hosts")
_ASTRA: Final = tuple(f".{domain}" for domain in _KNOWN["astra"]["domains"])
_DEVOPS: Final = f".{_KNOWN['astra']['devops_domain']}"
_PROVIDERS: Final[tuple[tuple[str, str | None, bool], ...]] = (
    *(
        (host, provider, key == "customer_hosts")
        for provider, entry in section("providers").items()
        for key in ("customer_hosts", "hosts")
        for host in entry.get(key, ())
    ),
    *((host, None, False) for host in _KNOWN["other_services"]["hosts"]),
)
"""A host, which provider's it is, and whether it is one that a customer has named. No host is below another provider's."""
_DOCUMENTATION: Final = tuple(_KNOWN["documentation_prefixes"])
_PROVIDER_PORTS: Final = frozenset(str(port) for port in _KNOWN["local"]["provider_ports"])
_CASSANDRA_PORTS: Final = frozenset(str(port) for port in _KNOWN["local"]["data_api_ports"])
_EMBEDDING_PATH: Final = Pattern(
    r"https?://(?![^\s/]{0,200}datastax)[^\s/'\"]{1,200}(?:/[^\s/'\"?]{1,80}){0,8}?"
    r"/(?:embeddings?|embed|inference|chat/completions|feature-extraction|rerank)\b"
)

_ASTRA_LIBRARIES: Final = tuple(_KNOWN["astra"]["libraries"])
_PROVIDER_LIBRARIES: Final = (
    *(library for entry in section("providers").values() for library in entry.get("libraries", ())),
    *_KNOWN["other_services"]["libraries"],
)
_OTHER_PROVIDER_WORDS: Final = (
    '"object":"error"',
    '"object": "error"',
    "'object': 'error'",
    "api error occurred: status",
    "embed",
    "invalid_request_error",
    "'param': none",
    '"param":null',
    '"param": null',
    "error_type",
    "api_error",
    "vectorization endpoint",
    "ollama",
    "gemini",
    "generativelanguage",
    "anthropic",
    "groq",
    "dashscope",
    "litellm",
    "openrouter",
    "deepseek",
    "siliconflow",
    "chat.completion",
    "chat completion",
    "llm",
    "inference api",
    "inference endpoint",
    "rerank",
    "language model",
)
ASTRA_NAMES: Final = frozenset(
    {
        "astra",
        "astra db",
        "astra token",
        "astra.datastax.com",
        "astracs",
        "astradb",
        "cassandra",
        "data api",
        "dataapi",
        "datastax",
        "langchain_core",
    }
)
"""Words that hold a provider's rule back, unless a host says that the provider answered: a stack trace names many."""
_ASTRA_WORDS: Final = Pattern(
    r"\b(?:astra(?:[ _-]?db|cs|py|_database|_token|_role|_keyspace|dbvectorstore|db\w{0,24})?\b|astra\.)|datastax|data ?api\b|"
    r"dataapi|devopsapi|stargate|cassandra|cassio|cqlsh|sgv2|createcollection|insertmany|insertone|deletemany|updateone|"
    r"findandrerank|findone|\$vectorize\b|keyspace|\bcql\b"
)


def named_hosts(text: str) -> tuple[str, ...]:
    """Return the host names in `text`, which is in lower case, with their ports, in order and once each."""
    found: dict[str, None] = {}
    for match in _HOST.compiled.finditer(text):
        found.setdefault(match[0])
        if len(found) >= _MOST_HOSTS:
            break
    for match in _LOCAL.compiled.finditer(text):
        found.setdefault(f"localhost:{match[1]}")
        if len(found) >= 2 * _MOST_HOSTS:
            break
    return tuple(found)


def host_labels() -> frozenset[str]:
    """Return the words of which the known hosts are made."""
    names = (*_ASTRA, *(suffix for suffix, _, _ in _PROVIDERS), "localhost", "https", "amazonaws.com")
    return frozenset(label for name in names for label in name.replace("-", ".").split(".") if label)


def names_other_service(text: str) -> bool:
    """Whether `text`, in lower case, has the address of a service that is neither Astra's nor known as a provider's."""
    for match in _ADDRESS.compiled.finditer(text):
        kind, provider = owner(match[1])
        if provider is None and kind in ("", "provider") and not match[1].startswith(_DOCUMENTATION):
            return True
    return False


def owner(host: str) -> tuple[str, str | None]:
    """Return whose a host is (`astra`, `devops`, `data-api`, `provider`, `named` or nothing), and which provider's."""
    name, _, port = host.partition(":")
    if name == "localhost":
        if port in _PROVIDER_PORTS:
            return "provider", None
        return ("data-api", None) if port in _CASSANDRA_PORTS else ("", None)
    if name.startswith("api.") and name.endswith(_DEVOPS):
        return "devops", None
    if name.endswith(_ASTRA) and not name.startswith(_DOCUMENTATION):
        return "astra", None
    if name.startswith(_DOCUMENTATION):
        return "", None
    if name.startswith("bedrock") and name.endswith(".amazonaws.com"):
        return "provider", "bedrock"
    for suffix, provider, is_named in _PROVIDERS:
        if name == suffix or name.endswith(("." + suffix, "-" + suffix)):
            return ("named" if is_named else "provider"), provider
    return "", None


def owners(text: str, hosts: tuple[str, ...]) -> tuple[frozenset[str], str | None]:
    """Return whose hosts the text names, `none` for nobody's, and the first provider that a host tells."""
    kinds: set[str] = set()
    provider: str | None = None
    for host in hosts:
        kind, of_provider = owner(host)
        if kind:
            kinds.add(kind)
            provider = provider or of_provider
    if kinds & {"named"}:
        kinds.add("provider")
    if kinds & {"devops"}:
        kinds.add("astra")
    if not kinds and "http" in text and _EMBEDDING_PATH.compiled.search(text):
        kinds.update(("provider", "named"))  # no provider has it: somebody wrote it into a setting
    return frozenset(kinds or {"none"}), provider


def library_owner(path: str) -> str:
    """Return whose client library a stack frame is in: `astra`, `provider`, or nothing for other code."""
    path = path.lower()
    if any(name in path for name in _ASTRA_LIBRARIES):
        return "astra"
    return "provider" if any(name in path for name in _PROVIDER_LIBRARIES) else ""


def place(text: str, kinds: frozenset[str], *, names_provider: bool) -> str:
    """Return whom a text is about: hosts decide before words do."""
    if "none" not in kinds:
        of_astra, of_provider = bool(kinds & {"astra", "data-api"}), "provider" in kinds
        if of_astra != of_provider:
            return "astra" if of_astra else "provider"
        return "mixed"
    about_astra = _ASTRA_WORDS.compiled.search(text) is not None
    about_provider = names_provider or any(word in text for word in _OTHER_PROVIDER_WORDS)
    if about_astra:
        return "mixed" if about_provider else "astra"
    return "provider" if about_provider else "none"
