-- Up Migration

-- Where each subject of a journey lives: a host workflow's id, or null for a workflow of its own. Written before the
-- first delivery, never changed.
create table millrace.placements (
  subject text collate "C" primary key,
  host text collate "C",
  placed_at timestamptz(3) not null default now()
);

-- Which run chain speaks for a host; appends of an older one are refused. The `chain` of a pooled subject's stream is
-- its host's id, which has a slash; a run id has none.
create table millrace.hosts (
  host text collate "C" primary key,
  chain text collate "C" not null,
  since timestamptz(3) not null default now()
);
create index streams_by_host on millrace.streams (chain, deadline, subject)
  where status = 'open' and strpos(chain, '/') > 0;

-- Pooled journeys whose machine failed: their events wait here, in order, and their host tries again.
create table millrace.parked_journeys (
  subject text collate "C" primary key,
  target text collate "C" not null,
  tenant_id text collate "C" not null,
  key text collate "C" not null,
  host text collate "C" not null,
  message text not null,
  parked_at timestamptz(3) not null,
  retry_at timestamptz(3) not null
);
create index parked_journeys_by_retry on millrace.parked_journeys (host, retry_at, subject);
create table millrace.parked_journey_events (
  subject text collate "C" not null references millrace.parked_journeys,
  position bigint generated always as identity,
  event_id text collate "C" not null,
  event json not null,
  primary key (subject, position),
  unique (subject, event_id)
);

-- Effects that a host could not carry over continue-as-new; the next run takes them up again under their keys.
create table millrace.host_effects (
  host text collate "C" not null,
  position bigint generated always as identity,
  key text collate "C" not null,
  effect json not null,
  primary key (host, key)
);

-- Down Migration

drop table millrace.host_effects, millrace.parked_journey_events, millrace.parked_journeys;
drop index millrace.streams_by_host;
drop table millrace.hosts, millrace.placements;
