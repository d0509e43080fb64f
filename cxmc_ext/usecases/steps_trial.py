"""Steps of “Send test” and “Preview”: a draft that addresses nobody, used once and thrown away.

The mailing and its own draft are never touched. The draft's segment is empty, which is read back before
anything is asked of it; its title carries the token by which the broom finds it after a crash.
"""

from cxmc_ext.db.models import Operation
from cxmc_ext.db.queries import designs, operations
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.remote import Draft, RemoteCampaign
from cxmc_ext.domain.values import OperationState, Why, why_of
from cxmc_ext.usecases.halt import Halt, Pause
from cxmc_ext.usecases.outcomes import TRIES
from cxmc_ext.usecases.outcomes_text import said
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_draft import SETTLE
from cxmc_ext.usecases.steps_gone import LOOK_BACK, delete_draft, status_of
from cxmc_ext.usecases.steps_segment import name_of

LONGEST = 2_000_000
"""Characters of a template that is kept for the preview."""
_CLEAN = "clean"
_DRAFTS = ("save", "paused")
_TITLE = 80


def segment(run: Run) -> str | None:
    """An empty segment: whatever happens to the draft, it addresses nobody."""
    list_id, name = run.account.list_id, name_of(run.operation.token, 1)
    found = None
    if run.payload.get("list"):
        run.remember(doubt=True)
        found = run.call(run.api.find_segment, list_id, name)
    else:
        run.remember(list=list_id)
    try:
        made = found or run.call(run.api.create_segment, list_id, name, [])
    except Refused as refused:
        return _refused(run, refused)
    run.remember(segment=made.id)
    return None


def draft(run: Run) -> str | None:
    """After a lost answer it is looked for by the token in its title."""
    found = _find_lost(run) if run.payload.get("tried_at") else None
    run.remember(tried_at=run.now)
    try:
        made = found or run.call(run.api.create_campaign, _draft(run))
    except Refused as refused:
        return _refused(run, refused)
    run.remember(draft=made.id)
    return None


def fill(run: Run) -> str | None:
    try:
        run.call(run.api.set_template, _id(run), _whole(run, "template"))
    except NotFound as gone:
        return _fail(run, Why("trial_template", said(gone)))
    except Refused as refused:
        return _refused(run, refused)
    return None


def look(run: Run) -> str | None:
    """Reads back whom the draft addresses: nobody, or it is not used."""
    try:
        found = run.call(run.api.campaign, _id(run))
    except Refused as refused:
        return _refused(run, refused)
    meant = (run.payload["list"], run.payload["segment"])
    if found.status not in _DRAFTS or (found.list_id, found.segment_id) != meant:
        return _fail(run, Why("trial_unsafe"))
    return _fail(run, Why("trial_unsafe")) if found.recipient_count else None


def mail(run: Run) -> str | None:
    """Asks once. Without an answer it is not asked again: a person looks into the mailbox first."""
    if run.payload.get("asked"):
        return _fail(run, Why("test_unknown"))
    run.remember(asked=True)
    try:
        run.call(run.api.send_test, _id(run), _addresses(run))
    except Refused as refused:
        return _refused(run, refused)
    except MailChimpError as error:
        if error.outcome == "unknown":
            return _fail(run, Why("test_unknown"))
        run.remember(asked=False)
        raise
    return None


def read(run: Run) -> str | None:
    """What the template holds, kept for everybody who previews it."""
    try:
        html = run.call(run.api.campaign_html, _id(run))
    except Refused as refused:
        return _refused(run, refused)
    if len(html) > LONGEST:
        return _fail(run, Why("preview_long"))
    designs.put(run.session, run.account.id, _whole(run, "template"), html, run.now)
    run.save()
    return None


def clean(run: Run) -> str:
    """Draft and segment go. What could not be removed, or may still appear, is left to the broom."""
    try:
        _remove(run)
    except KeyRefused:
        raise
    except MailChimpError:
        if run.operation.attempts + 1 < TRIES:
            raise
        return "leave"
    return "leave" if run.payload.get("doubt") else operations.TIDY


def tell(run: Run) -> None:
    """How it ended, now that nothing is left of it."""
    failure = why_of(run.payload.get("failure"))
    raise Halt(OperationState.FAILED, failure) if failure else Halt(OperationState.DONE)


def sweep(run: Run, left: Operation) -> None:
    """Removes what an ended trial left. The caller commits."""
    payload, mark, name = left.payload, mark_of(left.token), name_of(left.token, 1)
    left_id, since = left.id, left.created_at - LOOK_BACK
    listed = run.call(run.api.recent_campaigns, since)
    for one in listed:
        if one.status == "save" and one.title.endswith(mark):
            run.call(run.api.delete_campaign, one.id)
    list_id = str(payload.get("list") or "")
    while list_id and (found := run.call(run.api.find_segment, list_id, name)) is not None:
        run.call(run.api.delete_segment, list_id, found.id)
    operations.tidied(run.session, left_id)


def mark_of(token: str) -> str:
    return f"[{token}/test]"


def _remove(run: Run) -> None:
    payload = run.payload
    list_id, segment_id = str(payload.get("list")), payload.get("segment")
    if payload.get("draft") and status_of(run, _id(run)) in _DRAFTS:
        delete_draft(run, _id(run))
    if segment_id:
        run.call(run.api.delete_segment, list_id, _whole(run, "segment"))


def _find_lost(run: Run) -> RemoteCampaign | None:
    """:raises Pause: it may still appear."""
    tried, mark = _whole(run, "tried_at"), mark_of(run.operation.token)
    run.remember(doubt=True)
    listed = run.call(run.api.recent_campaigns, tried - LOOK_BACK)
    found = next((one for one in listed if one.title.endswith(mark)), None)
    left = tried + min(SETTLE, run.services.settings.settle_seconds) - run.now
    if found is None and left > 0:
        raise Pause(left, Why("waiting_settle"))
    return found


def _draft(run: Run) -> Draft:
    payload = run.payload
    title = f"{str(payload.get('title') or '')[:_TITLE]} {mark_of(run.operation.token)}"
    texts = [str(payload.get(name) or "") for name in ("subject", "from_name", "from_email")]
    return Draft(str(payload["list"]), _whole(run, "segment"), title, *texts)


def _refused(run: Run, refused: Refused) -> str:
    """MailChimp's no is told in its own words, once the draft is gone again."""
    if isinstance(refused, KeyRefused):
        raise refused
    return _fail(run, Why("trial_refused", said(refused)))


def _fail(run: Run, why: Why) -> str:
    run.remember(failure=why.as_json())
    return _CLEAN


def _id(run: Run) -> str:
    return str(run.payload["draft"])


def _whole(run: Run, name: str) -> int:
    return int(str(run.payload[name]))


def _addresses(run: Run) -> list[str]:
    found = run.payload["addresses"]
    return [str(one) for one in found] if isinstance(found, list) else []
