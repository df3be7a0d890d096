"""What readers made of a table, in digests that leave out what some of them can't distinguish."""
import pyarrow

from canon import summary

NESTED = ("topics", "data")  # the sample's list and struct


def empty_lists(value):
    """pyiceberg reads a null list of structs as an empty one; here the sample's `parts`."""
    if isinstance(value, dict):
        return {key: [] if key == "parts" and item is None else item for key, item in value.items()}
    return value


def without_nulls(value, kind):
    """ClickHouse reads a null list as an empty one and a null struct as one of nulls."""
    if pyarrow.types.is_list(kind):
        return [without_nulls(item, kind.value_type) for item in value or []]
    if pyarrow.types.is_struct(kind):
        return {field.name: without_nulls((value or {}).get(field.name), field.type) for field in kind}
    return value


def reading(types, rows):
    """A summary, and the digest of what pyiceberg makes of the rows."""
    rows = [list(row) for row in rows]
    alike = summary(types, [[empty_lists(value) for value in row] for row in rows])["digest"]
    return {**summary(types, rows), "alike": alike}


def arrow(table):
    """The same of an Arrow table, with the digest of what ClickHouse makes of the rows."""
    rows = list(zip(*[column.to_pylist() for column in table.columns]))
    kinds = [field.type for field in table.schema]
    lenient = summary([], [[without_nulls(value, kind) for value, kind in zip(row, kinds)] for row in rows])["digest"]
    return {**reading([[field.name, str(field.type)] for field in table.schema], rows), "lenient": lenient}
