-- The whole current schema of peerbox.db. Each column says what a thief of the file sees:
--   plain   readable, because SQL needs it for order, retention and counting
--   sealed  XChaCha20-Poly1305 ciphertext, bound to its column and row
--   blind   keyed hash, only good for looking up something already known
-- Times are milliseconds since 1970 in UTC. Ids of autoincrement tables are never used again.

create table keyring (
  id             integer primary key check (id = 1), -- plain  one row
  root_key       blob not null,                      -- sealed under the master key, which is not in this file
  kdf_salt       blob,                               -- plain  set when the master key is made from a passphrase
  kdf_memory_kib integer,                            -- plain
  kdf_passes     integer                             -- plain
) strict;

-- Grows with every change of who may do what, by the triggers below, so that what a running server remembers
-- of tokens and channels ends at once, also when another process made the change.
create table access_epoch (
  id    integer primary key check (id = 1), -- plain  one row
  value integer not null                    -- plain
) strict;
insert into access_epoch (id, value) values (1, 1);

-- What the server got from an authority of certificates by itself.
create table certificate (
  id        integer primary key check (id = 1), -- plain  one row
  authority blob,                               -- sealed our account at the authority that certificates are asked of
  pem       blob,                               -- sealed secret key and certificates
  trouble   blob                                -- sealed why no other came; null while nothing is wrong
) strict;

create table account (
  id         integer primary key autoincrement, -- plain  the account id of the API; the first is 1
  name_blind blob not null unique,              -- blind
  name       blob not null,                     -- sealed
  display    blob,                              -- sealed name shown in the profile
  contact    blob,                              -- sealed
  disabled   integer not null default 0,        -- plain
  created_at integer not null,                  -- plain
  messages   integer not null default 0,        -- plain  stored messages of all its channels
  bytes      integer not null default 0,        -- plain  of messages and of what belongs to them, which the quota counts
  deleted    integer not null default 0,        -- plain  1 for one that is only there until its channels are gone
  key_copied integer not null default 0,        -- plain  the holder says that there is a copy of the key
  steps_away integer not null default 0,        -- plain  the list of first steps was put away
  quota      integer,                           -- plain  bytes that it may store, 0 for no limit; null for the server's
  last_message integer not null default 0       -- plain  number of the last message that came: its time, or the next one
) strict;

create table user (
  id         integer primary key autoincrement,                          -- plain
  account_id integer not null references account (id) on delete cascade, -- plain
  name_blind blob not null unique,                                       -- blind  of the name in lower case
  name       blob not null,                                              -- sealed
  password   blob not null,                                              -- sealed Argon2id hash in PHC form, bound to account and role
  version    integer not null default 1,                                 -- plain  grows with each password, ending remembered sign-ins
  operator   integer not null default 0,                                 -- plain
  disabled   integer not null default 0,                                 -- plain
  created_at integer not null,                                           -- plain
  zone       blob                                                        -- sealed the time zone that pages are in; null until a browser tells
) strict;
create index user_by_account on user (account_id);

-- What others seal messages for the account with. The secret half of each is with the holder alone.
create table account_key (
  id         integer primary key autoincrement,                          -- plain
  account_id integer not null references account (id) on delete cascade, -- plain
  public     blob not null,                                              -- sealed
  copy       blob,                                                       -- sealed the secret half as the holder's browser wrapped it
  created_at integer not null,                                           -- plain
  retired_at integer                                                     -- plain
) strict;
create index account_key_by_account on account_key (account_id);

create table channel (
  id           integer primary key autoincrement,                          -- plain
  account_id   integer not null references account (id) on delete cascade, -- plain
  id_blind     blob not null unique,                                       -- blind
  public_id    blob not null,                                              -- sealed id that addresses are made of
  key          blob not null,                                              -- sealed key of this channel's messages and tokens
  label        blob,                                                       -- sealed name that the holder gave it
  public_read  integer not null,                                           -- plain
  public_write integer not null,                                           -- plain
  sequenced    integer not null,                                           -- plain
  locked       integer not null default 0,                                 -- plain
  min_age_days integer,                                                    -- plain
  max_age_days integer,                                                    -- plain
  auto_prune   integer not null,                                           -- plain
  owner_token  integer,                                                    -- plain  the token made with the channel
  created_at   integer not null,                                           -- plain
  head         integer not null default 0,                                 -- plain  highest sequence ever written
  messages     integer not null default 0,                                 -- plain  stored now
  bytes        integer not null default 0,                                 -- plain  of messages and of what belongs to them
  direction    integer not null default 0,                                 -- plain  0 both ways; 1 incoming; 2 outgoing; 3 callbacks
  version      integer not null default 0,                                 -- plain  grows when channel or tokens look different
  pinned       integer not null default 0,                                 -- plain  the holder wants it in the navigation
  muted        integer not null default 0,                                 -- plain  the holder wants to be told nothing of it
  group_name   blob,                                                       -- sealed the group that the holder put it in
  greeting     blob,                                                       -- sealed what the holder says to whoever comes
  reply        blob,                                                       -- sealed the key to answer with, as the holder's browser wrapped it
  letters      integer not null default 0                                  -- plain  the last number of what the holder's pages sealed
) strict;
create index channel_by_account on channel (account_id, id);

-- The picture that whoever comes to a channel sees. Apart from the channels, whose rows change with every message.
create table channel_picture (
  channel_id integer primary key references channel (id) on delete cascade, -- plain
  image      blob not null                                                  -- sealed
) strict;

-- A revoked token stays as the author of its messages; its secret is gone.
create table token (
  id           integer primary key autoincrement,                          -- plain  the token id of the API
  channel_id   integer not null,                                           -- plain
  secret_blind blob unique,                                                -- blind  null once revoked
  secret       blob,                                                       -- sealed null once revoked
  description  blob not null,                                              -- sealed
  can_read     integer not null,                                           -- plain
  can_write    integer not null,                                           -- plain
  since        integer not null,                                           -- plain  sees only sequences above this one
  created_at   integer not null,                                           -- plain
  revoked_at   integer,                                                    -- plain
  can_delete   integer not null default 1,                                 -- plain  what others wrote
  note         blob,                                                       -- sealed what the holder noted of the counterparty
  hue          integer,                                                    -- plain  the colour that the holder gave it, 0 to 7
  expires_at   integer,                                                    -- plain  opens nothing from then on
  link         blob                                                        -- sealed secret of its link, as the holder's browser wrapped it
) strict;
create index token_by_channel on token (channel_id, id);
create index token_by_end on token (expires_at) where expires_at is not null;

-- When tokens were last used, to the hour. Apart from the tokens, so that no change of theirs comes of it.
create table token_use (
  token_id integer primary key references token (id) on delete cascade, -- plain
  hour     blob not null                                                -- sealed
) strict;

-- One row per message, whatever the number of tokens. Ids only grow, so rows are appended.
create table message (
  id     integer primary key, -- plain
  sealed blob not null,       -- sealed content type and payload together
  copy   blob                 -- sealed for the holder, of what the holder's pages sealed for somebody else
) strict;

-- Which message is where in which channel, and what is known of it without opening it: every message has one envelope.
-- The order by channel makes finding quick and writing slow: messages that come together for many channels change a page
-- for each. So envelopes come into a small table first and are filed in the large one later, several of a channel
-- together; whoever reads asks the view for both.
create table new_envelope (
  channel_id  integer not null, -- plain
  sequence    integer not null, -- plain
  author      integer not null, -- plain  token id; 0 the owner side; -1 anonymous
  received_at integer not null, -- plain
  message_id  integer not null, -- plain
  primary key (channel_id, sequence)
) strict, without rowid;
create table filed_envelope (
  channel_id  integer not null, -- plain
  sequence    integer not null, -- plain
  author      integer not null, -- plain
  received_at integer not null, -- plain
  message_id  integer not null, -- plain
  primary key (channel_id, sequence)
) strict, without rowid;
create view envelope as
  select channel_id, sequence, author, received_at, message_id from filed_envelope
  union all
  select channel_id, sequence, author, received_at, message_id from new_envelope;

create trigger envelope_delete instead of delete on envelope begin
  delete from message where id = old.message_id;
  delete from filed_envelope where channel_id = old.channel_id and sequence = old.sequence;
  delete from new_envelope where channel_id = old.channel_id and sequence = old.sequence;
end;

-- The last filed message of every author of a channel, so that what others wrote last is found without walking over what
-- somebody wrote since.
create table filed_author (
  channel_id integer not null, -- plain
  author     integer not null, -- plain
  last       integer not null, -- plain
  primary key (channel_id, author)
) strict, without rowid;
create trigger filed_author_last after delete on filed_envelope
when old.sequence = (select last from filed_author where channel_id = old.channel_id and author = old.author) begin
  delete from filed_author where channel_id = old.channel_id and author = old.author;
  insert into filed_author (channel_id, author, last)
  select channel_id, author, sequence
    from filed_envelope
   where channel_id = old.channel_id and author = old.author and sequence < old.sequence
   order by sequence desc
   limit 1;
end;

-- The read state of one reader of a channel: everything up to the cursor counts as read. No row: nothing was marked.
create table read_cursor (
  channel_id integer not null, -- plain
  reader     integer not null, -- plain  token id; 0 the owner side; -2 its archive, where read is put away
  cursor     integer not null, -- plain
  primary key (channel_id, reader)
) strict, without rowid;

-- Only messages whose state differs from what cursor and authorship say.
create table read_exception (
  channel_id integer not null, -- plain
  reader     integer not null, -- plain
  sequence   integer not null, -- plain
  read       integer not null, -- plain
  primary key (channel_id, reader, sequence)
) strict, without rowid;

-- Messages that were deleted in the inbox less than a minute ago. For everybody they are gone; until a job removes them they
-- can be brought back.
create table deleted_message (
  channel_id  integer not null, -- plain
  sequence    integer not null, -- plain
  author      integer not null, -- plain
  received_at integer not null, -- plain
  message_id  integer not null, -- plain
  bytes       integer not null, -- plain  of the sealed message
  deleted_at  integer not null, -- plain
  primary key (channel_id, sequence)
) strict, without rowid;
create index deleted_message_by_age on deleted_message (deleted_at);

-- What a reader thought of a message when it was deleted, where the reader's cursor, as it is by now, says otherwise.
create table deleted_state (
  channel_id integer not null, -- plain
  sequence   integer not null, -- plain
  reader     integer not null, -- plain
  read       integer not null, -- plain
  primary key (channel_id, sequence, reader)
) strict, without rowid;

-- What the account holder noted of single messages. No row: nothing.
create table star (
  channel_id integer not null, -- plain
  sequence   integer not null, -- plain
  primary key (channel_id, sequence)
) strict, without rowid;
create table snooze (
  channel_id integer not null, -- plain
  sequence   integer not null, -- plain
  until      integer not null, -- plain  when it comes back unread
  primary key (channel_id, sequence)
) strict, without rowid;
create index snooze_by_time on snooze (until);

-- What was done to messages in the inbox and may be taken back, by the session that did it. A few for each account.
create table undo (
  id         integer primary key autoincrement,                             -- plain
  account_id integer not null references account (id) on delete cascade,    -- plain
  session_id integer not null references session (id) on delete cascade,    -- plain
  done_at    integer not null                                               -- plain
) strict;
create index undo_by_account on undo (account_id, id);
create index undo_by_session on undo (session_id, id);

-- How messages of a channel were before, from the first to the last of them.
create table undo_part (
  undo_id    integer not null references undo (id) on delete cascade, -- plain
  part       integer not null,                                        -- plain
  channel_id integer not null,                                        -- plain
  first      integer not null,                                        -- plain
  last       integer not null,                                        -- plain
  aspect     integer not null,                                        -- plain  0 read; 1 archived; 2 starred; 3 snoozed; 4 deleted
  value      integer not null,                                        -- plain  what it was
  primary key (undo_id, part)
) strict, without rowid;

-- What deleted channels and revoked tokens leave behind, which is removed a little at a time so that nobody waits for it.
-- Therefore what belongs to a channel has no foreign key that would delete it at once.
create table leftover (
  channel_id integer not null, -- plain
  reader     integer not null, -- plain  the token whose read state is left; -1 all that the channel held
  primary key (channel_id, reader)
) strict, without rowid;
create trigger channel_leftovers before delete on channel begin
  insert or ignore into leftover (channel_id, reader) values (old.id, -1);
end;
create trigger token_leftovers after update of secret_blind on token when new.secret_blind is null begin
  insert or ignore into leftover (channel_id, reader) values (new.channel_id, new.id);
end;

-- Answers to writes that carried an Idempotency-Key, kept for 24 hours.
create table idempotency (
  channel_id  integer not null, -- plain
  author      integer not null, -- plain
  key_blind   blob not null,    -- blind
  body_blind  blob not null,    -- blind  of content type and payload
  sequence    integer not null, -- plain
  received_at integer not null, -- plain
  primary key (channel_id, author, key_blind)
) strict, without rowid;
create index idempotency_by_age on idempotency (received_at);

create table push_registration (
  id           integer primary key,                                      -- plain
  token_id     integer not null references token (id) on delete cascade, -- plain
  device_blind blob not null,                                            -- blind
  device       blob not null,                                            -- sealed device token of the push service
  created_at   integer not null,                                         -- plain
  told         integer not null default 0,                               -- plain  told of all up to this sequence
  tries        integer not null default 0,                               -- plain  to tell of what is next, in vain
  next_at      integer,                                                  -- plain  when that is tried again
  state        integer not null default 0,                               -- plain  0 at work; 1 gave up; 2 the device is gone
  failing_since integer,                                                 -- plain
  taken_at     integer,                                                  -- plain  when the push service last took something
  status       integer,                                                  -- plain  of its last answer; null for none
  unique (device_blind, token_id)
) strict;
create index push_registration_by_token on push_registration (token_id);

-- Addresses that are told of what others write to a channel. The messages are the queue: a webhook remembers how far it was
-- told, so that writing a message costs nothing for it.
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
  created_at     integer not null,                                        -- plain
  session_id     integer references session (id) on delete set null       -- plain  in which it subscribed, and with which it ends
) strict;
create index push_subscription_by_user on push_subscription (user_id, id);
create index push_subscription_by_session on push_subscription (session_id);

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

-- What became of the last letters to each person; no more than a few are kept.
create table mail_delivery (
  id       integer primary key autoincrement,                               -- plain
  user_id  integer not null references mailbox (user_id) on delete cascade, -- plain
  at       integer not null,                                                -- plain
  messages integer not null,                                                -- plain  told of; 0 for a test
  outcome  integer not null,                                                -- plain  0 taken; 1 to be tried again; 2 the address was refused, or a test not taken
  answer   blob not null                                                    -- sealed why it was not taken
) strict;
create index mail_delivery_by_user on mail_delivery (user_id, id);

-- Somebody signed in to the pages with a browser.
create table session (
  id           integer primary key autoincrement,                       -- plain
  user_id      integer not null references user (id) on delete cascade, -- plain
  secret_blind blob not null unique,                                    -- blind
  version      integer not null,                                        -- plain  the user's password version; another one ends it
  device       blob not null,                                           -- sealed browser and system, in words
  address      blob not null,                                           -- sealed
  remembered   integer not null,                                        -- plain  whether it outlives the browser
  created_at   integer not null,                                        -- plain
  seen_at      integer not null,                                        -- plain
  confirmed_at integer,                                                 -- plain  when the password was last asked again
  proof        blob not null                                            -- sealed secret_blind, and whom and what it stands for
) strict;
create index session_by_user on session (user_id);

-- Links with which a user who lost the password chooses a new one. At most one by an operator and one by e-mail for each user.
create table reset_link (
  user_id    integer not null references user (id) on delete cascade, -- plain
  by_mail    integer not null,                                        -- plain  1: sent to the user's address; 0: by an operator
  code_blind blob not null unique,                                    -- blind
  created_at integer not null,                                        -- plain
  proof      blob not null,                                           -- sealed code_blind and created_at
  primary key (user_id, by_mail)
) strict;

-- Searches that holders gave names to.
create table saved_search (
  id         integer primary key autoincrement,                          -- plain
  account_id integer not null references account (id) on delete cascade, -- plain
  name       blob not null,                                              -- sealed
  query      blob not null                                               -- sealed
) strict;
create index saved_search_by_account on saved_search (account_id, id);

create trigger account_access after update of disabled on account begin
  update access_epoch set value = value + 1;
end;
create trigger account_gone after delete on account begin
  update access_epoch set value = value + 1;
end;
create trigger user_access after update of password, version, disabled, operator on user begin
  update access_epoch set value = value + 1;
end;
create trigger user_gone after delete on user begin
  update access_epoch set value = value + 1;
end;
create trigger channel_access after update of public_read, public_write, locked on channel begin
  update access_epoch set value = value + 1;
end;
create trigger channel_gone after delete on channel begin
  update access_epoch set value = value + 1;
end;
create trigger token_access after update of secret_blind, can_read, can_write, can_delete, expires_at on token begin
  update access_epoch set value = value + 1;
end;
create trigger token_will_end after insert on token when new.expires_at is not null begin
  update access_epoch set value = value + 1;
end;
create trigger token_gone after delete on token begin
  update access_epoch set value = value + 1;
end;
create trigger session_gone after delete on session begin
  update access_epoch set value = value + 1;
end;

-- What lists of channels show was opened once for each version of a channel.
create trigger channel_version
after update of public_read, public_write, locked, min_age_days, max_age_days, auto_prune on channel begin
  update channel set version = version + 1 where id = new.id;
end;
create trigger token_version_new after insert on token begin
  update channel set version = version + 1 where id = new.channel_id;
end;
create trigger token_version after update on token begin
  update channel set version = version + 1 where id = new.channel_id;
end;
create trigger token_version_gone after delete on token begin
  update channel set version = version + 1 where id = old.channel_id;
end;
