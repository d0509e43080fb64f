"""The lists in a sent mail, and how often each of their entries was clicked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.rules.blocks import blocks_from_json
from cxmc_ext.domain.rules.stored_figures import list_of, stored_count


@dataclass(frozen=True, slots=True)
class ReportItem:
    """An entry of a list: its clicks, the people who clicked it, and the id of a link that selects them."""

    title: str
    clicks: int | None = 0
    people: int | None = 0
    id: int | None = None


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """A list in the order of the mail."""

    title: str
    items: tuple[ReportItem, ...]


def report_blocks(mailing: Mailing, report: Mapping[str, Any]) -> tuple[ReportBlock, ...]:
    """The lists of a mailing's mail, with the figures of its last report."""
    rows = [list_of(row) for row in list_of(report.get("items"))]
    figures = {
        str(row[0]): [stored_count(value) for value in row[1:]] for row in rows if len(row) == 4
    }
    shown = (
        block
        for region, block in blocks_from_json(mailing.blocks).items()
        if region in mailing.regions
    )
    return tuple(
        ReportBlock(
            block.title,
            tuple(ReportItem(item.title, *figures.get(item.ref, ())) for item in block.items),
        )
        for block in shown
    )
