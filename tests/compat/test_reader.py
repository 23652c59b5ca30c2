# SPDX-License-Identifier: Apache-2.0
"""Tests read_repository.py: against vectors.json, and against little repositories that tiny_repository.py writes.

Usage: /usr/bin/python3 test_reader.py
"""
import contextlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unicodedata
import unittest
from pathlib import Path

import format_py as f
import read_repository as reader
from tiny_repository import PASSPHRASE, TIME, Person, Tiny, body, every_kind, file_body, healed

HERE = Path(__file__).parent
SMALL = lambda tiny, person=None, name=b"a": [(b"", body(2, 0o755)), (name, file_body(tiny, 0o644, b"content of " + name, person=person))]


def run(*arguments):
    """(exit code, output, errors) of the reader, in this process."""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = reader.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), errors.getvalue()


def flip(path, at):
    path.chmod(0o600)
    x = bytearray(path.read_bytes())
    x[at] ^= 1
    path.write_bytes(x)


class Vectors(unittest.TestCase):
    """The reader's decoders take what vectors.json says is right, and refuse what it says must be refused."""
    vectors = json.loads((HERE / "vectors.json").read_text())
    repository = bytes(range(32))
    texts = {"format": reader.FORMAT_TEXT, "place": reader.PLACE_TEXT, "key-file": reader.KEY_TEXT}

    def decode(self, codec, x, v):
        if codec == "header":
            return reader.header(x, *range(1, 13), *range(14, 18))
        if codec in self.texts:
            parts = reader.text_object(x, *self.texts[codec])
            if codec == "format" and parts["repository"] != f.repository_id(*(parts[n] for n in ("random", "founder-sign", "founder-seal"))):
                raise reader.Refused("id")
            return parts
        if codec == "slot":
            return reader.open_slot(x, bytes([0x53]) * 16, b"any")
        if codec == "codec-1":
            return reader.decompress(x, v["in"]["plain-length"])
        if codec == "path":
            return reader.path_checked(x)
        if codec == "directory-rest":
            return reader.whole(reader.directory_rest, x, v["in"]["kind"])
        if codec == "roster":
            return reader.whole(reader.roster_rest, x, self.repository, v["in"]["suite"], v["in"]["epoch"])
        simple = {"varint": reader.Reader.varint, "bytes": reader.Reader.bytes, "fields": reader.fields({1: ("a", reader.rest, None)}),
                  "text": lambda c: reader.whole(reader.text, c.bytes()), "names": reader.names_plain, "bundle-plain": reader.bundle_plain,
                  "page": reader.page, "entry": reader.entry, "list-chunk": reader.list_chunk, "index": reader.index_rest,
                  "open": reader.open_rest, "record": reader.record_rest, "fence": reader.fence_rest, "forgotten": reader.forgotten_rest,
                  "void": reader.void_rest, "trailer-plain": reader.trailer_plain, "mark": reader.mark_rest, "ledger": reader.ledger_rest}
        return reader.whole(simple[codec], x)

    def test_what_must_be_refused(self):
        for section, found in self.vectors.items():
            for v in found if section.startswith("refused-") and section != "refused-note" else []:
                with self.subTest(codec=section[8:], reason=v["name"]), self.assertRaises((reader.Refused, reader.Stop)):
                    x = bytes.fromhex(v["in"]["bytes"]) if "bytes" in v["in"] else bytes.fromhex(v["in"]["repeat"]) * v["in"]["times"]
                    self.decode(section[8:], x, v)
        for v in self.vectors["passed-over"]:
            if v["in"]["codec"] == "note":
                continue
            with self.subTest(v["name"]):
                self.decode(v["in"]["codec"], bytes.fromhex(v["in"]["bytes"]), v)

    def test_what_must_be_read(self):
        for codec, key in (("format", "text"), ("place", "text"), ("key-file", "text"), ("names", "bytes"), ("leaf-page", "bytes"), ("inner-page", "bytes"),
                           ("entry", "body"), ("list-chunk", "bytes"), ("index", "rest"), ("open", "rest"), ("record", "rest"),
                           ("fence", "rest"), ("forgotten", "rest"), ("void", "rest"), ("mark", "rest"), ("ledger", "rest"), ("roster", "rest"),
                           ("bundle", "plain"), ("header", "bytes"), ("trailer-plain", "bytes"), ("varint", "bytes")):
            for v in self.vectors[codec]:
                with self.subTest(codec=codec, name=v["name"]):
                    x = v["out"][key]
                    name = {"leaf-page": "page", "inner-page": "page", "bundle": "bundle-plain"}.get(codec, codec)
                    self.decode(name, x.encode() if key == "text" else bytes.fromhex(x), v)
        for v in self.vectors["codec-1"]:
            self.assertEqual(reader.decompress(bytes.fromhex(v["in"]["stored"]), v["in"]["plain-length"]).hex(), v["out"]["plain"])
        for v in self.vectors["svarint"]:
            self.assertEqual(reader.whole(reader.Reader.svarint, bytes.fromhex(v["out"]["bytes"])), v["in"]["value"])

    def test_what_is_too_large(self):
        """Limits that vectors.json would be too large for."""
        file = lambda *part, **more: f.entry_body(1, 0o644, 0, 0, TIME, 0, f.file_part(0, []), **more)
        link = lambda size: f.entry_body(3, 0o777, 0, 0, TIME, 0, f.data(b"a" * size))
        attributes = lambda size, count: file(xattrs=[(b"%03d" % n, bytes(size)) for n in range(count)])
        record = lambda count: f.record_rest(bytes(16), "", bytes(32), 1, 2, 1, 0, segments=[bytes(28) + f.u32(n)[::-1] for n in range(count)])
        for codec, good, bad in (("record", record(1500), record(1501)), ("entry", link(65535), link(65536)), ("entry", attributes(65536, 1), attributes(65537, 1)),
                                 ("entry", attributes(65000, 14), attributes(65000, 15)),
                                 ("page", f.page(0, [(b"a" * 65535, file())]), f.page(0, [(b"a" * 65536, file())])),
                                 ("page", f.page(0, [(b"a/" * 4095 + b"a", file())]), f.page(0, [(b"a/" * 4096 + b"a", file())]))):
            self.decode(codec, good, None)
            with self.assertRaises(reader.Refused):
                self.decode(codec, bad, None)

    def test_slots_and_sealed_values_open(self):
        for v in self.vectors["slot"]:
            passphrase = unicodedata.normalize("NFC", bytes.fromhex(v["in"]["passphrase"]).decode()).encode()
            slot, x = bytes.fromhex(v["in"]["slot"]), bytes.fromhex(v["out"]["object"])
            self.assertEqual(b"".join(reader.open_slot(x, slot, passphrase)).hex(), v["in"]["repository"] + v["in"]["sign"] + v["in"]["seal"])
            self.assertIsNone(reader.open_slot(x, slot, passphrase + b"x"))
        r = object.__new__(reader.Repository)
        r.id = self.repository
        for v in self.vectors["sealed"]:
            r.W = {v["in"]["epoch"]: bytes.fromhex(v["in"]["W"])}
            x, subject = bytes.fromhex(v["out"]["bytes"]), bytes.fromhex(v["in"]["subject"])
            self.assertEqual(r.unseal(v["in"]["kind"], subject, x).hex(), v["in"]["plain"])
            for at in (12, 20, 50, 85):
                with self.assertRaises(reader.Refused):
                    r.unseal(v["in"]["kind"], subject, x[:at] + bytes([x[at] ^ 1]) + x[at + 1:])
        for v in self.vectors["bundle"]:
            i = v["in"]
            opened = reader.open_bundle(bytes.fromhex(v["out"]["bytes"]), self.repository, bytes.fromhex(i["actor"]), bytes.fromhex(i["seal-secret"]))
            self.assertEqual({n: e.hex() for n, e in opened["contents"]}, dict(i["contents"]))

    def test_the_file_is_what_the_program_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            again = Path(folder) / "vectors.json"
            subprocess.run([sys.executable, HERE / "make_vectors.py", again], check=True)
            self.assertEqual(again.read_bytes(), (HERE / "vectors.json").read_bytes())


class WithRepository(unittest.TestCase):
    suite = 1

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.repo = self.folder / "repo"
        self.tiny = Tiny(self.repo, self.suite)
        for person in ("admin", "backup", "restore", "other"):
            (self.folder / person).write_bytes(self.tiny.key_file(getattr(self.tiny, person)))
        (self.folder / "passphrase").write_bytes(unicodedata.normalize("NFD", PASSPHRASE).encode() + b"\r\n")

    def read(self, *command, key="restore", repo=None):
        return run(repo or self.repo, "--key-file", self.folder / key, *command)

    def snapshots(self, key="restore"):
        code, out, errors = self.read("list", key=key)
        self.assertEqual(code, 0, errors)
        return [line.split()[0] for line in out.splitlines()]

    def assert_sound(self, key="restore"):
        code, out, errors = self.read("verify", key=key)
        self.assertEqual(code, 0, errors)
        return out + errors

    def assert_damage(self, *words, key="restore"):
        code, out, errors = self.read("verify", key=key)
        self.assertEqual(code, 13, out + errors)
        for word in words:
            self.assertIn(word, errors)


class Restoring(WithRepository):
    def compare(self, target, expected):
        found = {}
        for at, folders, files in os.walk(os.fsencode(target)):
            for name in [b"", *(n for n in folders if os.path.islink(os.path.join(at, n))), *files]:
                path = os.path.join(at, name) if name else at
                s, content = os.lstat(path), None
                if stat.S_ISREG(s.st_mode):
                    content = Path(os.fsdecode(path)).read_bytes()
                elif stat.S_ISLNK(s.st_mode):
                    content = os.readlink(path)
                found[os.path.relpath(path, os.fsencode(target)) if path != os.fsencode(target) else b""] = (
                    stat.S_IFMT(s.st_mode), stat.S_IMODE(s.st_mode), content, s.st_mtime_ns)
        if os.geteuid() != 0:
            expected = {p: (t, m & 0o1777 if t != stat.S_IFLNK else m, c, at) for p, (t, m, c, at) in expected.items()}
        self.assertEqual(found.keys(), expected.keys())
        for path in found:
            self.assertEqual(found[path], expected[path], path)

    def test_everything(self):
        entries, expected = every_kind(self.tiny)
        at = expected[b"home"][3]
        if os.geteuid() == 0:
            expected |= {b"home/an/tty": (stat.S_IFCHR, 0o600, None, at), b"home/an/disk": (stat.S_IFBLK, 0o600, None, at)}
        session, _, _ = self.tiny.snapshot(entries)
        self.tiny.rotate()
        later, _, packs = self.tiny.snapshot(SMALL(self.tiny), incomplete=True)
        self.assertIn("2 snapshots", self.assert_sound())
        target = self.folder / "target"
        code, out, errors = self.read("restore", session.hex()[:6], target)
        self.assertEqual(code, 0, errors)
        self.assertEqual(errors.count("not restored"), 1 if os.geteuid() == 0 else 3)
        self.compare(target, expected)
        if os.geteuid() == 0:
            self.assertEqual([os.stat(target / "home/an" / name).st_rdev for name in ("tty", "disk")], [os.makedev(4, 1), os.makedev(8, 0)])
        one, two = (os.stat(target / p) for p in ("home/an/linked", "home/linked too"))
        self.assertEqual((one.st_ino, one.st_nlink), (two.st_ino, 2))
        self.assertLess(os.stat(target / "home/an/sparse").st_blocks, 200)
        with contextlib.suppress(OSError):
            os.setxattr(self.folder, "user.try", b"")
            self.assertEqual(os.getxattr(target / "home/an", "user.note"), b"x\0y")
        code, _, errors = self.read("restore", "latest", self.folder / "t2", key="admin")
        self.assertEqual(code, 0, errors)
        self.assertEqual((self.folder / "t2/a").read_bytes(), b"content of a")
        code, _, errors = self.read("restore", session.hex(), self.folder / "t3", "--path", "/home/an-2")
        self.assertEqual(code, 0, errors)
        self.compare(self.folder / "t3", {p[9:].lstrip(b"/"): e for p, e in expected.items() if p.startswith(b"home/an-2")})
        code, _, errors = self.read("restore", session.hex(), self.folder / "t4", "--path", "/home/an/text")
        self.assertEqual((self.folder / "t4/text").read_bytes(), expected[b"home/an/text"][2])
        self.assertEqual(self.read("restore", session.hex(), self.folder / "t5", "--path", "/home/none")[0], 1)
        self.assertEqual(self.read("restore", session.hex(), target)[0], 1, "not empty")
        self.assertEqual(self.read("restore", session.hex(), self.folder / "t6", key="backup")[0], 12)

    def test_keys(self):
        self.tiny.snapshot(SMALL(self.tiny))
        self.assertEqual(run(self.repo, "--passphrase-file", self.folder / "passphrase", "list")[0], 0)
        (self.folder / "wrong").write_text("something else")
        self.assertEqual(run(self.repo, "--passphrase-file", self.folder / "wrong", "list")[0], 12)
        slot = self.repo / "keys" / self.tiny.admin.slot.hex()
        flip(slot, 100)
        self.assertEqual(run(self.repo, "--passphrase-file", self.folder / "passphrase", "list")[0], 0, "the second copy opens")
        self.assertEqual(run(self.folder, "--key-file", self.folder / "restore", "list")[0], 10)
        self.assertEqual(run(self.repo, "list")[0], 2)
        self.assertEqual(run(self.repo, "--key-file", self.folder / "restore", "--pin", self.tiny.id.hex(), "list")[0], 0)
        self.assertEqual(run(self.repo, "--key-file", self.folder / "restore", "--pin", "00" * 32, "list")[0], 1)
        stranger = Person(self.tiny, 2, "nobody", 0)
        (self.folder / "stranger").write_bytes(self.tiny.key_file(stranger))
        self.assertEqual(self.read("list", key="stranger")[0], 12)
        flip(self.folder / "other", 100)
        self.assertEqual(self.read("list", key="other")[0], 12)

    def test_blind(self):
        self.tiny.snapshot(SMALL(self.tiny))
        self.tiny.snapshot(SMALL(self.tiny, self.tiny.other), self.tiny.other)
        for key in ("backup", "other"):
            code, out, errors = self.read("prove-blind", key=key)
            self.assertEqual(code, 0, errors)
            self.assertIn("4 packs verified", out)
            self.assert_sound(key)
        for key in ("restore", "admin"):
            self.assertEqual(self.read("prove-blind", key=key)[0], 1)
        self.assertEqual(self.read("restore", "latest", self.folder / "t")[0], 2, "two clients")


class RestoringSuite2(Restoring):
    suite = 2


class Sessions(WithRepository):
    def test_which_records_count(self):
        t = self.tiny
        small = lambda name: SMALL(t, name=name)
        kept = t.snapshot(small(b"kept"))[0]
        fenced = t.snapshot(small(b"fenced"), done=lambda s: (t.admin, f.fence_rest(s, TIME, t.place)), say=0)[0]
        forgotten = t.snapshot(small(b"forgotten"))[0]
        t.put_session(forgotten, "forgotten", f.FORGOTTEN, t.admin, f.forgotten_rest(forgotten, TIME, t.place, "old"))
        not_forgotten = t.snapshot(small(b"not forgotten"))[0]
        t.put_session(not_forgotten, "forgotten", f.FORGOTTEN, t.backup, f.forgotten_rest(not_forgotten, TIME, t.place))
        voided = t.snapshot(small(b"voided"))[0]
        t.put_session(voided, "fence", f.FENCE, t.admin, f.fence_rest(voided, TIME, t.place))
        t.put_session(voided, "void", f.VOID, t.backup, f.void_rest(voided, TIME, t.place))
        unverified = t.snapshot(small(b"unverified"))[0]
        t.put_session(unverified, "fence", f.FENCE, t.admin, f.fence_rest(unverified, TIME, t.place))
        t.put_session(unverified, "void", f.VOID, t.other, f.void_rest(unverified, TIME, t.place))
        only_void = t.snapshot(small(b"only void"))[0]
        t.put_session(only_void, "void", f.VOID, t.backup, f.void_rest(only_void, TIME, t.place))
        everywhere = t.snapshot(small(b"forgotten everywhere"))[0]
        t.put_session(everywhere, "forgotten", f.FORGOTTEN, t.admin, f.forgotten_rest(everywhere, TIME, bytes(16)))
        no_done = t.snapshot(small(b"no done"), done=False, say=0)[0]
        listed = self.snapshots()
        self.assertEqual(listed, [s.hex() for s in (kept, not_forgotten, voided, unverified, only_void)])
        report = self.assert_sound()
        self.assertNotIn(no_done.hex(), listed)
        for word in ("no entry saw it", "may not sign"):
            self.assertIn(word, report)
        self.assertEqual(self.read("restore", fenced.hex(), self.folder / "t")[0], 1)

    def test_fence_and_void_without_exclusive_create(self):
        self.repo = self.folder / "without"
        t = Tiny(self.repo, self.suite, "no")
        (self.folder / "restore").write_bytes(t.key_file(t.restore))

        def fenced(name, say, fencing=t.admin, voiding=t.backup):
            session = t.snapshot(SMALL(t, name=name), say=say)[0]
            t.put_session(session, "fence", f.FENCE, fencing, f.fence_rest(session, TIME, t.place))
            if voiding:
                t.put_session(session, "void", f.VOID, voiding, f.void_rest(session, TIME, t.place))
            return session.hex()
        stolen = fenced(b"seen before the key was stolen", 1)
        fenced(b"dead", 0)
        counting = [stolen, fenced(b"no fence", 0, t.backup), fenced(b"no void of his", 0, t.admin, t.other), fenced(b"unverified", 0, t.admin, None)]
        fenced(b"abandoned", 2)
        self.assertEqual(self.snapshots(), counting)
        self.assertEqual(self.read("list")[1].count("fenced: not verified"), 3)

    def test_a_squatted_fence(self):
        self.repo = self.folder / "without"
        t = Tiny(self.repo, self.suite, "no")
        (self.folder / "restore").write_bytes(t.key_file(t.restore))
        session = t.snapshot(SMALL(t), say=0)[0]
        t.put_session(session, "fence", f.FENCE, t.backup, f.fence_rest(session, TIME, t.place))
        t.put_session(session, "void", f.VOID, t.backup, f.void_rest(session, TIME, t.place))
        t.ledger(t.backup, 6, f.fields((3, session)))
        self.assertEqual(self.snapshots(), [session.hex()])
        t.ledger(t.admin, 6, f.fields((3, session)))
        self.assertEqual(self.snapshots(), [])
        self.assert_sound()

    def test_forgotten_by_the_ledger(self):
        t = self.tiny
        squatted, missing, kept = (t.snapshot(SMALL(t, name=name))[0] for name in (b"a", b"b", b"c"))
        t.put_session(squatted, "forgotten", f.FORGOTTEN, t.backup, f.forgotten_rest(squatted, TIME, t.place))
        for session in (squatted, missing, kept):
            t.ledger(t.backup, 4, f.fields((3, session)))
        t.ledger(t.admin, 5, f.fields((3, kept)))
        t.ledger(t.admin, 4, b"malformed")
        self.assertEqual(len(self.snapshots()), 3)
        for session in (squatted, missing):
            t.ledger(t.admin, 4, f.fields((3, session)))
        self.assertEqual(self.snapshots(), [kept.hex()])
        self.assert_sound()

    def test_what_was_done_elsewhere(self):
        t = self.tiny
        forgotten, _, packs = t.snapshot(SMALL(t))
        with t.elsewhere():
            t.put_session(forgotten, "forgotten", f.FORGOTTEN, t.admin, f.forgotten_rest(forgotten, TIME, t.place))
            t.ledger(t.admin, 4, f.fields((3, forgotten)))
            t.mark(packs)
            t.snapshot(SMALL(t, name=b"seen elsewhere"), done=False)
            mirrored = t.snapshot(SMALL(t, name=b"mirrored"))[0]
            lost = t.backup.heads[0]
            t.ledger(t.admin, 7, heads=[(t.backup.id, t.backup.n - 1, lost)])
            later = t.snapshot(SMALL(t, name=b"later"), say=2)[0]
            t.ledger(t.backup, 7, outcomes=t.backup.unsaid)
        here = t.snapshot(SMALL(t, name=b"here"))[0]
        listed = [s.hex() for s in (forgotten, mirrored, later, here)]
        self.assertEqual(self.snapshots(), listed)
        self.assertNotIn("forked", self.assert_sound())
        flip(self.repo / "snapshots" / later.hex() / "done", 90)
        self.assertEqual(self.snapshots(), listed, "what was abandoned elsewhere")
        flip(self.repo / "snapshots" / later.hex() / "done", 90)
        for pack in packs:
            (self.repo / f"packs/{pack.hex()[:2]}/{pack.hex()}").unlink()
        self.assert_damage("is missing")
        t.mark(packs, place=bytes(16))
        self.assertEqual(self.read("list")[1].count("\n"), 4)
        self.assertNotRegex(self.read("verify")[2], f"index: pack {packs[0].hex()} is missing")
        t.ledger(t.admin, 4, f.fields((3, forgotten)))
        self.assertNotIn(forgotten.hex(), self.read("list")[1], "the name is taken by another place's")

    def test_a_mirror_that_lags(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        with t.elsewhere():
            t.snapshot(SMALL(t, name=b"b"))
            chain = self.repo / "ledger" / t.backup.id.hex()
            head = (t.backup.id, 1, t.ledger(t.backup, 7))
            t.ledger(t.admin, 7, heads=[head])
            next(chain.glob("*" + head[2].hex())).unlink()
            self.assert_sound()
            t.ledger(t.backup, 7)
            self.assert_damage("names an entry before it", "names entry 1 of")

    def test_seen_outweighs_abandoned(self):
        t = self.tiny
        seen = t.snapshot(SMALL(t), done=lambda s: (t.admin, f.fence_rest(s, TIME, t.place)))[0]
        entry = t.backup.unsaid[0][0]
        t.ledger(t.backup, 7, outcomes=[(entry, 2)])
        t.ledger(t.other, 7, outcomes=[(entry, 1)])
        with t.elsewhere():
            t.ledger(t.backup, 7, outcomes=[(entry, 1)])
            t.snapshot(SMALL(t, name=b"b"), done=False)
            there = t.backup.unsaid
        t.ledger(t.backup, 7, outcomes=there)
        self.assertEqual(self.snapshots(), [], "what another chain says, or of another place")
        t.ledger(t.backup, 7, outcomes=[(entry, 1)])
        self.assertEqual(self.snapshots(), [seen.hex()])
        self.assert_damage("done is another")
        self.assertEqual(self.read("restore", seen.hex(), self.folder / "t")[0], 0)

    def test_a_done_that_no_entry_carries(self):
        t = self.tiny
        kept, outside = t.snapshot(SMALL(t))[0], t.snapshot(SMALL(t, t.other, b"b"), t.other, commit=False)[0]
        self.assertEqual(self.snapshots(), [kept.hex()])
        self.assert_damage(f"{outside.hex()}: no ledger entry")
        t.revoked = [(t.other.id, None)]
        t.rotate()
        self.assertEqual(self.snapshots(), [kept.hex()])
        self.assert_sound()

    def test_a_commit_of_anothers_session(self):
        t = self.tiny
        session = t.snapshot(SMALL(t), done=False, say=0)[0]
        root = t.catalog(SMALL(t, t.other, b"b"), t.other)
        t.put_packs(session, t.other)
        rest = f.record_rest(session=session, job="", root=root, start=TIME, end=TIME, sequence=1, domain=t.other.domain)
        x = f.with_check(t.sealed(f.RECORD, session, t.other, rest))
        t.ledger(t.other, 3, x, session=session)
        self.assertEqual(self.snapshots(), [])
        t.put(f"snapshots/{session.hex()}/done", x)
        self.assertEqual(self.snapshots(), [session.hex()])
        self.assertIn("holder='Nguyễn Văn An'", self.read("list")[1])
        self.assert_damage("commits another's session", "done is another")

    def test_numbers_that_do_not_follow(self):
        t = self.tiny
        kept = t.snapshot(SMALL(t))[0]
        t.backup.n += 1
        jumped = t.snapshot(SMALL(t, name=b"b"))[0]
        self.assertEqual(self.snapshots(), [kept.hex()])
        self.assert_damage(f"{jumped.hex()}: no ledger entry")

    def test_a_lost_done_is_rebuilt_and_reported(self):
        lost = self.tiny.snapshot(SMALL(self.tiny))[0]
        self.tiny.snapshot(SMALL(self.tiny, name=b"b"))
        shutil.rmtree(self.repo / "snapshots" / lost.hex())
        self.assertIn(lost.hex(), self.snapshots())
        self.assert_damage("done is gone")
        self.assertEqual(self.read("restore", lost.hex(), self.folder / "t")[0], 0)

    def test_a_damaged_done_counts_until_it_is_abandoned(self):
        t = self.tiny
        seen, abandoned, unsaid = (t.snapshot(SMALL(t, name=name), say=say)[0] for name, say in ((b"a", 1), (b"b", 2), (b"c", 0)))
        resealed = t.snapshot(SMALL(t, name=b"d"), say=0, done=lambda session: (t.other, f.fence_rest(session, TIME, t.place)))[0]
        for session in (seen, abandoned, unsaid):
            flip(self.repo / "snapshots" / session.hex() / "done", 90)
        self.assertEqual(self.snapshots(), [seen.hex(), unsaid.hex()])
        self.assert_damage("done is damaged")
        self.assertEqual(self.read("restore", seen.hex(), self.folder / "t")[0], 0)
        x = (self.repo / "snapshots" / seen.hex() / "done").read_bytes()[:-32]
        (self.repo / "snapshots" / seen.hex() / "done").write_bytes(f.with_check(x))
        self.assertEqual(self.snapshots(), [seen.hex(), unsaid.hex()], "the seal does not hold")
        self.assertNotIn(resealed.hex(), self.snapshots())

    def test_marks(self):
        t = self.tiny
        _, _, packs = self.tiny.snapshot(SMALL(self.tiny))
        self.tiny.snapshot(SMALL(self.tiny, name=b"b"))
        first = self.snapshots()[0]
        self.tiny.put_session(bytes.fromhex(first), "forgotten", f.FORGOTTEN, self.tiny.admin, f.forgotten_rest(bytes.fromhex(first), TIME, t.place))
        for pack in packs:
            (self.repo / f"packs/{pack.hex()[:2]}/{pack.hex()}").unlink()
        self.tiny.mark(packs, person=self.tiny.backup)
        self.assert_damage("is missing")
        self.tiny.mark(packs)
        self.assert_sound()

    def test_a_healed_copy(self):
        _, _, packs = self.tiny.snapshot(SMALL(self.tiny))
        healed(self.tiny, packs[0])
        self.assert_damage(": the name is not the hash")
        self.assertEqual(self.read("restore", "latest", self.folder / "t")[0], 0)
        self.assertEqual((self.folder / "t/a").read_bytes(), b"content of a")

    def test_without_an_index(self):
        self.tiny.snapshot(SMALL(self.tiny))
        shutil.rmtree(self.repo / "index")
        self.assert_damage("is gone", key="backup")
        self.assertEqual(self.read("restore", "latest", self.folder / "t")[0], 0)
        self.assertEqual((self.folder / "t/a").read_bytes(), b"content of a")

    def test_index_segments_that_are_gone(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        t.snapshot(SMALL(t, name=b"b"))
        old = sorted((self.repo / "index").iterdir())
        names = [bytes.fromhex(path.name) for path in old]
        t.put_hashed("index", f.INDEX, t.backup, f.index_rest([], [], names))
        self.assertIn("replaces segments", self.assert_sound())
        for path in old:
            path.unlink()
        for key in ("restore", "backup"):
            self.assert_damage(f"index segment {old[0].name} is gone", f"index segment {old[1].name} is gone", key=key)
        first = t.put_hashed("index", f.INDEX, t.admin, f.index_rest([], [], names[:1]))
        self.assert_damage(f"index segment {old[1].name} is gone")
        t.put_hashed("index", f.INDEX, t.admin, f.index_rest([], [], [first, *names]))
        self.assert_sound()
        (self.repo / "index" / first.hex()).unlink()
        self.assert_sound()

    def test_who_may_settle_rival_rosters(self):
        t = self.tiny
        second, third = Person(t, 3, "second admin", 0), Person(t, 3, "third admin", 0)
        for person in (second, third):
            person.settle(t)
            t.people.append(person)
        t.put_roster()
        before, n = t.roster, t.roster_n
        t.put_roster(seed=second.seed, signer=second.id, time=TIME + 1)
        with_third, t.roster, t.roster_n = t.roster, before, n
        t.revoked = [(third.id, None)]
        t.put_roster(seed=second.seed, signer=second.id)
        without_third = t.roster
        self.assert_damage("2 valid rosters")
        t.revoked, t.roster, t.roster_n = [], with_third, n + 1
        t.put_roster(seed=third.seed, signer=third.id, settles=[without_third])
        self.assert_damage("2 valid rosters")
        t.put_roster(seed=second.seed, signer=second.id, settles=[without_third])
        self.assert_sound()

    def test_history(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        before, n = t.backup.heads, t.backup.n
        t.snapshot(SMALL(t, name=b"b"))
        branch = t.backup.heads
        t.backup.heads, t.backup.n = before, n
        t.snapshot(SMALL(t, name=b"c"))
        t.backup.heads += branch
        last = t.snapshot(SMALL(t, name=b"d"))[0]
        t.ledger(t.admin, 7, heads=[(t.backup.id, t.backup.n - 1, t.backup.heads[0])])
        self.assertEqual(len(self.snapshots()), 4)
        self.assert_sound()
        next((self.repo / "ledger" / t.backup.id.hex()).glob(f"*{t.backup.heads[0].hex()}")).unlink()
        self.assert_damage("names entry")
        self.assertNotIn(last.hex(), self.snapshots())

    def test_a_snapshot_behind_a_withheld_entry_is_restored(self):
        t = self.tiny
        first, second, third = (t.snapshot(SMALL(t, name=name))[0].hex() for name in (b"a", b"b", b"c"))
        sorted((self.repo / "ledger" / t.backup.id.hex()).iterdir())[1].unlink()
        self.assertEqual(self.snapshots(), [first, third])
        self.assert_damage("which is gone: withheld")
        self.assertEqual(self.read("restore", third, self.folder / "t")[0], 0)
        self.assertEqual((self.folder / "t/c").read_bytes(), b"content of c")

    def test_a_twin_of_anothers_entry_is_refused(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        last = t.snapshot(SMALL(t, name=b"b"))[0].hex()
        entry = sorted((self.repo / "ledger" / t.backup.id.hex()).iterdir())[-1]
        x, subject, W = entry.read_bytes(), f.ledger_subject(t.backup.id, 1), t.epochs[t.epoch]
        r = object.__new__(reader.Repository)
        r.id, r.W = t.id, t.epochs
        twin = f.sealed(f.LEDGER, t.suite, t.epoch, W, t.id, subject, bytes(32), r.unseal(f.LEDGER, subject, x))
        t.put(f"ledger/{t.backup.id.hex()}/0000000001-{f.H(twin).hex()}", twin)
        report = self.assert_sound()
        self.assertIn("the signature does not hold", report)
        twin = f.sealed(f.LEDGER, 3 - t.suite, t.epoch, W, t.id, subject, x[16:48], r.unseal(f.LEDGER, subject, x))
        t.put(f"ledger/{t.backup.id.hex()}/0000000001-{f.H(twin).hex()}", twin)
        report = self.assert_sound()
        self.assertEqual(report.count("the signature does not hold"), 2, "the same salt, and another suite")
        self.assertNotIn("forked", report)
        entry.unlink()
        self.assertNotIn(last, self.snapshots())

    def test_revocation(self):
        t = self.tiny
        good = t.snapshot(SMALL(t))[0]
        upto = (t.backup.n - 1, t.backup.heads[0])
        bad = t.snapshot(SMALL(t, name=b"b"))[0]
        t.other.snapshot = t.snapshot(SMALL(t, t.other, b"o"), t.other)[0]
        t.revoked = [(t.backup.id, upto), (t.other.id, None)]
        t.rotate()
        self.assertEqual(self.snapshots(), [good.hex()])
        self.assertEqual(self.read("list", key="backup")[0], 12)
        self.assertNotIn(bad.hex(), self.assert_sound().split())
        self.assertEqual(self.read("restore", good.hex(), self.folder / "t")[0], 0, "his packs are still read")

    def test_revocation_by_branches(self):
        t = self.tiny
        first = t.snapshot(SMALL(t))[0]
        before, n = t.backup.heads, t.backup.n
        one = t.snapshot(SMALL(t, name=b"b"))[0]
        ends = [(n, t.backup.heads[0])]
        t.snapshot(SMALL(t, name=b"after"))
        t.backup.heads, t.backup.n = before, n
        two = t.snapshot(SMALL(t, name=b"c"))[0]
        ends.append((n, t.backup.heads[0]))
        t.revoked = [(t.backup.id, end) for end in ends]
        t.rotate()
        self.assertEqual(sorted(self.snapshots()), sorted(s.hex() for s in (first, one, two)))
        t.revoked = t.revoked[:1]
        t.rotate()
        self.assertEqual(sorted(self.snapshots()), sorted(s.hex() for s in (first, one)))

    def test_what_a_revoked_admin_signed(self):
        t = self.tiny
        thief = Person(t, 3, "once an admin", 0)
        thief.settle(t)
        t.people.append(thief)
        t.rotate()
        removed, packs = t.snapshot(SMALL(t))[0], t.snapshot(SMALL(t, name=b"b"))[2]
        t.put_session(removed, "forgotten", f.FORGOTTEN, thief, f.forgotten_rest(removed, TIME, t.place))
        t.ledger(thief, 4, f.fields((3, removed)))
        mark = t.mark(packs, person=thief)
        t.ledger(thief, 5, f.fields((5, mark)))
        upto = (thief.n - 1, thief.heads[0])
        kept, later = t.snapshot(SMALL(t, name=b"c"))[0], t.snapshot(SMALL(t, name=b"d"))[2]
        t.put_session(kept, "forgotten", f.FORGOTTEN, thief, f.forgotten_rest(kept, TIME, t.place))
        t.ledger(thief, 4, f.fields((3, kept)))
        t.mark(later, person=thief)
        t.revoked = [(thief.id, upto)]
        t.rotate()
        self.assertNotIn(removed.hex(), self.snapshots())
        self.assertIn(kept.hex(), self.snapshots())
        self.assertIn("its signer is revoked", self.assert_sound())
        for pack in packs:
            (self.repo / f"packs/{pack.hex()[:2]}/{pack.hex()}").unlink()
        self.assertNotRegex(self.read("verify")[2], "index: pack [0-9a-f]* is missing")
        for pack in later:
            (self.repo / f"packs/{pack.hex()[:2]}/{pack.hex()}").unlink()
        self.assertRegex(self.read("verify")[2], f"index: pack {later[0].hex()} is missing")

    def test_rosters_keep_what_was_signed_judgeable(self):
        t = self.tiny
        session = t.snapshot(SMALL(t))[0].hex()
        one, n = t.roster, t.roster_n

        def not_followed(**more):
            t.put_roster(**more)
            self.assertEqual(self.snapshots(), [session])
            self.assertIn("note: roster", self.assert_sound())
            t.roster, t.roster_n = one, n
        t.backup.role = 3
        not_followed()
        t.backup.role, t.backup.domain = 1, 4
        not_followed(time=TIME + 1)
        t.backup.domain = 3
        not_followed(time=TIME + 5, revoked=[(t.backup.id, None)])
        not_followed(time=TIME + 6, E=f.seal_public(bytes([7]) * 32))
        not_followed(**{"time": TIME + 7, "epoch-secret-hash": bytes(32)})
        t.rotate()
        one, n, t.epoch = t.roster, t.roster_n, t.epoch - 1
        not_followed(time=TIME + 8)
        t.epoch, t.backup.slot = t.epoch + 1, bytes(16)
        t.put_roster()
        one, n = t.roster, t.roster_n
        self.assertNotEqual(self.read("list", key="backup")[0], 0, "the slot that it had")
        (self.folder / "backup").write_bytes(t.key_file(t.backup))
        self.assertEqual(self.read("list", key="backup")[0], 0)
        people, t.people = t.people, [p for p in t.people if p is not t.other]
        not_followed(time=TIME + 3)
        t.people, t.revoked = people, [(t.other.id, None)]
        t.put_roster()
        t.revoked, one, n = [], t.roster, t.roster_n
        t.people = [p for p in t.people if p is not t.other]
        not_followed(time=TIME + 4)

    def test_a_signed_roster_that_is_not_understood_stops(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        good = next((self.repo / "roster").glob("*")).read_bytes()
        for seed, signer, code in ((t.backup.seed, t.backup.id, 0), (t.admin.seed, t.admin.id, 1)):
            x = good[:16] + f.signed_body(good[:16], seed, signer, t.id, f.u64(1), t.roster, b"from the future")
            for end in ("", ".2"):
                t.put(f"roster/0000000001-{f.H(x).hex()}{end}", x)
            self.assertEqual(self.read("list")[0], code)

    def test_a_signed_roster_with_a_header_that_is_not_understood_stops(self):
        t = self.tiny
        x = next((self.repo / "roster").glob("*")).read_bytes()
        head = x[:8] + b"\3" + x[9:16]
        x = head + f.signed_body(head, t.admin.seed, t.admin.id, t.id, f.u64(1), t.roster, x[80:-64])
        for end in ("", ".2"):
            t.put(f"roster/0000000001-{f.H(x).hex()}{end}", x)
        self.assertEqual(self.read("list")[0], 1)

    def test_a_roster_in_between_is_missing(self):
        t = self.tiny
        t.roster, t.roster_n = bytes([1]) * 32, 1
        t.put_roster(seed=t.backup.seed, signer=t.backup.id)
        self.assertIn("follows from none", self.assert_sound())
        t.roster, t.roster_n = bytes([1]) * 32, 1
        t.put_roster()
        self.assert_damage("roster 2: the roster before it is missing")

    def test_a_bundle_with_other_secrets(self):
        t = self.tiny
        epochs, contents = t.epochs, t.contents
        t.rotate()
        t.epochs = {**epochs, 0: bytes(32)}
        t.put_roster()
        self.assert_damage("its W of epoch 0", key="backup")
        t.epochs, t.contents = epochs, {**contents, 0: bytes([1]) * 32}
        t.put_roster()
        self.assert_damage("its content secret of epoch 0")
        self.assert_sound("backup")

    def test_rosters(self):
        t = self.tiny
        t.snapshot(SMALL(t))
        t.put_roster(seed=t.backup.seed, signer=t.backup.id)
        self.assertIn("may not sign", self.assert_sound())
        before, t.roster_n = t.roster, 0
        first = sorted((self.repo / "roster").glob("0000000000-*"))[0]
        t.roster = bytes.fromhex(first.name[11:75])
        t.put_roster()
        one, t.roster_n, t.roster = t.roster, 0, bytes.fromhex(first.name[11:75])
        t.put_roster(time=TIME + 1)
        two = t.roster
        self.assert_damage("2 valid rosters")
        t.roster, t.roster_n = max(one, two), 1
        t.put_roster(settles=[min(one, two)])
        self.assert_sound()
        flip(first, 300)
        self.assert_damage("roster/0000000000")
        self.assertEqual(len(self.snapshots()), 1)
        t.put_roster(write_features=["later"])
        self.assertEqual(len(self.snapshots()), 1)
        t.put_roster(read_features=["unheard-of"])
        code, _, errors = self.read("list")
        self.assertEqual(code, 1)
        self.assertIn("unheard-of", errors)

    def test_entries_that_are_refused_cost_only_themselves(self):
        t = self.tiny
        strange = [*SMALL(t), (b"b", b"\xee\xee"), (b"c", body(2, 0o755) + f.fields((7, b"new"))), (b"c/child", body(2, 0o755)),
                   (b"d", body(1, 0o644, f.file_part(1, [f.segment(9, b"?")]), file_hash=bytes(32))), (b"e", file_body(t, 0o644, b"wrong", file_hash=bytes(32))),
                   (b"f", body(1, 0o644, f.file_part(3, [f.list_segment(t.chunk(f.LIST, f.list_chunk(0, [f.hole(4)])), 3)]))),
                   (b"g", body(1, 0o644, f.file_part(9, [f.whole_chunk(t.chunk(f.DATA, b"short"), 9)]))), (b"z", file_body(t, 0o644, b"last"))]
        t.snapshot(strange)
        self.assert_damage("/b:", "/c:", "/c/child:", "/d:", "/e:", "/f:", "/g:")
        code, out, errors = self.read("restore", "latest", self.folder / "t")
        self.assertEqual(code, 13)
        self.assertEqual(sorted(os.listdir(self.folder / "t")), ["a", "z"])

    def test_trees_that_are_refused(self):
        t = self.tiny
        for entries in ([(b"a", body(2, 0o755))], [(b"", body(2, 0o755)), (b"no/parent", body(2, 0o755))], [(b"", file_body(t, 0o644, b"x"))]):
            session = t.snapshot(entries)[0]
            self.assertEqual(self.read("restore", session.hex(), self.folder / session.hex())[0], 13)


class Flips(WithRepository):
    """One bit anywhere is found, with a reader's key and with one that only writes."""

    def all_files(self):
        return sorted(p for p in self.repo.rglob("*") if p.is_file())

    def test_every_object(self):
        t = self.tiny
        t.snapshot(every_kind(t)[0])
        session, _, packs = t.snapshot(SMALL(t, name=b"b"))
        t.put_session(session, "forgotten", f.FORGOTTEN, t.admin, f.forgotten_rest(session, TIME, t.place, "old"))
        t.mark(packs, 2)
        t.ledger(t.admin, 4, f.fields((3, session)))
        self.assert_sound()
        code, clean, _ = self.read("list")
        for path in self.all_files():
            original = path.read_bytes()
            for at in {0, len(original) // 2, len(original) - 1}:
                flip(path, at)
                for key in ("restore", "backup") if at else ("restore",):
                    with self.subTest(str(path.relative_to(self.repo)), at=at, key=key):
                        code, out, errors = self.read("verify", key=key)
                        self.assertEqual(code, 13, out + errors)
                path.write_bytes(original)
            with self.subTest(path.relative_to(self.repo), at="cut"):
                path.write_bytes(original[:-1])
                self.assertEqual(self.read("verify", key="backup")[0], 13)
                path.write_bytes(original)
        self.assert_sound()
        self.assertEqual(self.read("list")[1], clean)

    def test_other_frames_under_a_copied_directory(self):
        """Whoever can put objects can do this; a key that only writes finds it."""
        t = self.tiny
        _, _, packs = t.snapshot(SMALL(t))
        path = self.repo / f"packs/{packs[0].hex()[:2]}/{packs[0].hex()}"
        x = bytearray(path.read_bytes())
        x[85] ^= 1
        name = f.H(bytes(x)).hex()
        t.put(f"packs/{name[:2]}/{name}", x)
        for key in ("backup", "restore"):
            self.assert_damage("vouches for", key=key)
        self.assertEqual(self.read("restore", "latest", self.folder / "t")[0], 0)
        self.assertEqual((self.folder / "t/a").read_bytes(), b"content of a")

    def test_packs_forged_by_a_writer(self):
        """Name and directory fit, a chunk does not: only a reader's key can tell."""
        t = self.tiny
        t.snapshot(SMALL(t))
        identity = t.chunk(f.DATA, b"content of a")
        t.chunks[(f.DATA, identity)] = (f.DATA, 0, identity, b"content of b", 12)
        t.put_packs(bytes(16), t.backup)
        self.assertEqual(self.read("verify", key="backup")[0], 0)
        self.assert_damage("frame 0: the chunk is not what its id says")
        self.assertEqual(self.read("restore", "latest", self.folder / "t")[0], 0)
        self.assertEqual((self.folder / "t/a").read_bytes(), b"content of a")

    def test_lost_objects(self):
        self.tiny.snapshot(SMALL(self.tiny))
        self.tiny.snapshot(SMALL(self.tiny, name=b"b"))
        self.tiny.ledger(self.tiny.admin, 7, heads=[(self.tiny.backup.id, 1, self.tiny.backup.heads[0])])
        for name in ("format.2", "place", *(str(p.relative_to(self.repo)) for folder in ("roster", "keys", "packs") for p in (self.repo / folder).rglob("*") if p.is_file()),
                     *(str(p.relative_to(self.repo)) for p in (self.repo / "ledger" / self.tiny.backup.id.hex()).iterdir())):
            path = self.repo / name
            original = path.read_bytes()
            path.unlink()
            with self.subTest(name):
                self.assertEqual(self.read("verify")[0], 13)
            path.write_bytes(original)


if __name__ == "__main__":
    unittest.main()
