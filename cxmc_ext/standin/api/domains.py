"""Sender domains, and their verification by a code that is mailed."""

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.api.endpoint import Call, endpoint, require
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Domain, Json
from cxmc_ext.standin.problems import bad_request, invalid, not_found
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.service.checklist import FREE_MAIL_DOMAINS, domain_of

# Seven days: https://mailchimp.com/help/verify-a-domain/
CODE_LIFETIME = 7 * 86_400


@endpoint("GET", "/verified-domains")
def list_domains(call: Call) -> Json:
    rows = [_domain_json(domain) for domain in call.account.domains.values()]
    return {"domains": rows, "total_items": len(rows), "_links": []}


@endpoint("POST", "/verified-domains")
def add_domain(call: Call) -> Json:
    """Mails a verification code; repeated, it mails a new one and the old one is void."""
    require(call.body, "verification_email")
    address = str(call.body["verification_email"]).strip()
    name = domain_of(address)
    if "@" not in address or "." not in name:
        raise invalid("verification_email", "This value is not a valid email address.")
    if name in FREE_MAIL_DOMAINS:
        raise bad_request(f"{name} is a free email provider and cannot be verified.")
    domain = call.account.domains.setdefault(name, Domain(name))
    if domain.verified:
        raise bad_request(f"{name} is already verified.")
    domain.verification_email, domain.verification_sent = address, call.now
    domain.code = _new_code(call.state.new_number())
    _mail_code(call, domain)
    return _domain_json(domain)


@endpoint("POST", "/verified-domains/<domain_name>/actions/verify")
def verify_domain(call: Call, domain_name: str) -> Json:
    domain = call.account.domains.get(domain_name.lower())
    if domain is None:
        raise not_found()
    require(call.body, "code")
    is_expired = call.now - domain.verification_sent > CODE_LIFETIME
    if is_expired or not domain.code or str(call.body["code"]).strip() != domain.code:
        raise bad_request("The code is not valid or has expired.")
    domain.verified, domain.code = True, ""
    return _domain_json(domain)


def _domain_json(domain: Domain) -> Json:
    return {
        "domain": domain.domain,
        "verified": domain.verified,
        "authenticated": domain.authenticated,
        "verification_email": domain.verification_email,
        "verification_sent": iso(domain.verification_sent),
        "_links": [],
    }


def _new_code(number: int) -> str:
    """Six digits; a prime factor spreads consecutive numbers."""
    return f"{number * 7919 % 1_000_000:06d}"


def _mail_code(call: Call, domain: Domain) -> None:
    text = f"<p>Your verification code for {domain.domain}:</p><p><b>{domain.code}</b></p>"
    html = seed_templates.mail_document("Verify your domain", "#241c15", text, footer="")
    subject = f"Verify {domain.domain}"
    sending.send_service_mail(call.state, call.account, domain.verification_email, subject, html)
