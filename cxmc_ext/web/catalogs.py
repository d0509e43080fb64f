"""The translated texts: catalogs of ours and of the Host (CXMC_TRANSLATIONS), checked at startup.

A catalog is a .po file named after its language, such as `sv.po` or `pt_BR.po`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations

from cxmc_ext.config import Settings
from cxmc_ext.domain.errors import SetupError

SOURCE_LANGUAGE = "en"
_VALUE = re.compile(r"%\(\w+\)s")


def check_languages(settings: Settings) -> None:
    """Reads the Host's catalogs and CXMC_LOCALE once, so that a mistake shows at startup.

    Raises:
        SetupError: The folder does not exist; a catalog cannot be read, is not named after a language, or
            has a translation with other values than its English text; or CXMC_LOCALE has no catalog.
    """
    folder = settings.translations
    if folder:
        if not Path(folder).is_dir():
            raise SetupError(f"CXMC_TRANSLATIONS is not a folder: {folder}")
        for path in sorted(Path(folder).glob("*.po")):
            _check_catalog(path)
    if find_locale(settings.locale, folder) is None:
        known = ", ".join(languages(folder))
        raise SetupError(
            f"CXMC_LOCALE is {settings.locale!r}, which has no translations: use one of {known}, or"
            f" put {settings.locale}.po into the folder CXMC_TRANSLATIONS."
        )


def languages(folder: str) -> list[str]:
    """The languages with a catalog, and English.

    Args:
        folder: CXMC_TRANSLATIONS; "" for none.
    """
    names = (path.name for place in _places(folder) for path in place.iterdir())
    return sorted({SOURCE_LANGUAGE, *(name[:-3] for name in names if name.endswith(".po"))})


@lru_cache(maxsize=256)
def find_locale(name: str, folder: str) -> Locale | None:
    """Finds the locale of a language tag such as "nl" or "nl-BE"; None without a catalog for it."""
    locale = _parse(name)
    if locale is None:
        return None
    return locale if locale.language == SOURCE_LANGUAGE or _files(locale, folder) else None


@lru_cache(maxsize=32)
def load_translations(locale: Locale, folder: str) -> NullTranslations:
    """Compiles the catalogs of a language in memory, so that there is no build step.

    The Host's texts come first, then ours, then English.
    """
    translations = NullTranslations()
    for file in reversed(_files(locale, folder)):
        loaded = _load(file, locale)
        loaded.add_fallback(translations)
        translations = loaded
    return translations


def unknown_texts(folder: str) -> dict[str, list[str]]:
    """Finds the texts in the Host's catalogs that no page of ours has, by the name of the file.

    A translation of a misspelled text has no effect.

    Args:
        folder: CXMC_TRANSLATIONS; "" for none.
    """
    if not folder:
        return {}
    known = _text_ids(files("cxmc_ext") / "translations" / "nl.po")
    found = {path.name: _text_ids(path) - known for path in sorted(Path(folder).glob("*.po"))}
    return {name: sorted(texts) for name, texts in found.items() if texts}


def _text_ids(file: Traversable) -> set[str]:
    with file.open("rb") as source:
        return {_texts(message.id)[0] for message in read_po(source) if message.id}


def _places(folder: str) -> Iterator[Traversable]:
    if folder:
        yield Path(folder)
    yield files("cxmc_ext") / "translations"


def _files(locale: Locale, folder: str) -> list[Traversable]:
    """The catalogs of a locale: of the Host before ours, of the region before the language."""
    names = dict.fromkeys((str(locale), locale.language))
    found = (place / f"{name}.po" for place in _places(folder) for name in names)
    return [file for file in found if file.is_file()]


def _load(file: Traversable, locale: Locale) -> Translations:
    with file.open("rb") as source:
        catalog = read_po(source, locale=locale.language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def _parse(name: str) -> Locale | None:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def _check_catalog(path: Path) -> None:
    if _parse(path.stem) is None:
        raise SetupError(f"{path} is not named after a language, such as sv.po or pt_BR.po.")
    try:
        with path.open("rb") as source:
            messages = [message for message in read_po(source, abort_invalid=True) if message.id]
    except (PoFileError, ValueError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from None
    for message in messages:
        if not _has_same_values(message):
            text = _texts(message.id)[0]
            raise SetupError(
                f"{path}: the translation of {text!r} must have the same %(…)s values."
            )


def _has_same_values(message: Message) -> bool:
    """Whether every translation has the values of its English text and no other percent sign.

    A language may have more forms of a plural than English; the others have the values of the last.
    """
    originals = _texts(message.id)
    for n, translated in enumerate(_texts(message.string)):
        original = originals[min(n, len(originals) - 1)]
        rest = _VALUE.sub("", translated).replace("%%", "")
        has_values = bool(_VALUE.search(original))
        if translated and set(_VALUE.findall(original)) != set(_VALUE.findall(translated)):
            return False
        if has_values and "%" in rest:
            return False
    return True


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple | list) else (str(value),)
