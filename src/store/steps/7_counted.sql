-- Up to version 6 only messages counted. Now everything does that grows with use: what a reader excepts, remembered
-- answers, and tokens, also revoked ones.

update channel
   set bytes = bytes
             + 16 * (select count(*) from read_exception x where x.channel_id = channel.id)
             + 128 * (select count(*) from idempotency i where i.channel_id = channel.id)
             + (select coalesce(sum(256 + length(t.description)), 0) from token t where t.channel_id = channel.id);
update account
   set bytes = (select coalesce(sum(c.bytes), 0) from channel c where c.account_id = account.id);
