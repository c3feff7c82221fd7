-- Counts revocations, each in its own transaction: no number is missing, and the order of the
-- numbers is that of the commits. Whoever follows the events knows by it that one got lost.
create table revocation_stream (
    id bigint primary key,
    position bigint not null
);

insert into revocation_stream (id, position) values (1, 0);
