"""Copies the design of an existing campaign into a draft of ours.

MailChimp can copy a whole campaign (`POST /campaigns/{id}/actions/replicate`). But the copy addresses the
people of the original, a later change of the recipients may have no effect (observed by others in 2026-06:
https://github.com/Automattic/newspack-workspace/pull/221), and it has no title by which it could be found
after a lost answer. So the draft is created like every other one, with its segment and our title, and only
the content is copied: nothing else of the original can get into it.
"""

from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.designs import design_problem
from cxmc_ext.domain.rules.regions import fingerprint
from cxmc_ext.usecases.operations.context import AnyContext


class DesignUnusable(Exception):
    """The design cannot be used, or did not arrive in the draft."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def copy_design(context: AnyContext, design_id: str, draft_id: str) -> str:
    """Replaces the content of a draft by that of a campaign, and reads it back. May be repeated.

    Args:
        context: The operation.
        design_id: The campaign with the design.
        draft_id: Our draft.

    Returns:
        The HTML that the draft has now.

    Raises:
        DesignUnusable: The campaign is gone, its content is not usable, or the draft has another one then.
        MailChimpError: A call failed.
    """
    try:
        html = context.call(context.api.campaign_html, design_id)
    except NotFound as error:
        raise DesignUnusable(Problem("design_gone", error.text)) from None
    problem = design_problem(html)
    if problem:
        raise DesignUnusable(problem)
    context.call(context.api.set_html, draft_id, html)
    copied = context.call(context.api.campaign_html, draft_id)
    if fingerprint(copied) != fingerprint(html):
        raise DesignUnusable(Problem("design_not_copied"))
    return copied
