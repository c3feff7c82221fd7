-- On SQLite: each partition has numbers of its own, those whose upper 16 bits are the partition plus one,
-- so that its rows lie side by side. A batch is read, and deleted, page by page and without an index.
--
-- The first of a partition is in the middle of its numbers. Those below are for rows of before, which are
-- older: here for those that had a partition, in their order; and when a relay assigns one to the others,
-- for these. What `rowids.sql` says of numbers that come again is true within a partition.
create table ticketkit_outbox_anew (
    seq integer primary key,
    id text not null,
    kind text not null,
    source text not null,
    time bigint not null,
    event_key text not null,
    version bigint not null,
    correlation_id text,
    causation_id text,
    traceparent text,
    tracestate text,
    data text not null,
    attempts bigint not null default 0,
    due_at bigint not null default 0,
    error text,
    partition bigint
);

insert into ticketkit_outbox_anew
select ((coalesce(partition, -1) + 1) << 48) + seq, id, kind, source, time, event_key, version,
    correlation_id, causation_id, traceparent, tracestate, data, attempts, due_at, error, partition
from ticketkit_outbox order by 1;

drop table ticketkit_outbox;
alter table ticketkit_outbox_anew rename to ticketkit_outbox;

create index ticketkit_outbox_waiting on ticketkit_outbox (event_key, seq) where due_at > 0;
create index ticketkit_outbox_by_due on ticketkit_outbox (due_at) where due_at > 0;

-- A process of the version before still runs, and lets SQLite number its rows.
create trigger ticketkit_outbox_renumber after insert on ticketkit_outbox
when new.seq >> 48 <> new.partition + 1
begin
    update ticketkit_outbox
    set seq = (
        select coalesce(max(seq), ((new.partition + 1) << 48) + (1 << 47)) + 1 from ticketkit_outbox
        where seq between (new.partition + 1) << 48 and ((new.partition + 2) << 48) - 1
    )
    where seq = new.seq;
end;

-- Nobody could tell any more which events of its key a row without a partition comes after.
create trigger ticketkit_outbox_refuse before insert on ticketkit_outbox
when new.partition is null
begin
    select raise(abort, 'the program is older than its database: start it in the present version');
end;
