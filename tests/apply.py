#!/usr/bin/python3
# apply.py BEFORE: apply the records on standard input (JSON Lines) to the paths in the file BEFORE, one a line, those of
# directories with a slash at the end; print the paths that result in the same form, sorted as bytes. Whatever a
# consumer of the records could not make sense of is a complaint: a record under a directory that was never reported,
# an entry created while it is there. Knows nothing of RENAME_EXCHANGE, whose records look like those of overwriting.
import base64
import json
import sys

ABSENT = object()
complaints = []


def raw(record, key):
    if key + "_b64" in record:
        return base64.b64decode(record[key + "_b64"])
    return record[key].encode("utf-8")


# A directory is a dict of its entries, anything else None.
root, listed, ancestors = {}, set(), set()
for line in open(sys.argv[1], "rb"):
    path = line.rstrip(b"\n")
    is_directory = path.endswith(b"/")
    parts = path.rstrip(b"/").split(b"/")
    node = root
    for i, part in enumerate(parts[:-1]):
        node = node.setdefault(part, {})
        ancestors.add(tuple(parts[: i + 1]))
    listed.add(tuple(parts))
    if is_directory:
        node.setdefault(parts[-1], {})
    else:
        node[parts[-1]] = None
ancestors -= listed


def find_directory(path):
    node = root
    for part in path.split(b"/"):
        node = node.get(part) if node is not None else None
    return node


stash = {}  # by cookie: what was moved from somewhere
for number, line in enumerate(sys.stdin.buffer, 1):
    record = json.loads(line)
    events, path, name = record["events"], raw(record, "path"), raw(record, "name")
    if not name:
        continue

    def complain(what):
        complaints.append(f"record {number}: {','.join(events)} {path!r}: {what}")

    directory = find_directory(path[: -len(name) - 1])
    if directory is None:
        complain("its directory was never reported")
        continue
    new = {} if "ISDIR" in events else None
    if "CREATE" in events:
        if name in directory:
            complain("it is there already")
        directory[name] = new
    elif "MOVED_FROM" in events:
        stash[record["cookie"]] = directory.pop(name, ABSENT)
    elif "MOVED_TO" in events:
        moved = stash.pop(record["cookie"], ABSENT)
        directory[name] = new if moved is ABSENT else moved
    elif "DELETE" in events:
        directory.pop(name, None)

# Not recursively: trees may be deeper than Python's stack.
result, open_directories = [], [((), root)]
while open_directories:
    parts, directory = open_directories.pop()
    for name, node in directory.items():
        here = parts + (name,)
        if here not in ancestors:
            result.append(b"/".join(here) + (b"" if node is None else b"/"))
        if node is not None:
            open_directories.append((here, node))
sys.stdout.buffer.write(b"".join(path + b"\n" for path in sorted(result)))
for complaint in complaints[:20]:
    print(complaint, file=sys.stderr)
sys.exit(1 if complaints else 0)
