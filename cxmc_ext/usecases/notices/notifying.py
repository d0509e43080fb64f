"""Brings notices to users, if the Host has `notify` (`Notifier`)."""

import logging
from functools import partial

from cxmc_ext.db.queries import notices
from cxmc_ext.domain.notices import Notice, NoticeKind
from cxmc_ext.domain.notifications import NOTIFICATION_OF_NOTICE, Notification, NotificationFacts
from cxmc_ext.domain.people import Right
from cxmc_ext.domain.ports.host import Notifier
from cxmc_ext.domain.problems import problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.notices.daily_clicks import daily_clicks_of

# Seconds that the Host has for one notification before another worker may take over.
_LEASE = 60
_ABOUT_THE_ACCOUNT = {NoticeKind.KEY_REFUSED, NoticeKind.ACCOUNT_DISABLED}

_log = logging.getLogger(__name__)


def notify(services: Services, notice: Notice, mailing_id: int | None) -> None:
    """Hands a notice to the Host as a notification, if it is one that users are told.

    The caller commits, so what the Host writes is stored exactly once. An exception is logged, and the
    notification is not brought again.
    """
    if notice.kind not in NOTIFICATION_OF_NOTICE:
        return
    if not notices.lock(services.session(), notice.id, _LEASE):
        return
    try:
        services = services.for_account(notice.account_ref)
        if isinstance(services.host, Notifier):
            notification = _notification(services, notice, mailing_id)
            if notification is not None:
                services.host.notify(notification)
            services.session().flush()
    except Exception:  # noqa: BLE001 - the Host's; other notices are told all the same
        services.session().rollback()
        _log.exception("The notification of “%s” failed", notice.kind)


def _notification(
    services: Services, notice: Notice, mailing_id: int | None
) -> Notification | None:
    if notice.kind is NoticeKind.DAILY_CLICKS:
        clicks = daily_clicks_of(services, notice)
        return None if clicks is None else _made(services, notice, *clicks, notice.user_id)
    about = notices.subject(services.session(), mailing_id, notice.operation_id)
    facts = NotificationFacts(
        NOTIFICATION_OF_NOTICE[notice.kind],
        about.title,
        about.recipients,
        problems_from_json(about.problems),
    )
    return _made(services, notice, facts, notice.campaign_ref, about.actor_id or None)


def _made(
    services: Services,
    notice: Notice,
    facts: NotificationFacts,
    campaign_ref: str | None,
    user_id: str | None,
) -> Notification:
    return Notification(
        kind=facts.kind,
        id=f"{notice.kind}-{notice.id}-{notice.at}",
        at=notice.at,
        account_ref=notice.account_ref,
        user_id=user_id,
        right=Right.CONFIGURE if notice.kind in _ABOUT_THE_ACCOUNT else Right.SEND,
        campaign_ref=campaign_ref,
        _render=partial(services.render_notification, facts),
    )
