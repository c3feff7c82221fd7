-- What payments knows of orders: as of the newest event about each.
create table orders (
    id text primary key,
    version bigint not null,
    user_id text not null,
    status text not null,
    amount bigint not null,
    currency text not null,
    expires_at bigint not null
);

-- One row for each attempt to pay. It is there before the provider is asked.
create table payments (
    id text primary key,
    version bigint not null,
    order_id text not null,
    user_id text not null,
    amount bigint not null,
    currency text not null,
    status text not null,
    token text not null,
    provider text not null,
    -- Null until the provider has answered.
    provider_id text,
    client_secret text,
    -- Why it failed.
    reason text,
    -- Why the money is to go back; set before the payment has succeeded, it goes back then.
    refund_reason text,
    created_at bigint not null,
    -- When the reconciler asks the provider; null where there is no doubt.
    check_at bigint,
    -- How often it has asked since the status changed.
    checks bigint not null
);

-- One live attempt for each order, whatever races: a double click is one charge. One that is being
-- refunded is over: its order is too, and the refund must not wait for another attempt.
create unique index payments_live on payments (order_id)
    where status in ('pending', 'processing', 'requires_action', 'succeeded');

create index payments_by_order on payments (order_id);

-- The list of a user, newest first: ids sort by the time they were made.
create index payments_by_user on payments (user_id, id);

create index payments_in_doubt on payments (check_at) where check_at is not null;

-- What a user's Idempotency-Key was used for; the answer is null while the attempt is under way.
create table idempotency_keys (
    user_id text not null,
    key text not null,
    order_id text not null,
    token text not null,
    payment_id text not null,
    status bigint,
    body text,
    created_at bigint not null,
    primary key (user_id, key)
);

create index idempotency_keys_by_age on idempotency_keys (created_at);

-- Webhooks that were processed: a provider sends an event again until it is answered 200.
create table notifications (
    provider text not null,
    event_id text not null,
    received_at bigint not null,
    primary key (provider, event_id)
);

create index notifications_by_age on notifications (received_at);
