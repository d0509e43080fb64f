"""The signature of MailChimp's webhook calls: `t=<Unix seconds>,v1=<hex>` in `X-Mailchimp-Signature`.

https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
"""

import hashlib
import hmac
import re

# Seconds a signature is good for; a call that was recorded is worthless afterwards.
MAX_AGE = 300
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def is_signed_with(key: str, body: bytes, signature: str, now: int) -> bool:
    """Whether the signature is of this body, made with this key, at most five minutes ago.

    Args:
        key: What MailChimp signs with; nothing is signed with "".
        body: The body as it arrived.
        signature: The header.
        now: The current time, in Unix seconds.
    """
    found = _SIGNATURE.fullmatch(signature)
    if found is None or not key or abs(now - int(found[1])) > MAX_AGE:
        return False
    expected = hmac.new(key.encode(), f"{found[1]}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, found[2])
