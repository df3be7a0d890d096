"""One text for a value whichever program read it: the form that files of all readers are compared in.

Integers and decimals are their digits, doubles their bits, timestamps microseconds since 1970 in UTC. A row is the
list of its values in the order of the columns; the digest of a table does not depend on the order of its rows.
"""
import datetime
import decimal
import hashlib
import json
import struct

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def canon(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return "f:" + struct.pack(">d", value).hex()
    if isinstance(value, datetime.datetime):
        # A reader without time zones in its values gives them in UTC: TZ is UTC.
        zoned = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return f"t:{(zoned - EPOCH) // MICROSECOND}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{canon(member)}" for name, member in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canon, value)) + "]"
    raise TypeError(f"no canonical form of {type(value)}")


def summary(types, rows):
    """Columns with their types, the number of rows, a digest of all and the first in order."""
    lines = sorted(canon(list(row)) for row in rows)
    return {
        "types": types,
        "rows": len(lines),
        "digest": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "first": lines[0] if lines else None,
    }
