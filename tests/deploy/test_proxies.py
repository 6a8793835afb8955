"""nginx.conf and Caddyfile: a proxy runs with each, a whole flow goes through it, and clients are told apart behind it."""

import json
import os
import re
import subprocess
import unittest

from service import DEPLOY, Browser, dev, folder, form, free_port, running, serving, speaks_tls, statuses, until

LIMITS = '[limits]\nrequests_per_ip_per_minute = 6\ntrusted_proxies = ["127.0.0.1/32"]\n[metrics]\nlisten = "off"\n'


def certificate(path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=verify.example.com", "-keyout", path / "privkey.pem", "-out", path / "fullchain.pem"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def nginx(path, port, upstream):
    """The command for the sample with ports, certificate and logs of this test, and nothing else changed."""
    certificate(path)
    text = (DEPLOY / "nginx.conf").read_text()
    for sample, here, count in [
        ("    listen 443 ssl http2;", f"    listen 127.0.0.1:{port} ssl http2;", 1),
        ("/etc/letsencrypt/live/verify.example.com/", f"{path}/", 2),
        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{upstream};", 1),
        ("/var/log/nginx/", f"{path}/", 2),
    ]:
        assert text.count(sample) == count, sample
        text = text.replace(sample, here)
    (path / "site.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off;\npid {path}/nginx.pid;\nworker_processes 1;\nevents {{}}\nhttp {{\n{temporary}include {path}/site.conf;\n}}\n"
    if os.geteuid() == 0:
        main = f"user root;\n{main}"
    (path / "main.conf").write_text(main)
    return ["nginx", "-e", str(path / "error.log"), "-c", str(path / "main.conf")], {}


def caddy(path, port, upstream):
    """The command for the sample as it is: its host and upstream come from the environment."""
    options = f"{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tstorage file_system {path}/data\n}}\n"
    (path / "Caddyfile").write_text(options + (DEPLOY / "Caddyfile").read_text())
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(path),
        "HANDLEPROOF_HOST": f"https://127.0.0.1:{port}",
        "HANDLEPROOF_UPSTREAM": f"127.0.0.1:{upstream}",
    }
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(path / "Caddyfile")], {"env": env, "stderr": subprocess.DEVNULL}


class Proxies:
    def check(self, path):
        raise NotImplementedError

    def test_the_sample_as_it_is_is_valid(self):
        with folder() as path:
            self.check(path)

    def test_a_whole_flow_goes_through_it_and_its_log_holds_no_query(self):
        with folder() as path, dev() as (public, sandbox, api_key):
            port = free_port()
            command, more = self.proxy(path, port, int(public.rsplit(":", 1)[1]))
            with running(command, **more):
                until(lambda: speaks_tls(port), "proxy")
                callback = self.flow(Browser(public, f"https://127.0.0.1:{port}"), public, api_key)
        self.assertRegex(callback, r"[?&]state=through-the-proxy&expires=\d+&sig=[0-9a-f]{64}$")

    def flow(self, browser, public, api_key):
        body = {"platform": "tiktok", "state": "through-the-proxy", "callback_url": "http://127.0.0.1:9/callback"}
        headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        status, _, text = browser.open(f"{public}/api/oauth/delegate/sessions", json.dumps(body).encode(), headers)
        self.assertEqual(status, 201, text)
        status, _, page = browser.open(json.loads(text)["authorize_url"])
        self.assertEqual(status, 200)
        status, headers, _ = browser.open(f"{public}/oauth/delegate", form(page, "/oauth/delegate"))
        self.assertIn(status, (302, 303))
        consent = headers["Location"]
        status, _, page = browser.open(consent)
        self.assertEqual(status, 200)
        action = re.search(r'<form[^>]*action="([^"]*)"', page)[1]
        target = consent.split("/", 3)
        status, headers, _ = browser.open(f"{target[0]}//{target[2]}{action}", form(page, re.escape(action), persona="ordinary"))
        self.assertIn(status, (302, 303))
        status, headers, _ = browser.open(headers["Location"])
        self.assertIn(status, (302, 303))
        for log in self.logs:
            self.assertNotIn("?", log.read_text(), log)
        return headers["Location"]

    def test_t91_clients_are_told_apart_behind_it_and_cannot_say_who_they_are(self):
        with folder() as path, serving(LIMITS) as (upstream, *_):
            port = free_port()
            command, more = self.proxy(path, port, upstream)
            with running(command, **more):
                until(lambda: speaks_tls(port), "proxy")
                self.assertIn(429, statuses(port, "127.0.0.2", 10, tls=True))
                self.assertNotIn(429, statuses(port, "127.0.0.3", 3, tls=True), "another client pays for the first")
                for name, value in [("X-Forwarded-For", "198.51.100.{}"), ("Forwarded", "for=198.51.100.{}")]:
                    claims = [statuses(port, "127.0.0.2", 1, {name: value.format(n)}, tls=True)[0] for n in range(3)]
                    self.assertIn(429, claims, f"{name} of the client is believed")


class Nginx(Proxies, unittest.TestCase):
    def proxy(self, path, port, upstream):
        self.logs = [path / "handleproof.log", path / "handleproof-error.log"]
        return nginx(path, port, upstream)

    def check(self, path):
        command, _ = nginx(path, free_port(), 8080)
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
        self.assertEqual(tested.returncode, 0, tested.stderr)
        self.assertNotIn("[warn]", tested.stderr.replace('the "user" directive', ""))


class Caddy(Proxies, unittest.TestCase):
    logs = ()

    def proxy(self, path, port, upstream):
        return caddy(path, port, upstream)

    def check(self, path):
        env = {"PATH": os.environ["PATH"], "HOME": str(path)}
        command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
        tested = subprocess.run(command, capture_output=True, text=True, env=env)
        self.assertEqual(tested.returncode, 0, tested.stderr)
        self.assertNotIn("not formatted", tested.stderr)


if __name__ == "__main__":
    unittest.main()
