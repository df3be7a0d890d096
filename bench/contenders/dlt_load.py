"""dlt: a resource of the messages' objects, filesystem destination, Parquet."""
import json
import os

import dlt
from common import folder_bytes, measure, request

root = request["workDir"]
os.environ["DLT_DATA_DIR"] = os.path.join(root, "dlt")
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["NORMALIZE__WORKERS"] = str(request["threads"])
limit = request.get("messages")
rows = 0


@dlt.resource(name="contract_data", columns={"key": {"data_type": "json"}, "val": {"data_type": "json"}}, max_table_nesting=0)
def messages():
    global rows
    page = []
    with open(request["file"], "rb") as lines:
        for line in lines:
            message = json.loads(line)
            inner = message.pop("contract_data")
            page.append({**message, **inner})
            if len(page) == 10_000:
                rows += len(page)
                yield page
                page = []
            if limit is not None and rows + len(page) >= limit:
                break
    rows += len(page)
    yield page


def work():
    destination = dlt.destinations.filesystem(bucket_url="file://" + os.path.join(root, "out"))
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench", pipelines_dir=os.path.join(root, "pipelines"))
    pipeline.run(messages(), loader_file_format="parquet")
    return rows, folder_bytes(os.path.join(root, "out"))


if __name__ == "__main__":
    measure(work)
