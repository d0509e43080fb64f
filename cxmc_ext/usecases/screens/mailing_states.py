"""What each state of the tab shows, as one frozen dataclass per state."""

from dataclasses import dataclass

from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.screens.form import ReadinessItem
from cxmc_ext.usecases.screens.models import CampaignSummary


@dataclass(frozen=True, slots=True)
class NotReadyScreen:
    """Refused as it is."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    readiness: tuple[ReadinessItem, ...]
    code_sent_for: str = ""


@dataclass(frozen=True, slots=True)
class AttentionScreen:
    """A person must look."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    can_delete: bool


@dataclass(frozen=True, slots=True)
class ScheduledScreen:
    """Waits at MailChimp for its time."""

    summary: CampaignSummary
    send_at: int


@dataclass(frozen=True, slots=True)
class InMailChimpScreen:
    """Ready; a person presses Send Now over there."""

    summary: CampaignSummary


@dataclass(frozen=True, slots=True)
class CancelledScreen:
    """Delivery was stopped in MailChimp."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
