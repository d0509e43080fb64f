"""The form saves itself: while it is filled in, and with every press."""

from flask import Response, request

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.usecases.screens.form import SendForm
from cxmc_ext.usecases.sending import form_drafts
from cxmc_ext.web import forms
from cxmc_ext.web.presentation import form_labels, panels
from cxmc_ext.web.presentation.messages import RenderedMessage, render_message
from cxmc_ext.web.presentation.panels import respond_to_press
from cxmc_ext.web.presentation.render import html_response, render_html
from cxmc_ext.web.request_context import RequestContext


def save(context: RequestContext) -> Response:
    """Saves the form while it is filled in, or “Keep what is typed here”."""
    save_form(context, forms.read_send_form(request.form))
    if not _is_automatic():
        return respond_to_press(context, None)
    mailing = context.reload().rows.mailing
    text = form_labels.draft_text(
        context.localizer,
        form_drafts.find_draft(mailing),
        context.viewer.user.id,
        context.services.clock(),
    )
    return _status_response(context, mailing.form_draft_version if mailing else 0, text=text)


def save_form(context: RequestContext, form: SendForm) -> None:
    """Saves what a press has sent.

    Raises:
        Invalid: draft: another window or user has saved something else in the meantime.
        Conflict: The campaign cannot be filled in any more.
    """
    form_drafts.save_draft(
        context.services,
        context.press,
        forms.draft_values(form),
        known_version=forms.read_draft_version(request.form),
    )


def invalid_response(context: RequestContext, error: Invalid) -> Response:
    """Says beside the form that it was not saved, or answers as for every other press."""
    if not _is_automatic():
        return panels.invalid_response(context, error)
    problem = next(iter(error.fields.values()))
    return _refusal(context, render_message(context.localizer, problem), 422)


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Says beside the form that it was not saved, or answers as for every other press."""
    if not _is_automatic():
        return panels.conflict_response(context, error)
    return _refusal(context, render_message(context.localizer, error.problem), 409)


def _refusal(context: RequestContext, error: RenderedMessage, status: int) -> Response:
    version = forms.read_draft_version(request.form) or 0
    return _status_response(context, version, error=error, status=status)


def _status_response(
    context: RequestContext,
    version: int,
    *,
    text: str = "",
    error: RenderedMessage | None = None,
    status: int = 200,
) -> Response:
    html = render_html(
        context, "_draft_status.html", draft_version=version, draft_text=text, draft_error=error
    )
    return html_response(html, status)


def _is_automatic() -> bool:
    """Whether the page saves by itself and only shows the line below the form."""
    return request.form.get("automatic") == "yes"
