"""The page of planned faults and of the switches."""

from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin.control_api import SWITCH_NAMES
from cxmc_ext.standin.faults.kinds import KINDS
from cxmc_ext.standin.state import State
from cxmc_ext.standin.switches import CHOICES, Switches
from cxmc_ext.standin.website.base import page_route, redirect_to

EVERY_CALL = "* **"


@page_route("/faults")
def faults(state: State) -> str:
    return render_template(
        "standin/faults.html",
        faults=state.faults.faults,
        kinds=sorted(KINDS),
        switches={name: getattr(state.switches, name) for name in SWITCH_NAMES},
        choices=CHOICES,
        requests=state.requests,
    )


@page_route("/faults", post=True)
def add_fault(state: State) -> WerkzeugResponse:
    form = request.form
    if form.get("kind") not in KINDS:
        abort(400)
    options: dict[str, Any] = {
        name: int(form[name]) for name in ("nth", "times") if form.get(name, "").isdigit()
    }
    options["address"] = form.get("address", "").strip()
    state.faults.add(form.get("match", "").strip() or EVERY_CALL, form["kind"], **options)
    return redirect_to("faults")


@page_route("/faults/clear", post=True)
def clear_faults(state: State) -> WerkzeugResponse:
    state.faults.clear()
    return redirect_to("faults")


@page_route("/switches", post=True)
def set_switches(state: State) -> WerkzeugResponse:
    """Ticked boxes are on. A number that cannot be parsed keeps its old value."""
    for name in SWITCH_NAMES:
        number_type = type(getattr(Switches(), name))
        if name in CHOICES:
            _set_choice(state, name)
        elif number_type is bool:
            setattr(state.switches, name, name in request.form)
        else:
            _set_number(state, name, number_type)
    return redirect_to("faults")


def _set_choice(state: State, name: str) -> None:
    if request.form.get(name) in CHOICES[name]:
        setattr(state.switches, name, request.form[name])


def _set_number(state: State, name: str, number_type: Any) -> None:
    try:
        setattr(state.switches, name, number_type(request.form[name]))
    except (KeyError, ValueError):
        return
