"""A real PostgreSQL with the reference's tables, in a folder of its own; nobody else reaches it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

TABLES = """
create table Account (id bigserial primary key, name varchar(256) not null);
create table AccountCredential (id bigserial primary key, account bigint not null references Account,
    scheme varchar(32), credential varchar(1024));
create table Channel (id bigserial primary key, owner bigint not null references Account,
    externalid varchar(1024) not null, publicread boolean, publicwrite boolean, locked boolean, sequenced boolean, minagedays int, maxagedays int,
    autoprune boolean);
create table APIToken (id bigserial primary key, account bigint not null references Account,
    channel bigint not null references Channel, token varchar(1024) not null, description varchar(1024),
    canread boolean not null, canwrite boolean not null, validfrom timestamp not null, validto timestamp);
create table Message (id bigserial primary key, fromtoken bigint not null references APIToken,
    channel bigint not null references Channel, seq bigint not null, receivedts timestamp not null,
    contenttype varchar(64), payload bytea, unique (channel, seq));
create table MessageStatus (id bigserial primary key, message bigint not null references Message,
    token bigint not null references APIToken, isread boolean not null, isdeleted boolean not null);
create table FCMToken (id bigserial primary key, apitoken bigint not null references APIToken,
    token varchar(1024) not null, isvalid boolean not null);
"""


def programs():
    """Where Debian keeps the programs of the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    assert found, "missing; on Debian: apt-get install postgresql"
    return found[-1]


def literal(value):
    """A value in SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"decode('{value.hex()}', 'hex')"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


class Postgres:
    """It runs until the block ends. It refuses root, so it is given to the user of Debian's package then."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="peerbox-reference-"))
        self.who = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.who = ["runuser", "-u", "postgres", "--"]
        self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "--encoding=UTF8", "--locale=C",
                 "--auth=trust", "--no-sync")
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c client_encoding=UTF8"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def run(self, program, *arguments, typed=None, options=None):
        environment = {"PATH": os.environ["PATH"], "PGHOST": str(self.folder), "PGUSER": "postgres"}
        if options:
            environment["PGOPTIONS"] = options
        command = [*self.who, programs() / program, *arguments]
        done = subprocess.run(command, input=typed, capture_output=True, cwd=self.folder, env=environment)
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"
        return done.stdout

    def sql(self, text):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", typed=text.encode())

    def fill(self, tables):
        """Makes the tables anew, with rows as they are in lists by the tables' names."""
        self.sql("drop schema public cascade; create schema public;")
        self.sql(TABLES)
        for table, rows in tables.items():
            for start in range(0, len(rows), 500):
                some = rows[start:start + 500]
                values = ",\n".join("(" + ", ".join(map(literal, row.values())) + ")" for row in some)
                self.sql(f"insert into {table} ({', '.join(some[0])}) values {values};")

    def dump(self, path, bytea="hex"):
        """What an operator would make."""
        path.write_bytes(self.run("pg_dump", "--format=plain", "postgres", options=f"-c bytea_output={bytea}"))
