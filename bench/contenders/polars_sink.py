"""polars: scan_ndjson, unnest, sink_parquet; streaming."""
import os

import polars as pl
from common import measure, request

text, number, whole = pl.String, pl.UInt32, pl.Boolean
inner = pl.Struct(
    {
        "contract_id": text,
        "contract_key_type": text,
        "contract_durability": text,
        "balance_holder": text,
        "balance": text,
        "last_modified_ledger": number,
        "ledger_entry_change": number,
        "deleted": whole,
        "closed_at": text,
        "ledger_key_hash": text,
        "key": text,
        "val": text,
    }
)
schema = {"contract_data": inner, "ledger_sequence": number, "message_type": text, "processor_name": text}
output = os.path.join(request["workDir"], "out.parquet")


def work():
    rows = pl.scan_ndjson(request["file"], schema=schema).unnest("contract_data")
    rows = rows.with_columns(pl.col("closed_at").str.to_datetime(time_zone="UTC"))
    rows.sink_parquet(output, compression="snappy")
    return pl.scan_parquet(output).select(pl.len()).collect().item(), os.path.getsize(output)


measure(work)
