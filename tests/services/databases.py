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


class DatabaseTest(ProgramTest):
    title = job = ""  # the README's heading, and the name of its job
    variables = {}    # of the server

    def setUp(self):
        super().setUp()
        self.init()
        self.config = self.write("saoluu.toml", f'key_file = "{self.key}"\n[[store]]\nname = "nas"\n'
                                                f'url = "{self.repo}"\n' + recipe(self.title, "toml"))

    def run_job(self, code=0):
        return self.expect(code, "job", "run", self.job, "--json", "--config", self.config, env=self.variables)

    def snapshots(self):
        return self.expect(0, "snapshots", "--json", "--repo", self.repo, "--key-file",
                           self.key).lines()[-1]["snapshots"]

    def restore(self, *how):
        """The first line of the README's recipe; gives the others."""
        target = self.folder / "back"
        (saoluu, *words), *others = restoring(self.title, target)
        self.assertEqual(saoluu, "saoluu")
        self.expect(0, *words, *how, "--repo", self.repo, "--passphrase-file", self.passphrase)
        return others

    def call(self, *words, given=None, env=None):
        done = subprocess.run([str(word) for word in words], input=given, capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout
