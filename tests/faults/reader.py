"""The independent reader of the crash campaign: delta-rs folds the commit log, pyarrow reads the files it names, and
delta-rs and polars read the table as a whole.

Reads one JSON request a line: {"archive": folder or URI, "options": {} | {"s3": storage options} | {"gcs": endpoint}}.
Answers with one JSON line: per dataset rows, files ({path: sha256}), the Delta version, how often each row occurs beyond
once or is missing when compared with the first archive that was asked for, and whether all readers see the same rows.
"""
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


def read(root, s3):
    names, store, base = datasets(root, s3)
    result = {}
    rows = {}
    for name in names:
        folder = f"{root}/{name}"
        table = deltalake.DeltaTable(folder, storage_options=s3)
        files = {}
        counted = collections.Counter()
        columns = []
        for path in table.get_add_actions(flatten=True)["path"].to_pylist():
            with store.open_input_file(f"{base}/{name}/{path}") as file:
                data = file.read()
            files[path] = hashlib.sha256(data).hexdigest()
            one = parquet.read_table(pyarrow.BufferReader(data))
            columns = one.column_names
            counted.update(arrow_rows(one, columns))
        readers = {"delta-rs": collections.Counter(), "polars": collections.Counter()}
        if columns:
            readers["delta-rs"].update(arrow_rows(table.to_pyarrow_table(columns=columns), columns))
            frame = polars.read_delta(folder, storage_options=s3).select(columns)
            readers["polars"].update(digest_rows(columns, frame.iter_rows()))
        rows[name] = counted
        result[name] = {
            "rows": sum(counted.values()),
            "files": files,
            "version": table.version(),
            "disagree": [reader for reader, seen in readers.items() if seen != counted],
        }
    return result, rows


for line in sys.stdin:
    request = json.loads(line)
    options = request["options"]
    try:
        with tempfile.TemporaryDirectory() as copy:
            if "gcs" in options:
                fetch(request["archive"], options["gcs"], copy)
            found, rows = read(copy if "gcs" in options else request["archive"], options.get("s3"))
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
        continue
    if reference is None:
        reference = rows
    for name in set(reference) | set(rows):
        want, have = reference.get(name, collections.Counter()), rows.get(name, collections.Counter())
        entry = found.setdefault(name, {"rows": 0, "files": {}, "version": -1, "disagree": []})
        entry["lost"] = sum((want - have).values())
        entry["extra"] = sum((have - want).values())
    print(json.dumps(found), flush=True)

# Threads of delta-rs make the interpreter abort now and then while it ends.
os._exit(0)
