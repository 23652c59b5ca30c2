#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Installs, runs, upgrades, removes and purges the package on a machine of its own (in_guest.sh).

That machine is this one with a layer above it, so that nothing is downloaded: it proves that the package finds
its way on Debian 12, not that what it depends on is named in full (test_package.py compares that).
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from package import ROOT, make_package, run, with_version


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-package-"))
    try:
        package = make_package(folder / "1", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip")
        (folder / "2").mkdir()
        with_version(package, run("dpkg-deb", "-f", package, "Version").strip() + "+newer", folder / "2")
        shutil.copy(ROOT / "tests/packaging/in_guest.sh", folder)
        done = subprocess.run(["bash", str(ROOT / "tests/support/services/systemd.sh"), str(folder), "bash",
                               str(folder / "in_guest.sh"), str(folder)], check=False)
        return done.returncode
    finally:
        if os.environ.get("SAOLUU_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
