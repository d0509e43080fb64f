"""GET /ping and GET /: whether the key works, and which account it belongs to."""

from cxmc_ext.standin.api.endpoint import Call, endpoint
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Account, Json

INDUSTRY = "Recruitment And Staffing"
INDUSTRY_STATS = {"open_rate": 0.2146, "bounce_rate": 0.0071, "click_rate": 0.0224}


@endpoint("GET", "/ping")
def ping(call: Call) -> Json:
    return {"health_status": "Everything's Chimpy!"}


@endpoint("GET", "/")
def get_account(call: Call) -> Json:
    account = call.account
    return {
        "account_id": account.id,
        "login_id": account.login_id,
        "account_name": account.name,
        "email": account.email,
        "first_name": "Robin",
        "last_name": "de Ruiter",
        "username": account.email.partition("@")[2].partition(".")[0],
        "avatar_url": f"{call.base_url}/static/avatar.svg",
        "role": call.key.role,
        "member_since": iso(account.member_since),
        "pricing_plan_type": account.plan,
        "first_payment": iso(account.member_since) if account.plan == "monthly" else "",
        "account_timezone": account.timezone,
        "account_industry": INDUSTRY,
        "contact": account.contact,
        "pro_enabled": account.pro,
        "last_login": iso(call.now),
        "total_subscribers": _count_subscribers(account),
        "industry_stats": INDUSTRY_STATS,
        "_links": [],
    }


def _count_subscribers(account: Account) -> int:
    return sum(
        member.status == "subscribed"
        for audience in account.lists.values()
        for member in audience.members.values()
    )
