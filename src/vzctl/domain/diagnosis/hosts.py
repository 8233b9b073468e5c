"""Whose a host name is, and whom the words of a text are about."""

from __future__ import annotations

from typing import Final

from vzctl.domain.pattern import Pattern

_HOST: Final = Pattern(r"(?<![\w.@-])((?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24})(?::(\d{1,5}))?(?![\w-])")
_LOCAL: Final = Pattern(
    r"(?<![\w.])(?:localhost|127\.0\.0\.1|\[::1\]|::1|0\.0\.0\.0|host\.docker\.internal)[:, ]{1,2}(\d{2,5})\b"
)
_MOST_HOSTS: Final = 32

_ASTRA: Final = (
    ".astra.datastax.com",
    ".astra-dev.datastax.com",
    ".astra-test.datastax.com",
    ".cloud.datastax.com",
)
_PROVIDERS: Final = (
    ("openai.azure.com", "azureOpenAI", True),
    ("cognitiveservices.azure.com", "azureOpenAI", True),
    ("services.ai.azure.com", "azureOpenAI", True),
    ("api.cognitive.microsoft.com", "azureOpenAI", False),
    ("api.openai.com", "openai", False),
    ("endpoints.huggingface.cloud", "huggingfaceDedicated", True),
    ("router.huggingface.co", "huggingface", False),
    ("api-inference.huggingface.co", "huggingface", False),
    ("huggingface.co", "huggingface", False),
    ("hf.space", "huggingface", False),
    ("jina.ai", "jinaAI", False),
    ("api.mistral.ai", "mistral", False),
    ("nvidia.com", "nvidia", False),
    ("nemoservice.nemo", "nvidia", False),
    ("upstage.ai", "upstageAI", False),
    ("voyageai.com", "voyageAI", False),
    ("ai.mongodb.com", "voyageAI", False),
    ("api.cohere.com", "cohere", False),
    ("api.cohere.ai", "cohere", False),
    ("aiplatform.googleapis.com", "vertexai", False),
    ("generativelanguage.googleapis.com", None, False),
    ("models.github.ai", None, False),
    ("models.inference.ai.azure.com", None, False),
    ("openrouter.ai", None, False),
    ("api.together.xyz", None, False),
    ("api.siliconflow.cn", None, False),
    ("api.siliconflow.com", None, False),
    ("dashscope.aliyuncs.com", None, False),
    ("api.deepseek.com", None, False),
    ("api.groq.com", None, False),
    ("api.anthropic.com", None, False),
    ("api.deepinfra.com", None, False),
    ("api.fireworks.ai", None, False),
    ("api.nomic.ai", None, False),
    ("ollama.com", None, False),
)
_DOCUMENTATION: Final = (
    "docs.",
    "platform.",
    "help.",
    "status.",
    "learn.",
    "discuss.",
    "community.",
    "support.",
    "www.",
    "go.",
)
_PROVIDER_PORTS: Final = frozenset({"11434", "1234"})
"""Ollama and LM Studio, which serve embeddings on the user's own machine."""
_CASSANDRA_PORTS: Final = frozenset({"9042", "9142", "8181"})
"""Cassandra, and a Data API that runs on the user's own machine."""
_EMBEDDING_PATH: Final = Pattern(
    r"https?://(?![^\s/]{0,200}datastax)[^\s/'\"]{1,200}(?:/[^\s/'\"?]{1,80}){0,8}?"
    r"/(?:embeddings?|embed|inference|chat/completions|feature-extraction|rerank)\b"
)

_NAMES: Final = (
    ("azureopenai", "azureOpenAI"),
    ("azure openai", "azureOpenAI"),
    ("azure.core", "azureOpenAI"),
    ("azure", "azureOpenAI"),
    ("huggingfacededicated", "huggingfaceDedicated"),
    ("huggingface", "huggingface"),
    ("hugging face", "huggingface"),
    ("hf-inference", "huggingface"),
    ("inference providers", "huggingface"),
    ("text-embeddings-inference", "huggingface"),
    ("sentence-transformers", "huggingface"),
    ("jinaai", "jinaAI"),
    ("jina", "jinaAI"),
    ("mistral", "mistral"),
    ("nvidia", "nvidia"),
    ("urn:kaizen:", "nvidia"),
    ("nv-embed", "nvidia"),
    ("upstage", "upstageAI"),
    ("solar-embedding", "upstageAI"),
    ("voyage", "voyageAI"),
    ("cohere", "cohere"),
    ("bedrock", "bedrock"),
    ("titan-embed", "bedrock"),
    ("invokemodel operation", "bedrock"),
    ("vertexai", "vertexai"),
    ("vertex ai", "vertexai"),
    ("openai", "openai"),
    ("text-embedding-ada", "openai"),
    ("text-embedding-3", "openai"),
)
_SHAPES: Final = (
    (Pattern(r"['\"]?code['\"]?: ?['\"](?:401|403|404|429)['\"], ?['\"]?message['\"]?:"), "azureOpenAI"),
    (Pattern(r"principal does not have access to api/operation"), "azureOpenAI"),
    (Pattern(r"['\"]message['\"]: ?['\"]unauthorized['\"], ?['\"]request_id['\"]:"), "mistral"),
    (Pattern(r"api error occurred: status \d{3}"), "mistral"),
)
"""What only one provider, or its client, writes like this."""
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


_TOLD: Final = Pattern(r"\bprovider(?:['\"]?: ?| was: ?| )['\"]?([a-z]{5,24})\b")
_BY_ID: Final = {provider.lower(): provider for _, provider in _NAMES}


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


def owner(host: str) -> tuple[str, str | None]:
    """Return whose a host is (`astra`, `devops`, `data-api`, `provider`, `named` or nothing), and which provider's."""
    name, _, port = host.partition(":")
    if name == "localhost":
        if port in _PROVIDER_PORTS:
            return "provider", None
        return ("data-api", None) if port in _CASSANDRA_PORTS else ("", None)
    if name.startswith("api.") and name.endswith((".datastax.com",)):
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


def named_provider(text: str) -> str | None:
    """Return the provider that `text` names in words or by the shape of an answer.

    What the Data API says about a provider decides; of several names the first does, but OpenAI's last: its client and the
    form of its answers serve many others.
    """
    told = _TOLD.compiled.search(text)
    if told is not None and told[1] in _BY_ID:
        return _BY_ID[told[1]]
    best: tuple[bool, int, int, str] | None = None
    for rank, (word, provider) in enumerate(_NAMES):
        position = text.find(word)
        if position < 0:
            continue
        found = (provider == "openai", position, rank, provider)
        if best is None or found < best:
            best = found
    if best is None or best[3] == "openai":
        for shape, provider in _SHAPES:
            if shape.compiled.search(text):
                return provider
    return best[3] if best else None


def place(text: str, kinds: frozenset[str], provider: str | None) -> str:
    """Return whom a text is about: hosts decide before words do."""
    if "none" not in kinds:
        of_astra, of_provider = bool(kinds & {"astra", "data-api"}), "provider" in kinds
        if of_astra != of_provider:
            return "astra" if of_astra else "provider"
        return "mixed"
    about_astra = _ASTRA_WORDS.compiled.search(text) is not None
    about_provider = provider is not None or any(word in text for word in _OTHER_PROVIDER_WORDS)
    if about_astra:
        return "mixed" if about_provider else "astra"
    return "provider" if about_provider else "none"
