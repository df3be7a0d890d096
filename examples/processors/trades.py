"""A processor in Python: messages of the ledgers --start to --end, both inclusive, one JSON object a line."""
import argparse
import datetime
import json
import os
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--start", type=int, required=True)
parser.add_argument("--end", type=int, required=True)
args = parser.parse_args()

if args.end > float(os.environ.get("TIP", "inf")):
    sys.exit(75)  # these ledgers do not exist yet, retry later

for ledger in range(args.start, args.end + 1):
    closed = datetime.datetime(2025, 7, 13) + datetime.timedelta(seconds=5 * ledger)
    trade = {"message_type": "trade", "ledger_sequence": ledger, "closed_at": closed.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    trade["price"] = f"{ledger}.0000001"
    print(json.dumps(trade, separators=(",", ":")))
