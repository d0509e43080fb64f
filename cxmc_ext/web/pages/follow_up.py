"""“New campaign” and “Mail it again” in the report: campaigns with some of its people, or with later ones."""

from flask import Response, request

from cxmc_ext.usecases.sending import follow_up, mail_again
from cxmc_ext.usecases.sending.mail_again import MailAgainAnswer
from cxmc_ext.web.i18n import N_, NN_
from cxmc_ext.web.presentation.panels import respond_to_press
from cxmc_ext.web.presentation.render import queue_toast, redirect_to
from cxmc_ext.web.request_context import RequestContext

# What the page of the new campaign says.
CREATED = NN_(
    "A new campaign with %(n)s person. Nothing is sent yet.",
    "A new campaign with %(n)s people. Nothing is sent yet.",
)


def create(context: RequestContext) -> Response:
    """Creates the campaign and opens its tab; nothing is sent until somebody presses there."""
    group, title = request.form.get("group", ""), request.form.get("title", "")
    created = follow_up.create_follow_up(context.services, context.press, group, title)
    queue_toast(context.localizer.ngettext(*CREATED, created.people))
    return redirect_to(context.services.host.tab_url(created.campaign_ref))


def resend(context: RequestContext) -> Response:
    """“Mail those who did not open it again”: has a worker create the campaign, or opens the existing one."""
    title = context.localizer.gettext(N_("Again: %(title)s"), title=context.campaign.title)
    return _follow(context, mail_again.request_resend(context.services, context.press, title))


def mail_additions(context: RequestContext) -> Response:
    """“Mail the people added later”: has a worker create the campaign."""
    title = context.localizer.gettext(N_("Added later: %(title)s"), title=context.campaign.title)
    answer = mail_again.request_mail_additions(context.services, context.press, title)
    return _follow(context, answer)


def _follow(context: RequestContext, answer: MailAgainAnswer) -> Response:
    if answer.campaign_ref:
        return redirect_to(context.services.host.tab_url(answer.campaign_ref))
    return respond_to_press(context, answer.operation_id)
