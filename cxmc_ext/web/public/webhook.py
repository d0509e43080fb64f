"""Where MailChimp's webhook calls; off unless CXMC_WEBHOOK_SECRETS is set. A call is a hint, never a fact."""

import hmac
from collections.abc import Callable

from flask import Response, abort, request
from flask.sansio.app import App

from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import webhook
from cxmc_ext.web.forms import is_too_large

_UNSUBSCRIBE_TYPES = {"unsubscribe", "cleaned"}


def make_view(services: Services) -> Callable[[str], Response]:
    """404 for a wrong secret, compared in constant time; else always 200: MailChimp drops a hook
    that fails. GET is how it tries the address."""

    def hook(secret: str) -> Response:
        if not _is_known_secret(services.settings.webhook_secrets, secret):
            abort(404)
        if request.method == "POST":
            if is_too_large(request):
                abort(413)
            if request.form.get("type") in _UNSUBSCRIBE_TYPES:
                webhook.schedule_unsubscribe_check(services, request.form.get("data[list_id]", ""))
        return Response("", content_type="text/plain")

    return hook


def exempt_from_csrf(app: App) -> None:
    """Another site's program has no token of ours to show to Flask-WTF."""
    guard = app.extensions.get("csrf")
    if guard is not None:
        guard.exempt(f"{__name__}.hook")


def is_csrf_exempt(app: App) -> bool:
    """Whether Flask-WTF, where the host has it, lets the hook pass."""
    guard = app.extensions.get("csrf")
    return guard is None or f"{__name__}.hook" in guard._exempt_views


def _is_known_secret(secrets: tuple[str, ...], given: str) -> bool:
    """Looks at each of them, so that the time tells nothing."""
    return sum(hmac.compare_digest(each.encode(), given.encode()) for each in secrets) > 0
