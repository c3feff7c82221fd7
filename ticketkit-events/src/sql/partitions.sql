-- Several relays share an outbox by partitions of the keys. Rows of older versions have none until
-- a relay has assigned it.
alter table ticketkit_outbox add column partition bigint;

-- A relay takes the oldest rows of one partition.
create index ticketkit_outbox_by_partition on ticketkit_outbox (partition, seq);

-- The relay asks whether an earlier event of the key waits for another try, and when the next is
-- due; few do.
drop index ticketkit_outbox_by_key;
create index ticketkit_outbox_waiting on ticketkit_outbox (event_key, seq) where due_at > 0;
create index ticketkit_outbox_by_due on ticketkit_outbox (due_at) where due_at > 0;

-- The relays that run, by an id that is new at each start.
create table ticketkit_relays (
    id text primary key,
    expires_at bigint not null
);

-- Who moves the events of a partition, and until when; the fence rises with each new holder.
create table ticketkit_relay_partitions (
    partition bigint primary key,
    relay text,
    fence bigint not null default 0,
    expires_at bigint not null default 0
);

insert into ticketkit_relay_partitions (partition)
values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);
