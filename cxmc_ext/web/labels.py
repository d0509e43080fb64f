"""The words of the screens that belong to a value: statuses, reasons, steps, readiness, outcomes."""

from collections.abc import Mapping

from cxmc_ext.domain.values import Action, OperationKind, OperationState, Reason, Status, Words
from cxmc_ext.usecases.screens_templates import Offer
from cxmc_ext.web.i18n import N_, NN_, Speaker

STATUSES = {
    Status.NONE: N_("Will receive"),
    Status.SENT: N_("Sent"),
    Status.BOUNCED: N_("Bounced"),
    Status.OPENED: N_("Opened"),
    Status.CLICKED: N_("Clicked"),
    Status.UNSUBSCRIBED: N_("Unsubscribed"),
}

SHOWN_STATUSES = tuple(status for status in Status if status)
STATUS_ICONS = {
    Status.SENT: "send",
    Status.BOUNCED: "bounce",
    Status.OPENED: "eye",
    Status.CLICKED: "click",
    Status.UNSUBSCRIBED: "leave",
}

REASONS = {
    Reason.OPTED_OUT: N_("In the group “MailChimp opt-out”"),
    Reason.NO_ADDRESS: N_("No e-mail address"),
    Reason.INVALID_ADDRESS: N_("Not a valid e-mail address"),
    Reason.DUPLICATE: N_("Shares an address with somebody who receives it"),
    Reason.UNSUBSCRIBED: N_("Unsubscribed at MailChimp"),
    Reason.CLEANED: N_("Address bounced before (cleaned at MailChimp)"),
    Reason.ARCHIVED: N_("Archived at MailChimp"),
    Reason.PENDING: N_("Has not confirmed the subscription yet"),
    Reason.COMPLIANCE: N_("MailChimp may not mail this address any more"),
    Reason.REFUSED: N_("Refused by MailChimp"),
    Reason.NOT_IN_AUDIENCE: N_("Not accepted into the audience"),
    Reason.ERASED: N_("Erased on request"),
}

KINDS: Mapping[str, str] = {
    OperationKind.SEND: N_("Creating and sending the campaign"),
    OperationKind.SCHEDULE: N_("Creating and scheduling the campaign"),
    OperationKind.GUARD: N_("Creating and scheduling the campaign"),
    OperationKind.CHECK: N_("Checking the campaign again"),
    OperationKind.UNSCHEDULE: N_("Taking the campaign off the schedule"),
    OperationKind.DELETE: N_("Deleting the MailChimp campaign"),
    OperationKind.ACTIVATE: N_("Setting up MailChimp"),
    OperationKind.CONNECT: N_("Connecting your MailChimp account"),
    OperationKind.REFRESH: N_("Reading templates and domains from MailChimp"),
    OperationKind.DOMAIN_MAIL: N_("Asking MailChimp to mail a verification code"),
    OperationKind.DOMAIN_CODE: N_("Verifying the domain"),
    OperationKind.TEST: N_("Sending a test mail"),
    OperationKind.FOLLOW_UP: N_("Making a new campaign"),
    OperationKind.PREVIEW: N_("Reading the template from MailChimp"),
    OperationKind.UPDATE: N_("Reading the latest figures"),
    OperationKind.ERASE: N_("Erasing a person"),
}

ACTIONS: Mapping[str, str] = {
    **KINDS,
    OperationKind.SWEEP: N_("Tidying up in MailChimp"),
    OperationKind.GUARD: N_("Looking once more before the scheduled time"),
    Action.DEACTIVATE: N_("Deactivating MailChimp"),
    Action.PAUSE: N_("Pausing the synchronisation"),
    Action.RESUME: N_("Resuming the synchronisation"),
    Action.RETRY: N_("Trying again"),
    Action.ROTATE: N_("Encrypting the key anew"),
    Action.OPT_OUT: N_("Opting out a person"),
    Action.DENIED: N_("Denied access"),
}
"""Every action of the audit."""

STATES = {
    OperationState.QUEUED: N_("Under way"),
    OperationState.RUNNING: N_("Under way"),
    OperationState.WAITING: N_("Under way"),
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
    "claim": N_("Reaching MailChimp"),
    "freeze": N_("Noting who receives it"),
    "members": N_("Looking up who is known at MailChimp"),
    "push": N_("Adding recipients to the audience"),
    "segment": N_("Gathering the recipients"),
    "check_segment": N_("Making sure nobody else is among them"),
    "draft": N_("Creating the draft"),
    "fill": N_("Filling in the template"),
    "verify": N_("Asking MailChimp whether everything is ready"),
    "intent": N_("Taking a last look at opt-outs"),
    "act": N_("Handing it over"),
    "watch": N_("Waiting for MailChimp to confirm"),
}

TRIAL_STEPS = {
    "segment": N_("Making a draft in MailChimp that addresses nobody"),
    "draft": N_("Making a draft in MailChimp that addresses nobody"),
    "fill": N_("Filling in the template"),
    "look": N_("Making sure that the draft addresses nobody"),
    "mail": N_("Asking MailChimp to mail it"),
    "read": N_("Reading what the template holds"),
    "clean": N_("Removing the draft"),
}
"""Of a test mail and a preview; the rest of their steps takes no time."""

MERGE = {
    "FNAME": N_("First Name"),
    "LNAME": N_("Last Name"),
    "PREFIX": N_("Last Name Prefix"),
    "OWNERNAME": N_("Owner Name"),
    "OWNERMAIL": N_("Owner Email"),
    "EMAIL": N_("Email Address"),
}
"""Merge tags by the name MailChimp shows for them."""

TEST_SENT = NN_(
    "The test mail was sent to %(n)s address", "The test mail was sent to %(n)s addresses"
)
TEST_SENDING = NN_("Test mail to %(n)s address", "Test mail to %(n)s addresses")

FOLLOW_UP = {
    "unopened": N_("did not open it"),
    "opened": N_("opened it, but did not click"),
    "clicked": N_("clicked"),
}

OUTCOMES = {
    OperationKind.CONNECT: N_("Your MailChimp API key was updated"),
    OperationKind.REFRESH: N_("Templates and domains are up to date"),
    OperationKind.DOMAIN_MAIL: N_("MailChimp has mailed a code. Enter it below."),
    OperationKind.DOMAIN_CODE: N_("The domain is verified"),
}

_VERIFY = "https://mailchimp.com/help/verify-a-domain/"
_FREE = "https://mailchimp.com/help/limitations-of-free-email-addresses/"
_AUTHENTICATE = "https://mailchimp.com/help/set-up-email-domain-authentication/"

READY_COUNTS = {
    "templates_there": NN_("%(n)s template to choose from", "%(n)s templates to choose from"),
    "people_there": NN_("%(n)s person to mail", "%(n)s people to mail"),
}

MATCHES = NN_(
    "%(n)s of %(total)s templates matches “%(find)s”.",
    "%(n)s of %(total)s templates match “%(find)s”.",
)
NO_MATCH = N_(
    "None of %(total)s templates matches “%(find)s”. Try fewer or other words; one that was made"
    " just now is read with “Refresh”."
)
NEWEST = N_("The newest %(n)s are in the list; find the others by name.")

READINESS = {
    "key_works": Words(N_("Connected to %(name)s")),
    "templates_there": Words(""),
    "templates_unusable": Words(
        N_("None of the templates can be used from here"),
        N_("Make one with the classic builder in MailChimp, then press “Refresh”."),
    ),
    "domain_none": Words(N_("Sender's domain"), N_("Fill in “From email” to check its domain.")),
    "domain_verified": Words(N_("%(domain)s is a verified domain")),
    "domain_unauthenticated": Words(
        N_("%(domain)s is a verified domain"),
        N_("Authenticating it as well keeps mail out of the spam folder."),
        _AUTHENTICATE,
    ),
    "domain_unverified": Words(
        N_("%(domain)s is not verified yet"),
        N_("MailChimp requires that the “From” address uses a verified domain."),
        _VERIFY,
    ),
    "domain_free": Words(
        N_("%(domain)s is free e-mail and cannot be verified"),
        N_("Use an address of your own company's domain."),
        _FREE,
    ),
    "people_there": Words(""),
    "people_none": Words(
        N_("Nobody has been added to this campaign"),
        N_("Tick people under Candidates or Contacts, then “Action” and “Add to campaign”."),
    ),
    "people_all_out": Words(
        N_("Nobody is left to mail"), N_("See below why everybody is left out.")
    ),
}


def offered(speaker: Speaker, offer: Offer) -> str:
    """What the list of templates holds, where that is not simply all of them."""
    total, find = speaker.number(offer.total), offer.find
    if find and not offer.matching:
        return speaker.say(NO_MATCH, total=total, find=find)
    said = speaker.count(*MATCHES, offer.matching, total=total, find=find) if find else ""
    listed = len(offer.found)
    more = speaker.say(NEWEST, n=speaker.number(listed)) if listed < offer.matching else ""
    return f"{said} {more}".strip()


def event_word(speaker: Speaker, kind: str) -> str:
    """The word of a stored kind of event; one that is unknown stands as it is."""
    known = {status.name.lower(): text for status, text in STATUSES.items()}
    return speaker.say(known[kind]) if kind in known else kind


def action_word(speaker: Speaker, action: str) -> str:
    """The word of an action; one of an older release stands as it is."""
    return speaker.say(ACTIONS[action]) if action in ACTIONS else action
