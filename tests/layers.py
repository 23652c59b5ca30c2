#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the rooms of src/ only look downward, and a few other rules of the house.

usage: layers.py [ROOT]       checks the tree at ROOT (default: the one this file lies in)
       layers.py --self-test  checks that each kind of fault is found in a made-up tree
"""
import pathlib
import re
import sys
import tempfile

# What each room is built on. A room may include what these reach, all the way down.
BUILT_ON = {
    "util": [],
    "crypto": ["util"],
    "data": ["util"],
    "format": ["crypto", "data"],
    "store": ["util", "crypto"],
    "repo": ["format", "store"],
    "engine": ["repo"],
    "policy": ["util"],  # values in, values out: it does no work of its own
    "config": ["policy", "util", "crypto"],  # so that a calendar's text is right once it is read
    "report": ["util"],
    "service": ["engine", "policy", "config", "report"],
    "cli": ["util"],  # works through include/saoluu alone, which proves that the API is enough
}

# Which rooms may include a library that is wrapped; the public headers may include none of them.
WRAPPED = [
    ("libsodium", re.compile(r"sodium(\.h$|/)"), {"crypto"}),
    ("OpenSSL", re.compile(r"openssl/"), {"crypto"}),
    ("zstd", re.compile(r"zstd\w*\.h$|zdict\.h$"), {"data"}),
    ("libunistring",
     re.compile(r"uni(case|conv|ctype|[glw]brk|name|norm|stdio|str|types|width)\.h$"), {"util"}),
    ("CLI11", re.compile(r"CLI/"), {"cli"}),
    ("libcurl", re.compile(r"curl/"), {"store", "service"}),
    ("pugixml", re.compile(r"pugi(xml|config)\.hpp$"), {"store"}),
    ("toml++", re.compile(r"toml\+\+/|toml\.hpp$"), {"config"}),
    ("cctz", re.compile(r"cctz/"), {"policy"}),
    ("SQLite", re.compile(r"sqlite3\w*\.h$"), {"service"}),
    ("JSON", re.compile(r"nlohmann/"), set(BUILT_ON)),
    ("doctest", re.compile(r"doctest(\.h$|/)"), set()),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
USES = re.compile(r"saoluu_room\s*\(\s*(\w+)(.*?)\)", re.DOTALL)
WARN_LINES, MAX_LINES = 400, 500
CODE = {".cpp", ".hpp", ".c", ".h"}
SCRIPTS = {".py", ".sh", ".cmake"}


def below(room):
    """Every room that `room` may include, itself among them."""
    found = {room}
    for lower in BUILT_ON[room]:
        found |= below(lower)
    return found


def home_of(path):
    """The room of a file, `public` for include/saoluu, `tests` for the rest."""
    if path.parts[0] == "include":
        return "public"
    if path.parts[0] == "src" and len(path.parts) > 2:
        return path.parts[1]
    return "tests"


def check_includes(path, text):
    home = home_of(path)
    if home not in BUILT_ON and home != "public":
        return [f"{path}: src/{home} is no room"] if path.parts[0] == "src" else []
    faults = []
    for match in INCLUDE.finditer(text):
        style, target = match.groups()
        where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {home} includes {target}"
        library = next(((n, rooms) for n, form, rooms in WRAPPED if form.match(target)), None)
        top = target.split("/")[0]
        if library:
            name, rooms = library
            if home not in rooms:
                owners = ", ".join(sorted(rooms)) or "tests"
                faults.append(f"{where}: {name} is wrapped by {owners}")
        elif "/" in target and top in BUILT_ON:
            if home == "public":
                faults.append(f"{where}: a public header includes no room")
            elif top not in below(home):
                faults.append(f"{where}: {top} is not below {home}")
        elif style == '"' and top != "saoluu":
            faults.append(f'{where}: write "room/file.hpp" or "saoluu/file.hpp"')
    return faults


def check_uses(path, text):
    """A room must not link upward either."""
    faults = []
    for room, rest in USES.findall(text):
        words = re.sub(r"#.*", "", rest).split()
        used = []
        if "USES" in words:
            for word in words[words.index("USES") + 1:]:
                if word.isupper():
                    break
                used.append(word)
        if room in BUILT_ON:
            faults += [f"{path}: {room} links {w}: {w} is not below {room}"
                       for w in used if w not in below(room)]
    return faults


def check_head(path, text):
    lines = text.splitlines()
    if path.suffix in CODE:
        good = lines[:1] == ["// SPDX-License-Identifier: Apache-2.0"]
    else:
        good = "# SPDX-License-Identifier: Apache-2.0" in lines[:2]
    return [] if good else [f"{path}: does not begin with its SPDX-License-Identifier line"]


def check_length(path, text):
    """Returns (faults, warnings). The wall stands for the program; tests are only reminded."""
    count = len(text.splitlines())
    if path.suffix not in CODE or count <= WARN_LINES:
        return [], []
    if count > MAX_LINES and path.parts[0] != "tests":
        return [f"{path}: {count} lines, the limit is {MAX_LINES}: find its second subject"], []
    return [], [f"{path}: {count} lines, look for its second subject"]


def check(root):
    """Returns (faults, warnings, number of files)."""
    faults, warnings, files = [], [], 0
    for top in ("src", "include", "tests", "packaging", "po"):
        for file in sorted((root / top).rglob("*")):
            script = file.suffix in SCRIPTS or file.name == "CMakeLists.txt"
            if not file.is_file() or not (file.suffix in CODE or script):
                continue
            path, text = file.relative_to(root), file.read_text(encoding="utf-8")
            files += 1
            faults += check_head(path, text)
            if file.suffix in CODE:
                faults += check_includes(path, text)
            if file.name == "CMakeLists.txt":
                faults += check_uses(path, text)
            too_long, long = check_length(path, text)
            faults += too_long
            warnings += long
    return faults, warnings, files


def self_test():
    spdx = "// SPDX-License-Identifier: Apache-2.0\n"
    good = {
        "src/util/good.hpp": spdx + '#include "saoluu/result.hpp"\n#include <unistd.h>\n',
        "src/util/good.cpp": spdx + '#include "util/good.hpp"\n\n#include <uninorm.h>\n',
        "src/repo/good.cpp": spdx + '#include "util/good.hpp"\n#include "crypto/aead.hpp"\n',
        "src/cli/good.cpp": spdx + '#include <CLI/CLI.hpp>\n#include "saoluu/backup.hpp"\n',
        "src/util/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\n"
                                   "saoluu_room(util SOURCES good.cpp LIBS unistring)\n",
        "src/repo/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\n"
                                   "saoluu_room(repo\n SOURCES good.cpp\n USES format store)\n",
        "include/saoluu/good.hpp": spdx + '#include "saoluu/result.hpp"\n#include <string>\n',
        "tests/unit/util/good_test.cpp": spdx + "#include <doctest/doctest.h>\n",
        "src/util/long.cpp": spdx + "\n" * 449,
    }
    bad = {  # file: (text, what the one fault must say)
        "src/util/up.cpp": (spdx + '#include "repo/index.hpp"\n', "repo is not below util"),
        "src/data/side.cpp": (spdx + '#include "crypto/aead.hpp"\n', "crypto is not below data"),
        "src/store/side.cpp": (spdx + '#include "data/zstd.hpp"\n', "data is not below store"),
        "src/policy/does.cpp": (spdx + '# include "engine/a.hpp"\n', "engine is not below policy"),
        "src/cli/deep.cpp": (spdx + '#include "engine/backup.hpp"\n', "engine is not below cli"),
        "src/cli/angle.cpp": (spdx + "#include <engine/a.hpp>\n", "engine is not below cli"),
        "src/repo/key.cpp": (spdx + "#include <sodium.h>\n", "libsodium is wrapped by crypto"),
        "src/repo/evp.cpp": (spdx + "#include <openssl/evp.h>\n", "OpenSSL is wrapped by crypto"),
        "src/format/z.cpp": (spdx + '#include "zstd.h"\n', "zstd is wrapped by data"),
        "src/cli/nfc.cpp": (spdx + "#include <uninorm.h>\n", "libunistring is wrapped by util"),
        "src/engine/d.cpp": (spdx + "#include <doctest/doctest.h>\n", "doctest is wrapped by test"),
        "src/util/near.cpp": (spdx + '#include "bytes.hpp"\n', 'write "room/file.hpp"'),
        "include/saoluu/room.hpp": (spdx + '#include "util/a.hpp"\n', "includes no room"),
        "include/saoluu/lib.hpp": (spdx + "#include <sodium.h>\n", "wrapped by crypto"),
        "src/attic/a.cpp": (spdx, "attic is no room"),
        "src/util/bare.cpp": ("#pragma once\n", "SPDX"),
        "src/data/CMakeLists.txt": ("# SPDX-License-Identifier: Apache-2.0\n"
                                    "saoluu_room(data SOURCES a.cpp USES util repo LIBS z)\n",
                                    "data links repo"),
        "src/util/wall.cpp": (spdx + "\n" * 500, "501 lines"),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)

        def write(name, text):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")

        for name, text in good.items():
            write(name, text)
        faults, warnings, _ = check(root)
        assert not faults, f"faults in a good tree: {faults}"
        assert len(warnings) == 1 and "src/util/long.cpp: 450 lines" in warnings[0], warnings
        for name, (text, expected) in bad.items():
            write(name, text)
            faults, _, _ = check(root)
            assert len(faults) == 1 and expected in faults[0] and name in faults[0], (name, faults)
            (root / name).unlink()
    print(f"layers: self-test passed, {len(bad)} kinds of fault are found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()
    faults, warnings, files = check(root)
    for line in warnings:
        print(f"warning: {line}")
    for line in faults:
        print(f"fault: {line}")
    if files == 0:
        faults.append("nothing to check")
    print(f"layers: {files} files, {len(faults)} faults, {len(warnings)} warnings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
