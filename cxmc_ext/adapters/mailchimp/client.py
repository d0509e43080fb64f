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
from cxmc_ext.domain.rules.api_key import datacenter_of

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
    """The API's address for this key; the host name comes from the checked datacenter only."""
    datacenter = datacenter_of(key)
    if settings.api_root and _PRINTABLE.fullmatch(key):
        return settings.api_root.removesuffix(_VERSION) + _VERSION
    if settings.api_root or datacenter is None:
        raise KeyRefused("This is not a MailChimp key.", title="API Key Invalid")
    return f"https://{datacenter}.api.mailchimp.com{_VERSION}"
