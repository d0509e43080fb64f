"""The values of settings: each function returns the setting, or raises ValueError with a reason."""

import hashlib
import hmac
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
# Names that no server outside the own network can look up.
_INTERNAL_DOMAINS = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
_MAILCHIMP_HOST = re.compile(r"([a-z]{2}[0-9]{1,3}\.)?api\.mailchimp\.com", re.ASCII)
_MIN_TOKEN_LENGTH = 16
# Characters of secrets.token_urlsafe(16), which has 128 random bits.
_MIN_WEBHOOK_SECRET_LENGTH = 22
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def login_root(api_root: str) -> str:
    """Where MailChimp's login pages are: beside a stand-in's API, otherwise MailChimp's own."""
    root = urlsplit(api_root)
    if root.hostname in LOOPBACK_HOSTS:
        return f"{root.scheme}://{root.netloc}"
    return "https://login.mailchimp.com"


def text(raw: Any) -> str:
    return str(raw).strip()


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    def parse(raw: Any) -> int:
        text = str(raw).strip()
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise ValueError(f"must be a whole number between {low} and {high}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return parse


def boolean(raw: Any) -> bool:
    word = str(raw).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("must be 1 or 0")
    return word in _TRUE


def choice(*allowed: str) -> Callable[[Any], str]:
    def parse(raw: Any) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(raw)

    return parse


def api_root(raw: Any) -> str:
    """Only loopback and MailChimp's own hosts: the API key is sent there."""
    root = text(raw).rstrip("/")
    if not root:
        return ""
    parts = urlsplit(root)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS and parts.scheme in {"http", "https"}:
        return root
    if _MAILCHIMP_HOST.fullmatch(host) and parts.scheme == "https":
        return root
    raise ValueError("must be a loopback address or an https address of api.mailchimp.com")


def public_url(raw: Any) -> str:
    """An address that servers on the internet can reach; for the stand-in also a loopback address."""
    url = text(raw).rstrip("/")
    if not url:
        return ""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    is_plain = parts.netloc == parts.netloc.rpartition("@")[2] and not parts.query + parts.fragment
    if host in LOOPBACK_HOSTS and parts.scheme in {"http", "https"} and is_plain:
        return url
    if parts.scheme == "https" and is_plain and _is_public_host(host):
        return url
    raise ValueError(
        "must be the https address of your CRM on the internet, such as https://crm.example.com"
    )


def _is_public_host(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_INTERNAL_DOMAINS)


def derived_webhook_secret(secret_key: str) -> str:
    """The secret of the webhook's address where none is set: it follows from one of CXMC_SECRET_KEYS."""
    return hmac.new(secret_key.encode(), b"cxmc webhook", hashlib.sha256).hexdigest()[:32]


def time_zone(raw: Any) -> str:
    if raw not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Amsterdam")
    return str(raw)


def locale(raw: Any) -> str:
    """Whether it has translations is checked where they are read."""
    name = text(raw)
    if not re.fullmatch(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*", name, re.ASCII):
        raise ValueError("must be a language such as en, nl or pt-BR")
    return name


def text_list(raw: Any) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else list(raw or ())
    return tuple(part.strip() for part in parts if part.strip())


def token(raw: Any) -> str:
    token = text(raw)
    if token and len(token) < _MIN_TOKEN_LENGTH:
        raise ValueError(f"must have at least {_MIN_TOKEN_LENGTH} characters, or be empty")
    return token


def redis_url(raw: Any) -> str:
    url = text(raw)
    if not re.fullmatch(r"(rediss?|unix)://.+", url):
        raise ValueError("must look like redis://host:6379/0, rediss://… or unix://…")
    return url


def webhook_secrets(raw: Any) -> tuple[str, ...]:
    secrets = text_list(raw)
    length = _MIN_WEBHOOK_SECRET_LENGTH
    if not all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length},}}", secret) for secret in secrets):
        raise ValueError(f"must each have at least {length} letters, digits, - or _")
    return secrets


def url_prefix(raw: Any) -> str:
    prefix = text(raw).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_-]+)+", prefix):
        raise ValueError("must look like /cxmc")
    return prefix
