-- What happened to each order, for administrators: a row for each version of it, and for each
-- payment of it that was asked to be given back.
create table order_history (
    -- Sorts by time.
    id text primary key,
    order_id text not null,
    -- The version that the order then had.
    version bigint not null,
    -- Milliseconds.
    at bigint not null,
    kind text not null,
    reason text,
    payment_id text,
    -- Who did it, where somebody did.
    actor_id text
);

create index order_history_by_order on order_history (order_id, id);

-- When a row was written, in milliseconds, so that it can be forgotten; 0 where nobody knows.
alter table refunds add column noted_at bigint not null default 0;
alter table bans add column noted_at bigint not null default 0;

create index refunds_by_age on refunds (noted_at);
create index bans_by_age on bans (noted_at);
