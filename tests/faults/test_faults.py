#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program over a bad line to a real S3 service: whatever happens to requests and answers, no
backup that was said to be done is lost, nothing wrong is accepted, and each run ends in time.

Runs under tests/support/services/with.sh. A normal run tries a sample, SAOLUU_ALL=1 a larger one,
SAOLUU_THOROUGH=1 each request and each byte of a small run, which takes hours.
"""
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "cli"), str(HERE.parent / "support")]

from fault_proxy import Fault, FaultProxy, Plan  # noqa: E402
from program import CHEAP, HOLDER, ProgramTest  # noqa: E402

ALL = os.environ.get("SAOLUU_ALL") == "1"
THOROUGH = os.environ.get("SAOLUU_THOROUGH") == "1"
SERVICE = {k: v for k, v in os.environ.items() if k.startswith("SAOLUU_TEST_S3_")}
SUCCESS = 0
# Seconds that a run under a single fault may take: the client's pauses are short at first.
MOST_SECONDS = 60


class FaultsTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        where = urllib.parse.urlsplit(SERVICE["SAOLUU_TEST_S3_ENDPOINT"])
        cls.proxy = FaultProxy(where.hostname, where.port, http=True)
        cls.proxy.__enter__()
        cls.addClassCleanup(cls.proxy.__exit__)

    def setUp(self):
        super().setUp()
        self.proxy.start_anew(Plan())
        self.source = self.folder / "source"
        self.source.mkdir()
        random.seed(7)
        for i, size in enumerate((0, 1, 5_000, 300_000)):
            (self.source / f"file-{i}").write_bytes(random.randbytes(size))
        self.number = self.changes = 0
        self.new_place()

    def new_place(self):
        """Another, empty prefix, and a computer that knows nothing of it."""
        self.number += 1
        self.home = self.folder / f"home-{self.number}"
        self.home.mkdir()
        self.repo = f"s3://{SERVICE['SAOLUU_TEST_S3_BUCKET']}/{self.folder.name}-{self.number}"
        self.key = self.home / "backup.key"

    def environment(self, extra):
        return super().environment({
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.proxy.port}",
            "AWS_REGION": SERVICE["SAOLUU_TEST_S3_REGION"],
            "AWS_ACCESS_KEY_ID": SERVICE["SAOLUU_TEST_S3_ACCESS_KEY"],
            "AWS_SECRET_ACCESS_KEY": SERVICE["SAOLUU_TEST_S3_SECRET_KEY"],
            "SAOLUU_STATE_DIR": self.home / "state", "SAOLUU_CACHE_DIR": self.home / "cache",
            **(extra or {})})

    def try_program(self, *words):
        """Success, or an error that says what happened; in bounded time."""
        began = time.monotonic()
        done = self.run_program(*words)
        self.assertLess(time.monotonic() - began, MOST_SECONDS, f"{words}\n{done!r}")
        self.assertGreaterEqual(done.code, 0, f"died of a signal: {words}\n{done!r}")
        if done.code != SUCCESS:
            self.assertRegex(done.err + done.out, r"saoluu: (error|warning): \S+|damage",
                             f"{words}\n{done!r}")
        return done

    def steps(self):
        with_key = ("--repo", self.repo, "--key-file", self.key)
        return {"init": ("init", "--repo", self.repo, "--holder", HOLDER, "--backup-key", self.key,
                         "--passphrase-file", self.passphrase, *CHEAP),
                "backup": ("backup", *with_key, self.source),
                "check": ("check", *with_key),
                "restore": ("restore", "--repo", self.repo, "--passphrase-file", self.passphrase,
                            "latest", "--target", self.home / f"out-{time.monotonic_ns()}")}

    def is_restored(self, target):
        found = {p.name: p.read_bytes() for p in pathlib.Path(target).rglob("file-*")}
        return found == {p.name: p.read_bytes() for p in self.source.iterdir()}

    def assert_all_is_there(self):
        """Over a good line, everything that was backed up is there and right."""
        self.proxy.plan = Plan()
        steps = self.steps()
        self.expect(SUCCESS, *steps["restore"])
        self.assertTrue(self.is_restored(steps["restore"][-1]), "the restored files differ")

    def start_place(self):
        """A repository with a backup, made over a good line."""
        self.new_place()
        self.proxy.start_anew(Plan())
        self.expect(SUCCESS, *self.steps()["init"])
        self.expect(SUCCESS, *self.steps()["backup"])

    def change_source(self):
        self.changes += 1
        (self.source / "file-9").write_bytes(random.randbytes(2_000 + self.changes))

    def run_step(self, step, plan):
        """One step over a bad line, and what must hold then."""
        if step == "init":
            self.new_place()
        if step == "backup":
            self.change_source()
        self.proxy.start_anew(plan)
        words = self.steps()[step]
        done = self.try_program(*words)
        self.proxy.plan = Plan()
        if step == "restore" and done.code == SUCCESS:
            self.assertTrue(self.is_restored(words[-1]), "wrong files were restored as right")
        if step == "init" and done.code == SUCCESS:
            self.expect(SUCCESS, *self.steps()["backup"])
            self.assert_all_is_there()
        if step == "backup":
            if done.code != SUCCESS:
                self.expect(SUCCESS, *words)
            self.assert_all_is_there()
        return done

    def counts(self):
        """Of each step how many requests and bytes it takes when it comes again."""
        counts = {}
        for step in ("backup", "check", "restore"):
            if step == "backup":
                self.change_source()
            self.proxy.start_anew(Plan())
            self.expect(SUCCESS, *self.steps()[step])
            counts[step] = (len(self.proxy.requests), dict(self.proxy.passed))
        return counts

    def each_while_there_is_time(self, seconds, cases):
        """The cases in a random order, as many as the time is for."""
        seed = int(os.environ.get("SAOLUU_SEED", time.time()))
        random.Random(seed).shuffle(cases)
        end, tried = time.monotonic() + (seconds * 3 if ALL else seconds), 0
        for case in cases:
            if time.monotonic() > end and not THOROUGH:
                break
            tried += 1
            yield case
        print(f"{tried} of {len(cases)} cases, SAOLUU_SEED={seed}", file=sys.stderr)

    def test_each_request(self):
        """Each kind of fault at each request; what tries can mend is mended."""
        self.start_place()
        kinds = [("status", {"status": s}) for s in (500, 503, 429, 409, 412, 403)]
        kinds += [("late_status", {"status": s}) for s in (500, 503)]
        kinds += [(k, {"seconds": 0.5}) for k in
                  ("drop", "drop_answer", "hang", "delay", "truncate", "short", "longer",
                   "duplicate", "reorder", "corrupt", "corrupt_head")]
        passes = {"drop", "drop_answer", "hang", "delay", "truncate", "late_status"}
        cases = [(step, at, kind, how) for step, (requests, _) in self.counts().items()
                 for at in range(1, requests + 1) for kind, how in kinds]
        for step, at, kind, how in self.each_while_there_is_time(12, cases):
            with self.subTest(step=step, at=at, kind=kind, how=how):
                done = self.run_step(step, Plan(faults=[Fault(kind, at=at, **how)]))
                if kind in passes or how.get("status") in (500, 503, 429):
                    self.assertEqual(done.code, SUCCESS, repr(done))

    def test_closed_after_k_bytes(self):
        (self.source / "file-3").unlink()  # few bytes, so that each is met
        self.start_place()
        cases = [(step, way, k) for step, (_, passed) in self.counts().items()
                 for way in ("up", "down") for k in range(passed[way])]
        for step, way, k in self.each_while_there_is_time(8, cases):
            with self.subTest(step=step, way=way, k=k):
                done = self.run_step(step, Plan(**{f"close_{way}_after": k}))
                self.assertEqual(done.code, SUCCESS, repr(done))

    def test_init_over_a_bad_line(self):
        for fault in (Fault("drop_answer", method="PUT", at=2, times=2),
                      Fault("late_status", method="PUT", at=1, status=503)):
            with self.subTest(fault=fault.kind):
                done = self.run_step("init", Plan(faults=[fault]))
                self.assertGreater(fault.struck, 0)
                self.assertEqual(done.code, SUCCESS, repr(done))

    def lie(self, kind, name):
        # The slash of a key may be written as %2F.
        return Fault(kind, times=0, method="GET", path="list-type=2", pattern=name + "(/|%2F)")

    def test_listing_that_hides(self):
        """What a listing leaves out is missed by check; a backup alarms, or loses nothing by it."""
        self.start_place()
        for name in ("packs", "index", "snapshots"):
            for step in ("check", "backup"):
                with self.subTest(hidden=name, step=step):
                    lie = self.lie("hide", name)
                    done = self.run_step(step, Plan(faults=[lie]))
                    print(f"{step} without {name}: exit {done.code} {done.err.strip()[:200]}",
                          file=sys.stderr)
                    self.assertGreater(lie.struck, 0)
                    if step == "check":
                        self.assertNotEqual(done.code, SUCCESS, repr(done))

    def test_listing_that_invents(self):
        self.start_place()
        for name in ("packs", "index"):
            for step in ("check", "restore", "backup"):
                with self.subTest(invented=name, step=step):
                    lie = self.lie("invent", name)
                    done = self.run_step(step, Plan(faults=[lie]))
                    print(f"{step} with another of {name}: exit {done.code} "
                          f"{done.err.strip()[:200]}", file=sys.stderr)
                    self.assertGreater(lie.struck, 0)
                    if step == "check":
                        self.assertNotEqual(done.code, SUCCESS, repr(done))

    def test_denied(self):
        """A denial is told at once: nothing is tried again for minutes."""
        self.start_place()
        for status in (401, 403):
            with self.subTest(status=status):
                self.proxy.start_anew(Plan(faults=[Fault("status", times=0, status=status)]))
                began = time.monotonic()
                self.assertNotEqual(self.run_program(*self.steps()["backup"]).code, SUCCESS)
                self.assertLess(time.monotonic() - began, 20)

    def go_away(self, seconds, away, back):
        """Takes the store away in the middle of a backup, and brings it back."""
        self.start_place()
        (self.source / "file-large").write_bytes(random.randbytes(30_000_000))
        self.proxy.start_anew(Plan(rate=20_000_000))
        result = []
        runner = threading.Thread(
            target=lambda: result.append(self.run_program(*self.steps()["backup"])))
        runner.start()
        end = time.monotonic() + 60
        while self.proxy.passed["up"] < 3_000_000 and time.monotonic() < end:
            time.sleep(0.02)
        self.assertGreaterEqual(self.proxy.passed["up"], 3_000_000)
        away()
        time.sleep(seconds)
        self.assertFalse(result, "it did not wait for the store")
        back()
        runner.join()
        self.assertEqual(result[0].code, SUCCESS, repr(result[0]))
        self.assert_all_is_there()

    def test_store_is_gone_for_a_while(self):
        def away():
            self.proxy.plan = Plan(refuse=True, faults=[Fault("drop", times=0)])

        def back():
            self.proxy.plan = Plan()
        self.go_away(30 if ALL else 4, away, back)

    @unittest.skipUnless(ALL, "needs a service of its own: SAOLUU_ALL=1")
    def test_service_stops_and_starts_again(self):
        def service(word):
            subprocess.run(["bash", HERE.parent / "support/services/rgw.sh", word,
                            SERVICE["SAOLUU_TEST_S3_FOLDER"]], check=True, timeout=120,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        def away():
            service("halt")  # killed

        def back():
            service("resume")
        self.go_away(5, away, back)


if __name__ == "__main__":
    unittest.main()
