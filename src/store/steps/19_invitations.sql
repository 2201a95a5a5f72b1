-- Up to version 18 a token ended only by hand, no link had a secret of a browser, and no channel had a picture.

alter table token add column expires_at integer;
alter table token add column link blob;
create index token_by_end on token (expires_at) where expires_at is not null;

create table channel_picture (
  channel_id integer primary key references channel (id) on delete cascade,
  image      blob not null
) strict;

drop trigger token_access;
create trigger token_access after update of secret_blind, can_read, can_write, can_delete, expires_at on token begin
  update access_epoch set value = value + 1;
end;
create trigger token_will_end after insert on token when new.expires_at is not null begin
  update access_epoch set value = value + 1;
end;
