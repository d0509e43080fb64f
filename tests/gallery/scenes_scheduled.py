"""A scheduled campaign while the CRM changes, and what is said where the module is paused or switched off."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select, update

from cxmc_ext import OPT_OUT_TAG
from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.sending import requests as sending_requests
from host_app.database import db
from host_app.models import CampaignMember, Group, Person, Tag
from tests.gallery import page_actions
from tests.gallery.demo_server import RECRUITER, DemoServer
from tests.gallery.scene import Scene
from tests.gallery.scenes_test_mail import usable_template_id

_SETTINGS = "/maintenance/settings"
_CONTROL_ROOM = "/cxmc/control"


def scheduled_scenes(stage: DemoServer) -> Iterator[Scene]:
    """The tab follows the CRM; “Pause report updates” and “Deactivate” say what MailChimp still sends."""
    at = (stage.services.clock() // 900 + 200) * 900
    ref = _request(stage, "Vacatures week 51", at)
    tab = f"/campaigns/{ref}/mailchimp"
    _change_crm(ref)
    yield Scene("tab-scheduled-changed", tab)
    yield Scene(
        "settings-deactivate-scheduled",
        _SETTINGS,
        "admin",
        page_actions.press("#cxmc-activation [data-cxmc-confirm]"),
    )
    yield Scene(
        "control-pause-asked",
        _CONTROL_ROOM,
        "admin",
        page_actions.press("[data-cxmc-confirm=cxmc-confirm-pause]"),
    )
    yield from _group_missing(stage, tab)
    yield from _switched_off(tab)
    stage.advance(hours=49, minutes=55)
    yield Scene("tab-scheduled-last-check", tab)


def _group_missing(stage: DemoServer, tab: str) -> Iterator[Scene]:
    """Somebody took the tag off a group: nothing is sent until it is there again."""
    tag_id = db.session.scalars(select(Tag.id).filter_by(name=OPT_OUT_TAG)).one()
    group_id = db.session.scalars(select(Group.id).filter_by(tag_id=tag_id).limit(1)).one()
    change_group = update(Group).where(Group.id == group_id)
    db.session.execute(change_group.values(tag_id=None))
    db.session.commit()
    yield Scene("settings-group-missing", _SETTINGS, "admin")
    yield Scene("control-group-missing", _CONTROL_ROOM, "admin")
    yield Scene("tab-scheduled-group-missing", tab)
    unsent = _request(stage, "Vacatures week 52", at=None)
    yield Scene("tab-form-group-missing", f"/campaigns/{unsent}/mailchimp")
    db.session.execute(change_group.values(tag_id=tag_id))
    db.session.commit()


def _switched_off(tab: str) -> Iterator[Scene]:
    _change(state="deactivating")
    yield Scene("settings-deactivating", _SETTINGS, "admin")
    _change(state="inactive")
    yield Scene("settings-off-scheduled", _SETTINGS, "admin")
    _change(state="active", key_refused=True)
    yield Scene("tab-scheduled-key-refused", tab)
    yield Scene("control-scheduled-key-refused", _CONTROL_ROOM, "admin")
    yield Scene(
        "settings-deactivate-key-refused",
        _SETTINGS,
        "admin",
        page_actions.press("#cxmc-activation [data-cxmc-confirm]"),
    )
    _change(key_refused=False)


def _request(stage: DemoServer, title: str, at: int | None) -> str:
    """Presses “Create and send”, or “Create and schedule” with a time, and lets the workers finish."""
    stage.drop_queue()
    ref = stage.campaign(title, 40, 5)
    template_id = usable_template_id(stage)
    order = SendOrder("Vacatures voor u", RECRUITER.name, RECRUITER.email, template_id, at)
    sending_requests.request_send(stage.services, Press(RECRUITER, f"gallery-{ref}", ref), order)
    stage.run_queue()
    return ref


def _change_crm(ref: str) -> None:
    """One person is removed, one corrected, one loses their address, two are added."""
    members = select(CampaignMember).where(CampaignMember.campaign_id == int(ref))
    rows = db.session.scalars(members.order_by(CampaignMember.person_id)).all()
    people = db.session.scalars(
        select(Person).where(Person.id.in_([row.person_id for row in rows])).order_by(Person.id)
    ).all()
    db.session.delete(rows[0])
    people[1].email = "nieuw.adres@kandidaten.example"
    people[2].email = ""
    ids = {row.person_id for row in rows}
    others = db.session.scalars(select(Person).where(Person.id.not_in(ids)).limit(2)).all()
    for person in others:
        db.session.add(CampaignMember(campaign_id=int(ref), person_id=person.id, at=0))
    db.session.commit()


def _change(**values: Any) -> None:
    db.session.execute(update(Account).values(**values))
    db.session.commit()
