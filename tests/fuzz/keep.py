#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes finds of the fuzz targets into their corpora: /usr/bin/python3 tests/fuzz/keep.py [target...]

run.sh leaves what a target found in build/fuzz/found/<target>/units. Of those and of the finds that
the corpus has (files named by a hash), the few are kept that together reach most of what the seeds
do not; the seeds stay as they are.
"""

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/fuzz/corpus"
# Small and few, because the tests replay every beginning of every file; what reaches something new
# hardly ever needs more.
LARGEST = 800
MOST = 40


def reached(program, folders, work):
    """What each file of the folders reaches: libFuzzer's account of a merge that weighs them all."""
    control = work / "control"
    (work / "merged").mkdir()
    subprocess.run(
        [
            program,
            "-set_cover_merge=1",
            f"-merge_control_file={control}",
            "-use_counters=0",  # which places are reached, not how often
            "-use_cmp=0",
            work / "merged",
            *folders,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lines = control.read_text().splitlines()
    names = lines[2 : 2 + int(lines[0])]
    edges = {}
    for line in lines[2 + len(names) :]:
        word, number, *values = line.split()
        if word in ("COV", "FT"):
            edges.setdefault(names[int(number)], set()).update(word + v for v in values)
    return edges


def keep(target):
    program = ROOT / f"build/fuzz/tests/saoluu_fuzz_{target}"
    corpus = CORPUS / target
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        seeds, finds = work / "seeds", work / "finds"
        seeds.mkdir()
        finds.mkdir()
        for file in corpus.iterdir():
            if re.fullmatch("[0-9a-f]{40}", file.name):
                shutil.copy(file, finds)
            else:
                shutil.copy(file, seeds)
        units = ROOT / f"build/fuzz/found/{target}/units"
        for file in units.iterdir() if units.is_dir() else ():
            if file.stat().st_size <= LARGEST:
                shutil.copy(file, finds)
        known = set()
        edges = reached(program, [seeds, finds], work)
        for name in [n for n in edges if n.startswith(str(seeds))]:
            known |= edges.pop(name)
        for file in corpus.iterdir():  # only now: a merge that fails must not lose them
            if re.fullmatch("[0-9a-f]{40}", file.name):
                file.unlink()
        kept = 0
        while edges and kept < MOST:
            best = max(edges, key=lambda name: (len(edges[name] - known), name))
            new = edges.pop(best) - known
            if not new:
                break
            known |= new
            kept += 1
            data = pathlib.Path(best).read_bytes()
            (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
        print(f"{target:18} {kept} kept of {len(list(finds.iterdir()))}", flush=True)


if __name__ == "__main__":
    for one in sys.argv[1:] or sorted(path.name for path in CORPUS.iterdir()):
        keep(one)
