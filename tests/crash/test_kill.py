#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of the real program, at random moments and before chosen system calls. After each the
repository opens, all its data is sound, old snapshots restore identical, and the same command, run
again, succeeds.

SAOLUU_KILLS is the number of kills of each kind (default 3; a soak is some thousands), and
SAOLUU_SEED repeats a run.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import CHEAP, HOLDER, PROGRAM, ProgramTest  # noqa: E402

KILLS = int(os.environ.get("SAOLUU_KILLS", "3"))
SEED = int(os.environ.get("SAOLUU_SEED", random.SystemRandom().randrange(2 ** 32)))
SHIM = os.environ["SAOLUU_KILL_AT"]  # tests/support/kill_at.cpp, built
TWO_DAYS = 2 * 24 * 60 * 60


def everything_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")) if folder.exists() else []


class Kill(ProgramTest):
    def setUp(self):
        super().setUp()
        print(f"SAOLUU_SEED={SEED} SAOLUU_KILLS={KILLS} {self.id()}")
        self.random = random.Random(SEED)
        self.reader_key = self.folder / "reader.key"
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.reader = ("--repo", self.repo, "--key-file", self.reader_key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "source"

    def make_repository(self):
        self.init()
        self.expect(0, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình",
                    "--new-key-file", self.reader_key, *self.admin)
        for number in range(60):
            path = self.source / f"{number % 7}" / f"{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.random.randbytes(self.random.randrange(20_000)))
        (self.source / "large").write_bytes(self.random.randbytes(6_000_000))

    def backup(self):
        return self.expect(0, "backup", "--json", self.source, *self.use).lines()[-1]["snapshot"]

    def assert_same(self, one, other):
        done = subprocess.run(["diff", "-r", "--no-dereference", one, other], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_restores(self, snapshot, wanted):
        target = self.folder / "target"
        self.expect(0, "restore", f"{snapshot}:{self.source}", "--target", target, *self.reader)
        self.assert_same(wanted, target)
        shutil.rmtree(target)

    def check(self):
        done = self.expect(0, "check", "--read-data", "--json", *self.reader)
        self.assertNotIn('"warning"', done.out, done)
        return done

    def start(self, *words, **env):
        return subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=self.environment(env), cwd=self.folder)

    def kill_after(self, seconds, *words):
        """Whether it was killed before it had ended."""
        process = self.start(*words)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() != 0

    def kill_at(self, call, *words):
        """Kills the program before its n-th call that would change the disk; whether it came to it."""
        code = self.start(*words, LD_PRELOAD=SHIM, KILL_AT=call).wait()
        self.assertIn(code, (0, -9), words)
        return code == -9

    def calls_of(self, *words):
        """How many such calls a command makes; it is run for that."""
        path = self.folder / "calls"
        self.expect(0, *words, env={"LD_PRELOAD": SHIM, "COUNT_TO": path})
        count = int(path.read_text())
        self.assertGreater(count, 10)
        return count

    def some_calls(self, count):
        """As many of them as there are to be kills, the first and the last among them."""
        if KILLS >= count:
            return list(range(1, count + 1))
        return sorted({1, count} | set(self.random.sample(range(1, count + 1), max(KILLS - 2, 1))))

    def change(self, number):
        (self.source / f"new {number}").write_bytes(self.random.randbytes(3000))
        (self.source / "1" / "1").write_bytes(self.random.randbytes(5000))
        with open(self.source / "large", "r+b") as file:
            file.seek(self.random.randrange(5_000_000))
            file.write(self.random.randbytes(2000))


class KillBackup(Kill):
    def prove(self, reference, first):
        self.check()
        self.assert_restores(first, reference)
        last = self.backup()
        self.assert_restores(last, self.source)

    def leftovers(self):
        """What a killed run leaves: in the repository, and beside it."""
        return (len(everything_below(self.repo / "tmp")), len(everything_below(self.folder / "state")),
                len(everything_below(self.folder / "cache")))

    def setUp(self):
        super().setUp()
        self.make_repository()
        self.reference = self.folder / "reference"
        self.first = self.backup()
        shutil.copytree(self.source, self.reference)

    def test_at_random_moments(self):
        self.change("first")
        began = time.monotonic()
        self.backup()
        usual = time.monotonic() - began
        killed = 0
        for number in range(KILLS):
            self.change(number)
            killed += self.kill_after(self.random.uniform(0, usual * 1.1), "backup", self.source,
                                      *self.use)
            self.prove(self.reference, self.first)
        if KILLS >= 10:  # of a few, each may come too late on a busy machine
            self.assertGreater(killed, KILLS / 4)
        self.check_that_rubbish_goes()

    def test_before_chosen_calls(self):
        self.change("first")
        count = self.calls_of("backup", self.source, *self.use)
        for call in self.some_calls(count):
            with self.subTest(call=call, of=count):
                self.change(call)
                self.kill_at(call, "backup", self.source, *self.use)
                self.prove(self.reference, self.first)
        self.check_that_rubbish_goes()

    def check_that_rubbish_goes(self):
        """What was left goes a day later by itself, and no run leaves more than it finds."""
        before = self.leftovers()
        self.backup()
        self.backup()
        self.assertEqual(self.leftovers(), before)
        long_ago = time.time() - TWO_DAYS
        for folder in (self.repo / "tmp", self.folder / "cache", self.folder / "state"):
            for path in folder.rglob("*"):
                os.utime(path, (long_ago, long_ago))
        self.backup()
        tmp, state, cache = self.leftovers()
        self.assertEqual(tmp, 0)
        for folder in ("state", "cache"):
            for path in everything_below(self.folder / folder):
                self.assertNotRegex(path, r"\.tmp$|\.[A-Za-z0-9]{6}$", "a killed run left it")
        self.assertLess(state, 14) # among them what was hashed when, and its lock
        self.assertLess(cache, 15)


class KillOthers(Kill):
    def init_words(self):
        return ("init", "--repo", self.repo, "--holder", HOLDER, "--backup-key", self.key,
                "--passphrase-file", self.passphrase, *CHEAP)

    def test_init(self):
        """It leaves a whole repository, or none and says what to do."""
        count = self.calls_of(*self.init_words())
        for call in self.some_calls(count):
            with self.subTest(call=call, of=count):
                for left in (self.repo, self.folder / "state", self.folder / "cache"):
                    shutil.rmtree(left, ignore_errors=True)
                self.key.unlink(missing_ok=True)
                was_killed = self.kill_at(call, *self.init_words())
                if not was_killed or (self.repo / "format").exists():
                    self.expect(0, "check", *self.use)
                elif (self.repo / "format.2").exists():
                    self.assertIn("format: missing", self.expect(13, "check", *self.use).err)
                elif everything_below(self.repo):
                    self.expect(10, "check", *self.admin)
                    again = self.run_program(*self.init_words())
                    if again.code == 2 and self.key.exists():
                        self.assertIn(f"{self.key}: this file exists already", again.err)
                        self.key.unlink()  # what it says: another name for the key
                        again = self.run_program(*self.init_words())
                    self.assertIn(again.code, (0, 1, 14), again)
                    if again.code != 0:
                        self.assertIn("saoluu: error: ", again.err)

    def test_key_issue(self):
        self.make_repository()
        snapshot = self.backup()
        issue = ("key", "issue", "--role", "restore", "--holder")
        count = self.calls_of(*issue, "Lê Đầu", "--new-key-file", self.folder / "0.key", *self.admin)
        for call in self.some_calls(count):
            with self.subTest(call=call, of=count):
                key = self.folder / f"{call}.key"
                holder = f"Lê Văn {'I' * call}"
                self.kill_at(call, *issue, holder, "--new-key-file", key, *self.admin)
                if f"{holder} " in self.expect(0, "key", "list", *self.reader).out:
                    self.assertTrue(key.exists(), "a key counts that nobody has")
                    self.expect(0, "snapshots", "--repo", self.repo, "--key-file", key)
        done = self.run_program("check", "--read-data", *self.reader)
        # A roster of which the second copy was not put yet is told; the first serves.
        self.assertIn(done.code, (0, 13), done)
        self.expect(0, *issue, "Lê Cuối", "--new-key-file", self.folder / "last.key", *self.admin)
        self.expect(0, "snapshots", "--repo", self.repo, "--key-file", self.folder / "last.key")
        self.assert_restores(snapshot, self.source)

    def test_restore_goes_on_where_it_was(self):
        self.make_repository()
        self.backup()
        target = self.folder / "out"
        restore = ("restore", f"latest:{self.source}", "--target", target, *self.reader)
        count = self.calls_of(*restore)
        resumed = 0
        for call in self.some_calls(count):
            with self.subTest(call=call, of=count):
                shutil.rmtree(target, ignore_errors=True)
                self.kill_at(call, *restore)
                summary = self.expect(0, *restore, "--json").lines()[-1]
                resumed += summary["already_there"]
                self.assert_same(self.source, target)
                self.assertEqual(everything_below(target), everything_below(self.source))
        self.assertGreater(resumed, 0)
        self.check()

    def test_repair_index(self):
        self.make_repository()
        first = self.backup()
        kept = self.folder / "kept"
        shutil.copytree(self.repo, kept)

        def lose_index():
            shutil.rmtree(self.repo)
            shutil.copytree(kept, self.repo)
            shutil.rmtree(self.folder / "state")  # it saw the ledger go on
            for segment in (self.repo / "index").iterdir():
                segment.unlink()

        lose_index()
        repair = ("repair", "index", *self.admin)
        count = self.calls_of(*repair)
        for call in self.some_calls(count):
            with self.subTest(call=call, of=count):
                lose_index()
                self.kill_at(call, *repair)
                self.expect(0, *repair)
                self.check()
                self.assert_restores(first, self.source)


if __name__ == "__main__":
    unittest.main()
