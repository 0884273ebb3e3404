-- The version that a row was decided on, so that a new row's first version need not be 1: one that was forgotten and begins anew must not meet a
-- memory of the old one.
alter table occurrences add column based_on integer not null default 0;
