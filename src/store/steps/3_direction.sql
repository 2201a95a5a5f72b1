-- Version 2 did not keep which way a channel's messages are meant to go.

alter table channel add column direction integer not null default 0;
