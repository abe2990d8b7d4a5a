"""Mailboxes, their blobs, and the last day on which the relay ran."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "mailbox",
        sa.Column("id", sa.LargeBinary),
        sa.Column("head_number", sa.BigInteger, nullable=False),
        sa.Column("head_hash", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("bytes_used", sa.BigInteger, nullable=False),
        sa.Column("retention", sa.Integer, nullable=False),
        sa.Column("kept_until", sa.Integer, nullable=False, index=True),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox"),
        sqlite_with_rowid=False,
    )
    op.create_table(
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
    if op.get_context().dialect.name == "postgresql":
        # A small blob stays in its row, and nothing tries to compress what is encrypted.
        op.execute("ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE blob SET (toast_tuple_target = 8160)")
        op.execute("ALTER TABLE mailbox SET (fillfactor = 70)")
    day = sa.Column("day", sa.Integer, primary_key=True, autoincrement=False)
    op.bulk_insert(op.create_table("last_run", day, sqlite_with_rowid=False), [{"day": 0}])
