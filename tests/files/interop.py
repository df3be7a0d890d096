"""Reads a Parquet file with pyarrow and polars and prints what they make of it, as JSON."""
import json
import sys

import polars
import pyarrow.parquet as pq


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    return str(value)


path = sys.argv[1]
table = pq.read_table(path, partitioning=None)
frame = polars.read_parquet(path, hive_partitioning=False)
file = pq.ParquetFile(path)
fields = [
    {"name": field.name, "type": str(field.type), "id": int((field.metadata or {}).get(b"PARQUET:field_id", b"-1"))}
    for field in table.schema
]
metadata = file.metadata.metadata or {}
print(
    json.dumps(
        {
            "fields": fields,
            "metadata": {key.decode(): value.decode() for key, value in metadata.items()},
            "rows": [plain(list(row.values())) for row in table.to_pylist()],
            "polars": {name: str(kind) for name, kind in frame.schema.items()},
            "polarsRows": [plain(list(row)) for row in frame.iter_rows()],
            "groups": file.metadata.num_row_groups,
        }
    )
)
