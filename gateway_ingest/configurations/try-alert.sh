curl -sS @URL@/ingest/generic/ -H "Authorization: Bearer @KEY@" -H "Content-Type: application/json" \
  -d '{"title": "Trial alert", "severity": "info", "status": "firing", "fingerprint": "trial"}'
