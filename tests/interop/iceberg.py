"""Reads Iceberg tables with pyiceberg and polars, and the Delta tables over the same files with delta-rs.

stdin: {"dir": scratch folder, "tables": {name: {"iceberg": location, "delta": folder, "options": pyiceberg properties,
"delta_options": storage options,
"polars_reader": the reader that polars uses, "filters": [row filter]}}}.
Prints a summary (canon.py) of each table, of each of its snapshots and of the Delta versions of the same number.
"""
import json
import os
import sys

os.environ["POLARS_ICEBERG_PLANNER"] = "pyiceberg"  # the other planner is a separate package

import deltalake
import polars
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import parser
from pyiceberg.expressions.visitors import bind
from pyiceberg.io.pyarrow import expression_to_pyarrow
from pyiceberg.table import StaticTable

from readings import arrow, reading


def attempt(read):
    try:
        return read()
    except BaseException as error:  # a panic of polars is no Exception
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}


def delta(request, version, names):
    options = request.get("delta_options")
    table = deltalake.DeltaTable(request["delta"], version=version, storage_options=options)
    present = [name for name in names if name in {field.name for field in table.schema().fields}]
    data = polars.read_delta(request["delta"], version=version, storage_options=options).select(present)
    return {
        "delta": arrow(table.to_pyarrow_table(columns=present)),
        "polars_delta": reading([[name, str(kind)] for name, kind in data.schema.items()], data.iter_rows()),
    }


def delta_files(request, schema, row_filter):
    """How many files the readers of the Delta table open for a filter."""
    table = deltalake.DeltaTable(request["delta"], storage_options=request.get("delta_options"))
    condition = expression_to_pyarrow(bind(schema, parser.parse(row_filter), case_sensitive=True))
    return len(list(table.to_pyarrow_dataset().get_fragments(filter=condition)))


def frame(request, table, snapshot=None):
    properties, reader = request.get("options", {}), request.get("polars_reader")
    scan = polars.scan_iceberg(table, storage_options=properties, snapshot_id=snapshot, reader_override=reader)
    data = scan.collect()
    return reading([[name, str(kind)] for name, kind in data.schema.items()], data.iter_rows())


def read(name, request, catalog):
    properties = request.get("options", {})
    table = StaticTable.from_metadata(request["iceberg"], properties)
    columns = [field.name for field in table.schema().fields]
    snapshots = {}
    for snapshot in table.snapshots():
        version = snapshot.snapshot_id - 1
        scan = table.scan(snapshot_id=snapshot.snapshot_id)
        snapshots[version] = {
            "operation": snapshot.summary.operation.value,
            "files": len(list(scan.plan_files())),
            "pyiceberg": attempt(lambda: arrow(scan.to_arrow())),
            "polars": attempt(lambda: frame(request, table.metadata_location, snapshot.snapshot_id)),
            **delta(request, version, columns),
        }
    registered = catalog.register_table(("lake", name), table.metadata_location)
    skipping = [
        {
            "filter": row_filter,
            "files": len(list(table.scan(row_filter=row_filter).plan_files())),
            "rows": table.scan(row_filter=row_filter, selected_fields=(columns[0],)).to_arrow().num_rows,
            "delta": delta_files(request, table.schema(), row_filter),
        }
        for row_filter in request.get("filters", [])
    ]
    return {
        "format": table.metadata.format_version,
        "current": table.metadata.current_snapshot_id - 1,
        "schema": [[field.field_id, field.name, str(field.field_type), field.required] for field in table.schema().fields],
        "sorted": str(table.sort_order()),
        "snapshots": snapshots,
        "catalog": attempt(lambda: arrow(registered.scan().to_arrow())),
        "skipping": skipping,
    }


request = json.load(sys.stdin)
answer = {}
for name, each in request["tables"].items():
    path = os.path.join(request["dir"], f"{name}.db")
    catalog = SqlCatalog(name, uri=f"sqlite:///{path}", warehouse=f"file://{request['dir']}", **each.get("options", {}))
    catalog.create_namespace("lake")
    answer[name] = read(name, each, catalog)
print(json.dumps(answer))
