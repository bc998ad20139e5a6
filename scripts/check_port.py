"""``python check_port.py 8501`` ends with 0 where a server can listen there, else with one line and 2."""

import socket
import sys

HOST = "127.0.0.1"


def problem(port: int) -> str | None:
    """Why nothing can listen on ``port``; None when something can."""
    with socket.socket() as probe:
        probe.settimeout(1)
        # On some systems a bind to one address succeeds beside a server that listens on all of them.
        if probe.connect_ex((HOST, port)) == 0:
            return "is taken by another program"
    try:
        socket.create_server((HOST, port)).close()
    except PermissionError:
        return "is only for the administrator"
    except OSError:
        return "is taken by another program"
    return None


def main(text: str) -> str | None:
    """The one line for a person, or None when all is well."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        return f"PORT={text} is no port: it is a number from 1 to 65535, as in `make run PORT=8502`."
    port = int(text)
    reason = problem(port)
    if reason is None:
        return None
    free = next((other for other in range(max(port, 8501) + 1, 65536) if problem(other) is None), 8502)
    return f"Port {port} {reason}. Choose another one: `make run PORT={free}`."


if __name__ == "__main__":
    line = main(sys.argv[1])
    if line:
        sys.stderr.write(line + "\n")
        sys.exit(2)
