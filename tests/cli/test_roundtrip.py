#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole runs: make a repository, give keys, back up, check, restore, compare."""
import hashlib
import os
import random
import shutil
import subprocess
import unittest

from program import CHEAP, READER, ProgramTest, Terminal


class RoundTrip(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "Tài liệu"
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)

    def make_source(self):
        seed = random.SystemRandom().randrange(2 ** 32)
        rng = random.Random(seed)
        print(f"seed {seed}")
        self.write("Tài liệu/báo cáo/tháng 1.txt", "nội dung\n" * 1000)
        self.write("Tài liệu/empty", "")
        (self.source / "rỗng").mkdir()
        (self.source / "ảnh.bin").write_bytes(rng.randbytes(3_000_000))
        (self.source / "copy of ảnh.bin").write_bytes((self.source / "ảnh.bin").read_bytes())
        os.symlink("báo cáo/tháng 1.txt", self.source / "link")
        os.symlink("/nonexistent", self.source / "dangling")
        with open(os.fsencode(self.source) + b"/latin-\xe9\n", "wb") as file:
            file.write(b"not a text name")
        os.chmod(self.source / "empty", 0o640)
        os.utime(self.source / "empty", ns=(10**18, 10**18 + 123456789))
        os.chmod(self.source / "rỗng", 0o750)

    def assert_same(self, a, b):
        done = subprocess.run(["diff", "-r", "--no-dereference", a, b], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for base, folders, files in os.walk(os.fsencode(a)):
            for name in folders + files:
                one = os.lstat(os.path.join(base, name))
                other = os.lstat(os.path.join(os.fsencode(b),
                                              os.path.relpath(os.path.join(base, name),
                                                              os.fsencode(a))))
                self.assertEqual((one.st_mode, one.st_mtime_ns, one.st_uid),
                                 (other.st_mode, other.st_mtime_ns, other.st_uid), name)

    def whole_way(self, *init):
        self.make_source()
        self.init(*init)
        reader = self.folder / "reader.key"
        passphrase = self.write("reader.txt", READER + "\n")
        self.expect(0, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình",
                    "--new-key-file", reader, *self.admin)
        self.assertEqual(reader.stat().st_mode & 0o777, 0o600)
        self.expect(0, "key", "issue", "--role", "restore", "--holder", "Lê Cường", "--expires",
                    "2099-12-31", "--new-passphrase-file", passphrase, *CHEAP, *self.admin)
        keys = self.expect(0, "key", "list", *self.admin).out
        for text in ["Trần Thị Bình", "Lê Cường", "2099-12-31", "restore", "admin", "backup"]:
            self.assertIn(text, keys)
        first = self.expect(0, "backup", self.source, *self.use, "--json").lines()[-1]
        second = self.expect(0, "backup", self.source, *self.use, "--json").lines()[-1]
        self.assertEqual(first["files"], 5)
        self.assertLess(first["new_chunk_bytes"], 3_100_000)  # the copy is not stored again
        # Nothing of the source is stored again. Other programs may write into the folders above it
        # meanwhile, whose times are in the catalog: that is one page.
        self.assertLessEqual(second["new_chunks"], 1)
        self.assertLess(second["new_chunk_bytes"], 16_384)
        for key in [("--key-file", reader), ("--passphrase-file", passphrase)]:
            use = ("--repo", self.repo, *key)
            self.assertIn(str(self.source), self.expect(0, "snapshots", *use).out)
            target = self.folder / f"restored{key[0]}"
            self.expect(0, "restore", f"latest:{self.source}", "--target", target, *use)
            self.assert_same(self.source, target)
            again = self.expect(0, "restore", f"latest:{self.source}", "--target", target, *use,
                                "--json").lines()[-1]
            self.assertEqual(again["already_there"], 7)  # two of them are links
            self.expect(0, "check", "--read-data", *use)
        one = self.folder / "one"
        self.expect(0, "restore", f"{first['snapshot'][:12]}:{self.source}/báo cáo/tháng 1.txt",
                    "--target", one, *self.admin)
        self.assertEqual((one / "tháng 1.txt").read_text(), "nội dung\n" * 1000)
        whole = self.folder / "whole"
        self.expect(0, "restore", "latest", "--target", whole, *self.admin)
        self.assert_same(self.source, str(whole) + str(self.source))
        self.expect(0, "check", *self.use)

    def test_what_goes_in_comes_out(self):
        self.whole_way()

    def test_the_same_with_aes(self):
        self.whole_way("--suite", "aes256gcm")

    def test_a_job_is_found_by_its_name(self):
        self.init()
        a, b = self.write("a/1", "one").parent, self.write("b/2", "two").parent
        self.expect(0, "backup", a, "--job", "mot", *self.use)
        self.expect(0, "backup", b, "--job", "hai", *self.use)
        target = self.folder / "target"
        self.expect(0, "restore", f"latest:mot:{a}", "--target", target, *self.admin)
        self.assertEqual(self.listing(target), {"1": b"one"})
        self.expect(1, "restore", "latest:ba", "--target", target, *self.admin)
        self.expect(1, "restore", "latest:/no/such/path", "--target", target, *self.admin)

    def test_a_file_that_exists_and_differs_is_left_alone(self):
        self.make_source()
        self.init()
        self.expect(0, "backup", self.source, *self.use)
        target = self.folder / "target"
        mine = self.write("target/empty", "mine")
        done = self.expect(3, "restore", f"latest:{self.source}", "--target", target, *self.admin)
        self.assertIn("empty", done.err)
        self.assertEqual(mine.read_text(), "mine")
        self.assertTrue((target / "ảnh.bin").exists())

    def test_no_such_source_is_a_usage_error(self):
        self.init()
        done = self.expect(2, "backup", self.folder / "gone", *self.use)
        self.assertIn("gone", done.err)

    def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(self):
        self.make_source()
        self.init()
        os.chmod(self.source / "empty", 0)
        user = None
        if os.geteuid() == 0:  # root reads everything: somebody else does it
            user = 65534
            for path in [self.folder, *self.folder.rglob("*")]:
                os.lchown(path, user, user)
        try:
            done = self.expect(3, "backup", self.source, *self.use, user=user)
        except PermissionError:
            self.skipTest("somebody else can't reach the program here")
        self.assertIn("empty", done.err)
        self.assertIn("not complete", done.out)
        last = self.expect(0, "snapshots", "--json", *self.use, user=user).lines()[0]
        self.assertEqual(last["files"], 4)

    def test_an_interrupted_backup_leaves_nothing_broken(self):
        self.init()
        self.write("data/small.txt", "small")
        large = self.folder / "data" / "large"
        large.mkdir()
        for i in range(200):
            (large / str(i)).write_bytes(os.urandom(1 << 20))
        terminal = Terminal(self, "backup", self.folder / "data", *self.use)
        terminal.expect("\x1b[K")  # the first line of progress
        terminal.type("\x03", wait_hidden=False)
        self.assertEqual(terminal.wait(), 130, terminal.seen)
        self.assertEqual(self.expect(0, "snapshots", "--json", *self.use).lines()[-1]["snapshots"], 0)
        self.expect(0, "check", *self.use)
        shutil.rmtree(large)
        self.expect(0, "backup", self.folder / "data", *self.use)
        self.expect(0, "check", "--read-data", *self.admin)

    def test_damage_is_found_and_costs_only_the_files_it_hits(self):
        self.make_source()
        self.init()
        self.expect(0, "backup", self.source, *self.use)
        pack = max((self.repo / "packs").rglob("*"), key=lambda p: p.is_file() and p.stat().st_size)
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        os.chmod(pack, 0o600)
        pack.write_bytes(data)
        done = self.expect(13, "check", *self.use)
        self.assertIn(pack.name[:12], done.out + done.err)
        self.expect(13, "check", "--read-data", *self.admin)
        target = self.folder / "target"
        done = self.expect(13, "restore", f"latest:{self.source}", "--target", target, *self.admin)
        self.assertIn("ảnh.bin", done.err)
        self.assertTrue((target / "báo cáo" / "tháng 1.txt").exists())

    def test_a_roster_that_nobody_signed_fails_the_check(self):
        self.init()
        rubbish = b"rubbish"
        hashed = hashlib.blake2b(rubbish, digest_size=32).hexdigest()
        (self.repo / f"roster/0000000009-{hashed}").write_bytes(rubbish)
        done = self.expect(13, "check", "--repo", self.repo, "--key-file", self.key)
        self.assertIn("ALARM", done.out)
        self.assertIn(hashed, done.err)

    def test_restoring_and_checking_need_no_local_state(self):
        self.make_source()
        self.init()
        self.expect(0, "backup", self.source, *self.use)
        elsewhere = {"SAOLUU_STATE_DIR": self.folder / "s2", "SAOLUU_CACHE_DIR": self.folder / "c2"}
        target = self.folder / "target"
        self.expect(0, "check", *self.use, env=elsewhere)
        self.expect(0, "restore", f"latest:{self.source}", "--target", target, *self.admin,
                    env=elsewhere)
        self.assert_same(self.source, target)


if __name__ == "__main__":
    unittest.main()
