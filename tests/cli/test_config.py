#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stores by the names that a config file gives them, limits, and --repo more than once."""
import os
import time
import unittest

from program import CHEAP, HOLDER, ProgramTest


class Names(ProgramTest):
    def setUp(self):
        super().setUp()
        self.config = self.write("saoluu.toml", f'[[store]]\nname = "nas"\nurl = "{self.repo}"\n')
        self.source = self.write("src/a.txt", "một")

    def made(self):
        self.expect(0, "init", "--config", self.config, "--repo", "nas", "--holder", HOLDER,
                    "--backup-key", self.key, "--passphrase-file", self.passphrase, *CHEAP)

    def test_a_name_stands_for_the_place_in_every_way_to_say_it(self):
        self.made()
        self.assertTrue((self.repo / "format").is_file())
        self.expect(0, "backup", "--config", self.config, "--repo", "nas", "--key-file", self.key,
                    self.source.parent)
        for words, env in [(("--config", self.config, "--repo", "nas"), {}),
                           (("--repo", "nas"), {"SAOLUU_CONFIG": self.config}),
                           (("--config", self.config), {"SAOLUU_REPO": "nas"}),
                           (("--repo", self.repo), {"SAOLUU_REPO": "elsewhere"}),
                           (("--repo", "./repo"), {})]:
            with self.subTest(words=words, env=env):
                done = self.expect(0, "snapshots", "--json", *words, "--key-file", self.key, env=env)
                self.assertEqual(done.lines()[-1]["type"], "summary")

    def test_a_mirror_takes_names_too(self):
        self.config.write_text(self.config.read_text() +
                               f'[[store]]\nname = "disk"\nurl = "{self.folder}/copy"\n')
        self.made()
        self.expect(0, "mirror", "--config", self.config, "nas", "disk")
        self.assertTrue((self.folder / "copy/format").is_file())

    def test_an_unknown_name_is_no_folder_by_mistake(self):
        done = self.expect(2, "init", "--config", self.config, "--repo", "nsa", "--holder", HOLDER,
                           "--backup-key", self.key, "--passphrase-file", self.passphrase, *CHEAP)
        self.assertIn("is nas meant?", done.err)
        self.assertIn("./nsa", done.err)
        self.assertFalse((self.folder / "nsa").exists())
        done = self.expect(2, "snapshots", "--config", self.folder / "none.toml", "--repo", "nas")
        self.assertIn("none.toml", done.err)
        self.assertIn("./nas", done.err)

    def test_a_mistake_in_the_file_is_told_and_keeps_no_one_from_a_location(self):
        self.made()
        self.config.write_text(self.config.read_text() + "limit_uplod = 1\n")
        done = self.expect(2, "snapshots", "--config", self.config, "--repo", "nas",
                           "--key-file", self.key)
        self.assertIn("saoluu.toml:4: limit_uplod", done.err)
        self.expect(0, "snapshots", "--config", self.config, "--repo", self.repo,
                    "--key-file", self.key)

    def test_a_secret_that_others_can_read_is_refused_and_not_said(self):
        self.write("saoluu.toml", '[[store]]\nname = "cloud"\nurl = "s3://bucket"\n'
                                  'endpoint = "https://localhost:1"\n'
                                  'access_key_id = "A"\nsecret_access_key = "hunter2"\n')
        os.chmod(self.config, 0o644)
        done = self.expect(14, "snapshots", "--config", self.config, "--repo", "cloud",
                           "--key-file", self.key)
        self.assertIn("chmod 600", done.err)
        self.assertNotIn("hunter2", done.err)

    def test_an_outage_is_told_once_and_ends_in_time(self):
        self.made()
        self.write("saoluu.toml", '[[store]]\nname = "cloud"\nurl = "s3://bucket"\n'
                                  'endpoint = "http://127.0.0.1:1"\npatience = "2s"\n'
                                  'access_key_id = "A"\nsecret_access_key = "hunter2"\n')
        os.chmod(self.config, 0o600)
        words = ("snapshots", "--config", self.config, "--repo", "cloud", "--key-file", self.key)
        done = self.run_program(*words)
        self.assertEqual(done.code, 1, repr(done))
        self.assertEqual(done.err.count("is tried again for up to 2 seconds"), 1, done.err)
        done = self.run_program("--quiet", *words)
        self.assertNotIn("is tried again", done.err)

    def test_only_a_backup_goes_to_several_places(self):
        self.made()
        for command in [("snapshots",), ("check",), ("restore", "latest", "--target", "t"),
                        ("key", "list")]:
            with self.subTest(command=command):
                self.expect(2, *command, "--repo", self.repo, "--repo", self.folder / "b",
                            "--key-file", self.key)

    def test_a_limit_is_a_size(self):
        self.made()
        for bad in ["0", "fast", "-1", ""]:
            with self.subTest(bad=bad):
                self.expect(2, "snapshots", "--repo", self.repo, "--key-file", self.key,
                            f"--limit-download={bad}")
        self.expect(0, "snapshots", "--repo", self.repo, "--key-file", self.key,
                    "--limit-download", "10M", "--limit-upload", "1M")

    def backup_seconds(self, windows, zone=None, limit="", words=()):
        """How long it takes to back up 600 KiB of noise into a store of these windows."""
        self.config.write_text(
            f'[[store]]\nname = "nas"\nurl = "{self.repo}"\n{limit}windows = [{windows}]\n')
        (self.folder / "src/a.txt").write_bytes(os.urandom(600 << 10))
        began = time.monotonic()
        self.expect(0, "backup", "--config", self.config, "--repo", "nas", "--key-file", self.key,
                    self.folder / "src", *words, env={"TZ": zone} if zone else {})
        return time.monotonic() - began

    def test_other_limits_hold_at_other_times(self):
        self.made()
        slow = '{ when = "00:00-24:00", limit_upload = "200k" }'
        free = '{ when = "00:00-24:00", limit_upload = "none" }'
        self.assertGreater(self.backup_seconds(slow), 2.5)
        self.assertGreater(self.backup_seconds(f"{slow}, {free}"), 2.5)  # the first one counts
        self.assertLess(self.backup_seconds(free, limit='limit_upload = "1k"\n'), 60)
        # What is said by hand holds whatever the time.
        self.assertLess(self.backup_seconds(slow.replace("200k", "1k"),
                                            words=("--limit-upload", "100M")), 60)

    def test_a_limit_that_ends_meanwhile_lets_the_rest_go(self):
        self.made()
        now = time.time()
        # A zone in which it is three seconds to noon: UTC and as much as is lacking.
        lack = int((12 * 3600 - 3) - now % 86400) % 86400
        zone = f"XXX-{lack // 3600}:{lack // 60 % 60:02}:{lack % 60:02}"
        took = self.backup_seconds('{ when = "08:00-12:00", limit_upload = "1k" }', zone)
        self.assertGreater(took, 1)  # at this rate it would take ten minutes
        self.assertLess(took, 60)

    def test_windows_are_shown_as_they_are_written(self):
        windows = ('{ when = "Mon..Fri 07:30-17:00", limit_upload = 512000, '
                   'limit_download = "none" }')
        self.config.write_text(self.config.read_text() + f"windows = [{windows}]\n")
        done = self.expect(0, "config", "show", "--config", self.config)
        self.assertIn(f"windows = [{windows}]\n", done.out)
        shown = self.write("shown.toml", done.out)
        again = self.expect(0, "config", "show", "--config", shown)
        self.assertEqual(done.out.splitlines()[1:], again.out.splitlines()[1:])
        store = self.expect(0, "config", "show", "--json", "--config", self.config).lines()[1]
        self.assertEqual(store["windows"], [{"when": "Mon..Fri 07:30-17:00",
                                             "limit_upload": 512000, "limit_download": "none"}])


if __name__ == "__main__":
    unittest.main()
