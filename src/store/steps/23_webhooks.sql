-- Up to version 22 nobody was told of messages by calling an address.

create table webhook (
  id            integer primary key autoincrement,                          -- plain
  channel_id    integer not null references channel (id) on delete cascade, -- plain
  address       blob not null,                                              -- sealed
  secret        blob not null,                                              -- sealed what deliveries are signed with
  token         blob,                                                       -- sealed what the other side asks for
  form          integer not null,                                           -- plain  0 Standard Webhooks; 1 ntfy; 2 gotify
  with_message  integer not null,                                           -- plain
  state         integer not null default 0,                                 -- plain  0 at work; 1 paused; 2 gave up; 3 not wanted
  told          integer not null,                                           -- plain  told of all up to this sequence
  tries         integer not null default 0,                                 -- plain  of the next message, in vain
  next_at       integer,                                                    -- plain  when that is tried again
  failing_since integer,                                                    -- plain
  created_at    integer not null                                            -- plain
) strict;
create index webhook_by_channel on webhook (channel_id, id);

-- What became of the last deliveries of each webhook; no more than a few are kept.
create table webhook_delivery (
  webhook_id integer not null references webhook (id) on delete cascade, -- plain
  sequence   integer not null,                                           -- plain  0 for a test
  at         integer not null,                                           -- plain
  tries      integer not null,                                           -- plain
  outcome    integer not null,                                           -- plain  0 taken; 1 to be tried again; 2 passed over
  status     integer,                                                    -- plain  of the answer; null for none
  answer     blob not null,                                              -- sealed its beginning, or why there is none
  primary key (webhook_id, sequence)
) strict, without rowid;
