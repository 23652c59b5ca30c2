#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""saoluu setup with a store behind a network: a real SFTP or S3 service, by options and asked."""
import os
import shutil
import unittest
import uuid

import program
from program import ADMIN, CHEAP, HOLDER, ProgramTest, Terminal

SECRET = os.environ.get("SAOLUU_TEST_S3_SECRET_KEY", "")
SFTP = os.environ.get("SAOLUU_TEST_SFTP_HOST", "")
if SECRET:
    program.SECRETS.append(SECRET)


class PlaceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "etc/saoluu.toml"
        self.source = self.write("Tài liệu/a.txt", "một").parent

    def environment(self, extra):
        env = super().environment(extra)
        for name in [n for n in env if n.startswith("AWS_") and n not in (extra or {})]:
            del env[name]
        return env

    def words(self, *more):
        return ["setup", "--yes", *CHEAP, "--config", self.config, "--source", self.source,
                "--holder", HOLDER, "--passphrase-file", self.passphrase, *more]

    def assert_whole(self, store):
        key = self.folder / "etc/backup.key"
        self.expect(0, "check", "--config", self.config, "--repo", store, "--key-file", key)
        self.expect(0, "restore", "latest", "--config", self.config, "--repo", store,
                    "--passphrase-file", self.passphrase, "--target", self.folder / "back")
        self.assertEqual((self.folder / "back" / str(self.source)[1:] / "a.txt").read_text(), "một")
        self.expect(0, "job", "run", "tailieu", "--config", self.config)

    def assert_nothing_made(self):
        self.assertFalse((self.folder / "etc").exists())


@unittest.skipUnless(SFTP, "runs with a service: tests/support/services/with.sh sftp ...")
class OnSftp(PlaceTest):
    def setUp(self):
        super().setUp()
        env = os.environ
        self.key = env["SAOLUU_TEST_SFTP_KEY"]
        self.host_key = env["SAOLUU_TEST_SFTP_HOST_KEY"]
        self.url = (f"sftp://{env['SAOLUU_TEST_SFTP_USER']}@{SFTP}:{env['SAOLUU_TEST_SFTP_PORT']}"
                    f"{env['SAOLUU_TEST_SFTP_PATH']}/{uuid.uuid4().hex}")

    def test_by_options(self):
        self.expect(0, *self.words("--store", self.url, "--ssh-key", self.key, "--host-key",
                                   self.host_key))
        self.assert_whole("sftp")

    def test_a_server_with_another_key_is_refused_and_nothing_is_made(self):
        other = self.host_key[:-8] + "AAAAAAAA"
        done = self.run_program(*self.words("--store", self.url, "--ssh-key", self.key,
                                            "--host-key", other))
        self.assertNotEqual(done.code, 0)
        self.assert_nothing_made()

    def test_asked_and_a_wrong_key_is_asked_for_again(self):
        terminal = Terminal(self, "setup", *CHEAP, "--config", self.config, "--source",
                            self.source, "--holder", HOLDER, "--unit", "Tổ 1", "--no-mail",
                            "--schedule", "daily", "--passphrase-file", self.passphrase)
        stranger = self.write("stranger", "no key\n")
        stranger.chmod(0o600)
        for key in (stranger, self.key):
            for question, answer in [("Place: ", self.url), ("Private ssh key", key),
                                     ("server's key", self.host_key)]:
                terminal.expect(question)
                terminal.type(f"{answer}\n", wait_hidden=False)
        terminal.expect("can be made")
        terminal.expect("Set this up now?")
        terminal.type("y\n", wait_hidden=False)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assert_whole("sftp")


@unittest.skipUnless(SECRET, "runs with a service: tests/support/services/with.sh rgw ...")
class OnS3(PlaceTest):
    def setUp(self):
        super().setUp()
        env = os.environ
        self.ca = self.folder / "ca.pem"
        shutil.copy(env["SAOLUU_TEST_S3_CA"], self.ca)
        self.access = env["SAOLUU_TEST_S3_ACCESS_KEY"]
        self.endpoint, self.region = env["SAOLUU_TEST_S3_TLS_ENDPOINT"], env["SAOLUU_TEST_S3_REGION"]
        self.url = f"s3://{env['SAOLUU_TEST_S3_BUCKET']}/{uuid.uuid4().hex}"

    def test_by_options(self):
        key = self.write("s3-key", f"aws_access_key_id = {self.access}\n"
                                   f"aws_secret_access_key = {SECRET}\n")
        key.chmod(0o600)
        self.expect(0, *self.words("--store", self.url, "--endpoint", self.endpoint, "--region",
                                   self.region, "--ca", self.ca, "--credentials", key))
        self.assert_whole("cloud")

    def test_what_the_environment_says_is_written_down_for_the_service(self):
        env = {"AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": SECRET,
               "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": self.region,
               "AWS_CA_BUNDLE": self.ca}
        words = self.words("--store", self.url)
        done = self.expect(2, *words, env={**env, "AWS_SESSION_TOKEN": "tam"})
        self.assertIn("AWS_SESSION_TOKEN", done.err)
        self.assert_nothing_made()
        self.expect(0, *words, env=env)
        self.assertNotIn(SECRET, self.config.read_text())
        self.assert_whole("cloud")
        # Begun anew with another key, the old one is in the way.
        self.config.unlink()
        done = self.run_program(*words, env={**env, "AWS_ACCESS_KEY_ID": "other"})
        self.assertNotEqual(done.code, 0)

    def test_a_wrong_access_key_is_told_and_nothing_is_made(self):
        key = self.write("s3-key", f"aws_access_key_id = {self.access}\n"
                                   "aws_secret_access_key = wrong\n")
        key.chmod(0o600)
        done = self.run_program(*self.words("--store", self.url, "--endpoint", self.endpoint,
                                            "--region", self.region, "--ca", self.ca,
                                            "--credentials", key))
        self.assertNotEqual(done.code, 0)
        self.assert_nothing_made()

    def test_asked_and_the_secret_goes_to_a_file_of_its_own(self):
        terminal = Terminal(self, "setup", *CHEAP, "--config", self.config, "--source",
                            self.source, "--holder", HOLDER, "--unit", "Tổ 1", "--no-mail",
                            "--schedule", "daily", "--passphrase-file", self.passphrase, "--ca",
                            self.ca)
        for question, answer in [("Place: ", self.url), ("Address of the service", self.endpoint),
                                 ("Region", self.region), ("Access key id", self.access)]:
            terminal.expect(question)
            terminal.type(f"{answer}\n", wait_hidden=False)
        terminal.expect("Secret access key")
        terminal.type(SECRET + "\n")
        terminal.expect("can be made")
        terminal.expect("Set this up now?")
        self.assert_nothing_made()
        terminal.type("y\n", wait_hidden=False)
        self.assertEqual(terminal.wait(), 0, terminal.seen)
        self.assertNotIn(SECRET, terminal.seen)
        self.assertNotIn(SECRET, self.config.read_text())
        kept = self.folder / "etc/s3.key"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        self.assertIn(SECRET, kept.read_text())
        self.assert_whole("cloud")


if __name__ == "__main__":
    os.environ.pop("SAOLUU_PASSPHRASE", None)
    unittest.main()
