"""Leads somebody who is not logged in to the Host's login page."""

from flask import Response, abort, current_app, make_response, request

from cxmc_ext.domain.ports.host import Host, LoginPage


def login_response(host: Host) -> Response:
    """Redirects to the login page: the Host's own, or that of Flask-Login if the app uses it.

    Args:
        host: The CRM.

    Raises:
        Unauthorized: There is neither; the Host's own error page is shown.
    """
    if isinstance(host, LoginPage):
        return_to = request.full_path.rstrip("?") if request.method == "GET" else ""
        url = host.login_url(f"{request.root_path}{return_to}" if return_to else "")
        return Response(status=303, headers={"Location": url})
    login_manager = getattr(current_app, "login_manager", None)
    if login_manager is None:
        abort(401)
    return make_response(login_manager.unauthorized())
