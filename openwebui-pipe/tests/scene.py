"""One chat of one person, played against a stand-in of our server and of Open WebUI's insides."""

import asyncio

import myspinbot as m
from fake_inside import FakeInside
from fake_studio import FakeStudio

USER = {"id": "user-a", "email": "a@example.com", "name": "A", "role": "user"}


class Scene:
    def __init__(self, studio):
        self.studio, self.inside = studio, FakeInside()
        self.pipe = m.Pipe()
        self.pipe.inside, self.pipe.start = self.inside, lambda: None
        self.pipe.valves = m.Pipe.Valves(BASE_URL=studio.url, KEY=studio.key, LEASE_SECONDS=5, AWAY_SECONDS=0.3)
        self.user = {}
        self.events, self.text, self.said = [], "", True
        self.metadata = {
            "chat_id": "chat-1",
            "message_id": "message-1",
            "session_id": "s",
            "user_message": {"id": "user-1", "parentId": None, "content": "a red fox", "files": []},
        }

    async def emit(self, event):
        self.events.append((event["type"], event["data"]))

    async def call(self, event):
        return self.said

    async def turn(self, **more):
        body = {"stream": True, "model": "myspinbot.agent", "messages": []}
        stream = await self.pipe.pipe(
            body, __user__={**USER, **self.user}, __event_emitter__=self.emit, __event_call__=self.call, __metadata__=self.metadata, **more
        )
        async for chunk in stream:
            self.text += chunk["choices"][0]["delta"]["content"]
        self.save()

    def save(self):
        """What Open WebUI does when the reply is whole."""
        self.inside.messages["message-1"].update(content=self.text, done=True)

    async def settled(self):
        while work := set(m.shared().work):
            await asyncio.wait(work)

    @property
    def statuses(self):
        return [d for t, d in self.events if t == "status"]

    @property
    def files(self):
        return [d["files"] for t, d in self.events if t == "files"]


def play(story):
    async def run():
        async with FakeStudio().running() as studio:
            await asyncio.wait_for(story(Scene(studio)), 20)

    asyncio.run(run())
