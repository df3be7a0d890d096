"""Reads each table of an archive with pyarrow, delta-rs, polars and DuckDB: its rows, and every value of one ledger.

stdin: {"archive": FOLDER, "tables": {NAME: name of its ledger column}}. Prints {NAME: {reader: {rows, sample, digest}}}.
"""
import json
import os
import sys

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.parquet as parquet

from canon import summary


def read(folder, column):
    table = deltalake.DeltaTable(folder)
    files = [os.path.join(folder, path) for path in table.get_add_actions(flatten=True)["path"].to_pylist()] if table.file_uris() else []
    if not files:
        names = [field.name for field in table.schema().fields if field.name not in table.metadata().partition_columns]
        frame = polars.read_delta(folder)
        return {
            "pyarrow": {"rows": 0, "sample": 0, "digest": None},
            "delta-rs": {"rows": table.to_pyarrow_table(columns=names).num_rows, "sample": 0, "digest": None},
            "polars": {"rows": frame.select(names).height, "sample": 0, "digest": None},
        }
    whole = pyarrow.concat_tables(parquet.read_table(file, partitioning=None) for file in files)
    names = whole.column_names
    ledger = whole.column(column)[0].as_py()
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    source = connection.read_parquet(files, hive_partitioning=False)
    quoted = ", ".join(f'"{name}"' for name in names)
    everything = table.to_pyarrow_table(columns=names)
    frame = polars.scan_delta(folder)

    def found(rows, sample):
        sample = list(sample)
        return {"rows": rows, "sample": len(sample), "digest": summary([], sample)["digest"]}

    def rows_of(arrow):
        return (row.values() for row in arrow.select(names).to_pylist())

    where = [(column, "=", ledger)]
    sampled = pyarrow.concat_tables(parquet.read_table(file, partitioning=None, filters=where) for file in files)
    return {
        "pyarrow": found(whole.num_rows, rows_of(sampled)),
        "delta-rs": found(
            everything.num_rows,
            rows_of(table.to_pyarrow_table(columns=names, filters=where)),
        ),
        "polars": found(
            frame.select(polars.len()).collect().item(),
            frame.filter(polars.col(column) == ledger).select(names).collect().iter_rows(),
        ),
        "duckdb": found(
            connection.sql("SELECT count(*) FROM source").fetchall()[0][0],
            connection.sql(f'SELECT {quoted} FROM source WHERE "{column}" = {ledger}').fetchall(),
        ),
    }


request = json.load(sys.stdin)
print(json.dumps({name: read(os.path.join(request["archive"], name), column) for name, column in request["tables"].items()}))
