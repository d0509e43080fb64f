"""International addresses as people write them, for screens only: everything stored and sent is canonical."""

import unicodedata
from collections.abc import Collection, Sequence

import idna

_PREFIX = "xn--"
_LATIN = "LATIN"
# Scripts of which one word may have several, in Japanese, Korean and Chinese (UTS 39, “highly restrictive”).
_WRITTEN_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)
_WITH_LATIN = tuple(scripts | {_LATIN} for scripts in _WRITTEN_TOGETHER)


def readable_address(address: str | None) -> str:
    """An address with the domain as people write it: “info@müller.example”.

    Args:
        address: A canonical address, or whatever was stored as one.

    Returns:
        The address; unchanged where `readable_domain` changes nothing.
    """
    local, at, domain = (address or "").rpartition("@")
    return f"{local}@{readable_domain(domain)}" if at else address or ""


def readable_domain(domain: str | None) -> str:
    """A domain as people write it, unless it could be mistaken for another one.

    Punycode stays as it is if it is none, if it has other characters than letters, digits and hyphens, or if
    scripts are mixed that no language writes together: a Cyrillic “а” looks like a Latin one.

    Args:
        domain: A domain in Punycode, or whatever was stored as one.
    """
    spelled = domain or ""
    if _PREFIX not in spelled.lower():
        return spelled
    labels = [_decoded(label) for label in spelled.lower().split(".")]
    return ".".join(labels) if _is_unmistakable(labels) else spelled


def _decoded(label: str) -> str:
    """The label in Unicode; still in Punycode if it is none that IDNA 2008 allows."""
    if not label.startswith(_PREFIX):
        return label
    try:
        text = idna.ulabel(label)
        return text if idna.alabel(text).decode() == label else label
    except UnicodeError:  # idna.IDNAError is one
        return label


def _is_unmistakable(labels: Sequence[str]) -> bool:
    scripts = [_scripts(label) for label in labels]
    fits_words = all(_fits(each, _WRITTEN_TOGETHER) for each in scripts)
    return fits_words and _fits({one for each in scripts for one in each}, _WITH_LATIN)


def _fits(scripts: Collection[str], together: Collection[frozenset[str]]) -> bool:
    return len(scripts) <= 1 or any(group.issuperset(scripts) for group in together)


def _scripts(label: str) -> set[str]:
    """The scripts of a label: the first words of its characters' names, of which plain digits have none.

    A mark that stands for itself, an invisible character or a foreign digit becomes a script of its own,
    which fits no other.
    """
    return {
        unicodedata.name(character, "").partition(" ")[0]
        for character in label
        if not (character.isascii() and (character.isdecimal() or character == "-"))
    }
