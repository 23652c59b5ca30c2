#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon, killed again and again at moments taken at random (SAOLUU_SEED repeats them), as by
power cuts: what it had begun is done in the end, once, its records open, and messages get through."""
import http.server
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from program import CHEAP, HOLDER, PROGRAM, ProgramTest  # noqa: E402

ROUNDS = 25


class Listener(http.server.BaseHTTPRequestHandler):
    heard = []
    is_down = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.is_down:
            self.send_error(503)
            return
        Listener.heard.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class KilledDaemon(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.source = self.folder / "source"
        self.source.mkdir()
        (self.source / "a").write_bytes(os.urandom(300_000))
        self.config = self.folder / "saoluu.toml"
        self.configure('schedule = "*:*:0/1"')
        self.use = ("--config", self.config)
        self.expect(0, "init", *self.use, "--repo", "nas", "--holder", HOLDER, "--backup-key",
                    self.key, "--passphrase-file", self.passphrase, *CHEAP)

    def configure(self, job, source="source"):
        self.config.write_text(f"""
key_file = "backup.key"
[[store]]
name = "nas"
url = "{self.repo}"
[[job]]
name = "vanphong"
sources = ["{source}"]
stores = ["nas"]
random_delay = "1s"
{job}
[notify.webhook]
url = "http://127.0.0.1:{self.server.server_port}/hook"
""", encoding="utf-8")
        self.config.chmod(0o600)

    def start(self):
        return subprocess.Popen([PROGRAM, "daemon", *map(str, self.use)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=self.environment(None),
                                cwd=self.folder)

    def until(self, is_so, seconds=120):
        end = time.monotonic() + seconds
        while not is_so():
            self.assertLess(time.monotonic(), end, "it did not come about")
            time.sleep(0.05)

    def runs(self):
        """As the records have them, by another reader of the file than ours."""
        with sqlite3.connect(f"file:{self.folder}/state/state.db?mode=ro", uri=True) as records:
            self.assertEqual(records.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return records.execute("SELECT task, due, outcome, ended FROM run").fetchall()

    def test_killed_at_any_moment_it_goes_on(self):
        seed = int(os.environ.get("SAOLUU_SEED", time.time()))
        print("seed", seed)
        chance = random.Random(seed)
        for _ in range(ROUNDS):
            (self.source / "a").write_bytes(os.urandom(300_000))
            daemon = self.start()
            time.sleep(chance.uniform(0, 1.6))
            daemon.kill()
            daemon.wait()
        daemon = self.start()
        done = len([run for run in self.runs() if run[2] == "done"])
        self.until(lambda: len([run for run in self.runs() if run[2] == "done"]) > done)
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)
        runs = self.runs()
        self.assertTrue(all(run[3] is not None for run in runs), "a run has no end")
        dues = [run[1] for run in runs if run[0] == "job:vanphong" and run[2] == "done"]
        self.assertEqual(len(dues), len(set(dues)), "a moment was run for twice")
        self.assertEqual(list((self.folder / "state").glob("*.damaged-*")), [])
        self.expect(0, "check", "--read-data", "--repo", self.repo, "--passphrase-file",
                    self.passphrase)
        out = self.folder / "out"
        self.expect(0, "restore", f"latest:{self.source}", "--repo", self.repo,
                    "--passphrase-file", self.passphrase, "--target", out)
        self.assertEqual((out / "a").read_bytes(), (self.source / "a").read_bytes())

    def test_a_message_that_waits_outlives_a_kill(self):
        Listener.is_down = True
        Listener.heard.clear()
        self.configure('schedule = "2100-01-01"', source="nothing-there")
        daemon = self.start()
        self.addCleanup(daemon.kill)
        self.until(lambda: (self.folder / "state" / "daemon.socket").exists())
        self.expect(1, "job", "run", "vanphong", *self.use)
        time.sleep(1)
        daemon.kill()
        daemon.wait()
        Listener.is_down = False
        daemon = self.start()
        self.until(lambda: Listener.heard)
        self.assertEqual((Listener.heard[0]["kind"], Listener.heard[0]["about"]),
                         ("failure", "vanphong"))
        self.assertNotIn("nothing-there", json.dumps(Listener.heard))
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
