"""“Invite back”: from the person's timeline to the answer of MailChimp, with and without scripts."""

from collections.abc import Callable

import pytest

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.people import PersonRef, Right
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.opt_outs.opt_ins import confirm_invitation
from cxmc_ext.usecases.opt_outs.record import opt_out_people
from tests.support.browser import Browser, Page

PATH = "/cxmc/invitation"
ADDRESS = "anna@kantoor.example"
REFUSAL = "MailChimp does not send a confirmation to this person"
NOTE = "Unsubscribed through the MailChimp campaign “Vacatures”"


@pytest.fixture
def anna(connected: Services, campaign: str, host: MemoryHost) -> PersonRef:
    """Opted out because of MailChimp."""
    ref = host.add_person(ADDRESS, first_name="Anna")
    account_id = accounts.get_or_create(connected.session(), connected.account_ref).id
    note = Note(NoteKind.UNSUBSCRIBED_THROUGH, "Vacatures")
    opt_out_people(connected, account_id, {ref}, note)
    connected.session().commit()
    return ref


def url(ref: PersonRef) -> str:
    return f"{PATH}?person={ref.kind}:{ref.id}"


def test_the_timeline_says_how_somebody_left_and_leads_to_the_invitation(
    anna: PersonRef, show: Callable[..., Page], browser: Browser, host: MemoryHost
) -> None:
    slot = f"{{{{ cxmc_activities(ada.__class__(ada.kind, '{anna.id}')) }}}}"
    page = show(slot)
    assert "Opted out: gets no MailChimp mail." in page.text
    assert NOTE in page.text
    assert any(link["href"] == url(anna).replace(":", "%3A") for link in page.elements("a"))
    opened = browser.open_page(url(anna))
    assert NOTE in opened.text
    assert ADDRESS in opened.text
    assert "/subscribe/" in opened.html, "the signup form of the audience"
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    page = show(slot)
    assert "Opted out" in page.text
    assert "Invite back" not in page.text


@pytest.mark.parametrize("javascript", [True, False])
def test_asking_is_confirmed_done_by_a_worker_and_shown(
    anna: PersonRef, client: object, browser: Browser, queue: ManualQueue, javascript: bool
) -> None:
    browser.javascript = javascript
    person = f"{anna.kind}:{anna.id}"
    question = browser.submit(PATH, person=person, nonce="n1")
    assert "Ask MailChimp to send a confirmation mail?" in question.text
    assert question.field("person")["value"] == person
    answers = [
        browser.post(PATH, person=person, confirmed="yes", nonce="press-one") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 303]
    page = browser.open_page(url(anna))
    assert "MailChimp is being asked …" in page.text
    assert "Ask for confirmation" not in page.buttons()
    assert bool(page.elements("main")) is not javascript, "a poll replaces the section alone"
    queue.run_all()
    page = browser.open_page(url(anna))
    assert "MailChimp mailed a confirmation." in page.text
    assert "Waiting for this person to subscribe." in page.text
    assert not [attrs for _, attrs in page.tags if "hx-trigger" in attrs]


@pytest.fixture
def refused(
    anna: PersonRef,
    connected: Services,
    standin: StandinServer,
    browser: Browser,
    queue: ManualQueue,
) -> PersonRef:
    """Anna unsubscribed herself, so MailChimp refused to ask her."""
    list_id = accounts.get_or_create(connected.session(), connected.account_ref).list_id
    connected.session().rollback()
    standin.actions.sign_up(list_id, ADDRESS)
    standin.actions.set_status(list_id, ADDRESS, "unsubscribed", "user")
    browser.post(PATH, person=f"{anna.kind}:{anna.id}", confirmed="yes", nonce="press-one")
    queue.run_all()
    return anna


def test_who_cannot_be_asked_is_left_the_form_alone(refused: PersonRef, browser: Browser) -> None:
    page = browser.open_page(url(refused))
    assert REFUSAL in page.text
    assert "Ask for confirmation" not in page.buttons()
    assert "Or give them the signup form" not in page.text
    assert "The signup form, where everybody can subscribe themselves:" in page.text
    assert "/subscribe/" in page.html


def test_a_refusal_is_over_once_the_person_is_subscribed_again(
    refused: PersonRef, connected: Services, browser: Browser, clock: Clock
) -> None:
    session = connected.session()
    account_id = accounts.get_or_create(session, connected.account_ref).id
    clock.advance(60)
    confirm_invitation(connected, account_id, ADDRESS, refused, "Rosa", clock())
    session.commit()
    page = browser.open_page(url(refused))
    assert "This person is not opted out and can be mailed." in page.text
    assert REFUSAL not in page.text
    opt_out_people(connected, account_id, {refused}, Note(NoteKind.UNSUBSCRIBED_THROUGH, "Week 2"))
    session.commit()
    page = browser.open_page(url(refused))
    assert "Ask for confirmation" in page.buttons()
    assert REFUSAL not in page.text


def test_another_audience_can_be_asked(
    refused: PersonRef, connected: Services, browser: Browser
) -> None:
    accounts.get_or_create(connected.session(), connected.account_ref).list_id = "another"
    connected.session().commit()
    assert "Ask for confirmation" in browser.open_page(url(refused)).buttons()


def test_what_cannot_be_asked_is_said(anna: PersonRef, browser: Browser, host: MemoryHost) -> None:
    other = host.add_person("bram@kantoor.example")
    page = browser.open_page(url(other))
    assert "This person is not opted out and can be mailed." in page.text
    assert "Ask for confirmation" not in page.buttons()
    answer = browser.post(PATH, person=f"candidate:{other.id}", confirmed="yes")
    assert answer.status_code == 303
    browser.javascript = False
    toast = browser.open_page(url(other)).text
    assert "This person did not opt out, so there is nothing to ask." in toast


@pytest.mark.slow
@pytest.mark.parametrize("person", ["", "candidate:", "boss:1", "candidate:999", "candidate:%00"])
def test_an_unknown_person_has_no_page(campaign: str, browser: Browser, person: str) -> None:
    assert browser.get(f"{PATH}?person={person}").status_code == 404
