-- A session is one family of refresh tokens, of which only hashes are kept.
create table ticketkit_sessions (
    id text primary key,
    user_id text not null,
    current_token text not null,
    parent_token text,
    created_at bigint not null,
    used_at bigint not null,
    user_agent text,
    address text
);

-- The list of a user's sessions, newest first; and ending all of them.
create index ticketkit_sessions_by_user on ticketkit_sessions (user_id, id);

-- Sweeping goes by age: by that of the last use, and by that of the session.
create index ticketkit_sessions_by_use on ticketkit_sessions (used_at);

create index ticketkit_sessions_by_age on ticketkit_sessions (created_at);

-- Single sessions that were ended: kept while an access token of theirs can be valid.
create table ticketkit_ended_sessions (
    id text primary key,
    ended_at bigint not null
);

create index ticketkit_ended_sessions_by_age on ticketkit_ended_sessions (ended_at);
