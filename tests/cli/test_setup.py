#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""saoluu setup: by options alone, by somebody who answers, and cut short anywhere."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from program import ADMIN, CHEAP, HOLDER, PROGRAM, ProgramTest, Terminal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from told import PASSWORD, USER, MailServer  # noqa: E402

# Somebody's whole way through it: what is asked, and what he types.
ANSWERS = [("Folder: ", "{source}"), ("Folder: ", ""), ("Place: ", "{repo}"), ("Times [", ""),
           ("Server (", ""), ("Name: ", HOLDER), ("Office or department", "Văn phòng"),
           ("Set this up now? [Y/n] ", "y")]


class SetupTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = self.write("Văn phòng số 1/công văn \"mật\".txt", "một").parent
        self.write("Văn phòng số 1/~$nháp.docx", "rác")
        self.config = self.folder / "etc/saoluu.toml"
        self.key = self.config.parent / "backup.key"

    def words(self, *more, **other):
        """other: options by name in place of the usual ones; None leaves one out"""
        usual = {"config": self.config, "source": self.source, "store": self.repo, "holder": HOLDER,
                 "passphrase_file": self.passphrase, **other}
        words = ["setup", *CHEAP]
        for name, value in usual.items():
            if value is not None:
                words += ["--" + name.replace("_", "-"), value]
        return [*words, *more]

    def set_up(self, *more, code=0, env=None, **other):
        return self.expect(code, *self.words("--yes", *more, **other), env=env)

    def snapshots(self):
        lines = self.expect(0, "snapshots", "--json", "--repo", self.repo, "--passphrase-file",
                            self.passphrase).lines()
        return [line for line in lines if line["type"] == "snapshot"]

    def there(self):
        return {name for name in self.listing(self.folder) if not name.startswith(("state", "cache"))}


class ByOptions(SetupTest):
    def test_all_is_made_and_the_first_backup_is_there(self):
        done = self.set_up("--unit", "Văn phòng")
        self.assertIn("All is set up.", done.out)
        self.assertIn("saoluu restore --repo nas", done.out)
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o640)
        self.expect(0, "config", "check", "--config", self.config)
        [snapshot] = self.snapshots()
        self.assertEqual([s["path"] for s in snapshot["sources"]], [str(self.source)])
        listed = self.expect(0, "ls", f"latest:{self.source}", "--repo", self.repo,
                             "--passphrase-file", self.passphrase).out
        self.assertIn("công văn", listed)
        self.assertNotIn("nháp", listed)
        jobs = self.expect(0, "job", "list", "--config", self.config).out
        self.assertIn("tailieu", jobs)
        shown = self.expect(0, "config", "show", "--config", self.config).out
        self.assertIn('schedule = ["Mon..Fri 11,16:30"]', shown)
        self.assertIn("max_age", shown)
        # The next run of the job goes by the same file and key.
        self.expect(0, "job", "run", "tailieu", "--config", self.config)
        self.assertEqual(len(self.snapshots()), 2)

    def test_a_second_run_says_that_it_is_there_and_changes_nothing(self):
        self.set_up("--no-backup")
        before = self.listing(self.folder)
        done = self.set_up(code=1)
        self.assertIn("is there already", done.err)
        self.assertIn("job run", done.err)
        self.assertEqual(self.listing(self.folder), before)

    def test_somebodys_config_file_is_left_alone(self):
        self.config.parent.mkdir()
        self.config.write_text("# của tôi\n", encoding="utf-8")
        before = self.there()
        self.set_up(code=1)
        self.assertEqual(self.config.read_text(encoding="utf-8"), "# của tôi\n")
        self.assertEqual(self.there(), before)

    def test_without_a_terminal_all_that_is_missing_is_named(self):
        before = self.there()
        done = self.expect(2, "setup", "--config", self.config)
        for option in ("--source", "--store", "--holder", "--passphrase-file"):
            self.assertIn(option, done.err)
        done = self.expect(2, *self.words(holder=None))
        self.assertIn("--holder", done.err)
        self.assertNotIn("--source", done.err)
        self.assertEqual(self.there(), before)

    def test_a_wrong_answer_is_told_and_nothing_is_made(self):
        file = self.write("full/x.txt", "x")
        weak = self.write("weak.txt", "Matkhau@123")
        before = self.there()
        for said, more, other in [
                ("none", (), {"source": self.folder / "none"}),
                ("holds other things", (), {"store": file.parent}),
                ("never comes", ("--schedule", "*-02-30"), {}),
                ("Mondy", ("--schedule", "Mondy 11:00"), {}),
                ("admin", (), {"holder": "admin"}),
                ("--mail-to", ("--mail-server", "smtp://127.0.0.1:1"), {}),
                ("--no-mail", ("--mail-server", "smtp://127.0.0.1:1", "--no-mail"), {}),
                ("127.0.0.1", ("--mail-server", "smtp://127.0.0.1:1", "--mail-from", "a@example.vn",
                               "--mail-to", "b@example.vn"), {}),
                ("--store", ("--repo", self.repo), {}),
                ("a b", ("--job", "a b"), {}),
                ("weak", (), {"passphrase_file": weak})]:
            with self.subTest(said=said):
                done = self.run_program(*self.words("--yes", *more, **other))
                self.assertNotIn(done.code, (0, 3), repr(done))
                self.assertIn(said, done.err)
                self.assertLessEqual(self.there() - before, {"etc"})

    def test_json_says_what_was_made(self):
        done = self.set_up("--json", "--no-backup", "--schedule", "*-*-* 02:00", "--schedule",
                           "Sat 12:00", "--store-name", "kho", "--job", "vanphong")
        [summary] = done.lines()
        self.assertEqual((summary["type"], summary["store"], summary["job"], summary["joined"]),
                         ("summary", "kho", "vanphong", False))
        self.assertEqual(len(summary["next_runs"]), 3)
        self.assertEqual(self.snapshots(), [])

    def test_a_second_computer_joins_the_repository(self):
        self.set_up("--no-backup")
        self.config = self.folder / "etc2/saoluu.toml"
        self.set_up(holder="Trần Thị Bình")
        keys = self.expect(0, "key", "list", "--repo", self.repo, "--passphrase-file",
                           self.passphrase).out
        self.assertIn("Trần Thị Bình", keys)
        self.assertEqual(len(self.snapshots()), 1)

    def test_the_first_backup_is_by_the_computers_key_whatever_the_environment_names(self):
        self.set_up(passphrase_file=None, env={"SAOLUU_PASSPHRASE_FILE": self.passphrase})
        keys = self.expect(0, "key", "list", "--json", "--repo", self.repo, "--passphrase-file",
                           self.passphrase).lines()
        [own] = [key["actor"] for key in keys if key.get("role") == "backup"]
        self.assertEqual([snapshot["actor"] for snapshot in self.snapshots()], [own])

    def test_a_key_that_reads_is_no_computers_key(self):
        self.set_up("--no-backup")
        reader = self.folder / "reader.key"
        self.expect(0, "key", "issue", "--repo", self.repo, "--passphrase-file", self.passphrase,
                    "--role", "restore", "--holder", "Trần Thị Bình", "--new-key-file", reader)
        self.config.unlink()
        done = self.run_program(*self.words("--yes", "--backup-key", reader))
        self.assertNotEqual(done.code, 0)
        self.assertRegex(done.err, "reader.key.* can read all backups")
        self.assertFalse(self.config.exists())

    def test_who_shall_be_told_gets_a_test_message(self):
        server = MailServer(auth=False)
        self.addCleanup(server.close)
        self.set_up("--no-backup", "--unit", "UBND xã Bình Minh", "--mail-server",
                    f"smtp://127.0.0.1:{server.port}", "--mail-from", "saoluu@example.vn",
                    "--mail-to", "can.bo@example.vn")
        [letter] = server.letters
        self.assertEqual(letter.envelope_to, ["can.bo@example.vn"])
        self.expect(0, "config", "test-notify", "--config", self.config)
        self.assertEqual(len(server.letters), 2)

    def test_the_file_speaks_the_language_of_the_one_who_made_it(self):
        self.set_up("--no-backup", "--lang", "vi")
        self.assertIn("# Khóa của máy này", self.config.read_text(encoding="utf-8"))
        self.expect(0, "config", "check", "--config", self.config)


class CutShort(SetupTest):
    def test_one_that_ended_before_the_config_file_is_continued(self):
        self.set_up("--no-backup")
        text = self.config.read_bytes()
        self.config.unlink()
        done = self.set_up()
        self.assertIn("it is used", done.err)
        self.assertEqual(self.config.read_bytes(), text)
        self.assertEqual(len(self.snapshots()), 1)

    def test_one_that_was_killed_is_continued_or_says_what_is_in_the_way(self):
        continued = 0
        for step in range(12):
            with self.subTest(step=step):
                self.repo = self.folder / f"repo{step}"
                self.config = self.folder / f"etc{step}/saoluu.toml"
                process = subprocess.Popen(
                    [PROGRAM, *map(str, self.words("--yes", "--no-backup"))], cwd=self.folder,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env=self.environment({}))
                # Each time a little later after the first thing was made.
                while process.poll() is None and not self.config.parent.exists():
                    time.sleep(0.001)
                time.sleep(0.06 * step)
                process.send_signal(signal.SIGKILL)
                process.wait()
                done = self.run_program(*self.words("--yes", "--no-backup"))
                if done.code != 0:
                    self.assertRegex(done.err, "is there already|never finished")
                    continue
                continued += 1
                self.expect(0, "job", "run", "tailieu", "--config", self.config)
        self.assertGreater(continued, 0)


class Asked(SetupTest):
    def start(self, *more):
        return Terminal(self, "setup", *CHEAP, "--config", self.config, *more)

    def answer(self, terminal, count=None):
        for question, answer in ANSWERS[:count]:
            terminal.expect(question)
            terminal.type(answer.format(source=self.source, repo=self.repo) + "\n", wait_hidden=False)

    def type_passphrase(self, terminal):
        for question in ("New passphrase", "again"):
            terminal.expect(question)
            terminal.type(ADMIN + "\n")

    def test_answers_are_proven_and_all_is_made(self):
        terminal = self.start()
        self.answer(terminal)
        self.type_passphrase(terminal)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        for said in ("2 files", "A repository can be made there", "Next: ", "All is set up.",
                     "is stored"):
            self.assertIn(said, terminal.seen)
        self.assertNotIn(ADMIN, terminal.seen)
        self.assertEqual(len(self.snapshots()), 1)
        self.assertIn('"Mon..Fri 11,16:30"', self.config.read_text(encoding="utf-8"))

    def test_a_wrong_answer_is_asked_for_again(self):
        terminal = self.start("--no-backup")
        for question, answer, said in [
                ("Folder: ", self.folder / "none", "none"), ("Folder: ", self.source, "2 files"),
                ("Folder: ", self.source, "already"), ("Folder: ", "", ""),
                ("Place: ", self.source, "holds other things"), ("Place: ", "ftp://x", "ftp"),
                ("Place: ", f' "{self.repo}" ', "can be made"),
                ("Times [", "Mondy", "Mondy"), ("Times [", "*-02-30", "never comes"),
                ("Times [", "*-*-* 12:15", "Next"), ("Server (", "", ""),
                ("Name: ", "admin", "admin"), ("Name: ", HOLDER, ""), ("Office", "", ""),
                ("Set this up now?", "perhaps", "y for yes"), ("Set this up now?", "y", "")]:
            terminal.expect(question)
            terminal.type(f"{answer}\n", wait_hidden=False)
            if said:
                terminal.expect(said)
        self.type_passphrase(terminal)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertIn('schedule = ["*-*-* 12:15"]', self.config.read_text(encoding="utf-8"))

    def test_a_password_that_another_setup_left_is_named_before_anything_is_made(self):
        server = MailServer()
        self.addCleanup(server.close)
        old = self.write("etc/mail.password", "mat khau cu\n")
        old.chmod(0o600)
        before = self.there()
        terminal = self.start("--source", self.source, "--store", self.repo, "--schedule", "daily")
        for question, answer in [
                ("Server (", f"smtp://127.0.0.1:{server.port}"), ("From (", "a@example.vn"),
                ("To (", "b@example.vn"), ("User at", USER), ("Password", PASSWORD),
                ("Name: ", HOLDER), ("Office", "")]:
            terminal.expect(question)
            terminal.type(answer + "\n", wait_hidden=answer == PASSWORD)
        self.assertNotIn(terminal.wait(), (0, 130), terminal.seen)
        self.assertRegex(terminal.seen, r"mail\.password is there already[^.]*move it away")
        self.assertNotIn(PASSWORD, terminal.seen)
        self.assertEqual(self.there(), before)

    def test_ctrl_c_at_any_question_leaves_nothing(self):
        before = self.there()
        for count in range(len(ANSWERS)):
            with self.subTest(question=ANSWERS[count][0]):
                terminal = self.start()
                self.answer(terminal, count)
                terminal.expect(ANSWERS[count][0])
                terminal.type("\x03", wait_hidden=False)
                self.assertEqual(terminal.wait(), 130, terminal.seen)
                self.assertEqual(self.there(), before)

    def test_no_to_the_last_question_leaves_nothing_and_so_does_ctrl_c_at_the_passphrase(self):
        before = self.there()
        terminal = self.start()
        self.answer(terminal, -1)
        terminal.expect("Set this up now?")
        terminal.type("n\n", wait_hidden=False)
        self.assertEqual(terminal.wait(), 130, terminal.seen)
        self.assertEqual(self.there(), before)
        terminal = self.start()
        self.answer(terminal)
        terminal.expect("New passphrase")
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), 130, terminal.seen)
        self.assertFalse(self.repo.exists() or self.key.exists() or self.config.exists())
        self.assertTrue(terminal.shows_typing())

    def test_what_an_option_says_is_not_asked_for(self):
        terminal = self.start("--source", self.source, "--store", self.repo, "--schedule",
                              "*-*-* 12:15", "--no-mail", "--unit", "Tổ 1", "--no-backup")
        self.answer_one(terminal, "Name: ", HOLDER)
        terminal.expect("Tổ 1")
        terminal.type("\n", wait_hidden=False)
        self.answer_one(terminal, "Set this up now?", "y")
        self.type_passphrase(terminal)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        for question in ("Folder: ", "Place: ", "Times [", "Server ("):
            self.assertNotIn(question, terminal.seen)

    def answer_one(self, terminal, question, answer):
        terminal.expect(question)
        terminal.type(answer + "\n", wait_hidden=False)


if __name__ == "__main__":
    os.environ.pop("SAOLUU_PASSPHRASE", None)
    unittest.main()
