"""Predicates on every column of a table: an operator, the path of a column or a struct's member, and operands.

The operands are made from the column's own values, so that some rows pass and some do not.
"""
import datetime
import decimal

import pyarrow
import pyarrow.compute as compute

NESTED = pyarrow.types.is_struct, pyarrow.types.is_list, pyarrow.types.is_large_list


def leaves(table):
    """(path, type, values) of the columns, and of the scalar members of structs."""
    for field in table.schema:
        column = table[field.name].combine_chunks()
        yield (field.name,), field.type, column
        if pyarrow.types.is_struct(field.type):
            for member in field.type:
                yield (field.name, member.name), member.type, compute.struct_field(column, member.name)


def predicates(table):
    """[(path, operator, operands, rows that pass)]: what is true of the whole table, read without a filter."""
    found = []
    for path, kind, column in leaves(table):
        tests = [("null", []), ("valid", [])]
        if not any(nested(kind) for nested in NESTED):
            values = sorted({value for value in column.to_pylist() if value is not None})
            low, middle, high = (values[0], values[len(values) // 2], values[-1]) if values else [absent(kind)] * 3
            tests += [("eq", [value]) for value in {low, middle, high, absent(kind)}]
            tests += [("ne", [middle]), ("lt", [high]), ("ge", [middle]), ("ge", [high])]
            tests += [("between", [low, middle]), ("in", [middle, high]), ("in", [absent(kind)])]
        for operator, operands in tests:
            found.append((path, operator, operands, passing(column, kind, operator, operands)))
    return found


def absent(kind):
    if pyarrow.types.is_boolean(kind):
        return False
    if pyarrow.types.is_timestamp(kind):
        return datetime.datetime(2001, 2, 3, tzinfo=datetime.timezone.utc)
    if pyarrow.types.is_decimal(kind):
        return decimal.Decimal(1).scaleb(-kind.scale)
    if pyarrow.types.is_floating(kind):
        return 0.123
    return "absent" if pyarrow.types.is_string(kind) else 4242


def condition(column, kind, operator, operands):
    """The predicate with pyarrow's functions, over an array or over an expression."""
    if operator == "null":
        return compute.is_null(column) if isinstance(column, pyarrow.Array) else column.is_null()
    if operator == "valid":
        return compute.is_valid(column) if isinstance(column, pyarrow.Array) else column.is_valid()
    if operator == "in":
        return compute.is_in(column, value_set=pyarrow.array(operands, kind)) if isinstance(column, pyarrow.Array) else column.isin(pyarrow.array(operands, kind))
    first, *rest = [pyarrow.scalar(value, kind) for value in operands]
    if operator == "between":
        both = compute.and_ if isinstance(column, pyarrow.Array) else lambda a, b: a & b
        return both(compute.greater_equal(column, first), compute.less_equal(column, rest[0]))
    compare = {"eq": compute.equal, "ne": compute.not_equal, "lt": compute.less, "ge": compute.greater_equal}
    return compare[operator](column, first)


def passing(column, kind, operator, operands):
    return compute.sum(condition(column, kind, operator, operands).cast(pyarrow.int64())).as_py() or 0


def sql(path, kind, operator, operands, quote, text):
    """The predicate in SQL; `quote` of an identifier and `text` of a literal are the dialect's."""
    name = ".".join(quote(part) for part in path)
    shown = [literal(value, kind, text) for value in operands]
    if operator in ("null", "valid"):
        return f"{name} IS {'NOT ' if operator == 'valid' else ''}NULL"
    if operator == "in":
        return f"{name} IN ({', '.join(shown)})"
    if operator == "between":
        return f"{name} BETWEEN {shown[0]} AND {shown[1]}"
    return f"{name} {dict(eq='=', ne='<>', lt='<', ge='>=')[operator]} {shown[0]}"


def literal(value, kind, text):
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return text(value)
    if isinstance(value, datetime.datetime):
        return f"TIMESTAMP{{tz}} '{value.astimezone(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M:%S.%f')}+00:00'"
    if isinstance(value, decimal.Decimal):
        return f"CAST('{value:f}' AS DECIMAL({kind.precision},{kind.scale}))"
    return f"CAST('{value!r}' AS {'DOUBLE' if isinstance(value, float) else 'BIGINT'})"
