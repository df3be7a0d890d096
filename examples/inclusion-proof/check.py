"""check.py ROWS.parquet PROOF.json STATEMENT.json: are these rows, all of one ledger, part of what the statement attests?"""
import base64, hashlib, json, struct, sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
sha = lambda data: hashlib.sha256(data).digest()
sized = lambda text: struct.pack("<I", len(text.encode())) + text.encode()
def is_number(v):  # an integer, a decimal, or a float that is a whole number; -0.0 is not
    if isinstance(v, float): return v.is_integer() and abs(v) < 2**53 and str(v) != "-0.0"
    return isinstance(v, (int, Decimal)) and not isinstance(v, bool)
def exact(v):  # (unscaled, scale) without trailing zeros of the fraction
    sign, digits, exponent = Decimal(v).as_tuple()
    unscaled = int("".join(map(str, digits))) * (-1 if sign else 1) * 10 ** max(exponent, 0)
    while exponent < 0 and unscaled % 10 == 0: unscaled, exponent = unscaled // 10, exponent + 1
    return unscaled, max(-exponent, 0)
micros = lambda time: (time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
def text(v):  # canonical text of a value inside a list or struct
    if v is None or isinstance(v, (bool, str)): return json.dumps(v, ensure_ascii=False)
    if is_number(v): return format(Decimal((exact(v)[0] < 0, [int(c) for c in str(abs(exact(v)[0]))], -exact(v)[1])), "f")
    if isinstance(v, float): return "f" + struct.pack(">d", v).hex()
    if isinstance(v, datetime): return f"t{micros(v)}"
    if isinstance(v, list): return "[" + ",".join(map(text, v)) + "]"
    return "{" + ",".join(f"{text(k)}:{text(v[k])}" for k in sorted(v, key=str.encode) if v[k] is not None) + "}"
def part(path, values, top):  # path, tag and shape, bytes of each value, and the values if they are whole numbers
    some, whole = [v for v in values if v is not None], None
    if all(map(is_number, some)):
        scale = max(exact(v)[1] for v in some)
        ints = [None if v is None else exact(v)[0] * 10 ** (scale - exact(v)[1]) for v in values]
        width = 8 if all(-(2**63) <= v < 2**63 for v in ints if v is not None) else 16
        cells = [None if v is None else v.to_bytes(width, "little", signed=True) for v in ints]
        return path, b"n", bytes([scale, width]), cells, ints if scale == 0 else None
    kinds = {bool: (b"b", lambda v: bytes([v])), float: (b"f", lambda v: struct.pack("<d", v)), str: (b"s", sized),
             datetime: (b"t", lambda v: struct.pack("<q", micros(v))), dict: (b"{", lambda v: b"")}
    kind = next((k for k in kinds if isinstance(some[0], k) and (k is not dict or top)), None)
    tag, cell = kinds.get(kind, (b"l", lambda v: sized(text(v))))
    return path, tag, b"", [None if v is None else cell(v) for v in values], None
def ledger_hash(rows):
    columns = {name.encode(): [row[name] for row in rows] for name in (rows[0] if rows else {})}
    members = {path + b"\0" + name.encode(): [None if v is None else v[name] for v in values]
               for path, values in columns.items() for name in next((v for v in values if isinstance(v, dict)), {})}
    parts = [part(path, values, path in columns) for path, values in sorted({**columns, **members}.items())
             if any(v is not None for v in values)]
    whole = sorted((p[4] for p in parts if p[4]), key=lambda ints: (None in ints, -max(v for v in ints if v is not None)))
    keys = whole + [p[3] for p in parts if not p[4]]
    order = sorted(range(len(rows)), key=lambda row: [(k[row] is not None, 0 if k[row] is None else k[row]) for k in keys])
    def digest(path, tag, shape, cells, _):
        bits = sum((cells[row] is not None) << place for place, row in enumerate(order)).to_bytes(-(-len(rows) // 8), "little")
        return sha(struct.pack("<I", len(path)) + path + tag + bits + shape + b"".join(cells[row] or b"" for row in order))
    return sha(b"".join(digest(*p) for p in parts))
def climb(leaf, steps):  # a Merkle tree as in RFC 6962
    node = sha(b"\0" + leaf.encode())
    for step in steps: node = sha(b"\1" + (bytes.fromhex(step["left"]) + node if "left" in step else node + bytes.fromhex(step["right"])))
    return node.hex()
if __name__ == "__main__":
    import pyarrow.parquet
    rows, proof, envelope = pyarrow.parquet.read_table(sys.argv[1]).to_pylist(), json.load(open(sys.argv[2])), json.load(open(sys.argv[3]))
    attested = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["root"]
    root = climb(f"{proof['ledger']} {len(rows)} {ledger_hash(rows).hex()}", proof["ledgerPath"])
    ok = climb(f"{proof['dataset']} {proof['ranges']} {root}", proof["datasetPath"]) == attested
    print(f"{len(rows)} rows of ledger {proof['ledger']} of {proof['dataset']}:", "attested" if ok else "NOT attested")
    sys.exit(not ok)
