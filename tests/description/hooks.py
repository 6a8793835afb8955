"""What the description says in words only: which platforms there are, and which callback URLs are taken."""

import re

import requests
import schemathesis
from hypothesis import strategies as st

PLATFORMS = ["tiktok", "instagram", "twitter", "x", "linkedin", "youtube", "facebook", "pinterest", "threads"]

CALLBACK_URLS = [
    "https://app.example.com/callback",
    "https://app.example.com/callback?keep=%2F&this=1",
    "https://xn--bcher-kva.example.com/",
    "http://127.0.0.1:8081/callback",
]

schemathesis.openapi.format("uri", st.sampled_from(CALLBACK_URLS))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Two things that the service rightly refuses: a well-formed name that no platform has becomes one that a platform
    has, and an address of the service that an earlier answer gave away is no callback URL."""
    body = case.body
    if not isinstance(body, dict) or "platform_id" in body:
        return
    platform, callback_url = body.get("platform"), body.get("callback_url")
    if isinstance(platform, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,31}", platform):
        body["platform"] = PLATFORMS[len(platform) % len(PLATFORMS)]
    if was_given_away(callback_url):
        body["callback_url"] = CALLBACK_URLS[0]


def was_given_away(url):
    """Links, redirect URIs and authorization requests out of earlier answers."""
    return isinstance(url, str) and url.startswith("http") and url not in CALLBACK_URLS


@schemathesis.hook("before_call")
def describe_queries(context, case, kwargs):
    """The same in queries; and a cursor leads somewhere only where an earlier page gave it."""
    query = case.query
    if not isinstance(query, dict):
        return
    if was_given_away(query.get("redirect_uri")):
        query["redirect_uri"] = CALLBACK_URLS[0]
    if isinstance(query.get("app_id"), str) and re.fullmatch(r"app_[0-9a-f]{16}", query["app_id"]):
        del query["app_id"]
    if isinstance(query.get("cursor"), str):
        del query["cursor"]


@schemathesis.hook("before_call")
def describe_apps(context, case, kwargs):
    """A well-formed app id is nobody's app, and the rule of names is more than a pattern can say."""
    body = case.body
    if not isinstance(body, dict):
        return
    app_id, name = body.get("app_id"), body.get("name")
    if isinstance(app_id, str) and re.fullmatch(r"app_[0-9a-f]{16}", app_id):
        del body["app_id"]
    if isinstance(name, str) and 1 <= len(name) <= 60:
        body["name"] = "Shop"


made = []


@schemathesis.hook
def after_call(context, case, response):
    """A key can have a hundred apps: the oldest make room."""
    if case.method.upper() != "POST" or case.path != "/v1/apps" or response.status_code != 201:
        return
    made.append(response.json()["id"])
    if len(made) > 50:
        headers = {"Authorization": response.request.headers["Authorization"]}
        requests.delete(response.request.url + "/" + made.pop(0), headers=headers, timeout=10)
