#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is in the package: files, owners and modes, what it depends on, the list of its parts; the same twice."""
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from package import PROGRAM, ROOT, make_package, run

MUST_BE_THERE = """
usr/bin/saoluu
usr/lib/systemd/system/saoluu.service
usr/lib/sysusers.d/saoluu.conf
usr/lib/tmpfiles.d/saoluu.conf
etc/apparmor.d/saoluu-daemon
usr/share/locale/vi/LC_MESSAGES/saoluu.mo
usr/share/man/man1/saoluu.1.gz
usr/share/man/man1/saoluu-key-issue.1.gz
usr/share/man/vi/man1/saoluu-key-issue.1.gz
usr/share/man/man5/saoluu.toml.5.gz
usr/share/bash-completion/completions/saoluu
usr/share/zsh/vendor-completions/_saoluu
usr/share/fish/vendor_completions.d/saoluu.fish
usr/share/doc/saoluu/README.md.gz
usr/share/doc/saoluu/changelog.gz
usr/share/doc/saoluu/copyright
usr/share/doc/saoluu/saoluu.cdx.json
""".split()


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="saoluu-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.package = make_package(cls.folder / "a")
        cls.root = cls.folder / "root"
        run("dpkg-deb", "-R", cls.package, cls.root)
        cls.list = run("dpkg-deb", "-c", cls.package).splitlines()

    def field(self, name):
        return run("dpkg-deb", "-f", self.package, name).strip()

    def test_it_has_all_that_belongs_to_an_installed_program(self):
        for name in MUST_BE_THERE:
            self.assertTrue((self.root / name).is_file(), name)
        examples = {path.name for path in (self.root / "usr/share/doc/saoluu/examples").iterdir()}
        self.assertEqual(examples, {path.name for path in (ROOT / "configs").iterdir()})

    def test_it_brings_nothing_into_the_config_folder_that_could_start_anything(self):
        self.assertFalse((self.root / "etc/saoluu").exists())
        self.assertEqual((self.root / "DEBIAN/conffiles").read_text(encoding="utf-8").split(),
                         ["/etc/apparmor.d/saoluu-daemon"])

    def test_all_of_it_is_roots_and_only_programs_can_be_run(self):
        for line in self.list:
            mode, owner, *_, name = line.split(maxsplit=5)
            self.assertEqual(owner, "root/root", line)
            expected = ("drwxr-xr-x" if mode[0] == "d" else
                        "-rwxr-xr-x" if name.startswith("./usr/bin/") else "-rw-r--r--")
            self.assertEqual(mode, expected, line)

    def test_it_depends_on_the_package_of_each_library(self):
        """The oracle: the loader, and dpkg's own list of who owns what it loads."""
        depends = {re.split(r"[ (:]", word.strip())[0]
                   for word in self.field("Depends").replace("|", ",").split(",")}
        needed = re.findall(r"\(NEEDED\).*\[([^\]]+)\]", run("readelf", "-dW", PROGRAM))
        paths = dict(re.findall(r"^\s*(\S+) => (/\S+) ", run("ldd", PROGRAM), re.MULTILINE))
        self.assertGreater(len(needed), 8)
        for name in needed:
            if name.startswith("ld-linux"):
                continue
            found = subprocess.run(["dpkg-query", "-S", f"*/{pathlib.Path(paths[name]).name}"], capture_output=True,
                                   text=True, check=False).stdout.splitlines()
            owners = {line.split(":")[0] for line in found}
            self.assertTrue(owners & depends, f"{name} of {owners} is not in {sorted(depends)}")

    def test_what_it_depends_on_can_be_installed_here(self):
        said = run("apt-get", "install", "--simulate", "--no-install-recommends", self.package)
        self.assertIn("Inst saoluu", said)

    def test_its_check_sums_are_right(self):
        sums = (self.root / "DEBIAN/md5sums").read_text(encoding="utf-8").splitlines()
        files = [path for path in self.root.rglob("*") if path.is_file() and "DEBIAN" not in path.parts]
        self.assertEqual(len(sums), len(files))
        for line in sums:
            digest, name = line.split(maxsplit=1)
            self.assertEqual(hashlib.md5((self.root / name).read_bytes()).hexdigest(), digest, name)

    def test_the_same_build_makes_the_same_package(self):
        again = make_package(self.folder / "b")
        self.assertEqual(*[hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.package, again)])

    def test_pages_tell_no_time_and_no_name_of_the_machine_that_packed_them(self):
        for path in self.root.rglob("*.gz"):
            head = path.read_bytes()[:10]
            self.assertEqual(head[3:8], b"\0\0\0\0\0", path)
            self.assertTrue(gzip.decompress(path.read_bytes()), path)
        building = str(ROOT).encode()
        for path in self.root.rglob("*"):
            if path.is_file() and path.name not in ("saoluu", "_saoluu"):
                self.assertNotIn(building, path.read_bytes(), path)

    def test_the_list_of_parts_names_each_library_once_with_its_version(self):
        text = (self.root / "usr/share/doc/saoluu/saoluu.cdx.json").read_text(encoding="utf-8")
        parts = json.loads(text)
        self.assertEqual((parts["bomFormat"], parts["specVersion"], parts["version"]), ("CycloneDX", "1.5", 1))
        self.assertRegex(parts["serialNumber"], r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertRegex(parts["metadata"]["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(parts["metadata"]["component"]["version"], self.field("Version").split("-")[0])
        components = {part["name"]: part for part in parts["components"]}
        self.assertEqual(len(components), len(parts["components"]))
        for name, part in components.items():
            self.assertEqual(part["type"], "library")
            self.assertEqual(part["version"], run("dpkg-query", "-W", "-f", "${Version}", name))
            self.assertRegex(part["purl"], rf"^pkg:deb/debian/{re.escape(name)}@[^?+: ]+\?arch=\w+&distro=debian-12$")
        references = {part["bom-ref"] for part in parts["components"]}
        (graph,) = parts["dependencies"]
        self.assertEqual(graph["ref"], parts["metadata"]["component"]["bom-ref"])
        self.assertLessEqual(set(graph["dependsOn"]), references)
        depends = {re.split(r"[ (]", word.strip())[0] for word in self.field("Depends").split(",")}
        shared = {name for name in depends if name.startswith("lib")}
        self.assertGreater(len(shared), 8)
        self.assertLessEqual(shared, set(components))
        for name in ("libcli11-dev", "libtomlplusplus-dev", "nlohmann-json3-dev", "libexpected-dev"):
            self.assertIn(name, components)

    def test_its_scripts_are_written_for_any_shell(self):
        for name in ("postinst", "prerm", "postrm"):
            path = self.root / "DEBIAN" / name
            self.assertEqual(path.stat().st_mode & 0o777, 0o755)
            run("dash", "-n", path)

    @unittest.skipUnless(os.environ.get("SAOLUU_ALL") == "1", "lintian takes long, and comes with install-deps.sh all")
    def test_lintian_finds_nothing(self):
        said = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(self.package)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)


if __name__ == "__main__":
    unittest.main()
