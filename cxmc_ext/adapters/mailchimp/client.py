"""The MailChimp port over HTTP: the client of one account, and where its key may go."""

import re

from cxmc_ext.adapters.limiter import Limiter
from cxmc_ext.adapters.mailchimp.account import AccountEndpoints
from cxmc_ext.adapters.mailchimp.campaigns import CampaignEndpoints
from cxmc_ext.adapters.mailchimp.http_session import HttpSession
from cxmc_ext.adapters.mailchimp.members import MemberEndpoints
from cxmc_ext.adapters.mailchimp.reports import ReportEndpoints
from cxmc_ext.config import Settings
from cxmc_ext.domain.errors import KeyRefused
from cxmc_ext.domain.ports.mailchimp import ClientFactory, MailChimp

_KEY = re.compile(r"[0-9a-f]{32}-([a-z]{2}[0-9]{1,3})", re.ASCII)
_PRINTABLE = re.compile(r"[^\x00-\x20\x7f]{1,200}")
_VERSION = "/3.0"


class MailChimpClient(AccountEndpoints, MemberEndpoints, CampaignEndpoints, ReportEndpoints):
    """One account through one key; its methods are those of domain.ports.MailChimp."""


def client_factory(settings: Settings, limiter: Limiter) -> ClientFactory:
    """The factory of clients that the use cases are handed.

    It raises KeyRefused, before any socket is opened, for a text that is not a key.
    """

    def client(key: str, account_row: int) -> MailChimp:
        return MailChimpClient(
            HttpSession(_root(key, settings), key, account_row, settings, limiter)
        )

    return client


def _root(key: str, settings: Settings) -> str:
    """The host comes from the match alone: a key's tail is typed text and may name any server."""
    if settings.api_root:
        fits = _PRINTABLE.fullmatch(key)
        root = settings.api_root.removesuffix(_VERSION)
    else:
        fits = _KEY.fullmatch(key)
        root = f"https://{fits[1]}.api.mailchimp.com" if fits else ""
    if fits is None:
        raise KeyRefused("This is not a MailChimp key.", title="API Key Invalid")
    return root + _VERSION
