-- On SQLite: the numbers of the rows without `autoincrement`, which writes a page of its own for each
-- transaction with an event.
--
-- A number may come again once its row and all later ones are deleted. Nobody takes the one row for the
-- other: a new row has a higher number than all that are there, so that the order stays; what is to be
-- done is found by what rows say, and never by a number up to which it was done; and a relay deletes
-- rows by their numbers only while it has the fence of their partition, in which nobody else deletes.
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
select seq, id, kind, source, time, event_key, version, correlation_id, causation_id, traceparent,
    tracestate, data, attempts, due_at, error, partition
from ticketkit_outbox order by seq;

drop table ticketkit_outbox;
alter table ticketkit_outbox_anew rename to ticketkit_outbox;

create index ticketkit_outbox_by_partition on ticketkit_outbox (partition, seq);
create index ticketkit_outbox_waiting on ticketkit_outbox (event_key, seq) where due_at > 0;
create index ticketkit_outbox_by_due on ticketkit_outbox (due_at) where due_at > 0;
