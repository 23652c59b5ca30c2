# SPDX-License-Identifier: Apache-2.0
"""What the tests of the program share: running it, talking to it on a terminal, repositories."""
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = os.environ["SAOLUU"]
ADMIN = "Mat-khau thu nghiem 2026!"
READER = "Chiec thuyen 9 ngoai cua bien, dem mua"
HOLDER = "Nguyễn Văn An"
CHEAP = ("--kdf-mib", "64", "--kdf-passes", "1")
TIMEOUT = 120
# What must never be seen in anything that the program says.
SECRETS = [ADMIN, READER]


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class ProgramTest(unittest.TestCase):
    """Each test has a folder of its own, and state and cache folders in it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.repo = self.folder / "repo"
        self.key = self.folder / "backup.key"
        self.passphrase = self.write("passphrase.txt", ADMIN + "\n")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, extra):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SAOLUU", "LC_", "LANG"))}
        env.update(LANG="C.UTF-8", SAOLUU_STATE_DIR=str(self.folder / "state"),
                   SAOLUU_CACHE_DIR=str(self.folder / "cache"))
        env.update({k: str(v) for k, v in (extra or {}).items()})
        return env

    def run_program(self, *words, env=None, stdout=subprocess.PIPE, user=None):
        """user: the number of the one to run it as, which only root can ask for"""
        other = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, env=self.environment(env), cwd=self.folder,
                              timeout=TIMEOUT, check=False, **other)
        result = Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())
        for secret in SECRETS:
            self.assertNotIn(secret, result.out + result.err, f"a secret was said by {words}")
        return result

    def expect(self, code, *words, **how):
        done = self.run_program(*words, **how)
        self.assertEqual(done.code, code, f"{words}\n{done!r}")
        if code not in (0, 3, 13):
            self.assertIn("saoluu: error: ", done.err)
        return done

    def init(self, *words, repo=None, key=None):
        return self.expect(0, "init", "--repo", repo or self.repo, "--holder", HOLDER,
                           "--backup-key", key or self.key, "--passphrase-file", self.passphrase,
                           *CHEAP, *words)

    def listing(self, folder):
        """Every name and its bytes below a folder, to see that nothing has changed."""
        return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None
                for p in folder.rglob("*")}


class Terminal:
    """The program on a terminal of its own, with somebody who types."""

    def __init__(self, test, *words, env=None):
        self.master, self.slave = os.openpty()
        slave = self.slave

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [PROGRAM, *map(str, words)], stdin=slave, stdout=slave, stderr=slave,
            env=test.environment({"TERM": "xterm", **(env or {})}), cwd=test.folder,
            preexec_fn=take_terminal)
        self.test, self.seen, self.unread = test, "", ""
        test.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for number in (self.master, self.slave):
            try:
                os.close(number)
            except OSError:
                pass

    def read(self, wait):
        if not select.select([self.master], [], [], wait)[0]:
            return False
        text = os.read(self.master, 65536).decode(errors="replace")
        self.seen += text
        self.unread += text
        return True

    def expect(self, text):
        """Waits until the program has said `text`, after what was expected before."""
        limit = time.monotonic() + TIMEOUT
        while text not in self.unread:
            if not self.read(0.2) and self.process.poll() is not None and not self.read(0):
                break
            if time.monotonic() > limit:
                break
        self.test.assertIn(text, self.unread, self.seen)
        before, self.unread = self.unread.split(text, 1)
        return before

    def type(self, text, wait_hidden=True):
        limit = time.monotonic() + TIMEOUT
        while wait_hidden and self.shows_typing() and time.monotonic() < limit:
            time.sleep(0.01)
        os.write(self.master, text.encode())

    def shows_typing(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def wait(self):
        limit = time.monotonic() + TIMEOUT
        while self.process.poll() is None and time.monotonic() < limit:
            self.read(0.1)
        while self.read(0):
            pass
        return self.process.wait(timeout=1)
