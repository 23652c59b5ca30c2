#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs saoluu beside restic and borg on one folder and prints the medians as a table.

    tests/bench/peers.py --work DIR [--rounds 3] [--tools saoluu,restic,borg] FOLDER

Each step is run by every tool before the next one begins, in an order that turns from round to
round, so that the noise of a machine is shared. DIR should lie on the file system of the
repositories that are meant; it is used up and removed. SAOLUU, RESTIC and BORG name the programs.
Keys: saoluu's are files; the others derive theirs from a passphrase, which takes restic ½ second.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

PASSPHRASE = "Mat-khau thu nghiem 2026!"
SAOLUU, RESTIC, BORG = (os.environ.get(name.upper(), name) for name in ("saoluu", "restic", "borg"))
STEPS = ("first", "nothing new", "check all data", "restore")

# {source}, {repo}, {out}; a step is run in the source, a restore in the empty folder {out}
TOOLS = {
    "saoluu": {
        "env": {"SAOLUU_REPO": "{repo}", "SAOLUU_PASSPHRASE": PASSPHRASE,
                "SAOLUU_STATE_DIR": "{repo}.state", "SAOLUU_CACHE_DIR": "{repo}.cache"},
        "init": f"{SAOLUU} init -q --holder 'Nguyen Van A' --kdf-mib 64 --kdf-passes 1"
                " --backup-key {repo}.key && "
                f"{SAOLUU} key issue -q --role restore --holder 'Tran Thi B'"
                " --new-key-file {repo}.reader",
        "first": f"{SAOLUU} backup -q --key-file {{repo}}.key {{source}}",
        "nothing new": f"{SAOLUU} backup -q --key-file {{repo}}.key {{source}}",
        "check all data": f"{SAOLUU} check -q --read-data --key-file {{repo}}.reader",
        "restore": f"{SAOLUU} restore -q latest:{{source}} --key-file {{repo}}.reader --target {{out}}",
    },
    "restic": {
        "env": {"RESTIC_REPOSITORY": "{repo}", "RESTIC_PASSWORD": PASSPHRASE,
                "RESTIC_CACHE_DIR": "{repo}.cache"},
        "init": f"{RESTIC} init -q",
        "first": f"{RESTIC} backup -q .",
        "nothing new": f"{RESTIC} backup -q .",
        "check all data": f"{RESTIC} check -q --read-data",
        "restore": f"{RESTIC} restore -q latest --target {{out}}",
    },
    "borg": {
        "env": {"BORG_REPO": "{repo}", "BORG_PASSPHRASE": PASSPHRASE, "BORG_BASE_DIR": "{repo}.base"},
        "init": f"{BORG} init -e repokey-blake2",
        "first": f"{BORG} create -C zstd,3 ::first .",
        "nothing new": f"{BORG} create -C zstd,3 ::second .",
        "check all data": f"{BORG} check --verify-data",
        "restore": f"{BORG} extract ::second",
    },
}


def run(command, env, folder):
    """Seconds, seconds of processors, and MiB of the largest process."""
    begin = time.monotonic()
    child = subprocess.Popen(["sh", "-c", command], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"peers.py: exit {child.returncode}: {command}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def prove_same(source, out):
    if subprocess.run(["diff", "-r", "--no-dereference", source, out], check=False).returncode != 0:
        sys.exit(f"peers.py: {out} differs from {source}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", default="saoluu,restic,borg")
    options = parser.parse_args()
    source, work = options.folder.resolve(), options.work.resolve()
    tools = options.tools.split(",")
    results = {(step, tool): [] for step in STEPS for tool in tools}
    for turn in range(options.rounds):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        places = {tool: {"source": source, "repo": work / tool, "out": work / "out"}
                  for tool in tools}
        env = {tool: {**os.environ, **{name: text.format(**places[tool])
                                       for name, text in TOOLS[tool]["env"].items()}}
               for tool in tools}
        for tool in tools:
            run(TOOLS[tool]["init"].format(**places[tool]), env[tool], work)
        for number, step in enumerate(STEPS):
            first = (turn + number) % len(tools)
            for tool in tools[first:] + tools[:first]:
                out = places[tool]["out"]
                if step == "restore":
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                os.sync()
                results[step, tool].append(run(TOOLS[tool][step].format(**places[tool]), env[tool],
                                               out if step == "restore" else source))
                if step == "restore":
                    prove_same(source, out)
    shutil.rmtree(work, ignore_errors=True)
    print("| step | tool | wall s | CPU s | peak MiB | × saoluu's wall |")
    print("|---|---|---:|---:|---:|---:|")
    for step in STEPS:
        for tool in tools:
            wall, cpu, peak = (statistics.median(values)
                               for values in zip(*results[step, tool], strict=True))
            ours = statistics.median(one[0] for one in results[step, tools[0]])
            print(f"| {step} | {tool} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {wall / ours:.1f} |")


if __name__ == "__main__":
    main()
