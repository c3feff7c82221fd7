-- Sessions are kept by ticketkit-auth from here on, in tables that it made before this step.
insert into ticketkit_sessions
    (id, user_id, current_token, parent_token, created_at, used_at, user_agent, address)
select id, user_id, current_token, parent_token, created_at, used_at, user_agent, address
from sessions;

insert into ticketkit_ended_sessions (id, ended_at)
select id, ended_at from ended_sessions;

drop table sessions;

drop table ended_sessions;
