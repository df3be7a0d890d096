"""Reads one ledger from tables whose files for other ledgers were deleted: a reader that opens a file which it could skip
fails.

stdin: {"dir": folder of all local tables, "ledger": N, "tables": {name: as in iceberg.py}}. Prints per table and reader
the number of rows, or the error. The readers of the optional packages (chdb, pandas) answer where these are installed.
"""
import importlib.util
import json
import os
import sys

os.environ["POLARS_ICEBERG_PLANNER"] = "pyiceberg"

import deltalake
import polars
from pyiceberg.table import StaticTable

HAS_OPTIONAL = importlib.util.find_spec("chdb") is not None


def attempt(read):
    try:
        return read()
    except BaseException as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"


def read(request, ledger):
    options = request.get("delta_options")
    table = StaticTable.from_metadata(request["iceberg"], request.get("options", {}))
    delta = lambda: deltalake.DeltaTable(request["delta"], storage_options=options)
    count = lambda frame: frame.filter(polars.col("ledger_sequence") == ledger).select("ledger_sequence").collect().height
    found = {
        "polars delta": lambda: count(polars.scan_delta(request["delta"], storage_options=options)),
        "polars iceberg": lambda: count(
            polars.scan_iceberg(
                table.metadata_location,
                storage_options=request.get("options", {}),
                reader_override=request.get("polars_reader"),
            )
        ),
    }
    if HAS_OPTIONAL:
        from clickhouse import ask, source

        count_rows = lambda place: ask(f"SELECT count() AS c FROM {place} WHERE ledger_sequence = {ledger}", max_threads=1).column("c").to_pylist()[0]
        found |= {
            "pandas delta": lambda: len(delta().to_pandas(filters=[("ledger_sequence", "=", ledger)])),
            "pandas iceberg": lambda: len(table.scan(row_filter=f"ledger_sequence = {ledger}").to_pandas()),
            "clickhouse delta": lambda: count_rows(source("deltaLake", request, request["delta"])),
            "clickhouse iceberg": lambda: count_rows(source("iceberg", request, request["iceberg"])),
        }
    return {name: attempt(each) for name, each in found.items()}


request = json.load(sys.stdin)
os.chdir(request["dir"])  # chdb reads no file outside of its working folder
print(json.dumps({name: read(each, request["ledger"]) for name, each in request["tables"].items()}))
