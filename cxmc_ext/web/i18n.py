"""Texts in the reader's language, and numbers and times as that language writes them."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_name
from babel.numbers import format_decimal
from babel.support import Format, NullTranslations

from cxmc_ext.config import Settings
from cxmc_ext.domain.ports.host import LocalizedHost
from cxmc_ext.services import Services
from cxmc_ext.web.catalogs import SOURCE_LANGUAGE, find_locale, load_translations

_JUST_NOW_SECONDS = 30
# A number that takes the plural in every language.
_MANY = 100
# Stands for a value that cannot be shown.
UNKNOWN = "–"


def N_(text: str) -> str:  # noqa: N802 - the conventional name
    """Marks a text in a table for translation; `Localizer.gettext` translates it later."""
    return text


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802 - the conventional name
    """Marks a text with a plural for translation by `Localizer.ngettext`."""
    return singular, plural


@dataclass(frozen=True)
class Localizer:
    """One language and one time zone; every text, number and time on a screen passes through it."""

    locale: Locale
    zone: ZoneInfo
    translations: NullTranslations

    @cached_property
    def _format(self) -> Format:
        return Format(self.locale, self.zone)

    @property
    def language(self) -> str:
        """The language tag for HTML, such as “nl” or “en-GB”."""
        return str(self.locale).replace("_", "-")

    def gettext(self, text: str, **values: object) -> str:
        """Translates a text and fills in its %(name)s values."""
        translated = str(self.translations.ugettext(text)) if text else ""
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, n: int | None, **values: object) -> str:
        """Translates the form that fits `n`, which is written in as %(n)s; “–” for None, as for many."""
        form = _MANY if n is None else n
        translated = str(self.translations.ungettext(singular, plural, form))
        return translated % {"n": self.number(n), **values}

    def number(self, n: float | None) -> str:
        """Writes a number; “–” for None and whatever is no number."""
        return _or_unknown(lambda: _format_number(_finite(n), self.locale))

    def percent(self, share: float | None) -> str:
        """Writes a share between 0 and 1 as “12.5 %”; “–” for None and whatever is no share."""
        return _or_unknown(lambda: str(self._format.percent(_finite(share), "#,##0.0 %")))

    def datetime(self, at: int) -> str:
        """Writes Unix seconds as date, time and zone: “24 Nov 2026, 14:15 CET”."""
        return _or_unknown(lambda: self._datetime(self.to_local(at), self._day_pattern))

    def weekday_datetime(self, at: int) -> str:
        """Writes Unix seconds with the day of the week too: “Tue 24 Nov 2026, 14:15 CET”."""
        return _or_unknown(lambda: self._datetime(self.to_local(at), self._weekday_pattern))

    def weekday_date(self, at: int) -> str:
        """Writes the day of Unix seconds: “Tue 24 Nov 2026”, in German “Di., 24. Nov. 2026”."""
        return _or_unknown(lambda: str(self._format.date(self.to_local(at), self._weekday_pattern)))

    def _datetime(self, local: dt.datetime, day_pattern: str) -> str:
        time = self._format.datetime(local, f"{day_pattern}, HH:mm")
        return f"{time} {self._zone_name(local)}"

    def _zone_name(self, local: dt.datetime) -> str:
        """The abbreviation in the reader's language, such as “MEZ”, or in English where it has none."""
        name = get_timezone_name(local, width="short", locale=self.locale)
        is_abbreviation = name.isalpha() and len(name) > 2  # not “+0100”, nor “TU” for UTC
        return name if is_abbreviation else local.tzname() or self.zone.key

    def date(self, at: int) -> str:
        """Writes the day of Unix seconds: “24 Nov 2026”, in German “24. Nov. 2026”."""
        return _or_unknown(lambda: str(self._format.date(self.to_local(at), self._day_pattern)))

    @cached_property
    def _day_pattern(self) -> str:
        return self._pattern("yMMMd", "d MMM y")

    @cached_property
    def _weekday_pattern(self) -> str:
        return self._pattern("yMMMEd", "EEE d MMM y")

    def _pattern(self, skeleton: str, in_english: str) -> str:
        """How the language writes a day with a short month; in English as in Britain, whatever the region."""
        is_english = self.locale.language == SOURCE_LANGUAGE
        pattern = self.locale.datetime_skeletons.get(skeleton)
        return in_english if is_english or pattern is None else str(pattern)

    def time(self, at: int) -> str:
        return _or_unknown(lambda: self.to_local(at).strftime("%H:%M"))

    def spreadsheet_time(self, at: int) -> str:
        """Writes Unix seconds so that every spreadsheet program reads a time: “2026-11-24 14:15:00”."""
        return _or_unknown(lambda: self.to_local(at).strftime("%Y-%m-%d %H:%M:%S"))

    def isoformat(self, at: int) -> str:
        """Writes Unix seconds in the format of the `datetime` attribute of HTML."""
        return _or_unknown(lambda: self.to_local(at).isoformat())

    def relative_time(self, at: int, now: int) -> str:
        """Writes the distance to now: “just now”, “5 minutes ago” or “in 3 hours”."""
        return _or_unknown(lambda: self._distance(at - now))

    def _distance(self, seconds: int) -> str:
        if -_JUST_NOW_SECONDS < seconds <= 0:
            return self.gettext("just now")
        return str(
            self._format.timedelta(dt.timedelta(seconds=seconds), threshold=1.2, add_direction=True)
        )

    def duration(self, seconds: int) -> str:
        return _or_unknown(
            lambda: str(self._format.timedelta(dt.timedelta(seconds=seconds), threshold=1))
        )

    def to_local(self, at: int) -> dt.datetime:
        """Converts a Unix time to the time zone of the screens."""
        return dt.datetime.fromtimestamp(at, self.zone)


def localizer_for_reader(services: Services) -> Localizer:
    """Returns the localizer for the current reader.

    The Host's `locale()` decides (`LocalizedHost`) if it has translations, otherwise `CXMC_LOCALE`.
    """
    host = services.host
    name = str(host.locale() or "") if isinstance(host, LocalizedHost) else ""
    return _load_localizer(name or services.settings.locale, services.settings)


def localizer_for_language(language: str, settings: Settings) -> Localizer:
    """Returns the localizer for a language; "" or one without translations means `CXMC_LOCALE`."""
    return _load_localizer(language or settings.locale, settings)


def default_localizer(services: Services) -> Localizer:
    """Returns the localizer for `CXMC_LOCALE`, without calling the Host."""
    return _load_localizer(services.settings.locale, services.settings)


def _or_unknown(write: Callable[[], str]) -> str:
    """What `write` returns; “–” for a value that cannot be written, such as a time in the year 300,000."""
    try:
        return write()
    except (TypeError, ValueError, OverflowError, OSError):
        return UNKNOWN


def _finite(n: float | None) -> float:
    if n is None or isinstance(n, bool) or not math.isfinite(n):
        raise ValueError("not a number")
    return n


@lru_cache(maxsize=4096)
def _format_number(n: float, locale: Locale) -> str:
    return str(format_decimal(n, locale=locale))


@lru_cache(maxsize=64)
def _load_localizer(name: str, settings: Settings) -> Localizer:
    """Without a catalog for `name` it is that of CXMC_LOCALE, so that a page has one language."""
    folder = settings.translations
    locale = find_locale(name, folder) or find_locale(settings.locale, folder)
    locale = locale or Locale.parse(SOURCE_LANGUAGE)
    return Localizer(locale, settings.zone, load_translations(locale, folder))
