-- Up to version 8 nothing told whether a channel looks as it did before.

alter table channel add column version integer not null default 0;

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
