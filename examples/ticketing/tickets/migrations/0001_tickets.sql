create table tickets (
    id text primary key,
    version bigint not null,
    title text not null,
    -- The title without case, for the search.
    folded_title text not null,
    price bigint not null,
    currency text not null,
    user_id text not null,
    status text not null,
    -- The order that it is reserved for or sold to, and the user of that order.
    order_id text,
    buyer_id text,
    -- The version that brought the present title and price: a buyer who saw this one or a later
    -- one saw what is sold.
    terms_version bigint not null,
    -- Its seller was banned while it was reserved: it is withdrawn when it is released.
    withdraw_on_release bigint not null default 0
);

-- The market is read newest first and shows nothing else; ids sort by time.
create index tickets_on_sale on tickets (id) where status = 'available';

-- A seller's own list is read newest first, and a ban looks for all that is the seller's.
create index tickets_by_seller on tickets (user_id, id);

-- The newest version of each order that was acted upon, so that an older event does nothing,
-- whatever order they arrive in.
create table orders_seen (
    id text primary key,
    version bigint not null
);

-- The newest ban or lifting of each user who was ever banned.
create table bans (
    user_id text primary key,
    ban_version bigint not null,
    banned bigint not null,
    -- Milliseconds; null is for good.
    until bigint
);
