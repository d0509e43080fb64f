"""“Erase a person”: the form, the one question with its typed answer, and how far the last ones are."""

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import Why
from cxmc_ext.usecases import erase, screens_erase
from cxmc_ext.web import forms, render
from cxmc_ext.web.i18n import N_
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import sentence

ASKED = N_("The erasure has been asked for. From now on nobody mails this person.")


def form(visit: Visit) -> Response:
    return _page(visit)


def press(visit: Visit) -> Response:
    """First without an answer: says what it concerns. With the same typed once more: asks for it."""
    given = request.form.get("who", "").strip()
    try:
        found = erase.concerned(visit.services, given)
        if request.form.get("confirmed") != "yes":
            return _page(visit, given, found)
        if request.form.get("typed", "").strip().lower() != given.lower():
            return _page(visit, given, found, {"typed": Why("erase_typed")})
        nonce = forms.nonce(request.form)
        erase.request_erase(visit.services, visit.viewer.user, nonce, given)
    except Invalid as error:
        return _page(visit, given, errors=error.fields)
    except Conflict as error:
        render.toast(sentence(visit.speaker, error.why).text)
    else:
        render.toast(visit.speaker.say(ASKED))
    return render.back_to(url_for("cxmc.erase"))


def _page(
    visit: Visit,
    given: str = "",
    found: erase.Concerned | None = None,
    errors: dict[str, Why] | None = None,
) -> Response:
    told = {name: sentence(visit.speaker, why) for name, why in (errors or {}).items()}
    html = render.markup(
        visit,
        "_erase.html",
        who=given,
        found=found,
        errors=told,
        erasures=screens_erase.erasures(visit.services),
    )
    title = visit.speaker.say("Erase a person")
    return render.page(visit, title, html, 422 if errors else 200)
