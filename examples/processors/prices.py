"""Prices an hour from the archive, with polars: the Delta log names the committed files, so the result is always exact."""
import sys

import polars as pl

trades = pl.scan_delta(sys.argv[1] if len(sys.argv) > 1 else "archive/trade")
hours = (
    trades.with_columns(pl.col("price").cast(pl.Decimal(20, 7)), hour=pl.col("closed_at").dt.truncate("1h"))
    .group_by("hour")
    .agg(pl.len().alias("trades"), pl.min("price").alias("low"), pl.max("price").alias("high"))
    .sort("hour")
)
print(hours.collect())
