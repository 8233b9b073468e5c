"""Keys in the formats of their issuers, and ids that are no secrets, made at random from a seed.

Source of the formats: the rules of gitleaks and trufflehog, the issuers' pages, and the project's facts about providers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

LOWER: Final = string.ascii_lowercase
UPPER: Final = string.ascii_uppercase
LETTERS: Final = string.ascii_letters
DIGITS: Final = string.digits
HEX: Final = "0123456789abcdef"
BASE36: Final = LOWER + DIGITS
BASE62: Final = LETTERS + DIGITS
BASE64: Final = BASE62 + "+/"
URL_SAFE: Final = BASE62 + "-_"
BASE32: Final = UPPER + "234567"
BECH32: Final = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"

Make = Callable[[random.Random], str]


def word(alphabet: str, length: int) -> Make:
    """Return a maker of words of this length."""
    return lambda source: "".join(source.choice(alphabet) for _ in range(length))


def parts(*items: str | Make) -> Make:
    """Return a maker of texts that are put together from fixed and random parts."""
    return lambda source: "".join(item if isinstance(item, str) else item(source) for item in items)


def base64_of(length: int, *, is_url_safe: bool = False) -> Make:
    """Return a maker of so many random bytes in base64, with the padding unless they are for URLs."""

    def make(source: random.Random) -> str:
        data = source.randbytes(length)
        return base64.urlsafe_b64encode(data).decode().rstrip("=") if is_url_safe else base64.b64encode(data).decode()

    return make


def json_web_token(source: random.Random) -> str:
    """Return a signed token, as Astra's own pages use it."""
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    body = json.dumps({"sub": str(uuid.UUID(int=source.getrandbits(128))), "exp": source.randrange(10**9, 2 * 10**9)})
    claims = base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
    return f"{head}.{claims}.{base64_of(32, is_url_safe=True)(source)}"


def private_key(source: random.Random) -> str:
    """Return a private key in the form of PEM."""
    body = base64.b64encode(source.randbytes(source.randrange(100, 900))).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    kind = source.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


KEYS: Final[dict[str, Make]] = {
    "OpenAI": parts("sk-", word(BASE62, 20), "T3BlbkFJ", word(BASE62, 20)),
    "OpenAI project": parts("sk-proj-", word(URL_SAFE, 74), "T3BlbkFJ", word(URL_SAFE, 74)),
    "OpenAI service account": parts("sk-svcacct-", word(URL_SAFE, 58), "T3BlbkFJ", word(URL_SAFE, 58)),
    "OpenAI administration": parts("sk-admin-", word(URL_SAFE, 58), "T3BlbkFJ", word(URL_SAFE, 58)),
    "Azure OpenAI": word(HEX, 32),
    "Azure OpenAI since 2024": parts(word(BASE62, 52), "JQQJ99", word(BASE62, 26)),
    "Azure storage": base64_of(64),
    "Hugging Face": parts("hf_", word(LETTERS, 34)),
    "Hugging Face organization": parts("api_org_", word(LETTERS, 34)),
    "Jina AI": parts("jina_", word(HEX, 32), word(URL_SAFE, 28)),
    "Mistral AI": word(BASE62, 32),
    "32 lower case letters and digits": word(BASE36, 32),
    "NVIDIA": parts("nvapi-", word(URL_SAFE, 64)),
    "Upstage": parts("up_", word(BASE62, 29)),
    "Voyage AI": parts("pa-", word(URL_SAFE, 43)),
    "Voyage AI at Atlas": parts("al-", word(URL_SAFE, 43)),
    "Astra token": parts("AstraCS:", word(LETTERS, 24), ":", word(HEX, 64)),
    "Data API token": parts("Cassandra:", base64_of(9), ":", base64_of(14)),
    "vzctl service token": parts("vzt_", word(HEX, 8), "_", word(HEX, 64)),
    "Anthropic": parts("sk-ant-api03-", word(URL_SAFE, 93), "AA"),
    "Cohere": word(BASE62, 40),
    "Google API": parts("AIza", word(URL_SAFE, 35)),
    "Google client secret": parts("GOCSPX-", word(URL_SAFE, 28)),
    "Google access token": parts("ya29.", word(URL_SAFE, 160)),
    "AWS access key id": parts("AKIA", word(BASE32, 16)),
    "AWS secret access key": word(BASE64, 40),
    "Amazon Bedrock": parts("ABSK", base64_of(96)),
    "GitHub": parts("ghp_", word(BASE62, 36)),
    "GitHub app": parts("ghs_", word(BASE62, 36)),
    "GitHub fine-grained": parts("github_pat_", word(BASE62, 22), "_", word(BASE62, 59)),
    "GitLab": parts("glpat-", word(URL_SAFE, 20)),
    "GitLab routable": parts("glpat-", word(URL_SAFE, 27), ".", word(BASE36, 2), ".", word(BASE36, 9)),
    "Slack bot": parts("xoxb-", word(DIGITS, 12), "-", word(DIGITS, 13), "-", word(BASE62, 24)),
    "Slack app": parts("xapp-1-A", word(UPPER + DIGITS, 10), "-", word(DIGITS, 13), "-", word(HEX, 64)),
    "Stripe": parts("sk_live_", word(BASE62, 24)),
    "Stripe restricted": parts("rk_live_", word(BASE62, 99)),
    "Stripe webhook": parts("whsec_", word(BASE62, 32)),
    "Fireworks": parts("fw_", word(BASE62, 22)),
    "Groq": parts("gsk_", word(BASE62, 52)),
    "Replicate": parts("r8_", word(BASE62, 37)),
    "Together": word(HEX, 64),
    "Together since 2025": parts("tgp_v1_", word(URL_SAFE, 43)),
    "OpenRouter": parts("sk-or-v1-", word(HEX, 64)),
    "DeepSeek": parts("sk-", word(HEX, 32)),
    "xAI": parts("xai-", word(BASE62, 80)),
    "Perplexity": parts("pplx-", word(BASE62, 48)),
    "Pinecone": parts("pcsk_", word(BASE62, 5), "_", word(BASE62, 62)),
    "LangSmith": parts("lsv2_pt_", word(HEX, 32), "_", word(HEX, 10)),
    "SendGrid": parts("SG.", word(URL_SAFE, 22), ".", word(URL_SAFE, 43)),
    "Mailgun": parts("key-", word(HEX, 32)),
    "npm": parts("npm_", word(BASE62, 36)),
    "PyPI": parts("pypi-AgEIcHlwaS5vcmc", word(URL_SAFE, 150)),
    "Docker Hub": parts("dckr_pat_", word(URL_SAFE, 27)),
    "DigitalOcean": parts("dop_v1_", word(HEX, 64)),
    "Databricks": parts("dapi", word(HEX, 32)),
    "HashiCorp Vault": parts("hvs.", word(URL_SAFE, 95)),
    "Atlassian": parts("ATATT3xFfGF0", word(URL_SAFE, 171), "=", word(UPPER + DIGITS, 8)),
    "Telegram bot": parts(word("123456789", 1), word(DIGITS, 9), ":AA", word(URL_SAFE, 33)),
    "Shopify": parts("shpat_", word(HEX, 32)),
    "Supabase": parts("sbp_", word(HEX, 40)),
    "age": parts("AGE-SECRET-KEY-1", word(BECH32, 58)),
    "JSON Web Token": json_web_token,
    "PEM": private_key,
    "32 random bytes for URLs": base64_of(32, is_url_safe=True),
    "32 random bytes in base64": base64_of(32),
}
"""Sixty formats and more. The fourth has no form but its length; only randomness tells it."""

CONTEXTS: Final = {
    "in a sentence": "the request with {} was refused by the provider.",
    "at the end": "sent {}",
    "behind a label": "Incorrect API key provided: {}. You can find yours on the page.",
    "in JSON": '{{"error": {{"value": "{}", "code": 401}}}}',
    "in a dictionary of Python": "{{'api_key': '{}', 'retries': 2}}",
    "in the query of a URL": "GET https://api.example.com/v1/embeddings?version=2&key={}&model=small",
    "in a header": "< X-Service-Auth: {}",
    "in the Authorization header": "-H 'Authorization: Bearer {}'",
    "as a variable": "SOMETHING={}",
}
PASSWORD: Final = BASE62 + "/@:!$%^*()_+-=.,~"


def address_with_password(source: random.Random) -> tuple[str, str]:
    """Return a URL and the password in it, which may have any character that people forget to escape."""
    secret = "".join(source.choice(PASSWORD) for _ in range(source.randrange(8, 30)))
    scheme = source.choice(("postgres", "https", "redis", "mongodb+srv", "amqp"))
    user = source.choice(("app", "service.account", "", "admin"))
    host = source.choice(("db.example.com", "localhost:5432", "10.0.0.7:6379", "cassandra-0"))
    return f"{scheme}://{user}:{secret}@{host}/keyspace", secret


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _hash(name: str) -> Make:
    return lambda source: hashlib.new(name, source.randbytes(16), usedforsecurity=False).hexdigest()


def _time(source: random.Random) -> str:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=source.randrange(10**14))
    return source.choice((at.isoformat(), at.isoformat().replace("+00:00", "Z"), at.strftime("%Y%m%dT%H%M%S.%fZ")))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


WORDS: Final = _listed(
    "embeddings|default_keyspace|support|documents|customer-reviews|shop|production|v1|v2|api|json|internal|collections|"
    "search_index|europe-west|team-seven|products2026|knowledge_base|Backend|vectorService|lib|python3.13|site-packages"
)
REGIONS: Final = ("us-east1", "us-east-2", "europe-west4", "eu-central-1", "westus2", "ap-southeast-1")
MODELS: Final = _listed(
    "text-embedding-3-small|text-embedding-ada-002|sentence-transformers/all-MiniLM-L6-v2|intfloat/multilingual-e5-large-instruct|"
    "BAAI/bge-large-en-v1.5|jina-embeddings-v2-base-code|nvidia/nv-embedqa-e5-v5|amazon.titan-embed-text-v2:0|voyage-law-2|"
    "gpt-4o-mini-2024-07-18|mistralai/Mixtral-8x7B-Instruct-v0.1|meta-llama/Meta-Llama-3.1-405B-Instruct-FP8|"
    "solar-embedding-1-large-passage|claude-3-5-sonnet-20241022|Qwen2.5-Coder-32B-Instruct-Q4_K_M.gguf|NV-Embed-QA|"
    "textembedding-gecko@003|cohere.embed-multilingual-v3"
)


def _path(source: random.Random) -> str:
    return "/".join(source.choice(WORDS) for _ in range(source.randrange(2, 8)))


HARMLESS: Final[dict[str, Make]] = {
    "UUID": _uuid,
    "UUID in upper case": lambda source: _uuid(source).upper(),
    "id of a database": parts("database ", _uuid),
    "host of a database": lambda source: f"{_uuid(source)}-{source.choice(REGIONS)}.apps.astra.datastax.com",
    "endpoint of a collection": lambda source: (
        f"https://{_uuid(source)}-{source.choice(REGIONS)}.apps.astra.datastax.com/api/json/v1/{_path(source)}"
    ),
    "host of a dedicated endpoint": lambda source: (
        f"https://{word(BASE36, 16)(source)}.{source.choice(REGIONS)}.aws.endpoints.huggingface.cloud/embeddings"
    ),
    "host without a scheme": lambda source: f"{word(LOWER, 8)(source)}.{source.choice(REGIONS)}.elb.amazonaws.com:443",
    "path of a URL": lambda source: f"https://api.example.com/{_path(source)}/{_uuid(source)}?limit=20",
    "commit in a URL": parts("https://github.com/datastax/astrapy/commit/", _hash("sha1")),
    "commit": _hash("sha1"),
    "labeled commit": parts("commit ", _hash("sha1")),
    "SHA-256": parts("sha256:", _hash("sha256")),
    "SHA-512 with a label": parts("SHA512: ", _hash("sha512")),
    "MD5": parts("md5=", _hash("md5")),
    "digest of an image": parts("registry.example.com/team/image@sha256:", _hash("sha256")),
    "ETag": parts('ETag: "', _hash("md5"), '"'),
    "request of OpenAI": parts("req_", word(HEX, 32)),
    "request of Anthropic": parts("req_01", word(BASE62, 22)),
    "completion of OpenAI": parts("chatcmpl-", word(BASE62, 29)),
    "organization of OpenAI": parts("org-", word(BASE62, 24)),
    "project of OpenAI": parts("proj_", word(BASE62, 24)),
    "request in a header": parts("x-request-id: ", word(HEX, 32)),
    "request in JSON": parts('"requestId": "', word(HEX, 32), '"'),
    "request in words": parts("(request id ", word(HEX, 32), ")"),
    "request of AWS": parts("x-amzn-requestid: ", _uuid),
    "second request id of S3": parts("x-amz-id-2: ", base64_of(57)),
    "trace of AWS": parts("Root=1-", word(HEX, 8), "-", word(HEX, 24)),
    "cf-ray": parts("cf-ray: ", word(HEX, 16), "-FRA"),
    "traceparent": parts("traceparent: 00-", word(HEX, 32), "-", word(HEX, 16), "-01"),
    "trace": parts("trace_id=", word(HEX, 32)),
    "span": parts('"spanId":"', word(HEX, 16), '"'),
    "ObjectId": word(HEX, 24),
    "ULID": parts("01", word("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)),
    "time": _time,
    "model": lambda source: source.choice(MODELS),
    "file": lambda source: f"/usr/{_path(source)}.py",
    "file at home": lambda source: f"~/{_path(source)}/{word(HEX, 32)(source)}.json",
    "relative file": lambda source: f"src/{_path(source)}.toml",
    "file of Windows": lambda source: "C:\\Users\\" + _path(source).replace("/", "\\"),
    "class of Java": lambda source: (
        f"io.stargate.sgv2.jsonapi.exception.{source.choice(('EmbeddingProvider', 'Schema'))}Exception"
    ),
    "code of an error": lambda source: source.choice(
        ("EMBEDDING_PROVIDER_CLIENT_ERROR", "COLLECTION_NOT_EXIST", "UNSUPPORTED_TABLE_COMMAND")
    ),
    "name of a credential": lambda source: (
        f"{source.choice(('openai', 'sk-team', 'voyage_eu'))}-{source.choice(WORDS)}-2026-q1"
    ),
    "address": lambda source: f"2001:db8:{word(HEX, 4)(source)}:{word(HEX, 4)(source)}::{word(HEX, 4)(source)}",
    "version": lambda source: (
        f"astrapy-{source.randrange(9)}.{source.randrange(99)}.{source.randrange(99)}+build.{source.randrange(9999)}"
    ),
    "number": lambda source: str(source.randrange(10**24, 10**30)),
}
HARMLESS_CONTEXTS: Final = (
    "the call failed: {} was not available",
    "{}",
    '{{"detail": "{}"}}',
    "WARN {} - retry in 2 s",
    "see {} for more.",
)
