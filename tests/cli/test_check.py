#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What check says of damage, and what repair index makes good, on real repositories."""
import os
import re
import shutil
import unittest

from program import ProgramTest


class Checked(ProgramTest):
    """A repository with three snapshots; each has one file more, in a pack of its own."""

    def setUp(self):
        super().setUp()
        self.init()
        self.use = ("--repo", self.repo, "--key-file", self.key)
        self.admin = ("--repo", self.repo, "--passphrase-file", self.passphrase)
        self.source = self.folder / "Tài liệu"
        self.source.mkdir()
        self.snapshots, self.packs = [], []
        for i in range(3):
            before = set(self.objects("packs"))
            (self.source / f"ảnh {i}.bin").write_bytes(os.urandom(600_000))
            done = self.expect(0, "backup", self.source, "--job", "tailieu", *self.use, "--json")
            self.snapshots.append(done.lines()[-1]["snapshot"])
            self.packs.append(max(set(self.objects("packs")) - before,
                                  key=lambda path: path.stat().st_size))

    def objects(self, folder):
        return sorted(p for p in (self.repo / folder).rglob("*") if p.is_file())

    def change(self, path, change):
        data = bytearray(path.read_bytes())
        os.chmod(path, 0o600)
        path.write_bytes(change(data))

    def flip(self, path, at=5000):
        def change(data):
            data[at] ^= 1
            return data
        self.change(path, change)

    def summary(self, code, *words):
        return self.expect(code, *words, "--json").lines()[-1]

    def assert_whole(self):
        for words in [("check", *self.use), ("check", "--read-data", *self.admin)]:
            done = self.expect(0, *words)
            self.assertIn("The repository is sound.", done.out)
            self.assertEqual(done.err, "")
        target = self.folder / "restored"
        self.expect(0, "restore", f"latest:tailieu:{self.source}", "--target", target, *self.admin)
        self.assertEqual(self.listing(target), self.listing(self.source))
        shutil.rmtree(target)


class Verdict(Checked):
    def test_a_sound_repository_is_said_to_be_sound(self):
        self.assert_whole()
        line = self.summary(0, "check", *self.use)
        self.assertEqual((line["verdict"], line["sound"], line["next_steps"]), ("sound", True, []))

    def test_a_reader_learns_which_files_of_which_snapshots_are_damaged(self):
        self.flip(self.packs[1])
        for words in [(), ("--read-data",)]:
            done = self.expect(13, "check", *words, *self.admin)
            verdict = done.out[done.out.index("DAMAGE"):]
            self.assertIn(f"{self.source}/ảnh 1.bin", verdict)
            self.assertNotIn("ảnh 0.bin", verdict)
            for snapshot in self.snapshots[1:]:
                self.assertIn(snapshot[:12], verdict)
            self.assertIn(f"Last snapshot without damage: {self.snapshots[0][:12]}", verdict)
            self.assertIn("What to do next:", verdict)
            self.assertIn("saoluu heal --from COPY", " ".join(verdict.split()))
            self.assertIn(self.packs[1].name, done.err)
        lines = self.expect(13, "check", "--json", *self.admin).lines()
        named = {(line["path"], line["snapshot"]) for line in lines
                 if line["type"] == "damaged_file"}
        self.assertEqual(named, {(f"{self.source}/ảnh 1.bin", snapshot)
                                 for snapshot in self.snapshots[1:]})
        states = {line["snapshot"]: line["state"] for line in lines
                  if line["type"] == "checked_snapshot"}
        self.assertEqual([states[snapshot] for snapshot in self.snapshots],
                         ["whole", "misses_files", "misses_files"])
        self.assertEqual(lines[-1]["verdict"], "damaged")
        self.assertEqual(lines[-1]["kinds"], {"packs": 1, "files": 1})
        self.assertEqual(lines[-1]["last_whole"], [self.snapshots[0]])

    def test_a_backup_key_learns_which_snapshots_may_be_concerned(self):
        self.change(self.packs[1], lambda data: data[:len(data) // 2])
        done = self.expect(13, "check", *self.use)
        verdict = done.out[done.out.index("DAMAGE"):]
        self.assertNotIn("ảnh", verdict)
        self.assertIn("2 snapshots of 3 may be concerned", verdict)
        self.assertIn("job tailieu", verdict)
        self.assertIn("saoluu check --passphrase-file", verdict)
        self.assertIn(f"Last snapshot without damage: {self.snapshots[0][:12]}", verdict)

    def test_many_damaged_files_are_listed_up_to_a_bound(self):
        many = self.folder / "many"
        many.mkdir()
        for i in range(70):
            (many / f"{i:02}").write_bytes(os.urandom(1000))
        before = set(self.objects("packs"))
        self.expect(0, "backup", many, "--job", "many", *self.use)
        for pack in set(self.objects("packs")) - before:
            if pack.read_bytes()[7] == 1:  # of data: each worker makes one
                pack.unlink()
        done = self.expect(13, "check", *self.admin)
        verdict = done.out[done.out.index("DAMAGE"):]
        self.assertEqual(len(re.findall(rf"^  {many}/\d\d$", verdict, re.MULTILINE)), 50)
        lines = self.expect(13, "check", "--json", *self.admin).lines()
        self.assertEqual(sum(line["type"] == "damaged_file" for line in lines), 70)
        self.assertEqual(lines[-1]["damaged_files"], 70)
        self.assertIn("and 20 more; --json lists all", verdict)

    def test_each_kind_of_damage_has_its_next_step(self):
        roster = next(p for p in self.objects("roster") if p.name.endswith(".2"))
        kept = roster.read_bytes()
        roster.unlink()
        done = self.expect(13, "check", *self.use)
        self.assertIn(roster.name, done.err)
        self.assertIn("NAME.2", done.out)
        self.assertIn("Every snapshot is whole", done.out)
        roster.write_bytes(kept)
        self.objects("index")[0].unlink()
        self.assertIn("saoluu repair index", self.expect(13, "check", *self.use).out)

    def test_two_sessions_whose_open_objects_changed_places_are_an_alarm(self):
        one, two = (self.repo / "snapshots" / snapshot / "open" for snapshot in self.snapshots[:2])
        kept = one.read_bytes()
        self.change(one, lambda data: two.read_bytes())
        self.change(two, lambda data: kept)
        done = self.expect(13, "check", *self.use)
        self.assertIn("ALARM", done.out)
        self.assertIn("person in charge", done.out)
        self.assertEqual(self.summary(13, "check", *self.use)["verdict"], "alarm")

    def test_a_folder_that_nobody_may_write_to_is_checked_all_the_same(self):
        user = 65534
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody who may not write")
        for path in [self.folder, *self.folder.rglob("*")]:
            if self.repo not in [path, *path.parents]:
                os.lchown(path, user, user)
        for path in [self.repo, *self.repo.rglob("*")]:
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
        for folder in ("state", "cache"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        before = self.listing(self.repo)
        try:
            done = self.expect(0, "check", *self.use, user=user)
        except PermissionError:
            self.skipTest("somebody else can't reach the program here")
        self.assertIn("sound", done.out)
        self.assertEqual(self.listing(self.repo), before)
        lost = self.objects("index")[0]
        kept = lost.read_bytes()
        lost.unlink()
        self.expect(1, "repair", "index", *self.use, user=user)
        lost.write_bytes(kept)
        os.chmod(lost, 0o644)
        # What this user may not even read makes a check incomplete.
        os.chmod(self.packs[0], 0)
        done = self.expect(3, "check", *self.use, user=user)
        self.assertIn(self.packs[0].name, done.err)
        self.assertIn("not complete", " ".join(done.out.split()))


class Sample(Checked):
    def test_a_share_is_read_and_said(self):
        done = self.expect(0, "check", "--sample", "20%", *self.use)
        self.assertIn("Only a share was read:", done.out)
        self.assertIn("not read this time", " ".join(done.out.split()))
        line = self.summary(0, "check", "--sample=33.3", "--read-data", *self.admin)
        self.assertLess(line["packs"], line["listed_packs"])
        self.assertGreaterEqual(line["pack_bytes"], 0.333 * line["listed_pack_bytes"])
        whole = self.expect(0, "check", "--sample", "100%", *self.use)
        self.assertNotIn("Only a share", whole.out)

    def test_what_is_no_share_is_a_usage_error(self):
        for share in ["0", "0.99", "100.1", "-5", "x", "%", "5%%", "1e1", "nan", "10,5", "."]:
            with self.subTest(share=share):
                done = self.expect(2, "check", f"--sample={share}", *self.use)
                self.assertIn("--sample", done.err)
        self.expect(2, "check", "--sample", "", *self.use)


class Repair(Checked):
    def repair(self, code, *words):
        return self.summary(code, "repair", "index", *words)

    def test_a_lost_index_is_made_again(self):
        for lose in [lambda: [p.unlink() for p in self.objects("index")],
                     lambda: self.objects("index")[0].unlink(),
                     lambda: shutil.rmtree(self.repo / "index"),
                     lambda: self.flip(self.objects("index")[0], 200),
                     lambda: self.change(self.objects("index")[0], lambda data: data[:100])]:
            lose()
            self.expect(13, "check", *self.use)
            before = self.listing(self.repo)
            dry = self.repair(0, "--dry-run", *self.admin)
            self.assertTrue(dry["dry_run"])
            self.assertGreater(dry["segments_put"], 0)
            self.assertEqual(self.listing(self.repo), before)
            done = self.repair(0, *self.admin)
            self.assertEqual(done["chunks_added"], dry["chunks_added"])
            self.assertTrue(done["sound"] and done["complete"])
            self.assert_whole()
            again = self.expect(0, "repair", "index", *self.admin)
            self.assertIn("whole already", again.out)

    def test_it_needs_no_memory_of_its_own(self):
        shutil.rmtree(self.repo / "index")
        elsewhere = {"SAOLUU_STATE_DIR": self.folder / "s2", "SAOLUU_CACHE_DIR": self.folder / "c2"}
        self.expect(0, "repair", "index", *self.admin, env=elsewhere)
        self.assert_whole()

    def test_rights(self):
        reader = self.folder / "reader.key"
        self.expect(0, "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình",
                    "--new-key-file", reader, *self.admin)
        shutil.rmtree(self.repo / "index")
        self.expect(12, "repair", "index", "--repo", self.repo, "--key-file", reader)
        done = self.expect(3, "repair", "index", *self.use)
        self.assertIn("admin", done.out)
        target = self.folder / "t"
        self.expect(0, "restore", "latest", "--target", target, *self.admin)
        self.expect(13, "check", *self.use)
        self.expect(0, "repair", "index", *self.admin)
        self.assert_whole()

    def test_a_damaged_pack_is_named_and_the_others_go_on(self):
        good = self.packs[1].read_bytes()
        self.change(self.packs[1], lambda data: data[:-50])
        shutil.rmtree(self.repo / "index")
        done = self.expect(13, "repair", "index", *self.admin)
        self.assertIn(self.packs[1].name, done.err)
        target = self.folder / "t"
        self.expect(13, "restore", f"latest:tailieu:{self.source}", "--target", target, *self.admin)
        self.assertEqual(sorted(p.name for p in target.iterdir()), ["ảnh 0.bin", "ảnh 2.bin"])
        self.packs[1].write_bytes(good)
        self.expect(0, "repair", "index", *self.admin)
        self.assert_whole()

    def test_what_is_repaired_is_named_by_its_command(self):
        self.expect(2, "repair")
        self.expect(2, "repair", "everything")
        self.expect(10, "repair", "index", "--repo", self.folder / "none", "--passphrase-file",
                    self.passphrase)


if __name__ == "__main__":
    unittest.main()
