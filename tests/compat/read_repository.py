# SPDX-License-Identifier: Apache-2.0
"""Reads saoluu repositories in local folders. Written from src/format/FORMAT.md alone, and shares no code with saoluu.

    read_repository.py REPO (--passphrase-file F | --key-file F) [--pin ID] COMMAND
      list                                      snapshots that count (any key)
      verify                                    every object, pack and index entry; with a reader's key every frame and catalog too
      restore SNAPSHOT|latest TARGET [--path P] the tree below TARGET, which is new or empty
      prove-blind                               with a backup key: lists times, verifies packs, and can open no frame

It restores paths as long as the system takes in one call (4,095 bytes), and no devices. setuid and setgid only as root.
Exit: 0 done, 1 failed, 2 usage, 10 no repository, 12 wrong key or role, 13 damage.
Needs Debian 12's python3-nacl, python3-zstandard and python3-cryptography (for suite 2, AES-256-GCM).
"""
import argparse
import datetime
import functools
import hashlib
import hmac
import os
import re
import sys
import unicodedata

import nacl.bindings as sodium
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError

KIB, MIB = 1 << 10, 1 << 20
DATA, PAGE, LIST, NOTE = 1, 2, 3, 4
CHUNK_USE = {DATA: "chunk-id/data", PAGE: "chunk-id/page", LIST: "chunk-id/list", NOTE: "chunk-id/note"}
PACK_LIMIT = 256 * MIB
CHUNK_LIMIT = {DATA: 8 * MIB, PAGE: MIB, LIST: MIB, NOTE: MIB}
INDEX, OPEN, RECORD, FENCE, FORGOTTEN, LEDGER, MARK, ROSTER, SLOT, VOID = 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
DIRECTORY, TRAILER, NAMES, BUNDLE = 14, 15, 16, 17
USE = {INDEX: "index", OPEN: "record", RECORD: "record", FENCE: "record", FORGOTTEN: "record", VOID: "record", LEDGER: "ledger",
       MARK: "ledger", DIRECTORY: "directory", TRAILER: "directory", NAMES: "names"}
LIMIT = {INDEX: 64 * MIB, OPEN: 16 * MIB, RECORD: 64 * KIB, FENCE: 64 * KIB, FORGOTTEN: 64 * KIB, LEDGER: MIB, MARK: 64 * MIB, VOID: 64 * KIB}
BACKUP, RESTORE, ADMIN, RECOVERY = 1, 2, 3, 4
FILE, FOLDER, SYMLINK, FIFO, CHARACTER, BLOCK, SOCKET = range(1, 8)
SEEN, ABANDONED = 1, 2
HEX32, HEX64 = "([0-9a-f]{32})", "([0-9a-f]{64})"
NUMBERED = "([0-9]{10})-" + HEX64


class Refused(Exception):
    """A value that has not its one valid form, passes a limit, or does not prove itself."""


class Unknown(Refused):
    """Written by a newer program, in a place where that costs no more than what it stands in."""


class Mute(Refused):
    """Signed as it should be, but for another copy of the repository, or by one who is revoked: it says nothing, and is no rubbish."""


class Stop(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


# ---- values (section 1)

class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left():
            raise Refused("cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self):
        value = 0
        for i in range(10):
            byte = self.number(1)
            value |= (byte & 127) << 7 * i
            if byte < 128:
                if i and not byte or value >> 64:
                    raise Refused("a varint has not its one form")
                return value
        raise Refused("a varint is too long")

    def svarint(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def bytes(self):
        return self.take(self.varint())

    def list(self, read, least=1):
        """`least` is the smallest encoding of an item: a count past what is there is refused at once."""
        count = self.varint()
        if count * least > self.left():
            raise Refused("a count passes what is there")
        return [read(self) for _ in range(count)]


def raw(size):
    return lambda c: c.take(size)


def choice(*allowed):
    def read(c):
        value = c.number(1)
        if value not in allowed:
            raise Refused(f"{value} is none of {allowed}")
        return value
    return read


def below(limit, least=0):
    def read(c):
        value = c.varint()
        if not least <= value < limit:
            raise Refused(f"{value} is out of range")
        return value
    return read


def text(c, limit=4096):
    """What is left of the cursor, as text."""
    value = c.take(c.left())
    if len(value) > limit or b"\0" in value:
        raise Refused("not a text: too long or with NUL")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused("not a text: no UTF-8") from None


def texts(c):
    return c.list(lambda c: whole(text, c.bytes()))


def rest(c):
    return c.take(c.left())


def whole(read, data, *more):
    c = Cursor(data)
    value = read(c, *more)
    if c.left():
        raise Refused("trailing bytes")
    return value


def ascending(values, key=lambda value: value):
    if any(key(a) >= key(b) for a, b in zip(values, values[1:])):
        raise Refused("a list is not ascending")
    return values


def ids(c):
    return ascending(c.list(raw(32), 32))


MUST = object()


def fields(c, spec):
    """spec: {tag: (name, read, default or MUST)}; returns {name: value}"""
    out, last, unknown = {name: default for name, _, default in spec.values()}, -1, None
    while c.left():
        tag, value = c.varint(), c.bytes()
        if tag <= last:
            raise Refused("tags are not ascending")
        last = tag
        if tag in spec:
            name, read, default = spec[tag]
            out[name] = whole(read, value)
            if default is not MUST and out[name] == default:
                raise Refused(f"field {name} has its default, and is written")
        elif tag & 1:
            unknown = unknown or tag
    for name, value in out.items():
        if value is MUST:
            raise Refused(f"field {name} is missing")
    if unknown:
        raise Unknown(f"unknown critical field {unknown}")
    return out


def data(x):
    size, out = len(x), bytearray()
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes([size]) + x


def T(label, *parts):
    return data(label.encode()) + b"".join(map(data, parts))


def blake(x, size=32, key=b""):
    return hashlib.blake2b(x, digest_size=size, key=key).digest()


def u(size, n):
    return n.to_bytes(size, "little")


def header(x, *kinds):
    """(kind, suite, epoch) of a common header."""
    if len(x) < 16 or x[:6] != b"saoluu" or x[6] != 1 or x[9:12] != bytes(3):
        raise Refused("no header of version 1")
    if x[7] not in kinds:
        raise Refused(f"kind {x[7]} where {kinds} belong")
    if x[8] not in (1, 2):
        raise Refused(f"unknown suite {x[8]}")
    return x[7], x[8], int.from_bytes(x[12:16], "little")


def self_checked(x):
    if len(x) < 32 or blake(x[:-32]) != x[-32:]:
        raise Refused("the self-check does not hold")
    return x[:-32]


def unhex(value, size):
    if not re.fullmatch("[0-9a-f]{%d}" % (2 * size), value):
        raise Refused("not lower-case hex of the right length")
    return bytes.fromhex(value)


def text_object(x, title, names, more=False):
    """{name: bytes} of `names` ({name: size}) and, with `more`, {"": {name: value}} of the sorted lines behind."""
    lines = whole(text, x, 64 * KIB).split("\n")
    if len(lines) < 4 or lines[0] != title or lines[-1] != "":
        raise Refused(f"no '{title}'")
    if lines[1] != "version 1":
        raise Stop(1, f"{title}: {lines[1]!r} is newer than this reader knows")
    body = len(x) - 71
    if x[body:] != b"check " + blake(x[:body]).hex().encode() + b"\n":
        raise Refused("the check line does not hold")
    lines = [line.partition(" ") for line in lines[2:-2]]
    if [line[0] for line in lines[:len(names)]] != list(names) or not all(value for _, _, value in lines):
        raise Refused("lines are missing, empty or in another order")
    extra = ascending([(name, value) for name, _, value in lines[len(names):]], lambda line: line[0].encode())
    if extra and not more or any(not re.fullmatch("[!-~]+", name) or name == "check" for name, _ in extra):
        raise Refused("unknown lines")
    if dict(extra).get("exclusive-create", "no") not in ("yes", "no"):
        raise Refused("exclusive-create is neither yes nor no")
    return {name: unhex(value, names[name]) for name, _, value in lines[:len(names)]} | {"": dict(extra)}


# ---- cryptography (sections 2, 5, 6.5)

def aead_open(suite, key, nonce, ad, sealed):
    try:
        if suite == 1:
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
        return AESGCM(key).decrypt(nonce, sealed, ad)
    except (CryptoError, InvalidTag, ValueError):
        raise Refused("does not open: forged or damaged") from None


def open_committed(suite, both, commitment, ad, sealed):
    if not hmac.compare_digest(both[32:], commitment):
        raise Refused("the commitment is another")
    return aead_open(suite, both[:32], bytes(24 if suite == 1 else 12), ad, sealed)


def exchange(secret, public):
    try:
        return sodium.crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError):
        raise Refused("X25519 gives zero") from None


def usable(public):
    """X25519 gives zero with a point of small order, whatever the secret."""
    exchange(b"\1" * 32, public)
    return public


def open_slot(x, slot, passphrase):
    """(repository id, sign seed, seal secret); None where the passphrase is another."""
    if len(x) != 236 or header(self_checked(x), SLOT)[2] != 0 or x[16:32] != slot:
        raise Refused("no slot")
    derivation, memory, passes = (int.from_bytes(x[at:at + 4], "little") for at in (32, 36, 40))
    if derivation != 1 or not 65536 <= memory <= 1048576 or not 1 <= passes <= 16:
        raise Refused("key derivation or its cost not accepted")
    kek = sodium.crypto_pwhash_alg(32, passphrase, x[44:60], passes, memory * KIB, sodium.crypto_pwhash_ALG_ARGON2ID13)
    both = blake(T("saoluu/1/slot", x[:60]), 64, kek)
    if not hmac.compare_digest(both[32:], x[60:92]):
        return None
    plain = open_committed(x[8], both, x[60:92], T("saoluu/1/ad", x[:60]), x[92:204])
    return plain[:32], plain[32:64], plain[64:]


def open_bundle(x, repository, actor, seal_secret):
    _, suite, _ = header(x, BUNDLE)
    head, X, P = x[:16], x[16:48], sodium.crypto_scalarmult_base(seal_secret)
    both = blake(T("saoluu/1/bundle", head, repository, actor, exchange(seal_secret, X), X, P), 64)
    return whole(bundle_plain, open_committed(suite, both, x[48:80], T("saoluu/1/ad", head, repository, actor), x[80:]))


def keyed(item, size):
    """A list of items (number, …), ascending by number, as a dict."""
    return lambda c: dict(ascending(c.list(item, size), lambda pair: pair[0]))


def bundle_plain(c):
    secret = lambda c: (below(1 << 32)(c), c.take(32))
    domain = lambda c: (below(1 << 32)(c), (choice(1, 2)(c), c.take(32)))
    return fields(c, {1: ("epochs", keyed(secret, 33), {}), 3: ("domains", keyed(domain, 34), {}), 5: ("contents", keyed(secret, 33), {})})


def unpack(codec, stored, plain_length):
    """A chunk from its stored form (7.3)."""
    if codec == 0:
        return stored
    try:
        frame = zstandard.get_frame_parameters(stored)
        if stored[:4] != b"\x28\xb5\x2f\xfd" or frame.content_size != plain_length or frame.window_size > 8 * MIB or frame.dict_id:
            raise Refused("a zstd frame that is not allowed")
        return zstandard.ZstdDecompressor().decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError:
        raise Refused("zstd can't decompress it") from None


# ---- rests of signed bodies (sections 6 to 11)

def names_plain(c):
    return fields(c, {1: ("holder", text, MUST), 3: ("unit", text, ""), 5: ("domain", text, "")})


def roster_actor(c):
    return fields(c, {1: ("sign", raw(32), MUST), 3: ("seal", public_key, MUST), 5: ("role", choice(1, 2, 3, 4), MUST), 7: ("domain", below(1 << 32), MUST),
                      9: ("slot", raw(16), MUST), 11: ("issued", Cursor.svarint, MUST), 13: ("expires", Cursor.svarint, None), 15: ("names", rest, MUST),
                      17: ("bundle", rest, MUST), 19: ("slot_kind", choice(1, 2), MUST)})


def revoked(c):
    """{actor: the entries up to which its chain counts}"""
    def one(c):
        actor, counts, n, last = c.take(32), choice(0, 1)(c), below(10**10)(c), c.take(32)
        if not counts and (n or any(last)):
            raise Refused("a revocation names an entry, and that none counts")
        return actor, last, counts
    found, out = ascending(c.list(one, 66), lambda r: r[:2]), {}
    for actor, last, counts in found:
        if None in out.get(actor, ()) or not counts and actor in out:
            raise Refused("a revocation says that none counts, and that one does")
        out.setdefault(actor, []).append(last if counts else None)
    return {actor: [last for last in entries if last] for actor, entries in out.items()}


def public_key(c):
    return usable(c.take(32))


def chunker(c):
    kind, least, average, greatest = choice(1)(c), c.varint(), c.varint(), c.varint()
    if not 1 <= least <= average <= greatest <= 8 * MIB or average < 8 or average & average - 1:
        raise Refused("sizes that no chunker has")
    return kind, least, average, greatest


def roster_rest(c, repository, suite, epoch):
    r = fields(c, {1: ("n", below(10**10), MUST), 2: ("time", Cursor.svarint, None), 3: ("repository", raw(32), MUST), 5: ("read_features", texts, []),
                   7: ("write_features", texts, []), 9: ("suite", choice(1, 2), MUST), 11: ("chunker", chunker, MUST), 13: ("epoch", below(1 << 32), MUST),
                   15: ("E", public_key, MUST), 17: ("actors", lambda c: c.list(lambda c: whole(roster_actor, c.bytes())), MUST),
                   19: ("revoked", revoked, {}), 21: ("settles", ids, []), 23: ("secret_hash", raw(32), MUST)})
    if (r["repository"], r["suite"], r["epoch"]) != (repository, suite, epoch):
        raise Refused("repository, suite or epoch is not the one outside")
    if len(r["actors"]) > 65536:
        raise Refused("too many actors")
    identity = lambda a: blake(T("saoluu/1/actor", repository, a["sign"], a["seal"]))
    r["actors"] = dict(ascending([(identity(a), a) for a in r["actors"]], lambda pair: pair[0]))
    return r


def check_chunk(kind, codec, stored, plain):
    if not 1 <= stored <= CHUNK_LIMIT[kind] or not 1 <= plain <= CHUNK_LIMIT[kind] or codec == 0 and stored != plain:
        raise Refused("a chunk of a length that is not allowed")


def frame_entry(c, pack_kind):
    kind, codec, identity, stored, plain = choice(1, 2, 3, 4)(c), choice(0, 1)(c), c.take(32), c.varint(), c.varint()
    if (kind == DATA) != (pack_kind == 1):
        raise Refused("a frame of the wrong kind")
    check_chunk(kind, codec, stored, plain)
    return kind, codec, identity, stored, plain


def directory_rest(c, pack_kind):
    """(session, domain, hash of the frames, [(kind, codec, id, offset, stored, plain)])"""
    session, domain, frames_hash, frames, offset = c.take(16), below(1 << 32)(c), c.take(32), [], 80
    entries = c.list(lambda c: frame_entry(c, pack_kind), 36)
    for kind, codec, identity, stored, plain in entries:
        frames.append((kind, codec, identity, offset, stored, plain))
        offset += stored + 16
    if len(entries) > 1 << 20 or offset > PACK_LIMIT:
        raise Refused("more frames than a pack may have")
    return session, domain, frames_hash, frames


def trailer_plain(c):
    offset, length, count = (c.number(8) for _ in range(3))
    if not 80 <= offset <= PACK_LIMIT or not 80 <= length <= 16 * MIB or count > 1 << 20:
        raise Refused("a trailer that points nowhere")
    return offset, length, count


def index_rest(c):
    """(replaced segments, [(pack, session, actor, size)], [(id, kind, pack, offset, frame number, stored, plain, codec)])"""
    replaced = ids(c)
    packs = ascending(c.list(lambda c: (c.take(32), c.take(16), c.take(32), c.number(4)), 84), lambda p: p[0])
    if any(size > PACK_LIMIT for *_, size in packs):
        raise Refused("a pack larger than allowed")

    def entry(c):
        identity, pack, number, offset, stored, plain = c.take(32), *(c.number(4) for _ in range(5))
        kind, codec = choice(1, 2, 3, 4)(c), choice(0, 1)(c)
        check_chunk(kind, codec, stored, plain)
        if pack >= len(packs) or number >= 1 << 20 or offset < 80 or offset + stored + 16 > packs[pack][3]:
            raise Refused("an index entry that lies in no pack")
        return identity, kind, pack, offset, number, stored, plain, codec
    return replaced, packs, ascending(c.list(entry, 54), lambda e: e[:4])


def open_rest(c):
    return fields(c, {1: ("marks", ids, []), 3: ("time", Cursor.svarint, MUST), 5: ("place", raw(16), MUST)})


def record_rest(c):
    return fields(c, {1: ("session", raw(16), MUST), 2: ("counts", lambda c: c.list(Cursor.varint), []), 3: ("job", text, MUST), 4: ("program", text, ""),
                      5: ("root", raw(32), MUST), 7: ("note", lambda c: c.list(raw(32), 32), []), 9: ("start", Cursor.svarint, MUST),
                      11: ("end", Cursor.svarint, MUST), 13: ("sequence", below(1 << 64, 1), MUST), 15: ("predecessor", raw(16), None),
                      17: ("domain", below(1 << 32), MUST), 19: ("incomplete", choice(0, 1), 0),
                      21: ("segments", lambda c: at_most(1500, ids(c)), [])})


def at_most(limit, values):
    if len(values) > limit:
        raise Refused("more than allowed")
    return values


def session_rest(c, more):
    return fields(c, {1: ("session", raw(16), MUST), 3: ("time", Cursor.svarint, MUST), **more})


def fence_rest(c):
    return session_rest(c, {5: ("mark", raw(32), None), 7: ("place", raw(16), MUST)})


def forgotten_rest(c):
    return session_rest(c, {4: ("reason", text, ""), 5: ("place", raw(16), MUST)})


def void_rest(c):
    return session_rest(c, {5: ("place", raw(16), MUST)})


def mark_rest(c):
    return fields(c, {1: ("purpose", choice(1, 2), MUST), 3: ("packs", ids, MUST), 4: ("reason", text, ""), 5: ("time", Cursor.svarint, MUST),
                      7: ("place", raw(16), MUST)})


def ledger_rest(c):
    head = lambda c: (c.take(32), below(10**10)(c), c.take(32))
    heads = lambda c: ascending(c.list(head, 65), lambda h: (h[0], h[2]))
    outcomes = lambda c: ascending(c.list(lambda c: (c.take(32), choice(1, 2)(c)), 33), lambda o: o[0])
    entry = fields(c, {1: ("n", below(10**10), MUST), 3: ("before", ids, MUST), 5: ("heads", heads, []), 7: ("time", Cursor.svarint, MUST),
                       9: ("act", Cursor.varint, MUST), 11: ("body", rest, b""), 13: ("outcomes", outcomes, []), 15: ("session", raw(16), None), 17: ("place", raw(16), MUST)})
    if (entry["n"] == 0) != (not entry["before"]):
        raise Refused("only the first entry has none before it")
    if (entry["act"] == 3) != (entry["session"] is not None):
        raise Refused("a commit, and only a commit, names its session")
    return entry


def act_body(c):
    """The body of an entry that is no commit: what it is about."""
    return fields(c, {1: ("roster", raw(32), None), 2: ("text", text, ""), 3: ("session", raw(16), None), 5: ("mark", raw(32), None)})


READ_REST = {INDEX: index_rest, OPEN: open_rest, RECORD: record_rest, FENCE: fence_rest, FORGOTTEN: forgotten_rest, LEDGER: ledger_rest, MARK: mark_rest,
             VOID: void_rest}


# ---- the catalog (section 12)

def check_path(path):
    parts = path.split(b"/") if path else []
    if len(path) > 65535 or len(parts) > 4096 or b"\0" in path or any(part in (b"", b".", b"..") for part in parts):
        raise Refused("not a path")


def page(c):
    """(level, [(path, page id, or entry, or the Unknown that it is refused for)])"""
    level = c.number(1)
    count, entries, before, length = c.varint(), [], None, 0
    if level > 15 or count < 1 or count > c.left():
        raise Refused("not a page")
    for _ in range(count):
        shared, suffix = c.varint(), c.bytes()
        if shared > len(before or b""):
            raise Refused("shares more than there is")
        length += shared + len(suffix)
        if length > 8 * MIB:
            raise Refused("paths longer than allowed")
        path = (before or b"")[:shared] + suffix
        check_path(path)
        if before is not None:
            if path.replace(b"/", b"\0") <= before.replace(b"/", b"\0"):
                raise Refused("paths are not ascending")
            if shared < len(before) and shared < len(path) and before[shared] == path[shared]:
                raise Refused("shares less than it could")
        entries.append((path, c.take(32) if level else readable(c.bytes())))
        before = path
    return level, entries


def readable(body):
    """What is unknown costs its entry; what is malformed costs the page."""
    try:
        return whole(entry, body)
    except Unknown as unknown:
        return unknown


def segment(c):
    """(kind, id or None, offset, length); a kind that is not known comes as (kind, None, 0, 0)."""
    kind, c = c.varint(), Cursor(c.bytes())
    if kind > 3:
        return kind, None, 0, 0
    identity, offset, length = c.take(32) if kind else None, c.varint() if kind == 2 else 0, c.varint()
    if c.left() or not length or offset + length >= 1 << 63 or kind in (1, 2) and offset + length > 8 * MIB:
        raise Refused("not a segment")
    return kind, identity, offset, length


def segments(c):
    found = c.list(segment, 2)
    if any(a[0] == 0 and b[0] == 0 for a, b in zip(found, found[1:])):
        raise Refused("two holes side by side")
    if sum(s[3] for s in found) >= 1 << 63:
        raise Refused("longer than any file")
    return found


def list_chunk(c):
    level, found = c.number(1), segments(c)
    if level > 3 or not found or any((s[0] == 3) != (level > 0) or s[0] > 3 for s in found):
        raise Refused("not a list, or one with a segment of an unknown kind")
    return level, found


def entry(c):
    """The body of a leaf entry."""
    if c.left() > 896 * KIB:
        raise Refused("a body larger than allowed")
    e = {"type": c.number(1)}
    if not FILE <= e["type"] <= SOCKET:
        c.take(c.left())
        raise Unknown(f"unknown type {e['type']}")
    number = below(1 << 32)
    e |= {"mode": below(0o10000)(c), "uid": number(c), "gid": number(c), "seconds": c.svarint(), "nanoseconds": below(10**9)(c)}
    if e["type"] == FILE:
        e["size"], e["segments"] = below(1 << 63)(c), segments(c)
    elif e["type"] == SYMLINK:
        e["target"] = c.bytes()
        if not 1 <= len(e["target"]) <= 65535 or b"\0" in e["target"]:
            raise Refused("not a link's target")
    elif e["type"] in (CHARACTER, BLOCK):
        e["major"], e["minor"] = number(c), number(c)
    found = e.get("segments", [])
    unknown = [s[0] for s in found if s[0] > 3]
    if found and not unknown and sum(s[3] for s in found) != e["size"] or not found and e.get("size"):
        raise Refused("the segments do not add up to the size")
    attributes = lambda c: ascending(c.list(attribute, 3), lambda a: a[0])
    e |= fields(c, {1: ("xattrs", attributes, []), 3: ("group", raw(16), None), 5: ("hash", raw(32), None)})
    if e["group"] and e["type"] == FOLDER or e["hash"] and e["type"] != FILE:
        raise Refused("a field that does not belong to this type")
    if e["hash"] is None and any(s[0] >= 2 and s[0] != 3 for s in found):
        raise Refused("a part of a chunk, and no hash of the file")
    if unknown:
        raise Unknown(f"unknown segment kind {unknown[0]}")
    return e


def attribute(c):
    name, value = c.bytes(), c.bytes()
    if not 1 <= len(name) <= 255 or b"\0" in name or len(value) > 65536:
        raise Refused("an extended attribute that can't be")
    return name, value


def note_plain(c):
    owner = lambda c: (below(1 << 32)(c), limited(c, 4096))
    owners = lambda c: ascending(c.list(owner, 2), lambda pair: pair[0])
    finding = lambda c: (limited(c, 65535), c.varint(), c.varint(), whole(text, c.bytes()))
    return fields(c, {1: ("sources", lambda c: c.list(lambda c: limited(c, 65536)), []), 2: ("host", text, ""), 3: ("tags", texts, []),
                      5: ("owners", owners, []), 7: ("groups", owners, []), 9: ("findings", lambda c: c.list(finding, 4), [])})


def limited(c, limit):
    value = c.bytes()
    if len(value) > limit:
        raise Refused("longer than allowed")
    return value


# ---- a repository

class Pack:
    """What the directory of a pack says; `path` is the copy that is read."""
    def __init__(self, name, path, head):
        self.name, self.path, self.head = name, path, head
        self.kind, self.suite, self.epoch = header(head, 1, 2)
        self.session = self.domain = self.signer = None
        self.frames, self.size = {}, os.path.getsize(path)

    def read(self, offset, length):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(length)


def hashed(path, length=PACK_LIMIT):
    """The hash of a file's first bytes."""
    digest = hashlib.blake2b(digest_size=32)
    with open(path, "rb") as file:
        while length and (block := file.read(min(MIB, length))):
            digest.update(block)
            length -= len(block)
    return digest


class Repository:
    def __init__(self, root, pin=None):
        self.root, self.damage, self.lost, self.thorough = root, [], 0, False
        if not os.path.isdir(root) or not any(os.path.exists(os.path.join(root, name)) for name in ("format", "format.2")):
            raise Stop(10, f"{root}: no repository")
        names = {"repository": 32, "random": 32, "founder-sign": 32, "founder-seal": 32}
        self.format = self.first(["format", "format.2"], 64 * KIB, lambda x: text_object(x, "saoluu repository", names))
        if self.format is None:
            raise Stop(13, "format and format.2 are both damaged")
        self.id = self.format["repository"]
        if self.id != blake(T("saoluu/1/repository", *(self.format[n] for n in list(names)[1:]))):
            raise Stop(13, "the repository id is not the hash of its parts")
        if pin and pin.lower() != self.id.hex():
            raise Stop(1, f"this is repository {self.id.hex()}, not the pinned one")
        self.founder = blake(T("saoluu/1/actor", self.id, self.format["founder-sign"], self.format["founder-seal"]))
        self.rosters = self.accept_rosters()
        self.roster = list(self.rosters.values())[-1]
        self.revoked = self.roster["revoked"]

    def report(self, message):
        """Damage, or an alarm: something is not as the writers left it."""
        if message not in self.damage:
            self.damage.append(message)
            print("damage: " + message, file=sys.stderr)

    def lose(self, message):
        """Damage that costs an entry of the snapshot that is read."""
        self.lost += 1
        self.report(message)

    @staticmethod
    def remark(message):
        print("note: " + message, file=sys.stderr)

    def get(self, name, limit):
        with open(os.path.join(self.root, name), "rb") as file:
            x = file.read(limit + 1)
        if len(x) > limit:
            raise Refused("larger than allowed")
        return x

    def list(self, folder, pattern):
        """[(name below the root, match)] of what a folder holds; what does not match is foreign."""
        found = []
        for name in sorted(os.listdir(os.path.join(self.root, folder))) if os.path.isdir(os.path.join(self.root, folder)) else []:
            match = re.fullmatch(pattern, name)
            if match:
                found.append((f"{folder}/{name}", match))
            else:
                self.remark(f"{folder}/{name}: foreign")
        return found

    def first(self, names, limit, read):
        """The first copy that is sound; every one that is not is reported."""
        found = None
        for name in names:
            try:
                value = read(self.get(name, limit))
                found = value if found is None else found
            except FileNotFoundError:
                self.report(f"{name}: missing")
            except (Refused, OSError) as e:
                self.report(f"{name}: {e}")
        return found

    def twins(self, folder, pattern):
        """Objects that exist twice: [([name, name.2], match)]"""
        matches = {match[1]: match for _, match in self.list(folder, f"({pattern})(\\.2)?")}
        return [([f"{folder}/{base}", f"{folder}/{base}.2"], match) for base, match in matches.items()]

    # -- signatures and rosters (section 6)

    def signed(self, head, subject, body, roster_of_signer=None):
        """(signer, its actor, rest) where the signature holds and the role may. In a sealed value the subject ends with its salt.
        roster_of_signer: for a roster, the one before it"""
        if len(body) < 128:
            raise Refused("not a signed body")
        signer, roster, signature = body[:32], body[32:64], body[-64:]
        named = roster_of_signer or self.rosters.get(roster)
        if named is None:
            raise Refused("signed under a roster that is not in the chain")
        actor = named["actors"].get(signer)
        if actor is None:
            raise Refused("the signer is not in the roster named")
        message = T("saoluu/1/sign", self.id, head, subject, roster, body[:-64])
        try:
            sodium.crypto_sign_open(signature + message, actor["sign"])
        except CryptoError:
            raise Refused("the signature does not hold") from None
        if (roster_of_signer or head[7] in (FENCE, FORGOTTEN)) and actor["role"] not in (ADMIN, RECOVERY):
            raise Refused("the signer's role may not sign this")
        return signer, actor, body[64:-64]

    def accept_rosters(self):
        """{hash: roster}, in the order of the chain."""
        by_parent, checked, every = {}, {}, []
        founder = {self.founder: {"sign": self.format["founder-sign"], "role": ADMIN}}
        for names, match in self.twins("roster", NUMBERED):
            def read(x):
                if blake(x).hex() != match[3]:
                    raise Refused("the name is not the hash")
                return x
            x = self.first(names, 16 * MIB, read)
            if x is not None:
                every.append((bytes.fromhex(match[3]), int(match[2]), x))
                by_parent.setdefault((x[48:80], int(match[2])), []).append(every[-1])

        def read_roster(parent, n, x):
            """A roster that is validly signed and can't be read stops the reader: it may revoke, or need features."""
            signer, _, body = self.signed(x[:16], u(8, n), x[16:], parent or {"actors": founder})
            try:
                r = whole(roster_rest, body, self.id, *header(x, ROSTER)[1:])
                if r["n"] != n:
                    raise Refused("its number is not the one that was signed")
            except Refused as e:
                raise Stop(1, f"roster {n}: {e}: written by a newer program?") from None
            if r["read_features"]:
                raise Stop(1, f"roster {n}: reading needs features that this reader does not know: " + ", ".join(r["read_features"]))
            r["signer"] = signer
            actors, revoked = r["actors"], r["revoked"]
            if not any(a["role"] in (ADMIN, RECOVERY) for a in actors.values()):
                raise Refused("nobody is its admin")
            if any(i in revoked for i in actors):
                raise Refused("somebody is an actor and revoked")
            if not parent:
                if actors.get(signer, {}).get("role") != ADMIN:
                    raise Refused("the founder is not its admin")
                return r
            same = lambda a, b: all(a[name] == b[name] for name in ("role", "domain"))
            if (any(i not in revoked and (i not in actors or not same(a, actors[i])) for i, a in parent["actors"].items())
                    or any(i not in revoked for i in parent["revoked"])):
                raise Refused("it changes or drops an actor that it does not revoke, so what was signed could not be judged")
            if r["epoch"] < parent["epoch"]:
                raise Refused("its epoch is older than that of the one before")
            if r["epoch"] == parent["epoch"] and any(r[name] != parent[name] for name in ("E", "secret_hash")):
                raise Refused("other secrets in the same epoch")
            return r

        def children(parent_hash):
            if parent_hash not in checked:
                checked[parent_hash] = []
                number = parents[parent_hash]["n"] + 1 if parent_hash in parents else 0
                for identity, n, x in sorted(by_parent.get((parent_hash, number), [])):
                    try:
                        parents[identity] = read_roster(parents.get(parent_hash), n, x)
                        checked[parent_hash].append(identity)
                    except Refused as e:
                        self.remark(f"roster {n} {identity.hex()}: {e}: not obeyed")
            return checked[parent_hash]

        def settles(identity, rivals):
            """A later roster names the others, and its signer is an admin in every one of the rivals."""
            below_it, left = children(identity), rivals - {identity}
            while below_it:
                here, below_it = below_it[0], below_it[1:] + children(below_it[0])
                if all(is_admin(parents[rival], parents[here]["signer"]) for rival in rivals):
                    left = left - set(parents[here]["settles"])
            return not left

        def is_admin(r, signer):
            return r["actors"].get(signer, {}).get("role") in (ADMIN, RECOVERY)

        parents, chain, at = {}, {}, bytes(32)
        while children(at):
            rivals = children(at)
            settled = [i for i in rivals if settles(i, set(rivals))]
            if len(rivals) > 1 and len(settled) != 1:
                self.report(f"{len(rivals)} valid rosters of number {parents[rivals[0]]['n']}: a person must choose")
            at = settled[0] if len(settled) == 1 else rivals[0]
            chain[at] = parents[at]
        if not chain:
            raise Stop(13, "no roster that the founder signed")
        for identity, n, x in every:
            before = parents.get(x[48:80])
            if n > chain[at]["n"] and not (before and n == before["n"] + 1):
                if any(self.admin_signed(n, x, r) for r in chain.values()):
                    self.report(f"roster {n}: the roster before it is missing or damaged")
                else:
                    self.remark(f"roster {n} {identity.hex()}: follows from none, and nobody signed it who may: not obeyed")
        return chain

    def admin_signed(self, n, x, r):
        try:
            return bool(self.signed(x[:16], u(8, n), x[16:], r))
        except Refused:
            return False

    # -- keys (sections 5 and 7)

    def unlock(self, passphrase=None, key_file=None):
        if key_file is not None:
            try:
                k = text_object(key_file, "saoluu key file", {"repository": 32, "slot": 16, "sign": 32, "seal": 32})
            except Refused as e:
                raise Stop(12, f"the key file is damaged: {e}") from None
            found = (k["repository"], k["sign"], k["seal"], k["slot"])
        else:
            found = None
            for names, match in self.twins("keys", HEX32):
                slot = bytes.fromhex(match[2])
                if found and self.in_roster(*found):
                    break
                opened = self.first(names[:1], 236, lambda x: (open_slot(x, slot, passphrase),))
                opened = opened or self.first(names[1:], 236, lambda x: (open_slot(x, slot, passphrase),))
                if opened and opened[0]:
                    found = *opened[0], slot
        if not found:
            raise Stop(12, "no slot opens: another passphrase")
        if found[0] != self.id:
            raise Stop(12, "the key is of another repository")
        self.actor = self.in_roster(*found)
        if not self.actor:
            raise Stop(12, "this key is not in the newest roster: revoked, never issued, or in another slot since")
        self.me, (_, self.seed, self.seal, _) = self.roster["actors"][self.actor], found
        try:
            self.key = open_bundle(self.me["bundle"], self.id, self.actor, self.seal)
        except Refused as e:
            raise Stop(13, f"the bundle of this key: {e}") from None
        self.reads = bool(self.key["contents"])
        for r in self.rosters.values():
            e, W = self.key["contents"].get(r["epoch"]), self.key["epochs"].get(r["epoch"])
            if e and sodium.crypto_scalarmult_base(e) != r["E"]:
                self.report(f"the bundle of this key: its content secret of epoch {r['epoch']} is not the roster's")
            if W and blake(T("saoluu/1/epoch-secret", self.id, u(4, r["epoch"]), W)) != r["secret_hash"]:
                self.report(f"the bundle of this key: its W of epoch {r['epoch']} is not the roster's")

    def in_roster(self, repository, seed, seal, slot):
        """The actor of a key, if the newest roster has him with this slot."""
        actor = blake(T("saoluu/1/actor", repository, sodium.crypto_sign_seed_keypair(seed)[0], sodium.crypto_scalarmult_base(seal)))
        return actor if self.roster["actors"].get(actor, {}).get("slot") == slot else None

    @functools.lru_cache(maxsize=None)
    def subkey(self, use, suite, epoch):
        if epoch not in self.key["epochs"]:
            raise Refused(f"no key of epoch {epoch}")
        return blake(T("saoluu/1/key/" + use, u(1, suite), self.id, u(4, epoch)), key=self.key["epochs"][epoch])

    @functools.lru_cache(maxsize=None)
    def domain_key(self, use, domain):
        if domain not in self.key["domains"]:
            raise Refused(f"no key of domain {domain}")
        suite, D = self.key["domains"][domain]
        return blake(T("saoluu/1/key/" + use, u(1, suite), self.id, u(4, domain)), key=D)

    def unseal(self, kind, subject, x):
        _, suite, epoch = header(x, kind)
        head, salt = x[:16], x[16:48]
        both = blake(T("saoluu/1/sealed", head, self.id, subject, salt), 64, self.subkey(USE[kind], suite, epoch))
        return open_committed(suite, both, x[48:80], T("saoluu/1/ad", head, self.id, subject), x[80:])

    def read_object(self, kind, subject, x):
        """(signer, its actor, value) of a sealed object with a signed body. x is without self-check."""
        signer, actor, body = self.signed(x[:16], subject + x[16:48], self.unseal(kind, subject, x))
        return signer, actor, whole(READ_REST[kind], body)

    # -- ledger, sessions, marks, index (sections 9 to 11)

    def load(self):
        place = self.first(["place"], 64 * KIB, lambda x: text_object(x, "saoluu place", {"repository": 32, "place": 16}, more=True))
        if place and place["repository"] != self.id:
            self.report("place: of another repository")
        self.place = place and place["place"]
        self.exclusive = bool(place) and place[""].get("exclusive-create") == "yes"
        self.index, self.where, self.kept_segments = [], {}, set()
        for name, x in self.hashed("index", INDEX):
            self.obey(name, lambda: self.load_index(name, x))
        self.load_ledger()
        self.marked = set()
        for name, x in self.hashed("marks", MARK):
            self.obey(name, lambda: self.load_mark(x))
        self.load_sessions()

    def obey(self, name, read):
        """What does not prove itself is rubbish: reported, not obeyed, not fatal."""
        try:
            return read()
        except Refused as e:
            self.remark(f"{name}: {e}: not obeyed")

    def hashed(self, folder, kind):
        for name, match in self.list(folder, HEX64):
            x = self.first([name], LIMIT[kind], lambda x: x)
            if x is not None and blake(x).hex() != match[1]:
                self.report(f"{name}: the name is not the hash")
            elif x is not None:
                yield name, x

    def load_index(self, name, x):
        signer, actor, (replaced, packs, entries) = self.read_object(INDEX, b"", x)
        if actor["role"] not in (ADMIN, RECOVERY) and (replaced or any(p[2] != signer for p in packs)):
            raise Refused("names another actor's packs, or replaces segments")
        self.kept_segments |= {blake(x), *replaced}
        self.index.append((name, packs, entries))
        for e in entries:
            places = self.where.setdefault((e[1], e[0]), [])
            if packs[e[2]][0].hex() not in places:
                places.append(packs[e[2]][0].hex())

    def load_mark(self, x):
        signer, actor, mark = self.read_object(MARK, b"", x)
        if actor["role"] not in ((ADMIN, RECOVERY) if mark["purpose"] == 1 else (RESTORE, ADMIN, RECOVERY)):
            raise Refused("the signer's role may not sign this")
        self.judge_revoked(signer, blake(x))
        self.judge_place(mark["place"], bytes(16))
        self.marked |= {pack.hex() for pack in mark["packs"]}

    def judge_revoked(self, signer, what):
        """What a revoked actor signed of sessions and marks counts if a counting entry of his ledger names it (6.4)."""
        if signer in self.revoked and (signer, what) not in self.acts:
            raise Mute("its signer is revoked, and no entry that counts names it")

    def judge_place(self, place, *more):
        if place not in (self.place, *more):
            raise Mute("for another place")

    def load_ledger(self):
        """self.ledger: {hash: (actor, entry)} of those that count; self.outcomes: {(actor, commit): what his chain of this place says of it};
        self.acts: (actor, session or mark) that counting entries name; self.admin_acts: (act, session) that admins' entries name at this place"""
        self.ledger, self.outcomes, self.acts, self.admin_acts, present = {}, {}, set(), set(), {}
        for folder, match in self.list("ledger", HEX64):
            actor, found = bytes.fromhex(match[1]), self.load_chain(folder, bytes.fromhex(match[1]))
            for identity, e in found.items():
                present.setdefault((actor, e["place"]), {})[identity] = e["n"]
            if len({(e["place"], e["n"]) for e in found.values()}) < len(found):
                self.remark(f"ledger {actor.hex()[:16]}: forked: a key is used in two places")
            if actor in self.revoked:
                found = self.up_to(actor, found, self.revoked[actor])
            for identity, e in found.items():
                if e["follows"]:
                    self.ledger[identity] = actor, e
                    self.hear(actor, identity, e)
        for actor, e in self.ledger.values():
            who = f"ledger {actor.hex()[:16]} entry {e['n']}"
            for identity in e["before"]:
                if identity not in present[actor, e["place"]]:
                    self.report(f"{who} names an entry before it, and it is gone: history was withheld or removed")
            for of, n, identity in e["heads"] if actor not in self.revoked else []:
                chain = present.get((of, e["place"]), {})
                if identity not in chain and (e["place"] == self.place or any(later > n for later in chain.values())):
                    self.report(f"ledger {of.hex()[:16]} entry {n}: another chain saw it ({who}), and it is gone: history was withheld or removed, or he lies")

    def hear(self, actor, identity, e):
        """What an entry that counts says of commits, sessions and marks."""
        for entry, outcome in e["outcomes"] if e["place"] == self.place else []:
            self.outcomes.setdefault((actor, entry), set()).add(outcome)
        if e["act"] in (4, 5, 6):
            about = self.obey(f"ledger entry {identity.hex()[:16]}", lambda: whole(act_body, e["body"])) or {}
            self.acts |= {(actor, about[name]) for name in ("session", "mark") if about.get(name)}
            if e["place"] == self.place and e["role"] in (ADMIN, RECOVERY) and about.get("session"):
                self.admin_acts.add((e["act"], about["session"]))

    def load_chain(self, folder, actor):
        """{hash: entry} of the entries that the actor signed, each with his role and whether its number follows."""
        found = {}
        for name, match in self.list(folder, NUMBERED):
            x, n = self.first([name], MIB, lambda x: x), int(match[1])
            if x is None:
                continue
            if blake(x).hex() != match[2]:
                self.report(f"{name}: the name is not the hash")
                continue
            read = self.obey(name, lambda: self.read_object(LEDGER, actor + u(8, n), x))
            if read and (read[0] != actor or read[2]["n"] != n):
                self.remark(f"{name}: of another chain or number: not obeyed")
            elif read:
                found[bytes.fromhex(match[2])] = read[2] | {"role": read[1]["role"]}
        for e in found.values():
            before = [found[i]["n"] for i in e["before"] if i in found and found[i]["place"] == e["place"]]
            e["follows"] = len(before) < len(e["before"]) or e["n"] == 1 + max(before, default=-1)
            if not e["follows"]:
                self.remark(f"ledger {actor.hex()[:16]} entry {e['n']}: its number does not follow from those it names: not obeyed")
        return found

    def up_to(self, actor, found, last):
        """Of a revoked actor's entries those that roster names, and all that they follow from."""
        keep, todo = {}, list(last)
        for identity in last:
            if identity not in found:
                self.report(f"ledger {actor.hex()[:16]}: the entry up to which it counts is gone: what it follows from is not known")
        while todo:
            at = todo.pop()
            if at in found and at not in keep:
                keep[at] = found[at]
                todo += found[at]["before"]
        return keep

    def load_sessions(self):
        """self.snapshots: records that count, each with session, signer, holder and a remark."""
        self.snapshots, sessions, commits = [], {}, {}
        for folder, match in self.list("snapshots", HEX32):
            sessions[bytes.fromhex(match[1])] = self.load_session(folder, bytes.fromhex(match[1]))
        for identity, (actor, e) in self.ledger.items():
            record = self.obey(f"ledger entry {identity.hex()[:16]}: its record", lambda: self.load_record(actor, e)) if e["act"] == 3 else None
            if record:
                here = e["place"] == self.place
                record["said"] = self.outcomes.get((actor, identity), set()) if here else set()
                same = next((r for r in commits.setdefault(e["session"], []) if r["body"] == record["body"]), None)
                if same:
                    same["said"] = same["said"] | record["said"]  # carried by both branches of a fork, or at several places
                else:
                    commits[e["session"]].append(record)
        for session in {**sessions, **commits}:
            self.judge_session(session, sessions.get(session, {}), commits.get(session, []))
        self.snapshots.sort(key=lambda s: (s["signer"], s["sequence"], s["end"]))

    def load_session(self, folder, session):
        """{name: (bytes, signer and value where they prove themselves; None for rubbish; () where it says nothing)}, or {name: None}
        of a damaged object."""
        found = {}
        for name, match in self.list(folder, "(open|done|forgotten|fence|void)"):
            kinds = {"open": [OPEN], "done": [RECORD, FENCE], "forgotten": [FORGOTTEN], "fence": [FENCE], "void": [VOID]}[match[1]]
            x = self.first([name], LIMIT[kinds[0]], lambda x: self_checked(x) + x[-32:])
            found[match[1]] = None
            if x is None:
                continue
            try:
                self.unseal(header(x, *kinds)[0], session, x[:-32])
            except Refused as e:
                (self.report if match[1] == "done" else self.remark)(f"{name}: {e}")
                continue

            def read():
                signer, _, value = self.read_object(x[7], session, x[:-32])
                if value.get("session", session) != session:
                    raise Refused("of another session")
                if x[7] in (FENCE, FORGOTTEN):
                    self.judge_revoked(signer, session)
                if x[7] in (FENCE, FORGOTTEN, VOID):
                    self.judge_place(value["place"], *([bytes(16)] if x[7] == FORGOTTEN else []))
                return signer, value
            try:
                found[match[1]] = x, read()
            except Refused as e:
                self.remark(f"{name}: {e}: not obeyed")
                found[match[1]] = x, () if isinstance(e, Mute) else None
        return found

    def load_record(self, actor, e):
        """The record of a commit."""
        session, body = e["session"], e["body"]
        if len(body) > LIMIT[RECORD]:
            raise Refused("larger than allowed")
        signer, in_roster, record = self.read_object(RECORD, session, self_checked(body))
        if signer != actor or record["session"] != session or record["domain"] != in_roster["domain"]:
            raise Refused("a record of another actor, session or domain")
        holder = whole(names_plain, self.unseal(NAMES, actor, in_roster["names"]))["holder"]
        return record | {"signer": signer, "holder": holder, "remark": "", "body": body}

    def judge_session(self, session, found, commits):
        """Which of a session's commits count (10.2). found: what load_session() says; commits: records, each with what was said of it."""
        name = f"snapshots/{session.hex()}"
        valid = lambda what: found[what][1] if found.get(what) else None
        done, opener = found["done"][0] if found.get("done") else None, (valid("open") or [None])[0]
        rubbish = lambda what: what in found and (found[what] is None or found[what][1] is None)
        fenced = valid("fence") or "fence" in found and (6, session) in self.admin_acts
        if rubbish("fence") and not fenced:
            self.report(f"{name}/fence: rubbish, and no fence")
        if done and not any(r["body"] == done for r in commits) and (done[7] == RECORD or found["done"][1] is None):
            revoked = found["done"][1] and found["done"][1][0] in self.revoked
            (self.remark if revoked else self.report)(f"{name}: no ledger entry that counts carries its done: it does not count")
        if valid("forgotten") or (4, session) in self.admin_acts:
            return
        if found.get("void") and not fenced and not self.exclusive:
            self.remark(f"{name}/void: without a fence that counts: not obeyed")
        rivals = len({r["signer"] for r in commits}) > 1 and any(r["signer"] == opener for r in commits)
        usurped = rivals and any(r["body"] == done and r["signer"] != opener for r in commits)
        for r in commits:
            if SEEN in r["said"]:
                if done != r["body"]:
                    r["remark"] = f"done is {'another' if done else 'damaged' if 'done' in found else 'gone'}; taken from the ledger"
                    self.report(f"{name}: {r['remark']}")
            elif rivals and r["signer"] != opener:
                if done == r["body"] or "done" in found and done is None:
                    self.report(f"{name}: {r['signer'].hex()[:16]} has a commit of a session that another opened: it does not count")
                continue
            elif "done" not in found:
                self.remark(f"{name}: done is missing, and no entry saw it: it does not count")
                continue
            elif done is None and ABANDONED not in r["said"] or usurped and ABANDONED not in r["said"]:
                r["remark"] = f"done is {'another' if done else 'damaged'}; taken from the ledger"
                self.report(f"{name}: {r['remark']}")
            elif done != r["body"]:
                continue  # fenced, so never committed, or abandoned
            if fenced and not self.exclusive:
                if (valid("void") or [None])[0] == r["signer"] and SEEN not in r["said"]:
                    continue
                r["remark"] = r["remark"] or "fenced: not verified"
            self.snapshots.append(r)

    # -- packs and chunks (sections 7.3 and 8)

    @functools.cached_property
    def pack_names(self):
        """{name: [paths of its copies]}"""
        found = {}
        for folder, _ in self.list("packs", "[0-9a-f]{2}"):
            for name, match in self.list(folder, HEX64 + r"(?:\.([1-9][0-9]{0,8}))?"):
                if match[1][:2] != folder[-2:]:
                    self.remark(f"{name}: foreign")
                    continue
                found.setdefault(match[1], []).append((int(match[2] or 0), os.path.join(self.root, name)))
        return {name: [path for _, path in sorted(copies)] for name, copies in found.items()}

    @functools.lru_cache(maxsize=None)
    def pack(self, name):
        """Takes the first copy whose hash fits; where none does, what its AEAD still proves is read from the first."""
        good, paths = None, self.pack_names.get(name, [])
        for path in paths:
            if os.path.getsize(path) > PACK_LIMIT or hashed(path).hexdigest() != name:
                self.report(f"{os.path.relpath(path, self.root)}: damaged")
            else:
                good = good or path
                if not self.thorough:
                    break
        if not paths:
            raise Refused(f"pack {name} is missing")
        path = good or paths[0]
        with open(path, "rb") as file:
            pack = Pack(name, path, file.read(80))
        try:
            frames_hash = self.read_directory(pack)
            if good and hashed(path, pack.frames_end).digest() != frames_hash:
                self.report(f"pack {name}: other frames than its directory vouches for")
                raise Refused("other frames than its directory vouches for")
        except Refused as e:
            if good:
                raise
            self.report(f"pack {name}: {e}")
            entries = [e for _, packs, entries in self.index for e in entries if packs[e[2]][0].hex() == name]
            pack.frames = {number: (kind, codec, i, offset, stored, plain) for i, kind, _, offset, number, stored, plain, codec in entries}
        pack.numbers = {}
        for number, frame in pack.frames.items():
            pack.numbers.setdefault((frame[0], frame[2]), []).append(number)
        return pack

    def read_directory(self, pack):
        size = pack.size
        if size < 80 + 104 + 80 or pack.read(size - 80, 80) != pack.head:
            raise Refused("the footer is not the header")
        like = lambda kind: pack.head[:7] + u(1, kind) + pack.head[8:16]
        offset, length, count = whole(trailer_plain, self.unseal(TRAILER, pack.head, like(TRAILER) + pack.read(size - 184, 104)))
        if offset + length > size - 184:
            raise Refused("the trailer points outside")
        sealed = like(DIRECTORY) + pack.read(offset, length)
        signer, _, body = self.signed(like(DIRECTORY), pack.head + sealed[16:48], self.unseal(DIRECTORY, pack.head, sealed))
        session, domain, frames_hash, frames = whole(directory_rest, body, pack.kind)
        if len(frames) != count or sum(f[4] + 16 for f in frames) != offset - 80:
            raise Refused("directory and trailer differ")
        pack.signer, pack.session, pack.domain, pack.frames, pack.frames_end = signer, session, domain, dict(enumerate(frames)), offset
        return frames_hash

    @functools.lru_cache(maxsize=64)
    def pack_key(self, head, secret=None):
        _, suite, epoch = header(head, 1, 2)
        secret = secret or self.key["contents"].get(epoch)
        if secret is None:
            raise Refused(f"this key has no content secret of epoch {epoch}")
        X, E = head[16:48], sodium.crypto_scalarmult_base(secret)
        both = blake(T("saoluu/1/pack", head[:16], self.id, exchange(secret, X), X, E), 64, self.subkey("psk", suite, epoch))
        if not hmac.compare_digest(both[32:], head[48:80]):
            raise Refused("the commitment is another")
        return both[:32]

    def open_frame(self, pack, number, domain):
        kind, codec, identity, offset, stored, plain_length = pack.frames[number]
        key = self.pack_key(pack.head)
        nonce = identity[:16] + u(8, number) if pack.suite == 1 else u(4, number) + identity[:8]
        about = u(1, kind) + identity + u(8, number) + u(4, stored) + u(4, plain_length) + u(1, codec)
        plain = aead_open(pack.suite, key, nonce, T("saoluu/1/frame", pack.head[:16], self.id, about), pack.read(offset, stored + 16))
        plain = unpack(codec, plain, plain_length)
        if blake(plain, key=self.domain_key(CHUNK_USE[kind], domain)) != identity:
            raise Refused("the chunk is not what its id says")
        return plain

    @functools.lru_cache(maxsize=16)
    def chunk(self, kind, identity, domain):
        """Tries every pack that the index names, then every other one: the index is a hint."""
        problem = "in no pack"
        named = self.where.get((kind, identity), [])
        for name in [*named, *(name for name in self.pack_names if name not in named)]:
            try:
                pack = self.pack(name)
            except Refused as e:
                problem = str(e)
                continue
            for number in pack.numbers.get((kind, identity), []):
                try:
                    return self.open_frame(pack, number, domain)
                except Refused as e:
                    problem = str(e)
        raise Refused(f"chunk {identity.hex()[:16]}…: {problem}")

    # -- catalogs and content (section 12)

    def walk(self, record):
        """(path, entry or None) of a snapshot, in order; what is refused is reported and comes as None."""
        last, folders = [None], []

        def pages(identity, level, first):
            here, entries = whole(page, self.chunk(PAGE, identity, record["domain"]))
            if level is not None and (here, entries[0][0]) != (level, first):
                raise Refused("a page is not the one that is named above it")
            for path, tail in entries:
                if here:
                    try:
                        yield from pages(tail, here - 1, path)
                    except Refused as e:
                        self.lose(f"catalog from {shown(path)}: {e}")
                    continue
                order = path.replace(b"/", b"\0")
                if last[0] is not None and order <= last[0]:
                    raise Refused("paths are not ascending over pages")
                last[0] = order
                yield path, tail
        for path, e in pages(record["root"], None, None):
            try:
                if isinstance(e, Unknown):
                    raise e
                while folders and folders[-1] and not path.startswith(folders[-1] + b"/"):
                    folders.pop()
                if (folders[-1:] != [path.rpartition(b"/")[0]] if path else e["type"] != FOLDER):
                    raise Refused("its parent is not in the tree as a folder")
                if e["type"] == FOLDER:
                    folders.append(path)
            except Refused as refusal:
                self.lose(f"{shown(path)}: {refusal}")
                e = None
            yield path, e

    def content(self, e, domain):
        """(length, bytes or None for a hole) of a file, every length and hash checked."""
        digest = hashlib.blake2b(digest_size=32)

        def parts(found, level):
            for kind, identity, offset, length in found:
                if kind == 3:
                    here, below_it = whole(list_chunk, self.chunk(LIST, identity, domain))
                    if level is not None and here != level or sum(s[3] for s in below_it) != length:
                        raise Refused("a list is not what the segment above says")
                    yield from parts(below_it, here - 1)
                    continue
                if kind == 2 and e["hash"] is None:
                    raise Refused("a part of a chunk, and no hash of the file")
                plain = self.chunk(DATA, identity, domain) if kind else None
                if kind and (length != len(plain) if kind == 1 else offset + length > len(plain)):
                    raise Refused("a segment is longer than its chunk")
                yield length, plain and plain[offset:offset + length]
        for length, plain in parts(e["segments"], None):
            for at in range(0, length, MIB) if e["hash"] else []:
                digest.update(plain[at:at + MIB] if plain else bytes(min(MIB, length - at)))
            yield length, plain
        if e["hash"] not in (None, digest.digest()):
            raise Refused("the file's hash is another")


def shown(path):
    return "/" + path.decode(errors="backslashreplace")


# ---- commands

def time_text(seconds):
    try:
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return str(seconds)


def list_snapshots(repository):
    for s in repository.snapshots:
        print(s["session"].hex(), time_text(s["start"]), time_text(s["end"]), f"actor={s['signer'].hex()[:16]}", f"holder={s['holder']!r}",
              f"sequence={s['sequence']}", f"job={s['job']!r}", "counts=" + ",".join(map(str, s["counts"])),
              *(["incomplete"] if s["incomplete"] else []), *([f"({s['remark']})"] if s["remark"] else []))


def verify(r):
    frames, r.thorough = 0, True
    r.first(["README.txt"], 64 * KIB, check_readme)
    for name in sorted(os.listdir(r.root)):
        if name not in ("format", "format.2", "place", "README.txt", "roster", "keys", "packs", "index", "snapshots", "ledger", "marks", "tmp"):
            r.remark(f"{name}: foreign")
    for slots, match in r.twins("keys", HEX32):
        r.first(slots, 236, lambda x: self_checked(x) and header(x, SLOT))
    indexed, about = {}, {}
    for name, packs, entries in r.index:
        for pack, *claim in packs:
            about.setdefault(pack.hex(), set()).add(tuple(claim))
            if pack.hex() not in r.pack_names and pack.hex() not in r.marked:
                r.report(f"{name}: pack {pack.hex()} is missing")
        for e in entries:
            indexed.setdefault(packs[e[2]][0].hex(), set()).add((e[4], (e[1], e[7], e[0], e[3], *e[5:7])))
    for name in r.pack_names:
        try:
            pack = r.pack(name)
        except Refused as e:
            (r.report if name in about else r.remark)(f"pack {name}: {e}")
            continue
        for number in pack.frames if r.reads and pack.signer else []:
            try:
                r.open_frame(pack, number, pack.domain)
                frames += 1
            except Refused as e:
                r.report(f"pack {name} frame {number}: {e}")
        named, directory = indexed.get(name, set()), set(pack.frames.items())
        if pack.signer and (named - directory or about.get(name, set()) - {(pack.session, pack.signer, pack.size)}):
            r.report(f"pack {name}: an index segment says something else than its directory")
        elif directory - named:
            r.remark(f"pack {name}: not all of it is in the index")
    for s in r.snapshots:
        for identity in s["segments"]:
            if identity not in r.kept_segments and not os.path.exists(os.path.join(r.root, "index", identity.hex())):
                r.report(f"snapshot {s['session'].hex()[:8]}: index segment {identity.hex()} is gone")
        if r.reads:
            verify_snapshot(r, s)
    print(f"{len(r.pack_names)} packs, {frames} frames opened, {len(r.snapshots)} snapshots, {len(r.ledger)} ledger entries, {len(r.damage)} damaged")


def check_readme(x):
    if x[-71:] != b"check " + blake(x[:-71]).hex().encode() + b"\n":
        raise Refused("the check line does not hold")
    return x


def verify_snapshot(r, s):
    try:
        for path, e in r.walk(s):
            try:
                for _ in r.content(e, s["domain"]) if e and e["type"] == FILE else []:
                    pass
            except Refused as refusal:
                r.report(f"snapshot {s['session'].hex()[:8]}: {shown(path)}: {refusal}")
        note = b""
        for identity in s["note"]:
            note += r.chunk(NOTE, identity, s["domain"])
            if len(note) > 64 * MIB:
                raise Refused("a note larger than allowed")
        whole(note_plain, note)
    except Refused as refusal:
        r.report(f"snapshot {s['session'].hex()[:8]}: {refusal}")


def choose(r, name):
    if name == "latest":
        if len({s["signer"] for s in r.snapshots}) > 1:
            raise Stop(2, "snapshots of several clients: name one")
        found = r.snapshots[-1:]
    else:
        found = [s for s in r.snapshots if re.fullmatch("[0-9a-f]{4,32}", name) and s["session"].hex().startswith(name)]
    if len(found) != 1:
        raise Stop(1, f"{name}: {len(found)} snapshots")
    return found[0]


def restore(r, name, target, path):
    snapshot = choose(r, name)
    if not r.reads:
        raise Stop(12, "this key can't read: no content secret in its bundle")
    path, target = os.fsencode(path).strip(b"/"), os.fsencode(target)
    if os.path.lexists(target) and (not os.path.isdir(target) or os.listdir(target)):
        raise Stop(1, "the target is not empty")
    os.makedirs(target, exist_ok=True)
    done, groups, folders = 0, {}, []
    for at, e in r.walk(snapshot):
        if e is None or path and at != path and not at.startswith(path + b"/"):
            continue
        below_it = at[len(path):].lstrip(b"/")
        if at == path and e["type"] != FOLDER:
            below_it = path.rpartition(b"/")[2]
        to = os.path.join(target, below_it) if below_it else target
        done += 1
        same = groups.get(e["group"]) if e["group"] else None
        try:
            if same and same[0] == e:
                os.link(same[1], to, follow_symlinks=False)
                continue
            if not make(r, e, to, snapshot["domain"]):
                r.remark(f"{shown(at)}: not restored: device or socket")
                continue
            if e["group"]:
                groups[e["group"]] = (e, to)
            if e["type"] == FOLDER:
                folders.append((at, e, to))
            else:
                set_metadata(r, at, e, to)
        except (Refused, OSError) as refusal:
            r.lose(f"{shown(at)}: {refusal}")
    for at, e, to in reversed(folders):
        set_metadata(r, at, e, to)
    if not done and not r.lost:
        raise Stop(1, f"{shown(path)}: not in this snapshot")
    print(f"{done} entries, {r.lost} of them lost")


def make(r, e, to, domain):
    if e["type"] == FOLDER:
        os.makedirs(to, exist_ok=True)
    elif e["type"] == SYMLINK:
        os.symlink(e["target"], to)
    elif e["type"] == FIFO:
        os.mkfifo(to, 0o600)
    elif e["type"] == FILE:
        try:
            with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for length, plain in r.content(e, domain):
                    file.write(plain) if plain else file.seek(length, os.SEEK_CUR)
                file.truncate(e["size"])
        except Refused:
            os.unlink(to)
            raise
    else:
        return False
    return True


def set_metadata(r, at, e, to):
    root, link = os.geteuid() == 0, e["type"] == SYMLINK
    try:
        if root:
            os.chown(to, e["uid"], e["gid"], follow_symlinks=False)
        for name, value in e["xattrs"]:
            os.setxattr(to, name, value, follow_symlinks=False)
    except (OSError, OverflowError, ValueError) as problem:
        r.remark(f"{shown(at)}: owner or attribute: {problem}")
    try:
        if not link:
            os.chmod(to, e["mode"] if root else e["mode"] & 0o1777)
        os.utime(to, ns=(e["seconds"] * 10**9 + e["nanoseconds"],) * 2, follow_symlinks=False)
    except (OSError, OverflowError) as problem:
        r.remark(f"{shown(at)}: mode or time: {problem}")


def prove_blind(r):
    """Exit 0 only if nothing can be read: no content secret, and no secret of this key opens any pack."""
    list_snapshots(r)
    r.thorough = True
    opened, secrets = 0, [r.seal, r.seed, *r.key["epochs"].values(), *(D for _, D in r.key["domains"].values()), *r.key["contents"].values()]
    for name in r.pack_names:
        pack = r.pack(name)
        for secret in secrets:
            try:
                r.pack_key(pack.head, secret)
                opened += 1
                for number in pack.frames:
                    r.open_frame(pack, number, pack.domain)
                break
            except Refused:
                pass
    for s in r.snapshots:
        try:
            r.chunk(PAGE, s["root"], s["domain"])
            opened += 1
        except Refused as e:
            print(f"snapshot {s['session'].hex()}: its names: {e}")
    if opened or r.key["contents"]:
        raise Stop(1, f"this key can read: {len(r.key['contents'])} content secrets, {opened} packs opened")
    print(f"blind: no content secret; {len(r.pack_names)} packs verified, {len(secrets)} secrets of this key tried on each, none opened")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--passphrase-file")
    key.add_argument("--key-file")
    parser.add_argument("--pin", metavar="ID")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("list", "verify", "prove-blind"):
        commands.add_parser(name)
    command = commands.add_parser("restore")
    command.add_argument("snapshot")
    command.add_argument("target")
    command.add_argument("--path", default="")
    a = parser.parse_args(arguments)
    try:
        with open(a.passphrase_file or a.key_file, "rb") as file:
            secret = file.read(64 * KIB + 1)
        r = Repository(a.repo, a.pin)
        if a.key_file:
            r.unlock(key_file=secret)
        else:
            line = re.sub(rb"\r?\n\Z", b"", secret).decode()
            r.unlock(passphrase=unicodedata.normalize("NFC", line).encode())
        r.load()
        {"list": list_snapshots, "verify": verify, "prove-blind": prove_blind,
         "restore": lambda r: restore(r, a.snapshot, a.target, a.path)}[a.command](r)
        return 13 if (r.lost if a.command == "restore" else r.damage and a.command != "list") else 0
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.code
    except Refused as damage:
        print(damage, file=sys.stderr)
        return 13
    except (OSError, UnicodeDecodeError) as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
