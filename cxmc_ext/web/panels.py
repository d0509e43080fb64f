"""The panel of a campaign: which partial shows a state, how often it asks again, what is said aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request, url_for

from cxmc_ext.domain.values import OperationState, Why
from cxmc_ext.usecases import screens, screens_templates
from cxmc_ext.usecases.screens_pending import stage_of
from cxmc_ext.usecases.screens_templates import Offer
from cxmc_ext.usecases.screens_values import (
    Attention,
    Cancelled,
    Form,
    InMailChimp,
    NotConnected,
    NotReady,
    Pending,
    Ready,
    Results,
    Scheduled,
    Screen,
    SettingsOpen,
    Shown,
    Typed,
)
from cxmc_ext.web import forms, htmx, labels
from cxmc_ext.web.chart import chart
from cxmc_ext.web.i18n import N_, Speaker
from cxmc_ext.web.questions import Questions
from cxmc_ext.web.render import answer, markup, page
from cxmc_ext.web.visit import Visit
from cxmc_ext.web.words import Sentence, sentence

_PARTIALS: Mapping[type, str] = {
    NotConnected: "_not_connected.html",
    SettingsOpen: "_settings.html",
    Form: "_form.html",
    Pending: "_pending.html",
    NotReady: "_not_ready.html",
    Attention: "_attention.html",
    Scheduled: "_scheduled.html",
    InMailChimp: "_in_mailchimp.html",
    Cancelled: "_cancelled.html",
    Results: "_report.html",
}
_SAID: Mapping[type, str] = {
    NotReady: N_("The campaign is not ready to be sent"),
    Attention: N_("The campaign needs your attention"),
    Scheduled: N_("The campaign is scheduled"),
    InMailChimp: N_("The campaign is ready in MailChimp"),
    Cancelled: N_("The campaign was cancelled in MailChimp"),
    Results: N_("The campaign was sent"),
    Form: N_("The form is ready"),
}
_FIRST, _NEXT, _SENDING, _CALM = 1, 2, 5, 15


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the panel; `tone` is good, bad or info."""

    tone: str
    said: Sentence


@dataclass(frozen=True, slots=True)
class Extra:
    """What an action adds to the screen: messages, errors beside fields, what was typed."""

    notices: Sequence[Notice] = ()
    errors: Mapping[str, Why] = field(default_factory=dict)
    typed: Typed | None = None
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """Where and how often the panel asks again."""

    url: str
    seconds: int


def shown(visit: Visit, operation_id: int | None = None) -> Shown:
    floor = forms.whole(request.args.get("seen")) or 0
    return screens.show(
        visit.services,
        visit.viewer,
        visit.campaign,
        visit.look,
        operation_id=operation_id,
        floor=floor,
    )


def panel_html(visit: Visit, now_shown: Shown, extra: Extra = Extra()) -> str:
    screen = now_shown.screen
    return markup(
        visit,
        "_panel.html",
        screen=screen,
        partial=f"cxmc/{_PARTIALS[type(screen)]}",
        poll=_poll(visit, now_shown),
        notices=[*extra.notices, *_outcome_notices(visit.speaker, now_shown)],
        errors=_errors(visit.speaker, now_shown, extra),
        typed=extra.typed or getattr(screen, "typed", None),
        quarters=forms.QUARTERS,
        questions=Questions(visit.speaker),
        offer=_offer(screen, extra),
        draw=lambda: chart(screen.hours) if isinstance(screen, Results) else None,
        ready_text=lambda line: ready_text(visit.speaker, line),
        kind_word=lambda kind: labels.event_word(visit.speaker, kind),
        send_mode=visit.services.settings.send_mode,
    )


def panel(visit: Visit, now_shown: Shown, extra: Extra = Extra(), status: int = 200) -> Response:
    """The panel alone, for a page that is there already."""
    events = {htmx.TOAST: extra.toast} if extra.toast else _said_aloud(visit.speaker, now_shown)
    return answer(panel_html(visit, now_shown, extra), status, events)


def full(visit: Visit, now_shown: Shown, extra: Extra = Extra(), status: int = 200) -> Response:
    html = panel_html(visit, now_shown, extra)
    return page(visit, visit.campaign.title, html, status, crumb=True)


def either(visit: Visit, now_shown: Shown, extra: Extra = Extra(), status: int = 200) -> Response:
    """The panel for htmx, a whole page for everybody else."""
    make = panel if htmx.is_fragment(request) else full
    return make(visit, now_shown, extra, status)


def refusal(visit: Visit, why: Why) -> Extra:
    return Extra((Notice("bad", sentence(visit.speaker, why)),))


def ready_text(speaker: Speaker, line: Ready) -> str:
    values = dict(line.values)
    if "n" in values:
        return speaker.count(*labels.READY_COUNTS[line.code], int(values["n"]))
    return speaker.say(labels.READINESS[line.code].sentence) % values


def _poll(visit: Visit, now_shown: Shown) -> Poll | None:
    """The first look comes after a second, then every two; settled screens follow slowly or not."""
    screen, asked = now_shown.screen, {"v": now_shown.version}
    if isinstance(screen, Pending):
        again = request.endpoint == "cxmc.panel"
        asked |= {"op": str(screen.operation), "seen": str(screen.percent)}
        asked |= {"late": "1"} if screen.late else {}
        return Poll(_panel_url(visit, asked), _NEXT if again else _FIRST)
    seconds = _pace(screen)
    return Poll(_panel_url(visit, asked), seconds) if seconds else None


def _pace(screen: Screen) -> int:
    """Seconds between two looks at a screen that changes by itself, 0 for one that does not."""
    if isinstance(screen, Results):
        return _NEXT if screen.updating else 0 if screen.sent else _SENDING
    return _CALM if isinstance(screen, Scheduled | InMailChimp) else 0


def _panel_url(visit: Visit, asked: Mapping[str, Any]) -> str:
    return url_for("cxmc.panel", ref=visit.campaign.ref, **asked)


def _outcome_notices(speaker: Speaker, now_shown: Shown) -> list[Notice]:
    outcome = now_shown.outcome
    if outcome is None or isinstance(now_shown.screen, SettingsOpen):
        return []
    if outcome.state is OperationState.DONE:
        return [Notice("good", Sentence(speaker.say(labels.OUTCOMES[outcome.kind])))]
    return [Notice("bad", sentence(speaker, why)) for why in outcome.whys]


def _offer(screen: Screen, extra: Extra) -> Offer | None:
    if not isinstance(screen, Form):
        return None
    typed = extra.typed or screen.typed
    return screens_templates.offer(screen.templates, typed.find, typed.template_id)


def _errors(speaker: Speaker, now_shown: Shown, extra: Extra) -> dict[str, Sentence]:
    """Errors by field; a key that was tried and refused has its error beside the key."""
    found = {forms.FIELD_OF.get(name, name): why for name, why in extra.errors.items()}
    outcome = now_shown.outcome
    if isinstance(now_shown.screen, SettingsOpen) and outcome and outcome.whys:
        found["key"] = outcome.whys[0]
    return {name: sentence(speaker, why) for name, why in found.items()}


def _said_aloud(speaker: Speaker, now_shown: Shown) -> dict[str, str]:
    """For the live region: the next stage, or the end. A notice in the panel speaks for itself."""
    screen = now_shown.screen
    if isinstance(screen, Pending):
        return _said_under_way(speaker, screen)
    if now_shown.outcome:
        return {}
    said = _SAID.get(type(screen))
    return {htmx.SAY: speaker.say(said)} if said and "v" in request.args else {}


def _said_under_way(speaker: Speaker, screen: Pending) -> dict[str, str]:
    """A panel that comes anew every two seconds says what is new in it, once."""
    if screen.late and "late" not in request.args:
        since = speaker.clock(screen.since)
        late = N_("This takes longer than usual (since %(time)s).")
        return {htmx.SAY: speaker.say(late, time=since)}
    before = stage_of(forms.whole(request.args.get("seen")) or 0)
    if not screen.stage or before == screen.stage:
        return {}
    return {htmx.SAY: speaker.say(labels.STAGES[screen.stage - 1])}
