#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The archive of the sources: the same bytes from every clone, and all that the build needs is in it."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from package import ROOT, run

GIT = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
       "GIT_CONFIG_VALUE_0": "*"}


def is_checkout():
    return subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, env=GIT,
                          check=False).returncode == 0


@unittest.skipUnless(is_checkout(), "these sources are no checkout of git's")
class Archive(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-source-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def archive_of_clone(self, name, umask):
        clone = self.folder / name
        run("git", "clone", "--quiet", "--no-local", "--depth=1", f"file://{ROOT}", clone, env=GIT)
        out = self.folder / f"{name}.out"
        out.mkdir()
        for file in clone.rglob("*.sh"): # a checkout's times are nobody's business
            os.utime(file, (umask, umask))
        run("bash", "-c", f"umask {umask:03o}; bash {clone}/packaging/source-tarball.sh {out}", env=GIT)
        (archive,) = out.glob("*.tar.xz")
        return archive

    def test_two_clones_make_the_same_bytes(self):
        archives = [self.archive_of_clone("one", 0o022), self.archive_of_clone("two", 0o077)]
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in archives]
        self.assertEqual(*digests)
        told = (archives[0].parent / f"{archives[0].name}.sha256").read_text(encoding="utf-8").split()
        self.assertEqual(told, [digests[0], archives[0].name])

        run("tar", "-xf", archives[0], "-C", self.folder)
        (tree,) = [path for path in self.folder.iterdir() if path.name.startswith("saoluu-")]
        tracked = set(run("git", "-C", ROOT, "ls-tree", "-r", "-z", "--name-only", "HEAD", env=GIT).split("\0")) - {""}
        packed = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file() or path.is_symlink()}
        self.assertEqual(packed, tracked)
        # What is written from them has the commit's time, without git at hand.
        when = run("git", "-C", ROOT, "log", "-1", "--format=%ct", env=GIT).strip()
        self.assertEqual((tree / "packaging/source-date").read_text(encoding="utf-8").strip(), when)


if __name__ == "__main__":
    if not is_checkout():
        print("skipped: these sources are no checkout of git's")
        sys.exit(77)
    unittest.main()
