"""“Create and send”, from the press to the mail."""

from desk import Desk

from cxmc_ext.domain.values import MailingState


def test_a_press_mails_everybody_once_and_ends_at_sent(desk: Desk) -> None:
    desk.add("anna@kandidaten.example", "bram@kandidaten.example")
    pressed = desk.send()
    desk.work()
    assert desk.mailed == ["anna@kandidaten.example", "bram@kandidaten.example"]
    assert desk.operation(pressed).state == "done", desk.operation(pressed).why
    assert desk.mailing.state in (MailingState.SENDING, MailingState.SENT)
