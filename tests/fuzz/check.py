"""Holds a source's lines against what became of them, reading the Parquet files with pyarrow and with polars.

Reads one JSON document a line from stdin (a chunk: source, reject files, datasets with schemas and files), answers with
one line each: rows, rejects by code, faults. Its own reading of the messages is Python's json, nothing of the program.
"""
import base64
import datetime
import decimal
import json
import sys

import polars
import pyarrow.parquet as parquet

from reading import Number, double_holds, fields_of, instant, parse, place
from refusals import is_case_clash, justified

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)
# Rejects that depend on nothing but the message; all others need a schema that was there before.
OWN = {"NOT_JSON", "NOT_UTF8", "TOO_DEEP", "NOT_OBJECT", "DUPLICATE_KEY", "LONE_SURROGATE", "KEY_TOO_LONG", "NO_LEDGER",
       "BAD_LEDGER", "LEDGER_CONFLICT", "NO_CLOSE_TIME", "BAD_CLOSE_TIME", "TIME_PRECISION", "TIME_OUT_OF_RANGE",
       "CLOSE_TIME_CONFLICT", "NO_MESSAGE_TYPE", "BAD_MESSAGE_TYPE"}


def micros_of(value):
    return (value - EPOCH) // MICROSECOND


def plain(value):
    """JSON values in a form that compares by value, numbers by their text."""
    if isinstance(value, Number):
        return ("number", value.text)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def difference(kind, value, stored):
    """Why `stored` is not the message's value, or None."""
    name = kind["type"]
    if value is None or stored is None:
        return None if value is None and stored is None else f"{name}: {stored!r} for {show(value)}"
    if name == "json":
        same = plain(parse(stored)) == plain(value)
    elif name == "list":
        if not isinstance(value, list) or len(value) != len(stored):
            return f"list: {stored!r} for {show(value)}"
        return next((why for why in (difference(kind["items"]["type"], a, b) for a, b in zip(value, stored)) if why), None)
    elif name == "struct":
        fields = {field.get("key", field["name"]): field for field in kind["fields"]}
        if not isinstance(value, dict) or any(item is not None and key not in fields for key, item in value.items()):
            return f"struct: {stored!r} for {show(value)}"
        found = (difference(field["type"], value.get(key), stored[field["name"]]) for key, field in fields.items())
        return next((why for why in found if why), None)
    elif name == "utf8":
        same = isinstance(value, str) and stored == value
    elif name == "bool":
        same = isinstance(value, bool) and stored is value
    elif name == "timestamp":
        same = isinstance(value, str) and micros_of(stored) == instant(value)
    elif name == "float64":
        same = isinstance(value, Number) and double_holds(value.text) and stored == float(value.text)
        same = same and repr(stored).startswith("-") == value.text.startswith("-")
    elif name == "decimal128":
        number = value.value() if isinstance(value, Number) else decimal.Decimal(value)
        same = stored == number
    else:
        same = isinstance(value, Number) and int(stored) == value.value()
    return None if same else f"{name}: {stored!r} for {show(value)}"


def show(value):
    return repr(plain(value))[:200]


def row_difference(schema, placed, row):
    kind, inner, ledger, micros, message = placed
    values = fields_of(message, inner, kind)
    taken = {}
    for field in schema["fields"]:
        stored = row[field["name"]]
        path = field.get("path") or [field.get("key", field["name"])]
        if field["name"] == schema["ledgerColumn"]:
            why = None if stored == ledger else f"ledger {stored} for {ledger}"
            values.pop(field["name"], None)
        elif field["name"] == schema["closeTimeColumn"]:
            why = None if micros_of(stored) == micros else f"close time {stored} for {micros}"
            values.pop(field["name"], None)
        else:
            value = values
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            flattened = any((other.get("path") or [])[: len(path)] == path and other is not field for other in schema["fields"])
            if flattened and isinstance(value, dict):
                value = None
            why = difference(field["type"], value, stored)
            if value is not None:
                taken[json.dumps(path)] = True
        if why is not None:
            return f"{field['name']}: {why}"
    return next((f"{path} has no column" for path in leaves(values, []) if not covered(path, taken)), None)


def leaves(value, path):
    """Paths of values that are not null; objects are followed as far as they may have been taken apart."""
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from leaves(item, [*path, key])
        elif item is not None and item != {}:
            yield [*path, key]


def covered(path, taken):
    return any(json.dumps(path[:size]) in taken for size in range(1, len(path) + 1))


def same(a, b):
    """Deep equality that tells -0.0 from 0.0 and True from 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, float) and isinstance(b, float):
        return repr(a) == repr(b)
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def source_fault(field, stored):
    """Why a file's Arrow field does not say where the message has the value, or None; `stored` is the field as pyarrow has it."""
    found = stored.metadata or {}
    path = found.get(b"parquetry.path")
    have = [None if (key := found.get(b"parquetry.key")) is None else key.decode(), path and json.loads(path)]
    if have != [field.get("key"), field.get("path")]:
        return f"{field['name']}: the file says {have} for {field}"
    kind = field["type"]
    if kind["type"] == "list":
        return source_fault(kind["items"], stored.type.value_field)
    members = kind["fields"] if kind["type"] == "struct" else []
    faults = (source_fault(member, stored.type.field(member["name"])) for member in members)
    return next((fault for fault in faults if fault), None)


def check(chunk):
    faults, codes, rows = [], {}, 0
    with open(chunk["source"], "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    clean = set(chunk["clean"])
    rejected = {}
    schemas = {entry["dataset"]: entry["schema"] for entry in chunk["datasets"]}
    strict = {entry["dataset"] for entry in chunk["datasets"] if entry["strict"]}
    for name in chunk["rejects"]:
        with open(name, encoding="utf8") as file:
            for text in file:
                reject = json.loads(text)
                number = int(reject["position"].rsplit(":", 1)[1])
                line = lines[number - 1]
                code = reject["code"]
                codes[code] = codes.get(code, 0) + 1
                raw = reject["raw"].encode() if "raw" in reject else base64.b64decode(reject["raw_base64"])
                text_of = line[:-1] if line.endswith(b"\r") else line
                if number in rejected:
                    faults.append(f"line {number} is rejected twice")
                if raw != text_of or not reject["reason"]:
                    faults.append(f"line {number}: the reject has other bytes or no reason")
                rejected[number] = code
                if is_case_clash(reject, text_of, lines):
                    continue
                if not justified(reject, text_of, schemas.get(reject.get("dataset"))):
                    faults.append(f"line {number}: {code} of {reject.get('column')} is not so: {text_of[:300]}")
                if code not in OWN and "column" not in reject:
                    faults.append(f"line {number}: {code} names no column")
                own = reject.get("dataset") in strict or "dataset" not in reject
                if own and (number in clean or code not in OWN):
                    faults.append(f"line {number}: {code} {reject['reason']} for {text_of[:500]}")
    placed = {}
    for number, line in enumerate(lines, 1):
        if number in rejected or not line.strip(b" \t\r"):
            continue
        try:
            message = parse(line.decode())
            kind, inner, ledger, micros = place(message)
        except Exception as error:
            faults.append(f"line {number} was accepted: {error!r}: {line[:300]}")
            continue
        placed.setdefault(kind, []).append((ledger, number, (kind, inner, ledger, micros, message)))
    for entry in chunk["datasets"]:
        want = sorted(placed.pop(entry["dataset"], []), key=lambda item: item[:2])
        have, twin = [], []
        for name in entry["files"]:
            have += parquet.read_table(name, partitioning=None).to_pylist()
            stored = parquet.read_schema(name)
            found = (source_fault(field, stored.field(field["name"])) for field in entry["schema"]["fields"])
            faults += [f"{entry['dataset']}: {fault}" for fault in found if fault]
            twin += polars.read_parquet(name, hive_partitioning=False).to_dicts()
        rows += len(have)
        if len(have) != len(want) or len(twin) != len(want):
            faults.append(f"{entry['dataset']}: {len(have)} rows (polars {len(twin)}) for {len(want)} messages")
            continue
        for (_, number, message), row, other in zip(want, have, twin):
            why = row_difference(entry["schema"], message, row)
            if why is not None:
                faults.append(f"{entry['dataset']} line {number}: {why}")
            if not same(row, other):
                faults.append(f"{entry['dataset']} line {number}: polars reads {str(other)[:300]}, pyarrow {str(row)[:300]}")
    for kind, left in placed.items():
        faults.append(f"{len(left)} messages of {kind} are in no dataset")
    return {"messages": sum(1 for line in lines if line.strip(b" \t\r")), "rows": rows, "codes": codes, "faults": faults[:20]}


for request in sys.stdin:
    print(json.dumps(check(json.loads(request))), flush=True)
