#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Standard input and the output of a command as sources; snapshots that are suspect."""
import os
import random
import signal
import subprocess
import time
import unittest

from program import PROGRAM, TIMEOUT, Done, ProgramTest, Terminal

MIB = 1 << 20


class Streams(ProgramTest):
    def setUp(self):
        super().setUp()
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.init()

    def feed(self, words, data, code=0):
        """Runs the program with these bytes, or this open file, at its standard input."""
        given = {"input": data} if isinstance(data, bytes) else {"stdin": data}
        done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, cwd=self.folder,
                              env=self.environment(None), timeout=TIMEOUT, check=False, **given)
        result = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertEqual(result.code, code, result)
        return result

    def restore(self, name, repo=None):
        target = self.folder / f"target{time.monotonic_ns()}"
        self.expect(0, "restore", f"latest:/{name}", "--target", target, "--repo",
                    repo or self.repo, "--passphrase-file", self.passphrase)
        return target / name

    def snapshots(self, who=None):
        lines = self.expect(0, "snapshots", "--json", *(who or self.use)).lines()
        return [line for line in lines if line["type"] == "snapshot"]


class Input(Streams):
    def test_sizes_come_back_as_cmp_sees_it(self):
        rng = random.Random(5)
        for size in (0, 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 50 * MIB):
            with self.subTest(size=size):
                data = self.folder / "data"
                data.write_bytes(rng.randbytes(size))
                words = ("backup", "--stdin", f"d{size}", "--json", *self.use)
                with open(data, "rb") as file:
                    first = self.feed(words, file).lines()[-1]
                self.assertEqual((first["files"], first["bytes"]), (1, size))
                subprocess.run(["cmp", data, self.restore(f"d{size}")], check=True)
                again = self.feed(words, data.read_bytes()).lines()[-1]  # by a pipe
                self.assertEqual(again["unchanged_files"], 1)
                self.assertLess(again["stored_bytes"], 20_000)

    def test_beside_folders_listed_compared_checked_and_at_two_places(self):
        source = self.write("source/a.txt", "một").parent
        copy = self.folder / "copy"
        self.expect(0, "mirror", self.repo, copy)
        words = ("backup", "--job", "j", "--stdin", "vanphong.dump", source, "--repo", copy, *self.use)
        data = random.Random(1).randbytes(6 * MIB)
        self.feed(words, data)
        self.feed(words, data + b"more")
        listed = self.expect(0, "ls", "latest:j:/", "--json", *self.admin).lines()
        self.assertIn("/vanphong.dump", [line.get("path") for line in listed])
        first, second = [one["id"] for one in self.snapshots()]
        self.assertIn("/vanphong.dump", self.expect(0, "diff", first, second, *self.admin).out)
        self.assertEqual(self.snapshots(self.admin)[-1]["sources"],
                         [{"path": str(source)}, {"path": "/vanphong.dump"}])
        for repo in (self.repo, copy):
            self.assertEqual(self.restore("vanphong.dump", repo).read_bytes(), data + b"more")
            self.expect(0, "check", "--read-data", "--repo", repo, "--passphrase-file",
                        self.passphrase)
        third = self.folder / "third"
        self.expect(0, "mirror", copy, third)
        self.assertEqual(self.restore("vanphong.dump", third).read_bytes(), data + b"more")

    def test_what_makes_no_sense_is_refused(self):
        for words in (("--stdin", "a/b"), ("--stdin", ".."), ("--stdin", ""),
                      ("--stdin", "a", "--command", "b", "--", "echo"), ("--command", "b"),
                      ("--stdin", "etc", "/etc")):
            with self.subTest(words=words):
                self.expect(2, "backup", *words, *self.use)
        terminal = Terminal(self, "backup", "--stdin", "x", *self.use)
        terminal.expect("terminal")
        self.assertEqual(terminal.wait(), 2)
        self.assertEqual(self.snapshots(), [])

    def test_input_that_is_missing_or_unreadable_makes_no_snapshot(self):
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = self.feed(("backup", "--stdin", "x", *self.use), folder, code=1)
        self.assertIn("standard input", done.err)
        line = f'"{PROGRAM}" backup --stdin x --repo "{self.repo}" --key-file "{self.key}" <&-'
        closed = subprocess.run(["sh", "-c", line], env=self.environment(None), check=False,
                                stderr=subprocess.PIPE, timeout=TIMEOUT)
        self.assertEqual(closed.returncode, 1, closed.stderr)
        self.assertEqual(self.snapshots(), [])

    def test_an_interruption_while_nothing_comes_ends_it_at_once(self):
        process = subprocess.Popen([PROGRAM, "backup", "--stdin", "x", *map(str, self.use)],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment(None), cwd=self.folder)
        process.stdin.write(b"x" * MIB)
        process.stdin.flush()
        limit = time.monotonic() + TIMEOUT
        while not list(self.repo.glob("snapshots/*/open")) and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        process.stdin.close()
        process.stderr.close()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.snapshots(), [])

    def test_memory_does_not_grow_with_the_stream(self):
        def peak(size):
            line = f'head -c {size} /dev/zero | "{PROGRAM}" backup --stdin z --allow-empty --repo "{self.repo}" --key-file "{self.key}"'
            done = subprocess.run(["/usr/bin/python3", "-c", f"""
import resource, subprocess
subprocess.run(["sh", "-c", {line!r}], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""],
                                  capture_output=True, env=self.environment(None), check=True,
                                  timeout=TIMEOUT)
            return int(done.stdout)
        small, large = peak(40 * MIB), peak(400 * MIB)
        self.assertLess(large, small + 20_000)  # KiB


class Commands(Streams):
    def test_a_command_is_run_without_a_shell_and_stored(self):
        self.expect(0, "backup", "--command", "x", *self.use, "--", "printf", "%s|", "a b", "$HOME")
        self.assertEqual(self.restore("x").read_text(), "a b|$HOME|")

    def test_a_command_that_fails_makes_no_snapshot(self):
        for script, told in (("echo half; echo no such table >&2; exit 3", "status 3.*no such table"),
                             ("echo half; kill -9 $$", "signal 9"), ("exit 1", "status 1")):
            with self.subTest(script=script):
                done = self.expect(1, "backup", "--command", "x", *self.use, "--", "sh", "-c", script)
                self.assertRegex(done.err, told)
        done = self.expect(1, "backup", "--command", "x", *self.use, "--", "/no/such/program")
        self.assertIn("/no/such/program", done.err)
        self.assertEqual(self.snapshots(), [])

    def test_a_passphrase_of_ours_is_not_the_commands(self):
        done = self.expect(0, "backup", "--command", "x", "--repo", self.repo, "--", "env",
                           env={"SAOLUU_PASSPHRASE": self.passphrase.read_text().strip(),
                                "AWS_SECRET_ACCESS_KEY": "rat-bi-mat", "KEEP": "kept"})
        self.assertNotIn("suspect", done.out)
        stored = self.restore("x").read_text()
        self.assertIn("KEEP=kept", stored)
        self.assertNotIn("rat-bi-mat", stored)
        self.assertNotIn(self.passphrase.read_text().strip(), stored)


class Suspect(Streams):
    def setUp(self):
        super().setUp()
        for i in range(10):
            self.write(f"source/{i}", str(i))
        self.source = self.folder / "source"

    def backup(self, *words, code=0):
        return self.expect(code, "backup", "--json", "--job", "j", self.source, *words,
                           *self.use).lines()[-1]

    def lose(self, names):
        for name in names:
            (self.source / str(name)).unlink()

    def test_a_source_that_lost_most_is_stored_told_and_marked(self):
        self.assertEqual(self.backup()["suspect"], [])
        self.lose(range(6))
        self.assertEqual(self.backup("--suspect-loss", "70%")["suspect"], [])
        self.lose([6, 7, 8])
        lost = self.backup("--suspect-loss", "60%")
        self.assertEqual(lost["suspect"], [{"path": str(self.source), "before": 4, "now": 1,
                                            "unit": "entries"}])
        self.assertTrue(lost["complete"])
        done = self.expect(0, "backup", "--job", "j", self.source, *self.use)
        self.assertIn("suspect", done.out)
        self.assertIn("--allow-empty", done.err)
        self.assertEqual([one["suspect"] for one in self.snapshots(self.admin)],
                         [False, False, True, True])
        self.assertIn("(suspect)", self.expect(0, "snapshots", *self.admin).out)
        self.assertEqual(self.backup("--allow-empty")["suspect"], [])
        self.assertEqual(self.backup()["suspect"], [])
        self.expect(2, "backup", "--suspect-loss", "0", self.source, *self.use)

    def test_an_empty_source_is_kept_where_nobody_watches(self):
        self.backup()
        self.lose(range(10))
        self.expect(14, "backup", "--job", "j", self.source, *self.use)
        for _ in range(2):
            lost = self.backup("--empty-is-suspect")
            self.assertEqual(lost["suspect"][0]["now"], 0)
        self.assertEqual(len(self.snapshots()), 3)
        self.expect(14, "backup", "--job", "j", self.source, *self.use)


if __name__ == "__main__":
    unittest.main()
