"""Reads every dataset of an archive with pyarrow (through the commit log), delta-rs and polars and prints what it saw."""
import hashlib
import json
import os
import sys

import deltalake
import polars
import pyarrow.parquet as parquet


def digest(rows):
    """Order-free fingerprint of rows: sorted JSON lines."""
    lines = sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read(folder):
    table = deltalake.DeltaTable(folder)
    files = [os.path.join(folder, path) for path in table.get_add_actions(flatten=True)["path"].to_pylist()] if len(table.file_uris()) else []
    ours = [row for file in files for row in parquet.read_table(file, partitioning=None).to_pylist()]
    columns = parquet.read_schema(files[0]).names if files else []
    delta = table.to_pyarrow_table(columns=columns).to_pylist() if files else []
    frame = polars.read_delta(folder).select(columns).to_dicts() if files else []
    return {
        "version": table.version(),
        "files": len(files),
        "rows": len(ours),
        "pyarrow": digest(ours),
        "deltalake": digest(delta),
        "polars": digest(frame),
        "schema": {field.name: str(field.type) for field in parquet.read_schema(files[0])} if files else {},
        "history": len(table.history()),
    }


archive = sys.argv[1]
found = {
    name: read(os.path.join(archive, name))
    for name in sorted(os.listdir(archive))
    if os.path.isdir(os.path.join(archive, name, "_delta_log"))
}
print(json.dumps(found))
