"""A running head beside every blob, the last day of every mailbox, and the last day on which the relay ran."""

import sqlalchemy as sa
from alembic import op

from taboon_server import wire

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the new tables, carry everything over, and check the heads on the way."""
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    for table in ("mailbox", "blob"):
        op.rename_table(table, f"{table}_before")
    mailbox = op.create_table(
        "mailbox",
        sa.Column("id", sa.LargeBinary),
        sa.Column("head_number", sa.BigInteger, nullable=False),
        sa.Column("head_hash", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("bytes_used", sa.BigInteger, nullable=False),
        sa.Column("retention", sa.Integer, nullable=False),
        sa.Column("kept_until", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox"),
        sqlite_with_rowid=False,
    )
    blob = op.create_table(
        "blob",
        sa.Column("mailbox", sa.LargeBinary),
        sa.Column("number", sa.BigInteger),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "number", name="pk_blob"),
        sa.UniqueConstraint("mailbox", "hash"),
        sqlite_with_rowid=False,
    )
    if postgres:  # a small blob stays in its row, and nothing tries to compress what is encrypted
        op.execute("ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE blob SET (toast_tuple_target = 8160)")
        op.execute("ALTER TABLE mailbox SET (fillfactor = 70)")
    find = sa.text("SELECT hash, bytes FROM blob_before WHERE mailbox = :id AND number = :number")
    count = sa.text("SELECT count(*) FROM blob_before WHERE mailbox = :id")
    for row in connection.execute(sa.text("SELECT * FROM mailbox_before ORDER BY id")).all():
        if connection.execute(count, {"id": row.id}).scalar_one() != row.head_number:
            continue  # it expired, and its deletion had begun
        head = wire.first_head(row.id)
        for number in range(1, row.head_number + 1):
            old = connection.execute(find, {"id": row.id, "number": number}).one()
            head = wire.next_head(head, number, old.hash)
            values = {"mailbox": row.id, "number": number, "hash": old.hash, "head": head, "bytes": old.bytes}
            connection.execute(sa.insert(blob), values)
        kept_until = row.day + (wire.RETENTION_DAYS[row.retention] if row.head_number else wire.UNUSED_DAYS)
        values = {name: value for name, value in row._mapping.items() if name != "day"}  # noqa: SLF001 - its public name
        connection.execute(sa.insert(mailbox), values | {"head_hash": head, "kept_until": kept_until})
    op.drop_table("blob_before")
    op.drop_table("mailbox_before")
    op.create_index("ix_mailbox_kept_until", "mailbox", ["kept_until"])
    last_run = op.create_table(
        "last_run", sa.Column("day", sa.Integer, primary_key=True, autoincrement=False), sqlite_with_rowid=False
    )
    op.bulk_insert(last_run, [{"day": 0}])
