import asyncio
import json
from collections import Counter

from tests.clients.tools import HERE, find_node, needs_packages
from tests.graph.served.house import House


@needs_packages
async def test_the_server_passes_every_audit_of_graphql_over_http(house: House) -> None:
    process = await asyncio.create_subprocess_exec(
        find_node(), HERE / "audits.mjs", f"{house.url}/graphql", stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    audits = json.loads(printed)

    assert process.returncode == 0
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert Counter(audit["name"].split()[0] for audit in audits) == {"MUST": 13, "SHOULD": 23, "MAY": 25}
