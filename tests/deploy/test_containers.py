"""Dockerfile, compose.yaml and the Kubernetes manifests, as far as a machine without a container engine goes."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import yaml

from service import BINARY, DEPLOY, ROOT, folder, listens, running, serving, until

TOOLS = os.path.dirname(sys.executable)


def succeeds(case, command, **more):
    ran = subprocess.run(command, capture_output=True, text=True, **more)
    case.assertEqual(ran.returncode, 0, f"{command}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def instructions():
    """The Dockerfile's instructions, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    return [tuple(line.split(None, 1)) for line in re.sub(r"\\\n\s*", "", text).splitlines() if line]


class Dockerfile(unittest.TestCase):
    def test_it_is_well_made(self):
        succeeds(self, [f"{TOOLS}/hadolint", DEPLOY / "Dockerfile"])

    # What the RUN commands would do to this machine is done to a folder, or tried without effect.
    SHIMS = """
    apt-get() {
        [ "$1" = update ] && return
        command apt-get --simulate "$@" > /dev/null && touch "$DONE/apt"
    }
    rm() { [ "$*" = "-rf /var/lib/apt/lists/*" ] && touch "$DONE/rm"; }
    groupadd() { command groupadd --prefix "$ROOT_FOLDER" "$@" && touch "$DONE/groupadd"; }
    useradd() { command useradd --prefix "$ROOT_FOLDER" "$@" && touch "$DONE/useradd"; }
    install() {
        local arguments=("${@:1:$#-1}")
        command install "${arguments[@]}" "$ROOT_FOLDER${!#}" && touch "$DONE/install"
    }
    set -f
    """

    # It stands in a folder, since the script that calls it does not know the shell's functions.
    CARGO = """#!/bin/sh
    [ "$*" = "build --release --locked --bin handleproof" ] && [ -s "${RUSTFLAGS#*-Cprofile-use=}" ] || exit 1
    exec "$REAL_CARGO" metadata --locked --offline --no-deps --format-version 1 > "$DONE/cargo"
    """

    def test_each_run_command_runs(self):
        if os.geteuid() != 0:
            self.skipTest("root alone adds users")
        commands = [rest for name, rest in instructions() if name == "RUN"]
        self.assertEqual(len(commands), 4)
        with folder() as path:
            for each in ("done", "bin", "root/etc", "root/var/lib"):
                (path / each).mkdir(parents=True)
            (path / "bin/cargo").write_text(self.CARGO)
            (path / "bin/cargo").chmod(0o755)
            env = {
                **os.environ,
                "DONE": str(path / "done"),
                "ROOT_FOLDER": str(path / "root"),
                "REAL_CARGO": shutil.which("cargo"),
                "PATH": f"{path / 'bin'}:{os.environ['PATH']}",
            }
            for command in commands:
                succeeds(self, ["bash", "-c", f"{self.SHIMS}\n{command}"], env=env, cwd=ROOT)
            self.assertEqual({file.name for file in (path / "done").iterdir()}, {"apt", "rm", "groupadd", "useradd", "install", "cargo"})
            self.assertRegex((path / "root/etc/passwd").read_text(), r"(?m)^handleproof:.:10001:10001:")
            state = (path / "root/var/lib/handleproof").stat()
            self.assertEqual((state.st_uid, state.st_gid, state.st_mode & 0o777), (10001, 10001, 0o700))
            packages = json.loads((path / "done/cargo").read_text())["packages"]
            targets = [target for package in packages for target in package["targets"] if "bin" in target["kind"]]
            self.assertIn("handleproof", {target["name"] for target in targets})

    def test_what_it_copies_is_there_and_no_secret_is(self):
        self.assertIn(("COPY", ". ."), instructions())
        ignored = (ROOT / ".dockerignore").read_text().split()
        for never in ["target", ".git", "*.key", "*.db", "deploy/.env", "deploy/compose/secrets"]:
            self.assertIn(never, ignored)

    def test_it_is_not_root_and_its_commands_are_the_programs(self):
        steps = instructions()
        self.assertEqual([rest for name, rest in steps if name == "USER"], ["10001:10001"])
        self.assertLess(
            next(at for at, step in enumerate(steps) if step[0] == "USER"),
            next(at for at, step in enumerate(steps) if step[0] == "ENTRYPOINT"),
        )
        entry = json.loads(dict(steps)["ENTRYPOINT"])
        command = entry + json.loads(dict(steps)["CMD"])
        self.assertEqual(command, ["/usr/local/bin/handleproof", "serve", "--config", "/etc/handleproof/handleproof.toml"])

    def test_its_health_check_tells_a_service_that_answers_from_one_that_does_not(self):
        check = json.loads(re.search(r"CMD (\[.*\])$", dict(instructions())["HEALTHCHECK"])[1])
        self.assertEqual(check[:2], ["/usr/local/bin/handleproof", "health"])
        with serving('[metrics]\nlisten = "off"\n') as (_, _, config):
            here = [BINARY, *check[1:-1], str(config)]
            succeeds(self, here)
            succeeds(self, [*here, "--ready"])
            settings = config.read_text()
            gone = config.with_name("gone.toml")
            gone.write_text(re.sub(r'listen = "127.0.0.1:\d+"', 'listen = "127.0.0.1:1"', settings, count=1))
            self.assertEqual(subprocess.run([*here[:-1], str(gone)], capture_output=True).returncode, 1)


class Compose(unittest.TestCase):
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

    def test_it_keeps_to_the_specification(self):
        succeeds(self, [f"{TOOLS}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"])

    def prepared(self, path):
        """The files of deploy/ in a folder, after `prepare`."""
        shutil.copytree(DEPLOY, path / "deploy", ignore=shutil.ignore_patterns("secrets", ".env"))
        succeeds(self, [path / "deploy/compose/prepare", "verify.example.com"])
        return path / "deploy"

    def test_every_file_variable_and_name_in_it_is_there_once_it_is_prepared(self):
        services, text = self.compose["services"], (DEPLOY / "compose.yaml").read_text()
        with folder() as path:
            deploy = self.prepared(path)
            for secret in self.compose["secrets"].values():
                self.assertTrue((deploy / secret["file"]).is_file(), secret)
            variables = dict(line.split("=", 1) for line in (deploy / ".env").read_text().splitlines())
            self.assertEqual(set(re.findall(r"\$\{([A-Z_]+)", text)), set(variables))
            for service in services.values():
                for volume in service.get("volumes", []):
                    source = volume.split(":")[0]
                    there = (deploy / source).is_file() if source.startswith(".") else source in self.compose["volumes"]
                    self.assertTrue(there, volume)
                self.assertLessEqual(set(service.get("secrets", [])), self.compose["secrets"].keys())
                self.assertLessEqual(set(service["networks"]), self.compose["networks"].keys())
                self.assertLessEqual(set(service.get("depends_on", {})), services.keys())
                for other in service.get("depends_on", {}):
                    self.assertTrue("healthcheck" in services[other] or other == "handleproof", other)
            before = {file: file.read_bytes() for file in deploy.rglob("*") if file.is_file()}
            succeeds(self, [deploy / "compose/prepare", "other.example.com"])
            self.assertEqual({file: file.read_bytes() for file in deploy.rglob("*") if file.is_file()}, before)
            self.assertEqual((deploy / "compose/secrets").stat().st_mode & 0o777, 0o700)
        self.assertNotEqual(subprocess.run([DEPLOY / "compose/prepare", "a b"], capture_output=True).returncode, 0)

    def test_the_service_takes_its_settings_and_trusts_the_proxys_network(self):
        service = self.compose["services"]["handleproof"]
        with folder() as path:
            deploy = self.prepared(path)
            env = {
                name: value.replace("/run/secrets", str(deploy / "compose/secrets")).split("${")[0]
                for name, value in service["environment"].items()
            }
            env["HANDLEPROOF_PUBLIC_URL"] += "verify.example.com"
            command = [BINARY, "platforms", "--config", deploy / "compose/handleproof.toml"]
            self.assertIn("tiktok", succeeds(self, command, env=env))
            for name in ("registry_url", "sessions_url"):
                host = (deploy / "compose/secrets" / name).read_text().split("@")[1].split("/")[0].split(":")[0]
                self.assertIn(host.strip(), self.compose["services"])
        subnet = self.compose["networks"]["proxied"]["ipam"]["config"][0]["subnet"]
        self.assertIn(f'trusted_proxies = ["{subnet}"]', (DEPLOY / "compose/handleproof.toml").read_text())

    def test_redis_takes_its_file(self):
        with folder() as path:
            conf = self.prepared(path) / "compose/secrets/redis_conf"
            port = 20000 + os.getpid() % 20000
            command = ["redis-server", str(conf), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(path)]
            with running(command, stdout=subprocess.DEVNULL):
                until(lambda: listens(port), "Redis")
                password = (conf.parent / "redis_password").read_text().strip()
                asked = ["redis-cli", "-p", str(port), "--no-auth-warning", "-a", password, "config", "get", "maxmemory-policy"]
                self.assertIn("noeviction", succeeds(self, asked))


def rendered(overlay):
    text = subprocess.run(
        ["kubectl", "kustomize", DEPLOY / "kubernetes/overlays" / overlay], check=True, capture_output=True, text=True
    ).stdout
    return text, {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text)}


class Kubernetes(unittest.TestCase):
    def test_each_overlay_renders_to_what_the_schemas_allow_and_fits_together(self):
        for overlay in ("staging", "production"):
            with self.subTest(overlay), folder() as path:
                text, objects = rendered(overlay)
                (path / "all.yaml").write_text(text)
                succeeds(self, [f"{TOOLS}/kubernetes-validate", "--strict", path / "all.yaml"])
                self.fits_together(objects, f"handleproof-{overlay}", path)

    def fits_together(self, objects, namespace, path):
        self.assertEqual({one["metadata"]["namespace"] for one in objects.values()}, {namespace})
        deployment = objects["Deployment", "handleproof"]["spec"]
        pod = deployment["template"]["spec"]
        container = pod["containers"][0]
        labels = deployment["template"]["metadata"]["labels"]
        budget = objects["PodDisruptionBudget", "handleproof"]["spec"]
        self.assertGreater(deployment["replicas"], budget["minAvailable"])
        selectors = [deployment["selector"]["matchLabels"], budget["selector"]["matchLabels"]]
        selectors.append(objects["Service", "handleproof"]["spec"]["selector"])
        selectors.append(objects["NetworkPolicy", "handleproof"]["spec"]["podSelector"]["matchLabels"])
        for selector in selectors:
            self.assertLessEqual(selector.items(), labels.items())
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        probes = [container[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")]
        self.assertEqual([(probe["path"], probe["port"]) for probe in probes], [("/healthz", "http")] * 2 + [("/readyz", "http")])
        self.assertIn(objects["Service", "handleproof"]["spec"]["ports"][0]["targetPort"], ports)
        # Every path that a setting names lies in a mount, and every mount has its volume.
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        self.assertEqual(mounts.keys(), {volume["name"] for volume in pod["volumes"]})
        env = {one["name"]: one["value"] for one in container["env"]}
        for value in env.values():
            self.assertTrue(value.startswith(f"{mounts['secrets']}/"), value)
        config_map = next(volume for volume in pod["volumes"] if volume["name"] == "config")["configMap"]["name"]
        config = objects["ConfigMap", config_map]["data"]["handleproof.toml"]
        self.assertIn(f"{mounts['config']}/handleproof.toml", container["args"])
        # The service takes its settings, and listens where the manifests say.
        (path / "handleproof.toml").write_text(config)
        for name, value in [("registry_url", "postgres://h@stores/h"), ("sessions_url", "redis://stores"), ("master_key", "")]:
            (path / name).write_text(value)
        here = {name: value.replace(mounts["secrets"], str(path)) for name, value in env.items()}
        succeeds(self, [BINARY, "platforms", "--config", path / "handleproof.toml"], env=here)
        listens_at = re.findall(r'^listen = "0\.0\.0\.0:(\d+)"', config, re.M)
        self.assertEqual([int(port) for port in listens_at], [ports["http"], ports["metrics"]])
        public = re.search(r'^public_url = "https://(.*)"', config, re.M)[1]
        self.assertEqual(objects["Ingress", "handleproof"]["spec"]["rules"][0]["host"], public)
        self.assertTrue(pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"])

    def test_the_readmes_secret_has_the_keys_that_the_pods_read(self):
        text = (DEPLOY / "kubernetes/README.md").read_text()
        _, objects = rendered("production")
        env = objects["Deployment", "handleproof"]["spec"]["template"]["spec"]["containers"][0]["env"]
        keys = {one["value"].rsplit("/", 1)[1] for one in env}
        self.assertEqual(set(re.findall(r"--from-file=(\w+)", text)), keys)


if __name__ == "__main__":
    unittest.main()
