"""International addresses as people write them, and those that stay in Punycode."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.domain.rules.readable_addresses import readable_address, readable_domain


def punycode(label: str) -> str:
    return f"xn--{label.encode('punycode').decode()}"


@pytest.mark.parametrize(
    "domain",
    [
        "müller.example",
        "straße.example",
        "mail.bücher-2.example",
        "例え.テスト",
        "日本語.example",
        "президент.рф",
    ],
)
def test_a_domain_is_shown_as_people_write_it(domain: str) -> None:
    canonical = canonical_address(f"info@{domain}")
    assert canonical.isascii()
    assert readable_address(canonical) == f"info@{domain}"
    assert readable_domain(canonical.removeprefix("info@").upper()) == domain


@pytest.mark.parametrize(
    "domain",
    [
        f"{punycode('pаypal')}.example",  # a Cyrillic “а” among Latin letters
        "xn--80ak6aa92e.com",  # “apple” in Cyrillic letters
        f"{punycode('日本a')}.example",
        f"{punycode('a⒈')}.example",
        f"{punycode('нет١')}.рф",
        "xn--ls8h.example",  # an emoji
        "xn--mgba3gch31f060k.example",  # with an invisible joiner
        f"{punycode(unicodedata.normalize('NFD', 'müller'))}.example",  # not how IDNA encodes it
        "xn--0.example",
        "xn--.example",
        "xn--müller.example",
        f"xn--{'9' * 70}.example",
        f"xn--mller-kva.{punycode('пример')}",
    ],
)
def test_what_could_be_mistaken_stays_as_it_is(domain: str) -> None:
    assert readable_domain(domain) == domain
    assert readable_address(f"info@{domain}") == f"info@{domain}"


@pytest.mark.parametrize("odd", ["", "no address", "@", "a@b@c", "xn--mller-kva@firma.example"])
def test_what_is_not_international_is_unchanged(odd: str) -> None:
    assert readable_address(odd) == odd
    assert readable_domain(odd) == odd


def test_no_address_is_an_empty_text() -> None:
    assert readable_address(None) == readable_domain(None) == ""


@given(st.text(alphabet=st.characters(), max_size=70) | st.from_regex(r"[a-z0-9-]{0,62}"))
def test_every_text_can_be_shown_and_names_the_same_mailbox(text: str) -> None:
    address = canonical_address(f"info@xn--{text}.example")
    assert canonical_address(readable_address(address)) == address
    assert readable_domain(f"xn--{text}").lower()
