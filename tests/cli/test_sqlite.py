#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The README's recipe for SQLite: a copy of one moment, made by a hook while others write."""
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

from program import ProgramTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from recipes import recipe, restoring  # noqa: E402


class Sqlite(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.database = self.folder / "app" / "app.db"
        self.database.parent.mkdir()
        self.copies = self.folder / "sqlite"
        self.copies.mkdir()
        job = (recipe("SQLite", "toml").replace("/var/lib/saoluu/sqlite", str(self.copies))
               .replace("/srv/app/app.db", str(self.database)))
        self.config = self.write("saoluu.toml", f'key_file = "{self.key}"\n[[store]]\nname = "nas"\n'
                                                f'url = "{self.repo}"\n{job}')
        self.use = ("--config", self.config)

    def make(self, mode="DELETE"):
        database = sqlite3.connect(self.database, timeout=60)
        self.addCleanup(database.close)
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("CREATE TABLE sums (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, text TEXT)")
        database.executemany("INSERT INTO sums (a, b, text) VALUES (?, ?, ?)",
                             [(i, -i, f"hồ sơ {i}" * 20) for i in range(20_000)])
        database.commit()
        return database

    def run_job(self, code=0):
        return self.expect(code, "job", "run", "app", *self.use)

    def restored(self):
        """As the README says it; a connection to what came back."""
        target = self.folder / f"back{time.monotonic_ns()}"
        (saoluu, *words), check = restoring("SQLite", target)
        self.assertEqual(saoluu, "saoluu")
        self.expect(0, *(w.replace("/var/lib/saoluu/sqlite", str(self.copies)) for w in words),
                    "--repo", self.repo, "--passphrase-file", self.passphrase)
        done = subprocess.run(check, capture_output=True, check=True, text=True)
        self.assertEqual(done.stdout, "ok\n")
        back = sqlite3.connect(target / "app.db")
        self.addCleanup(back.close)
        return back

    def test_what_comes_back_is_what_was_there(self):
        for mode in ("DELETE", "WAL"):
            with self.subTest(mode=mode):
                for left in self.database.parent.iterdir():
                    left.unlink()
                database = self.make(mode)
                self.run_job()
                self.assertEqual(list(self.restored().iterdump()), list(database.iterdump()))

    def test_while_someone_writes_it_is_of_one_moment(self):
        self.make("WAL")
        stop = threading.Event()
        written = []

        def write():
            mine = sqlite3.connect(self.database, timeout=60)
            while not stop.is_set():
                with mine:  # both halves, or neither
                    mine.execute("UPDATE sums SET a = a + 1")
                    mine.execute("UPDATE sums SET b = b - 1")
                written.append(1)
            mine.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while not written:
                stop.wait(0.01)
            self.run_job()
        finally:
            stop.set()
            writer.join()
        rows = self.restored().execute("SELECT count(*), sum(a + b <> 0) FROM sums").fetchone()
        self.assertEqual(rows, (20_000, 0))

    def test_a_database_that_is_not_there_or_damaged_makes_no_snapshot(self):
        done = self.run_job(1)
        self.assertIn("unable to open database", done.err)
        self.assertFalse(self.database.exists())  # nor was an empty one made
        self.database.write_bytes(b"no database " * 1000)
        self.assertIn("not a database", self.run_job(1).err)
        lines = self.expect(0, "snapshots", "--json", "--repo", self.repo, "--key-file",
                            self.key).lines()
        self.assertEqual(lines[-1]["snapshots"], 0)


if __name__ == "__main__":
    unittest.main()
