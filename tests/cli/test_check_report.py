#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The page that a check leaves: for whom, where, and what the exit code is."""
import json
import os
import stat
import unittest

from program import HOLDER, ProgramTest


class Report(ProgramTest):
    """Two stores that are copies of each other, named in a config file."""

    def setUp(self):
        super().setUp()
        self.init()
        self.copy = self.folder / "copy"
        self.source = self.folder / "nguồn"
        self.source.mkdir()
        (self.source / "a.bin").write_bytes(os.urandom(600_000))
        self.expect(0, "backup", self.source, "--job", "tailieu", "--repo", self.repo,
                    "--key-file", self.key, "-q")
        self.expect(0, "mirror", self.repo, self.copy)
        self.config = self.write("saoluu.toml", f'[[store]]\nname = "nas"\nurl = "{self.repo}"\n'
                                 f'[[store]]\nname = "disk"\nurl = "{self.copy}"\n')
        self.admin = ("--config", self.config, "--passphrase-file", self.passphrase)
        self.reports = self.folder / "báo cáo"
        self.reports.mkdir()

    def page(self):
        """The newest page of the folder, and its JSON."""
        text = max(self.reports.glob("*.txt"), key=lambda p: p.stat().st_mtime_ns)
        return text.read_text(), json.loads(text.with_suffix(".json").read_text())

    def check(self, code, *words):
        return self.expect(code, "check", "--report", self.reports, *words)

    def test_the_monthly_check_leaves_a_page_of_all_stores(self):
        done = self.check(0, "--read-data", *self.admin)
        self.assertIn("The report is in", done.out)
        [text] = self.reports.glob("*.txt")
        self.assertRegex(text.name, r"^saoluu-check-\d{4}-\d\d-\d\d\.txt$")
        self.assertEqual(stat.S_IMODE(text.stat().st_mode), 0o600)
        text, facts = self.page()
        self.assertTrue(text.startswith("PASSED: "))
        self.assertIn(f"{HOLDER} (key of the role admin)", text)
        self.assertIn("tailieu", text)
        self.assertEqual((facts["verdict"], facts["counts"]), ("sound", True))
        self.assertEqual([s["store"] for s in facts["stores"]], ["nas", "disk"])
        self.assertEqual(facts["stores"][0]["checked"]["jobs"][0]["job"], "tailieu")
        self.assertGreater(facts["stores"][1]["checked"]["chunks"], 0)
        # A second one of the day has a name of its own.
        self.check(0, "--read-data", *self.admin)
        self.assertEqual(len(list(self.reports.iterdir())), 4)

    def test_damage_and_a_store_that_is_away_stand_on_the_page(self):
        pack = max((p for p in (self.repo / "packs").rglob("*") if p.is_file()),
                   key=lambda p: p.stat().st_size)
        data = bytearray(pack.read_bytes())
        data[5000] ^= 1
        os.chmod(pack, 0o600)
        pack.write_bytes(data)
        self.copy.rename(self.folder / "elsewhere")
        self.check(13, "--read-data", *self.admin)
        text, facts = self.page()
        self.assertTrue(text.startswith("FAILED: damage was found."))
        self.assertIn("a.bin", text)
        self.assertIn("saoluu heal", text)
        self.assertIn("It was not checked:", text)
        self.assertEqual((facts["verdict"], facts["counts"]), ("damaged", False))
        self.assertIsNone(facts["stores"][1]["checked"])
        self.assertEqual(facts["stores"][0]["checked"]["bad_pack_ids"], [pack.name])
        # One store alone, and away: a page all the same.
        self.check(10, "--read-data", "--repo", "disk", *self.admin)
        text, facts = self.page()
        self.assertTrue(text.startswith("NOT COMPLETE"))
        self.assertIn("not known: no store could be opened", text)

    def test_a_store_that_is_too_damaged_to_be_opened_is_no_sound_one(self):
        for path in [*self.repo.glob("format*"), *(self.repo / "roster").iterdir()]:
            os.chmod(path, 0o600)
            path.write_bytes(b"rubbish")
        self.check(13, "--read-data", *self.admin)
        text, facts = self.page()
        self.assertTrue(text.startswith("FAILED: damage was found."), text)
        self.assertEqual((facts["verdict"], facts["counts"]), ("damaged", False))
        self.assertEqual(facts["stores"][0]["failure_kind"], "corrupt")
        self.assertIn("nas: what it needs to be opened is damaged", text)

    def test_a_backup_keys_page_says_that_it_does_not_count(self):
        use = ("--config", self.config, "--key-file", self.key)
        self.check(0, *use)
        text, facts = self.page()
        self.assertIn("This does NOT count as the monthly check:", text.splitlines()[1])
        self.assertFalse(facts["counts"])
        self.assertEqual(facts["stores"][0]["role"], "backup")
        # Its last full check is still none.
        line = self.expect(0, "check", "--repo", "nas", "--json", *use).lines()[-1]
        self.assertIsNone(line["last_full_check"])
        self.check(12, "--read-data", *use)
        self.assertIn("NOT COMPLETE", self.page()[0])

    def test_nothing_is_overwritten_and_nothing_checked_for_no_report(self):
        kept = self.write("kept.txt", "mine")
        done = self.expect(1, "check", "--report", kept, *self.admin)
        self.assertIn("overwrites nothing", done.err)
        self.assertEqual(done.out, "")
        self.assertEqual(kept.read_text(), "mine")
        self.expect(1, "check", "--report", self.folder / "none/x.txt", *self.admin)
        self.expect(2, "check", "--rotate", "--report", self.reports, *self.admin)
        done = self.expect(0, "check", "--report", self.folder / "x.txt", "--json", *self.admin)
        self.assertEqual(done.lines()[-1]["type"], "report")
        self.assertTrue((self.folder / "x.json").is_file())


if __name__ == "__main__":
    unittest.main()
