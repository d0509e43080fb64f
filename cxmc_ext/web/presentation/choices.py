"""The texts of what can be chosen in the settings of an account."""

from cxmc_ext.domain.contacts import OptOutForwarding
from cxmc_ext.web.i18n import N_

OPT_OUT_FORWARDING = {
    OptOutForwarding.OFF: N_("Stay as they are in MailChimp"),
    OptOutForwarding.ARCHIVE: N_("Are archived in MailChimp"),
    OptOutForwarding.UNSUBSCRIBE: N_("Are unsubscribed in MailChimp"),
}
