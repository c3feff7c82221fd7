-- The books of the built-in provider. It stands for a system elsewhere: the service reads none of
-- this, and no transaction spans both.
create table builtin_charges (
    id text primary key,
    -- The key of the attempt: the same one never charges twice.
    idempotency_key text not null unique,
    amount bigint not null,
    currency text not null,
    status text not null,
    reason text,
    client_secret text,
    -- When a charge that is processing settles.
    settles_at bigint
);

create index builtin_charges_settling on builtin_charges (settles_at)
    where status = 'processing';

-- Webhooks to deliver, until they are answered 200.
create table builtin_deliveries (
    id text primary key,
    body text not null,
    due_at bigint not null,
    attempts bigint not null
);

create index builtin_deliveries_due on builtin_deliveries (due_at);

create table builtin_secrets (
    name text primary key,
    value text not null
);
