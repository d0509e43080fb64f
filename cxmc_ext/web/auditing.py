"""The audit for administrators: who did what, a hundred lines at a time, and everything as CSV."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping

from flask import Response, request, stream_with_context

from cxmc_ext.domain.values import Action, OperationKind, OperationState
from cxmc_ext.usecases import audit
from cxmc_ext.usecases.audit import Entry, Wanted
from cxmc_ext.web import forms, labels
from cxmc_ext.web.i18n import N_, Speaker
from cxmc_ext.web.ledger import safe
from cxmc_ext.web.render import markup, page
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import sentence

_KIND = OperationKind
GROUPS: Mapping[str, tuple[str, Collection[str]]] = {
    "campaigns": (
        N_("Campaigns"),
        (_KIND.SEND, _KIND.SCHEDULE, _KIND.UNSCHEDULE, _KIND.DELETE, _KIND.CHECK, Action.RETRY,
         Action.UPDATE, _KIND.GUARD),
    ),
    "account": (
        N_("Account"),
        (_KIND.ACTIVATE, Action.DEACTIVATE, _KIND.CONNECT, _KIND.REFRESH, _KIND.DOMAIN_MAIL,
         _KIND.DOMAIN_CODE, Action.PAUSE, Action.RESUME, Action.ROTATE, _KIND.SWEEP),
    ),
    "people": (N_("People"), (Action.OPT_OUT, _KIND.ERASE)),
    "denied": (N_("Denied"), (Action.DENIED,)),
}  # fmt: skip
"""What the filter offers: a name and the actions behind it."""
_HEAD = (
    N_("Time"),
    N_("Action"),
    N_("By"),
    N_("Campaign"),
    N_("Concerns"),
    N_("Details"),
    N_("Outcome"),
)


def trail(visit: Visit) -> Response:
    chosen = _chosen()
    before = forms.whole(request.args.get("before"))
    found = audit.trail(visit.services, _wanted(chosen), before)
    html = markup(
        visit,
        "_audit.html",
        lines=found[: audit.PAGE],
        more=len(found) > audit.PAGE,
        later=before is not None,
        chosen=chosen,
        person_url=visit.services.host.person_url,
        groups={name: text for name, (text, _) in GROUPS.items()},
    )
    return page(visit, visit.speaker.say("Audit"), html)


def table(visit: Visit) -> Response:
    lines = audit.everything(visit.services, _wanted(_chosen()))
    answer = Response(
        stream_with_context(_rows(visit.speaker, lines)), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def outcome(speaker: Speaker, line: Entry) -> str:
    return speaker.say(labels.STATES[OperationState(line.outcome)]) if line.outcome else ""


def _chosen() -> str:
    given = request.args.get("about", "")
    return given if given in GROUPS else ""


def _wanted(chosen: str) -> Wanted:
    return Wanted(GROUPS[chosen][1]) if chosen else Wanted()


def _rows(speaker: Speaker, lines: Iterator[Entry]) -> Iterator[str]:
    yield "\ufeff" + _line([speaker.say(name) for name in _HEAD])
    for line in lines:
        said = [sentence(speaker, why).text for why in line.whys]
        cells = (
            speaker.local(line.at).isoformat(),
            labels.action_word(speaker, line.action),
            line.by,
            line.title or line.campaign,
            line.subject,
            " ".join([line.note, *said]).strip(),
            outcome(speaker, line),
        )
        yield _line([safe(cell) for cell in cells])


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
