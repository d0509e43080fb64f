"""The messages behind the bell: what the extension told a user, in the language they read."""

from collections.abc import Callable

import pytest
from flask import Flask

from cxmc_ext import Notification, NotificationKind, NotificationText, Right
from host_app.database import db
from host_app.host import DemoHost
from tests.host_app.conftest import Browser

LogInAs = Callable[[str], Browser]
TEXTS = {
    "en": NotificationText("“Week 48” was sent", "Its report\nfollows."),
    "nl": NotificationText("“Week 48” is verstuurd", "Het rapport volgt."),
}


def notify(crm: Flask, user_id: str | None, right: Right = Right.SEND) -> None:
    """The same notification twice, as after the death of a worker."""
    with crm.app_context():
        for _ in range(2):
            DemoHost().notify(
                Notification(
                    kind=NotificationKind.SENT,
                    id="sent-1",
                    at=1_800_000_000,
                    account_ref="default",
                    user_id=user_id,
                    right=right,
                    campaign_ref="5",
                    _render=TEXTS.__getitem__,
                )
            )
        db.session.commit()


def test_a_message_waits_behind_the_bell_until_it_is_read(crm: Flask, log_in_as: LogInAs) -> None:
    notify(crm, "2")
    sanne = log_in_as("recruiter")
    assert 'aria-label="Messages: 1 new"' in sanne.get("/candidates").text
    page = sanne.get("/messages").text
    assert page.count("“Week 48” was sent") == 1
    assert 'href="/campaigns/5/mailchimp"' in page
    assert "“Week 48” is verstuurd" in sanne.get("/messages?lang=nl").text
    answer = sanne.post("/messages/read")
    assert answer.headers["Location"] == "/messages"
    assert 'aria-label="Berichten"' in sanne.get("/messages").text


@pytest.mark.parametrize(
    ("user_id", "right", "name", "is_told"),
    [
        ("2", Right.SEND, "admin", False),
        (None, Right.CONFIGURE, "admin", True),
        (None, Right.CONFIGURE, "recruiter", False),
        ("no-such-user", Right.SEND, "recruiter", False),
    ],
)
def test_only_its_users_see_a_message(
    crm: Flask, log_in_as: LogInAs, user_id: str | None, right: Right, name: str, is_told: bool
) -> None:
    notify(crm, user_id, right)
    assert ("“Week 48” was sent" in log_in_as(name).get("/messages").text) == is_told


def test_a_user_without_campaigns_has_no_bell(crm: Flask, log_in_as: LogInAs) -> None:
    assert "/messages" not in log_in_as("intern").get("/candidates").text
