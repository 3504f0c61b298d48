"""RF memory in a real PostgreSQL with pgvector: the contract, and what is wrong with a server."""

import os
from contextlib import suppress

import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.stores.postgres import open_postgres
from airsonde.testing.store_contract import StoreContract, some

pytestmark = pytest.mark.slow
psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """URL of a server that lives as long as this module."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not installed")
    try:
        running = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    except Exception as e:  # noqa: BLE001  (whatever keeps a server from starting)
        pytest.skip(f"PostgreSQL does not start here: {e}")
    yield running.get_uri()
    with suppress(Exception):
        running.cleanup()


@pytest.fixture
def url(server):
    """The same database, without the tables of the test before."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS airsonde CASCADE")
    return server


class TestContract(StoreContract):
    @pytest.fixture
    def place(self, url):
        return lambda: open_postgres(url)


def test_a_server_that_is_not_there(tmp_path):
    with pytest.raises(DriverError, match="whether the server runs") as caught:
        open_postgres(f"postgresql://nobody@/none?host={tmp_path}")
    assert caught.value.transient


def test_tables_of_another_version_are_left_alone(url):
    open_postgres(url).close()
    with psycopg.connect(url) as admin:
        admin.execute("UPDATE airsonde.version SET number = 9")
    with pytest.raises(DriverError, match=r"version \[\(9,\)\]"):
        open_postgres(url)


def test_a_lost_connection_is_made_anew(url):
    opened = open_postgres(url)
    opened.memories.add(some(3))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(DriverError, match="PostgreSQL") as caught:
        opened.memories.add(some(3))
    assert caught.value.transient
    assert list(opened.memories.add(some(2)))
    opened.close()
