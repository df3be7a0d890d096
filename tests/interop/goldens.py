"""Compares the datasets of an archive, read with pyarrow, with the goldens: row for row, value for value.

Usage: goldens.py ARCHIVE GOLDEN_FOLDER FIRST_LEDGER LAST_LEDGER TYPE...
Prints per type: rows read, rows expected, rows only in the archive (extra), rows only in the goldens (missing), contract
events that the goldens have a second time (copies), and an example of a difference.
"""
import base64
import collections
import datetime
import decimal
import json
import os
import sys

import deltalake
import pyarrow
import pyarrow.parquet as parquet

# Columns of contract_data that the goldens do not have: the specification's envelope, and the balance before the ledger.
OWN_COLUMNS = {"message_type", "processor_name", "previous_balance"}
LEDGER = {"ledgers": "sequence"}


def parse(text):
    return json.loads(text, parse_float=decimal.Decimal)


def freeze(value):
    """A hashable form that keeps every difference of type and value."""
    if isinstance(value, dict):
        return ("object", tuple(sorted((key, freeze(item)) for key, item in value.items())))
    if isinstance(value, list):
        return ("list", tuple(freeze(item) for item in value))
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, (int, decimal.Decimal)):
        return ("number", str(value))
    return (type(value).__name__, value)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def golden_rows(path, ledger_column, first, last, columns, times):
    with pyarrow.input_stream(path, compression="zstd") as stream:
        lines = stream.read().decode().split("\n")
    for line in lines:
        if not line.strip():
            continue
        row = parse(line)
        if not first <= row[ledger_column] <= last:
            continue
        unknown = set(row) - set(columns)
        if unknown:
            raise SystemExit(f"{path}: columns that the archive lacks: {sorted(unknown)}")
        yield of_success({name: instant(row[name]) if name in times else row.get(name) for name in columns})


def of_success(row):
    """An event of a failed transaction is in no successful call; stellar-etl says that it is."""
    if row.get("in_successful_contract_call") and not row["successful"] and row["type"] != 2:
        event = base64.b64decode(row["contract_event_xdr"])[4:]
        row["in_successful_contract_call"] = False
        row["contract_event_xdr"] = base64.b64encode(bytes(4) + event).decode()
    return row


def archive_rows(folder, columns, jsons):
    table = deltalake.DeltaTable(folder)
    for path in table.get_add_actions(flatten=True)["path"].to_pylist():
        for row in parquet.read_table(os.path.join(folder, path), partitioning=None).to_pylist():
            yield {name: from_json(row[name]) if name in jsons else row[name] for name in columns}


def from_json(value):
    """JSON text, or a list of JSON texts, as the values they stand for."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return None if value is None else parse(value)


def is_json(field):
    kind = field["type"]
    return kind["type"] == "json" or (kind["type"] == "list" and is_json(kind["items"]))


def compare(archive, goldens, first, last, name):
    folder = os.path.join(archive, name)
    schema = json.load(open(os.path.join(archive, "_parquetry/schemas", name, "1.json")))["schema"]
    fields = [field for field in schema["fields"] if field["name"] not in (OWN_COLUMNS if name == "contract_data" else set())]
    columns = [field["name"] for field in fields]
    times = {field["name"] for field in fields if field["type"]["type"] == "timestamp"}
    jsons = {field["name"] for field in fields if is_json(field)}
    want = collections.Counter(
        freeze(row)
        for row in golden_rows(
            os.path.join(goldens, f"{name}.ndjson.zst"), LEDGER.get(name, "ledger_sequence"), first, last, columns, times
        )
    )
    have = collections.Counter(freeze(row) for row in archive_rows(folder, columns, jsons))
    missing = list((want - have).elements())
    extra = list((have - want).elements())
    copies = [row for row in missing if name == "contract_events" and is_copy(row, have)]
    missing = [row for row in missing if row not in set(copies)]
    return {
        "rows": sum(have.values()),
        "expected": sum(want.values()),
        "copies": len(copies),
        "missing": len(missing),
        "extra": len(extra),
        "example": difference(extra, missing),
    }


def is_copy(row, have):
    """A contract event that the goldens have twice: ours has it under its operation, the copy names no operation."""
    value = dict(row[1])
    if value["operation_id"] != ("NoneType", None) or value["type"] != ("number", "1"):
        return False
    same = {key: item for key, item in value.items() if key != "operation_id"}
    return any(
        dict(other[1])["operation_id"] != ("NoneType", None) and all(dict(other[1])[key] == item for key, item in same.items())
        for other in have
        if dict(other[1])["transaction_hash"] == value["transaction_hash"]
    )


def difference(extra, missing):
    if not extra or not missing:
        return None
    ours = dict(extra[0][1])
    nearest = min(missing, key=lambda row: sum(ours.get(key) != value for key, value in row[1]))
    return {key: [str(ours.get(key))[:200], str(value)[:200]] for key, value in nearest[1] if ours.get(key) != value}


archive, goldens, first, last, *types = sys.argv[1:]
print(json.dumps({name: compare(archive, goldens, int(first), int(last), name) for name in types}))
