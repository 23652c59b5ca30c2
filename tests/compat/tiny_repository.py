# SPDX-License-Identifier: Apache-2.0
"""Writes little repositories for test_reader.py: a writer of src/format/FORMAT.md in as few lines as do.

Its randomness is counted, so a test that fails does so again. It takes no care of concurrent writers or crashes.
"""
import contextlib
import hashlib
import os
import stat
from pathlib import Path

import zstandard

import format_py as f

TIME = 1_700_000_000
PASSPHRASE = "Sao lưu mỗi đêm, khôi phục được!"


class Person:
    """An actor: his keys, his ledger and what the roster says of him."""
    def __init__(self, tiny, role, holder, domain):
        self.role, self.holder, self.domain = role, holder, domain
        self.seed, self.seal, self.slot = tiny.random(32), tiny.random(32), tiny.random(16)
        self.heads, self.n, self.sequence, self.last_session, self.unsaid = [], 0, 0, None, []

    def settle(self, tiny):
        self.id = f.actor_id(tiny.id, f.sign_public(self.seed), f.seal_public(self.seal))


class Tiny:
    def __init__(self, folder, suite, exclusive="yes"):
        self.folder, self.suite, self.count = Path(folder), suite, 0
        self.admin, self.backup = Person(self, 3, "Trần Thị Bình", 0), Person(self, 1, "Nguyễn Văn An", 3)
        self.restore, self.other = Person(self, 2, "Lê Chi", 0), Person(self, 1, "Phạm Dũng", 4)
        random, founder = self.random(32), (f.sign_public(self.admin.seed), f.seal_public(self.admin.seal))
        self.id = f.repository_id(random, *founder)
        self.people = [self.admin, self.backup, self.restore, self.other]
        for person in self.people:
            person.settle(self)
        self.epochs, self.domains, self.contents, self.epoch = {}, {n: (suite, self.random(32)) for n in (0, 3, 4)}, {}, -1
        self.roster, self.roster_n, self.revoked, self.chunks, self.segment = bytes(32), -1, [], {}, None
        for name in ("format", "format.2"):
            self.put(name, f.format_text(random, *founder))
        self.put("README.txt", f.text_object("This is a backup.", "", "Don't edit it."))
        self.place = self.random(16)
        self.put("place", f.place_text(self.id, self.place, {"created": str(TIME), "exclusive-create": exclusive}))
        slot = f.slot_object(suite, self.admin.slot, PASSPHRASE, 65536, 1, self.random(16), self.id, self.admin.seed, self.admin.seal)[2]
        for name in (self.admin.slot.hex(), self.admin.slot.hex() + ".2"):
            self.put("keys/" + name, slot)
        self.rotate()

    def random(self, size):
        self.count += 1
        out = b"".join(f.K64(b"tiny", f.u64(self.count) + f.u64(i)) for i in range((size + 63) // 64))
        return out[:size]

    def put(self, name, x):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            file.write(x)

    def key_file(self, person):
        return f.key_file_text(self.id, person.slot, person.seed, person.seal)

    # ---- rosters

    def rotate(self, **more):
        """The next roster, with a new epoch."""
        self.epoch += 1
        self.epochs[self.epoch], self.contents[self.epoch] = self.random(32), self.random(32)
        self.put_roster(**more)

    def put_roster(self, seed=None, signer=None, names=2, **more):
        n, actors = self.roster_n + 1, {}
        for p in self.people:
            if p.id in dict(self.revoked):
                continue
            domains = {p.domain: self.domains[p.domain]} if p.role == 1 else self.domains
            bundle = f.bundle(self.suite, self.epoch, self.id, p.id, self.random(32), f.seal_public(p.seal),
                              f.bundle_plain(self.epochs, domains, {} if p.role == 1 else self.contents))
            sealed_names = f.sealed(f.NAMES, self.suite, self.epoch, self.epochs[self.epoch], self.id, p.id, self.random(32),
                                    f.names_plain(p.holder, "Phòng Tài chính"))
            actors[p.id] = {"sign": f.sign_public(p.seed), "seal": f.seal_public(p.seal), "role": p.role, "domain": p.domain, "slot": p.slot,
                            "issued": TIME, "names": sealed_names, "bundle": bundle, "slot_kind": 1 if p is self.admin else 2}
        r = {"n": n, "time": TIME, "suite": self.suite, "chunker": (131072, 524288, 2097152), "epoch": self.epoch,
             "E": f.seal_public(self.contents[self.epoch]), "actors": actors, "revoked": self.revoked,
             "epoch-secret-hash": f.epoch_secret_hash(self.id, self.epoch, self.epochs[self.epoch]), **more}
        x = f.roster_object(seed or self.admin.seed, signer or self.admin.id, self.id, self.roster, r)
        for end in ("", ".2")[:names]:
            self.put(f"roster/{n:010d}-{f.H(x).hex()}{end}", x)
        self.roster, self.roster_n = f.H(x), n
        return x

    # ---- objects

    def sealed(self, kind, subject, person, rest):
        return f.sealed_body(kind, self.suite, self.epoch, self.epochs[self.epoch], self.id, subject, self.random(32),
                             person.seed, person.id, self.roster, rest)[1]

    def put_hashed(self, folder, kind, person, rest, subject=b"", name="{}"):
        x = self.sealed(kind, subject, person, rest)
        self.put(f"{folder}/" + name.format(f.H(x).hex()), x)
        return f.H(x)

    def put_session(self, session, name, kind, person, rest):
        x = f.with_check(self.sealed(kind, session, person, rest))
        self.put(f"snapshots/{session.hex()}/{name}", x)
        return x

    def mark(self, packs, purpose=1, person=None, place=None):
        return self.put_hashed("marks", f.MARK, person or self.admin, f.mark_rest(purpose, packs, TIME, place or self.place, "why"))

    def ledger(self, person, act, body=None, outcomes=(), heads=(), session=None):
        rest = f.ledger_rest(person.n, person.heads, TIME + person.n, act, self.place, body, heads, outcomes, session)
        entry = self.put_hashed(f"ledger/{person.id.hex()}", f.LEDGER, person, rest, f.ledger_subject(person.id, person.n),
                                f"{person.n:010d}-" + "{}")
        person.heads, person.n = [entry], person.n + 1
        return entry

    @contextlib.contextmanager
    def elsewhere(self):
        """What is done within is done at another copy of the repository, and then mirrored."""
        self.place, kept = self.random(16), (self.place, [(p, p.heads, p.n, p.unsaid) for p in self.people])
        for p in self.people:
            p.heads, p.n, p.unsaid = [], 0, []
        yield
        self.place = kept[0]
        for p, *before in kept[1]:
            p.heads, p.n, p.unsaid = before

    # ---- chunks and packs

    def chunk(self, kind, plain, person=None, codec=0):
        """Remembers the chunk for the next put_packs(); returns its id."""
        domain = (person or self.backup).domain
        identity = f.chunk_id(self.domains[domain][1], kind, self.domains[domain][0], self.id, domain, plain)
        stored = zstandard.ZstdCompressor().compress(plain) if codec else plain
        self.chunks[(kind, identity)] = (kind, codec, identity, stored, len(plain))
        return identity

    def put_packs(self, session, person):
        """Packs of all remembered chunks and a segment for them; returns the packs' names."""
        packs, entries = [], []
        for kind in (f.DATA_PACK, f.CATALOG_PACK):
            chunks = [c for c in self.chunks.values() if (c[0] == f.DATA) == (kind == f.DATA_PACK)]
            if not chunks:
                continue
            p = f.pack_object(kind, self.suite, self.epoch, self.epochs[self.epoch], f.seal_public(self.contents[self.epoch]), self.id, self.random(32),
                              person.seed, person.id, self.roster, session, person.domain, chunks, self.random(32), self.random(32), self.random)
            self.put(f"packs/{p['name'].hex()[:2]}/{p['name'].hex()}", p["pack"])
            offset = 80
            for number, (chunk_kind, codec, identity, stored, plain) in enumerate(chunks):
                entries.append((identity, len(packs), number, offset, len(stored), plain, chunk_kind, codec))
                offset += len(stored) + 16
            packs.append((p["name"], session, person.id, len(p["pack"])))
        self.chunks = {}
        self.segment = self.put_hashed("index", f.INDEX, person, f.index_rest(packs, entries))
        return [pack[0] for pack in packs]

    # ---- snapshots

    def catalog(self, entries, person, per_page=4):
        """Pages of [(path, body)]; returns the root's id."""
        entries = sorted(entries, key=lambda e: f.path_order(e[0]))
        level = 0
        while True:
            pages = [entries[i:i + per_page] for i in range(0, len(entries), per_page)]
            entries = [(page[0][0], self.chunk(f.PAGE, f.page(level, page), person, codec=level % 2)) for page in pages]
            if len(entries) == 1:
                return entries[0][1]
            level += 1

    def snapshot(self, entries, person=None, done=True, marks=(), say=1, commit=True, job="documents", **more):
        """A whole session; returns (session, record object, packs). done: True, False, or what to put in place of it.
        say: what the next entry says of it, 1 seen, 2 abandoned, or 0."""
        person, session = person or self.backup, self.random(16)
        self.put_session(session, "open", f.OPEN, person, f.open_rest(marks, TIME, self.place))
        root = self.catalog(entries, person)
        note = f.note_plain([b"/home/an"], "máy-1", ["hằng ngày"], [(1000, b"an")], [(1000, b"an")], [(b"home/an/x", 1, 13, "denied")])
        note = [self.chunk(f.NOTE, note[:20], person), self.chunk(f.NOTE, note[20:], person, codec=1)]
        packs = self.put_packs(session, person)
        record = dict(session=session, job=job, root=root, start=TIME, end=TIME + 60, sequence=person.sequence + 1, domain=person.domain,
                      counts=[9, 8, 7], program="tiny", note=note, predecessor=person.last_session, segments=[self.segment])
        record.update(more)
        x = f.with_check(self.sealed(f.RECORD, session, person, f.record_rest(**record)))
        if commit:
            entry = self.ledger(person, 3, x, person.unsaid, session=session)
            person.unsaid = [(entry, say)] if say else []
        if done:
            self.put(f"snapshots/{session.hex()}/done", x if done is True else f.with_check(self.sealed(f.FENCE, session, *done(session))))
        person.sequence, person.last_session = person.sequence + 1, session
        return session, x, packs


def body(kind, mode, *type_part, seconds=TIME, nanoseconds=123_456_789, **more):
    return f.entry_body(kind, mode, os.getuid(), os.getgid(), seconds, nanoseconds, b"".join(type_part), **more)


def file_body(tiny, mode, *pieces, codec=0, person=None, **more):
    """A file of whole chunks (bytes), holes (numbers) and ready segments ((segment, length))."""
    size, segments = 0, []
    for piece in pieces:
        if isinstance(piece, bytes):
            segments.append(f.whole_chunk(tiny.chunk(f.DATA, piece, person, codec), len(piece)))
            size += len(piece)
        elif isinstance(piece, int):
            segments.append(f.hole(piece))
            size += piece
        else:
            segments.append(piece[0])
            size += piece[1]
    return body(1, mode, f.file_part(size, segments), **more)


def every_kind(tiny):
    """(entries for snapshot(), {path: (stat type, mode, content or target, mtime ns)}) of a tree with everything in it."""
    big = tiny.random(5000)
    list_parts = [big[i:i + 1000] for i in range(0, 5000, 1000)]
    leaf = lambda parts: tiny.chunk(f.LIST, f.list_chunk(0, [f.whole_chunk(tiny.chunk(f.DATA, p), len(p)) for p in parts]), codec=1)
    lists = [f.list_segment(leaf(list_parts[:3]), 3000), f.list_segment(leaf(list_parts[3:]), 2000)]
    top = tiny.chunk(f.LIST, f.list_chunk(1, lists))
    old = tiny.random(4000)
    old_id = tiny.chunk(f.DATA, old)
    changed = old[:1500] + b"new words" + old[2000:]
    pieces = [(f.part(old_id, 0, 1500), 1500), b"new words", (f.part(old_id, 2000, 2000), 2000)]
    hole_end, hole_start = ([f.whole_chunk(tiny.chunk(f.DATA, b"one end"), 7), f.hole(3)], [f.hole(4), f.whole_chunk(tiny.chunk(f.DATA, b"other"), 5)])
    over_lists = [(f.list_segment(tiny.chunk(f.LIST, f.list_chunk(0, parts)), size), size) for parts, size in ((hole_end, 10), (hole_start, 9))]
    group = f.link_group(tiny.domains[3][1], tiny.suite, tiny.id, 3, b"home/an/linked")
    linked = file_body(tiny, 0o644, b"linked", group=group)
    sparse = file_body(tiny, 0o600, 1 << 20, b"after the hole", 4096, file_hash=f.H(bytes(1 << 20) + b"after the hole" + bytes(4096)))
    text = "Kính gửi phòng kế toán. ".encode() * 500
    entries = [
        (b"", body(2, 0o755)), (b"home", body(2, 0o755)), (b"home/an", body(2, 0o2750, xattrs=[(b"user.note", b"x\0y")])),
        (b"home/an-2", body(2, 0o500, seconds=-100, nanoseconds=0)), (b"home/an-2/locked in", file_body(tiny, 0o400, b"inside")),
        (b"home/an/empty", file_body(tiny, 0o644)), (b"home/an/one", file_body(tiny, 0o4755, b"one chunk", seconds=-5)),
        (b"home/an/text", file_body(tiny, 0o640, text, codec=1, file_hash=f.H(text))), (b"home/an/\xff\xfe name\n", file_body(tiny, 0o644, b"odd")),
        ("home/an/tài liệu.docx".encode(), file_body(tiny, 0o644, b"a", b"b", b"a")),
        (b"home/an/changed", file_body(tiny, 0o644, *pieces, file_hash=f.H(changed))), (b"home/an/sparse", sparse),
        (b"home/an/lists", file_body(tiny, 0o644, (f.list_segment(top, 5000), 5000))), (b"home/an/linked", linked), (b"home/linked too", linked),
        (b"home/an/a hole over two lists", file_body(tiny, 0o644, *over_lists)),
        (b"home/an/link", body(3, 0o777, f.data(b"../nowhere \xff"))), (b"home/an/pipe", body(4, 0o620)),
        (b"home/an/tty", body(5, 0o600, f.varint(4), f.varint(1))), (b"home/an/disk", body(6, 0o600, f.varint(8), f.varint(0))), (b"home/an/socket", body(7, 0o755)),
    ]
    at = TIME * 10**9 + 123_456_789
    expected = {
        b"": (stat.S_IFDIR, 0o755, None, at), b"home": (stat.S_IFDIR, 0o755, None, at), b"home/an": (stat.S_IFDIR, 0o2750, None, at),
        b"home/an-2": (stat.S_IFDIR, 0o500, None, -100 * 10**9), b"home/an-2/locked in": (stat.S_IFREG, 0o400, b"inside", at),
        b"home/an/empty": (stat.S_IFREG, 0o644, b"", at), b"home/an/one": (stat.S_IFREG, 0o4755, b"one chunk", -5 * 10**9 + 123_456_789),
        b"home/an/text": (stat.S_IFREG, 0o640, text, at), b"home/an/\xff\xfe name\n": (stat.S_IFREG, 0o644, b"odd", at),
        "home/an/tài liệu.docx".encode(): (stat.S_IFREG, 0o644, b"aba", at), b"home/an/changed": (stat.S_IFREG, 0o644, changed, at),
        b"home/an/sparse": (stat.S_IFREG, 0o600, bytes(1 << 20) + b"after the hole" + bytes(4096), at), b"home/an/lists": (stat.S_IFREG, 0o644, big, at),
        b"home/an/linked": (stat.S_IFREG, 0o644, b"linked", at), b"home/linked too": (stat.S_IFREG, 0o644, b"linked", at),
        b"home/an/a hole over two lists": (stat.S_IFREG, 0o644, b"one end" + bytes(7) + b"other", at),
        b"home/an/link": (stat.S_IFLNK, 0o777, b"../nowhere \xff", at), b"home/an/pipe": (stat.S_IFIFO, 0o620, None, at),
    }
    return entries, expected


def healed(tiny, pack):
    """Damages a pack and puts a healed copy beside it."""
    path = tiny.folder / f"packs/{pack.hex()[:2]}/{pack.hex()}"
    x = path.read_bytes()
    assert hashlib.blake2b(x, digest_size=32).digest() == pack
    path.with_name(path.name + ".1").write_bytes(x)
    path.write_bytes(x[:200] + bytes([x[200] ^ 1]) + x[201:])
