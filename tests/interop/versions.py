"""What the files of a Delta table say of their schema, as pyarrow reads it, and an exported Arrow schema."""
import json
import os
import sys

import deltalake
import pyarrow.ipc
import pyarrow.parquet as parquet

folder, exported = sys.argv[1:]


def fields(schema):
    return [[field.name, str(field.type), int(field.metadata[b"PARQUET:field_id"])] for field in schema]


def describe(path):
    stored = parquet.read_metadata(path).metadata
    return {
        "version": int(stored[b"parquetry.schema_version"]),
        "fingerprint": stored[b"parquetry.schema_fingerprint"].decode(),
        "arrow": b"ARROW:schema" in stored,
        "fields": fields(parquet.ParquetFile(path).schema_arrow),
    }


files = deltalake.DeltaTable(folder).get_add_actions(flatten=True)["path"].to_pylist()
print(json.dumps({
    "files": sorted((describe(os.path.join(folder, path)) for path in files), key=lambda file: file["version"]),
    "exported": [[field.name, str(field.type)] for field in pyarrow.ipc.open_stream(exported).schema],
}))
