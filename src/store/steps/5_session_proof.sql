-- What a secret in a cookie or a link stands for was not authenticated. Everybody signs in again, and links are made anew.

drop table session;
create table session (
  id           integer primary key autoincrement,
  user_id      integer not null references user (id) on delete cascade,
  secret_blind blob not null unique,
  version      integer not null,
  device       blob not null,
  address      blob not null,
  remembered   integer not null,
  created_at   integer not null,
  seen_at      integer not null,
  confirmed_at integer,
  proof        blob not null
) strict;
create index session_by_user on session (user_id);
create trigger session_gone after delete on session begin
  update access_epoch set value = value + 1;
end;

drop table reset_link;
create table reset_link (
  user_id    integer primary key references user (id) on delete cascade,
  code_blind blob not null unique,
  created_at integer not null,
  proof      blob not null
) strict;
