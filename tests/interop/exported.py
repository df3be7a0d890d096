"""Checks an export against its manifest with pyarrow, and prints every value of each dataset as text.

Text formats have 64-bit integers, decimals and times as text, so all values are compared as text.
"""

import csv
import datetime
import gzip
import hashlib
import io
import json
import os
import sys

import polars
import pyarrow as pa
import pyarrow.dataset
import pyarrow.ipc
import pyarrow.parquet

folder = sys.argv[1]


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return str(value.astimezone(datetime.timezone.utc).replace(tzinfo=None)).removesuffix(".000000") + "+00"
    if isinstance(value, list):
        return json.dumps([plain(item) for item in value])
    if isinstance(value, dict):
        return json.dumps({key: plain(item) for key, item in value.items()})
    return str(value)


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return text(value)


def normal(value):
    """A value as text, with one form of JSON: text formats have nested values as JSON."""
    value = text(value)
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return text(json.loads(value))
        except ValueError:
            return value
    return value


def read(path, form):
    data = open(path, "rb").read()
    if path.endswith(".gz"):
        data = gzip.decompress(data)
    if form == "parquet":
        return pa.parquet.read_table(io.BytesIO(data)).to_pylist()
    if form == "arrow":
        with pa.ipc.open_stream(io.BytesIO(data)) as reader:
            table = reader.read_all()
        table.validate(full=True)
        return table.to_pylist()
    if form == "ndjson":
        return [json.loads(line) for line in data.decode().splitlines()]
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


manifest = json.load(open(os.path.join(folder, "_export.json")))
form = manifest["format"]
found = {"_export.json"}
datasets = {}
for dataset in manifest["datasets"]:
    rows = []
    for file in dataset["files"]:
        path = os.path.join(folder, file["path"])
        found.add(file["path"])
        data = open(path, "rb").read()
        assert len(data) == file["bytes"], path
        assert hashlib.sha256(data).hexdigest() == file["sha256"], path
        own = read(path, form)
        assert len(own) == file["rows"], (path, len(own))
        rows += own
    assert len(rows) == dataset["rows"], dataset["dataset"]
    # A null is an empty field in CSV, and so is no other value that these datasets have.
    datasets[dataset["dataset"]] = [
        {name: normal(value) or "" for name, value in row.items()} for row in rows
    ]
    if form == "parquet" and dataset["files"]:
        paths = [os.path.join(folder, file["path"]) for file in dataset["files"]]
        assert pa.dataset.dataset(paths).count_rows() == len(rows)
        assert polars.read_parquet(paths).height == len(rows)
for base, _, names in os.walk(folder):
    for name in names:
        path = os.path.relpath(os.path.join(base, name), folder)
        assert path in found, path
print(json.dumps(datasets))
