"""How an operation ended that a page was following."""

from dataclasses import dataclass, replace

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operation_payloads import ConnectPayload, FollowUpPayload
from cxmc_ext.domain.operations import OperationKind, OperationState, spec_of
from cxmc_ext.domain.problems import Problem, problems_from_json


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """How an operation on the account ended that the page was following."""

    kind: OperationKind
    state: OperationState
    problems: tuple[Problem, ...]
    opt_outs_reported: int = 0
    """For “Initialize”: how many members of the audience may not be mailed."""
    opt_outs_known: int = 0
    """Of these, how many were known before."""
    created: FollowUpPayload | None = None
    """The campaign that it created."""


def describe_ended(operation: Operation) -> EndedOperation:
    """Describes how an operation on the account ended, and what it found or created."""
    ended = EndedOperation(
        kind=OperationKind(operation.kind),
        state=OperationState(operation.state),
        problems=problems_from_json(operation.problems),
    )
    payload = spec_of(operation.kind).payload.from_json(operation.payload or {})
    if isinstance(payload, ConnectPayload):
        reported, known = payload.opt_outs_reported, payload.opt_outs_known
        return replace(ended, opt_outs_reported=reported, opt_outs_known=known)
    if isinstance(payload, FollowUpPayload) and payload.campaign_ref:
        return replace(ended, created=payload)
    return ended
