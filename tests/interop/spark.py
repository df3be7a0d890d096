"""Spark with Delta Lake as a reader and as a second writer: one start for everything that is asked.

Arguments: a JSON request, the file for the answer. Request: {"jars": comma-separated paths, "files": [Parquet file],
"rules": {name: folder of v1.parquet and v2.parquet}, "tables": {name: folder}, "append" | "optimize" | "checkpoint" |
"vacuum": a folder that Spark changes, "views": SQL of `parquetry views`, "filters": {folder: [[predicate, rows that pass]]}}. The answer has a member for each; an error is {"error": text}.
A request with "iceberg" asks for nothing else: {"settings": of Spark, "iceberg": {name: {"load": folder or name in a
catalog, "catalog": its name in a Hadoop catalog, "delta": folder, "filters": [predicate]}}}.
"""
import json
import os
import sys
from functools import reduce
from multiprocessing.pool import ThreadPool

from pyspark.sql import SparkSession
from pyspark.sql.functions import count, lit

from canon import canon, summary

with open(sys.argv[1]) as file:
    request = json.load(file)
scratch = os.path.dirname(sys.argv[2])
settings = {
    "spark.jars": request["jars"],
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "America/New_York",  # as users have it: nothing may depend on it
    "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse"),
    "spark.local.dir": os.path.join(scratch, "local"),
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # a short life: start fast
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    **request.get("settings", {}),
}
builder = SparkSession.builder.master("local[2]")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")


def attempt(read):
    try:
        return read()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}


def plain(value):
    """Rows of Spark as dicts, to distinguish them from lists."""
    if isinstance(value, tuple):
        return {name: plain(member) for name, member in zip(value.__fields__, value)}
    return [plain(item) for item in value] if isinstance(value, list) else value


def types(data):
    return [[field.name, field.dataType.simpleString()] for field in data.schema.fields]


def whole(data):
    return summary(types(data), ([plain(value) for value in row] for row in data.collect()))


def text(value):
    """A value in the form of libs/schema/src/compat/testing/readers.py."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: text(member) for name, member in value.items()}
    if isinstance(value, list):
        return [text(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ")
    if isinstance(value, str):
        return f'"{value}"'
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def found(data):
    names = data.columns
    rows = sorted((dict(zip(names, map(plain, row))) for row in data.collect()), key=lambda row: row["k"])
    shown = [{name: text(value) for name, value in row.items()} for row in rows]
    return {"columns": names, "types": [kind for _, kind in types(data)], "rows": shown}


def rule(folder):
    where = os.path.join(folder, *(part for part in os.listdir(folder) if "=" in part))
    single = lambda name: spark.read.parquet(os.path.join(where, name))
    both = lambda merge: spark.read.option("mergeSchema", merge).parquet(folder)
    return {
        "v1": attempt(lambda: found(single("v1.parquet"))),
        "v2": attempt(lambda: found(single("v2.parquet"))),
        "spark": attempt(lambda: found(both("false"))),
        "spark_merge": attempt(lambda: found(both("true"))),
        "spark_delta": attempt(lambda: found(spark.read.format("delta").load(folder))),
    }


def table(folder):
    data = spark.read.format("delta").load(folder)
    history = spark.sql(f"DESCRIBE HISTORY delta.`{folder}`").select("version", "operation").collect()
    names = [name.split(folder, 1)[1].lstrip("/") for name in data.inputFiles()]
    return {
        "version": max((row.version for row in history), default=-1),
        "files": sorted(names),
        "history": [[row.version, row.operation] for row in history],
        "spark": whole(data),
    }


def views(sql):
    """Runs the statements; the rows of each table that they made."""
    for statement in filter(str.strip, sql.split(";\n")):
        spark.sql(statement)
    return {row.tableName: spark.table(row.tableName).count() for row in spark.sql("SHOW TABLES").collect()}


def append(folder):
    rows = spark.read.format("delta").load(folder).limit(3)
    rows.write.format("delta").mode("append").save(folder)
    return {"rows": spark.read.format("delta").load(folder).count()}


def checkpoint(folder):
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, folder)
    log.checkpoint()
    return {"version": spark.sql(f"DESCRIBE HISTORY delta.`{folder}` LIMIT 1").collect()[0].version}


def filters(tables):
    """Predicates that pass wrong rows, with what Spark counted."""
    wrong = []
    for folder, predicates in tables.items():
        data = spark.read.format("delta").load(folder)
        for start in range(0, len(predicates), 25):
            some = predicates[start : start + 25]
            counts = [data.where(where).agg(count("*"), lit(at)) for at, (where, _) in enumerate(some)]
            for found, at in reduce(lambda all, one: all.union(one), counts).collect():
                if found != some[at][1]:
                    wrong.append([*some[at], found])
    return wrong


def scanned(data):
    """Rows, and the data files that Iceberg planned and skipped."""
    plan = data._jdf.queryExecution().executedPlan()
    rows = len(data.collect())
    metrics = plan.collectLeaves().head().metrics()
    value = lambda name: metrics.apply(name).value() if metrics.contains(name) else 0
    return {"rows": rows, "files": value("resultDataFiles"), "skipped": value("skippedDataFiles")}


def iceberg(place):
    """Each snapshot of an Iceberg table, and the Delta version of the same number."""
    load = place["load"]
    read = lambda **options: spark.read.format("iceberg").options(**options).load(load)
    log = spark.read.format("iceberg").load(load + ("#snapshots" if "/" in load else ".snapshots"))
    snapshots = {}
    for snapshot in log.select("snapshot_id", "operation").collect():
        version = snapshot.snapshot_id - 1
        data = read(**{"snapshot-id": str(snapshot.snapshot_id)})
        # The Delta table has the columns of its partitions, too.
        older = lambda: spark.read.format("delta").option("versionAsOf", version).load(place["delta"])
        snapshots[version] = {
            "operation": snapshot.operation,
            "iceberg": whole(data),
            "delta": whole(older().select(data.columns)),
        }
    delta = spark.read.format("delta").load(place["delta"])
    return {
        "snapshots": snapshots,
        "newest": whole(read()),
        "catalog": whole(spark.table(place["catalog"])) if "catalog" in place else None,
        "skipping": [scanned(read().where(where).select(read().columns[0])) for where in place["filters"]],
        "delta": [len(delta.where(where).inputFiles()) for where in place["filters"]],
    }


def each(read, places):
    """The reading of each place, a few at a time: most of it is planning, which uses one processor."""
    return dict(ThreadPool(4).map(lambda item: (item[0], attempt(lambda: read(item[1]))), places.items()))


if "iceberg" in request:
    answer = {"version": spark.version, "iceberg": each(iceberg, request["iceberg"])}
elif "filters" in request:
    answer = {"filters": filters(request["filters"])}
else:
    answer = {
        "version": spark.version,
        "files": each(lambda path: whole(spark.read.parquet(path)), {path: path for path in request["files"]}),
        "rules": each(rule, request["rules"]),
        "tables": each(table, request["tables"]),
        "views": attempt(lambda: views(request["views"])),
        "append": attempt(lambda: append(request["append"])),
        "optimize": attempt(lambda: canon(plain(spark.sql(f"OPTIMIZE delta.`{request['optimize']}`").collect()))),
        "checkpoint": attempt(lambda: checkpoint(request["checkpoint"])),
        "vacuum": attempt(lambda: canon(plain(spark.sql(f"VACUUM delta.`{request['vacuum']}` RETAIN 0 HOURS").collect()))),
    }
with open(sys.argv[2], "w") as file:
    json.dump(answer, file)
spark.stop()
