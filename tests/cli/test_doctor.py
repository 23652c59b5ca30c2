#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What doctor says of a machine and its stores, and what it ends with."""
import os
import shutil
import unittest

from program import ProgramTest


class Doctor(ProgramTest):
    def setUp(self):
        super().setUp()
        self.config = self.write("saoluu.toml", f'[[store]]\nname = "nas"\nurl = "{self.repo}"\n')

    def verdicts(self, code, *words, env=None):
        done = self.run_program("doctor", "--json", "--config", self.config, *words, env=env)
        self.assertEqual(done.code, code, repr(done))
        *verdicts, summary = done.lines()
        self.assertEqual(summary["type"], "summary")
        self.assertEqual(summary["in_order"], code == 0)
        self.assertEqual(summary["faults"], sum(v["condition"] == "fault" for v in verdicts))
        for verdict in verdicts:
            if verdict["condition"] != "ok":
                self.assertTrue(verdict["next"], verdict)
        return verdicts

    def one(self, verdicts, code, subject=None):
        found = [v for v in verdicts if v["code"] == code and subject in (None, v["subject"])]
        self.assertEqual(len(found), 1, (code, verdicts))
        return found[0]

    def made(self):
        self.init()
        self.write("src/a.txt", "một")
        self.expect(0, "backup", "--repo", self.repo, "--key-file", self.key, self.folder / "src")

    def test_a_machine_in_order(self):
        self.made()
        before = self.listing(self.repo)
        verdicts = self.verdicts(0, "--key-file", self.key)
        for code, subject in [("config", str(self.config)), ("clock", ""), ("locale", ""),
                              ("key-mode", str(self.key)), ("reach", "nas"), ("write", "nas"),
                              ("exclusive-create", "nas"), ("key-role", "nas"),
                              ("last-snapshot", "nas"), ("free-space", "nas")]:
            self.assertEqual(self.one(verdicts, code, subject)["condition"], "ok", code)
        # Promise 1: where the store does not deny it, it is said.
        self.assertEqual(self.one(verdicts, "delete")["condition"], "warning")
        self.assertEqual(self.listing(self.repo), before)

    def test_text_says_each_fault_and_its_next_step(self):
        done = self.run_program("doctor", "--config", self.config)
        self.assertEqual(done.code, 1)
        self.assertIn("FAULT", done.out)
        self.assertIn("→", done.out)
        self.assertIn("Not in order", done.out)
        for line in done.out.splitlines():
            if str(self.folder) not in line:
                self.assertLess(len(line), 81)

    def test_no_probe_writes_nothing(self):
        self.made()
        for file in self.repo.rglob("*"):
            os.utime(file, (1, 1))
        os.utime(self.repo, (1, 1))
        verdicts = self.verdicts(0, "--no-probe", "--key-file", self.key)
        self.assertFalse([v for v in verdicts if v["code"] in ("write", "delete")])
        for path in (self.repo, self.repo / "packs", self.repo / "ledger"):
            self.assertEqual(path.stat().st_mtime, 1)
        self.assertFalse(list((self.repo / "tmp").glob("*")) if (self.repo / "tmp").exists() else [])

    def test_a_config_with_a_mistake_is_a_fault(self):
        self.config.write_text('[[store]]\nname = "nas"\n')
        verdict = self.one(self.verdicts(1), "config")
        self.assertEqual(verdict["condition"], "fault")
        self.assertIn("saoluu.toml:1", verdict["text"])

    def test_without_a_store_the_machine_alone_is_looked_at(self):
        done = self.run_program("doctor", "--json", env={"SAOLUU_CONFIG": "", "HOME": self.folder,
                                                         "XDG_CONFIG_HOME": self.folder / "none"},
                                user=65534 if os.geteuid() == 0 else None)
        self.assertIn(done.code, (0, 1), repr(done))
        self.assertTrue([v for v in done.lines() if v.get("code") == "clock"])

    def test_a_store_that_is_gone_is_a_fault_and_the_others_are_looked_at(self):
        self.made()
        self.config.write_text(f'[[store]]\nname = "gone"\nurl = "{self.folder}/gone"\n' +
                               self.config.read_text())
        verdicts = self.verdicts(1, "--key-file", self.key)
        self.assertEqual(self.one(verdicts, "reach", "gone")["condition"], "fault")
        self.assertEqual(self.one(verdicts, "reach", "nas")["condition"], "ok")

    def test_a_folder_that_is_no_repository_is_a_fault(self):
        self.repo.mkdir()
        self.assertEqual(self.one(self.verdicts(1), "reach")["condition"], "fault")

    def test_a_key_file_that_others_can_read_is_a_fault(self):
        self.made()
        os.chmod(self.key, 0o644)
        verdict = self.one(self.verdicts(1, "--key-file", self.key), "key-mode")
        self.assertEqual(verdict["condition"], "fault")
        self.assertIn("chmod 600", verdict["next"])

    def test_a_damaged_or_missing_key_file_is_a_fault(self):
        self.made()
        self.key.write_bytes(self.key.read_bytes()[:-3])
        self.assertEqual(self.one(self.verdicts(1, "--key-file", self.key), "key-file")["condition"],
                         "fault")
        self.key.unlink()
        self.assertEqual(self.one(self.verdicts(1, "--key-file", self.key), "key-file")["condition"],
                         "fault")

    def test_a_key_of_another_repository_is_a_fault(self):
        self.made()
        other = self.folder / "other.key"
        self.init(repo=self.folder / "other", key=other)
        self.assertEqual(self.one(self.verdicts(1, "--key-file", other), "key", "nas")["condition"],
                         "fault")

    def name_jobs(self, key="backup.key", source="src", more=""):
        self.config.write_text(f"""
key_file = "{key}"
[[store]]
name = "nas"
url = "{self.repo}"
[[job]]
name = "vanphong"
sources = ["{source}"]
stores = ["nas"]
{more}
""")

    def test_the_key_of_the_config_file_is_looked_at(self):
        self.made()
        self.name_jobs()
        verdicts = self.verdicts(0)
        for code, subject in [("key-mode", str(self.key)), ("key-role", "nas"),
                              ("last-snapshot", "nas"), ("source", "vanphong")]:
            self.assertEqual(self.one(verdicts, code, subject)["condition"], "ok", code)
        self.one(self.verdicts(0, "--repo", "nas"), "key-role", "nas")
        # A place that is named by its path may be another's.
        self.assertEqual(self.one(self.verdicts(0, "--repo", self.repo), "key")["condition"],
                         "warning")
        self.name_jobs(key="backup.kye")
        verdict = self.one(self.verdicts(1), "key-file")
        self.assertEqual((verdict["condition"], verdict["subject"]),
                         ("fault", str(self.folder / "backup.kye")))
        self.name_jobs(more='schedule = "daily"')
        self.config.write_text(self.config.read_text().replace("key_file", "#"))
        self.assertEqual(self.one(self.verdicts(1), "key-named")["condition"], "fault")

    def test_what_the_jobs_name_is_looked_at(self):
        self.made()
        self.name_jobs(source="none", more='exclude_files = ["list.txt"]\nschedule = "2020-01-01"')
        verdicts = self.verdicts(1)
        for code, condition, said in [("source", "warning", "none"), ("schedule", "warning", "over"),
                                      ("exclude-file", "fault", "list.txt")]:
            verdict = self.one(verdicts, code, "vanphong")
            self.assertEqual(verdict["condition"], condition)
            self.assertIn(said, verdict["text"])

    @unittest.skipUnless(os.geteuid() == 0, "takes root")
    def test_roots_key_is_right_for_the_service_too(self):
        self.made()
        for path in [self.folder, *self.folder.rglob("*")]:
            if path != self.key:
                os.chown(path, 65534, 65534)
        done = self.run_program("doctor", "--json", "--config", self.config, "--key-file", self.key,
                                user=65534)
        self.assertEqual([v["condition"] for v in done.lines() if v.get("code") == "key-owner"], [])

    def test_a_key_file_that_can_read_is_a_warning(self):
        self.made()
        reader = self.folder / "reader.key"
        self.expect(0, "key", "issue", "--repo", self.repo, "--passphrase-file", self.passphrase,
                    "--role", "restore", "--holder", "Trần Thị Bình", "--new-key-file", reader)
        verdict = self.one(self.verdicts(0, "--key-file", reader), "key-role")
        self.assertEqual(verdict["condition"], "warning")

    def test_a_state_folder_that_all_can_change_is_a_fault(self):
        self.made()
        os.chmod(self.folder / "state", 0o777)
        verdict = self.one(self.verdicts(1, "--key-file", self.key), "folder-mode")
        self.assertIn("chmod 700", verdict["next"])

    def test_no_backup_yet_is_a_warning(self):
        self.init()
        self.assertEqual(self.one(self.verdicts(0, "--key-file", self.key),
                                  "last-snapshot")["condition"], "warning")

    def test_without_a_key_the_store_is_looked_at_from_outside(self):
        self.made()
        verdicts = self.verdicts(0)
        self.assertEqual(self.one(verdicts, "reach")["condition"], "ok")
        self.assertEqual(self.one(verdicts, "key")["condition"], "warning")

    def test_a_format_that_lost_a_copy_is_a_fault(self):
        self.made()
        (self.repo / "format.2").unlink(missing_ok=True)
        shutil.copy(self.repo / "place", self.repo / "format.2")
        os.chmod(self.repo / "format", 0o600)
        (self.repo / "format").write_bytes(b"x")
        self.assertEqual(self.one(self.verdicts(1, "--key-file", self.key), "reach")["condition"],
                         "fault")


if __name__ == "__main__":
    unittest.main()
