"""The connected MailChimp account: what the tab and its settings show of it."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations
from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.contacts import OptOutForwarding
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.domain.problems import Problem, problem_from_json
from cxmc_ext.domain.rules.merge_fields import fields_from_json, written_fields
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.webhook import WebhookState, webhook_state
from cxmc_ext.usecases.operations.requests import account_scope
from cxmc_ext.usecases.screens.campaign_import import (
    NOTHING_TO_IMPORT,
    CampaignImport,
    build_campaign_import,
)
from cxmc_ext.usecases.screens.models import account_of
from cxmc_ext.usecases.screens.outcome import EndedOperation, describe_ended
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status


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
    disabled: bool
    """MailChimp has deactivated the account."""
    merge_fields: tuple[AudienceField, ...]
    """The fields that get values of the CRM."""
    missing_fields: tuple[Problem, ...]
    """Why a field could not be added."""
    required_fields: tuple[AudienceField, ...]
    """Required fields that somebody else made; they stay empty."""


@dataclass(frozen=True, slots=True)
class NotConnectedScreen:
    """There is no usable key or no template: nothing can be sent yet."""

    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SettingsScreen:
    """The form for the API key, in the tab."""

    connection: Connection | None
    audiences: tuple[tuple[str, str], ...]
    """(id, name) of the audiences to choose from, where the plan does not allow one of our own."""
    webhook: WebhookState
    webhook_problem: Problem | None
    """Why MailChimp could not register or delete the webhook."""
    opt_out_forwarding: OptOutForwarding
    """What happens at MailChimp to members who opted out in the CRM."""

    @property
    def may_keep_key(self) -> bool:
        """Whether “Initialize” works without pasting a key: with the one in use."""
        return self.connection is not None and not self.connection.key_refused


@dataclass(frozen=True, slots=True)
class ConnectionScreen(SettingsScreen):
    """The page of the account, from which it is connected without a campaign."""

    active: bool
    """The module is activated."""
    operation: OperationStatus | None
    """The connection in progress, or why the last one failed."""
    contact_limit: int = 0
    """How many contacts the plan allows; 0: unknown."""
    contacts_used: int | None = None
    """How many it counts; None: not read yet."""
    campaign_import: CampaignImport = NOTHING_TO_IMPORT
    connected: EndedOperation | None = None
    """The connection that the page followed until it succeeded."""

    @property
    def ready(self) -> bool:
        """Whether campaigns can be sent."""
        return self.active and self.connection is not None and not self.connection.key_refused


def connection_of(account: Account) -> Connection | None:
    """Describes the stored key; None when there is none."""
    if not account.sealed_key:
        return None
    fields = fields_from_json(account.merge_fields)
    return Connection(
        account_name=account.remote_account_name,
        dc=account.key_datacenter,
        key_tail=account.key_tail,
        connected_at=account.key_stored_at,
        connected_by=account.key_stored_by,
        audience_name=account.list_name,
        plan=account.plan,
        key_refused=account.key_refused,
        disabled=account.disabled_at is not None,
        merge_fields=written_fields(fields),
        missing_fields=tuple(
            Problem("merge_field_missing", field.fault, {"name": field.name})
            for field in fields
            if not field.tag
        ),
        required_fields=tuple(field for field in fields if field.required and not field.source),
    )


def build_settings(services: Services, rows: CampaignRows) -> SettingsScreen:
    """Builds the form for the API key."""
    return SettingsScreen(*_account_parts(services, account_of(rows)))


def build_connection(
    services: Services, followed_operation_id: int | None = None
) -> ConnectionScreen:
    """Builds the page of the account; wakes a worker if none is working on the connection.

    Args:
        services: The services of the account.
        followed_operation_id: The connection in progress that the page has shown.
    """
    account = tab_queries.account_rows(services.session(), services.account_ref).account
    if account is None:
        account = Account(
            state=AccountState.INACTIVE,
            audiences=[],
            webhook_id="",
            opt_out_forwarding=OptOutForwarding.OFF,
        )
        return ConnectionScreen(*_account_parts(services, account), active=False, operation=None)
    scope = account_scope(account.id, OperationKind.CONNECT)
    operation = operations.get_latest(services.session(), scope)
    status = operation_status(services, operation) if operation else None
    has_connected = (
        operation is not None
        and operation.id == followed_operation_id
        and operation.state == OperationState.DONE
    )
    return ConnectionScreen(
        *_account_parts(services, account),
        active=account.state != AccountState.INACTIVE,
        operation=status if status and (status.active or status.problems) else None,
        contact_limit=account.contact_limit,
        contacts_used=account.contacts_used if account.contacts_read_at else None,
        campaign_import=build_campaign_import(services, account),
        connected=describe_ended(operation) if operation and has_connected else None,
    )


def _account_parts(
    services: Services, account: Account
) -> tuple[
    Connection | None, tuple[tuple[str, str], ...], WebhookState, Problem | None, OptOutForwarding
]:
    audiences = tuple((str(each["id"]), str(each["name"])) for each in account.audiences or ())
    problem = problem_from_json(account.webhook_problem) if account.webhook_problem else None
    state = webhook_state(services.settings, account)
    forwarding = OptOutForwarding(account.opt_out_forwarding)
    return connection_of(account), audiences, state, problem, forwarding
