#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looking into snapshots: ls, find, diff."""
import base64
import os
import signal
import subprocess
import unittest

from program import PROGRAM, ProgramTest

ESCAPES = b"evil\n\x1b[31mred"
NO_TEXT = b"latin-\xe9"


class Listing(ProgramTest):
    """Two snapshots of a few files; what the second changed is what diff must say."""

    def setUp(self):
        super().setUp()
        self.init()
        self.write_key = ("--repo", self.repo, "--key-file", self.key)
        self.use = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "data"
        self.write("data/báo cáo/tháng 1.docx", "nội dung\n")
        self.write("data/báo cáo/sâu/hơn/nữa.txt", "x" * 2000)
        self.write("data/gone.txt", "gone")
        self.write("data/mode.txt", "mode")
        self.write("data/turns", "a file")
        os.chmod(self.source / "mode.txt", 0o640)
        os.symlink("no\nwhere", self.source / "link")
        for name in (ESCAPES, NO_TEXT):
            with open(os.path.join(os.fsencode(self.source), name), "wb") as file:
                file.write(b"12345")
        self.first = self.back_up()
        self.write("data/báo cáo/tháng 1.docx", "nội dung khác\n")
        (self.source / "gone.txt").unlink()
        os.chmod(self.source / "mode.txt", 0o4600)
        (self.source / "turns").unlink()
        (self.source / "turns").mkdir()
        self.write("data/new.txt", "new")
        self.second = self.back_up("--job", "j")

    def back_up(self, *words):
        return self.expect(0, "backup", self.source, "--json", *words,
                           *self.write_key).lines()[-1]["snapshot"]

    def ls(self, path="", *words, snapshot="latest"):
        return self.expect(0, "ls", f"{snapshot}:{self.source}{path}", *words, *self.use)

    def test_ls_shows_one_path_a_line(self):
        lines = self.ls().out.splitlines()
        self.assertEqual(lines, [f"{self.source}/{name}" for name in
                                 ["báo cáo/", "evil\\n\\x1b[31mred", "latin-\\xe9", "link",
                                  "mode.txt", "new.txt", "turns/"]])
        deep = self.ls("/báo cáo", "-R").out.splitlines()
        self.assertEqual(deep, [f"{self.source}/báo cáo/{name}" for name in
                                ["sâu/", "sâu/hơn/", "sâu/hơn/nữa.txt", "tháng 1.docx"]])
        one = self.ls("/báo cáo/tháng 1.docx", snapshot=self.first[:9]).out
        self.assertEqual(one, f"{self.source}/báo cáo/tháng 1.docx\n")
        self.assertEqual(self.ls("/turns").out, "")
        top = self.expect(0, "ls", "latest:j", *self.use).out
        self.assertEqual(top, "/" + str(self.source).split("/")[1] + "/\n")

    def test_ls_long_shows_what_ls_does(self):
        lines = {line.rsplit("/data/", 1)[1]: line
                 for line in self.ls("", "-lR").out.splitlines()}
        self.assertTrue(lines["mode.txt"].startswith("-rwS------"), lines)
        self.assertTrue(lines["báo cáo/"].startswith("drwx"), lines)
        self.assertIn("2.0 KiB", lines["báo cáo/sâu/hơn/nữa.txt"])
        link = lines["link -> no\\nwhere"]
        self.assertTrue(link.startswith("lrwxrwxrwx"), link)
        if os.geteuid() == 0:
            self.assertIn("  root  root  ", link)
        real = subprocess.run(["stat", "-c", "%A", self.source / "mode.txt"], check=True,
                              capture_output=True, text=True).stdout.strip()
        self.assertEqual(lines["mode.txt"].split()[0], real)

    def test_ls_as_json_has_every_name_as_it_is(self):
        *entries, summary = self.ls("", "--json", "-R").lines()
        self.assertEqual({line["type"] for line in entries}, {"entry"})
        self.assertEqual(summary["command"], "ls")
        self.assertEqual(summary["snapshot"], self.second)
        self.assertEqual(summary["files"], 6)
        self.assertEqual(summary["folders"], 4)
        self.assertEqual(summary["others"], 1)
        by_path = {line["path"]: line for line in entries}
        evil = by_path[f"{self.source}/" + ESCAPES.decode()]
        self.assertEqual((evil["kind"], evil["size"]), ("file", 5))
        no_text = by_path[f"{self.source}/latin-\\xe9"]
        self.assertEqual(base64.b64decode(no_text["path_b64"]),
                         os.fsencode(self.source) + b"/" + NO_TEXT)
        self.assertEqual(by_path[f"{self.source}/link"]["target"], "no\nwhere")
        self.assertEqual(by_path[f"{self.source}/mode.txt"]["mode"], "4600")

    def test_what_is_not_there_is_told_with_the_nearest_folder(self):
        done = self.expect(1, "ls", f"latest:{self.source}/báo cáo/no/such", *self.use)
        self.assertIn(f"the nearest folder that is: {self.source}/báo cáo\n", done.err)
        self.assertEqual(done.out, "")
        self.expect(1, "ls", "ffffffff", *self.use)
        self.expect(1, "ls", "latest:other", *self.use)
        self.expect(2, "ls", *self.use)
        self.expect(2, "ls", "latest:/a/../b", *self.use)
        done = self.expect(1, "diff", self.first, self.second, f"{self.source}/no", *self.use)
        self.assertIn(f"the nearest folder that is: {self.source}\n", done.err)

    def test_a_key_that_only_adds_may_not_look(self):
        for words in [("ls", "latest"), ("find", "*"), ("diff", self.first, self.second)]:
            done = self.expect(12, *words, *self.write_key)
            self.assertIn("needs a key that may read", done.err)
            self.assertEqual(done.out, "")
            error = self.expect(12, *words, "--json", *self.write_key).lines()[-1]
            self.assertEqual((error["type"], error["kind"]), ("error", "wrong_key"))

    def test_find_shows_each_version_once(self):
        done = self.expect(0, "find", "*.docx", *self.use)
        lines = done.out.splitlines()
        self.assertEqual(len(lines), 2, done)
        self.assertTrue(lines[0].startswith(self.second[:12]))
        self.assertTrue(lines[1].startswith(self.first[:12]))
        for line in lines:
            self.assertTrue(line.endswith(f"  {self.source}/báo cáo/tháng 1.docx"), line)
        self.assertIn("2 versions in 2 snapshots", done.err)
        same = self.expect(0, "find", "nữa.*", *self.use).out.splitlines()
        self.assertEqual(len(same), 1)
        self.assertIn("(in 2 snapshots", same[0])
        each = self.expect(0, "find", "nữa.*", "-v", *self.use).out.splitlines()
        self.assertEqual([line[:12] for line in each], [self.second[:12], self.first[:12]])
        evil = self.expect(0, "find", "*\x1b*", *self.use).out
        self.assertIn("evil\\n\\x1b[31mred", evil)

    def test_find_can_be_narrowed(self):
        def found(*words):
            lines = self.expect(0, "find", *words, "--json", *self.use).lines()
            hits = [line for line in lines if line["type"] == "hit"]
            self.assertEqual(lines[-1]["hits"], len(hits))
            return [(line["snapshot"], line["path"][len(str(self.source)) + 1:]) for line in hits]

        self.assertEqual(found("turns"), [(self.second, "turns"), (self.first, "turns")])
        self.assertEqual(found("turns", "--type", "f"), [(self.first, "turns")])
        self.assertEqual(found("turns/"), [(self.second, "turns")])
        self.assertEqual(found("*", "--type", "l", "--snapshot", self.first[:8]),
                         [(self.first, "link")])
        self.assertEqual(found("*.txt", "--snapshot", "latest:j", "--snapshot", self.second),
                         [(self.second, name) for name in
                          ["báo cáo/sâu/hơn/nữa.txt", "mode.txt", "new.txt"]])
        self.assertEqual(found(f"{self.source}/*.txt", "--snapshot", self.first[:8]),
                         [(self.first, "gone.txt"), (self.first, "mode.txt")])
        self.assertEqual(found("nothing*"), [])
        for bad in [("[a",), ("#a",), ("!a",), ("",), (), ("*", "--type", "x")]:
            self.expect(2, "find", *bad, *self.use)
        self.expect(1, "find", "*", "--snapshot", "ffff", *self.use)

    def test_diff_shows_what_changed(self):
        done = self.expect(0, "diff", self.first, self.second, *self.use)
        lines = done.out.splitlines()
        self.assertEqual(lines[:5], [f"M {self.source}/báo cáo/tháng 1.docx",
                                     f"- {self.source}/gone.txt",
                                     f"U {self.source}/mode.txt  (mode)",
                                     f"+ {self.source}/new.txt",
                                     f"T {self.source}/turns/"])
        self.assertIn(f"From snapshot {self.first[:12]} to {self.second[:12]}:", lines[5])
        verbose = self.expect(0, "diff", self.first, "latest:j", "-v", *self.use).out
        self.assertIn(f"U {self.source}/  (time)", verbose)
        part = self.expect(0, "diff", self.second, self.first, f"{self.source}/báo cáo", *self.use)
        self.assertEqual(part.out.splitlines()[0], f"M {self.source}/báo cáo/tháng 1.docx")
        same = self.expect(0, "diff", self.first, self.first, *self.use).out
        self.assertIn("Nothing differs", same)

    def test_diff_as_json(self):
        *entries, summary = self.expect(0, "diff", self.first, self.second, "--json",
                                        *self.use).lines()
        changes = {line["path"][len(str(self.source)) + 1:]: line for line in entries
                   if line["path"].startswith(f"{self.source}/")}
        self.assertEqual({name: line["change"] for name, line in changes.items()
                          if name not in ("báo cáo",)},
                         {"báo cáo/tháng 1.docx": "content", "gone.txt": "removed",
                          "mode.txt": "metadata", "new.txt": "added", "turns": "type"})
        self.assertEqual(changes["mode.txt"]["differs"], ["mode"])
        self.assertEqual(changes["mode.txt"]["before"]["mode"], "0640")
        self.assertEqual(changes["mode.txt"]["after"]["mode"], "4600")
        self.assertNotIn("before", changes["new.txt"])
        self.assertNotIn("after", changes["gone.txt"])
        self.assertEqual((summary["before"], summary["after"]), (self.first, self.second))
        self.assertEqual([summary[key] for key in ("added", "removed", "content", "type_changed")],
                         [1, 1, 1, 1])
        self.assertEqual(summary["added_bytes"], 3)

    def test_diff_needs_two_snapshots_and_a_path_from_the_top(self):
        self.expect(2, "diff", self.first, *self.use)
        self.expect(2, "diff", *self.use)
        self.expect(2, "diff", self.first, self.second, "data", *self.use)
        self.expect(1, "diff", self.first, "ffffffff", *self.use)

    def test_a_catalog_that_is_damaged_is_told(self):
        packs = sorted((self.repo / "packs").rglob("*"), key=lambda p: p.stat().st_mtime_ns)
        for pack in packs:  # every frame of every pack is bad now, directories are not looked at
            if pack.is_file():
                data = bytearray(pack.read_bytes())
                for at in range(100, min(len(data), 3000), 50):
                    data[at] ^= 1
                os.chmod(pack, 0o600)
                pack.write_bytes(data)
        for words in [("ls", "latest"), ("find", "*"), ("diff", self.first, self.second)]:
            done = self.expect(13, *words, *self.use)
            self.assertIn("saoluu: damage: ", done.err)
            lines = self.expect(13, *words, "--json", *self.use).lines()
            self.assertIn("damage", {line.get("severity") for line in lines})
            self.assertGreater(lines[-1]["damaged"], 0)

    def test_who_has_seen_enough_may_close(self):
        with subprocess.Popen([PROGRAM, "ls", "latest", "-R", "--json", *map(str, self.use)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.environment(None)) as process:
            process.stdout.close()
            error = process.stderr.read().decode()
            self.assertEqual(process.wait(timeout=60), 0, error)
            self.assertEqual(error, "")

    def test_an_interruption_ends_it(self):
        for number in range(3000):  # more text than a pipe holds
            self.write(f"data/many/{number}-{'x' * 100}", "")
        third = self.back_up()
        for words in [("ls", "latest", "-R"), ("find", "*x"), ("diff", self.first, third)]:
            with subprocess.Popen([PROGRAM, *words, *map(str, self.use)],
                                  env=self.environment(None), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.read(1)
                process.send_signal(signal.SIGINT)
                out, error = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, words)
                self.assertIn(b"saoluu: error: ", error)
                self.assertLess(out.count(b"\n"), 3000, words)


if __name__ == "__main__":
    unittest.main()
