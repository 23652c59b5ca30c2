#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A second copy of a repository, kept and used by the real program; and one healed from the other."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest


class Mirrored(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.copy = self.folder / "bản sao"
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "Tài liệu"
        self.source.mkdir()
        for i in range(3):
            (self.source / f"ảnh {i}.bin").write_bytes(os.urandom(700_000))
            self.expect(0, "backup", self.source, "--job", "tailieu", *self.use)

    def objects(self, repo):
        return {str(p.relative_to(repo)): p.read_bytes()
                for p in repo.rglob("*") if p.is_file() and "tmp" not in p.relative_to(repo).parts}

    def assert_whole(self, repo):
        there = ("--repo", repo)
        for words in [("check", *there, "--key-file", self.key),
                      ("check", "--read-data", *there, "--passphrase-file", self.passphrase)]:
            self.assertIn("The repository is sound.", self.expect(0, *words).out)
        target = self.folder / "restored"
        self.expect(0, "restore", f"latest:tailieu:{self.source}", "--target", target, *there,
                    "--passphrase-file", self.passphrase)
        self.assertEqual(self.listing(target), self.listing(self.source))
        shutil.rmtree(target)

    def packs(self, repo):
        return sorted((p for p in (repo / "packs").rglob("*") if p.is_file()),
                      key=lambda p: -p.stat().st_size)

    def flip(self, path):
        data = bytearray(path.read_bytes())
        data[5000] ^= 1
        os.chmod(path, 0o600)
        path.write_bytes(data)


class Mirror(Mirrored):
    def test_a_copy_is_made_without_a_key_and_used_like_the_first(self):
        dry = self.expect(0, "mirror", "--dry-run", self.repo, self.copy, "--json").lines()[-1]
        self.assertFalse(self.copy.exists())
        done = self.expect(0, "mirror", self.repo, self.copy, "--json").lines()[-1]
        self.assertEqual((done["sessions"], done["complete"]), (3, True))
        self.assertEqual(dry["objects"], done["objects"])
        here, there = self.objects(self.repo), self.objects(self.copy)
        self.assertNotEqual(here.pop("place"), there.pop("place"))
        self.assertEqual(here, there)
        self.assert_whole(self.copy)
        self.assertEqual(self.expect(0, "mirror", self.repo, self.copy, "--json")
                         .lines()[-1]["objects"], 0)
        # Backups into the copy come back.
        (self.source / "mới.txt").write_text("mới")
        self.expect(0, "backup", self.source, "--job", "tailieu", "--repo", self.copy,
                    "--key-file", self.key)
        self.assertIn("The copy has all", self.expect(0, "mirror", self.copy, self.repo).out)
        self.assert_whole(self.repo)

    def test_one_that_was_killed_goes_on(self):
        for after in (0.005, 0.02, 0.05):
            process = subprocess.Popen([PROGRAM, "mirror", self.repo, self.copy],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(after)  # anywhere
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.expect(0, "mirror", self.repo, self.copy)
        self.assert_whole(self.copy)

    def test_what_it_refuses(self):
        self.assertIn("mirror", self.expect(2, "mirror", self.repo).err)
        self.expect(2, "mirror", self.repo, self.repo)
        self.expect(2, "mirror", "--repo", self.repo, self.repo, self.copy)
        self.expect(10, "mirror", self.folder / "nothing", self.copy)
        other = self.folder / "other"
        other.mkdir()
        (other / "thư.txt").write_text("thư")
        self.expect(14, "mirror", self.repo, other)
        self.assertEqual(list(self.objects(other)), ["thư.txt"])

    def test_damage_is_told_and_not_copied(self):
        bad = self.packs(self.repo)[0]
        self.flip(bad)
        done = self.expect(13, "mirror", self.repo, self.copy)
        self.assertIn(bad.name, done.err)
        self.assertIn("saoluu heal", done.out)
        self.assertNotIn(f"packs/{bad.name[:2]}/{bad.name}", self.objects(self.copy))


class Heal(Mirrored):
    def test_a_damaged_and_a_missing_pack_come_back_from_the_copy(self):
        self.expect(0, "mirror", self.repo, self.copy)
        damaged, missing = self.packs(self.repo)[:2]
        self.flip(damaged)
        missing.unlink()
        self.expect(13, "check", *self.use)
        self.expect(0, "heal", "--dry-run", *self.use, "--from", self.copy)
        self.assertFalse(missing.exists())
        done = self.expect(0, "heal", *self.use, "--from", self.copy, "--json").lines()[-1]
        self.assertEqual((done["bad"], done["healed"], done["sound"]), (2, 2, True))
        self.assertTrue(missing.exists())
        self.assertTrue(damaged.with_name(damaged.name + ".1").exists())
        self.assert_whole(self.repo)

    def test_what_no_copy_has_is_stored_anew_by_the_next_backup(self):
        bad = self.packs(self.repo)[0]
        self.flip(bad)
        told = self.expect(13, "heal", *self.use)
        self.assertIn("role restore or admin", told.err)
        done = self.expect(13, "heal", *self.admin, "--json").lines()[-1]
        self.assertEqual(done["marked"], 1)
        self.expect(0, "backup", self.source, "--job", "tailieu", "--force-read", *self.use)
        target = self.folder / "restored"
        self.expect(0, "restore", f"latest:tailieu:{self.source}", "--target", target, *self.admin)
        self.assertEqual(self.listing(target), self.listing(self.source))
        # A mirror needs a key now, and leaves the pack out.
        self.expect(2, "mirror", self.repo, self.copy)
        done = self.expect(0, "mirror", self.repo, self.copy, "--key-file", self.key,
                           "--json").lines()[-1]
        self.assertEqual((done["left_out"], done["complete"]), (1, True))


if __name__ == "__main__":
    unittest.main()
