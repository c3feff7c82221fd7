-- A failed sign-in, once for its account and address together, and once for its address.
create table ticketkit_failed_sign_ins (
    bucket text not null,
    at bigint not null
);

create index ticketkit_failed_sign_ins_by_bucket on ticketkit_failed_sign_ins (bucket, at);

-- Sweeping goes by age.
create index ticketkit_failed_sign_ins_by_age on ticketkit_failed_sign_ins (at);
