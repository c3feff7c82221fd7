-- What was published, in the order in which it was accepted.
create table ticketkit_events (
    seq {identity},
    id text not null unique,
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
    published_at bigint not null
);

-- Sweeping goes by age.
create index ticketkit_events_by_age on ticketkit_events (published_at);

-- Who gets events; of an instance's own subscription, until when it is believed
-- to be alive.
create table ticketkit_subscriptions (
    name text primary key,
    expires_at bigint
);

create table ticketkit_routes (
    kind text not null,
    subscription text not null,
    primary key (kind, subscription)
);

-- One row for each event that a subscription has still to handle.
-- state: 0 ready, 1 claimed, 2 parked; due_at is 0 unless it waits for a retry.
create table ticketkit_deliveries (
    subscription text not null,
    seq bigint not null,
    event_key text not null,
    published_at bigint not null,
    state bigint not null default 0,
    due_at bigint not null default 0,
    failures bigint not null default 0,
    crashes bigint not null default 0,
    worker text,
    fence bigint not null default 0,
    lease_until bigint not null default 0,
    error text,
    parked_at bigint,
    primary key (subscription, seq)
);

-- Claiming takes the first ready rows in order, without sorting.
create index ticketkit_deliveries_by_state on ticketkit_deliveries (subscription, state, seq);

-- Order per key asks for earlier rows of the key.
create index ticketkit_deliveries_by_key on ticketkit_deliveries (subscription, event_key, seq);

-- When the next retry is due; few rows wait for one.
create index ticketkit_deliveries_by_due on ticketkit_deliveries (subscription, due_at)
    where due_at > 0;

-- An event is swept when no subscription has it any more.
create index ticketkit_deliveries_by_seq on ticketkit_deliveries (seq);
