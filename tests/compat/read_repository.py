# SPDX-License-Identifier: Apache-2.0
"""Reads saoluu repositories in local folders: src/format/FORMAT.md as a program, top to bottom.

It was written from that page alone and shares no code with saoluu. Numbers like (6.3) are sections.

    read_repository.py REPO (--passphrase-file F | --key-file F) [--pin ID] COMMAND
      list                                       the snapshots that count, with any key
      verify                                     every object; with a reader's key every frame too
      restore SNAPSHOT|latest TARGET [--path P]  the tree below TARGET, which is new or empty
      prove-blind                                with a backup key: verifies packs, can open none

It restores paths up to 4,095 bytes; owners, devices, setuid and setgid only as root.
Exit: 0 done, 1 failed, 2 usage, 10 no repository, 12 wrong key or role, 13 damage.
Needs Debian's python3-nacl, python3-zstandard and python3-cryptography (AES-256-GCM of suite 2).
"""
import argparse
import functools
import hashlib
import hmac
import itertools
import os
import re
import stat
import sys
import time
import unicodedata
from operator import itemgetter
from types import SimpleNamespace

import nacl.bindings as sodium
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError

KIB, MIB = 1 << 10, 1 << 20
INDEX, OPEN, RECORD, FENCE, FORGOTTEN, LEDGER, MARK, ROSTER, SLOT, VOID = range(3, 13)  # (1.1)
DIRECTORY, TRAILER, NAMES, BUNDLE = range(14, 18)
DATA, PAGE, LIST, NOTE = range(1, 5)
BACKUP, RESTORE, ADMIN, RECOVERY = range(1, 5)
ADMINS, ANYONE = (ADMIN, RECOVERY), (BACKUP, RESTORE, ADMIN, RECOVERY)
FILE, FOLDER, SYMLINK, FIFO, CHARACTER, BLOCK, SOCKET = range(1, 8)
SEEN, ABANDONED = 1, 2
PACK_LIMIT, FRAMES_LIMIT = 256 * MIB, 1 << 20
HEX32, HEX64, TWIN = "([0-9a-f]{32})", "([0-9a-f]{64})", r"(?:\.2)?"
NUMBERED = "([0-9]{10})-" + HEX64


class Refused(Exception):
    """It has not its one valid form, passes a limit, or does not prove itself."""

class Unknown(Refused):
    """Made by a newer program, where that costs only the entry it is in (12.2)."""

class Stop(Exception):
    """Ends the program: (exit code, message)."""

def need(condition, problem):
    if not condition:
        raise Refused(problem)


# ---- values (1). A decoder is a function that takes its value off a Reader.

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "cut off")
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                need((byte or not shift) and value < 1 << 64, "a varint has not its one form")
                return value
        raise Refused("a varint is too long")

    def svarint(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def bytes(self):
        return self.take(self.varint())

def whole(read, data, *more):
    """The value that takes all of some bytes."""
    r = Reader(data)
    value = read(r, *more)
    need(not rest(r), "trailing bytes")
    return value

def checked(read, good):
    def check(r):
        value = read(r)
        need(good(value), "a value is out of range")
        return value
    return check

def ascending(values, key=lambda value: value):
    need(all(key(a) < key(b) for a, b in itertools.pairwise(values)), "a list is not ascending")
    return values

def listed(read, key=None):
    """A list, which ascends by `key` if there is one."""
    def read_list(r):
        values = [read(r) for _ in range(r.varint())]
        return ascending(values, key) if key else values
    return read_list

def text(r, limit=4096):
    """All that is left, as text."""
    value = rest(r)
    need(len(value) <= limit and b"\0" not in value, "a text with NUL, or too long")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused("a text is no UTF-8") from None

def fields(table, check=lambda found: True):
    """{name: value}, where `table` is {tag: (name, decoder, default or MUST)}."""
    def read(r):
        found, last, unknown = {}, -1, []
        while r.at < len(r.data):
            tag, value = r.varint(), r.bytes()
            need(tag > last, "tags are not ascending")
            last = tag
            if tag in table:
                name, decode, default = table[tag]
                found[name] = whole(decode, value)
                need(default is MUST or found[name] != default, f"{name} has its default")
            elif tag % 2:
                unknown.append(tag)
        found = {name: default for name, _, default in table.values()} | found
        need(MUST not in found.values() and check(found), "a field is missing, or not allowed")
        if unknown:
            raise Unknown(f"unknown critical field {unknown[0]}")
        return found
    return read

MUST = object()
rest = lambda r: r.take(len(r.data) - r.at)
raw = lambda size: lambda r: r.take(size)
uint = lambda size: lambda r: int.from_bytes(r.take(size), "little")
below = lambda limit, least=0: checked(Reader.varint, lambda value: least <= value < limit)
one_of = lambda *allowed: checked(uint(1), lambda value: value in allowed)
limited = lambda limit, least=0: checked(Reader.bytes, lambda value: least <= len(value) <= limit)
inside = lambda read: lambda r: whole(read, r.bytes())  # written as `bytes`, and is more
group = lambda *reads: lambda r: tuple(read(r) for read in reads)
keyed = lambda *reads: listed(group(*reads), itemgetter(0))  # ascends by the first of each group
id16, id32, flag, number32, number10 = raw(16), raw(32), one_of(0, 1), below(1 << 32), below(10**10)
when, count, ids, texts = Reader.svarint, Reader.varint, listed(id32, bytes), listed(inside(text))

def u(size, n):
    return n.to_bytes(size, "little")

def T(label, *parts):
    """A tuple: bytes(label) bytes(a) … (1)"""
    out = b""
    for part in (label.encode(), *parts):
        size = len(part)
        while size > 127:
            out, size = out + u(1, size & 127 | 128), size >> 7
        out += u(1, size) + part
    return out

def H(x, size=32):
    return hashlib.blake2b(x, digest_size=size).digest()

def K(key, x, size=32):
    return hashlib.blake2b(x, digest_size=size, key=key).digest()

def header(x, *kinds):
    """(kind, suite, epoch) of a common header (1.1)."""
    need(len(x) >= 16 and x[:7] == b"saoluu\1" and x[9:12] == bytes(3), "no header of version 1")
    need(x[7] in kinds and x[8] in (1, 2), f"kind {x[7]} or suite {x[8]} does not belong here")
    return x[7], x[8], int.from_bytes(x[12:16], "little")

def self_checked(x):
    need(len(x) >= 32 and H(x[:-32]) == x[-32:], "the self-check does not hold")
    return x[:-32]

def line_checked(x):
    need(x[-71:] == b"check %s\n" % H(x[:-71]).hex().encode(), "the check line does not hold")
    return x

FORMAT_TEXT = "saoluu repository", ("repository", "random", "founder-sign", "founder-seal")
PLACE_TEXT = "saoluu place", ("repository", "place"), r"((?:[!-~]+ [^\n\0]+\n)*)"
KEY_TEXT = "saoluu key file", ("repository", "slot", "sign", "seal")

def text_object(x, title, names, more="()"):
    """{name: bytes}, and {name: text} of the sorted lines that match `more` (1.3)."""
    lines = whole(text, x, 64 * KIB).split("\n")
    need(lines[0] == title and len(lines) > 2, f"no '{title}'")
    if lines[1] != "version 1":
        raise Stop(1, f"{title}: {lines[1]!r} is newer than this reader knows")
    named = [f"{name} ([0-9a-f]{{{32 if name in ('slot', 'place') else 64}}})\n" for name in names]
    pattern = f"{title}\nversion 1\n{''.join(named)}{more}check .*\n"
    match = re.fullmatch(pattern, line_checked(x).decode())
    need(match, "lines are missing, or of another form")
    *values, others = match.groups()
    others = [line.split(" ", 1) for line in others.split("\n")[:-1]]
    others = dict(ascending(others, itemgetter(0)))
    need("check" not in others and others.get("exclusive-create", "no") in ("yes", "no"), title)
    return dict(zip(names, map(bytes.fromhex, values))) | others


# ---- cryptography (2, 5, 6.5)

def aead_open(suite, key, nonce, ad, sealed):
    try:
        if suite == 1:
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
        return AESGCM(key).decrypt(nonce, sealed, ad)
    except (CryptoError, InvalidTag, ValueError):
        raise Refused("does not open: forged or damaged") from None

def open_committed(suite, key, commitment, ad, sealed):
    """Slots, bundles and sealed values; `key` is the 64 bytes of key || commitment."""
    need(hmac.compare_digest(key[32:], commitment), "the commitment is another")
    return aead_open(suite, key[:32], bytes(24 if suite == 1 else 12), ad, sealed)

def exchange(secret, public):
    try:
        return sodium.crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError):
        raise Refused("X25519 gives zero") from None

def open_slot(x, slot, passphrase):
    """(repository id, sign seed, seal secret); None where the passphrase is another (5.1)."""
    need(len(x) == 236 and header(self_checked(x), SLOT)[2] == 0 and x[16:32] == slot, "no slot")
    derivation, memory, passes = whole(group(uint(4), uint(4), uint(4)), x[32:44])
    need(derivation == 1 and 65536 <= memory <= 1048576 and 1 <= passes <= 16, "cost of Argon2")
    kek = sodium.crypto_pwhash_alg(32, passphrase, x[44:60], passes, memory * KIB,
                                   sodium.crypto_pwhash_ALG_ARGON2ID13)
    key = K(kek, T("saoluu/1/slot", x[:60]), 64)
    if not hmac.compare_digest(key[32:], x[60:92]):
        return None
    plain = open_committed(x[8], key, x[60:92], T("saoluu/1/ad", x[:60]), x[92:204])
    return plain[:32], plain[32:64], plain[64:]

def open_bundle(x, repository, actor, secret):
    """The secrets of an actor (6.5)."""
    suite, head, X = header(x, BUNDLE)[1], x[:16], x[16:48]
    P = sodium.crypto_scalarmult_base(secret)
    key = H(T("saoluu/1/bundle", head, repository, actor, exchange(secret, X), X, P), 64)
    ad = T("saoluu/1/ad", head, repository, actor)
    return whole(bundle_plain, open_committed(suite, key, x[48:80], ad, x[80:]))

def actor_id(repository, sign, seal):
    return H(T("saoluu/1/actor", repository, sign, seal))


# ---- what sealed and signed bodies say (6 to 11)

bundle_plain = fields({1: ("epochs", keyed(number32, id32), []),
                       3: ("domains", keyed(number32, one_of(1, 2), id32), []),
                       5: ("contents", keyed(number32, id32), [])})
names_plain = fields({1: ("holder", text, MUST), 3: ("unit", text, ""), 5: ("domain", text, "")})

def revocations(r):
    """{actor: [entries up to which its chain counts]}"""
    found = {}
    for actor, counts, n, last in listed(group(id32, flag, number10, id32), itemgetter(0, 3))(r):
        need(counts or not n and not any(last), "an entry, where none counts")
        need(actor not in found or counts and found[actor], "none counts, and one does")
        found[actor] = found.get(actor, []) + [last] * counts
    return found

public_key = checked(id32, lambda P: exchange(b"\1" * 32, P))  # no point of small order
actor_fields = fields({
    1: ("sign", id32, MUST), 3: ("seal", public_key, MUST), 5: ("role", one_of(*ANYONE), MUST),
    7: ("domain", number32, MUST), 9: ("slot", id16, MUST), 11: ("issued", when, MUST),
    13: ("expires", when, None), 15: ("names", rest, MUST), 17: ("bundle", rest, MUST),
    19: ("slot_kind", one_of(1, 2), MUST)})
chunker = checked(group(one_of(1), count, count, count), lambda c: (
    1 <= c[1] <= c[2] <= c[3] <= 8 * MIB and c[2] >= 8 and not c[2] & c[2] - 1))
roster_fields = fields({
    1: ("n", number10, MUST), 2: ("time", when, None), 3: ("repository", id32, MUST),
    5: ("read_features", texts, []), 7: ("write_features", texts, []),
    9: ("suite", one_of(1, 2), MUST), 11: ("chunker", chunker, MUST), 13: ("epoch", number32, MUST),
    15: ("E", public_key, MUST), 17: ("actors", listed(inside(actor_fields)), MUST),
    19: ("revoked", revocations, {}), 21: ("settles", ids, []), 23: ("W_hash", id32, MUST)})

def roster_rest(r, repository, suite, epoch):
    """A roster (6.2), with its actors by their ids."""
    found = roster_fields(r)
    need((found["repository"], found["suite"], found["epoch"]) == (repository, suite, epoch)
         and len(found["actors"]) <= 65536, "too large, or something else than its header says")
    actors = [(actor_id(repository, a["sign"], a["seal"]), a) for a in found["actors"]]
    return found | {"actors": dict(ascending(actors, itemgetter(0)))}

CHUNKS = {DATA: ("chunk-id/data", 8 * MIB), PAGE: ("chunk-id/page", MIB),
          LIST: ("chunk-id/list", MIB), NOTE: ("chunk-id/note", MIB)}  # (7.1, 12.5)
sound = lambda kind, codec, stored, plain: (
    1 <= stored <= CHUNKS[kind][1] and 1 <= plain <= CHUNKS[kind][1] and (codec or stored == plain))
trailer_plain = checked(group(uint(8), uint(8), uint(8)), lambda t: (
    80 <= t[0] <= PACK_LIMIT and 80 <= t[1] <= 16 * MIB and t[2] <= FRAMES_LIMIT))
directory_frame = group(one_of(*CHUNKS), flag, id32, count, count)

def directory_rest(r, pack_kind):
    """(session, domain, frames' hash, [frame]), a frame being
    (number, kind, codec, chunk id, offset, stored length, plain length) (8.3)."""
    session, domain, frames_hash, frames, offset = id16(r), number32(r), id32(r), [], 80
    for number, (kind, codec, identity, stored, plain) in enumerate(listed(directory_frame)(r)):
        need(sound(kind, codec, stored, plain) and (kind == DATA) == (pack_kind == 1), "no frame")
        frames.append((number, kind, codec, identity, offset, stored, plain))
        offset += stored + 16
    need(len(frames) <= FRAMES_LIMIT and offset <= PACK_LIMIT, "more frames than a pack may have")
    return session, domain, frames_hash, frames

index_packs = keyed(id32, id16, id32, checked(uint(4), lambda size: size <= PACK_LIMIT))
index_entry = group(id32, *[uint(4)] * 5, one_of(*CHUNKS), flag)

def index_rest(r):
    """(replaced segments, [(pack, session, actor, size)], [(pack, frame)]) (9)"""
    replaced, packs, order, frames = ids(r), index_packs(r), [], []
    for identity, pack, number, offset, stored, plain, kind, codec in listed(index_entry)(r):
        need(sound(kind, codec, stored, plain) and pack < len(packs) and number < FRAMES_LIMIT
             and 80 <= offset <= packs[pack][3] - stored - 16, "an entry that lies in no pack")
        order.append((identity, kind, pack, offset))
        frames.append((packs[pack][0], (number, kind, codec, identity, offset, stored, plain)))
    ascending(order)
    return replaced, packs, frames

session_time = {1: ("session", id16, MUST), 3: ("time", when, MUST)}
open_rest = fields({1: ("marks", ids, []), 3: ("time", when, MUST), 5: ("place", id16, MUST)})
record_rest = fields({
    1: ("session", id16, MUST), 2: ("counts", listed(count), []), 3: ("job", text, MUST),
    4: ("program", text, ""), 5: ("root", id32, MUST), 7: ("note", listed(id32), []),
    9: ("start", when, MUST), 11: ("end", when, MUST), 13: ("sequence", below(1 << 64, 1), MUST),
    15: ("predecessor", id16, None), 17: ("domain", number32, MUST), 19: ("incomplete", flag, 0),
    21: ("segments", checked(ids, lambda found: len(found) <= 1500), [])})
fence_rest = fields(session_time | {5: ("mark", id32, None), 7: ("place", id16, MUST)})
forgotten_rest = fields(session_time | {4: ("reason", text, ""), 5: ("place", id16, MUST)})
void_rest = fields(session_time | {5: ("place", id16, MUST)})
mark_rest = fields({1: ("purpose", one_of(1, 2), MUST), 3: ("packs", ids, MUST),
                    4: ("reason", text, ""), 5: ("time", when, MUST), 7: ("place", id16, MUST)})
ledger_rest = fields({
    1: ("n", number10, MUST), 3: ("before", ids, MUST),
    5: ("heads", listed(group(id32, number10, id32), itemgetter(0, 2)), []),
    7: ("time", when, MUST), 9: ("act", count, MUST), 11: ("body", rest, b""),
    13: ("outcomes", keyed(id32, one_of(SEEN, ABANDONED)), []), 15: ("session", id16, None),
    17: ("place", id16, MUST),
}, lambda e: (e["n"] == 0) == (not e["before"]) and (e["act"] == 3) == (e["session"] is not None))
act_body = fields({1: ("roster", id32, None), 2: ("text", text, ""), 3: ("session", id16, None),
                   5: ("mark", id32, None)})

KINDS = {  # use of its subkey (7.1), limit (12.5), rest of its signed body
    INDEX: ("index", 64 * MIB, index_rest), OPEN: ("record", 16 * MIB, open_rest),
    RECORD: ("record", 64 * KIB, record_rest), FENCE: ("record", 64 * KIB, fence_rest),
    FORGOTTEN: ("record", 64 * KIB, forgotten_rest), VOID: ("record", 64 * KIB, void_rest),
    LEDGER: ("ledger", MIB, ledger_rest), MARK: ("ledger", 64 * MIB, mark_rest),
    ROSTER: (None, 16 * MIB, roster_rest), NAMES: ("names", None, None),
    DIRECTORY: ("directory", 16 * MIB, directory_rest), TRAILER: ("directory", 104, None)}


# ---- the catalog (12)

path_order = lambda path: path.replace(b"/", b"\0")

def path_checked(path):
    parts = path.split(b"/") if path else []
    need(len(path) <= 65535 and len(parts) <= 4096 and b"\0" not in path
         and not {b"", b".", b".."} & set(parts), "not a path")
    return path

def page(r):
    """(level, [(path, page id, or entry, or the Unknown that it is refused for)]) (12.2)"""
    level, entries, before, length = uint(1)(r), [], b"", 0
    for _ in range(r.varint()):
        shared, suffix = r.varint(), r.bytes()
        path, length = path_checked(before[:shared] + suffix), length + shared + len(suffix)
        need(shared <= len(before) and length <= 8 * MIB, "shares too much, or long paths")
        need(shared == len(before) or before[:shared + 1] != path[:shared + 1], "shares too little")
        need(not entries or path_order(path) > path_order(before), "paths are not ascending")
        before = path
        try:
            entries.append((path, id32(r) if level else whole(entry, r.bytes())))
        except Unknown as unknown:
            entries.append((path, unknown))
    need(level <= 15 and entries, "not a page")
    return level, entries

def segment(r):
    """(kind, id or None, offset, length); of an unknown kind (kind, None, 0, 0) (12.3)"""
    kind, r = r.varint(), Reader(r.bytes())
    if kind > 3:
        return kind, None, 0, 0
    identity, offset, length = id32(r) if kind else None, r.varint() if kind == 2 else 0, r.varint()
    need(not rest(r) and length and offset + length < 1 << 63
         and (kind in (0, 3) or offset + length <= 8 * MIB), "not a segment")
    return kind, identity, offset, length

total = lambda found: sum(length for *_, length in found)
two_holes = lambda found: any(not a[0] and not b[0] for a, b in itertools.pairwise(found))
segments = checked(listed(segment), lambda found: total(found) < 1 << 63 and not two_holes(found))
list_chunk = checked(group(uint(1), segments), lambda c: c[0] <= 3 and c[1] and all(
    kind == 3 if c[0] else kind < 3 for kind, *_ in c[1]))
entry_head = group(below(0o10000), number32, number32, when, below(10**9))
no_nul = lambda value: b"\0" not in value
entry_fields = fields({
    1: ("xattrs", keyed(checked(limited(255, 1), no_nul), limited(65536)), []),
    3: ("group", id16, None), 5: ("hash", id32, None)})

def entry(r):
    """The body of a leaf's entry (12.2)."""
    need(len(r.data) <= 896 * KIB, "a body larger than allowed")
    e = {"type": uint(1)(r), "size": 0, "segments": []}
    if not FILE <= e["type"] <= SOCKET:
        rest(r)
        raise Unknown(f"unknown type {e['type']}")
    e |= zip(("mode", "uid", "gid", "seconds", "nanoseconds"), entry_head(r))
    if e["type"] == FILE:
        e["size"], e["segments"] = below(1 << 63)(r), segments(r)
    elif e["type"] == SYMLINK:
        e["target"] = checked(limited(65535, 1), no_nul)(r)
    elif e["type"] in (CHARACTER, BLOCK):
        e["major"], e["minor"] = number32(r), number32(r)
    kinds = {kind for kind, *_ in e["segments"]}
    e |= entry_fields(r)
    need((total(e["segments"]) == e["size"] or kinds - {0, 1, 2, 3})
         and (e["hash"] or kinds <= {0, 1, 3}) and not (e["hash"] and e["type"] != FILE)
         and not (e["group"] and e["type"] == FOLDER), "an entry that contradicts itself")
    if kinds - {0, 1, 2, 3}:
        raise Unknown(f"unknown segment kind {max(kinds)}")
    return e


# ---- a repository

def note(message):
    print("note: " + message, file=sys.stderr)

def obey(name, read, *arguments, tell=note):
    """What does not prove itself is rubbish: told, not obeyed, not fatal (6.1)."""
    try:
        return read(*arguments)
    except Refused as problem:
        tell(f"{name}: {problem}")

def hashed(name):
    def check(x):
        need(H(x).hex() == name, "the name is not the hash of its bytes")
        return x
    return check


class Repository:
    def __init__(self, root, pin=None):
        self.root, self.damage, self.lost = root, [], 0
        if not any(os.path.exists(os.path.join(root, name)) for name in ("format", "format.2")):
            raise Stop(10, f"{root}: no repository")
        found = self.first(["format", "format.2"], 64 * KIB, lambda x: text_object(x, *FORMAT_TEXT))
        if not found:
            raise Stop(13, "format and format.2 are both damaged")
        self.id, random, sign, seal = found.values()
        if self.id != H(T("saoluu/1/repository", random, sign, seal)):
            raise Stop(13, "the repository id is not the hash of its parts")
        if pin and pin.lower() != self.id.hex():
            raise Stop(1, f"this is repository {self.id.hex()}, not the pinned one")
        self.accept_rosters(actor_id(self.id, sign, seal), sign)

    # -- what is stored (3)

    def report(self, message, lost=0):
        """Damage, or an alarm. lost: entries of the snapshot which is read that this costs."""
        self.lost += lost
        if message not in self.damage:
            self.damage.append(message)
            print("damage: " + message, file=sys.stderr)

    def get(self, name, limit):
        with open(os.path.join(self.root, name), "rb") as file:
            x = file.read(limit + 1)
        need(len(x) <= limit, "larger than allowed")
        return x

    def names(self, folder, pattern):
        """(name below the root, match) of what a folder holds; what does not match is foreign."""
        path = os.path.join(self.root, folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if match := re.fullmatch(pattern, name):
                yield os.path.join(folder, name), match
            else:
                note(f"{folder}/{name}: foreign")

    def first(self, names, limit, read):
        """The first copy that is sound; every one that is not is reported."""
        found = None
        for name in names:
            try:
                value = read(self.get(name, limit))
                found = value if found is None else found
            except (Refused, OSError) as problem:
                self.report(f"{name}: {problem}")
        return found

    def named(self, folder, pattern, kind, copies=("",)):
        """(name, match, bytes) of objects whose name ends with the hash of their bytes."""
        found = {name.removesuffix(".2"): match for name, match in self.names(folder, pattern)}
        for name, match in found.items():
            copies_of = [name + end for end in copies]
            x = self.first(copies_of, KINDS[kind][1], hashed(match[match.lastindex]))
            if x is not None:
                yield name, match, x

    # -- signatures and rosters (6)

    def signed(self, head, subject, body, roles=ANYONE, rosters=None):
        """(signer, his actor, rest) of a signed body (6.1)."""
        signer, roster, signature = body[:32], body[32:64], body[-64:]
        actor = (rosters or self.rosters).get(roster, {"actors": {}})["actors"].get(signer)
        need(len(body) >= 128 and actor, "the signer is in no accepted roster of that hash")
        message = T("saoluu/1/sign", self.id, head, subject, roster, body[:-64])
        try:
            sodium.crypto_sign_open(signature + message, actor["sign"])
        except CryptoError:
            raise Refused("the signature does not hold") from None
        need(actor["role"] in roles, "the signer's role may not sign this")
        return signer, actor, body[64:-64]

    def read_roster(self, n, x, before, parent):
        """A roster that follows `parent`. What is validly signed and can't be taken apart stops the
        reader: it may revoke someone, or need features (6.3)."""
        signer, _, body = self.signed(x[:16], u(8, n), x[16:], ADMINS, {before: parent})
        try:
            r = whole(roster_rest, body, self.id, *header(x, ROSTER)[1:])
            need(r["n"] == n, "its number is not the one that was signed")
            need(not r["read_features"], "it needs " + ", ".join(r["read_features"]))
        except Refused as problem:
            raise Stop(1, f"roster {n}: {problem}: written by a newer program?") from None
        actors, revoked = r["actors"], r["revoked"]
        need(any(a["role"] in ADMINS for a in actors.values()), "nobody is its admin")
        need(not actors.keys() & revoked.keys(), "somebody is an actor and revoked")
        need(parent["revoked"].keys() <= revoked.keys(), "somebody is revoked no longer")
        need(n or signer in actors, "the founder is not in it")
        for identity, was in parent["actors"].items():
            after = actors.get(identity, {})
            need(identity in revoked or all(after.get(name) == was[name] for name in (
                "role", "domain") if name in was), "what an actor signed can't be judged by it")
        need(r["epoch"] > parent["epoch"] or r["epoch"] == parent["epoch"]
             and (r["E"], r["W_hash"]) == (parent["E"], parent["W_hash"]), "other secrets")
        return r | {"before": before}

    def accept_rosters(self, founder, sign):
        """self.rosters: the chain {hash: roster} from the founder's on (6.3)."""
        known = {bytes(32): {"n": -1, "epoch": -1, "revoked": {}, "before": None,
                             "actors": {founder: {"sign": sign, "role": ADMIN}}}}
        losers, loose, self.rosters, at = set(), [], {}, bytes(32)
        following = lambda at: [one for one in known if known[one]["before"] == at]
        is_admin = lambda who, at: known[at]["actors"].get(who, {}).get("role") in ADMINS
        for _, match, x in self.named("roster", NUMBERED + TWIN, ROSTER, ("", ".2")):
            n, before = int(match[1]), x[48:80]
            if known.get(before, {"n": None})["n"] != n - 1:
                loose.append((n, x))
            elif r := obey(f"roster {n}", self.read_roster, n, x, before, known[before]):
                known[H(x)] = r
                losers |= {one for one in r["settles"] if one in known and all(
                    is_admin(x[16:48], rival) for rival in following(known[one]["before"]))}
        while rivals := following(at):
            left = [one for one in rivals if one not in losers]
            if len(left) != 1:
                self.report(f"{len(rivals)} valid rosters of one number: a person must choose")
            at = min(left or rivals)
            self.rosters[at] = self.roster = known[at]
        if not self.rosters:
            raise Stop(13, "no roster that the founder signed")
        self.revoked = self.roster["revoked"]
        everyone = {"actors": {i: a for r in self.rosters.values() for i, a in r["actors"].items()}}
        for n, x in loose:
            if n > self.roster["n"] and obey(f"roster {n} follows from none", self.signed, x[:16],
                                             u(8, n), x[16:], ADMINS, {x[48:80]: everyone}):
                self.report(f"roster {n}: the roster before it is missing")

    # -- keys (5, 6.5, 7)

    def slots(self, passphrase):
        """(repository id, slot, sign seed, seal secret) of the slots that a passphrase opens."""
        for name, match in self.names("keys", HEX32 + TWIN):
            try:
                slot = bytes.fromhex(match[1])
                if found := open_slot(self.get(name, 236), slot, passphrase):
                    yield found[0], slot, *found[1:]
            except Refused as problem:
                self.report(f"{name}: {problem}")

    def unlock(self, keys):
        """Takes the first key that the newest roster has, with the slot that it is in."""
        for repository, slot, self.seed, self.seal in keys:
            sign = sodium.crypto_sign_seed_keypair(self.seed)[0]
            actor = actor_id(repository, sign, sodium.crypto_scalarmult_base(self.seal))
            me = self.roster["actors"].get(actor)
            if me and me["slot"] == slot:
                break
        else:
            raise Stop(12, "no key of the newest roster: a wrong passphrase, or revoked")
        secrets = open_bundle(me["bundle"], self.id, actor, self.seal)
        self.W, self.e = dict(secrets["epochs"]), dict(secrets["contents"])
        self.D = {domain: (suite, D) for domain, suite, D in secrets["domains"]}
        for r in self.rosters.values():
            epoch, W, e = r["epoch"], self.W.get(r["epoch"]), self.e.get(r["epoch"])
            if e and sodium.crypto_scalarmult_base(e) != r["E"]:
                self.report(f"bundle of this key: its content secret of epoch {epoch} is another")
            if W and H(T("saoluu/1/epoch-secret", self.id, u(4, epoch), W)) != r["W_hash"]:
                self.report(f"bundle of this key: its W of epoch {epoch} is another")

    def subkey(self, use, suite, number, secret):
        """Of an epoch's W or a domain's D (7.1)."""
        need(secret, f"this key has no secret of epoch or domain {number}")
        return K(secret, T("saoluu/1/key/" + use, u(1, suite), self.id, u(4, number)))

    def unseal(self, kind, subject, x):
        """The plain text of a sealed value: header, salt, commitment, AEAD (7.2)."""
        _, suite, epoch = header(x, kind)
        about = T("saoluu/1/sealed", x[:16], self.id, subject, x[16:48])
        key = K(self.subkey(KINDS[kind][0], suite, epoch, self.W.get(epoch)), about, 64)
        ad = T("saoluu/1/ad", x[:16], self.id, subject)
        return open_committed(suite, key, x[48:80], ad, x[80:])

    def read_object(self, kind, subject, x, roles=ANYONE, *more):
        """(signer, his actor, what it says) of a sealed object without its self-check."""
        body = self.unseal(kind, subject, x)
        signer, actor, what = self.signed(x[:16], subject + x[16:48], body, roles)
        return signer, actor, whole(KINDS[kind][2], what, *more)

    # -- index, ledger, marks (9, 11, 10.5)

    def load(self):
        place = self.first(["place"], 64 * KIB, lambda x: text_object(x, *PLACE_TEXT)) or {}
        if place.get("repository", self.id) != self.id:
            self.report("place: of another repository")
        self.place, self.exclusive = place.get("place"), place.get("exclusive-create") == "yes"
        self.index, self.indexed, self.segments, self.marked = {}, set(), set(), set()
        for name, _, x in self.named("index", HEX64, INDEX):
            obey(name, self.load_index, x)
        self.load_ledger()
        for name, _, x in self.named("marks", HEX64, MARK):
            obey(name, self.load_mark, x)
        self.load_sessions()

    def load_index(self, x):
        """self.index: {(kind, chunk id): [(pack, frame)]}"""
        signer, actor, (replaced, packs, frames) = self.read_object(INDEX, b"", x)
        need(actor["role"] in ADMINS or not replaced and all(by == signer for _, _, by, _ in packs),
             "names another actor's packs, or replaces segments")
        self.segments |= {H(x), *replaced}
        self.indexed |= {pack.hex() for pack, *_ in packs}
        for pack, frame in frames:
            self.index.setdefault((frame[1], frame[3]), []).append((pack.hex(), frame))

    def load_mark(self, x):
        signer, actor, mark = self.read_object(MARK, b"", x)
        need(actor["role"] in ADMINS or (actor["role"], mark["purpose"]) == (RESTORE, 2),
             "the signer's role may not sign this")
        self.judge(MARK, signer, H(x), mark["place"])
        self.marked |= {pack.hex() for pack in mark["packs"]}

    def judge(self, kind, signer, what, place):
        """Of a revoked actor counts what a counting entry of his names (6.4), and nothing that was
        signed for another place (10.3)."""
        if signer in self.revoked and (signer, what) not in self.acts and kind != VOID:
            raise Refused("its signer is revoked, and no entry that counts names it")
        if place != self.place and (any(place) or kind not in (FORGOTTEN, MARK)):
            raise Refused("for another place")

    def load_ledger(self):
        """self.ledger: {hash: (actor, entry)} of those that count; self.acts: {(actor, session or
        mark that an entry names)}; self.admin_acts: {(act, session)} of admins, and self.said:
        {(actor, commit): outcomes} of the actor's own chain, both at this place."""
        self.ledger, self.acts, self.admin_acts, self.said, present = {}, set(), set(), {}, {}
        for folder, match in self.names("ledger", HEX64):
            actor, chain = bytes.fromhex(match[1]), {}
            for name, match, x in self.named(folder, NUMBERED, LEDGER):
                if e := obey(name, self.read_entry, actor, int(match[1]), x):
                    chain[H(x)] = e
                    present.setdefault((actor, e["place"]), {})[H(x)] = e["n"]
            todo, keep = list(self.revoked.get(actor, chain)), {}
            if not chain.keys() >= set(todo):
                self.report(f"{folder}: the entry up to which it counts is gone")
            while todo:  # of a revoked actor: those named, and all that they follow from (6.2)
                if (identity := todo.pop()) in chain and identity not in keep:
                    e = keep[identity] = chain[identity]
                    todo += e["before"]
            for identity, e in keep.items():
                before = [keep[i]["n"] for i in e["before"]
                          if i in keep and keep[i]["place"] == e["place"]]
                if len(before) == len(e["before"]) and e["n"] != 1 + max(before, default=-1):
                    note(f"{folder} entry {e['n']}: its number does not follow: not obeyed")
                else:
                    self.ledger[identity] = actor, e
                    self.hear(actor, e)
        for actor, e in self.ledger.values():
            who = f"ledger/{actor.hex()} entry {e['n']}"
            if not present[actor, e["place"]].keys() >= set(e["before"]):
                self.report(f"{who} names an entry before it, which is gone: withheld")
            for other, n, identity in e["heads"] if actor not in self.revoked else []:
                seen = present.get((other, e["place"]), {})
                later = e["place"] == self.place or max(seen.values(), default=0) > n
                if identity not in seen and later:
                    self.report(f"{who} names entry {n} of {other.hex()}, which is gone: withheld")

    def read_entry(self, actor, n, x):
        signer, about, e = self.read_object(LEDGER, actor + u(8, n), x)
        need((signer, e["n"]) == (actor, n), "of another chain or number")
        return e | {"role": about["role"]}

    def hear(self, actor, e):
        """What an entry that counts says of commits, sessions and marks."""
        here = e["place"] == self.place
        for commit, outcome in e["outcomes"] if here else []:
            self.said.setdefault((actor, commit), set()).add(outcome)
        if e["act"] in (4, 5, 6) and (about := obey("ledger entry", whole, act_body, e["body"])):
            self.acts |= {(actor, about["session"]), (actor, about["mark"])}
            if here and e["role"] in ADMINS:
                self.admin_acts.add((e["act"], about["session"]))

    # -- sessions (10)

    def load_sessions(self):
        """self.snapshots: the records that count."""
        self.snapshots, sessions = [], {}  # {session: (its objects, {bytes: record committed})}
        for folder, match in self.names("snapshots", HEX32):
            objects, session = {}, bytes.fromhex(match[1])
            for name, match in self.names(folder, "(open|done|forgotten|fence|void)"):
                objects[match[1]] = self.load_object(name, match[1], session)
            sessions[session] = objects, {}
        for commit, (actor, e) in self.ledger.items():
            if e["act"] == 3 and (record := obey("a commit", self.load_record, actor, e)):
                commits = sessions.setdefault(e["session"], ({}, {}))[1]
                record = commits.setdefault(e["body"], record)  # one, in two branches or places
                if e["place"] == self.place:
                    record["said"] |= self.said.get((actor, commit), set())
        for session, (objects, commits) in sessions.items():
            self.judge_session(session, objects, commits)
        self.snapshots.sort(key=itemgetter("signer", "sequence", "end"))

    def load_object(self, name, role, session):
        """(bytes or None if damaged, signer or None if not obeyed)"""
        kinds = {"open": [OPEN], "done": [RECORD, FENCE], "forgotten": [FORGOTTEN],
                 "fence": [FENCE], "void": [VOID]}[role]
        x = signer = None
        try:
            data = self.get(name, KINDS[kinds[0]][1])
            kind = header(self_checked(data), *kinds)[0]
            self.unseal(kind, session, data[:-32])
            x = data
            roles = ADMINS if kind in (FENCE, FORGOTTEN) else ANYONE
            by, _, value = self.read_object(kind, session, x[:-32], roles)
            need(value.get("session", session) == session, "of another session")
            if kind in (FENCE, FORGOTTEN, VOID):
                self.judge(kind, by, session, value["place"])
            signer = by
        except Refused as problem:
            (note if x else self.report)(f"{name}: {problem}: not obeyed")
        return x, signer

    def load_record(self, actor, e):
        """The record in the body of a commit."""
        session, body = e["session"], e["body"]
        need(len(body) <= KINDS[RECORD][1], "larger than allowed")
        signer, about, record = self.read_object(RECORD, session, self_checked(body))
        need((signer, record["session"], record["domain"]) == (actor, session, about["domain"]),
             "a record of another actor, session or domain")
        names = whole(names_plain, self.unseal(NAMES, actor, about["names"]))
        return names | record | {"signer": signer, "remark": "", "said": set()}

    def judge_session(self, session, objects, commits):
        """Which commits of a session count (10.2)."""
        name, nothing = f"snapshots/{session.hex()}", (None, None)
        done, done_by = objects.get("done", nothing)
        opener, fenced, voider, forgetter = (
            objects.get(role, nothing)[1] for role in ("open", "fence", "void", "forgotten"))
        fenced = not self.exclusive and (
            fenced or "fence" in objects and (6, session) in self.admin_acts)
        if done and done[7] == RECORD and done not in commits and done_by not in self.revoked:
            self.report(f"{name}: no ledger entry that counts carries its done: it does not count")
        if forgetter or (4, session) in self.admin_acts:
            return
        signers = {r["signer"] for r in commits.values()}
        rivals = len(signers) > 1 and opener in signers
        usurped = rivals and done in commits and commits[done]["signer"] != opener
        for body, r in commits.items():
            if SEEN not in r["said"]:
                if rivals and r["signer"] != opener:
                    self.report(f"{name}: {r['signer'].hex()} commits another's session")
                    continue
                if "done" not in objects:
                    note(f"{name}: done is missing, and no entry saw it: it does not count")
                    continue
                if done != body and (done and not usurped or ABANDONED in r["said"]):
                    continue  # fenced, so never committed, or abandoned
                if fenced and voider == r["signer"]:
                    continue
            if done != body:
                state = "another" if done else "damaged" if "done" in objects else "gone"
                r["remark"] = f"done is {state}; taken from the ledger"
                self.report(f"{name}: {r['remark']}")
            elif fenced:
                r["remark"] = "fenced: not verified"
            self.snapshots.append(r)

    # -- packs and chunks (7.3, 8)

    @functools.cached_property
    def packs(self):
        """{name: [its copies]}, healed ones behind (8.5)"""
        found = {}
        for folder, outer in self.names("packs", "[0-9a-f]{2}"):
            pattern = f"({outer[0]}[0-9a-f]{{62}})" r"(?:\.([1-9][0-9]{0,8}))?"
            for name, match in self.names(folder, pattern):
                found.setdefault(match[1], []).append((int(match[2] or 0), name))
        return {name: [copy for _, copy in sorted(copies)] for name, copies in found.items()}

    @functools.cache
    def pack(self, name):
        """What its directory says, from the first copy whose hash fits."""
        copies = self.packs[name]
        sound = [copy for copy in copies if self.first([copy], PACK_LIMIT, hashed(name))]
        pack = SimpleNamespace(path=(sound or copies)[0], head=b"", domain=None, frames=[])
        try:
            self.read_directory(pack, self.get(pack.path, PACK_LIMIT))
        except Refused as problem:
            self.report(f"pack {name}: {problem}")
        return pack

    def read_directory(self, pack, x):
        need(len(x) >= 80 + 104 + 80 and x[-80:] == x[:80], "the footer is not the header")
        pack.head = x[:80]
        like = lambda kind, sealed: x[:7] + u(1, kind) + x[8:16] + sealed
        trailer = self.unseal(TRAILER, x[:80], like(TRAILER, x[-184:-80]))
        offset, length, count = whole(trailer_plain, trailer)
        need(offset + length <= len(x) - 184, "the trailer points outside")
        sealed = like(DIRECTORY, x[offset:offset + length])
        _, _, (_, domain, frames_hash, frames) = self.read_object(
            DIRECTORY, x[:80], sealed, ANYONE, header(x, 1, 2)[0])
        need(len(frames) == count and 80 + sum(frame[5] + 16 for frame in frames) == offset,
             "directory and trailer differ")
        pack.domain, pack.frames = domain, frames
        need(H(memoryview(x)[:offset]) == frames_hash, "its directory vouches for other frames")

    @functools.lru_cache(maxsize=64)
    def pack_key(self, head, e):
        """The key of a pack's frames; e is the secret half of its epoch's E (8.1)."""
        _, suite, epoch = header(head, 1, 2)
        need(e, f"this key has no content secret of epoch {epoch}")
        X, E = head[16:48], sodium.crypto_scalarmult_base(e)
        about = T("saoluu/1/pack", head[:16], self.id, exchange(e, X), X, E)
        key = K(self.subkey("psk", suite, epoch, self.W.get(epoch)), about, 64)
        need(hmac.compare_digest(key[32:], head[48:80]), "the commitment is another")
        return key[:32]

    def open_frame(self, path, frame, domain):
        """A chunk: its frame opened, unpacked, and held against its id (7.3, 8.2)."""
        number, kind, codec, identity, offset, stored, size = frame
        with open(os.path.join(self.root, path), "rb") as file:
            head = file.read(80)
            file.seek(offset)
            sealed = file.read(stored + 16)
        _, suite, epoch = header(head, 1, 2)
        key = self.pack_key(head, self.e.get(epoch))
        nonce = identity[:16] + u(8, number) if suite == 1 else u(4, number) + identity[:8]
        about = u(1, kind) + identity + u(8, number) + u(4, stored) + u(4, size) + u(1, codec)
        x = aead_open(suite, key, nonce, T("saoluu/1/frame", head[:16], self.id, about), sealed)
        if codec == 1:
            x = decompress(x, size)
        suite, D = self.D.get(domain, (0, None))
        need(K(self.subkey(CHUNKS[kind][0], suite, domain, D), x) == identity,
             "the chunk is not what its id says")
        return x

    def places(self, kind, identity):
        """(copy of a pack, frame): what the index hints at, then what any directory says (9)."""
        for name, frame in self.index.get((kind, identity), []):
            yield from ((copy, frame) for copy in self.packs.get(name, []))
        for pack in map(self.pack, self.packs):
            yield from ((pack.path, frame) for frame in pack.frames
                        if (frame[1], frame[3]) == (kind, identity))

    @functools.lru_cache(maxsize=16)
    def chunk(self, kind, identity, domain):
        problem = "in no pack"
        for path, frame in self.places(kind, identity):
            try:
                return self.open_frame(path, frame, domain)
            except Refused as refused:
                problem = refused
        raise Refused(f"chunk {identity.hex()}: {problem}")

    # -- catalogs and content (12)

    def pages(self, record, identity, level=None, first=None):
        """(path, entry) of the tree below a page; what is refused is reported, and left out."""
        here, entries = whole(page, self.chunk(PAGE, identity, record["domain"]))
        need(level is None or (here, entries[0][0]) == (level, first), "a page of another place")
        for path, what in entries:
            if not here:
                yield path, what
                continue
            try:
                yield from self.pages(record, what, here - 1, path)
            except Refused as problem:
                self.report(f"catalog from {shown(path)}: {problem}", 1)

    def walk(self, record):
        """(path, entry) of a snapshot, in order; what is refused is reported, and left out."""
        last, folders = None, [None]
        for path, e in self.pages(record, record["root"]):
            need(last is None or path_order(path) > path_order(last), "paths are not ascending")
            last, parent = path, path.rpartition(b"/")[0] if path else None
            while folders[-1] and not path.startswith(folders[-1] + b"/"):
                folders.pop()
            if isinstance(e, Unknown):
                self.report(f"{shown(path)}: {e}", 1)
            elif folders[-1] != parent or not path and e["type"] != FOLDER:
                self.report(f"{shown(path)}: its parent is not in the tree as a folder", 1)
            else:
                folders += [path] if e["type"] == FOLDER else []
                yield path, e

    def parts(self, e, domain, found, level=None):
        """(length, bytes or None for a hole) of a file's segments (12.3)."""
        for kind, identity, offset, length in found:
            if kind == 3:
                here, below_it = whole(list_chunk, self.chunk(LIST, identity, domain))
                need(level in (None, here) and total(below_it) == length, "a list of another place")
                yield from self.parts(e, domain, below_it, here - 1)
                continue
            plain = self.chunk(DATA, identity, domain) if kind else None
            need(kind != 2 or e["hash"], "a part of a chunk, and no hash of the file")
            need(kind != 1 or length == len(plain), "a chunk of another length")
            need(kind != 2 or offset + length <= len(plain), "a part that passes its chunk")
            yield length, plain and plain[offset:offset + length]

    def content(self, e, domain):
        """(length, bytes or None for a hole) of a file; at its end its hash was checked."""
        digest = hashlib.blake2b(digest_size=32)
        for length, plain in self.parts(e, domain, e["segments"]):
            for at in range(0, length, MIB) if e["hash"] else []:
                digest.update(plain[at:at + MIB] if plain else bytes(min(MIB, length - at)))
            yield length, plain
        need(e["hash"] in (None, digest.digest()), "the file's hash is another")

def decompress(stored, size):
    """Codec 1 (7.3)."""
    try:
        frame = zstandard.get_frame_parameters(stored)
        need(stored[:4] == b"\x28\xb5\x2f\xfd" and frame.content_size == size
             and frame.window_size <= 8 * MIB and not frame.dict_id, "a zstd frame not allowed")
        return zstandard.ZstdDecompressor().decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError:
        raise Refused("zstd can't decompress it") from None

def shown(path):
    return "/" + path.decode(errors="backslashreplace")


# ---- commands

def list_snapshots(r):
    for s in r.snapshots:
        start, end = (time.strftime("%FT%TZ", time.gmtime(s[name])) for name in ("start", "end"))
        print(s["session"].hex(), start, end, f"actor={s['signer'].hex()[:16]}",
              f"holder={s['holder']!r} sequence={s['sequence']} job={s['job']!r}",
              "incomplete" * s["incomplete"], s["remark"] and f"({s['remark']})")

def verify(r):
    """Every object; what load() read is judged already."""
    folders = "roster|keys|packs|index|snapshots|ledger|marks|tmp"
    list(r.names("", r"format(\.2)?|place|README.txt|" + folders))  # notes what is foreign
    r.first(["README.txt"], 64 * KIB, line_checked)
    for name in {match[1] for _, match in r.names("keys", HEX32 + TWIN)}:
        r.first([f"keys/{name}", f"keys/{name}.2"], 236, self_checked)
    for name in r.indexed - r.packs.keys() - r.marked:
        r.report(f"index: pack {name} is missing")
    frames = 0
    for name in r.packs:
        pack = r.pack(name)
        for frame in pack.frames if r.e else []:
            frames += bool(obey(f"pack {name} frame {frame[0]}", r.open_frame, pack.path, frame,
                                pack.domain, tell=r.report))
    for s in r.snapshots:
        name = f"snapshot {s['session'].hex()}"
        for segment in set(s["segments"]) - r.segments:
            r.report(f"{name}: index segment {segment.hex()} is gone")
        if r.e:
            obey(name, verify_snapshot, r, s, name, tell=r.report)
    print(f"{len(r.packs)} packs, {frames} frames opened, {len(r.snapshots)} snapshots,"
          f" {len(r.ledger)} ledger entries, {len(r.damage)} damaged")

def verify_snapshot(r, s, name):
    for path, e in r.walk(s):
        read = lambda: sum(length for length, _ in r.content(e, s["domain"]))
        obey(f"{name}: {shown(path)}", read, tell=r.report)

def restore(r, name, target, path):
    found = [s for s in r.snapshots if s["session"].hex().startswith(name) and len(name) > 3]
    if name == "latest":
        found = r.snapshots[-1:] if len({s["signer"] for s in r.snapshots}) == 1 else r.snapshots
    if len(found) != 1:
        raise Stop(2 if found else 1, f"{name}: {len(found)} snapshots: name one")
    if not r.e:
        raise Stop(12, "this key can't read: no content secret in its bundle")
    path, target = os.fsencode(path).strip(b"/"), os.fsencode(target)
    os.makedirs(target, exist_ok=True)
    if os.listdir(target):
        raise Stop(1, "the target is not empty")
    done, groups, folders = 0, {}, []
    for at, e in r.walk(found[0]):
        if path and at != path and not at.startswith(path + b"/"):
            continue
        start = len(path) if at != path or e["type"] == FOLDER else path.rfind(b"/") + 1
        to = os.path.join(target, at[start:].strip(b"/")).rstrip(b"/")
        done += 1
        try:
            linked, first = groups.get(e["group"], (None, None))
            if linked == e:
                os.link(first, to, follow_symlinks=False)
            elif not make(r, e, to, found[0]["domain"]):
                note(f"{shown(at)}: not restored: a socket, or a device and not root")
            elif e["type"] == FOLDER:
                folders.append((at, e, to))
            else:
                set_metadata(at, e, to)
                groups |= {e["group"]: (e, to)} if e["group"] else {}
        except (Refused, OSError) as problem:
            r.report(f"{shown(at)}: {problem}", 1)
    for at, e, to in reversed(folders):
        set_metadata(at, e, to)
    if not done and not r.lost:
        raise Stop(1, f"{shown(path)}: not in this snapshot")
    print(f"{done} entries, {r.lost} of them lost")

def make(r, e, to, domain):
    kind = e["type"]
    if kind == FOLDER:
        os.makedirs(to, exist_ok=True)
    elif kind == SYMLINK:
        os.symlink(e["target"], to)
    elif kind == FIFO:
        os.mkfifo(to, 0o600)
    elif kind in (CHARACTER, BLOCK) and os.geteuid() == 0:
        device = stat.S_IFCHR if kind == CHARACTER else stat.S_IFBLK
        os.mknod(to, device | 0o600, os.makedev(e["major"], e["minor"]))
    elif kind == FILE:
        try:
            with open(to, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                for length, plain in r.content(e, domain):
                    file.write(plain) if plain else file.seek(length, os.SEEK_CUR)
                file.truncate(e["size"])
        except Refused:
            os.unlink(to)
            raise
    return os.path.lexists(to)

def set_metadata(at, e, to):
    """The owner first: a change of it takes away setuid and capabilities."""
    root, ns = os.geteuid() == 0, e["seconds"] * 10**9 + e["nanoseconds"]
    steps = [(os.chown, (e["uid"], e["gid"]))] if root else []
    steps += [(os.setxattr, attribute) for attribute in e["xattrs"]]
    steps += [(os.chmod, (e["mode"] if root else e["mode"] & 0o1777,))] * (e["type"] != SYMLINK)
    for step, arguments in [*steps, (os.utime, (None,))]:
        links = {} if step is os.chmod else {"follow_symlinks": False}
        try:
            step(to, *arguments, **links, **({"ns": (ns, ns)} if step is os.utime else {}))
        except (OSError, OverflowError, ValueError) as problem:
            note(f"{shown(at)}: {step.__name__}: {problem}")

def prove_blind(r):
    """Nothing can be read: no content secret, and no secret of this key opens any pack."""
    list_snapshots(r)
    opened, domains = 0, [D for _, D in r.D.values()]
    secrets = [r.seal, r.seed, *r.W.values(), *domains, *r.e.values()]
    for name, secret in itertools.product(r.packs, secrets):
        opened += bool(obey("", r.pack_key, r.pack(name).head, secret, tell=str))
    for s in r.snapshots:
        opened += bool(obey("its names", r.chunk, PAGE, s["root"], s["domain"], tell=print))
    if opened or r.e or r.damage:
        raise Stop(13 if r.damage else 1,
                   f"{len(r.e)} content secrets, {opened} opened, {len(r.damage)} damaged")
    print(f"blind: no content secret; {len(r.packs)} packs verified, {len(secrets)} secrets of this"
          " key tried on each, none opened")

def run(a):
    with open(a.passphrase_file or a.key_file, "rb") as file:
        secret = file.read(64 * KIB)
    r = Repository(a.repo, a.pin)
    if a.passphrase_file:
        line = re.sub(rb"\r?\n\Z", b"", secret).decode()
        r.unlock(r.slots(unicodedata.normalize("NFC", line).encode()))
    elif key := obey("key file", text_object, secret, *KEY_TEXT):
        r.unlock([key.values()])
    else:
        raise Stop(12, "the key file is damaged")
    r.load()
    if a.command == "restore":
        restore(r, a.snapshot, a.target, a.path)
        return 13 if r.lost else 0
    {"list": list_snapshots, "verify": verify, "prove-blind": prove_blind}[a.command](r)
    return 13 if r.damage and a.command == "verify" else 0

def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo")
    key = parser.add_mutually_exclusive_group(required=True)
    for name in ("--passphrase-file", "--key-file"):
        key.add_argument(name)
    parser.add_argument("--pin")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("list", "verify", "prove-blind", "restore"):
        command = commands.add_parser(name)
    for name in ("snapshot", "target"):
        command.add_argument(name)
    command.add_argument("--path", default="")
    try:
        return run(parser.parse_args(arguments))
    except Stop as stop:
        code, problem = stop.args
    except Refused as refused:
        code, problem = 13, refused
    except (OSError, UnicodeDecodeError, OverflowError) as error:
        code, problem = 1, error
    print(problem, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
