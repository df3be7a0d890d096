"""Reads Parquet files with pyarrow and polars, and Delta tables with delta-rs; prints a summary (canon.py) of each.

stdin: {"files": [path], "tables": {name: folder}}; a file that a program can't read has {"error": text}.
"""
import json
import os
import sys

import deltalake
import polars
import pyarrow
import pyarrow.parquet as parquet

from canon import summary


def arrow(table):
    types = [[field.name, str(field.type)] for field in table.schema]
    return summary(types, zip(*[column.to_pylist() for column in table.columns]))


def frame(data):
    return summary([[name, str(kind)] for name, kind in data.schema.items()], data.iter_rows())


def attempt(read):
    try:
        return read()
    except BaseException as error:  # a panic of polars is no Exception
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}


def delta(folder):
    """The table as the log has it: the files are read with pyarrow alone, their partition columns come from the log."""
    table = deltalake.DeltaTable(folder)
    adds = pyarrow.table(table.get_add_actions(flatten=True)).to_pylist()
    names = [field.name for field in table.schema().fields]
    rows = []
    for add in adds:
        read = parquet.read_table(os.path.join(folder, add["path"]), partitioning=None).to_pylist()
        rows += [[row[name] if name in row else add.get(f"partition.{name}") for name in names] for row in read]
    polars_rows = polars.read_delta(folder).select(names)
    return {
        "version": table.version(),
        "files": sorted(add["path"] for add in adds),
        "history": [[entry["version"], entry["operation"]] for entry in table.history()],
        "pyarrow": summary(names, rows),
        "polars": summary(names, polars_rows.iter_rows()),
    }


request = json.load(sys.stdin)
print(json.dumps({
    "files": {
        file: {
            "pyarrow": attempt(lambda: arrow(parquet.read_table(file, partitioning=None))),
            "polars": attempt(lambda: frame(polars.read_parquet(file, hive_partitioning=False))),
        }
        for file in request.get("files", [])
    },
    "tables": {name: delta(folder) for name, folder in request.get("tables", {}).items()},
}))
