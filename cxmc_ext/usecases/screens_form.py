"""The form of a free campaign: what stands in it, whom it reaches, what is still missing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cxmc_ext.db.models import Account
from cxmc_ext.db.queries import screens as rows
from cxmc_ext.db.queries.screens import Look
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, normalise
from cxmc_ext.domain.rules.orders import order_trouble
from cxmc_ext.domain.rules.times import next_slot
from cxmc_ext.domain.values import Campaign, OperationKind, OperationState, Order, Why, whys_of
from cxmc_ext.services import Services
from cxmc_ext.usecases import screens_templates, screens_trial
from cxmc_ext.usecases.screens_people import tally
from cxmc_ext.usecases.screens_values import (
    Connection,
    Form,
    Ready,
    Tally,
    Typed,
    Viewer,
)

_ENDED_BADLY = {OperationState.FAILED, OperationState.NOT_READY, OperationState.ATTENTION}
_HOUR = 3600


def form(
    services: Services, viewer: Viewer, campaign: Campaign, found: Look, linked: Connection
) -> Form:
    account = _account(found)
    typed = _prefilled(services, viewer, campaign, found)
    reached = tally(services, campaign.ref)
    domain, code_for = domain_line(found, typed.from_email)
    return Form(
        title=campaign.title,
        connection=linked,
        typed=typed,
        templates=screens_templates.templates(found),
        read_at=account.read_at,
        tally=reached,
        ready=(*_settled_lines(linked, account), domain, _people_line(reached)),
        before=_before(found),
        code_for=code_for,
        trial=screens_trial.last_test(services, found.mailing),
    )


def check(services: Services, found: Look, order: Order) -> None:
    """:raises Invalid: for everything that can be told before anybody is asked to confirm."""
    trouble = order_trouble(order, _account(found).templates or (), services.clock())
    if trouble:
        raise Invalid(trouble)


def domain_line(found: Look, from_email: str) -> tuple[Ready, str]:
    """What is known about the sender's domain, and the domain a code was mailed for."""
    address = normalise(from_email)
    if address is None:
        return Ready("domain", "warn", "domain_none"), ""
    domain = domain_of(address)
    values = {"domain": domain, "email": address}
    if is_free_mail(address):
        return Ready("domain", "bad", "domain_free", values), ""
    known = next((d for d in _account(found).domains or () if d["domain"] == domain), None)
    if known is None or not known["verified"]:
        code_for = domain if known and known["mail_sent"] else ""
        return Ready("domain", "bad", "domain_unverified", values, domain), code_for
    if not known["authenticated"]:
        return Ready("domain", "good", "domain_unauthenticated", values), ""
    return Ready("domain", "good", "domain_verified", values), ""


def _settled_lines(linked: Connection, account: Account) -> tuple[Ready, ...]:
    usable = sum(bool(stored["usable"]) for stored in account.templates)
    return (
        Ready("key", "good", "key_works", {"name": linked.name}),
        Ready("templates", "good", "templates_there", {"n": str(usable)})
        if usable
        else Ready("templates", "bad", "templates_unusable"),
    )


def _people_line(reached: Tally) -> Ready:
    if reached.receivers:
        return Ready("people", "good", "people_there", {"n": str(reached.receivers)})
    return Ready("people", "bad", "people_all_out" if reached.people else "people_none")


def _prefilled(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Typed:
    """The campaign's own values if it was filled in before, else what this user sent with last."""
    mailing = found.mailing
    local = _local(next_slot(services.clock() + _HOUR), services.settings.zone)
    me = viewer.user.email
    if mailing and (mailing.subject or mailing.template_id):
        return Typed(
            mailing.subject,
            mailing.from_name,
            mailing.from_email,
            str(mailing.template_id or ""),
            *local,
            test_to=me,
        )
    known = rows.last_sender(services.session(), _account(found).id, viewer.user.id)
    name, email = known or (viewer.user.name, me)
    return Typed(campaign.title, name, email, "", *local, test_to=me)


def _local(at: int, zone: ZoneInfo) -> tuple[str, str]:
    local = datetime.fromtimestamp(at, zone)
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"


def _before(found: Look) -> tuple[Why, ...]:
    operation = found.operation
    if operation is None or OperationState(operation.state) not in _ENDED_BADLY:
        return ()
    if operation.kind in {OperationKind.UPDATE, OperationKind.ACTIVATE}:
        return ()
    return whys_of(operation.why)


def _account(found: Look) -> Account:
    assert found.account is not None  # noqa: S101 - a form is shown for a connected account only
    return found.account
