"""The website's audiences, templates, domains and faults."""

from typing import Any

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as Answer

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.control_api import SWITCH_NAMES
from cxmc_ext.standin.faults.plan import KINDS
from cxmc_ext.standin.models import Account, Domain, Switches, Template
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website.base import (
    audience_or_404,
    page_route,
    paginate,
    redirect_to,
    sandboxed_mail,
)

TEMPLATE = "/accounts/<account_id>/templates/<template_id>"
DOMAIN = "/accounts/<account_id>/domains/<name>"
STATUSES = ("subscribed", "unsubscribed", "cleaned")
COLORS = ("#0f766e", "#1d4ed8", "#9f1239", "#6d28d9", "#b45309")


@page_route("/audiences/")
def audiences(state: State) -> str:
    return render_template("standin/audiences.html", rows=list(state.audiences()))


@page_route("/audiences/<list_id>")
def audience(state: State, list_id: str) -> str:
    account, found = audience_or_404(state, list_id)
    status = request.args.get("status", "")
    rows = [each for each in found.members.values() if status in ("", each.status)]
    return render_template(
        "standin/audience.html", account=account, audience=found, page=paginate(rows), status=status
    )


@page_route("/lists/members/")
def show_audience(state: State) -> Answer:
    wanted = request.args.get("id", "")
    found = next((each for _, each in state.audiences() if str(each.web_id) == wanted), None)
    return redirect_to("audience", list_id=(found or abort(404)).id)


@page_route("/audiences/<list_id>/members/<member_id>", post=True)
def set_status(state: State, list_id: str, member_id: str) -> Answer:
    """As the person himself, who alone may come back after leaving."""
    _, found = audience_or_404(state, list_id)
    member = found.members.get(member_id) or abort(404)
    status = request.form.get("status", "")
    if status not in STATUSES:
        abort(400)
    membership.set_status(state, found, member, status, "user")
    shown, number = request.form.get("shown", ""), request.form.get("page", "1")
    return redirect_to("audience", list_id=list_id, status=shown, page=number)


@page_route("/templates/")
def templates(state: State) -> str:
    rows = [pair for pair in state.templates() if pair[1].type == "user"]
    return render_template("standin/templates.html", rows=rows, accounts=state.accounts.values())


@page_route("/templates/", post=True)
def create_template(state: State) -> Answer:
    account = state.accounts.get(request.form.get("account", "")) or abort(404)
    name, now = request.form.get("name", "").strip() or "Template", state.clock.now()
    html = request.form.get("html", "").strip() or seed_templates.vacancies_template()
    number = state.new_number()
    account.templates[str(number)] = Template(number, name, html, now, now)
    return redirect_to("templates")


@page_route("/templates/<template_id>")
def template_body(state: State, template_id: str) -> Response:
    return sandboxed_mail(_any_template(state, template_id).html)


@page_route("/thumbnails/<template_id>.svg")
def thumbnail(state: State, template_id: str) -> Response:
    found = _any_template(state, template_id)
    color = COLORS[found.id % len(COLORS)]
    drawn = render_template("standin/thumbnail.html", template=found, color=color)
    return Response(drawn, content_type="image/svg+xml")


@page_route(TEMPLATE, post=True)
def change_template(state: State, account_id: str, template_id: str) -> Answer:
    account = state.accounts.get(account_id) or abort(404)
    found = account.templates.get(template_id) or abort(404)
    changes: dict[str, tuple[str, bool]] = {
        "delete": ("active", False),
        "restore": ("active", True),
        "spoil": ("incomplete", True),
        "repair": ("incomplete", False),
    }
    change = changes.get(request.form.get("action", "")) or abort(400)
    setattr(found, *change)
    found.date_edited = state.clock.now()
    return redirect_to("templates")


@page_route("/domains")
def domains(state: State) -> str:
    rows = [(owner, each) for owner in state.accounts.values() for each in owner.domains.values()]
    return render_template("standin/domains.html", rows=rows, accounts=state.accounts.values())


@page_route("/domains", post=True)
def add_domain(state: State) -> Answer:
    account = state.accounts.get(request.form.get("account", "")) or abort(404)
    name = request.form.get("name", "").strip().lower()
    if name:
        account.domains.setdefault(name, Domain(name))
    return redirect_to("domains")


@page_route(DOMAIN, post=True)
def change_domain(state: State, account_id: str, name: str) -> Answer:
    found = _account(state, account_id).domains.get(name) or abort(404)
    action = request.form.get("action", "")
    if action == "delete":
        del _account(state, account_id).domains[name]
    else:
        found.verified = action == "verify"
    return redirect_to("domains")


@page_route("/faults")
def faults(state: State) -> str:
    switches = {name: getattr(state.switches, name) for name in SWITCH_NAMES}
    return render_template(
        "standin/faults.html", state=state, switches=switches, kinds=sorted(KINDS)
    )


@page_route("/faults", post=True)
def add_fault(state: State) -> Answer:
    form = request.form
    numbers = {name: form[name] for name in ("nth", "times") if form.get(name, "").isdigit()}
    options: dict[str, Any] = {name: int(value) for name, value in numbers.items()}
    if form.get("kind") not in KINDS:
        abort(400)
    state.faults.add(form.get("match", "").strip() or "* **", form["kind"], **options)
    return redirect_to("faults")


@page_route("/faults/clear", post=True)
def clear_faults(state: State) -> Answer:
    state.faults.clear()
    return redirect_to("faults")


@page_route("/switches", post=True)
def set_switches(state: State) -> Answer:
    """Ticked boxes are on; figures that cannot be read stay as they are."""
    for name in SWITCH_NAMES:
        kind = type(getattr(Switches(), name))
        if kind is bool:
            setattr(state.switches, name, name in request.form)
        else:
            _set_figure(state, name, kind)
    return redirect_to("faults")


def _set_figure(state: State, name: str, kind: Any) -> None:
    try:
        setattr(state.switches, name, kind(request.form[name]))
    except (KeyError, ValueError):
        return


def _account(state: State, account_id: str) -> Account:
    return state.accounts.get(account_id) or abort(404)


def _any_template(state: State, template_id: str) -> Template:
    found = (each for _, each in state.templates() if str(each.id) == template_id)
    return next(found, None) or abort(404)
