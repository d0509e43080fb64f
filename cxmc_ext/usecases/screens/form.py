"""The form of a campaign that is not created yet: its values, its recipients, and what is missing."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.db.queries.template_content import ContentFacts
from cxmc_ext.domain.campaigns import Campaign, SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.form_drafts import FormDraft
from cxmc_ext.domain.operations import OperationFamily, OperationKind, OperationState, spec_of
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, normalize_address
from cxmc_ext.domain.rules.contact_limit import CONTACT_TONES, ContactUse
from cxmc_ext.domain.rules.send_form import order_problems
from cxmc_ext.domain.rules.texts import number_in
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.groups import GROUPS_MISSING, missing_opt_out_groups
from cxmc_ext.usecases.screens.blocks import OfferedBlocks, offered_blocks
from cxmc_ext.usecases.screens.connection import Connection
from cxmc_ext.usecases.screens.eligibility import RecipientCounts, count_recipients
from cxmc_ext.usecases.screens.form_values import SendForm as SendForm
from cxmc_ext.usecases.screens.form_values import initial_values
from cxmc_ext.usecases.screens.mail_tags import MailTags, content_and_tags
from cxmc_ext.usecases.screens.models import ReadinessItem as ReadinessItem
from cxmc_ext.usecases.screens.models import Viewer, account_of
from cxmc_ext.usecases.screens.progress import OperationStatus
from cxmc_ext.usecases.screens.regions import typed_regions
from cxmc_ext.usecases.screens.templates import TemplateChoice, template_choices
from cxmc_ext.usecases.screens.test_mail import last_test_mail
from cxmc_ext.usecases.sending.form_drafts import find_draft
from cxmc_ext.usecases.shared.regions import with_edited_regions

_ENDED_BADLY = {OperationState.FAILED, OperationState.NOT_READY, OperationState.ATTENTION}
_REMOVAL_SHOWN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Removal:
    """“Unschedule” or “Delete campaign” has ended, and nothing is sent."""

    kind: OperationKind
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class FormScreen:
    """The form, filled in as far as the values are known."""

    title: str
    connection: Connection
    form: SendForm
    templates: tuple[TemplateChoice, ...]
    templates_read_at: int | None
    counts: RecipientCounts
    content: ContentFacts | None
    """What is known of the chosen template's content; None if it was never read."""
    blocks: OfferedBlocks
    tags: MailTags
    """The merge tags of the subject, and of the template if it was read for the preview."""
    readiness: tuple[ReadinessItem, ...]
    previous_problems: tuple[Problem, ...]
    """Why the last attempt ended without a campaign."""
    code_sent_for: str = ""
    """The domain for which MailChimp has mailed a verification code."""
    test_mail: OperationStatus | None = None
    """The last test mail of this campaign."""
    draft: FormDraft | None = None
    """What was saved of the form."""
    draft_version: int = 0
    removal: Removal | None = None
    """What led back to the form."""

    @property
    def chosen_template(self) -> TemplateChoice | None:
        """The template that is selected in the form."""
        chosen = (each for each in self.templates if str(each.id) == self.form.template_id)
        return next(chosen, None)

    @property
    def warnings(self) -> tuple[ReadinessItem, ...]:
        """What the readiness list shows in amber or red."""
        return tuple(item for item in self.readiness if item.tone != "good")


def build_form(
    services: Services,
    viewer: Viewer,
    campaign: Campaign,
    rows: CampaignRows,
    connection: Connection,
) -> FormScreen:
    """Builds the form of a campaign, with the counts of `rules/eligibility`.

    Args:
        services: The services of the account.
        viewer: The user who looks at the form; provides defaults for the sender.
        campaign: The campaign as the Host knows it.
        rows: The campaign's rows (`tab.load_rows`).
        connection: The connected account.
    """
    account = account_of(rows)
    values = initial_values(services, viewer, campaign, rows)
    template_id, texts = number_in(values.template_id), f"{values.subject} {values.preview_text}"
    typed = typed_regions(values)
    content, tags = content_and_tags(services, account, template_id, texts, typed)
    blocks = offered_blocks(services.host, campaign.ref, content, values)
    counts = count_recipients(services, campaign.ref, tags.ours, account)
    addressed = counts.with_send_anyway() if values.send_anyway else counts
    domain, code_sent_for = domain_readiness(rows, values.from_email)
    return FormScreen(
        title=campaign.title,
        connection=connection,
        form=values,
        templates=template_choices(rows),
        templates_read_at=account.details_read_at,
        counts=counts,
        content=content,
        blocks=blocks,
        tags=tags,
        readiness=(
            *_account_items(connection, account),
            domain,
            *_opt_out_groups_item(services.host),
            *_unknown_tags_item(tags),
            *_outdated_blocks_items(blocks),
            _recipients_item(addressed),
            *_contacts_item(account, addressed),
        ),
        previous_problems=_previous_problems(rows),
        code_sent_for=code_sent_for,
        test_mail=last_test_mail(services, rows.mailing),
        draft=find_draft(rows.mailing),
        draft_version=rows.mailing.form_draft_version if rows.mailing else 0,
        removal=_last_removal(rows, services.clock()),
    )


def check_order(
    services: Services, rows: CampaignRows, order: SendOrder, counts: RecipientCounts
) -> None:
    """Checks an order before the user is asked to confirm it.

    Raises:
        Invalid: With the problem of each field that is wrong; "" stands for a campaign without recipients.
    """
    account = account_of(rows)
    order = with_edited_regions(services.session(), account.id, order)
    problems = order_problems(order, account.templates or (), services.clock())
    if not counts.mailable and not counts.partial:
        problems[""] = Problem("nobody_to_mail" if counts.people else "no_recipients")
    if problems:
        raise Invalid(problems)


def domain_readiness(rows: CampaignRows, from_email: str) -> tuple[ReadinessItem, str]:
    """Checks the domain of the sender against the domains that were read from MailChimp.

    Args:
        rows: The campaign's rows (`tab.load_rows`).
        from_email: “From email”, as typed.

    Returns:
        The line of the readiness list, and the domain for which MailChimp has mailed a code, or "".
    """
    address = normalize_address(from_email)
    if address is None:
        return ReadinessItem("domain", "warn", "domain_none"), ""
    domain = domain_of(address)
    values = {"domain": domain, "email": address}
    if is_free_mail(address):
        return ReadinessItem("domain", "bad", "domain_free", values), ""
    stored = account_of(rows).sender_domains or ()
    known = next((each for each in stored if each["domain"] == domain), None)
    if known is None or not known["verified"]:
        code_sent_for = domain if known and known["mail_sent"] else ""
        return ReadinessItem("domain", "bad", "domain_unverified", values, domain), code_sent_for
    code = "domain_verified" if known["authenticated"] else "domain_unauthenticated"
    return ReadinessItem("domain", "good", code, values), ""


def _account_items(connection: Connection, account: Account) -> tuple[ReadinessItem, ...]:
    usable = sum(bool(template["usable"]) for template in account.templates)
    return (
        ReadinessItem("key", "good", "key_works", {"name": connection.account_name}),
        ReadinessItem("templates", "good", "templates_there", {"n": str(usable)})
        if usable
        else ReadinessItem("templates", "bad", "templates_unusable"),
    )


def _opt_out_groups_item(host: Host) -> tuple[ReadinessItem, ...]:
    """Only shown if a group is missing."""
    if not missing_opt_out_groups(host):
        return ()
    return (ReadinessItem("groups", "bad", GROUPS_MISSING.code, GROUPS_MISSING.values),)


def _unknown_tags_item(tags: MailTags) -> tuple[ReadinessItem, ...]:
    """Only shown if nobody fills in a merge tag."""
    if not tags.unknown:
        return ()
    return (ReadinessItem("tags", "warn", "tags_unknown", {"tags": ", ".join(tags.unknown)}),)


def _outdated_blocks_items(blocks: OfferedBlocks) -> tuple[ReadinessItem, ...]:
    """One for each list that the CRM has changed since."""
    values = ({"title": title} for title in blocks.outdated)
    return tuple(ReadinessItem("blocks", "warn", "block_outdated", each) for each in values)


def _recipients_item(counts: RecipientCounts) -> ReadinessItem:
    if counts.mailable:
        return ReadinessItem("people", "good", "people_there", {"n": str(counts.mailable)})
    return ReadinessItem("people", "bad", "people_all_out" if counts.people else "people_none")


def _contacts_item(account: Account, counts: RecipientCounts) -> tuple[ReadinessItem, ...]:
    """Only shown if the plan's limit is known, and how many contacts there are."""
    if not account.contact_limit or account.contacts_read_at is None:
        return ()
    use = ContactUse(account.contacts_used, account.contact_limit, counts.new_contacts)
    values = {"n": str(use.added), "used": str(use.used), "limit": str(use.limit)}
    return (ReadinessItem("contacts", CONTACT_TONES[use.level], f"contacts_{use.level}", values),)


def _previous_problems(rows: CampaignRows) -> tuple[Problem, ...]:
    """Until somebody goes on filling in the form."""
    operation = rows.operation
    if operation is None or OperationState(operation.state) not in _ENDED_BADLY:
        return ()
    return () if _has_gone_on(rows, operation) else problems_from_json(operation.problems)


def _last_removal(rows: CampaignRows, now: int) -> Removal | None:
    """The removal that led back to the form, until somebody goes on filling it in."""
    operation = rows.operation
    if operation is None or operation.state != OperationState.DONE or _has_gone_on(rows, operation):
        return None
    is_removal = spec_of(operation.kind).family is OperationFamily.REMOVAL
    at = operation.ended_at or 0
    if not is_removal or now - at >= _REMOVAL_SHOWN_SECONDS:
        return None
    return Removal(OperationKind(operation.kind), operation.actor_name, at)


def _has_gone_on(rows: CampaignRows, operation: Operation) -> bool:
    draft = find_draft(rows.mailing)
    return draft is not None and draft.saved_at > (operation.ended_at or 0)
