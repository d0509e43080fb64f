"""The editable regions of a template, as fields of the form."""

from cxmc_ext.usecases.screens.form import FormScreen, SendForm
from cxmc_ext.usecases.screens.regions import RegionField, region_fields, regions_from_text


def fields(screen: FormScreen, form: SendForm) -> tuple[RegionField, ...]:
    """Returns the fields of the template that the screen shows, as typed in a form that may be refused."""
    is_same = form.regions_of == screen.form.template_id
    return region_fields(screen.content, regions_from_text(form.regions) if is_same else {})
