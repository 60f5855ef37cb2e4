"""What docs/compat.md lists under "Known differences", and which inotify-tools is at hand.

A row of the table has one or more cases, the versions of inotify-tools for which it holds, the parts that differ, and why.
"""
import re
import subprocess

PARTS = ("stdout", "stderr", "status", "files")
VERSIONS = ("3.22", "4.23", "4.25")


class Unusable(Exception):
    """The document's table cannot be understood, or there is no table for the inotify-tools that is at hand."""


def version_of(program):
    """The version of inotify-tools that this inotifywait is of: one of VERSIONS."""
    try:
        said = subprocess.run([program, "--help"], stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout
        with open(program, "rb") as file:
            binary = file.read()
    except OSError as error:
        raise Unusable(f"{program} cannot be run: {error.strerror}") from error
    first = said.split(b"\n")[0].decode("utf-8", "replace")
    found = re.match(r"inotifywait (\d+\.\d+)\.", first)
    version = found[1] if found else None
    # 4.25.9.0 calls itself 4.23.9.0. The message is new in 4.25.
    if version == "4.23" and b"Watching new directory" in binary:
        version = "4.25"
    if version not in VERSIONS:
        raise Unusable(f"docs/compat.md lists the differences from inotify-tools {', '.join(VERSIONS)}, and {program} calls "
                       f"itself '{first}'")
    return version


def rows(document):
    """The rows of the table: (case, versions, parts)."""
    text = document.read_text()
    heading = text.find("## Known differences")
    for line in re.findall(r"^\| `.*$", text[heading:], re.M) if heading >= 0 else []:
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) != 4:
            raise Unusable(f"a row of {len(cells)} cells, and not of case, versions, parts and reason: {line}")
        names = re.findall("`([^`]*)`", cells[0])
        versions, parts = (cell.split(", ") for cell in cells[1:3])
        for one in versions:
            if one not in VERSIONS:
                raise Unusable(f"{cells[0]}: '{one}' is no version of inotify-tools that is known, which are {', '.join(VERSIONS)}")
        for one in parts:
            if one not in PARTS:
                raise Unusable(f"{cells[0]}: '{one}' is no part of what is compared, which are {', '.join(PARTS)}")
        for name in names:
            yield name, set(versions), set(parts)


class Known:
    """The differences from one version."""

    def __init__(self, document, version, names):
        """names: those of all cases."""
        self.by_case = {}  # {case: {part, ...}}
        self.failures = []
        for name, versions, parts in rows(document):
            if name not in names:
                self.failures.append(f"{name}: listed, but there is no such case")
            if version in versions:
                if name in self.by_case:
                    self.failures.append(f"{name}: listed twice for inotify-tools {version}")
                self.by_case[name] = parts

    def of(self, name):
        return self.by_case.get(name, set())
