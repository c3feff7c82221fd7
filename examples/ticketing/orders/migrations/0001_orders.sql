create table orders (
    id text primary key,
    version bigint not null,
    -- The buyer.
    user_id text not null,
    seller_id text not null,
    status text not null,
    reason text,
    -- The payment that completed it.
    payment_id text,
    -- Milliseconds.
    expires_at bigint not null,
    -- The ticket as the buyer saw it.
    ticket_id text not null,
    ticket_version bigint not null,
    title text not null,
    price bigint not null,
    currency text not null
);

-- Decides the race of many buyers for one ticket: there is one order that has it, or may get it.
create unique index orders_active_by_ticket on orders (ticket_id)
where status in ('created', 'awaiting_payment', 'complete');

-- A buyer's own list is read newest first, and a ban looks for the buyer's open ones.
create index orders_by_buyer on orders (user_id, id);

-- The sweep looks for open orders whose hold is over.
create index orders_by_deadline on orders (expires_at)
where status in ('created', 'awaiting_payment');

-- The ban of a seller looks for open orders of the seller's tickets.
create index orders_by_seller on orders (seller_id)
where status in ('created', 'awaiting_payment');

-- The payments that are to be given back: each is asked for once.
create table refunds (
    payment_id text primary key,
    order_id text not null,
    reason text not null
);

-- What tickets told of its tickets: the newest version of each.
create table tickets (
    id text primary key,
    version bigint not null,
    title text not null,
    price bigint not null,
    currency text not null,
    user_id text not null,
    status text not null
);

-- The newest ban or lifting of each user who was ever banned.
create table bans (
    user_id text primary key,
    ban_version bigint not null,
    banned bigint not null,
    -- Milliseconds; null is for good.
    until bigint
);
