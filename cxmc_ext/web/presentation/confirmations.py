"""What is confirmed before an irreversible action, and the label of the confirming button."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.usecases.screens.eligibility import RecipientCounts
from cxmc_ext.usecases.screens.summary import CampaignSummary
from cxmc_ext.web.i18n import N_, NN_, Localizer


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A question, the consequence of confirming it, and the confirming button."""

    text: str
    consequence: str
    button: str


CONFIRMATIONS: Mapping[str, Confirmation] = {
    "delete": Confirmation(
        N_("Delete this MailChimp campaign?"),
        N_("It is removed from MailChimp and nothing is sent. You can start over with the form."),
        N_("Yes, delete campaign"),
    ),
    "unschedule": Confirmation(
        N_("Unschedule this campaign?"),
        N_("Nothing is sent. You can send or schedule it again with the form."),
        N_("Yes, unschedule"),
    ),
    "deactivate": Confirmation(
        N_("Deactivate MailChimp?"),
        N_(
            "The tab and the campaign type disappear, and MailChimp is no longer contacted."
            " Nothing is deleted."
        ),
        N_("Yes, deactivate"),
    ),
    "stop_sending": Confirmation(
        N_("Stop all sending?"),
        N_(
            "From now on no campaign and no test mail is sent from here, until an administrator presses"
            " “Allow sending again”. What MailChimp is sending already cannot be stopped."
        ),
        N_("Yes, stop all sending"),
    ),
    "request_invitation": Confirmation(
        N_("Ask MailChimp to send a confirmation mail?"),
        N_("This person gets one mail from MailChimp. They are mailed again only if they confirm."),
        N_("Yes, ask"),
    ),
    "pause": Confirmation(
        N_("Pause report updates?"),
        N_(
            "Reports are not updated until you press “Resume report updates”. Sending and scheduling"
            " continue, and scheduled campaigns are still checked for opt-outs and removed people."
        ),
        N_("Yes, pause"),
    ),
}

# Those that take something away; their button is red.
DANGEROUS = frozenset(CONFIRMATIONS) - {"request_invitation"}

# “Check again” goes on by itself when nothing is missing any more, so the question says with what.
_CHECK_AND_SEND = Confirmation(
    N_("Check again, and send it if nothing is missing?"),
    N_("It is sent right away and cannot be taken back."),
    N_("Check and send"),
)
_CHECK_AND_SCHEDULE = Confirmation(
    N_("Check again, and schedule it if nothing is missing?"),
    N_("MailChimp sends it at the chosen time:"),
    N_("Check and schedule"),
)
_CHECK_AND_COMPLETE = Confirmation(
    N_("Check again, and complete it in MailChimp if nothing is missing?"),
    N_("It is not sent until somebody presses “Send Now” in MailChimp."),
    N_("Check and complete"),
)

_SEND_QUESTIONS = (
    NN_("Send to %(n)s person?", "Send to %(n)s people?"),
    N_("Send to more than %(n)s people?"),
)
_SCHEDULE_QUESTIONS = (
    NN_("Schedule for %(n)s person?", "Schedule for %(n)s people?"),
    N_("Schedule for more than %(n)s people?"),
)


def order_confirmation(
    localizer: Localizer, counts: RecipientCounts, schedule_at: int | None, send_mode: str
) -> Confirmation:
    """Returns what “Create and send” or “Create and schedule” asks, translated, with the number of people.

    Args:
        localizer: The language of the reader.
        counts: The recipients of the campaign.
        schedule_at: When it is to be sent; None: now.
        send_mode: The setting CXMC_SEND_MODE.
    """
    gettext = localizer.gettext
    if schedule_at is not None:
        return Confirmation(
            _counted(localizer, counts, *_SCHEDULE_QUESTIONS),
            f"{gettext(_CHECK_AND_SCHEDULE.consequence)} {localizer.weekday_datetime(schedule_at)}",
            gettext(N_("Schedule it")),
        )
    texts = _CHECK_AND_COMPLETE if send_mode == "mailchimp" else _CHECK_AND_SEND
    return Confirmation(
        _counted(localizer, counts, *_SEND_QUESTIONS),
        gettext(texts.consequence),
        gettext(N_("Send now")),
    )


def _counted(
    localizer: Localizer, counts: RecipientCounts, texts: tuple[str, str], partial_text: str
) -> str:
    if counts.partial:  # counting stopped early
        return localizer.gettext(partial_text, n=localizer.number(counts.mailable))
    return localizer.ngettext(*texts, counts.mailable)


def archive_confirmation(localizer: Localizer, count: int, *, is_partial: bool) -> Confirmation:
    """Returns what “Archive” of the unused contacts asks, translated; partial: there are more."""
    many = N_("Archive more than %(n)s contacts?")
    question = (
        localizer.gettext(many, n=localizer.number(count))
        if is_partial
        else localizer.ngettext("Archive %(n)s contact?", "Archive %(n)s contacts?", count)
    )
    return Confirmation(
        question,
        localizer.gettext(
            N_(
                "They are removed from the audience, not deleted. A campaign that mails them restores"
                " them."
            )
        ),
        localizer.gettext(N_("Yes, archive")),
    )


def check_confirmation(
    localizer: Localizer, summary: CampaignSummary, send_mode: str
) -> Confirmation:
    """Returns what “Check again” asks, translated: what happens when nothing is missing any more."""
    gettext = localizer.gettext
    if summary.schedule_at:
        texts, at = _CHECK_AND_SCHEDULE, f" {localizer.weekday_datetime(summary.schedule_at)}"
    else:
        texts = _CHECK_AND_COMPLETE if send_mode == "mailchimp" else _CHECK_AND_SEND
        at = ""
    return Confirmation(gettext(texts.text), gettext(texts.consequence) + at, gettext(texts.button))
