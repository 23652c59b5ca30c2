#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A line between a client and a server on this machine: so many milliseconds there and back, so
many bytes a second each way, independent of each other. Counts requests of HTTP and bytes.

    tests/bench/link.py --target HOST:PORT [--listen PORT] [--rtt-ms 20] [--rate-mb 25]
    tests/bench/link.py --self-test      what it passes unlimited, and how near it keeps to its limits

All connections share the rate, as those of one office share its line. What it leaves out: the slow
start of TCP, and lost packets.
"""
import argparse
import asyncio
import collections
import re
import socket
import threading
import time

REQUEST = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) (\S+) HTTP/1\.[01]\r\n")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
QUEUED_SECONDS = 0.02  # what waits at the narrow place before its sender is told to wait


class Way:
    """One direction, shared by all connections."""

    def __init__(self, rate, delay):
        self.rate, self.delay = rate, delay
        self.free_at = 0.0
        self.bytes = 0

    def send(self, now, size):
        """When the last of so many bytes arrives."""
        self.bytes += size
        self.free_at = max(self.free_at, now) + (size / self.rate if self.rate else 0)
        return self.free_at + self.delay


class End(asyncio.Protocol):
    """One side of a connection through the line."""

    def __init__(self, link, way, is_client):
        self.link, self.way, self.is_client = link, way, is_client
        self.transport = self.peer = None
        self.early, self.coming = [], collections.deque()
        self.full = self.resting = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.is_client:
            # The handshake takes a round trip, too, before the first byte is sent.
            self.link.connections += 1
            transport.pause_reading()
            self.link.loop.call_later(2 * self.way.delay, self.link.connect, self)

    def data_received(self, data):
        if self.peer is None:  # asyncio may read once after it was told to pause
            self.early.append(data)
            self.transport.pause_reading()
            return
        loop, now = self.link.loop, self.link.loop.time()
        if self.is_client and (found := REQUEST.match(data)):
            self.link.requests[found[1].decode()] += 1
            length = LENGTH.search(data, 0, 16384)
            self.link.log.append((found[1].decode(), found[2].decode(errors="replace"),
                                  int(length[1]) if length else 0))
        arrives = self.way.send(now, len(data))
        self.peer.coming.append(data)
        loop.call_at(arrives, self.peer.deliver)
        ahead = self.way.free_at - now - QUEUED_SECONDS
        if ahead > 0:
            self.resting = True
            self.pause()
            loop.call_later(ahead, self.rested)

    def rested(self):
        self.resting = False
        self.pause()

    def pause(self):
        if self.transport is None or self.transport.is_closing():
            return
        if self.resting or self.full:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def deliver(self):
        """The next of what is on its way; timers of one moment come in any order."""
        data = self.coming.popleft()
        if data is None:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(data)

    def pause_writing(self):
        self.peer.full = True
        self.peer.pause()

    def resume_writing(self):
        self.peer.full = False
        self.peer.pause()

    def connection_lost(self, error):
        if self.peer is not None:
            last = max(self.way.free_at, self.link.loop.time()) + self.way.delay
            self.peer.coming.append(None)
            self.link.loop.call_at(last, self.peer.deliver)


class Link:
    """Runs in a thread of its own until close()."""

    def __init__(self, target, port=0, rtt_seconds=0.0, rate=0):
        self.target, self.requests, self.log = target, collections.Counter(), []
        self.connections = 0
        self.up, self.down = Way(rate, rtt_seconds / 2), Way(rate, rtt_seconds / 2)
        self.loop = asyncio.new_event_loop()
        started = threading.Event()

        async def listen():
            self.server = await self.loop.create_server(lambda: End(self, self.up, True),
                                                        "127.0.0.1", port)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()

        def run():
            self.loop.run_until_complete(listen())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        if not started.wait(10):
            raise RuntimeError("the line can't listen")

    def connect(self, client):
        async def to_server():
            try:
                _, server = await self.loop.create_connection(
                    lambda: End(self, self.down, False), *self.target)
            except OSError:
                client.transport.close()
                return
            client.peer, server.peer = server, client
            early, client.early = b"".join(client.early), []
            client.pause()
            if early:
                client.data_received(early)

        self.loop.create_task(to_server())

    def take_counts(self):
        """Since the last call: requests by method, bytes up, bytes down, and of each request
        its method, path and length of body."""
        counts = dict(self.requests), self.up.bytes, self.down.bytes, list(self.log)
        self.requests.clear()
        self.log.clear()
        self.up.bytes = self.down.bytes = 0
        return counts

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def passed(rtt, rate, size, streams=4):
    """Seconds for `size` bytes from a server to `streams` clients through a line."""
    server = socket.create_server(("127.0.0.1", 0))
    block = bytes(1 << 20)

    def serve(connection):
        with connection:
            connection.recv(1)
            for _ in range(size // streams // len(block)):
                connection.sendall(block)

    def accept():
        for _ in range(streams):
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    link = Link(server.getsockname(), rtt_seconds=rtt, rate=rate)

    def fetch(got):
        with socket.create_connection(("127.0.0.1", link.port)) as connection:
            connection.sendall(b"x")
            buffer = bytearray(1 << 20)
            while (count := connection.recv_into(buffer)) > 0:
                got.append(count)

    began = time.monotonic()
    got = [[] for _ in range(streams)]
    threads = [threading.Thread(target=fetch, args=(one,)) for one in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    link.close()
    server.close()
    assert sum(map(sum, got)) == size // streams // len(block) * len(block) * streams, "bytes lost"
    return seconds


def self_test():
    """The rate and the delay hold, and the line itself is not what limits."""
    free = 256 / passed(0, 0, 256 << 20)
    print(f"unlimited: {free:.0f} MiB/s")
    faults = 0
    for rtt, rate in ((0.02, 25e6), (0.1, 25e6), (0.02, 100e6), (0.1, 100e6)):
        size = int(rate) >> 22 << 22
        seconds = passed(rtt, rate, size)
        ideal = size / rate + 2 * rtt  # the handshake, and a byte there and the first back
        print(f"{rtt * 1000:.0f} ms, {rate / 1e6:.0f} MB/s: {seconds:.2f} s, ideal {ideal:.2f} s")
        faults += not ideal * 0.95 <= seconds <= ideal * 1.15
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target")
    parser.add_argument("--listen", type=int, default=0)
    parser.add_argument("--rtt-ms", type=float, default=20)
    parser.add_argument("--rate-mb", type=float, default=25)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    host, port = options.target.rsplit(":", 1)
    link = Link((host, int(port)), options.listen, options.rtt_ms / 1000, options.rate_mb * 1e6)
    print(link.port, flush=True)
    link.thread.join()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
