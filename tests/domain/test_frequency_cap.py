"""At most so many mailings in so many days, wherever the period begins."""

import pytest

from cxmc_ext.domain.rules.frequency_cap import FrequencyCap, parse_detail

CAP = FrequencyCap(mailings=2, days=7)
DAY = 86_400
NOW = 100 * DAY


@pytest.mark.parametrize(
    ("days", "is_reached"),
    [
        ((), False),
        ((-1,), False),
        ((-6, -1), True),
        ((-7, -1), False),
        ((-1, 1), True),
        ((1, 6), True),
        ((1, 7), False),
        ((-6, 6), False),
        ((-4, 3), False),
        ((-4, 2), True),
    ],
)
def test_no_period_has_more_mailings_than_the_cap(days: tuple[int, ...], is_reached: bool) -> None:
    assert CAP.is_reached([NOW + day * DAY for day in days], NOW) == is_reached


def test_the_numbers_come_back_from_the_stored_text() -> None:
    assert parse_detail(CAP.detail) == CAP
    assert parse_detail("MailChimp: cleaned") is None
    assert parse_detail("") is None
