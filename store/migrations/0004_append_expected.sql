-- Up Migration

-- Appends to streams that stand as their writers expect: locks, looks and writes in one statement, and so in one round trip
-- and one commit. `held` names those that stood so and were written, by their `nth`; null: none.
--
-- Nothing here has a transaction id before the locks are held, and each statement inside looks anew, so it sees what the
-- locks' last holder committed (docs/architecture.md, "Who decides what"). The plans are made once per connection,
-- perhaps while the tables are empty: the settings leave only the indexes to them, and `lateral` with `offset 0` has each
-- index searched for what is wanted: a join could turn round and walk the whole index (and `exists` in an `or` could read
-- a whole table once).
create function millrace.append_expected(
  lock_hosts bigint[], lock_streams bigint[], moved json, opened json, taken json, transitions json,
  out held integer[], out recorded_at timestamptz(3)
) language plpgsql
set lock_timeout = '10s' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  known integer[];
  created integer[];
  at timestamptz(3);
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    return; -- what the locks' last holder committed would not be seen
  end if;
  if lock_hosts is not null then
    perform pg_advisory_xact_lock_shared(key) from unnest(lock_hosts) key;
  end if;
  perform pg_advisory_xact_lock(key) from unnest(lock_streams) key;
  at := clock_timestamp();

  select array_agg(t.nth) into known
  from json_to_recordset(taken) t(nth integer, subject text, event_id text)
    cross join lateral (
      select from millrace.consumed c where c.subject = t.subject and c.event_id = t.event_id offset 0
    ) found;

  if moved is not null then
    with standing as materialized (
      select a.*, s.place
      from json_to_recordset(moved) a(nth integer, subject text, chain text, host_chain text, expected integer,
        version integer, status text, stage text, state text, machine_version integer, deadline timestamptz)
        cross join lateral (
          select ctid as place, chain, version, status from millrace.streams where subject = a.subject offset 0
        ) s
      where s.chain = a.chain and s.version = a.expected and s.status = 'open'
        and (known is null or a.nth <> all(known))
        and (a.host_chain is null
          or a.host_chain = (select h.chain from millrace.hosts h where h.host = a.chain))
    ), written as (
      update millrace.streams s set version = a.version, status = a.status, stage = a.stage, state = a.state::json,
        machine_version = a.machine_version, deadline = a.deadline, updated_at = greatest(s.updated_at, at)
      from standing a where s.ctid = a.place
      returning a.nth
    )
    select array_agg(nth) into held from written;
  end if;

  if opened is not null then
    with asked as materialized (
      select * from json_to_recordset(opened) a(nth integer, subject text, target text, tenant_id text, key text,
        chain text, host_chain text, version integer, status text, stage text, state text, machine_version integer,
        correlation_id text, traceparent text, deadline timestamptz, fresh boolean)
      where (known is null or a.nth <> all(known))
        and (a.host_chain is null
          or a.host_chain = (select h.chain from millrace.hosts h where h.host = a.chain))
        and case when a.fresh then (select p.subject from millrace.parked_journeys p where p.subject = a.subject) end
          is null
    ), written as (
      insert into millrace.streams (subject, target, tenant_id, key, chain, version, status, stage, state,
        machine_version, correlation_id, traceparent, deadline, created_at, updated_at)
      select subject, target, tenant_id, key, chain, version, status, stage, state::json,
        machine_version, correlation_id, traceparent, deadline, at, at
      from asked
      on conflict (subject) do nothing returning subject
    )
    select array_agg(nth) into created from written join asked using (subject);
    held := held || created;
  end if;

  with marked as (
    insert into millrace.consumed (subject, event_id, version)
    select subject, event_id, version
    from json_to_recordset(taken) t(nth integer, subject text, event_id text, version integer)
    where nth = any(held)
  )
  insert into millrace.events (epoch, kind, subject, version, from_stage, to_stage, causes, detail, correlation_id,
    traceparent, recorded_at)
  select (select epoch from millrace.feed_epoch), 'transition', subject, version, from_stage, to_stage, causes,
    detail::json, correlation_id, traceparent, at
  from rows from (json_to_recordset(transitions) as (nth integer, subject text, version integer, from_stage text,
    to_stage text, causes text[], detail text, correlation_id text, traceparent text)) with ordinality
    t(nth, subject, version, from_stage, to_stage, causes, detail, correlation_id, traceparent, place)
  where nth = any(held)
  order by place;

  recorded_at := at;
end
$$;

-- Down Migration

drop function millrace.append_expected;
