"""Helpers of these tests: a MailChimp made of raw sockets, clients to call it, a real Redis."""

from typing import Any

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp.client import MailChimpClient, client_factory
from cxmc_ext.config import Settings, read_settings

KEY = "0123456789abcdef0123456789abcdef-us21"


def settings_for(root: str = "", **more: Any) -> Settings:
    return read_settings(
        {"CXMC_API_ROOT": root, "CXMC_READ_TIMEOUT": 2, "CXMC_BATCH_TIMEOUT": 2, **more}
    )


def client_for(root: str = "", key: str = KEY, **more: Any) -> MailChimpClient:
    client = client_factory(settings_for(root, **more), LocalLimiter(8))(key, 1)
    assert isinstance(client, MailChimpClient)
    return client
