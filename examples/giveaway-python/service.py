"""The one call to handleproof: make a session, get the link."""

import json
import urllib.request


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key is for the service alone: nobody may send this request on."""

    def redirect_request(self, *_args, **_more):
        return None


_OPENER = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


def begin(service_url: str, api_key: str, platform: str, state: str, callback_url: str) -> str:
    """The link at which the browser begins. It works once."""
    body = {"platform": platform, "state": state, "callback_url": callback_url}
    request = urllib.request.Request(
        f"{service_url.rstrip('/')}/api/oauth/delegate/sessions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
    )
    with _OPENER.open(request, timeout=10) as response:
        link = json.load(response).get("authorize_url")
    if not isinstance(link, str):
        raise ValueError("the service sent no link")
    return link
