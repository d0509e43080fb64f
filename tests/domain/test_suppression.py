"""URLs lose erased addresses, in any case and encoding, and nothing else."""

import pytest

from cxmc_ext.domain.rules.suppression import SuppressionList, digest

SALT = b"s" * 32
ANNA, SHORT, IDN = "anna+crm@x.example", "a@x.example", "info@xn--mller-kva.example"
SUPPRESSED = SuppressionList(SALT, frozenset(digest(SALT, each) for each in (ANNA, SHORT, IDN)))


@pytest.mark.parametrize(
    ("url", "left"),
    [
        (f"https://cv.example/?email={ANNA}", "https://cv.example/?email=|"),
        ("https://cv.example/?e=ANNA%2Bcrm%40X.example&n=1", "https://cv.example/?e=|&n=1"),
        ("https://cv.example/?e=%61nna%2bcrm%40x%2Eexample#top", "https://cv.example/?e=|#top"),
        (
            "https://t.example/?to=https%3A%2F%2Fcv.example%3Fe%3Danna%252Bcrm%2540x.example%26n",
            "https://t.example/?to=https%3A%2F%2Fcv.example%3Fe%3D|%26n",
        ),
        (f"https://cv.example/{ANNA}.html", "https://cv.example/|.html"),
        (f"mailto:{ANNA},{SHORT}?subject=x", "mailto:|,|?subject=x"),
        (f"https://cv.example/?q=mail+{SHORT}", "https://cv.example/?q=mail+|"),
        ("https://cv.example/?e=Info%40M%C3%BCller.example&n=1", "https://cv.example/?e=|&n=1"),
        ("https://cv.example/?e=info@m\u00fcller.example", "https://cv.example/?e=|"),
        (f"https://cv.example/?e={IDN}", "https://cv.example/?e=|"),
    ],
)
def test_only_the_erased_address_is_redacted(url: str, left: str) -> None:
    shown = SUPPRESSED.redact_url(url)
    pieces = left.split("|")
    assert shown.startswith(pieces[0])
    assert shown.endswith(pieces[-1])
    assert "@" not in shown
    assert "40x" not in shown
    assert shown.count("erased-") == len(pieces) - 1
    assert SUPPRESSED.redact_url(shown) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://cv.example/?email=joanna+crm@x.example",
        "https://cv.example/?email=ba%40x.example",
        "https://cv.example/40/%4/%40/@/a@",
        "",
    ],
)
def test_other_addresses_are_kept(url: str) -> None:
    assert SUPPRESSED.redact_url(url) == url
    assert (
        SuppressionList(SALT, frozenset()).redact_url(f"https://x.example/{ANNA}")
        == f"https://x.example/{ANNA}"
    )


def test_a_longer_text_that_begins_with_the_address_is_redacted_too() -> None:
    shown = SUPPRESSED.redact_url(f"https://cv.example/{SHORT}.org")
    assert "a@" not in shown
    assert shown.endswith(".org")


def test_two_spellings_stay_two_urls() -> None:
    links = {
        f"https://x.example/?e={each}" for each in (ANNA, ANNA.upper(), "anna%2Bcrm@x.example")
    }
    assert len({SUPPRESSED.redact_url(each) for each in links}) == 3
