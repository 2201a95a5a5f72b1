-- Up to version 11 nothing was known of a counterparty but what its token is called.

alter table token add column note blob;
alter table token add column hue integer;

create table token_use (
  token_id integer primary key references token (id) on delete cascade,
  hour     blob not null
) strict;
