"""Writes the notes that the Host stores with a person, in the language of CXMC_LOCALE."""

from collections.abc import Mapping

from cxmc_ext.config import Settings
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.web.i18n import N_, localizer_for_language

_TEXTS: Mapping[NoteKind, str] = {
    NoteKind.UNSUBSCRIBED: N_("Unsubscribed in MailChimp"),
    NoteKind.UNSUBSCRIBED_THROUGH: N_("Unsubscribed in MailChimp"),
    NoteKind.COMPLAINED: N_("Marked a mail as spam"),
    NoteKind.COMPLAINED_ABOUT: N_("Marked a mail as spam"),
    NoteKind.RESTORED: N_("Known to have opted out before the group was created again"),
    NoteKind.SUBSCRIBED_AGAIN: N_("Subscribed again in MailChimp, invited by %(by)s"),
    NoteKind.HARD_BOUNCE: N_("Mail bounced for good"),
    NoteKind.CLEANED: N_(
        "Cleaned in MailChimp: mail to it bounced for good, or was marked as spam"
    ),
    NoteKind.CLEANED_AFTER_BOUNCE: N_("Cleaned in MailChimp: mail to it bounced for good"),
    NoteKind.SOFT_BOUNCES: N_("Mail bounced in several campaigns in a row"),
}
# Where the campaign is known.
_TEXTS_WITH_CAMPAIGN: Mapping[NoteKind, str] = {
    NoteKind.UNSUBSCRIBED: N_("Unsubscribed in MailChimp, after the campaign “%(title)s”"),
    NoteKind.UNSUBSCRIBED_THROUGH: N_("Unsubscribed through the MailChimp campaign “%(title)s”"),
    NoteKind.COMPLAINED: N_("Marked a mail as spam, after the campaign “%(title)s”"),
    NoteKind.COMPLAINED_ABOUT: N_("Marked the MailChimp campaign “%(title)s” as spam"),
    NoteKind.HARD_BOUNCE: N_("Mail bounced for good: campaign “%(title)s”"),
    NoteKind.CLEANED: N_(
        "Cleaned in MailChimp: mail to it bounced for good, or was marked as spam: campaign “%(title)s”"
    ),
    NoteKind.CLEANED_AFTER_BOUNCE: N_(
        "Cleaned in MailChimp: mail to it bounced for good: campaign “%(title)s”"
    ),
    NoteKind.SOFT_BOUNCES: N_("Mail bounced in several campaigns in a row: campaign “%(title)s”"),
}


def render_note(settings: Settings, note: Note) -> str:
    """Writes a note.

    Args:
        settings: CXMC_LOCALE, and the Host's own catalogs.
        note: What it says.
    """
    text = _TEXTS[note.kind]
    if note.title:
        text = _TEXTS_WITH_CAMPAIGN.get(note.kind, text)
    return localizer_for_language("", settings).gettext(text, title=note.title, by=note.by)
