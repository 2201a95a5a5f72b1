-- Up to version 25 a browser was told also after it had signed out, nothing said what became of phones, and a link to a new
-- password that was asked for by e-mail took the place of the operator's. Whether a message came was known
-- only since the server's start.

alter table account add column last_message integer not null default 0;
update account
   set last_message = coalesce((select max(max(coalesce((select max(received_at) from filed_envelope
                                                          where channel_id = channel.id), 0),
                                               coalesce((select max(received_at) from new_envelope
                                                          where channel_id = channel.id), 0)))
                                  from channel
                                 where account_id = account.id), 0);

alter table push_registration add column state integer not null default 0;
alter table push_registration add column failing_since integer;
alter table push_registration add column taken_at integer;
alter table push_registration add column status integer;

alter table push_subscription add column session_id integer references session (id) on delete set null;
create index push_subscription_by_session on push_subscription (session_id);

alter table reset_link rename to reset_link_before;
create table reset_link (
  user_id    integer not null references user (id) on delete cascade, -- plain
  by_mail    integer not null,                                        -- plain  1: sent to the user's address; 0: by an operator
  code_blind blob not null unique,                                    -- blind
  created_at integer not null,                                        -- plain
  proof      blob not null,                                           -- sealed code_blind and created_at
  primary key (user_id, by_mail)
) strict;
insert into reset_link (user_id, by_mail, code_blind, created_at, proof)
select user_id, 0, code_blind, created_at, proof from reset_link_before;
drop table reset_link_before;
