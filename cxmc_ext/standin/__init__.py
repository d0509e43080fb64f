"""A stateful, simulated MailChimp that speaks HTTP, for development, tests and the demo.

`StandinServer` runs it in a thread, `python -m cxmc_ext.standin` in a process of its own. The constants
are the API keys, ids and domains of the accounts that exist at the start.
"""

from cxmc_ext.standin.app import create_standin
from cxmc_ext.standin.seed_data import (
    AUTHOR_KEY,
    DEACTIVATED_KEY,
    DEMO_ACCOUNT,
    DEMO_KEY,
    DEMO_LIST,
    DISABLED_KEY,
    EMPTY_KEY,
    FREE_KEY,
    OAUTH_CLIENT_ID,
    OAUTH_CLIENT_SECRET,
    OTHER_KEY,
    UNVERIFIED_DOMAIN,
    VERIFIED_DOMAIN,
    VIEWER_KEY,
)
from cxmc_ext.standin.server import StandinServer
from cxmc_ext.standin.state import State
from cxmc_ext.standin.switches import Switches

__all__ = [
    "AUTHOR_KEY",
    "DEACTIVATED_KEY",
    "DEMO_ACCOUNT",
    "DEMO_KEY",
    "DEMO_LIST",
    "DISABLED_KEY",
    "EMPTY_KEY",
    "FREE_KEY",
    "OAUTH_CLIENT_ID",
    "OAUTH_CLIENT_SECRET",
    "OTHER_KEY",
    "UNVERIFIED_DOMAIN",
    "VERIFIED_DOMAIN",
    "VIEWER_KEY",
    "StandinServer",
    "State",
    "Switches",
    "create_standin",
]
