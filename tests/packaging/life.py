#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Installs, runs, upgrades, removes and purges the package on a machine of its own (in_guest.sh).

That machine is this one with a layer above it, so that nothing is downloaded: it proves that the package finds
its way on Debian 12, not that what it depends on is named in full. With SAOLUU_ALL=1 it is a Debian 12 that has
nothing but what the package depends on, and ssh.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from package import ROOT, make_package, run, with_version


def clean_root(package, root):
    """The smallest Debian 12 on which dpkg will install the package."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    names = {re.split(r"[ (|]", word.strip())[0] for word in depends.split(",")} | {"openssh-client"}
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(sorted(names)), "bookworm", root)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-package-"))
    try:
        package = make_package(folder / "1", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip")
        (folder / "2").mkdir()
        with_version(package, run("dpkg-deb", "-f", package, "Version").strip() + "+newer", folder / "2")
        shutil.copy(ROOT / "tests/packaging/in_guest.sh", folder)
        env = dict(os.environ)
        if env.get("SAOLUU_ALL") == "1" and os.geteuid() == 0:
            clean_root(package, folder / "root")
            env["SYSTEMD_ROOT"] = str(folder / "root")
        done = subprocess.run(["bash", str(ROOT / "tests/support/services/systemd.sh"), str(folder), "bash",
                               str(folder / "in_guest.sh"), str(folder)], check=False, env=env)
        return done.returncode
    finally:
        if os.environ.get("SAOLUU_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
