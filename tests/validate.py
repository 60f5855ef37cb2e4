#!/usr/bin/python3
# validate.py SCHEMA: read JSON Lines from standard input, as strictly as JSON can be read, and validate each
# against the schema; check what a schema cannot say: order of keys, path and name belong together, no bad bytes.
import base64
import json
import sys

import jsonschema

ORDER = ["seq", "time", "wd", "mask", "events", "cookie", "path", "path_b64", "name", "name_b64", "len", "from",
         "from_b64", "synthetic", "count", "host", "error"]


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), f"a key twice: {keys}"
    return dict(pairs)


def real_bytes(record, key):
    if key + "_b64" in record:
        raw = base64.b64decode(record[key + "_b64"], validate=True)
        assert raw.decode("utf-8", "replace") == record[key], f"{key} and {key}_b64 differ"
        assert "\ufffd" in record[key], f"{key}_b64 is not needed"
        return raw
    return record[key].encode("utf-8")


with open(sys.argv[1], encoding="utf-8") as schema_file:
    schema = json.load(schema_file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
count = 0
for line in sys.stdin.buffer:
    assert line.endswith(b"\n"), "the last line is cut"
    text = line[:-1].decode("utf-8")
    assert all(c.isprintable() or ord(c) > 0x9F for c in text), f"a control character: {text!r}"
    record = json.loads(text, object_pairs_hook=no_duplicates)
    validator.validate(record)
    places = [ORDER.index(key) for key in record]
    assert places == sorted(places), f"the order of keys: {list(record)}"
    path, name = real_bytes(record, "path"), real_bytes(record, "name")
    assert not name or path.endswith(b"/" + name), f"{path!r} does not end in {name!r}"
    count += 1
assert count > 0, "no record at all"
print(count)
