# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package share: making one from the build folder."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["SAOLUU_BUILD"])
PROGRAM = pathlib.Path(os.environ["SAOLUU"])


def run(*command, **how):
    """The output of a command that must work."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **how)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def make_package(folder, *options):
    """The .deb that cpack makes in `folder` of what is built."""
    folder.mkdir()
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder, *options, cwd=BUILD)
    shutil.rmtree(folder / "_CPack_Packages")
    (package,) = folder.glob("*.deb")
    return package


def with_version(package, version, folder):
    """The same package as of another version: what is in it is not looked at."""
    tree = folder / "tree"
    run("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*$", f"Version: {version}", control.read_text(encoding="utf-8")),
                       encoding="utf-8")
    run("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "-b", tree, folder)
    shutil.rmtree(tree)
