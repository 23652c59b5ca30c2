#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever a thief calls his files, links, tags and jobs, nobody's terminal obeys it; and what his
key may not do ends with exit code 12."""
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from program import ProgramTest  # noqa: E402

# Clears the screen, sets the title, goes up a line, rings, turns the writing round, ends a line.
EVIL = "\x1b[2J\x1b]0;gone\x07\x1b[1A\r‮gpj.exe\u2066\x9b31m"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f‪-‮\u2066-\u2069]")


class TerminalTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.source = self.folder / "source"
        self.source.mkdir()
        self.names = [EVIL + "file", "-rf " + EVIL, EVIL.encode("utf-8") + b"\xff\xfe", "new\nline"]
        for name in self.names:
            raw = name if isinstance(name, bytes) else name.encode()
            pathlib.Path(os.fsdecode(os.path.join(os.fsencode(self.source), raw))).write_text("x")
        os.symlink("to " + EVIL, self.source / "link")
        (self.source / (EVIL + "folder")).mkdir()
        self.backup("--job", EVIL + "job", "--tag", EVIL + "tag")

    def backup(self, *words):
        return self.harmless(0, "backup", *self.by_key(), *words, "--", self.source)

    def by_key(self):
        return "--repo", self.repo, "--key-file", self.key

    def by_admin(self):
        return "--repo", self.repo, "--passphrase-file", self.passphrase

    def harmless(self, code, *words):
        done = self.expect(code, *words)
        for stream in (done.out, done.err):
            self.assertIsNone(CONTROL.search(stream), f"{words}\n{done!r}")
        return done

    def test_nothing_that_is_shown_is_obeyed_by_a_terminal(self):
        out = self.folder / "out"
        for words in (["snapshots"], ["ls", "latest:/", "--recursive"],
                      ["ls", "latest:/", "--recursive", "--long"], ["find", "*"],
                      ["key", "list"], ["check", "--read-data"],
                      ["restore", "latest", "--target", out]):
            for more in ([], ["--json"]):
                self.harmless(0, words[0], *self.by_admin(), *more, *words[1:])

    def test_nor_what_is_said_of_changes_and_of_what_goes_wrong(self):
        first = self.folder / "out"
        self.harmless(0, "restore", *self.by_admin(), "latest", "--target", first)
        for path in list(self.source.iterdir()):
            if path.is_file() and not path.is_symlink():
                path.write_text("changed")
        self.backup("--job", EVIL + "job")
        ids = [line["id"] for line in
               self.expect(0, "snapshots", *self.by_admin(), "--json").lines() if "id" in line]
        self.assertEqual(len(ids), 2)
        self.harmless(0, "diff", *self.by_admin(), *ids)
        for more in ([], ["--dry-run"]):  # what differs stays, and is named
            done = self.run_program("restore", *self.by_admin(), ids[-1], "--target", first, *more)
            self.assertIsNone(CONTROL.search(done.out + done.err), repr(done))
        for pack in (self.repo / "packs").glob("*/*"):
            raw = bytearray(pack.read_bytes())
            raw[90] ^= 1
            pack.chmod(0o600)
            pack.write_bytes(raw)
        self.harmless(13, "check", *self.by_admin(), "--read-data")
        done = self.run_program("restore", *self.by_admin(), ids[0], "--target",
                                self.folder / "other")
        self.assertEqual(done.code, 13, repr(done))
        self.assertIsNone(CONTROL.search(done.out + done.err), repr(done))

    def test_nor_a_foreign_object_of_the_store_nor_a_name_that_is_not_there(self):
        (self.repo / (EVIL + "foreign")).write_text("x")
        self.harmless(0, "check", *self.by_admin())
        self.harmless(1, "ls", *self.by_admin(), "latest:/" + EVIL)
        self.harmless(1, "restore", *self.by_admin(), EVIL, "--target", self.folder / "none")

    def test_a_backup_key_may_not_read_and_ends_with_12(self):
        out = self.folder / "out"
        for words in (["restore", "latest", "--target", out], ["ls", "latest:/"], ["find", "*"],
                      ["diff", "latest", "latest"], ["check", "--read-data"]):
            self.harmless(12, words[0], *self.by_key(), *words[1:])
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
