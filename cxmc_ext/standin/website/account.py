"""Account pages: audiences and their members, templates, sender domains."""

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.models import Account, Domain, Template
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website import thumbnails
from cxmc_ext.standin.website.base import (
    audience_or_404,
    page_route,
    paginate,
    redirect_to,
    sandboxed_mail,
)

TEMPLATE_RULE = "/accounts/<account_id>/templates/<template_id>"
DOMAIN_RULE = "/accounts/<account_id>/domains/<name>"
STATUS_BUTTONS = {
    "unsubscribed": "Unsubscribe",
    "subscribed": "Subscribe again",
    "cleaned": "Clean",
}
# What each button of a template changes: the field and its new value.
TEMPLATE_CHANGES: dict[str, tuple[str, bool]] = {
    "delete": ("active", False),
    "restore": ("active", True),
    "make_incomplete": ("incomplete", True),
    "make_complete": ("incomplete", False),
}


@page_route("/audiences/")
def audiences(state: State) -> str:
    rows, accounts = list(state.audiences()), state.accounts.values()
    return render_template("standin/audiences.html", rows=rows, accounts=accounts)


@page_route("/audiences/<list_id>")
def audience(state: State, list_id: str) -> str:
    account, audience = audience_or_404(state, list_id)
    status = request.args.get("status", "")
    members = [member for member in audience.members.values() if status in ("", member.status)]
    return render_template(
        "standin/audience.html",
        account=account,
        audience=audience,
        page=paginate(members),
        shown_status=status,
        status_buttons=STATUS_BUTTONS.items(),
    )


@page_route("/lists/members/")
def open_audience_in_mailchimp(state: State) -> WerkzeugResponse:
    """The address MailChimp's own website uses for an audience."""
    web_id = request.args.get("id", "")
    matches = (row for _, row in state.audiences() if str(row.web_id) == web_id)
    audience = next(matches, None) or abort(404)
    return redirect_to("audience", list_id=audience.id)


@page_route("/audiences/<list_id>/members/<member_id>", post=True)
def set_member_status(state: State, list_id: str, member_id: str) -> WerkzeugResponse:
    """Changes the status on behalf of the person, who alone may subscribe again after unsubscribing."""
    _, audience = audience_or_404(state, list_id)
    member = audience.members.get(member_id) or abort(404)
    status = request.form.get("status", "")
    if status not in STATUS_BUTTONS:
        abort(400)
    membership.set_status(state, audience, member, status, "user")
    shown_status, page = request.form.get("shown", ""), request.form.get("page", "1")
    return redirect_to("audience", list_id=list_id, status=shown_status, page=page)


@page_route("/templates/")
def templates(state: State) -> str:
    rows = [pair for pair in state.templates() if pair[1].type == "user"]
    return render_template("standin/templates.html", rows=rows, accounts=state.accounts.values())


@page_route("/templates/", post=True)
def create_template(state: State) -> WerkzeugResponse:
    account = _account_or_404(state, request.form.get("account", ""))
    name = request.form.get("name", "").strip() or "Template"
    html = request.form.get("html", "").strip() or seed_templates.vacancies_template()
    now, number = state.clock.now(), state.new_number()
    account.templates[str(number)] = Template(number, name, html, now, now)
    return redirect_to("templates")


@page_route("/templates/<template_id>")
def template_document(state: State, template_id: str) -> Response:
    return sandboxed_mail(_template_or_404(state, template_id).html)


@page_route("/thumbnails/<template_id>.svg")
def thumbnail(state: State, template_id: str) -> Response:
    template = _template_or_404(state, template_id)
    looks = thumbnails.looks_of(template.html)
    svg = render_template("standin/thumbnail.html", template=template, looks=looks)
    return Response(svg, content_type="image/svg+xml")


@page_route(TEMPLATE_RULE, post=True)
def change_template(state: State, account_id: str, template_id: str) -> WerkzeugResponse:
    account = _account_or_404(state, account_id)
    template = account.templates.get(template_id) or abort(404)
    field, value = TEMPLATE_CHANGES.get(request.form.get("action", "")) or abort(400)
    setattr(template, field, value)
    template.date_edited = state.clock.now()
    return redirect_to("templates")


@page_route("/domains")
def domains(state: State) -> str:
    rows = [
        (account, domain)
        for account in state.accounts.values()
        for domain in account.domains.values()
    ]
    return render_template("standin/domains.html", rows=rows, accounts=state.accounts.values())


@page_route("/domains", post=True)
def add_domain(state: State) -> WerkzeugResponse:
    account = _account_or_404(state, request.form.get("account", ""))
    name = request.form.get("name", "").strip().lower()
    if name:
        account.domains.setdefault(name, Domain(name))
    return redirect_to("domains")


@page_route(DOMAIN_RULE, post=True)
def change_domain(state: State, account_id: str, name: str) -> WerkzeugResponse:
    account = _account_or_404(state, account_id)
    domain = account.domains.get(name) or abort(404)
    action = request.form.get("action", "")
    if action == "delete":
        del account.domains[name]
    else:
        domain.verified = action == "verify"
    return redirect_to("domains")


def _account_or_404(state: State, account_id: str) -> Account:
    return state.accounts.get(account_id) or abort(404)


def _template_or_404(state: State, template_id: str) -> Template:
    matches = (template for _, template in state.templates() if str(template.id) == template_id)
    return next(matches, None) or abort(404)
