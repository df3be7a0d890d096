"""Holds a source's lines against what became of them, reading the Parquet files with pyarrow and with polars.

Reads one JSON document a line from stdin (a chunk: source, reject files, datasets with schemas and files), answers with
one line each: rows, rejects by code, faults. Its own reading of the messages is Python's json, nothing of the program.
"""
import base64
import datetime
import decimal
import json
import re
import sys

import polars
import pyarrow.parquet as parquet

sys.setrecursionlimit(20_000)
decimal.getcontext().prec = 200
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)
LEDGERS = ["ledger_sequence", "ledger", "sequence", "ledger_seq", "block_height", "meta.ledgerSequence", "ledgerSequence"]
TIMES = ["closed_at", "ledger_closed_at", "meta.closedAt", "ledger_close_time", "block_timestamp"]
# Rejects that depend on nothing but the message; all others need a schema that was there before.
OWN = {"NOT_JSON", "NOT_UTF8", "TOO_DEEP", "NOT_OBJECT", "DUPLICATE_KEY", "LONE_SURROGATE", "KEY_TOO_LONG", "NO_LEDGER",
       "BAD_LEDGER", "LEDGER_CONFLICT", "NO_CLOSE_TIME", "BAD_CLOSE_TIME", "TIME_PRECISION", "TIME_OUT_OF_RANGE",
       "CLOSE_TIME_CONFLICT", "NO_MESSAGE_TYPE", "INVALID_MESSAGE_TYPE", "BAD_MESSAGE_TYPE"}


class Number:
    """A number with its source text."""

    def __init__(self, text):
        self.text = text

    def value(self):
        return decimal.Decimal(self.text)


class Twice(Exception):
    pass


def members(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Twice()
    return found


def refuse(text):
    raise ValueError(text)


DECODER = json.JSONDecoder(object_pairs_hook=members, parse_int=Number, parse_float=Number, parse_constant=refuse)


def parse(text):
    value, end = DECODER.raw_decode(text.lstrip(" \t\r\n"))
    if text.lstrip(" \t\r\n")[end:].strip(" \t\r\n"):
        raise ValueError("bytes follow")
    return value


def at(value, path):
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def first(message, inner, paths):
    for path in paths:
        for place in (inner, message):
            value = at(place, path)
            if value is not None:
                return value
    return None


def place(message):
    """Type, unwrapped object, ledger and close time (Unix microseconds) of an accepted message."""
    kind = message.get("message_type")
    if kind is None and isinstance(message.get("_schema"), str):
        kind = message["_schema"].replace(".", "_")
    if kind is None:
        kind = message["type"]
    inner = message.get(kind)
    inner = inner if isinstance(inner, dict) else None
    ledger = first(message, inner, LEDGERS)
    ledger = int(ledger.text if isinstance(ledger, Number) else ledger)
    time = first(message, inner, TIMES)
    if isinstance(time, Number) or re.fullmatch(r"\d+", time):
        unix = int(time.text if isinstance(time, Number) else time)
        micros = unix * 1000 if unix >= 100_000_000_000 else unix * 1_000_000
    else:
        micros = instant(time)
    return kind, inner, ledger, micros


def instant(text):
    """Unix microseconds of an RFC 3339 time."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match[7] or "").ljust(6, "0")
    assert set(fraction[6:]) <= {"0"}, text
    offset = (int(match[9]) * 60 + int(match[10])) * (-1 if match[8] == "-" else 1) if match[8] else 0
    days = datetime.date(year, month, day).toordinal() - 719_163
    return ((days * 24 + hour) * 3600 + (minute - offset) * 60 + second) * 1_000_000 + int(fraction[:6])


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
        if not isinstance(value, dict) or not set(value) <= set(fields):
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
        same = isinstance(value, Number) and decimal.Decimal(repr(stored)) == value.value()
        same = same and repr(stored).startswith("-") == value.text.startswith("-")
    elif name == "decimal128":
        number = value.value() if isinstance(value, Number) else decimal.Decimal(value)
        same = stored == number
    else:
        same = isinstance(value, Number) and int(stored) == value.value()
    return None if same else f"{name}: {stored!r} for {show(value)}"


def show(value):
    return repr(plain(value))[:200]


def fields_of(message, inner, kind):
    """The values of a message by key: the unwrapped object's win, unless they are null."""
    values = {key: value for key, value in (inner or {}).items() if value is not None}
    for key, value in message.items():
        if inner is not None and key == kind:
            continue
        if key not in values and value is not None:
            values[key] = value
    return values


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


def justified(code, line):
    """Whether a reject that depends on the message alone is right, where that can be told apart."""
    if code == "NOT_UTF8":
        try:
            line.decode()
        except UnicodeDecodeError:
            return True
        return False
    if code == "LONE_SURROGATE":
        return re.search(rb"\\u[dD][89a-fA-F]", line) is not None
    if code in ("DUPLICATE_KEY", "NOT_JSON"):
        try:
            parse(line.decode())
        except Twice:
            return code == "DUPLICATE_KEY"
        except ValueError:
            return code == "NOT_JSON"
        return False
    return True


def check(chunk):
    faults, codes, rows = [], {}, 0
    with open(chunk["source"], "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    clean = set(chunk["clean"])
    rejected = {}
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
                if not justified(code, text_of):
                    faults.append(f"line {number}: {code} is not so: {text_of[:300]}")
                if code not in OWN and "column" not in reject:
                    faults.append(f"line {number}: {code} names no column")
                own = reject.get("dataset") in strict or "dataset" not in reject
                if own and (number in clean or code not in OWN):
                    faults.append(f"line {number}: {code} {reject['reason']} for {text_of[:500]}")
                rejected[number] = code
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
