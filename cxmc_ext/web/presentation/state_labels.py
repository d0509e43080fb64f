"""The texts and colors of the states of a campaign in lists."""

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.web.i18n import N_

MAILING_STATES = {
    MailingState.NONE: N_("Not created"),
    MailingState.PREPARING: N_("Being created"),
    MailingState.NOT_READY: N_("Not ready"),
    MailingState.SEND_INTENT: N_("Being sent"),
    MailingState.IN_MAILCHIMP: N_("Ready in MailChimp"),
    MailingState.SCHEDULED: N_("Scheduled"),
    MailingState.SENDING: N_("Sending"),
    MailingState.SENT: N_("Sent"),
    MailingState.CANCELLED: N_("Cancelled"),
    MailingState.ATTENTION: N_("Needs attention"),
}

# The color of a state in a list; the others have none.
STATE_TONES = {
    MailingState.NOT_READY: "warn",
    MailingState.IN_MAILCHIMP: "warn",
    MailingState.ATTENTION: "bad",
    MailingState.SENT: "good",
}

STATE_GROUPS = {
    "form": N_("Not created"),
    "progress": N_("In progress"),
    "person": N_("Needs a person"),
    "scheduled": N_("Scheduled"),
    "sent": N_("Sent"),
    "cancelled": N_("Cancelled"),
}
