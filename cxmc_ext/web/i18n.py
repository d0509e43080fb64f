"""The screens' words in the reader's language, and numbers and times as that language writes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import c2py
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from cxmc_ext.domain.ports.host import LocalizedHost
from cxmc_ext.services import Services

SOURCE_LANGUAGE = "en"
_JUST_NOW = 30


def N_(text: str) -> str:  # noqa: N802 - the name every extractor knows
    """Marks a text of a table for translation; it is said later."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """The same for a text whose form a number decides."""
    return one, many


@dataclass(frozen=True)
class Localizer:
    """One language and one time zone; everything a person reads passes through here."""

    locale: Locale
    zone: ZoneInfo
    texts: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    @property
    def language(self) -> str:
        return str(self.locale).replace("_", "-")

    def gettext(self, text: str, **values: object) -> str:
        said = self.texts.get(text, (text,))[0]
        return said % values if values else said

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """The form of a sentence that fits `n`, which is written in as %(n)s."""
        forms = self.texts.get(one)
        said = forms[self.form(n)] if forms else (one if n == 1 else many)
        return said % {"n": self.number(n), **values}

    def number(self, n: float) -> str:
        return _decimal(n, self.locale)

    def percent(self, share: float) -> str:
        return str(format_percent(share, format="#,##0.0 %", locale=self.locale))

    def moment(self, at: int) -> str:
        """Date and time with the name of the zone: “24 Nov 2026, 14:15 CET”."""
        local = self.to_local(at)
        written = format_datetime(local, "d MMM y, HH:mm", locale=self.locale)
        return f"{written} {local.tzname() or self.zone.key}"

    def date(self, at: int) -> str:
        return str(format_date(self.to_local(at), "d MMM y", locale=self.locale))

    def time(self, at: int) -> str:
        return self.to_local(at).strftime("%H:%M")

    def relative_time(self, at: int, now: int) -> str:
        """“just now”, “5 minutes ago” or “in 3 hours”."""
        delta = at - now
        if -_JUST_NOW < delta <= 0:
            return self.gettext("just now")
        return str(format_timedelta(delta, add_direction=True, threshold=1.2, locale=self.locale))

    def duration(self, seconds: int) -> str:
        return str(format_timedelta(seconds, threshold=1, locale=self.locale))

    def to_local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at, self.zone)


def localizer_for_reader(services: Services) -> Localizer:
    """The language the host says its reader has, else the configured one."""
    host = services.host
    wanted = (host.locale() or "") if isinstance(host, LocalizedHost) else ""
    settings = services.settings
    return _load_localizer(wanted or settings.locale, settings.time_zone)


def default_localizer(services: Services) -> Localizer:
    """The configured language, without asking the host."""
    return _load_localizer(services.settings.locale, services.settings.time_zone)


@lru_cache(maxsize=4096)
def _decimal(n: float, locale: Locale) -> str:
    return str(format_decimal(n, locale=locale))


@lru_cache(maxsize=32)
def _load_localizer(name: str, zone: str) -> Localizer:
    locale = _parse_locale(name)
    texts, form = _catalog(locale.language)
    return Localizer(locale, ZoneInfo(zone), texts, form)


def _parse_locale(name: str) -> Locale:
    """Of languages without a catalogue nothing is used, so that a page speaks one language."""
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE_LANGUAGE)
    known = locale.language == SOURCE_LANGUAGE or _catalog_file(locale.language).is_file()
    return locale if known else Locale.parse(SOURCE_LANGUAGE)


def _catalog_file(language: str) -> Traversable:
    return files("cxmc_ext") / "translations" / f"{language}.po"


def _several(text: Any) -> tuple[str, ...]:
    """A message with a plural has several forms, any other one."""
    return tuple(text) if isinstance(text, tuple | list) else (str(text or ""),)


def _catalog(language: str) -> tuple[Mapping[str, tuple[str, ...]], Callable[[int], int]]:
    if language == SOURCE_LANGUAGE:
        return {}, lambda n: int(n != 1)
    with _catalog_file(language).open("rb") as source:
        catalog = read_po(source, locale=language)
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        key = _several(message.id)[0]
        forms = _several(message.string)
        if key and all(forms):
            texts[key] = forms
    return texts, c2py(catalog.plural_expr)
