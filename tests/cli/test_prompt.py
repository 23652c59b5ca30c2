#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Passphrases that are asked for on a terminal, and what a person sees there."""
import os
import re
import signal
import time
import unittest

from program import ADMIN, CHEAP, HOLDER, READER, ProgramTest, Terminal

GENERATED = re.compile(r"\b(?:[a-z]{3,6}-){6}[a-z]{3,6}\b")


class NewPassphrase(ProgramTest):
    def start(self):
        return Terminal(self, "init", "--repo", self.repo, "--holder", HOLDER, "--backup-key",
                        self.key, *CHEAP)

    def test_it_is_typed_twice_and_not_shown(self):
        terminal = self.start()
        terminal.expect("New passphrase for")
        terminal.type(ADMIN + "\n")
        terminal.expect("again")
        terminal.type(ADMIN + "\n")
        terminal.expect("ready")
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertNotIn(ADMIN, terminal.seen)
        self.assertTrue(terminal.shows_typing())
        self.expect(0, "snapshots", "--repo", self.repo, "--passphrase-file", self.passphrase)

    def test_a_mismatch_and_a_weak_one_are_asked_for_again(self):
        terminal = self.start()
        terminal.expect("New passphrase for")
        terminal.type("Matkhau@123456\n")
        terminal.expect("too weak")
        terminal.expect("New passphrase for")
        terminal.type(ADMIN + "\n")
        terminal.expect("again")
        terminal.type(READER + "\n")
        terminal.expect("not the same")
        terminal.expect("New passphrase for")
        terminal.type(ADMIN + "\n")
        terminal.expect("again")
        terminal.type(ADMIN + "\n")
        self.assertEqual(terminal.wait(), 0, terminal.seen)

    def test_an_empty_line_makes_one_that_is_shown_once_and_typed_back(self):
        terminal = self.start()
        terminal.expect("New passphrase for")
        terminal.type("\n")
        shown = GENERATED.search(terminal.expect("again"))
        self.assertTrue(shown, terminal.seen)
        terminal.type("something-else\n")
        terminal.expect("not the same")
        terminal.expect("again")
        terminal.type(shown.group() + "\n")
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertEqual(terminal.seen.count(shown.group()), 1)
        made = self.write("made.txt", shown.group())
        self.expect(0, "key", "list", "--repo", self.repo, "--passphrase-file", made)

    def test_nothing_is_made_by_one_who_never_repeats_it(self):
        terminal = self.start()
        for _ in range(5):
            terminal.expect("New passphrase for")
            terminal.type(ADMIN + "\n")
            terminal.expect("again")
            terminal.type(READER + "\n")
        self.assertEqual(terminal.wait(), 2, terminal.seen)
        self.assertFalse(self.repo.exists() or self.key.exists())

    def test_interrupting_gives_the_terminal_back(self):
        for how in ["ctrl-c", "ctrl-d", "term"]:
            with self.subTest(how=how):
                terminal = self.start()
                terminal.expect("New passphrase for")
                if how == "term":
                    while terminal.shows_typing():
                        time.sleep(0.01)
                    terminal.process.send_signal(signal.SIGTERM)
                else:
                    terminal.type({"ctrl-c": "\x03", "ctrl-d": "\x04"}[how])
                self.assertEqual(terminal.wait(), 130, terminal.seen)
                self.assertTrue(terminal.shows_typing())
                self.assertFalse(self.repo.exists() or self.key.exists())


class Opening(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init()

    def test_the_passphrase_is_asked_for(self):
        terminal = Terminal(self, "key", "list", "--repo", self.repo)
        terminal.expect("Passphrase for")
        terminal.type(ADMIN + "\n")
        terminal.expect(HOLDER)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertNotIn(ADMIN, terminal.seen)

    def test_a_wrong_one_ends_with_12(self):
        terminal = Terminal(self, "key", "list", "--repo", self.repo)
        terminal.expect("Passphrase for")
        terminal.type("Nothing like it, 1 bit\n")
        self.assertEqual(terminal.wait(), 12, terminal.seen)

    def test_the_holder_of_a_new_key_types_it(self):
        terminal = Terminal(self, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình",
                            "--repo", self.repo, *CHEAP, env={"SAOLUU_PASSPHRASE": ADMIN})
        terminal.expect("to be typed by")
        self.assert_no_secret_in_proc(terminal.process.pid)
        terminal.type(READER + "\n")
        terminal.expect("again")
        terminal.type(READER + "\n")
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertNotIn(READER, terminal.seen)
        reader = self.write("reader.txt", READER)
        done = self.expect(0, "key", "list", "--repo", self.repo, "--passphrase-file", reader)
        self.assertIn("Trần Thị Bình", done.out)

    def assert_no_secret_in_proc(self, pid):
        for name in ["environ", "cmdline"]:
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    self.assertNotIn(ADMIN.encode(), file.read())
            except PermissionError:
                pass  # not even we may look

    def test_progress_is_shown_on_a_terminal_only_and_not_with_quiet(self):
        for i in range(50):
            self.write(f"data/{i}.txt", str(i) * 1000)
        use = ("--repo", self.repo, "--key-file", self.key)
        for words, quiet in [(("backup", self.folder / "data"), False),
                             (("backup", "-q", self.folder / "data"), True)]:
            terminal = Terminal(self, *words, *use)
            self.assertEqual(terminal.wait(), 0, terminal.seen)
            self.assertIn("is stored", terminal.seen)  # -q hides progress, never results
            if quiet:
                self.assertNotIn("\x1b[K", terminal.seen)
        done = self.expect(0, "backup", self.folder / "data", *use)
        self.assertNotIn("\x1b", done.out + done.err)


if __name__ == "__main__":
    os.environ.pop("SAOLUU_PASSPHRASE", None)
    unittest.main()
