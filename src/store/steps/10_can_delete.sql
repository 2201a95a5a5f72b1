-- Up to version 9 every token that may write deleted what others wrote.

alter table token add column can_delete integer not null default 1;

drop trigger token_access;
create trigger token_access after update of secret_blind, can_read, can_write, can_delete on token begin
  update access_epoch set value = value + 1;
end;
