-- Up to version 20 certificates came from files alone.

create table certificate (
  id        integer primary key check (id = 1), -- plain  one row
  authority blob,                               -- sealed our account at the authority that certificates are asked of
  pem       blob,                               -- sealed secret key and certificates
  trouble   blob                                -- sealed why no other came; null while nothing is wrong
) strict;
