#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the list of what a built program consists of, as CycloneDX 1.5 JSON (an SBOM).

usage: sbom.py PROGRAM VERSION EPOCH > saoluu.cdx.json

The shared libraries are those that the loader finds for PROGRAM, by the Debian packages that own them; those
that consist of headers are named here, for nothing in a program tells of them. The same program on the same
packages gives the same bytes. EPOCH: of the sources, in seconds.
"""
import datetime
import json
import pathlib
import re
import subprocess
import sys
import uuid

# Parts of them are in the program itself.
HEADERS_ONLY = ["libcli11-dev", "nlohmann-json3-dev", "libexpected-dev", "libtomlplusplus-dev"]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_by(program):
    """The names of the libraries that the program itself asks for."""
    return set(re.findall(r"\(NEEDED\).*\[([^\]]+)\]", output_of("readelf", "-dW", program)))


def libraries_of(program):
    """{name: file} of every library that is loaded, the loader's own among them."""
    found = {}
    for line in output_of("ldd", program).splitlines():
        match = re.match(r"\s*(\S+) => (/\S+) ", line) or re.match(r"\s*(/\S+ld-linux\S+)() ", line)
        if match:
            file = match.group(2) or match.group(1)
            found[pathlib.Path(match.group(1)).name] = pathlib.Path(file).resolve()
        elif "not found" in line:
            sys.exit(f"sbom.py: {line.strip()}")
    return found


def owners_of(files):
    """{file: package}. dpkg knows a file by the path it was shipped under: /lib is a link to /usr/lib by now."""
    names = {name: file for file in files for name in (str(file), str(file).removeprefix("/usr"))}
    said = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False).stdout
    owners = {names[line.split(": ")[1]]: re.split("[,:]", line)[0] for line in said.splitlines() if ": " in line}
    for file in files:
        if file not in owners:
            sys.exit(f"sbom.py: no package owns {file}")
    return owners


def component_of(package, linkage):
    form = "${Version}\\t${source:Package}\\t${source:Version}\\t${Architecture}\\t${Homepage}\\t${Maintainer}\\n"
    version, source, source_version, arch, homepage, maintainer = output_of(
        "dpkg-query", "-W", "-f", form, package).splitlines()[0].split("\t")
    purl = f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={arch}&distro=debian-12"
    component = {"type": "library", "bom-ref": purl, "supplier": {"name": maintainer}, "name": package,
                 "version": version, "purl": purl,
                 "properties": [{"name": "saoluu:linkage", "value": linkage},
                                {"name": "debian:source", "value": f"{source} {source_version}"}]}
    if homepage:
        component["externalReferences"] = [{"type": "website", "url": homepage}]
    return component


def sbom(program, version, epoch):
    direct = needed_by(program)
    linkage = {}
    libraries = libraries_of(program)
    owners = owners_of(set(libraries.values()))
    for name, file in libraries.items():
        package = owners[file]
        if linkage.get(package) != "shared":
            linkage[package] = "shared" if name in direct else "shared, by another library"
    linkage.update(dict.fromkeys(HEADERS_ONLY, "headers only: compiled into the program"))
    components = [component_of(package, linkage[package]) for package in sorted(linkage)]
    own = f"pkg:generic/saoluu@{version}"
    used = [c["bom-ref"] for c in components if c["properties"][0]["value"] != "shared, by another library"]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "bom-ref": own, "name": "saoluu", "version": version,
                          "purl": own, "licenses": [{"license": {"id": "Apache-2.0"}}]},
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": used}],
    }
    # A document's number must be its own: here, that of its contents.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    document["serialNumber"] = f"urn:uuid:{number}"
    return json.dumps(document, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(sbom(sys.argv[1], sys.argv[2], int(sys.argv[3])))
