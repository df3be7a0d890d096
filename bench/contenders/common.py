"""What the Python contenders share: the request, the clock and the answer."""
import json
import os
import resource
import sys
import time

request = json.loads(sys.argv[1])
os.makedirs(request["workDir"], exist_ok=True)


def measure(work):
    """Runs `work`, which returns rows and bytes written, and prints the one line of answer."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    rows, size = work()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answer = {"seconds": seconds, "cpuSeconds": cpu, "rows": rows, "bytes": size, "peakRss": after.ru_maxrss * 1024}
    print(json.dumps(answer), flush=True)


def folder_bytes(folder):
    """Bytes of the Parquet files below a folder."""
    return sum(
        os.path.getsize(os.path.join(root, name))
        for root, _, names in os.walk(folder)
        for name in names
        if name.endswith(".parquet")
    )
