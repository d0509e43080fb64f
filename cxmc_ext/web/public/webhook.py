"""MailChimp's webhook; disabled unless `CXMC_PUBLIC_URL` or `CXMC_WEBHOOK_SECRETS` is set.

The body is not trusted, signed or not: it only makes a worker ask MailChimp who unsubscribed.
"""

import hmac
from collections.abc import Callable

from flask import Response, abort, request, request_started
from flask.sansio.app import App

from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync.webhook import is_from_mailchimp, schedule_unsubscribe_check
from cxmc_ext.web.forms import is_too_large

_ENDPOINT = "cxmc.webhook"
_SIGNATURE_HEADER = "X-Mailchimp-Signature"
_MAX_BODY_BYTES = 64 * 1024
_UNSUBSCRIBE_TYPES = {"unsubscribe", "cleaned"}


def make_view(services: Services) -> Callable[[str], Response]:
    """Creates the view of `/webhook/<secret>`.

    It answers 404 for a wrong secret, 413 for an oversized body and 403 for a wrong signature, otherwise
    always 200, because MailChimp disables a webhook that fails. With a GET MailChimp checks the address.
    """

    def webhook(secret: str) -> Response:
        if not _is_known_secret(services.settings.webhook_secrets, secret):
            abort(404)
        if request.method == "POST":
            if is_too_large(request, _MAX_BODY_BYTES):
                abort(413)
            body = request.get_data()  # empty once the form has been read
            if request.form.get("type") in _UNSUBSCRIBE_TYPES:
                _schedule_check(services, body)
        return Response("", content_type="text/plain")

    return webhook


def _schedule_check(services: Services, body: bytes) -> None:
    list_id = request.form.get("data[list_id]", "")
    if is_storable(list_id):
        signature = request.headers.get(_SIGNATURE_HEADER, "")
        if not is_from_mailchimp(services, list_id, body, signature):
            abort(403)
        schedule_unsubscribe_check(services, list_id)


def keep_body(app: App) -> None:
    """Keeps the body as it arrived, for its signature, before any `before_request` of the Host parses it."""
    request_started.connect(_read_body, app)


def _read_body(_app: App, **_: object) -> None:
    if (
        request.endpoint == _ENDPOINT
        and request.method == "POST"
        and not is_too_large(request, _MAX_BODY_BYTES)
    ):
        request.get_data()


# Flask-WTF knows a view by its module and its function's name.
_VIEW_NAME = f"{__name__}.webhook"


def exempt_from_csrf(app: App) -> None:
    """Exempts the webhook from the Host's Flask-WTF, if any: MailChimp cannot know a token."""
    csrf_protect = app.extensions.get("csrf")
    if csrf_protect is not None:
        csrf_protect.exempt(_VIEW_NAME)


def is_csrf_exempt(app: App) -> bool:
    """Whether the Host's Flask-WTF, if any, lets the webhook pass."""
    csrf_protect = app.extensions.get("csrf")
    return csrf_protect is None or _VIEW_NAME in csrf_protect._exempt_views


def _is_known_secret(secrets: tuple[str, ...], given: str) -> bool:
    """Compares with every secret in constant time, so that the duration reveals nothing."""
    matches = [hmac.compare_digest(secret.encode(), given.encode()) for secret in secrets]
    return any(matches)
