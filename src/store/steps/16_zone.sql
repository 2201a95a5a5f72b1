-- Up to version 15 pages without a script were in UTC, and no search had a name.

alter table account add column zone blob;

create table saved_search (
  id         integer primary key autoincrement,
  account_id integer not null references account (id) on delete cascade,
  name       blob not null,
  query      blob not null
) strict;
create index saved_search_by_account on saved_search (account_id, id);
