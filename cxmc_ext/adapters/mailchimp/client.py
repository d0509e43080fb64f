"""The client of one account, and which server its key may be sent to."""

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

# With CXMC_API_ROOT any printable text may be a key: the stand-in accepts short ones such as “Demo”.
_PRINTABLE = re.compile(r"[^\x00-\x20\x7f]{1,200}")
_VERSION = "/3.0"


class MailChimpClient(AccountEndpoints, MemberEndpoints, CampaignEndpoints, ReportEndpoints):
    """Implements `cxmc_ext.domain.ports.mailchimp.MailChimp` over HTTP."""


def client_factory(settings: Settings, limiter: Limiter) -> ClientFactory:
    """Creates the factory of clients for one app.

    Args:
        settings: Timeouts, number of connections and CXMC_API_ROOT.
        limiter: Limits concurrent calls per account.

    Returns:
        A factory that raises KeyRefused for a text that is not a key, before any connection.
    """

    def create_client(key: str, account_row: int) -> MailChimp:
        root = _api_root(key, settings)
        return MailChimpClient(HttpSession(root, key, account_row, settings, limiter))

    return create_client


def _api_root(key: str, settings: Settings) -> str:
    """The root of the API for this key; the host name comes only from the checked datacenter."""
    datacenter = datacenter_of(key)
    if settings.api_root and _PRINTABLE.fullmatch(key):
        return settings.api_root.removesuffix(_VERSION) + _VERSION
    if settings.api_root or datacenter is None:
        raise KeyRefused("This is not a MailChimp key.", title="API Key Invalid")
    return f"https://{datacenter}.api.mailchimp.com{_VERSION}"
