#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs of the config file: run and listed by hand; the file checked and shown."""
import unittest

from program import CHEAP, HOLDER, ProgramTest


class Jobs(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = self.write("nguồn/a.txt", "một").parent
        self.write("nguồn/b.tmp", "rác")
        self.copy = self.folder / "copy"
        self.config = self.write("saoluu.toml", f"""
key_file = "backup.key"

[[store]]
name = "nas"
url = "{self.repo}"

[[store]]
name = "disk"
url = "{self.copy}"

[[job]]
name = "vanphong"
sources = ["nguồn"]
stores = ["nas", "disk"]
exclude = ["*.tmp"]
""")
        self.use = ("--config", self.config)

    def make(self):
        self.expect(0, "init", *self.use, "--repo", "nas", "--holder", HOLDER, "--backup-key",
                    self.key, "--passphrase-file", self.passphrase, *CHEAP)
        self.expect(0, "mirror", *self.use, "nas", "disk")

    def snapshots(self, repo):
        lines = self.expect(0, "snapshots", "--json", "--repo", repo, "--key-file", self.key).lines()
        return [line for line in lines if line["type"] == "snapshot"]

    def test_a_job_goes_to_all_its_stores_by_the_key_of_the_file(self):
        self.make()
        done = self.expect(0, "job", "run", "vanphong", "--json", *self.use).lines()[-1]
        self.assertEqual(done["files"], 1)
        self.assertEqual(done["excluded"], 1)
        self.assertEqual(done["late"], [])
        for repo in (self.repo, self.copy):
            self.assertEqual([s["id"] for s in self.snapshots(repo)], [done["snapshot"]])
            target = self.folder / "out" / repo.name
            self.expect(0, "restore", f"latest:{self.source}", "--repo", repo, "--passphrase-file",
                        self.passphrase, "--target", target)
            self.assertEqual([p.name for p in target.iterdir()], ["a.txt"])
        # It is found by the job's name.
        self.expect(0, "ls", "latest:vanphong", "--repo", self.repo, "--passphrase-file",
                    self.passphrase)

    def test_a_store_that_is_away_is_left_behind(self):
        self.make()
        self.copy.rename(self.folder / "away")
        done = self.expect(3, "job", "run", "vanphong", "--json", *self.use).lines()[-1]
        self.assertEqual([late["location"] for late in done["late"]], ["disk"])
        self.assertEqual(len(self.snapshots(self.repo)), 1)

    def test_a_dry_run_stores_nothing_and_another_key_can_be_named(self):
        self.make()
        self.expect(0, "job", "run", "vanphong", "--dry-run", *self.use)
        self.assertEqual(self.snapshots(self.repo), [])
        other = self.key.rename(self.folder / "other.key")
        self.key = other
        self.expect(1, "job", "run", "vanphong", *self.use)
        self.expect(0, "job", "run", "vanphong", "--key-file", other, *self.use)
        self.expect(0, "job", "run", "vanphong", *self.use, env={"SAOLUU_KEY_FILE": other})

    def test_what_makes_no_sense_is_told(self):
        done = self.expect(2, "job", "run", "van-phong", *self.use)
        self.assertIn("is vanphong meant?", done.err)
        done = self.expect(2, "job", "run", "vanphong", "--repo", self.repo, *self.use)
        self.assertIn("own stores", done.err)
        self.expect(2, "job", "run", *self.use)
        self.expect(1, "job", "run", "vanphong", "--config", self.folder / "none.toml")

    def test_jobs_are_listed(self):
        lines = self.expect(0, "job", "list", "--json", *self.use).lines()
        self.assertEqual(lines[0], {"type": "job", "name": "vanphong",
                                    "sources": [str(self.source)], "stores": ["nas", "disk"]})
        self.assertEqual(lines[1]["jobs"], 1)
        self.assertIn("vanphong", self.expect(0, "job", "list", *self.use).out)

    def test_the_file_is_checked_and_nothing_else(self):
        # Neither the stores nor the sources nor the key are there.
        done = self.expect(0, "config", "check", *self.use)
        self.assertIn("2 stores, 1 job", done.out)
        self.config.write_text(self.config.read_text() + "exclud = 1\n")
        done = self.expect(2, "config", "check", *self.use)
        self.assertRegex(done.err, r"saoluu.toml:17: exclud: .* is exclude meant\?")

    def test_what_is_shown_can_be_read_again_and_has_no_secret(self):
        self.config.write_text(self.config.read_text() + """
[[store]]
name = "cloud"
url = "s3://bucket/x"
endpoint = "https://h"
access_key_id = "AKIA"
secret_access_key = "rat-bi-mat"
""")
        self.config.chmod(0o600)
        done = self.expect(0, "config", "show", *self.use)
        self.assertNotIn("rat-bi-mat", done.out + done.err)
        shown = self.write("shown.toml", done.out)
        shown.chmod(0o600)
        again = self.expect(0, "config", "show", "--config", shown)
        self.assertEqual(again.out.splitlines()[1:], done.out.splitlines()[1:])
        lines = self.expect(0, "config", "show", "--json", *self.use).lines()
        self.assertEqual([line["type"] for line in lines],
                         ["config", "store", "store", "store", "job", "check", "notify"])
        self.assertEqual(lines[3]["secret_access_key"], "…")
        self.assertEqual(lines[4]["sources"], [str(self.source)])


if __name__ == "__main__":
    unittest.main()
