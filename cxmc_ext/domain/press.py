"""A press of a button: who, on what, and which press it is."""

from dataclasses import dataclass

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import User


@dataclass(frozen=True, slots=True)
class Press:
    """A user pressed a button. The web layer's access check builds it once per request.

    Attributes:
        actor: Who pressed.
        nonce: Identifies the press. The same nonce again is the same press: nothing is done twice.
            The command line has a new one for each call.
        campaign_ref: The Host campaign it was pressed on; empty for a press on the account.
        campaign: That campaign, if the access check has loaded it for this user.
    """

    actor: User
    nonce: str = ""
    campaign_ref: str = ""
    campaign: Campaign | None = None
