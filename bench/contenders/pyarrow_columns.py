"""The columns of contract_data that pyarrow's own reader has types for, as the pyarrow contenders write them."""
import pyarrow as pa

text, number = pa.string(), pa.uint32()
plain = [
    ("contract_id", text),
    ("contract_key_type", text),
    ("contract_durability", text),
    ("balance_holder", text),
    ("balance", text),
    ("last_modified_ledger", number),
    ("ledger_entry_change", number),
    ("deleted", pa.bool_()),
    ("closed_at", pa.timestamp("us", tz="UTC")),
    ("ledger_key_hash", text),
]
envelope = [("ledger_sequence", number), ("message_type", text), ("processor_name", text)]
