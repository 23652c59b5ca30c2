# SPDX-License-Identifier: Apache-2.0
"""Tests saoluu and read_repository.py against one another: what the program writes the reader reads, what tiny_repository.py
writes the program reads, and both let the same snapshots count.

Usage: SAOLUU=path/to/saoluu /usr/bin/python3 test_against_program.py
"""
import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
import tempfile
import unicodedata
import unittest
from pathlib import Path

import test_reader
from test_reader import flip, run
from tiny_repository import TIME, Tiny, every_kind

PASSPHRASE = "Khôi phục 2026, mỗi đêm!"
KEYS = {"admin": ["--passphrase-file", "passphrase"], "restore": ["--key-file", "restore.key"], "backup": ["--key-file", "backup.key"]}


def saoluu(folder, *arguments, code=0):
    """Runs the program in `folder`, where it keeps its state too; returns what it prints."""
    if not os.environ.get("SAOLUU"):
        raise AssertionError("SAOLUU must name the program")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SAOLUU", "LC_", "LANG"))}
    env |= {"SAOLUU_STATE_DIR": str(folder / "state"), "SAOLUU_CACHE_DIR": str(folder / "cache"), "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run([os.path.abspath(os.environ["SAOLUU"]), *map(os.fspath, arguments)], cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL)
    out = (done.stdout + done.stderr).decode(errors="replace")
    if code not in (done.returncode, None):
        raise AssertionError(f"saoluu {arguments}: exit {done.returncode}, not {code}\n{out}")
    return done.stdout.decode(errors="replace")


def write(path, content, mode=0o644, mtime_ns=TIME * 10**9):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def make_tree(root):
    """Odd names, sizes, modes and times. Paths are bytes; folders get their times last."""
    root, noise = os.fsencode(root), random.Random(1)
    at = lambda *names: os.path.join(root, *names)
    for folder in (b"", b"empty", b"many", "tài liệu".encode(), unicodedata.normalize("NFD", "tài liệu").encode(), b"a", b"a/b", b"a/b/c", b"old", b"old/in it",
                   b"\xff\xfe"):
        os.mkdir(at(folder))
    big = noise.randbytes(9 << 20)
    write(at(b"big"), big, 0o600, TIME * 10**9 + 1)
    write(at(b"copy of big"), b"shifted" + big[:3 << 20])
    write(at(b"runs"), b"na" * (1 << 20))
    names = [b"new\nline", b"\xff\xfe not UTF-8 \x80", "báo cáo.docx".encode(), unicodedata.normalize("NFD", "báo cáo.docx").encode(), b"-dash", b" space ", b"back\\slash",
             b"quote'\"", b"\x01\x7f", b"a.", b"a-", b"a b", "x".encode() * 255, "文件😀".encode(), b"*?[", b"..."]
    for n, name in enumerate(names):
        write(at(name), b"content %d" % n * n, mtime_ns=TIME * 10**9 + n)
        write(at(b"a/b/c", name), name)
    for n in range(600):
        write(at(b"many", b"file-%04d" % n), b"%d" % (n % 7))
    write(at(b"\xff\xfe/inside"), b"inside")
    write(at(b"zero"), b"", mtime_ns=0)
    for mode in (0o000, 0o400, 0o755, 0o1644, 0o4755, 0o2755, 0o666):
        write(at(b"mode-%o" % mode), b"%o" % mode, mode)
    for name, mtime in ((b"before 1970", -12345 * 10**9 - 1), (b"late", 4_200_000_000 * 10**9 + 999_999_999)):
        write(at(name), name, mtime_ns=mtime)
    for name, target in ((b"link", b"big"), (b"dangling", b"../no\xffwhere\n"), (b"to a folder", b"a/b"), (b"absolute", b"/"), (b"a/b/up", b"../..")):
        os.symlink(target, at(name))
        os.utime(at(name), ns=(TIME * 10**9 + 7,) * 2, follow_symlinks=False)
    with open(at(b"sparse"), "wb") as file:
        file.seek(3 << 20)
        file.write(b"between")
        file.truncate(7 << 20)
    write(at(b"linked"), b"one file, three names")
    for name in (b"linked too", b"a/b/linked"):
        os.link(at(b"linked"), at(name))
    os.mkfifo(at(b"pipe"), 0o620)
    write(at(b"old/in it/gone"), b"gone later")
    settle_folders(root)


def change_tree(root):
    root = os.fsencode(root)
    at = lambda *names: os.path.join(root, *names)
    with open(at(b"big"), "r+b") as file:
        file.seek(5 << 20)
        file.write(b"changed in the middle")
    with open(at(b"many/file-0300"), "ab") as file:
        file.write(b"longer")
    os.unlink(at(b"zero"))
    os.mkdir(at(b"zero"))
    shutil.rmtree(at(b"old"))
    os.rename(at(b"a/b"), at(b"a/B"))
    os.chmod(at(b"mode-666"), 0o640)
    write(at(b"many/file-0300x"), b"a new one")
    settle_folders(root)


def settle_folders(root):
    for n, (folder, _, _) in enumerate(os.walk(root, topdown=False)):
        os.utime(folder, ns=(TIME * 10**9 + n * 1_000_001,) * 2)


def scan(root):
    """{path: what a restore must bring back}. Which names are one file is not compared: who writes may store them as several."""
    root, found = os.fsencode(root), {}

    def look(path):
        s, kind = os.lstat(path), None
        if stat.S_ISREG(s.st_mode):
            with open(path, "rb") as file:
                kind = hashlib.file_digest(file, "sha256").hexdigest()
        elif stat.S_ISLNK(s.st_mode):
            kind = os.readlink(path)
        found[os.path.relpath(path, root)] = oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, 0 if stat.S_ISDIR(s.st_mode) else s.st_size, kind
        if stat.S_ISDIR(s.st_mode):
            for child in sorted(os.listdir(path)):
                look(os.path.join(path, child))
    look(root)
    return found


class WhatTheProgramWrites(unittest.TestCase):
    suite = "xchacha20"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name).resolve()
        cls.repo, cls.source = cls.folder / "repo", cls.folder / "nguồn"
        (cls.folder / "passphrase").write_text(unicodedata.normalize("NFC", PASSPHRASE) + "\n")
        program = lambda key, *arguments: saoluu(cls.folder, "--repo", "./repo", *KEYS[key], *arguments)
        program("admin", "init", "--holder", "Nguyễn Văn An", "--backup-key", "backup.key", "--kdf-mib", "64", "--kdf-passes", "1",
                *(["--suite", cls.suite] if cls.suite != "xchacha20" else []))
        make_tree(cls.source)
        cls.before = scan(cls.source)
        program("backup", "backup", "nguồn", "--tag", "đầu tiên")
        program("backup", "check")
        program("admin", "key", "issue", "--role", "restore", "--holder", "Trần Thị Bình", "--new-key-file", "restore.key")
        change_tree(cls.source)
        cls.after = scan(cls.source)
        program("backup", "backup", "--job", "kế toán", "nguồn")
        program("restore", "check", "--read-data")

    def read(self, key, *command, repo=None):
        kind, name = KEYS[key]
        return run(repo or self.repo, kind, self.folder / name, *command)

    def test_every_key_finds_it_sound(self):
        sessions = []
        for key in KEYS:
            code, out, errors = self.read(key, "verify")
            self.assertEqual((code, errors), (0, ""), out)
            self.assertIn("2 snapshots", out)
            code, out, errors = self.read(key, "list")
            self.assertEqual((code, errors), (0, ""))
            sessions.append([line.split()[0] for line in out.splitlines()])
        self.assertEqual(sessions, sessions[:1] * 3)
        listed = [json.loads(line) for line in saoluu(self.folder, "--repo", "./repo", *KEYS["restore"], "snapshots", "--json").splitlines()]
        self.assertEqual([s["id"] for s in listed if s["type"] == "snapshot"], sessions[0])

    def test_restore(self):
        sessions = [line.split()[0] for line in self.read("restore", "list")[1].splitlines()]
        for key, session, expected in (("admin", "latest", self.after), ("restore", sessions[1], self.after), ("restore", sessions[0], self.before)):
            with tempfile.TemporaryDirectory() as target, self.subTest(key=key, session=session):
                code, out, errors = self.read(key, "restore", session, target, "--path", os.fspath(self.source))
                self.assertEqual((code, errors), (0, ""), out)
                found = scan(target)
                self.assertEqual(found.keys(), expected.keys())
                for path in found:
                    self.assertEqual(found[path], expected[path], path)
                if expected is self.after:
                    subprocess.run(["diff", "-r", "--no-dereference", "-x", "pipe", self.source, target], check=True)

    def test_who_can_not_read(self):
        code, out, errors = self.read("backup", "prove-blind")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("none opened", out)
        self.assertEqual(self.read("restore", "prove-blind")[0], 1)
        self.assertEqual(self.read("backup", "restore", "latest", self.folder / "blind")[0], 12)
        (self.folder / "wrong").write_text(PASSPHRASE + "?")
        self.assertEqual(run(self.repo, "--passphrase-file", self.folder / "wrong", "list")[0], 12)

    def test_one_bit(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "repo"
            shutil.copytree(self.repo, copy)
            objects = sorted(p for p in copy.rglob("*") if p.is_file())
            packs = [p for p in objects if "packs" in p.parts]
            one_of_each = {p.relative_to(copy).parts[0] + p.name[:4] * ("snapshots" in p.parts): p for p in objects if p not in packs}.values()
            for path in (*packs[:3], *one_of_each):
                size, times = path.stat().st_size, os.stat(path)
                for key in ("restore", "backup"):
                    at = random.Random(str(path.relative_to(copy)) + key).randrange(18, size)
                    flip(path, at)
                    with self.subTest(path.relative_to(copy), at=at, key=key):
                        code, out, errors = self.read(key, "verify", repo=copy)
                        self.assertEqual(code, 13, out + errors)
                    flip(path, at)
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            packs[0].unlink()
            self.assertEqual(self.read("backup", "verify", repo=copy)[0], 13)


class WhatTheProgramWritesSuite2(WhatTheProgramWrites):
    suite = "aes256gcm"


class WhatTheProgramReads(unittest.TestCase):
    """A repository by hands that share no code with the program, and with all that the format can hold."""
    compare = test_reader.Restoring.compare

    def test_a_repository_of_another_maker(self):
        for suite in (1, 2):
            with self.subTest(suite=suite), tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                tiny = Tiny(folder / "repo", suite)
                for person in ("restore", "backup"):
                    (folder / person).write_bytes(tiny.key_file(getattr(tiny, person)))
                    (folder / person).chmod(0o600)
                entries, expected = every_kind(tiny)
                session = tiny.snapshot(entries)[0]
                tiny.rotate()
                later = tiny.snapshot(test_reader.SMALL(tiny))[0]
                saoluu(folder, "--repo", "./repo", "--key-file", "backup", "check")
                saoluu(folder, "--repo", "./repo", "--key-file", "restore", "check", "--read-data")
                saoluu(folder, "--repo", "./repo", "--key-file", "restore", "restore", later.hex(), "--target", "later")
                self.assertEqual((folder / "later/a").read_bytes(), b"content of a")
                saoluu(folder, "--repo", "./repo", "--key-file", "restore", "restore", session.hex(), "--target", "target")
                without_setuid = {path: (kind, mode & 0o1777 if kind == stat.S_IFREG else mode, *more) for path, (kind, mode, *more) in expected.items()}
                self.compare(folder / "target", without_setuid)
                (folder / "src").mkdir()
                (folder / "src/new").write_bytes(b"beside another maker's snapshots")
                saoluu(folder, "--repo", "./repo", "--key-file", "backup", "backup", "src")
                code, out, errors = run(folder / "repo", "--key-file", folder / "restore", "verify")
                self.assertEqual((code, errors), (0, ""), out)
                self.assertIn("3 snapshots", out)


class WhatCounts(test_reader.Sessions):
    """Wherever the tests of the reader list snapshots, the program lists the same."""

    def snapshots(self, key="restore"):
        found = super().snapshots(key)
        with tempfile.TemporaryDirectory() as name:
            shutil.copytree(self.repo, Path(name) / "repo")
            shutil.copy(self.folder / key, Path(name) / "key")
            (Path(name) / "key").chmod(0o600)
            listed = [json.loads(line) for line in saoluu(Path(name), "--repo", "./repo", "--key-file", "key", "snapshots", "--json", code=None).splitlines()]
            self.assertEqual(sorted(s["id"] for s in listed if s["type"] == "snapshot"), sorted(found))
        return found


if __name__ == "__main__":
    unittest.main()
