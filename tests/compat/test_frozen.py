#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The repositories that were frozen when format 1 was made: this version and the independent reader
restore from them what went in."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from everything import facts_as_json  # noqa: E402

PROGRAM = os.environ["SAOLUU"]


@unittest.skipUnless(os.geteuid() == 0, "owners and devices come back for root only")
class Frozen(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-frozen-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.env = {**os.environ, "SAOLUU_STATE_DIR": str(self.folder / "state"),
                    "SAOLUU_CACHE_DIR": str(self.folder / "cache"), "LANG": "C.UTF-8"}

    def unpack(self, suite):
        frozen = self.folder / suite
        frozen.mkdir()
        subprocess.run(["tar", "-xJf", HERE / f"frozen-1-{suite}.tar.xz", "-C", frozen], check=True)
        snapshots = dict(line.split() for line in (frozen / "snapshots").read_text().splitlines())
        return frozen, snapshots, (frozen / "tree").read_text()

    def run_program(self, frozen, key, *words):
        done = subprocess.run([PROGRAM, *map(str, words), "--repo", frozen / "repository",
                               "--key-file", frozen / f"{key}.key"], env=self.env,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def assert_restored(self, frozen, target):
        wanted = json.loads((frozen / "facts.json").read_text())
        got = facts_as_json(target)
        self.assertEqual(sorted(wanted), sorted(got))
        for path, fact in wanted.items():
            self.assertEqual(fact, got[path], path)

    def each(self):
        return [self.unpack(suite) for suite in ("xchacha20", "aes256gcm")]

    def test_this_version_restores_it(self):
        for frozen, snapshots, tree in self.each():
            target = frozen / "target"
            self.run_program(frozen, "reader", "restore", f"{snapshots['whole']}:{tree}", "--target",
                             target, "--devices", "--setuid", "--security-xattrs",
                             "--numeric-owner")
            self.assert_restored(frozen, target)
            later = frozen / "later"
            self.run_program(frozen, "reader", "restore",
                             f"{snapshots['later']}:{tree}/changed later", "--target", later)
            self.assertEqual((later / "changed later").read_text(), "only in the second snapshot")
            self.run_program(frozen, "founder", "restore", f"{snapshots['other']}:{tree}/links",
                             "--target", frozen / "links")
            self.assertEqual((frozen / "links" / "first").read_text(), "several names")

    def test_a_healed_copy_stands_in_for_its_pack(self):
        for frozen, snapshots, tree in self.each():
            (frozen / "repository" / (frozen / "healed").read_text()).unlink()
            target = frozen / "target"
            self.run_program(frozen, "reader", "restore", f"{snapshots['whole']}:{tree}", "--target",
                             target, "--devices", "--setuid", "--security-xattrs",
                             "--numeric-owner")
            self.assert_restored(frozen, target)

    def test_the_independent_reader_restores_it(self):
        for frozen, snapshots, tree in self.each():
            target = frozen / "target"
            subprocess.run([sys.executable, HERE / "read_repository.py", "--key-file",
                            frozen / "reader.key", frozen / "repository", "restore",
                            snapshots["whole"], target, "--path", tree], check=True,
                           capture_output=True)
            self.assert_restored(frozen, target)

    def test_it_is_sound_and_lists_what_counts(self):
        for frozen, snapshots, _ in self.each():
            for key in ("backup", "reader", "founder"):
                self.run_program(frozen, key, "check")
            self.run_program(frozen, "reader", "check", "--read-data")
            listed = self.run_program(frozen, "backup", "snapshots", "--json")
            for snapshot in snapshots.values():
                self.assertIn(snapshot, listed)
            self.assertEqual(listed.count('"id"'), len(snapshots))

    def test_it_can_be_written_to(self):
        for frozen, _, _ in self.each():
            (frozen / "new").mkdir()
            (frozen / "new" / "file").write_text("new")
            self.run_program(frozen, "backup", "backup", frozen / "new")
            self.run_program(frozen, "reader", "check", "--read-data")


if __name__ == "__main__":
    unittest.main()
