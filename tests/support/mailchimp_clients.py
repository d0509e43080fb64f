"""Settings with short timeouts, and clients that use them."""

from typing import Any

from cxmc_ext.adapters.limiter import Limiter, LocalLimiter
from cxmc_ext.adapters.mailchimp.client import MailChimpClient, client_factory
from cxmc_ext.config import Settings, read_settings

KEY = "0123456789abcdef0123456789abcdef-us21"


def settings_for(root: str = "", **config: Any) -> Settings:
    return read_settings(
        {"CXMC_API_ROOT": root, "CXMC_READ_TIMEOUT": 2, "CXMC_BATCH_TIMEOUT": 2, **config}
    )


def client_for(
    root: str = "", key: str = KEY, limiter: Limiter | None = None, **config: Any
) -> MailChimpClient:
    client = client_factory(settings_for(root, **config), limiter or LocalLimiter(8))(key, 1)
    assert isinstance(client, MailChimpClient)
    return client
