"""This module holds one written sample or more of each call format, with the fields a person reads in it."""

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
AT = "2026-05-28 12:31:00"
UUID = "0b8d6a52-8a39-4a0c-9f1e-5a4f2f6f9d11"
SECRET = "tok-very-secret-4711"

AGENT = '"https://shop.example/" "Mozilla/5.0 (X11; Linux)"'
START = f'198.51.100.7 - - [28/May/2026:14:31:00 +0200] "GET /products/4711?key={SECRET} HTTP/1.1" 503 512'

LINES = {
    "combined": [
        (
            f"{START} {AGENT}",
            {"moment": AT, "method": "GET", "path": "/products/4711", "status": 503, "sent_bytes": 512, "duration": -1,
             "consumer": "198.51.100.7", "consumer_class": "address"},
        ),
        (START, {"moment": AT, "path": "/products/4711", "status": 503}),
        (f"{START} {AGENT} 0.125", {"duration": 125_000, "upstream": -1}),
        (f"{START} {AGENT} 0.125 0.101", {"duration": 125_000, "upstream": 101_000}),
        (f'{START} {AGENT} "0.125"', {"duration": 125_000}),
        (f"{START} {AGENT} 125034", {"duration": 125_034}),
        (
            (f'{START} {AGENT} rt=0.125 uct="0.001" uht="0.090" urt="0.100, 0.001" traceparent="{PARENT}" '
            f'rid="{UUID}" service="catalog" release="4.2" scheme="https" type="application/problem+json"'),
            {"duration": 125_000, "first_byte": 90_000, "upstream": 101_000, "trace_id": TRACE, "request_id": UUID,
             "component": "catalog", "release": "4.2", "scheme": "https", "error_format": "problem"},
        ),
        (
            (f"shop.example:443 198.51.100.7 - anna [28/May/2026:12:31:00 +0000] "
            f'"POST https://other.example/pay HTTP/2.0" 200 - {AGENT}'),
            {"host": "shop.example", "consumer": "anna", "consumer_class": "user", "path": "/pay", "sent_bytes": -1},
        ),
        (
            '198.51.100.7 - - [28/May/2026:14:31:00 +0200] "\\x16\\x03\\x01" 400 150 "-" "-"',
            {"method": "", "path": "", "status": 400},
        ),
    ],
    "envoy": [
        (
            (f'[2026-05-28T12:31:00.000Z] "POST /api/orders?key={SECRET} HTTP/2" 503 UF 154 91 226 100 "10.0.35.28, 10.0.0.1" '
            f'"nsq2http" "{UUID}" "orders.example:8443" "tcp://10.0.2.1:80"'),
            {"moment": AT, "method": "POST", "path": "/api/orders", "status": 503, "duration": 226_000,
             "upstream": 100_000, "request_id": UUID, "host": "orders.example", "component": "10.0.2.1:80",
             "error_type": "UF", "consumer": "10.0.35.28", "sent_bytes": 91},
        ),
        (
            (f'[2026-05-28T12:31:00.000Z] "GET /reviews/7 HTTP/1.1" 200 - via_upstream - "-" 0 295 6 5 "-" "curl/8" '
            f'"{UUID}" "reviews:9080" "10.44.1.23:9080" outbound|9080||reviews.default.svc.cluster.local '
            "10.44.1.25:45678 10.0.33.165:9080 10.44.1.25:57018 - default"),
            {"status": 200, "duration": 6000, "upstream": 5000, "component": "reviews", "host": "reviews",
             "consumer": "", "consumer_class": "", "error_type": ""},
        ),
    ],
    "traefik": [
        (
            f"{START} {AGENT} 42 \"shop@docker\" \"http://10.0.0.3:80\" 125ms",
            {"moment": AT, "method": "GET", "path": "/products/4711", "status": 503, "duration": 125_000,
             "component": "shop", "consumer": "198.51.100.7"},
        )
    ],
    "haproxy": [
        (
            ("May 28 12:31:00 lb1 haproxy[14389]: 198.51.100.7:33317 [28/May/2026:12:31:00.000] https-in~ catalog/srv1 "
            f'10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {{shop.example}} {{}} "GET /products/4711?key={SECRET} HTTP/1.1"'),
            {"moment": AT, "method": "GET", "path": "/products/4711", "status": 200, "duration": 109_000,
             "first_byte": 109_000, "upstream": 69_000, "component": "catalog", "sent_bytes": 2750, "error_type": ""},
        ),
        (
            "198.51.100.7:33317 [28/May/2026:12:31:00.000] web catalog/<NOSRV> "
            '-1/-1/-1/-1/+5001 -1 0 - - CR-- 1/1/1/1/0 0/0 "GET / HTTP/1.1" ' + PARENT,
            {"status": 0, "first_byte": -1, "duration": 5_001_000, "error_type": "CR--", "trace_id": TRACE},
        ),
    ],
    "alb": [
        (
            ("https 2026-05-28T12:31:00.000000Z app/shop/50dc6c495c0c9188 198.51.100.7:2817 10.0.0.1:80 0.001 0.120 0.004 "
            f'502 - 34 366 "GET https://www.shop.example:443/products/4711?key={SECRET} HTTP/1.1" "curl/8" '
            "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 "
            "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/catalog/73e2d6bc24d8a067 "
            '"Root=1-58337262-36d228ad5d99923122bbe354" "www.shop.example" "arn:aws:acm:x" 0 '
            '2026-05-28T12:31:00.000000Z "forward" "-" "-" "10.0.0.1:80" "-" "-" "-"'),
            {"moment": AT, "method": "GET", "path": "/products/4711", "status": 502, "duration": 125_000,
             "upstream": 120_000, "first_byte": 121_000, "component": "catalog", "host": "www.shop.example",
             "trace_id": "5833726236d228ad5d99923122bbe354", "sent_bytes": 366, "consumer": "198.51.100.7",
             "scheme": "https"},
        )
    ],
    "apigateway": [
        (
            f'198.51.100.7 - anna [28/May/2026:12:31:00 +0000] "GET /products/{{id}} HTTP/1.1" 429 120 {UUID}',
            {"moment": AT, "method": "GET", "path": "/products/{id}", "status": 429, "request_id": UUID,
             "sent_bytes": 120, "consumer": "anna"},
        )
    ],
}  # fmt: skip

OBJECTS = {
    "nginx-json": [
        (
            {"time_iso8601": "2026-05-28T14:31:00+02:00", "remote_addr": "198.51.100.7", "remote_user": "",
             "request_method": "GET", "request_uri": f"/products/4711?key={SECRET}", "status": "503",
             "body_bytes_sent": "512", "request_time": "0.125", "upstream_response_time": "0.100, 0.001",
             "upstream_header_time": "0.090", "http_traceparent": PARENT, "request_id": TRACE, "host": "shop.example",
             "service": "catalog", "release": "4.2", "http_authorization": f"Bearer {SECRET}", "scheme": "http",
             "sent_http_content_type": "text/html; charset=utf-8"},
            {"moment": AT, "method": "GET", "path": "/products/4711", "status": 503, "duration": 125_000,
             "upstream": 101_000, "first_byte": 90_000, "trace_id": TRACE, "request_id": TRACE, "component": "catalog",
             "release": "4.2", "host": "shop.example", "consumer": "198.51.100.7", "sent_bytes": 512, "scheme": "http",
             "error_format": "html"},
        ),
        (
            {"msec": 1779971460.0, "status": 200, "request": "GET /a HTTP/1.1", "request_time": 1, "remote_user": "anna"},
            {"moment": AT, "method": "GET", "path": "/a", "duration": 1_000_000, "consumer_class": "user"},
        ),
    ],
    "kong": [
        (
            {"request": {"id": UUID, "method": "GET", "uri": f"/catalog/v1/products?key={SECRET}", "size": 75,
                         "url": "https://api.example:8443/catalog", "headers": {
                             "host": "api.example", "authorization": f"Bearer {SECRET}", "traceparent": PARENT}},
             "response": {"status": 503, "size": 434, "headers": {"set-cookie": SECRET, "Content-Type": "application/json"}},
             "latencies": {"request": 125, "kong": 5, "proxy": 120}, "service": {"name": "catalog"},
             "route": {"name": "products"}, "consumer": {"username": "mobile-app", "id": "c1"},
             "client_ip": "198.51.100.7", "started_at": 1779971460000, "tries": []},
            {"moment": AT, "method": "GET", "path": "/catalog/v1/products", "status": 503, "duration": 125_000,
             "upstream": 120_000, "component": "catalog", "consumer": "mobile-app", "consumer_class": "application",
             "trace_id": TRACE, "request_id": UUID, "host": "api.example", "sent_bytes": 434, "scheme": "https",
             "error_format": "json"},
        ),
        (
            {"request": {"method": "POST", "uri": "/chat"}, "response": {"status": 200}, "latencies": {"request": 900},
             "started_at": 1779971460000, "client_ip": "198.51.100.7", "route": {"id": "r1"},
             "ai": {"ai-proxy": {"usage": {"prompt_tokens": 89, "completion_token": 26, "cost": 0.00038},
                                 "meta": {"request_model": "large", "response_model": "large-0613",
                                          "provider_name": "openai", "llm_latency": 800},
                                 "cache": {"cache_status": "Hit"}}}},
            {"provider": "openai", "model": "large", "answered_model": "large-0613", "input_tokens": 89,
             "output_tokens": 26, "cost": 380_000, "upstream": 800_000, "flags": 1, "component": "r1"},
        ),
    ],
    "envoy": [
        (
            {"start_time": "2026-05-28T12:31:00.000Z", "method": "GET", "path": f"/products/7?key={SECRET}",
             "protocol": "HTTP/1.1", "response_code": 503, "response_flags": "UH", "bytes_sent": 91, "duration": 226,
             "upstream_service_time": "100", "x_forwarded_for": "198.51.100.7", "request_id": UUID,
             "authority": "shop.example", "upstream_cluster": "outbound|80||catalog.shop.svc.cluster.local",
             "traceparent": PARENT},
            {"moment": AT, "method": "GET", "path": "/products/7", "status": 503, "duration": 226_000,
             "upstream": 100_000, "component": "catalog", "error_type": "UH", "trace_id": TRACE, "request_id": UUID},
        )
    ],
    "apisix": [
        (
            {"request": {"method": "GET", "uri": f"/products/7?key={SECRET}", "url": "http://shop.example:9080/products/7",
                         "size": 90, "headers": {"host": "shop.example", "traceparent": PARENT, "x-request-id": UUID},
                         "querystring": {"key": SECRET}},
             "response": {"status": 503, "size": 118, "headers": {"content-type": "text/plain"}}, "latency": 125.5, "upstream_latency": 120,
             "apisix_latency": 5.5, "start_time": 1779971460000, "client_ip": "198.51.100.7", "route_id": "1",
             "service_id": "catalog", "consumer": {"username": "mobile"}, "upstream": "10.0.0.1:80"},
            {"moment": AT, "method": "GET", "path": "/products/7", "status": 503, "duration": 125_500,
             "upstream": 120_000, "component": "catalog", "consumer": "mobile", "trace_id": TRACE, "request_id": UUID,
             "scheme": "http", "error_format": "text"},
        ),
        (
            {"host": "shop.example", "@timestamp": "2026-05-28T14:31:00+02:00", "client_ip": "198.51.100.7", "route_id": "7"},
            {"moment": AT, "host": "shop.example", "component": "7", "status": 0, "consumer": "198.51.100.7",
             "method": "", "path": ""},
        ),
    ],
    "traefik": [
        (
            {"ClientHost": "198.51.100.7", "ClientUsername": "-", "DownstreamContentSize": 512, "DownstreamStatus": 503,
             "Duration": 125_000_000, "OriginDuration": 120_000_000, "OriginStatus": 503, "RequestHost": "shop.example",
             "RequestMethod": "GET", "RequestPath": f"/products/7?key={SECRET}", "RouterName": "shop@docker",
             "ServiceName": "catalog@docker", "StartUTC": "2026-05-28T12:31:00.000000001Z", "TraceId": TRACE},
            {"moment": AT, "method": "GET", "path": "/products/7", "status": 503, "duration": 125_000,
             "upstream": 120_000, "component": "catalog", "trace_id": TRACE, "consumer": "198.51.100.7"},
        )
    ],
    "apigateway": [
        (
            {"requestId": UUID, "ip": "198.51.100.7", "requestTime": "28/May/2026:12:31:00 +0000", "httpMethod": "GET",
             "resourcePath": "/products/{id}", "path": "/products/7", "status": "503", "protocol": "HTTP/1.1",
             "responseLength": "512", "responseLatency": 125, "integrationLatency": "120", "domainName": "api.example",
             "apiId": "abc123", "xrayTraceId": "1-58337262-36d228ad5d99923122bbe354", "apiKeyId": "k1"},
            {"moment": AT, "method": "GET", "path": "/products/{id}", "status": 503, "duration": 125_000,
             "upstream": 120_000, "request_id": UUID, "trace_id": "5833726236d228ad5d99923122bbe354",
             "component": "abc123", "consumer": "k1", "consumer_class": "key"},
        )
    ],
    "apipark": [
        (
            {"msec": "1779971460000", "service": "catalog", "provider": "up-1", "api": "a-1", "application": "app-7",
             "strategy": "", "cluster": "default", "node": "n1", "request_id": UUID, "request_method": "POST",
             "request_scheme": "http", "request_host": "api.example", "request_uri": f"/v1/chat?key={SECRET}",
             "request_header": f"Authorization={SECRET}", "request_body": SECRET, "proxy_status": "200",
             "response_body": SECRET, "authorization": SECRET, "status": "200", "request_time": "125",
             "response_time": "120", "remote_addr": "10.0.0.1", "src_ip": "198.51.100.7", "ai_provider": "openai",
             "ai_model": "large", "ai_model_input_token": "89", "ai_model_output_token": "26"},
            {"moment": AT, "method": "POST", "path": "/v1/chat", "status": 200, "duration": 125_000,
             "upstream": 120_000, "component": "catalog", "consumer": "app-7", "consumer_class": "application",
             "provider": "openai", "model": "large", "input_tokens": 89, "output_tokens": 26, "request_id": UUID},
        ),
        (
            {"ai": {"ai_model": "large", "ai_model_cost": 0.002, "ai_model_input_token": 9, "ai_model_output_token": 2,
                    "ai_provider": "openai", "ai_provider_statuses": [
                        {"provider": "openai", "model": "large", "key": SECRET, "status": "exceeded"}]},
             "api": "chat", "provider": "up-1", "request_id": UUID, "time_iso8601": "2026-05-28T12:31:00Z"},
            {"moment": AT, "status": 429, "model": "large", "provider": "openai", "input_tokens": 9,
             "output_tokens": 2, "cost": 2_000_000, "component": "chat", "request_id": UUID},
        ),
    ],
    "litellm": [
        (
            {"id": "chatcmpl-7", "trace_id": TRACE, "call_type": "acompletion", "status": "success", "stream": True,
             "response_cost": 0.0025, "prompt_tokens": 89, "completion_tokens": 26, "total_tokens": 115,
             "startTime": 1779971460.0, "endTime": 1779971461.25, "completionStartTime": 1779971460.4,
             "model": "large-0613", "model_group": "large", "custom_llm_provider": "openai", "cache_hit": True,
             "api_base": "https://api.openai.example/v1", "end_user": "anna", "messages": [{"content": SECRET}],
             "response": SECRET, "metadata": {"user_api_key_hash": "88dc28", "user_api_key_request_route": "/chat/completions",
                "prompt_management_metadata": {"prompt_id": "greeting", "prompt_version": 3}}},
            {"moment": AT, "status": 200, "duration": 1_250_000, "first_byte": 400_000, "trace_id": TRACE,
             "model": "large", "answered_model": "large-0613", "provider": "openai", "input_tokens": 89,
             "output_tokens": 26, "cost": 2_500_000, "flags": 9, "consumer": "anna", "request_id": "chatcmpl-7",
             "prompt_version": "greeting:3", "path": "/chat/completions", "host": "api.openai.example"},
        ),
        (
            {"id": "x", "call_type": "completion", "status": "failure", "startTime": "2026-05-28T12:31:00Z",
             "model": "large", "metadata": {"user_api_key_hash": "88dc28"}, "error_information":
                {"error_code": "429", "error_class": "RateLimitError", "llm_provider": "openai"}},
            {"status": 429, "error_type": "RateLimitError", "provider": "openai", "consumer": "88dc28",
             "consumer_class": "key", "duration": -1},
        ),
    ],
    "portkey": [
        (
            {"id": UUID, "trace_id": TRACE, "created_at": "2026-05-28T12:31:00.000Z", "ai_org": "openai",
             "ai_model": "large", "req_units": 89, "res_units": 26, "total_units": 115, "cost": 0.25,
             "response_time": 1250, "response_status_code": 200, "is_success": True, "cache_status": "HIT",
             "request_url": f"https://api.portkey.example/v1/chat/completions?key={SECRET}", "prompt_slug": "greeting",
             "prompt_version": "3", "metadata": {"_user": "anna", "service": "assistant"},
             "request": {"headers": {"authorization": SECRET}}, "response": {"body": SECRET}},
            {"moment": AT, "status": 200, "duration": 1_250_000, "trace_id": TRACE, "request_id": UUID,
             "provider": "openai", "model": "large", "input_tokens": 89, "output_tokens": 26, "cost": 2_500_000,
             "flags": 1, "prompt_version": "greeting:3", "consumer": "anna", "component": "assistant",
             "path": "/v1/chat/completions"},
        )
    ],
    "langfuse": [
        (
            {"id": "obs-1", "traceId": TRACE, "type": "GENERATION", "name": "answer", "startTime": "2026-05-28T12:31:00Z",
             "endTime": "2026-05-28T12:31:01.250Z", "completionStartTime": "2026-05-28T12:31:00.400Z", "model": "large",
             "promptName": "greeting", "promptVersion": 3, "usageDetails": {"input": 89, "output": 26, "total": 115},
             "costDetails": {"total": 0.0025}, "level": "DEFAULT", "version": "4.2", "userId": "anna",
             "input": SECRET, "output": SECRET},
            {"moment": AT, "status": 200, "duration": 1_250_000, "first_byte": 400_000, "trace_id": TRACE,
             "request_id": "obs-1", "model": "large", "prompt_version": "greeting:3", "input_tokens": 89,
             "output_tokens": 26, "cost": 2_500_000, "release": "4.2", "consumer": "anna", "component": "answer"},
        )
    ],
}  # fmt: skip

SAMPLES = [
    (name, row, wanted) for table in (LINES, OBJECTS) for name, samples in table.items() for row, wanted in samples
]
