"""The screens of a created campaign that is not being worked on, one per state of the mailing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.usecases.screens.form import ReadinessItem, domain_readiness
from cxmc_ext.usecases.screens.models import mailing_of
from cxmc_ext.usecases.screens.summary import CampaignSummary, summarize


@dataclass(frozen=True, slots=True)
class NotReadyScreen:
    """The campaign exists in MailChimp or was refused there; it cannot be sent as it is."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    readiness: tuple[ReadinessItem, ...]
    code_sent_for: str = ""
    """The domain for which MailChimp has mailed a verification code."""


@dataclass(frozen=True, slots=True)
class AttentionScreen:
    """The work stopped, and a person has to decide what happens next."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]
    can_delete: bool


@dataclass(frozen=True, slots=True)
class InMailChimpScreen:
    """The campaign is complete; a person presses “Send Now” in MailChimp."""

    summary: CampaignSummary


@dataclass(frozen=True, slots=True)
class CancelledScreen:
    """Delivery was stopped in MailChimp."""

    summary: CampaignSummary
    problems: tuple[Problem, ...]


StateScreen: TypeAlias = NotReadyScreen | AttentionScreen | InMailChimpScreen | CancelledScreen


def build_state_screen(rows: CampaignRows, state: MailingState) -> StateScreen:
    """Builds the screen of a mailing in one of these states; the other screens are built elsewhere."""
    return _BUILDERS[state](rows)


def _not_ready(rows: CampaignRows) -> StateScreen:
    domain, code_sent_for = domain_readiness(rows, mailing_of(rows).from_email)
    return NotReadyScreen(
        summary=_summary(rows),
        problems=_problems(rows),
        readiness=(domain,) if domain.tone == "bad" else (),
        code_sent_for=code_sent_for,
    )


def _attention(rows: CampaignRows) -> StateScreen:
    can_delete = mailing_of(rows).state == MailingState.ATTENTION
    return AttentionScreen(_summary(rows), _problems(rows), can_delete)


def _in_mailchimp(rows: CampaignRows) -> StateScreen:
    return InMailChimpScreen(_summary(rows))


def _cancelled(rows: CampaignRows) -> StateScreen:
    return CancelledScreen(_summary(rows), problems_from_json(mailing_of(rows).problems))


def _summary(rows: CampaignRows) -> CampaignSummary:
    return summarize(mailing_of(rows), rows.operation)


def _problems(rows: CampaignRows) -> tuple[Problem, ...]:
    """The problems of the mailing, else those with which its newest operation ended."""
    operation_problems = problems_from_json(rows.operation.problems) if rows.operation else ()
    return problems_from_json(mailing_of(rows).problems) or operation_problems


# PREPARING and SEND_INTENT without an active operation should not occur, so a person has to look.
_BUILDERS: Mapping[MailingState, Callable[[CampaignRows], StateScreen]] = {
    MailingState.PREPARING: _attention,
    MailingState.NOT_READY: _not_ready,
    MailingState.SEND_INTENT: _attention,
    MailingState.IN_MAILCHIMP: _in_mailchimp,
    MailingState.CANCELLED: _cancelled,
    MailingState.ATTENTION: _attention,
}
