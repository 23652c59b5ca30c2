#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The unattended check, a share a day, and what it leads to: healing from the other stores."""
import os
import unittest

from program import ProgramTest


class TwoStores(ProgramTest):
    """Two stores that are copies of each other, named in a config file; four snapshots."""

    def setUp(self):
        super().setUp()
        self.init()
        self.copy = self.folder / "copy"
        self.source = self.folder / "nguồn"
        self.source.mkdir()
        for i in range(4):
            (self.source / f"{i}.bin").write_bytes(os.urandom(600_000))
            self.expect(0, "backup", self.source, "--repo", self.repo, "--key-file", self.key, "-q")
        self.expect(0, "mirror", self.repo, self.copy)
        self.config = self.write("saoluu.toml", f'[[store]]\nname = "nas"\nurl = "{self.repo}"\n'
                                 f'[[store]]\nname = "disk"\nurl = "{self.copy}"\n')
        self.use = ("--config", self.config, "--key-file", self.key)
        self.packs = sorted((p for p in (self.repo / "packs").rglob("*") if p.is_file()),
                            key=lambda p: -p.stat().st_size)

    def summary(self, code, *words, **how):
        return self.expect(code, *words, "--json", **how).lines()[-1]

    def flip(self, path):
        data = bytearray(path.read_bytes())
        data[5000] ^= 1
        os.chmod(path, 0o600)
        path.write_bytes(data)


class Rotate(TwoStores):
    def test_turns_see_every_byte_and_leave_nothing_in_the_ledger(self):
        before = self.listing(self.repo)
        first = self.summary(0, "check", "--rotate", "4d", "--repo", "nas", *self.use)
        self.assertLess(first["packs"], first["listed_packs"])
        self.assertGreaterEqual(first["pack_bytes"] * 4, first["listed_pack_bytes"])
        self.assertEqual(first["rotation"]["cycle_seconds"], 4 * 86400)
        self.assertLess(first["rotation"]["seen_percent"], 100)
        for _ in range(8):
            last = self.summary(0, "check", "--rotate", "4d", "--repo", "nas", *self.use)
        self.assertEqual(last["rotation"]["seen_percent"], 100)
        self.assertEqual(self.listing(self.repo), before)
        done = self.expect(0, "check", "--rotate", "--repo", "nas", *self.use)
        self.assertIn("30 days", done.out)

    def test_the_cycle_of_the_config_file_counts(self):
        self.config.write_text(self.config.read_text() + '[check]\ncycle = "36h"\n')
        line = self.summary(0, "check", "--rotate", "--repo", "nas", *self.use)
        self.assertEqual(line["rotation"]["cycle_seconds"], 36 * 3600)

    def test_damage_is_found_kept_in_mind_and_healed_from_the_other_store(self):
        self.flip(self.packs[1])
        name = self.packs[1].name
        found = None
        for turn in range(9):
            done = self.run_program("check", "--rotate", "4d", "--repo", "nas", *self.use, "--json")
            line = done.lines()[-1]
            if done.code == 13 and found is None:
                found = turn
            self.assertEqual(done.code, 0 if found is None else 13)
            if found is not None:
                self.assertEqual(line["bad_pack_ids"], [name])
        self.assertIsNotNone(found)
        # Until it is healed this computer does not build on it.
        anew = self.summary(0, "backup", self.source, "--repo", "nas", "--force-read", *self.use)
        self.assertGreater(anew["stored_bytes"], 500_000)
        # What the daemon does: the config file and the backup key are enough.
        healed = self.summary(0, "heal", "--repo", "nas", "--pack", name, *self.use)
        self.assertEqual((healed["bad"], healed["healed"], healed["packs"]), (1, 1, 1))
        self.assertTrue(healed["sound"])
        line = self.summary(0, "check", "--rotate", "4d", "--repo", "nas", *self.use)
        self.assertEqual(line["bad_packs"], 0)
        self.expect(0, "check", "--repo", "nas", *self.use)

    def test_a_store_that_is_away_is_no_proof_that_a_pack_is_lost(self):
        self.flip(self.packs[0])
        (self.folder / "copy").rename(self.folder / "elsewhere")
        healed = self.summary(13, "heal", "--repo", "nas", "--config", self.config,
                              "--passphrase-file", self.passphrase)
        self.assertEqual((healed["unasked"], healed["marked"], healed["lost"]), (1, 0, 0))
        self.assertFalse((self.repo / "marks").exists() and any((self.repo / "marks").iterdir()))
        (self.folder / "elsewhere").rename(self.folder / "copy")
        healed = self.summary(0, "heal", "--repo", "nas", *self.use)
        self.assertEqual(healed["healed"], 1)

    def test_a_memory_that_is_garbage_is_begun_anew(self):
        self.summary(0, "check", "--repo", "nas", *self.use)
        [memory] = [p for p in (self.folder / "state").rglob("hashed-*") if p.suffix != ".lock"]
        line = self.summary(0, "check", "--rotate", "4d", "--repo", "nas", *self.use)
        self.assertEqual(line["rotation"]["seen_percent"], 100)
        for garbage in [b"", b"\0" * 100, memory.read_bytes()[:-1], os.urandom(5000)]:
            memory.write_bytes(garbage)
            line = self.summary(0, "check", "--rotate", "4d", "--repo", "nas", *self.use)
            self.assertLess(line["rotation"]["seen_percent"], 100)

    def test_a_summary_stays_short_however_much_is_damaged(self):
        folder = self.packs[0].parent.parent
        for i in range(1200):
            name = f"{i % 16:02x}" + f"{i:062x}"
            (folder / name[:2]).mkdir(exist_ok=True)
            (folder / name[:2] / name).write_bytes(b"rubbish")
        line = self.summary(13, "check", "--repo", "nas", *self.use)
        self.assertEqual((line["bad_packs"], len(line["bad_pack_ids"])), (1200, 1000))
        self.assertEqual((line["verdict"], line["alarms"]), ("damaged", 0))

    def test_what_makes_no_sense_is_refused(self):
        for cycle in ["0", "30", "23h", "367d", "-1d", "1.5d", "x", "d", "99999999999999999999d"]:
            with self.subTest(cycle=cycle):
                done = self.expect(2, "check", f"--rotate={cycle}", "--repo", "nas", *self.use)
                self.assertIn("--rotate", done.err)
        self.expect(2, "check", "--rotate", "30d", "--sample", "10%", "--repo", "nas", *self.use)
        self.expect(2, "check", "--rotate", "30d", "--read-data", "--repo", "nas", *self.use)


class Stores(TwoStores):
    def test_without_repo_every_store_of_the_config_file_is_checked(self):
        lines = self.expect(0, "check", "--json", *self.use).lines()
        stores = [line["store"] for line in lines if line["type"] == "summary"]
        self.assertEqual(stores, ["nas", "disk"])
        self.flip(self.packs[0])
        self.assertIn("Store nas:", self.expect(13, "check", *self.use).out)
        self.copy.rename(self.folder / "elsewhere")
        self.expect(13, "check", *self.use)
        self.expect(0, "heal", "--repo", self.repo, "--from", self.folder / "elsewhere",
                    "--key-file", self.key)
        done = self.expect(3, "check", *self.use)
        self.assertIn("sound", done.out)
        self.assertIn("copy", done.err)
        self.repo.rename(self.folder / "gone")
        self.expect(10, "check", *self.use)
        self.expect(2, "check", "--key-file", self.key, env={"HOME": self.folder})

    def test_the_last_full_check_is_told_and_when_the_next_is_due(self):
        line = self.summary(0, "check", "--repo", "nas", *self.use)
        self.assertIsNone(line["last_full_check"])
        self.assertFalse(line["full_check_overdue"])
        self.expect(0, "check", "--read-data", "--repo", "nas", "--config", self.config,
                    "--passphrase-file", self.passphrase)
        line = self.summary(0, "check", "--rotate", "--repo", "nas", *self.use)
        self.assertEqual(line["last_full_check"]["by"], "Nguyễn Văn An")
        self.assertTrue(line["last_full_check"]["sound"])
        self.assertGreater(line["full_check_due"], line["last_full_check"]["at"])
        self.assertIn("Nguyễn Văn An: sound",
                      self.expect(0, "check", "--repo", "nas", *self.use).out)
        # Each store has its own.
        line = self.summary(0, "check", "--rotate", "--repo", "disk", *self.use)
        self.assertIsNone(line["last_full_check"])


if __name__ == "__main__":
    unittest.main()
