"""Reads pairs of Parquet files, v1.parquet and v2.parquet in a folder each, as the readers of the rule table do.

Arguments: folders. Prints, by folder and reader, the columns, types and rows found, values as text, or the error.
"""

import json
import os
import sys

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def text(value):
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: text(member) for name, member in value.items()}
    if isinstance(value, list):
        return [text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, str):
        return f'"{value}"'
    plain = str(value)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def kind(data_type):
    """A type's name, the same for pyarrow and polars."""
    return str(data_type).replace("large_", "").replace("<element:", "<item:")


def found(columns, types, rows):
    rows = sorted(rows, key=lambda row: row["k"])
    rows = [{name: text(value) for name, value in row.items()} for row in rows]
    return {"columns": columns, "types": types, "rows": rows}


def arrow(table):
    return found(table.column_names, [kind(t) for t in table.schema.types], table.to_pylist())


def frame(data):
    return found(data.columns, [kind(t) for t in data.to_arrow().schema.types], data.to_dicts())


def delta_type(data_type):
    if pa.types.is_struct(data_type):
        return {"type": "struct", "fields": [delta_field(data_type.field(i)) for i in range(data_type.num_fields)]}
    if pa.types.is_list(data_type):
        return {"type": "array", "elementType": delta_type(data_type.value_type), "containsNull": True}
    if pa.types.is_decimal(data_type):
        return f"decimal({data_type.precision},{data_type.scale})"
    if pa.types.is_timestamp(data_type):
        return "timestamp" if data_type.tz else "timestamp_ntz"
    names = {"int32": "integer", "int64": "long", "uint32": "long", "float": "float", "double": "double"}
    return names.get(str(data_type), str(data_type).replace("bool", "boolean"))


def delta_field(field):
    return {"name": field.name, "type": delta_type(field.type), "nullable": True, "metadata": {}}


def delta(folder, files, schema, hive):
    """A table of both files with the newer schema, its log written as this archive writes it."""
    log = os.path.join(folder, "_delta_log")
    os.makedirs(log, exist_ok=True)
    fields = [delta_field(field) for field in schema]
    fields += [{"name": name, "type": "string", "nullable": True, "metadata": {}} for name in hive]
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "00000000-0000-8000-8000-000000000000",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": fields}),
                "partitionColumns": list(hive),
                "configuration": {},
                "createdTime": 0,
            }
        },
    ]
    for file in files:
        add = {"path": os.path.relpath(file, folder), "partitionValues": hive, "size": os.path.getsize(file)}
        actions.append({"add": {**add, "modificationTime": 0, "dataChange": True}})
    with open(os.path.join(log, "00000000000000000000.json"), "w") as out:
        out.writelines(json.dumps(action) + "\n" for action in actions)
    return frame(pl.read_delta(folder))


def scan(files, schema):
    """polars with a schema in hand: what is missing is null, what is unknown is left out, types may only widen."""
    casts = pl.ScanCastOptions(
        integer_cast="upcast", float_cast="upcast", missing_struct_fields="insert", extra_struct_fields="ignore"
    )
    lenient = {"missing_columns": "insert", "extra_columns": "ignore", "cast_options": casts}
    return frame(pl.scan_parquet(files, schema=pl.from_arrow(schema.empty_table()).schema, **lenient).collect())


def attempt(read):
    try:
        return read()
    except BaseException as error:  # a panic of polars is no Exception
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"}


def readers(folder):
    parts = [part for part in os.listdir(folder) if "=" in part]
    where = os.path.join(folder, *parts)
    hive = dict(part.split("=") for part in parts)
    files = [os.path.join(where, "v1.parquet"), os.path.join(where, "v2.parquet")]
    older, newer = (pq.read_schema(file) for file in files)
    partitioning = "hive" if hive else None
    dataset = lambda schema=None: arrow(ds.dataset(files, schema=schema, partitioning=partitioning).to_table())
    return {
        "v1": arrow(pq.ParquetFile(files[0]).read()),
        "v2": arrow(pq.ParquetFile(files[1]).read()),
        "pyarrow": attempt(lambda: dataset()),
        "pyarrow_newer": attempt(lambda: dataset(newer)),
        "pyarrow_older": attempt(lambda: dataset(older)),
        "polars": attempt(lambda: frame(pl.scan_parquet(files, hive_partitioning=bool(hive)).collect())),
        "polars_newer": attempt(lambda: scan(files, newer)),
        "polars_older": attempt(lambda: scan(files, older)),
        "delta": attempt(lambda: delta(folder, files, newer, hive)),
    }


print(json.dumps({folder: readers(folder) for folder in sys.argv[1:]}))
