/**
 * The statements are named, so that they are planned once per connection. A plan made while the tables were small would
 * read them whole for ever after; these settings leave only the indexes to it, and `lateral` with `offset 0` has each
 * index searched for what is wanted: a join could turn round and walk the whole index.
 */
const indexed = `set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off;
  set local jit = off`;

/**
 * A transaction that hangs holds its streams, and once it has an id, everybody's feed; whoever waits for its streams is
 * told to try again.
 */
const bounded = `set local lock_timeout = '10s'; set local statement_timeout = '30s'`;

export const settings = `${indexed}; ${bounded}`;

/** $1 subjects; $2, $3 subject and id of events; $4, $5 subject and version after which transitions are wanted; $6 hosts; $7 subjects that may be parked. */
export const readStored = {
  name: 'millrace-read-stored',
  text: `
    select
      clock_timestamp()::timestamptz(3) as now,
      (select json_agg(json_build_object('subject', subject, 'chain', chain, 'version', version, 'status', status))
        from millrace.streams where subject = any($1::text[])) as streams,
      (select json_agg(json_build_object('subject', subject, 'eventId', event_id, 'version', version))
        from unnest($2::text[], $3::text[]) wanted(of_subject, of_event), lateral (
          select * from millrace.consumed where subject = of_subject and event_id = of_event offset 0) found
      ) as consumed,
      (select json_agg(json_build_object('subject', subject, 'version', version, 'from', from_stage,
          'to', to_stage, 'causes', causes, 'detail', detail, 'recordedAt', recorded_at))
        from unnest($4::text[], $5::integer[]) wanted(of_subject, after), lateral (
          select * from millrace.events where subject = of_subject and version > after and kind = 'transition' offset 0
        ) found
      ) as transitions,
      (select json_object_agg(host, chain) from millrace.hosts where host = any($6::text[])) as hosts,
      (select json_agg(subject) from millrace.parked_journeys where subject = any($7::text[])) as parked`,
};

/**
 * One statement for everything that a group adds. Its rows get their transaction id here, after the locks, and their
 * positions in the order given, which is that of the versions within each stream.
 */
export const writeGroup = {
  name: 'millrace-write-group',
  text: `
    with stream_rows as (
      insert into millrace.streams (subject, target, tenant_id, key, chain, version, status, stage, state,
        machine_version, correlation_id, traceparent, deadline, created_at, updated_at)
      select *, $14::timestamptz, $14::timestamptz
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[],
        $9::json[], $10::integer[], $11::text[], $12::text[], $13::timestamptz[])
      on conflict (subject) do update set version = excluded.version, status = excluded.status,
        stage = excluded.stage, state = excluded.state, machine_version = excluded.machine_version,
        deadline = excluded.deadline, updated_at = greatest(streams.updated_at, excluded.updated_at)
    ), consumed_rows as (
      insert into millrace.consumed (subject, event_id, version)
      select * from unnest($15::text[], $16::text[], $17::integer[])
    )
    insert into millrace.events (epoch, kind, subject, version, from_stage, to_stage, causes, detail, late_event,
      correlation_id, traceparent, recorded_at)
    select (select epoch from millrace.feed_epoch), kind, subject, version, from_stage, to_stage,
      array(select json_array_elements_text(causes)), detail, late_event, correlation_id, traceparent, $14::timestamptz
    from unnest($18::text[], $19::text[], $20::integer[], $21::text[], $22::text[], $23::json[], $24::json[],
      $25::json[], $26::text[], $27::text[]) with ordinality
      added(kind, subject, version, from_stage, to_stage, causes, detail, late_event, correlation_id, traceparent, nth)
    order by nth`,
};

/** $1, $2 keys of the hosts' and streams' locks, sorted; then JSON: streams that move, that open, consumed events, transitions. */
export const appendExpected = {
  name: 'millrace-append-expected',
  text: `select held, recorded_at
    from millrace.append_expected($1::bigint[], $2::bigint[], $3::json, $4::json, $5::json, $6::json)`,
};
