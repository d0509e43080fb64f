"""The content of a campaign, from a template or from HTML."""

from typing import Any

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.models import Account, Campaign, Json, Template
from cxmc_ext.standin.problems import invalid, not_found
from cxmc_ext.standin.service import mail_body
from cxmc_ext.standin.switches import Switches


def set_content(account: Account, campaign: Campaign, body: Json) -> None:
    """Replaces the content.

    Args:
        account: The campaign's account.
        campaign: A draft.
        body: As in `PUT /campaigns/{id}/content`: `template` with `id` and `sections`, or `html`.

    Raises:
        Problem: There is no usable content in the body, or the template does not exist.
    """
    template = body.get("template")
    if isinstance(template, dict):
        apply_template(account, campaign, template.get("id"), template.get("sections") or {})
    elif isinstance(body.get("html"), str):
        campaign.html, campaign.incomplete, campaign.content_type = body["html"], False, "html"
        campaign.settings.pop("template_id", None)
    elif not isinstance(body.get("plain_text"), str):
        raise invalid("html", "Content needs html, plain_text, url, template or archive.")


def apply_template(account: Account, campaign: Campaign, template_id: Any, sections: Json) -> None:
    """Uses a template's HTML, with some of its mc:edit sections replaced.

    An id that is not an integer is ignored without an error:
    https://github.com/drewm/mailchimp-api/issues/192
    """
    if type(template_id) is not int:
        return
    template = account.templates.get(str(template_id))
    if template is None or not template.active:
        raise not_found()
    campaign.settings["template_id"] = template_id
    campaign.settings["drag_and_drop"] = template.content_type != "html"
    campaign.content_type = "multichannel" if _is_new_builder(template) else "template"
    html = seed_templates.new_builder_placeholder() if _is_new_builder(template) else template.html
    campaign.html = mail_body.fill_sections(html, sections)
    campaign.incomplete = template.incomplete and not _fills_all_sections(template, sections)


def as_json(campaign: Campaign, switches: Switches) -> Json:
    is_hidden = campaign.content_type == "multichannel" and switches.design_placeholder
    html = seed_templates.new_builder_placeholder() if is_hidden else campaign.html
    return {
        "plain_text": mail_body.plain_text(html),
        "html": html,
        "archive_html": html.replace("*|UNSUB|*", "#"),
        "_links": [],
    }


def _is_new_builder(template: Template) -> bool:
    """Templates of the new builder cannot be applied by API; the draft shows a placeholder.

    https://github.com/brandonseydel/MailChimp.Net/issues/611
    """
    return template.content_type == "multichannel"


def _fills_all_sections(template: Template, sections: Json) -> bool:
    names = set(mail_body.editable_sections(template.html))
    return bool(names) and names <= set(sections)
