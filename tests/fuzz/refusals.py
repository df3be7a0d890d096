"""Says of a message what a schema must refuse in it, by the meaning of each column's type: the oracle for rejects."""
import calendar
import re

from reading import LEDGERS, TIME, TIMES, Number, Twice, double_holds, fields_of, first, inner_of, kind_of, parse, whole

INTEGERS = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), "int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}
MAX_DEPTH = 200
MAX_KEY = 1_024
MAX_CLOSE_SECONDS = 9_007_199_253
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)


def shape(number):
    """Digits that a number needs before and after the decimal point."""
    _, digits, exponent = number.as_tuple()
    text = "".join(str(digit) for digit in digits).lstrip("0")
    bare = text.rstrip("0")
    if not bare:
        return 0, 0
    point = len(text) + exponent
    return max(point, 0), max(len(bare) - point, 0)


def time_fault(text):
    """What is wrong with an RFC 3339 time for a column of microseconds; None when nothing is."""
    match = TIME.fullmatch(text)
    if match is None:
        return "BAD_TIME"
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    hours, minutes = int(match[9] or 0), int(match[10] or 0)
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year or 2000, month)[1]:
        return "BAD_TIME"
    if hour > 23 or minute > 59 or second > 59 or hours > 23 or minutes > 59:
        return "BAD_TIME"
    of_day = hour * 60 + minute - (-1 if match[8] == "-" else 1) * (hours * 60 + minutes)
    beginning, ending = (year, month, day) == (1, 1, 1), (year, month, day) == (9999, 12, 31)
    if year == 0 and not ((month, day) == (12, 31) and of_day >= 1440):
        return "TIME_OUT_OF_RANGE"
    if (beginning and of_day < 0) or (ending and of_day >= 1440):
        return "TIME_OUT_OF_RANGE"
    return "TIME_PRECISION" if (match[7] or "")[6:].strip("0") else None


def scalar_fault(kind, value):
    """The code for a scalar that a column of a scalar type can't hold; None when it can."""
    name = kind["type"]
    number = isinstance(value, Number)
    if name == "json":
        return None
    if name == "bool":
        return None if isinstance(value, bool) else "TYPE_MISMATCH"
    if name == "utf8":
        return None if isinstance(value, str) else "TYPE_MISMATCH"
    if name == "timestamp":
        return time_fault(value) if isinstance(value, str) else "TYPE_MISMATCH"
    if name == "decimal128" and isinstance(value, str):
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is None:
            return "NOT_DECIMAL"
        value, number = Number(value), True
    if not number:
        return "TYPE_MISMATCH"
    digits, scale = shape(value.value())
    if name == "float64":
        return None if double_holds(value.text) else "NOT_EXACT"
    if name == "decimal128":
        fits = digits <= kind["precision"] - kind["scale"] and scale <= kind["scale"]
        return None if fits else "DECIMAL_OUT_OF_RANGE"
    if scale > 0:
        return "NOT_INTEGER"
    low, high = INTEGERS[name]
    return None if digits <= 20 and low <= value.value() <= high else "INT_OUT_OF_RANGE"


def refused(kind, value, path):
    """Codes and columns of everything in a value that is not null and that its column's type can't hold."""
    name = kind["type"]
    if name == "list":
        if not isinstance(value, list):
            yield "TYPE_MISMATCH", path
            return
        for item in value:
            if item is not None:
                yield from refused(kind["items"]["type"], item, f"{path}[]")
    elif name == "struct":
        if not isinstance(value, dict):
            yield "TYPE_MISMATCH", path
            return
        fields = {field.get("key", field["name"]): field for field in kind["fields"]}
        for key, item in value.items():
            if item is None:
                continue
            if key in fields:
                yield from refused(fields[key]["type"], item, f"{path}.{fields[key]['name']}")
            else:
                yield "UNKNOWN_COLUMN", f"{path}.{key[:100]}"
    else:
        code = scalar_fault(kind, value)
        if code is not None:
            yield code, path


def refusals(schema, message):
    """The same for a whole message, flattened columns included."""
    kind = kind_of(message)
    columns = {}
    for field in schema["fields"]:
        columns[tuple(field.get("path") or [field.get("key", field["name"])])] = field
    own = (schema["ledgerColumn"], schema["closeTimeColumn"])

    def walk(values, above):
        for key, value in values.items():
            path = (*above, key)
            if value is None:
                continue
            apart = any(len(other) > len(path) and other[: len(path)] == path for other in columns)
            field = columns.get(path)
            if apart and isinstance(value, dict):
                yield from walk(value, path)
            elif field is not None:
                if field["name"] not in own:
                    yield from refused(field["type"], value, field["name"])
            elif apart:
                yield "TYPE_MISMATCH", ".".join(path)
            else:
                yield "UNKNOWN_COLUMN", ".".join([*above, key[:100]])

    return set(walk(fields_of(message, inner_of(message, kind), kind), ()))


def depth(line):
    """Greatest nesting of the brackets outside of strings."""
    found = level = 0
    for byte in re.sub(rb'"(?:[^"\\]|\\.)*"?', b"", line):
        level += 1 if byte in b"[{" else -1 if byte in b"]}" else 0
        found = max(found, level)
    return found


def close_time_fault(value):
    unix = whole(value, 15)
    if unix is not None:
        seconds = unix // 1000 if unix >= 100_000_000_000 else unix
        return "TIME_OUT_OF_RANGE" if seconds > MAX_CLOSE_SECONDS else None
    fault = time_fault(value) if isinstance(value, str) else "BAD_TIME"
    if fault is None and not 1970 <= int(value[:4]) <= 2255:
        return "TIME_OUT_OF_RANGE"
    return "BAD_CLOSE_TIME" if fault == "BAD_TIME" else fault


def own_faults(message):
    """Codes for what is wrong with a message whatever the schema is."""
    if not isinstance(message, dict):
        return {"NOT_OBJECT"}
    kind = kind_of(message)
    if kind is None:
        return {"NO_MESSAGE_TYPE"}
    if not isinstance(kind, str) or NAME.fullmatch(kind) is None or DEVICE.fullmatch(kind):
        return {"BAD_MESSAGE_TYPE"}
    inner = inner_of(message, kind)
    ledger, time = first(message, inner, LEDGERS), first(message, inner, TIMES)
    found = set()
    if ledger is None:
        found.add("NO_LEDGER")
    elif not 1 <= (whole(ledger, 10) or 0) <= 2**32 - 1:
        found.add("BAD_LEDGER")
    found.add("NO_CLOSE_TIME" if time is None else close_time_fault(time))
    if any(len(key.encode("utf8", "surrogatepass")) > MAX_KEY for key in (*message, *(inner or ()))):
        found.add("KEY_TOO_LONG")
    return found


def type_of(line):
    """The message type that a line has, whatever else is wrong with it; None for what is no message."""
    try:
        message = parse(line.decode(), dict)
    except ValueError:
        return None
    return kind_of(message) if isinstance(message, dict) else None


def is_case_clash(reject, line, lines):
    """
    Whether a message is refused for another type of the batch that differs in case only: the first in byte order is
    kept.
    """
    kept, own = reject.get("expected"), reject.get("actual")
    if reject["code"] != "BAD_MESSAGE_TYPE" or kept is None or type_of(line) != own:
        return False
    return kept < own and kept.lower() == own.lower() and any(type_of(other.strip(b"\r")) == kept for other in lines)


def justified(reject, line, schema):
    """Whether a reject is right: its code, and for what a column refuses the column too."""
    code = reject["code"]
    if code == "NOT_UTF8":
        try:
            line.decode()
        except UnicodeDecodeError:
            return True
        return False
    if code == "LONE_SURROGATE":
        return re.search(rb"\\u[dD][89a-fA-F]", line) is not None
    if code == "TOO_DEEP":
        return depth(line) > MAX_DEPTH
    try:
        message = parse(line.decode())
    except Twice:
        # A message that has no type or ledger anyway is told that first, and one that is no JSON further on, that.
        try:
            message = parse(line.decode(), dict)
        except ValueError:
            return code == "NOT_JSON"
        return code == "DUPLICATE_KEY" or code in own_faults(message)
    except ValueError:
        return code == "NOT_JSON"
    if code in own_faults(message):
        return True
    return schema is not None and (code, reject.get("column")) in refusals(schema, message)
