"""The independent reader of the crash campaign: delta-rs folds the commit log, pyarrow reads the files it names.

Reads one JSON request a line: {"archive": folder or URI, "options": storage options}. Answers with one JSON line: per
dataset rows, files ({path: sha256}), the Delta version, and how often each row occurs beyond once or is missing when
compared with the first archive that was asked for.
"""
import collections
import hashlib
import json
import os
import sys

import deltalake
import pyarrow
import pyarrow.fs
import pyarrow.parquet as parquet

reference = None


def digest_rows(table):
    """A short hash of every row, with all its values."""
    columns = sorted(table.column_names)
    lists = [table.column(name).to_pylist() for name in columns]
    return [hashlib.sha256(repr(row).encode()).digest()[:16] for row in zip(*lists)]


def datasets(root, options):
    if options is None:
        names = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name, "_delta_log"))]
        return sorted(names), None
    bucket_path = root.split("://", 1)[1]
    files = pyarrow.fs.S3FileSystem(
        access_key=options["AWS_ACCESS_KEY_ID"],
        secret_key=options["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=options["AWS_ENDPOINT_URL"],
        scheme="http",
    )
    found = files.get_file_info(pyarrow.fs.FileSelector(bucket_path))
    names = [info.base_name for info in found if info.type == pyarrow.fs.FileType.Directory and not info.base_name.startswith("_")]
    return sorted(names), files


def read(root, options):
    names, remote = datasets(root, options)
    result = {}
    rows = {}
    for name in names:
        folder = f"{root}/{name}"
        table = deltalake.DeltaTable(folder, storage_options=options)
        files = {}
        counted = collections.Counter()
        for path in table.get_add_actions(flatten=True)["path"].to_pylist():
            if remote is None:
                with open(os.path.join(folder, path), "rb") as file:
                    data = file.read()
            else:
                with remote.open_input_file(f"{root.split('://', 1)[1]}/{name}/{path}") as file:
                    data = file.read()
            files[path] = hashlib.sha256(data).hexdigest()
            counted.update(digest_rows(parquet.read_table(pyarrow.BufferReader(data))))
        rows[name] = counted
        result[name] = {"rows": sum(counted.values()), "files": files, "version": table.version()}
    return result, rows


for line in sys.stdin:
    request = json.loads(line)
    found, rows = read(request["archive"], request.get("options"))
    if reference is None:
        reference = rows
    for name in set(reference) | set(rows):
        want, have = reference.get(name, collections.Counter()), rows.get(name, collections.Counter())
        entry = found.setdefault(name, {"rows": 0, "files": {}, "version": -1})
        entry["lost"] = sum((want - have).values())
        entry["extra"] = sum((have - want).values())
    print(json.dumps(found), flush=True)
