#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that a Linux file system holds goes in and comes back the same: compared by a look of
our own at every fact, and by rsync."""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from program import ProgramTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from everything import facts_of, make_everything  # noqa: E402

COMPAT = pathlib.Path(__file__).resolve().parent.parent / "compat"


class Fidelity(ProgramTest):
    def setUp(self):
        super().setUp()
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "source"
        self.is_root = os.geteuid() == 0
        self.missing = make_everything(self.source, self.is_root)
        self.init()
        done = self.expect(0, "backup", "--json", self.source, *self.use)
        self.summary = done.lines()[-1]
        self.assertEqual(self.summary["left_out"], 1)  # the socket
        os.unlink(self.source / "socket")

    def assert_same_tree(self, target):
        wanted, got = facts_of(self.source), facts_of(target)
        for facts in (wanted, got):
            facts[b"."].pop("mtime")  # the socket went away
        self.assertEqual(sorted(wanted), sorted(got))
        for path, fact in wanted.items():
            self.assertEqual(fact, got[path], path)

    def test_all_comes_back_and_rsync_agrees(self):
        target = self.folder / "target"
        self.expect(0, "restore", f"latest:{self.source}", "--target", target, "--devices",
                    "--setuid", "--security-xattrs", "--numeric-owner", *self.admin)
        self.assert_same_tree(target)
        self.assertLess(os.lstat(target / "sparse").st_blocks, 1000)
        os.truncate(self.source / "sparse", 0)  # a terabyte of zeros is not for rsync
        os.truncate(target / "sparse", 0)
        for top in (self.source, target):
            os.utime(top / "sparse", (1, 1))
            os.utime(top, (1, 1))
        options = "-aHAXni" if self.is_root else "-rlptHAXni"
        done = subprocess.run(["/usr/bin/rsync", options, "--checksum", "--delete",
                               f"{self.source}/", f"{target}/"], capture_output=True, check=True)
        self.assertEqual(done.stdout, b"")

    def test_the_independent_reader_restores_it_too(self):
        if not self.is_root:
            self.skipTest("devices and owners need root")
        target = self.folder / "target"
        subprocess.run([sys.executable, COMPAT / "read_repository.py", *self.reader_words(target)],
                       check=True, capture_output=True)
        self.assert_same_tree(target)

    def reader_words(self, target):
        return ("--passphrase-file", self.passphrase, self.repo, "restore", "latest", target,
                "--path", self.source)

    def test_a_second_backup_reads_nothing_that_did_not_change(self):
        # Everything was made a moment ago, so it is read once more, and then no more.
        time.sleep(3)
        self.expect(0, "backup", self.source, *self.use)
        summary = self.expect(0, "backup", "--json", self.source, *self.use).lines()[-1]
        self.assertEqual(summary["bytes_read"], 0)
        self.assertEqual(summary["changed_files"] + summary["new_files"], 0)
        target = self.folder / "target"
        self.expect(0, "restore", f"latest:{self.source}", "--target", target, "--devices",
                    "--setuid", "--security-xattrs", "--numeric-owner", *self.admin)
        self.assert_same_tree(target)

    def tearDown(self):
        for top in (self.source, self.folder / "target"):
            shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
