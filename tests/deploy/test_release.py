"""The release script with everything but the compiler's minutes, and the SBOM."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from service import BINARY, DEPLOY, ROOT, folder


class Release(unittest.TestCase):
    def test_the_sbom_is_cyclonedx_and_names_what_is_linked_and_no_more(self):
        text = subprocess.run([DEPLOY / "sbom"], check=True, capture_output=True, text=True).stdout
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text))
        bom = json.loads(text)
        names = {component["name"] for component in bom["components"]}
        self.assertLessEqual({"actix-web", "rustls", "ring", "hmac", "handleproof-verify", "libsqlite3-sys"}, names)
        self.assertFalse({"proptest", "divan", "flate2-test", "aws-lc-sys"} & names)
        self.assertNotIn(str(ROOT), text)
        self.assertNotIn("path+file", text)
        unhashed = {one["name"] for one in bom["components"] if "hashes" not in one}
        self.assertEqual(unhashed, {"handleproof-verify"}, "all but our own come with a checksum")
        refs = {one["bom-ref"] for one in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
        self.assertEqual({one["ref"] for one in bom["dependencies"]}, refs)
        again = subprocess.run([DEPLOY / "sbom"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(again, text)

    def test_the_default_configuration_is_the_programs_own(self):
        printed = subprocess.run([BINARY, "config"], check=True, capture_output=True, text=True).stdout
        self.assertEqual((DEPLOY / "handleproof.toml").read_text(), printed, "print it anew: handleproof config")

    def test_the_profile_names_no_path_of_the_machine_that_made_it(self):
        profile = (DEPLOY / "flows.profdata").read_bytes()
        self.assertIn(b"handleproof", profile)
        for path in (str(ROOT).encode(), bytes(cargo_home()), b"/tmp/"):
            self.assertNotIn(path, profile)

    def test_the_scripts_are_such_as_the_shell_understands_and_uncommitted_work_is_not_released(self):
        for script in ("build", "profile", "release"):
            subprocess.run(["bash", "-n", DEPLOY / script], check=True)
        marker = ROOT / "uncommitted"
        marker.touch()
        try:
            ran = subprocess.run([DEPLOY / "release"], capture_output=True, text=True)
        finally:
            marker.unlink()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("commit them", ran.stderr)

    def released(self, path, change):
        """Runs the script with a compiler that gives the test's own binary, stripped and changed; gives how it went."""
        copy = path / "project"
        for name in ("deploy", "Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"):
            source = ROOT / name
            copy.mkdir(exist_ok=True)
            shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy2(source, copy / name)
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", copy]
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
            subprocess.run([*git, *command], check=True)
        built = path / "target/release/handleproof"
        built.parent.mkdir(parents=True)
        subprocess.run(["strip", "--strip-all", "-o", built, BINARY], check=True)
        built.write_bytes(change(built.read_bytes(), copy))
        bin_ = path / "bin"
        bin_.mkdir()
        (bin_ / "cargo").write_text('#!/bin/sh\n[ "$*" = "build --release --locked --bin handleproof" ]\n')
        (bin_ / "cargo").chmod(0o755)
        env = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "CARGO_TARGET_DIR": str(path / "target")}
        # The SBOM asks the real one.
        (copy / "deploy/sbom").write_text(f"#!/bin/sh\nPATH='{os.environ['PATH']}' exec {DEPLOY / 'sbom'}\n")
        subprocess.run([*git, "commit", "-qam", "sbom"], check=True)
        return copy / "dist", subprocess.run([copy / "deploy/release"], capture_output=True, text=True, env=env)

    def test_it_packs_checks_and_sums_what_was_built(self):
        # Of equal length, so that it stays the same program.
        anonymous = [bytes(cargo_home()), str(ROOT).encode()]

        def change(binary, _):
            for machine in anonymous:
                binary = binary.replace(machine + b"/", b"/" + b"x" * (len(machine) - 1) + b"/")
            return binary

        with folder() as path:
            dist, ran = self.released(path, change)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            [sums] = dist.glob("*.sha256")
            for line in sums.read_text().splitlines():
                digest, file = line.split()
                self.assertEqual(hashlib.sha256((dist / file).read_bytes()).hexdigest(), digest)
            [archive] = dist.glob("*.tar.gz")
            with tarfile.open(archive) as packed:
                members = {os.path.basename(member.name): member for member in packed.getmembers()}
            self.assertTrue(members["handleproof"].mode & 0o111)
            expected = {"LICENSE-MIT", "README.md", "handleproof.toml", "handleproof.cdx.json", "handleproof.service"}
            self.assertLessEqual(expected, members.keys())
            self.assertEqual({(member.uid, member.gid) for member in members.values()}, {(0, 0)})

    def test_it_refuses_a_binary_that_names_paths_of_the_machine(self):
        with folder() as path:
            dist, ran = self.released(path, lambda binary, copy: binary + f"{copy}/src/main.rs".encode())
            self.assertEqual(ran.returncode, 1)
            self.assertIn("paths of this machine", ran.stderr)
            self.assertFalse(dist.exists())


def cargo_home():
    return os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo")).encode()


if __name__ == "__main__":
    unittest.main()
