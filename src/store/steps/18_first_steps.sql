-- Up to version 17 nobody was told what to do first.

alter table account add column key_copied integer not null default 0;
alter table account add column steps_away integer not null default 0;
