"""Checks of `flask cxmc doctor` that open pages in this process, to see what the Host's app adds to them."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from cxmc_ext.cli.check import Check, Findings, fail, ok, warn
from cxmc_ext.services import Services
from cxmc_ext.web.presentation.render import MAIL_POLICY

_LOGIN_STATUSES = {301, 302, 303, 307, 308, 401, 403}
# What our pages need of a Content-Security-Policy: a directive, and one source of those that allow it.
_PAGE_NEEDS: Mapping[str, tuple[str, str]] = {
    "script-src": ("'self'", "our script is blocked, so panels do not update by themselves"),
    "style-src": ("'self'", "our stylesheet is blocked"),
    "connect-src": ("'self'", "panels do not update by themselves"),
    "frame-src": ("'self'", "the preview is blocked"),
    "form-action": ("'self'", "no button works"),
    "img-src": ("https:", "the thumbnails of templates are blocked"),
}
_MAIL_NEEDS: Mapping[str, tuple[str, str]] = {
    "style-src": ("'unsafe-inline'", "mails have no styles in the preview"),
    "img-src": ("https:", "mails have no images in the preview"),
}


def _public_addresses(app: Flask, services: Services) -> Findings:
    """Programs without a login read these addresses; a `before_request` of the Host may not know that."""
    paths = {"the static files": "/static/cxmc.css"}
    if services.settings.metrics_token:
        paths["the metrics"] = "/metrics"
    if services.settings.events_token:
        paths["the events"] = "/events"
    if services.settings.webhook_secrets:
        paths["MailChimp's webhook"] = f"/webhook/{services.settings.webhook_secrets[0]}"
    guarded = [
        name
        for name, path in paths.items()
        if _open(app, services, path).status_code in _LOGIN_STATUSES
    ]
    if guarded:
        yield fail(
            f"a login is required for {', '.join(guarded)}",
            'let request.blueprint == "cxmc" pass in your before_request: our pages check it themselves.',
        )
    else:
        yield ok("no login is required for the public addresses", f"{', '.join(paths)}.")


def _policies(app: Flask, services: Services) -> Findings:
    """The Host's headers on our pages. Whatever they are, a mail is only shown inside a sandbox."""
    page, mail = (
        _open(app, services, path) for path in ("/activation", "/campaigns/0/preview/mail")
    )
    page_policy = page.headers.get("Content-Security-Policy", "")
    blocked = [
        *_blocked(page_policy, _PAGE_NEEDS),
        *_blocked(page_policy, _standin_needs(services)),
        *_blocked(mail.headers.get("Content-Security-Policy", MAIL_POLICY), _MAIL_NEEDS),
    ]
    if mail.headers.get("X-Frame-Options", "").upper() == "DENY":
        blocked.append("X-Frame-Options DENY: the preview is blocked")
    for consequence in blocked:
        yield warn(
            f"your headers restrict ours: {consequence}",
            "allow it on our pages, and leave the headers of cxmc.preview_mail and cxmc.sent_mail_content"
            " (our pages with mails) alone.",
        )
    if not blocked:
        yield ok(
            "your headers leave our pages intact", "a mail is shown in a sandbox whatever they are."
        )


def _standin_needs(services: Services) -> Mapping[str, tuple[str, str]]:
    """A stand-in serves the thumbnails of its templates itself, over http; MailChimp never does."""
    root = urlsplit(services.settings.api_root.lower())
    if root.scheme != "http":
        return {}
    return {"img-src": (f"http://{root.netloc}", "the thumbnails of the stand-in are blocked")}


def _blocked(policy: str, needs: Mapping[str, tuple[str, str]]) -> list[str]:
    directives = {
        name: sources.split()
        for name, _, sources in (part.strip().partition(" ") for part in policy.lower().split(";"))
    }
    fallback = directives.get("default-src")
    return [
        f"{name} lacks “{source}”: {consequence}"
        for name, (source, consequence) in needs.items()
        if not _allows(directives.get(name, None if name == "form-action" else fallback), source)
    ]


def _allows(sources: list[str] | None, source: str) -> bool:
    """Whether a list of sources allows one; for images a list of hosts may be what the Host wants."""
    if sources is None or {source, "*"} & set(sources):
        return True
    if source == "https:":
        return any("." in each for each in sources)
    return source.startswith("http:") and bool({"http:", source[len("http://") :]} & set(sources))


def _open(app: Flask, services: Services, path: str) -> TestResponse:
    client = app.test_client(use_cookies=False)
    trusted = app.config.get("TRUSTED_HOSTS")
    return client.get(
        f"{services.settings.url_prefix}{path}",
        url_scheme="https",
        environ_overrides={"HTTP_HOST": trusted[0].lstrip(".")} if trusted else {},
    )


def _pages(app: Flask, services: Services) -> Findings:
    try:
        yield from _public_addresses(app, services)
        yield from _policies(app, services)
    except Exception as error:  # noqa: BLE001 - whatever the Host's functions raise
        yield fail(f"your app raises {type(error).__name__} for our pages", "see its log.")


PAGE_CHECKS: tuple[Check, ...] = (_pages,)
