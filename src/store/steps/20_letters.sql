-- Up to version 19 the holder's pages sealed nothing.

alter table message add column copy blob;
alter table channel add column reply blob;
alter table channel add column letters integer not null default 0;
