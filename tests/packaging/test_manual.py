#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completions: well-formed by other programs' judgement, and about the program as it is."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from package import BUILD, PROGRAM, ROOT, run

MANUAL = BUILD / "manual"
PAGE_OF_CONFIG = BUILD / "man5/saoluu.toml.5"
PAGES = sorted(MANUAL.glob("man/**/*.1")) + [PAGE_OF_CONFIG]
UNKNOWN = "qzqzqzqzqz"  # near no key


def help_of(*words, language="en"):
    return run(PROGRAM, *words, "--help", "--lang", language, env={**os.environ, "LC_ALL": "C.UTF-8"})


def commands_below(*words):
    """As --help lists them, each with its words."""
    found = []
    text = help_of(*words)
    part = re.search(r"(?ms)^Commands:\n(.*?)\n\n", text)
    for name in re.findall(r"(?m)^  ([a-z][a-z-]*)\b", part.group(1)) if part else []:
        found += [(*words, name), *commands_below(*words, name)]
    return found


def options_in(text):
    return set(re.findall(r"(?m)^\s+(?:-\w, )?(--[a-z][a-z-]*)", text))


class Pages(unittest.TestCase):
    def test_each_command_has_a_page_in_both_languages(self):
        names = {"saoluu"} | {"-".join(("saoluu", *words)) for words in commands_below()}
        self.assertGreater(len(names), 20)
        for folder in ("man/man1", "man/vi/man1"):
            self.assertEqual({path.stem for path in (MANUAL / folder).iterdir()}, names)

    def test_mandoc_and_groff_find_nothing_wrong(self):
        for path in PAGES:
            with self.subTest(page=path):
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True,
                                      text=True, check=False)
                self.assertEqual(lint.stdout + lint.stderr, "")
                shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path)],
                                       capture_output=True, text=True, check=False, env={**os.environ, "MANWIDTH": "80"})
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))

    def test_a_page_names_every_option_of_its_command(self):
        for words in [(), *commands_below()]:
            page = run("mandoc", "-T", "utf8", "-O", "width=200", MANUAL / "man/man1" / ("-".join(("saoluu", *words)) + ".1"))
            page = re.sub(".\b", "", page)
            expected = options_in(help_of(*words))
            self.assertLessEqual({"--repo", "--lang"}, expected)
            self.assertEqual(expected - options_in(page) - {"--help"}, set(), words)

    def test_the_vietnamese_pages_are_in_vietnamese(self):
        page = (MANUAL / "man/vi/man1/saoluu-backup.1").read_text(encoding="utf-8")
        for heading in ("TÊN", "MÔ TẢ", "TÙY CHỌN"):
            self.assertIn(f'.SH "{heading}"', page)


class ConfigPage(unittest.TestCase):
    """Against what the program itself says where a key is not known."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-keys-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def said_of(self, text):
        path = self.folder / "saoluu.toml"
        path.write_text(text, encoding="utf-8")
        return subprocess.run([str(PROGRAM), "config", "check", "--config", str(path), "--lang", "en"],
                              capture_output=True, text=True, check=False).stderr

    def keys_of(self, text):
        """The keys of the table that `text` puts an unknown key into; None if it is no table."""
        match = re.search(rf"{UNKNOWN}: no such key in .*?; there are: (.*)", self.said_of(text))
        return match.group(1).split(", ") if match else None

    def tables_below(self, name, keys, found):
        """Tries each key as a table, a list of tables and a list of tables in one line."""
        found[name] = set(keys)
        dotted = name.strip("[]")
        for key in keys:
            path = f"{dotted}.{key}" if name else key
            opened = f"{name}\n" if name else ""
            for title, text in ((f"[{path}]", f"[{path}]\n{UNKNOWN} = 1\n"),
                                (f"[[{path}]]", f"[[{path}]]\n{UNKNOWN} = 1\n"),
                                (f"{key} of {name}", f"{opened}{key} = [ {{ {UNKNOWN} = 1 }} ]\n")):
                below = self.keys_of(text)
                # As a list it may be taken for a table of the table above, and the other way round.
                if below is not None and set(below) != set(keys):
                    self.tables_below(title, below, found)
                    break

    def keys_on_page(self):
        found = {}
        table = None
        lines = PAGE_OF_CONFIG.read_text(encoding="utf-8").splitlines()
        for line, after in zip(lines, lines[1:]):
            if line.startswith(".SH"):
                table = None
            if match := re.match(r'\.SS "(.*)"', line):
                table = "" if match.group(1) == "top of the file" else match.group(1)
                found[table] = set()
            if line == ".TP" and table is not None:
                found[table] |= set(re.findall(r"\\fB([a-z_]+)\\fR", after))
        return found

    def test_it_has_exactly_the_keys_that_the_program_knows(self):
        known = {}
        self.tables_below("", self.keys_of(f"{UNKNOWN} = 1\n"), known)
        self.assertLessEqual({"", "[[store]]", "[[job]]"}, set(known))
        page = self.keys_on_page()
        self.assertEqual(sorted(page), sorted(known), "tables: packaging/man/saoluu.toml.5 and the program")
        for table, keys in known.items():
            with self.subTest(table=table):
                self.assertEqual(page[table] ^ keys, set(),
                                 f"keys of {table or 'the top'} that packaging/man/saoluu.toml.5 lacks or makes up")


class Completions(unittest.TestCase):
    """Tried in the shells themselves, with a `saoluu` on the PATH that answers for a config file."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-complete-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "bin").mkdir()
        os.symlink(PROGRAM, self.folder / "bin/saoluu")
        (self.folder / "work/Tài liệu").mkdir(parents=True)
        (self.folder / "work/tep.txt").touch()
        (self.folder / "saoluu.toml").write_text(
            '[[store]]\nname = "nas-1"\nurl = "/mnt/nas"\n[[store]]\nname = "may"\nurl = "/mnt/may"\n'
            '[[job]]\nname = "vanphong"\nsources = ["/srv"]\nstores = ["may"]\n', encoding="utf-8")
        self.env = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                    "SAOLUU_CONFIG": str(self.folder / "saoluu.toml"), "TERM": "dumb"}

    def in_bash(self, *words):
        script = f"""
            . /usr/share/bash-completion/bash_completion; . {MANUAL}/bash/saoluu
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _saoluu; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        return set(run("bash", "-c", script, "bash", *words, env=self.env, cwd=self.folder / "work").split("\n")) - {""}

    def in_fish(self, line):
        said = run("fish", "--no-config", "-c", f"source {MANUAL}/fish/saoluu.fish; complete -C '{line}'", env=self.env,
                   cwd=self.folder / "work")
        return {row.split("\t")[0] for row in said.splitlines()}

    def test_the_shells_can_read_them(self):
        run("bash", "-n", MANUAL / "bash/saoluu")
        run("zsh", "-n", MANUAL / "zsh/_saoluu")
        run("fish", "--no-execute", MANUAL / "fish/saoluu.fish")

    def test_bash_completes(self):
        top = {words[0] for words in commands_below() if len(words) == 1}
        self.assertEqual(self.in_bash("saoluu", ""), top)
        self.assertEqual(self.in_bash("saoluu", "back"), {"backup"})
        self.assertEqual(self.in_bash("saoluu", "--repo", "may", "key", ""), {"issue", "list"})
        self.assertEqual(self.in_bash("saoluu", "backup", "--exclude-f"), {"--exclude-file"})
        self.assertEqual(self.in_bash("saoluu", "backup", "--pass"), {"--passphrase-file"})
        self.assertEqual(self.in_bash("saoluu", "key", "issue", "--role", "re"), {"restore"})
        self.assertEqual(self.in_bash("saoluu", "--lang", "="), {"vi", "en"})
        self.assertEqual(self.in_bash("saoluu", "--lang", "=", "v"), {"vi"})
        self.assertEqual(self.in_bash("saoluu", "snapshots", "--repo", "n"), {"nas-1"})
        self.assertEqual(self.in_bash("saoluu", "job", "run", ""), {"vanphong"})
        self.assertEqual(self.in_bash("saoluu", "backup", "T"), {"Tài liệu"})
        self.assertEqual(self.in_bash("saoluu", "check", "--rotate", "--rep"), {"--repo", "--report"})
        self.assertEqual(self.in_bash("saoluu", "check", "--rotate", "--repo", "n"), {"nas-1"})
        self.assertEqual(self.in_bash("saoluu", "check", "--rotate", "30d", "--rea"), {"--read-data"})
        self.assertEqual(self.in_bash("saoluu", "backup", "--key-file", "te"), {"tep.txt"})

    def test_bash_knows_every_option(self):
        for words in [(), *commands_below()]:
            self.assertEqual(options_in(help_of(*words)) - self.in_bash("saoluu", *words, "--"), set(), words)

    def test_fish_completes(self):
        self.assertIn("backup", self.in_fish("saoluu "))
        self.assertNotIn("issue", self.in_fish("saoluu "))
        self.assertEqual(self.in_fish("saoluu key "), {"issue", "list"})
        self.assertEqual(self.in_fish("saoluu --repo may key issue --role re"), {"restore"})
        self.assertIn("--exclude-file", self.in_fish("saoluu backup --exclude-"))
        self.assertEqual(self.in_fish("saoluu job run v"), {"vanphong"})
        self.assertIn("nas-1", self.in_fish("saoluu snapshots --repo na"))
        self.assertIn("--report", self.in_fish("saoluu check --rotate --rep"))
        self.assertIn("nas-1", self.in_fish("saoluu check --rotate --repo na"))

    def test_zsh_completes(self):
        """In a terminal of its own, which zsh wants for that."""
        script = f"""
            zmodload zsh/zpty
            zpty z 'env PATH={self.env["PATH"]} zsh -f -i'
            zpty -w z 'PS1=; fpath=({MANUAL}/zsh $fpath); autoload -Uz compinit; compinit -u -d {self.folder}/dump; \\
                zstyle ":completion:*" list-prompt ""; unsetopt auto_menu; bindkey "^I" complete-word'
            zpty -w z 'print READY'; zpty -r z line '*READY*READY*'
            for typed in "$@"; do
                zpty -w -n z $typed$'\\t'; sleep 0.1; zpty -w z ' # DONE'
                zpty -r z line '*# DONE*'; print -r -- "${{line//[^[:print:]]/ }}"
            done
        """
        said = run("zsh", "-f", "-c", script, "zsh", "saoluu snap", "saoluu key iss", "saoluu key issue --role adm",
                   "saoluu check --rotate --read", env=self.env, cwd=self.folder / "work", timeout=60)
        for whole in ("saoluu snapshots", "saoluu key issue", "--role admin", "--read-data"):
            self.assertIn(whole, said)


if __name__ == "__main__":
    unittest.main()
