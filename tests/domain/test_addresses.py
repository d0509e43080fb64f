"""One spelling per mailbox; what is no address is left out, never repaired into another one."""

import hashlib

import pytest
from hypothesis import given
from hypothesis.strategies import characters, one_of, sampled_from, text

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import (
    canonical_address,
    domain_of,
    is_free_mail,
    member_hash,
    member_hashes,
    normalize_address,
    possible_member_hashes,
)
from cxmc_ext.domain.rules.test_addresses import parse_test_addresses


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("anna@firma.example", "anna@firma.example"),
        ("  Anna.De.Boer@Firma.EXAMPLE \t", "anna.de.boer@firma.example"),
        ("o'brien+crm@sub.firma.example", "o'brien+crm@sub.firma.example"),
        ("anna@müller.example", "anna@xn--mller-kva.example"),
        ("anna@MÜLLER.example", "anna@xn--mller-kva.example"),
        ("anna@例え.テスト", "anna@xn--r8jz45g.xn--zckzah"),
        ("anna@xn--mller-kva.example", "anna@xn--mller-kva.example"),
        ("anna@XN--MLLER-KVA.example", "anna@xn--mller-kva.example"),
        ("anna@mu\u0308ller.example", "anna@xn--mller-kva.example"),
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("anna@STRA\u1e9eE.example", "anna@xn--strae-oqa.example"),
        ("anna@\uff46\uff49\uff52\uff4d\uff41\u3002example", "anna@firma.example"),
        ("anna@\U0001f4a9.example", "anna@xn--ls8h.example"),
        ("\u00a0anna@firma.example\u2003\u3000", "anna@firma.example"),
        ("\ufeffan\u200bna@fir\u00adma.exam\u2060ple\u200e", "anna@firma.example"),
        ("anna@fir\u200cma.example \u200d", "anna@firma.example"),
        ("anna\x00@firma.example\x7f", "anna@firma.example"),
        ("anna@fir\ufe0fma.example", "anna@firma.example"),
    ],
)
def test_an_address_has_one_spelling(raw: str, wanted: str) -> None:
    assert normalize_address(raw) == wanted


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "anna",
        "anna@",
        "@firma.example",
        "anna@firma",
        "anna@@firma.example",
        "an na@firma.example",
        "anna@fir ma.example",
        "anna@firma..example",
        "anna.@firma.example",
        ".anna@firma.example",
        "anna@-firma.example",
        "anna@firma.example.",
        "anna@firma.example, bram@firma.example",
        "Anna <anna@firma.example>",
        "anna@firma.example\nbcc: x@y.example",
        "jürgen@firma.example",
        "anna@[127.0.0.1]",
        "anna@127.0.0.1",
        "a" * 65 + "@firma.example",
        "anna@" + "a" * 64 + ".example",
        "anna@" + ".".join(["abcdefghij"] * 25) + ".example",
        "anna@\ud800.example",
        "an\ud800na@firma.example",
        "an\u00a0na@firma.example",
        "anna@fir\u2028ma.example",
        "anna\uff20firma.example",
    ],
)
def test_an_invalid_address_is_none(raw: str) -> None:
    assert normalize_address(raw) is None


def test_an_address_may_be_as_long_as_mail_servers_take_it() -> None:
    """RFC 5321: 64 octets before the @, 254 in all."""
    assert normalize_address("a" * 64 + "@firma.example") is not None
    domain = ".".join(["b" * 63] * 3) + ".nl"
    assert len("a" * 59 + "@" + domain) == 254
    assert normalize_address("a" * 59 + "@" + domain) is not None
    assert normalize_address("a" * 60 + "@" + domain) is None


def test_a_test_mail_goes_to_five_addresses_at_most_each_once() -> None:
    five = [f"p{n}@a.example" for n in range(5)]
    assert parse_test_addresses("; ".join([*five, "P0@A.example"])) == five
    assert isinstance(parse_test_addresses(" ".join([*five, "p5@a.example"])), Problem)


# Characters that change under one of the rules, or separate.
_TRICKY = "@.-_ aZ\u00fc\u0308\u00df\u200b\u200c\u200d\u00a0\ufeff\u3002\u0130\u03a3"
ONE_MAILBOX_EACH = (
    ("info@xn--mller-kva.example", "Info@M\u00fcller.example", "INFO@MU\u0308LLER.EXAMPLE"),
    (
        "j\u00fcrgen@firma.example",
        "JU\u0308RGEN@Firma.example",
        "\u200bj\u00fcrgen@firma.example\u00a0",
    ),
    ("info@xn--strae-oqa.example", "info@stra\u00dfe.example"),
    ("a@xn--mgba3gch31f060k.example", "a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"),
    ("a@xn--mgba3gch31f.example", "a@\u0646\u0627\u0645\u0647\u0627\u06cc.example"),
    ("not an address", " Not an address\ufeff"),
    ("", None, " ", "\u200b\u00a0"),
)


@pytest.mark.parametrize(
    "spellings", ONE_MAILBOX_EACH, ids=lambda spellings: spellings[0] or "none"
)
def test_all_spellings_of_a_mailbox_are_one_canonical_address(
    spellings: tuple[str | None, ...],
) -> None:
    assert {canonical_address(spelling) for spelling in spellings} == {spellings[0]}


def test_different_mailboxes_stay_different() -> None:
    canonical = [canonical_address(spellings[-1]) for spellings in ONE_MAILBOX_EACH]
    assert len(set(canonical)) == len(canonical)
    assert canonical_address("info@strasse.example") not in canonical


@given(text(one_of(characters(), sampled_from(_TRICKY))))
def test_a_canonical_address_is_its_own_and_can_be_stored(raw: str) -> None:
    canonical = canonical_address(raw)
    assert canonical_address(canonical) == canonical
    assert canonical.encode() is not None
    assert "\x00" not in canonical


def test_mailchimp_may_know_a_domain_in_unicode() -> None:
    unicode_md5 = hashlib.md5("info@m\u00fcller.example".encode()).digest()
    punycode_md5 = hashlib.md5(b"info@xn--mller-kva.example").digest()
    assert member_hashes("info@xn--mller-kva.example") == (punycode_md5, unicode_md5)


@pytest.mark.parametrize("address", ["anna@firma.example", "anna@xn--0.example", "no address", ""])
def test_other_addresses_have_one_member_hash(address: str) -> None:
    assert member_hashes(address) == (member_hash(address),)


@pytest.mark.parametrize("member_id", ["", "12", "g" * 32, "a" * 31, "A" * 32, "\u0663" * 32])
def test_what_is_no_member_id_is_not_a_hash(member_id: str) -> None:
    assert possible_member_hashes(member_id, " Anna@firma.example") == (
        member_hash("anna@firma.example"),
    )


def test_a_changed_address_may_have_the_id_of_the_old_one() -> None:
    old, new = member_hash("anna@oud.example"), member_hash("anna@nieuw.example")
    assert possible_member_hashes(old.hex(), "Anna@nieuw.example") == (old, new)
    assert possible_member_hashes(new.hex(), "anna@nieuw.example") == (new,)


def test_the_member_hash_is_the_md5_of_the_normalized_address() -> None:
    wanted = hashlib.md5(b"anna@firma.example").digest()
    assert member_hash(normalize_address(" ANNA@firma.example") or "") == wanted


def test_free_mail_is_recognized_by_the_domain_alone() -> None:
    assert is_free_mail("rosa@gmail.com")
    assert is_free_mail("rosa@GMAIL.com")
    assert not is_free_mail("gmail.com@cedarstaffing.example")
    assert domain_of("Rosa@Cedar.Example") == "cedar.example"
