#!/bin/sh
# Creates Temporal's two databases if they are missing and brings their schema up to date. Safe to run again.
set -eu

prepare() {
  database=$1 schema=$2
  tool="temporal-sql-tool --plugin postgres12_pgx --endpoint postgres --port 5432 --user millrace --database $database"
  $tool create-database
  # Only an empty database gets version 0.0: on another the tool refuses, and its version stays what it is.
  $tool setup-schema --version 0.0 || true
  $tool update-schema --schema-name "postgresql/v12/$schema"
}

prepare temporal temporal
prepare temporal_visibility visibility
