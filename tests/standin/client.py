"""A client of the stand-in, with shortcuts for what the tests need."""

from typing import Any

import requests

from cxmc_ext.standin import DEMO_KEY, VERIFIED_DOMAIN, StandinServer
from cxmc_ext.standin.models import Account, Audience, Campaign
from tests.standin import api_description

Json = dict[str, Any]
NEW_LIST: Json = {
    "name": "Master",
    "contact": {"company": "Acme", "address1": "Street 1", "city": "Utrecht", "country": "NL"},
    "permission_reminder": "You signed up.",
    "campaign_defaults": {"from_name": "A", "from_email": "a@acme.example", "subject": "", "language": "en"},
    "email_type_option": False,
}  # fmt: skip


class StandinClient:
    """Calls the stand-in with one API key, and checks every answer against the published description.

    Calling it returns the answer; `ok` and `problem` also check whether the call succeeded.
    """

    def __init__(self, server: StandinServer, key: str = DEMO_KEY) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.auth = ("any", key)

    def __call__(
        self, method: str, path: str, body: Any = None, **params: Any
    ) -> requests.Response:
        url = self.server.url + path
        answer = self.session.request(method, url, json=body, params=params, timeout=20)
        api_description.check(method, path, answer)
        return answer

    def ok(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """The JSON of a successful call; None for 204."""
        answer = self(method, path, body, **params)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    def problem(
        self, method: str, path: str, body: Any = None, **params: Any
    ) -> tuple[int, str, str]:
        """Status, title and detail of a call that is refused."""
        answer = self(method, path, body, **params)
        assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code
        return answer.status_code, problem["title"], problem["detail"]

    def create_audience(self, people: int = 3, domain: str = "people.example") -> str:
        """Create an audience with p0@…, p1@… and so on; return its id."""
        list_id: str = self.ok("POST", "/lists", NEW_LIST)["id"]
        self.subscribe(list_id, [f"p{number}@{domain}" for number in range(people)])
        return list_id

    def subscribe(self, list_id: str, addresses: list[str], **fields: Any) -> Json:
        rows = [{"email_address": address, "status": "subscribed"} for address in addresses]
        body = {"members": rows} | fields
        answer: Json = self.ok("POST", f"/lists/{list_id}", body, skip_merge_validation="true")
        return answer

    def create_segment(self, list_id: str, addresses: list[str], name: str = "tag") -> int:
        body = {"name": name, "static_segment": addresses}
        segment_id: int = self.ok("POST", f"/lists/{list_id}/segments", body)["id"]
        return segment_id

    def create_draft(
        self, list_id: str, segment: int = 0, template: Any = 10_001, **settings: Any
    ) -> str:
        """Create a campaign that is ready to send; return its id. Template 0 leaves it without content."""
        recipients: Json = {"list_id": list_id}
        if segment:
            recipients["segment_opts"] = segment_opts(segment)
        body = {
            "type": "regular",
            "recipients": recipients,
            "settings": ready_settings() | settings,
        }
        campaign_id: str = self.ok("POST", "/campaigns", body)["id"]
        if template:
            self.ok("PUT", f"/campaigns/{campaign_id}/content", {"template": {"id": template}})
        return campaign_id

    def send_campaign(self, people: int = 3) -> str:
        """Send a campaign to a new audience; return its id."""
        campaign_id = self.create_draft(self.create_audience(people))
        self.ok("POST", f"/campaigns/{campaign_id}/actions/send")
        return campaign_id

    def status(self, campaign_id: str) -> str:
        answer: Json = self.ok("GET", f"/campaigns/{campaign_id}")
        return str(answer["status"])


def find_audience(standin: StandinServer, list_id: str) -> Audience:
    return next(audience for _, audience in standin.state.audiences() if audience.id == list_id)


def find_campaign(standin: StandinServer, campaign_id: str) -> tuple[Account, Campaign]:
    account_and_campaign = standin.state.find_campaign(campaign_id)
    assert account_and_campaign
    return account_and_campaign


def segment_opts(segment: int) -> Json:
    """Recipients of a campaign that are the members of one segment."""
    condition = {
        "condition_type": "StaticSegment", "field": "static_segment", "op": "static_is", "value": segment,
    }  # fmt: skip
    return {"saved_segment_id": segment, "match": "any", "conditions": [condition]}


def ready_settings() -> Json:
    """Settings with which a campaign can be sent."""
    return {
        "subject_line": "Hello *|FNAME|*",
        "title": "autumn",
        "from_name": "Acme",
        "reply_to": f"robin@{VERIFIED_DOMAIN}",
    }
