#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that are full: of the repository, of the state and cache folders, of a restore's target.
Each time a clear error and its exit code, nothing lost, and with room again the same command
succeeds.

The disks are file systems in memory, mounted in a mount namespace of this test's own, so that
nothing is left of them. Where that is not permitted (who is not root, some containers) it is said
and skipped.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import ProgramTest  # noqa: E402

INSIDE = "SAOLUU_OWN_MOUNTS"
PROBE = "mount -t tmpfs -o size=64k tmpfs /mnt"
MIB = 1 << 20


def enter_namespace():
    """Runs this test again in a mount namespace of its own; comes back only where that can't be."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        tried = subprocess.run([*words, "sh", "-c", PROBE], capture_output=True, check=False)
        if tried.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(words[0], [*words, sys.executable, *sys.argv])
    return tried.stderr.decode(errors="replace").strip()


class FullDisk(ProgramTest):
    def setUp(self):
        if os.environ.get(INSIDE) != "1":
            self.skipTest(f"no file system can be mounted here: {WHY_NOT}")
        super().setUp()
        self.random = random.Random(1)
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "source"
        self.source.mkdir()

    def mount(self, folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)

    def grow(self, folder, options):
        subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)

    def fill(self, folder, leave=0):
        """Takes all of a disk but `leave` bytes; returns what holds it."""
        ballast = folder / "ballast"
        info = os.statvfs(folder)
        size = info.f_bavail * info.f_frsize - leave
        with open(ballast, "wb") as file:
            while size > 0:
                try:
                    size -= file.write(b"x" * min(size, MIB))
                    file.flush()
                except OSError:
                    break
        return ballast

    def put(self, name, size):
        (self.source / name).write_bytes(self.random.randbytes(size))

    def snapshots(self):
        return {one["id"] for one in self.expect(0, "snapshots", "--json", *self.use).lines()
                if one.get("type") == "snapshot"}

    def assert_full(self, done, where):
        """Told so that a person knows which disk, and what to do."""
        self.assertEqual(done.code, 1, done)
        self.assertIn("saoluu: error: ", done.err)
        self.assertIn("No space left on device", done.err)
        self.assertIn(str(where), done.err)
        self.assertIn("Make room there", done.err)

    def assert_sound(self, snapshots):
        self.expect(0, "check", "--read-data", *self.admin)
        self.assertGreaterEqual(self.snapshots(), set(snapshots))

    def assert_restores(self, wanted, snapshot="latest"):
        target = self.folder / "target"
        self.expect(0, "restore", f"{snapshot}:{self.source}", "--target", target, *self.admin)
        done = subprocess.run(["diff", "-r", wanted, target], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done)
        shutil.rmtree(target)


class Repository(FullDisk):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.mount(self.disk, "size=24m")
        self.repo = self.disk / "repo"
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)

    def begin(self):
        self.init()
        self.put("a", 50_000)
        self.expect(0, "backup", self.source, *self.use)
        self.reference = self.folder / "reference"
        shutil.copytree(self.source, self.reference)
        return self.snapshots()

    def test_a_backup_that_does_not_fit(self):
        first = self.begin()
        self.put("large", 40 * MIB)
        self.assert_full(self.run_program("backup", self.source, *self.use), self.disk)
        # Full to the brim it is read all the same: all is there, and it restores.
        self.assertEqual(self.snapshots(), first)
        self.assertEqual(self.run_program("check", *self.use).code, 0)
        self.assert_restores(self.reference, next(iter(first)))
        self.grow(self.disk, "size=100m")
        self.expect(0, "backup", self.source, *self.use)
        self.assert_restores(self.source)
        self.assert_sound(first)
        self.assertEqual(list((self.repo / "tmp").iterdir()), [])

    def test_wherever_the_room_ends(self):
        known = self.begin()
        failed = 0
        room = [0, 8192, 24_576, 65_536, 131_072, 524_288]
        for number, leave in enumerate(room):
            with self.subTest(leave=leave):
                self.put("changed", 60_000 + number)
                ballast = self.fill(self.disk, leave)
                done = self.run_program("backup", self.source, *self.use)
                if done.code != 0:
                    self.assert_full(done, self.disk)
                    failed += 1
                ballast.unlink()
                self.assertGreaterEqual(self.snapshots(), known)
                self.assertEqual(len(self.snapshots()), len(known) + (done.code == 0))
                self.expect(0, "backup", self.source, *self.use)
                self.assert_restores(self.source)
                self.assert_sound(known)
                known = self.snapshots()
        self.assertGreater(failed, 2)
        self.assertLess(failed, len(room))

    def test_no_inode_is_left(self):
        first = self.begin()
        self.grow(self.disk, "nr_inodes=60")
        made = []
        try:
            while True:
                made.append(self.disk / f"inode{len(made)}")
                made[-1].touch()
        except OSError:
            made.pop()
        self.put("b", 1000)
        self.assert_full(self.run_program("backup", self.source, *self.use), self.disk)
        self.assertEqual(self.snapshots(), first)
        for path in made:
            path.unlink()
        self.grow(self.disk, "nr_inodes=10000")
        self.expect(0, "backup", self.source, *self.use)
        self.assert_sound(first)

    def test_init_and_key_issue(self):
        ballast = self.fill(self.disk)
        words = ("init", "--repo", self.repo, "--holder", "Nguyễn Văn An", "--backup-key", self.key,
                 "--passphrase-file", self.passphrase, "--kdf-mib", "64", "--kdf-passes", "1")
        self.assert_full(self.run_program(*words), self.disk)
        self.assertFalse(self.key.exists(), "a key of a repository that is none")
        ballast.unlink()
        again = self.run_program(*words)
        if again.code != 0:  # told to delete what is left
            self.assertEqual(again.code, 14, again)
            shutil.rmtree(self.repo)
            self.expect(0, *words)
        new_key = self.folder / "reader.key"
        issue = ("key", "issue", "--role", "restore", "--holder", "Trần Thị Bình", "--new-key-file",
                 new_key, *self.admin)
        ballast = self.fill(self.disk)
        self.assert_full(self.run_program(*issue), self.disk)
        self.assertFalse(new_key.exists(), "a key that does not count")
        ballast.unlink()
        self.expect(0, *issue)
        self.expect(0, "check", "--read-data", "--repo", self.repo, "--key-file", new_key)


class Others(FullDisk):
    def begin(self, own):
        self.own = own
        self.mount(own, "size=1m")
        self.init()
        self.put("a", 50_000)
        self.expect(0, "backup", self.source, *self.use)
        return self.snapshots()

    def keep_on(self, known):
        """With the folder full: a backup succeeds, or says clearly why it does not."""
        for number, leave in enumerate((0, 4096, 8192)):
            with self.subTest(leave=leave):
                self.put("b", 30_000 + number)
                ballast = self.fill(self.own, leave)
                done = self.run_program("backup", self.source, *self.use)
                if done.code != 0:
                    self.assert_full(done, self.own)
                self.assertGreaterEqual(self.snapshots(), known)
                self.assertEqual(self.run_program("check", "--read-data", *self.admin).code, 0)
                self.assert_restores(self.source if done.code == 0 else self.last)
                ballast.unlink()
                self.expect(0, "backup", self.source, *self.use)
                self.assert_sound(known)
                shutil.rmtree(self.last)
                shutil.copytree(self.source, self.last)

    def test_the_cache_folder(self):
        known = self.begin(self.folder / "cache")
        self.last = self.folder / "last"
        shutil.copytree(self.source, self.last)
        self.keep_on(known)

    def test_the_state_folder(self):
        known = self.begin(self.folder / "state")
        self.last = self.folder / "last"
        shutil.copytree(self.source, self.last)
        self.keep_on(known)

    def test_the_target_of_a_restore(self):
        self.init()
        for number in range(30):
            self.put(str(number), 200_000)
        self.expect(0, "backup", self.source, *self.use)
        target = self.folder / "small"
        self.mount(target, "size=3m")
        restore = ("restore", f"latest:{self.source}", "--target", target, *self.admin)
        self.assert_full(self.run_program(*restore), target)
        for path in target.rglob("*"):  # what has its name is whole
            self.assertEqual(path.read_bytes(), (self.source / path.name).read_bytes())
        self.grow(target, "size=20m")
        summary = self.expect(0, *restore, "--json").lines()[-1]
        self.assertGreater(summary["already_there"], 3)
        done = subprocess.run(["diff", "-r", self.source, target], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done)


WHY_NOT = "" if os.environ.get(INSIDE) == "1" else enter_namespace()

if __name__ == "__main__":
    unittest.main()
