"""Reads Delta tables with filters, each through delta-rs and what is built on it, and counts the rows.

stdin: {"tables": {name: folder}}. Answer: {"version": of delta-rs, "predicates": how many, "wrong": [what differs from
the rows that pass when the table is read whole and filtered afterwards], "refused": {reader: types it can't compare},
"spark": {name: [[predicate in Spark's SQL, rows that pass]]}}.
"""
import json
import sys

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.dataset as dataset

from predicates import condition, leaves, predicates, sql

UNKNOWN = object()


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return "'" + value.replace("'", "''") + "'"


def through_pyarrow(opened, table, path, kind, operator, operands):
    return opened.to_table(filter=condition(dataset.field(*path), kind, operator, operands)).num_rows


def through_filters(opened, table, path, kind, operator, operands):
    if len(path) > 1 or operator == "valid":
        return UNKNOWN
    name = path[0]
    if operator == "null":
        return UNKNOWN  # its conjunctions have no such operator
    steps = {
        "eq": [(name, "=", *operands)],
        "ne": [(name, "!=", *operands)],
        "lt": [(name, "<", *operands)],
        "ge": [(name, ">=", *operands)],
        "in": [(name, "in", operands)],
        "between": [(name, ">=", operands[0]), (name, "<=", operands[-1])],
    }
    return table.to_pyarrow_table(filters=steps[operator], columns=[name]).num_rows


def through_polars(pyarrow_too):
    def count(opened, table, path, kind, operator, operands):
        column = polars.col(path[0])
        for member in path[1:]:
            column = column.struct.field(member)
        values = [polars.lit(pyarrow_value(value, kind)) for value in operands]
        tests = {
            "null": lambda: column.is_null(),
            "valid": lambda: column.is_not_null(),
            "eq": lambda: column == values[0],
            "ne": lambda: column != values[0],
            "lt": lambda: column < values[0],
            "ge": lambda: column >= values[0],
            "between": lambda: column.is_between(values[0], values[1]),
            "in": lambda: column.is_in(operands),
        }
        return polars.scan_delta(table.table_uri, use_pyarrow=pyarrow_too).filter(tests[operator]()).collect().height

    return count


def pyarrow_value(value, kind):
    return polars.from_arrow(pyarrow.array([value], kind))


connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'").fetchall()


def through_duckdb(opened, table, path, kind, operator, operands):
    where = sql(path, kind, operator, operands, quote, text).replace("{tz}", "TZ")
    return connection.execute(f"SELECT count(*) FROM opened WHERE {where}").fetchall()[0][0]


READERS = {
    "to_pyarrow_dataset": through_pyarrow,
    "to_pyarrow_table": through_filters,
    "polars": through_polars(False),
    "polars with pyarrow": through_polars(True),
    "duckdb over the dataset": through_duckdb,
}
spark_quote = lambda name: "`" + name.replace("`", "``") + "`"
spark_text = lambda value: "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
wrong, refused, spark, counted = [], {}, {}, {name: 0 for name in READERS}
for name, folder in json.load(sys.stdin)["tables"].items():
    table = deltalake.DeltaTable(folder)
    opened = table.to_pyarrow_dataset()
    whole = opened.to_table()
    kinds = {path: kind for path, kind, _ in leaves(whole)}
    for path, operator, operands, expected in predicates(whole):
        kind = kinds[path]
        where = sql(path, kind, operator, operands, spark_quote, spark_text).replace("{tz}", "")
        spark.setdefault(name, []).append([where, expected])
        for reader, count in READERS.items():
            try:
                rows = count(opened, table, path, kind, operator, operands)
            except (polars.exceptions.PolarsError, pyarrow.ArrowNotImplementedError, TypeError) as error:
                refused.setdefault(reader, {}).setdefault(str(kind), f"{operator}: {str(error).splitlines()[0][:120]}")
                continue
            if rows is UNKNOWN:
                continue
            counted[reader] += 1
            if rows != expected:
                wrong.append([name, reader, ".".join(path), operator, [str(value)[:40] for value in operands], expected, rows])
print(json.dumps({"version": deltalake.__version__, "counted": counted, "wrong": wrong, "refused": refused, "spark": spark}))
