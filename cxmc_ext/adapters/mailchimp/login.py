"""“Log in with MailChimp” (OAuth 2): exchanges the code of a login for a token.

https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/
"""

from cxmc_ext.adapters.limiter import Limiter
from cxmc_ext.adapters.mailchimp.http_session import ApiResponse, HttpSession
from cxmc_ext.config import Settings
from cxmc_ext.domain.rules.setting_values import login_root


class OAuthLogin:
    """Implements `cxmc_ext.domain.ports.mailchimp.Login`.

    Args:
        settings: The application's id and secret, timeouts, and where MailChimp's login pages are.
        limiter: Limits concurrent calls per account.
    """

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self._settings = settings
        self._limiter = limiter

    def exchange_code(self, code: str, redirect_uri: str, account_row: int) -> str:
        """`POST /oauth2/token`"""
        settings = self._settings
        http = self._session(settings.oauth_client_secret, "", account_row)
        form = {
            "grant_type": "authorization_code",
            "client_id": settings.oauth_client_id,
            "client_secret": settings.oauth_client_secret,
            "redirect_uri": redirect_uri,
            "code": code,
        }
        return http.request("POST", "/oauth2/token", parse=_token, form=form)

    def datacenter(self, token: str, account_row: int) -> str:
        """`GET /oauth2/metadata`"""
        http = self._session(token, f"OAuth {token}", account_row)
        return http.get("/oauth2/metadata", parse=_datacenter)

    def _session(self, secret: str, authorization: str, account_row: int) -> HttpSession:
        root = login_root(self._settings.api_root)
        return HttpSession(root, secret, account_row, self._settings, self._limiter, authorization)


def _token(response: ApiResponse) -> str:
    token = response.body["access_token"]
    if not isinstance(token, str) or not token:
        raise ValueError("no token")
    return token


def _datacenter(response: ApiResponse) -> str:
    """Whatever is named; the caller checks it. `api_endpoint` of the answer is never used."""
    return str(response.body["dc"])
