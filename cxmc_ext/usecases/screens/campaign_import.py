"""What the screens say about campaigns that were created in MailChimp itself."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.operation_payloads import ImportPayload
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import account_scope
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status
from cxmc_ext.usecases.sending.follow_up import campaign_creator


@dataclass(frozen=True, slots=True)
class CampaignImport:
    """The campaigns that can be imported, and the last import."""

    count: int
    """How many can be imported; 0 where the Host cannot create campaigns."""
    operation: OperationStatus | None = None
    imported: int = 0
    """How many the last import has imported."""

    @property
    def is_running(self) -> bool:
        """Whether campaigns are being imported."""
        return self.operation is not None and self.operation.active

    @property
    def is_visible(self) -> bool:
        """Whether there is anything to say."""
        has_problems = self.operation is not None and bool(self.operation.problems)
        return bool(self.count or self.imported or self.is_running or has_problems)


NOTHING_TO_IMPORT = CampaignImport(0)


def importable_count(services: Services, viewer: Viewer, stored: int) -> int:
    """How many campaigns a viewer can import, given how many there are."""
    may_import = Right.CONFIGURE in viewer.rights and campaign_creator(services) is not None
    return stored if may_import else 0


def build_campaign_import(services: Services, account: Account) -> CampaignImport:
    """Describes it for the page of the account; wakes a worker if none is working on the import."""
    if campaign_creator(services) is None or not account.sealed_key:
        return NOTHING_TO_IMPORT
    scope = account_scope(account.id, OperationKind.CAMPAIGN_IMPORT)
    operation = operations.get_latest(services.session(), scope)
    payload = ImportPayload.from_json(operation.payload or {}) if operation else ImportPayload()
    return CampaignImport(
        count=account.importable_campaigns,
        operation=operation_status(services, operation) if operation else None,
        imported=payload.imported,
    )
