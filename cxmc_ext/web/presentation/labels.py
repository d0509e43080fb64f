"""The texts of the screens that belong to a value: statuses, reasons, steps, readiness, outcomes."""

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.messages import account as account_messages
from cxmc_ext.domain.messages.contacts import CONTACT_LIMIT_REMEDY
from cxmc_ext.domain.messages.opt_outs import OPT_OUT_MESSAGES
from cxmc_ext.domain.operations import OPERATION_SPECS, OperationKind, OperationState
from cxmc_ext.domain.problems import Message
from cxmc_ext.domain.rules.readable_addresses import readable_domain
from cxmc_ext.usecases.screens.form import ReadinessItem
from cxmc_ext.usecases.screens.outcome import EndedOperation
from cxmc_ext.usecases.screens.report import RATE_LIMITS as RATE_LIMITS
from cxmc_ext.usecases.screens.templates import TemplateChoices
from cxmc_ext.web.i18n import N_, NN_, Localizer
from cxmc_ext.web.presentation.audit_labels import action_label as action_label
from cxmc_ext.web.presentation.exclusions import EXCLUSION_REASONS as EXCLUSION_REASONS
from cxmc_ext.web.presentation.exclusions import FAILURE_REASONS as FAILURE_REASONS
from cxmc_ext.web.presentation.form_labels import BLOCK_OUTDATED
from cxmc_ext.web.presentation.state_labels import MAILING_STATES as MAILING_STATES
from cxmc_ext.web.presentation.state_labels import STATE_GROUPS as STATE_GROUPS
from cxmc_ext.web.presentation.state_labels import STATE_TONES as STATE_TONES

STATUSES = {
    EventStatus.NONE: N_("Will receive"),
    EventStatus.SENT: N_("Sent"),
    EventStatus.BOUNCED: N_("Bounced"),
    EventStatus.OPENED: N_("Opened"),
    EventStatus.CLICKED: N_("Clicked"),
    EventStatus.UNSUBSCRIBED: N_("Unsubscribed"),
    EventStatus.COMPLAINED: N_("Marked as spam"),
}


def status_label(localizer: Localizer, status: EventStatus, is_reported: bool) -> str:
    """What happened to a recipient who is not left out.

    Args:
        localizer: For the reader.
        status: The furthest event.
        is_reported: Whether MailChimp has named everybody who was mailed.
    """
    if status is EventStatus.NONE and is_reported:
        return localizer.gettext(N_("Not mailed"))
    return localizer.gettext(STATUSES[status])


_UNSUBSCRIBED_AND_COMPLAINED = NN_(
    "Unsubscribed, with %(n)s complaint", "Unsubscribed, with %(n)s complaints"
)


def counted_status_label(localizer: Localizer, status: EventStatus, complaints: int) -> str:
    """Returns the label of a status beside the number of people who have it.

    Args:
        localizer: For the reader.
        status: The furthest event.
        complaints: How many people complained. They count as unsubscribed, which MailChimp's own figure
            of that name does not say.
    """
    if status is EventStatus.UNSUBSCRIBED and complaints:
        return localizer.ngettext(*_UNSUBSCRIBED_AND_COMPLAINED, complaints)
    return localizer.gettext(STATUSES[status])


# For the templates, which cannot import the enumeration.
OPENED, CLICKED = EventStatus.OPENED, EventStatus.CLICKED

EVENT_KINDS = tuple(kind for kind in EventStatus if kind)

# A complaint is an event only: who complained counts as unsubscribed.
SHOWN_STATUSES = tuple(kind for kind in EVENT_KINDS if kind <= EventStatus.UNSUBSCRIBED)

STATUS_ICONS = {
    EventStatus.SENT: "send",
    EventStatus.BOUNCED: "bounce",
    EventStatus.OPENED: "eye",
    EventStatus.CLICKED: "click",
    EventStatus.UNSUBSCRIBED: "leave",
    EventStatus.COMPLAINED: "alert",
}

OPERATION_STATES = {
    OperationState.QUEUED: N_("In progress"),
    OperationState.RUNNING: N_("In progress"),
    OperationState.WAITING: N_("In progress"),
    OperationState.DONE: N_("Done"),
    OperationState.NOT_READY: N_("Not ready"),
    OperationState.FAILED: N_("Failed"),
    OperationState.ATTENTION: N_("Needs attention"),
    OperationState.CANCELLED: N_("Cancelled"),
}

STAGES = (N_("Create the campaign"), N_("Check its readiness"), N_("Send"))

SCHEDULE_STAGE = N_("Schedule")

STEPS = {
    "": N_("Waiting to start"),
    "resume": N_("Connecting to MailChimp"),
    "freeze": N_("Freezing the list of recipients"),
    "update_recipients": N_("Comparing the recipients with the CRM"),
    "existing_members": N_("Looking up existing members in MailChimp"),
    "subscribe_new": N_("Adding recipients to the audience"),
    "segment": N_("Creating the segment of recipients"),
    "check_segment": N_("Checking that nobody else is in the segment"),
    "draft": N_("Creating the draft"),
    "content": N_("Filling in the template"),
    "verify": N_("Asking MailChimp whether everything is ready"),
    "intent": N_("Checking opt-outs one last time"),
    "submit": N_("Submitting the campaign"),
    "confirm": N_("Waiting for MailChimp to confirm"),
}

# The steps of a test mail and a preview that take time.
TEST_MAIL_STEPS = {
    "segment": N_("Creating a draft without recipients in MailChimp"),
    "draft": N_("Creating a draft without recipients in MailChimp"),
    "content": N_("Filling in the template"),
    "verify": N_("Checking that the draft has no recipients"),
    "send": N_("Asking MailChimp to send it"),
    "read": N_("Reading the content of the template"),
    "clean_up": N_("Removing the draft"),
    "archive": N_("Taking them out of the audience"),
    "import": N_("Reading to whom they were sent"),
    "campaigns": N_("Counting what is left"),
}

SENDING_STOPPED = N_("Sending is stopped since %(time)s by %(name)s.")

# Shown where templates would be listed.
NO_TEMPLATES = account_messages.NO_TEMPLATES

TEST_MAIL_SENT = NN_(
    "The test mail was sent to %(n)s address", "The test mail was sent to %(n)s addresses"
)

TEST_MAIL_SENDING = NN_("Test mail to %(n)s address", "Test mail to %(n)s addresses")

IMPORTED_OPT_OUTS = N_(
    "Unsubscribed or cleaned in MailChimp: %(n)s, already known here: %(known)s. They are not mailed."
)

CREATED_IN_MAILCHIMP = N_("Created in MailChimp")

EXCEEDED_LIMITS = {
    "hard_bounces": N_(
        "%(rate)s of the mails bounced for good; MailChimp accepts up to %(limit)s."
    ),
    "abuse_reports": N_("%(rate)s marked the mail as spam; MailChimp accepts up to %(limit)s."),
}

FOLLOW_UP_GROUPS = {
    "unopened": N_("did not open it"),
    "opened": N_("opened it, but did not click"),
    "clicked": N_("clicked"),
}

_FREE_MAIL = "https://mailchimp.com/help/limitations-of-free-email-addresses/"

_AUTHENTICATE = "https://mailchimp.com/help/set-up-email-domain-authentication/"

CONTACTS_ADDED = NN_(
    "Adds %(n)s contact; %(used)s of %(limit)s used",
    "Adds %(n)s contacts; %(used)s of %(limit)s used",
)

READINESS_COUNTS = {
    "templates_there": NN_("%(n)s template to choose from", "%(n)s templates to choose from"),
    "people_there": NN_("%(n)s person to mail", "%(n)s people to mail"),
    "contacts_room": CONTACTS_ADDED,
    "contacts_near": CONTACTS_ADDED,
    "contacts_over": CONTACTS_ADDED,
}

TEMPLATE_MATCHES = NN_(
    "%(n)s of %(total)s templates matches “%(find)s”.",
    "%(n)s of %(total)s templates match “%(find)s”.",
)

NO_TEMPLATE_MATCHES = N_(
    "None of %(total)s templates matches “%(find)s”. Try fewer or other words, or press “Refresh”"
    " if it is new."
)

NEWEST_TEMPLATES = N_("The list shows the newest %(n)s; find the others by name.")

READINESS = {
    "key_works": Message(N_("Connected to %(name)s")),
    "templates_there": Message(""),
    "templates_unusable": Message(
        N_("None of the templates can be used from here"),
        N_(
            "Create one with the classic builder in MailChimp, or a campaign; then press “Refresh”."
        ),
    ),
    "tags_unknown": Message(N_("Nobody fills in: %(tags)s. Recipients see a gap there.")),
    "block_outdated": BLOCK_OUTDATED,
    "domain_none": Message(N_("Sender's domain"), N_("Fill in “From email” to check its domain.")),
    "domain_verified": Message(N_("%(domain)s is a verified domain")),
    "domain_unauthenticated": Message(
        N_("%(domain)s is a verified domain"),
        N_("Authenticate it as well to keep your mail out of spam folders."),
        _AUTHENTICATE,
    ),
    "domain_unverified": Message(
        N_("%(domain)s is not verified yet"),
        account_messages.VERIFIED_DOMAIN_REQUIRED,
        account_messages.VERIFY_DOMAIN_URL,
    ),
    "domain_free": Message(
        N_("%(domain)s is a free e-mail domain and cannot be verified"),
        N_(
            "MailChimp replaces it by an address of its own, so recipients see another sender."
            " Use an address at your company's own domain."
        ),
        _FREE_MAIL,
    ),
    "opt_out_groups_missing": OPT_OUT_MESSAGES["opt_out_groups_missing"],
    "people_there": Message(""),
    "contacts_room": Message(""),
    "contacts_near": Message("", N_("The plan has little room left for new contacts.")),
    "contacts_over": Message("", CONTACT_LIMIT_REMEDY),
    "people_none": Message(
        N_("Nobody has been added to this campaign"),
        N_("Tick people under Candidates or Contacts, then “Action” and “Add to campaign”."),
    ),
    "people_all_out": Message(
        N_("Nobody is left to mail"), N_("See above why everybody is left out.")
    ),
}


def template_choices_text(localizer: Localizer, choices: TemplateChoices) -> str:
    """Says how many templates match and are listed; empty if the list shows all of them."""
    total, search = localizer.number(choices.total), choices.search
    if search and not choices.match_count:
        return localizer.gettext(NO_TEMPLATE_MATCHES, total=total, find=search)
    matches = (
        localizer.ngettext(*TEMPLATE_MATCHES, choices.match_count, total=total, find=search)
        if search
        else ""
    )
    listed_count = len(choices.listed)
    limit_note = (
        localizer.gettext(NEWEST_TEMPLATES, n=localizer.number(listed_count))
        if listed_count < choices.match_count
        else ""
    )
    return f"{matches} {limit_note}".strip()


def sending_stopped_text(localizer: Localizer, at: int, by: str) -> str:
    """Says since when all sending is stopped, and by whom."""
    return localizer.gettext(SENDING_STOPPED, time=localizer.datetime(at), name=by)


def event_label(localizer: Localizer, kind: str) -> str:
    """Returns the label of a stored kind of event; an unknown one is returned as it is."""
    texts = {status.name.lower(): text for status, text in STATUSES.items()}
    return localizer.gettext(texts[kind]) if kind in texts else kind


def operation_label(localizer: Localizer, kind: OperationKind) -> str:
    """Returns what an operation is doing."""
    return localizer.gettext(OPERATION_SPECS[kind].label)


def imported_opt_outs_text(localizer: Localizer, ended: EndedOperation) -> str:
    """Says how many opt-outs “Initialize” found in the audience, and how many were known."""
    return localizer.gettext(
        IMPORTED_OPT_OUTS,
        n=localizer.number(ended.opt_outs_reported),
        known=localizer.number(ended.opt_outs_known),
    )


def readiness_text(localizer: Localizer, item: ReadinessItem) -> str:
    """Returns the text of a readiness item, its counts in the right plural."""
    values = dict(item.values)
    if "n" in values:
        count = int(values.pop("n"))
        others = {name: localizer.number(int(number)) for name, number in values.items()}
        return localizer.ngettext(*READINESS_COUNTS[item.code], count, **others)
    if "domain" in values:
        values["domain"] = readable_domain(values["domain"])
    return localizer.gettext(READINESS[item.code].text) % values
