# SPDX-License-Identifier: Apache-2.0
"""A tree with everything that a Linux file system holds, and every fact of a tree."""
import base64
import hashlib
import os
import socket
import stat

BEFORE_1970 = -631_152_000_123_456_789
AFTER_2262 = 10_413_792_000_999_999_999
ACL = bytes.fromhex("02000000" "01000600ffffffff" "0200070001000000" "04000400ffffffff"
                    "10000700ffffffff" "20000000ffffffff")


def make_everything(top, is_root, large=9 << 20):
    """A tree that holds one of each; returns what the file system would not take.

    large: bytes of a file of random bytes; 0 for none
    """
    missing = []
    top.mkdir()
    raw = os.fsencode(top)

    def put(name, data=b"x"):
        path = os.path.join(raw, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    for name in (b"b\xe1o c\xe1o \xff\xfe.txt", b"new\nline", b"escape \x1b[31mred\x1b[0m",
                 "Báo cáo tháng 1.docx".encode(), "Báo cáo".encode("utf-16-le").replace(b"\0", b"_"),
                 b"-rf", b"*?[", b"back\\slash", b" blank ", b"a" * 255):
        put(name, name)
    put(b"empty/file", b"")
    os.makedirs(top / "empty" / "folder" / "below")
    put(b"links/first", b"several names")
    for name in ("second", "sub/third"):
        (top / "links" / name).parent.mkdir(exist_ok=True)
        os.link(top / "links" / "first", top / "links" / name)
    os.symlink("../nowhere", top / "links" / "dangling")
    os.symlink(b"target \xff\n", os.path.join(raw, b"links", b"raw"))
    os.symlink("/etc/passwd", top / "links" / "outside")
    os.link(top / "links" / "raw", top / "links" / "raw again", follow_symlinks=False)
    with open(top / "sparse", "wb") as file:
        file.truncate(1 << 40)
        file.seek(500_000_000_000)
        file.write(b"in the middle")
    with open(top / "small sparse", "wb") as file:
        file.write(b"begin")
        file.truncate(3 << 20)
        file.seek(1 << 20)
        file.write(b"data")
    with open(top / "hole only", "wb") as file:
        file.truncate(100_000)
    if large:
        put(b"large", os.urandom(large))
    os.mkfifo(top / "fifo", 0o640)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(top / "socket"))
    for mode in (0o0, 0o111, 0o400, 0o644, 0o1777, 0o2755, 0o4755, 0o6711):
        path = put(b"modes/%04o" % mode)
        os.chmod(path, mode)
        os.mkdir(top / "modes" / f"d{mode:04o}")
        os.chmod(top / "modes" / f"d{mode:04o}", mode)
    if is_root:
        os.mknod(top / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(top / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 1_000))
        for number, (uid, gid) in enumerate([(1, 2), (65_534, 0), (4_000_000_000, 3_999_999_999)]):
            path = put(b"owners/%d" % number)
            os.chown(path, uid, gid)
        os.symlink("x", top / "owners" / "link")
        os.lchown(top / "owners" / "link", 12_345, 54_321)
    attributes = put(b"attributes/file")
    for path, name, value in [
            (attributes, "user.comment", b"text \0 bytes \xff"), (attributes, "user.empty", b""),
            (attributes, "user." + "n" * 200, b"v" * 3000),
            (attributes, "system.posix_acl_access", ACL),
            (top / "attributes", "system.posix_acl_default", ACL),
            (top / "attributes", "user.folder", b"f"),
            (top / "links" / "outside", "trusted.link", b"of a link")]:
        try:
            os.setxattr(path, name, value, follow_symlinks=False)
        except OSError:
            missing.append(name)
    for number, when in enumerate([BEFORE_1970, -1, 0, 1, AFTER_2262, 1_700_000_000_123_456_789]):
        path = put(b"times/%d" % number)
        try:
            os.utime(path, ns=(when, when))
        except (OSError, OverflowError):
            missing.append(f"time {when}")
    os.utime(top / "links" / "dangling", ns=(5, 5), follow_symlinks=False)
    os.utime(top / "empty" / "folder", ns=(BEFORE_1970, BEFORE_1970))
    os.chmod(top / "empty" / "folder", 0o500)
    return missing


def facts_of(top):
    """Every fact of every path below, in a form that two trees can be compared by."""
    raw = os.fsencode(top)
    groups, facts = {}, {}
    for folder, folders, files in os.walk(raw):
        for name in [b"."] + folders + files:
            path = os.path.join(folder, name) if name != b"." else folder
            info = os.lstat(path)
            relative = os.path.relpath(path, raw)
            fact = {"mode": oct(info.st_mode), "owner": (info.st_uid, info.st_gid),
                    "mtime": info.st_mtime_ns, "rdev": info.st_rdev}
            fact["xattrs"] = {one: os.getxattr(path, one, follow_symlinks=False)
                              for one in os.listxattr(path, follow_symlinks=False)}
            if stat.S_ISREG(info.st_mode):
                fact["size"] = info.st_size
                # A hole may cost a block where data begins in it, and never a second.
                fact["is sparse"] = info.st_size > (1 << 20) and info.st_blocks * 512 < info.st_size / 2
                if info.st_size < (1 << 30):
                    with open(path, "rb") as file:
                        fact["bytes"] = hashlib.sha256(file.read()).hexdigest()
            if stat.S_ISLNK(info.st_mode):
                fact["target"] = os.readlink(path)
            if not stat.S_ISDIR(info.st_mode) and info.st_nlink > 1:
                groups.setdefault((info.st_dev, info.st_ino), []).append(relative)
            facts[relative] = fact
    for names in groups.values():
        for name in names:
            facts[name]["links"] = sorted(names)
    return facts


def facts_as_json(top):
    """The same with nothing in it that JSON does not know."""
    def plain(value):
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        return value
    return {plain(path): plain(fact) for path, fact in facts_of(top).items()}
