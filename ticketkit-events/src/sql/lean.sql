-- On PostgreSQL: each event that is published is written into two indexes less.
--
-- A relay knows the partition of a row, and so finds it without an index of the numbers alone. A process
-- of the version before still runs and does without: it reads the table instead.
alter table ticketkit_outbox drop constraint ticketkit_outbox_pkey;

-- When the next try is due is a question to the few that wait: `ticketkit_outbox_waiting` has them.
drop index ticketkit_outbox_by_due;
