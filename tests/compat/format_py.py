# SPDX-License-Identifier: Apache-2.0
"""Encoders for every layout of src/format/FORMAT.md, written from that page alone.

Shared by make_vectors.py and tiny_repository.py. The reader, read_repository.py, does not use it: the
two are written twice on purpose, so that a misreading in one shows against the other.
Fields that have their default are left out.
"""
import hashlib
import unicodedata

import nacl.bindings as sodium
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DATA, PAGE, LIST, NOTE = 1, 2, 3, 4
(DATA_PACK, CATALOG_PACK, INDEX, OPEN, RECORD, FENCE, FORGOTTEN, LEDGER, MARK, ROSTER, SLOT, VOID, _,
 DIRECTORY, TRAILER, NAMES, BUNDLE) = range(1, 18)
USE = {INDEX: "index", OPEN: "record", RECORD: "record", FENCE: "record", FORGOTTEN: "record", VOID: "record",
       LEDGER: "ledger", MARK: "ledger", DIRECTORY: "directory", TRAILER: "directory", NAMES: "names"}
CHUNK_USE = {DATA: "chunk-id/data", PAGE: "chunk-id/page", LIST: "chunk-id/list", NOTE: "chunk-id/note"}


# ---- values (section 1)

def u8(n):
    return n.to_bytes(1, "little")


def u32(n):
    return n.to_bytes(4, "little")


def u64(n):
    return n.to_bytes(8, "little")


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def svarint(v):
    return varint(((v << 1) ^ (v >> 63)) & (2**64 - 1))


def data(x):
    return varint(len(x)) + x


def text(s):
    return data(s.encode())


def items(encoded):
    encoded = list(encoded)
    return varint(len(encoded)) + b"".join(encoded)


def fields(*pairs):
    """fields((tag, value or None), …): a None is a field left out."""
    return b"".join(varint(tag) + data(value) for tag, value in pairs if value is not None)


def optional_items(encoded):
    encoded = list(encoded)
    return items(encoded) if encoded else None


def optional(encode, value):
    return None if value is None else encode(value)


def T(label, *parts):
    return text(label) + b"".join(data(part) for part in parts)


def H(x):
    return hashlib.blake2b(x, digest_size=32).digest()


def H64(x):
    return hashlib.blake2b(x, digest_size=64).digest()


def K(key, x):
    return hashlib.blake2b(x, digest_size=32, key=key).digest()


def K64(key, x):
    return hashlib.blake2b(x, digest_size=64, key=key).digest()


def header(kind, suite, epoch):
    return b"saoluu" + u8(1) + u8(kind) + u8(suite) + bytes(3) + u32(epoch)


def with_check(x):
    return x + H(x)


def text_object(*lines):
    x = "".join(line + "\n" for line in lines).encode()
    return x + b"check " + H(x).hex().encode() + b"\n"


# ---- suites (section 2)

def aead(suite, key, nonce, ad, plain):
    if suite == 1:
        return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, nonce, key)
    return AESGCM(key).encrypt(nonce, plain, ad)


def zero_nonce(suite):
    return bytes(24 if suite == 1 else 12)


def x25519(secret, public):
    return sodium.crypto_scalarmult(secret, public)


def seal_public(secret):
    return sodium.crypto_scalarmult_base(secret)


def sign_public(seed):
    return sodium.crypto_sign_seed_keypair(seed)[0]


def ed25519(seed, message):
    return sodium.crypto_sign(message, sodium.crypto_sign_seed_keypair(seed)[1])[:64]


# ---- format, place, keys (sections 4 and 5)

def repository_id(random, founder_sign, founder_seal):
    return H(T("saoluu/1/repository", random, founder_sign, founder_seal))


def actor_id(repository, sign, seal):
    return H(T("saoluu/1/actor", repository, sign, seal))


def format_text(random, founder_sign, founder_seal):
    return text_object("saoluu repository", "version 1",
                       "repository " + repository_id(random, founder_sign, founder_seal).hex(), "random " + random.hex(),
                       "founder-sign " + founder_sign.hex(), "founder-seal " + founder_seal.hex())


def place_text(repository, place, named):
    return text_object("saoluu place", "version 1", "repository " + repository.hex(), "place " + place.hex(),
                       *(f"{name} {value}" for name, value in sorted(named.items())))


def key_file_text(repository, slot, sign_seed, seal_secret):
    return text_object("saoluu key file", "version 1", "repository " + repository.hex(), "slot " + slot.hex(),
                       "sign " + sign_seed.hex(), "seal " + seal_secret.hex())


def slot_kek(passphrase, memory_kib, passes, salt):
    return sodium.crypto_pwhash_alg(32, unicodedata.normalize("NFC", passphrase).encode(), salt, passes,
                                    memory_kib * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13)


def slot_object(suite, slot, passphrase, memory_kib, passes, salt, repository, sign_seed, seal_secret):
    """Returns (kek, key, the whole object)."""
    head = header(SLOT, suite, 0) + slot + u32(1) + u32(memory_kib) + u32(passes) + salt
    kek = slot_kek(passphrase, memory_kib, passes, salt)
    both = K64(kek, T("saoluu/1/slot", head))
    sealed_part = aead(suite, both[:32], zero_nonce(suite), T("saoluu/1/ad", head), repository + sign_seed + seal_secret)
    return kek, both[:32], with_check(head + both[32:] + sealed_part)


# ---- deriving keys, sealing, signing (sections 6.1 and 7)

def subkey(W, use, suite, repository, epoch):
    return K(W, T("saoluu/1/key/" + use, u8(suite), repository, u32(epoch)))


def domain_key(D, use, suite, repository, domain):
    return K(D, T("saoluu/1/key/" + use, u8(suite), repository, u32(domain)))


def sealed(kind, suite, epoch, W, repository, subject, salt, plain):
    """header · salt · commitment · AEAD(plain), without a self-check."""
    head = header(kind, suite, epoch)
    both = K64(subkey(W, USE[kind], suite, repository, epoch), T("saoluu/1/sealed", head, repository, subject, salt))
    ad = T("saoluu/1/ad", head, repository, subject)
    return head + salt + both[32:] + aead(suite, both[:32], zero_nonce(suite), ad, plain)


def signed_body(head, seed, signer, repository, subject, roster, rest):
    """head: the object's common header"""
    body = signer + roster + rest
    return body + ed25519(seed, T("saoluu/1/sign", repository, head, subject, roster, body))


def sealed_body(kind, suite, epoch, W, repository, subject, salt, seed, signer, roster, rest):
    """(signed body, sealed object without a self-check): the signature covers the salt (6.1)."""
    body = signed_body(header(kind, suite, epoch), seed, signer, repository, subject + salt, roster, rest)
    return body, sealed(kind, suite, epoch, W, repository, subject, salt, body)


def bundle(suite, epoch, repository, actor, x, P, plain):
    head, X = header(BUNDLE, suite, epoch), seal_public(x)
    both = H64(T("saoluu/1/bundle", head, repository, actor, x25519(x, P), X, P))
    return head + X + both[32:] + aead(suite, both[:32], zero_nonce(suite),
                                       T("saoluu/1/ad", head, repository, actor), plain)


# ---- the roster (section 6)

def names_plain(holder, unit="", domain=""):
    return fields((1, holder.encode()), (3, unit.encode() or None), (5, domain.encode() or None))


def bundle_plain(epochs, domains, contents):
    """epochs {epoch: W}, domains {domain: (suite, D)}, contents {epoch: e}"""
    return fields((1, optional_items(varint(n) + W for n, W in sorted(epochs.items()))),
                  (3, optional_items(varint(n) + u8(suite) + D for n, (suite, D) in sorted(domains.items()))),
                  (5, optional_items(varint(n) + e for n, e in sorted(contents.items()))))


def actor_plain(a):
    return fields((1, a["sign"]), (3, a["seal"]), (5, u8(a["role"])), (7, varint(a["domain"])), (9, a["slot"]),
                  (11, svarint(a["issued"])), (13, optional(svarint, a.get("expires"))), (15, a["names"]),
                  (17, a["bundle"]), (19, u8(a["slot_kind"])))


def epoch_secret_hash(repository, epoch, W):
    return H(T("saoluu/1/epoch-secret", repository, u32(epoch), W))


def revocation_order(revocation):
    actor, last = revocation
    return actor, last[1] if last else bytes(32)


def roster_rest(repository, r):
    """r["actors"]: {actor id: dict for actor_plain}; r["revoked"]: [(actor, None or (n, hash))]"""
    revoked = (actor + (u8(0) + varint(0) + bytes(32) if last is None else u8(1) + varint(last[0]) + last[1])
               for actor, last in sorted(r.get("revoked", []), key=revocation_order))
    least, average, greatest = r["chunker"]
    return fields((1, varint(r["n"])), (2, optional(svarint, r.get("time"))), (3, repository),
                  (5, optional_items(map(text, r.get("read_features", [])))),
                  (7, optional_items(map(text, r.get("write_features", [])))), (9, u8(r["suite"])),
                  (11, u8(1) + varint(least) + varint(average) + varint(greatest)), (13, varint(r["epoch"])), (15, r["E"]),
                  (17, items(data(actor_plain(a)) for _, a in sorted(r["actors"].items()))),
                  (19, optional_items(revoked)), (21, optional_items(sorted(r.get("settles", [])))), (23, r["epoch-secret-hash"]))


def roster_object(seed, signer, repository, before, r):
    head = header(ROSTER, r["suite"], r["epoch"])
    return head + signed_body(head, seed, signer, repository, u64(r["n"]), before, roster_rest(repository, r))


# ---- chunks (section 7.3)

def chunk_id(D, kind, suite, repository, domain, plain):
    return K(domain_key(D, CHUNK_USE[kind], suite, repository, domain), plain)


def gear_bytes(key):
    return b"".join(K64(key, u8(j)) for j in range(32))


def gear_table(key):
    raw = gear_bytes(key)
    return [int.from_bytes(raw[i:i + 8], "little") for i in range(0, 2048, 8)]


def cut(table, stream, least, average, greatest):
    """The lengths of the stream's chunks."""
    bits, whole = average.bit_length() - 1, 2**64 - 1
    strict = whole & ~(whole >> (bits + 2))
    loose = whole & ~(whole >> (bits - 2))
    lengths, start = [], 0
    while start < len(stream):
        end, middle = min(start + greatest, len(stream)), min(start + average, len(stream))
        at, h, found = start + least, 0, None
        for mask, stop in ((strict, middle), (loose, end)):
            if found is None:
                for at in range(at, stop):
                    h = ((h << 1) + table[stream[at]]) & whole
                    if not h & mask:
                        found = at + 1
                        break
                else:
                    at = max(at, stop)
        found = end if found is None else found
        lengths.append(found - start)
        start = found
    return lengths


def zstd_raw(plain):
    """A zstd frame with its content size and one raw block: needs no library, so that vectors never change."""
    size = u8(len(plain)) if len(plain) < 256 else (len(plain) - 256).to_bytes(2, "little")
    return b"\x28\xb5\x2f\xfd" + u8(0x20 if len(plain) < 256 else 0x60) + size + (len(plain) << 3 | 1).to_bytes(3, "little") + plain


def zstd_run(byte, length):
    """The same with one block that repeats a byte (length < 256)."""
    return b"\x28\xb5\x2f\xfd\x20" + u8(length) + (length << 3 | 2 | 1).to_bytes(3, "little") + u8(byte)


# ---- packs (section 8)

def padme(length):
    e = length.bit_length() - 1
    s = e.bit_length()
    unit = 1 << (e - s)
    return (length + unit - 1) // unit * unit


def pack_key(kind, suite, epoch, W, repository, shared, X, E):
    both = K64(subkey(W, "psk", suite, repository, epoch),
               T("saoluu/1/pack", header(kind, suite, epoch), repository, shared, X, E))
    return both[:32], both[32:]


def frame_nonce(suite, identity, number):
    return identity[:16] + u64(number) if suite == 1 else u32(number) + identity[:8]


def frame_ad(common, repository, kind, identity, number, stored_length, plain_length, codec):
    c = u8(kind) + identity + u64(number) + u32(stored_length) + u32(plain_length) + u8(codec)
    return T("saoluu/1/frame", common, repository, c)


def frame(key, common, repository, number, chunk):
    """chunk: (kind, codec, id, stored, plain length)"""
    kind, codec, identity, stored, plain_length = chunk
    suite = common[8]
    return aead(suite, key, frame_nonce(suite, identity, number),
                frame_ad(common, repository, kind, identity, number, len(stored), plain_length, codec), stored)


def directory_rest(session, domain, frames_hash, chunks):
    return session + varint(domain) + frames_hash + items(u8(kind) + u8(codec) + identity + varint(len(stored)) + varint(plain_length)
                                                          for kind, codec, identity, stored, plain_length in chunks)


def trailer_plain(offset, length, frames):
    return u64(offset) + u64(length) + u64(frames)


def pack_object(kind, suite, epoch, W, E, repository, x, seed, signer, roster, session, domain, chunks,
                directory_salt, trailer_salt, padding):
    """padding(n) gives n bytes. Returns a dict with every part."""
    common, X = header(kind, suite, epoch), seal_public(x)
    key, commitment = pack_key(kind, suite, epoch, W, repository, x25519(x, E), X, E)
    head = common + X + commitment
    frames = [frame(key, common, repository, number, chunk) for number, chunk in enumerate(chunks)]
    frames_hash = H(head + b"".join(frames))
    body, directory = sealed_body(DIRECTORY, suite, epoch, W, repository, head, directory_salt, seed, signer, roster,
                                  directory_rest(session, domain, frames_hash, chunks))
    directory = directory[16:]
    offset = 80 + sum(map(len, frames))
    trailer = sealed(TRAILER, suite, epoch, W, repository, head, trailer_salt,
                     trailer_plain(offset, len(directory), len(chunks)))[16:]
    length = offset + len(directory) + len(trailer) + 80
    pad = padding(padme(length) - length)
    whole = head + b"".join(frames) + directory + pad + trailer + head
    return {"key": key, "commitment": commitment, "header": head, "frames": frames, "frames_hash": frames_hash, "directory_body": body,
            "directory": directory, "padding": pad, "trailer": trailer, "pack": whole, "name": H(whole)}


# ---- index, sessions, marks, ledger (sections 9 to 11)

def index_rest(packs, entries, replaced=()):
    """packs: [(pack, session, actor, size)]; entries: [(id, pack index, frame number, offset, stored, plain, kind, codec)]; sorted here"""
    order = sorted(range(len(packs)), key=lambda i: packs[i][0])
    new = {old: i for i, old in enumerate(order)}
    renamed = sorted(((e[0], new[e[1]], *e[2:]) for e in entries), key=lambda e: (e[0], e[6], e[1], e[3]))
    return (items(sorted(replaced)) + items(p + session + actor + u32(size) for p, session, actor, size in (packs[i] for i in order))
            + items(i + b"".join(map(u32, numbers)) + u8(kind) + u8(codec) for i, *numbers, kind, codec in renamed))


def open_rest(marks, time, place):
    return fields((1, optional_items(sorted(marks))), (3, svarint(time)), (5, place))


def record_rest(session, job, root, start, end, sequence, domain, counts=(), program=None, note=(), predecessor=None, incomplete=False,
                segments=()):
    return fields((1, session), (2, optional_items(map(varint, counts))), (3, job.encode()), (4, optional(str.encode, program)),
                  (5, root), (7, optional_items(note)), (9, svarint(start)), (11, svarint(end)), (13, varint(sequence)),
                  (15, predecessor), (17, varint(domain)), (19, u8(1) if incomplete else None),
                  (21, optional_items(sorted(segments))))


def fence_rest(session, time, place, mark=None):
    return fields((1, session), (3, svarint(time)), (5, mark), (7, place))


def forgotten_rest(session, time, place, reason=None):
    return fields((1, session), (3, svarint(time)), (4, optional(str.encode, reason)), (5, place))


def void_rest(session, time, place):
    return fields((1, session), (3, svarint(time)), (5, place))


def mark_rest(purpose, packs, time, place, reason=None):
    return fields((1, u8(purpose)), (3, items(sorted(packs))), (4, optional(str.encode, reason)), (5, svarint(time)), (7, place))


def ledger_rest(n, before, time, act, place, body=None, heads=(), outcomes=(), session=None):
    """heads: [(actor, n, hash)]; outcomes: [(hash, 1 or 2)]"""
    return fields((1, varint(n)), (3, items(sorted(before))),
                  (5, optional_items(a + varint(m) + h for a, m, h in sorted(heads, key=lambda x: (x[0], x[2])))),
                  (7, svarint(time)), (9, varint(act)), (11, body),
                  (13, optional_items(h + u8(o) for h, o in sorted(outcomes))), (15, session), (17, place))


def ledger_subject(actor, n):
    return actor + u64(n)


# ---- the catalog (section 12)

def path_order(path):
    return path.replace(b"/", b"\0")


def segment(kind, *body):
    return varint(kind) + data(b"".join(body))


def hole(length):
    return segment(0, varint(length))


def whole_chunk(identity, length):
    return segment(1, identity, varint(length))


def part(identity, offset, length):
    return segment(2, identity, varint(offset), varint(length))


def list_segment(identity, length):
    return segment(3, identity, varint(length))


def entry_body(kind, mode, uid, gid, seconds, nanoseconds, type_part=b"", xattrs=(), group=None, file_hash=None):
    return (u8(kind) + varint(mode) + varint(uid) + varint(gid) + svarint(seconds) + varint(nanoseconds) + type_part
            + fields((1, optional_items(data(n) + data(v) for n, v in sorted(xattrs))), (3, group), (5, file_hash)))


def file_part(size, segments):
    return varint(size) + items(segments)


def page(level, entries):
    """entries: [(path, body)] in a leaf, [(path, page id)] above"""
    out, before = [], b""
    for path, tail in entries:
        shared = 0
        while shared < min(len(before), len(path)) and before[shared] == path[shared]:
            shared += 1
        out.append(varint(shared) + data(path[shared:]) + (tail if level else data(tail)))
        before = path
    return u8(level) + items(out)


def list_chunk(level, segments):
    return u8(level) + items(segments)


def link_group(D, suite, repository, domain, first_path):
    return K(domain_key(D, "link-group", suite, repository, domain), first_path)[:16]


def page_cut(D, suite, repository, domain, level, path):
    return int.from_bytes(K(domain_key(D, "page-cut", suite, repository, domain), u8(level) + path)[:8], "little")


def list_cut(D, suite, repository, domain, identity):
    return int.from_bytes(K(domain_key(D, "list-cut", suite, repository, domain), identity)[:8], "little")


def note_plain(sources=(), host=None, tags=(), owners=(), groups=(), findings=()):
    numbered = lambda pairs: optional_items(varint(n) + data(name) for n, name in sorted(pairs))
    return fields((1, optional_items(map(data, sources))), (2, optional(str.encode, host)), (3, optional_items(map(text, tags))),
                  (5, numbered(owners)), (7, numbered(groups)),
                  (9, optional_items(data(p) + varint(k) + varint(e) + text(m) for p, k, e, m in findings)))
