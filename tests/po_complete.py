#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every message of the program has its Vietnamese translation.

usage: po_complete.py              fails on a missing, fuzzy or ill-formed translation
       po_complete.py --update     refreshes po/saoluu.pot and merges it into po/vi.po
       po_complete.py --self-test  checks that each kind of fault is found in a made-up tree
"""
import collections
import gettext
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A hole for a value, as fmt writes it: {}, {0}, {name}, {:>8}. Doubled braces are text.
HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def run(*command):
    """Returns what a failed tool said, or an empty string."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}".strip() or command[0]


def extract(root, pot):
    sources = sorted(str(p.relative_to(root)) for top in ("src", "include")
                     for p in (root / top).rglob("*") if p.suffix in {".cpp", ".hpp"})
    subprocess.run(
        ["xgettext", "--c++", "--from-code=UTF-8", "--keyword", "--keyword=tr",
         "--keyword=trn:1,2", "--add-comments=TRANSLATORS", "--no-wrap", "--sort-by-file",
         "--add-location=file", "--force-po", "--package-name=saoluu",
         "--copyright-holder=the saoluu authors",
         f"--directory={root}", "--files-from=-", f"--output={pot}"],
        input="\n".join(sources), text=True, check=True)
    # Without this a re-run would differ in nothing but the minute it was made.
    lines = pot.read_text(encoding="utf-8").replace("charset=CHARSET", "charset=UTF-8")
    pot.write_text(re.sub(r'^"POT-Creation-Date:.*\n', "", lines, flags=re.MULTILINE),
                   encoding="utf-8")


def holes(text):
    return collections.Counter(m.group(1) for m in HOLE.finditer(text) if m.group(1) is not None)


def check_holes(catalog):
    """fmt throws on a hole that has no value, so a translation must have the same holes."""
    faults = []
    with open(catalog, "rb") as file:
        messages = gettext.GNUTranslations(file)._catalog  # no public way to list it
    for key, text in messages.items():
        original = key[0] if isinstance(key, tuple) else key
        # The one plural form of Vietnamese shows the number that "one file" leaves out.
        plain = not isinstance(key, tuple)
        if original and plain and holes(original) != holes(text):
            faults.append(f"other holes than the original: {original!r} -> {text!r}")
        if not plain and not set(holes(original)) <= set(holes(text)):
            faults.append(f"lacks a hole of the original: {original!r} -> {text!r}")
    return faults


def with_messages(said, pot):
    """msgcmp names lines of a file that is gone when this is read: shows the messages instead."""
    lines = pot.read_text(encoding="utf-8").split("\n")

    def message(match):
        at = int(match.group(1)) - 1
        while at > 0 and not lines[at].startswith("msgid "):
            at -= 1
        return lines[at]

    return re.sub(rf"^{re.escape(str(pot))}:(\d+): this message", message, said, flags=re.M)


def check(root):
    po = root / "po/vi.po"
    with tempfile.TemporaryDirectory() as folder:
        pot, catalog = pathlib.Path(folder, "saoluu.pot"), pathlib.Path(folder, "saoluu.mo")
        extract(root, pot)
        faults = [run("msgfmt", "--check", "-o", str(catalog), str(po))]
        # msgcmp fails on every message of the template that is missing, empty or fuzzy.
        faults.append(with_messages(run("msgcmp", str(po), str(pot)), pot))
        if catalog.exists():
            faults += check_holes(catalog)
        count = pot.read_text(encoding="utf-8").count("\nmsgid ") - 1
    return [f for f in faults if f], count


def update(root):
    extract(root, root / "po/saoluu.pot")
    subprocess.run(["msgmerge", "--quiet", "--update", "--backup=none", "--no-wrap",
                    "--no-fuzzy-matching", "--sort-by-file", "--add-location=file",
                    "po/vi.po", "po/saoluu.pot"],
                   cwd=root, check=True)


def self_test():
    head = (ROOT / "po/vi.po").read_text(encoding="utf-8").split("\n\n")[0] + "\n\n"
    cases = {  # what stands in vi.po: what the fault must say
        'msgid "Read {} of {name}"\nmsgstr "Đã đọc {} trong {name}"\n': None,
        "": '"Read {} of {name}" is used but not defined',
        'msgid "Read {} of {name}"\nmsgstr ""\n': "untranslated",
        '#, fuzzy\nmsgid "Read {} of {name}"\nmsgstr "Đọc {} trong {name}"\n': "reviewed",
        'msgid "Read {} of {name}"\nmsgstr "Đã đọc {} trong {ten}"\n': "other holes",
        'msgid "Read {} of {name}"\nmsgstr "Đã đọc\n': "end-of-line",
    }
    plural = 'msgid "one file"\nmsgid_plural "{} files"\nmsgstr[0] "{} tệp"\n\n'
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "src/cli").mkdir(parents=True)
        (root / "po").mkdir()
        (root / "src/cli/a.cpp").write_text(
            'auto a = tr("Read {} of "\n  "{name}"), b = trn("one file", "{} files", n);\n',
            encoding="utf-8")
        for text, expected in cases.items():
            (root / "po/vi.po").write_text(head + plural + text, encoding="utf-8")
            faults, _ = check(root)
            said = "\n".join(faults)
            assert (expected in said) if expected else not faults, (text, expected, said)
        (root / "po/vi.po").write_text(head, encoding="utf-8")
        update(root)
        assert '"Read {} of {name}"' in (root / "po/vi.po").read_text(encoding="utf-8")
    print(f"po_complete: self-test passed, {len(cases)} cases")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if sys.argv[1:] == ["--update"]:
        return update(ROOT)
    faults, count = check(ROOT)
    for fault in faults:
        print(fault)
    print(f"po_complete: {count} messages, " + ("faults found" if faults else "all translated"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
