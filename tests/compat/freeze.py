#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/compat/frozen-1-SUITE.tar.xz: a repository of the format as it is, with every kind of
thing in it, and what its snapshots must restore to. Run once a format, as root:

    SAOLUU_FREEZE=build/dev/tests/saoluu_freeze tests/compat/freeze.py
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from everything import facts_as_json, make_everything  # noqa: E402

SUITES = ("xchacha20", "aes256gcm")


def freeze(suite, scratch):
    tree, out = scratch / "tree", scratch / "frozen"
    missing = make_everything(tree, is_root=True, large=0)
    assert not missing, f"this file system lacks {missing}"
    os.unlink(tree / "socket")
    # Long enough for a list of its chunks, and regular enough to be small.
    (tree / "many chunks").write_text("".join(f"dòng {n}: {n * n}\n" for n in range(60_000)))
    facts = facts_as_json(tree)
    subprocess.run([os.environ["SAOLUU_FREEZE"]], check=True, env={
        **os.environ, "SAOLUU_FREEZE_TREE": str(tree), "SAOLUU_FREEZE_OUT": str(out),
        "SAOLUU_FREEZE_SUITE": suite})
    (out / "facts.json").write_text(json.dumps(facts, indent=1, sort_keys=True))
    (out / "tree").write_text(str(tree))
    subprocess.run(["tar", "-cJf", HERE / f"frozen-1-{suite}.tar.xz", "--owner=0", "--group=0",
                    "--mtime=@0", "--sort=name", "-C", out, "."], check=True)


def main():
    for suite in SUITES:
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="freeze-", dir="/var/tmp"))
        try:
            freeze(suite, scratch)
        finally:
            shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
