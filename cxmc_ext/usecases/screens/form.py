"""The form of a free campaign: what stands in it, whom it reaches, what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import tab as rows
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import Campaign, SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, normalize_address
from cxmc_ext.domain.rules.schedule_times import earliest_slot
from cxmc_ext.domain.rules.send_form import order_problems
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import templates as templates_screen
from cxmc_ext.usecases.screens import test_mail as test_mail_screen
from cxmc_ext.usecases.screens.models import Connection, Viewer
from cxmc_ext.usecases.screens.progress import OperationStatus
from cxmc_ext.usecases.screens.recipients import RecipientCounts, count_recipients
from cxmc_ext.usecases.screens.templates import TemplateChoice

_ENDED_BADLY = {OperationState.FAILED, OperationState.NOT_READY, OperationState.ATTENTION}


_HOUR = 3600


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One line of the readiness list; `tone` is good, warn or bad."""

    topic: str
    tone: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    verifiable_domain: str = ""
    """Set where the domain can be verified from here."""


@dataclass(frozen=True, slots=True)
class SendForm:
    """What stands in the form's fields, as text."""

    subject: str = ""
    from_name: str = ""
    from_email: str = ""
    template_id: str = ""
    date: str = ""
    time: str = ""
    test_to: str = ""
    template_search: str = ""


@dataclass(frozen=True, slots=True)
class FormScreen:
    """Everything known, ready to be filled in."""

    title: str
    connection: Connection
    form: SendForm
    templates: tuple[TemplateChoice, ...]
    templates_read_at: int | None
    counts: RecipientCounts
    readiness: tuple[ReadinessItem, ...]
    previous_problems: tuple[Problem, ...]
    """Why the last attempt ended without a campaign."""
    code_sent_for: str = ""
    """A domain MailChimp has mailed a code for."""
    test_mail: OperationStatus | None = None
    """The last test mail of this campaign."""


def build_form(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows, linked: Connection
) -> FormScreen:
    account = _require_account(found)
    typed = _initial_values(services, viewer, campaign, found)
    reached = count_recipients(services, campaign.ref)
    domain, code_for = domain_readiness(found, typed.from_email)
    return FormScreen(
        title=campaign.title,
        connection=linked,
        form=typed,
        templates=templates_screen.template_choices(found),
        templates_read_at=account.details_read_at,
        counts=reached,
        readiness=(*_account_items(linked, account), domain, _recipients_item(reached)),
        previous_problems=_previous_problems(found),
        code_sent_for=code_for,
        test_mail=test_mail_screen.last_test_mail(services, found.mailing),
    )


def check_order(services: Services, found: CampaignRows, order: SendOrder) -> None:
    """:raises Invalid: for everything that can be told before anybody is asked to confirm."""
    trouble = order_problems(order, _require_account(found).templates or (), services.clock())
    if trouble:
        raise Invalid(trouble)


def domain_readiness(found: CampaignRows, from_email: str) -> tuple[ReadinessItem, str]:
    """What is known about the sender's domain, and the domain a code was mailed for."""
    address = normalize_address(from_email)
    if address is None:
        return ReadinessItem("domain", "warn", "domain_none"), ""
    domain = domain_of(address)
    values = {"domain": domain, "email": address}
    if is_free_mail(address):
        return ReadinessItem("domain", "bad", "domain_free", values), ""
    known = next(
        (d for d in _require_account(found).sender_domains or () if d["domain"] == domain), None
    )
    if known is None or not known["verified"]:
        code_for = domain if known and known["mail_sent"] else ""
        return ReadinessItem("domain", "bad", "domain_unverified", values, domain), code_for
    if not known["authenticated"]:
        return ReadinessItem("domain", "good", "domain_unauthenticated", values), ""
    return ReadinessItem("domain", "good", "domain_verified", values), ""


def _account_items(linked: Connection, account: Account) -> tuple[ReadinessItem, ...]:
    usable = sum(bool(stored["usable"]) for stored in account.templates)
    return (
        ReadinessItem("key", "good", "key_works", {"name": linked.account_name}),
        ReadinessItem("templates", "good", "templates_there", {"n": str(usable)})
        if usable
        else ReadinessItem("templates", "bad", "templates_unusable"),
    )


def _recipients_item(reached: RecipientCounts) -> ReadinessItem:
    if reached.mailable:
        return ReadinessItem("people", "good", "people_there", {"n": str(reached.mailable)})
    return ReadinessItem("people", "bad", "people_all_out" if reached.people else "people_none")


def _initial_values(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> SendForm:
    """The campaign's own values if it was filled in before, else what this user sent with last."""
    mailing = found.mailing
    local = _local_date_and_time(earliest_slot(services.clock() + _HOUR), services.settings.zone)
    me = viewer.user.email
    if mailing and (mailing.subject or mailing.template_id):
        return SendForm(
            mailing.subject,
            mailing.from_name,
            mailing.from_email,
            str(mailing.template_id or ""),
            *local,
            test_to=me,
        )
    known = rows.last_sender(services.session(), _require_account(found).id, viewer.user.id)
    name, email = known or (viewer.user.name, me)
    return SendForm(campaign.title, name, email, "", *local, test_to=me)


def _local_date_and_time(at: int, zone: ZoneInfo) -> tuple[str, str]:
    local = datetime.fromtimestamp(at, zone)
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"


def _previous_problems(found: CampaignRows) -> tuple[Problem, ...]:
    operation = found.operation
    if operation is None or OperationState(operation.state) not in _ENDED_BADLY:
        return ()
    if operation.kind in {OperationKind.UPDATE, OperationKind.ACTIVATE}:
        return ()
    return problems_from_json(operation.problems)


def _require_account(found: CampaignRows) -> Account:
    assert found.account is not None  # noqa: S101 - a form is shown for a connected account only
    return found.account
