#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The restore command: its options, exit codes and messages."""
import os
import signal
import stat
import subprocess
import time
import unittest

from program import ProgramTest, Terminal


class Restore(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "source"
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.target = self.folder / "target"

    def back_up(self):
        self.write("source/báo cáo.txt", "report\n")
        self.write("source/số liệu/2026.xlsx", "numbers\n")
        self.write("source/số liệu/2025.xlsx", "old numbers\n")
        self.write("source/tạm/cache.tmp", "cache\n")
        self.init()
        self.expect(0, "backup", self.source, *self.use)

    def restore(self, code, *words, **how):
        return self.expect(code, "restore", f"latest:{self.source}", "--target", self.target,
                           *words, *self.admin, **how)

    def summary(self, code, *words):
        return self.restore(code, "--json", *words).lines()[-1]

    def files(self):
        return sorted(str(p.relative_to(self.target)) for p in self.target.rglob("*")
                      if not p.is_dir())

    def test_help_names_every_option(self):
        text = self.expect(0, "restore", "--help").out
        for option in ["--target", "--include", "--exclude", "--overwrite", "--devices", "--setuid",
                       "--security-xattrs", "--numeric-owner", "--dry-run"]:
            self.assertIn(option, text)

    def test_words_that_make_no_sense_are_usage_errors(self):
        self.back_up()
        self.restore(2, "--overwrite", "sometimes")
        self.assertIn("[a", self.restore(2, "--include", "[a").err)
        self.expect(2, "restore", "latest", *self.admin)
        self.assertFalse(self.target.exists())

    def test_patterns_choose(self):
        self.back_up()
        self.restore(0, "--include", "*.xlsx", "--include", "*.txt", "--exclude", "2025*")
        self.assertEqual(self.files(), ["báo cáo.txt", "số liệu/2026.xlsx"])
        self.assertFalse((self.target / "tạm").exists())

    def test_overwrite(self):
        self.back_up()
        mine = self.write("target/báo cáo.txt", "mine")
        os.utime(mine, (2**31, 2**31))
        done = self.restore(3)
        self.assertIn("báo cáo.txt", done.err)
        self.assertIn("differs", done.err)
        self.assertEqual(mine.read_text(), "mine")
        kept = self.summary(0, "--overwrite", "if-newer")
        self.assertEqual((kept["kept"], kept["overwritten"]), (1, 0))
        self.assertEqual(mine.read_text(), "mine")
        over = self.summary(0, "--overwrite", "always")
        self.assertEqual((over["overwritten"], over["already_there"]), (1, 3))
        self.assertEqual(mine.read_text(), "report\n")

    def test_a_folder_in_the_way_is_never_replaced(self):
        self.back_up()
        self.write("target/báo cáo.txt/mine", "mine")
        done = self.restore(3, "--overwrite", "always")
        self.assertIn("a folder is there", done.err)
        self.assertTrue((self.target / "báo cáo.txt" / "mine").exists())

    def test_a_dry_run_tells_and_writes_nothing(self):
        self.back_up()
        before = self.listing(self.repo)
        done = self.restore(0, "--dry-run", "-v")
        self.assertIn("Nothing was written", done.out)
        self.assertIn("số liệu/2026.xlsx", done.out)
        self.assertFalse(self.target.exists())
        lines = self.restore(0, "--dry-run", "-v", "--json").lines()
        paths = [line for line in lines if line["type"] == "path"]
        self.assertEqual(sum(line["path"].endswith(".xlsx") for line in paths), 2)
        self.assertEqual({line["outcome"] for line in paths}, {"made"})
        self.assertEqual((lines[-1]["files"], lines[-1]["dry_run"]), (4, True))
        self.assertNotIn("xlsx", self.restore(0, "--dry-run").out)
        self.assertEqual(self.listing(self.repo), before)

    def test_a_target_inside_the_repository_is_refused(self):
        self.back_up()
        done = self.expect(14, "restore", "latest", "--target", self.repo / "new", *self.admin)
        self.assertIn("inside the repository", done.err)
        self.assertFalse((self.repo / "new").exists())

    def test_a_target_inside_the_source_is_fine(self):
        self.back_up()
        self.target = self.source / "back"
        self.restore(0)
        self.assertEqual((self.target / "báo cáo.txt").read_text(), "report\n")

    @unittest.skipUnless(os.geteuid() == 0, "becoming somebody else takes root")
    def test_what_an_ordinary_user_cannot_set_is_said_once(self):
        self.back_up()
        self.target = self.folder / "theirs" / "target"
        self.target.parent.mkdir()
        for path in [self.folder, *self.folder.rglob("*")]:
            if self.source not in [path, *path.parents]:
                os.lchown(path, 65534, 65534)
        try:
            done = self.restore(3, user=65534)
        except PermissionError:
            self.skipTest("somebody else can't reach the program here")
        self.assertEqual(done.err.count("could not be set"), 1, done.err)
        self.assertIn("only root", done.err)
        self.assertEqual(len(self.files()), 4)

    @unittest.skipUnless(os.geteuid() == 0, "becoming somebody else takes root")
    def test_a_repository_that_cannot_be_written_restores(self):
        self.back_up()
        (self.folder / "theirs").mkdir()
        self.target = self.folder / "theirs" / "target"
        os.chmod(self.folder, 0o755)
        for path in [self.folder / "theirs", self.passphrase, self.folder / "state",
                     self.folder / "cache", *(self.folder / "state").rglob("*"),
                     *(self.folder / "cache").rglob("*")]:
            os.lchown(path, 65534, 65534)
        for path in [self.repo, *self.repo.rglob("*")]:
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
        try:
            done = self.restore(3, user=65534)  # 3: owners
        except PermissionError:
            self.skipTest("somebody else can't reach the program here")
        self.assertIn("note: ledger", done.err)
        self.assertIn("could not be entered", done.err)
        self.assertEqual(len(self.files()), 4)

    @unittest.skipUnless(os.geteuid() == 0, "mounting takes root")
    def test_a_repository_on_a_read_only_mount_restores_with_exit_code_0(self):
        self.back_up()
        script = ('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"')
        words = ["restore", f"latest:{self.source}", "--target", self.target, *self.admin]
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(self.repo),
                               os.environ["SAOLUU"], *map(str, words)], capture_output=True,
                              env=self.environment(None), cwd=self.folder, timeout=120, check=False)
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            self.skipTest("nothing can be mounted here")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"could not be entered", done.stderr)
        self.assertEqual(len(self.files()), 4)

    @unittest.skipUnless(os.geteuid() == 0, "mounting takes root")
    def test_a_full_target_is_an_error_that_says_so(self):
        self.write("source/large", "")
        (self.source / "large").write_bytes(os.urandom(3_000_000))
        self.init()
        self.expect(0, "backup", self.source, *self.use)
        self.target.mkdir()
        script = 'mount -t tmpfs -o size=1m none "$1" && shift && exec "$@"'
        words = ["restore", f"latest:{self.source}", "--target", self.target, *self.admin]
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(self.target),
                               os.environ["SAOLUU"], *map(str, words)], capture_output=True,
                              env=self.environment(None), cwd=self.folder, timeout=120, check=False)
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            self.skipTest("nothing can be mounted here")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(b"No space left", done.stderr)
        self.assertIn(b"large", done.stderr)

    def make_large(self):
        self.source.mkdir()
        for i in range(60):
            (self.source / str(i)).write_bytes(os.urandom(4_000_000))
        self.init()
        self.expect(0, "backup", self.source, *self.use)

    def assert_finishes(self):
        summary = self.summary(0)
        self.assertEqual(summary["files"] + summary["already_there"], 60)
        done = subprocess.run(["diff", "-r", self.source, self.target], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_ctrl_c_ends_it_cleanly_and_the_same_command_goes_on(self):
        self.make_large()
        terminal = Terminal(self, "restore", f"latest:{self.source}", "--target", self.target,
                            *self.admin)
        terminal.expect("\x1b[K")  # the first line of progress
        terminal.process.send_signal(signal.SIGINT)
        self.assertIn(terminal.wait(), (0, 130))
        self.assertFalse([name for name in self.files() if "saoluu" in name])
        self.assert_finishes()

    def test_a_killed_run_leaves_what_the_next_tidies_up(self):
        self.make_large()
        words = ["restore", f"latest:{self.source}", "--target", self.target, *self.admin]
        process = subprocess.Popen([os.environ["SAOLUU"], *map(str, words)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.environment(None))
        limit = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < limit:
            if self.target.exists() and len(os.listdir(self.target)) > 5:
                break
        process.kill()
        process.wait()
        self.assert_finishes()

    def test_modes_and_fifos(self):
        self.back_up()
        os.mkfifo(self.source / "fifo", 0o640)
        os.chmod(self.source / "fifo", 0o640)
        os.chmod(self.source / "báo cáo.txt", 0o4755)
        self.expect(0, "backup", self.source, *self.use)
        self.assertEqual(self.summary(0)["left_out"], 1)
        mode = os.lstat(self.target / "fifo").st_mode
        self.assertTrue(stat.S_ISFIFO(mode))
        self.assertEqual(mode & 0o777, 0o640)
        self.assertEqual(os.stat(self.target / "báo cáo.txt").st_mode & 0o7777, 0o755)
        self.assertEqual(self.summary(0, "--setuid")["left_out"], 0)
        self.assertEqual(os.stat(self.target / "báo cáo.txt").st_mode & 0o7777, 0o4755)


if __name__ == "__main__":
    unittest.main()
