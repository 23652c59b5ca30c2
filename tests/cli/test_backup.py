#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Backups as people run them: choosing, unchanged files, what changes or goes while it is read,
interruptions, two at once, a source that was lost."""
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import unittest

from program import PROGRAM, ProgramTest

OFFICE_LIST = pathlib.Path(__file__).resolve().parents[2] / "configs" / "exclude-office.txt"
NOBODY = 65_534


class Backup(ProgramTest):
    def setUp(self):
        super().setUp()
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "source"
        self.source.mkdir()
        self.init()

    def backup(self, *words, code=0, **how):
        """Backs up the source; the summary."""
        return self.expect(code, "backup", "--json", *words, self.source, *self.use,
                           **how).lines()[-1]

    def restored(self):
        target = self.folder / f"target{time.monotonic_ns()}"
        self.expect(0, "restore", f"latest:{self.source}", "--target", target, *self.admin)
        return target

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(None), cwd=self.folder)


class Choosing(Backup):
    def test_patterns_sizes_and_the_office_list(self):
        for name in ("a.docx", "~$a.docx", "b.tmp", "big.bin", "keep.tmp"):
            self.write(f"source/{name}", "x" * (5000 if name == "big.bin" else 5))
        summary = self.backup("--exclude", "*.tmp", "--exclude", "!keep.tmp", "--exclude-file",
                              OFFICE_LIST, "--exclude-larger-than", "4k")
        self.assertEqual(summary["excluded"], 3)
        self.assertEqual(sorted(os.listdir(self.restored())), ["a.docx", "keep.tmp"])

    def test_bad_patterns_and_sizes_are_named(self):
        self.write("source/a", "a")
        self.write("patterns", "good\n[bad\n")
        for words, named in [(("--exclude", "[a"), "[a"), (("--exclude-file", "patterns"), "patterns, line 2"),
                             (("--exclude-file", "nowhere"), "nowhere"),
                             (("--exclude-larger-than", "many"), "many"),
                             (("--exclude-larger-than", "-1"), "-1")]:
            with self.subTest(words=words):
                done = self.run_program("backup", *words, self.source, *self.use)
                self.assertIn(done.code, (1, 2))
                self.assertIn(named, done.err)
        self.assertEqual(self.expect(0, "snapshots", "--json", *self.use).out.count('"id"'), 0)

    def test_a_dry_run_stores_nothing(self):
        self.write("source/a", "a" * 1000)
        before = sorted(self.repo.rglob("*"))
        summary = self.backup("--dry-run")
        self.assertEqual((summary["new_files"], summary["bytes_read"]), (1, 1000))
        self.assertIsNone(summary["snapshot"])
        self.assertEqual(sorted(self.repo.rglob("*")), before)

    def test_tags_do_not_swallow_paths(self):
        self.write("source/a", "a")
        self.expect(0, "backup", "--job", "j", "--tag", "one", "--tag", "two", self.source,
                    *self.use)
        self.assertIn('"two"', self.expect(0, "snapshots", "--json", *self.admin).out)


class Unchanged(Backup):
    def test_only_what_changed_is_read(self):
        for name in ("a", "b", "c"):
            self.write(f"source/{name}", name * 1000)
        time.sleep(3)
        first = self.backup()
        self.assertEqual((first["new_files"], first["bytes_read"]), (3, 3000))
        self.write("source/b", "other")
        second = self.backup()
        self.assertEqual((second["changed_files"], second["unchanged_files"],
                          second["bytes_read"]), (1, 2, 5))
        self.assertEqual(self.backup("--force-read")["bytes_read"], 2005)
        self.assertEqual((self.restored() / "b").read_text(), "other")

    def test_losing_the_cache_costs_reading_and_stores_nothing(self):
        self.write("source/a", "a" * 100_000)
        time.sleep(3)
        self.backup()
        elsewhere = {"SAOLUU_STATE_DIR": self.folder / "s2", "SAOLUU_CACHE_DIR": self.folder / "c2"}
        summary = self.backup(env=elsewhere)
        self.assertEqual(summary["bytes_read"], 100_000)
        self.assertLess(summary["new_chunk_bytes"], 10_000)


class Trouble(Backup):
    def test_an_empty_source_that_was_full_is_refused(self):
        self.write("source/a", "a")
        first = self.backup()
        os.unlink(self.source / "a")
        done = self.expect(14, "backup", self.source, *self.use)
        self.assertIn("--allow-empty", done.err)
        self.assertIn(str(self.source), done.err)
        listed = self.expect(0, "snapshots", "--json", *self.use).lines()
        self.assertEqual([one["id"] for one in listed if "id" in one], [first["snapshot"]])
        self.backup("--allow-empty")
        self.backup()

    def test_a_missing_source_makes_no_snapshot(self):
        self.write("source/a", "a")
        self.backup()
        done = self.expect(2, "backup", self.source, self.folder / "gone", *self.use)
        self.assertIn("gone", done.err)
        self.assertEqual(self.expect(0, "snapshots", "--json", *self.use).out.count('"id"'), 1)

    def test_a_repository_that_is_not_mounted_is_not_made_anew(self):
        self.write("source/a", "a")
        (self.folder / "mountpoint").mkdir()
        done = self.expect(10, "backup", self.source, "--repo", self.folder / "mountpoint",
                           "--key-file", self.key)
        self.assertIn("mount", done.err)
        self.assertEqual(os.listdir(self.folder / "mountpoint"), [])
        self.expect(10, "backup", self.source, "--repo", self.folder / "nowhere", "--key-file",
                    self.key)
        self.assertFalse((self.folder / "nowhere").exists())

    def test_what_can_not_be_read_is_named_and_the_rest_goes_on(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        self.write("source/good", "good")
        secret = self.write("source/secret", "x")
        secret.chmod(0)
        (self.source / "closed").mkdir()
        self.write("source/closed/file", "x")
        (self.source / "closed").chmod(0)
        os.chown(self.key, NOBODY, NOBODY)
        for base, folders, files in os.walk(self.repo):
            for name in [".", *folders, *files]:
                os.chown(os.path.join(base, name), NOBODY, NOBODY)
        for name in ("state", "cache"):
            (self.folder / name).mkdir(exist_ok=True)
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.folder / name], check=True)
        self.folder.chmod(0o755)
        done = self.expect(3, "backup", self.source, *self.use, user=NOBODY)
        self.assertIn("secret", done.err)
        self.assertIn("closed", done.err)
        self.assertTrue((self.restored() / "good").exists())

    def test_files_that_change_all_the_time_do_no_harm(self):
        """Files that grow, shrink, vanish and become folders while a backup runs."""
        rng = random.Random(5)
        for i in range(200):
            self.write(f"source/steady/{i}", "steady" * 1000)
        stop = threading.Event()

        def churn():
            while not stop.is_set():
                path = self.source / f"moving{rng.randrange(20)}"
                try:
                    what = rng.randrange(5)
                    if what == 0:
                        path.write_bytes(rng.randbytes(rng.randrange(100_000)))
                    elif what == 1:
                        os.truncate(path, rng.randrange(1000))
                    elif what == 2:
                        os.unlink(path)
                    elif what == 3:
                        os.mkdir(path)
                    else:
                        os.rmdir(path)
                except OSError:
                    pass
                time.sleep(0.0005)

        thread = threading.Thread(target=churn)
        thread.start()
        try:
            for _ in range(5):
                done = self.run_program("backup", self.source, *self.use)
                self.assertIn(done.code, (0, 3), done)
        finally:
            stop.set()
            thread.join()
        self.expect(0, "check", "--read-data", *self.admin)
        self.assertEqual(len(os.listdir(self.restored() / "steady")), 200)


class Interrupted(Backup):
    def make_much(self):
        rng = random.Random(1)
        for i in range(60):
            (self.source / f"{i}").write_bytes(rng.randbytes(1 << 20))

    def test_the_next_run_goes_on_after_any_signal(self):
        self.make_much()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number):
                process = self.start("backup", self.source, *self.use)
                time.sleep(0.25)
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                if number != signal.SIGKILL and process.returncode != 0:
                    self.assertEqual(process.returncode, 130, err)
                self.expect(0, "check", *self.use)
        summary = self.backup()
        self.assertLess(summary["new_chunk_bytes"], 61 << 20)
        self.expect(0, "check", "--read-data", *self.admin)
        self.assertEqual(len(os.listdir(self.restored())), 60)

    def test_two_backups_at_once_both_succeed(self):
        self.make_much()
        other = self.folder / "other.key"
        self.expect(0, "key", "issue", "--role", "backup", "--holder", "Trần Thị Bình",
                    "--new-key-file", other, *self.admin)
        for keys in ((self.key, self.key), (self.key, other)):
            with self.subTest(keys=keys):
                running = [self.start("backup", self.source, "--repo", self.repo, "--key-file", key)
                           for key in keys]
                for process in running:
                    out, err = process.communicate(timeout=120)
                    self.assertEqual(process.returncode, 0, (out, err))
        self.expect(0, "check", "--read-data", *self.admin)
        self.assertEqual(self.expect(0, "snapshots", "--json", *self.use).out.count('"id"'), 4)


if __name__ == "__main__":
    unittest.main()
