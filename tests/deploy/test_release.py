"""The release script's parts that need no release build, and, where there is a release, what is in it."""

import hashlib
import json
import os
import subprocess
import tarfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from service import BINARY, DEPLOY, ROOT


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

    def test_the_script_is_one_that_the_shell_understands_and_takes_no_uncommitted_work(self):
        subprocess.run(["bash", "-n", DEPLOY / "release"], check=True)
        marker = ROOT / "uncommitted"
        marker.touch()
        try:
            ran = subprocess.run([DEPLOY / "release"], capture_output=True, text=True)
        finally:
            marker.unlink()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("commit them", ran.stderr)

    def test_what_was_released_is_whole(self):
        sums = sorted((ROOT / "dist").glob("*.sha256"))
        if not sums:
            self.skipTest("nothing was released from here: deploy/release")
        for line in sums[-1].read_text().splitlines():
            digest, file = line.split()
            self.assertEqual(hashlib.sha256((ROOT / "dist" / file).read_bytes()).hexdigest(), digest)
        with tarfile.open(str(sums[-1]).replace(".sha256", ".tar.gz")) as archive:
            members = {os.path.basename(member.name): member for member in archive.getmembers()}
        self.assertTrue(members["handleproof"].mode & 0o111)
        self.assertLessEqual({"LICENSE-MIT", "handleproof.toml", "handleproof.cdx.json", "handleproof.service"}, members.keys())
        self.assertEqual({(member.uid, member.gid) for member in members.values()}, {(0, 0)})


if __name__ == "__main__":
    unittest.main()
