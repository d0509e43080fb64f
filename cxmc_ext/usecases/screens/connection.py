"""The connected MailChimp account: what the tab and its settings show of it."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.usecases.screens.models import account_of


@dataclass(frozen=True, slots=True)
class Connection:
    """The stored API key as it may be shown; never the key itself."""

    account_name: str
    dc: str
    key_tail: str
    connected_at: int | None
    connected_by: str
    audience_name: str
    plan: str
    key_refused: bool


@dataclass(frozen=True, slots=True)
class NotConnectedScreen:
    """There is no usable key or no template: nothing can be sent yet."""

    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SettingsScreen:
    """The form for the API key."""

    connection: Connection | None
    audiences: tuple[tuple[str, str], ...]
    """(id, name) of the audiences to choose from, where the plan does not allow one of our own."""


def connection_of(account: Account) -> Connection | None:
    """Describe the stored key; None when there is none."""
    if not account.sealed_key:
        return None
    return Connection(
        account_name=account.remote_account_name,
        dc=account.key_datacenter,
        key_tail=account.key_tail,
        connected_at=account.key_stored_at,
        connected_by=account.key_stored_by,
        audience_name=account.list_name,
        plan=account.plan,
        key_refused=account.key_refused,
    )


def build_settings(rows: CampaignRows) -> SettingsScreen:
    """Build the form for the API key."""
    account = account_of(rows)
    audiences = tuple((str(each["id"]), str(each["name"])) for each in account.audiences or ())
    return SettingsScreen(connection_of(account), audiences)
