"""Every state of every page, one after the other: a play that sets the stage and names its pictures."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.standin.service import simulation
from cxmc_ext.usecases.accounts import activation, connection_requests, sender_domains
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from host_app.database import db
from tests.gallery import page_actions
from tests.gallery.daily_clicks import message_scenes
from tests.gallery.demo_server import ADMIN, RECRUITER, DemoServer
from tests.gallery.report_links import most_clicked_link
from tests.gallery.scene import Scene
from tests.gallery.scenes_contacts import contact_scenes
from tests.gallery.scenes_control_room import control_room_scenes
from tests.gallery.scenes_draft import draft_scenes
from tests.gallery.scenes_errors import error_scenes
from tests.gallery.scenes_host import host_scenes, login_scenes
from tests.gallery.scenes_overview import overview_scenes
from tests.gallery.scenes_scheduled import scheduled_scenes
from tests.gallery.scenes_sizes import size_scenes
from tests.gallery.scenes_test_mail import test_mail_scenes, usable_template_id
from tests.support.factories import (
    create_mailing,
    create_operation,
    create_recipient,
    set_statuses,
)

_LONG = (
    "Uitnodiging voor de open avond van Cedar Staffing in Utrecht, Amersfoort en ’s-Hertogenbosch"
)
_DOMAIN = [
    {
        "code": "check_domain",
        "detail": "Your “From” email domain cedarstaffing.example is not verified.",
        "values": {},
    }
]
_HOUR = 3600


def all_scenes(stage: DemoServer) -> Iterator[Scene]:
    """In this order: a later act needs what an earlier one has set up."""
    for act in (
        login_scenes,
        _switch_on,
        _connect,
        host_scenes,
        _form,
        _under_way,
        _settled,
        scheduled_scenes,
        _sent,
        overview_scenes,
        _big,
    ):
        yield from act(stage)


def _switch_on(stage: DemoServer) -> Iterator[Scene]:
    services = stage.services
    yield Scene("settings-off", "/maintenance/settings", "admin")
    yield Scene("settings-off-new-campaign", "/campaigns/new")
    activation.request_activation(services, Press(ADMIN, "gallery-1"))
    yield Scene("settings-activating", "/maintenance/settings", "admin")
    stage.advance(minutes=3)
    yield Scene("settings-activating-late", "/maintenance/settings", "admin")
    _change(
        Operation, state="failed", problems=[{"code": "took_too_long", "detail": "", "values": {}}]
    )
    yield Scene("settings-stopped", "/maintenance/settings", "admin")
    _change(Operation, state="queued", problems=[])
    stage.run_queue()
    yield Scene("settings-active", "/maintenance/settings", "admin")
    yield Scene(
        "settings-deactivate-asked",
        "/maintenance/settings",
        "admin",
        page_actions.press("#cxmc-activation [data-cxmc-confirm]"),
    )


def _connect(stage: DemoServer) -> Iterator[Scene]:
    services = stage.services
    tab = _tab("5")
    yield Scene("tab-no-key-recruiter", tab)
    yield Scene("tab-no-key-admin", tab, "admin")
    yield Scene("tab-settings-open", "/cxmc/campaigns/5/settings", "admin")
    yield Scene(
        "tab-settings-refused",
        "/cxmc/campaigns/5/settings",
        "admin",
        page_actions.submit_invalid_key,
    )
    stage.drop_queue()
    connection_requests.request_connection(services, Press(ADMIN, "gallery-2"), DEMO_KEY, None)
    yield Scene("tab-connecting", tab, "admin")
    stage.run_queue()
    yield Scene("tab-settings-connected", "/cxmc/campaigns/5/settings", "admin")
    known = services.session().scalars(select(Account.templates)).one()
    _change(Account, templates=[])
    yield Scene("tab-no-templates", tab)
    _change(Account, templates=known, key_refused=True)
    yield Scene("tab-key-refused", tab, "admin")
    _change(Account, key_refused=False)


def _form(stage: DemoServer) -> Iterator[Scene]:
    services = stage.services
    tab = _tab("5")
    yield Scene("tab-form", tab)
    spoiled = _tab(stage.campaign("Nog niet goed", 30))
    yield Scene("tab-form-free-mail-typed", spoiled, action=page_actions.type_free_mail)
    yield Scene("tab-form-send-asked", tab, action=page_actions.ask_confirmation("#cxmc-send"))
    yield Scene(
        "tab-form-schedule-asked", tab, action=page_actions.ask_confirmation("#cxmc-schedule")
    )
    yield Scene("tab-form-refused", spoiled, action=page_actions.submit_invalid_form)
    yield Scene(
        "tab-form-asked-plain",
        tab,
        action=page_actions.ask_confirmation_without_javascript,
        javascript=False,
    )
    yield from draft_scenes(stage)
    yield from size_scenes(stage)
    yield from contact_scenes(stage)
    yield from test_mail_scenes(stage)
    yield Scene("tab-form-nobody", _tab(stage.campaign("Nog niemand hier")))
    long = stage.campaign(f"{_LONG} {_LONG}", 40, 10)
    free = {"from_email": "sanne.de.wit.van.der.heijden@gmail.com", "frozen_at": None}
    create_mailing(services, long, "none", subject=_LONG, from_name=_LONG[:60], **free)
    yield Scene("tab-form-long-names-free-mail", _tab(long))
    sender_domains.request_verification_mail(
        services, Press(RECRUITER, "gallery-3"), "sanne@nieuwekaart.example"
    )
    stage.run_queue()
    code = stage.campaign("Vacatures Nieuwe Kaart", 30)
    create_mailing(services, code, "none", from_email="sanne@nieuwekaart.example", frozen_at=None)
    yield Scene("tab-form-domain-unverified", _tab(code))
    yield Scene("ledger-before", "/cxmc/campaigns/5/recipients")
    yield Scene("ledger-nobody-left", "/cxmc/campaigns/5/recipients?reason=cleaned")


def _under_way(stage: DemoServer) -> Iterator[Scene]:
    push = {"step": "subscribe_new", "progress_done": 250, "progress_total": 412}
    busy = {"code": "waiting_throttled", "detail": "", "values": {}}
    for name, values in (
        ("queued", {"state": "queued"}),
        ("pushing", push),
        ("late", {**push, "ago": 150}),
        ("waiting", {**push, "state": "waiting", "problems": [busy]}),
        ("checking", {"step": "verify"}),
        ("sending", {"step": "submit"}),
    ):
        ref = stage.campaign("Vacatures week 50", 40)
        mailing = create_mailing(stage.services, ref, "preparing")
        _operation(stage, mailing, **values)
        yield Scene(f"tab-pending-{name}", _tab(ref))


def _settled(stage: DemoServer) -> Iterator[Scene]:
    later = stage.services.clock() // 900 * 900 + 50 * _HOUR
    lost = [{"code": "outcome_unknown", "detail": "", "values": {}}]
    for name, state, values in (
        ("not-ready", "not_ready", {"problems": _DOMAIN}),
        ("attention", "attention", {"problems": lost}),
        ("stopped", "preparing", {}),
        ("scheduled", "scheduled", {"schedule_at": later}),
        ("in-mailchimp", "in_mailchimp", {}),
        ("cancelled", "cancelled", {}),
        ("sending", "sending", {"counts": {"reason": {}, "status": {}}}),
    ):
        ref = stage.campaign("Vacatures week 50", 40)
        mailing = create_mailing(stage.services, ref, state, **values)
        _operation(stage, mailing, state="done")
        yield Scene(f"tab-{name}", _tab(ref))
        if name == "cancelled":
            create_recipient(stage.services, mailing, name="Jan de Vries")
            yield Scene("ledger-cancelled", f"/cxmc/campaigns/{ref}/recipients")
        if name == "scheduled":
            yield Scene(
                "tab-unschedule-asked",
                _tab(ref),
                action=page_actions.press("[data-cxmc-confirm=cxmc-confirm-unschedule]"),
            )
    yield Scene("tab-nothing-to-open", "/cxmc/campaigns/5/open")


def _sent(stage: DemoServer) -> Iterator[Scene]:
    services = stage.services
    stage.drop_queue()
    ref = stage.campaign("Vacatures week 49", 320, 90)
    order = SendOrder(
        "Nieuwe vacatures in de techniek",
        RECRUITER.name,
        RECRUITER.email,
        usable_template_id(stage),
    )
    sending_requests.request_send(services, Press(RECRUITER, "gallery-send", ref), order)
    stage.run_queue()
    yield Scene("tab-sent-fresh", _tab(ref))
    for hours in (1, 3, 20):
        stage.advance(hours=hours)
        simulation.run_day_for_all(stage.standin.state)
        sync_schedule.request_update(services, RECRUITER, ref)
        stage.run_queue()
        db.session.remove()
    yield from _reported(ref)
    yield from error_scenes(ref)
    yield from control_room_scenes(stage)
    yield Scene("ledger-after", f"/cxmc/campaigns/{ref}/recipients")
    yield Scene("ledger-left", f"/cxmc/campaigns/{ref}/recipients?reason=left")
    yield Scene("host-campaign-statuses", f"/campaigns/{ref}/candidates")
    yield Scene("host-campaign-activities", f"/campaigns/{ref}/activities")
    yield Scene(
        "host-campaign-activities-clicked", f"/campaigns/{ref}/activities?cxmc_kind=clicked"
    )
    yield Scene("host-person-activities", f"/candidates/{_clicker(ref)}/activities")
    gap = {"opened": [598, 611]}
    trouble = {"code": "report_moved", "detail": "", "values": {}}
    _change_mailing(ref, count_differences=gap, sync_problem=trouble)
    yield Scene("tab-sent-gap-and-trouble", _tab(ref))


def _reported(ref: str) -> Iterator[Scene]:
    yield Scene("tab-sent", _tab(ref))
    yield Scene("sent-mail", f"/cxmc/campaigns/{ref}/mail")
    yield Scene("ledger-link", f"/cxmc/campaigns/{ref}/recipients?link={most_clicked_link(ref)}")
    yield Scene("tab-sent-admin", _tab(ref), "admin")
    yield from message_scenes(ref)
    yield Scene("tab-sent-follow-up-refused", _tab(ref), action=page_actions.submit_invalid_title)
    yield Scene("tab-sent-followed-up", _tab(ref), action=page_actions.follow_up)


def _big(stage: DemoServer) -> Iterator[Scene]:
    ref = stage.campaign("Kerstkaart aan iedereen")
    counts = {
        "reason": {"opted_out": 1204, "duplicate": 377},
        "status": {"sent": 20_411, "bounced": 590, "opened": 16_000, "clicked": 2_800},
    }
    size = {"people_count": 40_000, "mailable_count": 38_419, "counts": counts}
    sent_at = stage.services.clock() - 5 * _HOUR
    mailing = create_mailing(stage.services, ref, "sent", sent_at=sent_at, **size)
    rows = [
        {"mailing_id": mailing, "name": f"Persoon {n}", "address": f"p{n}@big.example"}
        for n in range(40_000)
    ]
    db.session.execute(insert(Recipient), rows)
    set_statuses(db.session(), EventStatus.SENT, Recipient.mailing_id == mailing)
    db.session.commit()
    yield Scene("tab-big", _tab(ref))
    yield Scene("ledger-big", f"/cxmc/campaigns/{ref}/recipients?page=200")


def _tab(ref: str) -> str:
    return f"/campaigns/{ref}/mailchimp"


def _operation(stage: DemoServer, mailing: int, **values: Any) -> None:
    """:param values: of the row; `ago` seconds since it was asked for."""
    asked = stage.services.clock() - int(values.pop("ago", 12))
    create_operation(
        stage.services,
        mailing,
        actor_id=RECRUITER.id,
        actor_name=RECRUITER.name,
        created_at=asked,
        lease_until=2**40,
        **values,
    )


def _clicker(ref: str) -> str:
    """A candidate with much to tell."""
    found = select(Recipient.person_id).join(Mailing, Mailing.id == Recipient.mailing_id)
    clicked = found.where(Mailing.campaign_ref == ref, Recipient.status == EventStatus.CLICKED)
    return db.session.scalars(clicked.where(Recipient.person_kind == "candidate").limit(1)).one()


def _change_mailing(ref: str, **values: Any) -> None:
    db.session.execute(update(Mailing).where(Mailing.campaign_ref == ref).values(**values))
    db.session.commit()


def _change(model: Any, **values: Any) -> None:
    db.session.execute(update(model).values(**values))
    db.session.commit()
