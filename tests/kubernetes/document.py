"""The commands of deploy/kubernetes/README.md, as a reader copies them."""

import os
import re

import kubernetes_objects

# What no cluster without a kubelet does: the word, and what is missing.
LEFT_OUT = {"exec": "no container runs", "logs": "no container runs"}


def section(title):
    with open(os.path.join(kubernetes_objects.FOLDER, "README.md"), encoding="utf-8") as file:
        found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", file.read(), re.M | re.S)
    if not found:
        raise AssertionError(f"no section {title} in the document")
    return found[1]


def blocks(title):
    """The code blocks of a section as they are run, but for the lines LEFT_OUT."""
    found = re.findall(r"^```\n(.*?)^```", section(title), re.M | re.S)
    return ["\n".join(line for line in text.replace("\\\n", " ").splitlines()
                      if not set(LEFT_OUT) & set(line.split())) for text in found]  # fmt: skip


def inline(title):
    """The commands within the text of a section."""
    return re.findall(r"`(kubectl [^`]+)`", re.sub(r"^```.*?^```", "", section(title),
                                                   flags=re.M | re.S))  # fmt: skip
