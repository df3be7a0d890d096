"""Reads a Delta table with delta-rs and with polars: rows, whether both see the same, and one column by ledger."""
import json
import sys

import deltalake
import polars

folder, key, ledger, column = sys.argv[1:]
names = [field.name for field in deltalake.DeltaTable(folder).schema().fields]
ours = deltalake.DeltaTable(folder).to_pyarrow_table(columns=names).to_pylist()
theirs = polars.read_delta(folder).select(names).to_dicts()


def text(row):
    return json.dumps(row, sort_keys=True, default=str)


print(json.dumps({
    "rows": len(ours),
    "same": sorted(map(text, ours)) == sorted(map(text, theirs)),
    "values": sorted([row[ledger], row[key], row[column]] for row in theirs),
}))
