"""What the description says in words only: which platforms there are, and which callback URLs are taken."""

import re

import schemathesis
from hypothesis import strategies as st

PLATFORMS = ["tiktok", "instagram", "twitter", "x", "linkedin", "youtube", "facebook", "pinterest", "threads"]

schemathesis.openapi.format(
    "uri",
    st.sampled_from(
        [
            "https://app.example.com/callback",
            "https://app.example.com/callback?keep=%2F&this=1",
            "https://xn--bcher-kva.example.com/",
            "http://127.0.0.1:8081/callback",
        ]
    ),
)


@schemathesis.hook
def map_body(context, body):
    """A well-formed name that no platform has is refused, rightly; it becomes one that a platform has."""
    if isinstance(body, dict) and isinstance(body.get("platform"), str) and "platform_id" not in body:
        if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", body["platform"]):
            body["platform"] = PLATFORMS[len(body["platform"]) % len(PLATFORMS)]
    return body
