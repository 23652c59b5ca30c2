# SPDX-License-Identifier: Apache-2.0
"""The recipes for databases, word for word as the README has them."""
import pathlib
import re
import shlex

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def recipe(title, language):
    """The block of that language below the heading."""
    text = README.read_text(encoding="utf-8")
    section = re.search(rf"^#### {title}\n(.*?)(?=^#)", text, re.M | re.S).group(1)
    return re.search(rf"^```{language}\n(.*?)^```", section, re.M | re.S).group(1)


def restoring(title, folder):
    """Its lines for a restore, with a folder of the test's, each as words."""
    lines = recipe(title, "sh").replace("/tmp/khoi-phuc", str(folder)).splitlines()
    return [shlex.split(line) for line in lines]
