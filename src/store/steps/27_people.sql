-- Up to version 26 all people of an account had the zone of one of them, and of letters only the last was known. The zones
-- are sealed for the row in which they are, so the program moves them.

alter table user add column zone blob;

create table mail_delivery (
  id       integer primary key autoincrement,                               -- plain
  user_id  integer not null references mailbox (user_id) on delete cascade, -- plain
  at       integer not null,                                                -- plain
  messages integer not null,                                                -- plain  told of; 0 for a test
  outcome  integer not null,                                                -- plain  0 taken; 1 to be tried again; 2 the address was refused, or a test not taken
  answer   blob not null                                                    -- sealed why it was not taken
) strict;
create index mail_delivery_by_user on mail_delivery (user_id, id);
