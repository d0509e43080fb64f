"""Why one person is left out, with the numbers of the frequency cap."""

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap, parse_detail
from cxmc_ext.web.i18n import NN_, Localizer
from cxmc_ext.web.presentation import labels

_REACHED = NN_("Mailed %(n)s time in %(days)s", "Mailed %(n)s times in %(days)s")
_DAYS = NN_("%(n)s day", "%(n)s days")


def exclusion_label(localizer: Localizer, reason: ExclusionReason, detail: str) -> str:
    """Returns why somebody is left out, with the numbers of the frequency cap."""
    cap = parse_detail(detail) if reason is ExclusionReason.FREQUENCY else None
    if cap is None:
        return localizer.gettext(labels.EXCLUSION_REASONS[reason])
    return cap_text(localizer, cap)


def cap_text(localizer: Localizer, cap: FrequencyCap) -> str:
    """Returns what somebody has in common who has reached the frequency cap."""
    days = localizer.ngettext(*_DAYS, cap.days)
    return localizer.ngettext(*_REACHED, cap.mailings, days=days)


def exclusion_detail(reason: ExclusionReason, detail: str) -> str:
    """Returns what is shown below the reason: nothing where `exclusion_label` contains it."""
    return "" if reason is ExclusionReason.FREQUENCY else detail
