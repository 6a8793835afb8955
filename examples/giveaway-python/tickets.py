"""The tickets, one for each account, and the proofs that were used. The database's unique keys decide, not this code."""

import sqlite3
import threading

from handleproof_verify import Proof

# An account is its platform and its id together: two platforms can use the same id. Never the handle: people rename
# themselves, and platforms give old names to others.
TABLES = """
CREATE TABLE IF NOT EXISTS tickets (
    platform TEXT NOT NULL, platform_id TEXT NOT NULL, handle TEXT NOT NULL, visitor TEXT NOT NULL,
    PRIMARY KEY (platform, platform_id)
);
CREATE TABLE IF NOT EXISTS used_proofs (state TEXT PRIMARY KEY, expires INTEGER NOT NULL);
"""


class Tickets:
    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(TABLES)
        self._lock = threading.Lock()

    def of(self, visitor: str) -> list:
        """Platform, id and handle of each ticket of this visitor."""
        with self._lock:
            rows = self._database.execute(
                "SELECT platform, platform_id, handle FROM tickets WHERE visitor = ? ORDER BY platform", (visitor,)
            )
            return rows.fetchall()

    def enter(self, proof: Proof, visitor: str) -> str:
        """Takes the proof and makes the ticket, both or neither; says what came of it."""
        with self._lock, self._database:
            self._database.execute("DELETE FROM used_proofs WHERE expires < unixepoch()")
            taken = self._database.execute(
                "INSERT INTO used_proofs VALUES (?, ?) ON CONFLICT DO NOTHING", (proof.state, proof.expires)
            )
            if taken.rowcount == 0:
                return "That proof was used already. Please start again."
            made = self._database.execute(
                "INSERT INTO tickets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (proof.platform, proof.platform_id, proof.handle_decoded, visitor),
            )
        return "You have a ticket." if made.rowcount else "That account has a ticket already."
