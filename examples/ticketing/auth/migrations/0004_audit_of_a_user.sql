-- Why an administrator did it, in the administrator's words.
alter table audit add column reason text;

-- What happened to one user, newest first.
drop index audit_by_user;

create index audit_by_user on audit (user_id, id);
