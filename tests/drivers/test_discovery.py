"""Coordinators that announce themselves are found."""

import asyncio

import pytest

from airsonde.drivers.transport.discovery import aclose_discovery, announce, find


@pytest.mark.slow
def test_who_announces_itself_is_found():
    async def use():
        opened = await announce("coordinator-1", ("127.0.0.1", 5005))
        try:
            return await find("127.0.0.1", 2.0)
        finally:
            await aclose_discovery(opened)

    assert ("127.0.0.1", 5005) in asyncio.run(use())


@pytest.mark.slow
def test_nobody_is_found_where_nobody_announces_himself():
    assert asyncio.run(find("127.0.0.1", 0.5)) == []
