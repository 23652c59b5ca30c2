#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A bad line: stands between a client and a TCP or HTTP server, and harms what passes as it is told.

usage: fault_proxy.py HOST:PORT [--port N] [--delay MS] [--rate BYTES] [--control FILE] [--http]

Prints the port it listens at (loopback). --delay: of each direction, which does not limit the rate;
--rate: bytes a second of each direction, shared by all connections. --control: a JSON file with the
members of Plan, which is read anew for each connection and, with --http, each request.

In a test: `with FaultProxy(host, port, http=True) as proxy:`, and `proxy.plan = Plan(...)`.
"""
import argparse
import asyncio
import collections
import dataclasses
import json
import re
import threading
import time
import urllib.parse

PIECE = 256 << 10
# What is on its way at a time: 200 MB/s through 100 ms, and much over.
MOST_IN_FLIGHT = 64 << 20

# What can be done to the n-th request and its answer.
KINDS = (
    "status",       # answered by the proxy (Fault.status); the server never sees it
    "late_status",  # done by the server, but answered so by the proxy
    "drop",         # the connection is closed; the server never sees it
    "drop_answer",  # done by the server; the connection is closed without an answer
    "hang",         # as drop_answer, but the connection stays open in silence for `seconds`
    "delay",        # answered `seconds` later
    "truncate",     # closed half-way through the answer's body
    "short",        # half of the body, as if that were all
    "longer",       # bytes behind the body, as if they were part of it
    "duplicate",    # the answer comes twice
    "reorder",      # the answer of the request before comes in its place
    "corrupt",      # a bit of the body is flipped
    "corrupt_head", # a byte of the head is another
    "hide",         # of a listing: names that match `pattern` are left out
    "invent",       # of a listing: a name that is not there, like one that matches `pattern`
)


@dataclasses.dataclass
class Fault:
    kind: str
    at: int = 1             # strikes first at the n-th request that matches, from 1
    times: int = 1          # so many in a row; 0: from there on
    method: str = ""        # empty: any
    path: str = ""          # a regular expression, searched in the path with its query
    status: int = 503
    seconds: float = 1.0
    pattern: str = ""
    seen: int = 0           # requests that matched
    struck: int = 0

    def strikes(self, method, path):
        if (self.method and method != self.method) or not re.search(self.path, path):
            return False
        self.seen += 1
        if self.seen < self.at or (self.times and self.seen >= self.at + self.times):
            return False
        self.struck += 1
        return True


@dataclasses.dataclass
class Plan:
    delay: float = 0.0            # seconds, each way
    rate: int = 0                 # bytes a second, each way; 0: none
    refuse: bool = False          # new connections are closed at once
    close_up_after: int = -1      # bytes from the client in all, then their connection is closed,
    close_down_after: int = -1    # once; the same of the server's
    faults: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.faults = [f if isinstance(f, Fault) else Fault(**f) for f in self.faults]


class Broken(Exception):
    """The connection ends here, as it was planned."""


class Link:
    """One direction of a connection: what is given to it arrives later, at the rate."""

    def __init__(self, proxy, writer, way):
        self.proxy, self.writer, self.way = proxy, writer, way
        self.waiting, self.bytes = collections.deque(), 0
        self.changed = asyncio.Event()
        self.room = asyncio.Event()
        self.room.set()
        self.task = asyncio.ensure_future(self.deliver())

    async def give(self, data):
        """Returns as soon as there is room for more; raises Broken once it may not pass."""
        plan = self.proxy.plan
        allowed = self.proxy.allowed(self.way, len(data))
        now = time.monotonic()
        due = now
        if plan.rate:
            free = max(self.proxy.free_at[self.way], now)
            due = self.proxy.free_at[self.way] = free + len(data) / plan.rate
        self.waiting.append((due + plan.delay, data[:allowed] if allowed < len(data) else data))
        self.bytes += len(data)
        self.changed.set()
        if allowed < len(data):
            await self.drain()
            raise Broken
        if self.bytes > MOST_IN_FLIGHT:
            self.room.clear()
            await self.room.wait()
        if self.task.done():
            raise Broken

    async def drain(self):
        self.waiting.append(None)
        self.changed.set()
        await asyncio.wait([self.task])

    async def deliver(self):
        try:
            while True:
                while not self.waiting:
                    self.changed.clear()
                    await self.changed.wait()
                item = self.waiting.popleft()
                if item is None:
                    return
                due, data = item
                pause = due - time.monotonic()
                if pause > 0:
                    await asyncio.sleep(pause)
                self.writer.write(data)
                await self.writer.drain()
                self.bytes -= len(data)
                if self.bytes <= MOST_IN_FLIGHT // 2:
                    self.room.set()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.room.set()


class Message:
    """A request or an answer: its first line, its headers as they came, and its body."""

    def __init__(self, first, headers, body):
        self.first, self.headers, self.body = first, headers, body

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return ""

    def with_body(self, body):
        headers = [(k, str(len(body)) if k.lower() == "content-length" else v)
                   for k, v in self.headers if k.lower() != "transfer-encoding"]
        if not any(k.lower() == "content-length" for k, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        return Message(self.first, headers, body)

    def head(self):
        return "".join([self.first, "\r\n", *(f"{k}: {v}\r\n" for k, v in self.headers),
                        "\r\n"]).encode("latin-1")

    def whole(self):
        return self.head() + self.body


async def read_message(reader, has_body=True):
    """Nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    first, *lines = head.decode("latin-1")[:-4].split("\r\n")
    message = Message(first, [tuple(x.split(": ", 1)) if ": " in x else (x.rstrip(":"), "")
                              for x in lines], b"")
    if not has_body or re.match(r"HTTP/1.[01] (1..|204|304)", first):
        return message
    if "chunked" in message.header("transfer-encoding"):
        body = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body.append((await reader.readexactly(size + 2))[:-2])
        await reader.readuntil(b"\r\n")
        return message.with_body(b"".join(body))
    message.body = await reader.readexactly(int(message.header("content-length") or 0))
    return message


def flipped(data):
    if not data:
        return data
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1:]


CONTENTS = re.compile(rb"<Contents>.*?</Contents>", re.DOTALL)


def without(body, pattern):
    return CONTENTS.sub(lambda m: b"" if re.search(pattern.encode(), m.group()) else m.group(), body)


def invent(body, pattern):
    """The key of a name that is not there, and its entry: as good as one that matches, but for the
    last digit."""
    for entry in reversed(list(CONTENTS.finditer(body))):
        key = re.search(rb"<Key>(.*)([0-9a-e])</Key>", entry.group())
        if key and re.search(pattern.encode(), entry.group()):
            other = key.group(1) + b"%x" % (int(key.group(2), 16) + 1)
            return other, entry.group().replace(key.group(1) + key.group(2), other)
    return None


def with_entries(body, entries, asked):
    """The listing with those of the entries that it would show, by the query that asked for it."""
    prefix, after = (asked.get(k, [""])[0].encode() for k in ("prefix", "start-after"))
    all_of_it = {re.search(rb"<Key>(.*)</Key>", e).group(1): e for e in CONTENTS.findall(body)}
    for key, entry in entries.items():
        name = urllib.parse.unquote_to_bytes(key)
        if name.startswith(prefix) and name > after:
            all_of_it[key] = entry
    end = body.rindex(b"</ListBucketResult>")
    count = rb"<KeyCount>%d</KeyCount>" % len(all_of_it)
    return re.sub(rb"<KeyCount>\d+</KeyCount>", count, CONTENTS.sub(b"", body[:end])) + b"".join(
        all_of_it[key] for key in sorted(all_of_it)) + body[end:]


class FaultProxy:
    """Runs in a thread of its own from __enter__ to __exit__."""

    def __init__(self, host, port, http=False, listen=0, control=None):
        self.host, self.target, self.http = host, port, http
        self.port, self.control = listen, control
        self.plan = Plan()
        self.requests = []       # "METHOD /path?query" of all, in order
        self.passed = {"up": 0, "down": 0}
        self.free_at = {"up": 0.0, "down": 0.0}
        self.last_answer = None
        self.invented = {}

    def allowed(self, way, size):
        """How many of so many bytes may still pass; they count as passed."""
        limit = self.plan.close_up_after if way == "up" else self.plan.close_down_after
        before = self.passed[way]
        self.passed[way] += size
        if limit < 0 or before + size <= limit:
            return size
        if way == "up":
            self.plan.close_up_after = -1
        else:
            self.plan.close_down_after = -1
        return max(0, limit - before)

    def start_anew(self, plan):
        """Counts from nothing again."""
        self.requests, self.passed, self.last_answer = [], {"up": 0, "down": 0}, None
        self.invented = {}
        self.plan = plan

    def look_at_control(self):
        if self.control:
            try:
                with open(self.control, encoding="utf-8") as file:
                    text = file.read()
            except FileNotFoundError:
                return
            if text != getattr(self, "control_text", None):
                self.control_text, self.plan = text, Plan(**json.loads(text))

    async def serve(self, reader, writer):
        self.look_at_control()
        server, links = None, []
        try:
            if self.plan.refuse:
                raise Broken
            from_server, server = await asyncio.open_connection(self.host, self.target,
                                                                limit=1 << 22)
            links = up, down = Link(self, server, "up"), Link(self, writer, "down")
            if self.http:
                await self.pass_requests(reader, from_server, up, down)
            else:
                tasks = [asyncio.ensure_future(self.pass_bytes(reader, up)),
                         asyncio.ensure_future(self.pass_bytes(from_server, down))]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in tasks:
                    task.cancel()
        except (Broken, OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            for link in links:
                link.task.cancel()
            for end in (writer, server):
                if end is not None:
                    end.transport.abort()

    async def pass_bytes(self, reader, link):
        while data := await reader.read(PIECE):
            await link.give(data)
        await link.drain()
        if link.writer.can_write_eof():
            link.writer.write_eof()
        else:
            raise Broken

    async def pass_requests(self, reader, from_server, up, down):
        while request := await read_message(reader):
            self.look_at_control()
            method, path = request.first.split(" ")[:2]
            self.requests.append(f"{method} {path}")
            fault = next((f for f in self.plan.faults if f.strikes(method, path)), None)
            kind = fault.kind if fault else ""
            if kind == "drop":
                raise Broken
            if kind == "status":
                await down.give(self.refusal(fault.status))
                continue
            await up.give(request.whole())
            answer = await read_message(from_server, has_body=method != "HEAD")
            while answer is not None and answer.first.split(" ")[1] == "100":
                answer = await read_message(from_server, has_body=method != "HEAD")
            if answer is None or kind == "drop_answer":
                raise Broken
            before, self.last_answer = self.last_answer, answer
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
            await self.answer(down, fault, kind, answer, before, query)

    @staticmethod
    def refusal(status):
        codes = {409: "ConditionalRequestConflict", 412: "PreconditionFailed", 429: "SlowDown",
                 500: "InternalError", 503: "ServiceUnavailable"}
        body = f"<Error><Code>{codes.get(status, 'Error')}</Code></Error>".encode()
        return (f"HTTP/1.1 {status} Planned\r\nContent-Type: application/xml\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    async def answer(self, down, fault, kind, answer, before, asked):
        body = answer.body
        if kind == "late_status":
            await down.give(self.refusal(fault.status))
            return
        if kind == "hang":
            await asyncio.sleep(fault.seconds)
            raise Broken
        if kind == "delay":
            await asyncio.sleep(fault.seconds)
        if kind == "truncate":
            await down.give(answer.head() + body[:len(body) // 2])
            await down.drain()
            raise Broken
        if kind == "short":
            answer = answer.with_body(body[:len(body) // 2])
        elif kind == "longer":
            answer = answer.with_body(body + body + b"more")
        elif kind == "corrupt":
            answer = Message(answer.first, answer.headers, flipped(body))
        elif kind == "hide":
            answer = answer.with_body(without(body, fault.pattern))
        elif kind == "invent":
            if not self.invented and (found := invent(body, fault.pattern)):
                self.invented = dict([found])
            answer = answer.with_body(with_entries(body, self.invented, asked))
        elif kind == "reorder" and before is not None:
            answer = before
        if kind == "corrupt_head":
            await down.give(flipped(answer.head()) + answer.body)
        else:
            await down.give(answer.whole())
        if kind == "duplicate":
            await down.give(answer.whole())

    async def run(self, ready):
        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 22)
        self.port = server.sockets[0].getsockname()[1]
        ready()
        async with server:
            await self.stopped.wait()

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run(ready.set)), daemon=True)
        self.thread.start()
        if not ready.wait(10):
            raise RuntimeError("the proxy does not start")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("target")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--control")
    parser.add_argument("--http", action="store_true")
    given = parser.parse_args()
    host, port = given.target.rsplit(":", 1)
    proxy = FaultProxy(host, int(port), given.http, given.port, given.control)
    proxy.plan = Plan(delay=given.delay / 1000, rate=given.rate)
    try:
        asyncio.run(proxy.run(lambda: print(proxy.port, flush=True)))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
