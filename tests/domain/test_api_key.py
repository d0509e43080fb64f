"""A key's end becomes a host name: nothing but the exact shape passes."""

import pytest

from cxmc_ext.domain.rules.api_key import parse_api_key

GOOD = "0123456789abcdef0123456789abcdef"
HOSTILE = [
    "",
    "x",
    GOOD,
    f"{GOOD}-",
    f"{GOOD}-us",
    f"{GOOD}-evil.com/#",
    f"{GOOD}-127.0.0.1:8080/",
    f"{GOOD}-user@evil.com/",
    f"{GOOD}-169.254.169.254/latest/#",
    f"{GOOD}-[::1]/",
    f"{GOOD}-evil.com\\",
    f"{GOOD}-us1\n",
    f"\n{GOOD}-us1",
    f"{GOOD}-us1\r\nHost: evil.com",
    f"{GOOD}-us1.",
    f"{GOOD}-us1.evil.com",
    f"{GOOD}-us1-us2",
    f"{GOOD}-us1234",
    f"{GOOD}-ＵＳ1",
    f"{GOOD}-us１",
    f"{GOOD}-us1。evil",
    f"{GOOD}-US1",
    f"{GOOD.upper()}-us1",
    f"{GOOD[:-1]}-us1",
    f"{GOOD}0-us1",
    f"{GOOD} -us1",
    f"{GOOD}-us1/",
    f"{GOOD}-us1?",
    f"{GOOD}-us1\x00",
    f"\u00a0{GOOD}-us1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_a_malformed_or_hostile_key_is_refused(text: str) -> None:
    assert parse_api_key(text) is None


def test_a_pasted_key_may_have_blanks_around_it() -> None:
    key = parse_api_key(f"  {GOOD}-us21\t")
    assert key is not None
    assert (key.text, key.datacenter, key.tail) == (f"{GOOD}-us21", "us21", "cdef")


def test_the_repr_of_a_key_hides_it() -> None:
    assert GOOD not in repr(parse_api_key(f"{GOOD}-us21"))
