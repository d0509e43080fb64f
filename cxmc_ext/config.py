"""Every setting as one table: its CXMC_* key, default, check and meaning. Read once into Settings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cxmc_ext.domain.errors import SetupError

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
_MAILCHIMP_HOST = re.compile(r"([a-z]{2}[0-9]{1,3}\.)?api\.mailchimp\.com", re.ASCII)
_MIN_TOKEN_LENGTH = 16
# Characters of secrets.token_urlsafe(16), which has 128 random bits.
_MIN_WEBHOOK_SECRET_LENGTH = 22
_SECRET_FIELDS = {"secret_keys", "redis_url", "metrics_token", "events_token", "webhook_secrets"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one app. CONFIG_KEYS says what each field means."""

    api_root: str
    secret_keys: tuple[str, ...]
    redis_url: str
    queue: str
    url_prefix: str
    time_zone: str
    locale: str
    translations: str
    audience_name: str
    require_paid_plan: bool
    send_mode: str
    max_connections: int
    read_timeout: int
    batch_timeout: int
    tick_seconds: int
    late_after: int
    give_up_after: int
    settle_seconds: int
    audit_days: int
    metrics_token: str
    events_token: str
    webhook_secrets: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of CXMC_TIME_ZONE."""
        return ZoneInfo(self.time_zone)

    def __repr__(self) -> str:
        shown = (f for f in fields(self) if f.name not in _SECRET_FIELDS)
        return f"Settings({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key of `app.config`. `parse` returns the setting or raises ValueError with a reason."""

    name: str
    default: object
    parse: Callable[[Any], object]
    meaning: str

    @property
    def field(self) -> str:
        """The name of the field in Settings."""
        return self.name.removeprefix("CXMC_").lower()


def _text(raw: Any) -> str:
    return str(raw).strip()


def _whole_number(low: int, high: int) -> Callable[[Any], int]:
    def parse(raw: Any) -> int:
        text = str(raw).strip()
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise ValueError(f"must be a whole number between {low} and {high}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return parse


def _boolean(raw: Any) -> bool:
    word = str(raw).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("must be 1 or 0")
    return word in _TRUE


def _choice(*allowed: str) -> Callable[[Any], str]:
    def parse(raw: Any) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(raw)

    return parse


def _api_root(raw: Any) -> str:
    """Only loopback and MailChimp's own hosts: the API key is sent there."""
    root = _text(raw).rstrip("/")
    if not root:
        return ""
    parts = urlsplit(root)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS and parts.scheme in {"http", "https"}:
        return root
    if _MAILCHIMP_HOST.fullmatch(host) and parts.scheme == "https":
        return root
    raise ValueError("must be a loopback address or an https address of api.mailchimp.com")


def _time_zone(raw: Any) -> str:
    if raw not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Amsterdam")
    return str(raw)


def _locale(raw: Any) -> str:
    """Whether it has translations is checked where they are read."""
    name = _text(raw)
    if not re.fullmatch(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*", name, re.ASCII):
        raise ValueError("must be a language such as en, nl or pt-BR")
    return name


def _list(raw: Any) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else list(raw or ())
    return tuple(part.strip() for part in parts if part.strip())


def _token(raw: Any) -> str:
    token = _text(raw)
    if token and len(token) < _MIN_TOKEN_LENGTH:
        raise ValueError(f"must have at least {_MIN_TOKEN_LENGTH} characters, or be empty")
    return token


def _redis_url(raw: Any) -> str:
    url = _text(raw)
    if not re.fullmatch(r"(rediss?|unix)://.+", url):
        raise ValueError("must look like redis://host:6379/0, rediss://… or unix://…")
    return url


def _webhook_secrets(raw: Any) -> tuple[str, ...]:
    secrets = _list(raw)
    length = _MIN_WEBHOOK_SECRET_LENGTH
    if not all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length},}}", secret) for secret in secrets):
        raise ValueError(f"must each have at least {length} letters, digits, - or _")
    return secrets


def _url_prefix(raw: Any) -> str:
    prefix = _text(raw).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_-]+)+", prefix):
        raise ValueError("must look like /cxmc")
    return prefix


CONFIG_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey(
        "CXMC_SECRET_KEYS",
        "",
        _list,
        "Fernet keys, comma-separated. The first encrypts the MailChimp API key in the database, every"
        " one decrypts it. Required before an account can be connected.",
    ),
    ConfigKey(
        "CXMC_REDIS_URL",
        "redis://127.0.0.1:6379/0",
        _redis_url,
        "Redis that wakes the workers: redis://, rediss:// (TLS) or unix://.",
    ),
    ConfigKey(
        "CXMC_QUEUE",
        "cxmc",
        _text,
        "Name of the rq queue. Applications that share a Redis need different names.",
    ),
    ConfigKey("CXMC_URL_PREFIX", "/cxmc", _url_prefix, "URL prefix of the extension's pages."),
    ConfigKey(
        "CXMC_TIME_ZONE",
        "UTC",
        _time_zone,
        "Time zone of every time on the screens and in the form.",
    ),
    ConfigKey(
        "CXMC_LOCALE",
        "en",
        _locale,
        "Language of the screens, unless the Host has locale(): de, en, fr, nl, or one of your own.",
    ),
    ConfigKey("CXMC_TRANSLATIONS", "", _text, "Folder with your own catalogs, such as sv.po."),
    ConfigKey(
        "CXMC_AUDIENCE_NAME",
        "Carerix Users MailChimp Master List",
        _text,
        "Name of the audience that “Initialize” finds or creates.",
    ),
    ConfigKey(
        "CXMC_REQUIRE_PAID_PLAN", True, _boolean, "Whether API keys of free accounts are refused."
    ),
    ConfigKey(
        "CXMC_SEND_MODE",
        "api",
        _choice("api", "mailchimp"),
        "api: a worker sends the campaign. mailchimp: the user presses Send Now in MailChimp.",
    ),
    ConfigKey(
        "CXMC_API_ROOT",
        "",
        _api_root,
        "Root of the API, for the stand-in. Empty: MailChimp, in the datacenter of the API key.",
    ),
    ConfigKey(
        "CXMC_MAX_CONNECTIONS",
        8,
        _whole_number(1, 10),
        "Concurrent calls per MailChimp account, over all processes. MailChimp allows 10.",
    ),
    ConfigKey(
        "CXMC_READ_TIMEOUT", 30, _whole_number(1, 130), "Seconds one call may take in total."
    ),
    ConfigKey(
        "CXMC_BATCH_TIMEOUT",
        60,
        _whole_number(1, 130),
        "Seconds a call with 500 members may take in total.",
    ),
    ConfigKey(
        "CXMC_TICK_SECONDS", 15, _whole_number(1, 300), "Seconds between two checks for due work."
    ),
    ConfigKey(
        "CXMC_LATE_AFTER",
        60,
        _whole_number(5, 900),
        "Seconds after which “Pending action...” says that it takes longer than usual.",
    ),
    ConfigKey(
        "CXMC_GIVE_UP_AFTER", 900, _whole_number(60, 3600), "Seconds after which an operation ends."
    ),
    ConfigKey(
        "CXMC_SETTLE_SECONDS",
        60,
        _whole_number(0, 600),
        "Seconds to wait before a send with an unknown outcome is looked up.",
    ),
    ConfigKey(
        "CXMC_AUDIT_DAYS",
        365,
        _whole_number(30, 3650),
        "Days for which the audit and the log of calls are kept.",
    ),
    ConfigKey(
        "CXMC_METRICS_TOKEN",
        "",
        _token,
        "Bearer token required to read /metrics, at least 16 characters. Empty: the page is disabled.",
    ),
    ConfigKey("CXMC_EVENTS_TOKEN", "", _token, "Bearer token of /events. Empty: it is disabled."),
    ConfigKey(
        "CXMC_WEBHOOK_SECRETS",
        "",
        _webhook_secrets,
        "Comma-separated secrets, each at least 22 characters. MailChimp's webhook is"
        " /webhook/<secret>. Empty: it is disabled.",
    ),
)


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Read and check the settings of one app.

    Args:
        config: `app.config`; missing keys get their default.

    Raises:
        SetupError: A value is invalid. The message names the key and what it must be.
    """
    values: dict[str, Any] = {}
    for key in CONFIG_KEYS:
        try:
            values[key.field] = key.parse(config.get(key.name, key.default))
        except (TypeError, ValueError) as error:
            raise SetupError(f"{key.name} {error}") from None
    return Settings(**values)
