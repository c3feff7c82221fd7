create table users (
    id text primary key,
    -- As it was typed, for people to read.
    email text not null,
    -- What addresses are compared by.
    email_folded text not null,
    password_hash text not null,
    -- Separated by spaces.
    roles text not null,
    -- Tokens of an older epoch are void.
    epoch bigint not null default 0,
    banned bigint not null default 0,
    banned_until bigint,
    ban_reason text,
    -- Counts bans and liftings: in every service the highest decides.
    ban_version bigint not null default 0,
    -- When the epoch or the ban last changed.
    revoked_at bigint not null default 0,
    version bigint not null default 1,
    created_at bigint not null
);

-- One account an address: of two sign-ups at once, this decides.
create unique index users_by_email on users (email_folded);

-- The snapshot of revocations goes by age.
create index users_by_revocation on users (revoked_at);

-- A session is one family of refresh tokens, of which only hashes are kept.
create table sessions (
    id text primary key,
    user_id text not null references users (id),
    current_token text not null,
    parent_token text,
    created_at bigint not null,
    used_at bigint not null
);

-- Ending all sessions of a user.
create index sessions_by_user on sessions (user_id);

-- Sweeping goes by age.
create index sessions_by_use on sessions (used_at);

-- Single sessions that were ended: kept while an access token of theirs can be valid.
create table ended_sessions (
    id text primary key,
    ended_at bigint not null
);

create index ended_sessions_by_age on ended_sessions (ended_at);

-- Counts revocations, each in its own transaction: no number is missing, and the order of the
-- numbers is that of the commits. Whoever follows the events knows by it that one got lost.
create table revocation_stream (
    id bigint primary key,
    position bigint not null
);

insert into revocation_stream (id, position) values (1, 0);
