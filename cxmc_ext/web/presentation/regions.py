"""The editable regions of a template, as fields of the form."""

from cxmc_ext.domain.rules.blocks import blocks_from_text
from cxmc_ext.usecases.screens.form import FormScreen, SendForm
from cxmc_ext.usecases.screens.regions import RegionField, region_fields, regions_from_text


def fields(screen: FormScreen, form: SendForm) -> tuple[RegionField, ...]:
    """Returns the fields of the template that the screen shows, as typed in a form that may be refused."""
    if not _is_same(screen, form):
        return region_fields(screen.content, {}, {})
    typed = regions_from_text(form.regions)
    return region_fields(screen.content, typed, blocks_from_text(form.blocks))


def blocks(screen: FormScreen, form: SendForm) -> str:
    """Returns the blocks that fill regions of that template, as the form posts them."""
    return form.blocks if _is_same(screen, form) else ""


def _is_same(screen: FormScreen, form: SendForm) -> bool:
    return form.regions_of == screen.form.template_id
