"""One spelling per mailbox; what is no address is left out, never repaired into another one."""

import hashlib

import pytest

from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, member_hash, normalize_address


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
        "anna@straße.example",
        "anna@[127.0.0.1]",
        "anna@127.0.0.1",
        "a" * 65 + "@firma.example",
        "anna@" + "a" * 64 + ".example",
        "anna@" + ".".join(["abcdefghij"] * 25) + ".example",
        "anna@\ud800.example",
    ],
)
def test_an_invalid_address_is_none(raw: str) -> None:
    assert normalize_address(raw) is None


def test_the_member_hash_is_the_md5_of_the_normalized_address() -> None:
    wanted = hashlib.md5(b"anna@firma.example").digest()
    assert member_hash(normalize_address(" ANNA@firma.example") or "") == wanted


def test_free_mail_is_recognized_by_the_domain_alone() -> None:
    assert is_free_mail("rosa@gmail.com")
    assert is_free_mail("rosa@GMAIL.com")
    assert not is_free_mail("gmail.com@cedarstaffing.example")
    assert domain_of("Rosa@Cedar.Example") == "cedar.example"
