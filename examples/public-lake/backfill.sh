#!/bin/sh
# Fills FIRST-LAST from the lake of parquetry.yaml, verifies it, and creates a schedule for the ledgers after it.
# usage: backfill.sh FIRST-LAST
set -eu
ledgers=${1:?usage: backfill.sh FIRST-LAST}
export PARQUETRY_CONFIG=${PARQUETRY_CONFIG:-parquetry.yaml}
export PARQUETRY_S3_ANONYMOUS=${PARQUETRY_S3_ANONYMOUS:-aws-public-blockchain}

parquetry config check
parquetry backfill --ledgers "$ledgers"
parquetry verify --ledgers "$ledgers" --deep

# Each night: everything that closed since, 20 ledgers behind the tip. A failure pauses the schedule.
parquetry schedule list --json | grep -q '"name": "nightly"' ||
  parquetry schedule create nightly --cron "0 3 * * *" --lag 20 --on-failure fail
