"""A Host whose headers, htmx attributes and colours reach our pages: what a real browser makes of it."""

import base64
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, current_app, render_template_string, request
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.db.queries import accounts
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue
from tests.support.readme_code import ROOT, blocks
from tests.support.real_browser import serving

pytestmark = pytest.mark.slow

_PAGE = """<!doctype html><html lang="en"{style}><title>Acme</title>
<body hx-boost="true" hx-select="#main" hx-target="#main" hx-swap="innerHTML" hx-confirm="Sure?"
      hx-push-url="true" hx-include="#other" hx-params="none">
<main id="main">{{{{ cxmc_tab(ref) }}}}</main>{{{{ cxmc_toasts() }}}}</body></html>"""
_MAIL = """<style>p {color: rgb(1, 2, 3)}</style><p>Dear reader</p>
"""
_SCRIPTS = (
    """<img src=x onerror="parent.document.title='owned'"><script>document.title='owned'</script>"""
)
_PIXEL = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
).decode()


@pytest.fixture
def documented_policy() -> str:
    """The policy that docs/own-checks.md gives to hosts."""
    names: dict[str, object] = {"app": Flask("docs")}
    for language, text in blocks(ROOT / "docs" / "own-checks.md"):
        if language == "python" and 'POLICY = "; "' in text:
            exec(text, names)
    return str(names["POLICY"])


@pytest.fixture
def serve(app: Flask, campaign: str) -> Iterator[Callable[[str, str], str]]:
    """Serves the Host's page; a policy is set as Talisman does it: over ours, except for one view."""
    style, policies = [""], [""]

    def page(ref: str) -> str:
        return render_template_string(_PAGE.format(style=style[0]), ref=ref)

    def overwrite(response: Response) -> Response:
        view = current_app.view_functions.get(request.endpoint or "")
        options = getattr(view, "talisman_view_options", {})
        policy = options.get("content_security_policy", policies[0])
        if policy:
            response.headers["Content-Security-Policy"] = policy
        return response

    app.add_url_rule("/campaigns/<ref>/mailchimp", "tab", page)
    app.after_request(overwrite)
    with serving(app) as root:

        def address(policy: str, css: str = "") -> str:
            policies[0], style[0] = policy, css and f' style="{css}"'
            return f"{root}/campaigns/{campaign}/mailchimp"

        yield address


@pytest.fixture
def mail(connected: Services, campaign: str) -> str:
    """The path of a preview of a template with styles of its own."""
    session = connected.session()
    account = accounts.get_or_transient(session, connected.account_ref)
    row = TemplateContent(account_id=account.id, template_id=10001, html=_MAIL, read_at=2**33)
    session.add(row)
    session.commit()
    return f"/cxmc/campaigns/{campaign}/preview"


@pytest.mark.parametrize("policy", ["script-src 'unsafe-inline' *; img-src *", "default-src *", ""])
def test_no_header_of_the_host_lets_a_mail_run_a_script(
    context: BrowserContext,
    connected: Services,
    serve: Callable[..., str],
    mail: str,
    policy: str,
) -> None:
    session = connected.session()
    session.execute(update(TemplateContent).values(html=_MAIL + _SCRIPTS))
    session.commit()
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    root = serve(policy).partition("/campaigns/")[0]
    page.goto(f"{root}{mail}/mail?template=10001&person=1")
    inner = page.frame_locator("iframe")
    expect(inner.get_by_text("Dear reader")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.title() == "Preview"
    assert inner.locator("p").evaluate("() => window.origin") == "null"
    assert any("Blocked script execution" in complaint for complaint in complaints)


def test_thumbnails_and_mail_styles_work_under_the_documented_policy(
    app: Flask,
    page: Page,
    serve: Callable[..., str],
    mail: str,
    connected: Services,
    documented_policy: str,
) -> None:
    """As docs/own-checks.md says for Talisman: its policy, but not for the page with the mail."""
    app.view_functions["cxmc.preview_mail"].talisman_view_options = {  # type: ignore[attr-defined]
        "content_security_policy": None
    }
    session = connected.session()
    templates = session.query(Account.templates).scalar()
    thumbnail = "https://mailchimp.example/thumbnail.svg"
    session.execute(
        update(Account).values(templates=[t | {"thumbnail": thumbnail} for t in templates])
    )
    session.commit()
    page.route(
        thumbnail,
        lambda route: route.fulfill(body=base64.b64decode(_PIXEL), content_type="image/svg+xml"),
    )
    address = serve(documented_policy)
    page.goto(address)
    image = page.locator(".cxmc-thumbnails img").first
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    expect(image).not_to_have_js_property("naturalWidth", 0)
    root = address.partition("/campaigns/")[0]
    page.goto(f"{root}{mail}?template=10001&person=1")
    text = page.frame_locator("iframe").frame_locator("iframe").get_by_text("Dear reader")
    expect(text).to_have_css("color", "rgb(1, 2, 3)")
    frames = [page.locator("iframe"), page.frame_locator("iframe").locator("iframe")]
    heights = [frame.bounding_box() for frame in frames]
    assert [box and box["height"] for box in heights] == [640, 640]


def test_attributes_that_htmx_inherits_from_the_host_change_nothing(
    page: Page, serve: Callable[..., str], queue: ManualQueue
) -> None:
    address = serve("")
    page.goto(address)
    page.get_by_role("combobox", name="Template").select_option("10001")
    page.get_by_role("button", name="Create and send").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("heading", name="Pending action...")).to_be_visible()
    queue.run_all()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible()
    assert page.url == address


@pytest.mark.parametrize(
    ("scheme", "css", "color"),
    [
        ("dark", "", "rgb(27, 32, 48)"),
        ("light", "color-scheme: dark", "rgb(231, 233, 240)"),
        ("dark", "color-scheme: light dark; --cxmc-font: Georgia", "rgb(231, 233, 240)"),
    ],
)
def test_colours_and_font_are_those_of_the_host(
    page: Page, serve: Callable[..., str], scheme: str, css: str, color: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(serve("", css))
    panel = page.locator("#cxmc-tab")
    expect(panel).to_have_css("color", color)
    if "font" in css:
        expect(panel).to_have_css("font-family", "Georgia")
