"""How people subscribe themselves: the signup form of an audience, and the link in a confirmation mail."""

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.models import Account, Audience, Member, subscriber_hash
from cxmc_ext.standin.service import member_checks, membership, sending
from cxmc_ext.standin.state import State


def mail_confirmation(state: State, account: Account, audience: Audience, member: Member) -> None:
    """Asks somebody whether they want to subscribe.

    https://mailchimp.com/help/about-double-opt-in/
    """
    path = f"/confirm/{audience.id}/{member.id}"
    text = f'<p>Do you want mails from {audience.name}?</p><p><a href="{path}">Yes, subscribe me</a></p>'
    html = seed_templates.mail_document("Please confirm", "#241c15", text, footer="")
    subject = f"{audience.name}: please confirm your subscription"
    sending.send_service_mail(state, account, member.email_address, subject, html)


def confirm(state: State, audience: Audience, member: Member) -> None:
    """The person follows the link in the mail. Whoever was not asked stays as they are."""
    if member.status == "pending":
        membership.set_status(state, audience, member, "subscribed", "user")


def sign_up(state: State, account: Account, audience: Audience, address: str) -> None:
    """The person fills in the form, which works for everybody, even after a permanent deletion.

    Raises:
        Problem: It is no address that MailChimp accepts.
    """
    audience.deleted_permanently.pop(subscriber_hash(address), None)
    member_checks.check_address(audience, address)
    member = membership.find_member(audience, address)
    status = "pending" if audience.double_optin else "subscribed"
    if member is None:
        member = membership.add(state, audience, {"email_address": address}, status, "user")
    elif member.status != "subscribed":
        membership.set_status(state, audience, member, status, "user")
    if member.status == "pending":
        mail_confirmation(state, account, audience, member)
