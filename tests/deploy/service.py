"""Services, platforms and browsers on this machine for the tests of deploy/. Nothing leaves loopback."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BINARY = os.environ.get("HANDLEPROOF", str(ROOT / "target/debug/handleproof"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, what):
    """Waits for a condition; fails after fifteen seconds."""
    end = time.monotonic() + 15
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"in time there was no {what}")
        time.sleep(0.02)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def speaks_tls(port):
    """Listens, and has its certificate."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            ssl._create_unverified_context().wrap_socket(plain).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def running(command, **more):
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)
        if child.stdout:
            child.stdout.close()


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="handleproof-deploy-") as path:
        yield pathlib.Path(path)


@contextlib.contextmanager
def dev():
    """`handleproof dev`: its address, its sandbox's, its key."""
    with running([BINARY, "dev", "--port", "0"], stdout=subprocess.PIPE, text=True) as child:
        text = ""
        for line in child.stdout:
            text += line
            if "--state demo-1" in line:
                break
        found = dict(re.findall(r"^  (service|sandbox|api key) +(\S+)", text, re.M))
        yield found["service"], found["sandbox"], found["api key"]


@contextlib.contextmanager
def serving(settings=""):
    """`handleproof serve` with `settings`: its port, and a key that may send browsers anywhere without our own page."""
    with folder() as path:
        port = free_port()
        config = path / "handleproof.toml"
        head = f'public_url = "http://127.0.0.1:{port}"\nlisten = "127.0.0.1:{port}"\ndrain_seconds = 0\n'
        config.write_text(f"{head}[log]\nlevel = \"error\"\n{settings}")
        create = [BINARY, "keys", "create", "Shop", "--any-callback", "--first-party", "--signing-secret", "--json"]
        key = json.loads(subprocess.check_output([*create, "--config", str(config)]))
        with running([BINARY, "serve", "--config", str(config)]):
            until(lambda: listens(port), "service")
            yield port, key["api_key"], config


class Browser:
    """A browser that reaches `public` through a proxy at `through`, and everything else as it is."""

    def __init__(self, public, through):
        self.public, self.through = public, through
        context = ssl.create_default_context()
        # The proxy's certificate is of its own making.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _Manual()
        )
        self.cookies = {}

    def open(self, url, data=None, headers=None):
        """One request; gives status, headers and text. Redirects are the caller's to follow."""
        is_ours = url.startswith(self.public)
        request = urllib.request.Request(url.replace(self.public, self.through, 1), data=data, headers=headers or {})
        request.add_header("User-Agent", "test")
        if is_ours:
            request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
            if data is not None:
                request.add_header("Sec-Fetch-Site", "same-origin")
        with self.opener.open(request, timeout=20) as response:
            for cookie in response.headers.get_all("Set-Cookie") or [] if is_ours else []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return response.status, response.headers, response.read().decode()


class _Manual(urllib.request.HTTPErrorProcessor):
    """Every status is an answer."""

    def http_response(self, _request, response):
        return response

    https_response = http_response


def form(html, action, **values):
    """The body of a page's form, with the fields that it hides."""
    inside = re.search(rf'<form[^>]*action="{action}".*?</form>', html, re.S)[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
    return urllib.parse.urlencode({**dict(hidden), **values}).encode()


def statuses(port, source, count, headers=None, tls=False):
    """Of as many requests for the tester's path, from a loopback address of its own."""
    context = ssl._create_unverified_context()
    seen = []
    for _ in range(count):
        make = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        more = {"context": context} if tls else {}
        connection = make("127.0.0.1", port, timeout=20, source_address=(source, 0), **more)
        connection.request("GET", "/oauth/delegate?request=psd_x", headers=headers or {})
        response = connection.getresponse()
        response.read()
        connection.close()
        seen.append(response.status)
    return seen
