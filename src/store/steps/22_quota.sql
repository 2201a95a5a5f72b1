-- Up to version 21 every account was held to the same quota.

alter table account add column quota integer;
