"""The initial data: API keys, accounts, and their audiences, templates and sender domains."""

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.models import (
    Account,
    Audience,
    Domain,
    Key,
    Member,
    MergeField,
    Template,
    subscriber_hash,
)

# The application that may offer “Log in with MailChimp”.
OAUTH_CLIENT_ID = "cxmc-demo"
OAUTH_CLIENT_SECRET = "a-secret-of-the-demo-application"  # noqa: S105 - of the stand-in only
DEMO_KEY = "0dec0ded0dec0ded0dec0ded0dec0ded-us21"
AUTHOR_KEY = "a0700000a0700000a0700000a0700000-us21"
VIEWER_KEY = "71e3e700071e3e700071e3e700071e30-us21"
DISABLED_KEY = "d15ab1edd15ab1edd15ab1edd15ab1ed-us21"
DEACTIVATED_KEY = "dead0000dead0000dead0000dead0000-us21"
FREE_KEY = "f3ee0000f3ee0000f3ee0000f3ee0000-us21"
EMPTY_KEY = "e0000000e0000000e0000000e0000000-us21"
OTHER_KEY = "07e30000a07e30000a07e30000a07e3b-us7"

DEMO_ACCOUNT = "8d3a3db4d97663a9074efcc16"
FREE_ACCOUNT = "1f0e3dad99908345f7439f8ff"
EMPTY_ACCOUNT = "6f4922f45568161a8cdf4ad22"
OTHER_ACCOUNT = "c51ce410c124a10e0db5e4b97"
DEMO_LIST = "5b0c1f7a2e"
VERIFIED_DOMAIN = "cedarstaffing.example"
UNVERIFIED_DOMAIN = "nieuwedomein.example"
# Numbers given out later start here, above all ids in this file.
FIRST_NEW_NUMBER = 500_000

# Key, account, role, label, note and state.
KEYS = (
    Key(DEMO_KEY, DEMO_ACCOUNT, "owner", "Demo", "paid plan, full rights: use this one"),
    Key(AUTHOR_KEY, DEMO_ACCOUNT, "author", "Author", "same account, may edit but not send"),
    Key(VIEWER_KEY, DEMO_ACCOUNT, "viewer", "Viewer", "same account, may only look at reports"),
    Key(DISABLED_KEY, DEMO_ACCOUNT, "owner", "Disabled key", "401 API Key Invalid", "disabled"),
    Key(
        DEACTIVATED_KEY, DEMO_ACCOUNT, "owner", "Deactivated user", "403 User Disabled",
        "deactivated",
    ),
    Key(FREE_KEY, FREE_ACCOUNT, "owner", "Free plan", "one audience, no scheduling"),
    Key(EMPTY_KEY, EMPTY_ACCOUNT, "owner", "No templates", "paid, no template made by its users"),
    Key(OTHER_KEY, OTHER_ACCOUNT, "admin", "Other account", "another account, with Pro features"),
)  # fmt: skip

_MEMBERS = (
    ("Anna", "de Boer"), ("Bram", "van Dijk"), ("Carla", "Jansen"), ("Daan", "Visser"),
    ("Eva", "Smit"), ("Frank", "Meijer"), ("Greet", "de Groot"), ("Hans", "Bos"),
    ("Iris", "Vos"), ("Jeroen", "Peters"), ("Karin", "Hendriks"), ("Lars", "van Leeuwen"),
    ("Mieke", "Dekker"), ("Niels", "Brouwer"), ("Olga", "de Wit"), ("Pieter", "Dijkstra"),
    ("Quirine", "Smits"), ("Ruud", "de Graaf"), ("Sanne", "van der Meer"), ("Tom", "van der Linden"),
    ("Ursula", "Kok"), ("Vera", "Jacobs"), ("Wim", "de Haan"), ("Yvonne", "Vermeulen"),
)  # fmt: skip
# Members of the demo audience who are not subscribed, by their position in the list above.
_STATUSES = {3: "unsubscribed", 9: "cleaned", 15: "unsubscribed", 21: "pending"}
_DAY = 86_400


def initial_accounts(now: int) -> list[Account]:
    """New records of all accounts, dated relative to `now` (seconds since 1970)."""
    return [_demo(now), _free(now), _empty(now), _other(now)]


def default_merge_fields() -> list[MergeField]:
    """The merge fields that every new audience has."""
    fields = (("FNAME", "First Name", "text"), ("LNAME", "Last Name", "text"),
             ("ADDRESS", "Address", "address"), ("PHONE", "Phone Number", "phone"))  # fmt: skip
    return [
        MergeField(number, tag, name, type_, public=number < 3, display_order=number + 1)
        for number, (tag, name, type_) in enumerate(fields, start=1)
    ]


def _demo(now: int) -> Account:
    account = Account(
        DEMO_ACCOUNT, "193884100", "Cedar Staffing", "marketing@cedarstaffing.example",
        member_since=now - 900 * _DAY, contact=_contact("Cedar Staffing"),
    )  # fmt: skip
    account.lists[DEMO_LIST] = _demo_audience(now)
    templates = (*_demo_templates(now), *_offered_templates(now))
    account.templates = {str(template.id): template for template in templates}
    account.domains = {
        VERIFIED_DOMAIN: Domain(
            VERIFIED_DOMAIN, True, True, f"marketing@{VERIFIED_DOMAIN}", now - 800 * _DAY
        ),
        UNVERIFIED_DOMAIN: Domain(
            UNVERIFIED_DOMAIN, False, False, f"info@{UNVERIFIED_DOMAIN}", now - 3600, "481516"
        ),
    }
    return account


def _demo_templates(now: int) -> tuple[Template, ...]:
    newsletter, vacancies = (
        seed_templates.newsletter_template(),
        seed_templates.vacancies_template(),
    )
    support, empty = seed_templates.support_template(), seed_templates.empty_template()
    placeholder = seed_templates.new_builder_placeholder()
    summer = Template(10_004, "Zomeractie (nieuwe editor)", placeholder, *_dates(now, 150, 140))
    summer.content_type = "multichannel"
    unfinished = Template(10_005, "Leeg sjabloon", empty, *_dates(now, 5, 5), incomplete=True)
    deleted = Template(10_006, "Kerstkaart 2019", support, *_dates(now, 2500, 2500), active=False)
    return (
        Template(10_001, "Support", support, *_dates(now, 40, 12)),
        Template(10_002, "Vacature-update", vacancies, *_dates(now, 90, 2)),
        Template(10_003, "Nieuwsbrief november", newsletter, *_dates(now, 9, 1)),
        summer,
        unfinished,
        deleted,
    )


def _free(now: int) -> Account:
    account = _paid_account(FREE_ACCOUNT, "193884200", "Kleine Beurs", "kleinebeurs.example", now)
    account.plan = "forever_free"
    audience = _audience("9c41d2e8b7", 771_201, "Onze contacten", "Kleine Beurs", now)
    account.lists[audience.id] = audience
    account.templates["20001"] = Template(
        20_001, "Beursmail", seed_templates.support_template(), *_dates(now, 30, 30)
    )
    return account


def _empty(now: int) -> Account:
    return _paid_account(EMPTY_ACCOUNT, "193884300", "Nieuw Bureau", "nieuwbureau.example", now)


def _other(now: int) -> Account:
    account = _paid_account(OTHER_ACCOUNT, "193884400", "Ander Bureau", "anderbureau.example", now)
    account.pro = True
    account.templates["40001"] = Template(
        40_001, "Anders", seed_templates.vacancies_template(), *_dates(now, 30, 30)
    )
    return account


def _paid_account(account_id: str, login: str, name: str, domain: str, now: int) -> Account:
    account = Account(
        account_id, login, name, f"info@{domain}", member_since=now - 300 * _DAY,
        contact=_contact(name),
    )  # fmt: skip
    account.domains[domain] = Domain(domain, True, False, f"info@{domain}", now - 200 * _DAY)
    account.templates = {str(template.id): template for template in _offered_templates(now)}
    return account


def _offered_templates(now: int) -> tuple[Template, ...]:
    """The templates that MailChimp offers to every account."""
    html, dates = seed_templates.basic_template(), _dates(now, 3000, 3000)
    return (
        Template(101, "1 Column", html, *dates, type="base", category="Basic"),
        Template(102, "2 Columns", html, *dates, type="base", category="Basic"),
        Template(201, "Minimal", html, *dates, type="gallery", category="Subtle"),
    )


def _dates(now: int, created_days_ago: int, edited_days_ago: int) -> tuple[int, int]:
    return now - created_days_ago * _DAY, now - edited_days_ago * _DAY


def _demo_audience(now: int) -> Audience:
    audience = _audience(DEMO_LIST, 771_101, "Nieuwsbrief relaties", "Cedar Staffing", now)
    for position, (first, last) in enumerate(_MEMBERS):
        address = f"{first}.{last}@relaties.example".replace(" ", "").lower()
        joined_at = now - (200 - position) * _DAY
        is_subscribed = position not in _STATUSES
        member = Member(
            subscriber_hash(address),
            address,
            _STATUSES.get(position, "subscribed"),
            420_000 + position,
            {"FNAME": first, "LNAME": last, "ADDRESS": "", "PHONE": ""},
            joined_at,
            timestamp_opt=joined_at,
            source="Import",
            ended_by="" if is_subscribed else "user",
        )
        audience.members[member.id] = member
    return audience


def _audience(list_id: str, web_id: int, name: str, company: str, now: int) -> Audience:
    slug = company.replace(" ", "").lower()
    return Audience(
        list_id, web_id, name, now - 250 * _DAY,
        contact={
            "company": company, "address1": "Keizersgracht 1", "address2": "", "city": "Amsterdam",
            "state": "", "zip": "1015 CN", "country": "NL", "phone": "",
        },
        permission_reminder="U ontvangt deze mail omdat u bij ons bent ingeschreven.",
        campaign_defaults={
            "from_name": company, "from_email": f"info@{slug}.example", "subject": "",
            "language": "nl",
        },
        merge_fields=default_merge_fields(),
    )  # fmt: skip


def _contact(company: str) -> dict[str, str]:
    return {
        "company": company, "addr1": "Keizersgracht 1", "addr2": "", "city": "Amsterdam",
        "state": "NH", "zip": "1015 CN", "country": "NL",
    }  # fmt: skip
