"""handleproof.service: systemd takes it, and counts it among the hardened."""

import re
import subprocess
import unittest

from service import BINARY, DEPLOY, folder

UNIT = "handleproof.service"
# systemd's score of exposure, 0 to 10, in tenths. What is left: DynamicUser has no root directory of its own, and the
# service needs the network.
MOST = 12


def unit():
    """The unit, with the binary where it is here."""
    text = (DEPLOY / UNIT).read_text()
    assert text.count("/usr/local/bin/handleproof") == 1
    return text.replace("/usr/local/bin/handleproof", BINARY)


class Systemd(unittest.TestCase):
    def test_it_is_understood_to_the_last_line(self):
        with folder() as path:
            (path / UNIT).write_text(unit())
            said = subprocess.run(["systemd-analyze", "verify", "--man=no", path / UNIT], capture_output=True, text=True)
        # Of units of this machine there may be something to say; of this one nothing.
        self.assertEqual([line for line in said.stderr.splitlines() if UNIT in line], [])

    def test_what_a_break_in_could_reach_is_little(self):
        with folder() as path:
            (path / UNIT).write_text(unit())
            command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST}", path / UNIT]
            said = subprocess.run(command, capture_output=True, text=True)
        score = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
        self.assertIsNotNone(score, said.stderr)
        self.assertEqual(said.returncode, 0, score[0])
        self.assertLessEqual(float(score[1]) * 10, MOST)

    def test_its_command_is_one_of_the_programs(self):
        command = re.search(r"^ExecStart=(.*)$", unit(), re.M)[1].split()
        shown = subprocess.run([command[0], command[1], "--help"], capture_output=True, text=True)
        self.assertEqual(shown.returncode, 0)
        self.assertIn("--config", shown.stdout)
        # Drain and requests in flight have their time before the kill.
        stop = int(re.search(r"^TimeoutStopSec=(\d+)$", unit(), re.M)[1])
        default = int(re.search(r"#drain_seconds = (\d+)", (DEPLOY / "handleproof.toml").read_text())[1])
        self.assertGreaterEqual(stop, default + 15)


if __name__ == "__main__":
    unittest.main()
