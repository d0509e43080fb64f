"""Steps of “Send test” and “Preview”: a draft that addresses nobody, used once and thrown away.

The mailing and its own draft are never touched. The draft's segment is empty, which is read back before
anything is asked of it; its title carries the token by which the broom finds it after a crash.
"""

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations, template_content
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import Draft, RemoteCampaign
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem, problem_from_json
from cxmc_ext.usecases.operations.context import LISTING_DELAY, OperationContext
from cxmc_ext.usecases.operations.outcomes import MAX_ATTEMPTS
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, error_text
from cxmc_ext.usecases.sending.remote_status import LIST_MARGIN, delete_draft, read_status
from cxmc_ext.usecases.sending.segment import segment_name

MAX_TEMPLATE_LENGTH = 2_000_000
"""Characters of a template that is kept for the preview."""
_CLEAN = "clean"
_DRAFTS = ("save", "paused")
_TITLE = 80


def create_empty_segment(run: OperationContext) -> str | None:
    """An empty segment: whatever happens to the draft, it addresses nobody."""
    list_id, name = run.account.list_id, segment_name(run.operation.title_token, 1)
    found = None
    if run.payload.get("list"):
        run.commit_progress(doubt=True)
        found = run.call(run.api.find_segment, list_id, name)
    else:
        run.commit_progress(list=list_id)
    try:
        made = found or run.call(run.api.create_segment, list_id, name, [])
    except Refused as refused:
        return _fail_refused(run, refused)
    run.commit_progress(segment=made.id)
    return None


def create_draft(run: OperationContext) -> str | None:
    """After a lost answer it is looked for by the token in its title."""
    found = _find_lost(run) if run.payload.get("tried_at") else None
    run.commit_progress(tried_at=run.now)
    try:
        made = found or run.call(run.api.create_campaign, _draft(run))
    except Refused as refused:
        return _fail_refused(run, refused)
    run.commit_progress(draft=made.id)
    return None


def set_content(run: OperationContext) -> str | None:
    try:
        run.call(run.api.set_template, _id(run), _whole(run, "template"))
    except NotFound as gone:
        return _fail(run, Problem("test_mail_template_gone", error_text(gone)))
    except Refused as refused:
        return _fail_refused(run, refused)
    return None


def verify_no_recipients(run: OperationContext) -> str | None:
    """Reads back whom the draft addresses: nobody, or it is not used."""
    try:
        found = run.call(run.api.campaign, _id(run))
    except Refused as refused:
        return _fail_refused(run, refused)
    meant = (run.payload["list"], run.payload["segment"])
    if found.status not in _DRAFTS or (found.list_id, found.segment_id) != meant:
        return _fail(run, Problem("test_mail_unsafe"))
    return _fail(run, Problem("test_mail_unsafe")) if found.recipient_count else None


def send_test(run: OperationContext) -> str | None:
    """Asks once. Without an answer it is not asked again: a person looks into the mailbox first."""
    if run.payload.get("asked"):
        return _fail(run, Problem("test_unknown"))
    run.commit_progress(asked=True)
    try:
        run.call(run.api.send_test_mail, _id(run), _addresses(run))
    except Refused as refused:
        return _fail_refused(run, refused)
    except MailChimpError as error:
        if error.outcome == "unknown":
            return _fail(run, Problem("test_unknown"))
        run.commit_progress(asked=False)
        raise
    return None


def read_html(run: OperationContext) -> str | None:
    """What the template holds, kept for everybody who previews it."""
    try:
        html = run.call(run.api.campaign_html, _id(run))
    except Refused as refused:
        return _fail_refused(run, refused)
    if len(html) > MAX_TEMPLATE_LENGTH:
        return _fail(run, Problem("preview_long"))
    template_content.store(run.session, run.account.id, _whole(run, "template"), html, run.now)
    run.commit()
    return None


def clean_up(run: OperationContext) -> str:
    """Draft and segment go. What could not be removed, or may still appear, is left to the broom."""
    try:
        _remove(run)
    except KeyRefused:
        raise
    except MailChimpError:
        if run.operation.attempts + 1 < MAX_ATTEMPTS:
            raise
        return "leave"
    return "leave" if run.payload.get("doubt") else operations.CLEANED_UP_STEP


def report_result(run: OperationContext) -> None:
    """How it ended, now that nothing is left of it."""
    failure = problem_from_json(run.payload.get("failure"))
    raise (
        StopOperation(OperationState.FAILED, failure)
        if failure
        else StopOperation(OperationState.DONE)
    )


def sweep_draft(run: OperationContext, left: Operation) -> None:
    """Removes what an ended trial left. The caller commits."""
    payload, mark, name = (
        left.payload,
        title_marker(left.title_token),
        segment_name(left.title_token, 1),
    )
    left_id, since = left.id, left.created_at - LIST_MARGIN
    listed = run.call(run.api.recent_campaigns, since)
    for one in listed:
        if one.status == "save" and one.title.endswith(mark):
            run.call(run.api.delete_campaign, one.id)
    list_id = str(payload.get("list") or "")
    while list_id and (found := run.call(run.api.find_segment, list_id, name)) is not None:
        run.call(run.api.delete_segment, list_id, found.id)
    operations.mark_cleaned_up(run.session, left_id)


def title_marker(token: str) -> str:
    return f"[{token}/test]"


def _remove(run: OperationContext) -> None:
    payload = run.payload
    list_id, segment_id = str(payload.get("list")), payload.get("segment")
    if payload.get("draft") and read_status(run, _id(run)) in _DRAFTS:
        delete_draft(run, _id(run))
    if segment_id:
        run.call(run.api.delete_segment, list_id, _whole(run, "segment"))


def _find_lost(run: OperationContext) -> RemoteCampaign | None:
    """:raises Pause: it may still appear."""
    tried, mark = _whole(run, "tried_at"), title_marker(run.operation.title_token)
    run.commit_progress(doubt=True)
    listed = run.call(run.api.recent_campaigns, tried - LIST_MARGIN)
    found = next((one for one in listed if one.title.endswith(mark)), None)
    left = tried + min(LISTING_DELAY, run.services.settings.settle_seconds) - run.now
    if found is None and left > 0:
        raise RetryLater(left, Problem("waiting_settle"))
    return found


def _draft(run: OperationContext) -> Draft:
    payload = run.payload
    title = f"{str(payload.get('title') or '')[:_TITLE]} {title_marker(run.operation.title_token)}"
    texts = [str(payload.get(name) or "") for name in ("subject", "from_name", "from_email")]
    return Draft(str(payload["list"]), _whole(run, "segment"), title, *texts)


def _fail_refused(run: OperationContext, refused: Refused) -> str:
    """MailChimp's no is told in its own words, once the draft is gone again."""
    if isinstance(refused, KeyRefused):
        raise refused
    return _fail(run, Problem("test_mail_refused", error_text(refused)))


def _fail(run: OperationContext, why: Problem) -> str:
    run.commit_progress(failure=why.to_json())
    return _CLEAN


def _id(run: OperationContext) -> str:
    return str(run.payload["draft"])


def _whole(run: OperationContext, name: str) -> int:
    return int(str(run.payload[name]))


def _addresses(run: OperationContext) -> list[str]:
    found = run.payload["addresses"]
    return [str(one) for one in found] if isinstance(found, list) else []
