"""Every CXMC_* key: its default, its check and what it does, as one table; read once into Settings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cxmc_ext.domain.errors import SetupError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_MAILCHIMP = re.compile(r"([a-z]{2}[0-9]{1,3}\.)?api\.mailchimp\.com", re.ASCII)
_TOKEN_LENGTH = 16
_WEBHOOK_SECRET_LENGTH = 22
"""Letters that hold 128 random bits (secrets.token_urlsafe(16))."""
_HIDDEN = {"secret_keys", "redis_url", "metrics_token", "webhook_secrets"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the extension was configured with; see KEYS for the meaning of each."""

    api_root: str
    secret_keys: tuple[str, ...]
    redis_url: str
    queue: str
    url_prefix: str
    time_zone: str
    locale: str
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
    webhook_secrets: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def __repr__(self) -> str:
        shown = (f for f in fields(self) if f.name not in _HIDDEN)
        return f"Settings({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One configuration key: `read` turns the raw value into the setting or raises ValueError."""

    name: str
    default: object
    parse: Callable[[Any], object]
    meaning: str

    @property
    def field(self) -> str:
        return self.name.removeprefix("CXMC_").lower()


def _text(raw: Any) -> str:
    return str(raw).strip()


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        text = str(raw).strip()
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise ValueError(f"must be a whole number between {low} and {high}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must lie between {low} and {high}")
        return value

    return read


def _switch(raw: Any) -> bool:
    word = str(raw).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("must be 1 or 0")
    return word in _TRUE


def _choice(*allowed: str) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(raw)

    return read


def _root(raw: Any) -> str:
    """Empty = MailChimp by the key's datacenter. Anything else must be loopback or MailChimp (I4)."""
    root = _text(raw).rstrip("/")
    if not root:
        return ""
    parts = urlsplit(root)
    host = parts.hostname or ""
    if host in _LOOPBACK and parts.scheme in {"http", "https"}:
        return root
    if _MAILCHIMP.fullmatch(host) and parts.scheme == "https":
        return root
    raise ValueError("must be a loopback address or an https address of api.mailchimp.com")


def _zone(raw: Any) -> str:
    if raw not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Amsterdam")
    return str(raw)


def _secrets(raw: Any) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else list(raw or ())
    return tuple(p.strip() for p in parts if p.strip())


def _token(raw: Any) -> str:
    token = _text(raw)
    if token and len(token) < _TOKEN_LENGTH:
        raise ValueError(f"must have {_TOKEN_LENGTH} characters or more, or be empty")
    return token


def _redis(raw: Any) -> str:
    url = _text(raw)
    if not re.fullmatch(r"(rediss?|unix)://.+|rediss?\+sentinel://[^/]+/[^/?]+(/\d+)?(\?.*)?", url):
        raise ValueError(
            "must look like redis://host:6379/0, rediss://…, unix://… or, with Sentinels,"
            " redis+sentinel://host:26379,host:26379/name/0"
        )
    return url


def _webhook_secrets(raw: Any) -> tuple[str, ...]:
    found = _secrets(raw)
    if not all(
        re.fullmatch(rf"[A-Za-z0-9_-]{{{_WEBHOOK_SECRET_LENGTH},}}", each) for each in found
    ):
        raise ValueError(
            f"must be letters, digits, - and _, {_WEBHOOK_SECRET_LENGTH} or more of them each"
        )
    return found


def _prefix(raw: Any) -> str:
    prefix = _text(raw).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_-]+)+", prefix):
        raise ValueError("must look like /cxmc")
    return prefix


CONFIG_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey(
        "CXMC_API_ROOT", "", _root, "Root of the API; empty: MailChimp, by the key's datacenter."
    ),
    ConfigKey(
        "CXMC_SECRET_KEYS",
        "",
        _secrets,
        "Fernet keys, comma-separated: the first encrypts the API key at rest, all decrypt.",
    ),
    ConfigKey(
        "CXMC_REDIS_URL",
        "redis://127.0.0.1:6379/0",
        _redis,
        "Where the workers are woken: redis://, rediss:// (TLS), unix://, or by Sentinels"
        " redis+sentinel://host:26379,host:26379/name/0.",
    ),
    ConfigKey(
        "CXMC_QUEUE",
        "cxmc",
        _text,
        "Name of the rq queue; applications that share a Redis have one each.",
    ),
    ConfigKey("CXMC_URL_PREFIX", "/cxmc", _prefix, "Where the extension's pages live."),
    ConfigKey("CXMC_TIME_ZONE", "UTC", _zone, "Zone of every time on the screen and in the form."),
    ConfigKey("CXMC_LOCALE", "en", _text, "Language of the screens where the host names none."),
    ConfigKey(
        "CXMC_AUDIENCE_NAME",
        "Carerix Users MailChimp Master List",
        _text,
        "The audience that “Initialize” finds or creates.",
    ),
    ConfigKey("CXMC_REQUIRE_PAID_PLAN", True, _switch, "Refuse keys of free accounts."),
    ConfigKey(
        "CXMC_SEND_MODE",
        "api",
        _choice("api", "mailchimp"),
        "api: the worker sends. mailchimp: the person presses Send Now in MailChimp.",
    ),
    ConfigKey(
        "CXMC_MAX_CONNECTIONS", 8, _whole(1, 10), "Calls at once per account, over all processes."
    ),
    ConfigKey("CXMC_READ_TIMEOUT", 30, _whole(1, 130), "Seconds one call may take in all."),
    ConfigKey(
        "CXMC_BATCH_TIMEOUT", 60, _whole(1, 130), "Seconds one batch of 500 may take in all."
    ),
    ConfigKey("CXMC_TICK_SECONDS", 15, _whole(1, 300), "How often a worker looks for due work."),
    ConfigKey(
        "CXMC_LATE_AFTER", 60, _whole(5, 900), "Seconds after which “Pending action...” is late."
    ),
    ConfigKey(
        "CXMC_GIVE_UP_AFTER", 900, _whole(60, 3600), "Seconds after which an operation ends."
    ),
    ConfigKey(
        "CXMC_SETTLE_SECONDS",
        60,
        _whole(0, 600),
        "How long a send of unknown outcome is left alone before it is looked up.",
    ),
    ConfigKey(
        "CXMC_AUDIT_DAYS",
        365,
        _whole(30, 3650),
        "Days that the audit of presses and of remote calls is kept.",
    ),
    ConfigKey(
        "CXMC_METRICS_TOKEN",
        "",
        _token,
        "Opens /metrics to who sends it as a bearer token; empty: there is no such page.",
    ),
    ConfigKey(
        "CXMC_WEBHOOK_SECRETS",
        "",
        _webhook_secrets,
        "Comma-separated; opens /hook/<secret> to MailChimp's webhook. Empty: there is none.",
    ),
)


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The frozen settings of one app.

    :param config: the app's config; keys not in it take their default.
    :raises SetupError: naming the key and what it must be.
    """
    values: dict[str, Any] = {}
    for key in CONFIG_KEYS:
        try:
            values[key.field] = key.parse(config.get(key.name, key.default))
        except (TypeError, ValueError) as error:
            raise SetupError(f"{key.name} {error}") from None
    return Settings(**values)
