"""Campaigns of the MailChimp account whose design can be used instead of a template.

Templates of the new builder cannot be applied through the API, but the content of a campaign that was made
with one can be read. So such a campaign stands among the templates: a row of `Account.templates` with its id
as `campaign`. Its own id is the negative number of the campaign in MailChimp's links, which no template has.
"""

from collections.abc import Iterable, Sequence

from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import RemoteCampaign, Template
from cxmc_ext.domain.rules.importable import is_our_title
from cxmc_ext.usecases.operations.context import AnyContext

_MAX_DESIGNS = 50
_PERIOD = 2 * 365 * 86400


def read_designs(context: AnyContext, templates: Sequence[Template]) -> list[RemoteCampaign]:
    """The newest campaigns that this module did not create (`GET /campaigns`), none older than two years.

    No call is made for an account whose templates can all be applied.
    """
    if templates and all(template.usable for template in templates):
        return []
    campaigns = context.call(context.api.recent_campaigns, context.now - _PERIOD)
    usable = [each for each in campaigns if each.web_id and not is_our_title(each.title)]
    return usable[:_MAX_DESIGNS]


def design_rows(designs: Iterable[RemoteCampaign]) -> list[Json]:
    """Designs as the account's row stores them among its templates."""
    return [
        {
            "id": -design.web_id,
            "name": design.title or design.subject or design.id,
            "thumbnail": "",
            "edited_at": design.send_time or design.create_time,
            "usable": True,
            "campaign": design.id,
        }
        for design in designs
    ]
