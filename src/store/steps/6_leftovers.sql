-- Up to version 5 a deletion took everything at once, by foreign keys. Now what belongs to a channel stays behind and is
-- removed a little at a time.

-- Registrations leave their table first: dropping the tokens would delete them.
alter table push_registration rename to push_registration_5;
alter table token rename to token_5;
alter table read_cursor rename to read_cursor_5;
alter table read_exception rename to read_exception_5;
alter table idempotency rename to idempotency_5;

create table token (
  id           integer primary key autoincrement,
  channel_id   integer not null,
  secret_blind blob unique,
  secret       blob,
  description  blob not null,
  can_read     integer not null,
  can_write    integer not null,
  since        integer not null,
  created_at   integer not null,
  revoked_at   integer
) strict;
insert into token (id, channel_id, secret_blind, secret, description, can_read, can_write, since, created_at, revoked_at)
select id, channel_id, secret_blind, secret, description, can_read, can_write, since, created_at, revoked_at
  from token_5;

create table push_registration (
  id           integer primary key,
  token_id     integer not null references token (id) on delete cascade,
  device_blind blob not null,
  device       blob not null,
  created_at   integer not null,
  unique (device_blind, token_id)
) strict;
insert into push_registration (id, token_id, device_blind, device, created_at)
select id, token_id, device_blind, device, created_at
  from push_registration_5;

create table read_cursor (
  channel_id integer not null,
  reader     integer not null,
  cursor     integer not null,
  primary key (channel_id, reader)
) strict, without rowid;
insert into read_cursor (channel_id, reader, cursor)
select channel_id, reader, cursor
  from read_cursor_5;

create table read_exception (
  channel_id integer not null,
  reader     integer not null,
  sequence   integer not null,
  read       integer not null,
  primary key (channel_id, reader, sequence)
) strict, without rowid;
insert into read_exception (channel_id, reader, sequence, read)
select channel_id, reader, sequence, read
  from read_exception_5;

create table idempotency (
  channel_id  integer not null,
  author      integer not null,
  key_blind   blob not null,
  body_blind  blob not null,
  sequence    integer not null,
  received_at integer not null,
  primary key (channel_id, author, key_blind)
) strict, without rowid;
insert into idempotency (channel_id, author, key_blind, body_blind, sequence, received_at)
select channel_id, author, key_blind, body_blind, sequence, received_at
  from idempotency_5;

-- Ids are never used again, also not those of tokens that went with their channels.
delete from sqlite_sequence where name = 'token';
insert into sqlite_sequence (name, seq) select 'token', seq from sqlite_sequence where name = 'token_5';

drop table push_registration_5;
drop table token_5;
drop table read_cursor_5;
drop table read_exception_5;
drop table idempotency_5;

create index token_by_channel on token (channel_id, id);
create index idempotency_by_age on idempotency (received_at);
create index push_registration_by_token on push_registration (token_id);

create table leftover (
  channel_id integer not null,
  reader     integer not null,
  primary key (channel_id, reader)
) strict, without rowid;
drop trigger channel_messages;
create trigger channel_leftovers before delete on channel begin
  insert or ignore into leftover (channel_id, reader) values (old.id, -1);
end;
create trigger token_leftovers after update of secret_blind on token when new.secret_blind is null begin
  insert or ignore into leftover (channel_id, reader) values (new.channel_id, new.id);
end;
create trigger token_access after update of secret_blind, can_read, can_write on token begin
  update access_epoch set value = value + 1;
end;
create trigger token_gone after delete on token begin
  update access_epoch set value = value + 1;
end;
insert into leftover (channel_id, reader) select channel_id, id from token where secret_blind is null;
