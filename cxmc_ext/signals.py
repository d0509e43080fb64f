"""Signals for the Host's own code (https://blinker.readthedocs.io), sent after the commit by a worker.

A listener gets the app and a `cxmc_ext.Notice`::

    from cxmc_ext import signals


    @signals.sent.connect
    def on_sent(app, notice):
        ...

Each notice is told at least once. It runs in an app context without a request, commits what it writes, and
should be quick. An exception is logged and stops nothing.
"""

import logging

from blinker import Namespace
from flask import Flask

from cxmc_ext.domain.notices import Notice, NoticeKind

_signals = Namespace()

activated = _signals.signal(NoticeKind.ACTIVATED)
connected = _signals.signal(NoticeKind.CONNECTED)
sent = _signals.signal(NoticeKind.SENT)
scheduled = _signals.signal(NoticeKind.SCHEDULED)
unscheduled = _signals.signal(NoticeKind.UNSCHEDULED)
cancelled = _signals.signal(NoticeKind.CANCELLED)
needs_attention = _signals.signal(NoticeKind.NEEDS_ATTENTION)
failed = _signals.signal(NoticeKind.FAILED)
key_refused = _signals.signal(NoticeKind.KEY_REFUSED)
account_disabled = _signals.signal(NoticeKind.ACCOUNT_DISABLED)
events_stored = _signals.signal(NoticeKind.EVENTS_STORED)
opted_out = _signals.signal(NoticeKind.OPTED_OUT)
opted_in = _signals.signal(NoticeKind.OPTED_IN)
address_failed = _signals.signal(NoticeKind.ADDRESS_FAILED)
daily_clicks = _signals.signal(NoticeKind.DAILY_CLICKS)
erased = _signals.signal(NoticeKind.ERASED)

__all__ = [*NoticeKind]

_log = logging.getLogger(__name__)


def send(app: Flask, notice: Notice) -> None:
    """Calls the listeners of a notice, each on its own: one that raises stops none of the others."""
    for listener in _signals[notice.kind].receivers_for(app):
        try:
            listener(app, notice=notice)
        except Exception:  # noqa: BLE001 - logged; the others are called all the same
            _log.exception("A listener of the signal %s failed", notice.kind)
