"""pyarrow with Python's json: the whole rows, which pyarrow's own reader can't give (key and val are of mixed kinds)."""
import datetime
import json
import os

import pyarrow as pa
import pyarrow.parquet
from common import measure, request
from pyarrow_columns import envelope, plain, text

schema = pa.schema([*plain, ("key", text), ("val", text), *envelope])
output = os.path.join(request["workDir"], "out.parquet")
PAGE = 50_000


def rows():
    page = []
    with open(request["file"], "rb") as lines:
        for line in lines:
            message = json.loads(line)
            row = message.pop("contract_data")
            row.update(message)
            row["closed_at"] = datetime.datetime.fromisoformat(row["closed_at"].replace("Z", "+00:00"))
            row["key"] = json.dumps(row["key"])
            row["val"] = json.dumps(row["val"])
            page.append(row)
            if len(page) == PAGE:
                yield page
                page = []
    if page:
        yield page


def work():
    count = 0
    with pa.parquet.ParquetWriter(output, schema, compression="snappy") as writer:
        for page in rows():
            writer.write_table(pa.Table.from_pylist(page, schema=schema))
            count += len(page)
    return count, os.path.getsize(output)


measure(work)
