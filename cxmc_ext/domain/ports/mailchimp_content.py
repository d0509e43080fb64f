"""The content of templates and campaigns as the extension uses it: one method per endpoint."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

NO_REGIONS: Mapping[str, str] = MappingProxyType({})


class MailChimpContent(Protocol):
    """The part of `MailChimp` about content; the same rules apply."""

    def campaign_html(self, remote_id: str) -> str:
        """Reads the HTML of a campaign: `GET /campaigns/{remote_id}/content`."""

    def template_regions(self, template_id: int) -> Mapping[str, str]:
        """Reads the editable regions of a template: `GET /templates/{template_id}/default-content`.

        Returns:
            The HTML of each region by its name (`mc:edit`); empty for a template without any.

        Raises:
            NotFound: The template was deleted, or belongs to another account.
        """

    def set_template(
        self, remote_id: str, template_id: int, regions: Mapping[str, str] = NO_REGIONS
    ) -> None:
        """Replaces the content of a draft: `PUT /campaigns/{remote_id}/content`. May be repeated.

        Args:
            remote_id: The draft.
            template_id: The template.
            regions: HTML to replace editable regions with. MailChimp ignores names that the template does
                not have, without an error: read the content back.
        """

    def set_html(self, remote_id: str, html: str) -> None:
        """Replaces the content of a draft by HTML: `PUT /campaigns/{remote_id}/content`. May be repeated."""
