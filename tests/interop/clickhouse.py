"""Reads Iceberg and Delta tables with ClickHouse (chdb, in this process) and pandas.

stdin: {"dir": folder of all local tables, "tables": {name: {"iceberg": location, "delta": folder, "s3": [endpoint, key, secret] or absent,
"versions": [version], "filters": [predicate]}}}. Prints per table and format what was read (readings.py) of each version.
"""
import json
import os
import re
import sys

import chdb
import deltalake
import pandas
from pyiceberg.table import StaticTable

from readings import arrow, reading


def attempt(read):
    try:
        return read()
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}


def source(function, request, location):
    path = location.split("://", 1)[-1]
    if "s3" not in request:
        return f"{function}Local('{path}')"
    endpoint, key, secret = request["s3"]
    return f"{function}S3('{endpoint}/{path}/', '{key}', '{secret}')"


def ask(text, **settings):
    options = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return chdb.query(f"{text} SETTINGS {options}, output_format_arrow_string_as_string = 1, session_timezone = 'UTC'", "ArrowTable")


def clickhouse(request, names):
    iceberg = source("iceberg", request, request["iceberg"])
    delta = source("deltaLake", request, request["delta"])
    columns = {version: ", ".join(present) for version, present in names.items()}
    # ClickHouse takes times without a zone, here in UTC.
    filters = [re.sub(r"'(\S+)T(\S+)\+00:00'", r"'\1 \2'", where) for where in request["filters"]]
    return {
        "iceberg": {
            version: attempt(lambda: arrow(ask(f"SELECT {columns[version]} FROM {iceberg}", iceberg_snapshot_id=version + 1)))
            for version in request["versions"]
        },
        "delta": {
            version: attempt(
                lambda: arrow(ask(f"SELECT {columns[version]} FROM {delta}", delta_lake_snapshot_version=version))
            )
            for version in request["versions"]
        },
        "rows": {
            name: [
                attempt(lambda: ask(f"SELECT count() AS c FROM {place} WHERE {where}", max_threads=1).column("c").to_pylist()[0])
                for where in filters
            ]
            for name, place in (("iceberg", iceberg), ("delta", delta))
        },
    }


def frame(table, present):
    data = table.to_pandas(types_mapper=pandas.ArrowDtype)
    values = {name: data[name].array.__arrow_array__().to_pylist() for name in present}
    return reading([], zip(*values.values()))


def read(request):
    table = StaticTable.from_metadata(request["iceberg"], request.get("options", {}))
    names = {}
    result = {"iceberg": {}, "delta": {}}
    for version in request["versions"]:
        scan = table.scan(snapshot_id=version + 1)
        names[version] = [field.name for field in scan.projection().fields]
        older = deltalake.DeltaTable(request["delta"], version=version, storage_options=request.get("delta_options"))
        result["iceberg"][version] = attempt(lambda: frame(scan.to_arrow(), names[version]))
        result["delta"][version] = attempt(lambda: frame(older.to_pyarrow_table(), names[version]))
    return {"clickhouse": clickhouse(request, names), "pandas": result}


def main():
    request = json.load(sys.stdin)
    os.chdir(request["dir"])  # chdb reads no file outside of its working folder
    print(json.dumps({name: read(each) for name, each in request["tables"].items()}))


if __name__ == "__main__":
    main()
