-- From version 8 on the last message of every author is known without looking for it.

create table filed_author (
  channel_id integer not null,
  author     integer not null,
  last       integer not null,
  primary key (channel_id, author)
) strict, without rowid;
insert into filed_author (channel_id, author, last)
select channel_id, author, max(sequence) from filed_envelope group by channel_id, author;

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
