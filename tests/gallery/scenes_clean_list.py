"""People who are left out, addresses that do not work, and people who are invited back."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from cxmc_ext import PersonKind, PersonRef
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.invitations.requests import request_invitation
from cxmc_ext.usecases.opt_outs.failed_addresses import record_failures
from cxmc_ext.usecases.opt_outs.record import opt_out_people
from host_app.database import db
from host_app.models import GroupMember, Person
from tests.gallery import page_actions
from tests.gallery.demo_server import RECRUITER, DemoServer
from tests.gallery.scene import Scene
from tests.support.factories import create_mailing, create_recipient

_LIST = "/cxmc/addresses"
_ASK = page_actions.press("[data-cxmc-confirm]")


def clean_list_scenes(stage: DemoServer) -> Iterator[Scene]:
    yield Scene("ledger-reasons", f"/cxmc/campaigns/{_left_out(stage)}/recipients?reason=left")
    yield Scene("failed-addresses-none", _LIST)
    people = _people(7)
    _fail(stage, people[:5])
    yield Scene("failed-addresses", _LIST)
    yield Scene("failed-addresses-mine", f"{_LIST}?owner=mine")
    yield Scene("host-person-failed", f"/candidates/{people[0].id}")
    yield Scene("host-person-failed-activities", f"/candidates/{people[0].id}/activities")
    yield from _invitations(stage, people[5], people[6])


def _left_out(stage: DemoServer) -> str:
    """A campaign with one person for each reason to leave somebody out."""
    ref = stage.campaign("Vacatures week 51", 1)
    mailing = create_mailing(stage.services, ref, "in_mailchimp")
    for number, reason in enumerate(ExclusionReason, start=1):
        person = {"name": f"Persoon {number}", "address": f"persoon{number}@kandidaten.example"}
        create_recipient(stage.services, mailing, reason=reason, **person)
    return ref


def _invitations(stage: DemoServer, asked: Row[Any], refused: Row[Any]) -> Iterator[Scene]:
    _opt_out(stage, asked, refused)
    path = f"/cxmc/invitation?person=candidate:{asked.id}"
    yield Scene("host-person-opted-out-activities", f"/candidates/{asked.id}/activities")
    yield Scene("invite-back", path)
    yield Scene("invite-back-question", path, action=_ASK)
    yield Scene("invite-back-question-plain", path, action=_ASK, javascript=False)
    _unsubscribe(stage, asked, "api")
    _invite(stage, asked)
    yield Scene("invite-back-under-way", path)
    stage.run_queue()
    yield Scene("invite-back-waiting", path)
    _unsubscribe(stage, refused, "user")
    _invite(stage, refused)
    stage.run_queue()
    yield Scene("invite-back-refused", f"/cxmc/invitation?person=candidate:{refused.id}")


def _people(count: int) -> list[Row[Any]]:
    """Candidates with an address of their own who are in no group."""
    members = select(GroupMember.person_id)
    wanted = select(Person.id, Person.email_key).where(
        Person.kind == "candidate", Person.email != ""
    )
    wanted = wanted.where(Person.id.not_in(members)).order_by(Person.id.desc()).limit(count)
    return list(db.session.execute(wanted))


def _fail(stage: DemoServer, people: list[Row[Any]]) -> None:
    services, reasons = stage.services, list(FailureReason)
    failures = [
        AddressFailure(person.email_key, reasons[n % 3], services.clock() - n * 86_400)
        for n, person in enumerate(people)
    ]
    record_failures(services, _account_id(stage), failures)
    db.session.commit()


def _opt_out(stage: DemoServer, *people: Row[Any]) -> None:
    note = Note(NoteKind.UNSUBSCRIBED_THROUGH, "Vacatures week 48")
    opt_out_people(stage.services, _account_id(stage), {_ref(one) for one in people}, note)
    db.session.commit()


def _invite(stage: DemoServer, person: Row[Any]) -> None:
    request_invitation(
        stage.services, Press(RECRUITER, f"gallery-invite-{person.id}"), _ref(person)
    )


def _unsubscribe(stage: DemoServer, person: Row[Any], source: str) -> None:
    """Who unsubscribed themselves ("user") is not asked by MailChimp."""
    state = stage.standin.state
    list_id = accounts.get_or_create(db.session(), stage.services.account_ref).list_id
    audience = next(audience for _, audience in state.audiences() if audience.id == list_id)
    with state.lock:
        member = membership.find_member(audience, person.email_key)
        if member is None:
            row = {"email_address": person.email_key}
            member = membership.add(state, audience, row, "subscribed")
        membership.set_status(state, audience, member, "unsubscribed", source)


def _account_id(stage: DemoServer) -> int:
    return accounts.get_or_create(db.session(), stage.services.account_ref).id


def _ref(person: Row[Any]) -> PersonRef:
    return PersonRef(PersonKind.CANDIDATE, str(person.id))
