#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The service's unit, user, folders and AppArmor profile, by the tools of those who read them."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from package import ROOT, run

UNIT = ROOT / "packaging/systemd/saoluu.service"
MOST_EXPOSURE = 20  # in tenths: 2.0


def said_by(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


class Unit(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-unit-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def unit(self, change=lambda text: text):
        """A copy whose program and pages are there, for systemd-analyze verify looks for them."""
        path = self.folder / "saoluu.service"
        text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/saoluu", "/bin/true")
        path.write_text(change(re.sub("(?m)^Documentation=.*\n", "", text)), encoding="utf-8")
        return path

    def exposure(self, path):
        return said_by("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}",
                       "--no-pager", path)

    def test_systemd_knows_each_line_of_it(self):
        code, said = said_by("systemd-analyze", "verify", self.unit())
        self.assertEqual((code, said), (0, ""))

    def test_a_slip_in_it_would_be_seen(self):
        _, said = said_by("systemd-analyze", "verify",
                          self.unit(lambda text: text.replace("ProtectClock=", "ProtectClocks=")))
        self.assertIn("ProtectClocks", said)

    def test_its_walls_are_high_enough(self):
        code, said = self.exposure(self.unit())
        self.assertEqual(code, 0, said)

    def test_lower_walls_would_be_seen(self):
        code, said = self.exposure(self.unit(lambda text: re.sub("(?m)^(CapabilityBounding|SystemCallFilter).*\n", "", text)))
        self.assertNotEqual(code, 0, said)

    def test_it_has_one_capability_and_no_more(self):
        text = UNIT.read_text(encoding="utf-8")
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(re.findall(f"(?m)^{key}=(.*)$", text), ["CAP_DAC_READ_SEARCH"])

    def test_its_user_and_folders_are_made_by_systemds_own_tools(self):
        root = self.folder / "root"
        (root / "etc").mkdir(parents=True)
        run("systemd-sysusers", f"--root={root}", ROOT / "packaging/systemd/sysusers.conf")
        (user,) = [line for line in (root / "etc/passwd").read_text(encoding="utf-8").splitlines()
                   if line.startswith("saoluu:")]
        self.assertEqual(user.split(":")[4:], ["Backups by saoluu", "/var/lib/saoluu", "/usr/sbin/nologin"])
        run("systemd-tmpfiles", "--create", f"--root={root}", ROOT / "packaging/systemd/tmpfiles.conf")
        for name, mode in (("etc/saoluu", 0o750), ("var/lib/saoluu", 0o700), ("var/cache/saoluu", 0o700)):
            self.assertEqual((root / name).stat().st_mode & 0o777, mode, name)

    def test_apparmor_can_read_the_profile(self):
        profile = ROOT / "packaging/apparmor/saoluu-daemon"
        run("apparmor_parser", "-Q", "-K", profile)
        broken = self.folder / "broken"
        broken.write_text(profile.read_text(encoding="utf-8").replace("capability dac_read_search", "capability magic"),
                          encoding="utf-8")
        code, said = said_by("apparmor_parser", "-Q", "-K", broken)
        self.assertNotEqual(code, 0, said)
        name = re.search(r"(?m)^AppArmorProfile=-(.*)$", UNIT.read_text(encoding="utf-8")).group(1)
        self.assertIn(name, run("apparmor_parser", "-N", profile).split())

    def test_the_usual_places_of_stores_are_the_same_for_both(self):
        """What one lets through and the other stops is a backup that fails on some machines."""
        places = " ".join(re.findall(r"(?m)^ReadWritePaths=(.*)$", UNIT.read_text(encoding="utf-8")))
        profile = (ROOT / "packaging/apparmor/saoluu-daemon").read_text(encoding="utf-8")
        for place in places.split():
            self.assertIn(f"\n  {place.lstrip('-')}/** rwkl,", profile)


if __name__ == "__main__":
    unittest.main()
