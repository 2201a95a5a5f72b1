-- From version 17 on messages can be archived, starred and snoozed. What was read before is archived: the inbox showed only
-- what was unread.

-- What the account holder noted of single messages. No row: nothing.
create table star (
  channel_id integer not null,
  sequence   integer not null,
  primary key (channel_id, sequence)
) strict, without rowid;
create table snooze (
  channel_id integer not null,
  sequence   integer not null,
  until      integer not null,
  primary key (channel_id, sequence)
) strict, without rowid;
create index snooze_by_time on snooze (until);

insert into read_cursor (channel_id, reader, cursor)
select channel_id, -2, cursor from read_cursor where reader = 0;
insert into read_exception (channel_id, reader, sequence, read)
select channel_id, -2, sequence, read from read_exception where reader = 0;
update channel
   set bytes = bytes + 16 * (select count(*)
                               from read_exception x
                              where x.channel_id = channel.id and x.reader = -2);
update account
   set bytes = (select coalesce(sum(c.bytes), 0) from channel c where c.account_id = account.id);
