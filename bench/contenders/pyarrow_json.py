"""pyarrow: json.read_json with an explicit schema, flatten, write_table; it reads the whole file into memory."""
import os

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet
from common import measure, request
from pyarrow_columns import envelope, plain

schema = pa.schema([("contract_data", pa.struct(plain)), *envelope])
output = os.path.join(request["workDir"], "out.parquet")


def work():
    # Values of mixed kinds (key, val) are no type of pyarrow's reader: they are left out, which is in its favour.
    options = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    table = pa.json.read_json(request["file"], parse_options=options, read_options=pa.json.ReadOptions(block_size=16 << 20))
    pa.parquet.write_table(table.flatten(), output, compression="snappy")
    return table.num_rows, os.path.getsize(output)


measure(work)
