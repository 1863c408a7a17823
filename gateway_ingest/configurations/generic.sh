curl -sS --fail --retry 5 @URL@/ingest/generic/ -H "Authorization: Bearer @KEY@" \
  -H "Content-Type: application/json" \
  -d '{"title": "Backup failed", "severity": "high", "status": "firing", "fingerprint": "backup", "component": "checkout"}'
