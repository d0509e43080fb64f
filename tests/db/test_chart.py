"""The chart of the first 48 hours: which hour an event belongs to."""

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync.totals import hourly_series
from tests.support.databases import on_both
from tests.support.factories import create_event

SENT_AT = 1_790_071_542
HOUR = 3600


@on_both
def test_each_hour_counts_from_the_second_of_sending(services: Services, mailing_id: int) -> None:
    opened, clicked = EventStatus.OPENED, EventStatus.CLICKED
    for recipient, kind, seconds in (
        (1, opened, 0),
        (2, opened, HOUR - 1),
        (1, opened, HOUR),
        (1, clicked, HOUR),
        (3, opened, 48 * HOUR - 1),
        (4, opened, 48 * HOUR),
        (5, opened, -1),
    ):
        create_event(services, mailing_id, recipient, kind, SENT_AT + seconds)
    series = hourly_series(services.session(), mailing_id, SENT_AT)
    assert [tuple(hour.values()) for hour in series] == [
        ("2026-09-22T10:05:42+00:00", 2, 0),
        ("2026-09-22T11:05:42+00:00", 1, 1),
        ("2026-09-24T09:05:42+00:00", 1, 0),
    ]
