-- From version 13 on what was done in the inbox can be taken back, deleting included.

-- Messages that were deleted in the inbox less than a minute ago. For everybody they are gone; until a job removes them they
-- can be brought back.
create table deleted_message (
  channel_id  integer not null,
  sequence    integer not null,
  author      integer not null,
  received_at integer not null,
  message_id  integer not null,
  bytes       integer not null,
  deleted_at  integer not null,
  primary key (channel_id, sequence)
) strict, without rowid;
create index deleted_message_by_age on deleted_message (deleted_at);

-- What a reader thought of a message when it was deleted, where the reader's cursor, as it is by now, says otherwise.
create table deleted_state (
  channel_id integer not null,
  sequence   integer not null,
  reader     integer not null,
  read       integer not null,
  primary key (channel_id, sequence, reader)
) strict, without rowid;

-- What was done to messages in the inbox and may be taken back, by the session that did it. A few for each account.
create table undo (
  id         integer primary key autoincrement,
  account_id integer not null references account (id) on delete cascade,
  session_id integer not null references session (id) on delete cascade,
  done_at    integer not null
) strict;
create index undo_by_account on undo (account_id, id);
create index undo_by_session on undo (session_id, id);

-- How messages of a channel were before, from the first to the last of them.
create table undo_part (
  undo_id    integer not null references undo (id) on delete cascade,
  part       integer not null,
  channel_id integer not null,
  first      integer not null,
  last       integer not null,
  aspect     integer not null,
  value      integer not null,
  primary key (undo_id, part)
) strict, without rowid;

