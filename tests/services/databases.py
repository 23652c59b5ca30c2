# SPDX-License-Identifier: Apache-2.0
"""What the tests of database servers share: a job by the README's words, and its restore."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "cli"), str(HERE.parent / "support")]

from program import ProgramTest  # noqa: E402
from recipes import recipe, restoring  # noqa: E402

NOBODY = 65_534


class DatabaseTest(ProgramTest):
    """The job runs as nobody where root runs the tests: it is to need no right of the administrator's."""

    title = job = ""  # the README's heading, and the name of its job
    variables = {}    # of the server

    def setUp(self):
        super().setUp()
        self.init()
        self.user = NOBODY if os.geteuid() == 0 else None
        self.config = self.write("saoluu.toml", f'key_file = "{self.key}"\n[[store]]\nname = "nas"\n'
                                                f'url = "{self.repo}"\n' + recipe(self.title, "toml"))
        if self.user:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self.user, self.user)

    def run_job(self, code=0):
        return self.expect(code, "job", "run", self.job, "--json", "--config", self.config,
                           env=self.variables, user=self.user)

    def snapshots(self):
        return self.expect(0, "snapshots", "--json", "--repo", self.repo, "--key-file", self.key,
                           user=self.user).lines()[-1]["snapshots"]

    def restore(self, *how):
        """The first line of the README's recipe; gives the others."""
        target = self.folder / "back"
        (saoluu, *words), *others = restoring(self.title, target)
        self.assertEqual(saoluu, "saoluu")
        self.expect(0, *words, *how, "--repo", self.repo, "--passphrase-file", self.passphrase, user=self.user)
        return others

    def call(self, *words, given=None, env=None):
        done = subprocess.run([str(word) for word in words], input=given, capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout
