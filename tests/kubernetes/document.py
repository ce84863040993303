"""The commands of deploy/kubernetes/README.md, as a reader copies them."""

import os
import re

import kubernetes_objects

# What no cluster without a kubelet does: the word, and what is missing.
LEFT_OUT = {"exec": "no container runs"}


def section(title):
    with open(os.path.join(kubernetes_objects.FOLDER, "README.md"), encoding="utf-8") as file:
        found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", file.read(), re.M | re.S)
    if not found:
        raise AssertionError(f"no section {title} in the document")
    return found[1]


def block(title):
    """The commands of the only code block of a section, one a line, but for those LEFT_OUT."""
    (text,) = re.findall(r"^```\n(.*?)^```", section(title), re.M | re.S)
    commands = text.replace("\\\n", " ").splitlines()
    return [each for each in commands if not set(LEFT_OUT) & set(each.split())]


def inline(title):
    """The commands within the text of a section."""
    return re.findall(r"`(kubectl [^`]+)`", re.sub(r"^```.*?^```", "", section(title),
                                                   flags=re.M | re.S))  # fmt: skip
