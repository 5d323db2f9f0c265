"""What kind of a build a program is."""

import pathlib


def why_not(program):
    """Why it isn't what is shipped; "" when it is."""
    code = pathlib.Path(program).read_bytes()
    return "a build with a sanitizer is not what is shipped" if b"__asan_init" in code or b"__tsan_init" in code else ""
