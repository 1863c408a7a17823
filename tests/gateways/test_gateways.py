"""Real gateways write the log that the page's configuration asks for, and every request of it is counted."""

import subprocess

from hypercare.embedded.place import free_port
from tests.gateways.programs_at_work import ask, program, running, serving, system_log, until

TRACES = [f"{number:032x}" for number in range(1, 13)]
ASKED = ["/orders/7?token=secret"] * 6 + ["/orders/none"] * 4 + ["/broken"] * 2
WANTED = {"GET /orders/{number} 2xx": 6, "GET /orders/none 4xx": 4, "GET /broken 5xx": 2}


def answer(path, _body):
    status = 200 if path.startswith("/orders/7") else 404 if path == "/orders/none" else 500
    return status, "application/json", b"{}"


def send(port):
    statuses = [
        ask(port, path, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        for path, trace in zip(ASKED, TRACES, strict=True)
    ]
    assert statuses == [200] * 6 + [404] * 4 + [500] * 2


def lines_of(log, count):
    return lambda: log.exists() and len(log.read_text().splitlines()) >= count


def test_log_of_a_real_nginx_counts_every_request(product, tmp_path):
    nginx, at_work, port = program("nginx"), product("nginx-json"), free_port()
    log = tmp_path / "access.log"
    shown = at_work.texts[0].replace("/var/log/nginx/hypercare.log", str(log))
    with serving(answer) as behind:
        (tmp_path / "nginx.conf").write_text(
            f"pid {tmp_path}/nginx.pid; error_log stderr; daemon off; events {{}}\nhttp {{\n{shown}\n"
            f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{behind}; }} }} }}"
        )
        with running([nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], tmp_path / "said.log"):
            until(lambda: ask(port, "/broken"), "nginx")
            until(lambda: "/broken" in log.read_text(), "the first line")  # written after its answer
            log.write_text("")
            send(port)
            until(lines_of(log, 12), "the log")
    assert "secret" not in log.read_text()
    at_work.ship(log, "/var/log/nginx/hypercare.log")
    assert (at_work.windows(), at_work.traces()) == (WANTED, set(TRACES))


def test_log_of_a_real_haproxy_counts_every_request(product, tmp_path):
    haproxy, at_work, port = program("haproxy"), product("haproxy"), free_port()
    log, place = tmp_path / "haproxy.log", tmp_path / "log"
    shown = at_work.texts[0].replace("/dev/log", str(place))
    with serving(answer) as behind, system_log(place, log):
        (tmp_path / "haproxy.cfg").write_text(
            f"{shown}\nfrontend shop\n    bind 127.0.0.1:{port}\n{at_work.texts[1]}\n    default_backend orders\n"
            f"backend orders\n    server one 127.0.0.1:{behind}\n"
        )
        checked = subprocess.run(
            [haproxy, "-c", "-f", str(tmp_path / "haproxy.cfg")], check=False, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stderr
        with running([haproxy, "-db", "-f", str(tmp_path / "haproxy.cfg")], tmp_path / "said.log"):
            until(lambda: ask(port, "/broken"), "HAProxy")
            until(lambda: log.exists() and "/broken" in log.read_text(), "the first line")
            log.write_text("")
            send(port)
            until(lines_of(log, 12), "the log")
    assert "secret" not in log.read_text()
    at_work.ship(log, "/var/log/haproxy.log")
    assert (at_work.windows(), at_work.traces()) == (WANTED, set(TRACES))
    assert at_work.components() == {"orders"}
