#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Command lines that make no sense, keys that don't fit, places that hold no repository."""
import unittest

from program import ADMIN, CHEAP, HOLDER, ProgramTest

COMMANDS = [("init",), ("backup",), ("snapshots",), ("restore",), ("check",), ("key",),
            ("key", "issue"), ("key", "list"), ("repair",), ("repair", "index"), ("doctor",)]
EXIT_CODES = ["  0  ", "  1  ", "  2  ", "  3  ", " 10  ", " 12  ", " 13  ", " 14  ", "130  "]


class Help(ProgramTest):
    def test_every_help_teaches_and_lists_the_exit_codes(self):
        for words in [(), *COMMANDS]:
            with self.subTest(words=words):
                done = self.expect(0, *words, "--help")
                self.assertIn("Examples:", done.out)
                self.assertIn("Usage: " + " ".join(("saoluu", *words)), done.out)
                self.assertIn("--repo", done.out)
                self.assertEqual(done.err, "")
                for code in EXIT_CODES:
                    self.assertIn(code, done.out)
                for line in done.out.splitlines():
                    if "saoluu " not in line:
                        self.assertLess(len(line), 81)

    def test_version(self):
        self.assertRegex(self.expect(0, "--version").out, r"^saoluu \d+\.\d+\.\d+\n$")

    def test_help_needs_no_repository_and_no_valid_environment(self):
        self.expect(0, "--help", env={"SAOLUU_PASSPHRASE": ""})


class Words(ProgramTest):
    def test_a_command_line_without_sense_ends_with_2(self):
        repo = ("--repo", self.repo)
        for words in [(), ("frobnicate",), ("--frobnicate",), ("key",), ("key", "frobnicate"),
                      ("snapshots", "--frobnicate"), ("snapshots", *repo, "superfluous"),
                      ("snapshots", "--repo"), ("snapshots", "--repo", "a", "--repo", "b"),
                      ("snapshots", "--lang", "fr", *repo), ("backup", *repo), ("restore", *repo),
                      ("restore", "latest", *repo), ("init", *repo), ("key", "issue", *repo),
                      ("init", *repo, "--holder", HOLDER),
                      ("init", *repo, "--holder", HOLDER, "--backup-key", self.key, "--suite", "rot13"),
                      ("init", *repo, "--holder", HOLDER, "--backup-key", self.key, "--kdf-mib", "x"),
                      ("key", "issue", *repo, "--role", "boss", "--holder", HOLDER,
                       "--new-key-file", "k"),
                      ("key", "issue", *repo, "--role", "restore", "--holder", HOLDER)]:
            with self.subTest(words=words):
                done = self.expect(2, *words)
                self.assertEqual(done.out, "")
                self.assertIn("--help", done.err)
        self.assertFalse(self.repo.exists())

    def test_without_a_repository_named_it_says_how_to_name_one(self):
        done = self.expect(2, "snapshots", "--passphrase-file", self.passphrase)
        self.assertIn("--repo", done.err)
        self.assertIn("SAOLUU_REPO", done.err)

    def test_without_a_key_and_a_terminal_it_says_how_to_name_one(self):
        done = self.expect(2, "snapshots", "--repo", self.repo)
        self.assertIn("--key-file", done.err)

    def test_two_keys_of_one_rank_are_refused(self):
        self.expect(2, "snapshots", "--repo", self.repo, "--key-file", self.key,
                    "--passphrase-file", self.passphrase)
        for env in [{"SAOLUU_PASSPHRASE": ADMIN, "SAOLUU_KEY_FILE": self.key},
                    {"SAOLUU_PASSPHRASE": ADMIN, "SAOLUU_PASSPHRASE_FILE": self.passphrase},
                    {"SAOLUU_KEY_FILE": self.key, "SAOLUU_PASSPHRASE_FILE": self.passphrase}]:
            with self.subTest(env=sorted(env)):
                done = self.expect(2, "snapshots", "--repo", self.repo, env=env)
                for name in env:
                    self.assertIn(name, done.err)

    def test_a_date_that_does_not_exist_is_refused(self):
        for date in ["2027-02-30", "2027-13-01", "tomorrow", "27-01-01", "2027-1-1", "31-12-2027"]:
            with self.subTest(date=date):
                done = self.expect(2, "key", "issue", "--repo", self.repo, "--role", "restore",
                                   "--holder", "Trần Thị Bình", "--expires", date,
                                   "--new-key-file", self.folder / "k",
                                   "--passphrase-file", self.passphrase)
                self.assertIn(date, done.err)


class NoRepository(ProgramTest):
    def test_a_folder_that_is_missing_or_something_else_ends_with_10(self):
        other = self.write("other/file.txt", "not a repository").parent
        empty = self.folder / "empty"
        empty.mkdir()
        before = self.listing(other)
        for place in [self.repo, other, empty]:
            for words in [("snapshots",), ("check",), ("key", "list"), ("backup", other),
                          ("restore", "latest", "--target", self.folder / "t")]:
                with self.subTest(place=place.name, words=words):
                    done = self.expect(10, *words, "--repo", place, "--passphrase-file",
                                       self.passphrase)
                    self.assertIn(str(place), done.err)
        self.assertEqual(self.listing(other), before)
        self.assertFalse(self.repo.exists())


class Init(ProgramTest):
    def refused_init(self, code, *words, passphrase=ADMIN, holder=HOLDER, env=None):
        given = ("--passphrase-file", self.write("given.txt", passphrase + "\n")) if passphrase else ()
        return self.expect(code, "init", "--repo", self.repo, "--holder", holder, "--backup-key",
                           self.key, *given, *CHEAP, *words, env=env)

    def test_a_weak_passphrase_is_refused_and_nothing_is_made(self):
        for weak in ["short1!A", "Matkhau@123456", "aaaaaaaaaaaaA1!", "Abcdefghijkl1!",
                     "Mật khẩu 123456789!"]:
            with self.subTest(weak=weak):
                done = self.refused_init(2, passphrase=weak)
                self.assertIn("weak", done.err)
                self.assertNotIn(weak, done.err)
                self.assertFalse(self.repo.exists() or self.key.exists())

    def test_a_name_that_nobody_in_particular_bears_is_refused(self):
        for name in ["admin", "Admin", "chung", "vanphong", "Văn phòng", "root", " ", ""]:
            with self.subTest(name=name):
                self.refused_init(2, holder=name)
                self.assertFalse(self.repo.exists() or self.key.exists())

    def test_a_cost_out_of_range_is_refused(self):
        for words in [("--kdf-mib", "63"), ("--kdf-mib", "1025"), ("--kdf-passes", "0"),
                      ("--kdf-passes", "17")]:
            with self.subTest(words=words):
                self.expect(2, "init", "--repo", self.repo, "--holder", HOLDER, "--backup-key",
                            self.key, "--passphrase-file", self.passphrase, *words)
                self.assertFalse(self.repo.exists() or self.key.exists())

    def test_a_key_file_that_exists_is_left_alone(self):
        self.key.write_text("something else")
        done = self.refused_init(2)
        self.assertIn(str(self.key), done.err)
        self.assertEqual(self.key.read_text(), "something else")
        self.assertFalse(self.repo.exists())

    def test_a_folder_that_holds_other_things_is_refused_and_left_alone(self):
        self.write("repo/report.docx", "important")
        self.refused_init(14)
        self.assertEqual(self.listing(self.repo), {"report.docx": b"important"})
        self.assertFalse(self.key.exists())

    def test_it_never_makes_a_repository_twice(self):
        self.init()
        before = self.listing(self.repo)
        done = self.expect(1, "init", "--repo", self.repo, "--holder", HOLDER, "--backup-key",
                           self.folder / "other.key", "--passphrase-file", self.passphrase, *CHEAP)
        self.assertIn(str(self.repo), done.err)
        self.assertEqual(self.listing(self.repo), before)
        self.assertFalse((self.folder / "other.key").exists())

    def test_it_takes_no_key_file_and_not_two_passphrases(self):
        self.expect(2, "init", "--repo", self.repo, "--holder", HOLDER, "--backup-key", self.key,
                    "--key-file", "k")
        self.refused_init(2, passphrase="", env={"SAOLUU_PASSPHRASE": ADMIN,
                                                 "SAOLUU_PASSPHRASE_FILE": self.passphrase})

    def test_the_key_file_is_for_its_owner_alone(self):
        self.init()
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)


class WrongKey(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init()

    def test_a_wrong_passphrase_ends_with_12(self):
        wrong = self.write("wrong.txt", "Mat-khau thu nghiem 2027!\n")
        self.expect(12, "snapshots", "--repo", self.repo, "--passphrase-file", wrong)
        self.expect(12, "snapshots", "--repo", self.repo,
                    env={"SAOLUU_PASSPHRASE": "Mat-khau thu nghiem 2027!"})

    def test_the_key_of_another_repository_ends_with_12(self):
        self.init(repo=self.folder / "second", key=self.folder / "second.key")
        self.expect(12, "snapshots", "--repo", self.repo, "--key-file", self.folder / "second.key")

    def test_a_backup_key_can_neither_read_nor_issue(self):
        use = ("--repo", self.repo, "--key-file", self.key)
        self.write("data/a.txt", "a")
        self.expect(0, "backup", self.folder / "data", *use)
        target, new = self.folder / "target", self.folder / "new.key"
        self.expect(12, "restore", "latest", "--target", target, *use)
        self.expect(12, "check", "--read-data", *use)
        self.expect(12, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình",
                    "--new-key-file", new, *use)
        self.assertFalse(new.exists())
        self.assertFalse(target.exists() and any(target.iterdir()))

    def test_a_missing_key_file_is_named(self):
        done = self.run_program("snapshots", "--repo", self.repo, "--key-file", "no-such.key")
        self.assertNotEqual(done.code, 0)
        self.assertIn("no-such.key", done.err)

    def test_keys_are_not_issued_to_shared_names_nor_for_days_gone_by(self):
        new = self.folder / "new.key"
        issue = ("key", "issue", "--role", "restore", "--new-key-file", new, "--repo", self.repo,
                 "--passphrase-file", self.passphrase)
        self.expect(2, *issue, "--holder", "vanphong")
        self.expect(2, *issue, "--holder", "Trần Thị Bình", "--expires", "2001-01-01")
        self.assertFalse(new.exists())
        weak = self.write("weak.txt", "Matkhau@123456\n")
        self.expect(2, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình", "--repo",
                    self.repo, "--passphrase-file", self.passphrase, "--new-passphrase-file", weak)

    def test_the_command_line_beats_the_environment(self):
        self.expect(0, "snapshots", "--repo", self.repo, "--key-file", self.key,
                    env={"SAOLUU_PASSPHRASE": "wrong", "SAOLUU_KEY_FILE": "no-such.key"})
        self.expect(0, "snapshots", "--repo", self.repo,
                    env={"SAOLUU_PASSPHRASE": ADMIN, "SAOLUU_REPO": "/nonexistent"})


if __name__ == "__main__":
    unittest.main()
