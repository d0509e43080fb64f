"""The notes that the Host stores: in the configured language, and with the campaign wherever it is known."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.web import render_note
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld

pytestmark = on_both

ANNA, BRAM = "anna@kantoor.example", "bram@kantoor.example"
HOUR = 3600


@pytest.fixture
def german(world: SyncWorld) -> SyncWorld:
    settings = replace(world.services.settings, locale="de")
    world.services = replace(world.services, render_note=partial(render_note, settings))
    return world


def person_at(world: SyncWorld, address: str) -> PersonRef:
    (ref,) = (ref for ref, person in world.host.persons.items() if person.address == address)
    return ref


def note_of(world: SyncWorld, address: str) -> str:
    ref = person_at(world, address)
    return next(members[ref] for members in world.host.groups.values() if ref in members)


def test_notes_are_in_the_configured_language_in_crm_and_audit(german: SyncWorld) -> None:
    mailing = german.add_sent_mailing(ANNA, BRAM)
    german.record_unsubscribe(mailing, ANNA)
    german.record_bounce(mailing, BRAM, german.services.clock(), kind="hard")
    german.sync(mailing)
    notes = {note_of(german, ANNA), german.host.failed[person_at(german, BRAM)][1]}
    assert notes == {
        "Über die MailChimp-Kampagne „Vacatures“ abgemeldet",
        "E-Mail kam endgültig zurück: Kampagne „Vacatures“",
    }
    assert notes <= set(german.fetch_all(select(Audit.note)))


def test_who_left_before_the_first_report_was_read_left_after_that_campaign(
    german: SyncWorld,
) -> None:
    """The audience is read first: no event of the mailing is stored yet."""
    german.advance(2 * HOUR)
    mailing = german.add_sent_mailing(ANNA, title="Woche 48")
    german.record_unsubscribe(mailing, ANNA)
    german.sync(mailing)
    assert note_of(german, ANNA) == "In MailChimp abgemeldet, nach der Kampagne „Woche 48“"
    of_opt_outs = select(Notice.mailing_id).where(Notice.kind == NoticeKind.OPTED_OUT)
    assert german.fetch_all(of_opt_outs) == [mailing], "the notice names the campaign, too"
    assert mailing in german.fetch_all(select(Audit.mailing_id).where(Audit.note != ""))


@pytest.mark.slow
def test_a_campaign_that_was_sent_after_somebody_left_is_not_named(world: SyncWorld) -> None:
    earlier = world.add_sent_mailing(ANNA, title="Week 47", ago=3 * HOUR)
    world.unsubscribe_elsewhere(ANNA)
    world.advance(2 * HOUR)
    session = world.services.session()
    later = world.copy_mailing(earlier)
    world.update_mailing(later, campaign_title="Week 48", sent_at=world.services.clock())
    world.add_recipient(later, ANNA, person_at(world, ANNA))
    session.commit()
    world.sync(later)
    assert note_of(world, ANNA) == "Unsubscribed in MailChimp, after the campaign “Week 47”"
