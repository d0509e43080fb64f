"""The editable regions of the chosen template, as fields of the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cxmc_ext.db.queries.template_content import ContentFacts
from cxmc_ext.domain.blocks import FilledBlock
from cxmc_ext.domain.rules.blocks import blocks_from_text, rendered
from cxmc_ext.domain.rules.regions import clean_region
from cxmc_ext.domain.rules.texts import json_object


@dataclass(frozen=True, slots=True)
class RegionField:
    """One editable region; `html` is what its field contains."""

    name: str
    html: str
    block: FilledBlock | None = None
    """The block that fills the region instead."""

    @property
    def rows(self) -> int:
        """How many lines the field has."""
        return min(max(self.html.count("\n") + len(self.html) // 80 + 2, 3), 16)


def region_fields(
    content: ContentFacts | None, typed: Mapping[str, str], blocks: Mapping[str, FilledBlock]
) -> tuple[RegionField, ...]:
    """The fields of a template that was read, with what was typed in them, in the template's order."""
    regions = content.regions if content else {}
    return tuple(
        RegionField(name, clean_region(typed.get(name, html)), blocks.get(name))
        for name, html in regions.items()
    )


class FormWithRegions(Protocol):
    """The fields of the form that are about regions."""

    @property
    def template_id(self) -> str:
        """The chosen template."""

    @property
    def regions(self) -> str:
        """What was typed: {name: HTML} in JSON."""

    @property
    def blocks(self) -> str:
        """The blocks that fill regions, in JSON."""

    @property
    def regions_of(self) -> str:
        """The template whose regions they are."""


def typed_regions(form: FormWithRegions) -> dict[str, str]:
    """What the regions of the chosen template contain: what was typed, and what blocks fill in."""
    if form.regions_of != form.template_id:
        return {}
    return regions_from_text(form.regions) | rendered(typed_blocks(form))


def typed_blocks(form: FormWithRegions) -> dict[str, FilledBlock]:
    """The blocks that fill regions of the chosen template."""
    return blocks_from_text(form.blocks) if form.regions_of == form.template_id else {}


def regions_from_text(text: str) -> dict[str, str]:
    """What was typed, as the form keeps it: {name: HTML} in JSON. Anything else is nothing."""
    return {name: html for name, html in json_object(text).items() if isinstance(html, str)}
