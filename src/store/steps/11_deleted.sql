-- Up to version 10 an account whose deletion was cut short was a disabled one.

alter table account add column deleted integer not null default 0;
