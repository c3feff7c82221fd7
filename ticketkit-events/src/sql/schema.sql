-- Events that were published in a transaction and are not on the bus yet.
-- A row is work to do; the relay deletes it when the engine has the event.
create table ticketkit_outbox (
    seq {identity},
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
    error text
);

-- The relay asks whether an earlier event of the key waits for another try.
create index ticketkit_outbox_by_key on ticketkit_outbox (event_key, seq);

-- Events that were handled, so that a duplicate does nothing.
create table ticketkit_inbox (
    subscription text not null,
    event_id text not null,
    handled_at bigint not null,
    primary key (subscription, event_id)
);

-- Sweeping goes by age.
create index ticketkit_inbox_by_age on ticketkit_inbox (subscription, handled_at);

-- Events that are published later; one for each key to cancel them by.
create table ticketkit_schedules (
    cancel_key text primary key,
    publish_at bigint not null,
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
    data text not null
);

create index ticketkit_schedules_by_time on ticketkit_schedules (publish_at);
