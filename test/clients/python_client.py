"""One picture with the Python SDK `mcp`, 1.x or 2.x; prints what it saw as JSON.

`python_client.py http URL KEY WISH`, `oauth URL ID:SECRET WISH` or `stdio COMMAND_JSON - WISH`.
"""

import asyncio
import base64
import hashlib
import json
import re
import sys
from contextlib import AsyncExitStack
from importlib.metadata import version

NEW = int(version("mcp").split(".")[0]) >= 2


class Kept:
    """Tokens and registration, for as long as this process lives."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def signed_in(where, key):
    """Gets its tokens by itself, from whom the studio names."""
    from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

    client_id, secret = key.split(":")
    return ClientCredentialsOAuthProvider(server_url=where, storage=Kept(), client_id=client_id, client_secret=secret)


async def connect(stack, way, where, key):
    """A session, and the protocol that was agreed on."""
    auth = signed_in(where, key) if way == "oauth" else None
    headers = {} if auth else {"Authorization": f"Bearer {key}"}
    if way == "stdio":
        from mcp import StdioServerParameters
        from mcp.client.stdio import stdio_client

        place = StdioServerParameters(**json.loads(where))
        transport = place if NEW else stdio_client(place)
    elif NEW:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        client = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, auth=auth, timeout=60))
        transport = streamable_http_client(where, http_client=client)
    else:
        from mcp.client.streamable_http import streamablehttp_client

        transport = streamablehttp_client(where, headers=headers, auth=auth)
    if NEW:
        from mcp import Client

        client = await stack.enter_async_context(Client(transport))
        return client, client.protocol_version
    from mcp import ClientSession

    read, write, *_ = await stack.enter_async_context(transport)
    session = await stack.enter_async_context(ClientSession(read, write))
    hello = await session.initialize()
    return session, hello.protocolVersion


def plain(result):
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)


async def main(way, where, key, wish):
    async with AsyncExitStack() as stack:
        session, era = await connect(stack, way, where, key)
        tools = plain(await session.list_tools())["tools"]
        submitted = plain(await session.call_tool("render_image", wish))
        job = re.search(r"job_[0-9a-z]{16}", submitted["content"][0]["text"]).group(0)
        calls = 1
        links = []
        while not links and calls < 10:
            waited = plain(await session.call_tool("wait_for_job", {"job_id": job, "timeout_s": 20}))
            calls += 1
            links = [block for block in waited["content"] if block["type"] == "resource_link"]
        contents = plain(await session.read_resource(links[0]["uri"]))["contents"]
        digest = hashlib.sha256(base64.b64decode(contents[0]["blob"])).hexdigest()
    return {"version": version("mcp"), "era": era, "tools": len(tools), "calls": calls, "answer": waited, "sha256": digest}


print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])))))
