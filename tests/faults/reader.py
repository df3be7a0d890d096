"""The independent reader of the fault campaign: delta-rs folds the commit log, pyarrow reads the files it names, and
delta-rs and polars read the table as a whole. It uses nothing of Parquetry.

Reads one JSON request a line: {"archive": folder or URI, "options": {} | {"s3": storage options} | {"gcs": endpoint}}.
Answers with one JSON line: per dataset rows, files ({path: sha256}), the Delta version, how often each row occurs beyond
once or is missing when compared with the first archive that was asked for, whether all readers see the same rows, data
files that no commit names, and what is wrong by the proofs: operations and transactions that do not belong together, and row hashes that differ from those
of the record of a segment.
"""
import base64
import collections
import hashlib
import json
import os
import sys
import tempfile
import urllib.parse
import urllib.request

import deltalake
import polars
import pyarrow
import pyarrow.fs
import pyarrow.parquet as parquet

# The checker of row hashes that users get as an example: it computes them from plain values.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../examples/inclusion-proof"))
from check import ledger_hash, sha  # noqa: E402

reference = None


def digest_rows(columns, rows):
    """A short hash of every row, with all its values."""
    order = sorted(range(len(columns)), key=lambda at: columns[at])
    return [hashlib.sha256(repr([row[at] for at in order]).encode()).digest()[:16] for row in rows]


def arrow_rows(table, columns):
    return digest_rows(columns, zip(*(table.column(name).to_pylist() for name in columns)))


def fetch(archive, endpoint, folder):
    """Copies an archive from a GCS server over its JSON interface."""
    bucket, prefix = archive.split("://", 1)[1].split("/", 1)
    base = f"{endpoint}/storage/v1/b/{bucket}/o"
    token = ""
    while True:
        query = urllib.parse.urlencode({"prefix": f"{prefix}/", "maxResults": 1000, **({"pageToken": token} if token else {})})
        with urllib.request.urlopen(f"{base}?{query}") as answer:
            page = json.load(answer)
        for item in page.get("items", []):
            target = os.path.join(folder, item["name"][len(prefix) + 1 :])
            os.makedirs(os.path.dirname(target), exist_ok=True)
            source = f"{base}/{urllib.parse.quote(item['name'], safe='')}?alt=media"
            with urllib.request.urlopen(source) as answer, open(target, "wb") as file:
                file.write(answer.read())
        token = page.get("nextPageToken")
        if not token:
            return


def datasets(root, s3):
    if s3 is None:
        names = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name, "_delta_log"))]
        return sorted(names), pyarrow.fs.LocalFileSystem(), root
    files = pyarrow.fs.S3FileSystem(
        access_key=s3["AWS_ACCESS_KEY_ID"],
        secret_key=s3["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=s3["AWS_ENDPOINT_URL"],
        scheme="http",
    )
    base = root.split("://", 1)[1]
    found = files.get_file_info(pyarrow.fs.FileSelector(base))
    names = [info.base_name for info in found if info.type == pyarrow.fs.FileType.Directory and not info.base_name.startswith("_")]
    return sorted(names), files, base


def strays(store, folder, files):
    """Data files that no commit names: {path: sha256}. A crash leaves some; a half-written one must not be visible."""
    found = {}
    for info in store.get_file_info(pyarrow.fs.FileSelector(folder, recursive=True)):
        path = info.path[len(folder) + 1 :]
        if info.is_file and path.endswith(".parquet") and path not in files and not path.startswith("_") and "/." not in path:
            with store.open_input_file(info.path) as file:
                found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


def merkle(leaves):
    """The root of a Merkle tree as in RFC 6962."""
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\1" + merkle(leaves[:split]) + merkle(leaves[split:]))


def prove_segment(store, base, name, tables):
    """Recomputes the row hashes of one segment, another one in each archive, and compares them with its record."""
    segments = collections.defaultdict(list)
    infos = store.get_file_info(pyarrow.fs.FileSelector(f"{base}/{name}/_delta_log"))
    for info in sorted(infos, key=lambda each: each.path):
        if info.path.endswith(".json"):
            with store.open_input_file(info.path) as file:
                for line in file.read().decode().splitlines():
                    add = json.loads(line).get("add")
                    if add is not None and add["path"] in tables:
                        segments[add["tags"]["parquetry.segment"]].append(add["path"])
    if not segments:
        return []
    ids = sorted(segments)
    segment = ids[hashlib.sha256(base.encode()).digest()[0] % len(ids)]
    with store.open_input_file(f"{base}/_parquetry/segments/{name}/{segment}.json") as file:
        identity = json.loads(file.read())["identity"]
    hashes = identity.get("rowHashes")
    if hashes is None:
        return [f"{segment} has no row hashes"]
    rows = collections.defaultdict(list)
    for path in segments[segment]:
        for row in tables[path].to_pylist():
            rows[row["sequence" if name == "ledgers" else "ledger_sequence"]].append(row)
    want = {ledger: ledger_hash(rows[ledger]) for ledger in sorted(rows)}
    if b"".join(want.values()) != base64.b64decode(hashes["ledgers"]):
        return [f"the row hashes of {segment} are others"]
    ledgers = range(identity["range"]["start"], identity["range"]["end"] + 1)
    leaves = [f"{each} {len(rows[each])} {want.get(each, sha(b'')).hex()}".encode() for each in ledgers]
    return [] if merkle(leaves).hex() == hashes["root"] else [f"the root of {segment} is another"]


def prove_operations(tables):
    """Each operation has its transaction, and each transaction as many operations as it says."""
    if not {"transactions", "operations"} <= set(tables):
        return []
    rows = {name: [row for one in tables[name].values() for row in one.to_pylist()] for name in tables}
    said = {row["id"]: (row["ledger_sequence"], row["operation_count"]) for row in rows["transactions"]}
    have = collections.Counter(row["transaction_id"] for row in rows["operations"])
    wrong = [row["id"] for row in rows["operations"] if said.get(row["transaction_id"], (None,))[0] != row["ledger_sequence"]]
    wrong += [id for id, (_, count) in said.items() if have[id] != count]
    return [f"{len(wrong)} operations and transactions do not belong together: {wrong[:3]}"] if wrong else []


def read(root, s3, whole):
    names, store, base = datasets(root, s3)
    result = {}
    rows = {}
    all_tables = {}
    for name in names:
        folder = f"{root}/{name}"
        try:
            table = deltalake.DeltaTable(folder, storage_options=s3)
        except deltalake.exceptions.TableNotFoundError:
            # A crash before the first commit.
            if whole:
                raise
            continue
        files = {}
        counted = collections.Counter()
        columns = []
        tables = all_tables[name] = {}
        for path in table.get_add_actions(flatten=True)["path"].to_pylist():
            with store.open_input_file(f"{base}/{name}/{path}") as file:
                data = file.read()
            files[path] = hashlib.sha256(data).hexdigest()
            one = tables[path] = parquet.read_table(pyarrow.BufferReader(data))
            columns = one.column_names
            counted.update(arrow_rows(one, columns))
        readers = {"delta-rs": collections.Counter(), "polars": collections.Counter()}
        if columns:
            readers["delta-rs"].update(arrow_rows(table.to_pyarrow_table(columns=columns), columns))
            frame = polars.read_delta(folder, version=table.version(), storage_options=s3).select(columns)
            readers["polars"].update(digest_rows(columns, frame.iter_rows()))
        rows[name] = counted
        result[name] = {
            "rows": sum(counted.values()),
            "files": files,
            "version": table.version(),
            "disagree": [reader for reader, seen in readers.items() if seen != counted],
            "unproven": prove_segment(store, base, name, tables),
            "strays": strays(store, f"{base}/{name}", files),
        }
    # While a run is not done, the operations of a ledger may be there before its transactions.
    if whole and "transactions" in result:
        result["transactions"]["unproven"] += prove_operations(all_tables)
    return result, rows


for line in sys.stdin:
    request = json.loads(line)
    options = request["options"]
    try:
        with tempfile.TemporaryDirectory() as copy:
            if "gcs" in options:
                fetch(request["archive"], options["gcs"], copy)
            found, rows = read(
                copy if "gcs" in options else request["archive"], options.get("s3"), not request.get("partial")
            )
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
        continue
    if reference is None:
        reference = rows
    for name in set(reference) | set(rows):
        want, have = reference.get(name, collections.Counter()), rows.get(name, collections.Counter())
        entry = found.setdefault(name, {"rows": 0, "files": {}, "version": -1, "disagree": [], "unproven": [], "strays": {}})
        entry["lost"] = sum((want - have).values())
        entry["extra"] = sum((have - want).values())
    print(json.dumps(found), flush=True)

# Threads of delta-rs make the interpreter abort now and then while it ends.
os._exit(0)
