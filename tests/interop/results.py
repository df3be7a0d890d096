"""Reads rows.arrow and rows.parquet of a folder with pyarrow; prints every value as text."""

import json
import os
import sys

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

folder = sys.argv[1]


def text(value):
    if isinstance(value, list):
        return ",".join(text(item) for item in value)
    if isinstance(value, dict):
        return ",".join(text(item) for item in value.values())
    return str(value)


def rows(table):
    table = table.select(range(table.num_columns))
    return [[text(value) for value in row.values()] for row in table.to_pylist()]


with pa.ipc.open_stream(os.path.join(folder, "rows.arrow")) as reader:
    arrow = reader.read_all()
arrow.validate(full=True)
parquet = pyarrow.parquet.read_table(os.path.join(folder, "rows.parquet"))
print(
    json.dumps(
        {
            "arrow": rows(arrow),
            "parquet": rows(parquet),
            "types": [str(field.type) for field in arrow.schema],
        }
    )
)
