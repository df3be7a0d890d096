"""Reads messages with Python's json, numbers as their texts: nothing of the program's own reading."""
import datetime
import decimal
import json
import re
import sys

sys.setrecursionlimit(20_000)
decimal.getcontext().prec = 200
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN
LEDGERS = ["ledger_sequence", "ledger", "sequence", "ledger_seq", "block_height", "meta.ledgerSequence", "ledgerSequence"]
TIMES = ["closed_at", "ledger_closed_at", "meta.closedAt", "ledger_close_time", "block_timestamp"]


class Number:
    """A number with its source text."""

    def __init__(self, text):
        self.text = text

    def value(self):
        return decimal.Decimal(self.text)


class Twice(Exception):
    pass


def members(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Twice()
    return found


def refuse(text):
    raise ValueError(text)


def parse(text, hook=members):
    """The value of a JSON text; raises Twice for a repeated key, unless `hook` makes something else of it."""
    decoder = json.JSONDecoder(object_pairs_hook=hook, parse_int=Number, parse_float=Number, parse_constant=refuse)
    value, end = decoder.raw_decode(text.lstrip(" \t\r\n"))
    if text.lstrip(" \t\r\n")[end:].strip(" \t\r\n"):
        raise ValueError("bytes follow")
    return value


def at(value, path):
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def first(message, inner, paths):
    for path in paths:
        for place in (inner, message):
            value = at(place, path)
            if value is not None:
                return value
    return None


def kind_of(message):
    """The type that a message names, whatever that is; None when it names none."""
    kind = message.get("message_type")
    if kind is None and isinstance(message.get("_schema"), str):
        kind = message["_schema"].replace(".", "_")
    if kind is None and isinstance(message.get("type"), str):
        kind = message["type"]
    return kind


def inner_of(message, kind):
    """The unwrapped object, or None."""
    inner = message.get(kind)
    return inner if isinstance(inner, dict) else None


def whole(value, size):
    """A whole number that needs at most `size` digits, by its value, or text of that number of digits, or None."""
    if isinstance(value, Number):
        number = value.value()
        if number == 0:
            return 0
        fits = number > 0 and number.adjusted() < size and number == number.to_integral_value()
        return int(number) if fits else None
    return int(value) if isinstance(value, str) and re.fullmatch(rf"[0-9]{{1,{size}}}", value) else None


def double_holds(text):
    """
    Whether a column of doubles takes a number: it is the double's own value, or the shortest decimal of one. A whole number
    can only be the latter with an exponent and more than 38 digits.
    """
    number, double = decimal.Decimal(text), float(text)
    if double in (float("inf"), float("-inf")):
        return False
    if decimal.Decimal(double) == number:
        return True
    if number == number.to_integral_value() and not ("e" in text.lower() and number.adjusted() >= 38):
        return False
    return decimal.Decimal(repr(double)) == number


def place(message):
    """Type, unwrapped object, ledger and close time (Unix microseconds) of an accepted message."""
    kind = kind_of(message)
    inner = inner_of(message, kind)
    ledger = first(message, inner, LEDGERS)
    ledger = whole(ledger, 10)
    time = first(message, inner, TIMES)
    unix = whole(time, 15)
    if unix is None:
        micros = instant(time)
    else:
        micros = unix * 1000 if unix >= 100_000_000_000 else unix * 1_000_000
    return kind, inner, ledger, micros


TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


def instant(text):
    """Unix microseconds of an RFC 3339 time."""
    match = TIME.fullmatch(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match[7] or "").ljust(6, "0")
    assert set(fraction[6:]) <= {"0"}, text
    offset = (int(match[9]) * 60 + int(match[10])) * (-1 if match[8] == "-" else 1) if match[8] else 0
    days = datetime.date(year, month, day).toordinal() - 719_163
    return ((days * 24 + hour) * 3600 + (minute - offset) * 60 + second) * 1_000_000 + int(fraction[:6])


def fields_of(message, inner, kind):
    """The values of a message by key: the unwrapped object's win, unless they are null."""
    values = {key: value for key, value in (inner or {}).items() if value is not None}
    for key, value in message.items():
        if inner is not None and key == kind:
            continue
        if key not in values and value is not None:
            values[key] = value
    return values
