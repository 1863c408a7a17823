python3 manage.py ship_log /var/log/envoy/hypercare.log --follow --format envoy \
  --url @URL@ --key @KEY@
