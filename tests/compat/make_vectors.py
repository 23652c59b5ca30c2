# SPDX-License-Identifier: Apache-2.0
"""Writes vectors.json: test vectors for every derivation and layout of src/format/FORMAT.md.

Usage: /usr/bin/python3 make_vectors.py [FILE]      (default: vectors.json beside this file; always the same bytes)

{"section": [{"name": …, "in": {…}, "out": {…}}, …], …}. Bytes and paths are hex, times and numbers are numbers, other
texts are strings. A section `refused-<codec>` holds encodings that a decoder of that codec must refuse, with the
reason; `passed-over` holds ones that it must accept though it does not know all of them.
"""
import json
import sys
from pathlib import Path

import format_py as f

REPOSITORY = bytes(range(32))
SECRETS = {}


def secret(name, byte):
    SECRETS[name] = byte
    return bytes([byte]) * 32


W, D, E_SECRET = secret("W", 0x57), secret("D", 0x44), secret("e", 0x65)
PACK_X, BUNDLE_X = secret("x of a pack", 0x78), secret("x of a bundle", 0x79)
FOUNDER_SEED, FOUNDER_SEAL = secret("founder's seed", 0xA1), secret("founder's seal secret", 0xA2)
ACTOR_SEED, ACTOR_SEAL = secret("backup actor's seed", 0xB1), secret("backup actor's seal secret", 0xB2)
RANDOM, SALT, SALT2 = secret("random of format", 0x52), secret("salt", 0x5A), secret("salt of a trailer", 0x5B)
ROSTER, PACK_A, PACK_B = secret("hash of a roster", 0x72), secret("pack a", 0xAA), secret("pack b", 0xBB)
MARK_A, MARK_B = secret("mark a", 0x6A), secret("mark b", 0x6B)
ENTRY_A, ENTRY_B = secret("ledger entry a", 0x1A), secret("ledger entry b", 0x1B)
W2, D2 = secret("W of epoch 2", 0x58), secret("D of domain 300", 0x45)
SESSION, SESSION2, SLOT_ID, PLACE = (bytes([b]) * 16 for b in (0x51, 0x52, 0x53, 0x54))
E = f.seal_public(E_SECRET)
FOUNDER = f.actor_id(REPOSITORY, f.sign_public(FOUNDER_SEED), f.seal_public(FOUNDER_SEAL))
ACTOR = f.actor_id(REPOSITORY, f.sign_public(ACTOR_SEED), f.seal_public(ACTOR_SEAL))
EPOCH, DOMAIN, TIME = 7, 3, 1_700_000_000
# u-coordinates with which X25519 gives zero for every secret; X25519 passes over the highest bit
SMALL_ORDER = [(bytes(32), "0"), (b"\1" + bytes(31), "1"), (bytes(31) + b"\x80", "0 with the highest bit"),
               (bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), "order 8"), (b"\xed" + b"\xff" * 30 + b"\x7f", "p, which is 0")]
VIETNAMESE = "Sao lưu mỗi đêm, khôi phục được!"
SECTIONS = {}


def plain_json(value):
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, dict):
        return {str(k): plain_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(v) for v in value]
    return value


def add(section, name, inputs, outputs):
    SECTIONS.setdefault(section, []).append({"name": name, "in": plain_json(inputs), "out": plain_json(outputs)})


def refuse(codec, hex_or_bytes, reason, **context):
    add("refused-" + codec, reason, {"bytes": hex_or_bytes, **context}, {"refused": True})


def patched(x, at, new):
    return x[:at] + new + x[at + len(new):]


# ---- values

def values():
    for n in (0, 1, 127, 128, 300, 16383, 16384, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1):
        add("varint", str(n), {"value": n}, {"bytes": f.varint(n)})
    for v in (0, -1, 1, -64, 64, 1_700_000_000, -11_644_473_600, 2**63 - 1, -2**63):
        add("svarint", str(v), {"value": v}, {"bytes": f.svarint(v)})
    for x, reason in (("8000", "too long: 0 in two bytes"), ("ff00", "too long: 127 in two bytes"), ("80", "cut off"), ("", "nothing"),
                      ("ffffffffffffffffff02", "past 2^64"), ("8080808080808080808001", "eleven bytes"), ("0000", "trailing byte")):
        refuse("varint", x, reason)
    add("bytes", "empty", {"value": b""}, {"bytes": f.data(b"")})
    add("bytes", "200 bytes", {"value": bytes(200)}, {"bytes": f.data(bytes(200))})
    add("text", "Vietnamese", {"value": "kho sao lưu"}, {"bytes": f.text("kho sao lưu")})
    refuse("bytes", "05aabb", "longer than what is there")
    refuse("bytes", "ffffffffffffffffff01", "length of 2^64 - 1")
    for x, reason in (("0161" + "00", "trailing byte"), ("0100", "NUL"), ("02c328", "not UTF-8"), ("02c080", "over-long UTF-8"),
                      ("03eda080", "a surrogate"), ("04f4908080", "past U+10FFFF")):
        refuse("text", x, reason)
    add("fields", "tags 1, 2 and 300", {"fields": [[1, b"\x07"], [2, b""], [300, b"abc"]]},
        {"bytes": f.fields((1, b"\x07"), (2, b""), (300, b"abc"))})
    for x, reason in (("02000200", "a tag twice"), ("04000200", "tags descend"), ("0205aa", "a value longer than what is there"),
                      ("02", "a tag without a value"), ("820000", "a tag's varint too long")):
        refuse("fields", x, reason)
    add("tuple", "no part", {"label": "saoluu/1/test", "parts": []}, {"bytes": f.T("saoluu/1/test")})
    add("tuple", "three parts, one empty", {"label": "saoluu/1/test", "parts": [b"\x01", b"", bytes(130)]},
        {"bytes": f.T("saoluu/1/test", b"\x01", b"", bytes(130))})
    for x in (b"", b"saoluu"):
        add("hash", "of " + repr(x.decode()), {"x": x, "key": SALT}, {"H": f.H(x), "H64": f.H64(x), "K": f.K(SALT, x), "K64": f.K64(SALT, x)})
    for kind in range(1, 18):
        if kind != 13:
            add("header", f"kind {kind}", {"kind": kind, "suite": 1 + kind % 2, "epoch": 0x01020304 + kind},
                {"bytes": f.header(kind, 1 + kind % 2, 0x01020304 + kind)})
    good = f.header(f.MARK, 1, 5)
    for x, reason in ((patched(good, 0, b"S"), "magic"), (patched(good, 6, b"\2"), "version"), (patched(good, 7, b"\0"), "kind 0"),
                      (patched(good, 7, b"\x0d"), "the reserved kind 13"), (patched(good, 7, b"\x12"), "kind 18"),
                      (patched(good, 8, b"\0"), "suite 0"), (patched(good, 8, b"\3"), "suite 3"), (patched(good, 9, b"\1"), "byte 9 is not zero"),
                      (patched(good, 11, b"\1"), "byte 11 is not zero"), (good[:15], "cut off")):
        refuse("header", x, reason)
    add("self-check", "binary", {"before": b"any bytes"}, {"bytes": f.with_check(b"any bytes")})
    for length in (2, 9, 100, 1000, 1024, 1025, 65_537, 1_000_000, 32 << 20, (32 << 20) + 1, 268_000_000, 256 << 20):
        add("padme", str(length), {"length": length}, {"padded": f.padme(length)})


# ---- format, place, keys

def keys():
    sign, seal = f.sign_public(FOUNDER_SEED), f.seal_public(FOUNDER_SEAL)
    for name, seed, secret_half in (("founder", FOUNDER_SEED, FOUNDER_SEAL), ("backup actor", ACTOR_SEED, ACTOR_SEAL)):
        a, b = f.sign_public(seed), f.seal_public(secret_half)
        add("actor-id", name, {"repository": REPOSITORY, "sign-seed": seed, "seal-secret": secret_half},
            {"sign": a, "seal": b, "actor": f.actor_id(REPOSITORY, a, b)})
    add("repository-id", "from its parts", {"random": RANDOM, "founder-sign": sign, "founder-seal": seal},
        {"repository": f.repository_id(RANDOM, sign, seal)})
    text = f.format_text(RANDOM, sign, seal)
    add("format", "whole", {"random": RANDOM, "founder-sign": sign, "founder-seal": seal}, {"text": text.decode()})
    named = {"created": "1700000000", "exclusive-create": "yes", "zz-unknown": "two words"}
    place = f.place_text(REPOSITORY, PLACE, named)
    add("place", "with names", {"repository": REPOSITORY, "place": PLACE, "named": named}, {"text": place.decode()})
    add("place", "without names", {"repository": REPOSITORY, "place": PLACE, "named": {}}, {"text": f.place_text(REPOSITORY, PLACE, {}).decode()})
    key_file = f.key_file_text(REPOSITORY, SLOT_ID, ACTOR_SEED, ACTOR_SEAL)
    add("key-file", "whole", {"repository": REPOSITORY, "slot": SLOT_ID, "sign": ACTOR_SEED, "seal": ACTOR_SEAL}, {"text": key_file.decode()})

    def resealed(x):
        lines = x.decode().splitlines()[:-1]
        return f.text_object(*lines)
    for codec, x in (("format", text), ("place", place), ("key-file", key_file)):
        first = x.decode().splitlines()
        refuse(codec, x.replace(b"\n", b"\r\n"), "lines end with CR LF")
        refuse(codec, x[:-1], "the last line has no end")
        refuse(codec, x + b"\n", "an empty line behind")
        refuse(codec, x[:-5] + (b"0" if x[-5:-4] != b"0" else b"1") + x[-4:], "the check line is wrong")
        refuse(codec, resealed(x.replace(b"version 1", b"version 2")), "another version")
        refuse(codec, f.text_object(*first[:2], first[3], first[2], *first[4:-1]), "lines in another order")
        refuse(codec, f.text_object(*first[:3], *first[4:-1]), "a line is missing")
        refuse(codec, f.text_object(*first[:2], first[2][:-64] + first[2][-64:].upper(), *first[3:-1]), "hex in upper case")
    refuse("format", f.text_object(*text.decode().splitlines()[:-1], "more 1"), "a line more")
    refuse("format", resealed(text.replace(RANDOM.hex().encode(), SALT.hex().encode())), "the id is not the hash of the parts")
    top = place.decode().splitlines()[:4]
    refuse("place", f.text_object(*top, "created 1", "created 2"), "a name twice")
    refuse("place", f.text_object(*top, "exclusive-create yes", "created 1"), "names not sorted")
    refuse("place", f.text_object(*top, "alone"), "a name without a value")
    refuse("place", f.text_object(*top, "alone "), "an empty value")
    refuse("place", f.text_object(*top, "check x"), "a name that is 'check'")
    refuse("place", f.text_object(*top, "tên x"), "a name that is not ASCII")
    refuse("place", f.text_object(*top, "exclusive-create maybe"), "neither yes nor no")
    refuse("place", f.text_object(*top, "name a\0b"), "NUL in a value")
    for suite in (1, 2):
        for name, passphrase in (("ASCII", "correct horse battery staple"), ("Vietnamese, given in NFD", VIETNAMESE)):
            given = f.unicodedata.normalize("NFD", passphrase)
            salt = bytes(range(16))
            kek, key, whole = f.slot_object(suite, SLOT_ID, given, 65536, 1, salt, REPOSITORY, ACTOR_SEED, ACTOR_SEAL)
            add("slot", f"suite {suite}, {name}",
                {"suite": suite, "slot": SLOT_ID, "passphrase": given.encode(), "memory-kib": 65536, "passes": 1, "salt": salt,
                 "repository": REPOSITORY, "sign": ACTOR_SEED, "seal": ACTOR_SEAL},
                {"passphrase-nfc": f.unicodedata.normalize("NFC", given).encode(), "kek": kek, "key": key, "commitment": whole[60:92], "object": whole})
    remade = lambda at, new: f.with_check(patched(whole, at, new)[:-32])
    refuse("slot", whole[:-1], "cut off")
    refuse("slot", whole + b"\0", "too long")
    refuse("slot", patched(whole, 40, b"\2"), "the self-check is wrong")
    refuse("slot", remade(32, b"\2"), "an unknown key derivation")
    refuse("slot", remade(36, f.u32(65535)), "memory below what is accepted")
    refuse("slot", remade(36, f.u32(1048577)), "memory above what is accepted")
    refuse("slot", remade(40, f.u32(0)), "no pass")
    refuse("slot", remade(40, f.u32(17)), "too many passes")
    refuse("slot", remade(12, f.u32(1)), "an epoch that is not 0")
    refuse("slot", remade(7, b"\x0a"), "another kind")


# ---- derivations

def derivations():
    for suite in (1, 2):
        for use in ("directory", "index", "record", "ledger", "names", "psk"):
            add("subkey", f"{use}, suite {suite}", {"W": W, "use": use, "suite": suite, "repository": REPOSITORY, "epoch": EPOCH},
                {"key": f.subkey(W, use, suite, REPOSITORY, EPOCH)})
        for use in (*f.CHUNK_USE.values(), "gear", "page-cut", "list-cut", "link-group"):
            add("domain-key", f"{use}, suite {suite}", {"D": D, "use": use, "suite": suite, "repository": REPOSITORY, "domain": DOMAIN},
                {"key": f.domain_key(D, use, suite, REPOSITORY, DOMAIN)})
    for kind in f.CHUNK_USE:
        for plain in (b"", b"the same bytes"):
            add("chunk-id", f"kind {kind}, {len(plain)} bytes", {"D": D, "kind": kind, "suite": 1, "repository": REPOSITORY, "domain": DOMAIN, "plain": plain},
                {"id": f.chunk_id(D, kind, 1, REPOSITORY, DOMAIN, plain)})
    key = f.domain_key(D, "gear", 1, REPOSITORY, DOMAIN)
    table, raw = f.gear_table(key), f.gear_bytes(key)
    add("gear", "the table", {"gear-key": key}, {"first": table[0], "eighth": table[8], "last": table[255], "hash": f.H(raw)})
    stream = b"".join(f.K64(SALT, f.u64(i)) for i in range((8 << 20) // 64 + 1))
    note = "block i = K64(key, u64 i), 64 bytes each, the stream is cut to length"
    for sizes in ((2048, 8192, 65536), (131072, 524288, 2097152)):
        length = (8 << 20) + 13
        add("cut", "of %d, %d, %d" % sizes, {"gear-key": key, "stream": note, "key": SALT, "length": length, "least": sizes[0],
            "average": sizes[1], "greatest": sizes[2]}, {"lengths": f.cut(table, stream[:length], *sizes)})
    boundary(key, table)
    add("cut", "an empty stream", {"gear-key": key, "stream": note, "key": SALT, "length": 0, "least": 2048, "average": 8192, "greatest": 65536}, {"lengths": []})
    add("cut", "just the least", {"gear-key": key, "stream": note, "key": SALT, "length": 2048, "least": 2048, "average": 8192, "greatest": 65536},
        {"lengths": [2048]})
    zero_table_run = {"gear-key": key, "stream": "all zero bytes", "length": 200_000, "least": 2048, "average": 8192, "greatest": 65536}
    add("cut", "zero bytes", zero_table_run, {"lengths": f.cut(table, bytes(200_000), 2048, 8192, 65536)})
    for path in (b"", b"home", b"home/an/b\xc3\xa1o c\xc3\xa1o.docx", b"\xff\xfe"):
        for level in (0, 1):
            add("page-cut", f"level {level}, {path!r}", {"D": D, "suite": 1, "repository": REPOSITORY, "domain": DOMAIN, "level": level, "path": path},
                {"value": f.page_cut(D, 1, REPOSITORY, DOMAIN, level, path)})
        add("link-group", repr(path), {"D": D, "suite": 1, "repository": REPOSITORY, "domain": DOMAIN, "path": path},
            {"group": f.link_group(D, 1, REPOSITORY, DOMAIN, path)})
    for plain in (b"x", b"y"):
        identity = f.chunk_id(D, f.DATA, 1, REPOSITORY, DOMAIN, plain)
        add("list-cut", repr(plain), {"D": D, "suite": 1, "repository": REPOSITORY, "domain": DOMAIN, "id": identity},
            {"value": f.list_cut(D, 1, REPOSITORY, DOMAIN, identity)})
    ordered = [b"", b"a", b"a/b", b"a/b/c", b"a\x01", b"a b", b"a-b", b"a.", b"a0", b"b", b"\xc3\xa9", b"\xff"]
    add("path-order", "ascending", {}, {"paths": ordered})
    assert ordered == sorted(ordered, key=f.path_order)
    for x, reason in ((b"/a", "a leading slash"), (b"a/", "a trailing slash"), (b"a//b", "an empty component"), (b".", "a dot"), (b"a/./b", "a dot inside"),
                      (b"..", "two dots"), (b"a/../b", "two dots inside"), (b"a\0b", "NUL"), (b"a" * 65536, "longer than 65,535"),
                      (b"/".join([b"a"] * 4097), "deeper than 4,096")):
        if len(x) < 65536:
            refuse("path", x, reason)
        else:
            add("refused-path", reason, {"repeat": b"a", "times": 65536}, {"refused": True})


def boundary(key, table):
    """A stream whose byte number 255 (from 0) tells whether 'below average' speaks of the byte's number or of the chunk's length."""
    least, average, greatest = 64, 256, 1024
    for seed in range(10_000):
        stream = b"".join(f.K64(f.K(SALT, f.u64(seed)), f.u64(i)) for i in range(8))
        h = 0
        tops = []
        for at in range(least, average):
            h = ((h << 1) + table[stream[at]]) & (2**64 - 1)
            tops.append(h)
        if tops[-1] >> 58 == 0 and all(h >> 54 for h in tops):
            lengths = f.cut(table, stream, least, average, greatest)
            assert lengths[0] > average
            add("cut", "byte 255 meets the loose mask only, and is still below the average",
                {"gear-key": key, "stream": "given", "bytes": stream, "length": len(stream), "least": least, "average": average, "greatest": greatest},
                {"lengths": lengths})
            return


# ---- sealing, signing, packs

def sealing():
    subjects = {f.INDEX: b"", f.MARK: b"", f.LEDGER: f.ledger_subject(ACTOR, 4), f.DIRECTORY: bytes(range(80)), f.TRAILER: bytes(range(80)), f.NAMES: ACTOR}
    for suite in (1, 2):
        for kind in f.USE:
            subject, plain = subjects.get(kind, SESSION), f"plain of kind {kind}".encode()
            whole = f.sealed(kind, suite, EPOCH, W, REPOSITORY, subject, SALT, plain)
            add("sealed", f"kind {kind}, suite {suite}", {"kind": kind, "suite": suite, "epoch": EPOCH, "W": W, "repository": REPOSITORY,
                "subject": subject, "salt": SALT, "plain": plain}, {"commitment": whole[48:80], "bytes": whole})
        X, P = f.seal_public(BUNDLE_X), f.seal_public(ACTOR_SEAL)
        for name, epochs, domains, contents in (("backup", {1: W, 2: W2}, {3: (1, D)}, {}),
                                                ("restore", {1: W, 200: W2}, {3: (1, D), 300: (2, D2)}, {1: E_SECRET})):
            plain = f.bundle_plain(epochs, domains, contents)
            add("bundle", f"{name}, suite {suite}", {"suite": suite, "epoch": EPOCH, "repository": REPOSITORY, "actor": ACTOR, "x": BUNDLE_X,
                "seal-secret": ACTOR_SEAL, "epochs": [[n, w] for n, w in epochs.items()], "domains": [[n, s, d] for n, (s, d) in domains.items()],
                "contents": [[n, e] for n, e in contents.items()]},
                {"X": X, "P": P, "shared": f.x25519(BUNDLE_X, P), "plain": plain, "bytes": f.bundle(suite, EPOCH, REPOSITORY, ACTOR, BUNDLE_X, P, plain)})
    epochs = f.varint(2) + f.varint(2) + W + f.varint(1) + W2
    refuse("bundle-plain", f.fields((1, epochs)), "epochs not ascending")
    refuse("bundle-plain", f.fields((1, f.varint(2) + (f.varint(1) + W) * 2)), "an epoch twice")
    refuse("bundle-plain", f.fields((1, f.items([f.varint(1) + W]) + b"\0")), "trailing byte in a field")
    refuse("bundle-plain", f.fields((3, f.items([f.varint(1) + f.u8(3) + D]))), "a domain of an unknown suite")
    refuse("bundle-plain", f.fields((3, f.varint(2**60))), "a count past what is there")
    refuse("bundle-plain", f.fields((7, b"")), "an unknown odd tag")
    refuse("bundle-plain", f.fields((5, f.items([]))), "no contents written out")
    for kind, suite, subject, rest in ((f.RECORD, 1, SESSION + SALT, b"rest"), (f.ROSTER, 1, f.u64(0), b""), (f.ROSTER, 2, f.u64(0), b""),
                                       (f.LEDGER, 1, f.ledger_subject(ACTOR, 2**40) + SALT, b"x" * 200)):
        head = f.header(kind, suite, EPOCH)
        body = f.signed_body(head, ACTOR_SEED, ACTOR, REPOSITORY, subject, ROSTER, rest)
        add("signed-body", f"kind {kind}, suite {suite}", {"kind": kind, "suite": suite, "epoch": EPOCH, "common-header": head, "seed": ACTOR_SEED, "signer": ACTOR, "repository": REPOSITORY, "subject": subject,
            "roster": ROSTER, "rest": rest}, {"signature": body[-64:], "bytes": body})


def chunk(kind, codec, plain, stored=None):
    return (kind, codec, f.chunk_id(D, kind, 1, REPOSITORY, DOMAIN, plain), plain if stored is None else stored, len(plain))


def named_chunks(chunks):
    return [{"kind": k, "codec": c, "id": i, "stored": s, "plain-length": n} for k, c, i, s, n in chunks]


def packs():
    run = b"a" * 200
    sets = {f.DATA_PACK: [chunk(f.DATA, 0, b"hello, pack"), chunk(f.DATA, 1, run, f.zstd_run(97, 200)), chunk(f.DATA, 0, bytes(range(256)))],
            f.CATALOG_PACK: [chunk(f.PAGE, 0, b"a page"), chunk(f.LIST, 0, b"a list"), chunk(f.NOTE, 1, b"a note", f.zstd_raw(b"a note"))]}
    X = f.seal_public(PACK_X)
    for suite in (1, 2):
        for kind, chunks in sets.items():
            key, commitment = f.pack_key(kind, suite, EPOCH, W, REPOSITORY, f.x25519(PACK_X, E), X, E)
            add("pack-key", f"kind {kind}, suite {suite}", {"kind": kind, "suite": suite, "epoch": EPOCH, "W": W, "repository": REPOSITORY, "x": PACK_X, "e": E_SECRET},
                {"X": X, "E": E, "shared": f.x25519(E_SECRET, X), "key": key, "commitment": commitment})
            common = f.header(kind, suite, EPOCH)
            for number, c in ((0, chunks[0]), (1, chunks[1]), (2**20 - 1, chunks[2])):
                add("frame", f"kind {kind}, suite {suite}, number {number}, codec {c[1]}", {"key": key, "common-header": common, "repository": REPOSITORY,
                    "number": number, **named_chunks([c])[0]}, {"nonce": f.frame_nonce(suite, c[2], number), "ad":
                    f.frame_ad(common, REPOSITORY, c[0], c[2], number, len(c[3]), c[4], c[1]), "bytes": f.frame(key, common, REPOSITORY, number, c)})
            p = f.pack_object(kind, suite, EPOCH, W, E, REPOSITORY, PACK_X, ACTOR_SEED, ACTOR, ROSTER, SESSION, DOMAIN, chunks, SALT, SALT2,
                              lambda n: bytes([0x70]) * n)
            add("pack", f"kind {kind}, suite {suite}", {"kind": kind, "suite": suite, "epoch": EPOCH, "W": W, "E": E, "repository": REPOSITORY, "x": PACK_X,
                "sign-seed": ACTOR_SEED, "signer": ACTOR, "roster": ROSTER, "session": SESSION, "domain": DOMAIN, "chunks": named_chunks(chunks),
                "directory-salt": SALT, "trailer-salt": SALT2, "padding-byte": 0x70},
                {"header": p["header"], "frames-hash": p["frames_hash"], "directory-body": p["directory_body"], "directory": p["directory"], "padding-length": len(p["padding"]),
                 "trailer": p["trailer"], "pack": p["pack"], "name": p["name"]})
    chunks = sets[f.DATA_PACK]
    frames_hash = f.H(b"the bytes before the directory")
    rest = f.directory_rest(SESSION, DOMAIN, frames_hash, chunks)
    add("directory-rest", "three chunks", {"session": SESSION, "domain": DOMAIN, "frames-hash": frames_hash, "chunks": named_chunks(chunks)}, {"bytes": rest})
    add("trailer-plain", "some numbers", {"offset": 80, "length": 2**24, "frames": 2**20}, {"bytes": f.trailer_plain(80, 2**24, 2**20)})
    head = SESSION + f.varint(DOMAIN) + frames_hash
    one = lambda kind=1, codec=0, stored=11, plain=11: f.u8(kind) + f.u8(codec) + chunks[0][2] + f.varint(stored) + f.varint(plain)
    bad = lambda **new: head + f.items([one(**new)])
    refuse("directory-rest", rest + b"\0", "trailing byte", kind=1)
    refuse("directory-rest", rest[:-1], "cut off", kind=1)
    refuse("directory-rest", bad(kind=f.PAGE), "a page in a data pack", kind=1)
    refuse("directory-rest", bad(), "data in a catalog pack", kind=2)
    refuse("directory-rest", bad(kind=5), "an unknown chunk kind", kind=1)
    refuse("directory-rest", bad(codec=2), "an unknown codec", kind=1)
    refuse("directory-rest", bad(plain=12), "codec 0 with lengths that differ", kind=1)
    refuse("directory-rest", bad(codec=1, plain=(8 << 20) + 1), "a data chunk over 8 MiB", kind=1)
    refuse("directory-rest", bad(kind=f.PAGE, codec=1, plain=(1 << 20) + 1), "a page over 1 MiB", kind=2)
    refuse("directory-rest", bad(stored=0, plain=0), "a chunk of no bytes", kind=1)
    refuse("directory-rest", bad(codec=1, stored=0), "a stored length of 0", kind=1)
    refuse("directory-rest", bad(codec=1, plain=0), "a plain length of 0", kind=1)
    refuse("directory-rest", bad(codec=1, stored=(8 << 20) + 1), "a stored length over 8 MiB", kind=1)
    refuse("directory-rest", bad(kind=f.LIST, codec=1, stored=(1 << 20) + 1), "a list's stored length over 1 MiB", kind=2)
    refuse("directory-rest", bad(codec=1, stored=2**32 + 1), "a stored length past 2^32", kind=1)
    refuse("directory-rest", head + f.items([one(stored=8 << 20, plain=8 << 20)] * 32), "frames past the limit of a pack", kind=1)
    refuse("directory-rest", SESSION + f.varint(2**32) + frames_hash + f.varint(0), "a domain past 2^32", kind=1)
    refuse("directory-rest", head + f.varint(2**20 + 1), "more than 2^20 frames", kind=1)
    refuse("directory-rest", head + f.varint(2**60), "a count past what is there", kind=1)
    refuse("directory-rest", SESSION + b"\x80\x00" + frames_hash + f.varint(0), "a varint too long", kind=1)
    refuse("directory-rest", SESSION + f.varint(DOMAIN) + f.items([one()]), "no hash of the frames", kind=1)
    for numbers, reason in (((79, 100, 1), "a directory before byte 80"), (((256 << 20) + 1, 100, 1), "a directory past the limit of a pack"),
                            ((80, 79, 1), "a directory shorter than its seal"), ((80, (16 << 20) + 1, 1), "a directory over 16 MiB"),
                            ((80, 2**64 - 1, 1), "a length that overflows"), ((80, 100, 2**20 + 1), "more than 2^20 frames")):
        refuse("trailer-plain", f.trailer_plain(*numbers), reason)
    refuse("trailer-plain", f.trailer_plain(80, 100, 1)[:-1], "cut off")
    refuse("trailer-plain", f.trailer_plain(80, 100, 1) + b"\0", "trailing byte")
    frame = f.zstd_raw(b"abcdef")
    add("codec-1", "a raw block", {"stored": frame, "plain-length": 6}, {"plain": b"abcdef"})
    add("codec-1", "a run", {"stored": f.zstd_run(97, 200), "plain-length": 200}, {"plain": run})
    refuse("codec-1", frame + b"\0", "a byte behind", **{"plain-length": 6})
    refuse("codec-1", frame + frame, "two frames", **{"plain-length": 6})
    refuse("codec-1", frame + bytes.fromhex("502a4d1800000000"), "a skippable frame behind", **{"plain-length": 6})
    refuse("codec-1", bytes.fromhex("502a4d1800000000") + frame, "a skippable frame before", **{"plain-length": 6})
    refuse("codec-1", frame, "another length than announced", **{"plain-length": 7})
    refuse("codec-1", frame[:-1], "cut off", **{"plain-length": 6})
    refuse("codec-1", bytes.fromhex("28b52ffd0000310000") + b"abcdef", "no content size", **{"plain-length": 6})
    refuse("codec-1", bytes.fromhex("28b52ffd2101" + "06" + "310000") + b"abcdef", "a dictionary id", **{"plain-length": 6})
    refuse("codec-1", bytes.fromhex("28b52ffd8070" + "06000000" + "310000") + b"abcdef", "a window of 16 MiB", **{"plain-length": 6})


# ---- sealed objects with signed bodies

def whole_object(section, name, kind, suite, inputs, rest, subject=SESSION, seed=ACTOR_SEED, signer=ACTOR):
    body, whole = f.sealed_body(kind, suite, EPOCH, W, REPOSITORY, subject, SALT, seed, signer, ROSTER, rest)
    out = {"rest": rest, "body": body, "object": whole if kind in (f.INDEX, f.LEDGER, f.MARK) else f.with_check(whole)}
    if kind in (f.INDEX, f.LEDGER, f.MARK):
        out["hash"] = f.H(whole)
    add(section, f"{name}, suite {suite}", {**inputs, "kind": kind, "suite": suite, "epoch": EPOCH, "W": W, "repository": REPOSITORY,
        "subject": subject, "roster": ROSTER, "sign-seed": seed, "signer": signer, "salt": SALT}, out)
    return out["object"]


def objects():
    ids = [f.chunk_id(D, f.DATA, 1, REPOSITORY, DOMAIN, bytes([n])) for n in range(3)]
    for suite in (1, 2):
        index_packs = [(PACK_A, SESSION, ACTOR, 4096), (PACK_B, SESSION2, FOUNDER, 268_435_456)]
        index_entries = [(ids[0], 0, 0, 80, 11, 11, 1, 0), (ids[0], 1, 0, 80, 12, 200, 1, 1), (ids[0], 1, 2**20 - 1, 108, 6, 6, 2, 0),
                         (ids[1], 0, 1, 107, 10, 200, 1, 1)]
        keys = ("id", "pack", "frame", "offset", "stored-length", "plain-length", "kind", "codec")
        index = {"replaced": [ENTRY_A, ENTRY_B], "packs": [dict(zip(("pack", "session", "actor", "size"), p)) for p in index_packs],
                 "entries": [dict(zip(keys, e)) for e in sorted(index_entries, key=lambda e: (e[0], e[6], e[1], e[3]))]}
        whole_object("index", "two packs", f.INDEX, suite, index, f.index_rest(index_packs, index_entries, [ENTRY_B, ENTRY_A]), b"", FOUNDER_SEED, FOUNDER)
        whole_object("index", "nothing", f.INDEX, suite, {"replaced": [], "packs": [], "entries": []}, f.index_rest([], []), b"")
        whole_object("open", "two marks", f.OPEN, suite, {"marks": [MARK_A, MARK_B], "time": TIME, "place": PLACE}, f.open_rest([MARK_B, MARK_A], TIME, PLACE))
        whole_object("open", "no mark", f.OPEN, suite, {"marks": [], "time": TIME, "place": PLACE}, f.open_rest([], TIME, PLACE))
        full = {"session": SESSION, "counts": [12, 3, 1, 5_000_000_000, 2, 1, 9, 700, 512], "job": "văn phòng", "program": "saoluu 0.1", "root": ids[0],
                "note": [ids[2], ids[1]], "start": TIME, "end": TIME + 90, "sequence": 300, "predecessor": SESSION2, "domain": DOMAIN, "incomplete": True,
                "segments": [ENTRY_A, ENTRY_B]}
        record = whole_object("record", "full", f.RECORD, suite, full, f.record_rest(**full))
        least = {"session": SESSION, "job": "", "root": ids[0], "start": -5, "end": TIME, "sequence": 1, "domain": 0}
        whole_object("record", "only what must be there", f.RECORD, suite, least, f.record_rest(**least))
        whole_object("fence", "for a mark", f.FENCE, suite, {"session": SESSION, "time": TIME, "mark": MARK_A, "place": PLACE}, f.fence_rest(SESSION, TIME, PLACE, MARK_A),
                     seed=FOUNDER_SEED, signer=FOUNDER)
        whole_object("fence", "for none", f.FENCE, suite, {"session": SESSION, "time": TIME, "place": PLACE}, f.fence_rest(SESSION, TIME, PLACE),
                     seed=FOUNDER_SEED, signer=FOUNDER)
        whole_object("forgotten", "with a reason", f.FORGOTTEN, suite, {"session": SESSION, "time": TIME, "reason": "quá hạn", "place": PLACE},
                     f.forgotten_rest(SESSION, TIME, PLACE, "quá hạn"), seed=FOUNDER_SEED, signer=FOUNDER)
        whole_object("forgotten", "at every place", f.FORGOTTEN, suite, {"session": SESSION, "time": TIME, "place": bytes(16)},
                     f.forgotten_rest(SESSION, TIME, bytes(16)), seed=FOUNDER_SEED, signer=FOUNDER)
        whole_object("void", "whole", f.VOID, suite, {"session": SESSION, "time": TIME, "place": PLACE}, f.void_rest(SESSION, TIME, PLACE))
        for purpose, name, place in ((1, "prune", PLACE), (2, "damage", PLACE), (2, "damage at every place", bytes(16))):
            whole_object("mark", name, f.MARK, suite, {"purpose": purpose, "packs": [PACK_A, PACK_B], "reason": "why", "time": TIME, "place": place},
                         f.mark_rest(purpose, [PACK_B, PACK_A], TIME, place, "why"), b"", FOUNDER_SEED, FOUNDER)
        first = {"n": 0, "before": [], "time": TIME, "act": 3, "body": record, "heads": [], "outcomes": [], "session": SESSION, "place": PLACE}
        whole_object("ledger", "a first commit", f.LEDGER, suite, first, f.ledger_rest(**first), f.ledger_subject(ACTOR, 0))
        body = f.fields((1, ROSTER), (2, b"a text"), (3, SESSION), (5, MARK_A))
        later = {"n": 300, "before": [ENTRY_A, ENTRY_B], "time": TIME, "act": 6, "body": body, "heads": [(ACTOR, 12, ENTRY_A), (FOUNDER, 0, ENTRY_B)],
                 "outcomes": [(ENTRY_A, 1), (ENTRY_B, 2)], "place": PLACE}
        later["heads"].sort()
        whole_object("ledger", "after a fork, with heads and outcomes", f.LEDGER, suite, later, f.ledger_rest(**later), f.ledger_subject(FOUNDER, 300),
                     FOUNDER_SEED, FOUNDER)
    refused_objects(ids, index_packs, index_entries, later)


def refused_objects(ids, index_packs, index_entries, later):
    P = lambda pack, size=1000: pack + SESSION + ACTOR + f.u32(size)
    I = lambda identity=ids[0], pack=0, frame=0, offset=80, kind=1, codec=0, stored=5, plain=5: (
        identity + f.u32(pack) + f.u32(frame) + f.u32(offset) + f.u32(stored) + f.u32(plain) + f.u8(kind) + f.u8(codec))
    low, high = sorted(ids[:2])
    NONE = f.items([])
    rest = f.index_rest(index_packs, index_entries)
    refuse("index", rest + b"\0", "trailing byte")
    refuse("index", rest[:-1], "cut off")
    refuse("index", NONE + f.items([P(PACK_B), P(PACK_A)]) + f.items([]), "packs not ascending")
    refuse("index", NONE + f.items([P(PACK_A), P(PACK_A)]) + f.items([]), "a pack twice")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(high), I(low)]), "entries not ascending")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(), I()]), "an entry twice")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(frame=1), I(frame=2)]), "two entries of one place, with other frame numbers")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(frame=2**20)]), "frame number 2^20")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(pack=1)]), "a pack number past the list")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(kind=0)]), "an unknown chunk kind")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(codec=2)]), "an unknown codec")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(plain=6)]), "codec 0 with lengths that differ")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(codec=1, plain=(8 << 20) + 1)]), "a chunk over 8 MiB")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(kind=2, codec=1, plain=(1 << 20) + 1)]), "a page over 1 MiB")
    refuse("index", NONE + f.items([P(PACK_A, 1 << 28)]) + f.items([I(codec=1, stored=(8 << 20) + 1)]), "a stored length over 8 MiB")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(stored=0, plain=0)]), "a chunk of no bytes")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(codec=1, stored=0)]), "a stored length of 0")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(codec=1, plain=0)]), "a plain length of 0")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(offset=79)]), "a frame before byte 80")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(offset=980)]), "a frame past the pack's end by one byte")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.items([I(offset=2**32 - 10)]), "an end of a frame that overflows 32 bits")
    refuse("index", NONE + f.items([P(PACK_A, (256 << 20) + 1)]) + f.items([]), "a pack over 256 MiB")
    refuse("index", NONE + f.varint(2**50), "a count past what is there")
    refuse("index", NONE + f.items([P(PACK_A)]) + f.varint(2**60), "a count of entries past what is there")
    refuse("index", f.items([ENTRY_B, ENTRY_A]) + f.items([]) * 2, "the replaced not ascending")
    refuse("index", f.items([ENTRY_A, ENTRY_A]) + f.items([]) * 2, "a replaced one twice")
    refuse("index", f.varint(2**60), "a count of replaced past what is there")
    times = [(3, f.svarint(1)), (5, PLACE)]
    refuse("open", f.fields((1, f.items([MARK_B, MARK_A])), *times), "marks not ascending")
    refuse("open", f.fields((1, f.items([MARK_A, MARK_A])), *times), "a mark twice")
    refuse("open", f.fields((1, f.items([MARK_A])[:-1]), *times), "a mark cut off")
    refuse("open", f.fields((1, f.items([])), *times), "no mark written out")
    refuse("open", f.fields(times[1]), "no start time")
    refuse("open", f.fields(times[0]), "no place")
    refuse("open", f.fields((3, b"\x80\x00"), times[1]), "a time's varint too long")
    refuse("open", f.fields((3, b"\x00\x00"), times[1]), "trailing byte in a field")
    refuse("open", f.fields(times[0], (5, PLACE + b"\0")), "a place of 17 bytes")
    refuse("open", f.fields(*times, (7, b"")), "an unknown odd tag")
    add("passed-over", "open: an unknown even tag", {"codec": "open", "bytes": f.fields(*times, (6, b"new"))}, {"refused": False})
    good = dict(session=SESSION, job="", root=ids[0], start=1, end=2, sequence=1, domain=0)
    pairs = [(1, SESSION), (3, b""), (5, ids[0]), (9, f.svarint(1)), (11, f.svarint(2)), (13, f.varint(1)), (17, f.varint(0))]
    for tag, _ in pairs:
        refuse("record", f.fields(*(p for p in pairs if p[0] != tag)), f"field {tag} is missing")
    swap = lambda tag, value: f.fields(*((t, value if t == tag else v) for t, v in pairs))
    refuse("record", swap(1, SESSION[:-1]), "a session of 15 bytes")
    refuse("record", swap(3, b"a\0b"), "NUL in a text")
    refuse("record", swap(3, b"a" * 4097), "a text over 4,096 bytes")
    refuse("record", swap(13, b"\x81\x00"), "a varint too long")
    refuse("record", swap(13, b"\x00"), "sequence 0")
    refuse("record", swap(17, f.varint(2**32)), "a domain past 2^32")
    refuse("record", f.record_rest(**good) + f.fields((19, b"\2")), "incomplete is neither 0 nor 1")
    refuse("record", f.record_rest(**good) + f.fields((19, b"\0")), "complete written out")
    refuse("record", f.fields(*pairs[:3], (7, f.items([])), *pairs[3:]), "no note written out")
    refuse("record", f.fields(pairs[0], (2, f.items([])), *pairs[1:]), "no counts written out")
    refuse("record", f.fields(*pairs[:2], (4, b""), *pairs[2:]), "an empty program written out")
    refuse("record", f.fields(*pairs[:6], (15, SESSION2 + b"\0"), pairs[6]), "a predecessor of 17 bytes")
    refuse("record", f.record_rest(**good) + f.fields((21, f.items([]))), "no segments written out")
    refuse("record", f.record_rest(**good) + f.fields((21, f.items([ENTRY_B, ENTRY_A]))), "segments not ascending")
    refuse("record", f.record_rest(**good) + f.fields((21, f.items([ENTRY_A, ENTRY_A]))), "a segment twice")
    refuse("record", f.record_rest(**good) + f.fields((21, f.items([ENTRY_A]) + b"\0")), "trailing byte in the segments")
    refuse("record", f.record_rest(**good) + f.fields((23, b"")), "an unknown odd tag")
    refuse("record", f.record_rest(**good) + f.fields((16, b"")), "tags descend")
    for codec, tag in (("fence", 7), ("forgotten", 5), ("void", 5)):
        least = [(1, SESSION), (3, f.svarint(1)), (tag, PLACE)]
        refuse(codec, f.fields(*least[1:]), "no session")
        refuse(codec, f.fields(least[0], least[2]), "no time")
        refuse(codec, f.fields(*least[:2]), "no place")
        refuse(codec, f.fields(*least[:2], (tag, PLACE[:15])), "a place of 15 bytes")
        refuse(codec, f.fields(*least, (9, b"")), "an unknown odd tag")
        add("passed-over", f"{codec}: an unknown even tag", {"codec": codec, "bytes": f.fields(*least, (8, b"new"))}, {"refused": False})
    refuse("forgotten", f.fields((1, SESSION), (3, f.svarint(1)), (4, b""), (5, PLACE)), "an empty reason written out")
    refuse("fence", f.fence_rest(SESSION, 1, PLACE, MARK_A[:31]), "a mark of 31 bytes")
    refuse("mark", f.mark_rest(3, [PACK_A], 1, PLACE), "an unknown purpose")
    refuse("mark", f.mark_rest(0, [PACK_A], 1, PLACE), "purpose 0")
    M = [(1, b"\1"), (3, f.items([PACK_A])), (5, b"\2"), (7, PLACE)]
    for tag, name in ((1, "purpose"), (3, "packs field"), (5, "time"), (7, "place")):
        refuse("mark", f.fields(*(p for p in M if p[0] != tag)), "no " + name)
    refuse("mark", f.fields(M[0], (3, f.items([PACK_B, PACK_A])), *M[2:]), "packs not ascending")
    refuse("mark", f.fields(M[0], (3, f.items([PACK_A, PACK_A])), *M[2:]), "a pack twice")
    refuse("mark", f.fields(*M[:2], (4, b""), *M[2:]), "an empty reason written out")
    refuse("mark", f.fields(*M[:3], (7, PLACE[:15])), "a place of 15 bytes")
    refuse("mark", f.fields(*M, (9, b"")), "an unknown odd tag")
    L = [(1, f.varint(5)), (3, f.items([ENTRY_A])), (7, f.svarint(1)), (9, f.varint(7)), (17, PLACE)]
    with_L = lambda *more: f.fields(*sorted([*L, *more]))
    for tag, _ in L:
        refuse("ledger", f.fields(*(p for p in L if p[0] != tag)), f"field {tag} is missing")
    swap = lambda tag, value: f.fields(*((t, value if t == tag else v) for t, v in L))
    refuse("ledger", swap(9, f.varint(3)), "a commit without its session")
    refuse("ledger", with_L((15, SESSION)), "a session, and no commit")
    refuse("ledger", with_L((11, b"")), "an empty body written out")
    refuse("ledger", with_L((13, f.items([]))), "no outcomes written out")
    refuse("ledger", swap(3, f.items([ENTRY_B, ENTRY_A])), "entries before not ascending")
    refuse("ledger", swap(3, f.items([])), "none before, and n is not 0")
    refuse("ledger", swap(1, f.varint(0)), "one before, and n is 0")
    refuse("ledger", swap(1, f.varint(10**10)), "n of eleven digits")
    refuse("ledger", f.fields(*L[:2], (5, f.items([FOUNDER + b"\1" + ENTRY_A] * 2)), *L[2:]), "a head twice")
    refuse("ledger", f.fields(*L[:2], (5, f.items(sorted([ACTOR, FOUNDER], reverse=True)[i] + b"\1" + ENTRY_A for i in (0, 1))), *L[2:]), "heads not ascending")
    refuse("ledger", f.fields(*L[:2], (5, f.items([FOUNDER + f.varint(10**10) + ENTRY_A])), *L[2:]), "a head's n of eleven digits")
    refuse("ledger", f.fields(*L[:2], (5, f.items([])), *L[2:]), "no heads written out")
    add("passed-over", "ledger: an act of an unknown number", {"codec": "ledger", "bytes": swap(9, f.varint(300))}, {"refused": False})
    refuse("ledger", with_L((13, f.items([ENTRY_B + b"\1", ENTRY_A + b"\1"]))), "outcomes not ascending")
    refuse("ledger", with_L((13, f.items([ENTRY_A + b"\1", ENTRY_A + b"\2"]))), "two outcomes of one entry")
    refuse("ledger", with_L((13, f.items([ENTRY_B + b"\3"]))), "an unknown outcome")
    refuse("ledger", swap(17, PLACE[:15]), "a place of 15 bytes")
    refuse("ledger", with_L((19, b"")), "an unknown odd tag")


# ---- the roster

def roster():
    for epoch, W_ in ((0, W), (EPOCH, W), (2**32 - 1, W2)):
        add("epoch-secret-hash", f"epoch {epoch}", {"repository": REPOSITORY, "epoch": epoch, "W": W_}, {"hash": f.epoch_secret_hash(REPOSITORY, epoch, W_)})
    for suite in (1, 2):
        actors = {}
        inputs = []
        X = {1: ("backup", ACTOR_SEED, ACTOR_SEAL, ACTOR, 1, 2), 3: ("head of the unit", FOUNDER_SEED, FOUNDER_SEAL, FOUNDER, 3, 1)}
        for role, (holder, seed, seal, actor, _, slot_kind) in X.items():
            domain = 3 if role == 1 else 0
            plain = f.names_plain(holder, "Phòng Tài chính", "kế toán" if role == 1 else "")
            names = f.sealed(f.NAMES, suite, EPOCH, W, REPOSITORY, actor, SALT, plain)
            bundle = f.bundle(suite, EPOCH, REPOSITORY, actor, BUNDLE_X, f.seal_public(seal),
                              f.bundle_plain({EPOCH: W}, {DOMAIN: (1, D)}, {EPOCH: E_SECRET} if role == 3 else {}))
            actors[actor] = {"sign": f.sign_public(seed), "seal": f.seal_public(seal), "role": role, "domain": domain, "slot": bytes([role]) * 16,
                             "issued": TIME, "names": names, "bundle": bundle, "slot_kind": slot_kind, **({"expires": TIME + 10**8} if role == 1 else {})}
            if suite == 1:
                add("names", holder, {"holder": holder, "unit": "Phòng Tài chính", "domain": "kế toán" if role == 1 else ""}, {"bytes": plain})
            inputs.append({"actor": actor, **actors[actor]})
        first = {"n": 0, "time": TIME, "suite": suite, "chunker": (131072, 524288, 2097152), "epoch": EPOCH, "E": E, "actors": actors,
                 "epoch-secret-hash": f.epoch_secret_hash(REPOSITORY, EPOCH, W)}
        other = {**first, "n": 300, "read_features": ["a", "b"], "write_features": ["c"], "revoked": [(PACK_A, None), (PACK_B, (14, ENTRY_B)), (PACK_B, (12, ENTRY_A))],
                 "settles": [ENTRY_B, ENTRY_A]}
        for name, r, before in (("the first", first, bytes(32)), ("number 300, with all fields", other, ROSTER)):
            whole = f.roster_object(FOUNDER_SEED, FOUNDER, REPOSITORY, before, r)
            add("roster", f"{name}, suite {suite}", {**r, "actors": sorted(inputs, key=lambda a: a["actor"]), "roster": before, "sign-seed": FOUNDER_SEED,
                "signer": FOUNDER, "repository": REPOSITORY,
                "revoked": [{"actor": a, **({} if last is None else {"n": last[0], "hash": last[1]})} for a, last in sorted(r.get("revoked", []), key=f.revocation_order)]},
                {"rest": f.roster_rest(REPOSITORY, r), "object": whole, "hash": f.H(whole)})
    refused_rosters(first)


def split_fields(x):
    """The pairs of an encoding that this file made (tags below 128)."""
    out, at = [], 0
    while at < len(x):
        tag, at, length, shift = x[at], at + 1, 0, 0
        while True:
            length |= (x[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if x[at - 1] < 128:
                break
        out.append((tag, x[at:at + length]))
        at += length
    return out


def refused_rosters(r):
    rest = f.roster_rest(REPOSITORY, r)
    pairs = split_fields(rest)
    swap = lambda tag, value: f.fields(*sorted([p for p in pairs if p[0] != tag] + [(tag, value)]))
    head = {"suite": r["suite"], "epoch": r["epoch"]}
    for tag in (1, 3, 9, 11, 13, 15, 17, 23):
        refuse("roster", f.fields(*(p for p in pairs if p[0] != tag)), f"field {tag} is missing", **head)
    refuse("roster", swap(3, ROSTER), "another repository", **head)
    refuse("roster", swap(9, b"\1"), "another suite than the header's", **head)
    refuse("roster", swap(13, b"\1"), "another epoch than the header's", **head)
    refuse("roster", swap(15, E[:31]), "E of 31 bytes", **head)
    refuse("roster", swap(23, ROSTER[:31]), "a hash of the epoch's secret of 31 bytes", **head)
    actors = [f.data(f.actor_plain(a)) for _, a in sorted(r["actors"].items())]
    refuse("roster", swap(17, f.items(actors[::-1])), "actors not ascending", **head)
    refuse("roster", swap(17, f.items(actors[:1] * 2)), "an actor twice", **head)
    refuse("roster", swap(19, f.items([PACK_A + b"\0" + b"\0" + ENTRY_A])), "none counts, and yet a hash", **head)
    refuse("roster", swap(19, f.items([PACK_A + b"\2" + b"\1" + ENTRY_A])), "a revocation of an unknown kind", **head)
    refuse("roster", swap(19, f.items([PACK_B + b"\1" + b"\1" + ENTRY_A, PACK_A + b"\1" + b"\1" + ENTRY_A])), "the revoked not ascending", **head)
    R = lambda actor, kind, n, last: actor + kind + f.varint(n) + last
    refuse("roster", swap(19, f.items([R(PACK_A, b"\1", 1, ENTRY_B), R(PACK_A, b"\1", 2, ENTRY_A)])), "the branches of one not ascending", **head)
    refuse("roster", swap(19, f.items([R(PACK_A, b"\1", 1, ENTRY_A)] * 2)), "a revocation twice", **head)
    refuse("roster", swap(19, f.items([R(PACK_A, b"\1", n, ENTRY_A) for n in (1, 2)])), "a revocation twice, with another n", **head)
    refuse("roster", swap(19, f.items([R(PACK_A, b"\0", 0, bytes(32)), R(PACK_A, b"\1", 1, ENTRY_A)])), "none counts, and one counts", **head)
    refuse("roster", swap(19, f.items([R(PACK_A, b"\1", 10**10, ENTRY_A)])), "a revocation at an n of eleven digits", **head)
    refuse("roster", swap(19, f.items([R(PACK_A, b"\0", 1, bytes(32))])), "none counts, and yet an n", **head)
    add("passed-over", "roster: an actor revoked at two branches", {"codec": "roster", "bytes": swap(19, f.items([R(PACK_A, b"\1", 2, ENTRY_A), R(PACK_A, b"\1", 1, ENTRY_B)])),
        **head}, {"refused": False})
    refuse("roster", swap(1, f.varint(10**10)), "n of eleven digits", **head)
    for numbers, reason in (((2, 2048, 8192, 65536), "an unknown chunker"), ((1, 0, 8192, 65536), "least is 0"), ((1, 8193, 8192, 65536), "least is over average"),
                            ((1, 2048, 8192, 8191), "average is over greatest"), ((1, 2048, 8192, (8 << 20) + 1), "greatest is over 8 MiB"),
                            ((1, 2048, 8193, 65536), "average is no power of two"), ((1, 1, 4, 65536), "average is below 8")):
        refuse("roster", swap(11, f.u8(numbers[0]) + b"".join(map(f.varint, numbers[1:]))), "chunker: " + reason, **head)
    for point, name in SMALL_ORDER:
        refuse("roster", swap(15, point), f"E of small order: {name}", **head)
    refuse("roster", swap(21, f.items([ENTRY_B, ENTRY_A])), "rivals not ascending", **head)
    refuse("roster", swap(21, f.items([ENTRY_A, ENTRY_A])), "a rival twice", **head)
    for tag, name in ((5, "features"), (7, "features"), (19, "revoked"), (21, "rivals")):
        refuse("roster", swap(tag, f.items([])), f"no {name} written out in field {tag}", **head)
    refuse("roster", swap(25, b""), "an unknown odd tag", **head)
    add("passed-over", "roster: an unknown even tag", {"codec": "roster", "bytes": swap(26, b"new"), **head}, {"refused": False})
    add("passed-over", "roster: an unknown feature needed to write", {"codec": "roster", "bytes": swap(7, f.items([f.text("unheard-of")])), **head}, {"refused": False})
    one = sorted(r["actors"].items())[0][1]
    for key, value, reason in (("role", 0, "role 0"), ("role", 5, "role 5"), ("slot_kind", 0, "slot kind 0"), ("slot_kind", 3, "an unknown slot kind"),
                               *(("seal", point, f"a seal public of small order: {name}") for point, name in SMALL_ORDER), ("domain", 2**32, "a domain past 2^32"),
                               ("slot", bytes(15), "a slot of 15 bytes")):
        refuse("roster", swap(17, f.items([f.data(f.actor_plain({**one, key: value}))])), "an actor with " + reason, **head)
    more = f.data(f.actor_plain(one) + f.fields((21, b"")))
    refuse("roster", swap(17, f.items([more])), "an actor with an unknown odd tag", **head)
    refuse("names", f.fields((3, b"unit")), "no holder")
    refuse("names", f.fields((1, b"a" * 4097)), "a text over 4,096 bytes")
    refuse("names", f.fields((1, b"a"), (7, b"")), "an unknown odd tag")
    refuse("names", f.fields((1, b"a"), (3, b"")), "an empty unit written out")
    refuse("names", f.fields((1, b"a"), (5, b"")), "an empty domain's name written out")


# ---- the catalog

def catalog():
    ids = [f.chunk_id(D, kind, 1, REPOSITORY, DOMAIN, b"x") for kind in (1, 2, 3)]
    group = f.link_group(D, 1, REPOSITORY, DOMAIN, b"home/a")
    every = [f.hole(4096), f.whole_chunk(ids[0], 1000), f.part(ids[0], 5, 10), f.hole(1), f.list_segment(ids[2], 2**40)]
    size = 4096 + 1000 + 10 + 1 + 2**40
    entries = {
        b"": f.entry_body(2, 0o755, 0, 0, TIME, 0),
        b"home": f.entry_body(2, 0o1777, 0, 0, TIME, 999_999_999, xattrs=[(b"user.b", b""), (b"user.a", bytes(range(256)))]),
        b"home/a": f.entry_body(1, 0o644, 1000, 1000, TIME, 1, f.file_part(0, []), group=group),
        b"home/big": f.entry_body(1, 0o4755, 2**32 - 2, 7, -1, 500, f.file_part(size, every), file_hash=f.H(b"of the file")),
        b"home/block": f.entry_body(6, 0o660, 0, 6, TIME, 0, f.varint(8) + f.varint(300)),
        b"home/char": f.entry_body(5, 0o620, 0, 5, TIME, 0, f.varint(1) + f.varint(3)),
        b"home/fifo": f.entry_body(4, 0o600, 0, 0, TIME, 0),
        b"home/link": f.entry_body(3, 0o777, 0, 0, TIME, 0, f.data(b"../a b\xff")),
        b"home/socket": f.entry_body(7, 0o755, 0, 0, TIME, 0),
        b"home/one": f.entry_body(1, 0o600, 1, 1, TIME, 0, f.file_part(1000, [f.whole_chunk(ids[0], 1000)])),
    }
    entries = dict(sorted(entries.items(), key=lambda item: f.path_order(item[0])))
    meaning = {b"": "folder", b"home": "folder with attributes, sticky", b"home/a": "empty file in a link group", b"home/big": "file with every segment kind",
               b"home/block": "block device 8, 300", b"home/char": "character device 1, 3", b"home/fifo": "FIFO", b"home/link": "symbolic link",
               b"home/socket": "socket", b"home/one": "file of one chunk"}
    detail = {b"": (2, 0o755, 0, 0, TIME, 0), b"home": (2, 0o1777, 0, 0, TIME, 999_999_999), b"home/a": (1, 0o644, 1000, 1000, TIME, 1),
              b"home/big": (1, 0o4755, 2**32 - 2, 7, -1, 500), b"home/block": (6, 0o660, 0, 6, TIME, 0), b"home/char": (5, 0o620, 0, 5, TIME, 0),
              b"home/fifo": (4, 0o600, 0, 0, TIME, 0), b"home/link": (3, 0o777, 0, 0, TIME, 0), b"home/socket": (7, 0o755, 0, 0, TIME, 0),
              b"home/one": (1, 0o600, 1, 1, TIME, 0)}
    more = {b"home": {"xattrs": [["757365722e61", bytes(range(256))], ["757365722e62", b""]]}, b"home/a": {"size": 0, "segments": [], "group": group},
            b"home/big": {"size": size, "file-hash": f.H(b"of the file"), "segments": [
                {"kind": 0, "length": 4096}, {"kind": 1, "id": ids[0], "length": 1000}, {"kind": 2, "id": ids[0], "offset": 5, "length": 10},
                {"kind": 0, "length": 1}, {"kind": 3, "id": ids[2], "length": 2**40}]},
            b"home/block": {"major": 8, "minor": 300}, b"home/char": {"major": 1, "minor": 3}, b"home/link": {"target": b"../a b\xff"},
            b"home/one": {"size": 1000, "segments": [{"kind": 1, "id": ids[0], "length": 1000}]}}
    inputs = []
    for path, body in entries.items():
        inputs.append({"path": path, **dict(zip(("type", "mode", "uid", "gid", "mtime-seconds", "mtime-nanoseconds"), detail[path])), **more.get(path, {})})
        add("entry", meaning[path], inputs[-1], {"body": body})
    add("leaf-page", "all types", {"entries": inputs}, {"bytes": f.page(0, list(entries.items()))})
    inner = [(b"", ids[1]), (b"home/b\xc3\xa0i", ids[1]), (b"home/b\xc3\xa0i/x", ids[1]), (b"home/b\xc3\xa0i-2", ids[1])]
    for level in (1, 15):
        add("inner-page", f"level {level}", {"level": level, "entries": [{"path": p, "page": i} for p, i in inner]}, {"bytes": f.page(level, inner)})
    low = [f.hole(7), f.whole_chunk(ids[0], 9), f.part(ids[0], 0, 8)]
    add("list-chunk", "level 0", {"level": 0, "segments": [{"kind": 0, "length": 7}, {"kind": 1, "id": ids[0], "length": 9},
        {"kind": 2, "id": ids[0], "offset": 0, "length": 8}]}, {"bytes": f.list_chunk(0, low)})
    for level in (1, 3):
        add("list-chunk", f"level {level}", {"level": level, "segments": [{"kind": 3, "id": ids[2], "length": 24}] * 2},
            {"bytes": f.list_chunk(level, [f.list_segment(ids[2], 24)] * 2)})
    sources, tags = [b"/home/an", b"/srv/\xff"], ["hằng ngày", "b"]
    note = {"sources": sources, "host": "máy-1", "tags": tags, "owners": [(0, b"root"), (1000, b"an")], "groups": [(0, b"root")],
            "findings": [(b"home/an/x", 1, 13, "Permission denied"), (b"run/s", 4, 0, ""), (b"", 5, 12, "")]}
    add("note", "full", note, {"bytes": f.note_plain(**note)})
    add("note", "empty", {}, {"bytes": f.note_plain()})
    refused_catalog(ids, entries)


def refused_catalog(ids, entries):
    folder = entries[b""]
    raw = lambda *es, level=0: f.u8(level) + f.items(f.varint(s) + f.data(x) + (t if level else f.data(t)) for s, x, t in es)
    refuse("page", raw(), "no entry")
    refuse("page", raw((0, b"", folder)) + b"\0", "trailing byte")
    refuse("page", raw((0, b"b", folder), (0, b"a", folder)), "paths not ascending")
    refuse("page", raw((0, b"a", folder), (1, b"", folder)), "a path twice")
    refuse("page", raw((1, b"a", folder)), "the first entry shares")
    refuse("page", raw((0, b"ab", folder), (3, b"c", folder)), "shared is longer than the path before")
    refuse("page", raw((0, b"ab", folder), (0, b"ac", folder)), "shared is not as large as it can be")
    refuse("page", raw((0, b"a.b", folder), (1, b"/b", folder)), "slash does not count as 0")
    refuse("page", raw((0, b"a", folder), (1, b"/../b", folder)), "two dots in a path")
    refuse("page", raw((0, b"a", folder), (1, b"/", folder)), "a trailing slash")
    refuse("page", raw((0, b"/a", folder)), "a leading slash")
    refuse("page", raw((0, b"", ids[1]), level=16), "level 16")
    refuse("page", b"\0" + f.varint(2**62), "a count past what is there")
    refuse("page", b"\0\1\0" + f.varint(2**64 - 1), "a length that overflows")
    refuse("page", raw((0, b"", ids[1][:31]), level=1), "a page id of 31 bytes")
    at = (TIME, 0)
    E_ = f.entry_body
    for body, reason in ((E_(2, 0o10000, 0, 0, *at), "a mode past 07777"), (E_(2, 0o755, 0, 0, TIME, 10**9), "10^9 nanoseconds"),
                         (E_(0, 0o755, 0, 0, *at), "type 0"), (E_(8, 0o755, 0, 0, *at), "type 8"), (folder + f.fields((7, b"")), "an unknown odd tag"),
                         (E_(2, 0o755, 0, 0, *at, xattrs=()) + f.fields((1, f.items([f.data(b"b") * 2, f.data(b"a") * 2]))), "attributes not ascending"),
                         (folder + f.fields((1, f.items([f.data(b"a") * 2] * 2))), "an attribute twice"),
                         (folder + f.fields((1, f.items([f.data(b"a" * 256) + f.data(b"")]))), "an attribute's name over 255 bytes"),
                         (folder + f.fields((1, f.items([f.data(b"") + f.data(b"")]))), "an attribute without a name"),
                         (folder + f.fields((1, f.items([f.data(b"a\0b") + f.data(b"")]))), "NUL in an attribute's name"),
                         (E_(2, 0o755, 2**32, 0, *at), "a uid of 2^32"), (E_(2, 0o755, 0, 2**32, *at), "a gid of 2^32"),
                         (E_(5, 0o600, 0, 0, *at, f.varint(2**32) + f.varint(0)), "a device's major of 2^32"),
                         (E_(6, 0o600, 0, 0, *at, f.varint(0) + f.varint(2**32)), "a device's minor of 2^32"),
                         (E_(2, 0o755, 0, 0, *at, group=bytes(16)), "a folder in a link group"), (E_(3, 0o777, 0, 0, *at, f.data(b"a"), file_hash=ids[0]), "a link with a file's hash"),
                         (b"", "nothing, not even a type"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(2, [f.part(ids[0], (8 << 20) - 1, 2)]), file_hash=ids[0]), "a part that ends past 8 MiB"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.part(ids[0], 2**64 - 1, 1)]), file_hash=ids[0]), "a part whose end overflows"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, [f.list_segment(ids[2], 2**63), f.hole(2**63)])), "lengths of 2^63"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, [f.list_segment(ids[2], 0)])), "an empty list segment"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, []), group=bytes(15)), "a link group of 15 bytes"), (E_(3, 0o777, 0, 0, *at, f.data(b"")), "an empty link target"),
                         (E_(3, 0o777, 0, 0, *at, f.data(b"a\0")), "NUL in a link target"), (folder[:-1], "cut off"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(2**63, [])), "a size of 2^63"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(5, [])), "the segments are shorter than the size"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(5, [f.whole_chunk(ids[0], 6)])), "the segments are longer than the size"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(2, [f.whole_chunk(ids[0], 1), f.whole_chunk(ids[0], 2**64 - 1), f.whole_chunk(ids[0], 2)])),
                          "the lengths add up past 2^64"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, [f.hole(0)])), "an empty hole"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, [f.whole_chunk(ids[0], 0)])), "an empty chunk"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(2, [f.hole(1), f.hole(1)])), "two holes side by side"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.part(ids[0], 0, 1)])), "a part, and no hash of the file"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.segment(4, b"")]), file_hash=ids[0]), "an unknown segment kind"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.segment(0, b"\1\0")])), "trailing byte in a segment"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.segment(1, ids[0][:31], b"\1")])), "a segment's id of 31 bytes"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part((8 << 20) + 1, [f.whole_chunk(ids[0], (8 << 20) + 1)])), "a chunk over 8 MiB"),
                         (folder + f.fields((1, f.items([]))), "no attribute written out"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(0, []), file_hash=ids[0][:31]), "a file hash of 31 bytes")):
        refuse("entry", body, reason)
    add("passed-over", "entry: an unknown even tag", {"codec": "entry", "bytes": folder + f.fields((8, b"new"))}, {"refused": False})
    unknown = E_(1, 0o644, 0, 0, *at, f.file_part(1, [f.segment(4, b"?")]), file_hash=ids[0])
    for name, body in (("an entry with an unknown odd tag", folder + f.fields((7, b""))), ("a file with an unknown segment kind", unknown)):
        add("passed-over", "page: " + name, {"codec": "page", "bytes": raw((0, b"", folder), (0, b"a", body))}, {"refused": False})
    for body, reason in ((b"", "without a type"), (folder[:-1], "cut off"), (E_(2, 0o10000, 0, 0, *at), "with a mode past 07777"),
                         (E_(1, 0o644, 0, 0, *at, f.file_part(5, [])), "whose segments are shorter than its size"), (E_(2, 0o755, 2**32, 0, *at), "with a uid of 2^32")):
        refuse("page", raw((0, b"", folder), (0, b"a", body)), "a body " + reason)
    refuse("page", raw((0, b"", folder), (0, b"/".join([b"a"] * 4097), folder)), "a path deeper than 4,096")
    refuse("page", raw((0, b"a", ids[1]), (0, b"b", ids[1]), level=1)[:-1], "an inner page cut off")
    letters = range(97, 129)
    long = [(b"a" * 8190 + bytes([i, j]), b"\xee") for i in letters for j in letters]
    long[-1] = (long[-1][0] + b"a", b"\xee")
    assert sum(len(path) for path, _ in long) == (8 << 20) + 1
    refuse("page", f.page(0, long), "paths of 8 MiB and a byte")
    add("passed-over", "page: an entry of an unknown type", {"codec": "page", "bytes": raw((0, b"", folder), (0, b"a", b"\xee"))}, {"refused": False})
    L = f.list_chunk
    for x, reason in ((L(4, [f.list_segment(ids[2], 1)]), "level 4"), (L(0, [f.list_segment(ids[2], 1)]), "a list in level 0"),
                      (L(1, [f.whole_chunk(ids[0], 1)]), "a chunk in level 1"), (L(1, [f.hole(1)]), "a hole in level 1"), (L(0, []), "no segment"),
                      (L(0, [f.hole(1), f.hole(1)]), "two holes side by side"), (L(0, [f.hole(0)]), "an empty hole"),
                      (L(0, [f.hole(1)]) + b"\0", "trailing byte"), (b"\0" + f.varint(2**60), "a count past what is there"),
                      (L(0, [f.segment(9, b"")]), "an unknown segment kind"), (L(1, [f.list_segment(ids[2], 2**62)] * 2), "lengths that add up to 2^63"),
                      (L(0, [f.part(ids[0], 8 << 20, 1)]), "a part that ends past 8 MiB"), (L(0, [f.whole_chunk(ids[0], (8 << 20) + 1)]), "a chunk over 8 MiB")):
        refuse("list-chunk", x, reason)
    for pairs, reason in (([(5, f.items([f.varint(2) + f.data(b"b"), f.varint(1) + f.data(b"a")]))], "owners not ascending"),
                          ([(2, b"\xff")], "a host that is not UTF-8"), ([(1, f.items([]))], "no source written out"), ([(3, f.items([f.text("a")]) + b"\0")], "trailing byte in a field"),
                          ([(5, f.items([f.varint(1) + f.data(b"a")] * 2))], "an owner twice"), ([(5, f.items([f.varint(2**32) + f.data(b"a")]))], "a uid of 2^32"),
                          ([(7, f.items([f.varint(2**32) + f.data(b"a")]))], "a gid of 2^32"), ([(7, f.items([f.varint(1) + f.data(b"a" * 4097)]))], "a group's name over 4,096 bytes"),
                          ([(2, b"")], "an empty host written out"),
                          ([(3, f.items([f.text("a" * 4097)]))], "a tag over 4,096 bytes"), ([(9, f.items([]))], "no finding written out"),
                          ([(9, f.items([f.data(b"a") + f.varint(1) + f.varint(1) + f.text("a" * 4097)]))], "a finding's text over 4,096 bytes"),
                          ([(9, f.items([f.data(b"a") + f.varint(1) + f.varint(1) + f.data(b"\xff")]))], "a finding's text that is not UTF-8"),
                          ([(11, b"")], "an unknown odd tag")):
        refuse("note", f.fields(*pairs), reason)
    add("passed-over", "note: a finding of an unknown kind, with a path that is no catalog path",
        {"codec": "note", "bytes": f.note_plain(findings=[(b"a//..", 77, 2**40, "")])}, {"refused": False})


def main():
    values()
    keys()
    derivations()
    sealing()
    packs()
    objects()
    roster()
    catalog()
    for name, byte in SECRETS.items():
        add("secrets", name, {"byte": byte}, {"value": bytes([byte]) * 32})
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("vectors.json")
    target.write_text(json.dumps(SECTIONS, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
