#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon, as systemd or a person runs it: schedules, power cuts, reloads, people beside it."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from program import CHEAP, HOLDER, PROGRAM, TIMEOUT, ProgramTest

FOREIGN = 54321  # a user that no system has


class Daemon(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = self.write("nguồn/a.txt", "một").parent
        self.copy = self.folder / "copy"
        self.daemons = []
        self.addCleanup(self.kill_all)
        self.config = self.folder / "saoluu.toml"
        self.use = ("--config", self.config)
        self.configure()
        self.expect(0, "init", *self.use, "--repo", "nas", "--holder", HOLDER, "--backup-key",
                    self.key, "--passphrase-file", self.passphrase, *CHEAP)
        self.expect(0, "mirror", *self.use, "nas", "disk")

    def configure(self, job="", check="2100-01-01", rest=""):
        self.config.write_text(f"""
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
{job}
[check]
schedule = "{check}"
{rest}
[notify.status_file]
path = "{self.folder}/status.json"
""", encoding="utf-8")

    def kill_all(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
            daemon.stderr_file.close()

    def start(self, *words, env=None):
        errors = (self.folder / f"daemon-{len(self.daemons)}.log").open("wb")
        daemon = subprocess.Popen([PROGRAM, "daemon", *map(str, self.use), *words],
                                  stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                  env=self.environment(env), cwd=self.folder)
        daemon.stderr_file, daemon.log = errors, pathlib.Path(errors.name)
        self.daemons.append(daemon)
        self.until(lambda: "watches over" in daemon.log.read_text() or daemon.poll() is not None)
        return daemon

    def stop(self, daemon, within=20):
        began = time.monotonic()
        daemon.terminate()
        self.assertEqual(daemon.wait(TIMEOUT), 0, daemon.log.read_text())
        self.assertLess(time.monotonic() - began, within)

    def until(self, is_so, seconds=120):
        end = time.monotonic() + seconds
        while not is_so():
            self.assertLess(time.monotonic(), end, "it did not come about; the daemon said:\n" +
                            "\n".join(d.log.read_text() for d in self.daemons))
            time.sleep(0.05)

    def job(self):
        return self.expect(0, "job", "list", "--json", *self.use).lines()[0]

    def snapshots(self, repo=None):
        lines = self.expect(0, "snapshots", "--json", "--repo", repo or self.repo, "--key-file",
                            self.key).lines()
        return [line for line in lines if line["type"] == "snapshot"]

    def test_a_job_runs_at_its_times_and_what_came_of_it_is_known(self):
        self.configure('schedule = "*:*:0/2"')
        before = self.expect(0, "job", "list", *self.use)
        self.assertIn("never ran", before.out)
        self.assertNotIn("by hand", before.out) # its next run is known all the same
        self.assertIn("systemctl enable", before.err)
        daemon = self.start()
        self.until(lambda: self.job()["last_outcome"] == "done")
        job = self.job()
        self.assertNotIn("systemctl enable", self.expect(0, "job", "list", *self.use).err)
        self.assertIsNotNone(job["next"])
        self.assertLess(job["age_seconds"], 60)
        self.assertFalse(job["overdue"])
        self.until(lambda: len(self.snapshots()) >= 2)
        self.stop(daemon)
        self.assertEqual(len(self.snapshots()), len(self.snapshots(self.copy)))

    def test_a_person_works_beside_it(self):
        self.configure('schedule = "*:*:0/1"')
        self.start()
        self.until(lambda: len(self.snapshots()) >= 1)
        target = self.folder / "out"
        self.expect(0, "restore", f"latest:{self.source}", "--repo", self.repo,
                    "--passphrase-file", self.passphrase, "--target", target)
        self.assertEqual((target / "a.txt").read_text(), "một")
        self.expect(0, "check", "--repo", self.repo, "--key-file", self.key)
        self.expect(0, "backup", "--repo", self.repo, "--key-file", self.key, self.source)

    def test_a_job_is_run_by_the_daemon_when_a_person_asks(self):
        daemon = self.start()
        done = self.expect(0, "job", "run", "vanphong", "--json", *self.use).lines()[-1]
        self.assertEqual((done["command"], done["outcome"]), ("job run", "done"))
        self.assertEqual(len(self.snapshots()), 1)
        said = self.expect(0, "job", "run", "vanphong", *self.use)
        self.assertIn("The daemon ran job vanphong: done", said.out)
        self.assertEqual(len(self.snapshots()), 2)
        # What the daemon is not told of is done here.
        shutil.move(self.source, self.folder / "away")
        failed = self.expect(1, "job", "run", "vanphong", *self.use)
        self.assertIn("the daemon could not do it", failed.err)
        shutil.move(self.folder / "away", self.source)
        here = self.expect(0, "job", "run", "vanphong", "--force-read", *self.use)
        self.assertIn("is stored", here.out)
        self.until(lambda: self.job()["last_outcome"] == "done")
        self.stop(daemon)

    def test_a_run_by_hand_without_a_daemon_is_in_the_records(self):
        self.expect(0, "job", "run", "vanphong", *self.use)
        self.assertEqual(self.job()["last_outcome"], "done")
        shutil.rmtree(self.source)
        self.expect(2, "job", "run", "vanphong", *self.use)
        self.assertEqual(self.job()["last_outcome"], "failed")
        self.assertIsNotNone(self.job()["last_success"])

    def slow(self):
        """A job that takes long: random bytes, over a line that is slow."""
        (self.source / "to.bin").write_bytes(os.urandom(6 << 20))
        text = self.config.read_text().replace(
            f'url = "{self.repo}"', f'url = "{self.repo}"\nlimit_upload = "500k"')
        self.config.write_text(text)

    def test_a_daemon_that_is_killed_in_a_run_does_it_again_and_none_runs_twice(self):
        self.configure('random_delay = "0s"')
        self.slow()
        daemon = self.start()
        self.expect(0, "job", "run", "vanphong", "--no-wait", *self.use)
        self.until(lambda: self.job()["running"])
        # By hand it is not run beside that.
        twice = self.expect(1, "job", "run", "vanphong", *self.use)
        self.assertIn("running already", twice.err)
        self.assertIn("running already", self.expect(1, "job", "run", "vanphong", "--here",
                                                     *self.use).err)
        daemon.kill()
        daemon.wait()
        self.until(lambda: not self.job()["running"], 60)  # its child ends with it
        self.assertEqual(self.snapshots(), [])
        self.configure('random_delay = "0s"')
        again = self.start()
        self.until(lambda: self.job()["last_outcome"] == "done")
        self.assertIn("did not come to an end", again.log.read_text())
        self.assertEqual(len(self.snapshots()), 1)
        self.expect(0, "check", "--read-data", "--repo", self.repo, "--passphrase-file",
                    self.passphrase)

    def test_it_stops_within_seconds_in_the_middle_of_a_run(self):
        self.slow()
        daemon = self.start()
        self.expect(0, "job", "run", "vanphong", "--no-wait", *self.use)
        self.until(lambda: self.job()["running"])
        self.stop(daemon)
        self.assertEqual(self.job()["last_outcome"], "interrupted")
        self.expect(0, "check", "--repo", self.repo, "--key-file", self.key)

    def test_a_config_that_is_edited_is_read_again_and_a_faulty_one_is_not_taken(self):
        self.configure('schedule = "*:*:0/2"')
        daemon = self.start()
        self.config.write_text(self.config.read_text() + "\nnonsense = [\n")
        daemon.send_signal(signal.SIGHUP)
        self.until(lambda: "the one before stays" in daemon.log.read_text())
        self.assertIsNone(daemon.poll())
        # The runs go on by the one that stays, whatever the file says now.
        before = len(self.snapshots())
        self.until(lambda: len(self.snapshots()) >= before + 2)
        self.configure('schedule = "2099-01-01"\nmax_age = "3d"')
        daemon.send_signal(signal.SIGHUP)
        self.until(lambda: "was read again" in daemon.log.read_text())
        self.assertEqual(self.job()["max_age_seconds"], 3 * 24 * 3600)
        self.stop(daemon)

    def test_a_daemon_that_is_too_busy_to_answer_is_not_taken_for_stopped(self):
        (self.folder / "state").mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(self.folder / "state/daemon.socket"))
            silent.listen()

            def hang_up():
                silent.accept()[0].close()
            answering = threading.Thread(target=hang_up)
            answering.start()
            listed = self.expect(0, "job", "list", *self.use, "--json").lines()
            answering.join()
        self.assertTrue(listed[-1]["daemon"])
        listed = self.expect(0, "job", "list", *self.use, "--json").lines()
        self.assertFalse(listed[-1]["daemon"])

    def test_there_is_one_daemon(self):
        first = self.start()
        done = self.expect(14, "daemon", *self.use)
        self.assertIn("another daemon runs already", done.err)
        self.stop(first)

    def test_records_that_are_damaged_are_made_anew_from_the_repository(self):
        self.expect(0, "job", "run", "vanphong", *self.use)
        state = self.folder / "state" / "state.db"
        state.write_bytes(b"x" * 8192)
        for beside in ("-wal", "-shm"):
            pathlib.Path(str(state) + beside).unlink(missing_ok=True)
        daemon = self.start()
        self.until(lambda: self.job()["last_success"] is not None)
        self.assertIn("made anew", daemon.log.read_text())
        self.assertEqual(len(list(state.parent.glob("state.db.damaged-*"))), 1)
        self.stop(daemon)

    def test_a_disk_that_is_full_of_other_things_keeps_no_backup_from_being_made(self):
        if os.geteuid() != 0:
            self.fail("this test needs root, to mount a small disk")
        disk = self.folder / "state"
        shutil.rmtree(disk, ignore_errors=True)
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.configure('schedule = "*:*:0/2"')
        daemon = self.start()
        self.until(lambda: len(self.snapshots()) >= 1)
        with (disk / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        count = len(self.snapshots())
        self.until(lambda: len(self.snapshots()) > count)
        self.until(lambda: "stay in memory" in daemon.log.read_text())
        (disk / "filler").unlink()
        self.until(lambda: "are written again" in daemon.log.read_text())
        self.stop(daemon)
        self.assertIsNotNone(self.job()["last_success"])

    def test_what_monitoring_reads_is_written(self):
        self.configure('schedule = "*:*:0/1"\nmax_age = "3d"')
        daemon = self.start()
        status = self.folder / "status.json"
        self.until(lambda: self.job()["last_outcome"] == "done")
        self.stop(daemon)
        self.start()
        self.until(lambda: status.exists() and
                   json.loads(status.read_text())["jobs"][0]["last_outcome"] == "done")

    def test_damage_is_found_by_the_daily_check_healed_from_the_other_store_and_told(self):
        (self.source / "to.bin").write_bytes(os.urandom(1 << 20))
        self.expect(0, "job", "run", "vanphong", *self.use)
        packs = [p for p in (self.repo / "packs").rglob("*") if p.is_file()]
        largest = max(packs, key=lambda p: p.stat().st_size)
        largest.chmod(0o600)
        with largest.open("r+b") as pack:
            pack.seek(largest.stat().st_size // 2)
            byte = pack.read(1)
            pack.seek(-1, os.SEEK_CUR)
            pack.write(bytes([byte[0] ^ 1]))
        self.configure(check="*:*:0/2", rest='cycle = "1d"')
        status = self.folder / "status.json"
        daemon = self.start()
        store = lambda: json.loads(status.read_text())["stores"][0]
        self.until(lambda: "check:nas: ended" in daemon.log.read_text(), 90)
        self.stop(daemon)
        self.assertEqual(store()["damaged_packs"], 1)
        troubles = json.loads(status.read_text())["troubles"]
        self.assertIn(("damage", "nas"), [(t["kind"], t["about"]) for t in troubles])
        self.expect(0, "check", "--read-data", "--repo", self.repo, "--passphrase-file",
                    self.passphrase)
        # When it was seen to be in order, nothing is wrong any more.
        daemon = self.start()
        self.until(lambda: "check:nas: ended" in daemon.log.read_text(), 90)
        self.stop(daemon)
        self.assertEqual(store()["damaged_packs"], 0)

    def test_a_passphrase_is_none_of_its_business(self):
        for words, env in ((("--passphrase-file", self.passphrase), {}),
                           ((), {"SAOLUU_PASSPHRASE": "Mat-khau thu nghiem 2026!"})):
            done = self.expect(2, "daemon", *self.use, *words, env=env)
            self.assertIn("backup key alone", done.err)

    def test_roots_runs_leave_nothing_that_the_daemons_user_can_not_write(self):
        if os.geteuid() != 0:
            self.fail("this test needs root, to become another user")
        state, cache = self.folder / "state", self.folder / "cache"
        hidden = self.source / "mật.txt"
        hidden.write_text("chỉ root đọc được")
        hidden.chmod(0o600)
        shutil.rmtree(state, ignore_errors=True)
        shutil.rmtree(cache, ignore_errors=True)
        for path in (state, cache):
            path.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        for top in (state, cache, self.repo, self.copy, self.key):
            for path in [top, *top.rglob("*")]:
                os.chown(path, FOREIGN, FOREIGN)
        self.config.chmod(0o644)
        for words in (("job", "run", "vanphong"), ("job", "list")):
            self.expect(0, *words, *self.use)
        owners = {path.lstat().st_uid for top in (state, cache, self.repo, self.copy)
                  for path in [top, *top.rglob("*")]}
        self.assertEqual(owners, {FOREIGN})
        target = self.folder / "out"
        self.expect(0, "restore", f"latest:{self.source}", "--repo", self.repo,
                    "--passphrase-file", self.passphrase, "--target", target)
        self.assertEqual((target / "mật.txt").read_text(), "chỉ root đọc được")


if __name__ == "__main__":
    unittest.main()
