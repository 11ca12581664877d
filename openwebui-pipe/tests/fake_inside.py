"""A stand-in for Open WebUI's insides: one chat in memory, files as bytes."""

import io
from types import SimpleNamespace

import myspinbot


class FakeInside(myspinbot.Inside):
    def __init__(self):
        self.problem = None
        self.files, self.fetched, self.reloads, self.own = {}, 0, [], {}
        self.history = {
            "currentId": "message-1",
            "messages": {
                "user-1": {"id": "user-1", "role": "user", "parentId": None, "childrenIds": ["message-1"], "content": "a fox"},
                "message-1": {"id": "message-1", "role": "assistant", "parentId": "user-1", "childrenIds": [], "content": "", "done": False},
            },
        }
        chat = SimpleNamespace(chat={"history": self.history}, user_id="user-a")
        self.gone, self.writers, self.closed = False, {"user-a"}, []

        async def get_chat_by_id(chat_id):
            return None if self.gone else chat

        self.Chats = SimpleNamespace(get_chat_by_id=get_chat_by_id)

    @property
    def messages(self):
        return self.history["messages"]

    async def person(self, user_id):
        return {"id": user_id, "email": "a@example.com", "name": "A", "role": "user"}

    async def may_write(self, chat_id, user_id):
        return user_id in self.writers

    async def branch(self, chat_id, parent):
        return myspinbot.branch_of(self.messages, parent)

    async def opened(self, file_id, user):
        if self.own.get(file_id) is None:
            raise myspinbot.Trouble("An attached file is not there any more. Attach it again.", "unknown_artifact")
        name, data = self.own[file_id]
        opened = io.BytesIO(data)
        self.closed.append(opened)
        return opened, name, len(data)

    async def store(self, user_id, artifact, fetch, chat_id, message_id):
        file_id = myspinbot.file_id_of(user_id, artifact["id"])
        if file_id not in self.files:
            kept = await fetch()
            self.fetched += 1
            self.files[file_id] = (user_id, kept.read())
            kept.close()
        return file_id

    async def put(self, chat_id, message_id, message):
        old = self.messages.get(message_id)
        self.messages[message_id] = {"id": message_id, "childrenIds": [], **(old or {}), **message}
        if old is None:
            self.history["currentId"] = message_id
            self.messages[message["parentId"]]["childrenIds"].append(message_id)

    async def unfinished(self, function_id, before):
        return [("chat-1", k, "user-a", "myspinbot.agent") for k, m in self.messages.items() if m.get("done") is False]

    async def reload(self, user_id, chat_id, message_id, words):
        self.reloads.append((user_id, message_id, words))
