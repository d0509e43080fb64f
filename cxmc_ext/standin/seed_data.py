"""Who exists at the start: keys, accounts, their audiences, templates and sender domains."""

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


FIRST_NEW_NUMBER = 500_000


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


_LEFT = {3: "unsubscribed", 9: "cleaned", 15: "unsubscribed", 21: "pending"}


_DAY = 86_400


def initial_accounts(now: int) -> list[Account]:
    """Fresh records each time; `now` dates them a little in the past."""
    return [_demo(now), _free(now), _empty(now), _other(now)]


def default_merge_fields() -> list[MergeField]:
    names = (("FNAME", "First Name", "text"), ("LNAME", "Last Name", "text"),
             ("ADDRESS", "Address", "address"), ("PHONE", "Phone Number", "phone"))  # fmt: skip
    return [
        MergeField(at, tag, name, kind, public=at < 3, display_order=at + 1)
        for at, (tag, name, kind) in enumerate(names, start=1)
    ]


def _demo(now: int) -> Account:
    account = Account(
        DEMO_ACCOUNT, "193884100", "Cedar Staffing", "marketing@cedarstaffing.example",
        member_since=now - 900 * _DAY, contact=_contact("Cedar Staffing"),
    )  # fmt: skip
    account.lists[DEMO_LIST] = _newsletter_list(now)
    own = (
        Template(10_001, "Support", seed_templates.support_template(), now - 40 * _DAY, now - 12 * _DAY),
        Template(10_002, "Vacature-update", seed_templates.vacancies_template(),
                 now - 90 * _DAY, now - 2 * _DAY),
        Template(10_003, "Nieuwsbrief november", seed_templates.newsletter_template(),
                 now - 9 * _DAY, now - _DAY),
        Template(
            10_004, "Zomeractie (nieuwe editor)", seed_templates.new_builder_placeholder(), now - 150 * _DAY,
            now - 140 * _DAY, content_type="multichannel",
        ),
        Template(
            10_005, "Leeg sjabloon", seed_templates.empty_template(), now - 5 * _DAY, now - 5 * _DAY,
            incomplete=True,
        ),
        Template(
            10_006, "Kerstkaart 2019", seed_templates.support_template(),
            now - 2500 * _DAY, now - 2500 * _DAY,
            active=False,
        ),
    )  # fmt: skip
    account.templates = {str(each.id): each for each in (*own, *_shop_window(now))}
    account.domains = {
        VERIFIED_DOMAIN: Domain(
            VERIFIED_DOMAIN, True, True, f"marketing@{VERIFIED_DOMAIN}", now - 800 * _DAY
        ),
        UNVERIFIED_DOMAIN: Domain(
            UNVERIFIED_DOMAIN, False, False, f"info@{UNVERIFIED_DOMAIN}", now - 3600, "481516"
        ),
    }
    return account


def _free(now: int) -> Account:
    account = _plain(FREE_ACCOUNT, "193884200", "Kleine Beurs", "kleinebeurs.example", now)
    account.plan = "forever_free"
    only = _audience("9c41d2e8b7", 771_201, "Onze contacten", "Kleine Beurs", now)
    account.lists[only.id] = only
    account.templates["20001"] = Template(
        20_001, "Beursmail", seed_templates.support_template(), now - 30 * _DAY, now - 30 * _DAY
    )
    return account


def _empty(now: int) -> Account:
    return _plain(EMPTY_ACCOUNT, "193884300", "Nieuw Bureau", "nieuwbureau.example", now)


def _other(now: int) -> Account:
    account = _plain(OTHER_ACCOUNT, "193884400", "Ander Bureau", "anderbureau.example", now)
    account.pro = True
    account.templates["40001"] = Template(
        40_001, "Anders", seed_templates.vacancies_template(), now - 30 * _DAY, now - 30 * _DAY
    )
    return account


def _plain(account_id: str, login: str, name: str, domain: str, now: int) -> Account:
    account = Account(
        account_id, login, name, f"info@{domain}", member_since=now - 300 * _DAY,
        contact=_contact(name),
    )  # fmt: skip
    account.domains[domain] = Domain(domain, True, False, f"info@{domain}", now - 200 * _DAY)
    account.templates = {str(each.id): each for each in _shop_window(now)}
    return account


def _shop_window(now: int) -> tuple[Template, ...]:
    """What every account sees without having made it."""
    old = now - 3000 * _DAY
    return (
        Template(
            101,
            "1 Column",
            seed_templates.basic_template(),
            old,
            old,
            type="base",
            category="Basic",
        ),
        Template(
            102,
            "2 Columns",
            seed_templates.basic_template(),
            old,
            old,
            type="base",
            category="Basic",
        ),
        Template(
            201,
            "Minimal",
            seed_templates.basic_template(),
            old,
            old,
            type="gallery",
            category="Subtle",
        ),
    )


def _newsletter_list(now: int) -> Audience:
    audience = _audience(DEMO_LIST, 771_101, "Nieuwsbrief relaties", "Cedar Staffing", now)
    for at, (first, last) in enumerate(_MEMBERS):
        address = f"{first}.{last}@relaties.example".replace(" ", "").lower()
        joined = now - (200 - at) * _DAY
        audience.members[subscriber_hash(address)] = Member(
            subscriber_hash(address), address, _LEFT.get(at, "subscribed"), 420_000 + at,
            {"FNAME": first, "LNAME": last, "ADDRESS": "", "PHONE": ""}, joined,
            timestamp_opt=joined, source="Import", ended_by="user" if at in _LEFT else "",
        )  # fmt: skip
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
