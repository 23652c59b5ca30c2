#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""saoluu setup by root where the daemon has a user of its own: what each may read and write.

The user is made in a mount namespace that nobody else sees, so it takes root.
"""
import os
import pathlib
import subprocess
import sys
import unittest

from program import CHEAP, HOLDER, PROGRAM, Done, ProgramTest

USER = 64991  # nobody's number on a usual machine
READ_ALL = "-all,+dac_read_search"


@unittest.skipUnless(os.geteuid() == 0, "takes root")
class DaemonUser(ProgramTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "etc/saoluu.toml"
        self.key = self.folder / "etc/backup.key"
        self.write("secret/a.txt", "một").chmod(0o600)
        for name in ("state", "cache"):
            (self.folder / name).mkdir(mode=0o700)
            os.chown(self.folder / name, USER, USER)
        lists = {}
        for name, line in [("passwd", f"saoluu:x:{USER}:{USER}::{self.folder}/state:/bin/false\n"),
                           ("group", f"saoluu:x:{USER}:\n")]:
            with open(f"/etc/{name}", encoding="utf-8") as file:
                others = [one for one in file if not one.startswith("saoluu:")]
            lists[name] = self.write(name, "".join(others) + line)
            lists[name].chmod(0o644)
        # The state and the cache are where a package has them, and are the daemon's.
        mounts = [f"mount --bind '{lists[name]}' /etc/{name}" for name in lists]
        for above, name in [("/var/lib", "state"), ("/var/cache", "cache")]:
            mounts += [f"mount -t tmpfs tmpfs {above}", f"mkdir {above}/saoluu",
                       f"mount --bind '{self.folder / name}' {above}/saoluu"]
        # A machine with systemd, and room in /srv.
        mounts += ["mount -t tmpfs tmpfs /run", "mkdir -p /run/systemd/system",
                   "mount -t tmpfs tmpfs /srv"]
        self.inside = ["unshare", "--mount", "sh", "-ec", "; ".join(mounts) + '; exec "$@"', "sh"]

    def environment(self, extra):
        env = super().environment(extra)
        del env["SAOLUU_STATE_DIR"], env["SAOLUU_CACHE_DIR"]
        return {**env, "HOME": str(self.folder / "home")}

    def run_inside(self, code, *words, as_daemon=False):
        command = [*self.inside]
        env = self.environment({})
        if as_daemon:  # as its unit runs it
            env.update(SAOLUU_STATE_DIR="/var/lib/saoluu", SAOLUU_CACHE_DIR="/var/cache/saoluu")
            command += ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
                        f"--inh-caps={READ_ALL}", f"--ambient-caps={READ_ALL}",
                        f"--bounding-set={READ_ALL}"]
        done = subprocess.run([*command, PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                              capture_output=True, env=env, cwd=self.folder,
                              timeout=120, check=False)
        result = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertEqual(result.code, code, result)
        return result

    def set_up(self, *more, code=0, store=None):
        return self.run_inside(code, "setup", "--yes", *CHEAP, "--config", self.config, "--source",
                               self.folder / "secret", "--store", store or self.repo, "--holder",
                               HOLDER, "--passphrase-file", self.passphrase, *more)

    def owner(self, path):
        facts = pathlib.Path(path).lstat()
        return facts.st_uid, facts.st_gid, facts.st_mode & 0o7777

    def test_settings_stay_roots_and_the_daemon_reads_them(self):
        self.set_up()
        self.assertEqual(self.owner(self.config), (0, USER, 0o640))
        self.assertEqual(self.owner(self.key), (0, 0, 0o600))
        self.assertEqual(self.owner(self.config.parent), (0, USER, 0o750))
        done = self.run_inside(0, "doctor", "--config", self.config, "--key-file", self.key,
                               "--json")
        [verdict] = [line for line in done.lines() if line.get("code") == "key-mode"]
        self.assertEqual(verdict["condition"], "ok", verdict)

    def test_a_folder_that_the_unit_keeps_from_the_daemon_is_told(self):
        for number, (store, line) in enumerate([
                ("/srv/saoluu2/kho", "ReadWritePaths=/srv/saoluu2/kho"),
                ("/srv/kho 1%", 'ReadWritePaths="/srv/kho 1%%"'), ("/srv/saoluu/kho", None)]):
            with self.subTest(store=store):
                self.config = self.folder / f"etc{number}/saoluu.toml"
                done = self.set_up("--no-backup", store=store)
                self.assertIn("systemctl enable --now saoluu", done.out)
                if line:
                    self.assertIn(line, " ".join(done.out.split()))
                else:
                    self.assertNotIn("ReadWritePaths", done.out)

    def test_what_ssh_would_find_as_root_only_has_to_be_named(self):
        own = self.folder / "state/.ssh"
        key = self.write("id", "")
        key.chmod(0o600)
        for said, more, store in [
                ("sftp://user@host", (), "sftp://127.0.0.1:1/x"),
                ("--ssh-key", (), "sftp://an@127.0.0.1:1/x"),
                ("--host-key", ("--ssh-key", key), "sftp://an@127.0.0.1:1/x")]:
            with self.subTest(said=said):
                done = self.set_up(*more, code=2, store=store)
                self.assertIn("the service runs as the user saoluu", done.err)
                self.assertIn(said, done.err)
                self.assertFalse(self.config.exists())
        # What he has himself will do; then it is the server that is missing.
        own.mkdir()
        for name in ("id_ed25519", "known_hosts"):
            (own / name).touch(0o600)
        done = self.set_up(code=1, store="sftp://an@127.0.0.1:1/x")
        self.assertNotIn("the service runs as", done.err)

    def test_the_first_backup_stands_in_the_daemons_records(self):
        self.set_up()
        self.assertEqual(self.last_outcome(), "done")
        for path in (self.folder / "home").rglob("*"):
            self.assertEqual(self.owner(path)[0], 0, path)

    def last_outcome(self):
        done = self.run_inside(0, "job", "list", "--config", self.config, "--json",
                               as_daemon=True)
        [job] = [line for line in done.lines() if line["type"] == "job"]
        return job["last_outcome"]

    def test_the_daemon_and_root_add_to_one_repository_and_one_state(self):
        self.set_up()
        self.assertEqual(self.owner(self.repo), (USER, USER, 0o2770))
        run = ("job", "run", "tailieu", "--config", self.config)
        self.run_inside(0, *run, as_daemon=True)
        self.run_inside(0, *run)
        self.run_inside(0, "backup", "--config", self.config, "--repo", "nas", "--key-file",
                        self.key, "--job", "hand", self.folder / "secret")
        self.run_inside(0, *run, as_daemon=True)
        for path in self.repo.rglob("*"):
            self.assertEqual(self.owner(path)[1], USER, path)
        for path in (self.folder / "state").rglob("*"):
            self.assertEqual(self.owner(path)[0], USER, path)
        self.assertEqual(self.last_outcome(), "done")
        self.run_inside(0, "check", "--config", self.config, "--repo", "nas", "--key-file",
                        self.key)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: it takes root")
        sys.exit(77)
    unittest.main()
