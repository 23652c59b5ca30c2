#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program over a config file of a real S3 service, and what doctor says of its buckets."""
import os
import re
import shutil
import unittest
import uuid

import program
from program import CHEAP, HOLDER, ProgramTest

SECRET = os.environ.get("SAOLUU_TEST_S3_SECRET_KEY", "")
if SECRET:
    program.SECRETS.append(SECRET)


@unittest.skipUnless(SECRET, "runs with a service: tests/support/services/with.sh rgw ...")
class DoctorOfS3(ProgramTest):
    def setUp(self):
        super().setUp()
        env = os.environ
        key = self.write("s3-key", "[default]\n"
                                   f"aws_access_key_id = {env['SAOLUU_TEST_S3_ACCESS_KEY']}\n"
                                   f"aws_secret_access_key = {SECRET}\n")
        key.chmod(0o600)
        self.ca = self.folder / "ca.pem"
        shutil.copy(env["SAOLUU_TEST_S3_CA"], self.ca)
        prefix = uuid.uuid4().hex
        self.config = self.write("saoluu.toml", "".join(
            f'[[store]]\nname = "{name}"\nurl = "s3://{bucket}/{prefix}"\n'
            f'endpoint = "{env["SAOLUU_TEST_S3_TLS_ENDPOINT"]}"\n'
            f'region = "{env["SAOLUU_TEST_S3_REGION"]}"\nca = "ca.pem"\ncredentials = "s3-key"\n'
            'patience = "10s"\n'
            for name, bucket in [("plain", env["SAOLUU_TEST_S3_BUCKET"]),
                                 ("locked", env["SAOLUU_TEST_S3_LOCK_BUCKET"])]))

    def environment(self, extra):
        env = super().environment(extra)
        for name in [n for n in env if n.startswith("AWS_")]:
            del env[name]  # all of it comes from the file
        return env

    def doctor(self, code, *words):
        done = self.run_program("doctor", "--json", "--config", self.config, *words)
        self.assertEqual(done.code, code, repr(done))
        return {v["code"]: v for v in done.lines()[:-1] if v["subject"] in ("plain", "locked")}

    def made(self, name, *words):
        self.expect(0, "init", "--config", self.config, "--repo", name, "--holder", HOLDER,
                    "--backup-key", self.key, "--passphrase-file", self.passphrase, *CHEAP, *words)
        self.write("src/a.txt", "một")
        self.expect(0, "backup", "--config", self.config, "--repo", name, "--key-file", self.key,
                    self.folder / "src")

    def test_a_bucket_that_lets_everything_be_deleted_is_said_to_do_so(self):
        self.made("plain")
        verdicts = self.doctor(0, "--repo", "plain", "--key-file", self.key)
        self.assertEqual(verdicts["delete"]["condition"], "warning")
        self.assertIn("Object Lock", verdicts["delete"]["next"])
        self.assertEqual(verdicts["store-clock"]["condition"], "ok")
        self.assertEqual(verdicts["last-snapshot"]["condition"], "ok")
        self.assertEqual(verdicts["exclusive-create"]["condition"], "ok")

    def test_a_bucket_that_locks_is_in_order(self):
        self.made("locked", "--lock-days", "1")
        verdicts = self.doctor(0, "--repo", "locked", "--key-file", self.key)
        self.assertEqual(verdicts["object-lock"]["condition"], "ok", verdicts)
        self.assertEqual(verdicts["locks"]["condition"], "ok", verdicts)
        self.assertNotIn("delete", verdicts)

    def test_a_certificate_that_nobody_vouches_for_is_a_fault(self):
        self.made("plain")
        self.config.write_text(re.sub(r'ca = .*\n', "", self.config.read_text()))
        verdicts = self.doctor(1, "--repo", "plain", "--key-file", self.key)
        self.assertEqual(verdicts["reach"]["condition"], "fault")

    def test_a_wrong_key_of_the_account_is_a_fault_and_no_secret_is_said(self):
        self.made("plain")
        self.write("s3-key", "aws_access_key_id = WRONG\naws_secret_access_key = hunter2\n")
        done = self.run_program("doctor", "--config", self.config, "--repo", "plain")
        self.assertEqual(done.code, 1, repr(done))
        self.assertNotIn("hunter2", done.out + done.err)

    def test_all_stores_are_looked_at_without_repo(self):
        done = self.run_program("doctor", "--json", "--config", self.config)
        self.assertEqual(done.code, 1, repr(done))
        self.assertEqual({v["subject"] for v in done.lines()[:-1] if v["code"] == "reach"},
                         {"plain", "locked"})


if __name__ == "__main__":
    unittest.main()
