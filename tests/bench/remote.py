#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs saoluu over a slow line to an S3 service, beside restic and beside what the line can do.

    tests/bench/remote.py --work DIR [--rtt-ms 20] [--rate-mb 25] [--tools saoluu,restic] FOLDER

The service is named by AWS_ENDPOINT_URL_S3 (http://HOST:PORT), AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and BUCKET, whose objects below bench/ are left there. The line is that of
link.py. The bound of a step is a plain parallel PUT or GET, by curl, 8 at once, of as many objects
of the same sizes as saoluu's repository has, over the same line. SAOLUU and RESTIC name the
programs. One line of JSON for each step on stdout, a table at the end on stderr.
"""
import argparse
import collections
import hashlib
import hmac
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time
import urllib.parse

from link import Link

PASSPHRASE = "Mat-khau thu nghiem 2026!"
SAOLUU, RESTIC = (os.environ.get(name.upper(), name) for name in ("saoluu", "restic"))
BUCKET = os.environ.get("BUCKET", "test")
AT_ONCE = 8  # as many as the S3 store of saoluu
TOOLS = {
    "saoluu": {
        "env": {"SAOLUU_REPO": "s3://{bucket}/{prefix}", "SAOLUU_PASSPHRASE": PASSPHRASE,
                "SAOLUU_STATE_DIR": "{work}/state", "SAOLUU_CACHE_DIR": "{work}/cache"},
        "init": f"{SAOLUU} init -q --holder 'Nguyen Van A' --kdf-mib 64 --kdf-passes 1"
                " --backup-key {work}/key && "
                f"{SAOLUU} key issue -q --role restore --holder 'Tran Thi B'"
                " --new-key-file {work}/reader",
        "first": f"{SAOLUU} backup -q --key-file {{work}}/key {{source}}",
        "nothing new": f"{SAOLUU} backup -q --key-file {{work}}/key {{source}}",
        "check all data": f"{SAOLUU} check -q --read-data --key-file {{work}}/reader",
        "restore": f"{SAOLUU} restore -q latest:{{source}} --key-file {{work}}/reader"
                   " --target {out}",
    },
    "restic": {
        "env": {"RESTIC_REPOSITORY": "s3:{endpoint}/{bucket}/{prefix}",
                "RESTIC_PASSWORD": PASSPHRASE, "RESTIC_CACHE_DIR": "{work}/cache"},
        "init": f"{RESTIC} init -q",
        "first": f"{RESTIC} backup -q .",
        "nothing new": f"{RESTIC} backup -q .",
        "check all data": f"{RESTIC} check -q --read-data",
        "restore": f"{RESTIC} restore -q latest --target {{out}}",
    },
}
STEPS = ("first", "nothing new", "check all data", "restore")


def make_corpus(folder, files, mean_bytes):
    """As documents are: sizes far apart, and content that is compressed already, in part twice."""
    chance = random.Random(1)
    before = b""
    for number in range(files):
        size = int(min(chance.lognormvariate(0, 1.4) * mean_bytes / 2.66, 40e6))
        path = folder / f"{number // 100:03}" / f"{number:05}.docx"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = before if chance.random() < 0.05 else chance.randbytes(size)
        path.write_bytes(content)
        before = content


def run(command, env, folder, peak):
    """Seconds, seconds of processors, and MiB of the largest process."""
    begin = time.monotonic()
    # Through a small program: a child's peak is never less than its parent's, which is Python here.
    child = subprocess.Popen(["/usr/bin/time", "-f", "%M", "-o", peak, "sh", "-c", command], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=sys.stderr)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"remote.py: exit {child.returncode}: {command}")
    return wall, usage.ru_utime + usage.ru_stime, int(peak.read_text().split()[-1]) / 1024


def presigned(method, endpoint, path):
    """The URL of an object, good for an hour (curl 7.88's own signatures are refused by Ceph)."""
    now = time.gmtime()
    day, second = time.strftime("%Y%m%d", now), time.strftime("%Y%m%dT%H%M%SZ", now)
    scope = f"{day}/us-east-1/s3/aws4_request"
    query = urllib.parse.urlencode({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}",
        "X-Amz-Date": second, "X-Amz-Expires": "3600", "X-Amz-SignedHeaders": "host"})
    host = urllib.parse.urlsplit(endpoint).netloc
    request = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{second}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f"{endpoint}{path}?{query}&X-Amz-Signature={key.hex()}"


class Curl:
    """Plain requests over the line."""

    def __init__(self, endpoint, work):
        self.endpoint, self.work = endpoint, work
        self.work.mkdir(parents=True, exist_ok=True)

    def many(self, transfers):
        """transfers: the lines of curl's configuration for each. Seconds."""
        config = self.work / "curl"
        common = 'header = "Expect:"\nfail\nsilent\nshow-error\n'
        descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write("next\n".join(common + one for one in transfers))
        begin = time.monotonic()
        subprocess.run(["curl", "--no-progress-meter", "--parallel", "--parallel-immediate", "--parallel-max",
                        str(AT_ONCE), "-K", config], check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - begin
        config.unlink()
        return seconds

    def bounds(self, sizes):
        """Seconds to put and to get objects of these sizes."""
        body = self.work / "body"
        names = []
        for number, size in enumerate(sizes):
            with open(body.with_suffix(f".{number}"), "wb") as out:
                out.write(random.Random(number).randbytes(size))
            names.append(f"/{BUCKET}/bench/plain/{number}")
        put = self.many([f'url = "{presigned("PUT", self.endpoint, name)}"\n'
                         f'upload-file = "{body}.{number}"\n'
                         for number, name in enumerate(names)])
        get = self.many([f'url = "{presigned("GET", self.endpoint, name)}"\noutput = "/dev/null"\n'
                         for name in names])
        return put, get


def prove_same(source, out):
    if subprocess.run(["diff", "-r", "--no-dereference", source, out], check=False).returncode != 0:
        sys.exit(f"remote.py: {out} differs from {source}")


def most_asked(log):
    """The objects that most requests asked for, and how many: parts of 4 MiB, ends, or too much."""
    gets = collections.Counter(path for method, path, _ in log if method == "GET")
    return dict(gets.most_common(3))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, nargs="?", help="what is backed up")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--make", type=int, default=0, metavar="FILES",
                        help="instead of a folder: so many files of 40 kB on average")
    parser.add_argument("--rtt-ms", type=float, default=20)
    parser.add_argument("--rate-mb", type=float, default=25)
    parser.add_argument("--tools", default="saoluu,restic")
    options = parser.parse_args()
    work = options.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = options.folder.resolve() if options.folder else work / "source"
    if not options.folder:
        make_corpus(source, options.make, 40_000)
    service = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_S3"])
    link = Link((service.hostname, service.port), rtt_seconds=options.rtt_ms / 1000,
                rate=options.rate_mb * 1e6)
    endpoint = f"http://127.0.0.1:{link.port}"
    line = {"rtt_ms": options.rtt_ms, "rate_mb": options.rate_mb}
    results, bound = [], {}
    for tool in options.tools.split(","):
        place = {"bucket": BUCKET, "prefix": f"bench/{tool}-{time.time_ns()}", "work": work / tool,
                 "source": source, "out": work / tool / "out", "endpoint": endpoint}
        (work / tool).mkdir()
        env = {**os.environ, "AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "us-east-1",
               **{name: text.format(**place) for name, text in TOOLS[tool]["env"].items()}}
        run(TOOLS[tool]["init"].format(**place), env, work, work / "peak")
        for step in STEPS:
            link.take_counts()
            if step == "restore":
                place["out"].mkdir()
            wall, cpu, peak = run(TOOLS[tool][step].format(**place), env,
                                  place["out"] if step == "restore" else source,
                                  work / "peak")
            requests, up, down, log = link.take_counts()
            if step == "restore":
                prove_same(source, place["out"])
                shutil.rmtree(place["out"])
            if step == "first" and tool == "saoluu":
                curl = Curl(endpoint, work / "curl")
                sizes = [size for method, _, size in log if method == "PUT"]
                put, get = curl.bounds(sizes)
                bound = {"first": put, "check all data": get, "restore": get}
                print(json.dumps({"tool": "plain", **line, "objects": len(sizes),
                                  "bytes": sum(sizes), "put_s": put, "get_s": get}), flush=True)
            result = {"tool": tool, "step": step, **line, "wall_s": round(wall, 2),
                      "cpu_s": round(cpu, 2), "peak_mib": round(peak), "requests": requests,
                      "up_bytes": up, "down_bytes": down, "bound_s": bound.get(step),
                      "most_asked": most_asked(log) if tool == "saoluu" else None}
            results.append(result)
            print(json.dumps(result), flush=True)
    link.close()
    shutil.rmtree(work, ignore_errors=True)
    print("| step | tool | wall s | of the bound | CPU s | peak MiB | requests | MB up | MB down |"
          "\n|---|---|---:|---:|---:|---:|---:|---:|---:|", file=sys.stderr)
    for one in sorted(results, key=lambda result: STEPS.index(result["step"])):
        share = f"{100 * one['bound_s'] / one['wall_s']:.0f} %" if one["bound_s"] else ""
        print(f"| {one['step']} | {one['tool']} | {one['wall_s']:.2f} | {share} |"
              f" {one['cpu_s']:.2f} | {one['peak_mib']} | {sum(one['requests'].values())} |"
              f" {one['up_bytes'] / 1e6:.1f} | {one['down_bytes'] / 1e6:.1f} |", file=sys.stderr)


if __name__ == "__main__":
    main()
