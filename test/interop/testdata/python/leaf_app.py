from leaf import exports
from leaf.imports import isyswasfa_io_poll, monotonic_clock


class Baz(exports.Baz):
    async def foo(self, s: str) -> str:
        await isyswasfa_io_poll.block(monotonic_clock.subscribe_duration(1_000_000))
        return s + " - python"
