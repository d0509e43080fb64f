"""Templates: list, and the editable sections of one."""

from cxmc_ext.standin.api.endpoint import Call, endpoint
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Json, Template
from cxmc_ext.standin.problems import not_found
from cxmc_ext.standin.service import mail_body

AUTHOR = "Robin de Ruiter"
SORT_COLUMNS = {
    "name": lambda template: template.name.lower(),
    "date_created": lambda template: template.date_created,
    "date_edited": lambda template: template.date_edited,
}


@endpoint("GET", "/templates")
def list_templates(call: Call) -> Json:
    """Deleted templates are still listed, with `active` false."""
    rows = list(call.account.templates.values())
    for name in ("type", "content_type", "category"):
        value = call.args.get(name)
        rows = [row for row in rows if value in (None, "", getattr(row, name))]
    rows = in_time_range(call.args, "date_created", rows, SORT_COLUMNS["date_created"])
    rows = sort_rows(call.args, rows, SORT_COLUMNS)
    return page(call.args, "templates", rows, lambda template: _template_json(call, template))


@endpoint("GET", "/templates/<template_id>/default-content")
def get_default_content(call: Call, template_id: str) -> Json:
    template = call.account.templates.get(template_id)
    if template is None:
        raise not_found()
    return {"sections": mail_body.editable_sections(template.html), "_links": []}


def _template_json(call: Call, template: Template) -> Json:
    return {
        "id": template.id,
        "type": template.type,
        "name": template.name,
        "drag_and_drop": template.content_type != "html",
        "responsive": True,
        "category": template.category,
        "date_created": iso(template.date_created),
        "date_edited": iso(template.date_edited),
        "created_by": AUTHOR,
        "edited_by": AUTHOR,
        "active": template.active,
        "folder_id": "",
        "thumbnail": f"{call.base_url}/thumbnails/{template.id}.svg",
        "share_url": f"{call.base_url}/templates/{template.id}",
        "content_type": template.content_type,
        "_links": [],
    }
