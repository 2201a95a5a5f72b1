-- Up to version 23 devices were registered, and none was told; browsers could not be told either.

alter table push_registration add column told integer not null default 0;
alter table push_registration add column tries integer not null default 0;
alter table push_registration add column next_at integer;
-- What is there already is not told.
update push_registration
   set told = coalesce((select head from token join channel on channel.id = channel_id where token.id = token_id), 0);

-- The key by which push services know this server. Browsers subscribe with its public half, so it stays the same.
create table push_key (
  id     integer primary key check (id = 1), -- plain  one row
  secret blob not null                       -- sealed
) strict;

-- Browsers in which a person is told of new messages, by the push service of each.
create table push_subscription (
  id             integer primary key autoincrement,                       -- plain
  user_id        integer not null references user (id) on delete cascade, -- plain
  endpoint_blind blob not null unique,                                    -- blind
  endpoint       blob not null,                                           -- sealed address at the push service
  keys           blob not null,                                           -- sealed what only this browser can open is made with
  label          blob not null,                                           -- sealed browser and system, in words
  state          integer not null default 0,                              -- plain  0 at work; 1 gave up
  tries          integer not null default 0,                              -- plain  to tell of what is next, in vain
  next_at        integer,                                                 -- plain  when that is tried again
  failing_since  integer,                                                 -- plain
  taken_at       integer,                                                 -- plain  when the push service last took something
  created_at     integer not null                                         -- plain
) strict;
create index push_subscription_by_user on push_subscription (user_id, id);

-- How far a browser was told of each channel. No row: the channel is younger than the subscription, and nothing was told.
create table push_told (
  subscription_id integer not null references push_subscription (id) on delete cascade, -- plain
  channel_id      integer not null references channel (id) on delete cascade,           -- plain
  told            integer not null,                                                     -- plain  of all up to this sequence
  primary key (subscription_id, channel_id)
) strict, without rowid;
create index push_told_by_channel on push_told (channel_id);

-- What became of the last notifications to each browser; no more than a few are kept.
create table push_delivery (
  id              integer primary key autoincrement,                                    -- plain
  subscription_id integer not null references push_subscription (id) on delete cascade, -- plain
  at              integer not null,                                                     -- plain
  messages        integer not null,                                                     -- plain  told of; 0 for a test
  outcome         integer not null,                                                     -- plain  0 taken; 1 to be tried again; 2 passed over
  status          integer,                                                              -- plain  of the answer; null for none
  answer          blob not null                                                         -- sealed its beginning, or why there is none
) strict;
create index push_delivery_by_subscription on push_delivery (subscription_id, id);

-- What a person wants to be told of. No row: all of everything, at any hour, without names.
create table notification_setting (
  user_id     integer primary key references user (id) on delete cascade, -- plain
  level       integer not null,                                           -- plain  0 all; 1 the first unread one; 2 none
  with_names  integer not null,                                           -- plain  what the holder calls a channel is told too
  quiet_from  integer,                                                    -- plain  minutes after midnight; null for no quiet hours
  quiet_until integer                                                     -- plain
) strict;

-- Channels of which a person wants to be told more or less than of the others.
create table notification_level (
  user_id    integer not null references user (id) on delete cascade,    -- plain
  channel_id integer not null references channel (id) on delete cascade, -- plain
  level      integer not null,                                           -- plain
  primary key (user_id, channel_id)
) strict, without rowid;
create index notification_level_by_channel on notification_level (channel_id);
