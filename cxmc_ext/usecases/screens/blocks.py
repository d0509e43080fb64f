"""The lists that a campaign offers for the regions of its mail, and what the form says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cxmc_ext.db.queries.template_content import ContentFacts
from cxmc_ext.domain.blocks import Block, FilledBlock
from cxmc_ext.domain.errors import HostError, Invalid
from cxmc_ext.domain.ports.blocks import BlockHost
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.blocks import (
    MAX_REF_LENGTH,
    UnusedItem,
    blocks_to_text,
    fill,
    is_outdated,
    moved,
    refreshed,
    rendered,
    unused_items,
    without,
)
from cxmc_ext.domain.rules.regions import regions_problem
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.usecases.screens.form_values import SendForm
from cxmc_ext.usecases.screens.regions import regions_from_text, typed_blocks


@dataclass(frozen=True, slots=True)
class OfferedBlocks:
    """The lists that the CRM offers now. Nothing is asked of it for a template without regions."""

    by_ref: Mapping[str, Block] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    """The titles of the lists in the form that the CRM has changed since."""

    def is_outdated(self, filled: FilledBlock) -> bool:
        """Whether “Refresh” would change a list."""
        block = self.by_ref.get(filled.ref)
        return block is not None and is_outdated(filled, block)

    def unused(self, filled: FilledBlock) -> list[UnusedItem]:
        """The entries that the CRM has for a list, but a mail cannot contain."""
        block = self.by_ref.get(filled.ref)
        return unused_items(block) if block else []


class BlockChange(NamedTuple):
    """A button of a region: “fill”, “refresh”, “up”, “down”, “remove” or “clear”."""

    action: str
    position: int
    """Of the entry, counted from 0."""
    region: str
    ref: str
    """The list that was chosen, for “fill”."""


def offered_blocks(
    host: Host, campaign_ref: str, content: ContentFacts | None, form: SendForm
) -> OfferedBlocks:
    """Asks the Host for its lists, if the chosen template has regions for them."""
    if content is None or not content.regions:
        return OfferedBlocks()
    offered = OfferedBlocks(_blocks_of(host, campaign_ref))
    outdated = (each.title for each in typed_blocks(form).values() if offered.is_outdated(each))
    return replace(offered, outdated=tuple(outdated))


def changed_form(host: Host, campaign_ref: str, form: SendForm, change: BlockChange) -> SendForm:
    """The form after a button of a region was pressed.

    Raises:
        Invalid: regions: the CRM does not offer the list, nothing of it can be used, or it is too long.
    """
    if form.regions_of != form.template_id:
        form = replace(form, regions="", blocks="", regions_of=form.template_id)
    blocks = typed_blocks(form)
    filled = blocks.get(change.region)
    if change.action == "clear":
        blocks.pop(change.region, None)
    elif change.action == "fill":
        blocks[change.region] = fill(_offered(host, campaign_ref, change.ref))
    elif filled is not None:
        blocks[change.region] = _changed(host, campaign_ref, filled, change)
    if change.action in {"fill", "refresh"}:
        _require_usable(form, blocks, change)
    return replace(form, blocks=blocks_to_text(blocks))


def _changed(
    host: Host, campaign_ref: str, filled: FilledBlock, change: BlockChange
) -> FilledBlock:
    if change.action == "refresh":
        return refreshed(filled, _offered(host, campaign_ref, filled.ref))
    if change.action == "remove":
        return without(filled, change.position)
    return moved(filled, change.position, {"up": -1, "down": 1}.get(change.action, 0))


def _require_usable(form: SendForm, blocks: Mapping[str, FilledBlock], change: BlockChange) -> None:
    filled = blocks.get(change.region)
    if filled is not None and not filled.items:
        raise Invalid({"regions": Problem("block_empty", values={"title": filled.title})})
    problem = regions_problem(regions_from_text(form.regions) | rendered(blocks))
    if problem:
        raise Invalid({"regions": problem})


def _offered(host: Host, campaign_ref: str, ref: str) -> Block:
    block = _blocks_of(host, campaign_ref).get(ref)
    if block is None:
        raise Invalid({"regions": Problem("block_gone")})
    return block


def _blocks_of(host: Host, campaign_ref: str) -> dict[str, Block]:
    """The Host's lists by ref.

    Raises:
        HostError: It returned something else than lists.
    """
    blocks = host.blocks(campaign_ref) if isinstance(host, BlockHost) else ()
    for block in blocks:
        if not isinstance(block, Block):
            raise HostError("blocks", f"it returned {type(block).__name__} instead of Block")
        if not 0 < len(block.ref) <= MAX_REF_LENGTH or not is_storable(block.ref):
            raise HostError(
                "blocks", "the ref of a block has 1 to 64 characters that can be stored"
            )
    return {block.ref: block for block in blocks}
