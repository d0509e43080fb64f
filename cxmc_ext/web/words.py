"""From a reason to sentences a person can read: what is so, MailChimp's own words, what to do."""

from dataclasses import dataclass

from cxmc_ext.domain.values import Why, Words
from cxmc_ext.domain.words import WORDS
from cxmc_ext.web.i18n import Speaker


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason, said; `link` is an https address or nothing."""

    text: str
    detail: str = ""
    remedy: str = ""
    link: str = ""


class _Values(dict[str, str]):
    """A reason stored by an older version may lack a value: its place stays empty."""

    def __missing__(self, name: str) -> str:
        return ""


def sentence(speaker: Speaker, why: Why) -> Sentence:
    return spoken(speaker, WORDS.get(why.code, WORDS["unexpected"]), why)


def spoken(speaker: Speaker, words: Words, why: Why) -> Sentence:
    values = _Values(why.values)
    return Sentence(
        text=speaker.say(words.sentence) % values,
        detail=why.detail,
        remedy=speaker.say(words.remedy) % values if words.remedy else "",
        link=words.link if words.link.startswith("https://") else "",
    )
