#!/bin/sh
# Registers the namespace and the search attributes that the platform's workflows are found by. Safe to run again.
set -eu

until temporal operator cluster health; do sleep 1; done
temporal operator namespace describe --namespace default > /dev/null 2>&1 \
  || temporal operator namespace create --namespace default --retention 7d
known=$(temporal operator search-attribute list --namespace default)
for name in TenantId AggregateId CorrelationId Stage Target; do
  echo "$known" | grep -qw "$name" \
    || temporal operator search-attribute create --namespace default --name "$name" --type Keyword
done
