-- Up to version 13 channels had no places of their own in the holder's inbox.

alter table channel add column pinned integer not null default 0;
alter table channel add column muted integer not null default 0;
alter table channel add column group_name blob;
