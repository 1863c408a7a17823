curl -sS @URL@/ingest/deploys/generic/ -H "Authorization: Bearer @KEY@" -H "Content-Type: application/json" \
  -d '{"version": "trial", "environment": "trial"}'
