"""Writes the rows of archives, read with pyarrow, as NDJSON: numbers, decimals and times (Unix microseconds) as text.

Usage: dump.py FOLDER TYPE...
For each FOLDER/NAME, which is an archive, FOLDER/NAME.rows/TYPE.ndjson gets the rows of a table in their order.
Prints the number of archives and of rows.
"""
import datetime
import decimal
import json
import os
import re
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


def first_ledger(path):
    return int(re.search(r"stellar-data-(\d+)-", path).group(1))


def dump(archive, name):
    table = deltalake.DeltaTable(os.path.join(archive, name))
    paths = sorted(table.get_add_actions(flatten=True)["path"].to_pylist(), key=first_ledger)
    rows = 0
    with open(os.path.join(f"{archive}.rows", f"{name}.ndjson"), "w") as out:
        for path in paths:
            for row in parquet.read_table(os.path.join(archive, name, path), partitioning=None).to_pylist():
                out.write(json.dumps(exact(row)) + "\n")
                rows += 1
    return rows


folder, *types = sys.argv[1:]
archives = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
total = 0
for archive in archives:
    os.mkdir(f"{archive}.rows")
    total += sum(dump(archive, name) for name in types)
print(json.dumps({"archives": len(archives), "rows": total}))
