"""Prints the column `v` of a Parquet file by ledger, each value as the text that repr gives for it."""
import json
import sys

import polars
import pyarrow.parquet as parquet


def text(value):
    if hasattr(value, "astimezone"):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return json.dumps(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return repr(value) if isinstance(value, float) else str(value)


def rows(file):
    ours = parquet.read_table(file, partitioning=None).to_pylist()
    theirs = polars.read_parquet(file, hive_partitioning=False).to_dicts()
    assert [text(row["v"]) for row in ours] == [text(row["v"]) for row in theirs]
    return {row["ledger_sequence"]: text(row["v"]) for row in ours}


print(json.dumps({file: rows(file) for file in sys.argv[1:]}))
