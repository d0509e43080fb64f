"""Two processes in the middle of each other: what one writes while the other is between two statements."""

from desk import Desk
from flask import Flask
from rival import before

from cxmc_ext.domain.values import MailingState, User
from cxmc_ext.usecases import activate
from tests.databases import on_postgres

pytestmark = on_postgres

ANNA = "anna@kandidaten.example"


def test_a_press_in_the_middle_of_a_deactivation_can_be_tried_again(
    app: Flask, desk: Desk, admin: User
) -> None:
    desk.add(ANNA)
    with before(app, "UPDATE cxmc_operation", desk.send):
        activate.deactivate(desk.services, admin)
    assert desk.mailing.state == MailingState.NOT_READY
    activate.request_activation(desk.services, admin, "again")
    desk.retry()
    desk.work()
    assert desk.mailed == [ANNA]
