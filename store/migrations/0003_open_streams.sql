-- Up Migration

-- What is open, by stage: the metrics ask for it again and again.
create index streams_open on millrace.streams (target, stage) where status = 'open';

-- Down Migration

drop index millrace.streams_open;
