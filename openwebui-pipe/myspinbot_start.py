"""
title: MySpinBot at start-up
description: Starts the delivery of late MySpinBot results when Open WebUI starts, before anybody visits it.
version: 0.1.0
required_open_webui_version: 0.12.0
license: MIT
"""

from types import SimpleNamespace


class Event:
    async def event(self, event, __app__=None, __id__="", __event_name__=""):
        if __event_name__ != "system.startup.completed" or not __id__.endswith("_start"):
            return
        from open_webui.models.functions import Functions
        from open_webui.utils.plugin import get_function_module_from_cache

        name = __id__[: -len("_start")]
        function = await Functions.get_function_by_id(name)
        if function and function.is_active:
            pipe, _, _ = await get_function_module_from_cache(SimpleNamespace(app=__app__), name)
            pipe.start()
