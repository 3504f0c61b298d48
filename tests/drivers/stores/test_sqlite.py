"""RF memory in a SQLite file: the contract, kills, other processes, bad files, full disks."""

import pytest

from airsonde.drivers.stores.sqlite import open_sqlite
from airsonde.testing.store_contract import StoreContract


class TestContract(StoreContract):
    @pytest.fixture
    def place(self, tmp_path):
        return lambda: open_sqlite(tmp_path / "memory.db")
