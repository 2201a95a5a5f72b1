-- What is remembered of a session ends with it, as of a token.
create trigger session_gone after delete on session begin
  update access_epoch set value = value + 1;
end;
