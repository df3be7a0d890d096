"""A reader of Iceberg tables that knows nothing of our code: pyiceberg finds the table by its hint, delta-rs the Delta
table over the same files.

Reads one JSON request a line: {"archive": folder or URI, "datasets": [name], "options": {} | {"s3": storage options}}.
Answers with one JSON line: per dataset {"delta": version before the reading, "iceberg": version that was read, "rows",
"missing", "doubled", "files": differing files, "turns"}, all compared with the Delta table of the version that was read;
"fault" when the table that the hint names can't be read.
"""
import collections
import json
import sys

import deltalake
from deltalake.exceptions import TableNotFoundError
from pyiceberg.table import StaticTable

MAX_TURNS = 20
# Readings of one table: a request to a loaded server may fail once.
MAX_TRIES = 3


def properties(s3):
    if s3 is None:
        return {}
    return {
        "s3.endpoint": s3["AWS_ENDPOINT_URL"],
        "s3.region": s3["AWS_REGION"],
        "s3.access-key-id": s3["AWS_ACCESS_KEY_ID"],
        "s3.secret-access-key": s3["AWS_SECRET_ACCESS_KEY"],
    }


def counted(table, names):
    return collections.Counter(map(repr, zip(*(table.column(name).to_pylist() for name in names))))


def opened(location, s3):
    """The table that the hint names; None without a hint."""
    try:
        return StaticTable.from_metadata(location, properties(s3))
    except FileNotFoundError as error:
        if "version-hint" in str(error):
            return None
        raise


def compare(table, delta):
    names = sorted(field.name for field in table.schema().fields)
    scan = table.scan()
    files = {task.file.file_path.split("://", 1)[-1] for task in scan.plan_files()}
    rows = counted(scan.to_arrow(), names)
    wanted = counted(delta.to_pyarrow_table(columns=names), names)
    missing, extra = wanted - rows, rows - wanted
    live = {uri.split("://", 1)[-1] for uri in delta.file_uris()}
    return {
        "rows": sum(rows.values()),
        "missing": sum(missing.values()),
        "doubled": sum(extra.values()),
        "files": len({path.lstrip("/") for path in files} ^ {path.lstrip("/") for path in live}),
    }


def check(archive, name, s3):
    folder = f"{archive}/{name}"
    root = archive if "://" in archive else f"file://{archive}"
    location = f"{root}/_iceberg/{name}"
    try:
        before = deltalake.DeltaTable(folder, storage_options=s3).version()
    except TableNotFoundError:
        return {"delta": -1, "iceberg": -1}
    tries = collections.Counter()
    for turn in range(MAX_TURNS):
        try:
            table = opened(location, s3)
            if table is None:
                return {"delta": before, "iceberg": -1}
            tries[table.metadata_location] += 1
            if tries[table.metadata_location] > MAX_TRIES:
                return {"delta": before, "fault": f"{table.metadata_location}: {fault}"}
            version = table.current_snapshot().snapshot_id - 1
            delta = deltalake.DeltaTable(folder, version=version, storage_options=s3)
            return {"delta": before, "iceberg": version, "turns": turn, **compare(table, delta)}
        except Exception as error:
            # A replacement may have been committed and synced since the hint was read; then the hint names another version.
            fault = f"{type(error).__name__}: {str(error)[:300]}"
    return {"delta": before, "fault": f"no table could be read in {MAX_TURNS} turns: {fault}"}


for line in sys.stdin:
    request = json.loads(line)
    try:
        s3 = request["options"].get("s3")
        found = {name: check(request["archive"], name, s3) for name in request["datasets"]}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found), flush=True)
