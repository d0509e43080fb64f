"""Merge tags on the screens: for whom they are blank, and which nobody fills in."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import template_content
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.rules.merge_fields import DEFAULT_FIELDS
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_recipient, send_form

HTML = "<p>*|SALUTE|* *|JOBTITLE2|* *|GREETING|* *|JOBTITEL|* *|UNSUB|*</p>"
FIELDS = (
    AudienceField("JOBTITLE2", "Job title", source="JOBTITLE"),
    AudienceField("GREETING", "Greeting", source="GREETING", fallback="Dear reader"),
    AudienceField("SALUTE", "Aanhef"),
)


@pytest.fixture
def ref(connected: Services, host: MemoryHost) -> str:
    """A campaign whose template was read; one of its two people has no job title."""
    session = connected.session()
    account = session.scalars(select(Account)).one()
    account.merge_fields = [field.to_json() for field in (*DEFAULT_FIELDS, *FIELDS)]
    template_content.store(session, account.id, 10001, HTML, connected.clock())
    ref = host.add_campaign()
    host.add_to_campaign(
        ref,
        host.add_person("ada@a.example", merge_values={"JOBTITLE": "Welder"}),
        host.add_person("bob@a.example"),
    )
    host.login("recruiter")
    session.commit()
    create_mailing(
        connected, ref, "none", template_id=10001, subject="Hello *|FNAME|*", frozen_at=None
    )
    return ref


def test_the_form_says_for_how_many_a_tag_is_blank_and_for_whom(ref: str, browser: Browser) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{ref}")
    assert "Job title *|JOBTITLE2|* blank for 1 recipient" in page.text
    assert "Nobody fills in: JOBTITEL." in page.text
    assert "*|GREETING|* blank" not in page.text, "MailChimp inserts its fallback"
    shown = browser.open_page(f"/cxmc/campaigns/{ref}/recipients?blank=JOBTITLE2").text
    assert "Recipients without a value for “Job title”" in shown
    assert "bob@a.example" in shown
    assert "ada@a.example" not in shown
    csv = browser.get(f"/cxmc/campaigns/{ref}/recipients.csv?blank=JOBTITLE2").get_data(True)
    assert csv.count("@a.example") == 1


def test_the_filter_also_works_after_the_people_are_frozen(
    ref: str, connected: Services, host: MemoryHost, browser: Browser
) -> None:
    frozen = host.add_campaign("Frozen")
    sent = create_mailing(connected, frozen, "sent", frozen_at=1)
    for number, values in enumerate(({"JOBTITLE2": "Welder"}, {"JOBTITLE2": ""}, {})):
        create_recipient(connected, sent, address=f"p{number}@a.example", merge_values=values)
    create_recipient(connected, sent, address="out@a.example", reason="no_address")
    shown = browser.open_page(f"/cxmc/campaigns/{frozen}/recipients?blank=JOBTITLE2").text
    assert [f"p{number}@a.example" in shown for number in range(3)] == [False, True, True]
    assert "out@a.example" not in shown


def test_the_question_before_sending_names_a_tag_that_nobody_fills_in(
    ref: str, browser_without_js: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    question = browser_without_js.submit(f"/cxmc/campaigns/{ref}/send", **send_form())
    assert "Nobody fills in: JOBTITEL." in question.text
    queue.run_all()
    assert list(standin.outbox) == []
