-- Up to version 14 an account could not be written to with a key.

create table account_key (
  id         integer primary key autoincrement,
  account_id integer not null references account (id) on delete cascade,
  public     blob not null,
  copy       blob,
  created_at integer not null,
  retired_at integer
) strict;
create index account_key_by_account on account_key (account_id);

alter table channel add column greeting blob;
