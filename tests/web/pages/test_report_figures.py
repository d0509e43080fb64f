"""The figures of the report agree with each other."""

from cxmc_ext.services import Services
from tests.support.browser import Browser
from tests.support.factories import REPORT, SENT_AT, create_mailing


def test_the_report_says_why_more_people_left_than_unsubscribed(
    connected: Services, campaign: str, browser: Browser
) -> None:
    counts = {"reason": {}, "status": {"unsubscribed": 3}, "events": {"complained": 1}}
    reported = {"unsubscribed": 2, "abuse_reports": 1}
    create_mailing(
        connected, campaign, "sent", report={**REPORT, **reported}, sent_at=SENT_AT, counts=counts
    )
    path, label = f"/cxmc/campaigns/{campaign}", "Unsubscribed, with 1 complaint 3"
    text = browser.open_page(path).text
    assert "Unsubscribed 2 1 complaint" in text
    assert label in text
    assert label in browser.open_page(f"{path}/recipients").text


def test_what_people_did_is_a_share_of_the_mails_delivered(
    connected: Services, campaign: str, browser: Browser
) -> None:
    """As MailChimp's own rates of opens and clicks are."""
    totals = {
        "emails_sent": 12,
        "unsubscribed": 2,
        "abuse_reports": 1,
        "bounces": {"hard_bounces": 1, "soft_bounces": 1},
    }
    create_mailing(connected, campaign, "sent", report={**REPORT, **totals}, sent_at=SENT_AT)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text.replace("\xa0", " ")
    assert "Delivered 10 (83.3 %) Unsubscribed 20.0 % Complaints 10.0 %" in text
    assert "Hard bounces 8.3 %" in text
