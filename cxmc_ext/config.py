"""Every setting as one table: its CXMC_* key, default, check and meaning. Read once into Settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap
from cxmc_ext.domain.rules.setting_values import (
    LOOPBACK_HOSTS,
    api_root,
    boolean,
    choice,
    derived_webhook_secret,
    locale,
    public_url,
    redis_url,
    text,
    text_list,
    time_zone,
    token,
    url_prefix,
    webhook_secrets,
    whole_number,
)


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
    frequency_cap: int
    frequency_cap_days: int
    google_analytics: bool
    send_mode: str
    keep_segments: bool
    max_connections: int
    read_timeout: int
    batch_timeout: int
    tick_seconds: int
    late_after: int
    give_up_after: int
    settle_seconds: int
    audit_days: int
    resend_hours: int
    soft_bounce_limit: int
    metrics_token: str
    events_token: str
    oauth_client_id: str
    oauth_client_secret: str
    public_url: str
    webhook_secrets: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of CXMC_TIME_ZONE."""
        return ZoneInfo(self.time_zone)

    @property
    def cap(self) -> FrequencyCap | None:
        """The frequency cap; None: a person may be mailed any number of times."""
        if not self.frequency_cap:
            return None
        return FrequencyCap(self.frequency_cap, self.frequency_cap_days)

    @property
    def offers_login(self) -> bool:
        """Whether an account can be connected by “Log in with MailChimp”."""
        return bool(self.oauth_client_id and self.oauth_client_secret)

    @property
    def uses_standin(self) -> bool:
        """Whether the API is on this machine."""
        return urlsplit(self.api_root).hostname in LOOPBACK_HOSTS

    @property
    def webhook_url(self) -> str:
        """The address at which MailChimp can call us; "" if there is none."""
        is_loopback = urlsplit(self.public_url).hostname in LOOPBACK_HOSTS
        if not self.public_url or not self.webhook_secrets or is_loopback > self.uses_standin:
            return ""
        return f"{self.public_url}{self.url_prefix}/webhook/{self.webhook_secrets[0]}"

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
    is_secret: bool = False
    """Its value is shown nowhere."""

    @property
    def field(self) -> str:
        """The name of the field in Settings."""
        return self.name.removeprefix("CXMC_").lower()


CONFIG_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey(
        "CXMC_SECRET_KEYS",
        "",
        text_list,
        "Fernet keys, comma-separated. The first encrypts the MailChimp API key in the database, every"
        " one decrypts it. Required before an account can be connected.",
        is_secret=True,
    ),
    ConfigKey(
        "CXMC_REDIS_URL",
        "redis://127.0.0.1:6379/0",
        redis_url,
        "Redis that wakes the workers: redis://, rediss:// (TLS) or unix://.",
    ),
    ConfigKey(
        "CXMC_QUEUE",
        "cxmc",
        text,
        "Name of the rq queue. Applications that share a Redis need different names.",
    ),
    ConfigKey("CXMC_URL_PREFIX", "/cxmc", url_prefix, "URL prefix of the extension's pages."),
    ConfigKey(
        "CXMC_TIME_ZONE",
        "UTC",
        time_zone,
        "Time zone of every time on the screens and in the form.",
    ),
    ConfigKey(
        "CXMC_LOCALE",
        "en",
        locale,
        "Language of the notes that the Host stores, and of the screens unless the Host has locale():"
        " de, en, fr, nl, or one of your own.",
    ),
    ConfigKey("CXMC_TRANSLATIONS", "", text, "Folder with your own catalogs, such as sv.po."),
    ConfigKey(
        "CXMC_AUDIENCE_NAME",
        "Carerix Users MailChimp Master List",
        text,
        "Name of the audience that “Initialize” finds or creates the first time. Set it before: later the"
        " connected audience is kept, whatever its name is.",
    ),
    ConfigKey(
        "CXMC_REQUIRE_PAID_PLAN", True, boolean, "Whether API keys of free accounts are refused."
    ),
    ConfigKey("CXMC_FREQUENCY_CAP", 0, whole_number(0, 100), "Most mailings to a person; 0: any."),
    ConfigKey("CXMC_FREQUENCY_CAP_DAYS", 7, whole_number(1, 90), "Days of CXMC_FREQUENCY_CAP."),
    ConfigKey(
        "CXMC_GOOGLE_ANALYTICS", False, boolean, "Whether links name the campaign (UTM tags)."
    ),
    ConfigKey(
        "CXMC_SEND_MODE",
        "api",
        choice("api", "mailchimp"),
        "api: a worker sends the campaign. mailchimp: the user presses Send Now in MailChimp.",
    ),
    ConfigKey(
        "CXMC_KEEP_SEGMENTS", False, boolean, "Rename used segments, instead of deleting them."
    ),
    ConfigKey(
        "CXMC_API_ROOT",
        "",
        api_root,
        "Root of the API, for the stand-in. Empty: MailChimp, in the datacenter of the API key.",
    ),
    ConfigKey(
        "CXMC_MAX_CONNECTIONS",
        8,
        whole_number(1, 10),
        "Concurrent calls per MailChimp account, over all processes. MailChimp allows 10.",
    ),
    ConfigKey("CXMC_READ_TIMEOUT", 30, whole_number(1, 130), "Seconds one call may take in total."),
    ConfigKey(
        "CXMC_BATCH_TIMEOUT",
        60,
        whole_number(1, 130),
        "Seconds a call with 500 members may take in total.",
    ),
    ConfigKey(
        "CXMC_TICK_SECONDS", 15, whole_number(1, 300), "Seconds between two checks for due work."
    ),
    ConfigKey(
        "CXMC_LATE_AFTER",
        60,
        whole_number(5, 900),
        "Seconds after which “Pending action...” says that it takes longer than usual.",
    ),
    ConfigKey(
        "CXMC_GIVE_UP_AFTER", 900, whole_number(60, 3600), "Seconds after which an operation ends."
    ),
    ConfigKey(
        "CXMC_SETTLE_SECONDS",
        60,
        whole_number(0, 600),
        "Seconds to wait before a send with an unknown outcome is looked up.",
    ),
    ConfigKey(
        "CXMC_AUDIT_DAYS",
        365,
        whole_number(30, 3650),
        "Days for which the audit and the log of calls are kept.",
    ),
    ConfigKey(
        "CXMC_RESEND_HOURS",
        72,
        whole_number(0, 720),
        "Hours after sending before those who did not open a mail can be mailed again. Three days cover a"
        " weekend, so that nobody is mailed again before they could read the first mail.",
    ),
    ConfigKey(
        "CXMC_SOFT_BOUNCE_LIMIT",
        3,
        whole_number(0, 20),
        "Campaigns in a row whose mail bounces until an address counts as failed. 0: never.",
    ),
    ConfigKey(
        "CXMC_METRICS_TOKEN",
        "",
        token,
        "Bearer token required to read /metrics, at least 16 characters. Empty: the page is disabled.",
        is_secret=True,
    ),
    ConfigKey(
        "CXMC_EVENTS_TOKEN",
        "",
        token,
        "Bearer token required to read /events, at least 16 characters. Empty: the page is disabled.",
        is_secret=True,
    ),
    ConfigKey(
        "CXMC_OAUTH_CLIENT_ID",
        "",
        text,
        "Client ID of the application that you registered at MailChimp, for “Log in with MailChimp”."
        " Empty: only API keys are offered.",
    ),
    ConfigKey(
        "CXMC_OAUTH_CLIENT_SECRET",
        "",
        text,
        "Client secret of that application, kept out of logs.",
        is_secret=True,
    ),
    ConfigKey(
        "CXMC_PUBLIC_URL",
        "",
        public_url,
        "Address of the application on the internet, with its URL prefix if it has one, such as"
        " https://crm.example.com. With it, “Initialize” registers a webhook, and unsubscribes arrive"
        " within seconds. Empty: it does not.",
    ),
    ConfigKey(
        "CXMC_WEBHOOK_SECRETS",
        "",
        webhook_secrets,
        "Comma-separated secrets, each at least 22 characters, of the webhook's address /webhook/<secret>."
        " Empty: they follow from CXMC_SECRET_KEYS; without CXMC_PUBLIC_URL there is no webhook.",
        is_secret=True,
    ),
)
# The URL of Redis may contain a password; `flask cxmc doctor` shows it without.
_SECRET_FIELDS = {key.field for key in CONFIG_KEYS if key.is_secret} | {"redis_url"}


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Reads and checks the settings of one app.

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
    if values["public_url"] and not values["webhook_secrets"]:
        values["webhook_secrets"] = tuple(map(derived_webhook_secret, values["secret_keys"]))
    return Settings(**values)
