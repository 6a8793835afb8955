"""A giveaway with one ticket for each social account: Flask, and a table with unique keys.

The whole integration: one form that starts a verification, one address that takes the proof, and Flask's session, which
ties the two together. Read `callback` first: that is where integrations go wrong.
"""

import hmac
import os
import pathlib
import secrets
import socket
import sys
import urllib.error
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, render_template, request, session
from waitress import create_server

# In this repository the package lies beside; elsewhere it is installed, or copied here.
sys.path.append(str(pathlib.Path(__file__).parents[2] / "verifiers/python/src"))

import service  # noqa: E402
from handleproof_verify import CallbackError, Verifier, VerifyError  # noqa: E402
from tickets import Tickets  # noqa: E402

PLATFORMS = {"instagram": "Instagram", "threads": "Threads", "tiktok": "TikTok"}
MEANINGS = {
    "access_denied": "You did not agree, so there is no ticket.",
    "no_account": "There is no account to take part with.",
    "temporarily_unavailable": "The platform does not answer at the moment. Please try again later.",
}
FAILED = "That did not work. Please start again."


def required(name: str) -> str:
    """Without the key and the secret there is no start: a missing secret must never become an empty one."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"set {name}, as handleproof printed it")
    return value


SERVICE_URL = os.environ.get("HANDLEPROOF_URL", "http://127.0.0.1:8080")
API_KEY = required("HANDLEPROOF_API_KEY")
VERIFIER = Verifier(required("HANDLEPROOF_SIGNING_SECRET"))
LISTENER = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "3000"))))
# From the settings and never from a Host header, which strangers send.
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{LISTENER.getsockname()[1]}").rstrip("/")
IS_HTTPS = PUBLIC_URL.startswith("https:")
TICKETS = Tickets(os.environ.get("DATABASE", "giveaway.db"))

app = Flask(__name__)
app.config.update(
    # Signs the session cookie. Made anew at each start unless given, which ends the sessions of before.
    SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_bytes(32),
    # No script reads it, and no sub-domain can set it. Browsers take the prefix only over https.
    SESSION_COOKIE_NAME="__Host-giveaway" if IS_HTTPS else "giveaway",
    SESSION_COOKIE_SECURE=IS_HTTPS,
    SESSION_COOKIE_HTTPONLY=True,
    # Lax and not Strict: the way back from the platform is a cross-site navigation, and the callback needs the session.
    SESSION_COOKIE_SAMESITE="Lax",
    MAX_CONTENT_LENGTH=4096,
)


@app.get("/")
def home() -> str:
    if "form_token" not in session:
        session["form_token"] = secrets.token_urlsafe(32)
        # Who takes part. With a log-in of your own, it is that account, and the session is cleared there.
        session["visitor"] = secrets.token_urlsafe(32)
    # The template escapes every value: a handle is whatever its owner chose to call himself.
    return render_template(
        "home.html",
        form_token=session["form_token"],
        message=session.pop("message", None),
        platforms=PLATFORMS,
        tickets=TICKETS.of(session["visitor"]),
    )


@app.post("/connect")
def connect() -> Response:
    """Begins a verification, for this browser."""
    # Otherwise another site could start verifications here in its visitors' name.
    sent, expected = request.form.get("form_token", ""), session.get("form_token", "")
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        abort(403)
    platform = request.form.get("platform", "")
    if platform not in PLATFORMS:
        abort(400)
    state = secrets.token_urlsafe(32)
    try:
        link = service.begin(SERVICE_URL, API_KEY, platform, state, f"{PUBLIC_URL}/callback")
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        app.logger.error("no session could be made: %s", error)
        session["message"] = "Accounts cannot be verified at the moment. Please try again later."
        return redirect("/", 303)
    session["pending"] = {"platform": platform, "state": state}
    return redirect(link, 303)


@app.get("/callback")
def callback() -> Response:
    """Where the browser comes back.

    Whatever came of it, the answer is a redirect to a plain page: the proof leaves the address bar, the history, and the
    Referer of whatever is clicked next.
    """
    # The state is this browser's own, NEVER looked up by the state that came back: Mallory begins a verification and
    # sends his link to Jane, her browser lands here with a genuine proof of her account and his state, and the look-up
    # would give him her ticket.
    pending = session.pop("pending", {})
    session["message"] = judge(pending, session.get("visitor"))
    return redirect("/", 303)


def judge(pending: dict, visitor: "str | None") -> str:
    """Makes a ticket of the proof, or says why not."""
    # The platform that was asked for, and the raw query: request.args hides a parameter that came twice.
    verifier = VERIFIER.expect_platform(pending.get("platform", ""))
    try:
        proof = verifier.verify_query(request.query_string.decode("latin-1"), pending.get("state", ""))
    except CallbackError as error:
        # Not signed, so it changes nothing. It is worth a sentence only if this browser began the flow.
        return MEANINGS.get(error.code, FAILED) if error.state_matches else FAILED
    except VerifyError as error:
        # The cause is for our log. Whoever sent the request learns nothing from it.
        app.logger.warning("a proof was refused: %s", error)
        return FAILED
    if visitor is None:
        return FAILED
    # Flask's session is a cookie: whoever kept an old copy can bring the state a second time. So the proof is taken in
    # the database, in the same transaction that makes the ticket.
    return TICKETS.enter(proof, visitor)


@app.after_request
def protect(response: Response) -> Response:
    """No script, no frame, no copy in a cache, no address told to the next site."""
    # Some browsers hold the redirect that answers a form against form-action too: it goes to the service, and, where the
    # service shows no page of its own, on to the platform.
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(SERVICE_URL))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src data:; form-action 'self' https: {origin}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if IS_HTTPS:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


if __name__ == "__main__":
    print(f"giveaway at {PUBLIC_URL}", flush=True)
    create_server(app, sockets=[LISTENER], threads=4).run()
