-- Up Migration

-- One row. The epoch goes up after a restore, when transaction ids start low again; it comes first in the feed's order.
create table millrace.feed_epoch (
  only_row boolean primary key default true check (only_row),
  epoch integer not null,
  system_identifier text not null,
  since timestamptz(3) not null default now()
);
insert into millrace.feed_epoch (epoch, system_identifier)
select 1, system_identifier::text from pg_control_system();

-- The state after the last transition of each subject.
create table millrace.streams (
  subject text collate "C" primary key,
  target text collate "C" not null,
  tenant_id text collate "C" not null,
  key text collate "C" not null,
  chain text collate "C" not null,
  version integer not null check (version >= 0),
  status text collate "C" not null check (status in ('open', 'closed')),
  stage text collate "C" not null,
  state json not null,
  machine_version integer not null,
  correlation_id text not null,
  traceparent text,
  deadline timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);
create index streams_by_update on millrace.streams (updated_at, subject);
create index streams_by_tenant on millrace.streams (tenant_id, updated_at, subject);

-- Which events a subject has taken, and the stream's version that each one met.
create table millrace.consumed (
  subject text collate "C" not null,
  event_id text collate "C" not null,
  version integer not null,
  primary key (subject, event_id)
);

-- Transitions, and events that came too late. `detail` and `late_event` are json and not jsonb: it keeps every text as it
-- came, also what text and jsonb refuse (the escape of NUL, half a surrogate pair).
create table millrace.events (
  epoch integer not null,
  transaction_id xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  kind text collate "C" not null check (kind in ('transition', 'late')),
  subject text collate "C" not null,
  version integer not null,
  from_stage text collate "C",
  to_stage text collate "C" check ((kind = 'transition') = (to_stage is not null)),
  causes text[] not null,
  detail json,
  late_event json check ((kind = 'late') = (late_event is not null)),
  correlation_id text not null,
  traceparent text,
  recorded_at timestamptz(3) not null,
  primary key (epoch, transaction_id, position)
);
create unique index events_by_version on millrace.events (subject, version) where kind = 'transition';
create index events_late on millrace.events (subject) where kind = 'late';

create table millrace.subscriptions (
  name text collate "C" primary key,
  epoch integer not null,
  transaction_id xid8 not null,
  position bigint not null,
  updated_at timestamptz(3) not null default now()
);

create table millrace.parked_lanes (
  subject text collate "C" primary key,
  target text collate "C" not null,
  tenant_id text collate "C" not null,
  key text collate "C" not null,
  cause text collate "C" not null,
  parked_at timestamptz(3) not null,
  -- When a holder last tried; the sweep takes those first that waited longest, so that none starves the others.
  attempted_at timestamptz(3)
);
create table millrace.parked_events (
  subject text collate "C" not null references millrace.parked_lanes,
  position bigint generated always as identity,
  event_id text collate "C" not null,
  event json not null,
  primary key (subject, position),
  unique (subject, event_id)
);

-- What the bridge read and where it went: a row per record, a partition per day (UTC).
create table millrace.ledger (
  day date not null,
  topic text collate "C" not null,
  partition integer not null,
  "offset" bigint not null,
  event_id text collate "C",
  event_type text collate "C",
  tenant_id text collate "C",
  read_at timestamptz(3) not null,
  verdicts jsonb not null,
  primary key (day, topic, partition, "offset")
) partition by range (day);
create index ledger_by_event on millrace.ledger (tenant_id, event_id);

-- A record read again replaces its verdicts, except that `duplicate` does not hide what the same record came to before.
create function millrace.merge_verdicts(before jsonb, after jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_agg(coalesce(kept.verdict, entry.verdict) order by entry.nth), '[]')
  from jsonb_array_elements(after) with ordinality entry(verdict, nth)
  left join lateral (
    select earlier.verdict
    from jsonb_array_elements(before) earlier(verdict)
    where entry.verdict ->> 'verdict' = 'duplicate' and earlier.verdict -> 'subject' = entry.verdict -> 'subject'
    limit 1
  ) kept on true
$$;

-- Each record once, also when it was read on two days.
create view millrace.ledger_records as
  select distinct on (topic, partition, "offset") * from millrace.ledger
  order by topic, partition, "offset", day desc;

-- A row per record and subject; `nth` counts the deliveries of one event to one subject.
create view millrace.ledger_verdicts as
  select topic, partition, "offset", event_id, event_type, tenant_id, read_at,
    entry ->> 'subject' as subject, entry ->> 'verdict' as verdict, entry ->> 'cause' as cause,
    case when entry ->> 'verdict' = 'delivered' and event_id is not null then row_number() over (
      partition by tenant_id, event_id, entry ->> 'subject', entry ->> 'verdict'
      order by read_at, topic, partition, "offset"
    ) end as nth
  from millrace.ledger_records cross join lateral jsonb_array_elements(verdicts) entry;

create table millrace.dead_letters (
  id uuid primary key,
  dead_letter_topic text collate "C" not null,
  partition integer not null,
  "offset" bigint not null,
  original_topic text collate "C" not null,
  original_partition integer,
  original_offset bigint,
  event_id text collate "C",
  event_type text collate "C",
  tenant_id text collate "C",
  key text collate "C",
  cause text collate "C" not null,
  message text not null,
  value bytea,
  headers json not null,
  dead_at timestamptz(3) not null,
  redriven_at timestamptz(3),
  redrive_count integer not null default 0,
  unique (dead_letter_topic, partition, "offset")
);
create index dead_letters_by_time on millrace.dead_letters (dead_at, id);

-- Down Migration

drop table millrace.dead_letters;
drop view millrace.ledger_verdicts, millrace.ledger_records;
drop function millrace.merge_verdicts;
drop table millrace.ledger, millrace.parked_events, millrace.parked_lanes, millrace.subscriptions, millrace.events,
  millrace.consumed, millrace.streams, millrace.feed_epoch;
