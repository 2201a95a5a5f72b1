-- Up to version 24 nobody was told by e-mail.

-- Where a person is told by e-mail. The row stays when the address goes, so that nobody has links sent without end.
create table mailbox (
  user_id       integer primary key references user (id) on delete cascade, -- plain
  address       blob,                       -- sealed e-mail address; null after it was removed
  confirmed     integer not null default 0, -- plain  the person has shown whose it is
  rhythm        integer not null default 0, -- plain  0 never; 1 at once; 2 bundled; 3 once a day
  minute        integer not null default 480, -- plain  of the day, for once a day
  asked         integer not null,           -- plain  links sent within a day
  asked_at      integer not null,           -- plain  when the last of them was
  state         integer not null default 0, -- plain  0 at work; 1 gave up
  tries         integer not null default 0, -- plain  to tell of what is next, in vain
  next_at       integer,                    -- plain  before which nothing is sent
  failing_since integer,                    -- plain
  taken_at      integer,                    -- plain  when the relay last took something
  answer        blob                        -- sealed why the last try failed; null when it did not
) strict;

-- How far a person was told of each channel by e-mail. No row: of nothing yet.
create table mailbox_told (
  user_id    integer not null references mailbox (user_id) on delete cascade, -- plain
  channel_id integer not null references channel (id) on delete cascade,      -- plain
  told       integer not null,                                                -- plain  of all up to this sequence
  primary key (user_id, channel_id)
) strict, without rowid;
create index mailbox_told_by_channel on mailbox_told (channel_id);
