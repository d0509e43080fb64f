"""The send checklist: one small check per item."""

from collections.abc import Callable
from typing import NamedTuple

from cxmc_ext.standin.models import Account, Audience, Campaign, Json
from cxmc_ext.standin.service import targeting

FREE_MAIL_DOMAINS = (
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "aol.com",
    "icloud.com", "ziggo.nl", "kpnmail.nl",
)  # fmt: skip


class ChecklistItem(NamedTuple):
    """One item; `type` is success, warning or error, and only an error prevents sending."""

    type: str
    id: int
    heading: str
    details: str


def items(account: Account, campaign: Campaign) -> list[ChecklistItem]:
    """The result of every check, in the order of the checklist."""
    return [check(account, campaign) for check in CHECKS]


def is_ready(account: Account, campaign: Campaign) -> bool:
    return all(item.type != "error" for item in items(account, campaign))


def as_json(account: Account, campaign: Campaign) -> Json:
    rows = items(account, campaign)
    return {
        "is_ready": all(item.type != "error" for item in rows),
        "items": [item._asdict() for item in rows],
        "_links": [],
    }


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower()


def _audience(account: Account, campaign: Campaign) -> Audience | None:
    return account.lists.get(campaign.list_id)


def _list(account: Account, campaign: Campaign) -> ChecklistItem:
    audience = _audience(account, campaign)
    if audience is None:
        return ChecklistItem(
            "error", 501, "Audience", "No audience is selected, or it was deleted."
        )
    return ChecklistItem("success", 501, "Audience", f"{audience.name} is selected.")


def _recipients(account: Account, campaign: Campaign) -> ChecklistItem:
    audience = _audience(account, campaign)
    count = len(targeting.recipients_of(audience, campaign)) if audience else 0
    if not count:
        text = "There are no subscribed contacts in the segment you're sending to."
        return ChecklistItem("error", 502, "Recipients", text)
    return ChecklistItem("success", 502, "Recipients", f"{count} contacts will get this campaign.")


def _subject(_: Account, campaign: Campaign) -> ChecklistItem:
    if not str(campaign.settings.get("subject_line", "")).strip():
        return ChecklistItem("error", 503, "Subject line", "You haven't entered a subject line.")
    return ChecklistItem("success", 503, "Subject line", str(campaign.settings["subject_line"]))


def _from_name(_: Account, campaign: Campaign) -> ChecklistItem:
    if not str(campaign.settings.get("from_name", "")).strip():
        return ChecklistItem("error", 504, "From name", "You haven't entered a from name.")
    return ChecklistItem("success", 504, "From name", str(campaign.settings["from_name"]))


def _reply_to(account: Account, campaign: Campaign) -> ChecklistItem:
    address = str(campaign.settings.get("reply_to", ""))
    domain = domain_of(address)
    if "@" not in address:
        return ChecklistItem(
            "error", 505, "From email", "You haven't entered a from email address."
        )
    if domain in FREE_MAIL_DOMAINS:
        text = (
            f"{domain} is a free email provider and cannot be verified; the from address changes."
        )
        return ChecklistItem("warning", 505, "From email", text)
    known = account.domains.get(domain)
    if not known or not known.verified:
        text = f"Please verify the domain {domain} before you send from {address}."
        return ChecklistItem("error", 505, "Domain not verified", text)
    return ChecklistItem("success", 505, "From email", f"Replies go to {address}.")


def _content(account: Account, campaign: Campaign) -> ChecklistItem:
    if not campaign.html:
        return ChecklistItem("error", 506, "Content", "You haven't designed this email yet.")
    used = campaign.settings.get("template_id")
    template = account.templates.get(str(used)) if used else None
    if used and (template is None or not template.active):
        return ChecklistItem(
            "error", 508, "Template", "The template of this campaign no longer exists."
        )
    if campaign.incomplete:
        text = "Some areas of the template still hold their default text."
        return ChecklistItem("error", 507, "Incomplete template", text)
    return ChecklistItem("success", 506, "Content", "You have content in your email.")


def _footer(_: Account, campaign: Campaign) -> ChecklistItem:
    if campaign.html and "*|UNSUB|*" not in campaign.html:
        text = "There is no unsubscribe link; a footer with one is added when you send."
        return ChecklistItem("warning", 509, "Footer", text)
    return ChecklistItem("success", 509, "Footer", "The footer holds an unsubscribe link.")


def _tracking(_: Account, campaign: Campaign) -> ChecklistItem:
    text = (
        "Opens and clicks are tracked." if campaign.tracking.get("opens") else "No open tracking."
    )
    return ChecklistItem("success", 510, "Tracking", text)


CHECKS: tuple[Callable[[Account, Campaign], ChecklistItem], ...] = (
    _list, _recipients, _subject, _from_name, _reply_to, _content, _footer, _tracking,
)  # fmt: skip
