"""The pages of the demo CRM itself."""

from collections.abc import Iterator

from tests.gallery import page_actions
from tests.gallery.demo_server import DemoServer
from tests.gallery.scene import Scene


def host_scenes(stage: DemoServer) -> Iterator[Scene]:
    yield Scene("host-candidates", "/candidates")
    yield Scene("host-candidates-found", "/candidates?q=van+der&group=1&condition=is+not")
    yield Scene("host-candidates-none", "/candidates?q=nobody+at+all")
    yield Scene("host-candidates-action", "/candidates", action=page_actions.press("#action"))
    yield Scene("host-candidates-add", "/candidates", action=page_actions.add_dialog)
    yield Scene("host-candidates-add-plain", "/candidates/add-to-campaign", javascript=False)
    yield Scene("host-contacts", "/contacts")
    yield Scene("host-person", "/candidates/6")
    yield Scene("host-person-activities-none", "/candidates/2/activities")
    yield Scene("host-campaigns", "/campaigns")
    yield Scene("host-campaign-new", "/campaigns/new")
    yield Scene(
        "host-campaign-new-mailchimp", "/campaigns/new", action=page_actions.choose_mailchimp
    )
    yield Scene("host-campaign-general", "/campaigns/5")
    yield Scene("host-campaign-email", "/campaigns/1")
    yield Scene("host-campaign-candidates", "/campaigns/5/candidates")
    empty = stage.campaign("Nog niemand")
    yield Scene("host-campaign-contacts-none", f"/campaigns/{empty}/contacts")
    yield Scene("host-campaign-activities-none", f"/campaigns/{empty}/activities")
    yield Scene("host-groups", "/maintenance/groups", "admin")
    yield Scene("host-group", "/maintenance/groups/1", "admin")
    yield Scene("host-templates", "/maintenance/document-templates", "admin")
    yield Scene("host-template", "/maintenance/document-templates/1", "admin")
    yield Scene("host-roles", "/maintenance/user-roles", "admin")
    yield Scene("host-not-here", "/nowhere")


def login_scenes(_stage: DemoServer) -> Iterator[Scene]:
    yield Scene("host-login", "/login", "")
    yield Scene("host-login-refused", "/login", "", page_actions.wrong_password)
