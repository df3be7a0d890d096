"""Compares the tables of an archive, read with pyarrow, with expected rows: every row and every value.

Usage: rows.py ARCHIVE FOLDER TYPE...
FOLDER/TYPE.ndjson has the expected rows: numbers, decimals and times (Unix microseconds) as text, JSON columns as text.
Prints per type: rows read, rows expected, and an example of a row that only one of them has.
"""
import collections
import datetime
import decimal
import json
import os
import sys

import deltalake
import pyarrow.parquet as parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def exact(value):
    """A value as text that keeps every digit; lists and structs member by member."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return str((value - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    raise SystemExit(f"unexpected value {value!r}")


def canonical(row):
    return json.dumps(row, sort_keys=True)


def compare(archive, folder, name):
    table = deltalake.DeltaTable(os.path.join(archive, name))
    have = collections.Counter()
    for path in table.get_add_actions(flatten=True)["path"].to_pylist():
        rows = parquet.read_table(os.path.join(archive, name, path), partitioning=None).to_pylist()
        have.update(canonical(exact(row)) for row in rows)
    with open(os.path.join(folder, f"{name}.ndjson")) as stream:
        want = collections.Counter(canonical(json.loads(line)) for line in stream)
    extra = list((have - want).elements())
    missing = list((want - have).elements())
    return {
        "rows": sum(have.values()),
        "expected": sum(want.values()),
        "extra": [row[:2000] for row in extra[:1]],
        "missing": [row[:2000] for row in missing[:1]],
    }


archive, folder, *types = sys.argv[1:]
print(json.dumps({name: compare(archive, folder, name) for name in types}))
