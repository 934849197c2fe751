"""Text of files on a terminal: column names and cells may hold anything, control codes too."""


def plain(text: str) -> str:
    """Return text whose characters can all be shown: what a file says must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
