-- When a row was written, in milliseconds, so that it can be forgotten; 0 where nobody knows.
alter table orders_seen add column noted_at bigint not null default 0;
alter table bans add column noted_at bigint not null default 0;

create index orders_seen_by_age on orders_seen (noted_at);
create index bans_by_age on bans (noted_at);
