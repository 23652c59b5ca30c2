#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs of the config file: run and listed by hand; the file checked and shown."""
import signal
import subprocess
import time
import unittest

from program import CHEAP, HOLDER, PROGRAM, TIMEOUT, ProgramTest


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

    def test_how_full_a_disk_is_is_told_however_its_store_is_written(self):
        self.make()
        self.config.write_text(self.config.read_text()
                               .replace(f'"{self.repo}"', f'"file://{self.repo}/"')
                               .replace(f'"{self.copy}"', f'"{self.copy}//"'))
        done = self.expect(0, "job", "run", "vanphong", "--json", *self.use).lines()[-1]
        self.assertEqual([one["store"] for one in done["space"]], ["nas", "disk"])
        self.assertGreater(done["space"][0]["total_bytes"], done["space"][0]["free_bytes"])
        checked = self.expect(0, "check", "--repo", "nas", "--json", *self.use, "--key-file",
                              self.key).lines()[-1]
        self.assertEqual([one["store"] for one in checked["space"]], ["nas"])

    def test_a_dry_run_stores_nothing_and_another_key_can_be_named(self):
        self.make()
        self.expect(0, "job", "run", "vanphong", "--dry-run", *self.use)
        self.assertEqual(self.snapshots(self.repo), [])
        other = self.key.rename(self.folder / "other.key")
        self.key = other
        self.expect(1, "job", "run", "vanphong", *self.use)
        self.expect(0, "job", "run", "vanphong", "--key-file", other, *self.use)
        self.expect(0, "job", "run", "vanphong", *self.use, env={"SAOLUU_KEY_FILE": other})

    def test_a_computers_key_that_can_read_is_told_of(self):
        self.make()
        quiet = self.expect(0, "job", "run", "vanphong", "--bare", "--json", *self.use)
        self.assertEqual(quiet.err, "")
        self.key.unlink()
        self.expect(0, "key", "issue", *self.use, "--repo", "nas", "--passphrase-file",
                    self.passphrase, "--role", "restore", "--holder", "Trần Thị Bình",
                    "--new-key-file", self.key)
        self.expect(0, "mirror", *self.use, "nas", "disk")
        # As the daemon runs it: what it says there stands in the journal.
        done = self.expect(0, "job", "run", "vanphong", "--bare", "--json", "--quiet", "--key-file",
                           self.key, *self.use)
        self.assertIn("backup.key: this key can read all backups", done.err)

    def test_what_makes_no_sense_is_told(self):
        done = self.expect(2, "job", "run", "van-phong", *self.use)
        self.assertIn("is vanphong meant?", done.err)
        done = self.expect(2, "job", "run", "vanphong", "--repo", self.repo, *self.use)
        self.assertIn("own stores", done.err)
        self.expect(2, "job", "run", *self.use)
        self.expect(1, "job", "run", "vanphong", "--config", self.folder / "none.toml")

    def test_jobs_are_listed(self):
        lines = self.expect(0, "job", "list", "--json", *self.use).lines()
        self.assertEqual({key: lines[0][key] for key in ("type", "name", "sources", "stores",
                                                         "last_outcome", "last_success", "next")},
                         {"type": "job", "name": "vanphong", "sources": [str(self.source)],
                          "stores": ["nas", "disk"], "last_outcome": "none",
                          "last_success": None, "next": None})
        self.assertEqual(lines[1]["jobs"], 1)
        self.assertIn("vanphong", self.expect(0, "job", "list", *self.use).out)

    def test_a_schedule_that_is_over_is_told_of(self):
        self.assertIn("by hand", self.expect(0, "job", "list", *self.use).out)
        self.assertEqual(self.expect(0, "config", "check", *self.use).err, "")
        self.config.write_text(self.config.read_text() + 'schedule = "2020-01-01 11:00"\n'
                               '[check]\nschedule = ["2020-01-01", "2021-01-01"]\n'
                               '[notify]\ndigest = ["2020-01-01", "daily"]\n')
        listed = self.expect(0, "job", "list", *self.use).out
        self.assertRegex(listed, r" over\b")
        self.assertNotIn("by hand", listed)
        done = self.expect(0, "config", "check", *self.use)
        self.assertIn("job vanphong: its schedule is over", done.err)
        self.assertIn("[check]: its schedule is over", done.err)
        self.assertNotIn("digest", done.err)
        [summary] = self.expect(0, "config", "check", "--json", *self.use).lines()
        self.assertEqual(len(summary["warnings"]), 2)

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

    def test_a_command_of_a_job_is_a_source_and_one_that_fails_makes_no_snapshot(self):
        self.make()
        before = self.config.read_text()
        self.config.write_text(before + """
command = ["sh", "-c", "echo rows; echo noted >&2; exit ${FAIL:-0}"]
command_name = "vanphong.dump"
before = ["true"]
hook_timeout = "5m"
suspect_loss = "70%"
""")
        done = self.expect(0, "job", "run", "vanphong", "--json", *self.use)
        self.assertEqual(done.lines()[-1]["files"], 2)
        for repo in (self.repo, self.copy):
            target = self.folder / "dump" / repo.name
            self.expect(0, "restore", "latest:/vanphong.dump", "--repo", repo, "--passphrase-file",
                        self.passphrase, "--target", target)
            self.assertEqual((target / "vanphong.dump").read_text(), "rows\n")
        done = self.expect(1, "job", "run", "vanphong", *self.use, env={"FAIL": 7})
        self.assertRegex(done.err, "sh: .*status 7.*noted")
        steps = [line["step"] for line in
                 self.expect(1, "job", "run", "vanphong", "--json", *self.use,
                             env={"FAIL": 7}).lines() if line["type"] == "failed_step"]
        self.assertEqual(steps, ["command"])
        self.assertEqual(len(self.snapshots(self.repo)), 1)
        self.expect(0, "job", "run", "vanphong", "--dry-run", *self.use, env={"FAIL": 7})
        listed = self.expect(0, "job", "list", "--json", *self.use).lines()[0]
        self.assertEqual(listed["sources"], [str(self.source), "/vanphong.dump"])
        shown = self.expect(0, "config", "show", *self.use)
        again = self.write("shown.toml", shown.out)
        self.assertEqual(self.expect(0, "config", "show", "--config", again).out.splitlines()[1:],
                         shown.out.splitlines()[1:])
        for key in ("command", "command_name", "before", "hook_timeout", "suspect_loss"):
            self.assertIn(f"\n{key} = ", shown.out)
        # Its name is the job's unless told; it needs no other source.
        self.config.write_text(before.replace('sources = ["nguồn"]', 'command = ["echo", "x"]')
                               .replace('exclude = ["*.tmp"]', ''))
        self.expect(0, "job", "run", "vanphong", *self.use)
        self.expect(0, "ls", "latest:vanphong:/vanphong", "--repo", self.repo, "--passphrase-file",
                    self.passphrase)

    def test_programs_run_around_a_backup_and_one_before_it_may_keep_it_from_being_made(self):
        self.make()
        before = self.config.read_text()
        facts = 'echo $SAOLUU_HOOK $SAOLUU_JOB $SAOLUU_STORES $SAOLUU_OUTCOME ${SAOLUU_SNAPSHOT:+s} '
        log = self.folder / "log"
        self.config.write_text(before + f"""
before = ["sh", "-c", "{facts} >> {log}; exit ${{BEFORE:-0}}"]
after = ["sh", "-c", "{facts} >> {log}; exit ${{AFTER:-0}}"]
on_failure = ["sh", "-c", "{facts} >> {log}; echo $SAOLUU_ERROR >> {log}"]
hook_timeout = "10s"
""")
        self.expect(0, "job", "run", "vanphong", *self.use)
        self.assertEqual(log.read_text(), "before vanphong nas disk\n"
                                          "after vanphong nas disk done s\n")
        log.unlink()
        done = self.expect(1, "job", "run", "vanphong", *self.use, env={"BEFORE": 4})
        self.assertIn('its program for "before" failed', done.err)
        self.assertRegex(log.read_text(), "^before vanphong nas disk\non_failure vanphong nas disk "
                                          "failed\njob vanphong: .*status 4")
        self.assertEqual(len(self.snapshots(self.repo)), 1)
        log.unlink()
        done = self.expect(3, "job", "run", "vanphong", *self.use, env={"AFTER": 5})
        self.assertIn('its program for "after" failed', done.err)
        self.assertEqual(len(self.snapshots(self.repo)), 2)
        self.assertNotIn("on_failure", log.read_text())
        # One that is stopped in it has not failed, and nobody is told that it did.
        log.unlink()
        self.config.write_text(before + f"""
after = ["sh", "-c", "{facts} >> {log}; exec sleep 60"]
on_failure = ["sh", "-c", "{facts} >> {log}"]
""")
        with subprocess.Popen([PROGRAM, "job", "run", "vanphong", *map(str, self.use)],
                              cwd=self.folder, env=self.environment(None),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            until = time.monotonic() + TIMEOUT
            while not (log.exists() and log.read_text()) and time.monotonic() < until:
                time.sleep(0.05)
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(TIMEOUT), 130)
        self.assertEqual(log.read_text(), "after vanphong nas disk done s\n")
        # Nothing that opens the repository is handed to them.
        self.config.write_text(before + f"""
before = ["sh", "-c", "env > {log}"]
""")
        self.expect(0, "job", "run", "vanphong", *self.use, env={"SAOLUU_KEY_FILE": self.key,
                                                                "AWS_SECRET_ACCESS_KEY": "bi-mat"})
        self.assertNotIn("bi-mat", log.read_text())


if __name__ == "__main__":
    unittest.main()
