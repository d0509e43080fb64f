"""Templates: the account's own and the shop window."""

from cxmc_ext.standin.api.endpoint import Call, endpoint, require
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Json, Template
from cxmc_ext.standin.problems import method_not_allowed, not_found
from cxmc_ext.standin.service import mail_body

SORTS = {
    "name": lambda each: each.name.lower(),
    "date_created": lambda each: each.date_created,
    "date_edited": lambda each: each.date_edited,
}


@endpoint("GET", "/templates")
def all_templates(call: Call) -> Json:
    """Deleted ones stay in it, with active false."""
    rows = list(call.account.templates.values())
    for name in ("type", "content_type", "category"):
        wanted = call.args.get(name)
        rows = [each for each in rows if wanted in (None, "", getattr(each, name))]
    rows = in_time_range(call.args, "date_created", rows, SORTS["date_created"])
    rows = sort_rows(call.args, rows, SORTS)
    return page(call.args, "templates", rows, lambda each: shown(call, each))


@endpoint("POST", "/templates")
def create_template(call: Call) -> Json:
    require(call.body, "name", "html")
    name, html = str(call.body["name"]), str(call.body["html"])
    template = Template(call.state.new_number(), name, html, call.now, call.now)
    call.account.templates[str(template.id)] = template
    return shown(call, template)


@endpoint("GET", "/templates/<template_id>")
def one_template(call: Call, template_id: str) -> Json:
    return shown(call, template_of(call, template_id))


@endpoint("PATCH", "/templates/<template_id>")
def change_template(call: Call, template_id: str) -> Json:
    template = _own(call, template_id)
    template.name = str(call.body.get("name", template.name))
    template.html = str(call.body.get("html", template.html))
    template.date_edited = call.now
    return shown(call, template)


@endpoint("DELETE", "/templates/<template_id>")
def delete_template(call: Call, template_id: str) -> None:
    _own(call, template_id).active = False


@endpoint("GET", "/templates/<template_id>/default-content")
def default_content(call: Call, template_id: str) -> Json:
    return {
        "sections": mail_body.editable_sections(template_of(call, template_id).html),
        "_links": [],
    }


def template_of(call: Call, template_id: object) -> Template:
    template = call.account.templates.get(str(template_id))
    if template is None:
        raise not_found()
    return template


def shown(call: Call, template: Template) -> Json:
    return {
        "id": template.id,
        "type": template.type,
        "name": template.name,
        "drag_and_drop": template.content_type != "html",
        "responsive": True,
        "category": template.category,
        "date_created": iso(template.date_created),
        "date_edited": iso(template.date_edited),
        "created_by": "Robin de Ruiter",
        "edited_by": "Robin de Ruiter",
        "active": template.active,
        "folder_id": "",
        "thumbnail": f"{call.base_url}/thumbnails/{template.id}.svg",
        "share_url": f"{call.base_url}/templates/{template.id}",
        "content_type": template.content_type,
        "_links": [],
    }


def _own(call: Call, template_id: str) -> Template:
    template = template_of(call, template_id)
    if template.type != "user":
        raise method_not_allowed()
    return template
