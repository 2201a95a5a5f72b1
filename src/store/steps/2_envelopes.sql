-- Version 1 kept message and envelope in one row, with an index for finding it.

alter table message rename to message_1;

create table message (
  id     integer primary key,
  sealed blob not null
) strict;
insert into message (id, sealed) select id, sealed from message_1 order by id;

create table new_envelope (
  channel_id  integer not null,
  sequence    integer not null,
  author      integer not null,
  received_at integer not null,
  message_id  integer not null,
  primary key (channel_id, sequence)
) strict, without rowid;
create table filed_envelope (
  channel_id  integer not null,
  sequence    integer not null,
  author      integer not null,
  received_at integer not null,
  message_id  integer not null,
  primary key (channel_id, sequence)
) strict, without rowid;
insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
select channel_id, sequence, author, received_at, id from message_1 order by channel_id, sequence;

drop table message_1;

create view envelope as
  select channel_id, sequence, author, received_at, message_id from filed_envelope
  union all
  select channel_id, sequence, author, received_at, message_id from new_envelope;

create trigger envelope_delete instead of delete on envelope begin
  delete from message where id = old.message_id;
  delete from filed_envelope where channel_id = old.channel_id and sequence = old.sequence;
  delete from new_envelope where channel_id = old.channel_id and sequence = old.sequence;
end;
create trigger channel_messages before delete on channel begin
  delete from envelope where channel_id = old.id;
end;
