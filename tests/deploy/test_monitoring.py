"""The dashboard and the alert rules ask for metrics that a running service has, with labels and values that it gives."""

import json
import re
import subprocess
import threading
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import yaml

from service import DEPLOY, Browser, free_port, listens, running, serving, until

DASHBOARD = json.loads((DEPLOY / "monitoring/dashboard.json").read_text())
RULES = yaml.safe_load((DEPLOY / "monitoring/alerts.yaml").read_text())
NAME = re.compile(r"\bhandleproof_[a-z_]+")
SELECTION = re.compile(r'(handleproof_[a-z_]+)\{([^}]*)\}')


def expressions():
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    yield from (variable["query"]["query"] for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query")
    for group in RULES["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


class Broken(BaseHTTPRequestHandler):
    """A platform that fails, which is an end as good as any to be counted."""

    def do_POST(self):
        self.send_error(500)

    def log_message(self, *_):
        pass


def metrics(stores):
    """What a service says after one flow, one refusal and one request of each kind."""
    platform = HTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=platform.serve_forever, daemon=True).start()
    listen = free_port()
    origin = f"http://127.0.0.1:{platform.server_port}"
    settings = (
        f'{stores}[metrics]\nlisten = "127.0.0.1:{listen}"\n[platforms.tiktok]\nclient_id = "i"\nclient_secret = "s"\n'
        f'token_endpoint = "{origin}/token"\nauthorization_endpoint = "{origin}/authorize"\n'
    )
    with serving(settings) as (port, api_key, _):
        public = f"http://127.0.0.1:{port}"
        browser = Browser(public, public)
        body = json.dumps({"platform": "tiktok", "state": "s", "callback_url": "http://127.0.0.1:9/callback"}).encode()
        headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        _, _, text = browser.open(f"{public}/api/oauth/delegate/sessions", body, headers)
        _, sent, _ = browser.open(json.loads(text)["authorize_url"])
        state = re.search(r"[?&]state=([^&]+)", sent["Location"])[1]
        _, sent, _ = browser.open(f"{public}/oauth/callback/tiktok?code=c&state={state}")
        assert "error=temporarily_unavailable" in sent["Location"], sent["Location"]
        browser.open(f"{public}/api/oauth/delegate/sessions", body, {**headers, "Authorization": "Bearer hpk_none"})
        with urllib.request.urlopen(f"http://127.0.0.1:{listen}/metrics") as response:
            said = response.read().decode()
    platform.shutdown()
    platform.server_close()
    return said


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        redis = free_port()
        command = ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", ""]
        # What is counted of a store depends on which it is.
        with running(command, stdout=subprocess.DEVNULL):
            until(lambda: listens(redis), "Redis")
            said = metrics("") + metrics(f'[stores]\nsessions = "redis://127.0.0.1:{redis}"\n')
        cls.labels = {}
        for name, labels in re.findall(r"^(handleproof_[a-z_]+)(?:\{([^}]*)\})? ", said, re.M):
            cls.labels.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', labels))

    def test_every_metric_that_is_asked_for_is_there(self):
        asked = {name for expression in expressions() for name in NAME.findall(expression)}
        self.assertGreater(len(asked), 6)
        self.assertEqual(asked - self.labels.keys(), set())

    def test_every_metric_that_is_there_is_shown_somewhere(self):
        asked = {re.sub("_(bucket|count|sum)$", "", name) for expression in expressions() for name in NAME.findall(expression)}
        there = {re.sub("_(bucket|count|sum)$", "", name) for name in self.labels}
        self.assertEqual(there - asked, set())

    def test_every_label_that_is_asked_for_is_there(self):
        compared = 0
        for expression in expressions():
            for name, selection in SELECTION.findall(expression):
                for label in re.findall(r"([a-z_]+)(?:=|!)", selection):
                    self.assertIn(label, self.labels[name], expression)
                    compared += 1
            for labels in re.findall(r"by \(([^)]*)\)", expression):
                known = set().union(*(self.labels[name] for name in NAME.findall(expression)))
                self.assertLessEqual(set(labels.split(", ")), known, expression)
        self.assertGreater(compared, 8)

    def test_every_outcome_and_code_that_is_asked_for_can_come(self):
        errors = (DEPLOY.parent / "docs/errors.md").read_text()
        for expression in expressions():
            for label, values in re.findall(r'\b(outcome|code)=~?"([^"]*)"', expression):
                for value in values.split("|"):
                    self.assertTrue(f"`{value}`" in errors or value == "verified", f"{label}={value}")

    def test_the_dashboard_is_one(self):
        ids = [panel["id"] for panel in DASHBOARD["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in DASHBOARD["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
            self.assertTrue(all(target["expr"] and target["refId"] for target in panel["targets"]))
            self.assertEqual(panel["datasource"]["uid"], "${datasource}")


if __name__ == "__main__":
    unittest.main()
