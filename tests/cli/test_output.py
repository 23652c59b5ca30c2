#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is written where: text, JSON, languages, names that are no text."""
import base64
import json
import os
import unittest

from program import ADMIN, ProgramTest


class Form(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init("--unit", "Văn phòng")
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.write("data/báo cáo.txt", "nội dung\n")

    def test_json_is_one_object_a_line_with_its_type(self):
        backup = self.expect(0, "backup", self.folder / "data", "--job", "j", "--tag", "t", "--json",
                             *self.use).lines()
        self.assertEqual(backup[-1]["type"], "summary")
        self.assertEqual(backup[-1]["files"], 1)
        self.assertTrue(backup[-1]["complete"])
        snapshots = self.expect(0, "--json", "snapshots", *self.use).lines()
        self.assertEqual([line["type"] for line in snapshots], ["snapshot", "summary"])
        self.assertEqual(snapshots[0]["id"], backup[-1]["snapshot"])
        self.assertEqual(snapshots[0]["job"], "j")
        self.assertEqual(snapshots[0]["tags"], [])  # which a key that only adds backups can't read
        read = self.expect(0, "snapshots", "--json", "--repo", self.repo, "--passphrase-file",
                           self.passphrase).lines()
        self.assertEqual(read[0]["tags"], ["t"])
        self.assertEqual(read[0]["sources"][0]["path"], str(self.folder / "data"))
        check = self.expect(0, "check", "--json", *self.use).lines()
        self.assertTrue(check[-1]["sound"])
        keys = self.expect(0, "key", "list", "--json", *self.use).lines()
        self.assertEqual({line["role"] for line in keys if line["type"] == "key"},
                         {"admin", "backup"})

    def test_an_error_is_the_last_line_of_json(self):
        for code, kind, words in [(10, "no_repository", ("snapshots", "--repo", "/nonexistent",
                                                         "--key-file", self.key)),
                                  (2, "usage", ("snapshots", "--frobnicate")),
                                  (12, "wrong_key", ("restore", "latest", "--target", "t",
                                                     *self.use))]:
            with self.subTest(kind=kind):
                last = self.expect(code, *words, "--json").lines()[-1]
                self.assertEqual((last["type"], last["kind"], last["exit"]), ("error", kind, code))
                self.assertTrue(last["message"])

    def test_results_are_on_stdout_and_nothing_else(self):
        done = self.expect(0, "backup", self.folder / "data", *self.use)
        self.assertIn("is stored", done.out)
        self.assertEqual(done.err, "")
        quiet = self.expect(0, "backup", "-q", self.folder / "data", *self.use)
        self.assertIn("is stored", quiet.out)

    def test_a_name_that_is_no_text_is_escaped_and_exact(self):
        folder = os.fsencode(self.folder / "data")
        os.symlink("nowhere", folder + b"/ok")
        name = folder + b"/b\xff\n\x1b[31m"
        with open(name, "wb") as file:
            file.write(b"x" * 10)
        self.expect(0, "backup", self.folder / "data", *self.use)
        target = self.folder / "target"
        restore = ("restore", f"latest:{self.folder}/data", "--target", target, "--repo", self.repo,
                   "--passphrase-file", self.passphrase)
        self.expect(0, *restore)
        with open(os.fsencode(target) + b"/b\xff\n\x1b[31m", "ab") as file:
            file.write(b"changed")
        text = self.expect(3, *restore)
        self.assertNotIn("\x1b", text.out + text.err)
        self.assertIn(r"b\xff\n\x1b[31m", text.err)
        found = [line for line in self.expect(3, *restore, "--json").lines()
                 if line["type"] == "finding"]
        self.assertIn(b"b\xff\n\x1b[31m", base64.b64decode(found[0]["path_b64"]))
        self.assertIn(r"b\xff\n\x1b[31m", found[0]["path"])

    def test_a_full_disk_under_the_results_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = self.run_program("snapshots", *self.use, stdout=full)
        self.assertEqual(done.code, 1)

    def test_a_reader_that_goes_away_is_none(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        try:
            done = self.run_program("snapshots", *self.use, stdout=write_end)
        finally:
            os.close(write_end)
        self.assertEqual(done.code, 0, done.err)


class Place(ProgramTest):
    def test_options_stand_before_or_behind_the_command(self):
        self.init()
        for words in [("--repo", self.repo, "--key-file", self.key, "snapshots"),
                      ("snapshots", "--repo", self.repo, "--key-file", self.key),
                      ("--repo", self.repo, "snapshots", "--key-file", self.key, "-q"),
                      ("--repo", self.repo, "key", "--key-file", self.key, "list"),
                      ("key", "list", f"--repo={self.repo}", f"--key-file={self.key}", "-v")]:
            with self.subTest(words=words):
                self.expect(0, *words)

    def test_a_relative_place_counts_from_the_working_folder(self):
        self.init(repo="relative/repo")
        self.expect(0, "snapshots", "--repo", "./relative/../relative/repo", "--key-file", self.key)
        self.expect(0, "snapshots", "--repo", f"file://{self.folder}/relative/repo", "--key-file",
                    self.key)

    def test_a_source_may_bear_the_name_of_a_command_or_option(self):
        self.init()
        self.write("check", "x")
        self.write("--repo", "x")
        done = self.expect(0, "backup", "--repo", self.repo, "--key-file", self.key, "--json", "--",
                           "check", "--repo")
        self.assertEqual(done.lines()[-1]["files"], 2)

    def test_passphrases_come_from_every_place_they_may_come_from(self):
        self.expect(0, "init", "--repo", self.repo, "--holder", "Nguyen Van A", "--backup-key",
                    self.key, "--kdf-mib", "64", "--kdf-passes", "1", "-q",
                    env={"SAOLUU_PASSPHRASE": ADMIN, "SAOLUU_KEY_FILE": "ignored"})
        for env in [{"SAOLUU_PASSPHRASE": ADMIN}, {"SAOLUU_PASSPHRASE_FILE": self.passphrase},
                    {"SAOLUU_KEY_FILE": self.key}]:
            self.expect(0, "snapshots", env={"SAOLUU_REPO": self.repo, **env})
        windows = self.write("windows.txt", "\ufeff" + ADMIN + "\r\n")
        self.expect(0, "snapshots", "--repo", self.repo, "--passphrase-file", windows)


class Language(ProgramTest):
    VIETNAMESE = ("á", "à", "ả", "ã", "ạ", "ấ", "ề", "ệ", "ộ", "ợ", "ử", "ữ", "đ")

    def assert_vietnamese(self, text):
        self.assertTrue(any(letter in text for letter in self.VIETNAMESE), text)
        self.assertNotIn("{", text)

    def test_vietnamese_by_option_and_by_the_systems_language(self):
        for words, env in [(("--lang", "vi"), {}), (("--lang=vi",), {"LANG": "C"}),
                           ((), {"LANG": "vi_VN.UTF-8"}), ((), {"LANGUAGE": "vi"}),
                           (("--lang", "vi"), {"LC_ALL": "POSIX"})]:
            with self.subTest(words=words, env=env):
                self.assert_vietnamese(self.expect_any("snapshots", *words, env=env).err)
        for command in [(), ("init",), ("key", "issue"), ("backup",), ("restore",), ("check",)]:
            self.assert_vietnamese(self.expect(0, *command, "--help", "--lang", "vi").out)

    def expect_any(self, *words, env):
        done = self.run_program(*words, env=env)
        self.assertEqual(done.code, 2)
        return done

    def test_english_by_option_and_by_default(self):
        for words, env in [((), {}), ((), {"LANG": "C"}), (("--lang", "en"), {"LANGUAGE": "vi"}),
                           (("--lang", "en"), {"LANG": "vi_VN.UTF-8"})]:
            with self.subTest(words=words, env=env):
                self.assertIn("saoluu: error: which repository",
                              self.expect_any("snapshots", *words, env=env).err)

    def test_json_keeps_its_names_in_every_language(self):
        done = self.run_program("snapshots", "--json", "--lang", "vi")
        line = json.loads(done.out.splitlines()[-1])
        self.assertEqual((line["type"], line["kind"]), ("error", "usage"))
        self.assert_vietnamese(line["message"])


if __name__ == "__main__":
    unittest.main()
